/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupted and cancelled (intr.h): what waits for a descriptor: pipes,
 * sockets, event and timer descriptors, locks of files.  Runs on Linux, too.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "intr.h"

#ifndef F_OFD_SETLKW
#define F_OFD_SETLKW 38
#endif

static char big[1 << 20];

static void
fullpipe(void)
{

	mkpipe();
	fcntl(b, F_SETFL, O_NONBLOCK);
	while (write(b, big, 4096) > 0)
		continue;
	fcntl(b, F_SETFL, 0);
}

static void
mkpair(void)
{
	int fds[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	a = fds[0];
	b = fds[1];
}

static void
mkpair_timeo(void)
{
	struct timeval tv = { 60, 0 };

	mkpair();
	CHECK_EQ(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
}

static void
fullpair(void)
{

	mkpair();
	fcntl(b, F_SETFL, O_NONBLOCK);
	while (write(b, big, 65536) > 0)
		continue;
	fcntl(b, F_SETFL, 0);
}

static struct sockaddr_un sun = { .sun_family = AF_UNIX };

static void
mklisten(void)
{

	a = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "intr%d.%d",
	    (int)getpid(), a);
	CHECK_EQ(bind(a, (struct sockaddr *)&sun, sizeof(sun)), 0);
	CHECK_EQ(listen(a, 1), 0);
	b = -1;
}

/* Nobody accepts, and the queue is full. */
static int queue[64], nqueue;

static void
fulllisten(void)
{

	mklisten();
	for (nqueue = 0; nqueue < 64; nqueue++) {
		queue[nqueue] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(queue[nqueue], (struct sockaddr *)&sun,
		    sizeof(sun)) != 0)
			break;
	}
	b = socket(AF_UNIX, SOCK_STREAM, 0);
}

static void
acceptall(void)
{
	int i, fd;

	for (i = 0; i <= nqueue; i++)
		close(queue[i]);
	fcntl(a, F_SETFL, O_NONBLOCK);
	while ((fd = accept(a, NULL, NULL)) >= 0)
		close(fd);
}

static void
mkevent(void)
{

	a = eventfd(0, 0);
	b = -1;
}

static void
fullevent(void)
{
	uint64_t v = UINT64_MAX - 1;

	mkevent();
	CHECK_EQ(write(a, &v, 8), 8);
}

static void
mktimer(void)
{
	struct itimerspec it = { { 0, 0 }, { 60, 0 } };

	a = timerfd_create(CLOCK_MONOTONIC, 0);
	CHECK_EQ(timerfd_settime(a, 0, &it, NULL), 0);
	b = -1;
}

static char lockname[64];

static void
mklock(void)
{

	snprintf(lockname, sizeof(lockname), "/tmp/t_sigintr.%d",
	    (int)getpid());
	a = open(lockname, O_RDWR | O_CREAT, 0600);
	b = open(lockname, O_RDWR);
	CHECK(a >= 0 && b >= 0);
	CHECK_EQ(flock(b, LOCK_EX), 0);
}

static void
mkofd(void)
{
	struct flock fl = { .l_type = F_WRLCK };

	snprintf(lockname, sizeof(lockname), "/tmp/t_sigintr.%d",
	    (int)getpid());
	a = open(lockname, O_RDWR | O_CREAT, 0600);
	b = open(lockname, O_RDWR);
	CHECK_EQ(fcntl(b, F_OFD_SETLKW, &fl), 0);
}

static void
write1(void)
{

	CHECK_EQ(write(b, "x", 1), 1);
}

static void
write4(void)
{

	CHECK_EQ(write(b, "wxyz", 4), 4);
}

static void
drain(void)
{

	fcntl(a, F_SETFL, O_NONBLOCK);
	while (!finished)
		(void)!read(a, big, sizeof(big));
}

static void
write8(void)
{
	uint64_t v = 1;

	CHECK_EQ(write(a, &v, 8), 8);
}

static void
read8(void)
{
	uint64_t v;

	CHECK_EQ(read(a, &v, 8), 8);
}

static void
settimer(void)
{
	struct itimerspec it = { { 0, 0 }, { 0, 1 } };

	CHECK_EQ(timerfd_settime(a, 0, &it, NULL), 0);
}

static void
unlock(void)
{

	flock(b, LOCK_UN);
	close(b);
	b = -1;
}

