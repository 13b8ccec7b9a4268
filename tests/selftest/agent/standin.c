/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes a program's place on Linux: runs it in the guest.  Beside this file
 * (not a link to it), which has the program's name, is a file .conf: the folder
 * to keep alike, the guest's address, and a folder with
 *	start		a script that starts a guest when there is none
 *	tree, lock	what guest and host agree on
 * Files and descriptors are the same in the guest as far as they are in that
 * folder or are pipes, /dev/null and the like.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"
#include "tree.h"

static char state[1000], root[1000], address[100], program[200];
static struct tree tree;
static int sock = -1, lock_fd = -1;
static volatile sig_atomic_t got;
static char buf[FRAME_MAX + 1];

static void
fail(const char *what)
{
	fprintf(stderr, "selftest: %s: %s\n", what, strerror(errno));
	exit(99);
}

static const char *
in_state(const char *name)
{
	static char path[1100];

	snprintf(path, sizeof(path), "%s/%s", state, name);
	return path;
}

static void
configure(void)
{
	char exe[1000], *base;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 7);
	FILE *f;

	if (n <= 0)
		fail("/proc/self/exe");
	exe[n] = '\0';
	base = strrchr(exe, '/') + 1;
	snprintf(program, sizeof(program), "/bin/%.100s", base);
	strcpy(base, ".conf");
	if ((f = fopen(exe, "r")) == NULL ||
	    fscanf(f, "%999s %99s %999s", root, address, state) != 3)
		fail(exe);
	fclose(f);
}

/* Descriptors above those that the program has. */
static int
high(int fd)
{
	int h = fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 100);

	if (fd != -1)
		close(fd);
	return h;
}

static int
try_connect(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(AGENT_PORT) };
	int fd = high(socket(AF_INET, SOCK_STREAM, 0));

	inet_pton(AF_INET, address, &sin.sin_addr);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Caller holds the lock.  A new guest knows no files. */
static void
connect_guest(void)
{
	if ((sock = try_connect()) != -1)
		return;
	unlink(in_state("tree"));
	if (system(in_state("start")) != 0)
		fail("start");
	for (int i = 0; i < 1200 && (sock = try_connect()) == -1; i++)
		usleep(i < 100 ? 2000 : 50000);
	if (sock == -1)
		fail("no guest");
}

static void
lock_tree(int on)
{
	if (lock_fd == -1)
		lock_fd = high(open(in_state("lock"), O_RDWR | O_CREAT, 0600));
	flock(lock_fd, on ? LOCK_EX : LOCK_UN);
}

