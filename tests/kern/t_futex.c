/* SPDX-License-Identifier: BSD-2-Clause */
/* futex(2): wait, wake, bitsets, requeue, wake_op, time-outs, robust lists. */
#include "kerntest.h"
#include <linux/futex.h>
#include <kern/futex.h>
#include <kern/proc.h>

#define NWAIT	4
#define ROUNDS	2000
#define SOON	10		/* ms */
#define LONG	60000		/* ms: a waiter that nobody wakes fails */

/* Bitset waits take absolute times on the monotonic clock of the guest. */
static struct timespec
deadline(int clk, int ms)
{
	struct timespec ts = { 0, 0 };

	rump_sys_clock_gettime(clk, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000L;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	return ts;
}

static int
wake(uint32_t *addr, int n)
{

	return (int)rump_sys_futex(addr, FUTEX_WAKE, (uint32_t)n, NULL, NULL,
	    0);
}

struct waiter {
	struct thread	 w_th;
	uint32_t	*w_addr;
	uint32_t	 w_bits;
	int		 w_result;	/* after the join */
};

static void
wait_main(void *arg)
{
	struct waiter *w = arg;
	struct timespec ts = deadline(CLOCK_MONOTONIC, LONG);

	w->w_result = (int)rump_sys_futex(w->w_addr, FUTEX_WAIT_BITSET, 0, &ts,
	    NULL, w->w_bits);
}

static void
wait_start(struct waiter *w, uint32_t *addr, uint32_t bits)
{

	w->w_addr = addr;
	w->w_bits = bits;
	thread_start(&w->w_th, wait_main, w);
}

static void
wait_done(struct waiter *w)
{

	thread_join(&w->w_th);
	CHECK_EQ(w->w_result, 0);
}

/* Moves waiters onto the address itself, which only counts them. */
static int
waiting(uint32_t *addr)
{

	return (int)rump_sys_futex(addr, FUTEX_REQUEUE, 0, (void *)1000L, addr,
	    0);
}

static void
wait_for(uint32_t *addr, int n)
{
	int64_t end = now_ms() + LONG;

	while (waiting(addr) != n && now_ms() < end)
		msleep(1);
	CHECK_EQ(waiting(addr), n);
}

static void
errors(void)
{
	static uint32_t w[2];
	struct timespec bad[] = { { -1, 0 }, { 0, -1 }, { 0, 1000000000 } };
	void *odd = (char *)w + 1;
	size_t i;

	FAILS(rump_sys_futex(w, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	FAILS(rump_sys_futex(odd, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	FAILS(rump_sys_futex(odd, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	FAILS(rump_sys_futex(NULL, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	FAILS(rump_sys_futex(w, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	FAILS(rump_sys_futex(w, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(rump_sys_futex(w, FUTEX_WAIT, 0, &bad[i], NULL, 0),
		    EINVAL);
	FAILS(rump_sys_futex(w, FUTEX_REQUEUE, (uint32_t)-1, NULL, w, 0),
	    EINVAL);
	FAILS(rump_sys_futex(w, FUTEX_CMP_REQUEUE, 0, NULL, w, 1), EAGAIN);
	FAILS(rump_sys_futex(w, FUTEX_REQUEUE, 0, NULL, NULL, 0), EFAULT);
	FAILS(rump_sys_futex(w, FUTEX_REQUEUE, 0, NULL, odd, 0), EINVAL);
	FAILS(rump_sys_futex(w, FUTEX_WAKE_OP, 0, NULL, NULL, 0), EFAULT);
	FAILS(rump_sys_futex(w, FUTEX_WAKE_OP, 0, NULL, odd, 0), EINVAL);
	FAILS(rump_sys_futex(w, FUTEX_WAKE_OP, 0, NULL, w, 7U << 28), ENOSYS);
	FAILS(rump_sys_set_robust_list(w, 1), EINVAL);
	CHECK_EQ(wake(w, 1), 0);
}

static void
timeouts(void)
{
	static uint32_t w;
	struct timespec ts = { 0, SOON * 1000000L };
	int64_t t = now_ms();

	FAILS(rump_sys_futex(&w, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0),
	    ETIMEDOUT);
	CHECK(now_ms() - t >= SOON - 1);
	t = now_ms();
	ts = deadline(CLOCK_MONOTONIC, SOON);
	FAILS(rump_sys_futex(&w, FUTEX_WAIT_BITSET, 0, &ts, NULL, ~0U),
	    ETIMEDOUT);
	CHECK(now_ms() - t >= SOON - 1);
	t = now_ms();
	ts = deadline(CLOCK_REALTIME, SOON);
	FAILS(rump_sys_futex(&w, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0,
	    &ts, NULL, ~0U), ETIMEDOUT);
	CHECK(now_ms() - t >= SOON - 1);
	CHECK(now_ms() - t < LONG);
	CHECK_EQ(waiting(&w), 0);	/* one that gave up is off the queue */
}

/* Wakes as many as asked, in order of arrival. */
static void
wakes(void)
{
	static uint32_t w;
	struct waiter ws[NWAIT];
	int i;

	for (i = 0; i < NWAIT; i++) {
		wait_start(&ws[i], &w, ~0U);
		wait_for(&w, i + 1);
	}
	CHECK_EQ(wake(&w, 1), 1);
	wait_done(&ws[0]);
	CHECK_EQ(wake(&w, 2), 2);
	wait_done(&ws[1]);
	wait_done(&ws[2]);
	CHECK_EQ(wake(&w, INT32_MAX), 1);
	wait_done(&ws[3]);
	CHECK_EQ(wake(&w, INT32_MAX), 0);
}

static void
bitsets(void)
{
	static uint32_t w;
	struct waiter ws[2];

	wait_start(&ws[0], &w, 1);
	wait_start(&ws[1], &w, 2);
	wait_for(&w, 2);
	CHECK_EQ(rump_sys_futex(&w, FUTEX_WAKE_BITSET, 9, NULL, NULL, 4), 0);
	CHECK_EQ(rump_sys_futex(&w, FUTEX_WAKE_BITSET, 9, NULL, NULL, 2), 1);
	wait_done(&ws[1]);
	CHECK_EQ(waiting(&w), 1);
	CHECK_EQ(rump_sys_futex(&w, FUTEX_WAKE_BITSET, 9, NULL, NULL, 3), 1);
	wait_done(&ws[0]);
}

/* One woken, two moved, one left behind. */
static void
requeue(void)
{
	static uint32_t a[64], *b = &a[33];	/* buckets differ */
	struct waiter ws[NWAIT];
	int i;

	for (i = 0; i < NWAIT; i++) {
		wait_start(&ws[i], a, ~0U);
		wait_for(a, i + 1);
	}
	CHECK_EQ(rump_sys_futex(a, FUTEX_CMP_REQUEUE, 1, (void *)2L, b, 0), 3);
	wait_done(&ws[0]);
	CHECK_EQ(waiting(a), 1);
	CHECK_EQ(waiting(b), 2);
	CHECK_EQ(wake(b, 1), 1);
	wait_done(&ws[1]);
	CHECK_EQ(wake(a, 9), 1);
	wait_done(&ws[3]);
	CHECK_EQ(wake(b, 9), 1);
	wait_done(&ws[2]);
}

static int wait_ms;			/* of moved_times_out() */

static void
moved_times_out(void *arg)
{
	struct timespec ts = { wait_ms / 1000, wait_ms % 1000 * 1000000L };

	FAILS(rump_sys_futex(arg, FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT);
}

/* 0: it may have timed out before it was moved. */
static int
moved(uint32_t *a, uint32_t *b)
{
	int64_t end = now_ms() + wait_ms;
	int n, na, nb;
	struct thread th;

	thread_start(&th, moved_times_out, a);
	while (waiting(a) != 1 && now_ms() < end)
		msleep(1);
	n = (int)rump_sys_futex(a, FUTEX_REQUEUE, 0, (void *)1L, b, 0);
	na = waiting(a);
	nb = waiting(b);
	if (now_ms() >= end) {
		thread_join(&th);
		return 0;
	}
	CHECK_EQ(n, 1);
	CHECK_EQ(na, 0);
	CHECK_EQ(nb, 2);
	thread_join(&th);
	return 1;
}

/*
 * A waiter that was moved leaves the queue it is on by then, as its last one;
 * a newcomer takes its place.
 */
static void
requeue_timeout(void)
{
	static uint32_t a[64], *b = &a[33];
	struct waiter ws[2];

	wait_start(&ws[0], b, ~0U);
	wait_for(b, 1);
	wait_ms = 5 * SOON;
	while (!moved(a, b))
		wait_ms *= 2;
	CHECK_EQ(waiting(b), 1);
	wait_start(&ws[1], b, ~0U);
	wait_for(b, 2);
	CHECK_EQ(wake(b, 9), 2);
	wait_done(&ws[0]);
	wait_done(&ws[1]);
}

static int
op(uint32_t *b, uint32_t code, int arg, int cmp, int cmparg)
{
	static uint32_t a;

	return (int)rump_sys_futex(&a, FUTEX_WAKE_OP, 1, (void *)1L, b,
	    (uint32_t)FUTEX_OP(code, arg, cmp, cmparg));
}

static void
wake_op(void)
{
	static uint32_t b = 5;
	struct waiter w;

	CHECK_EQ(op(&b, FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5), 0);
	CHECK_EQ(b, 8);
	CHECK_EQ(op(&b, FUTEX_OP_ADD, -1, FUTEX_OP_CMP_EQ, 5), 0);
	CHECK_EQ(b, 7);
	CHECK_EQ(op(&b, FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 4,
	    FUTEX_OP_CMP_EQ, 0), 0);
	CHECK_EQ(b, 0x17);
	CHECK_EQ(op(&b, FUTEX_OP_ANDN, 0x10, FUTEX_OP_CMP_EQ, 0), 0);
	CHECK_EQ(b, 7);
	CHECK_EQ(op(&b, FUTEX_OP_XOR, 1, FUTEX_OP_CMP_EQ, 0), 0);
	CHECK_EQ(b, 6);
	CHECK_EQ(op(&b, FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0), 0);
	CHECK_EQ(b, 0);
	wait_start(&w, &b, ~0U);
	wait_for(&b, 1);
	CHECK_EQ(op(&b, FUTEX_OP_SET, 0, FUTEX_OP_CMP_LT, 0), 0);
	CHECK_EQ(op(&b, FUTEX_OP_SET, 0, FUTEX_OP_CMP_GT, -1), 1);
	wait_done(&w);
}

/* The usual three-state mutex: no wake-up may get lost. */
static uint32_t mtx;
static int counter;

static void
mtx_main(void *arg)
{
	uint32_t c;
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		c = 0;
		if (!__atomic_compare_exchange_n(&mtx, &c, 1, 0,
		    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			while (__atomic_exchange_n(&mtx, 2, __ATOMIC_ACQUIRE))
				rump_sys_futex(&mtx, FUTEX_WAIT, 2, NULL, NULL,
				    0);
		counter++;
		if (__atomic_exchange_n(&mtx, 0, __ATOMIC_RELEASE) == 2)
			wake(&mtx, 1);
	}
}

static void
stress(void)
{
	struct thread th[NWAIT];
	int i;

	for (i = 0; i < NWAIT; i++)
		thread_start(&th[i], mtx_main, NULL);
	for (i = 0; i < NWAIT; i++)
		thread_join(&th[i]);
	CHECK_EQ(counter, NWAIT * ROUNDS);
}

struct robust {
	struct robust_list r_list;
	uint32_t	 r_word;
};

/* What a dead lwp held is marked and handed on, other words stay. */
static void
robust(void)
{
	struct robust_list_head head;
	struct robust mine, other, pend;
	uint32_t tid = (uint32_t)rump_sys_gettid();

	mine.r_list.next = &other.r_list;
	other.r_list.next = &head.list;
	head.list.next = &mine.r_list;
	head.futex_offset = sizeof(struct robust_list);
	head.list_op_pending = &pend.r_list;
	mine.r_word = tid | FUTEX_WAITERS;
	other.r_word = tid + 1;
	pend.r_word = tid;
	OK(rump_sys_set_robust_list(&head, sizeof(head)));
	rump_schedule();
	rump_lwpexit_hook(curlwp);
	other.r_list.next = &mine.r_list;	/* a ring ends, too */
	rump_lwpexit_hook(curlwp);
	rump_unschedule();
	CHECK_EQ(mine.r_word, FUTEX_WAITERS | FUTEX_OWNER_DIED);
	CHECK_EQ(other.r_word, tid + 1);
	CHECK_EQ(pend.r_word, FUTEX_OWNER_DIED);
	OK(rump_sys_set_robust_list(NULL, sizeof(head)));
}

int
main(void)
{

	OK(start());
	errors();
	timeouts();
	wakes();
	bitsets();
	requeue();
	requeue_timeout();
	wake_op();
	stress();
	robust();
	return check_done();
}
