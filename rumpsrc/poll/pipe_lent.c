/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * splice without copies: a pipe holds memory that files lend (fo_lend) and
 * packets that sockets give away (fo_take) between the bytes of its ring, and
 * gives away what it holds, its own pages as well.
 *
 * Pieces of fewer than PIPE_SMALL bytes, and those beyond the number of the
 * ring's pages, are copied into the ring, so that what a pipe keeps busy is in
 * proportion to its size.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <kern/kmem.h>
#include <kern/sig.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include "pipe_priv.h"

#define PIPE_SMALL	512U
#define PIPE_PIECE	((size_t)65536)	/* most bytes of a piece */

/* A page that was a pipe's. */
struct pagehold {
	struct filehold	 ph_hold;
	void		*ph_page;
};

char *
rump_pipe_at(const struct pipe *pi, size_t off, size_t *lenp)
{
	const struct pipeext *pe;
	size_t ring = 0, end = pi->pi_count, pos;

	for (pe = pi->pi_ext; pe != NULL; pe = pe->pe_next) {
		if (off < pe->pe_after) {
			end = ring + pe->pe_after;
			break;
		}
		off -= pe->pe_after;
		ring += pe->pe_after;
		if (off < pe->pe_lent.lt_len) {
			*lenp = pe->pe_lent.lt_len - off;
			return (char *)pe->pe_lent.lt_base + off;
		}
		off -= pe->pe_lent.lt_len;
	}
	ring += off;
	pos = (pi->pi_head + ring) % pipe_capacity(pi);
	*lenp = PIPE_PAGE - pos % PIPE_PAGE;
	if (*lenp > end - ring)
		*lenp = end - ring;
	return pi->pi_pages[pos / PIPE_PAGE] + pos % PIPE_PAGE;
}

/* Unlinks the first piece, whose hold is the caller's now. */
static void
ext_unlink(struct pipe *pi)
{
	struct pipeext *pe = pi->pi_ext;

	if ((pi->pi_ext = pe->pe_next) == NULL)
		pi->pi_extlast = NULL;
	else
		pi->pi_ext->pe_after += pe->pe_after;
	pi->pi_extbytes -= pe->pe_lent.lt_len;
	pi->pi_next--;
	rump_kmem_free(pe, sizeof(*pe));
}

void
rump_pipe_extdrop(struct pipe *pi)
{

	rump_file_holdrele(pi->pi_ext->pe_lent.lt_hold);
	ext_unlink(pi);
}

void
rump_pipe_extconsume(struct pipe *pi, size_t n)
{
	struct filelent *lt = &pi->pi_ext->pe_lent;

	if (n == lt->lt_len) {
		rump_pipe_extdrop(pi);
		return;
	}
	lt->lt_base = (char *)lt->lt_base + n;
	lt->lt_len -= n;
	pi->pi_extbytes -= n;
}

/* A piece behind all, or before all; takes its hold.  ENOMEM: it does not. */
static int
ext_add(struct pipe *pi, const struct filelent *lt, int first)
{
	struct pipeext *pe = rump_kmem_alloc(sizeof(*pe));

	if (pe == NULL)
		return ENOMEM;
	pe->pe_lent = *lt;
	pi->pi_extbytes += lt->lt_len;
	pi->pi_next++;
	if (first && pi->pi_ext != NULL) {
		pe->pe_after = 0;
		pe->pe_next = pi->pi_ext;
		pi->pi_ext = pe;
		return 0;
	}
	pe->pe_next = NULL;
	if (pi->pi_ext == NULL) {
		/* Until now nobody needed to know. */
		pi->pi_tail = pi->pi_count;
		pi->pi_ext = pe;
	} else
		pi->pi_extlast->pe_next = pe;
	pi->pi_extlast = pe;
	if (!first)
		pi->pi_put += lt->lt_len;
	pe->pe_after = first ? 0 : pi->pi_tail;
	if (!first)
		pi->pi_tail = 0;
	return 0;
}

static void
pagehold_free(struct filehold *fh)
{
	struct pagehold *ph = (struct pagehold *)fh;

	rump_page_free(ph->ph_page);
	rump_kmem_free(ph, sizeof(*ph));
}

static struct filehold *
pagehold_new(void *page)
{
	struct pagehold *ph = rump_kmem_alloc(sizeof(*ph));

	if (ph == NULL)
		return NULL;
	ph->ph_hold.fh_refs = 1;
	ph->ph_hold.fh_free = pagehold_free;
	ph->ph_page = page;
	return &ph->ph_hold;
}

