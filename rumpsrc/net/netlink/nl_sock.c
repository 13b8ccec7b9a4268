/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of AF_NETLINK: names, groups, options; a request's way to its
 * handlers and the answers' way back.  A dump is made at once, a snapshot;
 * what so_rcv has no room for waits until the user reads.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/uio.h>
#include <kern/procnode.h>
#include "nl.h"

#define NL_MAXREQ	65536U	/* bytes of one sendmsg() */

static struct rump_mutex nl_lock;
static struct nlpcb *nl_all;		/* [nl_lock] */
static uint32_t nl_lastport;		/* [nl_lock] */
uint64_t nl_groups;

static inline struct nlpcb *
nl_of(const struct socket *so)
{

	return so->so_pcb;
}

/*
 * Life and names.
 */
static int
nl_attach(struct socket *so, int proto)
{
	struct nlpcb *np;

	if (proto != NETLINK_ROUTE && proto != NETLINK_SOCK_DIAG &&
	    proto != NETLINK_GENERIC && proto != NETLINK_KOBJECT_UEVENT)
		return EPROTONOSUPPORT;
	so->so_protocol = (uint16_t)proto;
	if ((np = rump_kmem_zalloc(sizeof(*np))) == NULL)
		return ENOBUFS;
	np->np_so = so;
	so->so_pcb = np;
	rump_mutex_enter(&nl_lock);
	np->np_next = nl_all;
	nl_all = np;
	rump_mutex_exit(&nl_lock);
	return 0;
}

/* Caller holds nl_lock. */
static void
nl_regroup(void)
{
	const struct nlpcb *np;
	uint64_t all = 0;

	for (np = nl_all; np != NULL; np = np->np_next)
		if (np->np_so->so_protocol == NETLINK_ROUTE)
			all |= __atomic_load_n(&np->np_groups,
			    __ATOMIC_RELAXED);
	__atomic_store_n(&nl_groups, all, __ATOMIC_RELAXED);
}

static void
nl_setgroups(struct nlpcb *np, uint64_t groups)
{

	rump_mutex_enter(&nl_lock);
	__atomic_store_n(&np->np_groups, groups, __ATOMIC_RELAXED);
	nl_regroup();
	rump_mutex_exit(&nl_lock);
	if (groups != 0 && np->np_so->so_protocol == NETLINK_ROUTE)
		nl_watch();
}

static void
nl_detach(struct socket *so)
{
	struct nlpcb *np = nl_of(so), **pp;
	struct mbuf *q;

	rump_mutex_enter(&nl_lock);
	for (pp = &nl_all; *pp != NULL && *pp != np; pp = &(*pp)->np_next)
		;
	if (*pp != NULL)
		*pp = np->np_next;
	nl_regroup();
	rump_mutex_exit(&nl_lock);
	so->so_state |= SS_DEAD;
	q = np->np_pend;
	np->np_pend = np->np_pendlast = NULL;
	m_freeq(q);
}

static void
nl_free(struct socket *so)
{

	if (nl_of(so) != NULL)
		rump_kmem_free(nl_of(so), sizeof(struct nlpcb));
}

/* Caller holds nl_lock. */
static int
nl_portused(const struct socket *so, uint32_t port)
{
	const struct nlpcb *np;

	for (np = nl_all; np != NULL; np = np->np_next)
		if (np->np_port == port &&
		    np->np_so->so_protocol == so->so_protocol)
			return 1;
	return 0;
}

/* port 0: the process's number, or one that nobody has. */
static int
nl_setport(struct socket *so, uint32_t port)
{
	struct nlpcb *np = nl_of(so);
	int error = 0;

	rump_mutex_enter(&nl_lock);
	if (np->np_port != 0) {
		error = port != 0 && port != np->np_port ? EINVAL : 0;
		goto out;
	}
	if (port == 0) {
		port = (uint32_t)curproc->p_pid;
		while (port == 0 || nl_portused(so, port))
			port = (uint32_t)-4096 - nl_lastport++ % (1U << 30);
	} else if (nl_portused(so, port)) {
		error = EADDRINUSE;
	}
	if (error == 0)
		__atomic_store_n(&np->np_port, port, __ATOMIC_RELAXED);
out:
	rump_mutex_exit(&nl_lock);
	return error;
}

