/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * futex(2): waiters hashed by address.  One address space, so private and
 * shared futexes are the same.  Each bucket has a lock; two are taken in
 * address order (requeue).  More operations: futexmore.c, futexpi.c.
 */
#include <asm/errno.h>
#include <linux/futex.h>
#include <kern/clock.h>
#include <kern/futex.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "futex_priv.h"

#define FUTEX_NBUCKETS	64

static struct futex_bucket futex_table[FUTEX_NBUCKETS];

struct futex_bucket *
rump_futex_bucket(const uint32_t *addr)
{
	uintptr_t h = (uintptr_t)addr >> 2;

	h ^= h >> 6 ^ h >> 14;
	return &futex_table[h % FUTEX_NBUCKETS];
}

void
rump_futex_insert(struct futex_bucket *fb, struct futex_waiter *fw)
{

	if (fb->fb_head == NULL)
		fb->fb_tailp = &fb->fb_head;
	fw->fw_next = NULL;
	fw->fw_prevp = fb->fb_tailp;
	fw->fw_bucket = fb;
	*fb->fb_tailp = fw;
	fb->fb_tailp = &fw->fw_next;
}

void
rump_futex_remove(struct futex_bucket *fb, struct futex_waiter *fw)
{

	*fw->fw_prevp = fw->fw_next;
	if (fw->fw_next != NULL)
		fw->fw_next->fw_prevp = fw->fw_prevp;
	else
		fb->fb_tailp = fw->fw_prevp;
}

/* The bucket may change under us while it is not locked: requeue. */
struct futex_bucket *
rump_futex_lockwaiter(struct futex_waiter *fw)
{
	struct futex_bucket *fb;

	for (;;) {
		fb = __atomic_load_n(&fw->fw_bucket, __ATOMIC_ACQUIRE);
		rump_mutex_enter(&fb->fb_lock);
		if (fb == fw->fw_bucket)
			return fb;
		rump_mutex_exit(&fb->fb_lock);
	}
}

static long
futex_wait(uint32_t *addr, uint32_t val, uint32_t bits, int64_t deadline)
{
	struct futex_bucket *fb = rump_futex_bucket(addr);
	struct futex_waiter fw = { .fw_addr = addr, .fw_bits = bits };
	uint32_t now;
	int error;

	rump_mutex_enter(&fb->fb_lock);
	if ((error = rump_copyin(addr, &now, sizeof(now))) == 0 && now != val)
		error = EAGAIN;
	if (error)
		goto out;
	rump_futex_insert(fb, &fw);
	while (!fw.fw_woken && error == 0) {
		error = rump_cv_timedwait_sig(&fw.fw_cv, &fb->fb_lock,
		    deadline);
		rump_mutex_exit(&fb->fb_lock);
		fb = rump_futex_lockwaiter(&fw);
	}
	if (fw.fw_woken)
		error = 0;
	else
		rump_futex_remove(fb, &fw);
out:
	rump_mutex_exit(&fb->fb_lock);
	return -error;
}

/*
 * A gate: waits, and after a signal again until the same time.  Linux makes
 * only the call without a time-out again after a handler.
 */
static long
futex_wait_until(uint32_t *addr, uint32_t val, uint32_t bits, int64_t deadline)
{
	struct lwp *l = rump_gate_enter();
	const long call[] = { (long)futex_wait_until, (long)addr, val, bits,
	    deadline };

	return rump_gate_exit_intr(l, futex_wait(addr, val, bits, deadline),
	    call, (int)sizeof(call) + (deadline == INT64_MAX ?
	    RUMP_AGAIN_SYS : RUMP_AGAIN_NOHAND));
}

/* Caller holds the bucket's lock. */
int
rump_futex_wake_locked(struct futex_bucket *fb, uint32_t *key, uint32_t bits,
    int n)
{
	struct futex_waiter *fw, *next;
	int woken = 0;

	for (fw = fb->fb_head; fw != NULL && woken < n; fw = next) {
		next = fw->fw_next;
		if (fw->fw_addr != key || (fw->fw_bits & bits) == 0)
			continue;
		rump_futex_remove(fb, fw);
		fw->fw_woken = 1;
		rump_cv_signal(&fw->fw_cv);
		woken++;
	}
	return woken;
}

static int
futex_wake(uint32_t *key, uint32_t bits, int n)
{
	struct futex_bucket *fb = rump_futex_bucket(key);
	int woken;

	rump_mutex_enter(&fb->fb_lock);
	woken = rump_futex_wake_locked(fb, key, bits, n);
	rump_mutex_exit(&fb->fb_lock);
	return woken;
}

int
rump_futex_wake(int *uaddr, int n)
{

	return futex_wake((uint32_t *)uaddr, ~0U, n);
}

/* The rest: futexmore.c, in images with threads; NULL: not there. */
long (*rump_futex_more)(uint32_t *, int, uint32_t, const void *, uint32_t *,
    uint32_t);

static long
futex_other(uint32_t *addr, int op, uint32_t val, const void *ts,
    uint32_t *addr2, uint32_t val3)
{
	int cmd = op & FUTEX_CMD_MASK;
	long (*more)(uint32_t *, int, uint32_t, const void *, uint32_t *,
	    uint32_t);

	if (cmd == FUTEX_WAKE)
		val3 = ~0U;
	if (cmd == FUTEX_WAKE || cmd == FUTEX_WAKE_BITSET)
		return val3 == 0 ? -EINVAL : futex_wake(addr, val3, (int)val);
	more = __atomic_load_n(&rump_futex_more, __ATOMIC_RELAXED);
	if (more != NULL)
		return more(addr, op, val, ts, addr2, val3);
	return rump_enosys("futex (needs threads)", 202);
}

long
rump_futex_call(uint32_t *addr, int op, uint32_t val, const void *ts,
    uint32_t *addr2, uint32_t val3)
{
	int cmd = op & FUTEX_CMD_MASK, error;
	enum ts_kind kind;
	int64_t deadline;
	struct lwp *l;
	long r;

	if ((error = rump_futex_check(addr)) != 0)
		return error;
	if (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET) {
		/* Relative, or absolute on one of two clocks. */
		kind = op & FUTEX_CLOCK_REALTIME ? TS_WALL : TS_MONOTONIC;
		if (cmd == FUTEX_WAIT) {
			kind = TS_RELATIVE;
			val3 = ~0U;
		}
		error = rump_ts_deadline(ts, kind, &deadline);
		if (error || val3 == 0)
			return error ? -error : -EINVAL;
		return futex_wait_until(addr, val, val3, deadline);
	}
	l = rump_gate_enter();
	r = futex_other(addr, op, val, ts, addr2, val3);
	rump_gate_exit(l);
	return r;
}

/* Who maps files that others may map has it look at shared words first. */
long (*rump_futex_gate)(uint32_t *, int, uint32_t, const void *, uint32_t *,
    uint32_t) = rump_futex_call;

long
rump_sysimpl_futex(uint32_t *addr, int op, uint32_t val, const void *ts,
    uint32_t *addr2, uint32_t val3)
{

	return RUMP_HOOK(rump_futex_gate)(addr, op, val, ts, addr2, val3);
}
