/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * futex(2): waiters hashed by address.  One address space, so private and
 * shared futexes are the same.  Each bucket has a lock; two are taken in
 * address order (requeue).  PI futexes are not there.
 */
#include <asm/errno.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <kern/clock.h>
#include <kern/futex.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/syscall.h>

#define FUTEX_NBUCKETS	64
#define FUTEX_MAXROBUST	2048	/* a hostile list may be a ring */

/* On the waiter's stack; [b] the lock of the bucket fw_bucket. */
struct futex_waiter {
	struct futex_waiter *fw_next, **fw_prevp;	/* [b] */
	struct futex_bucket *fw_bucket;	/* [b] changed by requeue */
	uint32_t	*fw_addr;	/* [b] */
	uint32_t	 fw_bits;	/* constant */
	int		 fw_woken;	/* [b] */
	struct rump_cv	 fw_cv;
};

struct futex_bucket {
	struct rump_mutex fb_lock;
	struct futex_waiter *fb_head, **fb_tailp;	/* [fb_lock] */
};

static struct futex_bucket futex_table[FUTEX_NBUCKETS];

static struct futex_bucket *
futex_bucket(const uint32_t *addr)
{
	uintptr_t h = (uintptr_t)addr >> 2;

	h ^= h >> 6 ^ h >> 14;
	return &futex_table[h % FUTEX_NBUCKETS];
}

static void
futex_insert(struct futex_bucket *fb, struct futex_waiter *fw)
{

	if (fb->fb_head == NULL)
		fb->fb_tailp = &fb->fb_head;
	fw->fw_next = NULL;
	fw->fw_prevp = fb->fb_tailp;
	fw->fw_bucket = fb;
	*fb->fb_tailp = fw;
	fb->fb_tailp = &fw->fw_next;
}

static void
futex_remove(struct futex_bucket *fb, struct futex_waiter *fw)
{

	*fw->fw_prevp = fw->fw_next;
	if (fw->fw_next != NULL)
		fw->fw_next->fw_prevp = fw->fw_prevp;
	else
		fb->fb_tailp = fw->fw_prevp;
}

/* The bucket may change under us while it is not locked: requeue. */
static struct futex_bucket *
futex_lock_waiter(struct futex_waiter *fw)
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
	struct futex_bucket *fb = futex_bucket(addr);
	struct futex_waiter fw = { .fw_addr = addr, .fw_bits = bits };
	int error = 0;

	rump_mutex_enter(&fb->fb_lock);
	if (__atomic_load_n(addr, __ATOMIC_SEQ_CST) != val) {
		rump_mutex_exit(&fb->fb_lock);
		return -EAGAIN;
	}
	futex_insert(fb, &fw);
	while (!fw.fw_woken && error == 0) {
		error = rump_cv_timedwait_sig(&fw.fw_cv, &fb->fb_lock,
		    deadline);
		rump_mutex_exit(&fb->fb_lock);
		fb = futex_lock_waiter(&fw);
	}
	if (fw.fw_woken)
		error = 0;
	else
		futex_remove(fb, &fw);
	rump_mutex_exit(&fb->fb_lock);
	return -error;
}

/* Caller holds the bucket's lock. */
static int
futex_wake_locked(struct futex_bucket *fb, uint32_t *addr, uint32_t bits,
    int n)
{
	struct futex_waiter *fw, *next;
	int woken = 0;

	for (fw = fb->fb_head; fw != NULL && woken < n; fw = next) {
		next = fw->fw_next;
		if (fw->fw_addr != addr || (fw->fw_bits & bits) == 0)
			continue;
		futex_remove(fb, fw);
		fw->fw_woken = 1;
		rump_cv_signal(&fw->fw_cv);
		woken++;
	}
	return woken;
}

