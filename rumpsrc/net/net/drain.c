/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who takes packets off devices: the thread of an interface, which its event
 * wakes; or a thread that is about to sleep, or sleeps, for what a packet may
 * bring (rump_net_drain, <kern/sched.h>).  if_rxlock lets one of them poll;
 * whoever finds it taken goes away, for the holder looks at if_pending again
 * after it has let go.
 *
 * if_rxlock comes before sockets' locks, so nothing is held here meanwhile.
 */
#include <asm/errno.h>
#include <rump/rumpcomp_event.h>
#include <rump/rumpuser.h>
#include <kern/log.h>
#include <kern/poll.h>
#include "net_priv.h"

#define POLL_BUDGET	64
#define DRAIN_IFS	8	/* most interfaces looked at in one drain */

volatile uint32_t rump_if_asks;

void
rump_if_setask(struct ifnet *ifp, int ask)
{

	if (ifp->if_ask == (uint32_t)ask)
		return;
	__atomic_store_n(&ifp->if_ask, (uint32_t)ask, __ATOMIC_RELAXED);
	__atomic_fetch_add(&rump_if_asks, ask ? 1U : -1U, __ATOMIC_RELAXED);
}

static inline int
pending_take(struct ifnet *ifp)
{

	return __atomic_load_n(&ifp->if_pending, __ATOMIC_RELAXED) != 0 &&
	    __atomic_exchange_n(&ifp->if_pending, 0, __ATOMIC_SEQ_CST) != 0;
}

static void
if_wake(struct ifnet *ifp)
{
	struct rumpcomp_event *ev;

	__atomic_store_n(&rump_drain_work, 1, __ATOMIC_SEQ_CST);
	ev = __atomic_load_n(&rump_drain_event, __ATOMIC_ACQUIRE);
	if (ev == NULL)
		ev = __atomic_load_n(&ifp->if_event, __ATOMIC_ACQUIRE);
	if (ev != NULL)
		rumpcomp_event_signal(ev);
}

void
rump_if_intr(struct ifnet *ifp)
{

	if (__atomic_exchange_n(&ifp->if_pending, 1, __ATOMIC_SEQ_CST) == 0)
		if_wake(ifp);
}

/* What rump_if_driver() left to do. */
static __attribute__((__noinline__)) void
if_tell(struct ifnet *ifp)
{

	__atomic_fetch_and(&ifp->if_state, ~(uint32_t)IFS_TELL,
	    __ATOMIC_RELAXED);
	(void)rump_if_driver(ifp);
}

/*
 * Polls while there is work, but not longer than the budget; what is left is
 * for the thread.  True: there were packets.
 */
static int
if_pollsome(struct ifnet *ifp)
{
	int n = 0, did;

	while (__atomic_load_n(&ifp->if_pending, __ATOMIC_SEQ_CST) != 0) {
		if (n >= POLL_BUDGET) {
			if_wake(ifp);
			break;
		}
		if (rump_mutex_tryenter(&ifp->if_rxlock) != 0)
			break;
		if (pending_take(ifp)) {
			did = ifp->if_ops->if_poll(ifp, POLL_BUDGET);
			if (did >= POLL_BUDGET)		/* there may be more */
				__atomic_store_n(&ifp->if_pending, 1,
				    __ATOMIC_SEQ_CST);
			n += did;
		}
		rump_mutex_exit(&ifp->if_rxlock);
		if (NET_UNLIKELY(__atomic_load_n(&ifp->if_state,
		    __ATOMIC_RELAXED) & IFS_TELL))
			if_tell(ifp);
	}
	return n > 0;
}

/* Caller holds rump_if_lock, or the only CPU. */
static inline int
if_haswork(struct ifnet *ifp, int ask)
{

	if (ask && __atomic_load_n(&ifp->if_ask, __ATOMIC_RELAXED))
		__atomic_store_n(&ifp->if_pending, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&ifp->if_pending, __ATOMIC_SEQ_CST) != 0;
}

