/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * futex(2), the operations that only threads need: moving waiters, waking two
 * addresses, robust lists.  Their code comes with clone and with
 * syscall(SYS_futex).
 */
#include <asm/errno.h>
#include <linux/futex.h>
#include <kern/futex.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "futex_priv.h"

#define FUTEX_MAXROBUST	2048	/* a hostile list may be a ring */

uint32_t *(*rump_futex_keyhook)(uint32_t *);

/* What two mappings of a word have in common; private: the address. */
uint32_t *
rump_futex_key(uint32_t *addr, int op)
{
	uint32_t *(*key)(uint32_t *) = RUMP_HOOK(rump_futex_keyhook);

	return key == NULL || (op & FUTEX_PRIVATE_FLAG) ? addr : key(addr);
}

void
rump_futex_lock2(struct futex_bucket *a, struct futex_bucket *b)
{

	rump_mutex_enter(a < b ? &a->fb_lock : &b->fb_lock);
	if (a != b)
		rump_mutex_enter(a < b ? &b->fb_lock : &a->fb_lock);
}

void
rump_futex_unlock2(struct futex_bucket *a, struct futex_bucket *b)
{

	rump_mutex_exit(&a->fb_lock);
	if (a != b)
		rump_mutex_exit(&b->fb_lock);
}

