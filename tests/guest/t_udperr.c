/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Connection refused" is there as soon as a datagram to a closed port of this
 * machine is sent: for the next send, for SO_ERROR.  Runs on Linux, too.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../check.h"

static struct sockaddr_in to;

/* A port that nobody has: one that a socket had. */
static void
closedport(void)
{
	socklen_t len = sizeof(to);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_family = AF_INET;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(s >= 0);
	CHECK_EQ(bind(s, (void *)&to, sizeof(to)), 0);
	CHECK_EQ(getsockname(s, (void *)&to, &len), 0);
	close(s);
}

static int
opened(int connected)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), on = 1;

	CHECK(s >= 0);
	if (connected)
		CHECK_EQ(connect(s, (void *)&to, sizeof(to)), 0);
	else
		CHECK_EQ(setsockopt(s, IPPROTO_IP, IP_RECVERR, &on,
		    sizeof(on)), 0);
	return s;
}

static int
sent(int s, int connected)
{
	struct iovec iov = { "x", 1 };
	struct mmsghdr mm;

	memset(&mm, 0, sizeof(mm));
	mm.msg_hdr.msg_iov = &iov;
	mm.msg_hdr.msg_iovlen = 1;
	if (!connected) {
		mm.msg_hdr.msg_name = &to;
		mm.msg_hdr.msg_namelen = sizeof(to);
	}
	errno = 0;
	CHECK_EQ(sendmmsg(s, &mm, 1, 0), errno == 0 ? 1 : -1);
	return errno;
}

static int
soerror(int s)
{
	socklen_t len = sizeof(int);
	int error = -1;

	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	return error;
}

int
main(void)
{
	int connected, i, s;

	closedport();
	for (connected = 0; connected < 2; connected++)
		for (i = 0; i < 20; i++) {
			s = opened(connected);
			CHECK_EQ(sent(s, connected), 0);
			CHECK_EQ(sent(s, connected), ECONNREFUSED);
			CHECK_EQ(sent(s, connected), 0);
			CHECK_EQ(soerror(s), ECONNREFUSED);
			CHECK_EQ(soerror(s), 0);
			close(s);
		}
	return 0;
}
