/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receiving.  Data are copied to the user under so_lock, straight from the
 * mbufs.  so_recvfast() is the short way for bytes that are there.
 */
#include <asm/errno.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/uio.h>
#include <linux/tcp.h>
#include <linux/time_types.h>
#include "sock_priv.h"

long
so_recvfast(struct socket *so, void *ubuf, size_t len)
{
	struct sockbuf *sb = &so->so_rcv;
	uint8_t *buf = ubuf;
	struct mbuf *m;
	size_t n, k;

	if (so_badbuf(ubuf))
		return -1;
	rump_mutex_enter(&so->so_lock);
	if ((n = sb->sb_cc) < sb->sb_lowat || n == 0 || len == 0 ||
	    (so->so_oobmark | (so->so_state & (SS_ATMARK | SS_PEEKOFF))) != 0 ||
	    (n > len && sb->sb_lowat > len)) {
		rump_mutex_exit(&so->so_lock);
		return -1;
	}
	if (n > len)
		n = len;
	for (len = n, m = sb->sb_head; len > 0; m = m->m_next) {
		k = m->m_len < len ? m->m_len : len;
		memcpy(buf, m->m_data, k);
		buf += k;
		len -= k;
	}
	sb_drop(sb, n);
	if (so->so_proto->pr_rcvd != NULL)
		so->so_proto->pr_rcvd(so, n);
	rump_mutex_exit(&so->so_lock);
	return (long)n;
}

/* Copies n bytes from offset off of a chain; uio NULL: nowhere. */
static int
so_copyout(const struct mbuf *m, size_t off, size_t n, struct uio *uio)
{
	size_t k;
	int error;

	for (; n > 0; m = m->m_next, off = 0) {
		if (off >= m->m_len) {
			off -= m->m_len;
			m = m->m_next;
			while (off >= m->m_len) {
				off -= m->m_len;
				m = m->m_next;
			}
		}
		k = m->m_len - off < n ? m->m_len - off : n;
		if ((error = rump_uiomove(m->m_data + off, k, uio)) != 0)
			return error;
		n -= k;
	}
	return 0;
}

/* n bytes of a stream were read. */
static void
so_taken(struct socket *so, size_t n)
{

	so->so_state &= (uint16_t)~SS_ATMARK;
	if (so->so_oobmark != 0 && (so->so_oobmark -= (uint32_t)n) == 0)
		so->so_state |= SS_ATMARK;
	sb_drop(&so->so_rcv, n);
	if (so->so_proto->pr_rcvd != NULL)
		so->so_proto->pr_rcvd(so, n);
}

/* n bytes of a stream, not beyond the urgent mark.  Returns how many. */
static int
so_take(struct socket *so, struct uio *uio, size_t n, int msgflags)
{
	struct sockbuf *sb = &so->so_rcv;
	int error = 0, peek = msgflags & MSG_PEEK;

	if (msgflags & MSG_TRUNC)
		uio->uio_resid -= n;
	else
		error = so_copyout(sb->sb_head, peek ? so_peekfrom(so) : 0, n,
		    uio);
	if (error == 0)
		so_peektaken(so, n, peek);
	if (error || peek)
		return error;
	so_taken(so, n);
	return 0;
}

/* Nothing more is to come: 0 at the end, or an error; -1: wait. */
static __attribute__((__noinline__)) int
so_rcvend(struct socket *so)
{

	int shut = so->so_rcv.sb_flags & SB_SHUT;

	/* EPIPE: a FIN came before. */
	if (so->so_error && !(shut && so->so_error == EPIPE))
		return so_takeerror(so);
	if (shut)
		return 0;
	if ((so->so_state & (SS_CONNECTED | SS_CONNECTING)) == 0)
		return so->so_state & SS_WASCONN ? 0 : ENOTCONN;
	return -1;
}

static int
so_waitdata(struct socket *so, int msgflags, int64_t dl)
{
	int error;

	if (msgflags & MSG_DONTWAIT)
		return so_lookagain(so) ? 0 : EAGAIN;
	so->so_rcv.sb_flags |= SB_WAIT;
	error = so_sleep(so, &so->so_rcv.sb_cv, dl);
	return error == ETIMEDOUT ? EAGAIN : error;
}

