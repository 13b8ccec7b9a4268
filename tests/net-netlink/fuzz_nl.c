/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_netlink net_packet net_bpf */
/*
 * libFuzzer: the first byte chooses: netlink messages as they are, or a BPF
 * program and, behind it, the packet that it runs on.
 */
#include "../net-inet/wire.h"
#include <linux/filter.h>
#include <linux/netlink.h>

static int route, diag, pk;
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
	pk = (int)SYS(socket, AF_PACKET, SOCK_RAW, htons(3));
	return 0;
}

static void
drain(int fd)
{

	while (SYS(recvfrom, fd, ans, sizeof(ans), MSG_DONTWAIT, NULL,
	    NULL) > 0 || errno == ENOBUFS)
		;
}

static void
filter(const uint8_t *p, size_t n)
{
	struct sock_filter prog[64];
	unsigned k = n > 0 ? p[0] & 63 : 0;
	struct sock_fprog fp = { (unsigned short)k, prog };
	int u;

	if (n < 1 + k * sizeof(prog[0]))
		return;
	memcpy(prog, p + 1, k * sizeof(prog[0]));
	if (SYS(setsockopt, pk, SOL_SOCKET, SO_ATTACH_FILTER, &fp,
	    sizeof(fp)) != 0)
		return;
	p += 1 + k * sizeof(prog[0]);
	n -= 1 + k * sizeof(prog[0]);
	if (n > 1400)
		n = 1400;
	u = usock();
	(void)usendto(u, p, n, "127.0.0.1", 9);
	drain(pk);
	uclose(u);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	int fd;

	if (n < 1)
		return 0;
	if (p[0] & 1) {
		filter(p + 1, n - 1);
		return 0;
	}
	fd = p[0] & 2 ? diag : route;
	(void)SYS(sendto, fd, p + 1, n - 1, 0, NULL, 0);
	drain(fd);
	return 0;
}
