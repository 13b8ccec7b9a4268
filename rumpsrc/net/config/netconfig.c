/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of <rump/netconfig.h>: for hosts whose programs are in C. */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include <kern/proc.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/netconf.h>
#include <net/route.h>
#include <rump/netconfig.h>

static int
ifflags(const char *ifname, uint32_t set, uint32_t clear)
{
	struct ifnet *ifp;
	int error = ENODEV;

	rump_schedule();
	if ((ifp = rump_netconf_find(ifname)) != NULL) {
		error = rump_if_setflags(ifp, set, clear);
		rump_if_rele(ifp);
	}
	rump_unschedule();
	return error;
}

int
rump_pub_netconfig_ifup(const char *ifname)
{

	return ifflags(ifname, IFF_UP, 0);
}

int
rump_pub_netconfig_ifdown(const char *ifname)
{

	return ifflags(ifname, 0, IFF_UP);
}

static int
ifaddr(const char *ifname, const char *addr, int inet6, unsigned plen)
{
	struct ifnet *ifp;
	struct inaddr a;
	int error = ENODEV;

	if (inaddr_parse(addr, &a) != 0 || inaddr_is4(&a) == inet6)
		return EINVAL;
	rump_schedule();
	if ((ifp = rump_netconf_find(ifname)) != NULL) {
		error = rump_netconf_addr(ifp, &a, plen);
		rump_if_rele(ifp);
	}
	rump_unschedule();
	return error;
}

int
rump_pub_netconfig_ipv4_ifaddr(const char *ifname, const char *addr,
    const char *mask)
{
	unsigned plen;
	int error = rump_netconf_mask(mask, 0, &plen);

	return error != 0 ? error : ifaddr(ifname, addr, 0, plen);
}

int
rump_pub_netconfig_ipv4_ifaddr_cidr(const char *ifname, const char *addr,
    int plen)
{

	return plen < 0 || plen > 32 ? EINVAL : ifaddr(ifname, addr, 0,
	    INADDR_V4PREFIX + (unsigned)plen);
}

int
rump_pub_netconfig_ipv6_ifaddr(const char *ifname, const char *addr,
    int plen)
{

	return plen < 0 || plen > 128 ? EINVAL : ifaddr(ifname, addr, 1,
	    (unsigned)plen);
}

/* The interface is that of the route to the gateway. */
static int
gateway(const char *gws, int inet6)
{
	struct inaddr gw, any;
	struct rtentry *rt;
	int error = ENETUNREACH;

	if (inaddr_parse(gws, &gw) != 0 || inaddr_is4(&gw) == inet6)
		return EINVAL;
	memset(&any, 0, sizeof(any));
	if (!inet6)
		any = inaddr_from4(0);
	rump_schedule();
	if ((rt = rump_rt_lookup(&gw, 0)) != NULL) {
		error = rump_netconf_route(rt->rt_if, &any,
		    inet6 ? 0 : INADDR_V4PREFIX, &gw, RTPROT_BOOT);
		rump_rt_rele(rt);
	}
	rump_unschedule();
	return error;
}

int
rump_pub_netconfig_ipv4_gw(const char *gw)
{

	return gateway(gw, 0);
}

int
rump_pub_netconfig_ipv6_gw(const char *gw)
{

	return gateway(gw, 1);
}
