/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs vfs_procfs net net_inet net_udp net_raw */
/* components: net_mcast net_tcp net_inet6 net_local net_packet net_netlink */
/* components: net_bpf */
/* components: net_config net_virtif */
/*
 * Sockets of all kinds that all threads have, options, interfaces, routes and
 * addresses that come and go, netlink and /proc/net that show them.  eth0 and
 * eth1 are on one bus.
 */
#include <poll.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/inet_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>

#include "race.h"

enum { LISTEN, TCP1, TCP2, LISTEN6, UDP1, UDP2, UDP6, RAW, PACKET, UNIX1,
    UNIX2, UDGRAM, ROUTE, DIAG, EPOLL, NFDS };

static int fds[NFDS];

#define PICK(tu, a)	((a)[chance(tu, sizeof(a) / sizeof((a)[0]))])
#define SOCK(d, t, p) \
	((int)rump_sys_socket(d, (t) | SOCK_NONBLOCK | SOCK_CLOEXEC, p))

static const struct { int level, name; } opts[] = {
	{ SOL_SOCKET, SO_REUSEADDR }, { SOL_SOCKET, SO_RCVBUF },
	{ SOL_SOCKET, SO_SNDBUF }, { SOL_SOCKET, SO_KEEPALIVE },
	{ SOL_SOCKET, SO_BROADCAST }, { SOL_SOCKET, SO_TIMESTAMP },
	{ SOL_SOCKET, SO_PASSCRED }, { SOL_SOCKET, SO_PRIORITY },
	{ SOL_SOCKET, SO_OOBINLINE }, { SOL_SOCKET, SO_RCVLOWAT },
	{ SOL_SOCKET, SO_ERROR }, { SOL_SOCKET, SO_MARK },
	{ SOL_SOCKET, SO_REUSEPORT }, { SOL_SOCKET, SO_DONTROUTE },
	{ SOL_SOCKET, SO_DETACH_FILTER }, { SOL_SOCKET, SO_INCOMING_CPU },
	{ IPPROTO_IP, IP_TTL }, { IPPROTO_IP, IP_TOS },
	{ IPPROTO_IP, IP_RECVERR }, { IPPROTO_IP, IP_PKTINFO },
	{ IPPROTO_IP, IP_MTU_DISCOVER }, { IPPROTO_IP, IP_MULTICAST_TTL },
	{ IPPROTO_IP, IP_MULTICAST_LOOP }, { IPPROTO_IP, IP_RECVTTL },
	{ IPPROTO_IP, IP_FREEBIND }, { IPPROTO_IP, IP_MTU },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS }, { IPPROTO_IPV6, IPV6_TCLASS },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO }, { IPPROTO_IPV6, IPV6_RECVERR },
	{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS }, { IPPROTO_IPV6, IPV6_MTU },
	{ IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_CORK },
	{ IPPROTO_TCP, TCP_KEEPIDLE }, { IPPROTO_TCP, TCP_KEEPINTVL },
	{ IPPROTO_TCP, TCP_QUICKACK }, { IPPROTO_TCP, TCP_MAXSEG },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT }, { IPPROTO_TCP, TCP_INFO },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT }, { IPPROTO_TCP, TCP_FASTOPEN },
	{ IPPROTO_TCP, TCP_CONGESTION }, { IPPROTO_TCP, TCP_LINGER2 },
	{ SOL_PACKET, PACKET_AUXDATA }, { SOL_PACKET, PACKET_STATISTICS },
	{ SOL_NETLINK, NETLINK_PKTINFO }, { SOL_NETLINK, NETLINK_EXT_ACK },
	{ SOL_NETLINK, NETLINK_ADD_MEMBERSHIP },
	{ SOL_NETLINK, NETLINK_DROP_MEMBERSHIP },
	{ SOL_NETLINK, NETLINK_NO_ENOBUFS },
	{ SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS },
};

static const char *const procs[] = { "net/tcp", "net/tcp6", "net/udp",
    "net/udp6", "net/unix", "net/raw", "net/dev", "net/arp", "net/route",
    "net/snmp", "net/snmp6", "net/netstat", "net/sockstat", "net/packet",
    "net/netlink", "net/if_inet6", "net/ipv6_route", "net/igmp",
    "net/dev_mcast", "net/igmp6", "net/protocols" };

