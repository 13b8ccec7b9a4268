/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal on the console: line editing, echo, raw mode, end of file.
 * The test is its own console: descriptor 0 is a pipe, 1 a file.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "vfstest.h"

/* The kernel's, not libc's. */
struct ktermios {
	uint32_t	iflag, oflag, cflag, lflag;
	uint8_t		line, cc[19];
};

static int in, out, tty;
static struct ktermios ios;
static char buf[20000];

static void
type(const char *s)
{
	CHECK_EQ(write(in, s, strlen(s)), strlen(s));
}

/* The next read gives just this. */
static void
reads(int line, const char *s)
{
	long n = rump_sys_read(tty, buf, sizeof(buf));

	if (n != (long)strlen(s) || memcmp(buf, s, n) != 0)
		fprintf(stderr, "line %d: read %ld \"%.*s\", not \"%s\"\n",
		    line, n, (int)n, buf, s);
	CHECK(n == (long)strlen(s) && memcmp(buf, s, n) == 0);
}

/* What has been put out since the last time. */
static void
shows(int line, const char *s)
{
	static off_t seen;
	char got[4096];
	ssize_t n;

	fflush(stdout);
	n = pread(out, got, sizeof(got), seen);
	seen += n;
	if (n != (ssize_t)strlen(s) || memcmp(got, s, n) != 0)
		fprintf(stderr, "line %d: output \"%.*s\", not \"%s\"\n", line,
		    (int)n, got, s);
	CHECK(n == (ssize_t)strlen(s) && memcmp(got, s, n) == 0);
}
#define READS(s)	reads(__LINE__, s)
#define SHOWS(s)	shows(__LINE__, s)

/* Bytes come one by one: until so many are there to be read. */
static void
arrived(int want)
{
	int n;

	do
		OK(rump_sys_ioctl(tty, FIONREAD, &n));
	while (n < want);
	CHECK_EQ(n, want);
}

static void
set(void)
{
	OK(rump_sys_ioctl(tty, TCSETS, &ios));
}

static void
t_line(void)
{
	type("plain\n");
	READS("plain\n");
	SHOWS("");
	ios.lflag |= ECHO;
	set();
	type("abX\177c\n");
	READS("abc\n");
	SHOWS("abX\b \bc\n");
	type("one two\027six\n");		/* ^W */
	READS("one six\n");
	SHOWS("one two\b \b\b \b\b \bsix\n");
	type("gone\025new\n");			/* ^U */
	READS("new\n");
	SHOWS("gone\b \b\b \b\b \b\b \bnew\n");
	type("\177\177x\n");			/* nothing to erase */
	READS("x\n");
	SHOWS("x\n");
	type("a\001b\177\177c\n");		/* ^A shows as two */
	READS("ac\n");
	SHOWS("a^Ab\b \b\b \b\b \bc\n");
	type("\026\004q\n");			/* ^V ^D */
	READS("\004q\n");
	SHOWS("^Dq\n");
	type("cr\r");
	READS("cr\n");
	SHOWS("cr\n");
	/* two lines are two reads; ^D ends a read without a byte */
	type("l1\nl2\npart\004\004");
	READS("l1\n");
	READS("l2\n");
	READS("part");
	READS("");
	SHOWS("l1\nl2\npart");
	/* ONLCR */
	ios.oflag |= ONLCR;
	set();
	CHECK_EQ(rump_sys_write(tty, "x\ny\n", 4), 4);
	SHOWS("x\r\ny\r\n");
	ios.oflag &= ~(ONLCR | OPOST);
	ios.lflag &= ~ECHO;
	set();
}

/* poll tells when there is a line, not before. */
static void
t_poll(void)
{
	struct pollfd pfd = { .fd = tty, .events = POLLIN | POLLOUT };

	CHECK_EQ(rump_sys_poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLOUT);
	pfd.events = POLLIN;
	type("no line yet");
	CHECK_EQ(rump_sys_poll(&pfd, 1, 50), 0);
	type(", now\n");
	CHECK_EQ(rump_sys_poll(&pfd, 1, 60000), 1);
	CHECK_EQ(pfd.revents, POLLIN);
	READS("no line yet, now\n");
	CHECK_EQ(rump_sys_poll(&pfd, 1, 0), 0);
}

