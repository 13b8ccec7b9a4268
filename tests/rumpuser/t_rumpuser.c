/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conformance test as a program of the posix host, and what only this
 * host has: exit codes, signals, environment, daemons, the helpers that
 * component archives need.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rump/rumpcomp_cons.h>
#include <rump/rumpcomp_vm.h>
#include "../check.h"
#include "conform.h"

size_t strlcpy(char *, const char *, size_t);
size_t strlcat(char *, const char *, size_t);
extern uintptr_t __stack_chk_guard;

static volatile sig_atomic_t nalarms;

static void
on_signal(int sig)
{

	(void)sig;
	nalarms++;
}

/* Runs fn in a child; its status as wait(2) has it. */
static int
in_child(void (*fn)(void))
{
	pid_t pid;
	int st = -1;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		fn();
		_exit(99);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return st;
}

static void
child_exit(void)
{

	rumpuser_exit(7);
}

static void
child_panic(void)
{

	rumpuser_exit(RUMPUSER_PANIC);
}

static void
child_kill(void)
{

	(void)rumpuser_kill(RUMPUSER_PID_SELF, SIGTERM);
}

static void
child_daemon_ok(void)
{

	if (rumpuser_daemonize_begin() != 0 || getsid(0) != getpid())
		_exit(98);
	_exit(rumpuser_daemonize_done(0) != 0);
}

static void
child_daemon_bad(void)
{

	if (rumpuser_daemonize_begin() == 0)
		(void)rumpuser_daemonize_done(ENOENT);
	_exit(0);
}

static void
child_daemon_dies(void)
{

	if (rumpuser_daemonize_begin() == 0)
		_exit(0);
}

static void
child_relock(void)
{
	struct rumpuser_mtx *mtx;

	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_SPIN);
	rumpuser_mutex_enter(mtx);
	rumpuser_mutex_enter(mtx);
}

static void
child_exit_unowned(void)
{
	struct rumpuser_mtx *mtx;
	struct lwp l;

	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX);
	rumpuser_mutex_enter(mtx);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, &l);
	rumpuser_mutex_exit(mtx);
}

static void
test_end(void)
{
	int st;

	st = in_child(child_exit);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
	st = in_child(child_panic);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);
	st = in_child(child_kill);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	st = in_child(child_daemon_ok);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	st = in_child(child_daemon_bad);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 1);
	st = in_child(child_daemon_dies);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 1);
	CHECK(rumpuser_daemonize_done(0) != 0);
	st = in_child(child_relock);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);
	st = in_child(child_exit_unowned);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);

	CHECK_EQ(rumpuser_kill(RUMPUSER_PID_SELF, 0), 0);
	CHECK_EQ(rumpuser_kill(RUMPUSER_PID_SELF, NSIG), EINVAL);
	CHECK_EQ(rumpuser_kill(RUMPUSER_PID_SELF, -1), EINVAL);
	CHECK_EQ(rumpuser_kill((int64_t)1 << 40, 0), ESRCH);
}

static void *
pester(void *arg)
{
	int i;

	for (i = 0; i < 20; i++) {
		usleep(2000);
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
	}
	return NULL;
}

/* Signals neither shorten a sleep nor interrupt other calls. */
static void
test_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pthread_t self = pthread_self(), pt;
	static struct lwp lwp;
	int64_t t0;
	int seen;

	(void)sigaction(SIGUSR1, &sa, NULL);
	fake_start(&lwp);
	do {	/* until some came while it slept */
		nalarms = 0;
		CHECK_EQ(pthread_create(&pt, NULL, pester, &self), 0);
		t0 = t_now();
		CHECK_EQ(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0,
		    100000000), 0);
		CHECK(t_now() - t0 >= 100000000);
		seen = nalarms;
		pthread_join(pt, NULL);
	} while (seen == 0);
	fake_stop();
}

static int
ncpu(const char *env)
{
	char buf[32];

	if (env != NULL)
		setenv("RUMP_NCPU", env, 1);
	else
		unsetenv("RUMP_NCPU");
	CHECK_EQ(rumpuser_getparam(RUMPUSER_PARAM_NCPU, buf, sizeof(buf)), 0);
	return atoi(buf);
}

