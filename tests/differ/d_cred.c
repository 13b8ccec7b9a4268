/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who a process is: ids, groups, capabilities, prctl, groups of processes,
 * limits, and what all that allows; each step in a child by vfork.  A machine's
 * root may have fewer capabilities than a guest's: both keep those of HAVE.
 * Left out: dumpable, which vfork shares; more than 32 groups (libc's
 * NGROUPS_MAX).
 */
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#include "differ.h"

#define BIT(cap) (1U << (cap))
#define HAVE	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) |		\
		BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) |		\
		BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) |	\
		BIT(CAP_SETUID) | BIT(CAP_SETPCAP) |			\
		BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) |		\
		BIT(CAP_IPC_LOCK) | BIT(CAP_SYS_CHROOT) |		\
		BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_NICE) |		\
		BIT(CAP_SYS_TIME) | BIT(CAP_MKNOD))
#define BAD	((void *)0x1000)

static long
k(long n, long a, long b, long c, long d)
{
	return RES(syscall(n, a, b, c, d, 0, 0));
}
#define K(n, a, b, c, d)						\
	k(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d))

static int parent;

static unsigned
anyid(void)
{
	return ONE_OF(unsigned, 0, 0, 5, 5, 6, 7, -1, -2, 65534, 0x80000000);
}

/* What prctl knows, as digits of 16. */
static void
sets(void)
{
	unsigned long bset = 0, amb = 0;
	long i;

	for (i = 0; i <= CAP_LAST_CAP; i++) {
		bset |= (unsigned long)(prctl(PR_CAPBSET_READ, i, 0, 0, 0) ==
		    1) << i;
		amb |= (unsigned long)(prctl(PR_CAP_AMBIENT,
		    PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) << i;
	}
	say("  bounding %lx ambient %lx secure %lx", bset, amb,
	    K(prctl, PR_GET_SECUREBITS, 0, 0, 0));
}

/* The lines of /proc/self/status. */
static void
status(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "Cap", 3) == 0 ||
		    strncmp(line, "NoNew", 5) == 0) {
			line[strcspn(line, "\n")] = '\0';
			say("  %s", line);
		}
	fclose(f);
}

