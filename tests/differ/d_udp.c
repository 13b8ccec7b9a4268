/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams over lo: addresses, control messages both ways, flags, errors from
 * closed ports, the error queue, corks.
 * Not here: options that change while something is queued (its messages were
 * made when it came), TTL and the like of ICMP errors, which of two errors is
 * told, corks of connected sockets (Linux keeps the last address), and what
 * lo does not cut into segments on Linux.
 */
#include <time.h>

#include <linux/errqueue.h>
#include <linux/udp.h>

#include "dnet.h"

#define NSOCK	4
static int s[NSOCK];		/* 0, 1: AF_INET; 2, 3: AF_INET6 */

static int corked[NSOCK];

static const char *const places[] = { "127.0.0.1", "127.0.0.1", "127.0.0.2",
    "::1", "::1", "::ffff:127.0.0.1" };

static int
is6(unsigned i)
{
	return i >= 2;
}

static socklen_t
some_addr(unsigned i, union addr *a, char *text)
{
	const char *n = places[is6(i) ? 3 + below(2) : below(3)];
	unsigned port = 1 + below(NPORT);

	sprintf(text, "%s %u", n, port);
	return addr_make(a, n, port);
}

static void
renew(unsigned i)
{
	char text[64];
	union addr a;
	socklen_t len;

	if (s[i] >= 0)
		close(s[i]);
	corked[i] = 0;
	s[i] = socket(is6(i) ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	if (once_in(4))
		return;
	len = some_addr(i, &a, text);
	say("bind %u %s %ld", i, text, RES(bind(s[i], &a.sa, len)));
}

void
differ_begin(void)
{
	net_begin();
	for (unsigned i = 0; i < NSOCK; i++) {
		s[i] = -1;
		renew(i);
	}
}

void
differ_end(void)
{
	for (unsigned i = 0; i < NSOCK; i++)
		close(s[i]);
}

static void
say_control(struct msghdr *m, int errs)
{
	struct cmsghdr *c;
	struct in_pktinfo pi;
	struct in6_pktinfo pi6;
	struct sock_extended_err ee;
	union addr from;
	char ip[64];
	int v;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		/* Linux has others there, too. */
		if (errs && c->cmsg_type != IP_RECVERR &&
		    c->cmsg_type != IPV6_RECVERR)
			continue;
		v = 0;
		memcpy(&v, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0) < 4 ?
		    c->cmsg_len - CMSG_LEN(0) : 4);
		if (c->cmsg_level == SOL_SOCKET) {
			/* Times. */
			say(" cmsg socket %d len %zu", c->cmsg_type,
			    (size_t)c->cmsg_len);
		} else if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO) {
			memcpy(&pi, CMSG_DATA(c), sizeof(pi));
			say(" pktinfo %d %#x %#x", pi.ipi_ifindex,
			    pi.ipi_spec_dst.s_addr, pi.ipi_addr.s_addr);
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&pi6, CMSG_DATA(c), sizeof(pi6));
			say(" pktinfo6 %d %s", pi6.ipi6_ifindex, inet_ntop(
			    AF_INET6, &pi6.ipi6_addr, ip, sizeof(ip)));
		} else if ((c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_RECVERR)) {
			memcpy(&ee, CMSG_DATA(c), sizeof(ee));
			memset(&from, 0, sizeof(from));
			memcpy(&from, CMSG_DATA(c) + sizeof(ee), c->cmsg_len -
			    CMSG_LEN(sizeof(ee)) < sizeof(from) ? c->cmsg_len -
			    CMSG_LEN(sizeof(ee)) : sizeof(from));
			say(" err len %zu errno %u origin %u type %u code %u "
			    "info %u data %u from %s", (size_t)c->cmsg_len,
			    ee.ee_errno, ee.ee_origin, ee.ee_type, ee.ee_code,
			    ee.ee_info, ee.ee_data, addr_str(&from, 28));
		} else
			say(" cmsg %d %d len %zu %#x", c->cmsg_level,
			    c->cmsg_type, (size_t)c->cmsg_len, (unsigned)v);
	}
}

