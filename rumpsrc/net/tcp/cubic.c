/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CUBIC (RFC 9438), and HyStart++ (RFC 9406) for slow start.  C = 0.4,
 * beta = 0.7.  Time in tms (2^20 ns), windows in bytes:
 *	W(t) = C (t - K)^3 + Wmax,   K = cbrt((Wmax - W0) / C)
 * With segments and seconds C is 0.4, with tms it is 507 / 2^40.
 */
#include "tcp.h"

#define CSS_ROUNDS	5
#define CUBIC_C		507	/* / 2^40 */

struct cubic {
	uint32_t	cu_epoch;	/* tms; 0: none */
	uint32_t	cu_wmax;	/* bytes */
	uint32_t	cu_k;		/* tms */
	uint32_t	cu_west;	/* bytes: Reno's; CSS: rounds */
	uint32_t	cu_prior;	/* cwnd at the last reduction */
	uint32_t	cu_cssbase;	/* ticks; 0: not in CSS */
	uint32_t	cu_restcount;	/* bytes; HyStart++: samples */
	uint32_t	cu_roundend;	/* HyStart++ */
	uint32_t	cu_rttlast, cu_rttcur;	/* ticks: least of the rounds */
	/* As it was before the last reduction. */
	uint32_t	cu_oldepoch, cu_oldwmax, cu_oldk, cu_oldwest;
	uint32_t	cu_oldprior;
	uint32_t	cu_base;	/* cwnd when the round began; 0: none */
};
_Static_assert(sizeof(struct cubic) <= sizeof(((struct tcpcb *)0)->t_ccvar),
    "room for CUBIC");

static inline struct cubic *
cubic(struct tcpcb *tp)
{
	return (struct cubic *)(void *)tp->t_ccvar;
}

static void
cubic_init(struct tcpcb *tp)
{

	memset(cubic(tp), 0, sizeof(struct cubic));
	cubic(tp)->cu_rttlast = cubic(tp)->cu_rttcur = UINT32_MAX;
}

static uint32_t
cbrt64(uint64_t x)
{
	uint64_t r = 0, b;
	int s;

	for (s = 63; s >= 0; s -= 3) {
		r <<= 1;
		b = 3 * r * (r + 1) + 1;
		if (x >> s >= b) {
			x -= b << s;
			r++;
		}
	}
	return (uint32_t)r;
}

static uint32_t
cubic_ssthresh(struct tcpcb *tp)
{
	struct cubic *cu = cubic(tp);
	uint32_t w = tp->t_cwnd;

	cu->cu_oldepoch = cu->cu_epoch;
	cu->cu_oldwmax = cu->cu_wmax;
	cu->cu_oldk = cu->cu_k;
	cu->cu_oldwest = cu->cu_west;
	cu->cu_oldprior = cu->cu_prior;
	/* Fast convergence: others want some of it. */
	cu->cu_wmax = w < cu->cu_wmax ? (uint32_t)((uint64_t)w * 17 / 20) : w;
	cu->cu_prior = w;
	cu->cu_epoch = 0;
	cu->cu_roundend = cu->cu_cssbase = cu->cu_base = 0;
	return (uint32_t)((uint64_t)w * 7 / 10);
}

/* RFC 9438, 4.9: nothing was lost, the curve goes on. */
static void
cubic_undo(struct tcpcb *tp)
{
	struct cubic *cu = cubic(tp);

	cu->cu_epoch = cu->cu_oldepoch;
	cu->cu_wmax = cu->cu_oldwmax;
	cu->cu_k = cu->cu_oldk;
	cu->cu_west = cu->cu_oldwest;
	cu->cu_prior = cu->cu_oldprior;
	cu->cu_restcount = 0;
}

static void
cubic_loss(struct tcpcb *tp)
{

	cubic(tp)->cu_epoch = 0;
	cubic(tp)->cu_rttlast = cubic(tp)->cu_rttcur = UINT32_MAX;
	cubic(tp)->cu_roundend = cubic(tp)->cu_cssbase = 0;
	cubic(tp)->cu_base = 0;
}

/* A round of slow start is over. */
static void
hystart_round(struct tcpcb *tp)
{
	struct cubic *cu = cubic(tp);

	cu->cu_roundend = tp->snd_nxt | 1;
	cu->cu_rttlast = cu->cu_rttcur;
	cu->cu_rttcur = UINT32_MAX;
	cu->cu_restcount = 0;
	if (cu->cu_cssbase != 0 && ++cu->cu_west >= CSS_ROUNDS)
		tp->t_ssthresh = tp->t_cwnd;
}

/*
 * HyStart++ (RFC 9406, 4.2): when the least round-trip time of a round is well
 * above the last round's the path may be full.  Then it grows slower for some
 * rounds (CSS), and goes on as before when it was a mistake.
 */
