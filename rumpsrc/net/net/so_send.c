/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending.  A stream's bytes go to the end of so_snd, as far as there is
 * room, and pr_output takes them from there; others make one record, which
 * pr_send takes.  The short way for a small write on a connected stream is
 * so_sendfast().
 */
#include <asm/errno.h>
#include <kern/sched.h>
#include <kern/sig.h>
#include <kern/str.h>
#include <kern/uio.h>
#include <linux/tcp.h>
#include <net/ifnet.h>
#include "sock_priv.h"

/* A connected stream may be written to, as long as there is room. */
static inline int
so_maysend(const struct socket *so)
{

	return (so->so_state & SS_CONNECTED) && so->so_error == 0 &&
	    (so->so_snd.sb_flags & (SB_SHUT | SB_NOTSENT)) == 0;
}

int
so_sigpipe(int error, int msgflags)
{

	if ((msgflags & MSG_NOSIGNAL) == 0)
		rump_sig_self(RUMP_SIGPIPE);
	return error;
}

/*
 * Room for bytes at the end of sb: what is left of the last mbuf, when nobody
 * else looks at it.  NULL: none.
 */
static inline struct mbuf *
sb_tailroom(struct sockbuf *sb, size_t *room)
{
	struct mbuf *m = sb->sb_tail;

	return sb->sb_head != NULL && (*room = m_tailroom(m)) != 0 ? m : NULL;
}

long
so_sendfast(struct socket *so, const void *buf, size_t len)
{
	struct sockbuf *sb = &so->so_snd;
	struct mbuf *m;
	size_t room;

	if (so_badbuf(buf))
		return -1;
	rump_mutex_enter(&so->so_lock);
	if (!so_maysend(so) || sb_space(sb) < len || len > MBUF_MAX ||
	    len == 0)
		goto slow;
	if ((m = sb_tailroom(sb, &room)) != NULL && room >= len) {
		memcpy(m->m_data + m->m_len, buf, len);
		m->m_len += (uint32_t)len;
		sb->sb_cc += (uint32_t)len;
	} else {
		if ((m = m_get(len)) == NULL)
			goto slow;
		memcpy(m->m_data, buf, len);
		m->m_len = (uint32_t)len;
		sb_append1(sb, m);
	}
	/* They are taken; what goes wrong from here is so_error's. */
	(void)so->so_proto->pr_output(so, 0);
	rump_mutex_exit(&so->so_lock);
	return (long)len;
slow:
	rump_mutex_exit(&so->so_lock);
	return -1;
}

/* Moves n bytes to so_snd. */
static int
so_fill(struct socket *so, struct uio *uio, size_t n)
{
	struct sockbuf *sb = &so->so_snd;
	struct mbuf *m;
	size_t room, k;
	int error;

	if ((m = sb_tailroom(sb, &room)) != NULL) {
		k = room < n ? room : n;
		error = rump_uiomove(m->m_data + m->m_len, k, uio);
		if (error)
			return error;
		m->m_len += (uint32_t)k;
		sb->sb_cc += (uint32_t)k;
		n -= k;
	}
	while (n > 0) {
		k = n < MBUF_MAX ? n : MBUF_MAX;
		if ((m = m_get(k)) == NULL)
			return ENOBUFS;
		if ((error = rump_uiomove(m->m_data, k, uio)) != 0) {
			m_free(m);
			return error;
		}
		m->m_len = (uint32_t)k;
		sb_append1(sb, m);
		n -= k;
	}
	return 0;
}

/*
 * Until the stream is connected and has room (unless there is nothing to
 * send).  so_lock held.
 */
