/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes, pipes and time limits for the tests of the launcher.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

#define HANG	90000		/* ms: longer than any test's run */

int
now(void)
{
	static time_t start;
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (start == 0)
		start = ts.tv_sec;
	return (int)(ts.tv_sec - start) * 1000 + (int)(ts.tv_nsec / 1000000);
}

const char *
guest(const char *name)
{
	static char path[8][4096];
	static unsigned n;
	char *p = path[n++ % 8];
	ssize_t len = readlink("/proc/self/exe", p, 4000);

	p[len > 0 ? len : 0] = '\0';
	strcpy(strrchr(p, '/') + 1, name);
	return p;
}

const char *
rumprun_path(void)
{
	return BINDIR "/rumprun";
}

static void
make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) == -1) {
		perror("pipe");
		exit(1);
	}
}

void
run_start(struct run *r, int input, const char *const *args)
{
	const char *argv[MAXARGS] = { "rumprun" };
	int in[2], out[2], err[2];

	for (int i = 0; args[i] != NULL && i + 2 < MAXARGS; i++)
		argv[i + 1] = args[i];
	make_pipe(out);
	make_pipe(err);
	if (input)
		make_pipe(in);
	else
		in[0] = open("/dev/null", O_RDONLY), in[1] = -1;
	r->start = now();
	r->pid = fork();
	if (r->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execv(rumprun_path(), (char **)(uintptr_t)argv);
		_exit(126);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	r->in = in[1];
	r->out = out[0];
	r->err = err[0];
}

/* One look at both outputs; false when both have ended. */
static int
collect(struct run *r, struct result *res, int ms)
{
	struct pollfd p[2] = {
		{ .fd = r->out, .events = POLLIN },
		{ .fd = r->err, .events = POLLIN },
	};
	ssize_t n;

	if (r->out == -1 && r->err == -1)
		return 0;
	poll(p, 2, ms);
	if (p[0].revents != 0) {
		n = read(r->out, res->out + res->outlen,
		    sizeof(res->out) - res->outlen - 1);
		if (n <= 0)
			close(r->out), r->out = -1;
		else
			res->outlen += (size_t)n;
	}
	if (p[1].revents != 0) {
		n = read(r->err, res->err + res->errlen,
		    sizeof(res->err) - res->errlen - 1);
		if (n <= 0)
			close(r->err), r->err = -1;
		else
			res->errlen += (size_t)n;
	}
	res->out[res->outlen] = res->err[res->errlen] = '\0';
	return 1;
}

int
run_expect(struct run *r, struct result *res, const char *text, int ms)
{
	int end = now() + ms;

	while (strstr(res->out, text) == NULL) {
		if (now() > end || !collect(r, res, 100))
			return -1;
	}
	return 0;
}

void
run_finish(struct run *r, struct result *res)
{
	int start = now(), ws = 0;

	while (collect(r, res, 100)) {
		if (now() - start < HANG)
			continue;
		printf("hangs: killed\n");
		kill(r->pid, SIGTERM);
		break;
	}
	if (r->in != -1)
		close(r->in);
	if (r->out != -1)
		close(r->out);
	if (r->err != -1)
		close(r->err);
	waitpid(r->pid, &ws, 0);
	res->status = WIFEXITED(ws) && now() - start < HANG ?
	    WEXITSTATUS(ws) : -1;
	res->ms = now() - r->start;
}

void
run_all(struct result *res, const char *input, const char *const *args)
{
	void (*old)(int);
	struct run r;

	memset(res, 0, sizeof(*res));
	run_start(&r, input != NULL, args);
	if (input != NULL) {
		/* It may have ended without reading. */
		old = signal(SIGPIPE, SIG_IGN);
		if (write(r.in, input, strlen(input)) == -1)
			perror("write");
		(void)signal(SIGPIPE, old);
		close(r.in);
		r.in = -1;
	}
	run_finish(&r, res);
}

void
expect_error(const char *file, int line, const char *text,
    const char *const *args)
{
	static struct result res;
	char *nl;

	run_all(&res, NULL, args);
	nl = strchr(res.err, '\n');
	if (res.status == 125 && strstr(res.err, text) != NULL &&
	    nl != NULL && nl[1] == '\0' && res.outlen == 0)
		return;
	check_failures++;
	printf("%s:%d: expected status 125 and \"%s\", got %d and \"%s\"\n",
	    file, line, text, res.status, res.err);
}

pid_t
child_of(pid_t parent)
{
	DIR *dir = opendir("/proc");
	struct dirent *de;
	char path[300], line[512];
	pid_t pid, ppid, found = 0;
	FILE *fp;

	while ((de = readdir(dir)) != NULL && found == 0) {
		pid = (pid_t)atoi(de->d_name);
		snprintf(path, sizeof(path), "/proc/%s/stat", de->d_name);
		if (pid == 0 || (fp = fopen(path, "r")) == NULL)
			continue;
		if (fgets(line, sizeof(line), fp) != NULL &&
		    strrchr(line, ')') != NULL &&
		    sscanf(strrchr(line, ')') + 2, "%*c %d", &ppid) == 1 &&
		    ppid == parent)
			found = pid;
		fclose(fp);
	}
	closedir(dir);
	return found;
}

int
state_of(pid_t pid)
{
	char path[64], line[512];
	FILE *fp;
	char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fp = fopen(path, "r");
	if (fp == NULL)
		return 0;
	p = fgets(line, sizeof(line), fp);
	fclose(fp);
	return p != NULL && (p = strrchr(line, ')')) != NULL ? p[2] : 0;
}

/* A zombie is gone: whoever inherits it has not looked yet. */
int
is_alive(pid_t pid)
{
	int state = state_of(pid);

	return state != 0 && state != 'Z';
}

int
wait_gone(pid_t pid, int ms)
{
	int end = now() + ms;

	while (is_alive(pid) && now() < end)
		usleep(10000);
	return !is_alive(pid);
}

int
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	static int port;
	int fd, error = -1;

	if (port == 0)
		port = 10000 + getpid() % 20000;
	while (error != 0 && ++port < 32768) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		sin.sin_port = htons((uint16_t)port);
		error = bind(fd, (void *)&sin, sizeof(sin));
		close(fd);
	}
	return port;
}
