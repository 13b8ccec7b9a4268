/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * The states of a neighbour (RFC 4861, 7.3.2 and 7.2.5) with a clock of our
 * own, the queue of packets that wait, a flood of addresses, and sending while
 * everything changes.
 */
#include "fake.h"
#include "../check.h"
#include "../../rumpsrc/net/net/neigh_priv.h"

#define SEC	NSEC_PER_SEC

static struct fake *e0;
static unsigned asked, askeduni, unreach;

static void
solicit(struct neigh *ne, const uint8_t *lladdr)
{

	CHECK(!rump_mutex_owned(&ne->ne_lock));
	__atomic_fetch_add(lladdr != NULL ? &askeduni : &asked, 1,
	    __ATOMIC_RELAXED);
}

static void
unreachable(struct neigh *ne, struct mbuf *m)
{

	(void)ne;
	CHECK(m->m_nextpkt == NULL);
	__atomic_fetch_add(&unreach, 1, __ATOMIC_RELAXED);
	m_freem(m);
}

static const struct neighops ops = {
	.no_solicit = solicit,
	.no_unreachable = unreachable,
};

static struct mbuf *
packet(unsigned n)
{
	struct mbuf *m = m_gethdr(20);

	memset(m->m_data, (int)n, 20);
	m->m_len = m->m_pkt.ph_len = 20;
	return m;
}

static const uint8_t mac1[6] = "\2\0\0\0\0\x11", mac2[6] = "\2\0\0\0\0\x22";

/* What was sent last went to that address. */
static int
sentto(const uint8_t *mac)
{
	struct mbuf *m = fake_take(e0, NULL);
	int same = m != NULL && memcmp(m->m_data, mac, 6) == 0 &&
	    memcmp(m->m_data + 6, e0->fk_if.if_mac, 6) == 0 &&
	    m->m_data[12] == 8 && m->m_data[13] == 0;

	m_freeq(m);
	return same;
}

static void
states(void)
{
	struct inaddr a = addr("10.0.0.1");
	struct neigh *ne = rump_neigh_get(&e0->fk_if, &a, 0);
	struct mbuf *m;
	unsigned i, n;
	int64_t now;

	CHECK(ne == NULL);
	CHECK((ne = rump_neigh_get(&e0->fk_if, &a, 1)) != NULL);
	CHECK_EQ(ne->ne_state, NUD_S_FAILED);
	/* Nobody answers. */
	for (i = 0; i < 20; i++)
		CHECK_EQ(rump_neigh_output(ne, packet(i), ETH_P_IP, 0), 0);
	CHECK_EQ(asked, 1);
	CHECK_EQ(ne->ne_state, NUD_S_INCOMPLETE);
	CHECK_EQ(ne->ne_nqueue, 16);
	CHECK_EQ(ne->ne_queue->m_data[0], 4);	/* the oldest went */
	now = ne->ne_due;
	rump_neigh_timeout(ne, now - 1);
	CHECK_EQ(asked, 1);
	for (i = 0; i < 3; i++, now += SEC)
		rump_neigh_timeout(ne, now);
	CHECK_EQ(asked, 3);
	CHECK_EQ(unreach, 16);
	CHECK_EQ(ne->ne_state, NUD_S_FAILED);
	CHECK_EQ(fake_drop(e0), 0);
	/* An answer: what waited is sent, in order. */
	for (i = 0; i < 3; i++)
		CHECK_EQ(rump_neigh_output(ne, packet(i), ETH_P_IP, 0), 0);
	CHECK_EQ(asked, 4);
	rump_neigh_update(ne, NULL, NEU_SOLICITED | NEU_OVERRIDE);
	CHECK_EQ(ne->ne_state, NUD_S_INCOMPLETE);
	rump_neigh_update(ne, mac1, NEU_SOLICITED | NEU_ROUTER);
	CHECK_EQ(ne->ne_state, NUD_S_REACHABLE);
	CHECK_EQ(ne->ne_router, 1);
	m = fake_take(e0, &n);
	CHECK_EQ(n, 3);
	for (i = 0; i < 3 && m != NULL; i++) {
		struct mbuf *next = m->m_nextpkt;

		CHECK_EQ(m->m_data[14], i);
		CHECK(memcmp(m->m_data, mac1, 6) == 0);
		m_freem(m);
		m = next;
	}
	/* Reachable for a time, longer with progress. */
	now = ne->ne_due;
	rump_neigh_confirm(ne);
	rump_neigh_timeout(ne, now);
	CHECK_EQ(ne->ne_state, NUD_S_REACHABLE);
	now = ne->ne_due;
	rump_neigh_timeout(ne, now);
	CHECK_EQ(ne->ne_state, NUD_S_STALE);
	/* Sending from stale: delay, probe, and a confirmation in time. */
	CHECK_EQ(rump_neigh_output(ne, packet(0), ETH_P_IP, 0), 0);
	CHECK(sentto(mac1));
	CHECK_EQ(ne->ne_state, NUD_S_DELAY);
	rump_neigh_confirm(ne);
	CHECK_EQ(ne->ne_state, NUD_S_REACHABLE);
	now = ne->ne_due;
	rump_neigh_timeout(ne, now);
	CHECK_EQ(ne->ne_state, NUD_S_STALE);
	CHECK_EQ(rump_neigh_output(ne, packet(0), ETH_P_IP, 0), 0);
	now = ne->ne_due;
	rump_neigh_timeout(ne, now);
	CHECK_EQ(ne->ne_state, NUD_S_PROBE);
	CHECK_EQ(askeduni, 1);
	CHECK_EQ(rump_neigh_output(ne, packet(0), ETH_P_IP, 0), 0);
	CHECK(sentto(mac1));
	for (i = 0; i < 3; i++)
		rump_neigh_timeout(ne, now += SEC);
	CHECK_EQ(askeduni, 3);
	CHECK_EQ(ne->ne_state, NUD_S_FAILED);
	rump_neigh_rele(ne);
}