static void
ids(void)
{
	unsigned u[3] = { 0 }, g[3] = { 0 }, groups[32], all = 0;
	struct __user_cap_header_struct h = { 0x20080522, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	long n, i = 0;

	K(getresuid, u, u + 1, u + 2, 0);
	K(getresgid, g, g + 1, g + 2, 0);
	n = K(getgroups, 32, groups, 0, 0);
	/* Linux sorts them. */
	while (n > 0 && i < n)
		all += 1U << groups[i++];
	K(capget, &h, d, 0, 0);
	say("  %d %d %d, %d %d %d, fs %ld %ld, %ld groups %x, caps %x %x %x "
	    "%x %x %x", u[0], u[1], u[2], g[0], g[1], g[2],
	    K(setfsuid, -1, 0, 0, 0), K(setfsgid, -1, 0, 0, 0), n,
	    all, d[0].effective, d[1].effective,
	    d[0].permitted, d[1].permitted, d[0].inheritable,
	    d[1].inheritable);
	if (once_in(4))
		sets();
}

static void
setids(void)
{
	unsigned a = anyid(), b = anyid(), c = anyid();

	switch (below(10)) {
	case 0:
		say(" setuid %d %ld", a, K(setuid, a, 0, 0, 0));
		break;
	case 1:
		say(" setgid %d %ld", a, K(setgid, a, 0, 0, 0));
		break;
	case 2:
		say(" setreuid %d %d %ld", a, b, K(setreuid, a, b, 0, 0));
		break;
	case 3:
		say(" setregid %d %d %ld", a, b, K(setregid, a, b, 0, 0));
		break;
	case 4: case 5:
		say(" setresuid %d %d %d %ld", a, b, c,
		    K(setresuid, a, b, c, 0));
		break;
	case 6:
		say(" setresgid %d %d %d %ld", a, b, c,
		    K(setresgid, a, b, c, 0));
		break;
	case 7:
		say(" setfsuid %d %ld", a, K(setfsuid, a, 0, 0, 0));
		break;
	case 8:
		say(" setfsgid %d %ld", a, K(setfsgid, a, 0, 0, 0));
		break;
	case 9:
		say(" seteuid %d %ld", a, K(setresuid, -1, a, -1, 0));
	}
	ids();
}

static void
groups(void)
{
	unsigned set[32], i;
	long n = ONE_OF(long, 0, 1, 2, 5, 31, 32, 65537, -1, INT32_MIN);

	for (i = 0; i < 32; i++)
		set[i] = below(5);
	if (once_in(2))
		say(" setgroups %ld %ld", n, K(setgroups, n, once_in(10) ?
		    BAD : set, 0, 0));
	else
		say(" getgroups %ld %ld", n, K(getgroups, n, once_in(10) ?
		    BAD : set, 0, 0));
	ids();
}

static void
caps(void)
{
	struct __user_cap_header_struct h = { 0x20080522, 0 }, h2 = h;
	struct __user_cap_data_struct d[2];
	unsigned i;
	long r;

	h.version = ONE_OF(unsigned, 0x20080522, 0x20080522, 0x20080522,
	    0x20071026, 0x19980330, 0, 0x20080523);
	h.pid = ONE_OF(int, 0, 0, 0, 0, getpid(), INT_MAX, -1);
	memset(d, 0, sizeof(d));
	if (once_in(3)) {
		r = K(capget, once_in(12) ? BAD : &h, once_in(12) ? BAD :
		    once_in(8) ? NULL : d, 0, 0);
		say(" capget %ld version %x", r, h.version);
		return;
	}
	K(capget, &h2, d, 0, 0);
	for (i = 0; i < 2; i++)
		switch (below(4)) {
		case 0:
			d[i].effective = 0;
			break;
		case 1:
			d[i].permitted &= 0xf0;
			d[i].effective &= d[i].permitted;
			break;
		case 2:
			d[i].effective = d[i].permitted;
			break;
		case 3:
			d[i].permitted = ONE_OF(unsigned, 0, 0xff, 0x1ff,
			    ~0U);
			d[i].inheritable = below(16);
		}
	r = K(capset, once_in(12) ? BAD : &h, once_in(12) ? BAD : d, 0, 0);
	say(" capset %x %x %x %x %x %x: %ld version %x", d[0].effective,
	    d[1].effective, d[0].permitted, d[1].permitted, d[0].inheritable,
	    d[1].inheritable, r, h.version);
	ids();
}

static void
port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(80) };
	int fd = (int)RES(socket(AF_INET, SOCK_STREAM, 0));

	say(" port %ld", RES(bind(fd, (struct sockaddr *)&sin, sizeof(sin))));
	close(fd);
}

static void
file(void)
{
	struct stat st;

	say(" chown %ld", RES(chown("g", 0, ONE_OF(gid_t, 0, 5, 6))));
	say(" chmod %ld", RES(chmod("g", ONE_OF(mode_t, 0, 0640, 04755,
	    02711))));
	say(" read %ld", RES(access("g", R_OK)));
	say(" run %ld", RES(access("g", X_OK)));
	say(" eaccess %ld", RES(faccessat(AT_FDCWD, "g", W_OK, AT_EACCESS)));
	say(" truncate %ld", RES(truncate("g", 1)));
	say(" mknod %ld", RES(mknod("null", S_IFCHR, makedev(1, 3))));
	unlink("null");
	say(" unlink %ld", RES(unlink("sticky/h")));
	memset(&st, 0, sizeof(st));
	stat("g", &st);
	say(" mode %#o %d:%d", st.st_mode, (int)st.st_uid, (int)st.st_gid);
	if (RES(stat("sticky/h", &st)) == 0)
		return;
	close((int)RES(creat("sticky/h", 0666)));
}

