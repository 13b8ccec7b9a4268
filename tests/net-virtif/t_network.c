/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_config net_virtif */
/*
 * A network of rump kernels, each a process: on a bus in shared memory, with
 * and without the virtio header, and two on a socket pair.  Each sends
 * datagrams of several sizes to each other one, which sends them back.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rump/netconfig.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>

#include "../check.h"

#define MAXHOSTS	4
#define PORT		5000

static int hosts, done_rd, done_wr;	/* the pipe: who is ready */
static pid_t server_pid;
static int all_rd, all_wr;		/* the pipe: all are done */
static const int sizes[] = { 4, 1000, 1472, 1473, 20000 };

static struct sockaddr_in
address(int n, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port) };

	sin.sin_addr.s_addr = htonl(0x0a4f0001U + (unsigned)n);
	return sin;
}

static void *
echo(void *arg)
{
	static char buf[65536];
	int s = *(int *)arg;
	struct sockaddr_in sin;
	unsigned len;
	long n;

	if (rump_pub_lwproc_newlwp(server_pid) != 0)
		abort();
	for (;;) {
		len = sizeof(sin);
		n = rump_sys_recvfrom(s, buf, sizeof(buf), 0, (void *)&sin,
		    (void *)&len);
		if (n > 0)
			(void)rump_sys_sendto(s, buf, (size_t)n, 0,
			    (void *)&sin, len);
	}
	return NULL;
}

/* A bus loses what is not read in time: asked again. */
static int
ask(int s, int to, int size)
{
	static char out[65536], in[65536];
	struct sockaddr_in sin = address(to, PORT);
	struct { long sec, usec; } tv = { 0, 300000 };
	int try;

	memset(out, 'a' + to, (size_t)size);
	(void)rump_sys_setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (void *)&tv,
	    sizeof(tv));
	for (try = 0; try < 200; try++) {
		if (rump_sys_sendto(s, out, (size_t)size, 0, (void *)&sin,
		    sizeof(sin)) != size)
			return 0;
		while (rump_sys_recvfrom(s, in, sizeof(in), 0, NULL,
		    NULL) == size)
			if (memcmp(in, out, (size_t)size) == 0)
				return 1;
	}
	return 0;
}

/* What the process of host me does. */
static int
host(int me, const char *spec)
{
	struct sockaddr_in sin = address(me, PORT);
	static int server;
	char text[INET_ADDRSTRLEN], c = 0;
	pthread_t pt;
	unsigned i;
	int s, to;

	setenv("RUMP_NET0", spec, 1);
	REQUIRE(rump_init() == 0);
	REQUIRE(rump_pub_lwproc_rfork(RUMP_RFCFDG) == 0);
	inet_ntop(AF_INET, &sin.sin_addr, text, sizeof(text));
	REQUIRE(rump_pub_netconfig_ipv4_ifaddr_cidr("eth0", text, 24) == 0);
	server = (int)rump_sys_socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ(rump_sys_bind(server, (void *)&sin, sizeof(sin)), 0);
	server_pid = (pid_t)rump_sys_getpid();
	pthread_create(&pt, NULL, echo, &server);
	s = (int)rump_sys_socket(AF_INET, SOCK_DGRAM, 0);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (to = 0; to < hosts; to++)
			if (to != me)
				CHECK(ask(s, to, sizes[i]));
	/* The others may still ask. */
	(void)!write(done_wr, &c, 1);
	close(all_wr);
	(void)!read(all_rd, &c, 1);
	return check_done();
}

static void
run(const char *const *specs, int n)
{
	int done[2], all[2], i, st;
	pid_t pid[MAXHOSTS];
	char c;

	hosts = n;
	if (pipe(done) != 0 || pipe(all) != 0)
		abort();
	done_rd = done[0];
	done_wr = done[1];
	all_rd = all[0];
	all_wr = all[1];
	fflush(stdout);
	for (i = 0; i < n; i++)
		if ((pid[i] = fork()) == 0) {
			close(done_rd);
			st = host(i, specs[i]);
			fflush(stdout);
			_exit(st);
		}
	close(done_wr);
	for (i = 0; i < n; i++)
		CHECK_EQ(read(done_rd, &c, 1), 1);
	close(all_wr);
	for (i = 0; i < n; i++) {
		CHECK_EQ(waitpid(pid[i], &st, 0), pid[i]);
		CHECK_EQ(st, 0);
	}
	close(done_rd);
	close(all_rd);
}

int
main(void)
{
	char path[] = "/tmp/t_network.XXXXXX", bus[64], vnet[64], fd[2][32];
	int sp[2];

	close(mkstemp(path));
	snprintf(bus, sizeof(bus), "bus:%s", path);
	run((const char *[]){ bus, bus, bus, bus }, 4);
	unlink(path);
	snprintf(vnet, sizeof(vnet), "bus:%s,vnet", path);
	run((const char *[]){ vnet, vnet, vnet }, 3);
	unlink(path);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp), 0);
	snprintf(fd[0], sizeof(fd[0]), "fd:%d,mtu=9000", sp[0]);
	snprintf(fd[1], sizeof(fd[1]), "fd:%d,mtu=9000", sp[1]);
	run((const char *[]){ fd[0], fd[1] }, 2);
	return check_done();
}
