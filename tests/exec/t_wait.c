/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wait4, waitid, orphans, process groups and sessions.  usage: t_wait DIR, as
 * t_spawn.
 */
#include <signal.h>
#include <sys/resource.h>

#include "run.h"

static pid_t
start(posix_spawnattr_t *at, char **argv)
{
	pid_t pid = -1;

	CHECK_EQ(posix_spawn(&pid, argv[0], NULL, at, argv, environ), 0);
	return pid;
}

static void
test_none(void)
{
	siginfo_t si;
	int st;

	CHECK(waitpid(-1, &st, 0) == -1 && errno == ECHILD);
	CHECK(waitpid(-1, &st, WNOHANG) == -1 && errno == ECHILD);
	CHECK(waitpid(1000000, &st, 0) == -1 && errno == ECHILD);
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
	CHECK(setpgid(1000000, 0) == -1 && errno == ESRCH);
	CHECK(setpgid(0, 1000000) == -1 && errno == EPERM);
	CHECK(setpgid(0, -1) == -1 && errno == EINVAL);
	CHECK(getpgid(1000000) == -1 && errno == ESRCH);
	CHECK(getsid(1000000) == -1 && errno == ESRCH);
	CHECK(waitpid(0, &st, WNOHANG) == -1 && errno == ECHILD);
	CHECK_EQ(waitpid(-a, &st, WNOHANG), 0);
	close(in[1]);
	CHECK_EQ(waitid(P_PGID, (id_t)a, &si, WEXITED), 0);
	CHECK_EQ(waitpid(-a, &st, 0), a + b - si.si_pid);
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

int
main(int argc, char **argv)
{
	dir = argc > 1 ? argv[1] : "/bin";
	test_none();
	test_flags();
	test_groups();
	test_orphan();
	return check_done();
}