int
so_waitsend(struct socket *so, int msgflags, int64_t dl, int nothing)
{
	int error;

	for (;;) {
		if (so->so_error)
			return so_takeerror(so);
		if ((so->so_snd.sb_flags & SB_SHUT) ||
		    (so->so_state & (SS_CONNECTED | SS_CONNECTING)) == 0)
			return EPIPE;
		if ((so->so_state & SS_CONNECTED) &&
		    (nothing || (sb_space(&so->so_snd) > 0 &&
		    !so_sndfull(so, 0))))
			return 0;
		/* What was held back for more is what may be in the way. */
		if ((so->so_state & SS_CONNECTED) && so->so_snd.sb_cc != 0) {
			(void)so->so_proto->pr_output(so, 0);
			if (!so_sndfull(so, 0) && sb_space(&so->so_snd) > 0)
				continue;
		}
		if (msgflags & MSG_DONTWAIT) {
			so->so_snd.sb_flags |= SB_NOSPACE;
			if (so_lookagain(so))
				continue;
			return EAGAIN;
		}
		so->so_snd.sb_flags |= SB_WAIT | SB_NOSPACE;
		error = so_sleep(so, &so->so_snd.sb_cv, dl);
		if (error)
			return error == ETIMEDOUT ? EAGAIN : error;
	}
}

/* Memory is short for mbufs: what is on its way will free some. */
static int
so_nomem(struct socket *so, int msgflags, int64_t dl)
{
	int error;

	if ((msgflags & MSG_DONTWAIT) || so->so_snd.sb_cc == 0)
		return ENOBUFS;
	so->so_snd.sb_flags |= SB_WAIT | SB_NOSPACE;
	error = so_sleep(so, &so->so_snd.sb_cv, dl);
	return error == ETIMEDOUT ? EAGAIN : error;
}

static inline int
so_iszc(const struct socket *so, int msgflags)
{

	return (msgflags & MSG_ZEROCOPY) &&
	    (so->so_opt.so_flags & SOF_ZEROCOPY);
}

static int
so_sendstream(struct socket *so, struct uio *uio, int msgflags)
{
	int64_t dl = so_deadline(&so->so_snd);
	size_t total = uio->uio_resid, space;
	struct zcopy *zc = NULL;
	int error = 0;

	rump_mutex_enter(&so->so_lock);
	if (so_iszc(so, msgflags) && total != 0 &&
	    (error = so_zcbegin(so, &zc)) != 0) {
		rump_mutex_exit(&so->so_lock);
		return error;
	}
	do {
		error = so_waitsend(so, msgflags, dl, total == 0);
		if (error)
			break;
		if ((space = so_sndroom(so)) > uio->uio_resid)
			space = uio->uio_resid;
		error = zc == NULL ? so_fill(so, uio, space) :
		    so_zcfill(so, zc, uio, space);
		if (so->so_snd.sb_cc > 0 || (msgflags & MSG_FASTOPEN))
			(void)so->so_proto->pr_output(so, uio->uio_resid ?
			    msgflags | MSG_MORE : msgflags);
		if (error == ENOBUFS)
			error = so_nomem(so, msgflags, dl);
	} while (uio->uio_resid > 0 && error == 0);
	if (zc != NULL)
		so_zcend(so, zc, uio->uio_resid != total);
	rump_mutex_exit(&so->so_lock);
	if (uio->uio_resid != total)
		return 0;
	return error == EPIPE ? so_sigpipe(error, msgflags) : error;
}

/* One record's data in mbufs, with room for headers in front. */
static int
so_record(struct uio *uio, struct mbuf **mp)
{
	size_t left = uio->uio_resid, k = MBUF_MAX - MBUF_HDR;
	struct mbuf *m, *first = NULL, **tail = &first;
	int error = ENOBUFS;

	do {
		if (left < k)
			k = left;
		m = first == NULL ? m_gethdr(k) : m_get(k);
		if (m == NULL)
			goto fail;
		*tail = m;
		tail = &m->m_next;
		if ((error = rump_uiomove(m->m_data, k, uio)) != 0)
			goto fail;
		m->m_len = (uint32_t)k;
		first->m_pkt.ph_len += (uint32_t)k;
		left -= k;
		k = MBUF_MAX;
	} while (left > 0);
	*mp = first;
	return 0;
fail:
	m_freem(first);
	return error;
}