static void
recv_some(unsigned i, int flags)
{
	static char buf[70000];
	static _Alignas(8) char control[300];
	size_t n = ONE_OF(size_t, 0, 1, 10, 1000, 70000);
	struct iovec iov = { buf, n };
	union addr a;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = &a,
	    .msg_namelen = once_in(4) ? below(30) : sizeof(a) };
	socklen_t was = m.msg_namelen;
	long r;

	flags |= MSG_DONTWAIT;
	if (once_in(2)) {
		m.msg_control = control;
		m.msg_controllen = once_in(4) && !(flags & MSG_ERRQUEUE) ?
		    below(80) : sizeof(control);
	}
	if (once_in(5)) flags |= MSG_PEEK;
	if (once_in(5)) flags |= MSG_TRUNC;
	if (once_in(10)) flags |= MSG_WAITALL;
	memset(&a, 0, sizeof(a));
	memset(buf, 0, n);
	r = RES(recvmsg(s[i], &m, flags));
	say("recv %u %zu %#x name %u control %zu: %ld", i, n, (unsigned)flags,
	    was, flags & MSG_ERRQUEUE ? 0 : (size_t)m.msg_controllen, r);
	if (r < 0)
		return;
	say(" flags %#x %s sum %#x", (unsigned)m.msg_flags, was < 28 ? "" :
	    addr_str(&a, m.msg_namelen), sum(buf, n));
	if (m.msg_flags & MSG_CTRUNC)
		return;
	say_control(&m, flags & MSG_ERRQUEUE);
}

static socklen_t
put_control(char *buf, int level, int type, const void *v, size_t n)
{
	struct cmsghdr *c = (void *)buf;

	memset(buf, 0, CMSG_SPACE(n));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), v, n);
	return CMSG_SPACE(n);
}

static socklen_t
some_control(unsigned i, char *buf, char *text)
{
	struct in_pktinfo pi = { 0 };
	struct in6_pktinfo pi6 = { 0 };
	int v = ONE_OF(int, -2, -1, 0, 1, 7, 64, 255, 256, 1000), kind;
	socklen_t n;
	uint16_t seg = ONE_OF(uint16_t, 0, 2000, 3000);
	struct cmsghdr *c = (void *)buf;

	if (is6(i) && v <= 0)
		v = 1;		/* the default: -1 here, another there */
	kind = below(6);
	switch (kind) {
	case 0:
		pi.ipi_ifindex = ONE_OF(int, 0, 1, 1);
		pi.ipi_spec_dst.s_addr = htonl(ONE_OF(uint32_t, 0, 0x7f000001,
		    0x7f000003));
		pi6.ipi6_ifindex = (unsigned)pi.ipi_ifindex;
		inet_pton(AF_INET6, once_in(2) ? "::1" : once_in(2) ? "::" :
		    "2001:db8::1", &pi6.ipi6_addr);
		n = is6(i) ? put_control(buf, IPPROTO_IPV6, IPV6_PKTINFO, &pi6,
		    sizeof(pi6)) : put_control(buf, IPPROTO_IP, IP_PKTINFO,
		    &pi, sizeof(pi));
		v = pi.ipi_ifindex * 1000 + (is6(i) ? pi6.ipi6_addr.s6_addr[15]
		    : (int)(ntohl(pi.ipi_spec_dst.s_addr) & 0xff));
		break;
	case 1:
		n = put_control(buf, is6(i) ? IPPROTO_IPV6 : IPPROTO_IP,
		    is6(i) ? IPV6_HOPLIMIT : IP_TTL, &v, 4);
		break;
	case 2:
		n = put_control(buf, is6(i) ? IPPROTO_IPV6 : IPPROTO_IP,
		    is6(i) ? IPV6_TCLASS : IP_TOS, &v, is6(i) || once_in(2) ?
		    4 : 1);
		break;
	case 3:
		v = seg;
		n = put_control(buf, IPPROTO_UDP, UDP_SEGMENT, &seg, 2);
		break;
	case 4:
		n = put_control(buf, ONE_OF(int, IPPROTO_IP, IPPROTO_IPV6, 99),
		    ONE_OF(int, 99, 1000, IP_RECVERR), &v, 4);
		if (c->cmsg_level == (is6(i) ? IPPROTO_IP : IPPROTO_IPV6))
			c->cmsg_level = 99;
		break;
	default:
		n = put_control(buf, IPPROTO_IP, IP_TTL, &v, 4);
		c->cmsg_len = ONE_OF(unsigned, 0, 1, 15, 17, 19, 24, 25, 100);
		c->cmsg_level = is6(i) ? IPPROTO_IPV6 : IPPROTO_IP;
		c->cmsg_type = is6(i) ? IPV6_HOPLIMIT : IP_TTL;
	}
	sprintf(text, "kind %d %d len %u", kind, v, (unsigned)c->cmsg_len);
	return n;
}