static int
poll_rele(struct ifnet *ifp)
{
	int did = if_pollsome(ifp);

	rump_if_rele(ifp);
	return did;
}

/* Nobody changes the list between two polls. */
static inline int
net_drain_up(void)
{
	struct ifnet *ifp, *first;
	int did = 0, i, more;

	for (i = 0; i < DRAIN_IFS; i++) {
		first = NULL;
		more = 0;
		for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next) {
			if (!if_haswork(ifp, i == 0))
				continue;
			more = first != NULL;
			if (!more)
				first = ifp;
		}
		if (first == NULL)
			return did;
		first->if_refs++;
		did |= poll_rele(first);
		if (!more)
			return did;
	}
	__atomic_store_n(&rump_drain_work, 1, __ATOMIC_SEQ_CST);
	return did;
}

static int
net_drain_mp(void)
{
	struct ifnet *ifs[DRAIN_IFS], *ifp;
	unsigned i, n = 0;
	int did = 0;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL && n < DRAIN_IFS;
	    ifp = ifp->if_next) {
		if (!if_haswork(ifp, 1))
			continue;
		__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
		ifs[n++] = ifp;
	}
	rump_rw_exit(&rump_if_lock);
	if (n == DRAIN_IFS)
		__atomic_store_n(&rump_drain_work, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < n; i++)
		did |= poll_rele(ifs[i]);
	return did;
}

static __attribute__((__noinline__)) int
net_drain(void)
{

	__atomic_store_n(&rump_drain_work, 0, __ATOMIC_SEQ_CST);
	return rump_cooperative ? net_drain_up() : net_drain_mp();
}

int
rump_net_drain(void)
{

	return __builtin_expect((__atomic_load_n(&rump_drain_work,
	    __ATOMIC_RELAXED) | __atomic_load_n(&rump_if_asks,
	    __ATOMIC_RELAXED)) == 0, 1) ? 0 : net_drain();
}

/* Others' turn: the host may run a thread that waits for the CPU. */
static void
poll_yield(void)
{
	int64_t sec;
	long nsec;

	rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec);
	(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, sec, nsec);
}

static void
poll_thread(void *arg)
{
	struct ifnet *ifp = arg;

	while (!(__atomic_load_n(&ifp->if_state, __ATOMIC_ACQUIRE) &
	    IFS_DYING)) {
		if (__atomic_load_n(&ifp->if_pending, __ATOMIC_SEQ_CST) == 0 ||
		    !if_pollsome(ifp))
			rumpcomp_event_wait(ifp->if_event);
		else if (__atomic_load_n(&ifp->if_pending, __ATOMIC_SEQ_CST))
			poll_yield();
	}
	rump_if_rele(ifp);
}

int
rump_if_pollstart(struct ifnet *ifp)
{
	struct rumpcomp_event *ev = ifp->if_event;
	int error;

	if (ev == NULL) {
		if ((error = rumpcomp_event_create(&ev)) != 0)
			return error;
		__atomic_fetch_or(&ifp->if_state, IFS_OWNEVENT,
		    __ATOMIC_RELAXED);
		__atomic_store_n(&ifp->if_event, ev, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
	__atomic_fetch_or(&ifp->if_state, IFS_THREAD, __ATOMIC_RELAXED);
	error = rump_kthread_create(poll_thread, ifp, ifp->if_name);
	if (error != 0)
		rump_if_rele(ifp);
	return error;
}

/* Who slept for the devices does something else. */
static void
drain_kick(void)
{
	struct ifnet *ifp;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		if (__atomic_load_n(&ifp->if_pending, __ATOMIC_RELAXED))
			if_wake(ifp);
	rump_rw_exit(&rump_if_lock);
}

void
rump_drain_init(void)
{

	rump_drain_kick = drain_kick;
	rump_drain_hook = rump_net_drain;
}
