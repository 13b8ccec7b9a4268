/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_UNIX: sending.  The sender is charged for what has not been received,
 * up to SO_SNDBUF; records are built without any lock and hung into the
 * receiver's queue under its lock.
 */
#include <asm/errno.h>
#include <kern/str.h>
#include <kern/uio.h>
#include "unp.h"

#define UNP_OVERHEAD	512U	/* what a small record costs besides data */
#define UNP_CHUNK	32768U	/* most bytes of one record of a stream */

static void
unp_charge(struct socket *so, uint32_t n)
{

	unp_of(so)->unp_wmem += n;
}

static void
unp_uncharge(struct socket *so, uint32_t n)
{
	struct unpcb *u = unp_of(so);

	rump_mutex_enter(&so->so_lock);
	u->unp_wmem -= n;
	if ((so->so_snd.sb_flags & SB_NOSPACE) && unp_writable(so))
		so_wake_write(so);
	rump_mutex_exit(&so->so_lock);
}

/* Whoever frees one holds no lock: files may be closed. */
static void
unp_freerec(struct mbuf *m)
{
	struct unprec *ur = mtod(m, struct unprec *);

	unp_uncharge(ur->ur_from, ur->ur_mem);
	so_rele(ur->ur_from);
	if (ur->ur_rights != NULL) {
		unp_rightsout(ur->ur_rights);
		unp_rightsfree(ur->ur_rights);
	}
	m_freem(m);
}

void
unp_freerecs(struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		unp_freerec(m);
	}
}

struct mbuf *
unp_takeall(struct socket *so)
{
	struct mbuf *m = so->so_rcv.sb_head;

	so->so_rcv.sb_head = so->so_rcv.sb_tail = NULL;
	unp_of(so)->unp_oob = NULL;
	so->so_rcv.sb_cc = so->so_rcv.sb_mem = 0;
	__atomic_store_n(&unp_of(so)->unp_qlen, 0, __ATOMIC_RELEASE);
	return m;
}

/* A record of len bytes from the user; mem has been charged to so. */
static int
unp_mkrec(struct socket *so, struct uio *uio, size_t len, uint32_t mem,
    struct unpctl *uc, struct mbuf **mp)
{
	size_t k = MBUF_MAX - sizeof(struct unprec), left = len;
	struct mbuf *first = NULL, *m, **tail = &first;
	struct unprec *ur;
	int error = ENOBUFS;

	do {
		if (left < k)
			k = left;
		m = m_get(first == NULL ? k + sizeof(*ur) : k);
		if ((*tail = m) == NULL)
			goto fail;
		tail = &m->m_next;
		if (m == first)
			m->m_len = sizeof(*ur);
		error = rump_uiomove(m->m_data + m->m_len, k, uio);
		if (error)
			goto fail;
		m->m_len += (uint32_t)k;
		left -= k;
		k = MBUF_MAX;
	} while (left > 0);
	ur = mtod(first, struct unprec *);
	memset(ur, 0, sizeof(*ur));
	so_ref(ur->ur_from = so);
	ur->ur_mem = mem;
	ur->ur_len = (uint32_t)len;
	ur->ur_cred = uc->uc_cred;
	ur->ur_rights = uc->uc_rights;
	uc->uc_rights = NULL;
	*mp = first;
	return 0;
fail:
	m_freem(first);
	return error;
}

/* A record that nobody got: its rights go back to uc. */
static void
unp_unmkrec(struct mbuf *m, struct unpctl *uc)
{
	struct unprec *ur = mtod(m, struct unprec *);

	uc->uc_rights = ur->ur_rights;
	ur->ur_rights = NULL;
	unp_freerec(m);
}

/* peer's lock held. */
static void
unp_enqueue(struct socket *peer, struct mbuf *m)
{
	struct unprec *ur = mtod(m, struct unprec *);
	struct sockbuf *sb = &peer->so_rcv;

	if (ur->ur_rights != NULL)
		unp_rightsin(unp_of(peer), ur->ur_rights);
	if (sb->sb_head == NULL)
		sb->sb_head = m;
	else
		sb->sb_tail->m_nextpkt = m;
	sb->sb_tail = m;
	sb->sb_cc += ur->ur_len;
	__atomic_fetch_add(&unp_of(peer)->unp_qlen, 1, __ATOMIC_RELEASE);
	so_wake_read(peer);
}

