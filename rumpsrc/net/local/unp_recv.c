/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_UNIX: receiving.  Records that are done with are freed after so_lock was
 * let go, since that takes the sender's.
 */
#include <asm/errno.h>
#include <kern/uio.h>
#include "unp.h"

/* One call; records it has finished. */
struct unprcv {
	struct uio	*rv_uio;
	struct mbuf	**rv_controlp;	/* NULL: not wanted */
	struct sockaddr	*rv_sa;
	unsigned	*rv_lenp;	/* NULL: not wanted */
	struct mbuf	*rv_done;
	struct unprights *rv_lost;	/* files that nobody asked for */
	struct ucred	 rv_cred;
	int		 rv_flags;
	int		 rv_checkcred;	/* rv_cred is that of what was read */
	int		 rv_rights;	/* files were among it */
	size_t		 rv_total;	/* bytes wanted */
	size_t		 rv_skip;	/* SO_PEEK_OFF: bytes before */
};

/* n bytes of a record's data from offset off; so_lock held. */
static int
unp_copyout(const struct mbuf *m, size_t off, size_t n, struct uio *uio)
{
	size_t k;
	int error;

	for (off += sizeof(struct unprec); n > 0; m = m->m_next) {
		if (off >= m->m_len) {
			off -= m->m_len;
			continue;
		}
		k = m->m_len - off < n ? m->m_len - off : n;
		error = rump_uiomove(m->m_data + off, k, uio);
		if (error)
			return error;
		n -= k;
		off = 0;
	}
	return 0;
}

/* Takes the first record off, for unp_freerecs(). */
static void
unp_dequeue(struct socket *so, struct unprcv *rv)
{
	struct sockbuf *sb = &so->so_rcv;
	struct mbuf *m = sb->sb_head;

	if ((sb->sb_head = m->m_nextpkt) == NULL)
		sb->sb_tail = NULL;
	sb->sb_cc -= mtod(m, struct unprec *)->ur_len;
	__atomic_fetch_sub(&unp_of(so)->unp_qlen, 1, __ATOMIC_SEQ_CST);
	m->m_nextpkt = rv->rv_done;
	rv->rv_done = m;
}

static void
unp_finish(struct unprcv *rv)
{

	unp_freerecs(rv->rv_done);
	rv->rv_done = NULL;
	if (rv->rv_lost != NULL)
		unp_rightsfree(rv->rv_lost);
	rv->rv_lost = NULL;
}

/* What comes with a record: credentials, files, the sender's name. */
static void
unp_ancillary(struct socket *so, struct unprec *ur, struct unprcv *rv)
{
	int peek = rv->rv_flags & MSG_PEEK;
	struct unprights *ri = ur->ur_rights;

	if (rv->rv_lenp != NULL) {
		*rv->rv_lenp = 0;
		if (unp_nameof(ur->ur_from) != NULL)
			unp_putname(ur->ur_from, rv->rv_sa, rv->rv_lenp);
	}
	if (rv->rv_controlp != NULL && !rv->rv_checkcred &&
	    (so->so_opt.so_flags & SOF_PASSCRED))
		(void)cmsg_add(rv->rv_controlp, SOL_SOCKET, SCM_CREDENTIALS,
		    &ur->ur_cred, sizeof(ur->ur_cred));
	rv->rv_cred = ur->ur_cred;
	rv->rv_checkcred = (so->so_opt.so_flags & SOF_PASSCRED) != 0;
	if (ri == NULL)
		return;
	rv->rv_rights = 1;
	if (!peek) {
		unp_rightsout(ri);
		ur->ur_rights = NULL;
	}
	if (rv->rv_controlp == NULL) {
		if (!peek)
			rv->rv_lost = ri;
		return;
	}
	unp_rightsgive(ri, peek, rv->rv_controlp);
}

