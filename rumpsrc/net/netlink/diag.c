/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NETLINK_SOCK_DIAG: sockets of TCP, UDP and raw ones (inet_diag).  Each PCB
 * is looked at under its socket's lock, its message made without.
 */
#include <asm/errno.h>
#include <linux/in.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <net/tcpdiag.h>
#include "nl.h"

#define ST_ESTABLISHED	1
#define ST_CLOSE	7
#define ST_LISTEN	10

struct pcbview {			/* a PCB as it was */
	struct inet_diag_msg	 pv_msg;
	struct inet_diag_meminfo pv_mem;
	uint32_t		 pv_skmem[SK_MEMINFO_VARS];
	uint32_t		 pv_mark;
	uint8_t			 pv_shut, pv_tos, pv_v6only;
};

struct diag {
	struct nlreq		*di_r;
	struct inet_diag_req_v2	 di_req;
	unsigned		 di_found;
};

static void
view_addr(int family, const struct inaddr *a, __be32 *to)
{

	if (family == AF_INET)
		to[0] = a->ia_w[3];
	else if (!(inaddr_is4(a) && inaddr_isany(a)))
		memcpy(to, a, 16);
}

static void
view_mem(const struct socket *so, struct pcbview *pv)
{
	const struct sockbuf *rcv = &so->so_rcv, *snd = &so->so_snd;

	pv->pv_mem.idiag_rmem = rcv->sb_mem;
	pv->pv_mem.idiag_wmem = snd->sb_mem;
	pv->pv_mem.idiag_tmem = snd->sb_mem;
	pv->pv_skmem[SK_MEMINFO_RMEM_ALLOC] = rcv->sb_mem;
	pv->pv_skmem[SK_MEMINFO_RCVBUF] = rcv->sb_hiwat;
	pv->pv_skmem[SK_MEMINFO_SNDBUF] = snd->sb_hiwat;
	pv->pv_skmem[SK_MEMINFO_WMEM_QUEUED] = snd->sb_mem;
	pv->pv_skmem[SK_MEMINFO_DROPS] = so->so_drops;
}

/* Caller holds so_lock. */
static void
view_take(const struct inpcb *inp, const struct socket *so, unsigned state,
    struct pcbview *pv)
{
	struct inet_diag_msg *m = &pv->pv_msg;
	uint64_t ino = so->so_ino;

	memset(pv, 0, sizeof(*pv));
	m->idiag_family = inp->inp_family;
	m->idiag_state = (uint8_t)state;
	m->id.idiag_sport = inp->inp_lport;
	m->id.idiag_dport = inp->inp_fport;
	if (so->so_type == SOCK_RAW)
		m->id.idiag_sport = net16(so->so_protocol);
	view_addr(inp->inp_family, &inp->inp_laddr, m->id.idiag_src);
	view_addr(inp->inp_family, &inp->inp_faddr, m->id.idiag_dst);
	m->id.idiag_if = inp->inp_bindif;
	if (m->id.idiag_if == 0)
		m->id.idiag_if = inp->inp_lscope;
	memcpy(m->id.idiag_cookie, &ino, sizeof(ino));
	m->idiag_uid = so->so_cred->cr_euid;
	if (!(so->so_state & SS_NOFILE))
		m->idiag_inode = (uint32_t)ino;
	if (state == ST_LISTEN) {
		m->idiag_rqueue = so->so_qlen;
		m->idiag_wqueue = so->so_qlimit;
	} else {
		m->idiag_rqueue = so->so_rcv.sb_cc;
		m->idiag_wqueue = so->so_snd.sb_cc;
	}
	view_mem(so, pv);
	pv->pv_mark = so->so_opt.so_mark;
	pv->pv_shut = (so->so_rcv.sb_flags & SB_SHUT ? 1 : 0) |
	    (so->so_snd.sb_flags & SB_SHUT ? 2 : 0);
	pv->pv_tos = inp->inp_tos;
	pv->pv_v6only = inp->inp_v6only;
}

static int
wants(const struct diag *di, unsigned ext)
{

	return di->di_req.idiag_ext >> (ext - 1) & 1;
}

