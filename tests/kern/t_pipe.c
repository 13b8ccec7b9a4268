/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe, pipe2: order, limits, atomicity, both ends going away. */
#include "kerntest.h"
#include <sys/ioctl.h>
#include <poll.h>

#define BUFSZ	4096

static int fds[2];

static void
test_basic(void)
{
	char buf[16];
	int n;

	OK(rump_sys_pipe(fds));
	CHECK_EQ(rump_sys_fcntl(fds[0], F_GETFL, 0) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(rump_sys_fcntl(fds[1], F_GETFL, 0) & O_ACCMODE, O_WRONLY);
	CHECK_EQ(rump_sys_write(fds[1], "hello", 5), 5);
	OK(rump_sys_ioctl(fds[0], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_EQ(rump_sys_read(fds[0], buf, 2), 2);
	CHECK_EQ(rump_sys_read(fds[0], buf + 2, sizeof(buf) - 2), 3);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK_EQ(rump_sys_write(fds[1], buf, 0), 0);
	CHECK_EQ(rump_sys_read(fds[0], buf, 0), 0);
	FAILS(rump_sys_write(fds[0], buf, 1), EBADF);
	FAILS(rump_sys_read(fds[1], buf, 1), EBADF);
	FAILS(rump_sys_lseek(fds[0], 0, SEEK_SET), ESPIPE);
	FAILS(rump_sys_pread64(fds[0], buf, 1, 0), ESPIPE);
	FAILS(rump_sys_write(fds[1], NULL, 1), EFAULT);
	CHECK_EQ(rump_sys_write(fds[1], "x", 1), 1);
	OK(rump_sys_close(fds[1]));
	CHECK_EQ(rump_sys_read(fds[0], buf, 1), 1);
	CHECK_EQ(rump_sys_read(fds[0], buf, 1), 0);
	OK(rump_sys_close(fds[0]));
}

static void
test_flags(void)
{
	char c;

	FAILS(rump_sys_pipe2(fds, O_APPEND), EINVAL);
	FAILS(rump_sys_pipe2(NULL, 0), EFAULT);
	OK(rump_sys_pipe2(fds, O_CLOEXEC | O_NONBLOCK));
	CHECK_EQ(rump_sys_fcntl(fds[0], F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(rump_sys_fcntl(fds[1], F_GETFD, 0), FD_CLOEXEC);
	FAILS(rump_sys_read(fds[0], &c, 1), EAGAIN);
	OK(rump_sys_close(fds[0]));
	FAILS(rump_sys_write(fds[1], "x", 1), EPIPE);
	CHECK_EQ(rump_sys_write(fds[1], "x", 0), 0);
	OK(rump_sys_close(fds[1]));
}

/* 64 KiB go in; writes up to PIPE_BUF all or nothing. */
static void
test_capacity(void)
{
	static char buf[BUFSZ * 17];
	int i;

	OK(rump_sys_pipe2(fds, O_NONBLOCK));
	CHECK_EQ(rump_sys_fcntl(fds[0], F_GETPIPE_SZ, 0), 65536);
	for (i = 0; i < 16; i++)
		CHECK_EQ(rump_sys_write(fds[1], buf, BUFSZ), BUFSZ);
	FAILS(rump_sys_write(fds[1], buf, 1), EAGAIN);
	CHECK_EQ(rump_sys_read(fds[0], buf, BUFSZ - 1), BUFSZ - 1);
	FAILS(rump_sys_write(fds[1], buf, BUFSZ), EAGAIN);
	CHECK_EQ(rump_sys_write(fds[1], buf, BUFSZ - 1), BUFSZ - 1);
	CHECK_EQ(rump_sys_read(fds[0], buf, 100), 100);
	/* More than PIPE_BUF may be taken in part. */
	CHECK_EQ(rump_sys_write(fds[1], buf, BUFSZ + 1), 100);
	CHECK_EQ(rump_sys_read(fds[0], buf, sizeof(buf)), 65536);
	FAILS(rump_sys_read(fds[0], buf, sizeof(buf)), EAGAIN);
	CHECK_EQ(rump_sys_write(fds[1], buf, sizeof(buf)), 65536);
	OK(rump_sys_close(fds[0]));
	OK(rump_sys_close(fds[1]));
}

static void
fill(unsigned char *p, int n, unsigned *seq)
{

	while (n-- > 0)
		*p++ = (unsigned char)((*seq)++ * 7 / 5);
}

/* A ring that wraps at odd places, and is resized while it is full. */
static void
test_resize(void)
{
	static unsigned char in[70000], out[70000];
	unsigned w = 0, r = 0, i, n;
	static const int sizes[] = { 131072, 5000, 4096, 65536, 1048576 };

	OK(rump_sys_pipe2(fds, O_NONBLOCK));
	for (i = 0; i < 400; i++) {
		n = i * 977 % 9000 + 1;
		fill(in, (int)n, &w);
		n = (unsigned)rump_sys_write(fds[1], in, n);
		if (n == (unsigned)-1)
			n = 0;
		w = w - (i * 977 % 9000 + 1) + n;
		if (i % 7 == 0) {
			long s = rump_sys_fcntl(fds[1], F_SETPIPE_SZ,
			    (unsigned long)sizes[i / 7 % 5]);
			CHECK(s >= sizes[i / 7 % 5] || errno == EBUSY);
			if (s > 0)
				CHECK_EQ(rump_sys_fcntl(fds[0], F_GETPIPE_SZ,
				    0), s);
		}
		n = (unsigned)rump_sys_read(fds[0], in, i * 1231 % 8000 + 1);
		if (n == (unsigned)-1)
			continue;
		fill(out, (int)n, &r);
		CHECK(memcmp(in, out, n) == 0);
	}
	while ((n = (unsigned)rump_sys_read(fds[0], in, sizeof(in))) !=
	    (unsigned)-1) {
		fill(out, (int)n, &r);
		CHECK(memcmp(in, out, n) == 0);
	}
	CHECK_EQ(w, r);
	FAILS(rump_sys_fcntl(fds[1], F_SETPIPE_SZ, (1UL << 31) + 1), EINVAL);
	OK(rump_sys_close(fds[0]));
	OK(rump_sys_close(fds[1]));
}

#define NWRITERS	4
#define NRECORDS	300

struct record {
	int	r_writer, r_seq;
	char	r_fill[248];
};

static void
writer(void *arg)
{
	struct record r;
	int i;

	memset(&r, 0, sizeof(r));
	r.r_writer = (int)(intptr_t)arg;
	memset(r.r_fill, 'a' + r.r_writer, sizeof(r.r_fill));
	for (i = 0; i < NRECORDS; i++) {
		r.r_seq = i;
		CHECK_EQ(rump_sys_write(fds[1], &r, sizeof(r)), sizeof(r));
	}
}

/* Writers that block against one reader: whole records, in order. */
static void
test_atomic(void)
{
	struct thread th[NWRITERS];
	struct record r;
	int next[NWRITERS] = { 0 }, i, j;

	OK(rump_sys_pipe(fds));
	OK(rump_sys_fcntl(fds[1], F_SETPIPE_SZ, 4096) != 4096);
	for (i = 0; i < NWRITERS; i++)
		thread_start(&th[i], writer, (void *)(intptr_t)i);
	for (i = 0; i < NWRITERS * NRECORDS; i++) {
		CHECK_EQ(rump_sys_read(fds[0], &r, sizeof(r)), sizeof(r));
		CHECK(r.r_writer >= 0 && r.r_writer < NWRITERS);
		CHECK_EQ(r.r_seq, next[r.r_writer]++);
		for (j = 0; j < (int)sizeof(r.r_fill); j++)
			if (r.r_fill[j] != 'a' + r.r_writer)
				break;
		CHECK_EQ(j, sizeof(r.r_fill));
	}
	for (i = 0; i < NWRITERS; i++)
		thread_join(&th[i]);
	OK(rump_sys_close(fds[0]));
	OK(rump_sys_close(fds[1]));
}

static void
bigwriter(void *arg)
{
	static char buf[300000];

	(void)arg;
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(rump_sys_write(fds[1], buf, sizeof(buf)), sizeof(buf));
	OK(rump_sys_close(fds[1]));
}

static void
blockedwriter(void *arg)
{
	static char buf[65536];

	CHECK_EQ(rump_sys_write(fds[1], buf, sizeof(buf)), sizeof(buf));
	FAILS(rump_sys_write(fds[1], buf, 1), EPIPE);
	*(int *)arg = 1;
}

static void
test_blocking(void)
{
	static char buf[7001];
	struct pollfd full;
	struct thread th;
	int n, total = 0, done = 0;

	OK(rump_sys_pipe(fds));
	thread_start(&th, bigwriter, NULL);
	while ((n = (int)rump_sys_read(fds[0], buf, sizeof(buf))) > 0)
		total += n;
	CHECK_EQ(n, 0);
	CHECK_EQ(total, 300000);
	thread_join(&th);
	OK(rump_sys_close(fds[0]));

	/* The reader goes while a writer waits. */
	OK(rump_sys_pipe(fds));
	thread_start(&th, blockedwriter, &done);
	full = (struct pollfd){ .fd = fds[1], .events = POLLOUT };
	while (rump_sys_poll(&full, 1, 0) != 0)
		msleep(1);
	msleep(50);
	OK(rump_sys_close(fds[0]));
	thread_join(&th);
	CHECK(done);
	OK(rump_sys_close(fds[1]));
}

static void
test_poll(void)
{
	static char buf[65536];
	struct pollfd p[2];

	OK(rump_sys_pipe(fds));
	p[0] = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = fds[1], .events = POLLOUT };
	CHECK_EQ(rump_sys_poll(p, 2, 0), 1);
	CHECK_EQ(p[1].revents, POLLOUT);
	CHECK_EQ(rump_sys_write(fds[1], buf, 65536 - 4095), 65536 - 4095);
	CHECK_EQ(rump_sys_poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN);
	CHECK_EQ(rump_sys_read(fds[0], buf, 1), 1);
	CHECK_EQ(rump_sys_poll(p, 2, 0), 2);
	OK(rump_sys_close(fds[1]));
	CHECK_EQ(rump_sys_poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN | POLLHUP);
	OK(rump_sys_close(fds[0]));
	OK(rump_sys_pipe(fds));
	OK(rump_sys_close(fds[0]));
	p[1].fd = fds[1];
	CHECK_EQ(rump_sys_poll(&p[1], 1, 0), 1);
	CHECK_EQ(p[1].revents, POLLOUT | POLLERR);
	OK(rump_sys_close(fds[1]));
}

int
main(void)
{

	REQUIRE(start() == 0);
	test_basic();
	test_flags();
	test_capacity();
	test_resize();
	test_atomic();
	test_blocking();
	test_poll();
	return check_done();
}
