/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start and end: the upcalls, handing over the linked components, signals to
 * the containing process, exit, and going to the background for servers.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rump/component.h>
#include "posix_user.h"

struct rumpuser_hyperup posix_up;

/* Absent when no component is linked. */
extern const struct rump_component *const __start_rump_components[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct rump_component *const __stop_rump_components[]
    __attribute__((__weak__, __visibility__("hidden")));

static int daemon_pipe[2] = { -1, -1 };	/* [I] set before any thread */

int
rumpuser_init(int version, const struct rumpuser_hyperup *hyp)
{

	if (version != RUMPUSER_VERSION) {
		rumpuser_dprintf("rumpuser: the rump kernel wants hypercall "
		    "version %d, this host has %d\n", version,
		    RUMPUSER_VERSION);
		return EINVAL;
	}
	posix_up = *hyp;
	return 0;
}

void
rumpuser_dl_bootstrap(rump_modinit_fn domodinit, rump_symload_fn symload,
    rump_compload_fn compload)
{
	const struct rump_component *const *cp;

	/* Modules and symbol tables come with a dynamic loader only. */
	(void)domodinit;
	(void)symload;
	for (cp = __start_rump_components; cp < __stop_rump_components; cp++)
		compload(*cp);
}

void
rumpuser_seterrno(int error)
{

	errno = error;
}

int
rumpuser_kill(int64_t pid, int sig)
{

	if (sig < 0 || sig >= NSIG)
		return EINVAL;
	if (pid == RUMPUSER_PID_SELF)
		pid = getpid();
	if (pid != (pid_t)pid)
		return ESRCH;
	return kill((pid_t)pid, sig) == 0 ? 0 : posix_errno(errno);
}

void
rumpuser_exit(int status)
{

	if (status == RUMPUSER_PANIC)
		abort();
	exit(status);
}

/* The parent stays until the child says how it went, and exits with that. */
static void __attribute__((__noreturn__))
daemon_wait(pid_t child)
{
	ssize_t n;
	int error, wst;

	(void)close(daemon_pipe[1]);
	do
		n = read(daemon_pipe[0], &error, sizeof(error));
	while (n == -1 && errno == EINTR);
	if (n == (ssize_t)sizeof(error))
		_exit(error != 0);
	/* It died without a word. */
	if (waitpid(child, &wst, 0) == child && WIFEXITED(wst) &&
	    WEXITSTATUS(wst) != 0)
		_exit(WEXITSTATUS(wst));
	_exit(1);
}

int
rumpuser_daemonize_begin(void)
{
	pid_t child;
	int error;

	if (daemon_pipe[1] != -1)
		return EBUSY;
	if (pipe2(daemon_pipe, O_CLOEXEC) == -1)
		return posix_errno(errno);
	child = fork();
	if (child == -1) {
		error = errno;
		(void)close(daemon_pipe[0]);
		(void)close(daemon_pipe[1]);
		daemon_pipe[0] = daemon_pipe[1] = -1;
		return posix_errno(error);
	}
	if (child != 0)
		daemon_wait(child);
	(void)close(daemon_pipe[0]);
	daemon_pipe[0] = -1;
	(void)setsid();
	return 0;
}

static int
daemon_detach(void)
{
	int error = 0, fd, i;

	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return errno;
	for (i = 0; i <= 2 && error == 0; i++)
		error = dup2(fd, i) == -1 ? errno : 0;
	if (fd > 2)
		(void)close(fd);
	return error;
}

int
rumpuser_daemonize_done(int error)
{
	ssize_t n;
	int derror = 0;

	if (daemon_pipe[1] == -1)
		return EINVAL;
	if (error == 0)
		derror = error = daemon_detach();
	do
		n = write(daemon_pipe[1], &error, sizeof(error));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		derror = errno;
	(void)close(daemon_pipe[1]);
	daemon_pipe[1] = -1;
	return posix_errno(derror);
}
