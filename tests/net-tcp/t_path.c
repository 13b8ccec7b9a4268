/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * What TCP learns of the path from acknowledgements: round trips, reordering,
 * recoveries that were a mistake; and what it tells the peer of its own.
 */
#include "script.h"

static uint32_t
tsval(const struct s *s)
{
	const uint8_t *o = option(s, 8);

	CHECK(o != NULL);
	return o != NULL ? get32(o + 2) : 0;
}

static unsigned
cwnd(int fd)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	OK(rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti, &len));
	return ti.tcpi_snd_cwnd;
}

/* n segments of len bytes; *first: as sent. */
static void
sends(int fd, int n, int len, struct s *first)
{
	struct s s;
	int i;

	CHECK_EQ(rump_sys_sendto(fd, zeros, (size_t)(n * len), 0, NULL, 0),
	    n * len);
	for (i = 0; i < n; i++) {
		EXPECT(&s, i == n - 1 ? ACK | PSH : ACK);
		CHECK_EQ(s.seq, pack + (uint32_t)(i * len));
		if (i == 0)
			*first = s;
	}
}

/*
 * The first segments of what went down in one piece have a round trip as its
 * last has: the second round is not taken for a slower one (HyStart++).
 */
static void
slowstart(void)
{
	struct s s;
	int l = listening(), fd, i;

	fd = passive_rtt(l, 200, opt_sack, sizeof(opt_sack), &s);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 60000, 0, NULL, 0), 60000);
	msleep(200);
	for (i = 0; i < 10; i++)
		inject(ACK, pseq, pack += 1000, NULL, 0);
	CHECK_EQ(cwnd(fd), 20);
	msleep(100);
	for (i = 0; i < 20; i++)
		inject(ACK, pseq, pack += 1000, NULL, 0);
	CHECK_EQ(cwnd(fd), 40);
	finish(fd, l);
}

/*
 * The echo of what was sent again is no sign of a mistake, that of what was
 * sent first is.  The clock's numbers are even and odd.
 */
static void
echoes(void)
{
	struct s first, again;
	int l, fd, i, kinds = 0;

	for (i = 0; i < 40 && kinds != 15; i++) {
		l = listening();
		ts(1001, 0);
		fd = passive_rtt(l, 100, opt_all, sizeof(opt_all), &first);
		sends(fd, 10, 1448, &first);
		msleep(3);
		ts(1001, tsval(&first));
		ack_sack(pack, pack + 1448, pack + 4 * 1448);
		EXPECT(&again, ACK);
		CHECK_EQ(again.seq, pack);
		CHECK(tsval(&again) != tsval(&first));
		if (i % 2 == 0)
			ts(1001, tsval(&again));
		inject(ACK, pseq, pack += 14480, NULL, 0);
		if (i % 2 == 0)
			CHECK(cwnd(fd) < 10);
		else
			CHECK(cwnd(fd) >= 10);
		kinds |= 1 << (i % 2 * 2 + tsval(&again) % 2);
		finish(fd, l);
	}
	CHECK_EQ(kinds, 15);
}

