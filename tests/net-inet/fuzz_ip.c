/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_udplite net_raw net_mcast */
/*
 * libFuzzer: frames into ARP, IPv4, ICMP, IGMP, UDP, UDP-Lite, with sockets
 * of all kinds that take what comes.  Sums are made right when a flag says so.
 *   input: (flags, length of two bytes, frame from the Ethernet type on)...
 */
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct fake *fk;
static int fds[7];

static void
opened(void)
{
	struct ip_mreqn r = { .imr_multiaddr.s_addr = htonl(0xef010203) };
	int i;

	fk = wire_start();
	onhost = 0;
	rump_ip_forwarding = 1;
	r.imr_ifindex = (int)fk->fk_if.if_index;
	fds[0] = usock();
	(void)ubind(fds[0], "0.0.0.0", 7);
	fds[1] = usock();
	(void)ubind(fds[1], US, 9);
	(void)uconnect(fds[1], PEER, 9);
	fds[2] = usock();
	(void)ubind(fds[2], "239.1.2.3", 7);
	(void)SYS(setsockopt, fds[0], IPPROTO_IP, IP_ADD_MEMBERSHIP, &r,
	    sizeof(r));
	fds[3] = (int)SYS(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	fds[4] = (int)SYS(socket, AF_INET, SOCK_RAW, 200);
	fds[5] = (int)SYS(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	(void)ubind(fds[5], US, 99);
	fds[6] = (int)SYS(socket, AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	(void)ubind(fds[6], "0.0.0.0", 7);
	for (i = 0; i < 7; i++) {
		(void)setint(fds[i], IPPROTO_IP, IP_RECVERR, 1);
		(void)setint(fds[i], IPPROTO_IP, IP_PKTINFO, 1);
		(void)setint(fds[i], IPPROTO_IP, IP_RECVOPTS, 1);
		(void)setint(fds[i], IPPROTO_IP, IP_RECVTTL, 1);
		(void)setint(fds[i], IPPROTO_IP, IP_ORIGDSTADDR, 1);
	}
}

/* UDP-Lite, n bytes at p behind the header ip. */
static void
fixlite(const uint8_t *ip, uint8_t *p, unsigned n)
{
	unsigned covered = get16(p + 4);

	if (covered == 0 || covered > n)
		covered = n;
	put16(p + 6, 0);
	put16(p + 6, sum16(p, covered, 136 + n +
	    (uint16_t)~sum16(ip + 12, 8, 0)));
}

/* The sums of an IPv4 packet's headers. */
static void
fix(struct frame *f)
{
	uint8_t *p = f->f_b + 14;
	unsigned n = f->f_len - 14, hlen = (p[0] & 15) * 4U, len;

	if (f->f_len < 34 || get16(f->f_b + 12) != 0x800 || hlen < 20 ||
	    hlen > n)
		return;
	resum(f);
	len = get16(p + 2);
	if (len < hlen || len > n || (get16(p + 6) & 0x3fff))
		return;
	if ((p[9] == 1 || p[9] == 2) && len >= hlen + 4) {
		put16(p + hlen + 2, 0);
		put16(p + hlen + 2, sum16(p + hlen, len - hlen, 0));
	} else if (p[9] == 17 && len >= hlen + 8)
		put16(p + hlen + 6, 0);
	else if (p[9] == 136 && len >= hlen + 8)
		fixlite(p, p + hlen, len - hlen);
}

static void
one(unsigned flags, const uint8_t *p, unsigned n)
{
	static struct frame f;
	static const uint8_t group[6] = "\1\0\136\1\2\3";

	memcpy(f.f_b, flags & 2 ? mac_all : flags & 4 ? group : mac_us, 6);
	memcpy(f.f_b + 6, "\2\0\0\0\0\5", 6);
	memcpy(f.f_b + 12, p, n);
	f.f_len = 12 + n;
	if (flags & 1)
		fix(&f);
	inject(fk, &f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char buf[70000], ctl[512];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr mh;
	unsigned len;
	int i, k;

	if (fk == NULL)
		opened();
	while (n > 3) {
		len = (unsigned)p[1] << 8 | p[2];
		len = len < n - 3 ? len : (unsigned)n - 3;
		len = len < 3000 ? len : 3000;
		one(p[0], p + 3, len);
		p += 3 + len;
		n -= 3 + len;
	}
	for (i = 0; i < 7; i++)
		for (k = 0; k < 2;) {
			memset(&mh, 0, sizeof(mh));
			mh.msg_iov = &iov;
			mh.msg_iovlen = 1;
			mh.msg_control = ctl;
			mh.msg_controllen = sizeof(ctl);
			if (SYS(recvmsg, fds[i], &mh, MSG_DONTWAIT |
			    (k ? MSG_ERRQUEUE : 0)) < 0 && errno == EAGAIN)
				k++;
		}
	(void)dropall(fk);
	if (rump_mbuf_inuse() > 1500000)
		abort();
	return 0;
}