/*
 * How much a call waits for: of what stays in the buffer no more than fits
 * there.
 */
static size_t
so_target(const struct socket *so, size_t len, int msgflags)
{
	size_t t = so->so_rcv.sb_lowat;

	if ((msgflags & MSG_WAITALL) && (msgflags & MSG_PEEK) == 0)
		return len ? len : 1;
	if ((msgflags & MSG_WAITALL) || t > len)
		t = len;
	if (t > so->so_rcv.sb_hiwat)
		t = so->so_rcv.sb_hiwat;
	return t ? t : 1;
}

/* Bytes that one copy may take. */
static size_t
so_avail(const struct socket *so, size_t len)
{
	size_t n = so->so_rcv.sb_cc;

	if (so->so_oobmark != 0 && so->so_oobmark < n)
		n = so->so_oobmark;
	return n < len ? n : len;
}

/* MSG_PEEK: nothing is taken, so it waits for all at once.  so_lock held. */
static int
so_peekstream(struct socket *so, struct uio *uio, int msgflags, int64_t dl)
{
	const struct sockbuf *sb = &so->so_rcv;
	size_t from = so_peekfrom(so), n;
	size_t target = so_target(so, uio->uio_resid, msgflags) + from;
	int error = 0;

	while (sb->sb_cc < target && so->so_oobmark == 0) {
		if (sb->sb_cc > from && so->so_error)
			break;
		if ((error = so_rcvend(so)) != -1)
			break;
		if ((error = so_waitdata(so, msgflags, dl)) != 0)
			break;
	}
	n = so_avail(so, uio->uio_resid + from);
	return n <= from ? error : so_take(so, uio, n - from, msgflags);
}

/* so_lock held. */
static int
so_takestream(struct socket *so, struct uio *uio, int msgflags, int64_t dl)
{
	size_t target = so_target(so, uio->uio_resid, msgflags), got = 0, n;
	int error = 0;

	for (;;) {
		if (so->so_rcv.sb_cc > 0) {
			n = so_avail(so, uio->uio_resid);
			error = so_take(so, uio, n, msgflags);
			got += n;
			if (error || got >= target || uio->uio_resid == 0 ||
			    (so->so_state & SS_ATMARK))
				break;
		}
		so->so_state &= (uint16_t)~SS_ATMARK;	/* passed */
		if (got != 0 && so->so_error)
			break;
		if ((error = so_rcvend(so)) != -1)
			break;
		if ((error = so_waitdata(so, msgflags, dl)) != 0)
			break;
	}
	return error;
}

/* A packet on loan. */
struct mbufhold {
	struct filehold	 mh_hold;
	struct mbuf	*mh_mbuf;
};

static void
mbufhold_free(struct filehold *fh)
{
	struct mbufhold *mh = (struct mbufhold *)fh;

	m_free(mh->mh_mbuf);
	rump_kmem_free(mh, sizeof(*mh));
}

/* The first n bytes, all of one mbuf; so_lock held. */
static int
so_lendfirst(struct socket *so, size_t n, struct filelent *lt)
{
	struct mbufhold *mh = rump_kmem_alloc(sizeof(*mh));

	if (mh == NULL)
		return ENOMEM;
	mh->mh_hold.fh_refs = 1;
	mh->mh_hold.fh_free = mbufhold_free;
	if ((mh->mh_mbuf = m_copym(so->so_rcv.sb_head, 0, n)) == NULL) {
		rump_kmem_free(mh, sizeof(*mh));
		return ENOBUFS;
	}
	lt->lt_base = mh->mh_mbuf->m_data;
	lt->lt_len = n;
	lt->lt_hold = &mh->mh_hold;
	so_peektaken(so, n, 0);
	so_taken(so, n);
	return 0;
}