/* While on, frames wait to share packets; off, nothing waits. */
static void
cork(int on)
{
	setsockopt(sock, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void
send_text(int type, const char *s)
{
	size_t len = strlen(s);

	if (len > FRAME_MAX) {
		errno = E2BIG;
		fail("argument");
	}
	frame_send(sock, type, s, len);
}

/* The same open file: what is written to both is in one order. */
static int
same(int a, int b)
{
	char x[PATH_MAX], y[PATH_MAX], fd[40];
	ssize_t n, m;
	struct stat sa, sb;

	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", a);
	n = readlink(fd, x, sizeof(x));
	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", b);
	m = readlink(fd, y, sizeof(y));
	return n > 0 && n == m && memcmp(x, y, (size_t)n) == 0 &&
	    fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_ino == sb.st_ino;
}

/* Where descriptor i leads. */
static void
describe(struct run_how *how, int i)
{
	char path[PATH_MAX], fd[40];
	struct stat st;
	int flags = fcntl(i, F_GETFL);
	ssize_t n;

	how->rh_fd[i].kind = FD_CLOSED;
	if (i > 2 && (flags == -1 || (fcntl(i, F_GETFD) & FD_CLOEXEC) != 0))
		return;
	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", i);
	n = readlink(fd, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	how->rh_fd[i].kind = FD_PIPE;
	how->rh_fd[i].flags = (uint32_t)flags &
	    (O_ACCMODE | O_APPEND | O_NONBLOCK);
	if (flags == -1 || fstat(i, &st) != 0) {
		how->rh_fd[i].kind = FD_CLOSED;
		return;
	}
	if (i == 2 && same(1, 2)) {
		how->rh_fd[i].kind = FD_LIKE_OUT;
		return;
	}
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
		how->rh_fd[i].offset = (uint64_t)lseek(i, 0, SEEK_CUR);
		/* What else writes to it meanwhile must not be lost. */
		if (strncmp(path, root, strlen(root)) == 0 &&
		    st.st_nlink > 0 && i != 2 && !(i == 1 && same(1, 2)))
			how->rh_fd[i].kind = FD_FILE;
		else if (i == 0)
			how->rh_fd[i].kind = FD_COPY;
		else if (i > 2)
			how->rh_fd[i].kind = FD_CLOSED;
	} else if (strcmp(path, "/dev/null") == 0 ||
	    strcmp(path, "/dev/full") == 0 || strcmp(path, "/dev/zero") == 0)
		how->rh_fd[i].kind = FD_FILE;
	else if (i > 2)
		how->rh_fd[i].kind = FD_CLOSED;
	path[sizeof(how->rh_fd[i].path) - 1] = '\0';
	strcpy(how->rh_fd[i].path, path);
}

static void
send_run(struct run_how *how, char **argv, char **env)
{
	char cwd[PATH_MAX];
	off_t at;
	ssize_t n;

	how->rh_umask = umask(0);
	umask(how->rh_umask);
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		fail("getcwd");
	cork(1);
	send_text(F_CWD, cwd);
	send_text(F_PROG, program);
	for (; *argv != NULL; argv++)
		send_text(F_ARG, *argv);
	for (; *env != NULL; env++)
		send_text(F_ENV, *env);
	for (int i = 0; i < NFD; i++)
		describe(how, i);
	frame_send(sock, F_RUN, how, sizeof(*how));
	cork(0);
	if (how->rh_fd[0].kind == FD_COPY) {
		for (at = 0; (n = pread(0, buf, FRAME_MAX, at)) > 0; at += n)
			frame_send(sock, F_IN, buf, (size_t)n);
		frame_send(sock, F_IN, NULL, 0);
	}
}

static void
on_signal(int sig)
{
	got = sig;
}

static void
output(int fd, const char *data, size_t len)
{
	char which = (char)fd;
	ssize_t n;

	while (len > 0) {
		n = write(fd, data, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			frame_send(sock, F_NOREAD, &which, 1);
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

/* Until the program has ended. */
static void
converse(struct run_end *end, int input)
{
	struct pollfd p[2];
	size_t len;
	ssize_t n;
	int type, may = 1;
	char sig;

	for (;;) {
		p[0] = (struct pollfd){ sock, POLLIN, 0 };
		p[1] = (struct pollfd){ input && may ? 0 : -1, POLLIN, 0 };
		n = poll(p, 2, -1);
		if ((sig = (char)got) != 0) {
			got = 0;
			frame_send(sock, F_KILL, &sig, 1);
		}
		if (n == -1)
			continue;
		if (p[1].revents) {
			n = read(0, buf, IN_MAX);
			may = 0;
			frame_send(sock, F_IN, buf, n > 0 ? (size_t)n : 0);
			if (n <= 0)
				input = 0;
		}
		if (!p[0].revents)
			continue;
		errno = ECONNRESET;
		if (frame_recv(sock, &type, buf, &len) != 0)
			fail("the guest is gone");
		if (type == F_TAKEN)
			may = 1;
		else if (type == F_OUT || type == F_ERR)
			output(type == F_OUT ? 1 : 2, buf, len);
		else if (type == F_END && len == sizeof(*end)) {
			memcpy(end, buf, len);
			return;
		} else if (type == F_FAIL) {
			fprintf(stderr, "%s: %s\n", program, buf);
			exit(126);
		}
	}
}

static void
take_files(void)
{
	struct tree_recv tr = { .tr_fd = -1 };
	size_t len;
	int type, done = 0;

	lock_tree(1);
	memset(tree.t_hash, 0, sizeof(tree.t_hash));
	tree_load(&tree, in_state("tree"));
	frame_send(sock, F_SYNCED, NULL, 0);
	while (done == 0 && frame_recv(sock, &type, buf, &len) == 0)
		done = tree_recv(&tree, &tr, type, buf, len);
	tree_save(&tree, in_state("tree"));
	lock_tree(0);
	if (done != 1)
		fail("files");
}

static void
send_files(void)
{
	int type, on = 1;
	size_t len;

	lock_tree(1);
	connect_guest();
	tree_load(&tree, in_state("tree"));
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	cork(1);
	send_text(F_ROOT, root);
	if (tree_send(&tree, sock) != 0)
		fail("files");
	cork(0);
	if (frame_recv(sock, &type, buf, &len) != 0)
		fail("files");
	tree_save(&tree, in_state("tree"));
	lock_tree(0);
}

int
main(int argc, char **argv, char **env)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
	    SIGUSR2, SIGALRM };
	struct sigaction sa = { .sa_handler = on_signal };
	struct run_how how = { 0 };
	struct run_end end;

	(void)argc;
	configure();
	snprintf(tree.t_root, sizeof(tree.t_root), "%s", root);
	signal(SIGPIPE, SIG_IGN);
	send_files();
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
	send_run(&how, argv, env);
	converse(&end, how.rh_fd[0].kind == FD_PIPE);
	take_files();
	for (int i = 0; i < NFD; i++)
		if (end.re_offset[i] != -1 &&
		    end.re_offset[i] != (int64_t)how.rh_fd[i].offset)
			lseek(i, (off_t)end.re_offset[i], SEEK_SET);
	if (WIFSIGNALED(end.re_status)) {
		signal(WTERMSIG(end.re_status), SIG_DFL);
		raise(WTERMSIG(end.re_status));
		return 128 + WTERMSIG(end.re_status);
	}
	return WEXITSTATUS(end.re_status);
}
