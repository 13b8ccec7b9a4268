/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of net_tcp.  Everything of a struct tcpcb is guarded by
 * its socket's so_lock.  Locks: listener's so_lock, connection's so_lock, then
 * one of: sc_lock (syncache.c), tw_lock (timewait.c), q_lock (flush.c).
 *
 * Time: a tick is 1,024 ns, in 32 bits: differences up to 36 minutes; RFC 7323
 * timestamps and what lasts longer count in units of 2^20 ns ("tms").
 */
#ifndef TCP_TCP_H
#define TCP_TCP_H

#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/tcp.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <kern/sched.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/inet.h>
#include <net/tcp.h>

#define UNLIKELY(x)	__builtin_expect(!!(x), 0)
#define LIKELY(x)	__builtin_expect(!!(x), 1)
#define PROTO_TCP	6

struct tcph {
	uint16_t	th_sport, th_dport;
	uint32_t	th_seq, th_ack;
	uint8_t		th_off, th_flags;
	uint16_t	th_win, th_sum, th_urp;
} __attribute__((__packed__));
#define TH_LEN		20U
#define TH_FIN		0x01
#define TH_SYN		0x02
#define TH_RST		0x04
#define TH_PUSH		0x08
#define TH_ACK		0x10
#define TH_URG		0x20
#define TH_ECE		0x40
#define TH_CWR		0x80
_Static_assert(sizeof(struct tcph) == TH_LEN, "TCP header");

#define SEQ_LT(a, b)	((int32_t)((uint32_t)(a) - (uint32_t)(b)) < 0)
#define SEQ_LEQ(a, b)	((int32_t)((uint32_t)(a) - (uint32_t)(b)) <= 0)
#define SEQ_GT(a, b)	SEQ_LT(b, a)
#define SEQ_GEQ(a, b)	SEQ_LEQ(b, a)

/* --- time --- */
#define TICKS(ns)	((uint32_t)((int64_t)(ns) >> 10))
#define TMS(ns)		((uint32_t)((int64_t)(ns) >> 20))
#define MS_TICKS(ms)	((uint32_t)((uint64_t)(ms) * 1000000 >> 10))
#define TMS_TICKS	1024U
#define TICKS_NS(t)	((int64_t)(t) << 10)
#define NEVER		INT64_MAX

#define RTO_INIT	MS_TICKS(1000)
#define RTO_MIN		MS_TICKS(200)
#define RTO_MAX		MS_TICKS(120000)
#define DELACK_NS	(40 * 1000000LL)
#define TW_NS		(60 * NSEC_PER_SEC)	/* 2 MSL, as Linux */

#define TCP_MSS_MIN	88	/* Linux's tcp_min_snd_mss */
#define TCP_MSS_DEF4	536
#define TCP_MSS_DEF6	1220
#define TCP_WSCALE_MAX	14
#define TCP_COPYLEN	512	/* payload copied behind headers */
#define TCP_MAXOPT	40
#define TCP_DUPTHRESH	3
#define TCP_IW		10		/* segments, RFC 6928 */

/* Bytes that are on their way, as they were last sent. */
struct txrec {
	struct txrec	*tr_next, *tr_prev;
	struct mbuf	*tr_m;		/* of so_snd: where tr_seq is */
	uint8_t		*tr_p;
	uint32_t	 tr_seq, tr_end;
	uint32_t	 tr_time;	/* ticks, last sent */
	uint8_t		 tr_flags;
#define TR_SACKED	0x01
#define TR_LOST		0x02
#define TR_RETRANS	0x04		/* sent again, and thought under way */
#define TR_EVER		0x08		/* was sent again once */
#define TR_FIN		0x10		/* the last number is FIN's */
	uint8_t		 tr_sends;
};

/* Received out of order: bytes [rb_seq, rb_end), FIN included. */
struct rblk {
	struct rblk	*rb_next;
	struct mbuf	*rb_head, *rb_tail;	/* NULL: only a FIN */
	uint32_t	 rb_seq, rb_end;
	uint8_t		 rb_fin;
};

enum { TT_RTX, TT_DELACK, TT_KEEP, TT_N };
/* What TT_RTX means now: */
enum { RTX_RTO, RTX_TLP, RTX_REO, RTX_PERSIST };
/* Congestion states, numbered as Linux's TCP_CA_*. */
enum { CA_OPEN, CA_DISORDER, CA_CWR, CA_RECOVERY, CA_LOSS };

