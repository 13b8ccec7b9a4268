/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/* MSG_FASTOPEN over lo: the first gets a cookie, later ones send with SYN. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <net/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include "../rumptest.h"

static struct sockaddr_in sin;
static int l;

/* sendto() on a new socket; what the other end gets. */
static void
opens(const char *text, uint64_t active, uint64_t passive)
{
	size_t len = strlen(text);
	int c = (int)rump_sys_socket(AF_INET, SOCK_STREAM, 0), s;
	char buf[16];

	CHECK_EQ(rump_sys_sendto(c, text, len, MSG_FASTOPEN, (void *)&sin,
	    sizeof(sin)), len);
	s = (int)rump_sys_accept4(l, NULL, NULL, 0);
	CHECK(s >= 0);
	if (len > 0) {
		CHECK_EQ(rump_sys_read(s, buf, sizeof(buf)), len);
		CHECK(memcmp(buf, text, len) == 0);
	}
	CHECK_EQ(rump_sys_write(c, "more", 4), 4);
	CHECK_EQ(rump_sys_read(s, buf, sizeof(buf)), 4);
	CHECK_EQ(rump_tcpstat[TCPS_TCPFastOpenActive], active);
	CHECK_EQ(rump_tcpstat[TCPS_TCPFastOpenPassive], passive);
	OK(rump_sys_close(c));
	OK(rump_sys_close(s));
}

int
main(void)
{
	socklen_t len = sizeof(sin);
	int queue = 5;

	rump_tcp_fastopen = 3;
	REQUIRE(start() == 0);
	l = (int)rump_sys_socket(AF_INET, SOCK_STREAM, 0);
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	OK(rump_sys_bind(l, (void *)&sin, sizeof(sin)));
	OK(rump_sys_setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN, (void *)&queue,
	    sizeof(queue)));
	OK(rump_sys_listen(l, 10));
	OK(rump_sys_getsockname(l, (void *)&sin, &len));
	opens("first", 0, 0);
	opens("second", 1, 1);
	opens("", 1, 2);		/* a SYN with the cookie alone */
	opens("third", 2, 3);
	return check_done();
}