/* 7.2.5, every line of it. */
static void
advertisements(void)
{
	static const struct {
		int state, flags, ll;	/* ll: 0 none, 1 the same, 2 other */
		int newstate, newll;
	} t[] = {
	    { NUD_S_REACHABLE, 0, 2, NUD_S_STALE, 1 },
	    { NUD_S_REACHABLE, NEU_SOLICITED, 2, NUD_S_STALE, 1 },
	    { NUD_S_STALE, 0, 2, NUD_S_STALE, 1 },
	    { NUD_S_PROBE, NEU_SOLICITED, 2, NUD_S_PROBE, 1 },
	    { NUD_S_REACHABLE, NEU_OVERRIDE, 2, NUD_S_STALE, 2 },
	    { NUD_S_REACHABLE, NEU_OVERRIDE, 1, NUD_S_REACHABLE, 1 },
	    { NUD_S_REACHABLE, 0, 1, NUD_S_REACHABLE, 1 },
	    { NUD_S_STALE, NEU_SOLICITED, 1, NUD_S_REACHABLE, 1 },
	    { NUD_S_STALE, NEU_SOLICITED | NEU_OVERRIDE, 2,
	      NUD_S_REACHABLE, 2 },
	    { NUD_S_PROBE, NEU_SOLICITED, 0, NUD_S_REACHABLE, 1 },
	    { NUD_S_DELAY, NEU_OVERRIDE, 0, NUD_S_DELAY, 1 },
	    { NUD_S_DELAY, NEU_OVERRIDE, 2, NUD_S_STALE, 2 },
	    { NUD_S_INCOMPLETE, 0, 0, NUD_S_INCOMPLETE, 0 },
	    /* Stale, but a packet had waited. */
	    { NUD_S_INCOMPLETE, 0, 1, NUD_S_DELAY, 1 },
	    { NUD_S_INCOMPLETE, NEU_SOLICITED, 2, NUD_S_REACHABLE, 2 },
	    { NUD_S_PERMANENT, NEU_SOLICITED | NEU_OVERRIDE, 2,
	      NUD_S_PERMANENT, 1 },
	};
	struct inaddr a = addr("10.0.0.7");
	struct neigh *ne;
	const uint8_t *ll;
	unsigned i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ne = rump_neigh_get(&e0->fk_if, &a, 1);
		if (t[i].state == NUD_S_PERMANENT)
			rump_neigh_update(ne, mac1, NEU_PERMANENT);
		else if (t[i].state == NUD_S_INCOMPLETE)
			(void)rump_neigh_output(ne, packet(0), ETH_P_IP, 0);
		else
			rump_neigh_update(ne, mac1, NEU_SOLICITED);
		if (t[i].state == NUD_S_STALE || t[i].state == NUD_S_DELAY ||
		    t[i].state == NUD_S_PROBE)
			rump_neigh_timeout(ne, ne->ne_due);
		if (t[i].state == NUD_S_DELAY || t[i].state == NUD_S_PROBE)
			(void)rump_neigh_output(ne, packet(0), ETH_P_IP, 0);
		if (t[i].state == NUD_S_PROBE)
			rump_neigh_timeout(ne, ne->ne_due);
		CHECK_EQ(ne->ne_state, t[i].state);
		ll = t[i].ll == 0 ? NULL : t[i].ll == 1 ? mac1 : mac2;
		rump_neigh_update(ne, ll, t[i].flags);
		if (ne->ne_state != t[i].newstate)
			printf("line %u\n", i);
		CHECK_EQ(ne->ne_state, t[i].newstate);
		if (t[i].newll != 0) {
			(void)fake_drop(e0);
			(void)rump_neigh_output(ne, packet(0), ETH_P_IP, 0);
			CHECK(sentto(t[i].newll == 1 ? mac1 : mac2));
		}
		(void)fake_drop(e0);
		CHECK_EQ(rump_neigh_delete(&e0->fk_if, &a), 0);
		CHECK_EQ(rump_neigh_output(ne, packet(0), ETH_P_IP, 0),
		    EHOSTUNREACH);
		rump_neigh_rele(ne);
	}
	CHECK_EQ(rump_neigh_delete(&e0->fk_if, &a), ENOENT);
}

