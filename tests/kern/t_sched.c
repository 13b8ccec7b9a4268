/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities, policies, locked memory: kept or granted, within bounds. */
#include "kerntest.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

static void
test_priority(void)
{
	int pid = rump_sys_getpid();

	CHECK_EQ(rump_sys_getpriority(PRIO_PROCESS, 0), 20);
	OK(rump_sys_setpriority(PRIO_PROCESS, pid, 5));
	CHECK_EQ(rump_sys_getpriority(PRIO_PROCESS, 0), 15);
	CHECK_EQ(rump_sys_getpriority(PRIO_USER, 0), 15);
	OK(rump_sys_setpriority(PRIO_PROCESS, 0, 100));
	CHECK_EQ(rump_sys_getpriority(PRIO_PROCESS, pid), 1);
	OK(rump_sys_setpriority(PRIO_PROCESS, 0, -100));
	CHECK_EQ(rump_sys_getpriority(PRIO_PROCESS, pid), 40);
	FAILS(rump_sys_setpriority(3, 0, 0), EINVAL);
	FAILS(rump_sys_setpriority(-1, 0, 0), EINVAL);
	FAILS(rump_sys_getpriority(3, 0), EINVAL);
	FAILS(rump_sys_getpriority(PRIO_PROCESS, 99999), ESRCH);
	OK(rump_sys_setresuid(1, 1, 1));
	OK(rump_sys_setpriority(PRIO_PROCESS, 0, 3));
	FAILS(rump_sys_setpriority(PRIO_PROCESS, 0, 2), EACCES);
	CHECK_EQ(rump_sys_getpriority(PRIO_PROCESS, 0), 17);
}

static void
test_policy(void)
{
	struct sched_param p = { .sched_priority = 0 };

	OK(rump_sys_sched_setscheduler(0, SCHED_OTHER, &p));
	OK(rump_sys_sched_setscheduler(0, SCHED_IDLE, &p));
	OK(rump_sys_sched_setparam(0, &p));
	CHECK_EQ(rump_sys_sched_getscheduler(0), SCHED_IDLE);
	OK(rump_sys_sched_setscheduler(0, SCHED_OTHER, &p));
	CHECK_EQ(rump_sys_sched_getscheduler(0), SCHED_OTHER);
	FAILS(rump_sys_sched_setscheduler(0, SCHED_FIFO, &p), EINVAL);
	FAILS(rump_sys_sched_setscheduler(0, 77, &p), EINVAL);
	FAILS(rump_sys_sched_setscheduler(-1, SCHED_OTHER, &p), EINVAL);
	FAILS(rump_sys_sched_setscheduler(0, SCHED_OTHER, NULL), EINVAL);
	p.sched_priority = 7;
	FAILS(rump_sys_sched_setscheduler(0, SCHED_OTHER, &p), EINVAL);
	FAILS(rump_sys_sched_setparam(0, &p), EINVAL);
	OK(rump_sys_sched_getparam(0, &p));
	CHECK_EQ(p.sched_priority, 0);
	p.sched_priority = 7;
	OK(rump_sys_sched_setscheduler(0, SCHED_FIFO, &p));
	p.sched_priority = 8;
	OK(rump_sys_sched_setparam(0, &p));
	FAILS(rump_sys_sched_getscheduler(999999), ESRCH);
	/* Without rights it can only become less. */
	OK(rump_sys_setresuid(1, 1, 0));
	p.sched_priority = 9;
	FAILS(rump_sys_sched_setparam(0, &p), EPERM);
	p.sched_priority = 3;
	OK(rump_sys_sched_setparam(0, &p));
	OK(rump_sys_sched_getparam(0, &p));
	CHECK_EQ(p.sched_priority, 3);
	OK(rump_sys_setresuid(0, 0, 0));
	p.sched_priority = 0;
	OK(rump_sys_sched_setscheduler(0, SCHED_OTHER, &p));
}

#define NOTHERS	4
#define ROUNDS	300

static int changing;

/* Of the same user or not, from one moment to the next. */
static void
prioritise(void *arg)
{
	struct { uint32_t size, policy; uint64_t flags; int32_t nice;
	    uint32_t prio; uint64_t rest[3]; } at;

	(void)arg;
	while (__atomic_load_n(&changing, __ATOMIC_RELAXED)) {
		memset(&at, 0, sizeof(at));
		at.size = sizeof(at);
		at.nice = 5;
		(void)rump_sys_sched_setattr(0, &at, 0);
		(void)rump_sys_setpriority(PRIO_USER, 0, 5);
		(void)rump_sys_getpriority(PRIO_USER, 0);
		(void)rump_sys_setpriority(PRIO_USER, 1, 5);
	}
}

/* A thread's first call asks for its user while it holds locks. */
static void
first(void *arg)
{
	struct { uint32_t size, policy; uint64_t flags; int32_t nice;
	    uint32_t prio; uint64_t rest[3]; } at = { .size = sizeof(at) };

	if (arg != NULL)
		(void)rump_sys_sched_setattr(0, &at, 0);
	else
		(void)rump_sys_setpriority(PRIO_USER, 0, 0);
}

static void
test_users(void)
{
	struct thread th[NOTHERS], one;
	unsigned i, id;

	__atomic_store_n(&changing, 1, __ATOMIC_RELAXED);
	for (i = 0; i < NOTHERS; i++)
		thread_start(&th[i], prioritise, NULL);
	for (i = 1; i <= ROUNDS; i++) {
		id = i & 1;
		OK(rump_sys_setresuid(id, id, (unsigned)-1));
		thread_start(&one, first, i & 2 ? &one : NULL);
		thread_join(&one);
		OK(rump_sys_setuid(id));
	}
	__atomic_store_n(&changing, 0, __ATOMIC_RELAXED);
	for (i = 0; i < NOTHERS; i++)
		thread_join(&th[i]);
	OK(rump_sys_setresuid(0, 0, 0));
	OK(rump_sys_setpriority(PRIO_PROCESS, 0, 0));
}

int
main(void)
{

	REQUIRE(start() == 0);
	test_policy();
	OK(rump_sys_mlockall(MCL_CURRENT | MCL_FUTURE));
	FAILS(rump_sys_mlockall(0), EINVAL);
	FAILS(rump_sys_mlockall(8), EINVAL);
	OK(rump_sys_munlockall());
	test_users();
	test_priority();
	return check_done();
}
