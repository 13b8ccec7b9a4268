/* SPDX-License-Identifier: BSD-2-Clause */
/* An interface that keeps what is sent, for tests of the core. */
#ifndef TESTS_NETCORE_FAKE_H
#define TESTS_NETCORE_FAKE_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <asm/errno.h>
#include <net/ifnet.h>
#include <net/route.h>
#include <rump/rump.h>

struct fake {
	struct ifnet	 fk_if;
	pthread_mutex_t	 fk_lock;
	struct mbuf	*fk_first, **fk_lastp;	/* [fk_lock] sent */
	unsigned	 fk_n;			/* [fk_lock] */
};

static inline int
fake_transmit(struct ifnet *ifp, struct mbuf *m, int more)
{
	struct fake *fk = ifp->if_softc;

	(void)more;
	pthread_mutex_lock(&fk->fk_lock);
	m->m_nextpkt = NULL;
	*fk->fk_lastp = m;
	fk->fk_lastp = &m->m_nextpkt;
	fk->fk_n++;
	pthread_mutex_unlock(&fk->fk_lock);
	return 0;
}

static inline int
fake_poll(struct ifnet *ifp, int budget)
{

	(void)ifp, (void)budget;
	return 0;
}

/* All that was sent since the last call. */
static inline struct mbuf *
fake_take(struct fake *fk, unsigned *np)
{
	struct mbuf *m;

	pthread_mutex_lock(&fk->fk_lock);
	m = fk->fk_first;
	if (np != NULL)
		*np = fk->fk_n;
	fk->fk_first = NULL;
	fk->fk_lastp = &fk->fk_first;
	fk->fk_n = 0;
	pthread_mutex_unlock(&fk->fk_lock);
	return m;
}

static inline unsigned
fake_drop(struct fake *fk)
{
	unsigned n;

	m_freeq(fake_take(fk, &n));
	return n;
}

static const struct ifops fake_ops = {
	.if_transmit = fake_transmit,
	.if_poll = fake_poll,
};

static inline struct fake *
fake_attach(const char *name, uint32_t caps)
{
	struct fake *fk = calloc(1, sizeof(*fk));

	pthread_mutex_init(&fk->fk_lock, NULL);
	fk->fk_lastp = &fk->fk_first;
	strcpy(fk->fk_if.if_name, name);
	fk->fk_if.if_type = ARPHRD_ETHER;
	memcpy(fk->fk_if.if_mac, "\2\0\0\0\0\1", 6);
	fk->fk_if.if_flags = IFF_BROADCAST | IFF_MULTICAST;
	fk->fk_if.if_caps = caps;
	fk->fk_if.if_ops = &fake_ops;
	fk->fk_if.if_softc = fk;
	if (rump_if_attach(&fk->fk_if) != 0)
		abort();
	rump_if_link(&fk->fk_if, 1);
	if (rump_if_setflags(&fk->fk_if, IFF_UP, 0) != 0)
		abort();
	return fk;
}

static inline struct inaddr
addr(const char *s)
{
	struct inaddr a;

	if (inaddr_parse(s, &a) != 0)
		abort();
	return a;
}

static inline int
addaddr(struct fake *fk, const char *a, unsigned plen)
{
	struct ifaddr ia;

	memset(&ia, 0, sizeof(ia));
	ia.ia_addr = addr(a);
	ia.ia_plen = (uint8_t)(plen + (inaddr_is4(&ia.ia_addr) ? 96 : 0));
	return rump_if_addaddr(&fk->fk_if, &ia);
}

#endif /* TESTS_NETCORE_FAKE_H */
