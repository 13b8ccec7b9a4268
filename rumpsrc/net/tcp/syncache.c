/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listeners: half-open connections are small entries of one bounded table
 * (RFC 4987, 3.2); when it is full SYNs are answered with cookies.  The last
 * acknowledgement of the handshake makes the socket.
 *
 * sc_lock guards the table; it comes after a listener's so_lock, and nothing
 * but leaves comes after it.  A connection's so_lock is never held with it.
 */
#include <net/tcpdiag.h>
#include "tcp.h"

#define SC_HASH		128
#define SC_DEPTH	16		/* most of a chain */

static struct rump_mutex sc_lock;
static struct synent **sc_table;	/* [sc_lock] */
static uint32_t sc_count;		/* [sc_lock] */
static struct rump_callout sc_timer;
static int64_t sc_armed = NEVER;	/* [sc_lock] */

/* --- the table; sc_lock held --- */

static struct synent **
sc_chain(const struct inaddr *l, const struct inaddr *f, uint16_t lport,
    uint16_t fport)
{

	return &sc_table[(in_prfpair(l, f, lport, fport) >> 40) % SC_HASH];
}

static struct synent **
sc_find(const struct seg *sg)
{
	const struct inrcv *ir = sg->sg_ir;
	struct synent **pp, *se;

	if (sc_table == NULL)
		return NULL;
	for (pp = sc_chain(&ir->ir_dst, &ir->ir_src, sg->sg_dport,
	    sg->sg_sport); (se = *pp) != NULL; pp = &se->se_next)
		if (se->se_fport == sg->sg_sport &&
		    se->se_lport == sg->sg_dport &&
		    inaddr_eq(&se->se_faddr, &ir->ir_src) &&
		    inaddr_eq(&se->se_laddr, &ir->ir_dst))
			return pp;
	return NULL;
}

static struct synent *
sc_remove(struct synent **pp)
{
	struct synent *se = *pp;

	*pp = se->se_next;
	sc_count--;
	return se;
}

static void
sc_arm(int64_t when)
{

	if (when >= sc_armed)
		return;
	sc_armed = when;
	rump_callout_schedule(&sc_timer, when);
}

static void
se_free(struct synent *se)
{

	if (se->se_listener != NULL)
		inpcb_rele(se->se_listener);
	rump_kmem_free(se, sizeof(*se));
}

static uint32_t
sc_most(void)
{
	size_t n = SYSCTL(rump_mbuf_limit) / 64 / sizeof(struct synent);

	return min32((uint32_t)SYSCTL(rump_tcp_maxsynbacklog),
	    n < 16 ? 16 : (uint32_t)min32((uint32_t)n, 1 << 16));
}

/* --- SYN and ACK --- */

static void
synack(const struct synent *se, struct inpcb *listener, uint32_t tsval)
{
	struct inrcv ir = { se->se_faddr, se->se_laddr, NULL };
	struct synopts so = { .so_ws = 0xff, .so_folen = 0xff };
	struct ifnet *ifp = NULL;
	uint8_t opt[TCP_MAXOPT];
	unsigned n;

	if (se->se_scope != 0 && (ifp = rump_if_get(se->se_scope)) == NULL)
		return;
	ir.ir_if = ifp;
	so.so_mss = tcp_mssoffer(&se->se_laddr, &se->se_faddr, listener);
	if (se->se_flags & SE_WS)
		so.so_ws = se->se_rcvscale;
	so.so_sack = (se->se_flags & SE_SACK) != 0;
	so.so_ts = (se->se_flags & SE_TS) != 0;
	so.so_tsval = tsval;
	so.so_tsecr = se->se_tsrecent;
	if (se->se_flags & SE_FO) {
		so.so_folen = 8;
		tcp_fo_cookie(&ir, so.so_fo);
	}
	n = tcp_putsyn(opt, &so);
	tcp_respond(&ir, se->se_lport, se->se_fport, se->se_iss,
	    se->se_irs + 1, (uint8_t)(TH_SYN | TH_ACK | (se->se_flags & SE_ECN ?
	    TH_ECE : 0)), se->se_win, opt, n, listener, 0);
	if (ifp != NULL)
		rump_if_rele(ifp);
}

