/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sendfile and splice to a stream.  A file that lends its memory (fo_lend) is
 * sent from there, without a copy, so is what a pipe gives away (fo_take);
 * what others have, and holes, are read
 * straight into the mbufs that go to so_snd.  so_lock is not held meanwhile,
 * so another thread's bytes may use the same room; so_snd is then a little
 * longer.
 */
#include <asm/errno.h>
#include "sock_priv.h"

#define SPLICE_MBUFS	8
#define SPLICE_LENT	64		/* pieces at once */
#define SPLICE_PIECE	((size_t)32768)	/* most bytes of one */

static struct mbuf *
splice_mbufs(size_t len, struct rump_iovec *iov, int *n)
{
	struct mbuf *first = NULL, **tail = &first, *m;
	size_t k;

	for (*n = 0; *n < SPLICE_MBUFS && len > 0; (*n)++) {
		k = len < MBUF_MAX ? len : MBUF_MAX;
		if ((m = m_get(k)) == NULL)
			break;
		iov[*n].iov_base = m->m_data;
		iov[*n].iov_len = k;
		len -= k;
		*tail = m;
		tail = &m->m_next;
	}
	return first;
}

static int
splice_read(struct file *in, int64_t *off, struct uio *uio)
{
	int64_t start;
	int error;

	if (off == NULL)
		return rump_file_read(in, uio);
	uio->uio_offset = start = *off;
	error = in->f_ops->fo_read(in, uio, 0);
	*off = uio->uio_offset;
	return uio->uio_offset != start ? 0 : error;
}

/* At most len bytes of the file as a chain; *gotp 0 at its end. */
static int
splice_fill(struct file *in, int64_t *off, size_t len, struct mbuf **mp,
    size_t *gotp)
{
	struct rump_iovec iov[SPLICE_MBUFS];
	struct uio uio = { .uio_iov = iov };
	struct mbuf *m;
	size_t got, i;
	int error;

	if (len > (size_t)SPLICE_MBUFS * MBUF_MAX)
		len = (size_t)SPLICE_MBUFS * MBUF_MAX;
	if ((*mp = splice_mbufs(len, iov, &uio.uio_iovcnt)) == NULL)
		return ENOBUFS;
	for (i = 0; i < (size_t)uio.uio_iovcnt; i++)
		uio.uio_resid += iov[i].iov_len;
	len = uio.uio_resid;
	error = splice_read(in, off, &uio);
	*gotp = got = len - uio.uio_resid;
	for (m = *mp; m != NULL; m = m->m_next) {
		m->m_len = (uint32_t)(got < MBUF_MAX ? got : MBUF_MAX);
		got -= m->m_len;
	}
	return *gotp != 0 ? 0 : error;
}

static void
splice_done(struct mbuf *m)
{

	rump_file_holdrele(m->m_extarg);
}

/* Bytes of the file's own memory as a chain; an error: not one. */
static int
splice_lent(struct file *in, int64_t *off, size_t len, struct mbuf **mp,
    size_t *gotp)
{
	struct mbuf *m, **tail = mp;
	struct filelent lt;
	unsigned i;
	size_t n;

	for (i = 0; i < SPLICE_LENT && len > 0; i++) {
		n = len < SPLICE_PIECE ? len : SPLICE_PIECE;
		if (in->f_ops->fo_lend(in, *off, n, &lt) != 0)
			break;
		if (lt.lt_len == 0)
			return 0;
		m = m_getext(lt.lt_base, lt.lt_len, splice_done, lt.lt_hold);
		if (m == NULL) {
			rump_file_holdrele(lt.lt_hold);
			break;
		}
		*tail = m;
		tail = &m->m_next;
		*gotp += lt.lt_len;
		*off += (int64_t)lt.lt_len;
		len -= lt.lt_len;
	}
	return *gotp != 0 ? 0 : EOPNOTSUPP;
}

/* The same at the file's own offset. */
static int
splice_lentseq(struct file *in, size_t len, struct mbuf **mp, size_t *gotp)
{
	int error;

	rump_mutex_enter(&in->f_offlock);
	error = splice_lent(in, &in->f_offset, len, mp, gotp);
	rump_mutex_exit(&in->f_offlock);
	return error;
}

