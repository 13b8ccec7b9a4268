/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * IPv4 and TCP without UDP, raw sockets, groups, IPv6: what is not there says
 * so, and nothing else misses it.
 */
#include <netinet/tcp.h>
#include "wire.h"

static int
refused(int family, int type, int proto)
{
	CHECK_EQ(SYS(socket, family, type, proto), -1);
	return errno;
}

static void
t_absent(void)
{
	CHECK_EQ(refused(AF_INET, SOCK_DGRAM, 0), ESOCKTNOSUPPORT);
	CHECK_EQ(refused(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), ESOCKTNOSUPPORT);
	CHECK_EQ(refused(AF_INET, SOCK_RAW, IPPROTO_ICMP), ESOCKTNOSUPPORT);
	CHECK_EQ(refused(AF_INET6, SOCK_STREAM, 0), EAFNOSUPPORT);
}

static void
t_groups(void)
{
	struct ip_mreqn r = { .imr_multiaddr.s_addr = htonl(0xe8010203) };
	int fd = (int)SYS(socket, AF_INET, SOCK_STREAM, 0), v;
	socklen_t len = sizeof(r);

	CHECK_EQ(SYS(setsockopt, fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r,
	    sizeof(r)), -1);
	CHECK_EQ(errno, ENOPROTOOPT);
	CHECK_EQ(SYS(getsockopt, fd, IPPROTO_IP, IP_MULTICAST_IF, &r, &len),
	    -1);
	CHECK_EQ(errno, ENOPROTOOPT);
	/* Those that only set a number of the PCB are there. */
	OK(setint(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0));
	len = sizeof(v);
	OK(SYS(getsockopt, fd, IPPROTO_IP, IP_MULTICAST_LOOP, &v, &len));
	CHECK_EQ(v, 0);
	uclose(fd);
}

/* A connection to ourselves, and one that is refused. */
static void
t_tcp(void)
{
	int l = (int)SYS(socket, AF_INET, SOCK_STREAM, 0), c, s, port;
	char buf[8];

	OK(ubind(l, "127.0.0.1", 0));
	OK(SYS(listen, l, 1));
	port = portof(l);
	c = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(uconnect(c, "127.0.0.1", port));
	s = (int)SYS(accept, l, NULL, NULL);
	CHECK(s >= 0);
	CHECK_EQ(SYS(sendto, c, "alone", 5, 0, NULL, 0), 5);
	CHECK_EQ(urecv(s, buf, sizeof(buf)), 5);
	CHECK(memcmp(buf, "alone", 5) == 0);
	uclose(c);
	CHECK_EQ(urecv(s, buf, sizeof(buf)), 0);
	uclose(s);
	uclose(l);
	c = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(uconnect(c, "127.0.0.1", port), -1);
	CHECK_EQ(errno, ECONNREFUSED);
	uclose(c);
}

/* Of an ICMP message or a packet of another protocol: is it answered? */
static int
answered(struct fake *fk, struct frame *f, const char *dst, unsigned proto,
    unsigned type)
{
	ipframe(f, PEER, dst, proto, 64);
	memset(PAYLOAD(f), 0, 64);
	PAYLOAD(f)[0] = (uint8_t)type;
	if (proto == 1 && type != 8)	/* about an echo request of ours */
		memcpy(PAYLOAD(f) + 8, "\x45\0\0\x40\0\0\0\0\x40\1\0\0"
		    "\12\0\0\1\12\0\0\2\x8", 21);
	put16(PAYLOAD(f) + 2, sum16(PAYLOAD(f), 64, 0));
	inject(fk, f);
	return sent(fk, f);
}

static void
t_wire(struct fake *fk)
{
	static struct frame f;

	CHECK(answered(fk, &f, US, 1, 8));		/* echo */
	CHECK_EQ(PAYLOAD(&f)[0], 0);
	CHECK(!answered(fk, &f, US, 1, 0));		/* echo reply */
	CHECK(!answered(fk, &f, US, 1, 3));		/* unreachable */
	CHECK(!answered(fk, &f, "224.0.0.1", 2, 0x11));	/* IGMP query */
	CHECK(!answered(fk, &f, "232.1.2.3", 17, 0));
	CHECK(answered(fk, &f, US, 17, 0));
	CHECK_EQ(get16(PAYLOAD(&f)), 0x302);		/* no such protocol */
	/* Down and up again; then it goes away. */
	K((void)rump_if_setflags(&fk->fk_if, 0, IFF_UP);
	    (void)rump_if_setflags(&fk->fk_if, IFF_UP, 0));
	dropall(fk);
	CHECK(answered(fk, &f, US, 1, 8));
	K(rump_if_detach(&fk->fk_if));
}

int
main(void)
{
	struct fake *fk = wire_start();

	t_absent();
	t_groups();
	t_tcp();
	t_wire(fk);
	return check_failures != 0;
}
