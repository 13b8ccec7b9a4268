/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TIME_WAIT: what must be known of a connection that ended, for 60 seconds, in
 * small entries of a bounded table (the oldest goes when it is full).  All
 * last equally long, so that a list in order of time needs one callout.
 *
 * tw_lock is a leaf after so_lock.
 */
#include <net/tcpdiag.h>
#include "tcp.h"

struct tw {
	struct tw	*tw_next;	/* hash */
	struct tw	*tw_later, *tw_sooner;
	struct inaddr	 tw_laddr, tw_faddr;
	uint16_t	 tw_lport, tw_fport;
	uint32_t	 tw_sndnxt, tw_rcvnxt, tw_win;
	uint32_t	 tw_tsrecent, tw_tsage, tw_tsoff;
	uint16_t	 tw_rawwin;
	uint8_t		 tw_ts;
	int64_t		 tw_until;
};

static struct rump_mutex tw_lock;
static struct tw **tw_table;		/* [tw_lock] */
static uint32_t tw_size;		/* [tw_lock] chains, a power of two */
static struct tw *tw_first, *tw_last;	/* [tw_lock] by time */
static struct rump_callout tw_timer;
static int tw_armed;			/* [tw_lock] */
uint32_t tcp_tw_count;

static struct tw **
tw_chain(const struct inaddr *l, const struct inaddr *f, uint16_t lport,
    uint16_t fport)
{

	return &tw_table[(uint32_t)(in_prfpair(l, f, lport, fport) >> 20) &
	    (tw_size - 1)];
}

static struct tw **
tw_find(const struct inaddr *l, const struct inaddr *f, uint16_t lport,
    uint16_t fport)
{
	struct tw **pp, *tw;

	if (tw_table == NULL)
		return NULL;
	for (pp = tw_chain(l, f, lport, fport); (tw = *pp) != NULL;
	    pp = &tw->tw_next)
		if (tw->tw_fport == fport && tw->tw_lport == lport &&
		    inaddr_eq(&tw->tw_faddr, f) && inaddr_eq(&tw->tw_laddr, l))
			return pp;
	return NULL;
}

static void
tw_unlist(struct tw *tw)
{

	if (tw->tw_sooner != NULL)
		tw->tw_sooner->tw_later = tw->tw_later;
	else
		tw_first = tw->tw_later;
	if (tw->tw_later != NULL)
		tw->tw_later->tw_sooner = tw->tw_sooner;
	else
		tw_last = tw->tw_sooner;
}

static void
tw_list(struct tw *tw, int64_t now)
{

	tw->tw_until = now + TW_NS;
	tw->tw_later = NULL;
	if ((tw->tw_sooner = tw_last) != NULL)
		tw_last->tw_later = tw;
	else
		tw_first = tw;
	tw_last = tw;
}

static void
tw_remove(struct tw **pp)
{
	struct tw *tw = *pp;

	*pp = tw->tw_next;
	tw_unlist(tw);
	__atomic_fetch_sub(&tcp_tw_count, 1, __ATOMIC_RELAXED);
	rump_kmem_free(tw, sizeof(*tw));
}

static void
tw_dropfirst(void)
{
	struct tw *tw = tw_first;

	tw_remove(tw_find(&tw->tw_laddr, &tw->tw_faddr, tw->tw_lport,
	    tw->tw_fport));
}

static void
tw_fire(void *arg)
{
	int64_t now = rump_monotonic();

	(void)arg;
	rump_mutex_enter(&tw_lock);
	while (tw_first != NULL && tw_first->tw_until <= now)
		tw_dropfirst();
	tw_armed = tw_first != NULL;
	/* Many at once: they need not end to the millisecond. */
	if (tw_armed)
		rump_callout_schedule(&tw_timer, tw_first->tw_until +
		    NSEC_PER_SEC);
	rump_mutex_exit(&tw_lock);
}