/* so_lock held: until the sender may be charged for mem more. */
static int
unp_waitroom(struct socket *so, int flags, int64_t dl)
{
	int error = 0;

	for (;;) {
		if (so->so_snd.sb_flags & SB_SHUT)
			return EPIPE;
		if (so->so_error) {
			error = so->so_error;
			so->so_error = 0;
			return error;
		}
		if (unp_of(so)->unp_wmem < so->so_snd.sb_hiwat)
			return 0;
		so->so_snd.sb_flags |= SB_NOSPACE;
		if (flags & MSG_DONTWAIT)
			return EAGAIN;
		so->so_snd.sb_flags |= SB_WAIT;
		error = so_sleep(so, &so->so_snd.sb_cv, dl);
		if (error)
			return error == ETIMEDOUT ? EAGAIN : error;
	}
}

/* Charges for len bytes; the peer to send to, referenced. */
static int
unp_reserve(struct socket *so, size_t len, int flags, int64_t dl,
    uint32_t *memp, struct socket **peerp)
{
	int error;

	rump_mutex_enter(&so->so_lock);
	if ((error = unp_waitroom(so, flags, dl)) == 0) {
		*memp = (uint32_t)len + UNP_OVERHEAD;
		unp_charge(so, *memp);
		if ((*peerp = unp_peerof(so)) != NULL)
			so_ref(*peerp);
	}
	rump_mutex_exit(&so->so_lock);
	return error;
}

/* One piece of a stream. */
static int
unp_sendpiece(struct socket *so, struct uio *uio, size_t len, int flags,
    int64_t dl, struct unpctl *uc)
{
	struct socket *peer;
	struct mbuf *m;
	uint32_t mem;
	int error;

	if ((error = unp_reserve(so, len, flags, dl, &mem, &peer)) != 0)
		return error;
	if ((error = unp_mkrec(so, uio, len, mem, uc, &m)) != 0) {
		unp_uncharge(so, mem);
		goto out;
	}
	rump_mutex_enter(&peer->so_lock);
	if ((peer->so_state & SS_DEAD) || (peer->so_rcv.sb_flags & SB_SHUT))
		error = EPIPE;
	else {
		unp_enqueue(peer, m);
		if (flags & MSG_OOB)
			unp_markoob(peer, m);
	}
	rump_mutex_exit(&peer->so_lock);
	if (error) {
		uio->uio_resid += len;
		unp_unmkrec(m, uc);
	}
out:
	so_rele(peer);
	return error;
}

/* For who sends nothing; a piece finds out by itself. */
static int
unp_checkshut(struct socket *so)
{
	int shut;

	rump_mutex_enter(&so->so_lock);
	shut = (so->so_snd.sb_flags & SB_SHUT) != 0;
	rump_mutex_exit(&so->so_lock);
	return shut ? EPIPE : 0;
}

int
unp_sendstream(struct socket *so, const struct sockaddr *to, unsigned tolen,
    struct uio *uio, struct mbuf *control, int flags)
{
	int64_t dl = so_deadline(&so->so_snd);
	size_t total = uio->uio_resid, len, most, last = 0;
	struct unpctl uc;
	int error;

	(void)tolen;
	if ((error = unp_control(control, &uc)) != 0)
		return error;
	if (flags & MSG_OOB)
		last = 1;	/* the urgent byte goes alone */
	if (last && total == 0)
		error = EOPNOTSUPP;
	else if (to != NULL)
		error = unp_peerof(so) != NULL ? EISCONN : EOPNOTSUPP;
	else if (unp_peerof(so) == NULL)
		error = ENOTCONN;
	else if (total == 0)
		error = unp_checkshut(so);
	most = sb_hiwat_get(&so->so_snd) / 2 - 64;
	if (most > UNP_CHUNK)
		most = UNP_CHUNK;
	while (uio->uio_resid > last && error == 0) {
		len = uio->uio_resid - last;
		error = unp_sendpiece(so, uio, len < most ? len : most,
		    flags & ~MSG_OOB, dl, &uc);
	}
	if (last && error == 0)
		error = unp_sendpiece(so, uio, 1, flags, dl, &uc);
	unp_dropcontrol(&uc);
	if (uio->uio_resid != total)
		return 0;
	return error == EPIPE ? so_sigpipe(error, flags) : error;
}

/*
 * Datagrams, and the records of SOCK_SEQPACKET.
 */

/* Whom to send to, referenced. */
static int
unp_target(struct socket *so, const struct sockaddr *to, unsigned tolen,
    struct socket **peerp)
{
	int error = 0;