/* What a pipe gives, as far as there is some. */
static int
splice_take(struct file *in, size_t len, struct mbuf **mp, size_t *gotp)
{
	struct mbuf *m, **tail = mp;
	struct filelent lt;
	unsigned i;
	int error = 0;

	for (i = 0; i < SPLICE_LENT && len > 0; i++) {
		/* First, so that nothing is lost without memory. */
		if ((m = m_getext(NULL, 0, splice_done, NULL)) == NULL)
			error = ENOBUFS;
		else if ((error = in->f_ops->fo_take(in, len < SPLICE_PIECE ?
		    len : SPLICE_PIECE, i == 0, &lt)) != 0 ||
		    lt.lt_len == 0) {
			m_free(m);
			m = NULL;
		}
		if (m == NULL)
			break;
		m->m_data = m->m_base = lt.lt_base;
		m->m_len = m->m_size = m->m_pkt.ph_len = (uint32_t)lt.lt_len;
		m->m_extarg = lt.lt_hold;
		*tail = m;
		tail = &m->m_next;
		*gotp += lt.lt_len;
		len -= lt.lt_len;
	}
	return *gotp != 0 ? 0 : error;
}

static int
splice_get(struct file *in, int64_t *off, size_t len, struct mbuf **mp,
    size_t *gotp)
{

	int error;

	*mp = NULL;
	*gotp = 0;
	if (in->f_ops->fo_take != NULL && (error = splice_take(in, len, mp,
	    gotp)) != EOPNOTSUPP)
		return error;
	if (in->f_ops->fo_lend != NULL && (off != NULL ?
	    splice_lent(in, off, len, mp, gotp) :
	    splice_lentseq(in, len, mp, gotp)) == 0)
		return 0;
	return splice_fill(in, off, len, mp, gotp);
}

/* What was read and cannot be sent. */
static void
splice_back(struct file *in, int64_t *off, size_t n)
{

	if (off != NULL) {
		*off -= (int64_t)n;
	} else if (in->f_ops->fo_flags & FOF_SEEKABLE) {
		rump_mutex_enter(&in->f_offlock);
		in->f_offset -= (int64_t)n;
		rump_mutex_exit(&in->f_offlock);
	}
}

/* Room for some bytes: how many. */
static int
splice_room(struct socket *so, int flags, int64_t dl, size_t *roomp)
{
	int error;

	rump_mutex_enter(&so->so_lock);
	error = so_waitsend(so, flags, dl, 0);
	*roomp = so_sndroom(so);
	rump_mutex_exit(&so->so_lock);
	return error;
}

static int
splice_send(struct socket *so, struct mbuf *m, int msgflags)
{
	int error = 0;

	rump_mutex_enter(&so->so_lock);
	if (so->so_error || (so->so_state & SS_CONNECTED) == 0 ||
	    (so->so_snd.sb_flags & SB_SHUT)) {
		error = so->so_error ? so_takeerror(so) : EPIPE;
		m_freem(m);
	} else {
		sb_append(&so->so_snd, m);
		(void)so->so_proto->pr_output(so, msgflags);
	}
	rump_mutex_exit(&so->so_lock);
	return error;
}

int
so_splice(struct file *out, struct file *in, int64_t *off, size_t len,
    int nonblock, size_t *donep)
{
	int error = 0, flags = nonblock ? MSG_DONTWAIT : sock_nonblock(out);
	struct socket *so = out->f_data;
	int64_t dl = so_deadline(&so->so_snd);
	size_t room, got;
	struct mbuf *m;

	*donep = 0;
	if ((so->so_proto->pr_flags & PR_STREAM) == 0)
		return EOPNOTSUPP;
	while (len > 0) {
		if ((error = splice_room(so, flags, dl, &room)) != 0)
			break;
		error = splice_get(in, off, len < room ? len : room, &m,
		    &got);
		if (error || got == 0) {
			m_freem(m);
			break;
		}
		error = splice_send(so, m, got < len && got == room ?
		    MSG_MORE : 0);
		if (error) {
			splice_back(in, off, got);
			break;
		}
		*donep += got;
		len -= got;
		/* What is no file may have no more for now. */
		if ((in->f_ops->fo_flags & FOF_SEEKABLE) == 0)
			break;
	}
	return error == EPIPE && *donep == 0 ? so_sigpipe(error, 0) : error;
}
