/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: creation, exit, join, and the stack cache.  A thread may exit on
 * a stack that is not ours (rumpcomp_user_enter), so exit first moves to the
 * thread's own; whoever runs next on that CPU reaps it.
 *
 * Locks: list_lock (the list of all threads), join_lock (bt_joiner,
 * BMK_TF_REAPED), cache_lock; under join_lock a run queue's is taken.
 */
#include "sched.h"

#define STACK_DEFAULT	16384UL
#define CACHE_MAX	64

_Static_assert(__builtin_offsetof(struct bmk_thread, bt_sp) == 0, "switch.S");
_Static_assert(__builtin_offsetof(struct bmk_thread, bt_fpcw) == 120,
    "switch.S");
_Static_assert(__builtin_offsetof(struct bmk_thread, bt_mxcsr) == 124,
    "switch.S");
_Static_assert(__builtin_offsetof(struct bmk_cpu, bc_self) == 8, "GS:8");

struct bmk_thread *bmk_threads;		/* [list_lock] */
struct bmk_cpu *bmk_cpus[BMK_MAXCPUS];	/* [I] once that CPU is up */
static struct bmk_spin list_lock, join_lock, cache_lock;

/* Free default-size stacks; the link lies in their last bytes. */
struct freestack {
	struct freestack *fs_next;
	uint64_t	 fs_pad;
};
static struct freestack *cache;		/* [cache_lock] */
static unsigned cache_n;		/* [cache_lock] */

static void *
stack_alloc(size_t size)
{
	struct freestack *fs = NULL;
	unsigned long saved;

	if (size == STACK_DEFAULT) {
		saved = bmk_spin_enter(&cache_lock);
		fs = cache;
		if (fs != NULL) {
			cache = fs->fs_next;
			cache_n--;
		}
		bmk_spin_exit(&cache_lock, saved);
	}
	if (fs != NULL)
		return (char *)(fs + 1) - size;
	return bmk_platform_stack_alloc(size);
}

static void
stack_free(void *stack, size_t size)
{
	struct freestack *fs;
	unsigned long saved;

	if (size == STACK_DEFAULT && cache_n < CACHE_MAX) {
		fs = (struct freestack *)((char *)stack + size) - 1;
		saved = bmk_spin_enter(&cache_lock);
		fs->fs_next = cache;
		cache = fs;
		cache_n++;
		bmk_spin_exit(&cache_lock, saved);
	} else
		bmk_platform_stack_free(stack, size);
}

static void
list_add(struct bmk_thread *t)
{
	unsigned long saved = bmk_spin_enter(&list_lock);

	t->bt_link = bmk_threads;
	if (bmk_threads != NULL)
		bmk_threads->bt_linkprev = t;
	bmk_threads = t;
	bmk_spin_exit(&list_lock, saved);
}

static void
list_remove(struct bmk_thread *t)
{
	unsigned long saved = bmk_spin_enter(&list_lock);

	if (t->bt_linkprev != NULL)
		t->bt_linkprev->bt_link = t->bt_link;
	else
		bmk_threads = t->bt_link;
	if (t->bt_link != NULL)
		t->bt_link->bt_linkprev = t->bt_linkprev;
	bmk_spin_exit(&list_lock, saved);
}

/* Any CPU: in turn, among those that are up. */
static struct bmk_cpu *
choose_cpu(int cpu)
{
	static unsigned turn;
	struct bmk_cpu *c;

	if (cpu < 0 && bmk_platform_ncpus() > 1)
		cpu = (int)(__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) %
		    bmk_platform_ncpus());
	if (cpu < 0 || cpu >= BMK_MAXCPUS || (c = bmk_cpus[cpu]) == NULL)
		c = bmk_curcpu();
	return c;
}

