/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * What a peer can do with windows, acknowledgements, timestamps and numbers:
 * nothing is sent that it did not allow, nothing is taken for free, memory
 * stays bounded, and the bytes are right when it behaves again.
 */
#include "../net-tcp/script.h"

#define MSS	1000

static uint8_t sent[200000];		/* what the kernel's user wrote */
static uint32_t base;			/* number of its first byte */
static uint32_t most;			/* behind the last byte that came */

/* All segments within ms: their bytes are right.  New bytes' number. */
static uint32_t
collect(int ms)
{
	uint32_t was = most, off;
	struct s s;

	while (next(&s, ms)) {
		off = s.seq - base;
		CHECK(s.len == 0 || (off + s.len <= sizeof(sent) &&
		    memcmp(s.data, sent + off, s.len) == 0));
		if (s.len != 0 && (int32_t)(s.seq + s.len - most) > 0)
			most = s.seq + s.len;
	}
	return most - was;
}

static int
opened(int *l, const uint8_t *opt, unsigned n)
{
	struct s s;
	int fd;

	*l = listening();
	fd = passive(*l, opt, n, &s);
	OK(rump_sys_fcntl(fd, F_SETFL, O_NONBLOCK));
	base = most = pack;
	return fd;
}

static void
done(int fd, int l)
{
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

static size_t
inuse(void)
{
	size_t n;

	rump_schedule();
	n = rump_mbuf_inuse();
	rump_unschedule();
	return n;
}

static struct tcp_info
info(int fd)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	memset(&ti, 0, sizeof(ti));
	OK(rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti, &len));
	return ti;
}

/* The right edge moves back: nothing new, and all comes when it opens. */
static void
shrinking(void)
{
	int l, fd = opened(&l, opt_mss, sizeof(opt_mss)), i;
	uint32_t flight;

	CHECK_EQ(rump_sys_sendto(fd, sent, 30000, 0, NULL, 0), 30000);
	flight = collect(20);
	CHECK(flight >= 4 * MSS && flight < 30000);
	/* Half is there, a window of less than the other half. */
	pwin = 500;
	inject(ACK, pseq, pack + 2 * MSS, NULL, 0);
	pack += 2 * MSS;
	CHECK_EQ(collect(50), 0);
	pwin = 0;
	inject(ACK, pseq, pack, NULL, 0);
	CHECK_EQ(collect(300), 0);
	/* Smaller and smaller with each acknowledgement. */
	for (i = 10; i > 0; i--) {
		pwin = (uint16_t)(i * 50);
		inject(ACK, pseq, pack, NULL, 0);
	}
	CHECK_EQ(collect(20), 0);
	pwin = 65535;
	for (i = 0; i < 100 && pack != base + 30000; i++) {
		inject(ACK, pseq, pack, NULL, 0);
		(void)collect(20);
		pack = most;
	}
	CHECK_EQ(pack - base, 30000);
	inject(ACK, pseq, pack, NULL, 0);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	done(fd, l);
}

/*
 * For ever, with every probe answered: probes become rare, a user timeout
 * ends it, and so does a limit when nobody has the socket any more.
 */
static void
zero(void)
{
	int l, fd = opened(&l, opt_mss, sizeof(opt_mss)), v = 1500, n = 0, i;
	struct s s;

	pwin = 0;
	inject(ACK, pseq, pack, NULL, 0);
	OK(rump_sys_setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (void *)&v,
	    sizeof(v)));
	CHECK_EQ(rump_sys_sendto(fd, sent, 5000, 0, NULL, 0), 5000);
	for (i = 0; i < 100 && state(fd) == TS_ESTABLISHED; i++)
		while (next(&s, 100)) {
			CHECK_EQ(s.len, 0);
			n++;
			if (!(s.flags & RST))
				inject(ACK, pseq, pack, NULL, 0);
		}
	CHECK(n >= 2 && n < 10);
	CHECK_EQ(state(fd), TS_CLOSE);
	FAILS(rump_sys_recvfrom(fd, sent, 1, 0, NULL, NULL), ETIMEDOUT);
	done(fd, l);
}

