/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX message queues by system call, named semaphores and shared memory by
 * libc.  Nothing waits: time-outs are in the past.  Left out: more messages or
 * longer ones than a user without CAP_SYS_RESOURCE may have (root has it here,
 * not on each Linux), SIGEV_THREAD, reading a queue's descriptor; mq_unlink of
 * another's is EPERM on Linux, EACCES in its manual and POSIX.
 */
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "differ.h"

#define NFD	5
#define BAD	((void *)8)
#define NOBODY	1000
#define AS(call)	(as = once_in(6), as ? seteuid(NOBODY) : 0,	\
	    as_r = RES(call), as ? seteuid(0) : 0, as_r)

static int as, fds[NFD];
static sem_t *sems[2];
static long as_r;
static char longname[300];

static int
pick(void)
{
	return once_in(15) ? ONE_OF(int, -1, 0, 999, -100) : fds[below(NFD)];
}

static const char *
name(void)
{
	if (once_in(12))
		return ONE_OF(char *const, "", ".", "..", "a/b", "/a", BAD,
		    longname, longname + 44, longname + 45, "a.b");
	return ONE_OF(char *const, "a", "b", "c");
}

static const char *
shown(const char *n)
{
	return n == BAD ? "bad" : n[0] == 'n' ? "long" : n;
}

static void
do_open(void)
{
	struct mq_attr at = { .mq_maxmsg = ONE_OF(long, 1, 2, 3, 10),
	    .mq_msgsize = ONE_OF(long, 1, 8, 8, 100) };
	int flags = ONE_OF(int, O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR);
	int mode = ONE_OF(int, 0600, 0, 0666, 0777, 07777, 0404), kind;
	const char *n = name();
	struct stat st;
	long r;

	if (once_in(2)) flags |= O_CREAT;
	if (once_in(5)) flags |= O_EXCL;
	if (once_in(2)) flags |= O_NONBLOCK;
	if (once_in(20)) flags |= O_CLOEXEC;
	if (once_in(10)) at.mq_maxmsg = ONE_OF(long, 0, -1, 1L << 40);
	if (once_in(10)) at.mq_msgsize = ONE_OF(long, 0, -1, 1L << 40);
	if (once_in(9)) at.mq_flags = ONE_OF(long, O_NONBLOCK, -1);
	if (once_in(9)) at.mq_curmsgs = 5;
	kind = once_in(15) ? 2 : once_in(4);
	r = AS(syscall(SYS_mq_open, n, flags, mode, kind == 2 ? BAD :
	    kind ? NULL : &at));
	say("mq_open %s %#o %#o attr %d %ld %ld as %d: %ld", shown(n), flags,
	    mode, kind, at.mq_maxmsg, at.mq_msgsize, as, r < 0 ? r : 0);
	if (r < 0)
		return;
	memset(&st, 0, sizeof(st));
	fstat(r, &st);
	say(" fl %#o fd %d mode %#o owner %d %d size %ld", fcntl(r, F_GETFL) &
	    ~O_CLOEXEC, fcntl(r, F_GETFD), st.st_mode, st.st_uid, st.st_gid,
	    (long)st.st_size);
	kind = below(NFD);
	close(fds[kind]);
	fds[kind] = r;
}

static const struct timespec *
past(struct timespec *ts, int fd)
{
	*ts = (struct timespec){ 1, 0 };
	if (once_in(10))
		*ts = (struct timespec){ ONE_OF(long, 0, -1, 1),
		    ONE_OF(long, 1000000000, -1, 999999999) };
	if (once_in(20))
		return BAD;
	return once_in(4) && fcntl(fd, F_GETFL) & O_NONBLOCK ? NULL : ts;
}