static void
put_tcp(struct diag *di, struct socket *so)
{
	struct nlout *o = di->di_r->nr_out;
	struct tcp_info ti;
	char cc[16];
	unsigned len = sizeof(ti);

	if (wants(di, INET_DIAG_INFO) &&
	    so_getopt(so, SOL_TCP, TCP_INFO, &ti, &len) == 0)
		nl_attr(o, INET_DIAG_INFO, &ti, len);
	len = sizeof(cc) - 1;
	if (wants(di, INET_DIAG_CONG) &&
	    so_getopt(so, SOL_TCP, TCP_CONGESTION, cc, &len) == 0) {
		cc[len] = '\0';
		nl_attrstr(o, INET_DIAG_CONG, cc);
	}
}

static int
put_view(struct diag *di, struct socket *so, const struct pcbview *pv)
{
	struct nlout *o = di->di_r->nr_out;
	struct inet_diag_msg *m;

	m = nl_begin(o, SOCK_DIAG_BY_FAMILY, 0, sizeof(*m));
	if (m != NULL)
		memcpy(m, &pv->pv_msg, sizeof(*m));
	nl_attr8(o, INET_DIAG_SHUTDOWN, pv->pv_shut);
	if (wants(di, INET_DIAG_TOS) && pv->pv_msg.idiag_family == AF_INET)
		nl_attr8(o, INET_DIAG_TOS, pv->pv_tos);
	if (pv->pv_msg.idiag_family == AF_INET6) {
		if (wants(di, INET_DIAG_TCLASS))
			nl_attr8(o, INET_DIAG_TCLASS, pv->pv_tos);
		if (pv->pv_msg.idiag_state == ST_LISTEN ||
		    pv->pv_msg.idiag_state == ST_CLOSE)
			nl_attr8(o, INET_DIAG_SKV6ONLY, pv->pv_v6only);
	}
	if (pv->pv_mark != 0)
		nl_attr32(o, INET_DIAG_MARK, pv->pv_mark);
	if (wants(di, INET_DIAG_MEMINFO))
		nl_attr(o, INET_DIAG_MEMINFO, &pv->pv_mem,
		    sizeof(pv->pv_mem));
	if (wants(di, INET_DIAG_SKMEMINFO))
		nl_attr(o, INET_DIAG_SKMEMINFO, pv->pv_skmem,
		    sizeof(pv->pv_skmem));
	if (so->so_type == SOCK_STREAM)
		put_tcp(di, so);
	return nl_end(o);
}

static unsigned
pcb_state(const struct inpcb *inp, struct socket *so)
{
	struct tcp_info ti;
	unsigned len = sizeof(ti);

	if (so->so_type != SOCK_STREAM)
		return inp->inp_fport != 0 ||
		    (so->so_state & SS_CONNECTED) ? ST_ESTABLISHED : ST_CLOSE;
	if (so->so_state & SS_LISTENING)
		return ST_LISTEN;
	/* Its first byte; so_lock is held. */
	len = 1;
	if (so->so_proto->pr_getopt(so, SOL_TCP, TCP_INFO, &ti, &len) != 0)
		return ST_CLOSE;
	return ti.tcpi_state;
}

/* Does the request's id name it?  Zeroes match all. */
static int
id_matches(const struct diag *di, const struct pcbview *pv)
{
	const struct inet_diag_sockid *want = &di->di_req.id;
	const struct inet_diag_sockid *is = &pv->pv_msg.id;

	if ((want->idiag_sport != 0 &&
	    want->idiag_sport != is->idiag_sport) ||
	    (want->idiag_dport != 0 && want->idiag_dport != is->idiag_dport))
		return 0;
	return di->di_r->nr_dump ||
	    (memcmp(want->idiag_src, is->idiag_src, 16) == 0 &&
	    memcmp(want->idiag_dst, is->idiag_dst, 16) == 0);
}