static const char *const ctls[] = { "ipv4/ip_forward",
    "ipv4/ip_default_ttl", "ipv4/tcp_sack", "ipv4/tcp_timestamps",
    "ipv4/tcp_window_scaling", "ipv4/tcp_fin_timeout", "core/somaxconn",
    "core/rmem_max", "core/wmem_max", "ipv4/tcp_syncookies",
    "ipv6/conf/all/forwarding", "ipv4/tcp_ecn", "core/rmem_default",
    "ipv4/tcp_keepalive_time", "ipv4/icmp_echo_ignore_all" };

static int
anyfd(struct turn *tu)
{
	return fds[chance(tu, NFDS)];
}

static struct sockaddr_in
in4(const char *quad, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port) };
	unsigned a = 0, b = 0, c = 0, d = 0;

	sscanf(quad, "%u.%u.%u.%u", &a, &b, &c, &d);
	sin.sin_addr.s_addr = htonl(a << 24 | b << 16 | c << 8 | d);
	return sin;
}

static struct sockaddr_in6
loop6(int port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port =
	    htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
}

static void
do_data(struct turn *tu)
{
	struct sockaddr_in to = in4(chance(tu, 2) ? "127.0.0.1" : "10.0.0.9",
	    5000 + (int)chance(tu, 3));
	struct sockaddr_in6 to6 = loop6(5000);
	struct iovec iov = { tu->tu_buf, chance(tu, 3000) };
	char control[256];
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = anyfd(tu);

	switch (chance(tu, 8)) {
	case 0:
	case 1:
		(void)rump_sys_sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case 2:
		(void)rump_sys_sendto(fds[UDP1], "hello", 5, MSG_DONTWAIT,
		    &to, sizeof(to));
		break;
	case 3:
		(void)rump_sys_sendto(fds[UDP6], "hello", 5, MSG_DONTWAIT,
		    &to6, sizeof(to6));
		break;
	case 4: (void)rump_sys_sendto(fds[TCP1], "!", 1, MSG_OOB |
	    MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0); break;
	case 5:
		mh.msg_control = control;
		mh.msg_controllen = sizeof(control);
		(void)rump_sys_recvmsg(fd, &mh, MSG_DONTWAIT | MSG_ERRQUEUE);
		break;
	default:
		mh.msg_control = control;
		mh.msg_controllen = sizeof(control);
		(void)rump_sys_recvmsg(fd, &mh, MSG_DONTWAIT |
		    (chance(tu, 4) ? 0 : MSG_PEEK));
	}
}

static void
do_opt(struct turn *tu)
{
	unsigned i = chance(tu, sizeof(opts) / sizeof(opts[0]));
	int v = (int)chance(tu, 3) * (int)chance(tu, 4000);
	unsigned len = 200;

	if (opts[i].name == TCP_CONGESTION && opts[i].level == IPPROTO_TCP)
		(void)rump_sys_setsockopt(anyfd(tu), IPPROTO_TCP,
		    TCP_CONGESTION, chance(tu, 2) ? "reno" : "cubic", 5);
	else if (chance(tu, 2))
		(void)rump_sys_setsockopt(anyfd(tu), opts[i].level,
		    opts[i].name, &v, sizeof(v));
	else
		(void)rump_sys_getsockopt(anyfd(tu), opts[i].level,
		    opts[i].name, tu->tu_buf, &len);
}

static void
do_look(struct turn *tu)
{
	struct pollfd pf = { anyfd(tu), POLLIN | POLLOUT | POLLRDHUP, 0 };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	unsigned len = 128;
	int v;

	switch (chance(tu, 8)) {
	case 0: (void)rump_sys_poll(&pf, 1, 0); break;
	case 1: (void)rump_sys_getsockname(anyfd(tu), tu->tu_buf, &len); break;
	case 2: (void)rump_sys_getpeername(anyfd(tu), tu->tu_buf, &len); break;
	case 3: (void)rump_sys_ioctl(anyfd(tu), FIONREAD, &v); break;
	case 4: (void)rump_sys_ioctl(anyfd(tu), SIOCOUTQ, &v); break;
	case 5: (void)rump_sys_ioctl(anyfd(tu), SIOCATMARK, &v); break;
	case 6:
		(void)rump_sys_epoll_ctl(fds[EPOLL], 1 + (int)chance(tu, 3),
		    anyfd(tu), &ev);
		break;
	default: (void)rump_sys_epoll_wait(fds[EPOLL], tu->tu_buf, 4, 0);
	}
}