static void
lock(void)
{
	struct rlimit old, rl = { 0, 0 };

	getrlimit(RLIMIT_MEMLOCK, &old);
	rl.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &rl);
	say(" mlockall %ld", RES(mlockall(MCL_FUTURE)));
	munlockall();
	setrlimit(RLIMIT_MEMLOCK, &old);
}

/* What a plain user may not. */
static void
allowed(void)
{
	struct sched_param sp = { .sched_priority = 1 };
	struct timespec ts = { 0, -1 };
	struct rlimit rl = { 0, 0 };
	int fd;

	switch (below(14)) {
	case 0:
		say(" kill parent %ld", K(kill, parent, 0, 0, 0));
		break;
	case 1:
		say(" nice %ld", K(setpriority, 0, 0, -3, 0));
		say("  is %ld", K(getpriority, 0, 0, 0, 0));
		break;
	case 2:
		say(" nice of parent %ld", K(setpriority, 0, parent, 0, 0));
		break;
	case 3:
		say(" fifo %ld", K(sched_setscheduler, 0, SCHED_FIFO, &sp,
		    0));
		break;
	case 4:
		rl.rlim_cur = rl.rlim_max = below(4);
		say(" core %d %ld", (int)rl.rlim_max, RES(setrlimit(
		    RLIMIT_CORE, &rl)));
		break;
	case 5: case 6:
		fd = (int)RES(open("f", once_in(2) ? O_RDONLY : O_WRONLY));
		say(" open %d", fd < 0 ? fd : 0);
		if (fd >= 0)
			close(fd);
		say(" access %ld", RES(access("f", R_OK)));
		break;
	case 7:
		say(" chroot %ld", RES(chroot("nope")));
		break;
	case 8:
		say(" sethostname %ld", K(sethostname, "name", once_in(4) ?
		    65 : 4, 0, 0));
		say(" clock %ld", K(clock_settime, 0, &ts, 0, 0));
		break;
	case 9:
		say(" raw %d", fd = (int)RES(socket(AF_INET, SOCK_RAW, 6)));
		if (fd >= 0)
			close(fd);
		break;
	case 10:
		port();
		break;
	case 11:
		file();
		break;
	case 12:
		lock();
		break;
	case 13:
		say(" mount %ld", K(umount2, "nope", 0, 0, 0));
		say(" alarm %d", fd = (int)K(timerfd_create,
		    CLOCK_REALTIME_ALARM, 0, 0, 0));
		if (fd >= 0)
			close(fd);
		say(" ioprio %ld", K(ioprio_set, 1, 0, 1 << 13, 0));
	}
}

static const char *
pid(long p)
{
	static char s[24];

	if (p == getpid())
		return "self";
	if (p == parent)
		return "parent";
	snprintf(s, sizeof(s), "%ld", p);
	return p <= 0 ? s : "other";
}

static void
pgroups(void)
{
	int p = ONE_OF(int, 0, 0, getpid(), parent, INT_MAX, -1),
	    g = ONE_OF(int, 0, 0, getpid(), parent, INT_MAX, -1);

	switch (below(5)) {
	case 0:
		say(" setsid %s", pid(K(setsid, 0, 0, 0, 0)));
		break;
	case 1: case 2:
		say(" setpgid %s", pid(p));
		say("  to %s %ld", pid(g), K(setpgid, p, g, 0, 0));
		break;
	case 3:
		say(" getpgid %s", pid(p));
		say("  is %s", pid(K(getpgid, p, 0, 0, 0)));
		break;
	case 4:
		say(" getsid %s", pid(p));
		say("  is %s", pid(K(getsid, p, 0, 0, 0)));
	}
	say(" group %s", pid(K(getpgrp, 0, 0, 0, 0)));
}

