/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wait4, waitid, orphans, process groups and sessions.  usage: t_wait DIR, as
 * t_spawn.
 */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "run.h"

#ifndef P_PIDFD
#define P_PIDFD	3
#endif
#ifndef MADV_WILLNEED
#define MADV_WILLNEED 3
#endif


static pid_t
start(posix_spawnattr_t *at, char **argv)
{
	pid_t pid = -1;

	CHECK_EQ(posix_spawn(&pid, argv[0], NULL, at, argv, environ), 0);
	if (pid <= 0)
		exit(1);	/* kill(-1) on Linux would end everybody */
	return pid;
}

static void
test_none(void)
{
	siginfo_t si;
	int st;

	CHECK(waitpid(-1, &st, 0) == -1 && errno == ECHILD);
	CHECK(waitpid(-1, &st, WNOHANG) == -1 && errno == ECHILD);
	CHECK(waitpid(NO_PID, &st, 0) == -1 && errno == ECHILD);
	CHECK(waitpid(getpid(), &st, 0) == -1 && errno == ECHILD);
	CHECK(waitid(P_ALL, 0, &si, WEXITED) == -1 && errno == ECHILD);
	CHECK(waitid(P_ALL, 0, &si, 0) == -1 && errno == EINVAL);
	CHECK(waitid(P_PID, 0, &si, WEXITED) == -1 && errno == EINVAL);
	CHECK(waitid(77, 1, &si, WEXITED) == -1 && errno == EINVAL);
	CHECK(waitid(P_ALL, 0, &si, WEXITED | 0x100) == -1 &&
	    errno == EINVAL);
	CHECK(waitpid(-1, &st, 0x100) == -1 && errno == EINVAL);
}

static void
test_flags(void)
{
	struct rusage ru;
	siginfo_t si;
	pid_t pid;
	int in[2], st = 77;

	/* It reads from us until we close. */
	CHECK_EQ(pipe2(in, O_CLOEXEC), 0);
	dup2(in[0], 0);
	close(in[0]);
	pid = start(NULL, ARGV(prog("helper"), "cat"));
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &st, WNOHANG | WUNTRACED | WCONTINUED), 0);
	CHECK_EQ(st, 77);
	memset(&si, 0xff, sizeof(si));
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG), 0);
	CHECK(si.si_pid == 0 && si.si_signo == 0);
	close(in[1]);
	memset(&si, 0xff, sizeof(si));
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_signo, SIGCHLD);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_status, 0);
	CHECK_EQ(si.si_uid, getuid());
	CHECK_EQ(wait4(pid, &st, 0, &ru), pid);
	CHECK_EQ(st, 0);
	CHECK(waitpid(pid, &st, 0) == -1 && errno == ECHILD);
	pid = start(NULL, ARGV(prog("helper"), "exit", "300"));
	CHECK_EQ(waitid(P_ALL, 0, &si, WEXITED), 0);
	CHECK(si.si_pid == pid && si.si_status == 300 % 256);
	close(0);
	CHECK_EQ(open("/dev/null", O_RDWR), 0);
}

static void
test_groups(void)
{
	posix_spawnattr_t at;
	pid_t a, b;
	siginfo_t si;
	int st, in[2];

	CHECK_EQ(pipe2(in, O_CLOEXEC), 0);
	dup2(in[0], 0);
	close(in[0]);
	posix_spawnattr_init(&at);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&at, 0);
	a = start(&at, ARGV(prog("helper"), "cat"));
	CHECK_EQ(getpgid(a), a);
	posix_spawnattr_setpgroup(&at, a);
	b = start(&at, ARGV(prog("helper2"), "cat"));
	CHECK_EQ(getpgid(b), a);
	CHECK_EQ(getsid(b), getsid(0));
	/* It has its own program by now. */
	CHECK(setpgid(b, 0) == -1 && errno == EACCES);
	CHECK(setpgid(NO_PID, 0) == -1 && errno == ESRCH);
	CHECK(setpgid(0, NO_PID) == -1 && errno == EPERM);
	CHECK(setpgid(0, -1) == -1 && errno == EINVAL);
	CHECK(getpgid(NO_PID) == -1 && errno == ESRCH);
	CHECK(getsid(NO_PID) == -1 && errno == ESRCH);
	CHECK(waitpid(0, &st, WNOHANG) == -1 && errno == ECHILD);
	CHECK_EQ(waitpid(-a, &st, WNOHANG), 0);
	close(in[1]);
	CHECK_EQ(waitid(P_PGID, (id_t)a, &si, WEXITED), 0);
	CHECK_EQ(waitpid(-a, &st, 0), a + b - si.si_pid);
	close(0);
	CHECK_EQ(open("/dev/null", O_RDWR), 0);
}

static volatile sig_atomic_t chld_count, chld_pid, chld_code, chld_status;

static void
on_chld(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	chld_count++;
	chld_pid = si->si_pid;
	chld_code = si->si_code;
	chld_status = si->si_status;
}

static void
test_sigchld(void)
{
	struct sigaction sa = { .sa_sigaction = on_chld,
	    .sa_flags = SA_SIGINFO | SA_RESTART };
	sigset_t block, old;
	pid_t pid;
	int st;

	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &old);
	pid = start(NULL, ARGV(prog("helper"), "exit", "5"));
	while (chld_count == 0)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK_EQ(chld_count, 1);
	CHECK_EQ(chld_pid, pid);
	CHECK_EQ(chld_code, CLD_EXITED);
	CHECK_EQ(chld_status, 5);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	/* Killed: the status is the signal. */
	pid = start(NULL, ARGV(prog("helper"), "threads", prog("nothing")));
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 24 << 8);
	chld_count = 0;
	pid = start(NULL, ARGV(prog("helper"), "forever"));
	CHECK_EQ(kill(pid, SIGTERM), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	CHECK(chld_count == 1 && chld_code == CLD_KILLED &&
	    chld_status == SIGTERM);
	/* A parent that does not care has no zombies. */
	signal(SIGCHLD, SIG_IGN);
	pid = start(NULL, ARGV(prog("helper")));
	CHECK(waitpid(pid, &st, 0) == -1 && errno == ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static void
test_stop(void)
{
	siginfo_t si;
	pid_t pid = start(NULL, ARGV(prog("helper"), "forever"));
	int st;

	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WCONTINUED), 0);
	CHECK(si.si_code == CLD_CONTINUED && si.si_status == SIGCONT);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
}