static void
do_owner(struct turn *tu)
{
	race_owner(tu, anyfd(tu));
}

/* A connection that comes and goes. */
static void
do_tcp(struct turn *tu)
{
	struct sockaddr_in to = in4("127.0.0.1", 80);
	struct sockaddr_in6 to6 = loop6(80);
	struct linger lg = { 1, 0 };
	int six = (int)chance(tu, 2), a, b;

	a = SOCK(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	(void)rump_sys_connect(a, six ? (void *)&to6 : (void *)&to,
	    six ? sizeof(to6) : sizeof(to));
	b = (int)rump_sys_accept4(fds[six ? LISTEN6 : LISTEN], NULL, NULL,
	    SOCK_NONBLOCK);
	(void)rump_sys_sendto(a, tu->tu_buf, chance(tu, 8000), MSG_NOSIGNAL,
	    NULL, 0);
	(void)rump_sys_read(b, tu->tu_buf, 4000);
	(void)rump_sys_sendto(b, tu->tu_buf, chance(tu, 8000), MSG_NOSIGNAL,
	    NULL, 0);
	if (chance(tu, 2))
		(void)rump_sys_shutdown(a, (int)chance(tu, 3));
	if (chance(tu, 4) == 0)
		(void)rump_sys_setsockopt(b, SOL_SOCKET, SO_LINGER, &lg,
		    sizeof(lg));
	rump_sys_close(a);
	rump_sys_close(b);
}

static void
do_unix(struct turn *tu)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int s = SOCK(AF_UNIX, chance(tu, 2) ? SOCK_STREAM : SOCK_DGRAM, 0), c;
	struct iovec iov = { tu->tu_buf, 5 };
	union { struct cmsghdr h; char b[CMSG_SPACE(sizeof(int))]; } u;
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control =
	    &u, .msg_controllen = sizeof(u) };

	snprintf(un.sun_path + 1, 20, "name%u", chance(tu, 3));
	(void)rump_sys_bind(s, &un, sizeof(un));
	(void)rump_sys_listen(s, 2);
	c = SOCK(AF_UNIX, chance(tu, 2) ? SOCK_STREAM : SOCK_DGRAM, 0);
	(void)rump_sys_connect(c, &un, sizeof(un));
	(void)rump_sys_sendto(c, "x", 1, MSG_NOSIGNAL, NULL, 0);
	rump_sys_close((int)rump_sys_accept4(s, NULL, NULL, 0));
	u.h = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET,
	    SCM_RIGHTS };
	memcpy(CMSG_DATA(&u.h), &c, sizeof(c));
	(void)rump_sys_sendmsg(fds[UNIX1], &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
	rump_sys_close(c);
	rump_sys_close(s);
	u.h.cmsg_len = 0;
	mh.msg_controllen = sizeof(u);
	if (rump_sys_recvmsg(fds[UNIX2], &mh, MSG_DONTWAIT) >= 0 &&
	    mh.msg_controllen >= sizeof(struct cmsghdr) &&
	    u.h.cmsg_type == SCM_RIGHTS) {
		memcpy(&c, CMSG_DATA(&u.h), sizeof(c));
		rump_sys_close(c);
	}
}

