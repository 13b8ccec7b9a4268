/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_packet net_bpf */
/* AF_PACKET on a fake interface; filters: which programs may run, what they
 * do. */
#include "../net-inet/wire.h"
#include <linux/filter.h>
#include <linux/if_packet.h>

static struct fake *fk;
static struct frame in, out;
static uint8_t buf[4096];

static int
psock(int type, int proto)
{
	int fd = (int)SYS(socket, AF_PACKET, type, htons((uint16_t)proto));

	CHECK(fd >= 0);
	return fd;
}

static int
attach(int fd, const struct sock_filter *f, unsigned n)
{
	struct sock_fprog p = { (unsigned short)n,
	    (struct sock_filter *)(uintptr_t)f };

	return (int)SYS(setsockopt, fd, SOL_SOCKET, SO_ATTACH_FILTER, &p,
	    sizeof(p));
}

static long
precv(int fd, struct sockaddr_ll *sll)
{
	socklen_t len = sizeof(*sll);

	return SYS(recvfrom, fd, buf, sizeof(buf), MSG_DONTWAIT, sll, &len);
}

static void
test_receive(void)
{
	int all = psock(SOCK_RAW, ETH_P_ALL), arp = psock(SOCK_RAW, ETH_P_ARP);
	int ip = psock(SOCK_DGRAM, ETH_P_IP), none = psock(SOCK_RAW, 0);
	int u = usock();
	struct sockaddr_ll sll;

	udpframe(&in, PEER, 9, US, 7777, "hello", 5);
	inject(fk, &in);
	CHECK_EQ(precv(all, &sll), in.f_len);
	CHECK(memcmp(buf, in.f_b, in.f_len) == 0);
	CHECK_EQ(sll.sll_family, AF_PACKET);
	CHECK_EQ(sll.sll_pkttype, PACKET_HOST);
	CHECK_EQ(sll.sll_ifindex, fk->fk_if.if_index);
	CHECK_EQ(ntohs(sll.sll_protocol), ETH_P_IP);
	CHECK_EQ(sll.sll_halen, 6);
	CHECK(memcmp(sll.sll_addr, mac_peer, 6) == 0);
	CHECK_EQ(precv(ip, &sll), in.f_len - 14);
	CHECK(memcmp(buf, in.f_b + 14, in.f_len - 14) == 0);
	FAILS(precv(arp, &sll), EAGAIN);
	FAILS(precv(none, &sll), EAGAIN);
	(void)dropall(fk);		/* port unreachable */
	while (precv(all, &sll) > 0)
		CHECK_EQ(sll.sll_pkttype, PACKET_OUTGOING);
	/* For somebody else. */
	in.f_b[5] = 77;
	inject(fk, &in);
	CHECK_EQ(precv(all, &sll), in.f_len);
	CHECK_EQ(sll.sll_pkttype, PACKET_OTHERHOST);
	CHECK_EQ(precv(ip, &sll), in.f_len - 14);
	CHECK_EQ(sll.sll_pkttype, PACKET_OTHERHOST);
	/* What goes out. */
	CHECK_EQ(usendto(u, "abc", 3, PEER, 9), 3);
	CHECK_EQ(precv(all, &sll), 14 + 20 + 8 + 3);
	CHECK_EQ(sll.sll_pkttype, PACKET_OUTGOING);
	FAILS(precv(ip, &sll), EAGAIN);
	(void)dropall(fk);
	uclose(u);
	uclose(all);
	uclose(arp);
	uclose(ip);
	CHECK(fk->fk_if.if_tap != NULL);
	uclose(none);
	CHECK(fk->fk_if.if_tap == NULL);
}

