/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pseudo terminals and what termios(3) says of a terminal; all of it also
 * holds on Linux (in a session of its own: setsid ./t_pty).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include "../check.h"

static int m, s;
static char name[64];

static void
reads(int line, int fd, const char *want)
{
	char b[256];
	size_t n = 0, len = strlen(want);
	ssize_t r = 1;

	while (n < len && (r = read(fd, b + n, len - n)) > 0)
		n += (size_t)r;
	if (n != len || memcmp(b, want, len) != 0)
		printf("line %d: \"%.*s\", not \"%s\"\n", line, (int)n, b,
		    want);
	CHECK(n == len && memcmp(b, want, len) == 0);
}
#define READS(fd, w)	reads(__LINE__, fd, w)
#define WRITES(fd, w)	CHECK(write(fd, w, strlen(w)) == (ssize_t)strlen(w))

static void
openpair(void)
{
	m = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK(m >= 0);
	CHECK(ptsname_r(m, name, sizeof(name)) == 0);
	CHECK(strncmp(name, "/dev/pts/", 9) == 0);
	CHECK(open(name, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
	CHECK(grantpt(m) == 0);
	CHECK(unlockpt(m) == 0);
	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0);
}

static void
names(void)
{
	char b[64];
	struct stat st;

	CHECK(isatty(s) && isatty(m));
	CHECK(ttyname_r(s, b, sizeof(b)) == 0 && strcmp(b, name) == 0);
	CHECK(fstat(s, &st) == 0 && S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev >> 8, 136);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK(stat("/dev/ptmx", &st) == 0 && S_ISCHR(st.st_mode));
}

/* No offset; and openpty(), whose ioctl() has a request beyond INT_MAX. */
static void
stream(void)
{
	char b[1], path[64];
	int m2, s2;

	CHECK(lseek(s, 0, SEEK_CUR) == -1 && errno == ESPIPE);
	CHECK(lseek(m, 0, SEEK_SET) == -1 && errno == ESPIPE);
	CHECK(pread(s, b, 1, 0) == -1 && errno == ESPIPE);
	CHECK(openpty(&m2, &s2, path, NULL, NULL) == 0);
	CHECK(strncmp(path, "/dev/pts/", 9) == 0 && strcmp(path, name) != 0);
	CHECK(isatty(s2) && close(s2) == 0 && close(m2) == 0);
}

/* What ICANON, ECHO, OPOST and the characters do. */
static void
canonical(void)
{
	struct termios t;
	char b[16];
	int n;

	CHECK(tcgetattr(s, &t) == 0);
	CHECK(t.c_lflag & ICANON && t.c_lflag & ECHO && t.c_oflag & ONLCR);
	CHECK_EQ(t.c_cc[VINTR], 3);
	WRITES(m, "ab");
	READS(m, "ab");
	CHECK(ioctl(s, FIONREAD, &n) == 0 && n == 0);
	WRITES(m, "\177c\r");
	READS(m, "\b \bc\r\n");
	READS(s, "ac\n");
	WRITES(s, "out\n");
	READS(m, "out\r\n");
	/* end of file */
	WRITES(m, "x\004");
	READS(s, "x");
	WRITES(m, "\004");
	CHECK_EQ(read(s, b, sizeof(b)), 0);
	READS(m, "x");
	/* a line at a time */
	WRITES(m, "1\n2\n");
	CHECK_EQ(read(s, b, sizeof(b)), 2);
	CHECK_EQ(read(s, b, 1), 1);
	CHECK_EQ(read(s, b, sizeof(b)), 1);
	READS(m, "1\r\n2\r\n");
	/* no echo */
	t.c_lflag &= ~(tcflag_t)ECHO;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	WRITES(m, "q\n");
	READS(s, "q\n");
	WRITES(s, "!");
	READS(m, "!");
	/* what was typed is dropped */
	WRITES(m, "gone\n");
	CHECK(tcflush(s, TCIFLUSH) == 0);
	WRITES(m, "kept\n");
	READS(s, "kept\n");
	CHECK(tcflush(s, 9) == -1 && errno == EINVAL);
	CHECK(tcdrain(s) == 0 && tcsendbreak(s, 0) == 0);
	/* output stops and goes on */
	CHECK(tcflow(s, TCOOFF) == 0);
	fcntl(s, F_SETFL, O_NONBLOCK);
	CHECK(write(s, "z", 1) == -1 && errno == EAGAIN);
	fcntl(s, F_SETFL, 0);
	CHECK(tcflow(s, TCOON) == 0);
	WRITES(s, "z");
	READS(m, "z");
}

static void *
later(void *arg)
{
	usleep(30000);
	WRITES(m, (const char *)arg);
	return NULL;
}

static void
raw(void)
{
	struct termios t;
	pthread_t th;
	char b[16];

	CHECK(tcgetattr(s, &t) == 0);
	cfmakeraw(&t);
	CHECK(tcsetattr(s, TCSAFLUSH, &t) == 0);
	WRITES(s, "a\nb");
	READS(m, "a\nb");
	WRITES(m, "\003\004\r");
	CHECK_EQ(read(s, b, sizeof(b)), 3);
	CHECK(memcmp(b, "\003\004\r", 3) == 0);
	/* MIN 3, TIME 0 */
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 0;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	WRITES(m, "1");
	CHECK(pthread_create(&th, NULL, later, "23") == 0);
	CHECK_EQ(read(s, b, sizeof(b)), 3);
	pthread_join(th, NULL);
	/* MIN 0, TIME 0 */
	t.c_cc[VMIN] = 0;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	CHECK_EQ(read(s, b, sizeof(b)), 0);
	/* MIN 0, TIME 1: a time-out, and a byte */
	t.c_cc[VTIME] = 1;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	CHECK_EQ(read(s, b, sizeof(b)), 0);
	WRITES(m, "t");
	CHECK_EQ(read(s, b, sizeof(b)), 1);
	/* MIN 5, TIME 1: the timer runs from the first byte on */
	t.c_cc[VMIN] = 5;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	CHECK(pthread_create(&th, NULL, later, "uv") == 0);
	CHECK_EQ(read(s, b, sizeof(b)), 2);
	pthread_join(th, NULL);
}

static void
window(void)
{
	struct winsize w = { 30, 90, 0, 0 }, g;

	CHECK(ioctl(m, TIOCSWINSZ, &w) == 0);
	CHECK(ioctl(s, TIOCGWINSZ, &g) == 0);
	CHECK(g.ws_row == 30 && g.ws_col == 90);
}

static volatile sig_atomic_t got;

static void
handler(int sig)
{
	got = sig;
}

static void
await(int sig)
{
	int i;

	for (i = 0; i < 1000 && got != sig; i++)
		usleep(1000);
	CHECK_EQ(got, sig);
	got = 0;
}

/* Needs to be a session leader, as a program of an image is. */
static void
session(void)
{
	int fd = open("/dev/tty", O_RDWR), sigs;
	struct winsize w = { 31, 91, 0, 0 };
	struct itimerval it;
	struct termios t;

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, handler);
	signal(SIGQUIT, handler);
	signal(SIGWINCH, handler);
	if (fd >= 0) {
		CHECK(ioctl(fd, TIOCNOTTY) == 0);
		close(fd);
	}
	if (getsid(0) != getpid()) {
		printf("skip: not a session leader\n");
		return;
	}
	CHECK(tcgetpgrp(s) == -1 && errno == ENOTTY);
	CHECK(ioctl(s, TIOCSCTTY, 0) == 0);
	CHECK_EQ(tcgetpgrp(s), getpgrp());
	CHECK_EQ(tcgetsid(s), getpid());
	CHECK(tcsetpgrp(s, getpgrp()) == 0);
	CHECK(tcsetpgrp(s, 99999) == -1 && errno == ESRCH);
	fd = open("/dev/tty", O_RDWR);
	CHECK(fd >= 0);
	WRITES(fd, "tt");
	READS(m, "tt");
	close(fd);
	/* who has timers has signals that come from elsewhere */
	sigs = getitimer(ITIMER_REAL, &it) == 0;
	tcgetattr(s, &t);
	t.c_lflag |= ICANON | ISIG;
	t.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(s, TCSANOW, &t);
	WRITES(m, "junk\003line\n");
	READS(s, "line\n");
	if (!sigs) {
		printf("skip: no signals\n");
		return;
	}
	await(SIGINT);
	WRITES(m, "\034");
	await(SIGQUIT);
	CHECK(ioctl(m, TIOCSWINSZ, &w) == 0);
	await(SIGWINCH);
}