static void
do_if(struct turn *tu)
{
	struct ifreq r = { .ifr_name = "eth1" };
	struct sockaddr_in a = in4(chance(tu, 2) ? "10.0.0.2" : "10.0.0.3",
	    0);
	struct arpreq ar = { .arp_flags = ATF_COM, .arp_dev = "eth1" };
	int s = fds[UDP1];

	switch (chance(tu, 10)) {
	case 0: r.ifr_flags = 0;
		(void)rump_sys_ioctl(s, SIOCSIFFLAGS, &r); break;
	case 1:
	case 2: r.ifr_flags = IFF_UP | (chance(tu, 2) ? IFF_PROMISC : 0);
		(void)rump_sys_ioctl(s, SIOCSIFFLAGS, &r); break;
	case 3: memcpy(&r.ifr_addr, &a, sizeof(a));
		(void)rump_sys_ioctl(s, SIOCSIFADDR, &r); break;
	case 4: r.ifr_mtu = 1400 + (int)chance(tu, 100);
		(void)rump_sys_ioctl(s, SIOCSIFMTU, &r); break;
	case 5: (void)rump_sys_ioctl(s, SIOCGIFHWADDR, &r); break;
	case 6: r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
		memcpy(r.ifr_hwaddr.sa_data, "\2\0\0\0\7", 5);
		r.ifr_hwaddr.sa_data[5] = (char)chance(tu, 9);
		(void)rump_sys_ioctl(s, SIOCSIFHWADDR, &r); break;
	case 7: (void)rump_sys_ioctl(s, SIOCGIFADDR, &r); break;
	case 8: r.ifr_qlen = (int)chance(tu, 2000);
		(void)rump_sys_ioctl(s, SIOCSIFTXQLEN, &r); break;
	default:
		a = in4("10.0.0.9", 0);
		memcpy(&ar.arp_pa, &a, sizeof(a));
		ar.arp_ha.sa_family = ARPHRD_ETHER;
		(void)rump_sys_ioctl(s, chance(tu, 2) ? SIOCSARP : chance(tu,
		    2) ? SIOCGARP : SIOCDARP, &ar);
	}
}

static void
do_group(struct turn *tu)
{
	struct ip_mreqn m4 = { .imr_ifindex = 1 + (int)chance(tu, 3) };
	struct ipv6_mreq m6 = { .ipv6mr_interface = 1 + chance(tu, 3) };

	m4.imr_multiaddr.s_addr = htonl(0xef000001 + chance(tu, 3));
	m6.ipv6mr_multiaddr.s6_addr[0] = 0xff;
	m6.ipv6mr_multiaddr.s6_addr[1] = 2;
	m6.ipv6mr_multiaddr.s6_addr[15] = (uint8_t)(100 + chance(tu, 3));
	(void)rump_sys_setsockopt(fds[UDP1 + chance(tu, 2)], IPPROTO_IP,
	    chance(tu, 2) ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &m4,
	    sizeof(m4));
	(void)rump_sys_setsockopt(fds[UDP6], IPPROTO_IPV6, chance(tu, 2) ?
	    IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &m6, sizeof(m6));
}

/* Lists of everything, as ip(8) and ss(8) ask for them. */
static void
do_dump(struct turn *tu)
{
	static const int what[] = { RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE,
	    RTM_GETNEIGH };
	struct { struct nlmsghdr h; struct rtgenmsg g; char pad[3]; } r =
	    { .h = { sizeof(r), 0, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 } };
	struct { struct nlmsghdr h; struct inet_diag_req_v2 d; } d =
	    { .h = { sizeof(d), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST |
	    NLM_F_DUMP, 1, 0 } };
	struct { struct nlmsghdr h; struct unix_diag_req d; } u =
	    { .h = { sizeof(u), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST |
	    NLM_F_DUMP, 1, 0 } };
	int s = fds[chance(tu, 2) ? ROUTE : DIAG];

	if (s == fds[ROUTE]) {
		r.h.nlmsg_type = (uint16_t)PICK(tu, what);
		(void)rump_sys_sendto(s, &r, sizeof(r), 0, NULL, 0);
	} else if (chance(tu, 2)) {
		d.d.sdiag_family = chance(tu, 2) ? AF_INET : AF_INET6;
		d.d.sdiag_protocol = chance(tu, 2) ? IPPROTO_TCP :
		    IPPROTO_UDP;
		d.d.idiag_states = 0xffff;
		d.d.idiag_ext = 0xff;
		(void)rump_sys_sendto(s, &d, sizeof(d), 0, NULL, 0);
	} else {
		u.d.sdiag_family = AF_UNIX;
		u.d.udiag_states = 0xffff;
		u.d.udiag_show = 0x3f;
		(void)rump_sys_sendto(s, &u, sizeof(u), 0, NULL, 0);
	}
	while (rump_sys_recvfrom(s, tu->tu_buf, sizeof(tu->tu_buf),
	    MSG_DONTWAIT, NULL, NULL) > 0)
		continue;
}