static int
defers(const struct inpcb *listener)
{
	const struct tcpcb *lp = listener->inp_ppcb;

	return lp != NULL && lp->t_conf != NULL ?
	    (int)lp->t_conf->tc_deferaccept : 0;
}

/*
 * Entries that are due: sent again, or given up.  The answers are sent without
 * sc_lock, from copies.
 */
static void
sc_fire(void *arg)
{
	int64_t now = rump_monotonic(), next = NEVER;
	struct synent again[4], **pp, *se, *dead = NULL;
	unsigned i, n = 0, most = (unsigned)SYSCTL(rump_tcp_synackretries);

	(void)arg;
	rump_mutex_enter(&sc_lock);
	sc_armed = NEVER;
	for (i = 0; i < SC_HASH; i++)
		for (pp = &sc_table[i]; (se = *pp) != NULL;) {
			if (se->se_due <= now && se->se_tries >= most) {
				se = sc_remove(pp);
				se->se_next = dead;
				dead = se;
				continue;
			}
			if (se->se_due <= now && n < 4) {
				se->se_tries++;
				se->se_due = now + ((NSEC_PER_SEC) <<
				    se->se_tries);
				inpcb_ref(se->se_listener);
				again[n++] = *se;
			}
			if (se->se_due < next)
				next = se->se_due;
			pp = &se->se_next;
		}
	if (next != NEVER)
		sc_arm(next);
	rump_mutex_exit(&sc_lock);
	for (i = 0; i < n; i++) {
		se = &again[i];
		rump_mutex_enter(&se->se_listener->inp_so->so_lock);
		if (se->se_listener->inp_ppcb != NULL) {
			TCPCOUNT(RetransSegs);
			synack(se, se->se_listener, TMS(now) + se->se_tsoff);
		}
		rump_mutex_exit(&se->se_listener->inp_so->so_lock);
		inpcb_rele(se->se_listener);
	}
	for (; (se = dead) != NULL;) {
		dead = se->se_next;
		se_free(se);
	}
}

/* so_lock of the listener held: nobody will accept them. */
void
tcp_listen_closed(struct inpcb *inp)
{
	struct synent **pp, *se, *dead = NULL;
	unsigned i;

	rump_mutex_enter(&sc_lock);
	for (i = 0; i < SC_HASH && sc_table != NULL; i++)
		for (pp = &sc_table[i]; (se = *pp) != NULL;) {
			if (se->se_listener != inp) {
				pp = &se->se_next;
				continue;
			}
			se = sc_remove(pp);
			se->se_next = dead;
			dead = se;
		}
	rump_mutex_exit(&sc_lock);
	while ((se = dead) != NULL) {
		dead = se->se_next;
		se_free(se);
	}
}

/* --- SYN --- */

/* What the SYN asks for and we agree to. */
void
tcp_se_fill(struct synent *se, const struct seg *sg, struct inpcb *inp)
{
	const struct inrcv *ir = sg->sg_ir;
	struct socket *so = inp->inp_so;

	se->se_laddr = ir->ir_dst;
	se->se_faddr = ir->ir_src;
	se->se_lport = sg->sg_dport;
	se->se_fport = sg->sg_sport;
	se->se_irs = sg->sg_seq;
	se->se_mss = sg->sg_opts & SGO_MSS ?
	    (uint16_t)max32(sg->sg_mss, TCP_MSS_MIN) :
	    inaddr_is4(&ir->ir_src) ? TCP_MSS_DEF4 : TCP_MSS_DEF6;
	if (inaddr_islinklocal6(&ir->ir_src))
		se->se_scope = ir->ir_if->if_index;
	se->se_win = (uint16_t)min32(tcp_rcvfirst(&so->so_rcv), 65535);
	se->se_sent = TICKS(sg->sg_now);
	if ((sg->sg_opts & SGO_TS) && SYSCTL(rump_tcp_timestamps)) {
		se->se_flags |= SE_TS;
		se->se_tsrecent = sg->sg_tsval;
		se->se_tsoff = tcp_tsoffset(&se->se_laddr, &se->se_faddr);
	}
	if ((sg->sg_opts & SGO_SACKOK) && SYSCTL(rump_tcp_sack))
		se->se_flags |= SE_SACK;
	if ((sg->sg_opts & SGO_WS) && SYSCTL(rump_tcp_wscale)) {
		se->se_flags |= SE_WS;
		se->se_sndscale = sg->sg_ws;
		se->se_rcvscale = tcp_pickscale(so);
	}
	if ((sg->sg_flags & (TH_ECE | TH_CWR)) == (TH_ECE | TH_CWR) &&
	    (sg->sg_tos & 3) == 0 && SYSCTL(rump_tcp_ecn) != 0)
		se->se_flags |= SE_ECN;
	if ((sg->sg_opts & SGO_FO) && ((struct tcpcb *)inp->inp_ppcb)->t_conf
	    != NULL && ((struct tcpcb *)inp->inp_ppcb)->t_conf->tc_foqueue !=
	    0 && (SYSCTL(rump_tcp_fastopen) & 2))
		se->se_flags |= SE_FO;
}

