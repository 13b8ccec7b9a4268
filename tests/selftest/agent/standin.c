/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes a program's place on Linux: runs it in the guest.  Beside this file
 * (not a link to it), which has the program's name, is a file .conf: the folder
 * to keep alike, the guest's address, and a folder with
 *	start		a script that starts a guest when there is none
 *	tree, lock	what guest and host agree on
 * and how many seconds the program may take, 0 for any time.
 * Files and descriptors are the same in the guest as far as they are in that
 * folder or are pipes, /dev/null and the like; so are real user and groups (it
 * may be setuid root itself, to read all of the folder).
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
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "tree.h"

static char state[1000], root[1000], address[100], program[200];
static struct tree tree;
static int sock = -1, lock_fd = -1, limit;
static volatile sig_atomic_t got;
static uint64_t ignored;	/* as we were started */
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
	    fscanf(f, "%999s %99s %999s %d", root, address, state, &limit) != 4)
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
	uid_t uid = getuid();

	if ((sock = try_connect()) != -1)
		return;
	unlink(in_state("tree"));
	/* A shell gives up what it has by setuid. */
	if (setreuid(0, 0) != 0 || system(in_state("start")) != 0 ||
	    setreuid(uid, 0) != 0)
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
	int ngroups;
	off_t at;
	ssize_t n;

	how->rh_umask = umask(0);
	umask(how->rh_umask);
	how->rh_uid = getuid();
	how->rh_gid = getgid();
	ngroups = getgroups(NGROUPS, how->rh_groups);
	how->rh_ngroups = ngroups > 0 ? (uint32_t)ngroups : 0;
	how->rh_ignored = ignored;
	if (getcwd(cwd, sizeof(cwd)) == NULL) {
		if (errno != ENOENT)
			fail("getcwd");
		*cwd = '\0';
	}
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

/* Standard input, when it is no file. */
struct input {
	int	in_open;
	int	in_tee;		/* it is a pipe, copied into this one */
	int	in_pipe[2];
	int64_t	in_sent, in_taken;
};

static void
input_open(struct input *in, const struct run_how *how)
{
	struct stat st;

	in->in_open = how->rh_fd[0].kind == FD_PIPE;
	in->in_tee = in->in_open && fstat(0, &st) == 0 &&
	    S_ISFIFO(st.st_mode) && pipe(in->in_pipe) == 0;
	for (int i = 0; in->in_tee && i < 2; i++)
		in->in_pipe[i] = high(in->in_pipe[i]);
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

/* At most IN_MAX bytes of input; of a pipe they stay where they are. */
static ssize_t
peek(struct input *in)
{
	ssize_t n;

	if (!in->in_tee)
		return read(0, buf, IN_MAX);
	n = tee(0, in->in_pipe[1], IN_MAX, SPLICE_F_NONBLOCK);
	return n <= 0 ? n : read(in->in_pipe[0], buf, (size_t)n);
}

/* Those that the program has read are read here, too. */
static void
taken(struct input *in, int64_t upto)
{
	struct pollfd p = { 0, POLLIN, 0 };
	int64_t left = upto - in->in_taken;
	ssize_t n = 1;

	in->in_taken = upto;
	while (in->in_tee && left > 0 && n > 0 && poll(&p, 1, 0) == 1) {
		n = read(0, buf, left < IN_MAX ? (size_t)left : IN_MAX);
		left -= n;
	}
}

/* Milliseconds that are left, -1 for any time. */
static int
time_left(int64_t end)
{
	struct timespec now;
	int64_t left;

	if (limit == 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	left = end - now.tv_sec * 1000 - now.tv_nsec / 1000000;
	return left > 0 ? (int)left : 0;
}

/* A signal to the program, if one came or its time is over. */
static void
forward_signal(int over)
{
	char sig = over ? SIGKILL : (char)got;

	got = 0;
	if (over)
		fprintf(stderr, "selftest: %s: ended after %d seconds\n",
		    program, limit);
	if (sig != 0)
		frame_send(sock, F_KILL, &sig, 1);
}

/* Until the program has ended. */
static void
converse(struct run_end *end, struct input *in)
{
	struct pollfd p[3];
	struct timespec now;
	int64_t until;
	size_t len;
	ssize_t n;
	int type, may = 1, over = 0, out = 1;

	clock_gettime(CLOCK_MONOTONIC, &now);
	until = (now.tv_sec + limit) * 1000 + now.tv_nsec / 1000000;

	for (;;) {
		p[0] = (struct pollfd){ sock, POLLIN, 0 };
		p[1] = (struct pollfd){ in->in_open && may ? 0 : -1,
		    POLLIN, 0 };
		p[2] = (struct pollfd){ out, 0, 0 };
		n = poll(p, 3, over ? -1 : time_left(until));
		if (!over && time_left(until) == 0)
			forward_signal(over = 1);
		else
			forward_signal(0);
		if (n <= 0)
			continue;
		if (p[2].revents) {
			frame_send(sock, F_NOREAD, &(char){ 1 }, 1);
			out = -1;
		}
		if (p[1].revents) {
			n = peek(in);
			if (n == -1 && errno == EAGAIN)
				continue;
			may = 0;
			frame_send(sock, F_IN, buf, n > 0 ? (size_t)n : 0);
			if (n <= 0)
				in->in_open = 0;
			else
				in->in_sent += n;
		}
		if (!p[0].revents)
			continue;
		errno = ECONNRESET;
		if (frame_recv(sock, &type, buf, &len) != 0)
			fail("the guest is gone");
		if (type == F_TAKEN) {
			may = 1;
			taken(in, in->in_sent);
		} else if (type == F_OUT || type == F_ERR)
			output(type == F_OUT ? 1 : 2, buf, len);
		else if (type == F_END && len == sizeof(*end)) {
			memcpy(end, buf, len);
			taken(in, end->re_read);
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

static void
find_ignored(void)
{
	struct sigaction sa;

	for (int i = 1; i < 64; i++)
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			ignored |= (uint64_t)1 << i;
}

int
main(int argc, char **argv, char **env)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
	    SIGUSR2, SIGALRM };
	struct sigaction sa = { .sa_handler = on_signal };
	struct run_how how = { 0 };
	struct input in = { 0 };
	struct run_end end;

	(void)argc;
	configure();
	snprintf(tree.t_root, sizeof(tree.t_root), "%s", root);
	find_ignored();
	signal(SIGPIPE, SIG_IGN);
	send_files();
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
	send_run(&how, argv, env);
	input_open(&in, &how);
	converse(&end, &in);
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