static void
test_send(void)
{
	int raw = psock(SOCK_RAW, 0), dg = psock(SOCK_DGRAM, 0);
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
	    .sll_ifindex = (int)fk->fk_if.if_index, .sll_halen = 6,
	    .sll_protocol = htons(0x88b5), .sll_addr = "\2\0\0\0\0\7" };

	udpframe(&in, US, 9, PEER, 7777, "hello", 5);
	CHECK_EQ(SYS(sendto, raw, in.f_b, (size_t)in.f_len, 0, &sll,
	    sizeof(sll)), in.f_len);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, in.f_len);
	CHECK(memcmp(out.f_b, in.f_b, in.f_len) == 0);
	CHECK_EQ(SYS(sendto, dg, "data", 4UL, 0, &sll, sizeof(sll)), 4);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, 18);
	CHECK(memcmp(out.f_b, sll.sll_addr, 6) == 0);
	CHECK(memcmp(out.f_b + 6, mac_us, 6) == 0);
	CHECK_EQ(get16(out.f_b + 12), 0x88b5);
	FAILS(SYS(sendto, raw, in.f_b, 13UL, 0, &sll, sizeof(sll)), EINVAL);
	FAILS(SYS(sendto, raw, in.f_b, 1520UL, 0, &sll, sizeof(sll)),
	    EMSGSIZE);
	FAILS(SYS(sendto, raw, in.f_b, 60UL, 0, &sll, 11UL), EINVAL);
	sll.sll_ifindex = 99;
	FAILS(SYS(sendto, raw, in.f_b, 60UL, 0, &sll, sizeof(sll)), ENXIO);
	FAILS(SYS(bind, raw, &sll, sizeof(sll)), ENODEV);
	sll.sll_ifindex = (int)fk->fk_if.if_index;
	OK(SYS(bind, raw, &sll, sizeof(sll)));
	CHECK_EQ(SYS(sendto, raw, in.f_b, 60UL, 0, NULL, 0), 60);
	CHECK_EQ(dropall(fk), 1);
	uclose(raw);
	uclose(dg);
}

static void
test_options(void)
{
	struct packet_mreq mr = { .mr_ifindex = (int)fk->fk_if.if_index,
	    .mr_type = PACKET_MR_PROMISC };
	int a = psock(SOCK_RAW, ETH_P_ALL), b = psock(SOCK_RAW, ETH_P_ALL);
	int one = 1, small = 2000;
	struct tpacket_stats st;
	socklen_t len = sizeof(st);
	struct sockaddr_ll sll;
	unsigned i;

	OK(SYS(setsockopt, a, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)));
	OK(SYS(setsockopt, b, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)));
	CHECK(fk->fk_if.if_flags & IFF_PROMISC);
	OK(SYS(setsockopt, a, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &mr,
	    sizeof(mr)));
	FAILS(SYS(setsockopt, a, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &mr,
	    sizeof(mr)), EADDRNOTAVAIL);
	CHECK(fk->fk_if.if_flags & IFF_PROMISC);
	uclose(b);
	CHECK(!(fk->fk_if.if_flags & IFF_PROMISC));
	mr.mr_ifindex = 99;
	FAILS(SYS(setsockopt, a, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)), ENODEV);
	FAILS(SYS(setsockopt, a, SOL_PACKET, PACKET_RX_RING, &mr, sizeof(mr)),
	    ENOPROTOOPT);
	OK(SYS(setsockopt, a, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, 4));
	OK(SYS(setsockopt, a, SOL_SOCKET, SO_RCVBUF, &small, 4));
	while (precv(a, &sll) > 0)
		;
	OK(SYS(getsockopt, a, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	udpframe(&in, PEER, 9, US, 7777, "hello", 5);
	for (i = 0; i < 100; i++)
		inject(fk, &in);
	OK(SYS(getsockopt, a, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	CHECK_EQ(st.tp_packets, 100);
	CHECK(st.tp_drops > 0 && st.tp_drops < 100);
	for (i = 0; precv(a, &sll) > 0; i++)
		CHECK_EQ(sll.sll_pkttype, PACKET_HOST);
	CHECK_EQ(i, 100 - st.tp_drops);
	OK(SYS(getsockopt, a, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	CHECK_EQ(st.tp_packets, 0);
	(void)dropall(fk);
	uclose(a);
}

#define RET(k)	BPF_STMT(BPF_RET | BPF_K, k)
#define REFUSED(...) do {						\
	static const struct sock_filter f_[] = { __VA_ARGS__ };		\
	FAILS(attach(fd, f_, sizeof(f_) / sizeof(f_[0])), EINVAL);	\
} while (0)
/* A program on the frame in `in`: how many bytes are kept, 0: dropped. */
#define RUNS(n, ...) do {						\
	static const struct sock_filter f_[] = { __VA_ARGS__ };		\
	struct sockaddr_ll sll_;					\
	long r_;							\
	OK(attach(fd, f_, sizeof(f_) / sizeof(f_[0])));			\
	inject(fk, &in);						\
	r_ = precv(fd, &sll_);						\
	CHECK_EQ(r_ < 0 ? 0 : r_, n);					\
} while (0)

static void
test_refused(void)
{
	int fd = psock(SOCK_RAW, ETH_P_ARP);
	struct sock_fprog p = { 0, NULL };
	static struct sock_filter many[5000];
	unsigned i;

	FAILS(attach(fd, NULL, 1), EFAULT);
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_ATTACH_FILTER, &p,
	    sizeof(p)), EINVAL);
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, 4UL),
	    EINVAL);
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_DETACH_FILTER, &p, 4UL),
	    ENOENT);
	for (i = 0; i < 5000; i++)
		many[i].code = BPF_RET;
	FAILS(attach(fd, many, 5000), EINVAL);
	OK(attach(fd, many, 4096));
	OK(SYS(setsockopt, fd, SOL_SOCKET, SO_DETACH_FILTER, &p, 4UL));
	REFUSED(BPF_STMT(BPF_LD | BPF_IMM, 1));		/* no return */
	REFUSED(BPF_STMT(BPF_JMP | BPF_JA, 1), RET(1));
	REFUSED(BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RET(1));
	REFUSED(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), RET(1));
	REFUSED(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), RET(1));
	REFUSED(BPF_STMT(BPF_ST, 16), RET(1));
	REFUSED(BPF_STMT(BPF_STX, 0xffffffff), RET(1));
	REFUSED(BPF_STMT(BPF_LD | BPF_MEM, 16), RET(1));
	REFUSED(BPF_STMT(BPF_LDX | BPF_MEM, 16), RET(1));
	REFUSED(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(1));
	REFUSED(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), RET(1));
	REFUSED(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RET(1));
	REFUSED(BPF_STMT(BPF_ALU | 0xb0, 1), RET(1));
	REFUSED(BPF_STMT(BPF_LD | 0xe0, 1), RET(1));
	REFUSED(BPF_STMT(BPF_MISC | 0x40, 1), RET(1));
	REFUSED(BPF_STMT(0xffff, 1), RET(1));
	REFUSED(BPF_STMT(BPF_RET | BPF_X, 1));
	uclose(fd);
}

