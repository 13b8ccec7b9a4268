/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/* What is lost, and how TCP hears of it, tells of it, and sends it again. */
#include "script.h"

static void
sackgen(void)
{
	struct s s;
	const uint8_t *o;
	int l = listening(), fd;
	char buf[100];

	fd = passive(l, opt_sack, sizeof(opt_sack), &s);
	inject(ACK, pseq + 10, pack, "aaaaaaaaaa", 10);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq);
	CHECK((o = option(&s, 5)) != NULL && o[1] == 10 &&
	    get32(o + 2) == pseq + 10 && get32(o + 6) == pseq + 20);
	inject(ACK, pseq + 40, pack, "bbbbbbbbbb", 10);
	EXPECT(&s, ACK);
	CHECK((o = option(&s, 5)) != NULL && o[1] == 18 &&
	    get32(o + 2) == pseq + 40 && get32(o + 10) == pseq + 10);
	inject(ACK, pseq + 20, pack, "cccccccccc", 10);
	EXPECT(&s, ACK);
	CHECK((o = option(&s, 5)) != NULL && o[1] == 18 &&
	    get32(o + 2) == pseq + 10 && get32(o + 6) == pseq + 30 &&
	    get32(o + 10) == pseq + 40);
	/* The same again: a D-SACK. */
	inject(ACK, pseq + 20, pack, "cccccccccc", 10);
	EXPECT(&s, ACK);
	CHECK((o = option(&s, 5)) != NULL && o[1] == 26 &&
	    get32(o + 2) == pseq + 20 && get32(o + 6) == pseq + 30);
	inject(ACK, pseq, pack, "dddddddddd", 10);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 30);
	inject(ACK, pseq + 30, pack, "eeeeeeeeee", 10);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 50);
	CHECK(option(&s, 5) == NULL);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 100, 0, NULL, NULL), 50);
	CHECK_EQ(memcmp(buf, "ddddddddddaaaaaaaaaacccccccccceeeeeeeeee"
	    "bbbbbbbbbb", 50), 0);
	/* An old one: D-SACK below the acknowledgement. */
	inject(ACK, pseq, pack, "dddddddddd", 10);
	EXPECT(&s, ACK);
	CHECK((o = option(&s, 5)) != NULL && o[1] == 10 &&
	    get32(o + 2) == pseq && get32(o + 6) == pseq + 10);
	inject(RST, pseq + 50, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

/* Blocks do not make a full segment too long for the path. */
static void
sackdata(void)
{
	struct s s;
	int l = listening(), fd;

	ts(1001, 0);
	fd = passive_rtt(l, 300, opt_all, sizeof(opt_all), &s);
	inject(ACK, pseq + 10, pack, "aaaaaaaaaa", 10);
	EXPECT(&s, ACK);
	CHECK(option(&s, 5) != NULL);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 1448, 0, NULL, 0), 1448);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 1448);
	CHECK(option(&s, 5) == NULL);
	inject(ACK, pseq, pack += 1448, NULL, 0);
	nodelay(fd);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 100, 0, NULL, 0), 100);
	EXPECT(&s, ACK | PSH);
	CHECK(option(&s, 5) != NULL);
	finish(fd, l);
}

static void
fastrtx(void)
{
	struct s s;
	int l = listening(), fd, i;

	/* Loss probes are far. */
	fd = passive_rtt(l, 300, opt_sack, sizeof(opt_sack), &s);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 10000, 0, NULL, 0), 10000);
	for (i = 0; i < 10; i++) {
		EXPECT(&s, i == 9 ? ACK | PSH : ACK);
		CHECK_EQ(s.seq, pack + (uint32_t)i * 1000);
	}
	/* The first is lost, three others arrive. */
	ack_sack(pack, pack + 1000, pack + 2000);
	ack_sack(pack, pack + 1000, pack + 3000);
	ack_sack(pack, pack + 1000, pack + 4000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	CHECK_EQ(s.len, 1000);
	/* The rest arrives; all is well. */
	inject(ACK, pseq, pack + 10000, NULL, 0);
	NOTHING(20);
	pack += 10000;
	/* PRR: about half goes out while the window shrinks. */
	CHECK_EQ(rump_sys_sendto(fd, zeros, 20000, 0, NULL, 0), 20000);
	for (i = 0; next(&s, 20); i++)
		;
	CHECK(i >= 6 && i < 20);
	ack_sack(pack, pack + 1000, pack + 2000);
	ack_sack(pack, pack + 1000, pack + 3000);
	ack_sack(pack, pack + 1000, pack + 4000);
	/* New ones before it: limited transmit. */
	for (i = 0; i < 3 && next(&s, WAIT) && s.seq != pack; i++)
		;
	CHECK_EQ(s.seq, pack);
	for (i = 5; i < 7; i++)
		ack_sack(pack, pack + 1000, pack + (uint32_t)i * 1000);
	for (i = 0; next(&s, 20); i++)
		;
	CHECK(i <= 3);
	finish(fd, l);
}