struct tcpcb;
struct tcp_cc {
	char		cc_name[16];
	void		(*cc_init)(struct tcpcb *);
	uint32_t	(*cc_ssthresh)(struct tcpcb *);
	void		(*cc_acked)(struct tcpcb *, uint32_t bytes);
	void		(*cc_loss)(struct tcpcb *);	/* RTO, or idle */
	void		(*cc_undo)(struct tcpcb *);	/* it was a mistake */
};
extern const struct tcp_cc tcp_cc_cubic, tcp_cc_reno;
extern const struct tcp_cc *tcp_cc_default;	/* [a] */
const struct tcp_cc *tcp_cc_find(const char *, unsigned);
void	tcp_slowstart(struct tcpcb *, uint32_t *bytes);

struct tcpcb {
	struct inpcb	*t_inp;
	struct socket	*t_so;
	uint8_t		 t_state;	/* TS_* */
	uint8_t		 t_ca;		/* CA_* */
	uint8_t		 t_sndscale, t_rcvscale;
	uint32_t	 t_flags;
#define TF_NODELAY	0x00000001
#define TF_CORK		0x00000002
#define TF_MORE		0x00000004	/* the last send said MSG_MORE */
#define TF_TS		0x00000008	/* both use timestamps */
#define TF_SACK		0x00000010	/* both */
#define TF_WS		0x00000020	/* both */
#define TF_ECN		0x00000040	/* both */
#define TF_ACKNOW	0x00000080
#define TF_DELACK	0x00000100
#define TF_WANTFIN	0x00000200	/* no more data after so_snd's */
#define TF_FINSENT	0x00000400
#define TF_ECE		0x00000800	/* tell of congestion seen */
#define TF_CWR		0x00001000	/* tell that it slowed down */
#define TF_QUEUED	0x00002000	/* on the flush list */
#define TF_OUTPUT	0x00004000	/* flush: call tcp_output */
#define TF_DEAD		0x00008000	/* freed when the callout has run */
#define TF_PINGPONG	0x00010000	/* requests and answers */
#define TF_URGSENT	0x00020000	/* t_sndup is valid */
#define TF_CWLIM	0x00040000	/* the window was the limit */
#define TF_QUICKACK	0x00080000	/* TCP_QUICKACK was set */
#define TF_OOBHAVE	0x00200000	/* t_oob is there to be read */
#define TF_OOBHAD	0x00400000	/* it was read */
#define TF_FRTO		0x00800000
#define TF_PEERFIN	0x01000000	/* FIN was received in order */
#define TF_TLPRTX	0x02000000	/* the probe sent something again */
#define TF_REORD	0x04000000	/* reordering was seen */
#define TF_FASTOPEN	0x08000000	/* TCP_FASTOPEN_CONNECT */
#define TF_TFOCHILD	0x10000000	/* made by a SYN with data */
#define TF_CLOSED	0x20000000	/* nobody has a file for it */
#define TF_URGRCV	0x40000000	/* rcv_up is valid, not passed yet */
#define TF_RCVSYN	0x80000000U	/* simultaneous open */

	/* sending */
	uint32_t	 snd_una, snd_nxt;
	uint32_t	 snd_sb;	/* number of so_snd's first byte */
	uint32_t	 snd_wnd, snd_wl1, snd_wl2, snd_maxwnd;
	uint32_t	 snd_sml;	/* end of the last small segment */
	uint32_t	 snd_up;	/* urgent pointer */
	uint32_t	 t_iss;
	uint32_t	 t_cwnd, t_ssthresh;
	uint16_t	 t_mss;		/* payload with usual options */
	uint16_t	 t_peermss;	/* as told, or the default */
	uint16_t	 t_usermss;	/* TCP_MAXSEG; 0 */
	uint16_t	 t_pmtu;	/* found narrower: payload; 0 */
	struct txrec	*t_rec, *t_reclast;
	struct txrec	 t_rec0;	/* the first one needs no memory */
	uint32_t	 t_nrec;
	uint32_t	 t_sacked, t_lost, t_retrans;	/* bytes */