/* Descriptors of processes. */
static void
test_pidfd(void)
{
	char *argv[] = { prog("helper"), "cat", NULL };
	struct pollfd pfd = { .events = POLLIN };
	struct iovec iov;
	siginfo_t si;
	pid_t pid;
	int in[2], fd, copy, own;

	CHECK(syscall(SYS_pidfd_open, NO_PID, 0) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_pidfd_open, -1, 0) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_pidfd_open, getpid(), 1) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0) == -1 &&
	    errno == EBADF);
	CHECK((own = (int)syscall(SYS_pidfd_open, getpid(), 0)) >= 0);
	CHECK_EQ(fcntl(own, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, own, 0, NULL, 0), 0);
	CHECK(waitid(P_PIDFD, (id_t)own, &si, WEXITED) == -1 &&
	    errno == ECHILD);

	CHECK_EQ(pipe2(in, O_CLOEXEC), 0);
	dup2(in[0], 0);
	close(in[0]);
	pid = start(NULL, argv);
	CHECK((fd = (int)syscall(SYS_pidfd_open, pid, 0)) >= 0);
	pfd.fd = fd;
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	memset(&si, 0xff, sizeof(si));
	CHECK_EQ(waitid(P_PIDFD, (id_t)fd, &si, WEXITED | WNOHANG), 0);
	CHECK_EQ(si.si_pid, 0);
	/* Its standard input is ours, too. */
	copy = (int)syscall(SYS_pidfd_getfd, fd, 0, 0);
	if (copy == -1 && errno == EPERM) {
		printf("skip: pidfd_getfd (not permitted)\n");
	} else {
		CHECK(copy >= 0);
		CHECK_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
		CHECK_EQ(close(copy), 0);
		CHECK(syscall(SYS_pidfd_getfd, fd, 77, 0) == -1 &&
		    errno == EBADF);
	}
	iov.iov_base = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	iov.iov_len = 8192;
	CHECK_EQ(syscall(SYS_process_madvise, own, &iov, 1, MADV_WILLNEED, 0),
	    8192);
	CHECK(syscall(SYS_process_madvise, own, &iov, 1, 9999, 0) ==
	    -1 && errno == EINVAL);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0), 0);
	CHECK_EQ(poll(&pfd, 1, -1), 1);
	CHECK_EQ(pfd.revents, POLLIN);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), 0);
	CHECK_EQ(waitid(P_PIDFD, (id_t)fd, &si, WEXITED), 0);
	CHECK(si.si_pid == pid && si.si_status == SIGTERM &&
	    si.si_code == CLD_KILLED);
	CHECK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == -1 &&
	    errno == ESRCH);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK(syscall(SYS_pidfd_getfd, fd, 0, 0) == -1 && errno == ESRCH);
	close(fd);
	close(own);
	close(in[1]);
	close(0);
	CHECK_EQ(open("/dev/null", O_RDWR), 0);
}

static void
test_orphan(void)
{
	char buf[100];

	/* Ours ends; the pipe's last writer is its child, which says so. */
	CHECK_EQ(output(buf, sizeof(buf), NULL, NULL, ARGV(prog("helper"),
	    "orphan", prog("helper2"))), 0);
	if (getppid() != 1 && getenv("SUBREAPER") == NULL)
		CHECK(strcmp(buf, "ppid 1\n") == 0);
	/* In an image we are pid 1 and inherit it. */
	if (getpid() == 1)
		CHECK(wait(NULL) > 1);
	CHECK(wait(NULL) == -1 && errno == ECHILD);
}

/* A program's fault is its own end, not ours. */
static void
crash(int sig, const char *how, const char *thread)
{
	char *argv[] = { prog("helper"), "crash", (char *)(uintptr_t)how,
	    (char *)(uintptr_t)thread, NULL };
	pid_t pid = start(NULL, argv);
	siginfo_t si;
	int st = 0;

	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	CHECK(si.si_code == CLD_DUMPED || si.si_code == CLD_KILLED);
	CHECK_EQ(si.si_status, sig);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), sig);
	CHECK(getpid() != 1 || WCOREDUMP(st));
}

static void
test_crash(void)
{
	const char *const none = NULL;

	crash(SIGSEGV, "segv", none);
	crash(SIGSEGV, "segv", "thread");
	crash(SIGFPE, "fpe", none);
	crash(SIGILL, "ill", none);
	crash(SIGTRAP, "trap", none);
#ifdef __GLIBC__
	crash(SIGABRT, "free", none);
#else
	crash(SIGSEGV, "free", none);	/* musl stops by hlt */
#endif
	crash(SIGSEGV, "stack", none);
	crash(SIGSEGV, "ignored", none);
	crash(SIGABRT, "abort", none);
	crash(SIGBUS, "bus", none);
	crash(SIGBUS, "bus", "thread");
}

int
main(int argc, char **argv)
{
	dir = argc > 1 ? argv[1] : "/bin";
	test_none();
	test_flags();
	test_groups();
	test_sigchld();
	test_stop();
	test_crash();
	test_pidfd();
	test_orphan();
	return check_done();
}
