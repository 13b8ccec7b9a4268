/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs programs of its image for a stand-in on Linux, which sends the files of
 * a folder, arguments, environment and standard input, and gets back output,
 * files that changed and the status.  A thread for each connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "tree.h"

pthread_mutex_t tree_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tree tree = { .t_watched = 1 };

/* The folder's path, with all that leads to it. */
static void
set_root(const char *path)
{
	char part[1000];

	if (strcmp(tree.t_root, path) == 0)
		return;
	for (size_t i = 1; path[i - 1] != '\0' && i < sizeof(part); i++)
		if (path[i] == '/' || path[i] == '\0') {
			memcpy(part, path, i);
			part[i] = '\0';
			mkdir(part, 0755);
		}
	snprintf(tree.t_root, sizeof(tree.t_root), "%s", path);
}

static void
add(char **list, int *n, const char *s)
{
	if (*n < NARGS && (list[*n] = strdup(s)) != NULL)
		(*n)++;
}

/* All until F_RUN. */
static int
receive(struct run *r, char *buf)
{
	struct tree_recv tr = { .tr_fd = -1 };
	int type, error = 0;
	size_t len;

	while (frame_recv(r->r_sock, &type, buf, &len) == 0)
		switch (type) {
		case F_ROOT:
			pthread_mutex_lock(&tree_lock);
			set_root(buf);
			error = 0;
			while (error == 0 && frame_recv(r->r_sock, &type, buf,
			    &len) == 0)
				error = tree_recv(&tree, &tr, type, buf, len);
			pthread_mutex_unlock(&tree_lock);
			if (error != 1)
				return -1;
			if (frame_send(r->r_sock, F_SYNCED, NULL, 0) != 0)
				return -1;
			break;
		case F_CWD:
			r->r_cwd = strdup(buf);
			break;
		case F_PROG:
			r->r_prog = strdup(buf);
			break;
		case F_ARG:
			add(r->r_argv, &r->r_argc, buf);
			break;
		case F_ENV:
			add(r->r_env, &r->r_envc, buf);
			break;
		case F_RUN:
			if (len != sizeof(r->r_how))
				return -1;
			memcpy(&r->r_how, buf, len);
			return 0;
		}
	return -1;
}

/* Contents sent as input, in a file without a name. */
static int
copied_file(struct run *r, char *buf)
{
	int type, fd = memfd_create("input", MFD_CLOEXEC);
	size_t len;

	if (fd == -1)
		return -1;
	while (frame_recv(r->r_sock, &type, buf, &len) == 0 &&
	    type == F_IN && len > 0)
		(void)!write(fd, buf, len);
	return fd;
}

/* One of the program's descriptors. */
static int
prepare(struct run *r, int i, char *buf)
{
	int fds[2];

	r->r_pipe[i] = r->r_keep[i] = r->r_child[i] = -1;
	switch (r->r_how.rh_fd[i].kind) {
	case FD_CLOSED:
		return 0;
	case FD_LIKE_OUT:
		r->r_child[i] = r->r_child[1];
		return 0;
	case FD_FILE:
		r->r_keep[i] = agent_high(open(r->r_how.rh_fd[i].path,
		    (int)r->r_how.rh_fd[i].flags | O_CLOEXEC | O_NOCTTY));
		break;
	case FD_COPY:
		r->r_keep[i] = agent_high(copied_file(r, buf));
		break;
	case FD_PIPE:
		if (pipe2(fds, O_CLOEXEC) != 0)
			return -1;
		r->r_child[i] = agent_high(fds[i != 0]);
		r->r_pipe[i] = fds[i == 0];
		if (i == 0 && fcntl(r->r_pipe[i], F_SETPIPE_SZ, IN_MAX) == -1)
			return -1;
		return fcntl(r->r_pipe[i], F_SETFL, O_NONBLOCK);
	}
	if (r->r_keep[i] == -1)
		return -1;
	lseek(r->r_keep[i], (off_t)r->r_how.rh_fd[i].offset, SEEK_SET);
	r->r_child[i] = r->r_keep[i];
	return 0;
}

static void
close_pipe(struct run *r, int i)
{
	if (r->r_pipe[i] != -1)
		close(r->r_pipe[i]);
	r->r_pipe[i] = -1;
}

static int
from_host(struct run *r, char *buf)
{
	size_t len;
	int type;

	if (frame_recv(r->r_sock, &type, buf, &len) != 0) {
		kill(r->r_pid, SIGKILL);
		return -1;
	}
	if (type == F_KILL)
		kill(r->r_pid, (unsigned char)buf[0]);
	else if (type == F_NOREAD)
		close_pipe(r, buf[0] == 2 ? 2 : 1);
	else if (type == F_IN && len == 0)
		close_pipe(r, 0);
	else if (type == F_IN && r->r_pipe[0] != -1 && r->r_in == NULL &&
	    (r->r_in = malloc(len)) != NULL) {
		memcpy(r->r_in, buf, len);
		r->r_inlen = len;
	}
	return 0;
}

/* What the program has read by now. */
static void
count_read(struct run *r)
{
	int left = 0;

	if (r->r_pipe[0] == -1)
		return;
	ioctl(r->r_pipe[0], FIONREAD, &left);
	r->r_read += (int64_t)r->r_piped - left;
	r->r_piped = (size_t)left;
}