/* No room: a cookie, for which only few options stay. */
static void
send_cookie(struct inpcb *inp, const struct seg *sg)
{
	struct synent se;

	if (!SYSCTL(rump_tcp_syncookies)) {
		TCPCOUNT(ListenDrops);
		return;
	}
	memset(&se, 0, sizeof(se));
	tcp_se_fill(&se, sg, inp);
	if (!(se.se_flags & SE_TS))
		se.se_flags &= (uint8_t)~(SE_SACK | SE_WS | SE_ECN);
	se.se_iss = tcp_cookie(sg);
	TCPCOUNT(SyncookiesSent);
	synack(&se, inp, tcp_cookie_ts(sg, TMS(sg->sg_now) + se.se_tsoff));
}

/* Into the table.  False: no room. */
static int
sc_add(struct synent *se, int64_t now)
{
	struct synent **pp;
	unsigned depth = 0;

	if (sc_table == NULL) {
		sc_table = rump_kmem_zalloc(SC_HASH * sizeof(*sc_table));
		if (sc_table == NULL)
			return 0;
		rump_callout_init(&sc_timer, sc_fire, NULL);
	}
	if (sc_count >= sc_most())
		return 0;
	for (pp = sc_chain(&se->se_laddr, &se->se_faddr, se->se_lport,
	    se->se_fport); *pp != NULL; pp = &(*pp)->se_next)
		if (++depth > SC_DEPTH * 4)
			return 0;
	se->se_next = NULL;
	*pp = se;
	sc_count++;
	se->se_due = now + NSEC_PER_SEC;
	sc_arm(se->se_due);
	return 1;
}

static void
syn_received(struct inpcb *inp, const struct seg *sg, uint32_t leastiss)
{
	struct synent *se = NULL, **pp, copy;
	int again = 0;

	rump_mutex_enter(&sc_lock);
	if ((pp = sc_find(sg)) != NULL) {
		/* Our answer was lost, or it is a new attempt. */
		again = (*pp)->se_irs == sg->sg_seq;
		if (again)
			copy = **pp;
		else
			se = sc_remove(pp);
	}
	rump_mutex_exit(&sc_lock);
	if (se != NULL)
		se_free(se);
	if (again) {
		synack(&copy, inp, TMS(sg->sg_now) + copy.se_tsoff);
		return;
	}
	if (so_qfull(inp->inp_so)) {
		TCPCOUNT(ListenOverflows);
		TCPCOUNT(ListenDrops);
		return;
	}
	if ((se = rump_kmem_zalloc(sizeof(*se))) == NULL) {
		TCPCOUNT(ListenDrops);
		return;
	}
	tcp_se_fill(se, sg, inp);
	se->se_iss = tcp_newiss(&se->se_laddr, &se->se_faddr, se->se_lport,
	    se->se_fport);
	if (leastiss != 0 && SEQ_LEQ(se->se_iss, leastiss))
		se->se_iss = leastiss + 1;
	inpcb_ref(inp);
	se->se_listener = inp;
	rump_mutex_enter(&sc_lock);
	if (!sc_add(se, sg->sg_now)) {
		rump_mutex_exit(&sc_lock);
		se_free(se);
		TCPCOUNT(TCPReqQFullDoCookies);
		send_cookie(inp, sg);
		return;
	}
	copy = *se;
	rump_mutex_exit(&sc_lock);
	synack(&copy, inp, TMS(sg->sg_now) + copy.se_tsoff);
}