	/* receiving */
	uint32_t	 rcv_nxt, rcv_adv, rcv_up;
	uint32_t	 t_irs;
	uint32_t	 t_lastack;	/* rcv_nxt in what was sent last */
	uint16_t	 t_rcvmss;	/* estimate of the peer's */
	uint8_t		 t_quick;	/* segments acknowledged at once */
	uint8_t		 t_oob;
	struct rblk	*t_reass;
	uint32_t	 t_reassmem;
	uint16_t	 t_nreass;
	uint8_t		 t_nsack;	/* of t_sackrecent */
	uint8_t		 t_dsack;	/* t_dseq, t_dend are to be told */
	uint32_t	 t_sackrecent[3];	/* starts, latest first */
	uint32_t	 t_dseq, t_dend;
	uint32_t	 t_clamp;	/* TCP_WINDOW_CLAMP; 0 */

	/* time */
	uint32_t	 t_tsrecent, t_tsrecentage;	/* tms */
	uint32_t	 t_tsoff;
	uint32_t	 t_srtt, t_rttvar;	/* ticks << 3, << 2 */
	uint32_t	 t_rto;			/* ticks, without back-off */
	uint32_t	 t_minrtt, t_minrttat;	/* ticks, tms */
	uint32_t	 t_lsnd, t_lrcv;	/* tms: last data */
	uint32_t	 t_lseg;	/* tms: any segment was received */
	uint32_t	 t_since;	/* tms: user timeout counts */
	uint8_t		 t_backoff, t_probes, t_keepprobes, t_rtxkind;
	int64_t		 t_when[TT_N];
	int64_t		 t_armed;	/* t_co's time */
	struct rump_callout t_co;

	/* loss recovery: RFC 8985, 6937bis, 5682 */
	uint32_t	 t_racktime, t_rackend, t_rackrtt;
	uint32_t	 t_fack;	/* highest that was SACKed */
	uint32_t	 t_recover;	/* snd_nxt when it began */
	uint32_t	 t_prrdelivered, t_prrout, t_recoverfs;
	uint32_t	 t_priorcwnd, t_priorssthresh;
	uint32_t	 t_undomark;	/* snd_una when it began */
	int32_t		 t_undortx;	/* bytes not yet reported as double */
	uint32_t	 t_rtxstamp;	/* tsval of the first one sent again */
	uint32_t	 t_rtxend;	/* nothing behind it was sent again */
	uint32_t	 t_tlphigh;	/* 0: none */
	uint32_t	 t_reoround;
	uint32_t	 t_reolate;	/* ticks: how late some were */
	uint8_t		 t_reosteps, t_reopersist, t_dupacks, t_mtufails;
	uint32_t	 t_ecnrecover;
	const struct tcp_cc *t_cc;
	uint32_t	 t_ccvar[16];

	/* receive buffer tuning (DRS) */
	uint32_t	 t_drslast, t_drstime, t_drsbytes;
	uint32_t	 t_rcvrtt;	/* ticks << 3 */

	struct tcpcb	*t_qnext;	/* [q_lock] */
	struct tcpconf	*t_conf;	/* rare options; NULL: defaults */
	struct tcpfo	*t_fo;		/* Fast Open, while it opens */

	/* for tcp_info */
	uint32_t	 t_totalrtx;	/* segments */
	uint32_t	 t_totaldup;	/* of these, told to come twice */
	uint64_t	 t_bytesacked, t_bytesrcvd;
};

/* Options that few set. */
struct tcpconf {
	uint32_t	tc_keepidle, tc_keepintvl;	/* seconds */
	uint32_t	tc_usertimeout;			/* ms */
	uint32_t	tc_notsent;			/* bytes; 0: none */
	int32_t		tc_linger2;	/* s; 0 default, -1 none */
	uint32_t	tc_deferaccept;			/* seconds */
	uint32_t	tc_foqueue;			/* listener: 0 off */
	uint8_t		tc_keepcnt, tc_syncnt;
	uint8_t		tc_savesyn, tc_fonocookie;
	uint8_t		tc_inq;
};

/* A segment that was received, parsed once. */
struct seg {
	struct mbuf	*sg_m;
	const struct inrcv *sg_ir;
	int64_t		 sg_now;
	uint32_t	 sg_seq, sg_ack;
	uint32_t	 sg_len;	/* of data */
	uint32_t	 sg_tsval, sg_tsecr;
	uint16_t	 sg_win, sg_urp, sg_mss;
	uint16_t	 sg_sport, sg_dport;
	uint16_t	 sg_hlen;
	uint8_t		 sg_flags;	/* TH_* */
	uint8_t		 sg_opts;
#define SGO_TS		0x01
#define SGO_MSS		0x02
#define SGO_WS		0x04
#define SGO_SACKOK	0x08
#define SGO_FO		0x10
	uint8_t		 sg_ws, sg_nsack, sg_folen, sg_tos;
	const uint8_t	*sg_sack, *sg_fo;
};