static void
send_some(unsigned i)
{
	static char buf[70000];
	static _Alignas(8) char control[300];
	size_t n = once_in(8) ? ONE_OF(size_t, 0, 65507, 65536) :
	    ONE_OF(size_t, 0, 1, 10, 100, 2000);
	struct iovec iov = { buf, n };
	char text[64] = "", ctext[64] = "";
	union addr a;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	union addr peer;
	socklen_t len = sizeof(peer);
	long r;

	memset(buf, (int)n + 1, n);
	if (once_in(2)) {
		m.msg_namelen = some_addr(i, &a, text);
		m.msg_name = &a;
	}
	/* One reason to fail at a time. */
	if (once_in(3) && text[0] != '\0' && n <= 2000) {
		m.msg_controllen = some_control(i, control, ctext);
		m.msg_control = control;
	}
	if (n == 65536 && (is6(i) || text[0] == '\0'))
		return;
	if (events(s[i]) & POLLERR)
		return;
	if (once_in(20)) flags |= MSG_DONTROUTE;
	if (once_in(20)) flags |= MSG_CONFIRM;
	/* Corks, of sockets without a peer; what is in one goes on. */
	if (corked[i] || (once_in(8) && ctext[0] == '\0' && n <= 100 &&
	    getpeername(s[i], &peer.sa, &len) != 0 && text[0] != '\0')) {
		if (n > 100 || ctext[0] != '\0')
			return;
		corked[i] = once_in(2);
		flags |= corked[i] ? MSG_MORE : 0;
	}
	r = RES(sendmsg(s[i], &m, flags));
	say("send %u %zu %#x %s %s: %ld", i, n, (unsigned)flags, text, ctext,
	    r);
}

static void
option(unsigned i)
{
	static const int o4[] = { IP_PKTINFO, IP_RECVTTL, IP_RECVTOS,
	    IP_RECVERR, IP_RECVORIGDSTADDR };
	static const int o6[] = { IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT,
	    IPV6_RECVTCLASS, IPV6_RECVERR, 74 /* IPV6_RECVORIGDSTADDR */ };
	int v = below(2), k = (int)below(8), name;
	int level = is6(i) ? IPPROTO_IPV6 : IPPROTO_IP;

	if (k < 5) {
		name = (is6(i) ? o6 : o4)[k];
		if (k == 3)
			v = 1;	/* 0 forgets errors */
	}
	else if (k == 5)
		level = SOL_SOCKET, name = SO_TIMESTAMP;
	else if (k == 6)
		name = is6(i) ? IPV6_TCLASS : IP_TOS,
		    v = ONE_OF(int, 0, 4, 16, 0xb8);
	else
		name = is6(i) ? IPV6_UNICAST_HOPS : IP_TTL,
		    v = ONE_OF(int, -1, 1, 5, 255);
	/* What is queued had its messages made when it came. */
	if (events(s[i]) & POLLIN)
		return;
	say("set %u %d %d %d: %ld", i, level, name, v, RES(setsockopt(s[i],
	    level, name, &v, sizeof(v))));
}

void
differ_step(void)
{
	unsigned i = below(NSOCK);
	char text[64];
	union addr a;
	socklen_t len;
	int v = -1, w;

	switch (below(20)) {
	case 0:
		renew(i);
		break;
	case 1: case 2:
		option(i);
		break;
	case 3:
		len = some_addr(i, &a, text);
		if (corked[i])
			break;
		say("connect %u %s %ld", i, text, RES(connect(s[i], &a.sa,
		    len)));
		break;
	case 4:
		len = sizeof(v);
		w = getsockopt(s[i], SOL_SOCKET, SO_ERROR, &v, &len);
		say("error %u %d %d", i, w, v);
		break;
	case 5:
		w = RES(ioctl(s[i], FIONREAD, &v));
		say("inq %u %d %d", i, w, v);
		break;
	case 6: case 7: case 8: case 9: case 10: case 11: case 12:
		send_some(i);
		break;
	case 13:
		recv_some(i, MSG_ERRQUEUE);
		break;
	default:
		recv_some(i, 0);
	}
	for (i = 0; i < NSOCK; i++)
		say(" %u %#x", i, events(s[i]));
}
