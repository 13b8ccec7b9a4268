/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/* What TCP does with each kind of segment, from the handshake to the end. */
#include "script.h"

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
	finish(fd, l);
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
	finish(fd, l);
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

static const struct test tests[] = {
	{ "handshake", handshake },
	{ "opening", opening },
	{ "halfclose", halfclose },
	{ "keepalive", keepalive },
	{ "zerowindow", zerowindow },
	{ "urgent", urgent },
	{ "nagle", nagle },
	{ "fastopen", fastopen },
	{ "deferaccept", deferaccept },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	return script_main(tests, argc, argv);
}