static int
nl_sockaddr(const struct sockaddr *sa, unsigned len, struct sockaddr_nl *nl)
{

	if (len < sizeof(*nl))
		return EINVAL;
	memcpy(nl, sa, sizeof(*nl));
	return nl->nl_family == AF_NETLINK ? 0 : EINVAL;
}

static int
nl_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct nlpcb *np = nl_of(so);
	struct sockaddr_nl nl;
	uint64_t groups;
	int error;

	if ((error = nl_sockaddr(sa, len, &nl)) != 0 ||
	    (error = nl_setport(so, nl.nl_pid)) != 0)
		return error;
	groups = __atomic_load_n(&np->np_groups, __ATOMIC_RELAXED);
	nl_setgroups(np, (groups & ~0xffffffffULL) | nl.nl_groups);
	so->so_state |= SS_BOUND;
	return 0;
}

static int
nl_connect(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct sockaddr_nl nl;
	int error;

	if ((error = nl_sockaddr(sa, len, &nl)) != 0)
		return error;
	if (nl.nl_groups != 0 && (error = rump_suser()) != 0)
		return error;
	if ((error = nl_setport(so, 0)) != 0)
		return error;
	nl_of(so)->np_dst = nl.nl_pid;
	so_connected(so);
	return 0;
}

static int
nl_disconnect(struct socket *so)
{

	nl_of(so)->np_dst = 0;
	so->so_state &= (uint16_t)~SS_CONNECTED;
	return 0;
}

static void
nl_name(struct sockaddr *sa, unsigned *lenp, uint32_t port, uint32_t groups)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = port,
	    .nl_groups = groups };

	memcpy(sa, &nl, sizeof(nl));
	*lenp = sizeof(nl);
}

static int
nl_sockname(struct socket *so, struct sockaddr *sa, unsigned *lenp)
{
	const struct nlpcb *np = nl_of(so);

	nl_name(sa, lenp, __atomic_load_n(&np->np_port,
	    __ATOMIC_RELAXED), (uint32_t)np->np_groups);
	return 0;
}

static int
nl_peername(struct socket *so, struct sockaddr *sa, unsigned *lenp)
{

	nl_name(sa, lenp, nl_of(so)->np_dst, 0);
	return 0;
}

/*
 * Options.
 */
static uint32_t
nl_optbit(int name)
{

	switch (name) {
	case NETLINK_PKTINFO: return NLO_PKTINFO;
	case NETLINK_CAP_ACK: return NLO_CAPACK;
	case NETLINK_EXT_ACK: return NLO_EXTACK;
	case NETLINK_GET_STRICT_CHK: return NLO_STRICT;
	case NETLINK_NO_ENOBUFS: return NLO_NOENOBUFS;
	case NETLINK_BROADCAST_ERROR: return NLO_BCASTERR;
	case NETLINK_LISTEN_ALL_NSID: return NLO_ALLNSID;
	}
	return 0;
}

static int
nl_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	struct nlpcb *np = nl_of(so);
	uint64_t groups = np->np_groups, bit;
	uint32_t v = 0;

	if (level != SOL_NETLINK)
		return ENOPROTOOPT;
	if (len >= sizeof(v))
		memcpy(&v, val, sizeof(v));
	if (name == NETLINK_ADD_MEMBERSHIP ||
	    name == NETLINK_DROP_MEMBERSHIP) {
		if (v == 0 || v > 64)
			return EINVAL;
		bit = 1ULL << (v - 1);
		nl_setgroups(np, name == NETLINK_ADD_MEMBERSHIP ?
		    groups | bit : groups & ~bit);
		return 0;
	}
	if (nl_optbit(name) == 0)
		return ENOPROTOOPT;
	__atomic_store_n(&np->np_opts, v ? np->np_opts | nl_optbit(name) :
	    np->np_opts & ~nl_optbit(name), __ATOMIC_RELAXED);
	return 0;
}