/* The pipe is empty, so the next bytes may come, or it has no reader. */
static void
to_program(struct run *r, int revents)
{
	if (revents & POLLERR) {
		count_read(r);
		close_pipe(r, 0);
		return;
	}
	if (r->r_piped > 0) {
		count_read(r);
		frame_send(r->r_sock, F_TAKEN, NULL, 0);
	}
	if (r->r_in != NULL && write(r->r_pipe[0], r->r_in, r->r_inlen) > 0) {
		r->r_piped = r->r_inlen;
		free(r->r_in);
		r->r_in = NULL;
	}
}

/* What writes much writes often: wait, to read more of it at once. */
static void
from_program(struct run *r, int i, char *buf)
{
	ssize_t n;

	if (r->r_frames++ >= 16)
		usleep(10000);
	n = read(r->r_pipe[i], buf, FRAME_MAX);
	if (n > 0)
		frame_send(r->r_sock, i == 1 ? F_OUT : F_ERR, buf, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		close_pipe(r, i);
}

struct waiter {
	pid_t	w_pid;
	int	w_status, w_fd;
};

static void *
waiter(void *arg)
{
	struct waiter *w = arg;

	while (waitpid(w->w_pid, &w->w_status, 0) == -1 && errno == EINTR)
		;
	close(w->w_fd);
	return NULL;
}

/*
 * Until the program has ended and what it wrote is read.  A child of its own
 * that holds the pipes still is not waited for.
 */
static void
converse(struct run *r, int ended, char *buf)
{
	int host = 1, over = 0, n;

	for (;;) {
		struct pollfd p[5] = {
			{ r->r_pipe[1], POLLIN, 0 },
			{ r->r_pipe[2], POLLIN, 0 },
			{ over ? -1 : ended, POLLIN, 0 },
			{ over || !host ? -1 : r->r_sock, POLLIN, 0 },
			{ over || (r->r_in == NULL && r->r_piped == 0) ? -1 :
			    r->r_pipe[0], POLLOUT, 0 },
		};
		n = poll(p, 5, over ? 0 : -1);
		if (n == 0 && over)
			return;
		if (p[0].revents)
			from_program(r, 1, buf);
		if (p[1].revents)
			from_program(r, 2, buf);
		if (p[2].revents)
			over = 1;
		if (p[3].revents)
			host = from_host(r, buf) == 0;
		if (p[4].revents)
			to_program(r, p[4].revents);
	}
}

static void
run(struct run *r, char *buf)
{
	struct run_end end = { 0 };
	struct waiter w;
	pthread_t thread;
	int ended[2], error, type;
	size_t len;

	for (int i = 0; i < NFD; i++)
		if (prepare(r, i, buf) != 0) {
			frame_send(r->r_sock, F_FAIL, strerror(errno),
			    strlen(strerror(errno)));
			return;
		}
	if ((error = agent_start(r)) != 0 || pipe2(ended, O_CLOEXEC) != 0) {
		frame_send(r->r_sock, F_FAIL, strerror(error),
		    strlen(strerror(error)));
		return;
	}
	w = (struct waiter){ r->r_pid, 0, ended[1] };
	pthread_create(&thread, NULL, waiter, &w);
	converse(r, ended[0], buf);
	pthread_join(thread, NULL);
	close(ended[0]);
	count_read(r);
	end.re_status = w.w_status;
	end.re_read = r->r_read;
	for (int i = 0; i < NFD; i++)
		end.re_offset[i] = r->r_keep[i] == -1 ? -1 :
		    lseek(r->r_keep[i], 0, SEEK_CUR);
	if (frame_send(r->r_sock, F_END, &end, sizeof(end)) != 0)
		return;
	/* The host takes them when it says so: it has a lock of its own. */
	while ((error = frame_recv(r->r_sock, &type, buf, &len)) == 0 &&
	    type != F_SYNCED)
		;
	if (error)
		return;
	pthread_mutex_lock(&tree_lock);
	tree_send(&tree, r->r_sock);
	pthread_mutex_unlock(&tree_lock);
}

static void *
serve(void *arg)
{
	struct run *r = calloc(1, sizeof(*r));
	char *buf = malloc(FRAME_MAX + 1);

	if (r != NULL && buf != NULL) {
		r->r_sock = (int)(intptr_t)arg;
		for (int i = 0; i < NFD; i++)
			r->r_pipe[i] = r->r_keep[i] = -1;
		if (receive(r, buf) == 0)
			run(r, buf);
		for (int i = 0; i < NFD; i++) {
			close_pipe(r, i);
			if (r->r_keep[i] != -1)
				close(r->r_keep[i]);
		}
		while (r->r_argc > 0)
			free(r->r_argv[--r->r_argc]);
		while (r->r_envc > 0)
			free(r->r_env[--r->r_envc]);
		free(r->r_cwd);
		free(r->r_prog);
		free(r->r_in);
	}
	close((int)(intptr_t)arg);
	free(buf);
	free(r);
	return NULL;
}

int
main(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(AGENT_PORT) };
	int on = 1, fd, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_attr_t attr;
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	umask(0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(s, 64) != 0) {
		perror("agent");
		return 1;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 512 * 1024);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while ((fd = accept4(s, NULL, NULL, SOCK_CLOEXEC)) != -1 ||
	    errno == EINTR || errno == ECONNABORTED)
		if (fd != -1 && pthread_create(&thread, &attr, serve,
		    (void *)(intptr_t)fd) != 0)
			close(fd);
	perror("agent: accept");
	return 1;
}