/* Segments in order, at once; how many acknowledgements they have. */
static int
acks_of(int n)
{
	struct s s;
	int i;

	batch_begin();
	for (i = 0; i < n; i++, pseq += 1000)
		inject(ACK | PSH, pseq, pack, zeros, 1000);
	batch_end();
	for (i = 0; next(&s, WAIT) && s.ack != pseq; i++)
		;
	CHECK_EQ(s.ack, pseq);
	return i + 1;
}

/*
 * A batch has one acknowledgement; but where something was lost that one may
 * be lost, too: there each segment has one.
 */
static void
ackeach(void)
{
	struct s s;
	int l = listening(), fd, i;

	fd = passive(l, opt_sack, sizeof(opt_sack), &s);
	CHECK_EQ(acks_of(4), 4);	/* so it is at the beginning */
	for (i = 0; i < 40; i++) {
		(void)acks_of(1);
		(void)rump_sys_recvfrom(fd, zeros, 2000, 0, NULL, NULL);
		drop_all();
	}
	CHECK_EQ(acks_of(4), 1);
	batch_begin();			/* a hole: each is told of */
	for (i = 1; i < 5; i++)
		inject(ACK | PSH, pseq + (uint32_t)i * 1000, pack, zeros,
		    1000);
	batch_end();
	for (i = 0; next(&s, 20); i++)
		CHECK_EQ(s.ack, pseq);
	CHECK_EQ(i, 4);
	inject(ACK | PSH, pseq, pack, zeros, 1000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq += 5000);
	CHECK_EQ(acks_of(4), 4);
	finish(fd, l);
}

/*
 * What acknowledgements make room for is sent, though the batch that they came
 * with ends with the news of a loss.
 */
static void
roomfirst(void)
{
	struct s s;
	int l = listening(), fd, i;

	fd = passive_rtt(l, 300, opt_sack, sizeof(opt_sack), &s);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 40000, 0, NULL, 0), 40000);
	for (i = 0; i < 10; i++)
		EXPECT(&s, ACK);
	batch_begin();
	for (i = 0; i < 5; i++)
		inject(ACK, pseq, pack += 1000, NULL, 0);
	for (i = 2; i < 5; i++)
		ack_sack(pack, pack + 1000, pack + (uint32_t)i * 1000);
	batch_end();
	/* Slow start: two for each of five, before the window shrinks. */
	for (i = 0; next(&s, 20) && s.seq != pack; i++)
		CHECK_EQ(s.seq, pack + 5000 + (uint32_t)i * 1000);
	CHECK_EQ(s.seq, pack);
	CHECK(i >= 10);
	finish(fd, l);
}

/* RACK: what was sent before a segment that was sent again, and arrived. */
static void
lasthole(void)
{
	uint64_t *timeouts = &rump_tcpstat[TCPS_TCPTimeouts], before;
	struct s s;
	int l = listening(), fd, i;

	fd = passive_rtt(l, 300, opt_sack, sizeof(opt_sack), &s);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 5000, 0, NULL, 0), 5000);
	for (i = 0; i < 5; i++)
		EXPECT(&s, i == 4 ? ACK | PSH : ACK);
	ack_sack(pack, pack + 1000, pack + 2000);
	ack_sack(pack, pack + 1000, pack + 3000);
	ack_sack(pack, pack + 1000, pack + 4000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	msleep(100);
	before = __atomic_load_n(timeouts, __ATOMIC_RELAXED);
	inject(ACK, pseq, pack += 4000, NULL, 0);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.seq, pack);
	CHECK_EQ(__atomic_load_n(timeouts, __ATOMIC_RELAXED), before);
	finish(fd, l);
}

/* Without SACK: three repeated acknowledgements. */
static void
newreno(void)
{
	struct s s;
	int l = listening(), fd, i;

	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 10000, 0, NULL, 0), 10000);
	for (i = 0; i < 10; i++)
		EXPECT(&s, i == 9 ? ACK | PSH : ACK);
	for (i = 0; i < 3; i++)
		inject(ACK, pseq, pack, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	/* A partial one: the next hole. */
	inject(ACK, pseq, pack + 3000, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack + 3000);
	inject(ACK, pseq, pack + 10000, NULL, 0);
	NOTHING(20);
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
}