static int
nl_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	const struct nlpcb *np = nl_of(so);
	unsigned room = *lenp;
	int v;

	if (level != SOL_NETLINK)
		return ENOPROTOOPT;
	if (name == NETLINK_LIST_MEMBERSHIPS) {
		*lenp = sizeof(np->np_groups);
		memcpy(val, &np->np_groups, room < *lenp ? room : *lenp);
		return 0;
	}
	if (nl_optbit(name) == 0)
		return ENOPROTOOPT;
	if (room < sizeof(v))
		return EINVAL;
	v = (np->np_opts & nl_optbit(name)) != 0;
	memcpy(val, &v, sizeof(v));
	*lenp = sizeof(v);
	return 0;
}

/*
 * Answers.
 */
static int
nl_queue(struct socket *so, struct mbuf *m, uint32_t group)
{
	struct nl_pktinfo pi = { group };
	struct mbuf *control = NULL;
	struct sockaddr_nl nl;
	unsigned len;

	nl_name((struct sockaddr *)(void *)&nl, &len, 0,
	    group != 0 && group <= 32 ? 1U << (group - 1) : 0);
	if (nl_of(so)->np_opts & NLO_PKTINFO)
		(void)cmsg_add(&control, SOL_NETLINK, NETLINK_PKTINFO, &pi,
		    sizeof(pi));
	if (sb_appendaddr(&so->so_rcv, (struct sockaddr *)(void *)&nl, len, m,
	    control) == 0)
		return 0;
	cmsg_free(control);
	return ENOBUFS;
}

/* so_lock held: as much of what waits as there is room for. */
static void
nl_refill(struct socket *so)
{
	struct nlpcb *np = nl_of(so);
	struct mbuf *m;

	while ((m = np->np_pend) != NULL && (so->so_rcv.sb_head == NULL ||
	    sb_space(&so->so_rcv) > 0)) {
		if ((np->np_pend = m->m_nextpkt) == NULL)
			np->np_pendlast = NULL;
		m->m_nextpkt = NULL;
		if (m->m_len == 0) {
			m_freem(m);
			continue;
		}
		if (nl_queue(so, m, 0) != 0) {
			m_freem(m);
			if ((np->np_opts & NLO_NOENOBUFS) == 0)
				so_seterror(so, ENOBUFS);
		}
	}
}

static void
nl_rcvd(struct socket *so, size_t n)
{

	(void)n;
	if (nl_of(so)->np_pend != NULL)
		nl_refill(so);
}

static void
nl_reply(struct socket *so, struct nlout *o)
{
	struct nlpcb *np = nl_of(so);

	if (o->no_first == NULL)
		return;
	rump_mutex_enter(&so->so_lock);
	if (so->so_state & SS_DEAD) {
		rump_mutex_exit(&so->so_lock);
		nl_outfree(o);
		return;
	}
	if (np->np_pendlast != NULL)
		np->np_pendlast->m_nextpkt = o->no_first;
	else
		np->np_pend = o->no_first;
	np->np_pendlast = o->no_last;
	nl_refill(so);
	so_wake_read(so);
	rump_mutex_exit(&so->so_lock);
	o->no_first = o->no_last = NULL;
}

