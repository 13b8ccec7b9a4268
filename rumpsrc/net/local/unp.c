/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_UNIX: the protocols' tables, life of a socket, poll, ioctl, options. */
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <asm/poll.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/str.h>
#include "unp.h"

struct rump_mutex unp_lock;
struct unpcb *unp_all;

void
unp_owncred(struct ucred *uc)
{
	const struct cred *cr = rump_cred_cur();

	uc->pid = curproc->p_pid;
	uc->uid = cr->cr_euid;
	uc->gid = cr->cr_egid;
}

struct unpcb *
unp_alloc(struct socket *so)
{
	struct unpcb *u = rump_kmem_zalloc(sizeof(*u));

	if (u == NULL)
		return NULL;
	u->unp_so = so;
	so->so_pcb = u;			/* rump_unp_walk() looks at it */
	u->unp_peercred.uid = u->unp_peercred.gid = UINT32_MAX;
	rump_mutex_enter(&unp_lock);
	if ((u->unp_next = unp_all) != NULL)
		unp_all->unp_prevp = &u->unp_next;
	u->unp_prevp = &unp_all;
	unp_all = u;
	rump_mutex_exit(&unp_lock);
	return u;
}

static int
unp_attach(struct socket *so, int proto)
{

	if (proto != 0 && proto != AF_UNIX)
		return EPROTONOSUPPORT;
	so->so_protocol = 0;
	return unp_alloc(so) != NULL ? 0 : ENOBUFS;
}

static void
unp_free(struct socket *so)
{
	struct unpcb *u = unp_of(so);

	if (u == NULL)
		return;
	rump_mutex_enter(&unp_lock);
	if ((*u->unp_prevp = u->unp_next) != NULL)
		u->unp_next->unp_prevp = u->unp_prevp;
	rump_mutex_exit(&unp_lock);
	if (u->unp_name != NULL)
		unp_namerele(u->unp_name);
	rump_kmem_free(u, sizeof(*u));
}

/* The other end of a connection sees its end. */
static void
unp_hangup(struct socket *so, struct socket *peer, int reset)
{

	rump_mutex_enter(&peer->so_lock);
	if (unp_peerof(peer) == so) {
		peer->so_snd.sb_flags |= SB_SHUT;
		so_cantrecv(peer);
		if (reset)
			so_seterror(peer, ECONNRESET);
	}
	rump_mutex_exit(&peer->so_lock);
}

/* so_lock is let go meanwhile: SS_DEAD keeps others off. */
static void
unp_detach(struct socket *so)
{
	struct unpcb *u = unp_of(so);
	struct mbuf *recs = unp_takeall(so);
	struct socket *peer = u->unp_peer;
	int embryo = so->so_head != NULL;

	so->so_state |= SS_DEAD;
	so->so_rcv.sb_flags |= SB_SHUT;
	so->so_snd.sb_flags |= SB_SHUT;
	__atomic_store_n(&u->unp_peer, NULL, __ATOMIC_RELEASE);
	rump_cv_broadcast(&u->unp_roomcv);
	rump_mutex_exit(&so->so_lock);
	unp_unbind(u);
	if (peer != NULL) {
		if (so->so_type != SOCK_DGRAM)
			unp_hangup(so, peer, recs != NULL || embryo);
		so_rele(peer);
	}
	unp_wakepollers(u);
	unp_freerecs(recs);
	if (__atomic_load_n(&unp_ninflight, __ATOMIC_RELAXED) != 0)
		unp_gc();
	rump_mutex_enter(&so->so_lock);
}

/* how, seen from the other end: it cannot send, it gets no more. */
static void
unp_shutpeer(struct socket *peer, int how)
{

	rump_mutex_enter(&peer->so_lock);
	if (how != SHUT_WR)
		so_cantsend(peer);
	if (how != SHUT_RD)
		so_cantrecv(peer);
	rump_mutex_exit(&peer->so_lock);
}