/*
 * The n bytes of the ring that are next, in one page, become a piece: the page
 * leaves the ring, unless more bytes are in it.
 */
static int
ring_lend(struct pipe *pi, char *p, size_t n)
{
	size_t slot = pi->pi_head / PIPE_PAGE, at = pi->pi_head % PIPE_PAGE;
	struct filelent lt = { p, n, NULL };
	char *page = pi->pi_pages[slot], *copy = NULL;
	int error;

	/* Behind them (a piece is between), or come round to its start. */
	if (pi->pi_count + at > pipe_capacity(pi) ||
	    (pi->pi_count > n && at + n < PIPE_PAGE)) {
		if ((copy = rump_page_alloc()) == NULL)
			return ENOMEM;
		memcpy(copy, p, n);
		lt.lt_base = page = copy;
	}
	if ((lt.lt_hold = pagehold_new(page)) == NULL) {
		if (copy != NULL)
			rump_page_free(copy);
		return ENOMEM;
	}
	if ((error = ext_add(pi, &lt, 1)) != 0) {
		if (copy != NULL)
			rump_file_holdrele(lt.lt_hold);
		else
			rump_kmem_free(lt.lt_hold, sizeof(struct pagehold));
		return error;
	}
	if (copy == NULL)
		pi->pi_pages[slot] = NULL;
	/* These bytes are before the piece no more, but in it. */
	pi->pi_count -= n;
	pi->pi_head = (pi->pi_head + n) % pipe_capacity(pi);
	if (pi->pi_ext->pe_next != NULL)
		pi->pi_ext->pe_next->pe_after -= n;
	else
		pi->pi_tail = pi->pi_count;
	if (pi->pi_count == 0)
		pi->pi_head -= pi->pi_head % PIPE_PAGE;
	return 0;
}

/* The next bytes, at most len, as a piece; pi_lock held, there are some. */
static int
take(struct pipe *pi, size_t len, struct filelent *lt)
{
	struct filelent *first;
	size_t n;
	char *p;
	int error;

	if (pi->pi_ext == NULL || pi->pi_ext->pe_after != 0) {
		p = pipe_at(pi, 0, &n);
		if ((error = ring_lend(pi, p, n)) != 0)
			return error;
	}
	first = &pi->pi_ext->pe_lent;
	*lt = *first;
	if (lt->lt_len <= len) {
		ext_unlink(pi);
		return 0;
	}
	if (lt->lt_hold != NULL)
		__atomic_fetch_add(&lt->lt_hold->fh_refs, 1, __ATOMIC_RELAXED);
	lt->lt_len = len;
	first->lt_base = (char *)first->lt_base + len;
	first->lt_len -= len;
	pi->pi_extbytes -= len;
	return 0;
}

int
rump_pipe_take(struct file *fp, size_t len, int wait, struct filelent *lt)
{
	struct pipe *pi = fp->f_data;
	int error = 0;

	*lt = (struct filelent){ .lt_hold = NULL };
	rump_mutex_enter(&pi->pi_lock);
	while (pipe_count(pi) == 0 && pi->pi_writers != 0 && error == 0)
		error = !wait || (file_flags(fp) & O_NONBLOCK) ? EAGAIN :
		    rump_cv_wait_sig(&pi->pi_rcv, &pi->pi_lock);
	if (pipe_count(pi) != 0 && (error = take(pi, len, lt)) == 0) {
		if (pi->pi_marks != NULL)
			(void)rump_pipe_packet(pi, 0, &len);
		pipe_wakewriters(pi);
	}
	rump_mutex_exit(&pi->pi_lock);
	return error;
}

void
rump_pipe_untake(struct file *fp, const struct filelent *lt)
{
	struct pipe *pi = fp->f_data;
	int error;

	rump_mutex_enter(&pi->pi_lock);
	error = ext_add(pi, lt, 1);
	pipe_wakereaders(pi);
	rump_mutex_exit(&pi->pi_lock);
	if (error)
		rump_file_holdrele(lt->lt_hold);
}

/* Caller holds pi_lock. */
static int
await_room(struct pipe *pi, int nonblock)
{
	int error = 0;

	while (pi->pi_readers != 0 && pipe_room(pi) == 0 && error == 0)
		error = nonblock ? EAGAIN :
		    rump_cv_wait_sig(&pi->pi_wcv, &pi->pi_lock);
	return pi->pi_readers == 0 ? EPIPE : error;
}