/* Caller holds so_lock: a copy of each packet. */
static void
nl_tell(struct socket *so, const struct nlout *o, unsigned group)
{
	const struct mbuf *m;
	struct mbuf *c;

	for (m = o->no_first; m != NULL; m = m->m_nextpkt) {
		if (m->m_len == 0)
			continue;
		c = m_dup(m, 0, m->m_len);
		if (c != NULL && nl_queue(so, c, group) == 0) {
			so_wake_read(so);
			continue;
		}
		m_freem(c);
		if ((nl_of(so)->np_opts & NLO_NOENOBUFS) == 0)
			so_seterror(so, ENOBUFS);
	}
}

/* Those who joined; referenced when there is a list for them. */
static unsigned
nl_members(unsigned group, struct socket **list)
{
	struct nlpcb *np;
	unsigned n = 0;

	for (np = nl_all; np != NULL; np = np->np_next) {
		if (np->np_so->so_protocol != NETLINK_ROUTE ||
		    !(__atomic_load_n(&np->np_groups, __ATOMIC_RELAXED) >>
		    (group - 1) & 1))
			continue;
		if (list != NULL)
			so_ref(list[n] = np->np_so);
		n++;
	}
	return n;
}

void
nl_multicast(struct nlout *o, unsigned group)
{
	struct socket **list = NULL;
	unsigned i, n, size;

	rump_mutex_enter(&nl_lock);
	size = n = nl_members(group, NULL);
	if (n > 0 && (list = rump_kmem_alloc(size * sizeof(*list))) != NULL)
		(void)nl_members(group, list);
	rump_mutex_exit(&nl_lock);
	for (i = 0; list != NULL && i < n; i++) {
		rump_mutex_enter(&list[i]->so_lock);
		if ((list[i]->so_state & SS_DEAD) == 0)
			nl_tell(list[i], o, group);
		rump_mutex_exit(&list[i]->so_lock);
		so_rele(list[i]);
	}
	if (list != NULL)
		rump_kmem_free(list, size * sizeof(*list));
	nl_outfree(o);
}

/*
 * Requests.
 */
static int
nl_handle(const struct socket *so, struct nlreq *r)
{

	switch (so->so_protocol) {
	case NETLINK_ROUTE:
		return nl_route(r);
	case NETLINK_SOCK_DIAG:
		return nl_diag(r);
	case NETLINK_GENERIC:
		return ENOENT;
	}
	return 0;
}

/* One message, whose length is right. */
static void
nl_message(struct socket *so, const struct nlmsghdr *h, uint32_t port)
{
	uint32_t opts = __atomic_load_n(&nl_of(so)->np_opts, __ATOMIC_RELAXED);
	struct nlout o;
	struct nlreq r;
	int error = 0, *done;

	if (!(h->nlmsg_flags & NLM_F_REQUEST))
		return;
	r.nr_h = h;
	r.nr_out = &o;
	r.nr_strict = (opts & NLO_STRICT) != 0;
	/* A get's NLM_F_DUMP bits mean something else in others. */
	r.nr_dump = (h->nlmsg_flags & NLM_F_DUMP) != 0 &&
	    (so->so_protocol != NETLINK_ROUTE || (h->nlmsg_type & 3) == 2);
	nl_outinit(&o, port, h->nlmsg_seq, r.nr_dump);
	if (h->nlmsg_type >= NLMSG_MIN_TYPE)
		error = nl_handle(so, &r);
	if (error != 0 && r.nr_dump && o.no_first != NULL &&
	    error != ENOBUFS && error != ENOMEM)
		nl_outfree(&o);
	if (r.nr_dump && (error == 0 || o.no_first != NULL)) {
		done = nl_begin(&o, NLMSG_DONE, 0, sizeof(*done));
		if (done != NULL)
			*done = -error;
		(void)nl_end(&o);
	} else if (error != 0 || (h->nlmsg_flags & NLM_F_ACK)) {
		nl_error(&o, h, error, (opts & NLO_CAPACK) != 0);
	}
	nl_reply(so, &o);
}

