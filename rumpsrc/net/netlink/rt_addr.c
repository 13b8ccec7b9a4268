/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses: RTM_GETADDR, RTM_NEWADDR, RTM_DELADDR. */
#include <asm/errno.h>
#include <linux/if_addr.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include "nl.h"

static unsigned
plen_out(const struct inaddr *a, unsigned plen)
{

	return inaddr_is4(a) ? plen - INADDR_V4PREFIX : plen;
}

static uint32_t
seconds_left(int64_t until)
{
	int64_t left;

	if (until == INT64_MAX)
		return UINT32_MAX;
	left = (until - rump_monotonic()) / NSEC_PER_SEC;
	return left < 0 ? 0 : left > UINT32_MAX - 1 ? UINT32_MAX - 1 :
	    (uint32_t)left;
}

int
nl_putaddr(struct nlout *o, const struct ifnet *ifp, const struct ifaddr *ia,
    unsigned type)
{
	struct ifa_cacheinfo ci = { .ifa_prefered =
	    seconds_left(ia->ia_preferred),
	    .ifa_valid = seconds_left(ia->ia_valid) };
	int is4 = inaddr_is4(&ia->ia_addr);
	struct ifaddrmsg *ifa;

	ifa = nl_begin(o, type, 0, sizeof(*ifa));
	if (ifa != NULL) {
		ifa->ifa_family = (uint8_t)nl_family(&ia->ia_addr);
		ifa->ifa_prefixlen = (uint8_t)plen_out(&ia->ia_addr,
		    ia->ia_plen);
		ifa->ifa_flags = (uint8_t)ia->ia_flags;
		ifa->ifa_scope = ia->ia_scope;
		ifa->ifa_index = ifp->if_index;
	}
	nl_attraddr(o, IFA_ADDRESS, &ia->ia_addr);
	if (is4) {
		nl_attraddr(o, IFA_LOCAL, &ia->ia_addr);
		if (!inaddr_isany(&ia->ia_peer))
			nl_attraddr(o, IFA_BROADCAST, &ia->ia_peer);
		nl_attrstr(o, IFA_LABEL, ia->ia_label);
	}
	nl_attr32(o, IFA_FLAGS, ia->ia_flags);
	nl_attr(o, IFA_CACHEINFO, &ci, sizeof(ci));
	return nl_end(o);
}

/* Copies of an interface's addresses, so that no lock is held meanwhile. */
static int
addr_list(struct ifnet *ifp, struct ifaddr **listp, unsigned *np)
{
	const struct ifaddr *ia;
	unsigned n = 0, i = 0;

	*listp = NULL;
	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		n++;
	if (n > 0 && (*listp = rump_kmem_alloc(n * sizeof(**listp))) != NULL)
		for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
			(*listp)[i++] = *ia;
	rump_rw_exit(&ifp->if_lock);
	*np = n;
	return n > 0 && *listp == NULL ? ENOMEM : 0;
}

static int
addr_dumpif(struct nlreq *r, struct ifnet *ifp, int family)
{
	struct ifaddr *list;
	unsigned i, n;
	int error;

	error = addr_list(ifp, &list, &n);
	for (i = 0; i < n && error == 0; i++)
		if (nl_family(&list[i].ia_addr) == family)
			error = nl_putaddr(r->nr_out, ifp, &list[i],
			    RTM_NEWADDR);
	if (list != NULL)
		rump_kmem_free(list, n * sizeof(*list));
	return error;
}

static uint32_t
next_index(uint32_t index)
{
	const struct ifnet *ifp;
	uint32_t best = UINT32_MAX;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		if (ifp->if_index > index && ifp->if_index < best)
			best = ifp->if_index;
	rump_rw_exit(&rump_if_lock);
	return best;
}

static int
addr_dump(struct nlreq *r, uint32_t only, int family)
{
	struct ifnet *ifp;
	uint32_t i;
	int error = 0;

	if (only != 0 && (ifp = rump_if_get(only)) == NULL)
		return ENODEV;
	if (only != 0) {
		error = addr_dumpif(r, ifp, family);
		rump_if_rele(ifp);
		return error;
	}
	for (i = 0; error == 0 && (i = next_index(i)) != UINT32_MAX;)
		if ((ifp = rump_if_get(i)) != NULL) {
			error = addr_dumpif(r, ifp, family);
			rump_if_rele(ifp);
		}
	return error;
}

int
nl_addr_get(struct nlreq *r)
{
	const struct ifaddrmsg *ifa;
	uint32_t only = 0;
	int error, family;

	if (!r->nr_dump)
		return EOPNOTSUPP;
	if ((error = nl_body(r, sizeof(struct rtgenmsg))) != 0)
		return error;
	ifa = r->nr_body;
	family = ((const struct rtgenmsg *)r->nr_body)->rtgen_family;
	if (r->nr_strict) {
		if ((error = nl_parse(r, sizeof(*ifa))) != 0)
			return error;
		only = ifa->ifa_index;
	}
	/* One family after the other. */
	if (family != AF_UNSPEC)
		return addr_dump(r, only, family);
	error = addr_dump(r, only, AF_INET);
	return error != 0 ? error : addr_dump(r, only, AF_INET6);
}

