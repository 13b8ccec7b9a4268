/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet */
/* UDP sockets over lo, on the host and in the rump kernel. */
#include "inettest.h"

static void
test_echo(void)
{
	int a = usock(), b = usock();
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char buf[64];

	OK(ubind(a, "127.0.0.1", 0));
	CHECK(portof(a) >= 32768 && portof(a) <= 60999);
	CHECK_EQ(usendto(b, "hello", 5, "127.0.0.1", portof(a)), 5);
	CHECK(portof(b) != 0);
	CHECK_EQ(nameof(b).sin_addr.s_addr, 0);
	memset(&from, 0xff, sizeof(from));
	CHECK(bits(a, POLLIN) == POLLIN || urecv(a, buf, 0) >= 0);
	CHECK_EQ(usendto(b, "world!", 6, "127.0.0.1", portof(a)), 6);
	CHECK_EQ(SYS(recvfrom, a, buf, sizeof(buf), 0, &from, &len), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK_EQ(len, sizeof(from));
	CHECK_EQ(from.sin_family, AF_INET);
	CHECK_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	CHECK_EQ(ntohs(from.sin_port), portof(b));
	CHECK_EQ(SYS(sendto, a, "back", 4, 0, &from, len), 4);
	CHECK_EQ(urecv(b, buf, sizeof(buf)), 4);
	CHECK_EQ(urecv(a, buf, 3), 3);
	CHECK(nothing(a));
	uclose(a);
	uclose(b);
}

static const struct test tests[] = {
	{ "echo", test_echo },
	{ NULL, NULL },
};

int
main(void)
{

	return run_tests(tests);
}
