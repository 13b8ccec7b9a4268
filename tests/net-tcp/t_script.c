/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/* What TCP answers to each kind of segment. */
#include "script.h"

static char zeros[20000];

static void
ts(uint32_t val, uint32_t ecr)
{

	memcpy(popt, "\1\1\10\12", 4);
	put32(popt + 4, val);
	put32(popt + 8, ecr);
	poptlen = 12;
}

static void
handshake(void)
{
	struct s s;
	const uint8_t *o;
	int l = listening(), fd;
	char buf[10];

	fd = passive(l, opt_all, sizeof(opt_all), &s);
	CHECK((o = option(&s, 2)) != NULL && get16(o + 2) == 1460);
	CHECK((o = option(&s, 3)) != NULL && o[2] == 7);
	CHECK(option(&s, 4) != NULL);
	CHECK((o = option(&s, 8)) != NULL && get32(o + 6) == 1000);
	CHECK_EQ(s.win, 65535);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	NOTHING(10);
	/* Without options: none, and MSS 536. */
	OK(rump_sys_close(fd));
	EXPECT(&s, FIN | ACK);
	inject(RST | ACK, pseq, s.seq + 1, NULL, 0);
	pport++;
	pseq = 5;
	fd = passive(l, NULL, 0, &s);
	CHECK_EQ(s.optlen, 4);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 2000, 0, NULL, 0), 2000);
	EXPECT(&s, ACK);
	CHECK_EQ(s.len, 536);
	EXPECT(&s, ACK);
	EXPECT(&s, ACK);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 2000 - 3 * 536);
	inject(ACK, pseq, pack += 2000, NULL, 0);
	/* Data, read, and its acknowledgement. */
	inject(ACK | PSH, pseq, pack, "hello", 5);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 10, 0, NULL, NULL), 5);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 5);
	pseq += 5;
	/* Its FIN, ours. */
	inject(FIN | ACK, pseq, pack, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 1);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 10, 0, NULL, NULL), 0);
	CHECK_EQ(state(fd), TS_CLOSE_WAIT);
	OK(rump_sys_close(fd));
	EXPECT(&s, FIN | ACK);
	CHECK_EQ(s.seq, pack);
	inject(ACK, pseq + 1, pack + 1, NULL, 0);
	NOTHING(10);
	/* It is gone. */
	inject(ACK, pseq + 1, pack + 1, NULL, 0);
	EXPECT(&s, RST);
	OK(rump_sys_close(l));
	inject(SYN, 77, 0, NULL, 0);
	EXPECT(&s, RST | ACK);
	CHECK_EQ(s.ack, 78);
}

static int
active(struct s *s, const uint8_t *opt, unsigned optlen)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = (int)rump_sys_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	pport++;
	sin.sin_port = htons(pport);
	inet_pton(AF_INET, "10.9.0.2", &sin.sin_addr);
	drop_all();
	poptlen = 0;
	pwin = 65535;
	ptos = 0;
	FAILS(rump_sys_connect(fd, (void *)&sin, sizeof(sin)), EINPROGRESS);
	EXPECT(s, SYN);
	kport = s->sport;
	pack = s->seq + 1;
	pseq = 9000;
	if (opt != NULL) {
		inject_opt(SYN | ACK, pseq++, pack, NULL, 0, opt, optlen);
		EXPECT(s, ACK);
		CHECK_EQ(s->ack, pseq);
		CHECK_EQ(s->seq, pack);
	}
	return fd;
}

static int
soerror(int fd)
{
	socklen_t len = sizeof(int);
	int v;

	OK(rump_sys_getsockopt(fd, SOL_SOCKET, SO_ERROR, (void *)&v, &len));
	return v;
}

