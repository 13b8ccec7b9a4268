/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/* components: net_config net_inet6 net_tcp net_virtif */
/*
 * Against Linux's IPv6 over a TAP device in a namespace of our own: Linux pings
 * us, TCP and UDP both ways, fragments, by link-local and global addresses.
 */
#include "../net-virtif/hostnet.h"
#include "wire6.h"
#include <net/netconf.h>
#include <stdarg.h>

#define HOST6	"2001:db8:77::1"
#define GUEST6	"2001:db8:77::2"

static struct ifnet *ifp;
static char hostll[46];

static int
run(const char *fmt, ...)
{
	char cmd[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	return system(cmd);
}

static int
linux_up(void)
{
	FILE *f;

	if (run("ip link set lo up && ip link set tap0 up && "
	    "ip -6 addr add " HOST6 "/64 dev tap0 nodad") != 0)
		return -1;
	f = popen("ip -6 addr show dev tap0 scope link | "
	    "sed -n 's,.*inet6 \\(fe80[^/]*\\)/.*,\\1,p'", "r");
	if (f == NULL || fgets(hostll, sizeof(hostll), f) == NULL)
		return -1;
	pclose(f);
	hostll[strcspn(hostll, "\n")] = '\0';
	return 0;
}

static int
settled(void)
{
	struct ifaddr *ia;
	int i, wait = 1;

	for (i = 0; i < 500 && wait; i++) {
		usleep(10000);
		wait = 0;
		rump_schedule();
		rump_rw_rdenter(&ifp->if_lock);
		for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
			wait |= (ia->ia_flags & IFA_F_TENTATIVE) != 0;
		rump_rw_exit(&ifp->if_lock);
		rump_unschedule();
	}
	return !wait;
}

static char guestll[46];

static void
find_guestll(void)
{
	struct ifaddr *ia;

	rump_schedule();
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_islinklocal6(&ia->ia_addr))
			inaddr_format(&ia->ia_addr, guestll, sizeof(guestll));
	rump_unschedule();
}

/* Data that comes back: server on one side, client on the other. */
struct echo {
	int	 e_fd, e_onhost, e_type;
	size_t	 e_total;
};

