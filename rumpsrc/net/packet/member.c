/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PACKET_ADD_MEMBERSHIP: promiscuous, all groups, one group; undone when the
 * socket is closed.  How many want an interface promiscuous is counted here.
 */
#include <asm/errno.h>
#include <linux/if.h>
#include <kern/kmem.h>
#include "packet.h"

static struct rump_mutex member_lock;
static struct pkcount {			/* [member_lock] */
	struct pkcount	*pc_next;
	uint32_t	 pc_ifindex, pc_flag, pc_n;
} *counts;

/* Caller holds member_lock.  The interface's IFF_PROMISC or IFF_ALLMULTI. */
static int
flag_count(struct ifnet *ifp, uint32_t flag, int add)
{
	struct pkcount **pp, *pc;
	int error = 0;

	for (pp = &counts; (pc = *pp) != NULL; pp = &pc->pc_next)
		if (pc->pc_ifindex == ifp->if_index && pc->pc_flag == flag)
			break;
	if (pc == NULL) {
		if (!add)
			return 0;
		if ((pc = rump_kmem_zalloc(sizeof(*pc))) == NULL)
			return ENOMEM;
		pc->pc_ifindex = ifp->if_index;
		pc->pc_flag = flag;
		*pp = pc;
	}
	if (add && pc->pc_n++ == 0 &&
	    (error = rump_if_setflags(ifp, flag, 0)) != 0)
		pc->pc_n--;
	if (!add && --pc->pc_n == 0)
		(void)rump_if_setflags(ifp, 0, flag);
	if (pc->pc_n == 0) {
		*pp = pc->pc_next;
		rump_kmem_free(pc, sizeof(*pc));
	}
	return error;
}

/* No lock held. */
static int
member_apply(const struct pkmember *pm, int add)
{
	struct ifnet *ifp = rump_if_get(pm->pm_ifindex);
	int error = 0;

	if (ifp == NULL)
		return ENODEV;
	rump_mutex_enter(&member_lock);
	switch (pm->pm_type) {
	case PACKET_MR_PROMISC:
		error = flag_count(ifp, IFF_PROMISC, add);
		break;
	case PACKET_MR_ALLMULTI:
		error = flag_count(ifp, IFF_ALLMULTI, add);
		break;
	case PACKET_MR_MULTICAST:
		error = add ? rump_if_addmulti(ifp, pm->pm_addr) :
		    rump_if_delmulti(ifp, pm->pm_addr);
		break;
	default:
		error = EINVAL;
	}
	rump_mutex_exit(&member_lock);
	rump_if_rele(ifp);
	return error;
}

static int
member_parse(const void *val, unsigned len, struct pkmember *pm)
{
	struct packet_mreq mr;

	if (len < sizeof(mr))
		return EINVAL;
	memcpy(&mr, val, sizeof(mr));
	memset(pm, 0, sizeof(*pm));
	pm->pm_ifindex = (uint32_t)mr.mr_ifindex;
	pm->pm_type = mr.mr_type;
	if (mr.mr_type == PACKET_MR_MULTICAST) {
		if (mr.mr_alen != 6)
			return EINVAL;
		memcpy(pm->pm_addr, mr.mr_address, 6);
	}
	return 0;
}

static struct pkmember **
member_find(struct pkpcb *pk, const struct pkmember *pm)
{
	struct pkmember **pp;

	for (pp = &pk->pk_members; *pp != NULL; pp = &(*pp)->pm_next)
		if ((*pp)->pm_ifindex == pm->pm_ifindex &&
		    (*pp)->pm_type == pm->pm_type &&
		    memcmp((*pp)->pm_addr, pm->pm_addr, 6) == 0)
			break;
	return pp;
}

int
pk_addmember(struct socket *so, const void *val, unsigned len)
{
	struct pkmember want, **pp, *new;
	int error;

	if ((error = member_parse(val, len, &want)) != 0)
		return error;
	if (*(pp = member_find(pk_of(so), &want)) != NULL) {
		(*pp)->pm_refs++;
		return 0;
	}
	if ((new = rump_kmem_alloc(sizeof(*new))) == NULL)
		return ENOMEM;
	*new = want;
	new->pm_refs = 1;
	rump_mutex_exit(&so->so_lock);
	error = member_apply(new, 1);
	rump_mutex_enter(&so->so_lock);
	if (error != 0) {
		rump_kmem_free(new, sizeof(*new));
		return error;
	}
	/* Another thread may have joined too: then it is there twice. */
	new->pm_next = pk_of(so)->pk_members;
	pk_of(so)->pk_members = new;
	return 0;
}

static void
member_leave(struct socket *so, struct pkmember *pm)
{

	rump_mutex_exit(&so->so_lock);
	(void)member_apply(pm, 0);
	rump_kmem_free(pm, sizeof(*pm));
	rump_mutex_enter(&so->so_lock);
}

int
pk_delmember(struct socket *so, const void *val, unsigned len)
{
	struct pkmember want, **pp, *pm;
	int error;

	if ((error = member_parse(val, len, &want)) != 0)
		return error;
	if ((pm = *(pp = member_find(pk_of(so), &want))) == NULL)
		return EADDRNOTAVAIL;
	if (--pm->pm_refs == 0) {
		*pp = pm->pm_next;
		member_leave(so, pm);
	}
	return 0;
}

void
pk_dropmembers(struct socket *so)
{
	struct pkmember *pm;

	while ((pm = pk_of(so)->pk_members) != NULL) {
		pk_of(so)->pk_members = pm->pm_next;
		member_leave(so, pm);
	}
}