#define OUT	0xffffffff
static void
test_run(void)
{
	int fd = psock(SOCK_RAW, ETH_P_ALL), one = 1;
	long whole;

	OK(SYS(setsockopt, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, 4));
	udpframe(&in, PEER, 9, US, 7777, "hello", 5);
	whole = in.f_len;
	RUNS(whole, RET(OUT));
	RUNS(20, RET(20));
	RUNS(0, RET(0));
	/* tcpdump's "udp port 7777" but for fragments. */
	RUNS(whole, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x800, 0, 6),
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 4),
	    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
	    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7777, 0, 1),
	    RET(0x40000), RET(0));
	RUNS(0, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x86dd, 0, 1),
	    RET(OUT), RET(0));
	/* Loads at the end, and behind it. */
	RUNS(whole, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 46), RET(OUT));
	RUNS(0, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 47), RET(OUT));
	RUNS(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 44), RET(OUT));
	RUNS(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0x7fffffff), RET(OUT));
	RUNS(0, BPF_STMT(BPF_LDX | BPF_IMM, 0x7fffffff),
	    BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0x7fffffff), RET(OUT));
	RUNS(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0x80000000), RET(OUT));
	RUNS(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + 0x800),
	    RET(OUT));
	/* Arithmetic. */
	RUNS(30, BPF_STMT(BPF_LD | BPF_IMM, 7),
	    BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 9),
	    BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LDX | BPF_MEM, 15),
	    BPF_STMT(BPF_MISC | BPF_TXA, 0),
	    BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2),
	    BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1),
	    BPF_STMT(BPF_RET | BPF_A, 0));
	RUNS(0, BPF_STMT(BPF_LD | BPF_IMM, 7),
	    BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), RET(OUT));
	RUNS(0, BPF_STMT(BPF_LD | BPF_MEM, 3),
	    BPF_STMT(BPF_RET | BPF_A, 0));
	/* Ancillary data, network header. */
	RUNS(whole, BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    SKF_AD_OFF + SKF_AD_PROTOCOL),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x800, 0, 3),
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + 9),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 1),
	    RET(OUT), RET(0));
	RUNS(whole, BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    SKF_AD_OFF + SKF_AD_PKTTYPE),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 1),
	    RET(OUT), RET(0));
	/* Locked. */
	OK(SYS(setsockopt, fd, SOL_SOCKET, SO_LOCK_FILTER, &one, 4));
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_DETACH_FILTER, &one, 4),
	    EPERM);
	one = 0;
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_LOCK_FILTER, &one, 4), EPERM);
	(void)dropall(fk);
	uclose(fd);
}

int
main(void)
{

	onhost = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	fk = wire_start();
	test_receive();
	test_send();
	test_options();
	test_refused();
	test_run();
	return check_done();
}