/*
 * A time-out without SACK: what arrived behind the segment that was sent again
 * is acknowledged with it, and does not make it a mistake; the next hole
 * follows at once.
 */
static void
gobackn(void)
{
	uint64_t *timeouts = &rump_tcpstat[TCPS_TCPTimeouts], before;
	struct s s;
	int l = listening(), fd, i;

	fd = passive_rtt(l, 300, opt_mss, sizeof(opt_mss), &s);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 10000, 0, NULL, 0), 10000);
	for (i = 0; i < 10; i++)
		EXPECT(&s, i == 9 ? ACK | PSH : ACK);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	before = __atomic_load_n(timeouts, __ATOMIC_RELAXED);
	inject(ACK, pseq, pack += 5000, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	CHECK_EQ(__atomic_load_n(timeouts, __ATOMIC_RELAXED), before);
	finish(fd, l);
}

/* Round trips are short, and there is room for a few segments. */
static int
calm(int fd)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	OK(rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti, &len));
	return ti.tcpi_rtt < 60000 && ti.tcpi_snd_cwnd >= 4;
}

/* A connection whose round trip is 20 ms. */
static int
trip20(int l)
{
	struct s s;
	int fd, i;

	fd = passive(l, opt_sack, sizeof(opt_sack), &s);
	for (i = 0; i < 8; i++) {
		CHECK_EQ(rump_sys_sendto(fd, zeros, 1000, 0, NULL, 0), 1000);
		EXPECT(&s, ACK | PSH);
		msleep(20);
		inject(ACK, pseq, pack += 1000, NULL, 0);
		drop_all();
	}
	return fd;
}

/* RACK: a small hole closes by itself; TLP; the time-out. */
static void
timers(void)
{
	struct s s;
	int l = listening(), fd, i;

	fd = trip20(l);
	/* A busy machine made it longer, or a time-out. */
	for (i = 0; i < 20 && !calm(fd); i++) {
		finish(fd, l);
		l = listening();
		fd = trip20(l);
	}
	/* The tail is lost: a probe of it within about two round trips. */
	CHECK_EQ(rump_sys_sendto(fd, zeros, 3000, 0, NULL, 0), 3000);
	for (i = 0; i < 3; i++)
		EXPECT(&s, i == 2 ? ACK | PSH : ACK);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.seq, pack + 2000);
	/* It says that the first two are missing. */
	ack_sack(pack, pack + 2000, pack + 3000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	inject(ACK, pseq, pack += 3000, NULL, 0);
	drop_all();
	/* Nothing is answered: time-outs, farther and farther apart. */
	CHECK_EQ(rump_sys_sendto(fd, zeros, 500, 0, NULL, 0), 500);
	EXPECT(&s, ACK | PSH);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.seq, pack);
	NOTHING(150);
	EXPECT(&s, ACK | PSH);
	inject(ACK, pseq, pack + 500, NULL, 0);
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
}

/* Two small segments are more than one, too: the last one is the probe. */
static void
smalltail(void)
{
	struct s s;
	int l = listening(), fd;

	fd = passive_rtt(l, 50, opt_sack, sizeof(opt_sack), &s);
	nodelay(fd);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 100, 0, NULL, 0), 100);
	OK(rump_sys_shutdown(fd, SHUT_WR));
	EXPECT(&s, ACK | PSH);
	EXPECT(&s, FIN | ACK);
	EXPECT(&s, FIN | ACK | PSH);
	CHECK_EQ(s.seq, pack + 100);
	/* It came: what was before it is missing. */
	ack_sack(pack, pack + 100, pack + 101);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack);
	CHECK_EQ(s.len, 100);
	finish(fd, l);
}

/*
 * Until the round trip is short beside the least time-out: a probe then comes
 * before it, however busy the machine was so far.
 */
static void
shorttrip(int fd)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);
	struct s s;

	for (;;) {
		OK(rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti,
		    &len));
		if (ti.tcpi_rtt < 30000)
			return;
		CHECK_EQ(rump_sys_sendto(fd, zeros, 1, 0, NULL, 0), 1);
		EXPECT(&s, ACK | PSH);
		inject(ACK, pseq, ++pack, NULL, 0);
	}
}

