/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/net: dev, route, arp, if_inet6, ipv6_route, dev_mcast, protocols;
 * /proc/sys/net/core.
 */
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#define rtentry linux_rtentry
#include <linux/route.h>
#undef rtentry
#include <kern/str.h>
#include <net/netproc.h>
#include <net/socket.h>
#include "net_priv.h"

extern const struct protosw *const __start_rump_protosw[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct protosw *const __stop_rump_protosw[]
    __attribute__((__weak__, __visibility__("hidden")));

static unsigned long
stat_get(const uint64_t *p)
{

	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void
dev_line(struct text *o, const struct ifnet *ifp)
{
	const struct ifstats *s = &ifp->if_stats;

	rump_textf(o, "%6s: %7lu %7lu %4lu %4lu %4u %5u %10u %9lu ",
	    ifp->if_name, stat_get(&s->rx_bytes), stat_get(&s->rx_packets),
	    stat_get(&s->rx_errors), stat_get(&s->rx_dropped), 0, 0, 0,
	    stat_get(&s->multicast));
	rump_textf(o, "%8lu %7lu %4lu %4lu %4u %5u %7u %10u\n",
	    stat_get(&s->tx_bytes), stat_get(&s->tx_packets),
	    stat_get(&s->tx_errors), stat_get(&s->tx_dropped), 0, 0, 0, 0);
}

static int
dev_read(struct text *o, const struct procctx *pc)
{
	const struct ifnet *ifp;

	(void)pc;
	rump_textf(o, "Inter-|   Receive                            "
	    "                    |  Transmit\n"
	    " face |bytes    packets errs drop fifo frame "
	    "compressed multicast|bytes    packets errs "
	    "drop fifo colls carrier compressed\n");
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		dev_line(o, ifp);
	rump_rw_exit(&rump_if_lock);
	return 0;
}

static unsigned
route_flags(const struct rtentry *rt)
{
	unsigned f = RTF_UP;

	if (!inaddr_isany(&rt->rt_gw))
		f |= RTF_GATEWAY;
	if (rt->rt_plen == 128)
		f |= RTF_HOST;
	if (rt->rt_type != RTN_UNICAST && rt->rt_type != RTN_LOCAL &&
	    rt->rt_type != RTN_MULTICAST)
		f |= RTF_REJECT;
	return f;
}

/* Those of the local table are not in the file; each line has 127 bytes. */
static int
route_line(struct rtentry *rt, void *arg)
{
	unsigned plen = rt->rt_plen - INADDR_V4PREFIX;
	struct text *o = arg;
	size_t start = o->tx_len;

	if (!inaddr_is4(&rt->rt_dst) || rt->rt_plen < INADDR_V4PREFIX ||
	    rt->rt_type == RTN_LOCAL || rt->rt_type == RTN_BROADCAST)
		return 0;
	rump_textf(o,
	    "%s\t%08X\t%08X\t%04X\t%d\t%u\t%u\t%08X\t%d\t%u\t%u",
	    rt->rt_if != NULL ? rt->rt_if->if_name : "*",
	    rt->rt_dst.ia_w[3], rt->rt_gw.ia_w[3], route_flags(rt), 0, 0,
	    rt->rt_metric, plen == 0 ? 0 : net32(0xffffffffU << (32 - plen)),
	    rt->rt_mtu != 0 ? (int)rt->rt_mtu : 0, 0, 0);
	rump_textf(o, "%*s\n", (int)(start + 127 - o->tx_len), "");
	return 0;
}

static int
route_read(struct text *o, const struct procctx *pc)
{

	(void)pc;
	rump_textf(o, "%-127s\n", "Iface\tDestination\tGateway \tFlags\t"
	    "RefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT");
	(void)rump_rt_walk(route_line, o);
	return 0;
}

static int
arp_line(struct neigh *ne, void *arg)
{
	char addr[48], mac[20];
	unsigned flags = 0, state;
	uint8_t ll[6];

	if (!inaddr_is4(&ne->ne_addr))
		return 0;
	rump_mutex_enter(&ne->ne_lock);
	state = ne->ne_state;
	memcpy(ll, ne->ne_lladdr, 6);
	rump_mutex_exit(&ne->ne_lock);
	if (state != NUD_S_INCOMPLETE && state != NUD_S_FAILED)
		flags = ATF_COM;
	if (state == NUD_S_PERMANENT)
		flags |= ATF_PERM;
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", ll[0],
	    ll[1], ll[2], ll[3], ll[4], ll[5]);
	rump_textf(arg, "%-16s 0x%-10x0x%-10x%-17s     *        %s\n",
	    inaddr_format(&ne->ne_addr, addr, sizeof(addr)),
	    ne->ne_if->if_type, flags, mac, ne->ne_if->if_name);
	return 0;
}

static int
arp_read(struct text *o, const struct procctx *pc)
{

	(void)pc;
	rump_textf(o, "IP address       HW type     Flags       "
	    "HW address            Mask     Device\n");
	(void)rump_neigh_walk(arp_line, o);
	return 0;
}

void
rump_netproc_hex128(struct text *o, const struct inaddr *a)
{
	unsigned i;

	for (i = 0; i < 16; i++)
		rump_textf(o, "%02x", a->ia_b[i]);
}

/* IPV6_ADDR_*: the file has the address's own scope. */
static unsigned
scope6(const struct inaddr *a)
{

	return inaddr_isloop(a) ? 0x10 : inaddr_islinklocal6(a) ? 0x20 : 0;
}

static void
inet6_lines(struct text *o, struct ifnet *ifp)
{
	const struct ifaddr *ia;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next) {
		if (inaddr_is4(&ia->ia_addr))
			continue;
		rump_netproc_hex128(o, &ia->ia_addr);
		rump_textf(o, " %02x %02x %02x %02x %8s\n", ifp->if_index,
		    ia->ia_plen, scope6(&ia->ia_addr), ia->ia_flags & 0xff,
		    ifp->if_name);
	}
	rump_rw_exit(&ifp->if_lock);
}