static long
futex_requeue(uint32_t *addr, int op, int nwake, uint32_t *addr2, int nmove,
    const uint32_t *cmp)
{
	uint32_t *key = rump_futex_key(addr, op);
	uint32_t *key2 = rump_futex_key(addr2, op);
	struct futex_bucket *fb = rump_futex_bucket(key), *fb2;
	struct futex_waiter *fw, *next;
	int done, moved = 0, error = 0;
	uint32_t now;

	if (nwake < 0 || nmove < 0)
		return -EINVAL;
	fb2 = rump_futex_bucket(key2);
	rump_futex_lock2(fb, fb2);
	if (cmp != NULL && ((error = rump_copyin(addr, &now, sizeof(now))) !=
	    0 || now != *cmp)) {
		rump_futex_unlock2(fb, fb2);
		return error ? -error : -EAGAIN;
	}
	done = rump_futex_wake_locked(fb, key, ~0U, nwake);
	for (fw = fb->fb_head; fw != NULL && moved < nmove; fw = next) {
		next = fw->fw_next;
		if (fw->fw_addr != key || fw->fw_bits == 0)
			continue;
		moved++;
		if (key == key2)
			continue;
		rump_futex_remove(fb, fw);
		fw->fw_addr = key2;
		rump_futex_insert(fb2, fw);
	}
	rump_futex_unlock2(fb, fb2);
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
	uint32_t arg = futex_op_arg(op), old, new;
	int32_t cmp = (int32_t)(op << 20) >> 20, v;

	old = __atomic_load_n(addr, __ATOMIC_RELAXED);
	do {
		new = arg;
		switch (op >> 28 & 7) {
		case FUTEX_OP_SET:
			break;
		case FUTEX_OP_ADD:
			new += old;
			break;
		case FUTEX_OP_OR:
			new |= old;
			break;
		case FUTEX_OP_ANDN:
			new = old & ~arg;
			break;
		case FUTEX_OP_XOR:
			new ^= old;
			break;
		default:
			return -ENOSYS;
		}
	} while (!__atomic_compare_exchange_n(addr, &old, new, 0,
	    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
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
futex_wake_op(uint32_t *key, int nwake, uint32_t *addr2, uint32_t *key2,
    int nwake2, uint32_t op)
{
	struct futex_bucket *fb = rump_futex_bucket(key);
	struct futex_bucket *fb2 = rump_futex_bucket(key2);
	long r;
	int hit;

	rump_futex_lock2(fb, fb2);
	if ((r = hit = futex_op(addr2, op)) >= 0) {
		r = rump_futex_wake_locked(fb, key, ~0U, nwake);
		if (hit)
			r += rump_futex_wake_locked(fb2, key2, ~0U, nwake2);
	}
	rump_futex_unlock2(fb, fb2);
	return r;
}

static long
futex_more(uint32_t *addr, int op, uint32_t val, const void *ts,
    uint32_t *addr2, uint32_t val3)
{
	uint32_t val2 = (uint32_t)(uintptr_t)ts;
	int error, cmd = op & FUTEX_CMD_MASK;

	if (op & FUTEX_CLOCK_REALTIME && cmd != FUTEX_WAIT_REQUEUE_PI &&
	    cmd != FUTEX_LOCK_PI2)
		return -ENOSYS;
	if (cmd == FUTEX_LOCK_PI || cmd == FUTEX_LOCK_PI2 ||
	    cmd == FUTEX_TRYLOCK_PI || cmd == FUTEX_UNLOCK_PI ||
	    cmd == FUTEX_WAIT_REQUEUE_PI || cmd == FUTEX_CMP_REQUEUE_PI)
		return rump_futex_pi(addr, op, val, ts, addr2, val3);
	if (cmd != FUTEX_REQUEUE && cmd != FUTEX_CMP_REQUEUE &&
	    cmd != FUTEX_WAKE_OP)
		return rump_enosys("futex (operation not supported)", 202);
	if ((error = rump_futex_check(addr2)) != 0)
		return error;
	if (cmd == FUTEX_WAKE_OP && rump_writable(addr2, sizeof(*addr2)) != 0)
		return -EFAULT;
	if (cmd == FUTEX_WAKE_OP)
		return futex_wake_op(rump_futex_key(addr, op), (int)val, addr2,
		    rump_futex_key(addr2, op), (int)val2, val3);
	return futex_requeue(addr, op, (int)val, addr2, (int)val2,
	    cmd == FUTEX_REQUEUE ? NULL : &val3);
}

void
rump_futex_threads(void)
{

	__atomic_store_n(&rump_futex_more, futex_more, __ATOMIC_RELAXED);
}

/* The gate for syscall(SYS_futex). */
long
rump_futex_any(uint32_t *addr, int op, uint32_t val, const void *ts,
    uint32_t *addr2, uint32_t val3)
{

	rump_futex_threads();
	return rump_sysimpl_futex(addr, op, val, ts, addr2, val3);
}

static void
futex_robust_one(const void *entry, long offset, uint32_t tid)
{
	uint32_t *word = (uint32_t *)((uintptr_t)entry + (uintptr_t)offset), v;

	if ((uintptr_t)word % sizeof(*word) != 0 ||
	    rump_writable(word, sizeof(*word)) != 0)
		return;
	v = __atomic_load_n(word, __ATOMIC_RELAXED);
	while ((v & FUTEX_TID_MASK) == tid) {
		if (!__atomic_compare_exchange_n(word, &v,
		    (v & FUTEX_WAITERS) | FUTEX_OWNER_DIED, 0,
		    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			continue;
		if (v & FUTEX_WAITERS)
			rump_futex_wake((int *)rump_futex_key(word, 0), 1);
		return;
	}
}

static void (*futex_lwpexit_next)(struct lwp *);
void (*rump_futex_robust_hook)(struct lwp *);

/* What the lwp still holds is marked, and somebody woken. */
static void
futex_robust(struct lwp *l)
{
	struct robust_list_head head;
	struct robust_list *first = l->l_robust, *e, *next;
	uint32_t tid = (uint32_t)l->l_tid;
	int n;

	if (first == NULL || rump_copyin(first, &head, sizeof(head)) != 0)
		return;
	for (e = head.list.next, n = 0; e != first && n < FUTEX_MAXROBUST;
	    e = next, n++) {
		if (rump_copyin(&e->next, &next, sizeof(next)) != 0)
			break;
		if (e != head.list_op_pending)
			futex_robust_one(e, head.futex_offset, tid);
	}
	if (head.list_op_pending != NULL)
		futex_robust_one(head.list_op_pending, head.futex_offset, tid);
}

/* Of any lwp that the caller could send signals to. */
RUMP_SYSCALL3(get_robust_list, int, tid, void *, headp, size_t *, lenp)
{
	const size_t len = sizeof(struct robust_list_head);
	void *head = gatelwp->l_robust;
	struct proc *p;
	struct lwp *l;
	int error = ESRCH, other = rump_capable(CAP_SYS_PTRACE);

	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL && tid != 0; p = p->p_next) {
		rump_mutex_enter(&p->p_lock);
		for (l = p->p_lwps; l != NULL; l = l->l_sibling) {
			if (l->l_tid != tid)
				continue;
			head = l->l_robust;
			error = p == curproc ? 0 : other;
		}
		rump_mutex_exit(&p->p_lock);
	}
	rump_mutex_exit(&rump_proc_lock);
	if (tid != 0 && error)
		return -error;
	error = rump_copyout(&len, lenp, sizeof(len));
	return error ? -error : -rump_copyout(&head, headp, sizeof(head));
}

static void
futex_lwpexit(struct lwp *l)
{

	if (futex_lwpexit_next != NULL)
		futex_lwpexit_next(l);
	futex_robust(l);
}

static struct rump_mutex futex_hooklock;

RUMP_SYSCALL2(set_robust_list, void *, head, size_t, len)
{
	static int hooked;		/* [futex_hooklock] */

	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	rump_mutex_enter(&futex_hooklock);
	if (!hooked) {
		futex_lwpexit_next = RUMP_HOOK(rump_lwpexit_hook);
		while (!__atomic_compare_exchange_n(&rump_lwpexit_hook,
		    &futex_lwpexit_next, futex_lwpexit, 0, __ATOMIC_ACQ_REL,
		    __ATOMIC_ACQUIRE))
			continue;
		RUMP_HOOK_SET(rump_futex_robust_hook, futex_robust);
		hooked = 1;
	}
	rump_mutex_exit(&futex_hooklock);
	gatelwp->l_robust = head;
	return 0;
}