/* 0: on a busy machine, unless it is the last try, the time-out came first. */
static int
ecnonce(int last)
{
	uint64_t *probes = &rump_tcpstat[TCPS_TCPLossProbes], before;
	struct s s;
	int l = listening(), fd, i, probed;

	inject_opt(SYN | ECE | CWR, pseq, 0, NULL, 0, opt_sack,
	    sizeof(opt_sack));
	EXPECT(&s, SYN | ACK | ECE);
	pack = s.seq + 1;
	inject(ACK, ++pseq, pack, NULL, 0);
	fd = (int)rump_sys_accept(l, NULL, NULL);
	/* Congestion seen: echoed until CWR. */
	ptos = 3;
	inject(ACK | PSH, pseq, pack, "a", 1);
	EXPECT(&s, ACK | ECE);
	ptos = 2;
	inject(ACK | PSH, ++pseq, pack, "b", 1);
	EXPECT(&s, ACK | ECE);
	inject(ACK | PSH | CWR, ++pseq, pack, "c", 1);
	EXPECT(&s, ACK);
	pseq++;
	ptos = 0;
	shorttrip(fd);
	/* Ours: data carry ECT(0); told of congestion it says CWR, once. */
	CHECK_EQ(rump_sys_sendto(fd, zeros, 10000, 0, NULL, 0), 10000);
	for (i = 0; i < 10; i++) {
		EXPECT(&s, i == 9 ? ACK | PSH : ACK);
		CHECK_EQ(s.tos & 3, 2);
	}
	inject(ACK | ECE, pseq, pack += 10000, NULL, 0);
	drop_all();
	before = __atomic_load_n(probes, __ATOMIC_RELAXED);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 2000, 0, NULL, 0), 2000);
	EXPECT(&s, ACK | CWR);
	EXPECT(&s, ACK | PSH);
	/* Both are lost: a probe, as when there was no congestion. */
	CHECK(next(&s, WAIT));
	probed = last || s.seq != pack;
	if (probed) {
		CHECK_EQ(s.flags, ACK | PSH);
		CHECK_EQ(s.seq, pack + 1000);
		CHECK_EQ(__atomic_load_n(probes, __ATOMIC_RELAXED),
		    before + 1);
	}
	finish(fd, l);
	return probed;
}

static void
ecn(void)
{
	int i;

	for (i = 1; !ecnonce(i == 10); i++)
		continue;
}

/* RFC 1191: an ICMP message makes segments shorter; a false one does not. */
static void
toobig(uint32_t seq, unsigned mtu)
{
	uint8_t f[100] = { 0 }, *ip = f + 14, *ic = ip + 20, *in = ic + 8;
	uint16_t sum;

	memcpy(f, net->fk_if.if_mac, 6);
	memcpy(f + 6, "\2\0\0\0\0\2\x08\0", 8);
	ip[0] = in[0] = 0x45;
	put16(ip + 2, 20 + 8 + 28);
	ip[8] = in[8] = 64;
	ip[9] = 1;
	memcpy(ip + 12, "\x0a\x09\0\2\x0a\x09\0\1", 8);
	sum = cksum_fold(cksum_add(ip, 20, 0));
	memcpy(ip + 10, &sum, 2);
	ic[0] = 3;
	ic[1] = 4;
	put16(ic + 6, mtu);
	put16(in + 2, 1500);
	in[6] = 0x40;
	in[9] = 6;
	memcpy(in + 12, "\x0a\x09\0\1\x0a\x09\0\2", 8);
	put16(in + 20, kport);
	put16(in + 22, pport);
	put32(in + 24, seq);
	sum = cksum_fold(cksum_add(ic, 36, 0));
	memcpy(ic + 2, &sum, 2);
	inject_raw(f, 14 + 20 + 36);
}

static void
pmtu(void)
{
	struct s s;
	int l = listening(), fd;

	fd = passive_rtt(l, 300, opt_all, 4, &s);	/* MSS 1460 */
	CHECK_EQ(rump_sys_sendto(fd, zeros, 1460, 0, NULL, 0), 1460);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 1460);
	toobig(pack + 100000, 1000);		/* not about us */
	NOTHING(20);
	toobig(pack, 1000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.len, 960);
	CHECK_EQ(s.seq, pack);
	inject(ACK, pseq, pack += 960, NULL, 0);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 500);
	inject(ACK, pseq, pack += 500, NULL, 0);
	finish(fd, l);
}

static const struct test tests[] = {
	{ "sackgen", sackgen },
	{ "sackdata", sackdata },
	{ "fastrtx", fastrtx },
	{ "ackeach", ackeach },
	{ "roomfirst", roomfirst },
	{ "lasthole", lasthole },
	{ "newreno", newreno },
	{ "gobackn", gobackn },
	{ "timers", timers },
	{ "smalltail", smalltail },
	{ "ecn", ecn },
	{ "pmtu", pmtu },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	return script_main(tests, argc, argv);
}
