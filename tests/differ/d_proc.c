/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process asks and sets for itself: scheduling, limits, children that
 * are not there, descriptors of processes, names of the machine, odds and
 * ends.  Left out: limits that Linux keeps and this does not carry out,
 * sizes of struct sched_attr beyond the first (they are the kernel's), the
 * number of processors.
 */
#include <asm/prctl.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "differ.h"

#define BAD	((void *)0x1000)

static long
k(long n, long a, long b, long c, long d, long e)
{
	return RES(syscall(n, a, b, c, d, e, 0));
}
#define K(n, a, b, c, d, e)						\
	k(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

static int
anypid(void)
{
	return ONE_OF(int, 0, 0, getpid(), getpid(), INT_MAX, -1, INT_MIN);
}

static const char *
pname(int p)
{
	static char s[16];

	snprintf(s, sizeof(s), "%d", p);
	return p == getpid() ? "self" : s;
}

static void
do_sched(void)
{
	struct { uint32_t size, policy; uint64_t flags; int32_t nice;
	    uint32_t prio; uint64_t rest[3]; char more[64]; } sa;
	int policy = ONE_OF(int, 0, 1, 2, 3, 5, 4, 7, -1, 0x40000000,
	    0x40000001, 0x40000003, 99), pid = anypid(), size;
	struct sched_param sp = { .sched_priority = ONE_OF(int, 0, 0, 1, 50,
	    99, 100, -1) };
	void *p = once_in(12) ? BAD : once_in(12) ? NULL : &sp;
	struct timespec ts;
	long r;

	switch (below(9)) {
	case 0: case 1:
		say("setscheduler %s %#x %d: %ld", pname(pid),
		    (unsigned)policy, p == &sp ? sp.sched_priority : -99,
		    K(sched_setscheduler, pid, policy, p, 0, 0));
		break;
	case 2:
		say("setparam %s %d: %ld", pname(pid), p == &sp ?
		    sp.sched_priority : -99, K(sched_setparam, pid, p, 0, 0,
		    0));
		break;
	case 3:
		say("getscheduler %s %ld", pname(pid), K(sched_getscheduler,
		    pid, 0, 0, 0, 0));
		break;
	case 4:
		sp.sched_priority = -5;
		r = K(sched_getparam, pid, p, 0, 0, 0);
		say("getparam %s %ld %d", pname(pid), r, sp.sched_priority);
		break;
	case 5:
		if (policy == 7)
			policy = 8;
		say("priorities %d %ld %ld", policy, K(sched_get_priority_max,
		    policy, 0, 0, 0, 0), K(sched_get_priority_min, policy, 0,
		    0, 0, 0));
		break;
	case 6:
		say("interval %s %ld", pname(pid), K(sched_rr_get_interval,
		    pid, once_in(8) ? BAD : &ts, 0, 0, 0));
		break;
	case 7:
		memset(&sa, 0xff, sizeof(sa));
		size = ONE_OF(int, 48, 48, 47, 0, 4097, 100);
		r = K(sched_getattr, pid, once_in(12) ? BAD : &sa, size,
		    once_in(12), 0);
		say("getattr %s %d: %ld", pname(pid), size, r);
		if (r == 0)
			say(" %u %#lx %d %u", sa.policy,
			    (unsigned long)sa.flags, sa.nice, sa.prio);
		break;
	case 8:
		memset(&sa, 0, sizeof(sa));
		sa.size = size = ONE_OF(int, 48, 48, 48, 0, 47, 4097, 100);
		sa.policy = ONE_OF(unsigned, 0, 0, 1, 2, 3, 5, 8, 99);
		sa.flags = ONE_OF(unsigned, 0, 0, 1, 0x100);
		sa.nice = ONE_OF(int, 0, 5, 19, -20, 20, -21, 100);
		sa.prio = sp.sched_priority;
		say("setattr %s %u %u %#lx %d %u: %ld", pname(pid), size,
		    sa.policy, (unsigned long)sa.flags, sa.nice, sa.prio,
		    K(sched_setattr, pid, once_in(12) ? BAD : &sa,
		    once_in(12), 0, 0));
		say(" nice %ld", K(getpriority, 0, 0, 0, 0, 0));
	}
}

static void
do_affinity(void)
{
	unsigned long set[32] = { 0 };
	int pid = anypid();
	long size = ONE_OF(long, 8, 128, 16, 7, 0, 9, 64), r;

	if (once_in(2)) {
		r = K(sched_getaffinity, pid, size, once_in(8) ? BAD : set, 0,
		    0);
		say("getaffinity %s %ld: %d %d", pname(pid), size,
		    r < 0 ? (int)r : r > 0, (int)(set[0] & 1));
	} else {
		set[0] = ONE_OF(unsigned long, 1, 0, ~0UL, 1UL << 63);
		say("setaffinity %s %ld %lx: %ld", pname(pid), size, set[0],
		    K(sched_setaffinity, pid, size, once_in(8) ? BAD : set, 0,
		    0));
		set[0] = ~0UL;
		K(sched_setaffinity, 0, 8, set, 0, 0);
	}
}

static void
do_priority(void)
{
	int which = ONE_OF(int, 0, 0, 1, 2, 3, -1), who = anypid(),
	    n = ONE_OF(int, 0, 1, 5, 19, 20, 100, -1, -20, -21, INT_MIN),
	    prio = ONE_OF(int, 0, 1, 0x4000, 0x4007, 0x2004, 0x6000, 0x6001,
	    0x8000, 0x4008, -1);

	if (which == 2)
		who = ONE_OF(int, 0, 12345);
	switch (below(5)) {
	case 0:
		say("getpriority %d %s %ld", which, pname(who),
		    K(getpriority, which, who, 0, 0, 0));
		break;
	case 1:
		/* All of a user's are more than this one. */
		if (which == 2)
			break;
		say("setpriority %d %s %d %ld", which, pname(who), n,
		    K(setpriority, which, who, n, 0, 0));
		say(" is %ld", K(getpriority, 0, 0, 0, 0, 0));
		break;
	case 2:
		errno = 0;
		say("nice %d %d", n, nice(n));
		break;
	case 3:
		who = ONE_OF(int, 0, getpid(), INT_MAX);
		which = ONE_OF(int, 0, 1, 4, -1);
		say("ioprio_set %d %s %#x %ld", which, pname(who), prio,
		    K(ioprio_set, which, who, prio, 0, 0));
		break;
	case 4:
		who = ONE_OF(int, 0, getpid(), INT_MAX);
		which = ONE_OF(int, 1, 1, 4, -1);
		say("ioprio_get %d %s %#lx", which, pname(who),
		    K(ioprio_get, which, who, 0, 0, 0));
	}
}

static void
do_limit(void)
{
	static const int res[] = { RLIMIT_CORE, RLIMIT_NPROC, RLIMIT_LOCKS,
	    RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO,
	    RLIMIT_RSS, 16, -1, INT_MAX };
	int r = res[below(sizeof(res) / sizeof(res[0]))], pid = anypid(), n;
	struct rlimit new = { 0, 0 }, old = { 7, 7 };
	long e;

	if (once_in(2)) {
		e = K(prlimit64, pid, r, NULL, once_in(10) ? BAD : &old, 0);
		say("getlimit %s %d %ld", pname(pid), r, e);
		return;
	}
	K(getrlimit, r, &old, 0, 0, 0);
	new.rlim_max = old.rlim_max;
	n = below(2);
	new.rlim_cur = n ? 0 : old.rlim_max;
	if (once_in(8)) {
		new.rlim_cur = 9;
		new.rlim_max = 8;
	}
	e = K(prlimit64, pid, r, once_in(10) ? BAD : &new, &old, 0);
	say("setlimit %s %d %d %ld", pname(pid), r, n, e);
	say(" %ld %ld %ld", K(getrlimit, r, BAD, 0, 0, 0),
	    K(setrlimit, r, BAD, 0, 0, 0), K(getrlimit, r, &old, 0, 0, 0));
}

static void
do_wait(void)
{
	siginfo_t si;
	int type = ONE_OF(int, P_ALL, P_PID, P_PGID, P_PIDFD, 4, -1),
	    id = ONE_OF(int, 0, 1, getpid(), INT_MAX, -1, INT_MIN),
	    flags = ONE_OF(int, WEXITED, WEXITED | WNOHANG, WSTOPPED, 0,
	    WNOHANG, WCONTINUED | WNOWAIT, WEXITED | 0x10, WEXITED |
	    __WALL, WEXITED | __WCLONE, WEXITED | __WNOTHREAD), st = 77;
	volatile pid_t p;
	long r;

	switch (below(5)) {
	case 0:
		say("waitid %d %s %#x %ld", type, pname(id), (unsigned)flags,
		    K(waitid, type, id, once_in(8) ? NULL : &si, flags, NULL));
		break;
	case 1:
		flags = ONE_OF(int, 0, WNOHANG, WUNTRACED, WCONTINUED, WEXITED,
		    WNOWAIT, __WALL, __WCLONE, -1);
		say("wait4 %s %#x %ld", pname(id), (unsigned)flags, K(wait4,
		    id, once_in(8) ? BAD : &st, flags, NULL, 0));
		break;
	case 2:
		if ((p = vfork()) == 0)
			_exit(below(300));
		r = K(wait4, once_in(2) ? p : -1, &st, once_in(2) ? __WALL : 0,
		    NULL, 0);
		say("child %d status %#x", r == p, st);
		break;
	case 3:
		if ((p = vfork()) == 0)
			_exit(7);
		memset(&si, 0, sizeof(si));
		r = K(waitid, P_PID, p, &si, WEXITED | WNOWAIT, NULL);
		say("peek %ld signo %d code %d status %d %d", r, si.si_signo,
		    si.si_code, si.si_status, si.si_pid == p);
		say(" bad %ld", K(wait4, p, BAD, 0, NULL, 0));
		say(" again %d", K(wait4, p, &st, 0, NULL, 0) == p);
		say(" kill %ld", K(kill, p, 0, 0, 0, 0));
		break;
	case 4:
		/* Nobody waits: it is gone. */
		signal(SIGCHLD, SIG_IGN);
		if ((p = vfork()) == 0)
			_exit(3);
		r = K(wait4, p, &st, 0, NULL, 0);
		say("ignored %ld %d", r, st);
		signal(SIGCHLD, SIG_DFL);
	}
}

static void
do_pidfd(void)
{
	int fd, other, flags = ONE_OF(int, 0, 0, O_NONBLOCK, 1, -1),
	    pid = anypid();
	struct pollfd pfd;
	volatile pid_t p;
	siginfo_t si;

	switch (below(3)) {
	case 0:
		fd = (int)K(pidfd_open, pid, flags, 0, 0, 0);
		say("pidfd_open %s %#x: %d", pname(pid), (unsigned)flags,
		    fd < 0 ? fd : 0);
		if (fd < 0)
			break;
		say(" cloexec %d flags %#x", fcntl(fd, F_GETFD),
		    (unsigned)fcntl(fd, F_GETFL));
		other = (int)K(pidfd_getfd, fd, ONE_OF(int, 1, 0, 99, -1),
		    once_in(8), 0, 0);
		say(" getfd %d", other < 0 ? other : 0);
		if (other >= 0)
			close(other);
		say(" signal %ld", K(pidfd_send_signal, fd, ONE_OF(int, 0, 65,
		    -1), NULL, ONE_OF(int, 0, 0, 8), 0));
		say(" read %ld write %ld lseek %ld", K(read, fd, &si, 8, 0,
		    0), K(write, fd, &si, 8, 0, 0), K(lseek, fd, 0, 0, 0, 0));
		pfd.fd = fd;
		pfd.events = POLLIN | POLLOUT;
		say(" poll %ld", K(poll, &pfd, 1, 0, 0, 0));
		say(" waitid %ld", K(waitid, P_PIDFD, fd, &si, WEXITED |
		    WNOHANG, NULL));
		close(fd);
		break;
	case 1:
		if ((p = vfork()) == 0)
			_exit(9);
		fd = (int)K(pidfd_open, p, 0, 0, 0, 0);
		say("child %d", fd < 0 ? fd : 0);
		memset(&si, 0, sizeof(si));
		say(" wait %ld", K(waitid, P_PIDFD, fd, &si, WEXITED, NULL));
		say(" code %d status %d", si.si_code, si.si_status);
		pfd.fd = fd;
		pfd.events = POLLIN;
		K(poll, &pfd, 1, 0, 0, 0);
		/* Since Linux 6.9 there is POLLHUP, too. */
		say(" poll %#x", pfd.revents & POLLIN);
		say(" signal %ld", K(pidfd_send_signal, fd, 0, NULL, 0, 0));
		say(" again %ld", K(waitid, P_PIDFD, fd, &si, WEXITED,
		    NULL));
		close(fd);
		break;
	case 2:
		say("bad %ld %ld %ld", K(pidfd_send_signal, 0, 0, NULL, 0, 0),
		    K(pidfd_send_signal, -1, 0, NULL, 0, 0), K(pidfd_getfd, 0,
		    0, 0, 0, 0));
		say(" waitid %ld %ld", K(waitid, P_PIDFD, 0, &si, WEXITED,
		    NULL), K(waitid, P_PIDFD, 99, &si, WEXITED, NULL));
	}
}

static void
do_spawn(void)
{
	char *const argv[] = { "nope", NULL };
	posix_spawn_file_actions_t fa;
	pid_t p = -5;

	posix_spawn_file_actions_init(&fa);
	if (once_in(2))
		posix_spawn_file_actions_addclose(&fa, 77);
	if (once_in(3))
		posix_spawn_file_actions_addopen(&fa, 9, "/nope", O_RDONLY,
		    0);
	say("spawn %d %d", posix_spawn(&p, ONE_OF(char *const, "/nope", "nope",
	    "/dev/null", "/tmp", "", "/dev/null/x"), &fa, NULL, argv, argv),
	    p > 0);
	say(" spawnp %d", posix_spawnp(&p, "no-such-program", NULL, NULL,
	    argv, argv));
	posix_spawn_file_actions_destroy(&fa);
}

static void
do_machine(void)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop"
	    "qrstuvwxyzabcdefghijklmnopqrstuvwxyz";
	struct utsname u;
	struct sysinfo si;
	long n = ONE_OF(long, 1, 5, 64, 65, -1, 0), r;
	char buf[300];
	unsigned cpu = 99, node = 99;

	switch (below(9)) {
	case 0:
		/* No name at all is another's default here. */
		if (n == 0)
			break;
		r = K(sethostname, once_in(10) ? BAD : text + below(5), n, 0,
		    0, 0);
		uname(&u);
		say("sethostname %ld %ld", n, r);
		if (r == 0)
			say(" %s", u.nodename);
		break;
	case 1:
		if (n == 0)
			break;
		r = K(setdomainname, once_in(10) ? BAD : text + below(5), n, 0,
		    0, 0);
		uname(&u);
		say("setdomainname %ld %ld", n, r);
		if (r == 0)
			say(" %s", u.domainname);
		break;
	case 2:
		say("uname %ld %ld sysinfo %ld %ld", K(uname, &u, 0, 0, 0, 0),
		    K(uname, BAD, 0, 0, 0, 0), K(sysinfo, &si, 0, 0, 0, 0),
		    K(sysinfo, BAD, 0, 0, 0, 0));
		say(" %s %s unit %u", u.sysname, u.machine, si.mem_unit);
		break;
	case 3:
		n = ONE_OF(long, 0, 1, 256, 300, -1);
		say("getrandom %ld %ld", n, K(getrandom, n < 0 || once_in(8) ?
		    BAD : buf, n, ONE_OF(int, 0, 1, 2, 4, 3, 5, 6, 8, -1), 0,
		    0));
		break;
	case 4:
		say("getcpu %ld %ld %ld %d %u", K(getcpu, &cpu, &node, 0, 0,
		    0), K(getcpu, BAD, 0, 0, 0, 0), K(getcpu, 0, 0, 0, 0, 0),
		    cpu < 99, node);
		break;
	case 5:
		say("reboot %ld %ld", K(reboot, 1, 2, 3, 0, 0), K(reboot,
		    0xfee1dead, 5, 0, 0, 0));
		break;
	case 6:
		n = ONE_OF(long, 0, 022, 0777, 01777, -1);
		say("umask %lo %lo", n, K(umask, n, 0, 0, 0, 0));
		break;
	case 7:
		say("syslog %ld %ld %ld %ld", K(syslog, 11, 0, 0, 0, 0),
		    K(syslog, -1, 0, 0, 0, 0), K(syslog, 3, NULL, 5, 0, 0),
		    K(syslog, 3, buf, -1, 0, 0));
		break;
	case 8:
		say("ids %d %d %d", getpid() == K(gettid, 0, 0, 0, 0, 0),
		    getpgrp() == getpgid(0), getsid(0) == getsid(getpid()));
		say(" %ld %ld", K(getsid, INT_MAX, 0, 0, 0, 0), K(getpgid,
		    -1, 0, 0, 0, 0));
	}
}

static void
do_odd(void)
{
	unsigned long a = 0, tid = 0, n = ONE_OF(unsigned long, 0, 24, 23, 25);
	long p = ONE_OF(long, 0xffffffff, 0, 0x40000, 0x20000, 0x400000,
	    0xffffffff);
	int self = getpid(), type = ONE_OF(int, 0, 1, 2, 3, 4, 5, 6, 8, -1),
	    i = ONE_OF(int, 0, 0, 99, -1), j = ONE_OF(int, 0, 0, 99, -1);
	void *head = NULL;

	switch (below(8)) {
	case 0:
		say("personality %#lx %#lx", p, K(personality, p, 0, 0, 0,
		    0));
		break;
	case 1:
		say("kcmp %d %d %d %d", type, i, j, (int)K(kcmp, self, self,
		    type, i, j) > 0 ? 1 : (int)K(kcmp, self, self, type, i,
		    j));
		if (type >= 0 && type < 7)
			say(" %ld", K(kcmp, self, INT_MAX, type, 0, 0));
		break;
	case 2:
		say("arch_prctl %ld %d %ld %ld", K(arch_prctl, ARCH_GET_FS, &a,
		    0, 0, 0), a != 0, K(arch_prctl, ARCH_GET_FS, BAD, 0, 0,
		    0), K(arch_prctl, 77, 0, 0, 0, 0));
		break;
	case 3:
		say("set_tid_address %d", K(set_tid_address, &tid, 0, 0, 0,
		    0) == self);
		break;
	case 4:
		say("set_robust_list %lu %ld", n, n == 24 ? 0 :
		    K(set_robust_list, &tid, n, 0, 0, 0));
		break;
	case 5:
		i = anypid();
		say("get_robust_list %s %ld", pname(i), K(get_robust_list,
		    i, &head, &n, 0, 0));
		say(" %lu %ld", n, K(get_robust_list, 0, BAD, &n, 0, 0));
		break;
	case 6:
		say("dumpable %ld %ld", K(prctl, PR_SET_DUMPABLE,
		    ONE_OF(int, 0, 1, 2, -1), 0, 0, 0), K(prctl,
		    PR_GET_DUMPABLE, 0, 0, 0, 0));
		break;
	case 7:
		say("futex %ld", K(futex, BAD, 0, 0, 0, 0));
	}
}

void
differ_step(void)
{
	switch (below(12)) {
	case 0: case 1: case 2:
		do_sched();
		break;
	case 3:
		do_affinity();
		break;
	case 4:
		do_priority();
		break;
	case 5:
		do_limit();
		break;
	case 6: case 7:
		do_wait();
		break;
	case 8:
		do_pidfd();
		break;
	case 9:
		if (once_in(3))
			do_spawn();
		else
			do_odd();
		break;
	default:
		do_machine();
	}
}

void
differ_begin(void)
{
	setsid();
}

void
differ_end(void)
{
	struct sched_param sp = { .sched_priority = 0 };

	sched_setscheduler(0, 0, &sp);
	K(sched_setscheduler, 0, 0, &sp, 0, 0);
	setpriority(0, 0, 0);
	umask(022);
	K(personality, 0, 0, 0, 0, 0);
	K(ioprio_set, 1, 0, 0, 0, 0);
	K(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}