static void
hystart(struct tcpcb *tp)
{
	struct cubic *cu = cubic(tp);
	uint32_t thresh;

	if (cu->cu_roundend == 0 || SEQ_GEQ(tp->snd_una, cu->cu_roundend))
		hystart_round(tp);
	cu->cu_rttcur = min32(cu->cu_rttcur, tp->t_rackrtt);
	if (++cu->cu_restcount < 8)
		return;
	if (cu->cu_cssbase != 0) {
		if (cu->cu_rttcur < cu->cu_cssbase)
			cu->cu_cssbase = 0;
		return;
	}
	if (cu->cu_rttlast == UINT32_MAX)
		return;
	thresh = max32(cu->cu_rttlast / 8, MS_TICKS(4));
	thresh = min32(thresh, MS_TICKS(16));
	if (cu->cu_rttcur >= cu->cu_rttlast + thresh) {
		cu->cu_cssbase = cu->cu_rttcur;
		cu->cu_west = 0;
	}
}

static void
epoch_begin(struct tcpcb *tp, uint32_t now)
{
	struct cubic *cu = cubic(tp);
	uint64_t diff;

	cu->cu_epoch = now != 0 ? now : 1;
	cu->cu_west = tp->t_cwnd;
	cu->cu_cssbase = cu->cu_restcount = 0;
	if (cu->cu_wmax <= tp->t_cwnd) {
		cu->cu_k = 0;
		cu->cu_wmax = tp->t_cwnd;
		return;
	}
	diff = ((uint64_t)(cu->cu_wmax - tp->t_cwnd) << 20) / tp->t_mss;
	cu->cu_k = cbrt64((diff << 20) / CUBIC_C);
}

/* C (t - K)^3 + Wmax. */
static uint32_t
cubic_window(const struct tcpcb *tp, const struct cubic *cu, uint32_t t)
{
	uint64_t d = t > cu->cu_k ? t - cu->cu_k : cu->cu_k - t, w;

	if (d > 1 << 17)
		d = 1 << 17;
	w = (d * d * d >> 20) * CUBIC_C * tp->t_mss >> 20;
	if (t < cu->cu_k)
		return w < cu->cu_wmax ? cu->cu_wmax - (uint32_t)w : 0;
	return w > 1U << 30 ? 1U << 30 : cu->cu_wmax + (uint32_t)w;
}

/*
 * RFC 9438, 4.3: Reno's window, 3 (1 - beta) / (1 + beta) = 9 / 17 segments a
 * round trip until it is where it was.
 */
static void
reno_window(struct tcpcb *tp, uint32_t bytes)
{
	struct cubic *cu = cubic(tp);

	cu->cu_restcount += cu->cu_west < cu->cu_prior ?
	    (uint32_t)((uint64_t)bytes * 9 / 17) : bytes;
	if (cu->cu_restcount >= cu->cu_west) {
		cu->cu_restcount -= cu->cu_west;
		cu->cu_west += tp->t_mss;
	}
}

/*
 * To where the curve will be in a round trip (RFC 9438, 4.4), in equal steps
 * from where the window was when this round trip began: with steps that are
 * shares of what is left it would get two thirds of the way.
 */
static void
follow_curve(struct tcpcb *tp, uint32_t bytes, uint32_t t)
{
	struct cubic *cu = cubic(tp);
	uint32_t target = cubic_window(tp, cu, t + (tp->t_srtt >> 13)), n;

	if (cu->cu_base == 0 || SEQ_GT(tp->snd_una, cu->cu_roundend)) {
		cu->cu_base = tp->t_cwnd;
		cu->cu_roundend = tp->snd_nxt;
	}
	target = max32(target, cu->cu_west);
	target = min32(target, cu->cu_base + cu->cu_base / 2);
	if (target <= tp->t_cwnd)
		return;
	n = (uint32_t)((uint64_t)(target - cu->cu_base) * bytes /
	    cu->cu_base);
	tp->t_cwnd = min32(tp->t_cwnd + n, target);
}

static void
cubic_acked(struct tcpcb *tp, uint32_t bytes)
{
	struct cubic *cu = cubic(tp);
	uint32_t now;

	if (tp->t_cwnd < tp->t_ssthresh) {
		if (cu->cu_cssbase != 0)
			bytes = (bytes + 3) / 4;
		tcp_slowstart(tp, &bytes);
		if (tp->t_cwnd < tp->t_ssthresh)
			hystart(tp);
		if (bytes == 0)
			return;
	}
	now = TMS(rump_monotonic());
	if (cu->cu_epoch == 0)
		epoch_begin(tp, now);
	reno_window(tp, bytes);
	follow_curve(tp, bytes, now - cu->cu_epoch);
	tcp_tunesnd(tp);
}

const struct tcp_cc tcp_cc_cubic = {
	.cc_name = "cubic",
	.cc_init = cubic_init,
	.cc_ssthresh = cubic_ssthresh,
	.cc_acked = cubic_acked,
	.cc_loss = cubic_loss,
	.cc_undo = cubic_undo,
};
