/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Callouts: a pairing heap by time and one thread, started with the first
 * callout, that sleeps until the earliest is due.  callout_lock is not held
 * while a function runs; nothing is taken under it.
 */
#include <kern/clock.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <kern/proc.h>

#define CALLOUT_IDLE	0
#define CALLOUT_QUEUED	1

static struct rump_mutex callout_lock;
static struct rump_cv callout_cv;	/* the thread */
static struct rump_cv callout_donecv;	/* those who wait for a function */
static struct rump_callout *callout_root;	/* [callout_lock] */
static struct rump_callout *callout_running;	/* [callout_lock] */
static struct lwp *callout_lwp;		/* [callout_lock] the thread */
static int callout_started;		/* [a] */

/*
 * Heap: co_child is the first child, co_next the next sibling, co_prev the
 * previous sibling or, of a first child, the parent.
 */
static struct rump_callout *
callout_meld(struct rump_callout *a, struct rump_callout *b)
{
	struct rump_callout *t;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (b->co_when < a->co_when) {
		t = a;
		a = b;
		b = t;
	}
	b->co_prev = a;
	if ((b->co_next = a->co_child) != NULL)
		b->co_next->co_prev = b;
	a->co_child = b;
	a->co_next = a->co_prev = NULL;
	return a;
}

/* Melds a list of siblings: in pairs first, then those from the last on. */
static struct rump_callout *
callout_merge(struct rump_callout *list)
{
	struct rump_callout *a, *b, *pairs = NULL, *root = NULL;

	while ((a = list) != NULL) {
		b = a->co_next;
		list = b != NULL ? b->co_next : NULL;
		a->co_next = a->co_prev = NULL;
		if (b != NULL)
			b->co_next = b->co_prev = NULL;
		a = callout_meld(a, b);
		a->co_next = pairs;
		pairs = a;
	}
	while ((a = pairs) != NULL) {
		pairs = a->co_next;
		a->co_next = NULL;
		root = callout_meld(root, a);
	}
	return root;
}

/* Caller holds callout_lock; co is queued. */
static void
callout_remove(struct rump_callout *co)
{
	struct rump_callout *sub = callout_merge(co->co_child);

	if (co == callout_root) {
		callout_root = sub;
	} else {
		if (co->co_prev->co_child == co)
			co->co_prev->co_child = co->co_next;
		else
			co->co_prev->co_next = co->co_next;
		if (co->co_next != NULL)
			co->co_next->co_prev = co->co_prev;
		callout_root = callout_meld(callout_root, sub);
	}
	co->co_child = co->co_next = co->co_prev = NULL;
	co->co_state = CALLOUT_IDLE;
}

/* Caller holds callout_lock.  The function may free its callout. */
static void
callout_run(struct rump_callout *co)
{
	void (*fn)(void *) = co->co_fn;
	void *arg = co->co_arg;

	callout_remove(co);
	callout_running = co;
	rump_mutex_exit(&callout_lock);
	fn(arg);
	rump_mutex_enter(&callout_lock);
	callout_running = NULL;
	rump_cv_broadcast(&callout_donecv);
}

static void
callout_thread(void *arg)
{

	(void)arg;
	rump_mutex_enter(&callout_lock);
	callout_lwp = curlwp;
	for (;;) {
		if (callout_root == NULL)
			rump_cv_wait(&callout_cv, &callout_lock);
		else if (callout_root->co_when > rump_monotonic())
			(void)rump_cv_timedwait(&callout_cv, &callout_lock,
			    callout_root->co_when);
		else
			callout_run(callout_root);
	}
}

void
rump_callout_init(struct rump_callout *co, void (*fn)(void *), void *arg)
{

	co->co_fn = fn;
	co->co_arg = arg;
	co->co_child = co->co_next = co->co_prev = NULL;
	co->co_state = CALLOUT_IDLE;
}

/* One that is idle only if so wanted; true when it was queued. */
static int
callout_set(struct rump_callout *co, int64_t when, int idle)
{
	int queued;

	rump_mutex_enter(&callout_lock);
	queued = co->co_state == CALLOUT_QUEUED;
	if (queued)
		callout_remove(co);
	if (queued || idle) {
		co->co_when = when;
		co->co_child = co->co_next = co->co_prev = NULL;
		co->co_state = CALLOUT_QUEUED;
		callout_root = callout_meld(callout_root, co);
		if (callout_root == co)
			rump_cv_signal(&callout_cv);
	}
	rump_mutex_exit(&callout_lock);
	return queued;
}

void
rump_callout_schedule(struct rump_callout *co, int64_t when)
{

	(void)callout_set(co, when, 1);
	if (!__atomic_load_n(&callout_started, __ATOMIC_RELAXED) &&
	    !__atomic_exchange_n(&callout_started, 1, __ATOMIC_RELAXED) &&
	    rump_kthread_create(callout_thread, NULL, "callout") != 0)
		rump_panic("no thread for callouts");
}

int
rump_callout_move(struct rump_callout *co, int64_t when)
{

	return callout_set(co, when, 0);
}

int
rump_callout_cancel(struct rump_callout *co)
{
	int queued;

	rump_mutex_enter(&callout_lock);
	queued = co->co_state == CALLOUT_QUEUED;
	if (queued)
		callout_remove(co);
	/* From its own function there is nothing to wait for. */
	while (callout_running == co && callout_lwp != curlwp)
		rump_cv_wait(&callout_donecv, &callout_lock);
	/* It may have queued itself again. */
	if (co->co_state == CALLOUT_QUEUED)
		callout_remove(co);
	rump_mutex_exit(&callout_lock);
	return queued;
}

int
rump_callout_stop(struct rump_callout *co)
{
	int queued;

	rump_mutex_enter(&callout_lock);
	queued = co->co_state == CALLOUT_QUEUED;
	if (queued)
		callout_remove(co);
	rump_mutex_exit(&callout_lock);
	return queued;
}
