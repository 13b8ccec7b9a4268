/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The `net` key: interfaces by name, static addresses and the default route.
 * Other methods belong to other components (net_dhcp).
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/netconf.h>
#include <net/route.h>
#include <rump/config.h>

/* The number at the end of a name, -1: none. */
static int
name_unit(const char *name)
{
	size_t len = strlen(name), i = len;
	int n = 0;

	while (i > 0 && name[i - 1] >= '0' && name[i - 1] <= '9')
		i--;
	if (i == len || len - i > 4)
		return -1;
	for (; i < len; i++)
		n = n * 10 + name[i] - '0';
	return n;
}

/* What there is, for somebody who asked for something else. */
static void
print_names(const char *name)
{
	char line[120] = "";
	struct ifnet *ifp;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next) {
		if (if_flags_get(ifp) & IFF_LOOPBACK)
			continue;
		strlcat(line, line[0] != '\0' ? " " : "", sizeof(line));
		strlcat(line, ifp->if_name, sizeof(line));
	}
	rump_rw_exit(&rump_if_lock);
	rump_printf("net: no interface %s; there %s%s\n", name,
	    line[0] == '\0' ? "is none (no device, or no driver in this image)"
	    : "are: ", line);
}

struct ifnet *
rump_netconf_find(const char *name)
{
	struct ifnet *ifp = rump_if_byname(name);
	int n = name_unit(name);

	if (ifp != NULL)
		return ifp;
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = n < 0 ? NULL : rump_iflist; ifp != NULL; ifp = ifp->if_next)
		if ((__atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED) &
		    IFF_LOOPBACK) == 0 && n-- == 0)
			break;
	if (ifp != NULL)
		__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
	rump_rw_exit(&rump_if_lock);
	if (ifp == NULL)
		print_names(name);
	return ifp;
}

int
rump_netconf_mask(const char *s, int inet6, unsigned *plenp)
{
	unsigned n = 0, max = inet6 ? 128 : 32;
	struct inaddr a;
	uint32_t bits;
	size_t i;

	if (!inet6 && strchr(s, '.') != NULL) {
		if (inaddr_parse(s, &a) != 0 || !inaddr_is4(&a))
			return EINVAL;
		bits = net32(a.ia_w[3]);
		if ((~bits & (~bits + 1)) != 0)
			return EINVAL;
		n = bits == 0 ? 0 : 32 - (unsigned)__builtin_ctz(bits);
	} else {
		for (i = 0; s[i] >= '0' && s[i] <= '9' && n <= max; i++)
			n = n * 10 + (unsigned)(s[i] - '0');
		if (i == 0 || s[i] != '\0' || n > max)
			return EINVAL;
	}
	*plenp = inet6 ? n : INADDR_V4PREFIX + n;
	return 0;
}

int
rump_netconf_addr(struct ifnet *ifp, const struct inaddr *addr, unsigned plen)
{
	struct ifaddr ia;
	int error;

	memset(&ia, 0, sizeof(ia));
	ia.ia_addr = *addr;
	if (inaddr_is4(addr) && plen < 127)
		ia.ia_peer = inaddr_bcast4(addr, plen);
	ia.ia_plen = (uint8_t)plen;
	ia.ia_scope = inaddr_islinklocal6(addr) ? RT_SCOPE_LINK :
	    RT_SCOPE_UNIVERSE;
	ia.ia_preferred = ia.ia_valid = INT64_MAX;
	/* One that a person chose is used while it is probed for. */
	if (!inaddr_is4(addr))
		ia.ia_flags = IFA_F_OPTIMISTIC;
	strlcpy(ia.ia_label, ifp->if_name, sizeof(ia.ia_label));
	error = rump_if_setflags(ifp, IFF_UP, 0);
	if (error == 0)
		error = rump_if_addaddr(ifp, &ia);
	return error == EEXIST ? 0 : error;
}

static void
route_fill(struct rtentry *rt, struct ifnet *ifp, const struct inaddr *dst,
    unsigned plen, const struct inaddr *gw)
{

	memset(rt, 0, sizeof(*rt));
	rt->rt_dst = inaddr_prefix(dst, plen);
	rt->rt_plen = (uint8_t)plen;
	rt->rt_type = RTN_UNICAST;
	if (!inaddr_isany(gw))
		rt->rt_gw = *gw;
	rt->rt_if = ifp;
}

int
rump_netconf_route(struct ifnet *ifp, const struct inaddr *dst, unsigned plen,
    const struct inaddr *gw, int proto)
{
	struct rtentry rt;
	int error;

	route_fill(&rt, ifp, dst, plen, gw);
	rt.rt_proto = (uint8_t)proto;
	rt.rt_scope = inaddr_isany(gw) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	rt.rt_expires = INT64_MAX;
	error = rump_rt_add(&rt);
	return error == EEXIST ? 0 : error;
}

void
rump_netconf_unroute(struct ifnet *ifp, const struct inaddr *dst,
    unsigned plen, const struct inaddr *gw)
{
	struct rtentry rt;

	route_fill(&rt, ifp, dst, plen, gw);
	(void)rump_rt_del(&rt);
}

static int
complain(const char *ifname, const char *what, const char *value)
{

	rump_printf("net: %s: %s: %s\n", ifname, what, value);
	return EINVAL;
}

/* All of it is parsed before anything is changed. */
static int
config_static(const char *const *vals, int inet6)
{
	const char *name = vals[RUMP_CONFIG_IF], *gws = vals[RUMP_CONFIG_GW];
	const char *mask = vals[RUMP_CONFIG_MASK];
	struct inaddr addr, gw, any;
	unsigned plen, unspec = inet6 ? 0 : INADDR_V4PREFIX;
	struct ifnet *ifp;
	int error;

	if (vals[RUMP_CONFIG_ADDR] == NULL)
		return complain(name, "static", "needs addr");
	if (inaddr_parse(vals[RUMP_CONFIG_ADDR], &addr) != 0 ||
	    inaddr_is4(&addr) == inet6 || inaddr_ismulti(&addr) ||
	    inaddr_isany(&addr))
		return complain(name, "bad address", vals[RUMP_CONFIG_ADDR]);
	if (mask == NULL)
		mask = inet6 ? "64" : "24";
	if (rump_netconf_mask(mask, inet6, &plen) != 0)
		return complain(name, "bad mask", mask);
	if (gws != NULL && (inaddr_parse(gws, &gw) != 0 ||
	    inaddr_is4(&gw) == inet6))
		return complain(name, "bad gateway", gws);
	if ((ifp = rump_netconf_find(name)) == NULL)
		return ENODEV;
	error = rump_netconf_addr(ifp, &addr, plen);
	if (error == 0 && gws != NULL) {
		memset(&any, 0, sizeof(any));
		if (!inet6)
			any = inaddr_from4(0);
		error = rump_netconf_route(ifp, &any, unspec, &gw,
		    RTPROT_BOOT);
		if (error != 0)
			(void)complain(name, "gateway cannot be reached", gws);
	}
	rump_if_rele(ifp);
	return error;
}

RUMP_CONFIG(net, vals)
{
	const char *method = vals[RUMP_CONFIG_METHOD];
	const char *type = vals[RUMP_CONFIG_TYPE];
	int error;

	if (method == NULL || strcmp(method, "static") != 0)
		return ENXIO;
	rump_schedule();
	error = config_static(vals, type != NULL &&
	    strcmp(type, "inet6") == 0);
	rump_unschedule();
	return error;
}