int
so_takelent(struct file *fp, size_t len, int wait, struct filelent *lt)
{
	struct socket *so = fp->f_data;
	int flags = wait ? sock_nonblock(fp) : MSG_DONTWAIT, error = 0;
	int64_t dl = so_deadline(&so->so_rcv);

	*lt = (struct filelent){ .lt_hold = NULL };
	if ((so->so_proto->pr_flags & PR_STREAM) == 0)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	while (so->so_rcv.sb_cc == 0 && error == 0) {
		if ((error = so_rcvend(so)) == -1)
			error = so_waitdata(so, flags, dl);
		else
			goto out;
	}
	if (error == 0) {
		len = so_avail(so, len);
		error = so_lendfirst(so, len < so->so_rcv.sb_head->m_len ?
		    len : so->so_rcv.sb_head->m_len, lt);
	}
out:
	rump_mutex_exit(&so->so_lock);
	return error;
}

/* TCP_INQ: what is left; 1 when that is the end. */
static void
so_tellinq(const struct socket *so, struct mbuf **controlp)
{
	int n = (int)so->so_rcv.sb_cc;

	if (n == 0 && (so->so_rcv.sb_flags & SB_SHUT))
		n = 1;
	(void)cmsg_add(controlp, SOL_TCP, TCP_CM_INQ, &n, sizeof(n));
}

static int
so_recvstream(struct socket *so, struct uio *uio, struct mbuf **controlp,
    int msgflags)
{
	int64_t dl = so_deadline(&so->so_rcv);
	size_t total = uio->uio_resid;
	uint8_t oob;
	int error;

	if ((msgflags & MSG_OOB) && so->so_proto->pr_rcvoob == NULL)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	if (msgflags & MSG_OOB) {
		error = so->so_proto->pr_rcvoob(so, &oob, msgflags);
		if (error == 0)
			error = rump_uiomove(&oob, 1, uio);
	} else if (msgflags & MSG_PEEK)
		error = so_peekstream(so, uio, msgflags, dl);
	else
		error = so_takestream(so, uio, msgflags, dl);
	if (uio->uio_resid != total)
		error = 0;
	if (error == 0 && controlp != NULL &&
	    (so->so_opt.so_flags & SOF_INQ))
		so_tellinq(so, controlp);
	rump_mutex_exit(&so->so_lock);
	return error;
}

/*
 * Records.
 */

/* Is there no record that a peek has not seen (SO_PEEK_OFF)? */
static int
so_allpeeked(struct socket *so, int msgflags)
{
	size_t from = msgflags & MSG_PEEK ? so_peekfrom(so) : 0, len;
	struct sbrec sr;

	if (from == 0)
		return 0;
	(void)sb_firstrec(&so->so_rcv, &sr, &len);
	return from >= len &&
	    sb_peekrec(&so->so_rcv, &from, &sr, &len) == NULL;
}

static int
so_waitrecord(struct socket *so, int msgflags)
{
	int64_t dl = so_deadline(&so->so_rcv);
	int error = 0;

	while (error == 0) {
		if (so->so_error)
			return so_takeerror(so);
		if (so->so_rcv.sb_head != NULL && !so_allpeeked(so, msgflags))
			return 0;
		if ((so->so_proto->pr_flags & PR_CONNECTED) &&
		    (so->so_state & (SS_CONNECTED | SS_WASCONN)) == 0)
			return ENOTCONN;
		if ((so->so_rcv.sb_flags & SB_SHUT) &&
		    (msgflags & MSG_DONTWAIT) == 0)
			return 0;
		error = so_waitdata(so, msgflags, dl);
	}
	return error;
}

/* SO_TIMESTAMP, SO_TIMESTAMPNS: when it came. */
static void
so_timestamp(const struct socket *so, int64_t t, struct mbuf **controlp)
{
	uint32_t fl = so->so_opt.so_flags;
	struct __kernel_timespec ts;

	if (t == 0)
		t = rump_walltime();
	ts.tv_sec = t / NSEC_PER_SEC;
	ts.tv_nsec = t % NSEC_PER_SEC;
	if (fl & SOF_TIMESTAMPNS) {
		(void)cmsg_add(controlp, SOL_SOCKET, fl & SOF_TSNEW ?
		    SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS_OLD, &ts, sizeof(ts));
		return;
	}
	ts.tv_nsec /= 1000;		/* a struct timeval */
	(void)cmsg_add(controlp, SOL_SOCKET, fl & SOF_TSNEW ?
	    SO_TIMESTAMP_NEW : SO_TIMESTAMP_OLD, &ts, sizeof(ts));
}