static void
opening(void)
{
	struct s s;
	int fd;

	fd = active(&s, opt_mss, sizeof(opt_mss));
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	inject(RST, pseq, 0, NULL, 0);
	CHECK_EQ(soerror(fd), ECONNRESET);
	OK(rump_sys_close(fd));
	NOTHING(5);
	/* Refused. */
	fd = active(&s, NULL, 0);
	inject(RST | ACK, 0, pack, NULL, 0);
	CHECK_EQ(soerror(fd), ECONNREFUSED);
	OK(rump_sys_close(fd));
	/* A wrong acknowledgement is reset, a wrong RST ignored. */
	fd = active(&s, NULL, 0);
	inject(RST | ACK, 0, pack + 7, NULL, 0);
	NOTHING(5);
	inject(SYN | ACK, 5, pack + 7, NULL, 0);
	EXPECT(&s, RST);
	CHECK_EQ(s.seq, pack + 7);
	CHECK_EQ(state(fd), TS_SYN_SENT);
	/* Sent again after a second. */
	EXPECT(&s, SYN);
	CHECK_EQ(s.seq, pack - 1);
	/* Both at once. */
	inject_opt(SYN, pseq, 0, NULL, 0, opt_mss, sizeof(opt_mss));
	EXPECT(&s, SYN | ACK);
	CHECK_EQ(s.ack, pseq + 1);
	CHECK_EQ(state(fd), TS_SYN_RECV);
	inject_opt(SYN | ACK, pseq, pack, NULL, 0, opt_mss, sizeof(opt_mss));
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	pseq++;
	/* Both close at once. */
	drop_all();
	OK(rump_sys_shutdown(fd, SHUT_WR));
	EXPECT(&s, FIN | ACK);
	inject(FIN | ACK, pseq, pack, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(state(fd), TS_CLOSING);
	inject(ACK, pseq + 1, pack + 1, NULL, 0);
	CHECK_EQ(state(fd), TS_CLOSE);		/* TIME_WAIT is elsewhere */
	inject(FIN | ACK, pseq, pack, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 1);
	OK(rump_sys_close(fd));
}

static void
halfclose(void)
{
	struct s s;
	int l = listening(), fd;
	char buf[10];

	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	OK(rump_sys_shutdown(fd, SHUT_WR));
	EXPECT(&s, FIN | ACK);
	CHECK_EQ(state(fd), TS_FIN_WAIT1);
	inject(ACK, pseq, ++pack, NULL, 0);
	CHECK_EQ(state(fd), TS_FIN_WAIT2);
	inject(ACK | PSH, pseq, pack, "abc", 3);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 10, 0, NULL, NULL), 3);
	EXPECT(&s, ACK);
	inject(FIN | ACK, pseq + 3, pack, NULL, 0);
	EXPECT(&s, ACK);
	CHECK_EQ(s.ack, pseq + 4);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 10, 0, NULL, NULL), 0);
	OK(rump_sys_close(fd));
	/* TIME_WAIT: a new SYN with a higher number opens it again. */
	pseq += 100000;
	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	/* Data after close(2): reset. */
	OK(rump_sys_close(fd));
	EXPECT(&s, FIN | ACK);
	inject(ACK, pseq, pack + 1, "abc", 3);
	EXPECT(&s, RST);
	/* Unread data at close(2): reset. */
	pport++;
	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	inject(ACK | PSH, pseq, pack, "abc", 3);
	EXPECT(&s, ACK);
	OK(rump_sys_close(fd));
	EXPECT(&s, RST | ACK);
	CHECK_EQ(s.seq, pack);
	OK(rump_sys_close(l));
}

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
	slow = 300;
	fd = passive(l, opt_all, sizeof(opt_all), &s);
	slow = 0;
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
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

static void
ack_sack(uint32_t ack, uint32_t l, uint32_t r)
{
	uint8_t o[12] = { 1, 1, 5, 10 };

	put32(o + 4, l);
	put32(o + 8, r);
	inject_opt(ACK, pseq, ack, NULL, 0, o, 12);
}

static void
fastrtx(void)
{
	struct s s;
	int l = listening(), fd, i;

	slow = 300;		/* loss probes are far */
	fd = passive(l, opt_sack, sizeof(opt_sack), &s);
	slow = 0;
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
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
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

/* RACK: a small hole closes by itself; TLP; the time-out. */
static void
timers(void)
{
	struct s s;
	int l = listening(), fd, i;

	fd = passive(l, opt_sack, sizeof(opt_sack), &s);
	/* A round trip of 20 ms. */
	for (i = 0; i < 8; i++) {
		CHECK_EQ(rump_sys_sendto(fd, zeros, 1000, 0, NULL, 0), 1000);
		EXPECT(&s, ACK | PSH);
		msleep(20);
		inject(ACK, pseq, pack += 1000, NULL, 0);
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

static void
keepalive(void)
{
	struct s s;
	int l = listening(), fd, v;

	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	v = 1;
	OK(rump_sys_setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, (void *)&v, 4));
	OK(rump_sys_setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, (void *)&v, 4));
	OK(rump_sys_setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, (void *)&v, 4));
	OK(rump_sys_setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, (void *)&v, 4));
	NOTHING(700);
	EXPECT(&s, ACK);
	CHECK_EQ(s.seq, pack - 1);
	CHECK_EQ(s.len, 0);
	inject(ACK, pseq, pack, NULL, 0);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	EXPECT(&s, ACK);			/* the next one stays alone */
	CHECK_EQ(s.seq, pack - 1);
	EXPECT(&s, RST | ACK);
	CHECK_EQ(soerror(fd), ETIMEDOUT);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
}