/* Results of looking at one acknowledgement. */
struct ackinfo {
	uint32_t	 ai_prioruna;
	uint32_t	 ai_priorpipe;
	uint32_t	 ai_delivered;	/* bytes, newly */
	uint32_t	 ai_acked;	/* snd_una went on by */
	uint32_t	 ai_rtt;	/* ticks + 1; 0: no sample */
	uint32_t	 ai_echoage;	/* of the timestamp, the same way */
	uint8_t		 ai_sacked;	/* something was newly SACKed */
	uint8_t		 ai_orig;	/* of that, sent only once */
	uint8_t		 ai_dsack;
	uint8_t		 ai_dup;
	uint8_t		 ai_newloss;
	uint8_t		 ai_ece;
	uint8_t		 ai_karn;	/* some of it was sent twice */
	uint8_t		 ai_twice;	/* it came twice, says the peer */
};

#define TCPCOUNT(n)	in_count(&rump_tcpstat[TCPS_##n])
#define SYSCTL(v)	__atomic_load_n(&(v), __ATOMIC_RELAXED)

static inline uint32_t
min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t
max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline struct tcpcb *
sototcp(struct socket *so)
{
	struct inpcb *inp = so->so_pcb;

	return inp != NULL ? inp->inp_ppcb : NULL;
}

static inline uint32_t
tcp_pipe(const struct tcpcb *tp)
{
	uint32_t fl = tp->snd_nxt - tp->snd_una + tp->t_retrans;
	uint32_t gone = tp->t_sacked + tp->t_lost;

	return fl > gone ? fl - gone : 0;
}

/* Bytes in so_snd that were never sent. */
static inline uint32_t
tcp_unsent(const struct tcpcb *tp)
{
	return tp->t_flags & TF_FINSENT ? 0 :
	    tp->snd_sb + tp->t_so->so_snd.sb_cc - tp->snd_nxt;
}

static inline int
tcp_established(const struct tcpcb *tp)
{
	return tp->t_state != TS_CLOSE && tp->t_state != TS_LISTEN &&
	    tp->t_state != TS_SYN_SENT && tp->t_state != TS_SYN_RECV;
}

/* pcb.c: life */
extern struct inpcbtable tcp_table;
struct tcpcb *tcp_new(struct inpcb *);		/* inp_ppcb; NULL */
struct tcpcb *tcp_newchild(struct socket *head, const struct inrcv *,
	    uint16_t lport, uint16_t fport);	/* locked; NULL */
struct tcpconf *tcp_conf(struct tcpcb *);	/* to be changed; NULL */
/* t_conf has a new tc_notsent. */
void	tcp_setnotsent(struct tcpcb *);
void	tcp_setstate(struct tcpcb *, int state);
void	tcp_flushsend(struct tcpcb *);		/* so_snd, records */
void	tcp_flushreass(struct tcpcb *);
/* It is over: the socket is told; freed when nobody has a file for it. */
void	tcp_drop(struct tcpcb *, int error);
void	tcp_closed(struct tcpcb *);		/* without an error */
void	tcp_free(struct tcpcb *);		/* SS_DEAD */
void	tcp_reap(struct tcpcb *);		/* its memory, when it can */
void	tcp_abort(struct tcpcb *, int error);	/* with a RST */
void	tcp_buffers(struct tcpcb *);		/* connected: sizes */
void	tcp_isopen(struct tcpcb *);		/* established now */
uint32_t tcp_newiss(const struct inaddr *, const struct inaddr *, uint16_t,
	    uint16_t);
uint32_t tcp_tsoffset(const struct inaddr *, const struct inaddr *);
void	tcp_opening(struct tcpcb *, uint32_t iss);
uint8_t	tcp_pickscale(const struct socket *);

