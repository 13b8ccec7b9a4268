/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two Ethernet interfaces of one rump kernel that are joined by a bad link:
 * it loses, doubles, holds back, spoils and delays frames.  So that a kernel
 * can talk to itself over it, addresses are exchanged on the way:
 *	a: 10.1.0.1, its peer 10.1.0.2	is	b: 10.0.0.3, its peer 10.0.0.2
 * The sums of both pairs are the same, so no checksum changes.
 */
#ifndef TESTS_NETTCP_LINK_H
#define TESTS_NETTCP_LINK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "../net-socket/socktest.h"
#include "../net-core/fake.h"

struct frame {
	struct frame	*fr_next;
	int64_t		 fr_due;
	unsigned	 fr_len;
	uint8_t		 fr_data[];
};

struct side {
	struct ifnet	 sd_if;
	struct side	*sd_other;
	pthread_mutex_t	 sd_lock;
	struct frame	*sd_queue;	/* [sd_lock] to be received, by time */
	uint8_t		 sd_src[4], sd_dst[4];	/* as received */
	unsigned	 sd_seed;
	unsigned	 sd_sent, sd_lost;
};

struct badness {			/* percent, milliseconds */
	double		 lose, dup, reorder, corrupt, delay;
};
static struct badness bad;		/* [both sd_lock] */
static struct side *side_a, *side_b;