static int
unp_samecred(const struct ucred *a, const struct ucred *b)
{

	return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/* so_lock held.  How much there is to read from m; moves it out. */
static int
unp_readrec(struct socket *so, struct mbuf *m, struct unprcv *rv)
{
	struct unprec *ur = mtod(m, struct unprec *);
	size_t n = ur->ur_len, off = ur->ur_off;
	int error, peek = rv->rv_flags & MSG_PEEK;

	if (peek && rv->rv_skip != 0) {
		if (n <= rv->rv_skip) {
			rv->rv_skip -= n;
			return 0;
		}
		off += rv->rv_skip;
		n -= rv->rv_skip;
		rv->rv_skip = 0;
	}
	if (n > rv->rv_uio->uio_resid)
		n = rv->rv_uio->uio_resid;
	if ((error = unp_copyout(m, off, n, rv->rv_uio)) != 0)
		return error;
	unp_ancillary(so, ur, rv);
	so_peektaken(so, n, peek);
	if (peek)
		return 0;
	ur->ur_off += (uint32_t)n;
	ur->ur_len -= (uint32_t)n;
	so->so_rcv.sb_cc -= (uint32_t)n;
	if (ur->ur_len == 0)
		unp_dequeue(so, rv);
	return 0;
}

/*
 * The record to read in the place of m: no call reads across the urgent byte,
 * and one that begins at it goes on behind, unless it is inline.  A byte that
 * was read as urgent left its place.  NULL: nothing more for now.
 */
static struct mbuf *
unp_oobrec(struct socket *so, struct mbuf *m, struct unprcv *rv)
{
	struct unpcb *u = unp_of(so);
	struct mbuf *next = m->m_nextpkt;
	int peek = rv->rv_flags & MSG_PEEK;
	int some = rv->rv_uio->uio_resid != rv->rv_total;

	if (mtod(m, struct unprec *)->ur_len == 0) {
		if (some && (u->unp_oob == NULL || u->unp_oob == m))
			return NULL;
		if (!peek)
			unp_dequeue(so, rv);
		if ((m = next) == NULL)
			return NULL;
		next = m->m_nextpkt;
	}
	if (m != u->unp_oob)
		return m;
	if (some)
		return NULL;
	if (!peek)
		u->unp_oob = NULL;
	if (so->so_opt.so_flags & SOF_OOBINLINE)
		return m;
	if (!peek)
		unp_dequeue(so, rv);
	return next;
}

/* Reads records of a stream as far as one call may.  True: it ends here. */
static int
unp_readrecs(struct socket *so, struct unprcv *rv, int *error)
{
	struct mbuf *m, *next;
	struct unprec *ur;

	rv->rv_skip = rv->rv_uio->uio_resid == rv->rv_total ?
	    so_peekfrom(so) : 0;
	for (m = so->so_rcv.sb_head; m != NULL; m = next) {
		ur = mtod(m, struct unprec *);
		if (m == unp_of(so)->unp_oob || ur->ur_len == 0) {
			if ((m = unp_oobrec(so, m, rv)) == NULL)
				return rv->rv_uio->uio_resid != rv->rv_total;
			ur = mtod(m, struct unprec *);
		}
		next = m->m_nextpkt;
		if (rv->rv_checkcred && !unp_samecred(&rv->rv_cred,
		    &ur->ur_cred))
			return 1;
		if ((*error = unp_readrec(so, m, rv)) != 0)
			return 1;
		if (rv->rv_rights || rv->rv_uio->uio_resid == 0)
			return 1;
	}
	return rv->rv_flags & MSG_PEEK &&
	    rv->rv_uio->uio_resid != rv->rv_total;
}

/* Nothing is there.  -1: look again; else the end of the call. */
static int
unp_wait(struct socket *so, int flags, int64_t dl)
{
	int error;

	if (so->so_error) {
		error = so->so_error;
		so->so_error = 0;
		return error;
	}
	if (so->so_rcv.sb_flags & SB_SHUT)
		return 0;
	if (flags & MSG_DONTWAIT)
		return EAGAIN;
	so->so_rcv.sb_flags |= SB_WAIT;
	error = so_sleep(so, &so->so_rcv.sb_cv, dl);
	return error == 0 ? -1 : error == ETIMEDOUT ? EAGAIN : error;
}

static int
unp_doreadstream(struct socket *so, struct unprcv *rv, size_t target,
    int64_t dl)
{
	size_t total = rv->rv_total = rv->rv_uio->uio_resid;
	int error = 0;

	if (target == 0)
		target = 1;
	if ((so->so_state & (SS_CONNECTED | SS_WASCONN)) == 0)
		return EINVAL;
	do {
		if (unp_readrecs(so, rv, &error) ||
		    total - rv->rv_uio->uio_resid >= target)
			break;
		/* The sender may wait for the room of what was read. */
		if (rv->rv_done != NULL) {
			rump_mutex_exit(&so->so_lock);
			unp_finish(rv);
			rump_mutex_enter(&so->so_lock);
			error = -1;
			continue;
		}
		error = unp_wait(so, rv->rv_flags, dl);
	} while (error == -1);
	return rv->rv_uio->uio_resid != total ? 0 : error;
}

int
unp_recvstream(struct socket *so, struct sockaddr *sa, unsigned *lenp,
    struct uio *uio, struct mbuf **controlp, int *msgflagsp)
{
	struct unprcv rv = { .rv_uio = uio, .rv_controlp = controlp,
	    .rv_sa = sa, .rv_lenp = lenp, .rv_flags = *msgflagsp };
	int64_t dl = so_deadline(&so->so_rcv);
	size_t target;
	int error;

	*msgflagsp = 0;
	rump_mutex_enter(&so->so_lock);
	if (rv.rv_flags & MSG_OOB) {
		*msgflagsp = rv.rv_flags & MSG_PEEK;
		error = unp_recvoob(so, uio, msgflagsp);
		rump_mutex_exit(&so->so_lock);
		return error;
	}
	target = rv.rv_flags & MSG_WAITALL ||
	    so->so_rcv.sb_lowat > uio->uio_resid ? uio->uio_resid :
	    so->so_rcv.sb_lowat;
	error = unp_doreadstream(so, &rv, target, dl);
	rump_mutex_exit(&so->so_lock);
	unp_finish(&rv);
	return error;
}

/*
 * Datagrams and SOCK_SEQPACKET: one record, cut to what fits.
 */
static int
unp_onerec(struct socket *so, struct unprcv *rv, int *msgflagsp)
{
	struct mbuf *m = so->so_rcv.sb_head;
	size_t n, len, total = rv->rv_uio->uio_resid;
	int error, peek = rv->rv_flags & MSG_PEEK;
	size_t skip = peek ? so_peekfrom(so) : 0;
	struct unprec *ur;

	for (; skip != 0 && skip >= mtod(m, struct unprec *)->ur_len;
	    m = m->m_nextpkt) {
		if (m->m_nextpkt == NULL)
			return EAGAIN;
		skip -= mtod(m, struct unprec *)->ur_len;
	}
	ur = mtod(m, struct unprec *);
	n = len = ur->ur_len - skip;
	if (n > total) {
		n = total;
		*msgflagsp |= MSG_TRUNC;
	}
	error = unp_copyout(m, skip, n, rv->rv_uio);
	unp_ancillary(so, ur, rv);
	so_peektaken(so, peek ? n : len, peek);
	if (rv->rv_flags & MSG_TRUNC)
		rv->rv_uio->uio_resid = total - len;	/* may wrap */
	if ((rv->rv_flags & MSG_PEEK) == 0)
		unp_dequeue(so, rv);
	return error;
}

static int
unp_waitrec(struct socket *so, int flags, int64_t dl)
{
	int error = -1;

	if (so->so_type == SOCK_SEQPACKET &&
	    (so->so_state & (SS_CONNECTED | SS_WASCONN)) == 0)
		return ENOTCONN;
	while (error == -1) {
		if (so->so_rcv.sb_head != NULL && so->so_error == 0)
			return 0;
		if (so->so_type == SOCK_DGRAM && (flags & MSG_DONTWAIT) &&
		    so->so_error == 0)
			return EAGAIN;
		error = unp_wait(so, flags, dl);
	}
	return error;
}

int
unp_recvdgram(struct socket *so, struct sockaddr *sa, unsigned *lenp,
    struct uio *uio, struct mbuf **controlp, int *msgflagsp)
{
	struct unprcv rv = { .rv_uio = uio, .rv_controlp = controlp,
	    .rv_sa = sa, .rv_lenp = lenp, .rv_flags = *msgflagsp };
	int64_t dl = so_deadline(&so->so_rcv);
	int error;

	*msgflagsp = 0;
	if (rv.rv_flags & MSG_OOB)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	error = unp_waitrec(so, rv.rv_flags, dl);
	if (error == 0 && so->so_rcv.sb_head != NULL)
		error = unp_onerec(so, &rv, msgflagsp);
	rump_mutex_exit(&so->so_lock);
	if (rv.rv_done != NULL) {
		rump_cv_broadcast(&unp_of(so)->unp_roomcv);
		unp_wakepollers(unp_of(so));
	}
	unp_finish(&rv);
	return error;
}