/* options.c */
int	tcp_parse(struct seg *, const uint8_t *opt, unsigned len);
struct synopts {
	uint16_t	so_mss;
	uint8_t		so_ws;		/* 0xff: none */
	uint8_t		so_sack, so_ts;
	uint8_t		so_folen;	/* 0xff: none; 0: ask */
	uint32_t	so_tsval, so_tsecr;
	uint8_t		so_fo[16];
};
unsigned tcp_putsyn(uint8_t *p, const struct synopts *);	/* bytes */
unsigned tcp_putopts(struct tcpcb *, uint8_t *p, int64_t now, int sack);

/* mss.c */
void	tcp_mtu(struct tcpcb *);		/* route or path changed */
uint16_t tcp_mssoffer(const struct inaddr *, const struct inaddr *,
	    struct inpcb *);

/* output.c */
int	tcp_output(struct tcpcb *);
void	tcp_sendack(struct tcpcb *);
void	tcp_sendsyn(struct tcpcb *);
void	tcp_sendrst(struct tcpcb *);
void	tcp_push(struct tcpcb *);	/* a segment, whatever Nagle says */
void	tcp_probe(struct tcpcb *, int urgent);	/* old number, no data */
int	tcp_resend(struct tcpcb *, struct txrec *, uint32_t max);
void	tcp_respond(const struct inrcv *, uint16_t lport, uint16_t fport,
	    uint32_t seq, uint32_t ack, uint8_t flags, uint32_t win,
	    const uint8_t *opt, unsigned optlen, struct inpcb *, uint8_t tos);
void	tcp_reset(const struct seg *);		/* answers by a RST */

/* record.c */
struct txrec *tcp_rec_add(struct tcpcb *, uint32_t seq, uint32_t end,
	    struct mbuf *, uint8_t *);
int	tcp_rec_split(struct tcpcb *, struct txrec *, uint32_t seq);
void	tcp_rec_free(struct tcpcb *, struct txrec *);
void	tcp_rec_lost(struct tcpcb *, struct txrec *);
void	tcp_rec_pos(const struct tcpcb *, uint32_t seq, struct mbuf **,
	    uint8_t **);

/* input.c, segment.c, ack.c */
void	tcp_segment(struct tcpcb *, struct seg *);	/* takes sg_m */
void	tcp_data(struct tcpcb *, struct seg *);		/* takes sg_m */
int	tcp_ack(struct tcpcb *, struct seg *);
void	tcp_ackdata(struct tcpcb *, struct ackinfo *, uint32_t ack,
	    int64_t now);
void	tcp_rtt(struct tcpcb *, uint32_t ticks, int64_t now);
void	tcp_challenge(struct tcpcb *, int64_t now);
void	tcp_fin(struct tcpcb *);
void	tcp_wantack(struct tcpcb *, uint32_t len, int64_t now);
/* rcvbuf.c */
uint16_t tcp_window(struct tcpcb *);
uint32_t tcp_rcvfirst(const struct sockbuf *);
void	tcp_rcvd(struct socket *, size_t);
void	tcp_tunercv(struct tcpcb *, uint32_t now);
void	tcp_tunesnd(struct tcpcb *);

/* reass.c: out of order.  Takes sg_m. */
void	tcp_reass(struct tcpcb *, struct seg *);
void	tcp_unreass(struct tcpcb *);	/* what follows rcv_nxt now */

/* urgent.c: a segment says URG; takes the byte out of [seq, seq + len). */
void	tcp_urgent(struct tcpcb *, const struct seg *);
void	tcp_oob_take(struct tcpcb *, struct mbuf *, uint32_t seq,
	    uint32_t len);
int	tcp_rcvoob(struct socket *, uint8_t *, int msgflags);
int	tcp_hasoob(const struct tcpcb *);

/* sack.c, rack.c, recovery.c */
void	tcp_sack(struct tcpcb *, const struct seg *, struct ackinfo *);
/* Does its first block tell of what it acknowledges itself (RFC 2883)? */
int	tcp_dsacked(const struct tcpcb *, const struct seg *);
unsigned tcp_sackopt(struct tcpcb *, uint8_t *p, unsigned room);
void	tcp_dsack(struct tcpcb *, uint32_t seq, uint32_t end);
/* The bytes of a record up to end arrived. */
void	tcp_rack_update(struct tcpcb *, const struct txrec *, uint32_t end,
	    uint32_t now);
