/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/* Segments that nobody honest sends: attacks, floods, spoilt options. */
#include "script.h"

static void
attacks(void)
{
	struct s s;
	int l = listening(), fd;

	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	/* RST in the window, but not the next number. */
	inject(RST, pseq + 100, 0, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	inject(RST, pseq + 1000000, 0, NULL, 0);	/* far away */
	NOTHING(10);
	inject(SYN, pseq + 5, 0, NULL, 0);
	EXPECT(&s, ACK);
	inject(SYN, pseq + 500000, 0, NULL, 0);
	EXPECT(&s, ACK);
	/* Acknowledges what was not sent, or what is long past. */
	inject(ACK, pseq, pack + 1000, "x", 1);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq);
	inject(ACK, pseq, pack - 1000000, "x", 1);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	inject(RST, pseq, 0, NULL, 0);
	CHECK_EQ(state(fd), TS_CLOSE);
	CHECK_EQ(soerror(fd), ECONNRESET);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
}

static void
paws(void)
{
	struct s s;
	int l = listening(), fd;
	const uint8_t *o;
	char buf[10];

	ts(1001, 0);
	fd = passive(l, opt_all, sizeof(opt_all), &s);
	ts(1010, get32(option(&s, 8) + 2));
	inject(ACK, pseq, pack, "abc", 3);
	EXPECT(&s, ACK);
	CHECK((o = option(&s, 8)) != NULL && get32(o + 6) == 1010);
	pseq += 3;
	ts(900, 0);				/* older */
	inject(ACK, pseq, pack, "old", 3);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq);
	ts(1011, 0);
	inject(ACK, pseq, pack, "new", 3);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 3);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 10, 0, NULL, NULL), 6);
	CHECK_EQ(memcmp(buf, "abcnew", 6), 0);
	inject(RST, pseq + 3, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
}

static void
cookies(void)
{
	struct s s, s2;
	int l, fd, i, old = rump_tcp_maxsynbacklog;
	const uint8_t *o;
	uint32_t before;

	__atomic_store_n(&rump_tcp_maxsynbacklog, 4, __ATOMIC_RELAXED);
	l = listening();
	for (i = 0; i < 20; i++) {		/* a little flood */
		pport++;
		inject_opt(SYN, 1, 0, NULL, 0, opt_all, sizeof(opt_all));
	}
	while (next(&s, 5))
		;
	pport++;
	before = (uint32_t)__atomic_load_n(&rump_tcpstat[TCPS_SyncookiesRecv],
	    __ATOMIC_RELAXED);
	inject_opt(SYN, pseq, 0, NULL, 0, opt_all, sizeof(opt_all));
	EXPECT(&s, SYN | ACK);
	CHECK((o = option(&s, 8)) != NULL);
	ts(1001, get32(o + 2));
	/* A wrong one is not taken. */
	inject(ACK, pseq + 1, s.seq + 1 + 64, NULL, 0);
	EXPECT(&s2, RST);
	/* Data whose beginning was lost: it comes again. */
	inject(ACK, pseq + 3, s.seq + 1, "later", 5);
	NOTHING(10);
	inject(ACK, pseq + 1, s.seq + 1, "hi", 2);
	fd = (int)rump_sys_accept(l, NULL, NULL);
	CHECK(fd >= 0);
	CHECK_EQ(__atomic_load_n(&rump_tcpstat[TCPS_SyncookiesRecv],
	    __ATOMIC_RELAXED), before + 1);
	CHECK_EQ(rump_sys_recvfrom(fd, zeros, 10, 0, NULL, NULL), 2);
	drop_all();
	/* What was agreed is not forgotten: scale 7, SACK. */
	{
		struct tcp_info ti;
		socklen_t len = sizeof(ti);

		OK(rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti,
		    &len));
		CHECK_EQ(ti.tcpi_options & 7, 7);
		CHECK_EQ(ti.tcpi_snd_wscale, 7);
		CHECK(ti.tcpi_snd_mss > 1400);
	}
	memset(zeros, 0, 10);
	inject(RST, pseq + 3, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	__atomic_store_n(&rump_tcp_maxsynbacklog, old, __ATOMIC_RELAXED);
}

/* Every truncation of every option, alone and behind others. */
static void
options(void)
{
	static const uint8_t all[][20] = {
		{ 2, 4, 5, 180 }, { 3, 3, 7 }, { 4, 2 },
		{ 5, 18, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 11, 0, 0, 0, 12 },
		{ 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 },
		{ 34, 10, 1, 2, 3, 4, 5, 6, 7, 8 }, { 99, 4, 1, 1 },
		{ 0, 0, 0, 0 }, { 2, 0 }, { 2, 1 }, { 2, 255 },
	};
	struct s s;
	int l = listening(), fd;
	unsigned i, n, k;
	uint8_t o[40], f[200];

	fd = passive(l, opt_all, sizeof(opt_all), &s);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (n = 0; n <= 40; n += 4)
			for (k = 0; k < n; k++) {
				memset(o, 1, sizeof(o));
				memcpy(o + k, all[i], n - k < 20 ? n - k : 20);
				pport += 1;
				inject_opt(SYN, k * n + i, 0, NULL, 0, o, n);
				pport -= 1;
				inject_opt(ACK, pseq, pack, NULL, 0, o, n);
				inject_opt(ACK, pseq + 1, pack, "x", 1, o, n);
			}
	/* Headers that lie about their length, and short frames. */
	for (n = 34; n < 54; n++) {
		k = build(f, ACK, pseq, pack, NULL, 0, NULL, 0, 0);
		(void)k;
		inject_raw(f, n);
	}
	for (n = 0; n < 16; n++) {
		k = build(f, ACK, pseq, pack, NULL, 0, NULL, 0, 0);
		f[14 + 20 + 12] = (uint8_t)(n << 4);
		inject_raw(f, k);
	}
	while (next(&s, 50))
		;
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	finish(fd, l);
}

static const struct test tests[] = {
	{ "attacks", attacks },
	{ "paws", paws },
	{ "cookies", cookies },
	{ "options", options },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	return script_main(tests, argc, argv);
}
