/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs vfs_procfs net net_inet net_udp net_raw */
/* components: net_mcast net_tcp net_inet6 net_local net_packet net_netlink */
/* components: net_config */
/* Sockets in /proc/net, counters that count, settings that set. */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "../rumptest.h"

#define LOOP	0x0100007fU		/* 127.0.0.1 as the files have it */

static char buf[1 << 16];

static const char *
slurp(const char *path)
{
	int fd = rump_sys_open(path, O_RDONLY, 0), n;

	if (fd < 0)
		printf("%s: errno %d\n", path, errno);
	CHECK(fd >= 0);
	n = rump_sys_read(fd, buf, sizeof(buf) - 1);
	CHECK(n >= 0 && n < (int)sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = '\0';
	rump_sys_close(fd);
	return buf;
}

/* How many lines of the file contain this text? */
static int
lines(const char *path, const char *fmt, ...)
{
	char want[128];
	const char *p;
	va_list ap;
	int n = 0;

	va_start(ap, fmt);
	vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	for (p = slurp(path); (p = strstr(p, want)) != NULL; n++)
		p = (p = strchr(p, '\n')) != NULL ? p + 1 : "";
	return n;
}

/* A counter of snmp or netstat by its names. */
static long
counter(const char *path, const char *group, const char *name)
{
	char head[32], *names, *vals, *n1, *v1;
	long v = -1;

	slurp(path);
	snprintf(head, sizeof(head), "%s: ", group);
	names = strstr(buf, head);
	vals = names != NULL ? strstr(names + 1, head) : NULL;
	CHECK(vals != NULL);
	if (vals == NULL)
		return -1;
	for (n1 = strtok_r(names, " \n", &names), v1 = strtok_r(vals, " \n",
	    &vals); n1 != NULL && v1 != NULL && v == -1;
	    n1 = strtok_r(NULL, " \n", &names), v1 = strtok_r(NULL, " \n",
	    &vals))
		if (strcmp(n1, name) == 0)
			v = atol(v1);
	CHECK(v >= 0);
	return v;
}

static int
put(const char *path, const char *text)
{
	int fd = rump_sys_open(path, O_WRONLY | O_TRUNC, 0), n;

	CHECK(fd >= 0);
	n = rump_sys_write(fd, text, strlen(text)) == (int)strlen(text) ? 0 :
	    errno;
	rump_sys_close(fd);
	return n;
}

static struct sockaddr_in
loopback(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return sin;
}

static int
bound(int type, int port)
{
	struct sockaddr_in sin = loopback(port);
	int s = rump_sys_socket(AF_INET, type, 0);

	CHECK(s >= 0);
	OK(rump_sys_bind(s, (void *)&sin, sizeof(sin)));
	return s;
}

static void
t_tcp(void)
{
	struct sockaddr_in sin = loopback(2000);
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(2001), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int l = bound(SOCK_STREAM, 2000), l6, c, s;
	long opens = counter("/proc/net/snmp", "Tcp", "ActiveOpens"), in;
	char small[8];
	const char *p;

	OK(rump_sys_listen(l, 7));
	CHECK_EQ(lines("/proc/net/tcp", " %08X:07D0 00000000:0000 0A ", LOOP),
	    1);
	c = rump_sys_socket(AF_INET, SOCK_STREAM, 0);
	OK(rump_sys_connect(c, (void *)&sin, sizeof(sin)));
	/* The listener's end is made by another thread. */
	CHECK_EQ(rump_sys_poll(&(struct pollfd){ .fd = l, .events = POLLIN },
	    1, 60000), 1);
	CHECK_EQ(lines("/proc/net/tcp", " 0A 00000000:00000001 "), 1);
	CHECK((s = rump_sys_accept(l, NULL, NULL)) >= 0);
	CHECK_EQ(rump_sys_write(c, "hello", 5), 5);
	CHECK_EQ(rump_sys_recvfrom(s, small, 5, MSG_PEEK, NULL, NULL), 5);
	CHECK_EQ(lines("/proc/net/tcp", " 01 00000000:00000005 "), 1);
	CHECK_EQ(lines("/proc/net/tcp", ":07D0 "), 3);
	for (p = slurp("/proc/net/tcp"); *p != '\0'; p += 150)
		CHECK_EQ(strcspn(p, "\n"), 149);
	CHECK_EQ(counter("/proc/net/snmp", "Tcp", "ActiveOpens"), opens + 1);
	CHECK_EQ(counter("/proc/net/snmp", "Tcp", "CurrEstab"), 2);
	CHECK(counter("/proc/net/snmp", "Tcp", "InSegs") >= 4);
	in = counter("/proc/net/netstat", "IpExt", "InOctets");
	CHECK(in > 5 * 40);
	CHECK_EQ(counter("/proc/net/snmp", "Tcp", "RtoMin"), 200);
	CHECK_EQ(counter("/proc/net/snmp", "Tcp", "RtoMax"), 120000);
	CHECK_EQ(counter("/proc/net/netstat", "TcpExt", "ListenDrops"), 0);
	CHECK_EQ(lines("/proc/net/sockstat", "TCP: inuse 3 orphan 0 tw 0 "),
	    1);
	CHECK_EQ(rump_sys_read(s, small, sizeof(small)), 5);
	OK(rump_sys_close(c));
	CHECK_EQ(rump_sys_read(s, small, sizeof(small)), 0);
	OK(rump_sys_close(s));
	/* The last segments are on their way. */
	while (lines("/proc/net/tcp", " 06 00000000:00000000 03:") == 0)
		rump_sys_sched_yield();
	/* So is the acknowledgement that ends the other end. */
	while (lines("/proc/net/sockstat", "TCP: inuse 1 orphan 0 tw 1 ") == 0)
		rump_sys_sched_yield();
	OK(rump_sys_close(l));
	CHECK((l6 = rump_sys_socket(AF_INET6, SOCK_STREAM, 0)) >= 0);
	OK(rump_sys_bind(l6, (void *)&sin6, sizeof(sin6)));
	OK(rump_sys_listen(l6, 1));
	CHECK_EQ(lines("/proc/net/tcp6", " 00000000000000000000000001000000:"
	    "07D1 00000000000000000000000000000000:0000 0A "), 1);
	CHECK_EQ(lines("/proc/net/sockstat6", "TCP6: inuse 1\n"), 1);
	OK(rump_sys_close(l6));
	CHECK_EQ(lines("/proc/net/tcp6", ":07D1"), 0);
}

/* Sockets of every kind are used; a fragment waits for the others. */
static void
t_sockstat(void)
{
	static const struct { int family, type, proto; } kinds[] = {
		{ AF_INET, SOCK_STREAM, 0 }, { AF_INET6, SOCK_DGRAM, 0 },
		{ AF_UNIX, SOCK_STREAM, 0 }, { AF_NETLINK, SOCK_RAW, 0 },
		{ AF_PACKET, SOCK_RAW, 0 } };
	static const uint8_t frag[20 + 64] = { 0x45, 0, 0, 84, 0, 7, 0x20, 0,
	    64, 89, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1 };
	struct sockaddr_in sin = loopback(0);
	unsigned i, used;
	int s[5], r;

	CHECK_EQ(sscanf(slurp("/proc/net/sockstat"), "sockets: used %u",
	    &used), 1);
	for (i = 0; i < 5; i++)
		CHECK((s[i] = rump_sys_socket(kinds[i].family, kinds[i].type,
		    kinds[i].proto)) >= 0);
	CHECK_EQ(lines("/proc/net/sockstat", "sockets: used %u\n", used + 5),
	    1);
	for (i = 0; i < 5; i++)
		OK(rump_sys_close(s[i]));
	CHECK_EQ(lines("/proc/net/sockstat", "sockets: used %u\n", used), 1);
	CHECK_EQ(lines("/proc/net/sockstat", "FRAG: inuse 0 memory 0\n"), 1);
	CHECK((r = rump_sys_socket(AF_INET, SOCK_RAW, 255)) >= 0);
	CHECK_EQ(rump_sys_sendto(r, frag, sizeof(frag), 0, (void *)&sin,
	    sizeof(sin)), sizeof(frag));
	while (lines("/proc/net/sockstat", "FRAG: inuse 1 memory ") == 0)
		rump_sys_sched_yield();
	CHECK_EQ(lines("/proc/net/sockstat", "FRAG: inuse 1 memory 0\n"), 0);
	OK(rump_sys_close(r));
}

static void
t_datagrams(void)
{
	struct sockaddr_in sin = loopback(3000);
	long before = counter("/proc/net/snmp", "Udp", "InDatagrams");
	int u = bound(SOCK_DGRAM, 3000), r, u6;

	CHECK_EQ(lines("/proc/net/udp", " %08X:0BB8 00000000:0000 07 ", LOOP),
	    1);
	CHECK_EQ(rump_sys_sendto(u, "abc", 3, 0, (void *)&sin, sizeof(sin)),
	    3);
	CHECK_EQ(rump_sys_recvfrom(u, buf, sizeof(buf), 0, NULL, NULL), 3);
	CHECK_EQ(counter("/proc/net/snmp", "Udp", "InDatagrams"), before + 1);
	OK(rump_sys_connect(u, (void *)&sin, sizeof(sin)));
	CHECK_EQ(lines("/proc/net/udp", " %08X:0BB8 %08X:0BB8 01 ", LOOP,
	    LOOP), 1);
	OK(rump_sys_close(u));
	CHECK_EQ(lines("/proc/net/udp", ":0BB8"), 0);
	CHECK((u6 = rump_sys_socket(AF_INET6, SOCK_DGRAM, 0)) >= 0);
	CHECK((r = rump_sys_socket(AF_INET, SOCK_RAW, 89)) >= 0);
	CHECK_EQ(lines("/proc/net/raw", " 00000000:0059 "), 1);
	CHECK_EQ(lines("/proc/net/sockstat", "RAW: inuse 1\n"), 1);
	OK(rump_sys_close(r));
	OK(rump_sys_close(u6));
}

static void
t_groups(void)
{
	struct ip_mreqn mr = { .imr_multiaddr = { htonl(0xe1010203) },
	    .imr_ifindex = 1 };
	struct ipv6_mreq mr6 = { .ipv6mr_interface = 1, .ipv6mr_multiaddr =
	    { .s6_addr = { 0xff, 2, [15] = 0x77 } } };
	int u = rump_sys_socket(AF_INET, SOCK_DGRAM, 0);
	int u6 = rump_sys_socket(AF_INET6, SOCK_DGRAM, 0);

	OK(rump_sys_setsockopt(u, SOL_IP, IP_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)));
	OK(rump_sys_setsockopt(u6, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &mr6,
	    sizeof(mr6)));
	CHECK_EQ(lines("/proc/net/igmp", "\t\t\t\t030201E1     1 0:00000000"),
	    1);
	CHECK_EQ(lines("/proc/net/igmp6",
	    "lo              ff020000000000000000000000000077     1 "), 1);
	OK(rump_sys_close(u));
	OK(rump_sys_close(u6));
	CHECK_EQ(lines("/proc/net/igmp", "030201E1"), 0);
}