/* --- the end of the handshake --- */

/* Both locked; takes over what the entry knows. */
void
tcp_child_fill(struct tcpcb *tp, const struct synent *se, int64_t now)
{

	tp->t_iss = se->se_iss;
	tp->snd_una = tp->snd_nxt = tp->snd_sb = se->se_iss + 1;
	tp->t_irs = se->se_irs;
	tp->rcv_nxt = tp->t_lastack = se->se_irs + 1;
	tp->t_so->so_rcv.sb_hiwat = tcp_rcvfirst(&tp->t_so->so_rcv);
	tp->rcv_adv = tp->rcv_nxt + se->se_win;
	tp->t_peermss = se->se_mss;
	tp->t_sndscale = se->se_sndscale;
	tp->t_rcvscale = se->se_rcvscale;
	tp->t_tsoff = se->se_tsoff;
	if (se->se_flags & SE_TS) {
		tp->t_flags |= TF_TS;
		tp->t_tsrecent = se->se_tsrecent;
		tp->t_tsrecentage = TMS(now);
	}
	if (se->se_flags & SE_SACK)
		tp->t_flags |= TF_SACK;
	if (se->se_flags & SE_WS)
		tp->t_flags |= TF_WS;
	if (se->se_flags & SE_ECN)
		tp->t_flags |= TF_ECN;
}

/*
 * The listener is locked; lets it go, and the new connection takes the
 * segment.
 */
static void
open_child(struct inpcb *inp, const struct synent *se, struct seg *sg)
{
	struct socket *head = inp->inp_so, *so;
	struct inpcb *cinp;
	struct tcpcb *tp;

	tp = tcp_newchild(head, sg->sg_ir, sg->sg_dport, sg->sg_sport);
	if (tp == NULL) {
		TCPCOUNT(ListenDrops);
		rump_mutex_exit(&head->so_lock);
		return;
	}
	so = tp->t_so;
	cinp = tp->t_inp;
	tcp_child_fill(tp, se, sg->sg_now);
	if (se->se_tries == 0 && !(se->se_flags & SE_COOKIE))
		tcp_rtt(tp, TICKS(sg->sg_now) - se->se_sent, sg->sg_now);
	tp->snd_wnd = (uint32_t)sg->sg_win << tp->t_sndscale;
	tp->snd_wl1 = sg->sg_seq;
	tp->snd_wl2 = sg->sg_ack;
	tcp_isopen(tp);
	TCPCOUNT(PassiveOpens);
	inpcb_ref(cinp);
	so_ready(head, so);
	rump_mutex_exit(&head->so_lock);
	/* Data may be with it.  The socket is the queue's, or accept's. */
	if (sg->sg_len != 0 || (sg->sg_flags & TH_FIN))
		tcp_segment(tp, sg);
	else
		tp->t_flags &= ~(uint32_t)TF_ACKNOW;
	if (cinp->inp_ppcb != NULL && (tp->t_flags & (TF_ACKNOW |
	    TF_OUTPUT)) && !(tp->t_flags & TF_QUEUED)) {
		inpcb_ref(cinp);
		tcp_defer(tp);
	}
	rump_mutex_exit(&so->so_lock);
	inpcb_rele(cinp);
}

/* Its numbers are not those of the handshake. */
static int
se_matches(const struct synent *se, const struct seg *sg)
{

	if (sg->sg_ack != se->se_iss + 1)
		return 0;
	if ((se->se_flags & SE_TS) && (sg->sg_opts & SGO_TS) &&
	    SEQ_LT(sg->sg_tsval, se->se_tsrecent))
		return 0;
	return SEQ_GEQ(sg->sg_seq, se->se_irs + 1) &&
	    SEQ_LEQ(sg->sg_seq, se->se_irs + 1 + se->se_win);
}

/* TCP_DEFER_ACCEPT: a bare one is not enough, for a while. */
static int
must_defer(struct synent *se, const struct seg *sg, const struct inpcb *inp)
{
	int secs = defers(inp);

	if (secs == 0 || sg->sg_len != 0 || (sg->sg_flags & TH_FIN))
		return 0;
	if ((int64_t)(TICKS(sg->sg_now) - se->se_sent) << 10 >
	    secs * NSEC_PER_SEC)
		return 0;
	se->se_flags |= SE_ACKED;
	return 1;
}