static void
tw_grow(void)
{
	uint32_t n = tw_size != 0 ? tw_size * 2 : 16, i;
	struct tw **old = tw_table, **new, **pp, *tw;
	uint32_t oldsize = tw_size;

	if ((new = rump_kmem_zalloc(n * sizeof(*new))) == NULL)
		return;
	tw_table = new;
	tw_size = n;
	for (i = 0; i < oldsize; i++)
		while ((tw = old[i]) != NULL) {
			old[i] = tw->tw_next;
			pp = tw_chain(&tw->tw_laddr, &tw->tw_faddr,
			    tw->tw_lport, tw->tw_fport);
			tw->tw_next = *pp;
			*pp = tw;
		}
	if (old != NULL)
		rump_kmem_free(old, oldsize * sizeof(*old));
	else
		rump_callout_init(&tw_timer, tw_fire, NULL);
}

static uint32_t
tw_most(void)
{
	size_t n = SYSCTL(rump_mbuf_limit) / 8 / sizeof(struct tw);

	return n < 64 ? 64 : n > 262144 ? 262144 : (uint32_t)n;
}

static void
tw_insert(struct tw *tw)
{
	struct tw **pp;

	rump_mutex_enter(&tw_lock);
	if (tcp_tw_count >= tw_size)
		tw_grow();
	if (tw_table == NULL) {
		rump_mutex_exit(&tw_lock);
		rump_kmem_free(tw, sizeof(*tw));
		return;
	}
	if (tcp_tw_count >= tw_most()) {
		TCPCOUNT(TCPTimeWaitOverflow);
		tw_dropfirst();
	}
	pp = tw_chain(&tw->tw_laddr, &tw->tw_faddr, tw->tw_lport,
	    tw->tw_fport);
	tw->tw_next = *pp;
	*pp = tw;
	tw_list(tw, rump_monotonic());
	__atomic_fetch_add(&tcp_tw_count, 1, __ATOMIC_RELAXED);
	if (!tw_armed) {
		tw_armed = 1;
		rump_callout_schedule(&tw_timer, tw->tw_until);
	}
	rump_mutex_exit(&tw_lock);
}

/* so_lock held.  Its acknowledgement was sent. */
void
tcp_timewait(struct tcpcb *tp)
{
	struct inpcb *inp = tp->t_inp;
	struct tw *tw = rump_kmem_zalloc(sizeof(*tw));

	TCPCOUNT(TW);
	if (tw != NULL) {
		tw->tw_laddr = inp->inp_laddr;
		tw->tw_faddr = inp->inp_faddr;
		tw->tw_lport = inp->inp_lport;
		tw->tw_fport = inp->inp_fport;
		tw->tw_sndnxt = tp->snd_nxt;
		tw->tw_rcvnxt = tp->rcv_nxt;
		tw->tw_win = tp->rcv_adv - tp->rcv_nxt;
		tw->tw_rawwin = (uint16_t)(tw->tw_win >> tp->t_rcvscale);
		tw->tw_ts = (tp->t_flags & TF_TS) != 0;
		tw->tw_tsrecent = tp->t_tsrecent;
		tw->tw_tsage = TMS(rump_monotonic());
		tw->tw_tsoff = tp->t_tsoff;
		tw_insert(tw);
	}
	tcp_closed(tp);
}

static void
tw_answer(const struct tw *tw, const struct seg *sg)
{
	static const uint8_t kind[4] = { 1, 1, 8, 10 };
	uint32_t v[2] = { net32(TMS(sg->sg_now) + tw->tw_tsoff),
	    net32(tw->tw_tsrecent) };
	uint8_t opt[12];

	memcpy(opt, kind, 4);
	memcpy(opt + 4, v, 8);
	tcp_respond(sg->sg_ir, sg->sg_dport, sg->sg_sport, tw->tw_sndnxt,
	    tw->tw_rcvnxt, TH_ACK, tw->tw_rawwin, opt, tw->tw_ts ? 12 : 0,
	    NULL, 0);
}

/* RFC 9293, 3.10.7.4 and RFC 6191: a SYN that cannot be an old one. */
static int
tw_newsyn(const struct tw *tw, const struct seg *sg)
{

	if ((sg->sg_flags & (TH_SYN | TH_ACK | TH_RST)) != TH_SYN)
		return 0;
	if (tw->tw_ts && (sg->sg_opts & SGO_TS))
		return SEQ_GT(sg->sg_tsval, tw->tw_tsrecent) ||
		    (sg->sg_tsval == tw->tw_tsrecent &&
		    SEQ_GT(sg->sg_seq, tw->tw_rcvnxt));
	return SEQ_GT(sg->sg_seq, tw->tw_rcvnxt);
}