static int
diag_pcb(struct inpcb *inp, void *arg)
{
	struct diag *di = arg;
	struct socket *so = inp->inp_so;
	struct pcbview pv;
	unsigned state = 0;

	rump_mutex_enter(&so->so_lock);
	if (!(so->so_state & SS_DEAD) &&
	    (di->di_req.sdiag_family == AF_UNSPEC ||
	    di->di_req.sdiag_family == inp->inp_family))
		state = pcb_state(inp, so);
	if (state != 0)
		view_take(inp, so, state, &pv);
	rump_mutex_exit(&so->so_lock);
	if (state == 0 || !(di->di_req.idiag_states >> state & 1) ||
	    !id_matches(di, &pv))
		return 0;
	/* One: the first that is found. */
	if (!di->di_r->nr_dump && di->di_found++ != 0)
		return 0;
	return put_view(di, so, &pv);
}

/* A connection that has no socket (yet, any more). */
static int
diag_mini(const struct tcpmini *tm, void *arg)
{
	struct diag *di = arg;
	int family = nl_family(&tm->tm_faddr);
	struct inet_diag_msg *m;
	struct pcbview pv;

	memset(&pv, 0, sizeof(pv));
	pv.pv_msg.idiag_family = (uint8_t)family;
	pv.pv_msg.idiag_state = tm->tm_state;
	pv.pv_msg.idiag_timer = tm->tm_left != 0 ? 3 : 0;
	pv.pv_msg.idiag_expires = tm->tm_left;
	pv.pv_msg.id.idiag_sport = tm->tm_lport;
	pv.pv_msg.id.idiag_dport = tm->tm_fport;
	view_addr(family, &tm->tm_laddr, pv.pv_msg.id.idiag_src);
	view_addr(family, &tm->tm_faddr, pv.pv_msg.id.idiag_dst);
	if ((di->di_req.sdiag_family != AF_UNSPEC &&
	    di->di_req.sdiag_family != family) ||
	    !(di->di_req.idiag_states >> tm->tm_state & 1) ||
	    !id_matches(di, &pv) || (!di->di_r->nr_dump &&
	    di->di_found++ != 0))
		return 0;
	m = nl_begin(di->di_r->nr_out, SOCK_DIAG_BY_FAMILY, 0, sizeof(*m));
	if (m != NULL)
		memcpy(m, &pv.pv_msg, sizeof(*m));
	return nl_end(di->di_r->nr_out);
}

static int
diag_inet(struct nlreq *r)
{
	struct diag di = { .di_r = r };
	struct inpcbtable *it;
	int error, table;

	if ((error = nl_parse(r, sizeof(di.di_req))) != 0)
		return error;
	memcpy(&di.di_req, r->nr_body, sizeof(di.di_req));
	switch (di.di_req.sdiag_protocol) {
	case IPPROTO_TCP: table = IPT_TCP; break;
	case IPPROTO_UDP: table = IPT_UDP; break;
	case IPPROTO_RAW: table = IPT_RAW; break;
	default: return ENOENT;
	}
	if (!r->nr_dump)
		di.di_req.idiag_states = ~0U;
	it = __atomic_load_n(&rump_inpcbtables[table], __ATOMIC_ACQUIRE);
	if (it != NULL && (error = inpcb_walk(it, diag_pcb, &di)) != 0)
		return error;
	if (table == IPT_TCP && rump_tcp_walkmini != NULL &&
	    (error = rump_tcp_walkmini(diag_mini, &di)) != 0)
		return error;
	return r->nr_dump || di.di_found != 0 ? 0 : ENOENT;
}

int
nl_diag(struct nlreq *r)
{
	int error;

	if (r->nr_h->nlmsg_type == SOCK_DESTROY)
		return EOPNOTSUPP;
	if (r->nr_h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return EINVAL;
	if ((error = nl_body(r, sizeof(struct sock_diag_req))) != 0)
		return error;
	switch (((const struct sock_diag_req *)r->nr_body)->sdiag_family) {
	case AF_UNSPEC:
	case AF_INET:
	case AF_INET6:
		return diag_inet(r);
	case AF_UNIX:
		return nl_unixdiag(r);
	}
	return ENOENT;
}
