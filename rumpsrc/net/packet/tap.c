/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames on their way to packet sockets: copies, so that no driver waits for
 * its buffers.  Interfaces have the tap while there are such sockets.
 */
#include <asm/errno.h>
#include <linux/if_ether.h>
#include <kern/proc.h>
#include <kern/procnode.h>
#include "packet.h"

static struct rump_rwlock pk_lock;
static struct pkpcb *pk_all;		/* [pk_lock] */

static uint32_t
pk_flags(const struct pkpcb *pk)
{

	return __atomic_load_n(&pk->pk_flags, __ATOMIC_RELAXED);
}

/* A copy of the first n bytes, the sender's headers not needed. */
static struct mbuf *
tap_copy(const struct mbuf *m, uint32_t off, uint32_t n)
{
	struct mbuf *first = NULL, **tail = &first, *c;
	uint32_t k, left = n, most = MBUF_MAX - MBUF_HDR;

	do {
		k = left < most ? left : most;
		c = first == NULL ? m_gethdr(k) : m_get(k);
		if (c == NULL) {
			m_freem(first);
			return NULL;
		}
		*tail = c;
		tail = &c->m_next;
		m_copydata(m, off, k, c->m_data);
		c->m_len = k;
		off += k;
		left -= k;
		most = MBUF_MAX;
	} while (left > 0);
	first->m_pkt.ph_len = n;
	return first;
}

static unsigned
tap_type(const struct mbuf *m, int out)
{
	unsigned f = m->m_pkt.ph_flags;

	return out ? PACKET_OUTGOING : f & PH_OTHERHOST ? PACKET_OTHERHOST :
	    f & PH_BCAST ? PACKET_BROADCAST : f & PH_MCAST ?
	    PACKET_MULTICAST : PACKET_HOST;
}

static struct mbuf *
tap_aux(const struct mbuf *m, uint32_t snap, unsigned l2)
{
	struct tpacket_auxdata ax;
	struct mbuf *control = NULL;

	memset(&ax, 0, sizeof(ax));
	ax.tp_status = TP_STATUS_USER;
	if (m->m_pkt.ph_csum == PH_CSUM_PARTIAL)
		ax.tp_status |= TP_STATUS_CSUMNOTREADY;
	else if (m->m_pkt.ph_csum == PH_CSUM_OK)
		ax.tp_status |= TP_STATUS_CSUM_VALID;
	ax.tp_len = m->m_pkt.ph_len - l2;
	ax.tp_snaplen = snap;
	ax.tp_net = (uint16_t)(ETHER_HDR - l2);
	(void)cmsg_add(&control, SOL_PACKET, PACKET_AUXDATA, &ax, sizeof(ax));
	return control;
}

/* so_lock held. */
static void
tap_queue(struct pkpcb *pk, const struct mbuf *m, uint32_t off, uint32_t n,
    unsigned type)
{
	struct socket *so = pk->pk_so;
	const struct ifnet *ifp = m->m_pkt.ph_if;
	struct sockaddr_ll sll;
	struct mbuf *c, *control = NULL;
	uint8_t eth[ETHER_HDR];

	m_copydata(m, 0, ETHER_HDR, eth);
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	memcpy(&sll.sll_protocol, eth + 12, 2);
	sll.sll_ifindex = (int)ifp->if_index;
	sll.sll_hatype = ifp->if_type;
	sll.sll_pkttype = (uint8_t)type;
	sll.sll_halen = 6;
	memcpy(sll.sll_addr, eth + 6, 6);
	if (pk_flags(pk) & PKF_AUXDATA)
		control = tap_aux(m, n, off);
	pk->pk_packets++;
	if ((c = tap_copy(m, off, n)) != NULL) {
		c->m_pkt.ph_time = m->m_pkt.ph_time;
		if (sb_appendaddr(&so->so_rcv, (struct sockaddr *)(void *)&sll,
		    sizeof(sll), c, control) == 0) {
			so_wake_read(so);
			return;
		}
		m_freem(c);
	}
	pk->pk_drops++;
	cmsg_free(control);
}

/* view: the packet as the filter sees it. */
static void
tap_one(struct pkpcb *pk, struct mbuf *view, unsigned type)
{
	struct socket *so = pk->pk_so;
	uint32_t off = so->so_type == SOCK_RAW ? 0 : ETHER_HDR, keep, n;
	struct mbuf cut;

	rump_mutex_enter(&so->so_lock);
	if (so->so_state & SS_DEAD)
		goto out;
	n = view->m_pkt.ph_len - off;
	if (so->so_filter != NULL) {
		cut = *view;
		if (off <= cut.m_len) {
			cut.m_data += off;
			cut.m_len -= off;
			cut.m_pkt.ph_len -= off;
		}
		if ((keep = so_filtered(so, &cut)) == 0)
			goto out;
		if (keep < n)
			n = keep;
	}
	tap_queue(pk, view, off, n, type);
out:
	rump_mutex_exit(&so->so_lock);
}