/* tw_lock held.  What is to be done: 0 nothing, 1 answer, 2 it is reused. */
static int
tw_segment(struct tw **pp, const struct seg *sg, uint32_t *issp)
{
	struct tw *tw = *pp;
	int old = tw->tw_ts && (sg->sg_opts & SGO_TS) &&
	    SEQ_LT(sg->sg_tsval, tw->tw_tsrecent);

	if (sg->sg_flags & TH_RST) {
		/* RFC 1337: it ends nothing. */
		return 0;
	}
	if (tw_newsyn(tw, sg)) {
		TCPCOUNT(TWRecycled);
		*issp = tw->tw_sndnxt + 65536;
		if (*issp == 0)
			*issp = 1;
		tw_remove(pp);
		return 2;
	}
	if (old)
		TCPCOUNT(PAWSEstab);
	if ((sg->sg_flags & TH_FIN) && !old) {
		tw_unlist(tw);
		tw_list(tw, sg->sg_now);
	}
	/* Bare acknowledgements, which may answer ours, are left alone. */
	return sg->sg_len != 0 || (sg->sg_flags & (TH_FIN | TH_SYN)) ||
	    (sg->sg_seq != tw->tw_rcvnxt);
}

int
tcp_tw_input(struct seg *sg, uint32_t *issp)
{
	const struct inrcv *ir = sg->sg_ir;
	struct tw **pp, copy;
	int what = 2;

	rump_mutex_enter(&tw_lock);
	pp = tw_find(&ir->ir_dst, &ir->ir_src, sg->sg_dport, sg->sg_sport);
	if (pp != NULL) {
		copy = **pp;
		what = tw_segment(pp, sg, issp);
	}
	rump_mutex_exit(&tw_lock);
	if (what == 2)
		return 0;
	if (what == 1)
		tw_answer(&copy, sg);
	m_freem(sg->sg_m);
	return 1;
}

/* RFC 6191 on our side, as Linux's tcp_tw_reuse: after a second. */
int
tcp_tw_connect(const struct inpcb *inp, uint32_t *issp)
{
	struct tw **pp, *tw;
	int error = 0, reuse = SYSCTL(rump_tcp_twreuse);

	rump_mutex_enter(&tw_lock);
	pp = tw_find(&inp->inp_laddr, &inp->inp_faddr, inp->inp_lport,
	    inp->inp_fport);
	if (pp != NULL) {
		tw = *pp;
		if (tw->tw_ts && (reuse == 1 || (reuse == 2 &&
		    inaddr_isloop(&tw->tw_faddr))) && TMS(rump_monotonic()) -
		    tw->tw_tsage > 1000) {
			*issp = tw->tw_sndnxt + 65537;
			tw_remove(pp);
		} else
			error = EADDRNOTAVAIL;
	}
	rump_mutex_exit(&tw_lock);
	return error;
}

uint32_t
tcp_tw_view(struct tcpmini *v, uint32_t max)
{
	int64_t now = rump_monotonic();
	const struct tw *tw;
	uint32_t n = 0;

	if (v == NULL)
		return __atomic_load_n(&tcp_tw_count, __ATOMIC_RELAXED);
	rump_mutex_enter(&tw_lock);
	for (tw = tw_first; tw != NULL && n < max; tw = tw->tw_later)
		v[n++] = (struct tcpmini) { .tm_laddr = tw->tw_laddr,
		    .tm_faddr = tw->tw_faddr, .tm_lport = tw->tw_lport,
		    .tm_fport = tw->tw_fport, .tm_state = TS_TIME_WAIT,
		    .tm_left = tw->tw_until <= now ? 0 :
		    (uint32_t)((tw->tw_until - now) / 1000000) };
	rump_mutex_exit(&tw_lock);
	return n;
}