/* Addresses, routes and neighbours of eth1 come and go. */
static void
do_rtnl(struct turn *tu)
{
	struct { struct nlmsghdr h; union { struct ifaddrmsg a; struct rtmsg r;
	    struct ndmsg n; char b[40]; } u; } q;
	struct rtattr *ra;
	unsigned kind = chance(tu, 3), size = kind == 0 ? sizeof(q.u.a) :
	    sizeof(q.u.r);
	uint32_t dst = htonl(0x0a000100 + chance(tu, 4)), idx = 3;

	memset(&q, 0, sizeof(q));
	q.h.nlmsg_type = (uint16_t)(RTM_NEWADDR + 4 * kind + chance(tu, 2));
	q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
	ra = (void *)((char *)&q.u + NLMSG_ALIGN(size));
	*ra = (struct rtattr){ 8, kind == 0 ? IFA_LOCAL : 1 };
	memcpy(RTA_DATA(ra), &dst, 4);
	q.u.a.ifa_family = AF_INET;
	if (kind == 0) {
		q.u.a.ifa_prefixlen = 24;
		q.u.a.ifa_index = idx;
	} else if (kind == 1) {
		q.u.r.rtm_dst_len = 32;
		q.u.r.rtm_table = RT_TABLE_MAIN;
		q.u.r.rtm_protocol = RTPROT_STATIC;
		q.u.r.rtm_scope = RT_SCOPE_LINK;
		q.u.r.rtm_type = RTN_UNICAST;
		ra = (void *)((char *)ra + 8);
		*ra = (struct rtattr){ 8, RTA_OIF };
		memcpy(RTA_DATA(ra), &idx, 4);
	} else {
		q.u.n.ndm_ifindex = (int)idx;
		q.u.n.ndm_state = 0x80;
		ra = (void *)((char *)ra + 8);
		*ra = (struct rtattr){ 10, 2 };
		memcpy(RTA_DATA(ra), "\2\0\0\0\0\7", 6);
	}
	q.h.nlmsg_len = (uint32_t)((char *)ra + RTA_ALIGN(ra->rta_len) -
	    (char *)&q);
	(void)rump_sys_sendto(fds[ROUTE], &q, q.h.nlmsg_len, 0, NULL, 0);
	(void)rump_sys_recvfrom(fds[ROUTE], tu->tu_buf, 4000, MSG_DONTWAIT,
	    NULL, NULL);
}

static void
do_proc(struct turn *tu)
{
	char name[64];
	int fd;

	if (chance(tu, 2))
		snprintf(name, sizeof(name), "/proc/%s", PICK(tu, procs));
	else
		snprintf(name, sizeof(name), "/proc/sys/net/%s", PICK(tu,
		    ctls));
	if ((fd = (int)rump_sys_open(name, O_RDWR, 0)) < 0)
		fd = (int)rump_sys_open(name, O_RDONLY, 0);
	while (rump_sys_read(fd, tu->tu_buf, 4000) > 0)
		continue;
	if (chance(tu, 2) && strstr(name, "/sys/") != NULL)
		(void)rump_sys_pwrite64(fd, tu->tu_buf, strlen(tu->tu_buf) +
		    1, 0);
	rump_sys_close(fd);
}

static void
do_filter(struct turn *tu)
{
	struct sock_filter all[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	    BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_fprog fp = { 2, all };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol =
	    htons(3), .sll_ifindex = (int)chance(tu, 4) };

	(void)rump_sys_setsockopt(anyfd(tu), SOL_SOCKET, SO_ATTACH_FILTER,
	    &fp, sizeof(fp));
	(void)rump_sys_bind(fds[PACKET], &ll, sizeof(ll));
}

