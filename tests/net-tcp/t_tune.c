/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * CUBIC's curve (RFC 9438): after a loss the window comes to where it was when
 * K is over, in one round trip to where the curve is by then, in no case faster
 * than by half, and not slower than Reno's.  The receive buffer: ahead of a
 * sender in slow start.
 */
#include <rump/rump.h>
#include "../check.h"
#include "../../rumpsrc/net/tcp/tcp.h"

#define MSS	1000U

static struct socket so;
static struct tcpcb tp;

/* A round trip: all that is under way is acknowledged, segment by segment. */
static void
round_trip(void)
{
	uint32_t n = tp.t_cwnd / MSS;

	tp.snd_nxt = tp.snd_una + n * MSS;
	for (; n > 0; n--) {
		tp.snd_una += MSS;
		tcp_cc_cubic.cc_acked(&tp, MSS);
	}
}

static void
after_loss(uint32_t segments)
{

	memset(&tp, 0, sizeof(tp));
	so.so_snd.sb_flags = SB_FIXED;
	tp.t_so = &so;
	tp.t_mss = MSS;
	tp.t_cwnd = segments * MSS;
	tcp_cc_cubic.cc_init(&tp);
	tp.t_ssthresh = tcp_cc_cubic.cc_ssthresh(&tp);
	CHECK_EQ(tp.t_ssthresh, tp.t_cwnd * 7 / 10);
	tp.t_cwnd = tp.t_ssthresh;
	tcp_cc_cubic.cc_acked(&tp, 0);	/* the epoch begins */
}

/* s seconds later: the epoch is the first of its variables. */
static void
later(double s)
{

	tp.t_ccvar[0] -= (uint32_t)(s * 1e9 / (1 << 20));
}

static void
curve(void)
{
	uint32_t w;
	int i;

	/* K = cbrt(3 / 0.4) = 1.96 s: where it was, in one round trip. */
	after_loss(10);
	later(1.96);
	round_trip();
	CHECK(tp.t_cwnd > 9900);
	CHECK(tp.t_cwnd <= 10500);
	/* Long after: by half, not more. */
	after_loss(100);
	later(60);
	w = tp.t_cwnd;
	round_trip();
	CHECK(tp.t_cwnd > w + w / 2 - 2 * MSS);
	CHECK(tp.t_cwnd <= w + w / 2);
	/* No time: Reno's, half a segment a round trip, until it is back. */
	after_loss(100);
	w = tp.t_cwnd;
	for (i = 0; i < 20; i++)
		round_trip();
	CHECK(tp.t_cwnd >= w + 9 * MSS);
	CHECK(tp.t_cwnd <= w + 15 * MSS);
}

/*
 * When a round trip with n bytes is known the next one, of twice as many, has
 * begun; its last acknowledgement must have room for four times as many.
 */
static void
receiver(void)
{
	uint32_t n, hiwat, now = 0;

	memset(&tp, 0, sizeof(tp));
	memset(&so, 0, sizeof(so));
	tp.t_so = &so;
	tp.t_mss = MSS;
	so.so_rcv.sb_hiwat = 131072;
	for (n = 10 * MSS; 4 * n < rump_tcp_rmem[2]; n *= 2) {
		tp.t_drsbytes = n;
		tcp_tunercv(&tp, now += MS_TICKS(200));
		CHECK(so.so_rcv.sb_hiwat >= 4 * n);
		CHECK_EQ(tp.t_drsbytes, 0);
	}
	CHECK(so.so_rcv.sb_hiwat <= rump_tcp_rmem[2]);
	/* As many as before: it has enough. */
	hiwat = so.so_rcv.sb_hiwat = 300000;
	tp.t_drslast = tp.t_drsbytes = 100000;
	tcp_tunercv(&tp, now += MS_TICKS(200));
	CHECK_EQ(so.so_rcv.sb_hiwat, hiwat);
	/* The program has said how much. */
	so.so_rcv.sb_flags = SB_FIXED;
	tp.t_drsbytes = 10000000;
	tcp_tunercv(&tp, now += MS_TICKS(200));
	CHECK_EQ(so.so_rcv.sb_hiwat, hiwat);
}

int
main(void)
{

	if (rump_init() != 0)
		return 1;
	curve();
	receiver();
	return check_done();
}
