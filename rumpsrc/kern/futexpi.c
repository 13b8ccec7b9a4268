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

/*
 * One sleep of fw, which the bucket's lock guards.  0: woken; FUTEX_OWNED in
 * fw_woken: it was handed to us.
 */
static int
pi_sleep(struct futex_bucket **fbp, struct futex_waiter *fw, int64_t deadline)
{
	int error = 0;

	rump_futex_insert(*fbp, fw);
	while (!fw->fw_woken && error == 0) {
		error = rump_cv_timedwait_sig(&fw->fw_cv, &(*fbp)->fb_lock,
		    deadline);
		rump_mutex_exit(&(*fbp)->fb_lock);
		*fbp = rump_futex_lockwaiter(fw);
	}
	if (!fw->fw_woken)
		rump_futex_remove(*fbp, fw);
	return fw->fw_woken ? 0 : error;
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
pi_lock(uint32_t *addr, uint32_t *key, int64_t deadline, int try)
{
	struct futex_bucket *fb = rump_futex_bucket(key);
	struct futex_waiter fw = { .fw_addr = key, .fw_bits = ~0U,
	    .fw_tid = (uint32_t)curlwp->l_tid };
	int error;

	if ((error = pi_owner(addr)) != 0)
		return error;
	rump_mutex_enter(&fb->fb_lock);
	while ((error = pi_take(fb, addr, key, fw.fw_tid)) == EBUSY) {
		if (try) {
			error = EAGAIN;
			break;
		}
		fw.fw_woken = 0;
		error = pi_sleep(&fb, &fw, deadline);
		if (error || fw.fw_woken == FUTEX_OWNED)
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

/* Until pi_requeue() moves us to key2's futex, and until that is ours. */
static int
pi_wait(uint32_t *addr, uint32_t *key, uint32_t val, int64_t deadline,
    uint32_t *key2)
{
	struct futex_bucket *fb = rump_futex_bucket(key);
	struct futex_waiter fw = { .fw_addr = key, .fw_pikey = key2,
	    .fw_tid = (uint32_t)curlwp->l_tid };
	uint32_t now;
	int error;

	if (key == key2)
		return EINVAL;
	rump_mutex_enter(&fb->fb_lock);
	if ((error = rump_copyin(addr, &now, sizeof(now))) == 0)
		error = now != val ? EAGAIN : pi_sleep(&fb, &fw, deadline);
	/* The first wait cannot be made again. */
	if (error == EINTR && fw.fw_addr == key2)
		error = EAGAIN;
	rump_mutex_exit(&fb->fb_lock);
	return error;
}

/*
 * Those that wait for key and will own addr2: the first gets it when it is
 * free, nmove more wait for it.  How many, or a negative errno.
 */
static long
pi_requeue(uint32_t *addr, uint32_t *key, uint32_t val, uint32_t *addr2,
    uint32_t *key2, int nmove)
{
	struct futex_bucket *fb = rump_futex_bucket(key);
	struct futex_bucket *fb2 = rump_futex_bucket(key2);
	struct futex_waiter *fw, *next;
	long done = 0;
	uint32_t now;
	int error;

	rump_futex_lock2(fb, fb2);
	if ((error = rump_copyin(addr, &now, sizeof(now))) == 0 && now != val)
		error = EAGAIN;
	for (fw = fb->fb_head; fw != NULL && error == 0 && done <= nmove;
	    fw = next) {
		next = fw->fw_next;
		if (fw->fw_addr != key)
			continue;
		error = fw->fw_pikey != key2 ? EINVAL :
		    pi_take(fb2, addr2, key2, fw->fw_tid);
		if (error != 0 && error != EBUSY)
			break;
		rump_futex_remove(fb, fw);
		if (error == 0) {
			fw->fw_woken = FUTEX_OWNED;
			rump_cv_signal(&fw->fw_cv);
		} else {
			fw->fw_addr = key2;
			rump_futex_insert(fb2, fw);
		}
		error = 0;
		done++;
	}
	rump_futex_unlock2(fb, fb2);
	return done != 0 ? done : -error;
}

static int
pi_moves(uint32_t *addr, int op, uint32_t val, const void *ts, uint32_t *addr2,
    uint32_t val3, long *rp)
{
	uint32_t *key = rump_futex_key(addr, op);
	uint32_t *key2 = rump_futex_key(addr2, op);
	int64_t deadline;
	int error, nmove = (int)(uintptr_t)ts;

	if ((op & FUTEX_CMD_MASK) == FUTEX_CMP_REQUEUE_PI && (val != 1 ||
	    nmove < 0 || key == key2))
		return EINVAL;
	if ((error = -rump_futex_check(addr2)) != 0)
		return error;
	if (rump_writable(addr2, sizeof(*addr2)) != 0)
		return EFAULT;
	if ((op & FUTEX_CMD_MASK) == FUTEX_CMP_REQUEUE_PI) {
		*rp = pi_requeue(addr, key, val3, addr2, key2, nmove);
		return 0;
	}
	error = rump_ts_deadline(ts, op & FUTEX_CLOCK_REALTIME ? TS_WALL :
	    TS_MONOTONIC, &deadline);
	return error ? error : pi_wait(addr, key, val, deadline, key2);
}

static int
pi_plain(uint32_t *addr, int op, const void *ts)
{
	uint32_t *key = rump_futex_key(addr, op);
	int cmd = op & FUTEX_CMD_MASK, error;
	enum ts_kind kind = cmd == FUTEX_LOCK_PI2 &&
	    (op & FUTEX_CLOCK_REALTIME) == 0 ? TS_MONOTONIC : TS_WALL;
	int64_t deadline = INT64_MAX;

	if (rump_writable(addr, sizeof(*addr)) != 0)
		return EFAULT;
	if (cmd == FUTEX_UNLOCK_PI)
		return pi_unlock(addr, key);
	if (cmd != FUTEX_TRYLOCK_PI &&
	    (error = rump_ts_deadline(ts, kind, &deadline)) != 0)
		return error;
	return pi_lock(addr, key, deadline, cmd == FUTEX_TRYLOCK_PI);
}

long
rump_futex_pi(uint32_t *addr, int op, uint32_t val, const void *ts,
    uint32_t *addr2, uint32_t val3)
{
	const long again[] = { (long)RUMP_HOOK(rump_futex_gate), (long)addr,
	    op, val, (long)ts, (long)addr2, val3 };
	int cmd = op & FUTEX_CMD_MASK, error;
	long r = 0;

	error = cmd == FUTEX_WAIT_REQUEUE_PI || cmd == FUTEX_CMP_REQUEUE_PI ?
	    pi_moves(addr, op, val, ts, addr2, val3, &r) :
	    pi_plain(addr, op, ts);

	/* Times are absolute: the call can be made again. */
	if (error == EINTR && RUMP_HOOK(rump_intr_hook) != NULL)
		RUMP_HOOK(rump_intr_hook)(curlwp, again, (int)sizeof(again) +
		    RUMP_AGAIN_SYS);
	return error ? -error : r;
}