static void
nl_input(struct socket *so, const uint8_t *p, size_t len)
{
	uint32_t port = __atomic_load_n(&nl_of(so)->np_port, __ATOMIC_RELAXED);
	const struct nlmsghdr *h;
	size_t n;

	for (; len >= sizeof(*h); p += n, len -= n) {
		h = (const void *)p;
		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len)
			return;
		nl_message(so, h, port);
		n = NLMSG_ALIGN((size_t)h->nlmsg_len);
		if (n > len)
			n = len;
	}
}

/* Where to: only the kernel listens. */
static int
nl_dest(struct socket *so, const struct sockaddr *to, unsigned tolen)
{
	uint32_t port = nl_of(so)->np_dst;
	struct sockaddr_nl nl;
	int error;

	if (to != NULL) {
		if ((error = nl_sockaddr(to, tolen, &nl)) != 0)
			return error;
		if (nl.nl_groups != 0 && (error = rump_suser()) != 0)
			return error;
		port = nl.nl_pid;
	}
	return port != 0 ? ECONNREFUSED : nl_setport(so, 0);
}

static int
nl_sosend(struct socket *so, const struct sockaddr *to, unsigned tolen,
    struct uio *uio, struct mbuf *control, int flags)
{
	size_t len = uio->uio_resid;
	uint8_t *buf = NULL;
	int error;

	cmsg_free(control);
	if (flags & MSG_OOB)
		return EOPNOTSUPP;
	if ((error = nl_dest(so, to, tolen)) != 0)
		return error;
	if (len == 0)
		return ENODATA;
	if (len > sb_hiwat_get(&so->so_snd) - 32 || len > NL_MAXREQ)
		return EMSGSIZE;
	if ((buf = rump_kmem_alloc(len)) == NULL)
		return ENOBUFS;
	error = rump_uiomove(buf, len, uio);
	if (error == 0)
		nl_input(so, buf, len);
	else
		uio->uio_resid = len;
	rump_kmem_free(buf, len);
	return error;
}

#define NL_COMMON							\
	.pr_family = AF_NETLINK,					\
	.pr_flags = PR_ADDR,						\
	.pr_attach = nl_attach,						\
	.pr_detach = nl_detach,						\
	.pr_free = nl_free,						\
	.pr_bind = nl_bind,						\
	.pr_connect = nl_connect,					\
	.pr_disconnect = nl_disconnect,					\
	.pr_rcvd = nl_rcvd,						\
	.pr_sockname = nl_sockname,					\
	.pr_peername = nl_peername,					\
	.pr_setopt = nl_setopt,						\
	.pr_getopt = nl_getopt,						\
	.pr_sosend = nl_sosend

static const struct protosw nl_raw = { NL_COMMON, .pr_type = SOCK_RAW };
static const struct protosw nl_dgram = { NL_COMMON, .pr_type = SOCK_DGRAM };
RUMP_PROTOSW(nl_raw);
RUMP_PROTOSW(nl_dgram);

/* nl_lock comes after a netlink socket's so_lock: what is seen is [a]. */
static int
netlink_read(struct text *tx, const struct procctx *pc)
{
	const struct nlpcb *np;
	const struct socket *so;

	(void)pc;
	rump_textf(tx, "sk               Eth Pid        Groups   Rmem     "
	    "Wmem     Dump  Locks    Drops    Inode\n");
	rump_mutex_enter(&nl_lock);
	for (np = nl_all; np != NULL; np = np->np_next) {
		so = np->np_so;
		rump_textf(tx, "%016lx %-3u %-10u %08x %-8d %-8d %-5d %-8u "
		    "%-8d %-8lu\n", 0UL, so->so_protocol, np->np_port,
		    (uint32_t)__atomic_load_n(&np->np_groups,
		    __ATOMIC_RELAXED), 0, 0, 0, __atomic_load_n(&so->so_refs,
		    __ATOMIC_RELAXED), 0, (unsigned long)so->so_ino);
	}
	rump_mutex_exit(&nl_lock);
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/netlink", netlink_read);
}
