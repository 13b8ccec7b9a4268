/* SPDX-License-Identifier: BSD-2-Clause */
/* Users, groups, sessions, umask: who may become whom. */
#include "kerntest.h"

#define KEEP	((unsigned)-1)

static void
is(unsigned r, unsigned e, unsigned s)
{
	unsigned a, b, c;

	OK(rump_sys_getresuid(&a, &b, &c));
	CHECK_EQ(a, r);
	CHECK_EQ(b, e);
	CHECK_EQ(c, s);
	CHECK_EQ(rump_sys_getuid(), r);
	CHECK_EQ(rump_sys_geteuid(), e);
}

static void
fresh(void)
{

	rump_pub_lwproc_releaselwp();
	OK(rump_pub_lwproc_rfork(RUMP_RFCFDG));
	is(0, 0, 0);
}

static void
test_uids(void)
{

	OK(rump_sys_setresuid(10, 20, 30));
	is(10, 20, 30);
	OK(rump_sys_setresuid(20, 30, 10));
	is(20, 30, 10);
	FAILS(rump_sys_setresuid(0, KEEP, KEEP), EPERM);
	FAILS(rump_sys_setresuid(KEEP, KEEP, 11), EPERM);
	is(20, 30, 10);
	OK(rump_sys_setuid(20));	/* not root: the effective one only */
	is(20, 20, 10);
	FAILS(rump_sys_setuid(99), EPERM);
	fresh();
	OK(rump_sys_setuid(5));
	is(5, 5, 5);
	FAILS(rump_sys_setuid(0), EPERM);
	FAILS(rump_sys_setuid(KEEP), EINVAL);
	fresh();
	OK(rump_sys_setreuid(KEEP, 7));	/* for a while */
	is(0, 7, 7);
	OK(rump_sys_setreuid(KEEP, 0));
	is(0, 0, 7);
	OK(rump_sys_setreuid(8, KEEP));
	is(8, 0, 0);
	fresh();
	CHECK_EQ(rump_sys_setfsuid(4), 0);
	CHECK_EQ(rump_sys_setfsuid(KEEP), 4);
	CHECK_EQ(rump_sys_setfsgid(6), 0);
	CHECK_EQ(rump_sys_setfsgid(KEEP), 6);
	fresh();
}

static void
test_groups(void)
{
	unsigned g[40] = { 1, 2, 3 }, out[40];

	OK(rump_sys_setresgid(1, 2, 3));
	CHECK_EQ(rump_sys_getgid(), 1);
	CHECK_EQ(rump_sys_getegid(), 2);
	OK(rump_sys_setgid(9));
	OK(rump_sys_getresgid(&out[0], &out[1], &out[2]));
	CHECK(out[0] == 9 && out[1] == 9 && out[2] == 9);
	OK(rump_sys_setgroups(3, g));
	CHECK_EQ(rump_sys_getgroups(0, NULL), 3);
	FAILS(rump_sys_getgroups(2, out), EINVAL);
	CHECK_EQ(rump_sys_getgroups(40, out), 3);
	CHECK_EQ(out[2], 3);
	OK(rump_sys_setgroups(32, g));
	FAILS(rump_sys_setgroups(33, g), EINVAL);
	FAILS(rump_sys_setgroups(1, NULL), EFAULT);
	OK(rump_sys_setgroups(0, NULL));
	CHECK_EQ(rump_sys_getgroups(0, NULL), 0);
	OK(rump_sys_setuid(1));
	FAILS(rump_sys_setgroups(1, g), EPERM);
	FAILS(rump_sys_setgid(77), EPERM);
	fresh();
}

static void
test_sessions(void)
{
	int pid = rump_sys_getpid();

	CHECK_EQ(rump_sys_getpgid(0), rump_sys_getpgrp());
	CHECK_EQ(rump_sys_getpgid(pid), rump_sys_getpgrp());
	FAILS(rump_sys_getpgid(99999), ESRCH);
	FAILS(rump_sys_getsid(99999), ESRCH);
	FAILS(rump_sys_setpgid(0, -1), EINVAL);
	FAILS(rump_sys_setpgid(99999, 0), ESRCH);
	if (rump_sys_getpgrp() != pid)
		CHECK_EQ(rump_sys_setsid(), pid);
	CHECK_EQ(rump_sys_getsid(0), pid);
	CHECK_EQ(rump_sys_getpgrp(), pid);
	FAILS(rump_sys_setsid(), EPERM);
	FAILS(rump_sys_setpgid(0, 0), EPERM);
	/* A child starts in the session and group, and may leave the group. */
	OK(rump_pub_lwproc_rfork(RUMP_RFCFDG));
	CHECK_EQ(rump_sys_getsid(0), pid);
	CHECK_EQ(rump_sys_getpgrp(), pid);
	OK(rump_sys_setpgid(0, 0));
	CHECK_EQ(rump_sys_getpgrp(), rump_sys_getpid());
	CHECK_EQ(rump_sys_getsid(0), pid);
}

#define ROUNDS	3000
#define NREADERS 3

static int changing;			/* [a] */

/* All of what one credential holds is of the same change. */
static void
reads(void *arg)
{
	unsigned r, e, s, g[32];
	int i, n;

	(void)arg;
	while (__atomic_load_n(&changing, __ATOMIC_RELAXED)) {
		OK(rump_sys_getresuid(&r, &e, &s));
		CHECK_EQ(r, e);
		CHECK_EQ(s, 0);
		n = (int)rump_sys_getgroups(32, g);
		for (i = 1; i < n; i++)
			CHECK_EQ(g[i], g[0]);
		(void)rump_sys_geteuid();
	}
}

/* One changes groups while another changes users: neither is lost. */
static void
groups(void *arg)
{
	unsigned g[32], out[32];
	int i, k;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < 32; k++)
			g[k] = (unsigned)i;
		/* The other one is not root all the time. */
		if (rump_sys_setgroups(1 + i % 32, g) != 0)
			continue;
		CHECK_EQ(rump_sys_getgroups(32, out), 1 + i % 32);
		CHECK_EQ(out[0], i);
	}
}

static void
test_race(void)
{
	struct thread readers[NREADERS], th;
	unsigned id;
	int i;

	__atomic_store_n(&changing, 1, __ATOMIC_RELAXED);
	for (i = 0; i < NREADERS; i++)
		thread_start(&readers[i], reads, NULL);
	thread_start(&th, groups, NULL);
	for (i = 1; i <= ROUNDS; i++) {
		id = i & 1 ? (unsigned)i : 0;	/* back by the saved one */
		OK(rump_sys_setresuid(id, id, KEEP));
		is(id, id, 0);
	}
	thread_join(&th);
	__atomic_store_n(&changing, 0, __ATOMIC_RELAXED);
	for (i = 0; i < NREADERS; i++)
		thread_join(&readers[i]);
	OK(rump_sys_setresuid(0, 0, 0));
	fresh();
}

int
main(void)
{

	REQUIRE(start() == 0);
	CHECK_EQ(rump_sys_umask(027), 022);
	CHECK_EQ(rump_sys_umask(07777), 027);
	CHECK_EQ(rump_sys_umask(022), 0777);
	test_uids();
	test_groups();
	test_race();
	test_sessions();
	return check_done();
}