static int
countne(struct neigh *ne, void *arg)
{

	(void)ne;
	++*(unsigned *)arg;
	return 0;
}

/* Scanning a big subnet fills neither memory nor pushes out who is used. */
static void
flood(void)
{
	struct neigh *held[10], *ne, *many[1100];
	unsigned i, n, got = 0;
	struct inaddr a;

	for (i = 0; i < 10; i++) {
		a = inaddr_from4(net32(0x0a010000U + i));
		held[i] = rump_neigh_get(&e0->fk_if, &a, 1);
		rump_neigh_update(held[i], mac1, NEU_SOLICITED);
	}
	for (i = 0; i < 20000; i++) {
		a = inaddr_from4(net32(0x0a020000U + i));
		CHECK((ne = rump_neigh_get(&e0->fk_if, &a, 1)) != NULL);
		(void)rump_neigh_output(ne, packet(0), ETH_P_IP, 0);
		rump_neigh_rele(ne);
	}
	n = 0;
	CHECK_EQ(rump_neigh_walk(countne, &n), 0);
	CHECK(n > 500 && n <= 1024);
	CHECK(rump_mbuf_inuse() <= 1024 * 512);
	for (i = 0; i < 10; i++) {
		CHECK_EQ(held[i]->ne_dead, 0);
		rump_neigh_rele(held[i]);
	}
	/* All in use: no more, but no harm either. */
	for (i = 0; i < 1100; i++) {
		a = inaddr_from4(net32(0x0a030000U + i));
		many[got] = rump_neigh_get(&e0->fk_if, &a, 1);
		got += many[got] != NULL;
	}
	CHECK(got >= 1000 && got <= 1024);
	for (i = 0; i < got; i++)
		rump_neigh_rele(many[i]);
	rump_neigh_ifdown(&e0->fk_if);
	n = 0;
	CHECK_EQ(rump_neigh_walk(countne, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(rump_mbuf_inuse(), 0);
}

static volatile int stop;

static void *
sender(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg + 1, i;
	struct neigh *ne;
	struct inaddr a;

	rump_schedule();
	for (i = 0; i < 20000; i++) {
		a = inaddr_from4(net32(0x0a040000U +
		    (unsigned)rand_r(&seed) % 8));
		ne = rump_neigh_get(&e0->fk_if, &a, 1);
		CHECK(ne != NULL);
		switch (rand_r(&seed) % 8) {
		case 0:
			rump_neigh_update(ne, rand_r(&seed) % 2 ? mac1 : mac2,
			    rand_r(&seed) % 4);
			break;
		case 1:
			rump_neigh_confirm(ne);
			break;
		case 2:
			if (rand_r(&seed) % 8 == 0)
				(void)rump_neigh_delete(&e0->fk_if, &a);
			break;
		case 3:
			rump_neigh_timeout(ne, rump_monotonic() + 100 * SEC);
			break;
		default:
			(void)rump_neigh_output(ne, packet(i), ETH_P_IP, 0);
		}
		rump_neigh_rele(ne);
		if (i % 64 == 0) {
			(void)fake_drop(e0);
			rump_unschedule();
			rump_schedule();
		}
	}
	rump_unschedule();
	return NULL;
}

int
main(void)
{
	pthread_t t[3];
	unsigned i;

	CHECK_EQ(rump_init(), 0);
	rump_schedule();
	rump_neighops[0] = &ops;
	e0 = fake_attach("eth%d", 0);
	states();
	advertisements();
	flood();
	rump_unschedule();
	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, sender, (void *)(uintptr_t)i);
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	rump_schedule();
	(void)fake_drop(e0);
	rump_if_detach(&e0->fk_if);
	CHECK_EQ(rump_mbuf_inuse(), 0);
	rump_unschedule();
	return check_done();
}