static void
prctls(void)
{
	int op = ONE_OF(int, PR_SET_PDEATHSIG, PR_GET_PDEATHSIG,
	    PR_SET_KEEPCAPS, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS,
	    PR_GET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER,
	    PR_GET_CHILD_SUBREAPER, PR_CAPBSET_READ, PR_CAPBSET_DROP,
	    PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_GET_TIMING,
	    PR_SET_TIMING, PR_GET_SECUREBITS, PR_SET_SECUREBITS,
	    PR_CAP_AMBIENT, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP,
	    PR_GET_TSC, PR_MCE_KILL_GET, PR_GET_THP_DISABLE,
	    PR_SET_NO_NEW_PRIVS, 12345, 0, -1);
	long a = ONE_OF(long, 0, 0, 1, 1, 2, 9, 40, 41, 64, 65, 1L << 32, -1),
	    b = 0, r;
	char buf[32] = "";

	if (op == PR_GET_PDEATHSIG || op == PR_GET_CHILD_SUBREAPER ||
	    op == PR_GET_NAME || op == PR_GET_TSC)
		r = K(prctl, op, once_in(8) ? BAD : buf, 0, 0);
	else if (op == PR_SET_NAME)
		r = K(prctl, op, once_in(8) ? BAD : "a name longer than that",
		    0, 0);
	else if (op == PR_CAP_AMBIENT) {
		a = ONE_OF(long, 2, 2, 2, 1, 3, 4, 5, 0);
		b = a == 4 && !once_in(4) ? 0 : ONE_OF(long, 0, 1, 2, 3, 5, 7,
		    40, 41);
		r = K(prctl, op, a, b, once_in(10));
	} else if (op == PR_SET_SECUREBITS) {
		a = ONE_OF(long, 0, 1, 3, 4, 4, 0xc, 0x10, 0x14, 0x30, 0x40,
		    0xc0, 0x55, 0xff, -1, 1L << 32);
		r = K(prctl, op, a, b, 0);
	}
	else
		r = K(prctl, op, a, b = once_in(10), 0);
	say(" prctl %d %ld %ld: %ld %08x %s", op, a, b, r, *(int *)buf,
	    op == PR_GET_NAME ? buf : "");
	if (op == PR_CAP_AMBIENT || op == PR_CAPBSET_DROP ||
	    op == PR_SET_SECUREBITS || op == PR_SET_KEEPCAPS)
		sets();
}

static void
child(void)
{
	int i, n = 4 + below(6);

	for (i = 0; i < n; i++)
		switch (below(10)) {
		case 0: case 1: case 2:
			setids();
			break;
		case 3:
			groups();
			break;
		case 4:
			caps();
			break;
		case 5: case 6:
			allowed();
			break;
		case 7:
			pgroups();
			break;
		default:
			prctls();
		}
	if (once_in(4))
		status();
	_exit(below(256));
}

void
differ_step(void)
{
	siginfo_t si;
	int st = -1, how = below(3);
	volatile pid_t p;

	/* Each is many calls, and a process. */
	if (!once_in(3))
		return;
	if ((p = vfork()) == 0)
		child();
	memset(&si, 0, sizeof(si));
	if (how == 0) {
		say("waitid %ld", RES(waitid(P_ALL, 0, &si, WEXITED |
		    WNOWAIT)));
		say(" signo %d code %d status %d uid %u pid %s", si.si_signo,
		    si.si_code, si.si_status, si.si_uid,
		    si.si_pid == p ? "same" : "other");
	}
	say("wait %d", wait4(-1, &st, 0, NULL) == p);
	say(" status %#x", st);
}

void
differ_begin(void)
{
	struct __user_cap_header_struct h = { 0x20080522, 0 };
	struct __user_cap_data_struct d[2] = { { HAVE, HAVE, 0 }, { 0 } };
	int i, fd;

	parent = getpid();
	setsid();
	prctl(PR_SET_NAME, "name");
	setgroups(0, NULL);
	fd = open("f", O_CREAT | O_RDWR, 0640);
	if (fchown(fd, 5, 6) != 0)
		perror("f");
	close(fd);
	close(creat("g", 0644));
	mkdir("sticky", 01777);
	for (i = 0; i <= CAP_LAST_CAP; i++)
		if (i > 31 || (HAVE & BIT(i)) == 0)
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	K(capset, &h, d, 0, 0);
}

void
differ_end(void)
{
}
