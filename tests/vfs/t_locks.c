/* SPDX-License-Identifier: BSD-2-Clause */
/* flock and open file description locks in one process, with threads. */
#include <pthread.h>
#include <sys/file.h>

#include "vfstest.h"

static int fd1, fd2, pid;
static volatile int got;

static int
ofd(int fd, int cmd, int type, long start, long len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET,
	    .l_start = start, .l_len = len };

	return rump_sys_fcntl(fd, cmd, (unsigned long)&fl);
}

static void *
waiter(void *arg)
{
	(void)arg;
	OK(rump_pub_lwproc_newlwp(pid));
	if (ofd(fd2, F_OFD_SETLKW, F_WRLCK, 50, 10) == 0)
		__atomic_store_n(&got, 1, __ATOMIC_RELEASE);
	rump_pub_lwproc_releaselwp();
	return NULL;
}

static void
t_flock(void)
{
	OK(rump_sys_flock(fd1, LOCK_SH));
	OK(rump_sys_flock(fd2, LOCK_SH | LOCK_NB));
	FAILS(rump_sys_flock(fd2, LOCK_EX | LOCK_NB), EAGAIN);
	OK(rump_sys_flock(fd1, LOCK_UN));
	OK(rump_sys_flock(fd2, LOCK_EX | LOCK_NB));
	FAILS(rump_sys_flock(fd1, LOCK_SH | LOCK_NB), EAGAIN);
	FAILS(rump_sys_flock(fd1, 0), EINVAL);
	OK(rump_sys_flock(fd2, LOCK_UN));
}

static void
t_ofd(void)
{
	struct flock fl = { .l_type = F_WRLCK };
	pthread_t t;

	OK(ofd(fd1, F_OFD_SETLK, F_WRLCK, 0, 100));
	FAILS(ofd(fd2, F_OFD_SETLK, F_RDLCK, 99, 1), EAGAIN);
	OK(ofd(fd2, F_OFD_SETLK, F_RDLCK, 100, 1));
	/* a piece in the middle goes: three ranges */
	OK(ofd(fd1, F_OFD_SETLK, F_UNLCK, 40, 10));
	OK(ofd(fd2, F_OFD_SETLK, F_WRLCK, 40, 10));
	OK(rump_sys_fcntl(fd2, F_OFD_GETLK, (unsigned long)&fl));
	CHECK_EQ(fl.l_type, F_WRLCK);
	CHECK(fl.l_start == 0 || fl.l_start == 50);
	CHECK(fl.l_len == 40 || fl.l_len == 50);
	CHECK_EQ(fl.l_pid, -1);
	/* a waiter gets it when it is free */
	pthread_create(&t, NULL, waiter, NULL);
	usleep(50000);
	CHECK_EQ(got, 0);
	OK(ofd(fd1, F_OFD_SETLK, F_UNLCK, 0, 0));
	pthread_join(t, NULL);
	CHECK_EQ(got, 1);
	FAILS(ofd(fd1, F_OFD_SETLK, F_WRLCK, -1, 10), EINVAL);
	FAILS(ofd(fd1, F_OFD_SETLK, 77, 0, 10), EINVAL);
	FAILS(rump_sys_fcntl(fd1, F_OFD_SETLK, 0), EFAULT);
}

/* One process: its record locks never stand in its own way. */
static void
t_posix(void)
{
	OK(ofd(fd1, F_SETLK, F_WRLCK, 1000, 0));
	OK(ofd(fd2, F_SETLK, F_RDLCK, 1500, 10));
	FAILS(ofd(fd1, F_OFD_SETLK, F_WRLCK, 1600, 1), EAGAIN);
	/* any close of the file drops them */
	rump_sys_close(rump_sys_open("/tmp/k", O_RDONLY, 0));
	OK(ofd(fd1, F_OFD_SETLK, F_WRLCK, 1600, 1));
}

int
main(void)
{
	int fd3;

	REQUIRE(start() == 0);
	pid = rump_sys_getpid();
	touch("/tmp/k");
	CHECK((fd1 = rump_sys_open("/tmp/k", O_RDWR, 0)) >= 0);
	CHECK((fd2 = rump_sys_open("/tmp/k", O_RDWR, 0)) >= 0);
	CHECK((fd3 = rump_sys_open("/tmp/k", O_RDONLY, 0)) >= 0);
	t_flock();
	t_ofd();
	FAILS(ofd(fd3, F_SETLK, F_WRLCK, 0, 1), EBADF);
	t_posix();
	OK(rump_sys_close(fd1));
	OK(rump_sys_close(fd2));
	OK(ofd(fd3, F_OFD_SETLK, F_RDLCK, 0, 0));
	OK(rump_sys_close(fd3));
	return check_done();
}
