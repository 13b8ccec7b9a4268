/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prefixes that routers tell (RFC 4861, 6.3.4): what is on the link, and
 * addresses made of them (RFC 4862, 5.5).
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

#define METRIC6		256
#define TWOHOURS	(7200 * NSEC_PER_SEC)
#define FOREVER		0xffffffffU
#define CLASHES		3	/* new tries after other's addresses */
#define ADDRS		16	/* of an interface, by routers */

struct nd_prefix {
	uint8_t		pi_type, pi_len, pi_plen, pi_flags;
	uint32_t	pi_valid, pi_preferred, pi_reserved;
	struct inaddr	pi_prefix;
} __attribute__((__packed__));
#define PI_ONLINK	0x80
#define PI_AUTO		0x40

static int64_t
until(uint32_t seconds, int64_t now)
{

	return seconds == FOREVER ? INT64_MAX :
	    now + (int64_t)seconds * NSEC_PER_SEC;
}

struct renew {
	const struct ifnet *re_if;
	struct inaddr	 re_dst;
	unsigned	 re_plen;
	int64_t		 re_expires;
};

static int
renew(struct rtentry *rt, void *arg)
{
	const struct renew *re = arg;

	if (rt->rt_plen != re->re_plen || rt->rt_proto != RTPROT_RA ||
	    rt->rt_if != re->re_if || !inaddr_eq(&rt->rt_dst, &re->re_dst))
		return 0;
	rump_rt_setexpires(rt, re->re_expires);
	return 1;
}

static void
onlink(struct in6_if *ii, const struct inaddr *prefix, unsigned plen,
    uint32_t valid, int64_t now)
{
	struct rtentry rt = {
		.rt_dst = *prefix,
		.rt_plen = (uint8_t)plen,
		.rt_type = RTN_UNICAST,
		.rt_proto = RTPROT_RA,
		.rt_metric = METRIC6,
		.rt_if = ii->ii_if,
	};
	struct renew re = { ii->ii_if, *prefix, plen, until(valid, now) };

	if (valid == 0) {
		(void)rump_rt_del(&rt);
		return;
	}
	if (rump_rt_walk(renew, &re) != 0)
		return;
	rump_mutex_enter(&ii->ii_lock);
	rt.rt_mtu = ii->ii_mtu;
	rump_mutex_exit(&ii->ii_lock);
	rt.rt_expires = re.re_expires;
	(void)rump_rt_add(&rt);
}

/* RFC 4862, 5.5.3 (e): nobody shortens it to less than two hours. */
static int64_t
new_valid(int64_t have, int64_t told, int64_t now)
{

	if (told > have || (told != INT64_MAX && told - now > TWOHOURS))
		return told;
	if (have == INT64_MAX || have - now > TWOHOURS)
		return now + TWOHOURS;
	return have;
}

/* True: it was there. */
static int
addr_renew(struct ifnet *ifp, const struct inaddr *a, int64_t valid,
    int64_t preferred, int64_t now)
{
	struct ifaddr *ia;

	rump_rw_wrenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, a))
			break;
	if (ia != NULL && (ia->ia_flags & IFA_F_NOPREFIXROUTE)) {
		ia->ia_valid = new_valid(ia->ia_valid, valid, now);
		ia->ia_preferred = preferred < ia->ia_valid ? preferred :
		    ia->ia_valid;
		if (ia->ia_preferred > now)
			__atomic_fetch_and(&ia->ia_flags,
			    ~(uint32_t)IFA_F_DEPRECATED, __ATOMIC_RELAXED);
	}
	rump_rw_exit(&ifp->if_lock);
	return ia != NULL;
}

static unsigned
addr_count(struct ifnet *ifp)
{
	const struct ifaddr *ia;
	unsigned n = 0;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		n += !inaddr_is4(&ia->ia_addr) &&
		    (ia->ia_flags & IFA_F_NOPREFIXROUTE);
	rump_rw_exit(&ifp->if_lock);
	return n;
}

static void
autoconf(struct in6_if *ii, const struct inaddr *prefix, uint32_t valid,
    uint32_t preferred, int64_t now)
{
	struct ifaddr ia = {
		.ia_plen = 64,
		.ia_scope = RT_SCOPE_UNIVERSE,
		.ia_flags = IFA_F_NOPREFIXROUTE,
		.ia_valid = until(valid, now),
		.ia_preferred = until(preferred, now),
	};
	int64_t due = ia.ia_preferred;
	int clashes;

	in6_interfaceid(ii->ii_if, prefix, &ia.ia_addr);
	if (addr_renew(ii->ii_if, &ia.ia_addr, ia.ia_valid, ia.ia_preferred,
	    now)) {
		if (due == INT64_MAX)
			due = ia.ia_valid;
		rump_mutex_enter(&ii->ii_lock);
		if (due != INT64_MAX)
			in6_arm(ii, due);
		rump_mutex_exit(&ii->ii_lock);
		return;
	}
	rump_mutex_enter(&ii->ii_lock);
	clashes = ii->ii_clashes;
	rump_mutex_exit(&ii->ii_lock);
	if (valid == 0 || clashes > CLASHES ||
	    addr_count(ii->ii_if) >= ADDRS)
		return;
	if (preferred == 0) {
		ia.ia_preferred = now - 1;
		ia.ia_flags |= IFA_F_DEPRECATED;
	}
	(void)rump_if_addaddr(ii->ii_if, &ia);
}

void
nd6_prefix(struct in6_if *ii, const uint8_t *opt)
{
	int64_t now = rump_monotonic();
	struct inaddr prefix;
	struct nd_prefix pi;
	uint32_t valid, preferred;

	memcpy(&pi, opt, sizeof(pi));
	if (pi.pi_plen > 128)
		return;
	prefix = pi.pi_prefix;
	prefix = inaddr_prefix(&prefix, pi.pi_plen);
	if (in6_islinklocal(&prefix) || prefix.ia_b[0] == 0xff ||
	    prefix.ia_d[0] == 0)
		return;
	valid = net32(pi.pi_valid);
	preferred = net32(pi.pi_preferred);
	if (pi.pi_flags & PI_ONLINK)
		onlink(ii, &prefix, pi.pi_plen, valid, now);
	if ((pi.pi_flags & PI_AUTO) && pi.pi_plen == 64 &&
	    preferred <= valid)
		autoconf(ii, &prefix, valid, preferred, now);
}
