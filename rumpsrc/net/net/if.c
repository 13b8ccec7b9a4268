/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of interfaces, their flags and groups, and who is told of changes.
 * rump_netcfg_lock makes changes one after the other; if_lock and rump_if_lock
 * are only for those who look.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <rump/component.h>
#include <rump/rumpcomp_event.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include "mbuf_priv.h"
#include "net_priv.h"

struct rump_mutex rump_netcfg_lock;
struct rump_rwlock rump_if_lock;
struct ifnet *rump_iflist;
struct ifnet *rump_loif;
uint32_t rump_net_gen = 1;
static uint32_t if_lastindex;		/* [rump_netcfg_lock] */
static struct ifwatch *if_watchers;	/* [a] grows only */

void
rump_net_changed(void)
{

	if (__atomic_add_fetch(&rump_net_gen, 1, __ATOMIC_ACQ_REL) == 0)
		__atomic_add_fetch(&rump_net_gen, 1, __ATOMIC_ACQ_REL);
}

void
rump_if_watch(struct ifwatch *iw)
{

	iw->iw_next = __atomic_load_n(&if_watchers, __ATOMIC_ACQUIRE);
	while (!__atomic_compare_exchange_n(&if_watchers, &iw->iw_next, iw, 0,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
}

void
rump_if_event(enum ifevent ev, struct ifnet *ifp, void *obj)
{
	struct ifwatch *iw = __atomic_load_n(&if_watchers, __ATOMIC_ACQUIRE);

	for (; iw != NULL; iw = iw->iw_next)
		iw->iw_fn(ev, ifp, obj);
}

struct ifnet *
rump_if_get(uint32_t index)
{
	struct ifnet *ifp;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		if (ifp->if_index == index) {
			__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
			break;
		}
	rump_rw_exit(&rump_if_lock);
	return ifp;
}

/* Caller holds rump_if_lock, or rump_netcfg_lock. */
static struct ifnet *
if_find(const char *name)
{
	struct ifnet *ifp;

	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		if (strncmp(ifp->if_name, name, IFNAMSIZ) == 0)
			return ifp;
	return NULL;
}

struct ifnet *
rump_if_byname(const char *name)
{
	struct ifnet *ifp;

	rump_rw_rdenter(&rump_if_lock);
	if ((ifp = if_find(name)) != NULL)
		__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
	rump_rw_exit(&rump_if_lock);
	return ifp;
}

void
rump_if_rele(struct ifnet *ifp)
{

	__atomic_fetch_sub(&ifp->if_refs, 1, __ATOMIC_RELEASE);
}

/* "eth%d" becomes the first name that is free. */
static int
if_name(struct ifnet *ifp)
{
	char name[IFNAMSIZ], *pct = strchr(ifp->if_name, '%');
	unsigned i;

	if (pct == NULL)
		return if_find(ifp->if_name) != NULL ? EEXIST : 0;
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "%.*s%u",
		    (int)(pct - ifp->if_name), ifp->if_name, i);
		if (if_find(name) == NULL) {
			strlcpy(ifp->if_name, name, IFNAMSIZ);
			return 0;
		}
	}
	return ENFILE;
}

int
rump_if_attach(struct ifnet *ifp)
{
	struct ifnet **ip;
	int error;

	rump_mutex_enter(&rump_netcfg_lock);
	if ((error = if_name(ifp)) != 0) {
		rump_mutex_exit(&rump_netcfg_lock);
		return error;
	}
	ifp->if_index = ++if_lastindex;
	ifp->if_refs = 1;
	ifp->if_next = NULL;
	if (ifp->if_mtu == 0)
		ifp->if_mtu = ETHER_MTU;
	if (ifp->if_gsomax == 0)
		ifp->if_gsomax = 65535;
	if (ifp->if_txqlen == 0)
		ifp->if_txqlen = 1000;
	rump_rw_wrenter(&rump_if_lock);
	for (ip = &rump_iflist; *ip != NULL; ip = &(*ip)->if_next)
		;
	*ip = ifp;
	rump_rw_exit(&rump_if_lock);
	rump_mutex_exit(&rump_netcfg_lock);
	rump_if_event(IFE_ATTACH, ifp, NULL);
	return 0;
}

static void
if_unlink(struct ifnet *ifp)
{
	struct ifnet **ip;

	rump_rw_wrenter(&rump_if_lock);
	for (ip = &rump_iflist; *ip != NULL && *ip != ifp;
	    ip = &(*ip)->if_next)
		;
	if (*ip != NULL)
		*ip = ifp->if_next;
	rump_rw_exit(&rump_if_lock);
}

void
rump_if_detach(struct ifnet *ifp)
{
	struct rump_mutex mtx = { .m_owner = NULL };
	struct rump_cv cv = { .cv_head = NULL };
	struct ifmaddr *im;

	(void)rump_if_setflags(ifp, 0, IFF_UP);
	rump_mutex_enter(&rump_netcfg_lock);
	__atomic_fetch_or(&ifp->if_state, IFS_DYING, __ATOMIC_ACQ_REL);
	rump_ifaddr_flush(ifp);
	if_unlink(ifp);
	rump_mutex_exit(&rump_netcfg_lock);
	rump_rt_ifdown(ifp, 1);
	rump_neigh_ifdown(ifp);
	rump_net_changed();
	rump_if_event(IFE_DETACH, ifp, NULL);
	if (ifp->if_event != NULL)
		rumpcomp_event_signal(ifp->if_event);
	/* Whoever has a reference lets go soon: caches see the new gen. */
	rump_mutex_enter(&mtx);
	while (__atomic_load_n(&ifp->if_refs, __ATOMIC_ACQUIRE) > 1)
		(void)rump_cv_timedwait(&cv, &mtx,
		    rump_monotonic() + 2 * NSEC_PER_SEC / 1000);
	rump_mutex_exit(&mtx);
	rump_mutex_enter(&ifp->if_rxlock);	/* the last poll is over */
	rump_mutex_exit(&ifp->if_rxlock);
	if (ifp->if_state & IFS_OWNEVENT)
		rumpcomp_event_destroy(ifp->if_event);
	while ((im = ifp->if_maddrs) != NULL) {
		ifp->if_maddrs = im->im_next;
		rump_kmem_free(im, sizeof(*im));
	}
}