static int
if_inet6_read(struct text *o, const struct procctx *pc)
{
	struct ifnet *ifp;

	(void)pc;
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		inet6_lines(o, ifp);
	rump_rw_exit(&rump_if_lock);
	return 0;
}

static int
route6_line(struct rtentry *rt, void *arg)
{
	static const struct inaddr zero;
	unsigned flags = route_flags(rt);

	if (inaddr_is4(&rt->rt_dst))
		return 0;
	if (rt->rt_type == RTN_LOCAL)
		flags |= 0x80000000U;	/* RTF_LOCAL */
	rump_netproc_hex128(arg, &rt->rt_dst);
	rump_textf(arg, " %02x ", rt->rt_plen);
	rump_netproc_hex128(arg, &zero);
	rump_textf(arg, " 00 ");
	rump_netproc_hex128(arg, &rt->rt_gw);
	rump_textf(arg, " %08x %08x %08x %08x %8s\n", rt->rt_metric, 1, 0,
	    flags, rt->rt_if != NULL ? rt->rt_if->if_name : "lo");
	return 0;
}

static int
ipv6_route_read(struct text *o, const struct procctx *pc)
{

	(void)pc;
	(void)rump_rt_walk(route6_line, o);
	return 0;
}

static void
maddr_lines(struct text *o, struct ifnet *ifp)
{
	const struct ifmaddr *im;
	const uint8_t *ll;

	rump_rw_rdenter(&ifp->if_lock);
	for (im = ifp->if_maddrs; im != NULL; im = im->im_next) {
		ll = im->im_lladdr;
		rump_textf(o, "%-4d %-15s %-5d %-5d "
		    "%02x%02x%02x%02x%02x%02x\n", ifp->if_index,
		    ifp->if_name, im->im_refs, 0, ll[0], ll[1], ll[2], ll[3],
		    ll[4], ll[5]);
	}
	rump_rw_exit(&ifp->if_lock);
}

