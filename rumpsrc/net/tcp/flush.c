/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections with something to send at the end of a batch of packets: their
 * acknowledgements, and what others' acknowledgements made room for, go out
 * once for many packets.  Each is on the list at most once (TF_QUEUED), with a
 * reference to its PCB.  q_lock is a leaf.
 */
#include "tcp.h"

static struct rump_mutex q_lock;
static struct tcpcb *q_first;		/* [q_lock] [a] */

/* so_lock held; takes over a reference to t_inp. */
void
tcp_defer(struct tcpcb *tp)
{

	tp->t_flags |= TF_QUEUED;
	rump_mutex_enter(&q_lock);
	tp->t_qnext = q_first;
	__atomic_store_n(&q_first, tp, __ATOMIC_RELAXED);
	rump_mutex_exit(&q_lock);
}

void
tcp_flush(void)
{
	struct tcpcb *tp, *next;
	struct inpcb *inp;
	struct socket *so;

	if (LIKELY(__atomic_load_n(&q_first, __ATOMIC_RELAXED) == NULL))
		return;
	rump_mutex_enter(&q_lock);
	tp = q_first;
	__atomic_store_n(&q_first, NULL, __ATOMIC_RELAXED);
	rump_mutex_exit(&q_lock);
	for (; tp != NULL; tp = next) {
		inp = tp->t_inp;
		so = inp->inp_so;
		rump_mutex_enter(&so->so_lock);
		next = tp->t_qnext;
		tp->t_flags &= ~(uint32_t)TF_QUEUED;
		if (UNLIKELY(tp->t_flags & TF_DEAD)) {
			tcp_reap(tp);
		} else if (tp->t_flags & TF_OUTPUT) {
			tp->t_flags &= ~(uint32_t)TF_OUTPUT;
			(void)tcp_output(tp);
		} else if (tp->t_flags & TF_ACKNOW)
			tcp_sendack(tp);
		rump_mutex_exit(&so->so_lock);
		inpcb_rele(inp);
	}
}
