/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Duplicate address detection (RFC 4862, 5.4): an address is tentative until
 * nobody has answered.  in6_if.c's timer sends the probes.
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include "inet6_priv.h"

static struct in6_dad **
dad_find(struct in6_if *ii, const struct inaddr *a)
{
	struct in6_dad **dp;

	for (dp = &ii->ii_dads; *dp != NULL; dp = &(*dp)->id_next)
		if (inaddr_eq(&(*dp)->id_addr, a))
			break;
	return dp;
}

/* Without it the address can be used at once. */
static int
dad_needed(struct ifnet *ifp, const struct inaddr *a)
{
	struct ifaddr ia;

	return ifp->if_type == ARPHRD_ETHER && !(in6_ifflags(ifp) &
	    (IFF_LOOPBACK | IFF_NOARP)) && in6_ifaddr(ifp, a, &ia) &&
	    !(ia.ia_flags & IFA_F_NODAD) &&
	    in6_var(&rump_ip6_dadtransmits) > 0;
}

/* The address is on the interface, which is up. */
void
nd6_dad_start(struct in6_if *ii, const struct inaddr *a)
{
	int64_t delay = in6_var(&rump_ip6_daddelay) * (NSEC_PER_SEC / 1000);
	struct in6_dad *id;

	if (!dad_needed(ii->ii_if, a)) {
		(void)in6_setflags(ii->ii_if, a, 0, IFA_F_TENTATIVE |
		    IFA_F_OPTIMISTIC);
		return;
	}
	if ((id = rump_kmem_zalloc(sizeof(*id))) == NULL)
		return;
	id->id_addr = *a;
	id->id_left = in6_var(&rump_ip6_dadtransmits);
	id->id_nonce = in_random() & 0xffffffffffffULL;
	id->id_due = rump_monotonic() + in6_within(delay);
	(void)in6_setflags(ii->ii_if, a, IFA_F_TENTATIVE, IFA_F_DADFAILED);
	rump_mutex_enter(&ii->ii_lock);
	if (*dad_find(ii, a) == NULL) {
		id->id_next = ii->ii_dads;
		ii->ii_dads = id;
		in6_arm(ii, id->id_due);
		id = NULL;
	}
	rump_mutex_exit(&ii->ii_lock);
	if (id != NULL)
		rump_kmem_free(id, sizeof(*id));
}

void
nd6_dad_stop(struct in6_if *ii, const struct inaddr *a)
{
	struct in6_dad **dp, *id;

	rump_mutex_enter(&ii->ii_lock);
	for (dp = &ii->ii_dads; (id = *dp) != NULL;) {
		if (a != NULL && !inaddr_eq(&id->id_addr, a)) {
			dp = &id->id_next;
			continue;
		}
		*dp = id->id_next;
		rump_kmem_free(id, sizeof(*id));
	}
	rump_mutex_exit(&ii->ii_lock);
}

void
nd6_dad_conflict(struct in6_if *ii, const struct inaddr *a,
    const uint8_t *nonce)
{
	struct in6_dad **dp, *id;
	char buf[46];

	rump_mutex_enter(&ii->ii_lock);
	dp = dad_find(ii, a);
	id = *dp;
	/* Our own probe, which the link sent back (RFC 7527). */
	if (id != NULL && nonce != NULL &&
	    memcmp(nonce, &id->id_nonce, 6) == 0)
		id = NULL;
	if (id != NULL) {
		*dp = id->id_next;
		if (ii->ii_clashes < 255)
			ii->ii_clashes++;
	}
	rump_mutex_exit(&ii->ii_lock);
	if (id == NULL)
		return;
	rump_kmem_free(id, sizeof(*id));
	(void)in6_setflags(ii->ii_if, a, IFA_F_DADFAILED | IFA_F_TENTATIVE,
	    IFA_F_OPTIMISTIC);
	rump_printf("%s: somebody else has %s\n", ii->ii_if->if_name,
	    inaddr_format(a, buf, sizeof(buf)));
}
