/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net: dev, route, arp, if_inet6, ipv6_route. */
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#define rtentry linux_rtentry
#include <linux/route.h>
#undef rtentry
#include <kern/str.h>
#include <net/netproc.h>
#include "net_priv.h"

struct out {
	char	*o_buf;
	size_t	 o_size, o_len;
};

static __attribute__((__format__(__printf__, 2, 3))) void
emit(struct out *o, const char *fmt, ...)
{
	size_t at = o->o_len < o->o_size ? o->o_len : o->o_size;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->o_size > 0 ? o->o_buf + at : NULL, o->o_size - at,
	    fmt, ap);
	va_end(ap);
	if (n > 0)
		o->o_len += (size_t)n;
}

static unsigned long
stat_get(const uint64_t *p)
{

	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void
dev_line(struct out *o, const struct ifnet *ifp)
{
	const struct ifstats *s = &ifp->if_stats;

	emit(o, "%6s: %7lu %7lu %4lu %4lu %4u %5u %10u %9lu ", ifp->if_name,
	    stat_get(&s->rx_bytes), stat_get(&s->rx_packets),
	    stat_get(&s->rx_errors), stat_get(&s->rx_dropped), 0, 0, 0,
	    stat_get(&s->multicast));
	emit(o, "%8lu %7lu %4lu %4lu %4u %5u %7u %10u\n",
	    stat_get(&s->tx_bytes), stat_get(&s->tx_packets),
	    stat_get(&s->tx_errors), stat_get(&s->tx_dropped), 0, 0, 0, 0);
}

int
rump_netproc_dev(char *buf, size_t size)
{
	struct out o = { buf, size, 0 };
	const struct ifnet *ifp;

	emit(&o, "Inter-|   Receive                            "
	    "                    |  Transmit\n"
	    " face |bytes    packets errs drop fifo frame "
	    "compressed multicast|bytes    packets errs "
	    "drop fifo colls carrier compressed\n");
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		dev_line(&o, ifp);
	rump_rw_exit(&rump_if_lock);
	return (int)o.o_len;
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
	struct out *o = arg;
	size_t start = o->o_len;

	if (!inaddr_is4(&rt->rt_dst) || rt->rt_plen < INADDR_V4PREFIX ||
	    rt->rt_type == RTN_LOCAL || rt->rt_type == RTN_BROADCAST)
		return 0;
	emit(o, "%s\t%08X\t%08X\t%04X\t%d\t%u\t%u\t%08X\t%d\t%u\t%u",
	    rt->rt_if != NULL ? rt->rt_if->if_name : "*",
	    rt->rt_dst.ia_w[3], rt->rt_gw.ia_w[3], route_flags(rt), 0, 0,
	    rt->rt_metric, plen == 0 ? 0 : net32(0xffffffffU << (32 - plen)),
	    rt->rt_mtu != 0 ? (int)rt->rt_mtu : 0, 0, 0);
	emit(o, "%*s\n", (int)(start + 127 - o->o_len), "");
	return 0;
}

int
rump_netproc_route(char *buf, size_t size)
{
	struct out o = { buf, size, 0 };

	emit(&o, "%-127s\n", "Iface\tDestination\tGateway \tFlags\tRefCnt\t"
	    "Use\tMetric\tMask\t\tMTU\tWindow\tIRTT");
	(void)rump_rt_walk(route_line, &o);
	return (int)o.o_len;
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
	emit(arg, "%-16s 0x%-10x0x%-10x%-17s     *        %s\n",
	    inaddr_format(&ne->ne_addr, addr, sizeof(addr)),
	    ne->ne_if->if_type, flags, mac, ne->ne_if->if_name);
	return 0;
}

int
rump_netproc_arp(char *buf, size_t size)
{
	struct out o = { buf, size, 0 };

	emit(&o, "IP address       HW type     Flags       "
	    "HW address            Mask     Device\n");
	(void)rump_neigh_walk(arp_line, &o);
	return (int)o.o_len;
}

static void
hex128(struct out *o, const struct inaddr *a)
{
	unsigned i;

	for (i = 0; i < 16; i++)
		emit(o, "%02x", a->ia_b[i]);
}

/* IPV6_ADDR_*: the file has the address's own scope. */
static unsigned
scope6(const struct inaddr *a)
{

	return inaddr_isloop(a) ? 0x10 : inaddr_islinklocal6(a) ? 0x20 : 0;
}

static void
inet6_lines(struct out *o, struct ifnet *ifp)
{
	const struct ifaddr *ia;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next) {
		if (inaddr_is4(&ia->ia_addr))
			continue;
		hex128(o, &ia->ia_addr);
		emit(o, " %02x %02x %02x %02x %8s\n", ifp->if_index,
		    ia->ia_plen, scope6(&ia->ia_addr), ia->ia_flags & 0xff,
		    ifp->if_name);
	}
	rump_rw_exit(&ifp->if_lock);
}

int
rump_netproc_if_inet6(char *buf, size_t size)
{
	struct out o = { buf, size, 0 };
	struct ifnet *ifp;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		inet6_lines(&o, ifp);
	rump_rw_exit(&rump_if_lock);
	return (int)o.o_len;
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
	hex128(arg, &rt->rt_dst);
	emit(arg, " %02x ", rt->rt_plen);
	hex128(arg, &zero);
	emit(arg, " 00 ");
	hex128(arg, &rt->rt_gw);
	emit(arg, " %08x %08x %08x %08x %8s\n", rt->rt_metric, 1, 0, flags,
	    rt->rt_if != NULL ? rt->rt_if->if_name : "lo");
	return 0;
}

int
rump_netproc_ipv6_route(char *buf, size_t size)
{
	struct out o = { buf, size, 0 };

	(void)rump_rt_walk(route6_line, &o);
	return (int)o.o_len;
}