	if (to != NULL && so->so_type == SOCK_DGRAM)
		return unp_lookup(to, tolen, SOCK_DGRAM, peerp);
	rump_mutex_enter(&so->so_lock);
	if ((*peerp = unp_peerof(so)) == NULL)
		error = ENOTCONN;
	else
		so_ref(*peerp);
	rump_mutex_exit(&so->so_lock);
	return error;
}

/* peer's lock held: it may get so's datagram, and has room. */
static int
unp_dgramroom(struct socket *so, struct socket *peer, int flags, int64_t dl)
{
	struct socket *pp;
	int error = 0;

	for (;;) {
		if (peer->so_state & SS_DEAD)
			return so->so_type == SOCK_DGRAM ? ECONNREFUSED :
			    EPIPE;
		if ((pp = unp_peerof(peer)) != NULL && pp != so)
			return EPERM;
		if (peer->so_rcv.sb_flags & SB_SHUT)
			return EPIPE;
		if (pp == so || !unp_qfull(peer))
			return 0;
		if (flags & MSG_DONTWAIT)
			return EAGAIN;
		error = so_interrupted(rump_cv_timedwait_sig(
		    &unp_of(peer)->unp_roomcv, &peer->so_lock, dl), dl);
		if (error)
			return error == ETIMEDOUT ? EAGAIN : error;
	}
}

/* A connected socket whose peer has gone is not connected any more. */
static void
unp_forget(struct socket *so, struct socket *peer)
{
	int was;

	rump_mutex_enter(&so->so_lock);
	if ((was = unp_peerof(so) == peer))
		(void)unp_disconnect(so);
	rump_mutex_exit(&so->so_lock);
}

static int
unp_deliver(struct socket *so, struct socket *peer, struct mbuf *m, int flags,
    int64_t dl)
{
	int error;

	rump_mutex_enter(&peer->so_lock);
	if ((error = unp_dgramroom(so, peer, flags, dl)) == 0)
		unp_enqueue(peer, m);
	rump_mutex_exit(&peer->so_lock);
	if (error == ECONNREFUSED)
		unp_forget(so, peer);
	return error;
}

/* Of SOCK_SEQPACKET this comes before all else. */
static int
unp_notsend(struct socket *so)
{
	int error;

	rump_mutex_enter(&so->so_lock);
	if ((error = so->so_error) != 0)
		so->so_error = 0;
	else if (unp_peerof(so) == NULL)
		error = ENOTCONN;
	rump_mutex_exit(&so->so_lock);
	return error;
}

int
unp_senddgram(struct socket *so, const struct sockaddr *to, unsigned tolen,
    struct uio *uio, struct mbuf *control, int flags)
{
	int64_t dl = so_deadline(&so->so_snd);
	size_t total = uio->uio_resid;
	struct socket *peer = NULL, *unused = NULL;
	struct unpctl uc;
	struct mbuf *m;
	uint32_t mem;
	int error;

	if (so->so_type == SOCK_SEQPACKET && (error = unp_notsend(so)) != 0) {
		cmsg_free(control);
		return error;
	}
	if ((error = unp_control(control, &uc)) != 0)
		return error;
	if (flags & MSG_OOB)
		error = EOPNOTSUPP;
	else if (to != NULL && so->so_type == SOCK_DGRAM &&
	    !unp_isname(to, tolen))
		error = EINVAL;
	else if (total > sb_hiwat_get(&so->so_snd) - 32)
		error = EMSGSIZE;
	if (error == 0 && (so_flags_get(so) & SOF_PASSCRED)) {
		rump_mutex_enter(&so->so_lock);
		error = unp_autobind(so);
		rump_mutex_exit(&so->so_lock);
	}
	if (error == 0 && (error = unp_reserve(so, total, flags, dl, &mem,
	    &unused)) == 0) {
		if ((error = unp_mkrec(so, uio, total, mem, &uc, &m)) != 0)
			unp_uncharge(so, mem);
		else if ((error = unp_target(so, to, tolen, &peer)) != 0 ||
		    (error = unp_deliver(so, peer, m, flags, dl)) != 0)
			unp_unmkrec(m, &uc);
	}
	if (error)
		uio->uio_resid = total;
	unp_dropcontrol(&uc);
	if (unused != NULL)
		so_rele(unused);
	if (peer != NULL)
		so_rele(peer);
	return error;
}
