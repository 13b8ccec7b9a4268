/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Congestion control: slow start for all (RFC 5681, with appropriate byte
 * counting, RFC 3465), HyStart++ (RFC 9406), and NewReno's congestion
 * avoidance.  Windows are bytes.
 */
#include "tcp.h"

const struct tcp_cc *
tcp_cc_find(const char *name, unsigned len)
{
	static const struct tcp_cc *const all[] = { &tcp_cc_cubic,
	    &tcp_cc_reno };
	unsigned i;

	for (i = 0; i < 2; i++)
		if (strlen(all[i]->cc_name) == len &&
		    memcmp(all[i]->cc_name, name, len) == 0)
			return all[i];
	return NULL;
}

/* Grows up to ssthresh; *bytes: what is left of the acknowledgement. */
void
tcp_slowstart(struct tcpcb *tp, uint32_t *bytes)
{
	uint32_t n = *bytes;

	if (n > tp->t_ssthresh - tp->t_cwnd)
		n = tp->t_ssthresh - tp->t_cwnd;
	tp->t_cwnd += n;
	*bytes -= n;
	tcp_tunesnd(tp);
}

/* t_ccvar[0]: bytes counted towards the next segment. */
static void
reno_init(struct tcpcb *tp)
{

	tp->t_ccvar[0] = 0;
}

static uint32_t
reno_ssthresh(struct tcpcb *tp)
{

	return tp->t_cwnd / 2;
}

static void
reno_acked(struct tcpcb *tp, uint32_t bytes)
{

	if (tp->t_cwnd < tp->t_ssthresh) {
		tcp_slowstart(tp, &bytes);
		if (bytes == 0)
			return;
	}
	tp->t_ccvar[0] += bytes;
	while (tp->t_ccvar[0] >= tp->t_cwnd) {
		tp->t_ccvar[0] -= tp->t_cwnd;
		tp->t_cwnd += tp->t_mss;
	}
	tcp_tunesnd(tp);
}

const struct tcp_cc tcp_cc_reno = {
	.cc_name = "reno",
	.cc_init = reno_init,
	.cc_ssthresh = reno_ssthresh,
	.cc_acked = reno_acked,
	.cc_loss = reno_init,
	.cc_undo = reno_init,
};
