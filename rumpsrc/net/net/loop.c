/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lo.  What is sent is queued, and received by whoever polls next: the thread
 * of drain.c or a thread that is about to sleep; so a protocol is never
 * entered from its own output.  Sums are not made, segments not cut.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <kern/log.h>
#include <kern/str.h>
#include "net_priv.h"

#define LOOP_MAX	1000		/* packets waiting */

static struct rump_mutex loop_lock;
static struct mbuf *loop_first, *loop_last;	/* [loop_lock] */
static unsigned loop_n;				/* [loop_lock] */
static int loop_started;			/* [loop_lock] */

static int
loop_transmit(struct ifnet *ifp, struct mbuf *m, int more)
{
	int first, start, full;

	(void)more;
	if ((m = so_zccopy(m)) == NULL)
		return ENOBUFS;
	m->m_pkt.ph_flags = PH_LOOP;
	m->m_nextpkt = NULL;
	rump_mutex_enter(&loop_lock);
	start = !loop_started;
	loop_started = 1;
	first = loop_first == NULL;
	full = loop_n >= LOOP_MAX;
	if (!full) {
		loop_n++;
		if (first)
			loop_first = m;
		else
			loop_last->m_nextpkt = m;
		loop_last = m;
	}
	rump_mutex_exit(&loop_lock);
	if (full) {
		net_count(&ifp->if_stats.rx_dropped, 1);
		m_freem(m);
	}
	/* Its thread is for those that do not sleep: not at boot. */
	if (start && rump_if_pollstart(ifp) != 0)
		rump_printf("lo: no thread\n");
	if (first)
		rump_if_intr(ifp);
	return full ? ENOBUFS : 0;
}

static int
loop_poll(struct ifnet *ifp, int budget)
{
	struct mbuf *q, *m;
	int n;

	rump_mutex_enter(&loop_lock);
	q = m = loop_first;
	for (n = 1; m != NULL && n < budget; n++)
		m = m->m_nextpkt;
	if (m != NULL) {
		loop_first = m->m_nextpkt;
		m->m_nextpkt = NULL;
	} else {
		loop_first = NULL;
		n = (int)loop_n;
	}
	loop_n -= (unsigned)n;
	rump_mutex_exit(&loop_lock);
	rump_if_input(ifp, q);
	return n;
}

static const struct ifops loop_ops = {
	.if_transmit = loop_transmit,
	.if_poll = loop_poll,
};

static struct ifnet loop_if = {
	.if_name = "lo",
	.if_type = ARPHRD_LOOPBACK,
	.if_flags = IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP,
	.if_caps = IFCAP_TXCSUM | IFCAP_TSO4 | IFCAP_TSO6 | IFCAP_SG |
	    IFCAP_LRO,
	.if_mtu = 65536,
	.if_gsomax = 65536 + 14,
	.if_ops = &loop_ops,
};

int
rump_loop_attach(void)
{
	struct ifaddr ia = {
		.ia_plen = INADDR_V4PREFIX + 8,
		.ia_scope = RT_SCOPE_HOST,
		.ia_preferred = INT64_MAX,
		.ia_valid = INT64_MAX,
		.ia_label = "lo",
	};
	int error;

	if ((error = rump_if_attach(&loop_if)) != 0)
		return error;
	rump_loif = &loop_if;
	if ((error = rump_if_setflags(&loop_if, IFF_UP, 0)) != 0)
		return error;
	ia.ia_addr = inaddr_from4(net32(0x7f000001U));
	return rump_if_addaddr(&loop_if, &ia);
}
