/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake rump kernel: virtual CPUs, lwps and upcalls that check the
 * platform's discipline.  cpu_mtx guards cpu_free; it is only entered with the
 * nowrap calls, as a rump kernel's scheduler does.
 */
#include <string.h>

#include "conform.h"

#define FAKE_NLOCKS	4711	/* must come back unchanged */
#define FAKE_NTEMP	32

static struct rumpuser_mtx *cpu_mtx;
static struct rumpuser_cv *cpu_cv;
static int cpu_free;			/* [cpu_mtx] */
static int cpu_total;			/* [cpu_mtx] */
static struct lwp temps[FAKE_NTEMP];	/* [cpu_mtx] l_temp: in use */
static int failures;			/* [a] */

void
t_fail(const char *file, int line, const char *what, long long a, long long b)
{

	__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
	rumpuser_dprintf("%s:%d: %s failed (%lld, %lld)\n", file, line, what,
	    a, b);
}

int
t_get(int *p)
{

	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

void
t_set(int *p, int val)
{

	__atomic_store_n(p, val, __ATOMIC_RELEASE);
}

void
t_add(int *p, int val)
{

	__atomic_add_fetch(p, val, __ATOMIC_ACQ_REL);
}

struct lwp *
fake_self(void)
{

	return rumpuser_curlwp();
}

static void
cpu_take(struct lwp *l)
{

	T_EQ(l->l_holds, 0);
	rumpuser_mutex_enter_nowrap(cpu_mtx);
	while (cpu_free <= 0)
		rumpuser_cv_wait_nowrap(cpu_cv, cpu_mtx);
	cpu_free--;
	rumpuser_mutex_exit(cpu_mtx);
	l->l_holds = 1;
}

static void
cpu_give(struct lwp *l)
{

	T_EQ(l->l_holds, 1);
	l->l_holds = 0;
	rumpuser_mutex_enter_nowrap(cpu_mtx);
	cpu_free++;
	T_CHECK(cpu_free <= cpu_total);
	rumpuser_cv_signal(cpu_cv);
	rumpuser_mutex_exit(cpu_mtx);
}

/* Caller holds the virtual CPU that goes away or others come. */
void
fake_setncpu(int n)
{

	rumpuser_mutex_enter_nowrap(cpu_mtx);
	cpu_free += n - cpu_total;
	cpu_total = n;
	rumpuser_cv_broadcast(cpu_cv);
	rumpuser_mutex_exit(cpu_mtx);
}

/* schedule() from a thread that has no lwp: it gets one for the time. */
static struct lwp *
temp_alloc(void)
{
	struct lwp *l = NULL;
	int i;

	rumpuser_mutex_enter_nowrap(cpu_mtx);
	for (i = 0; i < FAKE_NTEMP && l == NULL; i++)
		if (!temps[i].l_temp)
			l = &temps[i];
	if (l != NULL) {
		memset(l, 0, sizeof(*l));
		l->l_temp = 1;
	}
	rumpuser_mutex_exit(cpu_mtx);
	if (l == NULL) {
		rumpuser_dprintf("fake: out of temporary lwps\n");
		rumpuser_exit(RUMPUSER_PANIC);
	}
	return l;
}

static void
up_schedule(void)
{
	struct lwp *l = rumpuser_curlwp();

	if (l == NULL) {
		l = temp_alloc();
		rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
	}
	cpu_take(l);
}

static void
up_unschedule(void)
{
	struct lwp *l = rumpuser_curlwp();

	if (l == NULL) {
		t_fail(__FILE__, __LINE__, "unschedule with an lwp", 0, 1);
		return;
	}
	cpu_give(l);
	if (l->l_temp) {
		rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
		rumpuser_mutex_enter_nowrap(cpu_mtx);
		l->l_temp = 0;
		rumpuser_mutex_exit(cpu_mtx);
	}
}

static void
up_backend_unschedule(int keeplocks, int *nlocksp, void *interlock)
{
	struct lwp *l = rumpuser_curlwp();

	(void)keeplocks;
	T_CHECK(l != NULL);
	T_CHECK(nlocksp != NULL);
	l->l_gaveback++;
	l->l_interlock = interlock;
	*nlocksp = FAKE_NLOCKS;
	cpu_give(l);
}

static void
up_backend_schedule(int nlocks, void *interlock)
{
	struct lwp *l = rumpuser_curlwp();
	struct lwp *owner = NULL;

	T_CHECK(l != NULL);
	T_EQ(nlocks, FAKE_NLOCKS);
	T_EQ((intptr_t)interlock, (intptr_t)l->l_interlock);
	if (interlock != NULL && l->l_watch == interlock) {
		rumpuser_mutex_owner(l->l_watch, &owner);
		l->l_ownedatsched = owner == l;
	}
	cpu_take(l);
}

/* The rest is for the system call proxy and must not be called here. */
static void
up_none(void)
{

	t_fail(__FILE__, __LINE__, "no such upcall expected", 0, 1);
}

static void
up_switch(struct lwp *l)
{

	(void)l;
	up_none();
}

static int
up_rfork(void *arg, int flags, const char *comm)
{

	(void)arg, (void)flags, (void)comm;
	up_none();
	return 5;
}

static int
up_newlwp(pid_t pid)
{

	(void)pid;
	up_none();
	return 5;
}

static struct lwp *
up_curlwp(void)
{

	return rumpuser_curlwp();
}

static int
up_syscall(int num, void *arg, long *retval)
{

	(void)num, (void)arg, (void)retval;
	up_none();
	return 5;
}

static void
up_execnotify(const char *comm)
{

	(void)comm;
	up_none();
}

static pid_t
up_getpid(void)
{

	return 1;
}

const struct rumpuser_hyperup fake_hyperup = {
	.hyp_schedule = up_schedule,
	.hyp_unschedule = up_unschedule,
	.hyp_backend_unschedule = up_backend_unschedule,
	.hyp_backend_schedule = up_backend_schedule,
	.hyp_lwproc_switch = up_switch,
	.hyp_lwproc_release = up_none,
	.hyp_lwproc_rfork = up_rfork,
	.hyp_lwproc_newlwp = up_newlwp,
	.hyp_lwproc_curlwp = up_curlwp,
	.hyp_syscall = up_syscall,
	.hyp_lwpexit = up_none,
	.hyp_execnotify = up_execnotify,
	.hyp_getpid = up_getpid,
};

void
fake_start(struct lwp *l)
{

	if (cpu_mtx == NULL) {
		rumpuser_mutex_init(&cpu_mtx, RUMPUSER_MTX_SPIN);
		rumpuser_cv_init(&cpu_cv);
	}
	cpu_total = cpu_free = 1;
	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, l);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
	cpu_take(l);
}

