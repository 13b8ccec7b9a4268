/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receive window (RFC 9293, 3.8.6), and buffers that grow with what the
 * connection can use: the receive buffer to twice what the program took in
 * one round trip and more while that grows (DRS), the send buffer to twice the
 * congestion window.
 */
#include "tcp.h"

static inline uint32_t
rcv_space(const struct tcpcb *tp)
{
	uint32_t n = sb_space(&tp->t_so->so_rcv);

	if (UNLIKELY(tp->t_reassmem > n / 2))
		n = tp->t_reassmem >= 2 * n ? 0 : n;
	if (tp->t_clamp != 0)
		n = min32(n, tp->t_clamp);
	return min32(n, 65535U << tp->t_rcvscale);
}

/* For the header; moves rcv_adv, never back. */
uint16_t
tcp_window(struct tcpcb *tp)
{
	uint32_t space = rcv_space(tp), cur = tp->rcv_adv - tp->rcv_nxt, win;
	unsigned scale = tp->t_rcvscale;

	if (UNLIKELY((int32_t)cur < 0))
		cur = 0;
	/* Not in small steps: silly windows. */
	if (space < cur + min32(tp->t_rcvmss,
	    tp->t_so->so_rcv.sb_hiwat / 2))
		space = cur;
	/* Up: what was offered stays; but from zero, only what there is. */
	win = (space + (1U << scale) - 1) >> scale;
	if (win > 65535)
		win = 65535;
	if (SEQ_GT(tp->rcv_nxt + (win << scale), tp->rcv_adv))
		tp->rcv_adv = tp->rcv_nxt + (win << scale);
	return (uint16_t)win;
}

/* pr_rcvd: the user took n bytes. */
void
tcp_rcvd(struct socket *so, size_t n)
{
	struct tcpcb *tp = sototcp(so);
	uint32_t cur, space;

	if (UNLIKELY(tp == NULL || !tcp_established(tp)))
		return;
	tp->t_drsbytes += (uint32_t)n;
	cur = tp->rcv_adv - tp->rcv_nxt;
	if (UNLIKELY((int32_t)cur < 0))
		cur = 0;
	/* All was read, and no answer is to be expected: or it is much. */
	if ((tp->t_flags & TF_DELACK) && so->so_rcv.sb_cc == 0 &&
	    UNLIKELY(!(tp->t_flags & TF_PINGPONG) ||
	    tp->rcv_nxt - tp->t_lastack > tp->t_rcvmss)) {
		tcp_sendack(tp);
		return;
	}
	if (LIKELY(cur >= so->so_rcv.sb_hiwat / 2) ||
	    tp->t_state == TS_CLOSE_WAIT || (tp->t_flags & TF_PEERFIN))
		return;
	space = rcv_space(tp);
	if (space >= 2 * cur && space - cur >= min32(tp->t_rcvmss,
	    so->so_rcv.sb_hiwat / 2))
		tcp_sendack(tp);
}

/* The most that a buffer may grow to, for what memory there is. */
static uint32_t
buf_most(uint32_t most)
{
	size_t limit = SYSCTL(rump_mbuf_limit), used = rump_mbuf_inuse();

	if (limit != 0 && most > limit / 8)
		most = (uint32_t)(limit / 8);
	return used > limit / 2 ? 0 : most;
}

/*
 * A round trip is over: did the program take more than ever?  In slow start
 * this one doubles it, and acknowledgements at its end make room for twice as
 * much again: four times what was measured.  Round trips are not cut at the
 * same place as the peer's, so some more.
 */
void
tcp_tunercv(struct tcpcb *tp, uint32_t now)
{
	struct sockbuf *sb = &tp->t_so->so_rcv;
	uint32_t got = tp->t_drsbytes, last = tp->t_drslast, most;
	uint64_t want;

	tp->t_drslast = got;
	tp->t_drsbytes = 0;
	tp->t_drstime = now;
	if (sb->sb_flags & SB_FIXED)
		return;
	want = 2 * (uint64_t)got + 16 * (uint32_t)tp->t_mss;
	if (got > last)
		want += 8 * (uint64_t)(got - last);
	if (want <= sb->sb_hiwat)
		return;
	most = buf_most(SYSCTL(rump_tcp_rmem[2]));
	if (want > most)
		want = most;
	if (want > sb->sb_hiwat)
		sb->sb_hiwat = (uint32_t)want;
}

/* The congestion window went up. */
void
tcp_tunesnd(struct tcpcb *tp)
{
	struct sockbuf *sb = &tp->t_so->so_snd;
	uint32_t want = 2 * tp->t_cwnd + 16 * (uint32_t)tp->t_mss, most;

	if (LIKELY(want <= sb->sb_hiwat) || (sb->sb_flags & SB_FIXED))
		return;
	most = buf_most(SYSCTL(rump_tcp_wmem[2]));
	if (want > most)
		want = most;
	if (want > sb->sb_hiwat)
		sb->sb_hiwat = want;
}

/* What a connection may receive at first: on small machines less. */
uint32_t
tcp_rcvfirst(const struct sockbuf *sb)
{
	size_t part = SYSCTL(rump_mbuf_limit) / 32;

	if ((sb->sb_flags & SB_FIXED) || part == 0 || part >= sb->sb_hiwat)
		return sb->sb_hiwat;
	return min32(sb->sb_hiwat, part < 16384 ? 16384 : (uint32_t)part);
}

/* Sizes of a new connection. */
void
tcp_buffers(struct tcpcb *tp)
{
	struct socket *so = tp->t_so;

	tp->t_drstime = TICKS(rump_monotonic());
	if (!(so->so_snd.sb_flags & SB_FIXED))
		so->so_snd.sb_hiwat = max32(tcp_rcvfirst(&so->so_snd),
		    min32(buf_most(SYSCTL(rump_tcp_wmem[2])),
		    2 * (TCP_IW + 6) * (uint32_t)tp->t_mss));
}