static void
do_send(void)
{
	int fd = pick();
	unsigned prio = once_in(9) ? ONE_OF(unsigned, 32767, 32768, -1U) :
	    below(4);
	size_t len = ONE_OF(size_t, 0, 1, 8, 8, 9, 100, 101);
	const struct timespec *t;
	struct timespec ts;
	char b[200];
	long r;

	memset(b, below(256), sizeof(b));
	if (once_in(40)) len = -1;
	t = past(&ts, fd);
	r = RES(syscall(SYS_mq_timedsend, fd, once_in(20) ? BAD : b, len,
	    prio, t));
	say("send len %zu prio %u time %ld %ld: %ld", len, prio,
	    t != NULL && t != BAD ? (long)t->tv_sec : (long)t,
	    t != NULL && t != BAD ? t->tv_nsec : 0, r);
}

static void
do_receive(void)
{
	int fd = pick();
	size_t len = ONE_OF(size_t, 0, 1, 8, 100, 100, 8192);
	static char b[8192];
	unsigned prio = 77;
	const struct timespec *t;
	struct timespec ts;
	long r;

	memset(b, 0, sizeof(b));
	t = past(&ts, fd);
	r = RES(syscall(SYS_mq_timedreceive, fd, once_in(20) ? BAD : b, len,
	    once_in(20) ? BAD : once_in(5) ? NULL : &prio, t));
	say("receive len %zu: %ld prio %u sum %08x", len, r, r < 0 ? 0 : prio,
	    r < 0 ? 0 : sum(b, sizeof(b)));
}

static void
do_notify(void)
{
	struct timespec now = { 0, 0 };
	siginfo_t si = { 0 };
	sigset_t set;
	struct sigevent ev = { .sigev_notify = ONE_OF(int, SIGEV_SIGNAL,
	    SIGEV_SIGNAL, SIGEV_NONE, 7, -1), .sigev_signo = ONE_OF(int,
	    SIGUSR1, SIGUSR2, SIGUSR1, 64, 65, -1, 0) };
	int fd = pick(), kind = once_in(20) ? 2 : once_in(3);
	long r;

	/* What sends no signal is not looked at. */
	if (ev.sigev_signo == 64)
		ev.sigev_notify = SIGEV_NONE;
	ev.sigev_value.sival_int = below(100);
	r = RES(syscall(SYS_mq_notify, fd, kind == 2 ? BAD : kind ? NULL :
	    &ev));
	say("notify %d signo %d attr %d: %ld", ev.sigev_notify,
	    ev.sigev_signo, kind, r);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	while ((r = RES(sigtimedwait(&set, &si, &now))) > 0)
		say(" signal %ld code %d value %d pid %d uid %d", r,
		    si.si_code, si.si_value.sival_int, si.si_pid == getpid(),
		    si.si_uid);
}

static void
do_attr(void)
{
	struct mq_attr at = { .mq_flags = ONE_OF(long, 0, O_NONBLOCK,
	    O_NONBLOCK, 1, O_NONBLOCK | O_APPEND), .mq_maxmsg = 99 };
	struct mq_attr old = { 0 };
	int fd = pick(), set = once_in(2);
	struct pollfd pfd = { fd, POLLIN | POLLOUT | POLLPRI, 0 };
	long r;

	r = RES(syscall(SYS_mq_getsetattr, fd, set ? once_in(15) ? BAD : &at :
	    NULL, once_in(15) ? BAD : once_in(10) ? NULL : &old));
	say("attr %d flags %#lo: %ld flags %#lo max %ld size %ld now %ld", set,
	    at.mq_flags, r, old.mq_flags, old.mq_maxmsg, old.mq_msgsize,
	    old.mq_curmsgs);
	if (fd != 0) {
		r = RES(poll(&pfd, 1, 0));
		say(" poll %ld %#x", r, pfd.revents);
	}
}

