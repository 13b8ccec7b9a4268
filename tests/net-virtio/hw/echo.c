/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Component test_echo: sends back every frame of type 0x88b5, tells of its
 * interfaces and of changes of their links on the console.  The first byte
 * of the payload chooses how: 1, as a chain of small mbufs; 2, in one mbuf
 * without room for headers.
 */
#include <string.h>
#include <linux/if.h>

#include <rump/component.h>
#include <kern/log.h>
#include <net/ifnet.h>

static struct mbuf *
pieces(struct mbuf *m, size_t piece)
{
	size_t off, n, len = m->m_pkt.ph_len;
	struct mbuf *head = NULL, **mp = &head;

	for (off = 0; off < len; off += n, mp = &(*mp)->m_next) {
		n = piece < len - off ? piece : len - off;
		if ((*mp = m_get(n)) == NULL)
			break;
		m_copydata(m, off, n, (*mp)->m_data);
		(*mp)->m_len = (uint32_t)n;
	}
	m_freem(m);
	if (head != NULL)
		head->m_pkt.ph_len = (uint32_t)off;
	if (off < len && head != NULL) {
		m_freem(head);
		head = NULL;
	}
	return head;
}

static void
echo_input(struct ifnet *ifp, struct mbuf *m)
{
	uint8_t *eh, how;

	how = m->m_len > 0 ? m->m_data[0] : 0;
	/* The link header is still in front. */
	m->m_data -= ETHER_HDR;
	m->m_len += ETHER_HDR;
	m->m_pkt.ph_len += ETHER_HDR;
	eh = m->m_data;
	memmove(eh, eh + 6, 6);
	memcpy(eh + 6, ifp->if_mac, 6);
	if (how == 1 || how == 2)
		m = pieces(m, how == 1 ? 100 : 3000);
	if (m != NULL)
		(void)ifp->if_ops->if_transmit(ifp, m, 0);
}
static const struct ethertype echo = { .et_type = 0x88b5,
    .et_input = echo_input };
RUMP_ETHERTYPE(echo);

static void
changed(enum ifevent ev, struct ifnet *ifp, void *obj)
{
	(void)obj;
	if (ev == IFE_LINK)
		rump_printf("%s: link %s\n", ifp->if_name,
		    ifp->if_flags & IFF_RUNNING ? "up" : "down");
}

RUMP_COMPONENT(echo, RUMP_FACTION_LATE)
{
	static struct ifwatch watch = { .iw_fn = changed };
	struct ifnet *ifp;

	rump_if_watch(&watch);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next) {
		if (ifp->if_flags & IFF_LOOPBACK)
			continue;
		rump_printf("%s: %02x:%02x:%02x:%02x:%02x:%02x mtu %u: %d\n",
		    ifp->if_name, ifp->if_mac[0], ifp->if_mac[1],
		    ifp->if_mac[2], ifp->if_mac[3], ifp->if_mac[4],
		    ifp->if_mac[5], ifp->if_mtu,
		    rump_if_setflags(ifp, IFF_UP, 0));
	}
	return 0;
}