int
rump_pipe_awaitroom(struct file *fp, int nonblock, size_t *roomp)
{
	struct pipe *pi = fp->f_data;
	int error;

	rump_mutex_enter(&pi->pi_lock);
	error = await_room(pi, nonblock);
	*roomp = pipe_room(pi);
	rump_mutex_exit(&pi->pi_lock);
	if (error == EPIPE)
		rump_sig_self(RUMP_SIGPIPE);
	return error;
}

int
rump_pipe_putsome(struct file *fp, struct uio *uio, int nonblock)
{
	struct pipe *pi = fp->f_data;
	size_t room;
	int error;

	rump_mutex_enter(&pi->pi_lock);
	if ((error = await_room(pi, nonblock)) == 0) {
		room = pipe_room(pi);
		error = rump_pipe_put(pi, room < uio->uio_resid ? room :
		    uio->uio_resid, uio);
		pipe_wakereaders(pi);
	}
	rump_mutex_exit(&pi->pi_lock);
	if (error == EPIPE)
		rump_sig_self(RUMP_SIGPIPE);
	return error;
}

/* Takes the piece's hold, but on an error. */
static int
give(struct pipe *pi, const struct filelent *lt)
{
	struct rump_iovec iov = { lt->lt_base, lt->lt_len };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1,
	    .uio_resid = lt->lt_len, .uio_write = 1 };
	struct filelent rest;
	int error, copy;

	rump_mutex_enter(&pi->pi_lock);
	copy = (lt->lt_len < PIPE_SMALL || pi->pi_next >= pi->pi_npages) &&
	    pipe_room(pi) >= lt->lt_len;
	error = copy ? rump_pipe_put(pi, lt->lt_len, &uio) :
	    ext_add(pi, lt, 0);
	if (copy && error) {
		/* No page for the rest of it. */
		rest = (struct filelent){ iov.iov_base, uio.uio_resid,
		    lt->lt_hold };
		copy = 0;
		error = ext_add(pi, &rest, 0);
	}
	pipe_wakereaders(pi);
	rump_mutex_exit(&pi->pi_lock);
	if (copy)
		rump_file_holdrele(lt->lt_hold);
	return error;
}

/* The next piece of in; lt_len 0: its end. */
static int
get(struct file *in, int64_t *off, size_t len, int wait, struct filelent *lt)
{
	int64_t *at = off != NULL ? off : &in->f_offset;
	int error;

	if (len > PIPE_PIECE)
		len = PIPE_PIECE;
	if (in->f_ops->fo_lend == NULL)
		return in->f_ops->fo_take(in, len, wait, lt);
	if (off == NULL)
		rump_mutex_enter(&in->f_offlock);
	error = in->f_ops->fo_lend(in, *at, len, lt);
	if (error == 0)
		*at += (int64_t)lt->lt_len;
	if (off == NULL)
		rump_mutex_exit(&in->f_offlock);
	return error;
}

/* It could not be given on. */
static void
unget(struct file *in, int64_t *off, const struct filelent *lt)
{

	rump_file_holdrele(lt->lt_hold);
	if (in->f_ops->fo_lend == NULL)
		return;
	if (off != NULL) {
		*off -= (int64_t)lt->lt_len;
		return;
	}
	rump_mutex_enter(&in->f_offlock);
	in->f_offset -= (int64_t)lt->lt_len;
	rump_mutex_exit(&in->f_offlock);
}

/* As Linux: waits for room and for the first bytes, then for nothing. */
int
rump_pipe_splice(struct file *out, struct file *in, int64_t *off, size_t len,
    int nonblock, size_t *donep)
{
	struct pipe *pi = out->f_data;
	struct filelent lt;
	size_t room;
	int error;

	*donep = 0;
	if (in->f_ops->fo_lend == NULL && in->f_ops->fo_take == NULL)
		return EOPNOTSUPP;
	if ((error = rump_pipe_awaitroom(out, nonblock, &room)) != 0)
		return error;
	if (len > room)
		len = room;
	while (*donep < len) {
		error = get(in, off, len - *donep, *donep == 0, &lt);
		if (error || lt.lt_len == 0)
			break;
		if ((error = give(pi, &lt)) != 0) {
			unget(in, off, &lt);
			break;
		}
		*donep += lt.lt_len;
	}
	return *donep != 0 ? 0 : error;
}