/* A scale beyond the limit, in a segment without SYN, of a wrong length. */
static void
scale(void)
{
	static const uint8_t big[] = { 2, 4, 3, 232, 3, 3, 255, 1 };
	static const uint8_t bad[] = { 2, 4, 3, 232, 3, 4, 7, 1 };
	int l, fd = opened(&l, big, sizeof(big));
	uint32_t n;

	CHECK_EQ(info(fd).tcpi_snd_wscale, 14);
	/* A window of 1 GiB is no reason to send all at once. */
	CHECK_EQ(rump_sys_sendto(fd, sent, 60000, 0, NULL, 0), 60000);
	n = collect(20);
	CHECK(n > 0 && n <= 20 * MSS);
	memcpy(popt, "\3\3\0\1", 4);
	poptlen = 4;
	inject(ACK, pseq, pack, NULL, 0);
	CHECK_EQ(info(fd).tcpi_snd_wscale, 14);
	done(fd, l);
	fd = opened(&l, bad, sizeof(bad));
	CHECK_EQ(info(fd).tcpi_options & 4, 0);
	done(fd, l);
}

/* Behind the window, across its end, before it, far away. */
static void
beyond(void)
{
	static uint8_t data[3000];
	int l, fd = opened(&l, opt_mss, sizeof(opt_mss)), n = 0, k;
	size_t before = inuse();
	struct s s;

	memset(data, 7, sizeof(data));
	inject(ACK, pseq + 65536 * 4, pack, data, 1000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq);
	inject(ACK, pseq - 2000, pack, data, 1000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq);
	inject(ACK, pseq + 0x80000000U, pack, data, 1000);
	EXPECT(&s, ACK);
	CHECK_EQ(inuse(), before);
	/* Half of it is old. */
	inject(ACK, pseq - 500, pack, data, 1000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 500);
	pseq += 500;
	/* Until the window is full, and across its end: no byte more. */
	for (k = 0; k < 400; k++) {
		inject(ACK, pseq, pack, data, 2800);
		while (next(&s, 0)) {
			pseq = s.ack;
			CHECK(s.win <= 65535);
		}
	}
	while (next(&s, 60))
		pseq = s.ack;
	CHECK(s.win < MSS);
	CHECK(inuse() - before < 2000000);
	while ((k = (int)rump_sys_recvfrom(fd, sent, sizeof(sent), 0, NULL,
	    NULL)) > 0)
		n += k;
	CHECK_EQ((uint32_t)n, pseq - 1000001);
	done(fd, l);
	memset(sent, 0, sizeof(sent));
}

/* Out of order, one byte each, overlapping: bounded, and right at the end. */
static void
pieces(void)
{
	static uint8_t data[60001], got[60001];
	int l, fd = opened(&l, opt_sack, sizeof(opt_sack)), n = 0, k;
	size_t before = inuse();
	unsigned i, seed = 7, at, len;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + (i >> 8));
	for (i = 0; i < 29000; i++) {
		inject(ACK, pseq + 2 + i * 2, pack, data + 2 + i * 2, 1);
		if (i % 64 == 0)
			drop_all();
	}
	drop_all();
	CHECK(inuse() - before < 4 * 1024 * 1024);
	for (i = 0; i < 3000; i++) {
		at = 1 + (unsigned)rand_r(&seed) % 59000;
		len = 1 + (unsigned)rand_r(&seed) % 1000;
		inject(ACK, pseq + at, pack, data + at, len);
		if (i % 64 == 0)
			drop_all();
	}
	for (i = 0; i < 60000; i += 1000) {
		inject(ACK, pseq + i, pack, data + i, 1000);
		while ((k = (int)rump_sys_recvfrom(fd, got + n,
		    sizeof(got) - (size_t)n, 0, NULL, NULL)) > 0)
			n += k;
		drop_all();
	}
	CHECK_EQ(n, 60000);
	CHECK_EQ(memcmp(got, data, 60000), 0);
	pseq += 60000;
	done(fd, l);
}

