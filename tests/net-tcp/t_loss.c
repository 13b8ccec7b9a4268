/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * Bulk transfers over a bad link: every byte arrives, whatever is lost,
 * doubled, late, spoilt.  With SACK and without, CUBIC and NewReno.
 */
#include <sys/wait.h>
#include "link.h"
#include <net/tcp.h>

static uint8_t
pattern(size_t i)
{
	return (uint8_t)(i ^ i >> 8 ^ i >> 16);
}

struct sink { int fd; size_t got; };

static void
reader(void *arg)
{
	struct sink *s = arg;
	uint8_t buf[20000];
	long k;
	long i;

	while ((k = xrecv(s->fd, buf, sizeof(buf), 0)) > 0) {
		for (i = 0; i < k; i++)
			if (buf[i] != pattern(s->got + (size_t)i)) {
				printf("byte %zu is wrong\n",
				    s->got + (size_t)i);
				CHECK(0);
				return;
			}
		s->got += (size_t)k;
	}
	CHECK_EQ(k, 0);
}

static void
transfer(const char *name, struct badness how, size_t total, const char *cc)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	struct thread th;
	struct sink s;
	uint8_t buf[30000];
	size_t n, k, i;
	int l, fd;
	struct tcp_info ti;
	int64_t t = hostnow();

	link_set(&how);
	l = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, "10.0.0.3", &sin.sin_addr);
	OK(SYS(bind, l, (void *)&sin, sizeof(sin)));
	OK(SYS(listen, l, 5));
	OK(SYS(getsockname, l, (void *)&sin, &len));
	inet_pton(AF_INET, "10.1.0.2", &sin.sin_addr);
	fd = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(SYS(setsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, (void *)(uintptr_t)
	    cc, (unsigned)strlen(cc)));
	OK(SYS(connect, fd, (void *)&sin, sizeof(sin)));
	memset(&s, 0, sizeof(s));
	s.fd = (int)SYS(accept4, l, NULL, NULL, 0);
	CHECK(s.fd >= 0);
	thread_start(&th, reader, &s);
	for (n = 0; n < total; n += k) {
		k = 1 + (n * 7919) % sizeof(buf);
		k = k < total - n ? k : total - n;
		for (i = 0; i < k; i++)
			buf[i] = pattern(n + i);
		CHECK_EQ(xsend(fd, buf, k, 0), (long)k);
	}
	OK(SYS(shutdown, fd, SHUT_WR));
	thread_join(&th);
	CHECK_EQ(s.got, total);
	len = sizeof(ti);
	OK(SYS(getsockopt, fd, IPPROTO_TCP, TCP_INFO, (void *)&ti, &len));
	if (getenv("VERBOSE"))
		printf("%s %s: %.0f kB/s, %u retransmitted, rtt %u, cwnd %u\n",
		    name, cc, (double)total * 1e6 / (double)(hostnow() - t),
		    ti.tcpi_total_retrans, ti.tcpi_rtt, ti.tcpi_snd_cwnd);
	OK(SYS(close, fd));
	OK(SYS(close, s.fd));
	OK(SYS(close, l));
}

#define K	1024
#define PARTS	6

static const struct {
	const char	*name;
	struct badness	 how;
	size_t		 n;
} runs[] = {
	{ "clean", { 0, 0, 0, 0, 0 }, 8192 * K },
	{ "clean, 10 ms", { 0, 0, 0, 0, 10 }, 4096 * K },
	{ "loss 1", { 1, 0, 0, 0, 1 }, 2048 * K },
	{ "loss 5", { 5, 0, 0, 0, 2 }, 1024 * K },
	{ "dup", { 0, 10, 0, 0, 1 }, 2048 * K },
	{ "reorder", { 0, 0, 10, 0, 2 }, 2048 * K },
	{ "corrupt", { 0, 0, 0, 2, 1 }, 1024 * K },
	{ "all", { 2, 2, 5, 2, 3 }, 512 * K },
	{ "loss 20", { 20, 0, 0, 0, 1 }, 24 * K },
};
#define NRUNS	(sizeof(runs) / sizeof(runs[0]))

/* Each PARTS-th run, with a kernel of its own. */
static int
part(unsigned k)
{
	unsigned i, sack;

	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		return 1;
	link_attach();
	for (; k < 2 * NRUNS; k += PARTS) {
		i = k % NRUNS;
		sack = k < NRUNS;
		__atomic_store_n(&rump_tcp_sack, (int)sack, __ATOMIC_RELAXED);
		transfer(runs[i].name, runs[i].how,
		    sack ? runs[i].n : runs[i].n / 4,
		    (i + sack) % 2 ? "cubic" : "reno");
	}
	return check_done();
}

/* Side by side: most of the time they wait for what was lost. */
int
main(void)
{
	unsigned k;
	int status, bad_parts = 0;

	for (k = 0; k < PARTS; k++)
		if (fork() == 0)
			exit(part(k));
	while (k-- > 0)
		bad_parts += wait(&status) == -1 || status != 0;
	return bad_parts != 0;
}