static void
packet(void)
{
	int on = 1, off = 0;
	char b[8];

	CHECK(ioctl(m, TIOCPKT, &on) == 0);
	WRITES(s, "p");
	CHECK(read(m, b, 8) == 2 && b[0] == 0 && b[1] == 'p');
	CHECK(ioctl(m, TIOCPKT, &off) == 0);
}

static void
ends(void)
{
	struct pollfd pf = { .events = POLLIN };
	struct termios t;
	char b[8], old[64];
	int m2, s2;

	/* the slave goes: EIO once what it wrote was read */
	WRITES(s, "last");
	close(s);
	pf.fd = m;
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == (POLLIN | POLLHUP));
	READS(m, "last");
	CHECK(read(m, b, 1) == -1 && errno == EIO);
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == POLLHUP);
	/* and comes back */
	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0 && poll(&pf, 1, 0) == 0);
	/* two at a time have their own names */
	strcpy(old, name);
	m2 = m;
	s2 = s;
	openpair();
	CHECK(strcmp(old, name) != 0);
	close(s);
	close(m);
	m = m2;
	s = s2;
	/* the master goes: the slave is hung up */
	close(m);
	CHECK_EQ(read(s, b, 1), 0);
	CHECK(write(s, "x", 1) == -1 && errno == EIO);
	CHECK(tcgetattr(s, &t) == -1 && errno == EIO);
	pf.fd = s;
	CHECK(poll(&pf, 1, 0) == 1 && (pf.revents & POLLHUP));
	CHECK(open(old, O_RDWR | O_NOCTTY) == -1);
	close(s);
}

int
main(void)
{
	int i;

	openpair();
	names();
	stream();
	window();
	canonical();
	raw();
	packet();
	session();
	ends();
	for (i = 0; i < 300; i++) {	/* they are used again */
		openpair();
		close(s);
		close(m);
	}
	return check_done();
}
