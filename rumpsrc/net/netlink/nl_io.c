/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes through sockets of AF_NETLINK: a request's way to its handlers and
 * the answers' way back.  A dump is made at once, a snapshot; what so_rcv has
 * no room for waits until the user reads.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/uio.h>
#include "nl.h"

#define NL_MAXREQ	65536U	/* bytes of one sendmsg() */

/* --- answers --- */
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

void
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

/* --- requests --- */
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
		if (nl.nl_groups != 0 &&
		    (error = rump_capable(CAP_NET_ADMIN)) != 0)
			return error;
		port = nl.nl_pid;
	}
	return port != 0 ? ECONNREFUSED : nl_setport(so, 0);
}

int
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