static void
tap(struct ifnet *ifp, struct mbuf *m, int out)
{
	struct mbuf view;
	struct pkpcb *pk;
	uint16_t type, want;
	uint32_t index;

	if (m->m_len < ETHER_HDR)
		return;
	view = *m;
	view.m_pkt.ph_if = ifp;
	view.m_pkt.ph_l3 = (uint16_t)(PH_OFF(m) + ETHER_HDR);
	if (out)
		view.m_pkt.ph_flags = PH_OUT;
	type = (uint16_t)(m->m_data[12] << 8 | m->m_data[13]);
	rump_rw_rdenter(&pk_lock);
	for (pk = pk_all; pk != NULL; pk = pk->pk_next) {
		want = __atomic_load_n(&pk->pk_proto, __ATOMIC_RELAXED);
		index = __atomic_load_n(&pk->pk_ifindex, __ATOMIC_RELAXED);
		/* What is sent only goes to those who want everything. */
		if ((want != ETH_P_ALL && (want != type || out)) ||
		    (index != 0 && index != ifp->if_index) ||
		    (out && (pk_flags(pk) & PKF_NOOUT)))
			continue;
		tap_one(pk, &view, tap_type(m, out));
	}
	rump_rw_exit(&pk_lock);
}

static void
tap_set(void (*fn)(struct ifnet *, struct mbuf *, int))
{
	struct ifnet *ifp;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		__atomic_store_n(&ifp->if_tap, fn, __ATOMIC_RELEASE);
	rump_rw_exit(&rump_if_lock);
}

static void
tap_event(enum ifevent ev, struct ifnet *ifp, void *obj)
{

	(void)obj;
	if (ev == IFE_ATTACH &&
	    __atomic_load_n(&pk_all, __ATOMIC_RELAXED) != NULL)
		__atomic_store_n(&ifp->if_tap, tap, __ATOMIC_RELEASE);
}

void
pk_insert(struct pkpcb *pk)
{
	static struct ifwatch watch = { .iw_fn = tap_event };
	static int watching;		/* [a] */

	if (!__atomic_exchange_n(&watching, 1, __ATOMIC_ACQ_REL))
		rump_if_watch(&watch);
	rump_rw_wrenter(&pk_lock);
	pk->pk_next = pk_all;
	__atomic_store_n(&pk_all, pk, __ATOMIC_RELAXED);
	tap_set(tap);
	rump_rw_exit(&pk_lock);
}

void
pk_remove(struct pkpcb *pk)
{
	struct pkpcb **pp;

	rump_rw_wrenter(&pk_lock);
	for (pp = &pk_all; *pp != NULL && *pp != pk; pp = &(*pp)->pk_next)
		;
	if (*pp != NULL)
		__atomic_store_n(pp, pk->pk_next, __ATOMIC_RELAXED);
	if (pk_all == NULL)
		tap_set(NULL);
	rump_rw_exit(&pk_lock);
}

static int
packet_read(struct text *tx, const struct procctx *pc)
{
	struct pkpcb *pk;
	struct socket *so;

	(void)pc;
	rump_textf(tx, "sk               RefCnt Type Proto  Iface R Rmem   "
	    "User   Inode\n");
	rump_rw_rdenter(&pk_lock);
	for (pk = pk_all; pk != NULL; pk = pk->pk_next) {
		so = pk->pk_so;
		rump_mutex_enter(&so->so_lock);
		rump_textf(tx, "%016lx %-6u %-4u %04x   %-5u %u %-6u %-6u "
		    "%-6lu\n", 0UL, __atomic_load_n(&so->so_refs,
		    __ATOMIC_RELAXED), so->so_type,
		    __atomic_load_n(&pk->pk_proto, __ATOMIC_RELAXED),
		    __atomic_load_n(&pk->pk_ifindex, __ATOMIC_RELAXED), 1,
		    so->so_rcv.sb_mem, so->so_cred->cr_euid,
		    (unsigned long)so->so_ino);
		rump_mutex_exit(&so->so_lock);
	}
	rump_rw_exit(&pk_lock);
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/packet", packet_read);
}
