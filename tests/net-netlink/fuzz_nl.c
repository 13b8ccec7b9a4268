/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_netlink net_packet */
/*
 * libFuzzer: netlink messages as they are; the first byte chooses the protocol.
 */
#include "../net-inet/wire.h"
#include <linux/netlink.h>

static int route, diag;
static uint8_t ans[65536];

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerInitialize(int *, char ***);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{

	(void)argc, (void)argv;
	onhost = 0;
	(void)wire_start();
	route = (int)SYS(socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	diag = (int)SYS(socket, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	return 0;
}

static void
drain(int fd)
{

	while (SYS(recvfrom, fd, ans, sizeof(ans), MSG_DONTWAIT, NULL,
	    NULL) > 0 || errno == ENOBUFS)
		;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	int fd;

	if (n < 1)
		return 0;
	fd = p[0] & 2 ? diag : route;
	(void)SYS(sendto, fd, p + 1, n - 1, 0, NULL, 0);
	drain(fd);
	return 0;
}