static inline int64_t
hostnow(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static inline int
chance(struct side *sd, double percent)
{
	return rand_r(&sd->sd_seed) % 100000 < percent * 1000;
}

/* sd_lock of to held. */
static inline void
side_queue(struct side *to, const uint8_t *p, unsigned len, int64_t due)
{
	struct frame *fr = malloc(sizeof(*fr) + len), **pp;

	memcpy(fr->fr_data, p, len);
	fr->fr_len = len;
	fr->fr_due = due;
	for (pp = &to->sd_queue; *pp != NULL && (*pp)->fr_due <= due;
	    pp = &(*pp)->fr_next)
		;
	fr->fr_next = *pp;
	*pp = fr;
}

static inline int
side_transmit(struct ifnet *ifp, struct mbuf *m, int more)
{
	struct side *sd = ifp->if_softc, *to = sd->sd_other;
	unsigned len = m->m_pkt.ph_len, i;
	uint8_t buf[2000];
	int64_t due;
	int atonce;

	(void)more;
	if (to == NULL || len > sizeof(buf)) {	/* ARP's announcement */
		m_freem(m);
		return 0;
	}
	m_copydata(m, 0, len, buf);
	m_freem(m);
	pthread_mutex_lock(&to->sd_lock);
	due = hostnow() + (int64_t)(bad.delay * 1e6);
	atonce = bad.delay == 0;
	sd->sd_sent++;
	if (len < 34 || buf[12] != 8 || buf[13] != 0 ||
	    chance(sd, bad.lose)) {
		sd->sd_lost++;
		pthread_mutex_unlock(&to->sd_lock);
		return 0;
	}
	memcpy(buf + 26, to->sd_src, 4);
	memcpy(buf + 30, to->sd_dst, 4);
	memcpy(buf, to->sd_if.if_mac, 6);
	if (chance(sd, bad.corrupt)) {
		i = 34 + (unsigned)rand_r(&sd->sd_seed) % (len - 34);
		buf[i] ^= (uint8_t)(1 << rand_r(&sd->sd_seed) % 8);
	}
	if (chance(sd, bad.reorder))
		due += 1000000 + (int64_t)(bad.delay * 5e5);
	side_queue(to, buf, len, due);
	if (chance(sd, bad.dup))
		side_queue(to, buf, len, due + 100000);
	pthread_mutex_unlock(&to->sd_lock);
	if (atonce)
		rump_if_intr(&to->sd_if);
	return 0;
}

static inline int
side_poll(struct ifnet *ifp, int budget)
{
	struct side *sd = ifp->if_softc;
	struct mbuf *q = NULL, **qp = &q, *m;
	int64_t now = hostnow();
	struct frame *fr;
	int n;

	pthread_mutex_lock(&sd->sd_lock);
	for (n = 0; n < budget && (fr = sd->sd_queue) != NULL &&
	    fr->fr_due <= now; n++) {
		sd->sd_queue = fr->fr_next;
		if ((m = m_gethdr(fr->fr_len)) != NULL) {
			memcpy(m->m_data, fr->fr_data, fr->fr_len);
			m->m_len = m->m_pkt.ph_len = fr->fr_len;
			*qp = m;
			qp = &m->m_nextpkt;
		}
		free(fr);
	}
	pthread_mutex_unlock(&sd->sd_lock);
	if (q != NULL)
		rump_if_input(ifp, q);
	return n;
}

static const struct ifops side_ops = {
	.if_transmit = side_transmit,
	.if_poll = side_poll,
};

static inline void
link_set(const struct badness *b)
{

	pthread_mutex_lock(&side_a->sd_lock);
	pthread_mutex_lock(&side_b->sd_lock);
	bad = *b;
	pthread_mutex_unlock(&side_b->sd_lock);
	pthread_mutex_unlock(&side_a->sd_lock);
}

/* Interrupts when frames are due.  No virtual CPU. */
static inline void *
side_clock(void *arg)
{
	struct side *sides[2] = { side_a, side_b };
	struct timespec ts = { 0, 200000 };
	int i, due;

	(void)arg;
	for (;;) {
		nanosleep(&ts, NULL);
		for (i = 0; i < 2; i++) {
			pthread_mutex_lock(&sides[i]->sd_lock);
			due = sides[i]->sd_queue != NULL &&
			    sides[i]->sd_queue->fr_due <= hostnow();
			pthread_mutex_unlock(&sides[i]->sd_lock);
			if (due)
				rump_if_intr(&sides[i]->sd_if);
		}
	}
	return NULL;
}

static inline struct side *
side_attach(const char *mine, const char *peer)
{
	struct side *sd = calloc(1, sizeof(*sd));
	struct ifaddr ia = { .ia_plen = 120 };
	struct inaddr pa = addr(peer);
	struct neigh *ne;

	ia.ia_addr = addr(mine);
	pthread_mutex_init(&sd->sd_lock, NULL);
	strcpy(sd->sd_if.if_name, "link%d");
	sd->sd_if.if_type = ARPHRD_ETHER;
	memcpy(sd->sd_if.if_mac, "\2\0\0\0\0\1", 6);
	sd->sd_if.if_mac[5] = ia.ia_addr.ia_b[13];
	sd->sd_if.if_mtu = 1500;
	sd->sd_if.if_flags = IFF_BROADCAST | IFF_MULTICAST;
	sd->sd_if.if_ops = &side_ops;
	sd->sd_if.if_softc = sd;
	sd->sd_seed = 42;
	memcpy(sd->sd_src, pa.ia_b + 12, 4);
	memcpy(sd->sd_dst, ia.ia_addr.ia_b + 12, 4);
	CHECK_EQ(rump_if_attach(&sd->sd_if), 0);
	CHECK_EQ(rump_if_pollstart(&sd->sd_if), 0);
	rump_if_link(&sd->sd_if, 1);
	CHECK_EQ(rump_if_setflags(&sd->sd_if, IFF_UP, 0), 0);
	CHECK_EQ(rump_if_addaddr(&sd->sd_if, &ia), 0);
	ne = rump_neigh_get(&sd->sd_if, &pa, 1);
	rump_neigh_update(ne, (const uint8_t *)"\2\0\0\0\1\1",
	    NEU_OVERRIDE | NEU_PERMANENT);
	rump_neigh_rele(ne);
	return sd;
}

static inline void
link_attach(void)
{
	pthread_t t;

	rump_schedule();
	side_a = side_attach("10.1.0.1", "10.1.0.2");
	side_b = side_attach("10.0.0.3", "10.0.0.2");
	side_a->sd_other = side_b;
	side_b->sd_other = side_a;
	rump_unschedule();
	pthread_create(&t, NULL, side_clock, NULL);
	pthread_detach(t);
}

#endif /* TESTS_NETTCP_LINK_H */