/* The mutex stays: a worker of the platform may still be on its way out. */
void
fake_stop(void)
{
	struct lwp *l = rumpuser_curlwp();

	T_EQ(cpu_total, 1);
	cpu_give(l);
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
	rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, l);
}

static void *
thread_main(void *arg)
{
	struct tthread *tt = arg;

	T_CHECK(rumpuser_curlwp() == NULL);
	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &tt->tt_lwp);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, &tt->tt_lwp);
	cpu_take(&tt->tt_lwp);
	tt->tt_fn(tt->tt_arg);
	T_CHECK(rumpuser_curlwp() == &tt->tt_lwp);
	cpu_give(&tt->tt_lwp);
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &tt->tt_lwp);
	rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &tt->tt_lwp);
	rumpuser_thread_exit();
}

void
t_spawn(struct tthread *tt, void (*fn)(void *), void *arg)
{
	int error = 0;

	memset(tt, 0, sizeof(*tt));
	tt->tt_fn = fn;
	tt->tt_arg = arg;
	T_BALANCED(error = rumpuser_thread_create(thread_main, tt, "conform",
	    1, 0, -1, &tt->tt_cookie));
	if (error != 0) {
		t_fail(__FILE__, __LINE__, "thread_create", error, 0);
		rumpuser_exit(1);
	}
}

void
t_join(struct tthread *tt)
{

	T_EQ(rumpuser_thread_join(tt->tt_cookie), 0);
	T_EQ(fake_self()->l_holds, 1);
}

void
t_msleep(int ms)
{

	T_EQ(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, ms / 1000,
	    (ms % 1000) * 1000000L), 0);
}

int64_t
t_now(void)
{
	int64_t sec = 0;
	long nsec = 0;

	T_EQ(rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec), 0);
	return sec * 1000000000 + nsec;
}

int
t_until(int *p, int val)
{
	int i;

	for (i = 0; i < 5000 && t_get(p) < val; i++)
		t_msleep(1);
	return t_get(p) >= val;
}

static const struct {
	const char *name;
	void (*fn)(void);
} cases[] = {
	{ "memory", case_memory },
	{ "clock", case_clock },
	{ "misc", case_misc },
	{ "thread", case_thread },
	{ "mutex", case_mutex },
	{ "cv", case_cv },
	{ "rw", case_rw },
	{ "file", case_file },
	{ "bio", case_bio },
};

int
rumpuser_conformance(void)
{
	static struct lwp mainlwp;
	unsigned i;
	int before;

	case_init();
	if (t_get(&failures) != 0)
		return t_get(&failures);
	fake_start(&mainlwp);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		before = t_get(&failures);
		cases[i].fn();
		rumpuser_dprintf("rumpuser %s: %s\n", cases[i].name,
		    t_get(&failures) == before ? "ok" : "FAILED");
	}
	fake_stop();
	rumpuser_dprintf("rumpuser conformance: %d failures\n",
	    t_get(&failures));
	return t_get(&failures);
}