static int
futex_wake(uint32_t *addr, uint32_t bits, int n)
{
	struct futex_bucket *fb = futex_bucket(addr);
	int woken;

	rump_mutex_enter(&fb->fb_lock);
	woken = futex_wake_locked(fb, addr, bits, n);
	rump_mutex_exit(&fb->fb_lock);
	return woken;
}

int
rump_futex_wake(int *uaddr, int n)
{

	return futex_wake((uint32_t *)uaddr, ~0U, n);
}

static void
futex_lock2(struct futex_bucket *a, struct futex_bucket *b)
{

	rump_mutex_enter(a < b ? &a->fb_lock : &b->fb_lock);
	if (a != b)
		rump_mutex_enter(a < b ? &b->fb_lock : &a->fb_lock);
}

static void
futex_unlock2(struct futex_bucket *a, struct futex_bucket *b)
{

	rump_mutex_exit(&a->fb_lock);
	if (a != b)
		rump_mutex_exit(&b->fb_lock);
}

static long
futex_requeue(uint32_t *addr, int nwake, uint32_t *addr2, int nmove,
    const uint32_t *cmp)
{
	struct futex_bucket *fb = futex_bucket(addr), *fb2;
	struct futex_waiter *fw, *next;
	int done, moved = 0;

	if (nwake < 0 || nmove < 0)
		return -EINVAL;
	fb2 = futex_bucket(addr2);
	futex_lock2(fb, fb2);
	if (cmp != NULL && __atomic_load_n(addr, __ATOMIC_SEQ_CST) != *cmp) {
		futex_unlock2(fb, fb2);
		return -EAGAIN;
	}
	done = futex_wake_locked(fb, addr, ~0U, nwake);
	for (fw = fb->fb_head; fw != NULL && moved < nmove; fw = next) {
		next = fw->fw_next;
		if (fw->fw_addr != addr)
			continue;
		moved++;
		if (addr == addr2)
			continue;
		futex_remove(fb, fw);
		fw->fw_addr = addr2;
		futex_insert(fb2, fw);
	}
	futex_unlock2(fb, fb2);
	return done + moved;
}

static uint32_t
futex_op_arg(uint32_t op)
{
	uint32_t arg = (uint32_t)((int32_t)(op << 8) >> 20);	/* signed */

	return op >> 28 & FUTEX_OP_OPARG_SHIFT ? 1U << (arg & 31) : arg;
}