static void
zerowindow(void)
{
	struct s s;
	int l = listening(), fd, i;
	char *buf;

	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 1000, 0, NULL, 0), 1000);
	EXPECT(&s, ACK | PSH);
	pwin = 0;
	inject(ACK, pseq, pack += 1000, NULL, 0);
	CHECK_EQ(rump_sys_sendto(fd, zeros, 500, 0, NULL, 0), 500);
	EXPECT(&s, ACK);			/* a probe */
	CHECK_EQ(s.len, 0);
	CHECK_EQ(s.seq, pack - 1);
	inject(ACK, pseq, pack, NULL, 0);
	EXPECT(&s, ACK);
	pwin = 10000;
	inject(ACK, pseq, pack, NULL, 0);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 500);
	inject(ACK, pseq, pack += 500, NULL, 0);
	/* Ours: closes, and opens when it was read. */
	buf = calloc(1, 1000);
	for (i = 0; i < 130; i++) {
		inject(ACK, pseq, pack, buf, 1000);
		pseq += 1000;
		while (next(&s, 0))
			;
	}
	inject(ACK, pseq, pack, buf, 1000);
	while (next(&s, 60))
		;
	CHECK(s.win < 1100);
	pseq = s.ack;
	for (i = 0; i < 66; i++)
		(void)rump_sys_recvfrom(fd, zeros, 1000, MSG_DONTWAIT, NULL,
		    NULL);
	while (next(&s, 60))
		;
	CHECK(s.win > 30000);
	free(buf);
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

static void
urgent(void)
{
	struct s s;
	int l = listening(), fd, on = 0;
	uint8_t f[200];
	char buf[20];

	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	inject_raw(f, build(f, ACK | URG | PSH, pseq, pack, "abXcd", 5, NULL,
	    0, 3));
	EXPECT(&s, ACK);
	CHECK(bits(fd, POLLPRI | POLLIN) == (POLLPRI | POLLIN) || onhost);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 20, MSG_OOB, NULL, NULL), 1);
	CHECK_EQ(buf[0], 'X');
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 20, 0, NULL, NULL), 2);
	CHECK_EQ(memcmp(buf, "ab", 2), 0);
	OK(rump_sys_ioctl(fd, SIOCATMARK, (void *)&on));
	CHECK_EQ(on, 1);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 20, 0, NULL, NULL), 2);
	CHECK_EQ(memcmp(buf, "cd", 2), 0);
	pseq += 5;
	drop_all();
	CHECK_EQ(rump_sys_sendto(fd, "uvw", 3, MSG_OOB, NULL, 0), 3);
	EXPECT(&s, ACK | PSH | URG);
	CHECK_EQ(s.urp, 3);
	inject(ACK, pseq, pack += 3, NULL, 0);
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

static void
ecn(void)
{
	struct s s;
	int l = listening(), fd, i;

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
	/* Ours: data carry ECT(0); told of congestion it says CWR, once. */
	CHECK_EQ(rump_sys_sendto(fd, zeros, 10000, 0, NULL, 0), 10000);
	for (i = 0; i < 10; i++) {
		EXPECT(&s, i == 9 ? ACK | PSH : ACK);
		CHECK_EQ(s.tos & 3, 2);
	}
	inject(ACK | ECE, pseq, pack += 10000, NULL, 0);
	drop_all();
	CHECK_EQ(rump_sys_sendto(fd, zeros, 2000, 0, NULL, 0), 2000);
	EXPECT(&s, ACK | CWR);
	EXPECT(&s, ACK | PSH);
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
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
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

static void
nagle(void)
{
	struct s s;
	int l = listening(), fd, v;

	fd = passive(l, opt_mss, sizeof(opt_mss), &s);
	CHECK_EQ(rump_sys_sendto(fd, "a", 1, 0, NULL, 0), 1);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(rump_sys_sendto(fd, "b", 1, 0, NULL, 0), 1);
	CHECK_EQ(rump_sys_sendto(fd, "c", 1, 0, NULL, 0), 1);
	NOTHING(20);
	inject(ACK, pseq, ++pack, NULL, 0);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 2);
	inject(ACK, pseq, pack += 2, NULL, 0);
	v = 1;
	OK(rump_sys_setsockopt(fd, IPPROTO_TCP, TCP_CORK, (void *)&v, 4));
	CHECK_EQ(rump_sys_sendto(fd, "d", 1, 0, NULL, 0), 1);
	NOTHING(20);
	v = 0;
	OK(rump_sys_setsockopt(fd, IPPROTO_TCP, TCP_CORK, (void *)&v, 4));
	EXPECT(&s, ACK | PSH);
	inject(ACK, pseq, ++pack, NULL, 0);
	CHECK_EQ(rump_sys_sendto(fd, "e", 1, MSG_MORE, NULL, 0), 1);
	NOTHING(20);
	CHECK_EQ(rump_sys_sendto(fd, "f", 1, 0, NULL, 0), 1);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 2);
	nodelay(fd);
	CHECK_EQ(rump_sys_sendto(fd, "g", 1, 0, NULL, 0), 1);
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.len, 1);
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
}