/* What was sent so many ticks ago was overtaken. */
void	tcp_rack_late(struct tcpcb *, uint32_t age);
/* Marks what is lost; ticks until more may be, 0: nothing waits. */
uint32_t tcp_rack_detect(struct tcpcb *, int64_t now, int *newloss);
void	tcp_recovery(struct tcpcb *, struct ackinfo *, const struct seg *);
void	tcp_enterloss(struct tcpcb *);
void	tcp_entercwr(struct tcpcb *);
void	tcp_tlp_acked(struct tcpcb *, const struct ackinfo *, uint32_t ack);

/* timer.c */
void	tcp_timer(void *);
void	tcp_arm(struct tcpcb *, int which, int64_t when);
void	tcp_rtxarm(struct tcpcb *, int64_t now);	/* data are under way */
int	tcp_mayprobe(const struct tcpcb *);
uint32_t tcp_rto(const struct tcpcb *);
void	tcp_keeparm(struct tcpcb *, int64_t now);
static inline void
tcp_disarm(struct tcpcb *tp, int which)
{
	tp->t_when[which] = NEVER;
}

/* flush.c: work for the end of the batch; takes the reference to inp. */
void	tcp_defer(struct tcpcb *);
void	tcp_flush(void);

/* A connection half open: SYN received, SYN and ACK sent. */
struct synent {
	struct synent	*se_next;
	struct inpcb	*se_listener;	/* referenced */
	struct inaddr	 se_laddr, se_faddr;
	uint16_t	 se_lport, se_fport;
	uint32_t	 se_irs, se_iss;
	uint32_t	 se_tsrecent, se_tsoff;
	uint32_t	 se_sent;	/* ticks */
	int64_t		 se_due;	/* next time */
	uint32_t	 se_scope;
	uint16_t	 se_mss, se_win;
	uint8_t		 se_sndscale, se_rcvscale, se_tries;
	uint8_t		 se_flags;
#define SE_TS		0x01
#define SE_SACK		0x02
#define SE_WS		0x04
#define SE_ECN		0x08
#define SE_ACKED	0x10		/* TCP_DEFER_ACCEPT: waits for data */
#define SE_COOKIE	0x20
#define SE_FO		0x40		/* asks for a Fast Open cookie */
};
void	tcp_se_fill(struct synent *, const struct seg *, struct inpcb *);
void	tcp_child_fill(struct tcpcb *, const struct synent *, int64_t);

/* diag.c: how many there are; those that fit into the array. */
struct tcpmini;
uint32_t tcp_sc_view(struct tcpmini *, uint32_t max);
uint32_t tcp_tw_view(struct tcpmini *, uint32_t max);

/* syncache.c, syncookie.c, fastopen.c */
/* so_lock of a listener held; lets it go. */
void	tcp_listen_input(struct inpcb *, struct seg *, uint32_t leastiss);
int	tcp_fo_syn(struct inpcb *, struct seg *);	/* true: taken */
void	tcp_listen_closed(struct inpcb *);
/* A SYN's answer for which nothing is kept; what it says when it returns. */
uint32_t tcp_cookie(const struct seg *);
uint32_t tcp_cookie_ts(const struct seg *, uint32_t ts);
int	tcp_cookie_active(const struct seg *);
int	tcp_cookie_check(const struct seg *, uint32_t ts, struct synent *);
void	tcp_fo_cookie(const struct inrcv *, uint8_t out[8]);
struct tcpfo {
	uint8_t		fo_cookie[16];
	uint8_t		fo_len;
	uint16_t	fo_mss;
	uint32_t	fo_sent;	/* bytes in the SYN */
};
int	tcp_fo_begin(struct tcpcb *);	/* true: the SYN waits for data */
void	tcp_fo_remember(const struct inaddr *, uint16_t mss,
	    const uint8_t *, unsigned len);
int	tcp_fo_recall(const struct inaddr *, struct tcpfo *);

/* timewait.c */
extern uint32_t tcp_tw_count;			/* [a] */
void	tcp_timewait(struct tcpcb *);		/* tp is closed after it */
/* True: taken (and freed); 0: not one of these, or it was reused. */
int	tcp_tw_input(struct seg *, uint32_t *issp);
/* May this pair be used again?  0 or EADDRNOTAVAIL; *issp: at least. */
int	tcp_tw_connect(const struct inpcb *, uint32_t *issp);

/* usrreq.c, sockopt.c */
int	tcp_setopt(struct socket *, int, int, const void *, unsigned);
int	tcp_getopt(struct socket *, int, int, void *, unsigned *);
void	tcp_optchanged(struct socket *, int);

#endif /* TCP_TCP_H */