static int
dev_mcast_read(struct text *o, const struct procctx *pc)
{
	struct ifnet *ifp;

	(void)pc;
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		maddr_lines(o, ifp);
	rump_rw_exit(&rump_if_lock);
	return 0;
}

void
rump_netproc_counters(struct text *tx, const uint64_t *p, unsigned n)
{

	for (; n > 0; n--, p++)
		rump_textf(tx, " %lu", stat_get(p));
}

static const char *
proto_name(const struct protosw *pr)
{
	static const char *const other[] = { [AF_UNIX] = "UNIX",
	    [AF_NETLINK] = "NETLINK", [AF_PACKET] = "PACKET" };
	static const char *const inet[2][5] = {
	    { "PING", "TCP", "UDP", "RAW", "UDP-Lite" },
	    { "PINGv6", "TCPv6", "UDPv6", "RAWv6", "UDPLITEv6" } };

	if (pr->pr_family == AF_INET || pr->pr_family == AF_INET6)
		return inet[pr->pr_family == AF_INET6]
		    [pr->pr_type == SOCK_STREAM ? 1 : pr->pr_type == SOCK_RAW ?
		    3 : pr->pr_protocol == 17 || pr->pr_protocol == 0 ? 2 :
		    pr->pr_protocol == 136 ? 4 : 0];
	return pr->pr_family < sizeof(other) / sizeof(other[0]) &&
	    other[pr->pr_family] != NULL ? other[pr->pr_family] : "?";
}

/* Sizes and counts are not kept by protocol. */
static int
protocols_read(struct text *o, const struct procctx *pc)
{
	const struct protosw *const *pp, *pr;

	(void)pc;
	rump_textf(o, "%-9s %-4s %-8s %-6s %-5s %-7s %-4s %-10s cl co di ac "
	    "io in de sh ss gs se re sp bi br ha uh gp em\n", "protocol",
	    "size", "sockets", "memory", "press", "maxhdr", "slab", "module");
	for (pp = __start_rump_protosw; pp < __stop_rump_protosw; pp++) {
		pr = *pp;
		rump_textf(o, "%-9s %4u %6d  %6d   %-3s %6u   %-3s  %-10s  y "
		    "%2c %2c %2c %2c  n  y %2c %2c %2c  y  y  y %2c  n  n  n  "
		    "n  n\n", proto_name(pr), (unsigned)sizeof(struct socket),
		    -1, -1, "NI", 0U, "no", "kernel",
		    pr->pr_connect ? 'y' : 'n', pr->pr_disconnect ? 'y' : 'n',
		    pr->pr_listen ? 'y' : 'n', pr->pr_ioctl ? 'y' : 'n',
		    pr->pr_shutdown ? 'y' : 'n', pr->pr_setopt ? 'y' : 'n',
		    pr->pr_getopt ? 'y' : 'n', pr->pr_bind ? 'y' : 'n');
	}
	return 0;
}

static int
somaxconn_read(struct text *o, const struct procctx *pc)
{

	(void)pc;
	rump_textf(o, "%d\n", SOMAXCONN);
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/dev", dev_read);
	rump_proc_file(pt, "net/route", route_read);
	rump_proc_file(pt, "net/arp", arp_read);
	rump_proc_file(pt, "net/if_inet6", if_inet6_read);
	rump_proc_file(pt, "net/ipv6_route", ipv6_route_read);
	rump_proc_file(pt, "net/dev_mcast", dev_mcast_read);
	rump_proc_file(pt, "net/protocols", protocols_read);
	PROC_NUM(pt, "sys/net/core/rmem_default", rump_sb_default[0], 2304,
	    INT32_MAX);
	PROC_NUM(pt, "sys/net/core/wmem_default", rump_sb_default[1], 4608,
	    INT32_MAX);
	PROC_NUM(pt, "sys/net/core/rmem_max", rump_sb_max[0], 2304, INT32_MAX);
	PROC_NUM(pt, "sys/net/core/wmem_max", rump_sb_max[1], 4608, INT32_MAX);
	rump_proc_file(pt, "sys/net/core/somaxconn", somaxconn_read);
}
