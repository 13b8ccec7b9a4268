/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_config net_virtif */
/*
 * Over a TAP device, with Linux: ping of all sizes, UDP both ways, as the
 * guest configuration sets addresses and routes.
 */
#include "hostnet.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>

#include <net/inaddr.h>
#include <net/ifnet.h>
#include <net/route.h>
#include <rump/config.h>
#include <rump/netconfig.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>

#include "../check.h"

extern const struct rump_config_handler *const __start_rumprun_config[];
extern const struct rump_config_handler *const __stop_rumprun_config[];

/* What lib/librumprun does with one entry. */
static int
config(const char *ifname, const char *type, const char *method,
    const char *addr, const char *mask, const char *gw)
{
	const char *vals[RUMP_CONFIG_NFIELDS] = { ifname, type, method, addr,
	    mask, gw, NULL };
	const struct rump_config_handler *const *rh;
	int error = ENXIO;

	for (rh = __start_rumprun_config; rh < __stop_rumprun_config &&
	    error == ENXIO; rh++)
		if (strcmp((*rh)->rh_key, "net") == 0)
			error = (*rh)->rh_handle(vals);
	return error;
}

static void
test_config(void)
{

	CHECK_EQ(config("eth0", "inet", "dhcp", NULL, NULL, NULL), ENXIO);
	CHECK_EQ(config("eth0", "inet6", "auto", NULL, NULL, NULL), ENXIO);
	CHECK_EQ(config("eth1", "inet", "static", "10.0.0.1", "8", NULL),
	    ENODEV);
	CHECK_EQ(config("eth", "inet", "static", "10.0.0.1", "8", NULL),
	    ENODEV);
	CHECK_EQ(config("eth0", "inet", "static", NULL, "8", NULL), EINVAL);
	CHECK_EQ(config("eth0", "inet", "static", "10.0.0", "8", NULL),
	    EINVAL);
	CHECK_EQ(config("eth0", "inet", "static", "fe80::1", "8", NULL),
	    EINVAL);
	CHECK_EQ(config("eth0", "inet", "static", "224.0.0.1", "8", NULL),
	    EINVAL);
	CHECK_EQ(config("eth0", "inet", "static", "10.0.0.1", "33", NULL),
	    EINVAL);
	CHECK_EQ(config("eth0", "inet", "static", "10.0.0.1", "x", NULL),
	    EINVAL);
	CHECK_EQ(config("eth0", "inet", "static", "10.0.0.1",
	    "255.0.255.0", NULL), EINVAL);
	CHECK_EQ(config("eth0", "inet", "static", "10.0.0.1", "8", "::1"),
	    EINVAL);
	/* Any name with the number; twice is no error. */
	CHECK_EQ(config("vioif0", "inet", "static", GUEST_IP,
	    "255.255.255.0", HOST_IP), 0);
	CHECK_EQ(config("eth0", "inet", "static", GUEST_IP, "24", HOST_IP),
	    0);
	CHECK_EQ(rump_pub_netconfig_ipv4_gw("10.99.0.1"), ENETUNREACH);
	CHECK_EQ(rump_pub_netconfig_ipv4_gw("x"), EINVAL);
	CHECK_EQ(rump_pub_netconfig_ipv4_ifaddr_cidr("eth0", "10.78.0.2", 33),
	    EINVAL);
	CHECK_EQ(rump_pub_netconfig_ipv4_ifaddr("eth0", "10.78.0.2",
	    "255.255.255.0"), 0);
}

static void
test_ping(void)
{

	if (system("command -v ping >/dev/null") != 0) {
		printf("no ping, install iputils-ping\n");
		return;
	}
	CHECK_EQ(system("ping -q -c 2 -i 0.01 -W 2 " GUEST_IP " >/dev/null"),
	    0);
	CHECK_EQ(system("ping -q -c 5 -i 0.01 -W 2 -s 1472 -M do " GUEST_IP
	    " >/dev/null"), 0);
	CHECK_EQ(system("ping -q -c 5 -i 0.01 -W 2 -s 30000 " GUEST_IP
	    " >/dev/null"), 0);
	CHECK_EQ(system("ping -q -c 2 -i 0.01 -W 2 -s 65507 " GUEST_IP
	    " >/dev/null"), 0);
	CHECK_EQ(system("ping -q -f -c 3000 -w 60 " GUEST_IP
	    " | grep -q ' 0% packet loss'"), 0);
}

static pthread_barrier_t bound;

static void *
echo(void *arg)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(7) };
	static char buf[65536];
	unsigned len;
	long n;
	int s;

	(void)arg;
	CHECK_EQ(rump_pub_lwproc_rfork(RUMP_RFCFDG), 0);
	s = (int)rump_sys_socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(s >= 0);
	CHECK_EQ(rump_sys_bind(s, (void *)&sin, sizeof(sin)), 0);
	pthread_barrier_wait(&bound);
	for (;;) {
		len = sizeof(sin);
		n = rump_sys_recvfrom(s, buf, sizeof(buf), 0, (void *)&sin,
		    (void *)&len);
		if (n <= 1)
			break;
		CHECK_EQ(rump_sys_sendto(s, buf, (size_t)n, 0, (void *)&sin,
		    len), n);
	}
	return NULL;
}

/* Linux's sums are left to the device, ours too. */
static void
test_udp(void)
{
	static const int sizes[] = { 2, 100, 1472, 1473, 9000, 65507 };
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(7) };
	static uint8_t out[65536], in[65536];
	struct timeval tv = { 30, 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0), i, k;
	pthread_t pt;

	sin.sin_addr.s_addr = inet_addr(GUEST_IP);
	pthread_barrier_init(&bound, NULL, 2);
	pthread_create(&pt, NULL, echo, NULL);
	pthread_barrier_wait(&bound);
	CHECK_EQ(connect(s, (void *)&sin, sizeof(sin)), 0);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	for (i = 0; i < 60; i++) {
		int len = sizes[i % 6];

		for (k = 0; k < len; k++)
			out[k] = (uint8_t)(k * 5 + i);
		CHECK_EQ(send(s, out, (size_t)len, 0), len);
		CHECK_EQ(recv(s, in, sizeof(in), 0), len);
		CHECK(memcmp(in, out, (size_t)len) == 0);
	}
	CHECK_EQ(send(s, "", 1, 0), 1);
	pthread_join(pt, NULL);
	close(s);
}

int
main(int argc, char **argv)
{

	if (hostnet_enter(argc > 1 ? argv[1] : "") != 0)
		return hostnet_skip();
	REQUIRE(rump_init() == 0);
	REQUIRE(hostnet_up() == 0);
	test_config();
	test_ping();
	test_udp();
	return check_done();
}