/* Control messages of a record; takes over what it has, or copies it. */
static void
so_reccontrol(const struct socket *so, const struct mbuf *m,
    struct sbrec *sr, int peek, struct mbuf **controlp)
{
	struct mbuf *c = NULL, *own = sr->sr_control;

	if (so->so_opt.so_flags & (SOF_TIMESTAMP | SOF_TIMESTAMPNS))
		so_timestamp(so, m->m_pkt.ph_time, &c);
	if (so->so_opt.so_tsflags != 0)
		so_timestamping(so, m->m_pkt.ph_time, &c);
	if ((so->so_opt.so_flags & SOF_RXQOVFL) && sr->sr_drops != 0)
		(void)cmsg_add(&c, SOL_SOCKET, SO_RXQ_OVFL, &sr->sr_drops,
		    sizeof(sr->sr_drops));
	if (own != NULL && c == NULL && !peek) {
		*controlp = own;
		return;
	}
	if (own != NULL)
		(void)cmsg_addall(&c, own);
	if (!peek)
		cmsg_free(own);
	*controlp = c;
}

/* so_lock held; there is a record. */
static int
so_takerecord(struct socket *so, struct sockaddr *sa, unsigned *lenp,
    struct uio *uio, struct mbuf **controlp, int *msgflagsp)
{
	size_t total = uio->uio_resid, len, n;
	int error, flags = *msgflagsp, peek = flags & MSG_PEEK;
	size_t from = peek ? so_peekfrom(so) : 0;
	struct sbrec sr;
	struct mbuf *m;

	m = sb_firstrec(&so->so_rcv, &sr, &len);
	if (from >= len && from != 0 && (m = sb_peekrec(&so->so_rcv, &from,
	    &sr, &len)) == NULL)
		return EAGAIN;
	if (lenp != NULL) {
		*lenp = sr.sr_alen;
		memcpy(sa, m->m_data + sizeof(sr), sr.sr_alen);
	}
	if (controlp != NULL)
		so_reccontrol(so, m, &sr, peek, controlp);
	else if (!peek)
		cmsg_free(sr.sr_control);
	len -= from;
	n = len < total ? len : total;
	error = so_copyout(m, sizeof(sr) + sr.sr_alen + from, n, uio);
	so_peektaken(so, peek ? n : len, peek);
	*msgflagsp = 0;
	if (n < len)
		*msgflagsp |= MSG_TRUNC;
	if (flags & MSG_TRUNC)
		uio->uio_resid = total - len;	/* may wrap */
	if (peek)
		return error;
	sb_droprec(&so->so_rcv);
	if (so->so_proto->pr_rcvd != NULL)
		so->so_proto->pr_rcvd(so, len);
	return error;
}

static int
so_recvrecord(struct socket *so, struct sockaddr *sa, unsigned *lenp,
    struct uio *uio, struct mbuf **controlp, int *msgflagsp)
{
	int error;

	if (*msgflagsp & MSG_OOB)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	error = so_waitrecord(so, *msgflagsp);
	if (error == 0 && so->so_rcv.sb_head != NULL)
		error = so_takerecord(so, sa, lenp, uio, controlp, msgflagsp);
	else
		*msgflagsp = 0;
	rump_mutex_exit(&so->so_lock);
	return error;
}

int
so_receive(struct socket *so, struct sockaddr *sa, unsigned *lenp,
    struct uio *uio, struct mbuf **controlp, int *msgflagsp)
{
	const struct protosw *pr = so->so_proto;
	int flags = *msgflagsp;

	if (lenp != NULL)
		*lenp = 0;
	if ((flags & MSG_ERRQUEUE) && so->so_family != AF_UNIX)
		return so_recverr(so, sa, lenp, uio, controlp, msgflagsp);
	if (pr->pr_soreceive != NULL)
		return pr->pr_soreceive(so, sa, lenp, uio, controlp,
		    msgflagsp);
	if ((pr->pr_flags & PR_STREAM) == 0)
		return so_recvrecord(so, sa, lenp, uio, controlp, msgflagsp);
	*msgflagsp = flags & MSG_OOB;
	return so_recvstream(so, uio, controlp, flags);
}