/* Another one of each, bound and connected and closed. */
static void
do_dgram(struct turn *tu)
{
	struct sockaddr_in a = in4("127.0.0.1", 5000 + (int)chance(tu, 4));
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int s = SOCK(AF_INET, chance(tu, 3) ? SOCK_DGRAM : SOCK_RAW,
	    IPPROTO_UDP), one = 1;

	(void)rump_sys_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, 4);
	(void)rump_sys_bind(s, &a, sizeof(a));
	a.sin_port = htons(5000);
	(void)rump_sys_connect(chance(tu, 2) ? s : fds[UDP2], &a, sizeof(a));
	(void)rump_sys_write(s, tu->tu_buf, chance(tu, 1400));
	(void)rump_sys_connect(fds[UDP2], &none, sizeof(none));
	rump_sys_close(s);
}

static void (*const fns[])(struct turn *) = { do_data, do_data, do_data,
    do_opt, do_opt, do_look, do_look, do_owner, do_tcp, do_unix, do_if,
    do_group,
    do_dump, do_rtnl, do_proc, do_filter, do_dgram };

static void
setup(void)
{
	struct sockaddr_in a = in4("127.0.0.1", 80), u = in4("0.0.0.0", 5000);
	struct sockaddr_in6 a6 = loop6(80);
	struct ifreq r = { .ifr_name = "eth0" };
	int p[2], i;

	fds[LISTEN] = SOCK(AF_INET, SOCK_STREAM, 0);
	OK(rump_sys_bind(fds[LISTEN], &a, sizeof(a)));
	OK(rump_sys_listen(fds[LISTEN], 5));
	fds[LISTEN6] = SOCK(AF_INET6, SOCK_STREAM, 0);
	OK(rump_sys_setsockopt(fds[LISTEN6], IPPROTO_IPV6, IPV6_V6ONLY,
	    &(int){ 1 }, 4));
	OK(rump_sys_bind(fds[LISTEN6], &a6, sizeof(a6)));
	OK(rump_sys_listen(fds[LISTEN6], 5));
	fds[TCP1] = (int)rump_sys_socket(AF_INET, SOCK_STREAM, 0);
	OK(rump_sys_connect(fds[TCP1], &a, sizeof(a)));
	/* Another CPU may still have the last packet of the handshake. */
	CHECK_EQ(rump_sys_poll(&(struct pollfd){ fds[LISTEN], POLLIN, 0 }, 1,
	    -1), 1);
	fds[TCP2] = (int)rump_sys_accept4(fds[LISTEN], NULL, NULL, 0);
	fds[UDP1] = SOCK(AF_INET, SOCK_DGRAM, 0);
	OK(rump_sys_bind(fds[UDP1], &u, sizeof(u)));
	fds[UDP2] = SOCK(AF_INET, SOCK_DGRAM, 0);
	fds[UDP6] = SOCK(AF_INET6, SOCK_DGRAM, 0);
	fds[RAW] = SOCK(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	fds[PACKET] = SOCK(AF_PACKET, SOCK_RAW, htons(3));
	OK(rump_sys_socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p));
	fds[UNIX1] = p[0];
	fds[UNIX2] = p[1];
	fds[UDGRAM] = SOCK(AF_UNIX, SOCK_DGRAM, 0);
	fds[ROUTE] = SOCK(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	fds[DIAG] = SOCK(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	fds[EPOLL] = (int)rump_sys_epoll_create1(0);
	for (i = 0; i < NFDS; i++) {
		CHECK(fds[i] >= 0);
		OK(rump_sys_fcntl(fds[i], F_SETFL, O_NONBLOCK));
	}
	a = in4("10.0.0.1", 0);
	memcpy(&r.ifr_addr, &a, sizeof(a));
	OK(rump_sys_ioctl(fds[UDP1], SIOCSIFADDR, &r));
	r.ifr_flags = IFF_UP;
	OK(rump_sys_ioctl(fds[UDP1], SIOCSIFFLAGS, &r));
}

int
main(void)
{
	char bus[64], spec[80];

	snprintf(bus, sizeof(bus), "/tmp/t_net.%d.bus", (int)getpid());
	snprintf(spec, sizeof(spec), "bus:%s", bus);
	setenv("RUMP_NET0", spec, 1);
	setenv("RUMP_NET1", spec, 1);
	OK(start());
	unlink(bus);
	race_ignore(SIGIO);
	race_ignore(SIGURG);
	race_ignore(SIGUSR1);
	setup();
	race(fns, sizeof(fns) / sizeof(fns[0]));
	return check_done();
}
