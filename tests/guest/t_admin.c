/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that few programs make: tee, vmsplice, capabilities, policies, the
 * clock's state, another process's memory.  Runs on Linux (as root) with the
 * same result.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include "../check.h"

static void
test_tee(void)
{
	int a[2], b[2], c[2];
	char buf[16];

	CHECK(pipe(a) == 0 && pipe(b) == 0 && pipe(c) == 0);
	CHECK_EQ(write(a[1], "twice told", 10), 10);
	CHECK_EQ(tee(a[0], b[1], 100, 0), 10);
	CHECK_EQ(read(b[0], buf, sizeof(buf)), 10);
	CHECK(memcmp(buf, "twice told", 10) == 0);
	CHECK_EQ(tee(a[0], b[1], 5, 0), 5);
	CHECK_EQ(read(a[0], buf, sizeof(buf)), 10);	/* still there */
	CHECK_EQ(read(b[0], buf, sizeof(buf)), 5);
	FAILS(tee(a[0], b[1], 5, SPLICE_F_NONBLOCK), EAGAIN);
	FAILS(tee(a[0], a[1], 5, 0), EINVAL);
	close(a[1]);
	CHECK_EQ(tee(a[0], b[1], 5, 0), 0);		/* no writer */
	close(a[0]), close(b[0]), close(b[1]), close(c[0]), close(c[1]);
}

static void
test_vmsplice(void)
{
	struct iovec iov[2] = { { "gather", 6 }, { "ed", 2 } };
	char one[5], two[8];
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(vmsplice(p[1], iov, 2, 0), 8);
	iov[0] = (struct iovec){ one, sizeof(one) };
	iov[1] = (struct iovec){ two, sizeof(two) };
	CHECK_EQ(vmsplice(p[0], iov, 2, 0), 8);
	CHECK(memcmp(one, "gathe", 5) == 0 && memcmp(two, "red", 3) == 0);
	FAILS(vmsplice(p[0], iov, 2, SPLICE_F_NONBLOCK), EAGAIN);
	FAILS(vmsplice(1 << 20, iov, 1, 0), EBADF);
	close(p[0]), close(p[1]);
}

static void
test_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	CHECK_EQ(syscall(SYS_capget, &h, d), 0);
	CHECK(d[0].effective & 1U << CAP_CHOWN);
	CHECK_EQ(syscall(SYS_capset, &h, d), 0);
	h.version = 1;
	FAILS(syscall(SYS_capget, &h, d), EINVAL);
	CHECK_EQ(h.version, _LINUX_CAPABILITY_VERSION_3);
	CHECK_EQ(syscall(SYS_personality, 0xffffffff), 0);
}

static void
test_policy(void)
{
	unsigned long mask = 1, none = 0, two = 2;
	cpu_set_t set;
	struct { uint32_t size, policy; uint64_t flags; int32_t nice;
	    uint32_t prio; uint64_t rest[3]; } at;
	struct timespec ts;
	int mode = -1;

	CHECK_EQ(syscall(SYS_set_mempolicy, 2, &mask, 64), 0);	/* BIND */
	FAILS(syscall(SYS_set_mempolicy, 2, &none, 64), EINVAL);
	FAILS(syscall(SYS_set_mempolicy, 2, &two, 64), EINVAL);
	CHECK_EQ(syscall(SYS_set_mempolicy, 0, NULL, 0), 0);
	CHECK_EQ(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0), 0);
	CHECK_EQ(mode, 0);
	CHECK_EQ(sched_rr_get_interval(0, &ts), 0);
	CHECK_EQ(sched_getaffinity(getpid(), sizeof(set), &set), 0);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	FAILS(sched_getaffinity(-1, sizeof(set), &set), ESRCH);
	FAILS(sched_setaffinity(-1, sizeof(set), &set), ESRCH);
	CHECK_EQ(syscall(SYS_sched_getattr, 0, &at, sizeof(at), 0), 0);
	CHECK(at.policy == SCHED_OTHER && at.prio == 0);
	FAILS(syscall(SYS_sched_getattr, 0, &at, 8, 0), EINVAL);
	CHECK(syscall(SYS_ioprio_get, 1, 0) >= 0);
	CHECK_EQ(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 4), 0);
	FAILS(syscall(SYS_ioprio_set, 1, 0, 7 << 13), EINVAL);
}

static void
test_clock(void)
{
	struct timex tx = { 0 };

	CHECK(adjtimex(&tx) >= 0);
	CHECK(tx.tick == 10000 && tx.time.tv_sec > 1000000000);
	tx.modes = 0x4000;
	tx.tick = 1;				/* ADJ_TICK: too small */
	FAILS(adjtimex(&tx), EINVAL);
	FAILS(syscall(SYS_clock_adjtime, 99, &tx), EINVAL);
}

static void
test_peer(void)
{
	char from[] = "over there", to[16] = "";
	struct iovec l[2] = { { to, 4 }, { to + 4, 12 } };
	struct iovec r = { from, sizeof(from) };

	CHECK_EQ(process_vm_readv(getpid(), l, 2, &r, 1, 0), sizeof(from));
	CHECK(strcmp(to, from) == 0);
	from[0] = 'O';
	CHECK_EQ(process_vm_writev(getpid(), &r, 1, l, 2, 0), sizeof(from));
	CHECK_EQ(to[0], 'O');
	FAILS(process_vm_readv(1 << 22, l, 2, &r, 1, 0), ESRCH);
	FAILS(process_vm_readv(getpid(), l, 2, &r, 1, 1), EINVAL);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0), 0);
}

static void
test_openat2(void)
{
	struct { uint64_t flags, mode, resolve, more; } how = { O_RDONLY, 0,
	    0, 0 };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, 24);

	CHECK(fd >= 0);
	close(fd);
	fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));
	CHECK(fd >= 0);
	close(fd);
	how.more = 1;
	FAILS(syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)), E2BIG);
	how.mode = 0600;			/* without O_CREAT */
	FAILS(syscall(SYS_openat2, AT_FDCWD, "/", &how, 24), EINVAL);
	how.mode = 0, how.flags = 1ULL << 40;
	FAILS(syscall(SYS_openat2, AT_FDCWD, "/", &how, 24), EINVAL);
	FAILS(syscall(SYS_openat2, AT_FDCWD, "/", &how, 8), EINVAL);
}

static void
test_domain(void)
{
	struct utsname u;

	CHECK_EQ(uname(&u), 0);
	FAILS(setdomainname(u.nodename, 65), EINVAL);
}

int
main(void)
{
	test_tee();
	test_vmsplice();
	test_caps();
	test_policy();
	test_clock();
	test_peer();
	test_openat2();
	test_domain();
	return check_done();
}
