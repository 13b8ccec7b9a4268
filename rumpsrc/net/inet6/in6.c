/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of interfaces: looking for them, their flags, interface
 * identifiers, and the groups that follow from them (RFC 4291, 2.7.1).
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

int rump_ip6_forwarding, rump_ip6_hoplimit = 64, rump_ip6_acceptra = 1,
    rump_ip6_redirects = 1, rump_ip6_dadtransmits = 1,
    rump_ip6_daddelay = 1000, rump_ip6_rsdelay = 1000, rump_ip6_addrgen;
uint64_t rump_ip6_secret[2];

const struct inaddr in6_any;
const struct inaddr in6_allnodes = { .ia_b = { 0xff, 2, [15] = 1 } };
const struct inaddr in6_allrouters = { .ia_b = { 0xff, 2, [15] = 2 } };

int64_t
in6_within(int64_t max)
{

	return max <= 0 ? 0 : (int64_t)(in_random() % (uint64_t)max);
}

struct in6_if *
in6_ifstate(struct ifnet *ifp)
{
	void **slot = &ifp->if_proto[IFP_INET6], *old = NULL;
	struct in6_if *ii = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

	if (IN6_LIKELY(ii != NULL))
		return ii;
	if ((ii = rump_kmem_zalloc(sizeof(*ii))) == NULL)
		return NULL;
	ii->ii_if = ifp;
	ii->ii_gen = 1;			/* 0: being changed */
	ii->ii_dnsscope[0] = '%';
	strlcpy(ii->ii_dnsscope + 1, ifp->if_name, IFNAMSIZ);
	ii->ii_groups.ig_if = ifp;
	ii->ii_hlim = (uint8_t)in6_var(&rump_ip6_hoplimit);
	ii->ii_member.inp_family = AF_INET6;
	if (!__atomic_compare_exchange_n(slot, &old, ii, 0, __ATOMIC_ACQ_REL,
	    __ATOMIC_ACQUIRE)) {
		rump_kmem_free(ii, sizeof(*ii));
		ii = old;
	}
	return ii;
}

int
in6_ifaddr(struct ifnet *ifp, const struct inaddr *a, struct ifaddr *copy)
{
	const struct ifaddr *ia;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, a))
			break;
	if (ia != NULL)
		*copy = *ia;
	rump_rw_exit(&ifp->if_lock);
	return ia != NULL;
}

/* One that may be used. */
int
in6_linklocal(struct ifnet *ifp, struct inaddr *a)
{
	const struct ifaddr *ia;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (in6_islinklocal(&ia->ia_addr) && !(ia->ia_flags &
		    (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			break;
	if (ia != NULL)
		*a = ia->ia_addr;
	rump_rw_exit(&ifp->if_lock);
	return ia != NULL;
}

/* True: they were different. */
int
in6_setflags(struct ifnet *ifp, const struct inaddr *a, uint32_t set,
    uint32_t clear)
{
	struct ifaddr *ia;
	uint32_t old = 0, new = 0;

	rump_rw_wrenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, a)) {
			old = ia->ia_flags;
			new = (old | set) & ~clear;
			__atomic_store_n(&ia->ia_flags, new, __ATOMIC_RELAXED);
		}
	rump_rw_exit(&ifp->if_lock);
	if (old != new)
		rump_net_changed();
	return old != new;
}

void
in6_solnode(const struct inaddr *a, struct inaddr *group)
{

	*group = (struct inaddr){ .ia_b = { 0xff, 2, [11] = 1, [12] = 0xff,
	    a->ia_b[13], a->ia_b[14], a->ia_b[15] } };
}

/* Another address with the same solicited-node group? */
static int
group_needed(struct ifnet *ifp, const struct inaddr *group)
{
	const struct ifaddr *ia;
	struct inaddr g;
	int needed = 0;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL && !needed; ia = ia->ia_next) {
		in6_solnode(&ia->ia_addr, &g);
		needed = !inaddr_is4(&ia->ia_addr) && inaddr_eq(&g, group);
	}
	rump_rw_exit(&ifp->if_lock);
	return needed;
}

void
in6_group(struct in6_if *ii, const struct inaddr *a, int join)
{
	struct inaddr group;

	in6_solnode(a, &group);
	rump_mutex_enter(&ii->ii_grouplock);
	if (join)
		(void)inmulti_join(&ii->ii_member, &group,
		    ii->ii_if->if_index, 1);
	else if (!group_needed(ii->ii_if, &group))
		(void)inmulti_leave(&ii->ii_member, &group,
		    ii->ii_if->if_index);
	rump_mutex_exit(&ii->ii_grouplock);
}

/* RFC 2464, 4: the MAC, with its universal bit turned. */
static void
eui64(const uint8_t *mac, uint8_t *id)
{

	id[0] = mac[0] ^ 2;
	id[1] = mac[1];
	id[2] = mac[2];
	id[3] = 0xff;
	id[4] = 0xfe;
	memcpy(id + 5, mac + 3, 3);
}

/* RFC 7217, 5: F(prefix, interface, counter, key). */
static void
opaque(struct ifnet *ifp, const struct inaddr *prefix, const uint8_t *mac,
    uint8_t *id)
{
	struct in6_if *ii = in6_ifstate(ifp);
	uint64_t h, m = 0;

	memcpy(&m, mac, 6);
	if (ii != NULL) {
		rump_mutex_enter(&ii->ii_lock);
		m |= (uint64_t)ii->ii_clashes << 48;
		rump_mutex_exit(&ii->ii_lock);
	}
	h = (rump_ip6_secret[0] | rump_ip6_secret[1]) != 0 ?
	    in_siphash(rump_ip6_secret, prefix->ia_d[0], m, ifp->if_index) :
	    in_prf(prefix->ia_d[0], m, ifp->if_index);
	memcpy(id, &h, 8);
}

void
in6_interfaceid(struct ifnet *ifp, const struct inaddr *prefix,
    struct inaddr *a)
{
	uint8_t mac[6];

	rump_rw_rdenter(&ifp->if_lock);
	memcpy(mac, ifp->if_mac, 6);
	rump_rw_exit(&ifp->if_lock);
	*a = *prefix;
	if (in6_var(&rump_ip6_addrgen) == 0)
		eui64(mac, a->ia_b + 8);
	else
		opaque(ifp, prefix, mac, a->ia_b + 8);
}