static int
unp_shutdown(struct socket *so, int how)
{
	struct socket *peer = unp_peerof(so);

	if (how != SHUT_WR)
		so_cantrecv(so);
	if (how != SHUT_RD)
		so_cantsend(so);
	rump_cv_broadcast(&unp_of(so)->unp_roomcv);
	rump_cv_broadcast(&so->so_cv);
	if (peer == NULL || so->so_type == SOCK_DGRAM)
		return 0;
	so_ref(peer);
	rump_mutex_exit(&so->so_lock);
	unp_shutpeer(peer, how);
	so_rele(peer);
	rump_mutex_enter(&so->so_lock);
	return 0;
}

static int
unp_sockname(struct socket *so, struct sockaddr *sa, unsigned *lenp)
{

	unp_putname(so, sa, lenp);
	return 0;
}

static int
unp_peername(struct socket *so, struct sockaddr *sa, unsigned *lenp)
{

	if (unp_peerof(so) == NULL)
		return ENOTCONN;
	unp_putname(unp_peerof(so), sa, lenp);
	return 0;
}

static int
unp_peergroups(struct socket *so, void *val, unsigned *lenp)
{
	const struct socket *peer = unp_peerof(so);
	unsigned len;

	if (peer == NULL)
		return ENODATA;
	len = peer->so_cred->cr_ngroups * (unsigned)sizeof(uint32_t);
	if (*lenp < len)
		return ERANGE;
	memcpy(val, peer->so_cred->cr_groups, len);
	*lenp = len;
	return 0;
}

static int
unp_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	const struct ucred *uc = &unp_of(so)->unp_peercred;

	if (level != SOL_SOCKET)
		return EOPNOTSUPP;
	if (name == SO_PEERGROUPS)
		return unp_peergroups(so, val, lenp);
	if (name != SO_PEERCRED)
		return ENOPROTOOPT;
	if (*lenp > sizeof(*uc))
		*lenp = sizeof(*uc);
	memcpy(val, uc, *lenp);
	return 0;
}

static int
unp_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{

	(void)so, (void)level, (void)name, (void)val, (void)len;
	return EOPNOTSUPP;
}

static int
unp_ioctl(struct socket *so, unsigned long cmd, void *uarg)
{
	const struct unprec *ur;
	int v;

	switch (cmd) {
	case FIONREAD:
		if (so->so_state & SS_LISTENING)
			return EINVAL;
		v = (int)so->so_rcv.sb_cc;
		if (so->so_type == SOCK_DGRAM && so->so_rcv.sb_head != NULL) {
			ur = mtod(so->so_rcv.sb_head, const struct unprec *);
			v = (int)ur->ur_len;
		}
		break;
	case TIOCOUTQ:
		v = (int)unp_of(so)->unp_wmem;
		break;
	case SIOCATMARK:
		if (so->so_type != SOCK_STREAM)
			return EOPNOTSUPP;
		v = unp_atmark(so);
		break;
	default:
		return ENOTTY;
	}
	return rump_copyout(&v, uarg, sizeof(v));
}

/*
 * Datagrams to a socket whose queue is full: the poller is told when there is
 * room.  True: it has to wait.
 */
static int
unp_pollfull(struct socket *so)
{
	struct socket *peer = unp_peerof(so);
	struct unpcb *u = unp_of(so), *p;
	int full;

	if (so->so_type != SOCK_DGRAM || peer == NULL ||
	    unp_peerof(peer) == so || !unp_qfull(peer))
		return 0;
	p = unp_of(peer);
	rump_mutex_enter(&unp_lock);
	full = unp_qfull(peer);
	if (full && !u->unp_polling) {
		u->unp_polling = 1;
		so_ref(so);
		u->unp_pnext = p->unp_pollers;
		__atomic_store_n(&p->unp_pollers, u, __ATOMIC_SEQ_CST);
		full = unp_qfull(peer);
	}
	rump_mutex_exit(&unp_lock);
	return full;
}

