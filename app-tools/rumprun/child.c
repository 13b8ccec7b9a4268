/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting processes.  The pipes are close-on-exec, so that the guest has
 * its three standard descriptors and what its command names.
 */
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

static void
execute(const struct guest *g, int in, int out, int err, int report,
    int go, pid_t parent)
{
	sigset_t none;
	int error;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(ST_FAILED);
	/* The parent closes its end when it traces. */
	if (go != -1 && read(go, &error, 1) != 0)
		_exit(ST_FAILED);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (g->g_clearenv)
		clearenv();
	execvp(g->g_cmd.sv_v[0], g->g_cmd.sv_v);
	error = errno;
	if (write(report, &error, sizeof(error)) == -1)
		_exit(ST_FAILED);
	_exit(ST_FAILED);
}

static void
make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) == -1)
		fail("pipe: %s", strerror(errno));
}

/* From before its first instruction on; it waits until then. */
static void
trace(pid_t pid, const int go[2])
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT |
	    PTRACE_O_EXITKILL) == -1)
		note("there will be no core file: ptrace: %s",
		    strerror(errno));
	close(go[0]);
	close(go[1]);
}

void
child_start(struct child *c, const struct guest *g, bool input)
{
	int in[2], out[2], err[2], report[2], go[2] = { -1, -1 }, error;
	pid_t parent = getpid();

	make_pipe(out);
	make_pipe(err);
	make_pipe(report);
	if (g->g_trace)
		make_pipe(go);
	if (input) {
		make_pipe(in);
	} else {
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		in[1] = -1;
	}
	c->c_pid = fork();
	if (c->c_pid == -1)
		fail("fork: %s", strerror(errno));
	if (c->c_pid == 0) {
		close(go[1]);
		execute(g, in[0], out[1], err[1], report[1], go[0], parent);
	}
	if (g->g_trace)
		trace(c->c_pid, go);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	close(report[1]);
	if (read(report[0], &error, sizeof(error)) == sizeof(error)) {
		waitpid(c->c_pid, NULL, 0);
		fail("cannot run %s: %s", g->g_cmd.sv_v[0],
		    strerror(error));
	}
	close(report[0]);
	c->c_out = out[0];
	c->c_err = err[0];
	c->c_in = in[1];
}

bool
child_stopped(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	switch (status >> 16) {
	case PTRACE_EVENT_EXIT:
		return true;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
		    sig == SIGTTOU) {
			/* It stays stopped, until a SIGCONT. */
			ptrace(PTRACE_LISTEN, pid, NULL, NULL);
			return false;
		}
		sig = 0;
		break;
	}
	child_continue(pid, sig);
	return false;
}

void
child_continue(pid_t pid, int sig)
{
	/* It may have been killed meanwhile. */
	ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)sig);
}

void
child_detach(const struct options *o)
{
	int in, out;
	pid_t pid;

	in = open("/dev/null", O_RDONLY);
	out = open(o->o_log != NULL ? o->o_log : "/dev/null",
	    O_WRONLY | O_CREAT | O_APPEND, 0666);
	if (in == -1 || out == -1)
		fail("%s: %s", o->o_log != NULL ? o->o_log : "/dev/null",
		    strerror(errno));
	pid = fork();
	if (pid == -1)
		fail("fork: %s", strerror(errno));
	if (pid != 0) {
		printf("%d\n", (int)pid);
		fflush(stdout);
		_exit(0);
	}
	setsid();
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close(in);
	close(out);
}