static void
t_others(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX,
	    .sun_path = "\0hidden" };
	int u = rump_sys_socket(AF_UNIX, SOCK_STREAM, 0), sv[2], p, n;

	OK(rump_sys_bind(u, (void *)&un, 2 + 7));
	OK(rump_sys_listen(u, 1));
	CHECK_EQ(lines("/proc/net/unix", " 00010000 0001 01 "), 1);
	CHECK_EQ(lines("/proc/net/unix", " @hidden\n"), 1);
	OK(rump_sys_socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	CHECK_EQ(lines("/proc/net/unix", " 00000000 0002 03 "), 2);
	p = rump_sys_socket(AF_PACKET, SOCK_RAW, htons(0x800));
	n = rump_sys_socket(AF_NETLINK, SOCK_RAW, 0);
	CHECK(p >= 0 && n >= 0);
	CHECK_EQ(lines("/proc/net/packet", " 3    0800   0     1 "), 1);
	slurp("/proc/net/netlink");
	CHECK(strstr(buf, "\n0000000000000000 0   ") != NULL);
	for (; p >= 0; p = p == n ? -1 : n)
		OK(rump_sys_close(p));
	OK(rump_sys_close(u));
	OK(rump_sys_close(sv[0]));
	OK(rump_sys_close(sv[1]));
	CHECK_EQ(lines("/proc/net/unix", "\n"), 1);
	CHECK_EQ(lines("/proc/net/packet", "\n"), 1);
	CHECK(lines("/proc/net/snmp6", "Ip6InReceives") == 1);
	CHECK_EQ(lines("/proc/self/net/dev", "    lo:"), 1);
}

