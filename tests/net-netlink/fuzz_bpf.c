/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_packet net_bpf */
/*
 * libFuzzer: a BPF program and, behind it, the packet that it runs on.  The
 * first byte is the program's length in instructions.
 */
#include "../net-inet/wire.h"
#include <linux/filter.h>

static struct fake *fk;
static int pk;
static uint8_t ans[65536];

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerInitialize(int *, char ***);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{

	(void)argc, (void)argv;
	onhost = 0;
	fk = wire_start();
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

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct frame f;
	struct sock_filter prog[64];
	unsigned k = n > 0 ? p[0] & 63 : 0;
	struct sock_fprog fp = { (unsigned short)k, prog };

	if (n < 1 + k * sizeof(prog[0]))
		return 0;
	memcpy(prog, p + 1, k * sizeof(prog[0]));
	if (SYS(setsockopt, pk, SOL_SOCKET, SO_ATTACH_FILTER, &fp,
	    sizeof(fp)) != 0)
		return 0;
	p += 1 + k * sizeof(prog[0]);
	n -= 1 + k * sizeof(prog[0]);
	if (n > 1400)
		n = 1400;
	memcpy(f.f_b, mac_us, 6);
	memcpy(f.f_b + 6, mac_peer, 6);
	memcpy(f.f_b + 12, p, n);
	f.f_len = 12 + (unsigned)n;
	inject(fk, &f);
	drain(pk);
	(void)dropall(fk);
	return 0;
}