static void
do_sem(void)
{
	const char *n = ONE_OF(char *const, "/sa", "/sa", "sb", "/", "",
	    "/a/b", "/..", longname + 40);
	struct timespec ts = { 1, once_in(5) ? -1 : 0 };
	int flags = ONE_OF(int, 0, O_CREAT, O_CREAT, O_CREAT | O_EXCL,
	    O_EXCL), i = below(2), v = -1;
	unsigned value = ONE_OF(unsigned, 0, 1, 2, SEM_VALUE_MAX,
	    SEM_VALUE_MAX + 1U);
	sem_t *s;
	long r = 0;

	switch (below(6)) {
	case 0:
		errno = 0;
		s = sem_open(n, flags, ONE_OF(int, 0600, 0, 0666), value);
		if (s == SEM_FAILED)
			r = -errno;
		else if (sems[i] != NULL)
			sem_close(sems[i]);
		if (s != SEM_FAILED)
			sems[i] = s;
		say("sem_open %s %#o %u: %ld same %d", shown(n), flags, value,
		    r, sems[0] == sems[1]);
		break;
	case 1:
		say("sem_unlink %s %ld", shown(n), RES(sem_unlink(n)));
		break;
	default:
		if (sems[i] == NULL)
			break;
		if (once_in(2))
			say("sem_post %ld", RES(sem_post(sems[i])));
		else
			say("sem_wait %ld", RES(once_in(2) ?
			    sem_trywait(sems[i]) : sem_timedwait(sems[i],
			    &ts)));
		sem_getvalue(sems[i], &v);
		say(" value %d", v);
	}
}

static void
do_shm(void)
{
	const char *n = ONE_OF(char *const, "/ma", "/ma", "mb", "/", "",
	    "/a/b", "/.", longname + 40);
	int flags = ONE_OF(int, O_RDONLY, O_RDWR, O_RDWR);
	struct stat st = { 0 };
	long r;

	if (once_in(3)) {
		say("shm_unlink %s %ld", shown(n), RES(shm_unlink(n)));
		return;
	}
	if (once_in(2)) flags |= O_CREAT;
	if (once_in(4)) flags |= O_EXCL;
	if (once_in(4)) flags |= O_TRUNC;
	r = RES(shm_open(n, flags, ONE_OF(int, 0600, 0644, 07777, 0)));
	say("shm_open %s %#o: %ld", shown(n), flags, r < 0 ? r : 0);
	if (r < 0)
		return;
	fstat(r, &st);
	say(" fl %#o fd %d mode %#o size %ld truncate %ld", fcntl(r, F_GETFL),
	    fcntl(r, F_GETFD), st.st_mode, (long)st.st_size,
	    RES(ftruncate(r, below(9000))));
	close(r);
}

void
differ_begin(void)
{
	sigset_t set;
	int i;

	memset(longname, 'n', sizeof(longname) - 1);
	for (i = 0; i < NFD; i++)
		fds[i] = -1;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void
differ_step(void)
{
	const char *n;
	int i;

	switch (below(14)) {
	case 0: case 1: case 2:
		do_open();
		break;
	case 3: case 4: case 5:
		do_send();
		break;
	case 6: case 7:
		do_receive();
		break;
	case 8:
		do_notify();
		break;
	case 9:
		do_attr();
		break;
	case 10:
		n = name();
		say("mq_unlink %s: %ld", shown(n), RES(syscall(SYS_mq_unlink,
		    n)));
		break;
	case 11:
		i = below(NFD);
		say("close %ld", RES(close(fds[i])));
		fds[i] = -1;
		break;
	case 12:
		do_sem();
		break;
	default:
		do_shm();
	}
}

void
differ_end(void)
{
	int i;

	for (i = 0; i < NFD; i++)
		close(fds[i]);
	for (i = 0; i < 2; i++) {
		if (sems[i] != NULL)
			sem_close(sems[i]);
		sems[i] = NULL;
	}
	syscall(SYS_mq_unlink, "a");
	syscall(SYS_mq_unlink, "b");
	syscall(SYS_mq_unlink, "c");
	syscall(SYS_mq_unlink, "a.b");
	syscall(SYS_mq_unlink, longname + 44);
	sem_unlink("/sa");
	sem_unlink("sb");
	shm_unlink("/ma");
	shm_unlink("mb");
}