static void
test_host(void)
{
	const char *save = getenv("RUMP_NCPU");
	char buf[8];
	void *mem = NULL;
	size_t total, avail;
	int host = ncpu(NULL);

	save = save != NULL ? strdup(save) : NULL;
	CHECK(host >= 1);
	CHECK_EQ(ncpu("1"), 1);
	CHECK_EQ(ncpu("1024"), 1024);
	CHECK_EQ(ncpu("1025"), host);
	CHECK_EQ(ncpu("0"), host);
	CHECK_EQ(ncpu("-3"), host);
	CHECK_EQ(ncpu("4x"), host);
	CHECK_EQ(ncpu("host"), host);
	(void)ncpu(save);
	free((char *)(uintptr_t)save);

	setenv("A_PARAMETER", "1234567", 1);
	CHECK_EQ(rumpuser_getparam("A_PARAMETER", buf, 8), 0);
	CHECK_EQ(strcmp(buf, "1234567"), 0);
	CHECK_EQ(rumpuser_getparam("A_PARAMETER", buf, 7), E2BIG);

	rumpcomp_vm_stat(&total, &avail);
	CHECK(avail > 0 && total >= avail);
	CHECK_EQ(rumpuser_malloc(64, 3, &mem), EINVAL);
	CHECK_EQ(rumpuser_malloc(64, -8, &mem), EINVAL);
	CHECK_EQ(rumpuser_anonmmap(NULL, 4096, 47, 0, &mem), EINVAL);
	rumpuser_seterrno(ENOTDIR);
	CHECK_EQ(errno, ENOTDIR);

	CHECK_EQ(strlcpy(buf, "abcdefg", 8), 7);
	CHECK_EQ(strlcpy(buf, "abcdefgh", 8), 8);
	CHECK_EQ(strcmp(buf, "abcdefg"), 0);
	CHECK_EQ(strlcpy(buf, "ab", 8), 2);
	CHECK_EQ(strlcat(buf, "cdefgh", 8), 8);
	CHECK_EQ(strcmp(buf, "abcdefg"), 0);
	CHECK_EQ(strlcpy(buf, "xyz", 0), 3);
	CHECK_EQ(strlcat(buf, "xyz", 2), 5);
	CHECK_EQ(buf[0], 'a');
	CHECK((__stack_chk_guard & 0xff) == 0);
	CHECK(__stack_chk_guard != 0);
	CHECK(__stack_chk_guard != 0x7e3f1d5a92c4b600);
}

/* Numbers that only this host has become shared ones. */
static void
test_errno(const char *dir)
{
	struct rumpuser_iovec iov = { (char[8]){ 0 }, 8 };
	static struct lwp lwp;
	char path[64];
	int fd, fds[2];
	size_t done;

	fake_start(&lwp);
	snprintf(path, sizeof(path), "%s/loop", dir);
	CHECK_EQ(symlink(path, path), 0);
	CHECK_EQ(rumpuser_open(path, RUMPUSER_OPEN_RDONLY, &fd), EIO);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	CHECK_EQ(rumpuser_iovread(fds[0], &iov, 1, -1, &done), EIO);
	CHECK_EQ(rumpuser_iovread(fds[0], &iov, 1, 0, &done), ESPIPE);
	close(fds[0]);
	close(fds[1]);
	fake_stop();
}

/* Kinds of files that not every host has. */
static void
test_types(const char *dir)
{
	static struct lwp lwp;
	char path[64];
	uint64_t size = 99;
	int type = 99;

	fake_start(&lwp);
	CHECK_EQ(rumpuser_getfileinfo("/dev/null", &size, &type), 0);
	CHECK_EQ(type, RUMPUSER_FT_CHR);
	CHECK_EQ(size, 0);
	snprintf(path, sizeof(path), "%s/fifo", dir);
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK_EQ(rumpuser_getfileinfo(path, NULL, &type), 0);
	CHECK_EQ(type, RUMPUSER_FT_OTHER);
	CHECK_EQ(unlink(path), 0);
	fake_stop();
}

static void
test_console(void)
{
	static struct lwp lwp;
	int fds[2], save = dup(0);

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(dup2(fds[0], 0), 0);
	fake_start(&lwp);
	CHECK_EQ(rumpcomp_cons_poll(), 0);
	CHECK_EQ(write(fds[1], "\xff", 1), 1);
	CHECK_EQ(rumpcomp_cons_poll(), 1);
	CHECK_EQ(rumpcomp_cons_getc(), 0xff);
	CHECK_EQ(lwp.l_gaveback, 1);
	CHECK_EQ(lwp.l_holds, 1);
	CHECK_EQ(rumpcomp_cons_poll(), 0);
	close(fds[1]);
	CHECK_EQ(rumpcomp_cons_poll(), 1);
	CHECK_EQ(rumpcomp_cons_getc(), -1);
	fake_stop();
	close(fds[0]);
	(void)dup2(save, 0);
	close(save);
}

/* A file and a directory to play with. */
static int
scratch(char *dir)
{
	char path[64];
	int fd;

	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/disk", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd == -1 || ftruncate(fd, 1 << 20) == -1)
		return -1;
	close(fd);
	setenv("RUMPUSER_TEST_DISK", path, 1);
	setenv("RUMPUSER_TEST_DIR", dir, 1);
	return 0;
}

int
main(void)
{
	char dir[] = "/tmp/t_rumpuser.XXXXXX", path[64];

	alarm(300);
	test_end();
	test_host();
	REQUIRE(scratch(dir) == 0);
	CHECK_EQ(rumpuser_conformance(), 0);
	test_signals();
	test_errno(dir);
	test_types(dir);
	test_console();
	snprintf(path, sizeof(path), "%s/disk", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", dir);
	unlink(path);
	rmdir(dir);
	return check_done();
}