static void
t_raw(void)
{
	int64_t t;
	int n = 0;

	ios.lflag &= ~(ICANON | ISIG | IEXTEN);
	ios.iflag &= ~(ICRNL | IXON);
	ios.cc[VMIN] = 3;
	ios.cc[VTIME] = 0;
	set();
	type("ab");
	usleep(20000);
	type("\003\r");
	n = rump_sys_read(tty, buf, 100);
	CHECK(n >= 3);
	CHECK(memcmp(buf, "ab\003", 3) == 0);
	arrived(4 - n);
	OK(rump_sys_ioctl(tty, TCFLSH, (void *)(long)TCIFLUSH));
	ios.cc[VMIN] = 0;
	set();
	OK(rump_sys_read(tty, buf, 100));
	ios.cc[VTIME] = 1;
	set();
	OK(rump_sys_read(tty, buf, 100));	/* after a tenth */
	ios.cc[VTIME] = 255;
	set();
	type("z");
	READS("z");				/* at once */
	/* MIN and TIME: the time between bytes */
	ios.cc[VMIN] = 10;
	ios.cc[VTIME] = 1;
	set();
	type("xyz");
	arrived(3);
	t = now_ms();
	READS("xyz");
	CHECK(now_ms() - t >= 99);
	type("12345");
	arrived(5);
	CHECK_EQ(rump_sys_read(tty, buf, 2), 2);
	READS("345");
}

/* More than the queue holds: nothing is lost. */
static void
t_much(void)
{
	static char much[100000];
	size_t i, got = 0;
	long n;
	pid_t pid;

	ios.lflag |= ICANON;
	set();
	for (i = 0; i < sizeof(much); i++)
		much[i] = i % 100 == 99 ? '\n' : 'a' + i % 26;
	if ((pid = fork()) == 0) {
		if (write(in, much, sizeof(much)) != sizeof(much))
			_exit(1);
		_exit(0);
	}
	CHECK(pid > 0);
	while (got < sizeof(much)) {
		n = rump_sys_read(tty, buf, sizeof(buf));
		CHECK_EQ(n, 100);
		if (n <= 0 || memcmp(buf, much + got, n) != 0)
			break;
		got += n;
	}
	CHECK_EQ(got, sizeof(much));
}

int
main(void)
{
	char name[] = "/tmp/t_tty.XXXXXX";
	struct winsize ws;
	int p[2], fd;

	REQUIRE(pipe(p) == 0);
	REQUIRE((out = mkstemp(name)) >= 0);
	unlink(name);
	in = p[1];
	dup2(p[0], 0);
	close(p[0]);
	fd = dup(1);
	dup2(out, 1);
	REQUIRE(start() == 0);
	REQUIRE((tty = rump_sys_open("/dev/tty", O_RDWR, 0)) >= 0);
	OK(rump_sys_ioctl(tty, TCGETS, &ios));
	CHECK(ios.lflag & ICANON);
	OK(rump_sys_ioctl(tty, TIOCGWINSZ, &ws));
	CHECK(ws.ws_col > 0);
	FAILS(rump_sys_ioctl(tty, 0x9999, NULL), ENOTTY);
	CHECK_EQ(rump_sys_fcntl(tty, F_SETFL, O_NONBLOCK), 0);
	FAILS(rump_sys_read(tty, buf, 10), EAGAIN);
	CHECK_EQ(rump_sys_fcntl(tty, F_SETFL, 0), 0);
	t_line();
	t_poll();
	t_raw();
	t_much();
	/* the host has no more */
	close(in);
	OK(rump_sys_read(tty, buf, 10));
	OK(rump_sys_read(tty, buf, 10));
	fflush(stdout);
	dup2(fd, 1);
	return check_done();
}