/*
 * Tells the driver that its flags or groups changed.  It may want if_rxlock:
 * who holds that, because he handles a packet, leaves it to the poller.
 */
int
rump_if_driver(struct ifnet *ifp)
{

	if (ifp->if_ops->if_setflags == NULL)
		return 0;
	if (rump_mutex_owned(&ifp->if_rxlock)) {
		__atomic_fetch_or(&ifp->if_state, IFS_TELL, __ATOMIC_RELAXED);
		return 0;
	}
	return ifp->if_ops->if_setflags(ifp);
}

static uint32_t
if_change(struct ifnet *ifp, uint32_t set, uint32_t clear)
{
	uint32_t old;

	rump_rw_wrenter(&ifp->if_lock);
	old = ifp->if_flags;
	__atomic_store_n(&ifp->if_flags, (old | set) & ~clear,
	    __ATOMIC_RELAXED);
	rump_rw_exit(&ifp->if_lock);
	return old;
}

/* The driver is called without rump_netcfg_lock, so flags may change again. */
static void
if_updown(struct ifnet *ifp, int up)
{

	rump_mutex_enter(&rump_netcfg_lock);
	if (up && (if_flags_get(ifp) & IFF_UP)) {
		rump_ifaddr_up(ifp);
	} else if (!up && !(if_flags_get(ifp) & IFF_UP)) {
		rump_rt_ifdown(ifp, 0);
		rump_neigh_ifdown(ifp);
	}
	rump_mutex_exit(&rump_netcfg_lock);
}

int
rump_if_setflags(struct ifnet *ifp, uint32_t set, uint32_t clear)
{
	uint32_t old = if_change(ifp, set, clear);
	uint32_t new = (old | set) & ~clear, diff = old ^ new;
	int error = 0;

	if (diff & (IFF_UP | IFF_PROMISC | IFF_ALLMULTI))
		error = rump_if_driver(ifp);
	if (error != 0) {
		(void)if_change(ifp, old & diff, new & diff);
		return error;
	}
	if (diff & IFF_UP)
		if_updown(ifp, (new & IFF_UP) != 0);
	if (diff != 0) {
		rump_net_changed();
		rump_if_event(IFE_FLAGS, ifp, NULL);
	}
	return 0;
}

void
rump_if_link(struct ifnet *ifp, int up)
{
	uint32_t bits = IFF_RUNNING | IFF_LOWER_UP;
	uint32_t old = if_change(ifp, up ? bits : 0, up ? 0 : bits);

	if (!up == !(old & IFF_RUNNING) || ifp->if_index == 0)
		return;		/* no change, or not attached yet */
	if (!up)
		rump_neigh_flush(ifp, 1);
	rump_net_changed();
	rump_if_event(IFE_LINK, ifp, NULL);
}

/*
 * Groups are joined with a socket's lock, which comes after if_rxlock: the
 * poller tells the driver.
 */
static void
if_groups(struct ifnet *ifp)
{

	if (ifp->if_ops->if_setflags == NULL)
		return;
	if (__atomic_load_n(&ifp->if_state, __ATOMIC_RELAXED) & IFS_THREAD) {
		__atomic_fetch_or(&ifp->if_state, IFS_TELL, __ATOMIC_SEQ_CST);
		rump_if_intr(ifp);
	} else {
		(void)rump_if_driver(ifp);
	}
}

/* Caller holds if_lock. */
static struct ifmaddr **
if_findmulti(struct ifnet *ifp, const uint8_t *mac)
{
	struct ifmaddr **ip;

	for (ip = &ifp->if_maddrs; *ip != NULL; ip = &(*ip)->im_next)
		if (memcmp((*ip)->im_lladdr, mac, 6) == 0)
			break;
	return ip;
}

int
rump_if_addmulti(struct ifnet *ifp, const uint8_t *mac)
{
	struct ifmaddr **ip, *new = rump_kmem_zalloc(sizeof(*new));

	if (new == NULL)
		return ENOMEM;
	memcpy(new->im_lladdr, mac, 6);
	rump_rw_wrenter(&ifp->if_lock);
	ip = if_findmulti(ifp, mac);
	if (*ip == NULL) {
		*ip = new;
		new = NULL;
	}
	(*ip)->im_refs++;
	rump_rw_exit(&ifp->if_lock);
	if (new != NULL)
		rump_kmem_free(new, sizeof(*new));
	else
		if_groups(ifp);
	return 0;
}

int
rump_if_delmulti(struct ifnet *ifp, const uint8_t *mac)
{
	struct ifmaddr **ip, *im;

	rump_rw_wrenter(&ifp->if_lock);
	ip = if_findmulti(ifp, mac);
	im = *ip;
	if (im != NULL && --im->im_refs == 0)
		*ip = im->im_next;
	else
		ip = NULL;
	rump_rw_exit(&ifp->if_lock);
	if (im == NULL)
		return ENOENT;
	if (ip != NULL) {
		rump_kmem_free(im, sizeof(*im));
		if_groups(ifp);
	}
	return 0;
}

RUMP_COMPONENT(net, RUMP_FACTION_NET)
{

	rump_mbuf_init();
	rump_ether_init();
	rump_drain_init();
	return rump_loop_attach();
}
