/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * Many connections that come and go, several threads at a time: none is lost,
 * nothing stays but TIME_WAIT, which is bounded.  A flood of SYNs meanwhile
 * does not keep a real client out.
 */
#include "script.h"
#include <net/mbuf.h>

#define CONNS	1500

/* Frees need a virtual CPU. */
static void
drop_frames(void)
{

	rump_schedule();
	(void)fake_drop(net);
	rump_unschedule();
}

static struct sockaddr_in where;

/* Until a client says that it is enough. */
static void
serve(void *arg)
{
	int l = *(int *)arg, fd;
	char b[100];
	long k;

	while ((fd = (int)rump_sys_accept(l, NULL, NULL)) >= 0) {
		b[0] = '\0';
		while ((k = rump_sys_recvfrom(fd, b, sizeof(b), 0, NULL,
		    NULL)) > 0)
			CHECK_EQ(rump_sys_sendto(fd, b, (size_t)k, 0, NULL,
			    0), k);
		OK(rump_sys_close(fd));
		if (b[0] == 'e')
			break;
	}
}

static void
client1(int how)
{
	struct linger lg = { 1, 0 };
	char b[100];
	int fd = (int)rump_sys_socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	OK(rump_sys_connect(fd, (void *)&where, sizeof(where)));
	CHECK_EQ(rump_sys_sendto(fd, how == 3 ? "enough!!" : "question", 8, 0,
	    NULL, 0), 8);
	CHECK_EQ(rump_sys_recvfrom(fd, b, 100, 0, NULL, NULL), 8);
	if (how == 1)
		OK(rump_sys_setsockopt(fd, SOL_SOCKET, SO_LINGER, (void *)&lg,
		    sizeof(lg)));
	else if (how == 2) {
		OK(rump_sys_shutdown(fd, SHUT_WR));
		CHECK_EQ(rump_sys_recvfrom(fd, b, 100, 0, NULL, NULL), 0);
	}
	OK(rump_sys_close(fd));
}

static void
clients(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < CONNS && !check_failures; i++)
		client1(i % 3);
}

static void
flood(void *arg)
{
	uint32_t i;
	int n = *(int *)arg;

	for (i = 0; i < (uint32_t)n; i++) {
		pport = (uint16_t)(1000 + i % 60000);
		inject_opt(SYN, i * 77, 0, NULL, 0, opt_all, sizeof(opt_all));
		if (i % 64 == 0)
			drop_frames();
	}
}

int
main(void)
{
	struct thread srv[2], cl[3], fl;
	int l, i, n = 30000;
	struct timespec ts = { 0, 50000000 };
	size_t mem;

	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		return 1;
	script_start();
	l = listening();
	rump_schedule();
	mem = rump_mbuf_inuse();
	rump_unschedule();
	{
		struct timeval tv = { 0, 0 };

		OK(rump_sys_setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, (void *)&tv,
		    sizeof(tv)));
	}
	where.sin_family = AF_INET;
	where.sin_port = htons(kport);
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < 2; i++)
		thread_start(&srv[i], serve, &l);
	for (i = 0; i < 3; i++)
		thread_start(&cl[i], clients, NULL);
	thread_start(&fl, flood, &n);
	for (i = 0; i < 3; i++)
		thread_join(&cl[i]);
	thread_join(&fl);
	drop_frames();
	for (i = 0; i < 2; i++)
		client1(3);
	for (i = 0; i < 2; i++)
		thread_join(&srv[i]);
	OK(rump_sys_close(l));
	for (i = 0; i < 40; i++) {
		nanosleep(&ts, NULL);
		drop_frames();
		rump_schedule();
		n = rump_mbuf_inuse() <= mem + (256 << 10) &&
		    rump_tcp_estab() == 0;
		rump_unschedule();
		if (n)
			break;
	}
	CHECK(n);
	if (!n) {
		rump_schedule();
		printf("%zu bytes, were %zu\n", rump_mbuf_inuse(), mem);
		rump_unschedule();
	}
	CHECK_EQ(rump_tcp_estab(), 0);
	if (getenv("VERBOSE"))
		for (i = 0; i < TCPS_MAX; i++)
			printf("%d:%lu ", i, (unsigned long)rump_tcpstat[i]);
	return check_done();
}