/* Acknowledges what is not sent yet; then one segment byte by byte. */
static void
greedy(void)
{
	int l, fd = opened(&l, opt_mss, sizeof(opt_mss)), i;
	uint32_t flight, cwnd, n;

	CHECK_EQ(rump_sys_sendto(fd, sent, 60000, 0, NULL, 0), 60000);
	flight = collect(20);
	cwnd = info(fd).tcpi_snd_cwnd;
	for (i = 0; i < 50; i++)
		inject(ACK, pseq, most + 1 + (uint32_t)i * MSS, NULL, 0);
	CHECK_EQ(collect(20), 0);
	CHECK_EQ(info(fd).tcpi_snd_cwnd, cwnd);
	CHECK_EQ(info(fd).tcpi_unacked, flight / MSS);
	/* 1000 acknowledgements of one segment are worth one segment. */
	for (i = 1; i <= MSS; i++) {
		inject(ACK, pseq, pack + (uint32_t)i, NULL, 0);
		if (i % 100 == 0)
			(void)collect(0);
	}
	pack += MSS;
	(void)collect(20);
	CHECK(info(fd).tcpi_snd_cwnd <= cwnd + 1);
	CHECK(most - base <= flight + 2 * MSS);
	/* A thousand duplicates open no window. */
	n = most;
	for (i = 0; i < 1000; i++) {
		inject(ACK, pseq, pack, NULL, 0);
		if (i % 100 == 0)
			(void)collect(0);
	}
	(void)collect(20);
	CHECK(most - n <= 2 * flight);
	CHECK(info(fd).tcpi_snd_cwnd <= cwnd + 2);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	done(fd, l);
}

/* SACK: behind what was sent, before it, turned around, everything. */
static void
sacks(void)
{
	int l, fd = opened(&l, opt_sack, sizeof(opt_sack)), i;
	unsigned seed = 3, k;
	uint32_t una;

	CHECK_EQ(rump_sys_sendto(fd, sent, 60000, 0, NULL, 0), 60000);
	(void)collect(20);
	una = pack;
	for (i = 0; i < 2000; i++) {
		uint32_t from = una + (uint32_t)rand_r(&seed) % 30000 - 10000;
		uint32_t to = from + (uint32_t)rand_r(&seed) % 6000 - 1000;

		k = 1 + (unsigned)rand_r(&seed) % 3;
		poptlen = 4 + 8 * k;
		memset(popt, 1, sizeof(popt));
		popt[2] = 5;
		popt[3] = (uint8_t)(2 + 8 * k);
		for (k = 0; k < 3; k++) {
			put32(popt + 4 + 8 * k, from + k * 3000);
			put32(popt + 8 + 8 * k, to + k * 3000);
		}
		inject(ACK, pseq, pack, NULL, 0);
		if (i % 50 == 0)
			(void)collect(0);
	}
	(void)collect(20);
	CHECK(info(fd).tcpi_unacked <= 60);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	/* What it said it has, it may drop: all comes again (RFC 2018, 8). */
	poptlen = 0;
	for (i = 0; i < 600 && pack != base + 60000; i++) {
		inject(ACK, pseq, pack, NULL, 0);
		if (collect(20) == 0 && most == pack)
			msleep(20);
		pack = most;
	}
	CHECK_EQ(pack - base, 60000);
	done(fd, l);
}

/* From the future, and answers to what we never sent: no effect on times. */
static void
stamps(void)
{
	int l, fd, i;
	const uint8_t *o;
	uint32_t val;
	struct s s;

	ts(1000, 0);
	l = listening();
	ts(1000, 0);
	fd = passive(l, opt_all, sizeof(opt_all), &s);
	CHECK((o = option(&s, 8)) != NULL);
	val = get32(o + 2);
	base = most = pack;
	for (i = 0; i < 20; i++) {
		OK(rump_sys_sendto(fd, sent, 10, 0, NULL, 0) != 10);
		(void)collect(5);
		pack = most;
		ts(1001 + (uint32_t)i, i % 2 ? val + 0x10000000U * (uint32_t)i :
		    val - 1000000U * (uint32_t)i);
		inject(ACK, pseq, pack, NULL, 0);
		base = pack;
	}
	CHECK(info(fd).tcpi_rto < 2000000);
	/* One from the future, outside of the window, poisons nothing. */
	ts(1001 + 0x70000000U, val);
	inject(ACK, pseq + 10000000, pack, "x", 1);
	drop_all();
	ts(1100, val);
	inject(ACK, pseq, pack, "right", 5);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 5);
	pseq += 5;
	poptlen = 0;
	done(fd, l);
}

int
main(void)
{
	static void (*const tests[])(void) = { shrinking, zero, scale, beyond,
	    pieces, greedy, sacks, stamps };
	unsigned i;
	int before;

	if (start() != 0)
		return 1;
	script_start();
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		before = check_failures;
		tests[i]();
		drop_all();
		poptlen = 0;
		if (check_failures != before)
			printf("in test %u\n", i);
	}
	return check_done();
}
