/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs net net_inet net_udp net_mcast net_inet6 */
/* components: net_config net_dhcp6 net_virtif */
/*
 * DHCPv6 from dnsmasq over a TAP device, in a process for each way: a router
 * whose flags say so (auto), addresses (M) or name servers alone (O); asked
 * for by the configuration (dhcp).
 */
#include "hostnet.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include <net/ifnet.h>
#include <rump/config.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>

#include "../check.h"

static char lease[] = "/tmp/t_dnsmasq6.XXXXXX";

extern const struct rump_config_handler *const __start_rumprun_config[];
extern const struct rump_config_handler *const __stop_rumprun_config[];

static int
config(const char *method)
{
	const char *vals[RUMP_CONFIG_NFIELDS] = { [RUMP_CONFIG_IF] = "eth0",
	    [RUMP_CONFIG_TYPE] = "inet6", [RUMP_CONFIG_METHOD] = method };
	const struct rump_config_handler *const *h;
	int error = ENXIO;

	for (h = __start_rumprun_config; h < __stop_rumprun_config &&
	    error == ENXIO; h++)
		if (strcmp((*h)->rh_key, "net") == 0)
			error = (*h)->rh_handle(vals);
	return error;
}

static pid_t
dnsmasq(const char *range)
{
	char leasefile[64], dhcprange[80];
	pid_t pid;

	snprintf(leasefile, sizeof(leasefile), "--dhcp-leasefile=%s", lease);
	snprintf(dhcprange, sizeof(dhcprange), "--dhcp-range=%s", range);
	pid = fork();
	if (pid == 0) {
		execlp("dnsmasq", "dnsmasq", "--conf-file=/dev/null",
		    "--keep-in-foreground", "--pid-file", leasefile,
		    "--user=root", "--interface=tap0", "--bind-interfaces",
		    "--port=0", "--log-facility=/dev/null", "--no-ping",
		    "--dhcp-authoritative", "--enable-ra", dhcprange,
		    "--dhcp-option=option6:dns-server,[fd77::53]",
		    "--dhcp-option=option6:domain-search,example.net",
		    (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* Addresses of eth0 in fd77::100 to fd77::1ff. */
static int
leased(void)
{
	struct ifnet *ifp;
	struct ifaddr *ia;
	int n = 0;

	rump_schedule();
	ifp = rump_if_byname("eth0");
	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		n += ia->ia_addr.ia_h[0] == htons(0xfd77) &&
		    ia->ia_addr.ia_d[1] >> 56 <= 0xff &&
		    ia->ia_addr.ia_b[14] == 1 && ia->ia_plen == 128 &&
		    ia->ia_valid != INT64_MAX;
	rump_rw_exit(&ifp->if_lock);
	rump_if_rele(ifp);
	rump_unschedule();
	return n;
}

/* The file is written by a thread: waits for it. */
static void
resolver(void)
{
	char buf[300];
	int fd, n = 0;

	for (;;) {
		fd = (int)rump_sys_open("/etc/resolv.conf", O_RDONLY, 0);
		if (fd >= 0) {
			n = (int)rump_sys_read(fd, buf, sizeof(buf) - 1);
			rump_sys_close(fd);
		}
		buf[fd >= 0 && n > 0 ? n : 0] = '\0';
		if (strstr(buf, "nameserver fd77::53\n") != NULL &&
		    strstr(buf, "search example.net\n") != NULL)
			return;
		usleep(10000);
	}
}

static int
way(const char *method, const char *range, int addresses)
{
	pid_t pid;

	REQUIRE(hostnet_enter("") == 0);
	close(mkstemp(lease));
	REQUIRE(rump_init() == 0);
	REQUIRE(hostnet_up() == 0);
	REQUIRE(system("ip -6 addr add fd77::1/64 dev tap0 nodad") == 0);
	REQUIRE(rump_pub_lwproc_rfork(RUMP_RFCFDG) == 0);
	pid = dnsmasq(range);
	CHECK_EQ(config(method), 0);
	resolver();
	CHECK_EQ(leased(), addresses);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	unlink(lease);
	return check_done();
}

static int
inprocess(const char *method, const char *range, int addresses)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		exit(way(method, range, addresses));
	waitpid(pid, &status, 0);
	if (status != 0)
		printf("method %s, range %s: failed\n", method, range);
	return status;
}

int
main(void)
{

	if (geteuid() != 0 || access("/dev/net/tun", R_OK) != 0)
		return hostnet_skip();
	if (system("command -v dnsmasq >/dev/null") != 0) {
		printf("skipped: no dnsmasq, install dnsmasq-base\n");
		return 0;
	}
	CHECK_EQ(inprocess("auto", "fd77::100,fd77::1ff,64,2m", 1), 0);
	CHECK_EQ(inprocess("dhcp", "fd77::100,fd77::1ff,64,2m", 1), 0);
	CHECK_EQ(inprocess("auto", "fd77::,ra-stateless", 0), 0);
	return check_done();
}