/* Applies op to *addr; true when the old value satisfies its comparison. */
static int
futex_op(uint32_t *addr, uint32_t op)
{
	uint32_t arg = futex_op_arg(op), old;
	int32_t cmp = (int32_t)(op << 20) >> 20, v;

	switch (op >> 28 & 7) {
	case FUTEX_OP_SET:
		old = __atomic_exchange_n(addr, arg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_ADD:
		old = __atomic_fetch_add(addr, arg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_OR:
		old = __atomic_fetch_or(addr, arg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_ANDN:
		old = __atomic_fetch_and(addr, ~arg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_XOR:
		old = __atomic_fetch_xor(addr, arg, __ATOMIC_SEQ_CST);
		break;
	default:
		return -ENOSYS;
	}
	v = (int32_t)old;
	switch (op >> 24 & 15) {
	case FUTEX_OP_CMP_EQ: return v == cmp;
	case FUTEX_OP_CMP_NE: return v != cmp;
	case FUTEX_OP_CMP_LT: return v < cmp;
	case FUTEX_OP_CMP_LE: return v <= cmp;
	case FUTEX_OP_CMP_GT: return v > cmp;
	case FUTEX_OP_CMP_GE: return v >= cmp;
	default: return -ENOSYS;
	}
}

static long
futex_wake_op(uint32_t *addr, int nwake, uint32_t *addr2, int nwake2,
    uint32_t op)
{
	struct futex_bucket *fb = futex_bucket(addr);
	struct futex_bucket *fb2 = futex_bucket(addr2);
	long r;
	int hit;

	futex_lock2(fb, fb2);
	if ((r = hit = futex_op(addr2, op)) >= 0) {
		r = futex_wake_locked(fb, addr, ~0U, nwake);
		if (hit)
			r += futex_wake_locked(fb2, addr2, ~0U, nwake2);
	}
	futex_unlock2(fb, fb2);
	return r;
}

/* Relative for FUTEX_WAIT, absolute for WAIT_BITSET (two clocks). */
static int
futex_deadline(const struct __kernel_timespec *ts, int cmd, int realtime,
    int64_t *dl)
{
	int64_t t;

	*dl = INT64_MAX;
	if (ts == NULL)
		return 0;
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
		return EINVAL;
	if (ts->tv_sec > INT64_MAX / NSEC_PER_SEC / 2)
		return 0;
	t = ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
	if (cmd == FUTEX_WAIT)
		t += rump_monotonic();
	else if (realtime)
		t += rump_monotonic() - rump_walltime();
	*dl = t;
	return 0;
}

static int
futex_check(const uint32_t *addr)
{

	if (addr == NULL)
		return -EFAULT;
	return (uintptr_t)addr & 3 ? -EINVAL : 0;
}

RUMP_SYSCALL6(futex, uint32_t *, addr, int, op, uint32_t, val,
    const void *, ts, uint32_t *, addr2, uint32_t, val3)
{
	int cmd = op & FUTEX_CMD_MASK, error;
	uint32_t val2 = (uint32_t)(uintptr_t)ts;
	int64_t deadline;

	if ((error = futex_check(addr)) != 0 || ((cmd == FUTEX_REQUEUE ||
	    cmd == FUTEX_CMP_REQUEUE || cmd == FUTEX_WAKE_OP) &&
	    (error = futex_check(addr2)) != 0))
		return error;
	switch (cmd) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		error = futex_deadline(ts, cmd, op & FUTEX_CLOCK_REALTIME,
		    &deadline);
		if (cmd == FUTEX_WAIT)
			val3 = ~0U;
		if (error || val3 == 0)
			return -EINVAL;
		return futex_wait(addr, val, val3, deadline);
	case FUTEX_WAKE:
		return futex_wake(addr, ~0U, (int)val);
	case FUTEX_WAKE_BITSET:
		return val3 == 0 ? -EINVAL : futex_wake(addr, val3, (int)val);
	case FUTEX_REQUEUE:
		return futex_requeue(addr, (int)val, addr2, (int)val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(addr, (int)val, addr2, (int)val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(addr, (int)val, addr2, (int)val2, val3);
	default:
		return rump_enosys("futex (operation not supported)", 202);
	}
}

RUMP_SYSCALL2(set_robust_list, void *, head, size_t, len)
{

	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	curlwp->l_robust = head;
	return 0;
}

static void
futex_robust_one(uint32_t *word, uint32_t tid)
{
	uint32_t v = __atomic_load_n(word, __ATOMIC_RELAXED);

	while ((v & FUTEX_TID_MASK) == tid) {
		if (!__atomic_compare_exchange_n(word, &v,
		    (v & FUTEX_WAITERS) | FUTEX_OWNER_DIED, 0,
		    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			continue;
		if (v & FUTEX_WAITERS)
			futex_wake(word, ~0U, 1);
		return;
	}
}

void
rump_futex_robust(struct lwp *l)
{
	struct robust_list_head *head = l->l_robust;
	struct robust_list *e, *next, *pend = head->list_op_pending;
	int n;

	for (e = head->list.next, n = 0; e != &head->list && e != NULL &&
	    n < FUTEX_MAXROBUST; e = next, n++) {
		next = e->next;
		if (e != pend)
			futex_robust_one((uint32_t *)((char *)e +
			    head->futex_offset), (uint32_t)l->l_tid);
	}
	if (pend != NULL)
		futex_robust_one((uint32_t *)((char *)pend +
		    head->futex_offset), (uint32_t)l->l_tid);
}