/* so_lock held. */
static int
so_checkrecord(struct socket *so, const struct sockaddr *to, int msgflags)
{

	if (so->so_error)
		return so_takeerror(so);
	if (so->so_snd.sb_flags & SB_SHUT)
		return so_sigpipe(EPIPE, msgflags);
	/* Of the others the protocol knows whether it needs one. */
	return (so->so_state & SS_CONNECTED) == 0 && to == NULL &&
	    (so->so_proto->pr_flags & PR_CONNECTED) ? ENOTCONN : 0;
}

/* MSG_ZEROCOPY: *zcp stays NULL when it means nothing. */
static int
so_zcrecord(struct socket *so, struct uio *uio, int msgflags,
    struct zcopy **zcp, struct mbuf **mp)
{
	int error = 0;

	if (uio->uio_resid != 0) {
		rump_mutex_enter(&so->so_lock);
		if (so_iszc(so, msgflags))
			error = so_zcbegin(so, zcp);
		rump_mutex_exit(&so->so_lock);
	}
	if (error)
		return error;
	return *zcp != NULL ? so_zcchain(*zcp, uio, mp) : so_record(uio, mp);
}

static int
so_sendrecord(struct socket *so, const struct sockaddr *to, unsigned tolen,
    struct uio *uio, struct mbuf *control, int msgflags)
{
	size_t total = uio->uio_resid;
	struct mbuf *m = NULL;
	struct zcopy *zc = NULL;
	int error;

	if (msgflags & MSG_OOB)
		error = EOPNOTSUPP;
	else if (total > sb_hiwat_get(&so->so_snd))
		error = EMSGSIZE;
	else if (msgflags & MSG_ZEROCOPY)
		error = so_zcrecord(so, uio, msgflags, &zc, &m);
	else
		error = so_record(uio, &m);
	if (error)
		goto out;
	/* The last one's error may be there by now, as lo only queues. */
	if (__atomic_load_n(&rump_drain_work, __ATOMIC_RELAXED))
		(void)rump_net_drain();
	rump_mutex_enter(&so->so_lock);
	if ((error = so_checkrecord(so, to, msgflags)) == 0) {
		error = so->so_proto->pr_send(so, m, to, tolen, control,
		    msgflags);
		m = control = NULL;
	}
	if (zc != NULL)
		so_zcend(so, zc, error == 0);
	zc = NULL;
	rump_mutex_exit(&so->so_lock);
	m_freem(m);
out:
	if (zc != NULL)
		so_zcend(so, zc, 0);
	cmsg_free(control);
	if (error)
		uio->uio_resid = total;
	return error;
}

/* MSG_FASTOPEN: connects by the way (RFC 7413). */
static int
so_fastopen(struct socket *so, const struct sockaddr *to, unsigned tolen,
    struct uio *uio, int msgflags)
{
	static const int on = 1;
	int error;

	/* With a cookie: connected at once, and what follows sends the SYN. */
	(void)so_setopt(so, SOL_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
	error = so_connect(so, to, tolen, (msgflags & MSG_DONTWAIT) != 0);
	return error ? error : so_sendstream(so, uio, msgflags);
}

int
so_send(struct socket *so, const struct sockaddr *to, unsigned tolen,
    struct uio *uio, struct mbuf *control, int msgflags)
{
	const struct protosw *pr = so->so_proto;

	if (pr->pr_sosend != NULL)
		return pr->pr_sosend(so, to, tolen, uio, control, msgflags);
	if ((pr->pr_flags & PR_STREAM) == 0)
		return so_sendrecord(so, to, tolen, uio, control, msgflags);
	cmsg_free(control);
	if ((msgflags & MSG_FASTOPEN) && to != NULL &&
	    (so->so_state & SS_CONNECTED) == 0)
		return so_fastopen(so, to, tolen, uio, msgflags);
	return so_sendstream(so, uio, msgflags);
}
