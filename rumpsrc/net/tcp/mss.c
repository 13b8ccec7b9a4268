/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long segments may be: the peer's option, the path (RFC 1191, 8201), the
 * user; and what is offered to the peer (RFC 6691).
 */
#include "tcp.h"

static uint32_t
path_payload(const struct inaddr *l, const struct inaddr *f,
    struct inpcb *inp)
{
	struct inflow fl;
	uint32_t n;

	memset(&fl, 0, sizeof(fl));
	inpcb_flow(inp, &fl);
	if (inp->inp_fport == 0) {		/* a listener */
		fl.fl_rc = NULL;
		fl.fl_src = *l;
		fl.fl_dst = *f;
	}
	n = INAF(f)->af_mtu(&fl);
	return n > TH_LEN ? n - TH_LEN : 0;
}

/* The interface's, not the path's, which may get better. */
uint16_t
tcp_mssoffer(const struct inaddr *l, const struct inaddr *f,
    struct inpcb *inp)
{
	const struct tcpcb *tp = inp->inp_ppcb;
	uint32_t n = path_payload(l, f, inp);

	if (n < TCP_MSS_MIN)
		n = TCP_MSS_MIN;
	if (tp != NULL && tp->t_usermss != 0)
		n = min32(n, tp->t_usermss);
	return (uint16_t)min32(n, 65535 - TH_LEN - 20);
}

/*
 * Segments that were sent under the old one and are too long now come back
 * by tcp_resend, which cuts them.
 */
void
tcp_mtu(struct tcpcb *tp)
{
	struct inpcb *inp = tp->t_inp;
	uint32_t n = path_payload(&inp->inp_laddr, &inp->inp_faddr, inp);

	n = min32(n, tp->t_peermss);
	if (tp->t_usermss != 0)
		n = min32(n, tp->t_usermss);
	if (tp->t_pmtu != 0)
		n = min32(n, tp->t_pmtu);
	if (tp->t_flags & TF_TS)
		n = n > 12 ? n - 12 : 0;
	tp->t_mss = (uint16_t)max32(n, TCP_MSS_MIN - TCP_MAXOPT);
}
