/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_UNIX: connecting. */
#include <asm/errno.h>
#include "unp.h"

void
unp_setpeer(struct socket *so, struct socket *peer)
{

	__atomic_store_n(&unp_of(so)->unp_peer, peer, __ATOMIC_RELEASE);
}

int
unp_connect2(struct socket *a, struct socket *b)
{
	struct socket *so[2] = { a, b };
	int i;

	for (i = 0; i < 2; i++) {
		rump_mutex_enter(&so[i]->so_lock);
		so_ref(so[1 - i]);
		unp_setpeer(so[i], so[1 - i]);
		unp_owncred(&unp_of(so[i])->unp_peercred);
		so[i]->so_state |= SS_CONNECTED | SS_WASCONN;
		rump_mutex_exit(&so[i]->so_lock);
	}
	return 0;
}

int
unp_listen(struct socket *so)
{

	if (unp_nameof(so) == NULL)
		return EINVAL;
	unp_owncred(&unp_of(so)->unp_peercred);
	return 0;
}

/* head's lock held: until its queue has room. */
static int
unp_awaitroom(struct socket *head, int nonblock, int64_t dl)
{
	int error = 0;

	while (error == 0) {
		if ((head->so_state & SS_LISTENING) == 0 ||
		    (head->so_rcv.sb_flags & SB_SHUT))
			return ECONNREFUSED;
		if (!so_qfull(head))
			return 0;
		if (nonblock)
			return EAGAIN;
		error = so_interrupted(rump_cv_timedwait_sig(
		    &unp_of(head)->unp_roomcv, &head->so_lock, dl), dl);
	}
	return error == ETIMEDOUT ? EAGAIN : error;
}

/*
 * head's lock held.  A connection whose other end is so.  This is the one
 * place with three locks: nobody else waits for one with so's in his hand.
 */
static int
unp_newconn(struct socket *head, struct socket *so)
{
	struct socket *new = so_newconn(head);
	struct unpcb *u;

	if (new == NULL)
		return ENOMEM;
	if ((u = unp_alloc(new)) == NULL) {
		rump_mutex_exit(&new->so_lock);
		so_rele(new);
		return ENOMEM;
	}
	u->unp_name = unp_nameof(head);
	__atomic_fetch_add(&u->unp_name->un_refs, 1, __ATOMIC_RELAXED);
	so_ref(so);
	unp_setpeer(new, so);
	unp_owncred(&u->unp_peercred);
	new->so_state |= SS_CONNECTED | SS_WASCONN;
	rump_mutex_enter(&unp_lock);
	u->unp_listener = unp_of(head);
	rump_mutex_exit(&unp_lock);
	rump_mutex_enter(&so->so_lock);
	so_ref(new);
	unp_setpeer(so, new);
	unp_of(so)->unp_peercred = unp_of(head)->unp_peercred;
	so_connected(so);
	rump_mutex_exit(&so->so_lock);
	so_ready(head, new);
	rump_mutex_exit(&new->so_lock);
	return 0;
}

static int
unp_connectto(struct socket *head, struct socket *so, int nonblock)
{
	int error;

	rump_mutex_enter(&head->so_lock);
	error = unp_awaitroom(head, nonblock, so_deadline(&so->so_snd));
	if (error == 0 && (so->so_state & (SS_LISTENING | SS_CONNECTED)))
		error = so->so_state & SS_LISTENING ? EINVAL : EISCONN;
	if (error == 0)
		error = unp_newconn(head, so);
	rump_mutex_exit(&head->so_lock);
	return error;
}

/* so_lock is let go meanwhile: SS_CONNECTING keeps others off. */
int
unp_connect(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	int error, nonblock = so->so_state & SS_NBIO;
	struct socket *head;

	if (!unp_isname(sa, len))
		return EINVAL;
	if ((so->so_opt.so_flags & SOF_PASSCRED) &&
	    (error = unp_autobind(so)) != 0)
		return error;
	if ((error = unp_lookup(sa, len, so->so_type, &head)) != 0)
		return error;
	so->so_state |= SS_CONNECTING;
	rump_mutex_exit(&so->so_lock);
	error = unp_connectto(head, so, nonblock);
	so_rele(head);
	rump_mutex_enter(&so->so_lock);
	so->so_state &= (uint16_t)~SS_CONNECTING;
	if (error)
		rump_cv_broadcast(&so->so_cv);
	return error;
}

int
unp_accepted(struct socket *so)
{

	rump_mutex_enter(&unp_lock);
	unp_of(so)->unp_listener = NULL;
	rump_mutex_exit(&unp_lock);
	/* There is room in the queue: see unp_awaitroom(). */
	rump_cv_broadcast(&unp_of(so->so_head)->unp_roomcv);
	return 0;
}

/*
 * A datagram socket's peer is old no more: what others sent is lost, as Linux
 * has it, and old told if it is connected to so.  Takes old's reference;
 * so_lock is let go meanwhile.
 */
static void
unp_parted(struct socket *so, struct socket *old)
{
	struct mbuf *recs = unp_takeall(so);

	rump_mutex_exit(&so->so_lock);
	if (recs != NULL) {
		rump_cv_broadcast(&unp_of(so)->unp_roomcv);
		unp_wakepollers(unp_of(so));
		unp_freerecs(recs);
		rump_mutex_enter(&old->so_lock);
		if (!(old->so_state & SS_DEAD) && unp_peerof(old) == so)
			so_seterror(old, ECONNRESET);
		rump_mutex_exit(&old->so_lock);
	}
	so_rele(old);
	rump_mutex_enter(&so->so_lock);
}

int
unp_disconnect(struct socket *so)
{
	struct socket *old = unp_peerof(so);

	unp_setpeer(so, NULL);
	so->so_state &= (uint16_t)~SS_CONNECTED;
	if (old != NULL)
		unp_parted(so, old);
	return 0;
}

int
unp_connectdgram(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct socket *peer, *old;
	int error;

	if (!unp_isname(sa, len))
		return EINVAL;
	if ((so->so_opt.so_flags & SOF_PASSCRED) &&
	    (error = unp_autobind(so)) != 0)
		return error;
	if ((error = unp_lookup(sa, len, SOCK_DGRAM, &peer)) != 0)
		return error;
	if (unp_peerof(peer) != NULL && unp_peerof(peer) != so) {
		so_rele(peer);
		return EPERM;
	}
	old = unp_peerof(so);
	unp_setpeer(so, peer);
	if (old == peer)
		so_rele(old);
	else if (old != NULL)
		unp_parted(so, old);
	return 0;
}
