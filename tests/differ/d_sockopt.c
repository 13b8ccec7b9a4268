/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of the levels SOL_SOCKET, IP, IPV6, TCP, UDP on sockets of all kinds:
 * what each is at first, what it takes, what it answers to buffers of any
 * length, and what it is then.  Not those that doc/sockets.md says are not
 * there, defaults and limits that a machine's settings make, which errno comes
 * first when there are two; nor options that are kept and do nothing, nor
 * SO_REUSEPORT, SO_PEEK_OFF, SO_ZEROCOPY of kinds to which they mean nothing.
 */
#include <linux/udp.h>
#include <netinet/tcp.h>

#include "dnet.h"

#define NSOCK	6
static int s[NSOCK];
static const char *const kinds[] = { "tcp4", "tcp6", "udp4", "udp6", "raw4",
    "unix" };

void
differ_begin(void)
{
	net_begin();
	s[0] = socket(AF_INET, SOCK_STREAM, 0);
	s[1] = socket(AF_INET6, SOCK_STREAM, 0);
	s[2] = socket(AF_INET, SOCK_DGRAM, 0);
	s[3] = socket(AF_INET6, SOCK_DGRAM, 0);
	s[4] = socket(AF_INET, SOCK_RAW, 253);
	s[5] = socket(AF_UNIX, SOCK_STREAM, 0);
	for (int i = 0, v = 20000; i < 2; i++)
		setsockopt(s[i], SOL_SOCKET, SO_SNDBUF, &v, sizeof(v));
}

void
differ_end(void)
{
	for (unsigned i = 0; i < NSOCK; i++)
		close(s[i]);
}

/* The options that are there, by level, and mean the same. */
static const unsigned char opts[5][40] = {
	{ SO_DEBUG, SO_REUSEADDR, SO_TYPE, SO_ERROR, SO_DONTROUTE,
	    SO_BROADCAST, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_OOBINLINE,
	    SO_NO_CHECK, SO_LINGER, SO_BSDCOMPAT, SO_RCVLOWAT, SO_SNDLOWAT,
	    SO_RCVTIMEO, SO_SNDTIMEO, SO_BINDTODEVICE, SO_TIMESTAMP,
	    SO_ACCEPTCONN, SO_TIMESTAMPNS, SO_MARK, SO_PROTOCOL, SO_DOMAIN,
	    SO_RXQ_OVFL, SO_LOCK_FILTER, SO_SELECT_ERR_QUEUE, SO_BUSY_POLL,
	    SO_INCOMING_CPU, SO_CNX_ADVICE, SO_INCOMING_NAPI_ID,
	    62 /* SO_BINDTOIFINDEX */, 64 /* SO_TIMESTAMPNS_NEW */,
	    66, 67 /* SO_*TIMEO_NEW */, 69 /* SO_PREFER_BUSY_POLL */ },
	{ IP_TOS, IP_TTL, IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO,
	    IP_MTU_DISCOVER, IP_RECVERR, IP_RECVTTL, IP_RECVTOS, IP_MTU,
	    IP_FREEBIND, IP_RECVORIGDSTADDR,
	    IP_BIND_ADDRESS_NO_PORT, IP_MULTICAST_TTL, IP_MULTICAST_LOOP },
	{ IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS, IPV6_MTU_DISCOVER,
	    IPV6_MTU, IPV6_RECVERR, IPV6_V6ONLY, IPV6_RECVPKTINFO,
	    IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_TCLASS, 26 },
	{ TCP_NODELAY, TCP_CORK, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT,
	    TCP_SYNCNT, TCP_LINGER2, TCP_USER_TIMEOUT, TCP_NOTSENT_LOWAT,
	    TCP_FASTOPEN_CONNECT, TCP_INQ },
	{ UDP_CORK, UDP_NO_CHECK6_TX, UDP_NO_CHECK6_RX, UDP_SEGMENT, UDP_GRO },
};
static const unsigned nopts[] = { 36, 15, 11, 11, 5 };
static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6,
    IPPROTO_TCP, IPPROTO_UDP };

static void
get(unsigned i, int level, int name)
{
	unsigned char buf[300];
	socklen_t len = once_in(2) ? 4 : ONE_OF(socklen_t, 0, 1, 2, 3, 5, 8,
	    16, 20, 32, 256), was = len;
	long r;

	memset(buf, 0xaa, sizeof(buf));
	r = RES(getsockopt(s[i], level, name, buf, &len));
	say("get %s %d %d len %d: %ld len %d %#x %#x sum %#x", kinds[i], level,
	    name, (int)was, r, (int)len, *(unsigned *)(void *)buf,
	    *(unsigned *)(void *)(buf + 4), r == 0 && len <= sizeof(buf) ?
	    sum(buf, len) : 0);
}

static void
set(unsigned i, int level, int name)
{
	union {
		int v[75];
		char c[300];
		struct timeval tv;
	} u;
	/* Without a byte IP's are set to 0. */
	socklen_t len = once_in(3) ? ONE_OF(socklen_t, level == IPPROTO_IP ? 1 :
	    0, 1, 2, 3, 5, 8, 12, 16, 20, 32, 256, (socklen_t)-1) : 4;
	long r;

	memset(&u, 0, sizeof(u));
	u.v[0] = once_in(3) ? ONE_OF(int, -2, -1, 2, 3, 4, 5, 6, 7, 8, 63, 64,
	    100, 127, 128, 255, 256, 1000, 1279, 1280, 32767, 32768, 65535,
	    65536, 1000000, 0x7fffffff, (int)0x80000000) : (int)below(2);
	u.v[1] = once_in(2) ? 0 : ONE_OF(int, 1, -1, 999999, 1000000);
	if (level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF ||
	    name == SO_RCVLOWAT || name == SO_LINGER))
		u.v[0] &= 0x3ff;	/* limits, and units, of the machine */
	if (level == IPPROTO_IPV6 && name == IPV6_UNICAST_HOPS && u.v[0] == 0)
		u.v[0] = 1;		/* 0 is the default here */
	if (name == SO_BINDTODEVICE && once_in(2))
		strcpy(u.c, ONE_OF(char *const, "lo", "lo0", "nope"));
	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == 66 ||
	    name == SO_SNDTIMEO || name == 67)) {
		u.tv.tv_sec = u.v[0] & 0xffff;
		u.tv.tv_usec = below(3) * 500000;
	}
	if (level == SOL_SOCKET && name == SO_LINGER)
		u.v[1] &= 0xffff;
	r = RES(setsockopt(s[i], level, name, &u, len));
	say("set %s %d %d to %d,%d len %d: %ld", kinds[i], level, name, u.v[0],
	    u.v[1], (int)len, r);
}

void
differ_step(void)
{
	/* The levels: AF_INET6's have IP's, too, with own values on Linux. */
	static const int has[NSOCK] = { 013, 015, 023, 025, 003, 001 };
	unsigned i = below(NSOCK), l = below(5);
	int name;

	if (!(has[i] >> l & 1))
		l = 0;
	name = opts[l][below(nopts[l])];
	if ((i == 4 && l == 0 && name == SO_REUSEADDR) || (i == 1 && l == 2 &&
	    name == IPV6_MULTICAST_HOPS))
		return;
	if (once_in(2) && (l != 2 || name != IPV6_MTU))
		set(i, levels[l], name);
	get(i, levels[l], name);
}