static int64_t
lifetime(uint32_t seconds)
{

	return seconds == UINT32_MAX ? INT64_MAX : rump_monotonic() +
	    (int64_t)seconds * NSEC_PER_SEC;
}

static int
addr_times(const struct nlreq *r, struct ifaddr *ia)
{
	const struct nlattr *a = r->nr_a.na[IFA_CACHEINFO];
	struct ifa_cacheinfo ci;

	if (a == NULL)
		return 0;
	if (nla_len(a) < sizeof(ci))
		return EINVAL;
	memcpy(&ci, nla_data(a), sizeof(ci));
	if (ci.ifa_valid == 0 || ci.ifa_prefered > ci.ifa_valid)
		return EINVAL;
	ia->ia_valid = lifetime(ci.ifa_valid);
	ia->ia_preferred = lifetime(ci.ifa_prefered);
	return 0;
}

/* What RTM_NEWADDR and RTM_DELADDR share: interface, address, length. */
static int
addr_parse(struct nlreq *r, struct ifnet **ifpp, struct ifaddr *ia)
{
	const struct ifaddrmsg *ifa;
	int error, family;

	if ((error = nl_parse(r, sizeof(*ifa))) != 0)
		return error;
	ifa = r->nr_body;
	family = ifa->ifa_family;
	if (family != AF_INET && family != AF_INET6)
		return EAFNOSUPPORT;
	if (family == AF_INET6 && rump_inaf[1] == NULL)
		return EAFNOSUPPORT;
	memset(ia, 0, sizeof(*ia));
	error = nl_getaddr(&r->nr_a, IFA_LOCAL, family, &ia->ia_addr);
	if (error == ENOENT)
		error = nl_getaddr(&r->nr_a, IFA_ADDRESS, family,
		    &ia->ia_addr);
	if (error != 0)
		return EINVAL;
	if (ifa->ifa_prefixlen > (family == AF_INET ? 32 : 128))
		return EINVAL;
	ia->ia_plen = (uint8_t)(ifa->ifa_prefixlen +
	    (family == AF_INET ? INADDR_V4PREFIX : 0));
	return (*ifpp = rump_if_get(ifa->ifa_index)) != NULL ? 0 : ENODEV;
}

static int
addr_rest(const struct nlreq *r, struct ifaddr *ia)
{
	const struct ifaddrmsg *ifa = r->nr_body;
	int error;

	ia->ia_scope = ifa->ifa_scope;
	ia->ia_flags = ifa->ifa_flags;
	if ((error = nl_get32(&r->nr_a, IFA_FLAGS, &ia->ia_flags)) != 0 ||
	    (error = addr_times(r, ia)) != 0)
		return error;
	/* What it is told is not what it is: these come by themselves. */
	ia->ia_flags &= ~(uint32_t)(IFA_F_PERMANENT | IFA_F_SECONDARY |
	    IFA_F_TENTATIVE | IFA_F_DADFAILED);
	if (ifa->ifa_family != AF_INET)
		return 0;
	error = nl_getaddr(&r->nr_a, IFA_BROADCAST, AF_INET, &ia->ia_peer);
	if (error == 0 || error == ENOENT)
		error = nl_getname(&r->nr_a, IFA_LABEL, ia->ia_label);
	return error == ENOENT ? 0 : error;
}

int
nl_addr_new(struct nlreq *r)
{
	unsigned flags = r->nr_h->nlmsg_flags;
	struct ifnet *ifp;
	struct ifaddr ia;
	int error;

	if ((error = addr_parse(r, &ifp, &ia)) != 0)
		return error;
	if ((error = addr_rest(r, &ia)) == 0) {
		error = rump_if_addaddr(ifp, &ia);
		if (error == EEXIST && (flags & NLM_F_REPLACE) &&
		    !(flags & NLM_F_EXCL)) {
			(void)rump_if_deladdr(ifp, &ia.ia_addr, ia.ia_plen);
			error = rump_if_addaddr(ifp, &ia);
		}
	}
	rump_if_rele(ifp);
	return error;
}

int
nl_addr_del(struct nlreq *r)
{
	struct ifnet *ifp;
	struct ifaddr ia;
	int error;

	if ((error = addr_parse(r, &ifp, &ia)) != 0)
		return error;
	error = rump_if_deladdr(ifp, &ia.ia_addr, ia.ia_plen);
	rump_if_rele(ifp);
	return error;
}