static void *
echo_server(void *arg)
{
	struct echo *e = arg;
	static char buf[65536];
	size_t got = 0;
	ssize_t n;
	int fd = e->e_fd;

	if (e->e_type == SOCK_STREAM)
		fd = accept(e->e_fd, NULL, NULL);
	while (got < e->e_total && (n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		got += (size_t)n;
		if (e->e_type == SOCK_STREAM &&
		    send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	}
	if (fd != e->e_fd)
		close(fd);
	return (void *)got;
}

static void
test_tcp_to_linux(const char *to, int scope)
{
	struct sockaddr_in6 s = sin6("::", 0);
	static char data[300000], back[300000];
	socklen_t len = sizeof(s);
	struct echo e = { .e_type = SOCK_STREAM, .e_total = sizeof(data) };
	size_t sentn = 0, got = 0;
	pthread_t t;
	void *total;
	long n;
	int fd;

	e.e_fd = socket(AF_INET6, SOCK_STREAM, 0);
	OK(bind(e.e_fd, (void *)&s, sizeof(s)));
	OK(listen(e.e_fd, 5));
	OK(getsockname(e.e_fd, (void *)&s, &len));
	pthread_create(&t, NULL, echo_server, &e);
	s = sin6(to, ntohs(s.sin6_port));
	s.sin6_scope_id = (uint32_t)scope;
	onhost = 0;
	fd = (int)SYS(socket, AF_INET6, SOCK_STREAM, 0);
	OK(SYS(connect, fd, &s, sizeof(s)));
	memset(data, 'y', sizeof(data));
	while (got < sizeof(data)) {
		if (sentn < sizeof(data) && sentn - got < 100000) {
			n = SYS(sendto, fd, data + sentn, 20000UL,
			    MSG_NOSIGNAL, NULL, 0);
			if (n <= 0)
				break;
			sentn += (size_t)n;
		} else {
			n = urecv(fd, back + got, sizeof(back) - got);
			if (n <= 0)
				break;
			got += (size_t)n;
		}
	}
	CHECK_EQ(got, sizeof(data));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	uclose(fd);
	if (got != sizeof(data))
		shutdown(e.e_fd, SHUT_RDWR);
	pthread_join(t, &total);
	close(e.e_fd);
}

/* Linux connects to us and sends. */
static void
test_tcp_from_linux(const char *to, int scope)
{
	struct sockaddr_in6 s = sin6("::", 0);
	socklen_t len = sizeof(s);
	char buf[2000];
	long n, got = 0;
	int l, a, c;

	onhost = 0;
	l = (int)SYS(socket, AF_INET6, SOCK_STREAM, 0);
	OK(SYS(bind, l, &s, sizeof(s)));
	OK(SYS(listen, l, 5));
	OK(SYS(getsockname, l, &s, &len));
	s = sin6(to, ntohs(s.sin6_port));
	s.sin6_scope_id = (uint32_t)scope;
	c = socket(AF_INET6, SOCK_STREAM, 0);
	OK(connect(c, (void *)&s, sizeof(s)));
	a = (int)SYS(accept4, l, NULL, NULL, 0);
	CHECK(a >= 0);
	memset(buf, 'z', sizeof(buf));
	CHECK_EQ(send(c, buf, sizeof(buf), 0), sizeof(buf));
	while (got < (long)sizeof(buf) &&
	    (n = urecv(a, buf, sizeof(buf))) > 0)
		got += n;
	CHECK_EQ(got, sizeof(buf));
	CHECK_EQ(SYS(sendto, a, "bye", 3, MSG_NOSIGNAL, NULL, 0), 3);
	CHECK_EQ(recv(c, buf, sizeof(buf), 0), 3);
	close(c);
	CHECK_EQ(urecv(a, buf, 1), 0);
	uclose(a);
	uclose(l);
}

/* Datagrams that need fragments, both ways. */
static void
test_udp(void)
{
	struct sockaddr_in6 s = sin6(HOST6, 0), from;
	socklen_t len = sizeof(s);
	static char data[9000], back[9000];
	struct timeval tv = { 30, 0 };
	int h = socket(AF_INET6, SOCK_DGRAM, 0), g;
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 31);
	OK(bind(h, (void *)&s, sizeof(s)));
	OK(getsockname(h, (void *)&s, &len));
	OK(setsockopt(h, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	onhost = 0;
	g = (int)SYS(socket, AF_INET6, SOCK_DGRAM, 0);
	CHECK_EQ(SYS(sendto, g, data, sizeof(data), 0, &s, sizeof(s)),
	    sizeof(data));
	len = sizeof(from);
	CHECK_EQ(recvfrom(h, back, sizeof(back), 0, (void *)&from, &len),
	    sizeof(back));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	memset(back, 0, sizeof(back));
	CHECK_EQ(sendto(h, data, sizeof(data), 0, (void *)&from, len),
	    sizeof(data));
	CHECK_EQ(urecv(g, back, sizeof(back)), sizeof(back));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	close(h);
	/* Nobody there. */
	OK(SYS(connect, g, &s, sizeof(s)));
	CHECK_EQ(SYS(sendto, g, "x", 1, 0, NULL, 0), 1);
	CHECK(something(g));
	CHECK_EQ(getint(g, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	uclose(g);
}

static void
test_ping(void)
{
	uint8_t echo[24] = { 128 }, buf[64];
	struct sockaddr_in6 s = sin6(HOST6, 0);
	int fd;

	if (run("which ping >/dev/null 2>&1") == 0) {
		OK(run("ping -6 -c 3 -i 0.2 -W 3 " GUEST6 " >/dev/null"));
		OK(run("ping -6 -c 1 -W 3 -s 4000 " GUEST6 " >/dev/null"));
		OK(run("ping -6 -c 1 -W 3 %s%%tap0 >/dev/null", guestll));
		OK(run("ping -6 -c 1 -W 3 -I tap0 ff02::1 >/dev/null"));
	}
	onhost = 0;
	fd = (int)SYS(socket, AF_INET6, SOCK_DGRAM, 58);
	CHECK_EQ(SYS(sendto, fd, echo, 24, 0, &s, sizeof(s)), 24);
	CHECK_EQ(urecv(fd, buf, sizeof(buf)), 24);
	CHECK_EQ(buf[0], 129);
	uclose(fd);
}

int
main(void)
{
	struct inaddr a = addr(GUEST6);
	int index;

	if (hostnet_enter("") != 0)
		return hostnet_skip();
	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		return 1;
	rump_ip6_daddelay = 0;
	if (linux_up() != 0) {
		printf("skipped: no IPv6, or no ip(8)\n");
		return 0;
	}
	rump_schedule();
	ifp = rump_netconf_find("eth0");
	if (ifp != NULL)
		CHECK_EQ(rump_netconf_addr(ifp, &a, 64), 0);
	rump_unschedule();
	REQUIRE(ifp != NULL);
	CHECK(settled());
	find_guestll();
	index = hostnet_index();
	test_ping();
	test_tcp_to_linux(HOST6, 0);
	test_tcp_to_linux(hostll, (int)ifp->if_index);
	test_tcp_from_linux(GUEST6, 0);
	test_tcp_from_linux(guestll, index);
	test_udp();
	return check_done();
}