static int client = -1;

static void
doconnect(void)
{

	client = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(connect(client, (struct sockaddr *)&sun, sizeof(sun)), 0);
}

static long
c_read(void)
{
	char c;

	RET(read(a, &c, 1));
}

static long
c_readv(void)
{
	char c[2];
	struct iovec iov[2] = { { c, 1 }, { c + 1, 1 } };

	RET(readv(a, iov, 2));
}

static long
c_write(void)
{

	RET(write(b, big, 4096));
}

static long
c_writev(void)
{
	struct iovec iov[2] = { { big, 2048 }, { big, 2048 } };

	RET(writev(b, iov, 2));
}

static long
c_recv(void)
{
	char c;

	RET(recv(a, &c, 1, 0));
}

static long
c_recvmsg(void)
{
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	RET(recvmsg(a, &mh, 0));
}

static long
c_waitall(void)
{
	char c[4];

	RET(recv(a, c, 4, MSG_WAITALL));
}

static long
c_send(void)
{

	RET(send(b, big, 4096, 0));
}

static long
c_sendmsg(void)
{
	struct iovec iov = { big, 4096 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	RET(sendmsg(b, &mh, 0));
}

static long
c_accept(void)
{

	RET(accept(a, NULL, NULL));
}

static long
c_accept4(void)
{

	RET(accept4(a, NULL, NULL, SOCK_CLOEXEC));
}

static long
c_connect(void)
{

	RET(connect(b, (struct sockaddr *)&sun, sizeof(sun)));
}

static long
c_read8(void)
{
	uint64_t v;

	RET(read(a, &v, 8));
}

static long
c_write8(void)
{
	uint64_t v = 5;

	RET(write(a, &v, 8));
}

static long
c_flock(void)
{

	RET(flock(a, LOCK_EX));
}

static long
c_ofd(void)
{
	struct flock fl = { .l_type = F_WRLCK };

	RET(fcntl(a, F_OFD_SETLKW, &fl));
}

static long
c_splice(void)
{
	int fds[2];
	long r;

	if (pipe(fds) != 0)
		return -errno;
	r = splice(a, NULL, fds[1], NULL, 1, 0);
	r = r < 0 ? -errno : r;
	close(fds[0]);
	close(fds[1]);
	return r;
}

static const struct call calls[] = {
	{ "read pipe", 1, 1, mkpipe, c_read, write1 },
	{ "readv pipe", 1, 1, mkpipe, c_readv, write1 },
	{ "write pipe", 1, 1, fullpipe, c_write, drain },
	{ "writev pipe", 1, 1, fullpipe, c_writev, drain },
	{ "read socket", 1, 1, mkpair, c_read, write1 },
	{ "recv", 1, 1, mkpair, c_recv, write1 },
	{ "recvmsg", 1, 1, mkpair, c_recvmsg, write1 },
	{ "recv all", 1, 1, mkpair, c_waitall, write4 },
	{ "recv with time-out", 0, 1, mkpair_timeo, c_recv, NULL },
	{ "write socket", 1, 1, fullpair, c_write, drain },
	{ "send", 1, 1, fullpair, c_send, drain },
	{ "sendmsg", 1, 1, fullpair, c_sendmsg, drain },
	{ "accept", 1, 1, mklisten, c_accept, doconnect },
	{ "accept4", 1, 1, mklisten, c_accept4, doconnect },
	{ "connect", 1, 1, fulllisten, c_connect, acceptall },
	{ "read eventfd", 1, 1, mkevent, c_read8, write8 },
	{ "write eventfd", 1, 1, fullevent, c_write8, read8 },
	{ "read timerfd", 1, 1, mktimer, c_read8, settimer },
	{ "flock", 1, 0, mklock, c_flock, unlock },
	{ "fcntl F_OFD_SETLKW", 1, 0, mkofd, c_ofd, unlock },
	{ "splice", 1, 0, mkpipe, c_splice, write1 },
};

static void
tidy(void)
{

	if (client >= 0)
		close(client);
	client = -1;
	if (lockname[0])
		unlink(lockname);
}

int
main(int argc, char **argv)
{

	return run_calls(calls, sizeof(calls) / sizeof(calls[0]), tidy, argc,
	    argv);
}