int
bmk_sched_create(const char *name, void *(*fn)(void *), void *arg,
    int flags, size_t stacksize, int cpu, struct bmk_thread **tp)
{
	struct bmk_thread *t;
	uint64_t *sp;

	if (stacksize == 0)
		stacksize = STACK_DEFAULT;
	stacksize = (stacksize + BMK_PAGE_SIZE - 1) & -BMK_PAGE_SIZE;
	t = bmk_malloc(sizeof(*t), 0);
	if (t == NULL)
		return BMK_ENOMEM;
	memset(t, 0, sizeof(*t));
	t->bt_stack = stack_alloc(stacksize);
	if (t->bt_stack == NULL) {
		bmk_free(t, sizeof(*t));
		return BMK_ENOMEM;
	}
	t->bt_stacksize = stacksize;
	t->bt_fn = fn;
	t->bt_arg = arg;
	t->bt_flags = flags;
	t->bt_wakeup = BMK_TIME_NEVER;
	t->bt_fpcw = 0x37f;
	t->bt_mxcsr = 0x1f80;
	strlcpy(t->bt_name, name != NULL ? name : "", sizeof(t->bt_name));
	t->bt_cpu = choose_cpu(cpu);

	/* What bmk_cpu_switch pops: six registers, then it returns. */
	sp = (uint64_t *)((char *)t->bt_stack + stacksize);
	*--sp = 0;
	*--sp = (uint64_t)bmk_cpu_start;
	sp -= 6;
	memset(sp, 0, 6 * sizeof(*sp));
	t->bt_sp = (uint64_t)sp;
	list_add(t);
	if (tp != NULL)
		*tp = t;
	bmk_sched_enqueue(t);
	return 0;
}

/* First code of every thread, called from bmk_cpu_start. */
void
bmk_thread_main(void)
{
	struct bmk_thread *t = bmk_curthread();

	bmk_sched_finish(bmk_sched_self(), BMK_IRQ_ON);
	(void)t->bt_fn(t->bt_arg);
	bmk_sched_exit();
}

/* On the thread's own stack. */
static void
exit_own(void)
{
	struct bmk_sched *sd = bmk_sched_self();
	struct bmk_thread *t = bmk_curthread();

	list_remove(t);
	(void)bmk_spin_enter(&sd->sd_lock);
	t->bt_state = BMK_T_ZOMBIE;
	sd->sd_dead = t;
	bmk_sched_switch(sd);
	bmk_panic("dead thread %s runs", t->bt_name);
}

void
bmk_sched_exit(void)
{
	struct bmk_thread *t = bmk_curthread();

	bmk_cpu_onstack(exit_own, (char *)t->bt_stack + t->bt_stacksize);
}

/* t will never run again and nothing is on its stack. */
void
bmk_thread_reap(struct bmk_thread *t)
{
	unsigned long saved;

	stack_free(t->bt_stack, t->bt_stacksize);
	if (t->bt_xsave != NULL)
		bmk_free(t->bt_xsave, bmk_platform_xsave_size());
	if ((t->bt_flags & BMK_TF_JOINABLE) == 0) {
		bmk_free(t, sizeof(*t));
		return;
	}
	saved = bmk_spin_enter(&join_lock);
	t->bt_flags |= BMK_TF_REAPED;
	/* Under the lock: then the joiner cannot be gone. */
	if (t->bt_joiner != NULL)
		bmk_sched_wake(t->bt_joiner);
	bmk_spin_exit(&join_lock, saved);
}

int
bmk_sched_join(struct bmk_thread *t)
{
	unsigned long saved;
	int done;

	if ((t->bt_flags & BMK_TF_JOINABLE) == 0 || t == bmk_curthread())
		return BMK_EINVAL;
	for (;;) {
		bmk_sched_prepare(BMK_TIME_NEVER);
		saved = bmk_spin_enter(&join_lock);
		done = t->bt_flags & BMK_TF_REAPED;
		t->bt_joiner = bmk_curthread();
		bmk_spin_exit(&join_lock, saved);
		if (done)
			break;
		(void)bmk_sched_block();
	}
	bmk_free(t, sizeof(*t));
	return 0;
}