static void
fastopen(void)
{
	static const uint8_t ask[] = { 2, 4, 3, 232, 34, 2, 1, 1 };
	uint8_t o[16] = { 2, 4, 3, 232, 34, 10 };
	struct s s;
	const uint8_t *c;
	int l = listening(), fd, v = 5, old = rump_tcp_fastopen;
	char buf[20];

	__atomic_store_n(&rump_tcp_fastopen, 3, __ATOMIC_RELAXED);
	OK(rump_sys_setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN, (void *)&v, 4));
	inject_opt(SYN, pseq, 0, NULL, 0, ask, sizeof(ask));
	EXPECT(&s, SYN | ACK);
	CHECK((c = option(&s, 34)) != NULL && c[1] == 10);
	if (c != NULL)
		memcpy(o + 6, c + 2, 8);
	o[14] = o[15] = 1;
	pport++;
	inject_opt(SYN, pseq, 0, "hello", 5, o, 16);
	EXPECT(&s, SYN | ACK);
	CHECK_EQ(s.ack, pseq + 6);
	fd = (int)rump_sys_accept(l, NULL, NULL);
	CHECK_EQ(rump_sys_recvfrom(fd, buf, 20, 0, NULL, NULL), 5);
	/* It may answer before the handshake is over. */
	CHECK_EQ(rump_sys_sendto(fd, "world", 5, 0, NULL, 0), 5);
	pack = s.seq + 1;
	EXPECT(&s, ACK | PSH);
	CHECK_EQ(s.seq, pack);
	inject(ACK, pseq += 6, pack += 5, NULL, 0);
	CHECK_EQ(state(fd), TS_ESTABLISHED);
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	__atomic_store_n(&rump_tcp_fastopen, old, __ATOMIC_RELAXED);
}

static void
deferaccept(void)
{
	struct s s;
	int l = listening(), fd, v = 5;

	OK(rump_sys_setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, (void *)&v,
	    4));
	inject_opt(SYN, pseq, 0, NULL, 0, opt_mss, sizeof(opt_mss));
	EXPECT(&s, SYN | ACK);
	pack = s.seq + 1;
	inject(ACK, ++pseq, pack, NULL, 0);
	OK(rump_sys_fcntl(l, F_SETFL, O_NONBLOCK));
	FAILS(rump_sys_accept(l, NULL, NULL), EAGAIN);
	inject(ACK | PSH, pseq, pack, "x", 1);
	fd = (int)rump_sys_accept(l, NULL, NULL);
	CHECK(fd >= 0);
	EXPECT(&s, ACK);
	inject(RST, pseq + 1, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
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

	slow = 300;
	fd = passive(l, opt_all, 4, &s);	/* MSS 1460 */
	slow = 0;
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
	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

static const struct test tests[] = {
	{ "handshake", handshake }, { "opening", opening },
	{ "halfclose", halfclose }, { "sackgen", sackgen },
	{ "sackdata", sackdata }, { "fastrtx", fastrtx },
	{ "newreno", newreno },
	{ "timers", timers }, { "attacks", attacks }, { "paws", paws },
	{ "cookies", cookies }, { "keepalive", keepalive },
	{ "zerowindow", zerowindow }, { "urgent", urgent }, { "ecn", ecn },
	{ "options", options }, { "nagle", nagle }, { "fastopen", fastopen },
	{ "deferaccept", deferaccept }, { "pmtu", pmtu },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	const struct test *t;
	int before;

	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		return 1;
	script_start();
	for (t = tests; t->t_name != NULL; t++) {
		if (argc > 1 && strcmp(argv[1], t->t_name) != 0)
			continue;
		before = check_failures;
		t->t_fn();
		drop_all();
		if (check_failures != before)
			printf("in %s\n", t->t_name);
	}
	return check_done();
}
