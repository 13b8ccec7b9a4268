/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source addresses (RFC 6724, 5).  Candidates are the addresses of all
 * interfaces; for destinations that mean something on one link only, those of
 * that link.
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

/* The policy table of 2.1: prefixes, longest first, and labels. */
static const struct policy { struct inaddr p_prefix; uint8_t p_len, p_label; }
    policies[] = {
	{ { .ia_b = { [15] = 1 } }, 128, 0 },
	{ { .ia_b = { [10] = 0xff, [11] = 0xff } }, 96, 4 },
	{ { .ia_b = { 0 } }, 96, 3 },
	{ { .ia_b = { 0x20, 0x01 } }, 32, 5 },
	{ { .ia_b = { 0x20, 0x02 } }, 16, 2 },
	{ { .ia_b = { 0x3f, 0xfe } }, 16, 12 },
	{ { .ia_b = { 0xfe, 0xc0 } }, 10, 11 },
	{ { .ia_b = { 0xfc } }, 7, 13 },
};

static unsigned
label_of(const struct inaddr *a)
{
	unsigned i;

	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (inaddr_match(a, &policies[i].p_prefix, policies[i].p_len))
			return policies[i].p_label;
	return 1;
}

static unsigned
scope_of(const struct inaddr *a)
{

	if (a->ia_b[0] == 0xff)
		return a->ia_b[1] & 15;
	if (in6_islinklocal(a) || inaddr_isloop(a))
		return 2;
	if (a->ia_b[0] == 0xfe && (a->ia_b[1] & 0xc0) == 0xc0)
		return 5;
	return 14;
}

static unsigned
common(const struct inaddr *a, const struct inaddr *b, unsigned max)
{
	unsigned n = 0, i;
	uint8_t x;

	for (i = 0; i < 16 && n < max; i++) {
		x = a->ia_b[i] ^ b->ia_b[i];
		if (x != 0) {
			n += (unsigned)__builtin_clz(x) - 24;
			break;
		}
		n += 8;
	}
	return n < max ? n : max;
}

struct candidate {
	struct inaddr	 c_addr;
	uint8_t		 c_scope, c_deprecated, c_out, c_label, c_temporary,
			 c_common;
};

struct choice {
	const struct inaddr *ch_dst;
	uint32_t	 ch_oif;	/* where it will go out */
	uint8_t		 ch_scope, ch_label, ch_found;
	struct candidate ch_best;
};

/* Is a better than b?  Rules 1 to 8. */
static int
better(const struct choice *ch, const struct candidate *a,
    const struct candidate *b)
{

	if (inaddr_eq(&a->c_addr, ch->ch_dst))
		return 1;
	if (inaddr_eq(&b->c_addr, ch->ch_dst))
		return 0;
	if (a->c_scope != b->c_scope)
		return a->c_scope < b->c_scope ? a->c_scope >= ch->ch_scope :
		    b->c_scope < ch->ch_scope;
	if (a->c_deprecated != b->c_deprecated)
		return b->c_deprecated;
	if (a->c_out != b->c_out)
		return a->c_out;
	if ((a->c_label == ch->ch_label) != (b->c_label == ch->ch_label))
		return a->c_label == ch->ch_label;
	if (a->c_temporary != b->c_temporary)
		return a->c_temporary;
	return a->c_common > b->c_common;
}

static void
consider(struct choice *ch, const struct ifaddr *ia, int out)
{
	struct candidate c;

	if (inaddr_is4(&ia->ia_addr) || (ia->ia_flags & IFA_F_DADFAILED) ||
	    (ia->ia_flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) ==
	    IFA_F_TENTATIVE)
		return;
	c.c_addr = ia->ia_addr;
	c.c_scope = (uint8_t)scope_of(&c.c_addr);
	/* A probed-for one is used like a deprecated one (RFC 4429, 3.3). */
	c.c_deprecated = (ia->ia_flags & (IFA_F_DEPRECATED |
	    IFA_F_TENTATIVE)) != 0;
	c.c_out = (uint8_t)out;
	c.c_label = (uint8_t)label_of(&c.c_addr);
	c.c_temporary = (ia->ia_flags & IFA_F_TEMPORARY) != 0;
	c.c_common = (uint8_t)common(&c.c_addr, ch->ch_dst, ia->ia_plen);
	if (!ch->ch_found || better(ch, &c, &ch->ch_best))
		ch->ch_best = c;
	ch->ch_found = 1;
}

static void
consider_if(struct choice *ch, struct ifnet *ifp)
{
	const struct ifaddr *ia;
	int out = ifp->if_index == ch->ch_oif;

	if (!(in6_ifflags(ifp) & IFF_UP) || (!out && ((in6_ifflags(ifp) &
	    IFF_LOOPBACK) || in6_islinkscope(ch->ch_dst))))
		return;
	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		consider(ch, ia, out);
	rump_rw_exit(&ifp->if_lock);
}

static int
choose(const struct inaddr *dst, uint32_t oif, struct inaddr *src)
{
	struct choice ch = { .ch_dst = dst, .ch_oif = oif };
	struct ifnet *ifp;

	ch.ch_scope = (uint8_t)scope_of(dst);
	ch.ch_label = (uint8_t)label_of(dst);
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		consider_if(&ch, ifp);
	rump_rw_exit(&rump_if_lock);
	if (!ch.ch_found)
		return EADDRNOTAVAIL;
	*src = ch.ch_best.c_addr;
	return 0;
}

/* rc, when there is one, has the route to dst already or is given it. */
int
ip6_source(const struct inaddr *dst, uint32_t oif, struct routecache *rc,
    struct inaddr *src)
{
	struct routecache own = { .rc_rt = NULL };
	const struct rtentry *rt;
	int error;

	if (rc == NULL)
		rc = &own;
	if ((error = rump_rc_get(rc, dst, oif)) != 0)
		return error;
	rt = rc->rc_rt;
	/* The kernel's own routes name an address, but no preference. */
	if (!inaddr_isany(&rt->rt_src) && rt->rt_proto != RTPROT_KERNEL &&
	    rt->rt_type != RTN_LOCAL)
		*src = rt->rt_src;
	else if (rt->rt_type == RTN_LOCAL)
		*src = *dst;
	else
		error = choose(dst, rt->rt_if->if_index, src);
	if (rc == &own)
		rump_rc_clear(rc);
	return error;
}
