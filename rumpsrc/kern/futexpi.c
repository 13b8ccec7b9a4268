/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes that have an owner (FUTEX_LOCK_PI and its kin, for mutexes of the
 * protocol PTHREAD_PRIO_INHERIT): the word is the owner's tid, unlocking hands
 * it to who has waited longest.  Nobody's priority changes: there is one queue
 * for all threads, so a waiter never waits for who cannot run.
 */
#include <asm/errno.h>
#include <linux/futex.h>
#include <kern/clock.h>
#include <kern/futex.h>
#include <kern/proc.h>
#include <kern/uio.h>
#include "futex_priv.h"

/* Caller holds the bucket's lock.  The first who waits to own it; NULL. */
static struct futex_waiter *
pi_first(struct futex_bucket *fb, const uint32_t *key)
{
	struct futex_waiter *fw;

	for (fw = fb->fb_head; fw != NULL; fw = fw->fw_next)
		if (fw->fw_addr == key && fw->fw_tid != 0)
			break;
	return fw;
}

/*
 * Caller holds the bucket's lock.  0: it is ours; EBUSY: somebody else's, and
 * marked so that he unlocks by a call.
 */
static int
pi_take(struct futex_bucket *fb, uint32_t *addr, const uint32_t *key,
    uint32_t tid)
{
	uint32_t v = __atomic_load_n(addr, __ATOMIC_RELAXED), new;
	int busy;

	do {
		if ((v & FUTEX_TID_MASK) == tid)
			return EDEADLK;
		busy = (v & FUTEX_TID_MASK) != 0;
		new = busy ? v | FUTEX_WAITERS :
		    tid | (v & FUTEX_OWNER_DIED) |
		    (pi_first(fb, key) != NULL ? FUTEX_WAITERS : 0);
	} while (!__atomic_compare_exchange_n(addr, &v, new, 0,
	    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return busy ? EBUSY : 0;
}

/* One sleep.  0: look again, or, *ownedp, it was handed to us. */
static int
pi_sleep(struct futex_bucket **fbp, uint32_t *key, uint32_t tid,
    int64_t deadline, int *ownedp)
{
	struct futex_waiter fw = { .fw_addr = key, .fw_bits = ~0U,
	    .fw_tid = tid };
	int error = 0;

	rump_futex_insert(*fbp, &fw);
	while (!fw.fw_woken && error == 0) {
		error = rump_cv_timedwait_sig(&fw.fw_cv, &(*fbp)->fb_lock,
		    deadline);
		rump_mutex_exit(&(*fbp)->fb_lock);
		*fbp = rump_futex_lockwaiter(&fw);
	}
	if (!fw.fw_woken)
		rump_futex_remove(*fbp, &fw);
	*ownedp = fw.fw_woken == FUTEX_OWNED;
	return fw.fw_woken ? 0 : error;
}

/* The lwp that the word names; one that is gone cannot unlock it. */
static int
pi_owner(const uint32_t *addr)
{
	uint32_t v = __atomic_load_n(addr, __ATOMIC_RELAXED);
	int tid = (int)(v & FUTEX_TID_MASK);

	return tid == 0 || rump_lwp_exists(tid) ||
	    __atomic_load_n(addr, __ATOMIC_RELAXED) != v ? 0 : ESRCH;
}

static int
pi_lock(uint32_t *addr, uint32_t *key, const void *ts, int try)
{
	struct futex_bucket *fb = rump_futex_bucket(key);
	uint32_t tid = (uint32_t)curlwp->l_tid;
	int64_t deadline;
	int error, owned = 0;

	if ((error = rump_ts_deadline(ts, TS_WALL, &deadline)) != 0 ||
	    (error = pi_owner(addr)) != 0)
		return error;
	rump_mutex_enter(&fb->fb_lock);
	while ((error = pi_take(fb, addr, key, tid)) == EBUSY) {
		if (try) {
			error = EAGAIN;
			break;
		}
		error = pi_sleep(&fb, key, tid, deadline, &owned);
		if (error || owned)
			break;
	}
	rump_mutex_exit(&fb->fb_lock);
	return error;
}

static int
pi_unlock(uint32_t *addr, const uint32_t *key)
{
	struct futex_bucket *fb = rump_futex_bucket(key);
	struct futex_waiter *fw;
	uint32_t new = 0;
	int error = 0;

	rump_mutex_enter(&fb->fb_lock);
	if ((__atomic_load_n(addr, __ATOMIC_RELAXED) & FUTEX_TID_MASK) !=
	    (uint32_t)curlwp->l_tid) {
		error = EPERM;
	} else {
		if ((fw = pi_first(fb, key)) != NULL) {
			rump_futex_remove(fb, fw);
			new = fw->fw_tid | (pi_first(fb, key) != NULL ?
			    FUTEX_WAITERS : 0);
		}
		__atomic_store_n(addr, new, __ATOMIC_SEQ_CST);
		if (fw != NULL) {
			fw->fw_woken = FUTEX_OWNED;
			rump_cv_signal(&fw->fw_cv);
		}
	}
	rump_mutex_exit(&fb->fb_lock);
	return error;
}

long
rump_futex_pi(uint32_t *addr, int op, const void *ts)
{
	uint32_t *key = rump_futex_key(addr, op);
	int cmd = op & FUTEX_CMD_MASK;

	if (rump_writable(addr, sizeof(*addr)) != 0)
		return -EFAULT;
	if (cmd == FUTEX_UNLOCK_PI)
		return -pi_unlock(addr, key);
	return -pi_lock(addr, key, ts, cmd == FUTEX_TRYLOCK_PI);
}
