/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs net net_inet net_udp net_mcast */
/* components: net_config net_dhcp net_virtif */
/* DHCP from dnsmasq over a TAP device: address, routes, MTU, names. */
#include "hostnet.h"

#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>

#include <net/ifnet.h>
#include <net/inaddr.h>
#include <net/route.h>
#include <rump/netconfig.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>

#include "../check.h"

static char lease[] = "/tmp/t_dnsmasq.XXXXXX";

static pid_t
dnsmasq(void)
{
	char leasefile[64];
	pid_t pid;

	snprintf(leasefile, sizeof(leasefile), "--dhcp-leasefile=%s", lease);
	pid = fork();
	if (pid == 0) {
		execlp("dnsmasq", "dnsmasq", "--conf-file=/dev/null",
		    "--keep-in-foreground", "--pid-file", leasefile,
		    "--user=root", "--interface=tap0", "--bind-interfaces",
		    "--port=0", "--log-facility=/dev/null", "--no-ping",
		    "--dhcp-authoritative", "--dhcp-range=10.77.0.50,"
		    "10.77.0.50,255.255.255.0,2m",
		    "--dhcp-option=option:router,10.77.0.1",
		    "--dhcp-option=option:dns-server,10.77.0.1,10.77.0.3",
		    "--dhcp-option=option:domain-name,example.net",
		    "--dhcp-option=option:mtu,1300",
		    "--dhcp-option=121,172.16.0.0/12,10.77.0.9,0.0.0.0/0,"
		    "10.77.0.1", (char *)NULL);
		_exit(127);
	}
	return pid;
}

static int
routed(const char *dst, const char *want)
{
	struct inaddr a, gw;
	struct rtentry *rt;
	int yes;

	(void)inaddr_parse(dst, &a);
	(void)inaddr_parse(want, &gw);
	rump_schedule();
	rt = rump_rt_lookup(&a, 0);
	yes = rt != NULL && inaddr_eq(&rt->rt_gw, &gw);
	if (rt != NULL)
		rump_rt_rele(rt);
	rump_unschedule();
	return yes;
}

static void
test_lease(void)
{
	char buf[300] = "";
	struct ifnet *ifp;
	int fd;

	CHECK_EQ(rump_pub_netconfig_dhcp_ipv4_oneshot("eth0"), 0);
	CHECK(routed("8.8.8.8", "10.77.0.1"));
	CHECK(routed("172.20.1.1", "10.77.0.9"));
	rump_schedule();
	ifp = rump_if_byname("eth0");
	CHECK(ifp != NULL && ifp->if_mtu == 1300);
	rump_unschedule();
	fd = (int)rump_sys_open("/etc/resolv.conf", O_RDONLY, 0);
	CHECK(fd >= 0 && rump_sys_read(fd, buf, sizeof(buf) - 1) > 0);
	CHECK(strcmp(buf, "search example.net\nnameserver 10.77.0.1\n"
	    "nameserver 10.77.0.3\n") == 0);
	if (system("command -v ping >/dev/null") == 0)
		CHECK_EQ(system("ping -q -c 3 -i 0.01 -W 2 10.77.0.50 "
		    ">/dev/null"), 0);
}

int
main(void)
{
	pid_t pid;

	if (hostnet_enter("") != 0)
		return hostnet_skip();
	if (system("command -v dnsmasq >/dev/null") != 0) {
		printf("skipped: no dnsmasq, install dnsmasq-base\n");
		return 0;
	}
	close(mkstemp(lease));
	REQUIRE(rump_init() == 0);
	REQUIRE(hostnet_up() == 0);
	REQUIRE(rump_pub_lwproc_rfork(RUMP_RFCFDG) == 0);
	pid = dnsmasq();
	test_lease();
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	unlink(lease);
	return check_done();
}