void
unp_wakepollers(struct unpcb *p)
{
	struct unpcb *u, *next;

	if (__atomic_load_n(&p->unp_pollers, __ATOMIC_SEQ_CST) == NULL)
		return;
	rump_mutex_enter(&unp_lock);
	u = p->unp_pollers;
	p->unp_pollers = NULL;
	for (next = u; next != NULL; next = next->unp_pnext)
		next->unp_polling = 0;
	rump_mutex_exit(&unp_lock);
	for (; u != NULL; u = next) {
		next = u->unp_pnext;
		rump_selnotify(&u->unp_so->so_sel,
		    POLLOUT | POLLWRNORM | POLLWRBAND);
		so_rele(u->unp_so);
	}
}

static int
unp_poll(struct socket *so, int events)
{
	int shut = (int)(so->so_rcv.sb_flags & so->so_snd.sb_flags), r = 0;

	(void)events;
	if (so->so_error || so->so_errq != NULL)
		r |= POLLERR;
	if ((shut & SB_SHUT) || (so->so_type != SOCK_DGRAM &&
	    (so->so_state & SS_CONNECTED) == 0))
		r |= POLLHUP;
	if (so->so_rcv.sb_flags & SB_SHUT)
		r |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (so->so_rcv.sb_cc > 0 || (so->so_type != SOCK_STREAM &&
	    so->so_rcv.sb_head != NULL))
		r |= POLLIN | POLLRDNORM;
	if (unp_of(so)->unp_oob != NULL)
		r |= POLLPRI;
	if (unp_writable(so) && ((events & (POLLOUT | POLLWRNORM |
	    POLLWRBAND)) == 0 || !unp_pollfull(so)))
		r |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return r;
}

#define UNP_COMMON							\
	.pr_family = AF_UNIX,						\
	.pr_attach = unp_attach,					\
	.pr_detach = unp_detach,					\
	.pr_free = unp_free,						\
	.pr_bind = unp_bind,						\
	.pr_connect2 = unp_connect2,					\
	.pr_shutdown = unp_shutdown,					\
	.pr_sockname = unp_sockname,					\
	.pr_peername = unp_peername,					\
	.pr_setopt = unp_setopt,					\
	.pr_getopt = unp_getopt,					\
	.pr_ioctl = unp_ioctl,						\
	.pr_poll = unp_poll

static const struct protosw unp_stream = {
	UNP_COMMON,
	.pr_type = SOCK_STREAM,
	.pr_flags = PR_CONNECTED | PR_RIGHTS | PR_OWNPOLL,
	.pr_listen = unp_listen,
	.pr_accepted = unp_accepted,
	.pr_connect = unp_connect,
	.pr_sosend = unp_sendstream,
	.pr_soreceive = unp_recvstream,
};

static const struct protosw unp_seqpacket = {
	UNP_COMMON,
	.pr_type = SOCK_SEQPACKET,
	.pr_flags = PR_CONNECTED | PR_RIGHTS | PR_OWNPOLL,
	.pr_listen = unp_listen,
	.pr_accepted = unp_accepted,
	.pr_connect = unp_connect,
	.pr_sosend = unp_senddgram,
	.pr_soreceive = unp_recvdgram,
};

static const struct protosw unp_dgram = {
	UNP_COMMON,
	.pr_type = SOCK_DGRAM,
	.pr_flags = PR_RIGHTS | PR_OWNPOLL | PR_ADDR,
	.pr_connect = unp_connectdgram,
	.pr_disconnect = unp_disconnect,
	.pr_sosend = unp_senddgram,
	.pr_soreceive = unp_recvdgram,
};
RUMP_PROTOSW(unp_stream);
RUMP_PROTOSW(unp_seqpacket);
RUMP_PROTOSW(unp_dgram);
