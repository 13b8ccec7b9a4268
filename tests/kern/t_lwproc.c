/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes and lwps of host threads: rump_lwproc(3). */
#include "kerntest.h"
#include <kern/proc.h>

static void
test_implicit(void)
{

	/* No lwp: a temporary one of process 0 serves the call. */
	CHECK(rump_pub_lwproc_curlwp() == NULL);
	CHECK_EQ(rump_sys_getpid(), 0);
	CHECK(rump_pub_lwproc_curlwp() == NULL);
	CHECK_EQ(rump_init(), 0);
}

static void
kthread(void *arg)
{

	(void)arg;
}

static void
test_rfork(void)
{
	struct lwp *l1, *l2;
	uint64_t v = 3;
	pid_t p1, p2;
	int fd, shared;

	FAILS(rump_sys_close(0), EBADF);
	/* The first is 1, whatever threads the kernel has. */
	rump_schedule();
	CHECK_EQ(rump_kthread_create(kthread, NULL, "test"), 0);
	rump_unschedule();
	OK(rump_pub_lwproc_rfork(RUMP_RFCFDG));
	CHECK((l1 = rump_pub_lwproc_curlwp()) != NULL);
	CHECK_EQ((p1 = rump_sys_getpid()), 1);
	CHECK_EQ(rump_sys_gettid(), p1);
	CHECK_EQ(rump_sys_getppid(), 0);
	CHECK((fd = (int)rump_sys_eventfd2(1, 0)) == 0);

	/* Copied: the same files, descriptors of its own. */
	OK(rump_pub_lwproc_rfork(RUMP_RFFDG));
	CHECK((l2 = rump_pub_lwproc_curlwp()) != l1);
	CHECK((p2 = rump_sys_getpid()) > p1);
	CHECK_EQ(rump_sys_getppid(), p1);
	CHECK_EQ(rump_sys_write(fd, &v, 8), 8);
	OK(rump_sys_close(fd));
	rump_pub_lwproc_switch(l1);
	CHECK_EQ(rump_sys_getpid(), p1);
	CHECK_EQ(rump_sys_read(fd, &v, 8), 8);
	CHECK_EQ(v, 4);

	/* Shared. */
	OK(rump_pub_lwproc_rfork(RUMP_RFFD_SHARE));
	CHECK((shared = (int)rump_sys_dup(fd)) > fd);
	rump_pub_lwproc_releaselwp();
	CHECK(rump_pub_lwproc_curlwp() == NULL);
	rump_pub_lwproc_switch(l1);
	OK(rump_sys_close(shared));

	/* Clean; both at once make no sense. */
	OK(rump_pub_lwproc_rfork(RUMP_RFCFDG));
	FAILS(rump_sys_close(fd), EBADF);
	CHECK_EQ(rump_pub_lwproc_rfork(RUMP_RFFDG | RUMP_RFCFDG), EINVAL);
	rump_pub_lwproc_releaselwp();

	/* A parent that goes: its children's parent is process 0. */
	rump_pub_lwproc_switch(l1);
	rump_pub_lwproc_releaselwp();
	rump_pub_lwproc_switch(l2);
	CHECK_EQ(rump_sys_getppid(), 0);
	CHECK_EQ(rump_pub_lwproc_newlwp(p1), ESRCH);
	rump_pub_lwproc_releaselwp();
}

static void
other(void *arg)
{

	CHECK_EQ(rump_sys_getpid(), *(pid_t *)arg);
	CHECK(rump_sys_gettid() != *(pid_t *)arg);
	CHECK_EQ(rump_sys_fcntl(0, F_GETFD, 0), 0);
}

/* Lwps of one process on several threads; the last one ends it. */
static void
leave(void *arg)
{

	pthread_barrier_wait(arg);
}

static void
test_threads(void)
{
	pthread_barrier_t bar;
	struct thread th[4];
	pid_t pid;
	int i, round;

	OK(rump_pub_lwproc_rfork(RUMP_RFCFDG));
	pid = rump_sys_getpid();
	CHECK_EQ(rump_sys_eventfd2(0, 0), 0);
	for (i = 0; i < 4; i++)
		thread_start(&th[i], other, &pid);
	for (i = 0; i < 4; i++)
		thread_join(&th[i]);
	rump_pub_lwproc_releaselwp();
	CHECK_EQ(rump_pub_lwproc_newlwp(pid), ESRCH);

	for (round = 0; round < 50; round++) {
		OK(rump_pub_lwproc_rfork(RUMP_RFCFDG));
		pid = rump_sys_getpid();
		pthread_barrier_init(&bar, NULL, 5);
		for (i = 0; i < 4; i++)
			thread_start(&th[i], leave, &bar);
		pthread_barrier_wait(&bar);
		rump_pub_lwproc_releaselwp();
		for (i = 0; i < 4; i++)
			thread_join(&th[i]);
		pthread_barrier_destroy(&bar);
		CHECK_EQ(rump_pub_lwproc_newlwp(pid), ESRCH);
	}
}

/* Temporary lwps from many threads at once. */
static void *
bare(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 500; i++)
		CHECK_EQ(rump_sys_getpid(), 0);
	return NULL;
}

static void
test_bare(void)
{
	pthread_t t[4];
	int i;

	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, bare, NULL);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

int
main(void)
{

	REQUIRE(rump_init() == 0);
	test_implicit();
	test_rfork();
	test_threads();
	test_bare();
	return check_done();
}