static void
ack_received(struct inpcb *inp, struct seg *sg)
{
	struct socket *head = inp->inp_so;
	struct synent **pp, *se = NULL, cookie;
	int again;

	rump_mutex_enter(&sc_lock);
	if ((pp = sc_find(sg)) != NULL) {
		if (!se_matches(*pp, sg)) {
			rump_mutex_exit(&sc_lock);
			rump_mutex_exit(&head->so_lock);
			tcp_reset(sg);
			return;
		}
		if (so_qfull(head) || must_defer(*pp, sg, inp)) {
			/* It is sent again, or our answer is. */
			if (so_qfull(head))
				TCPCOUNT(ListenOverflows);
			rump_mutex_exit(&sc_lock);
			rump_mutex_exit(&head->so_lock);
			return;
		}
		se = sc_remove(pp);
	}
	rump_mutex_exit(&sc_lock);
	if (se == NULL) {
		memset(&cookie, 0, sizeof(cookie));
		if (!tcp_cookie_check(sg, TMS(sg->sg_now), &cookie)) {
			/*
			 * Later data of a handshake whose end was lost, as
			 * floods make it happen: the first comes again.
			 */
			again = sg->sg_len != 0 && tcp_cookie_active(sg);
			rump_mutex_exit(&head->so_lock);
			if (!again)
				tcp_reset(sg);
			return;
		}
		if (so_qfull(head)) {
			TCPCOUNT(ListenOverflows);
			rump_mutex_exit(&head->so_lock);
			return;
		}
		if (cookie.se_flags & SE_WS)
			cookie.se_rcvscale = tcp_pickscale(head);
		cookie.se_win = (uint16_t)min32(tcp_rcvfirst(&head->so_rcv),
		    65535);
		open_child(inp, &cookie, sg);
		return;
	}
	open_child(inp, se, sg);
	se_free(se);
}

static void
rst_received(const struct seg *sg)
{
	struct synent **pp, *se = NULL;

	rump_mutex_enter(&sc_lock);
	if ((pp = sc_find(sg)) != NULL && sg->sg_seq == (*pp)->se_irs + 1)
		se = sc_remove(pp);
	rump_mutex_exit(&sc_lock);
	if (se != NULL) {
		TCPCOUNT(AttemptFails);
		se_free(se);
	}
}

/* inp listens and is locked; it is not afterwards. */
void
tcp_listen_input(struct inpcb *inp, struct seg *sg, uint32_t leastiss)
{
	struct socket *head = inp->inp_so;

	if (UNLIKELY(head->so_filter != NULL) &&
	    so_filtered(head, sg->sg_m) < sg->sg_hlen) {
		rump_mutex_exit(&head->so_lock);
		return;
	}
	if (sg->sg_flags & TH_RST) {
		rst_received(sg);
	} else if (sg->sg_flags & TH_ACK) {
		if (sg->sg_flags & TH_SYN)
			tcp_reset(sg);
		else {
			ack_received(inp, sg);
			return;
		}
	} else if (sg->sg_flags & TH_SYN) {
		if (!(sg->sg_flags & TH_FIN) && !tcp_fo_syn(inp, sg))
			syn_received(inp, sg, leastiss);
	}
	rump_mutex_exit(&head->so_lock);
}

uint32_t
tcp_sc_view(struct tcpmini *v, uint32_t max)
{
	const struct synent *se;
	uint32_t i, n = 0;

	rump_mutex_enter(&sc_lock);
	if (v == NULL)
		n = sc_count;
	for (i = 0; v != NULL && sc_table != NULL && i < SC_HASH; i++)
		for (se = sc_table[i]; se != NULL && n < max;
		    se = se->se_next)
			v[n++] = (struct tcpmini) { .tm_laddr = se->se_laddr,
			    .tm_faddr = se->se_faddr,
			    .tm_lport = se->se_lport,
			    .tm_fport = se->se_fport,
			    .tm_state = TS_SYN_RECV };
	rump_mutex_exit(&sc_lock);
	return n;
}
