/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP Fast Open (RFC 7413).  Servers: a cookie is a keyed hash of the client's
 * and our address, and a SYN with the right one and data makes a connection at
 * once.  Clients: what servers gave is kept in a small table, where the latest
 * displaces another.
 */
#include "tcp.h"

#define FO_SLOTS	32

struct fopeer {
	struct inaddr	fp_addr;
	uint16_t	fp_mss;
	uint8_t		fp_len;		/* 0: empty */
	uint8_t		fp_cookie[16];
};
static struct rump_mutex fo_lock;	/* a leaf */
static struct fopeer *fo_peers;		/* [fo_lock] */

void
tcp_fo_cookie(const struct inrcv *ir, uint8_t out[8])
{
	uint64_t v = in_prfpair(&ir->ir_dst, &ir->ir_src, 0x666f, 0x666f);

	v = in_prf(v, 0x66617374, 0x6f70656e);
	memcpy(out, &v, 8);
}

/* True: a connection was made of it.  The listener is locked. */
int
tcp_fo_syn(struct inpcb *inp, struct seg *sg)
{
	struct tcpcb *lp = inp->inp_ppcb, *tp;
	struct socket *head = inp->inp_so;
	uint8_t cookie[8];
	struct synent se;
	struct inpcb *cinp;

	if (!(sg->sg_opts & SGO_FO) || lp->t_conf == NULL ||
	    lp->t_conf->tc_foqueue == 0 || !(SYSCTL(rump_tcp_fastopen) & 2) ||
	    sg->sg_folen != 8)
		return 0;
	tcp_fo_cookie(sg->sg_ir, cookie);
	if (memcmp(cookie, sg->sg_fo, 8) != 0 || so_qfull(head) ||
	    head->so_qlen >= lp->t_conf->tc_foqueue) {
		TCPCOUNT(TCPFastOpenPassiveFail);
		return 0;
	}
	tp = tcp_newchild(head, sg->sg_ir, sg->sg_dport, sg->sg_sport);
	if (tp == NULL)
		return 0;
	cinp = tp->t_inp;
	memset(&se, 0, sizeof(se));
	tcp_se_fill(&se, sg, inp);
	se.se_iss = tcp_newiss(&se.se_laddr, &se.se_faddr, se.se_lport,
	    se.se_fport);
	tcp_child_fill(tp, &se, sg->sg_now);
	tp->snd_una = tp->t_iss;
	tp->t_flags |= TF_TFOCHILD;
	tp->snd_wnd = tp->snd_maxwnd = sg->sg_win;
	tp->t_racktime = TICKS(sg->sg_now);
	tcp_mtu(tp);
	tp->t_cwnd = TCP_IW * tp->t_mss;
	TCPCOUNT(PassiveOpens);
	TCPCOUNT(TCPFastOpenPassive);
	so_connected(tp->t_so);
	inpcb_ref(cinp);
	sg->sg_seq++;
	sg->sg_flags &= (uint8_t)~TH_SYN;
	if (sg->sg_len != 0)
		tcp_data(tp, sg);
	tp->t_flags &= ~(uint32_t)TF_ACKNOW;
	tcp_sendsyn(tp);
	tp->t_lastack = tp->rcv_nxt;
	tcp_arm(tp, TT_RTX, sg->sg_now + TICKS_NS(tcp_rto(tp)));
	so_ready(head, tp->t_so);
	rump_mutex_exit(&tp->t_so->so_lock);
	inpcb_rele(cinp);
	return 1;
}

/* --- clients --- */

static struct fopeer *
fo_slot(const struct inaddr *a)
{

	return &fo_peers[in_prf(a->ia_d[0], a->ia_d[1], 0x666f) % FO_SLOTS];
}

void
tcp_fo_remember(const struct inaddr *a, uint16_t mss, const uint8_t *cookie,
    unsigned len)
{
	struct fopeer *fp;

	rump_mutex_enter(&fo_lock);
	if (fo_peers == NULL)
		fo_peers = rump_kmem_zalloc(FO_SLOTS * sizeof(*fo_peers));
	if (fo_peers != NULL && len <= 16) {
		fp = fo_slot(a);
		fp->fp_addr = *a;
		fp->fp_mss = mss;
		fp->fp_len = (uint8_t)len;
		memcpy(fp->fp_cookie, cookie, len);
	}
	rump_mutex_exit(&fo_lock);
}

int
tcp_fo_recall(const struct inaddr *a, struct tcpfo *fo)
{
	const struct fopeer *fp;
	int found = 0;

	rump_mutex_enter(&fo_lock);
	if (fo_peers != NULL && (fp = fo_slot(a))->fp_len != 0 &&
	    inaddr_eq(&fp->fp_addr, a)) {
		fo->fo_len = fp->fp_len;
		fo->fo_mss = fp->fp_mss;
		memcpy(fo->fo_cookie, fp->fp_cookie, 16);
		found = 1;
	}
	rump_mutex_exit(&fo_lock);
	return found;
}

/*
 * connect(2) with TCP_FASTOPEN_CONNECT.  With a cookie it succeeds at once,
 * and the first write sends the SYN; else the SYN asks for one.
 */
int
tcp_fo_begin(struct tcpcb *tp)
{

	if (!(tp->t_flags & TF_FASTOPEN) || !(SYSCTL(rump_tcp_fastopen) & 1))
		return 0;
	if (tp->t_fo == NULL &&
	    (tp->t_fo = rump_kmem_zalloc(sizeof(*tp->t_fo))) == NULL)
		return 0;
	memset(tp->t_fo, 0, sizeof(*tp->t_fo));
	if (!tcp_fo_recall(&tp->t_inp->inp_faddr, tp->t_fo))
		return 0;
	so_connected(tp->t_so);
	return 1;
}