/* All that was sent again came twice, which is told when it is over. */
static void
undone(void)
{
	struct s s;
	int l = listening(), fd;

	fd = passive_rtt(l, 300, opt_sack, sizeof(opt_sack), &s);
	sends(fd, 10, 1000, &s);
	ack_sack(pack, pack + 1000, pack + 4000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	inject(ACK, pseq, pack += 10000, NULL, 0);
	CHECK(cwnd(fd) < 10);
	/* Of something else: the network doubled it. */
	ack_sack(pack, pack - 3000, pack - 2000);
	CHECK(cwnd(fd) < 10);
	finish(fd, l);

	l = listening();
	fd = passive_rtt(l, 300, opt_sack, sizeof(opt_sack), &s);
	sends(fd, 10, 1000, &s);
	ack_sack(pack, pack + 1000, pack + 4000);
	EXPECT(&s, ACK);
	inject(ACK, pseq, pack += 10000, NULL, 0);
	CHECK(cwnd(fd) < 10);
	ack_sack(pack, pack - 10000, pack - 9000);
	CHECK(cwnd(fd) >= 10);
	finish(fd, l);
}

/* Reordering that was seen once is waited for the next time. */
static void
reordered(void)
{
	struct s first, again;
	int l = listening(), fd;

	ts(1001, 0);
	fd = passive_rtt(l, 400, opt_all, sizeof(opt_all), &first);
	sends(fd, 10, 1448, &first);
	msleep(80);
	ts(1001, tsval(&first));
	ack_sack(pack, pack + 1448, pack + 2 * 1448);
	EXPECT(&again, ACK);
	CHECK_EQ(again.seq, pack);
	msleep(200);
	inject(ACK, pseq, pack += 14480, NULL, 0);
	CHECK(cwnd(fd) >= 10);
	sends(fd, 10, 1448, &first);
	msleep(80);
	ts(1001, tsval(&first));
	ack_sack(pack, pack + 1448, pack + 2 * 1448);
	NOTHING(40);
	inject(ACK, pseq, pack += 14480, NULL, 0);
	finish(fd, l);
}

/*
 * An acknowledgement was lost, and a time-out sent again what had come in time.
 * The echo is old, but the peer says that it came twice: nothing was reordered,
 * and what is lost next is not waited for.
 */
static void
acklost(void)
{
	struct s first, again;
	struct tcp_info ti;
	socklen_t len = sizeof(ti);
	int l = listening(), fd;

	ts(1001, 0);
	fd = passive_rtt(l, 300, opt_all, sizeof(opt_all), &first);
	sends(fd, 1, 1448, &first);
	EXPECT(&again, ACK | PSH);
	CHECK_EQ(again.seq, pack);
	ts(1001, tsval(&first));
	ack_sack(pack + 1448, pack, pack + 1448);
	pack += 1448;
	sends(fd, 10, 1448, &first);
	ack_sack(pack, pack + 1448, pack + 4 * 1448);
	OK(rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti, &len));
	CHECK_EQ(ti.tcpi_ca_state, TCP_CA_Recovery);
	EXPECT(&again, ACK);
	CHECK_EQ(again.seq, pack);
	finish(fd, l);
}

/* Segments of 10 bytes at pseq + at[i], in one batch. */
static void
tens(const unsigned *at, unsigned n)
{
	unsigned i;

	batch_begin();
	for (i = 0; i < n; i++)
		inject(ACK, pseq + at[i], pack, "aaaaaaaaaa", 10);
	batch_end();
}

static int
block(const struct s *s, unsigned i, uint32_t l, uint32_t n)
{
	const uint8_t *o = option(s, 5);

	return o != NULL && o[1] >= 2 + 8 * (i + 1) &&
	    get32(o + 2 + 8 * i) == l && get32(o + 6 + 8 * i) == l + n;
}

/* In one batch: each hole is told of, and what came twice. */
static void
batches(void)
{
	static const unsigned holes[] = { 10, 30, 50, 70 },
	    first[] = { 0, 20, 40, 60, 80 }, twice[] = { 0, 40, 50 };
	struct s s;
	int l = listening(), fd, i;

	fd = passive(l, opt_sack, sizeof(opt_sack), &s);
	tens(holes, 4);
	for (i = 0; i < 4; i++) {
		EXPECT(&s, ACK);
		CHECK(block(&s, 0, pseq + holes[i], 10));
		CHECK(i == 0 || block(&s, 1, pseq + holes[i - 1], 10));
	}
	tens(first, 5);
	do
		EXPECT(&s, ACK);
	while (s.ack != pseq + 90 && s.flags != 0);
	/* Each duplicate is told of: those that follow each other, once. */
	tens(twice, 3);
	EXPECT(&s, ACK);
	CHECK(block(&s, 0, pseq, 10));
	EXPECT(&s, ACK);
	CHECK(block(&s, 0, pseq + 40, 20));
	NOTHING(20);
	pseq += 90;
	finish(fd, l);
}

static const struct test tests[] = {
	{ "slowstart", slowstart }, { "echoes", echoes },
	{ "undone", undone }, { "reordered", reordered },
	{ "acklost", acklost },
	{ "batches", batches }, { NULL, NULL },
};

int
main(int argc, char **argv)
{
	return script_main(tests, argc, argv);
}