#define V4	"/proc/sys/net/ipv4/"

static void
t_settings(void)
{
	char cc[16];
	unsigned len = sizeof(cc);
	struct sockaddr_in sin;
	int s, i;

	CHECK_EQ(lines(V4 "tcp_congestion_control", "cubic\n"), 1);
	CHECK_EQ(put(V4 "tcp_congestion_control", "reno\n"), 0);
	CHECK_EQ(put(V4 "tcp_congestion_control", "vegas"), ENOENT);
	s = rump_sys_socket(AF_INET, SOCK_STREAM, 0);
	OK(rump_sys_getsockopt(s, SOL_TCP, TCP_CONGESTION, cc, &len));
	CHECK(strcmp(cc, "reno") == 0);
	OK(rump_sys_close(s));
	CHECK_EQ(put(V4 "tcp_congestion_control", "cubic"), 0);

	CHECK_EQ(lines(V4 "ip_local_port_range", "32768\t60999\n"), 1);
	CHECK_EQ(put(V4 "ip_local_port_range", "5000 4999"), EINVAL);
	CHECK_EQ(put(V4 "ip_local_port_range", "5000 65536"), EINVAL);
	CHECK_EQ(put(V4 "ip_local_port_range", "5000 5003"), 0);
	for (i = 0; i < 8; i++) {
		s = bound(SOCK_DGRAM, 0);
		len = sizeof(sin);
		OK(rump_sys_getsockname(s, (void *)&sin, &len));
		CHECK(ntohs(sin.sin_port) >= 5000 &&
		    ntohs(sin.sin_port) <= 5003);
		OK(rump_sys_close(s));
	}
	CHECK_EQ(put("/proc/sys/net/core/rmem_max", "10000"), 0);
	s = rump_sys_socket(AF_INET, SOCK_DGRAM, 0);
	i = 1 << 20;
	OK(rump_sys_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &i, sizeof(i)));
	len = sizeof(i);
	OK(rump_sys_getsockopt(s, SOL_SOCKET, SO_RCVBUF, &i, &len));
	CHECK_EQ(i, 20000);
	OK(rump_sys_close(s));
	CHECK_EQ(put(V4 "ip_forward", "2"), EINVAL);
	CHECK_EQ(put(V4 "ip_forward", "1"), 0);
	CHECK_EQ(counter("/proc/net/snmp", "Ip", "Forwarding"), 1);
	CHECK_EQ(put(V4 "tcp_rmem", "4096 8192 16384"), 0);
	CHECK_EQ(lines(V4 "tcp_rmem", "4096\t8192\t16384\n"), 1);
	CHECK_EQ(lines("/proc/sys/net/core/somaxconn", "4096\n"), 1);
	CHECK_EQ(lines("/proc/sys/net/ipv6/conf/all/hop_limit", "64\n"), 1);
}

int
main(void)
{

	REQUIRE(start() == 0);
	t_tcp();
	t_sockstat();
	t_datagrams();
	t_groups();
	t_others();
	t_settings();
	return check_done();
}
