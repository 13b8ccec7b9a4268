/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipe, pipe2: a ring of pages that are there only while they hold bytes.
 * Writes of at most PIPE_BUF bytes are atomic.  A write that nobody will
 * read gives EPIPE.  Packets (O_DIRECT) are pipe_packet.c's, F_SETPIPE_SZ is
 * pipe_size.c's.
 * pi_lock is taken before si_lock; user memory is touched under it.  What
 * splice puts between these bytes without copying it is pipe_lent.c's.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include "fd.h"
#include "pipe_priv.h"

static int
pipe_nonblock(struct file *fp)
{

	return (file_flags(fp) & O_NONBLOCK) != 0;
}

static int
pipe_is_writer(const struct file *fp)
{

	return (file_flags(fp) & O_ACCMODE) != O_RDONLY;
}

static int
pipe_is_reader(const struct file *fp)
{

	return (file_flags(fp) & O_ACCMODE) != O_WRONLY;
}

int
rump_pipe_put(struct pipe *pi, size_t n, struct uio *uio)
{
	size_t pos, m, before;
	char **pg;
	int error = 0;

	while (n > 0 && error == 0) {
		pos = (pi->pi_head + pi->pi_count) % pipe_capacity(pi);
		pg = &pi->pi_pages[pos / PIPE_PAGE];
		if (*pg == NULL && (*pg = rump_page_alloc()) == NULL)
			return ENOMEM;
		m = PIPE_PAGE - pos % PIPE_PAGE;
		before = uio->uio_resid;
		error = rump_uiomove(*pg + pos % PIPE_PAGE, m < n ? m : n,
		    uio);
		pi->pi_count += before - uio->uio_resid;
		pi->pi_tail += before - uio->uio_resid;
		pi->pi_put += before - uio->uio_resid;
		n -= before - uio->uio_resid;
	}
	return error;
}

/* n bytes from the head, of one piece, are done with. */
void
rump_pipe_consume(struct pipe *pi, size_t n)
{
	size_t pos = pi->pi_head;
	char **pg = &pi->pi_pages[pos / PIPE_PAGE];

	if (__builtin_expect(pi->pi_ext != NULL, 0)) {
		if (pi->pi_ext->pe_after == 0) {
			rump_pipe_extconsume(pi, n);
			return;
		}
		pi->pi_ext->pe_after -= n;
	}
	pi->pi_count -= n;
	pi->pi_head = (pos + n) % pipe_capacity(pi);
	if (pos % PIPE_PAGE + n == PIPE_PAGE) {
		/* The newest bytes may have come round to this page. */
		if (pipe_capacity(pi) - pi->pi_count >= PIPE_PAGE) {
			rump_page_free(*pg);
			*pg = NULL;
		}
	} else if (pi->pi_count == 0) {
		pi->pi_head -= pi->pi_head % PIPE_PAGE;
	}
}

/* n bytes are there. */
static int
pipe_get(struct pipe *pi, size_t n, struct uio *uio)
{
	size_t m, before;
	int error = 0;
	char *p;

	while (n > 0 && error == 0) {
		p = pipe_at(pi, 0, &m);
		before = uio->uio_resid;
		error = rump_uiomove(p, m < n ? m : n, uio);
		m = before - uio->uio_resid;
		rump_pipe_consume(pi, m);
		n -= m;
	}
	return error;
}

static int
pipe_read(struct file *fp, struct uio *uio, int flags)
{
	struct pipe *pi = fp->f_data;
	size_t n, drop = 0;
	int error = 0;

	(void)flags;
	if (uio->uio_resid == 0)
		return 0;
	rump_mutex_enter(&pi->pi_lock);
	while (pipe_count(pi) == 0 && error == 0) {
		if (pi->pi_writers == 0)
			break;
		error = pipe_nonblock(fp) ? EAGAIN :
		    rump_cv_wait_sig(&pi->pi_rcv, &pi->pi_lock);
	}
	if ((n = pipe_count(pi)) != 0) {
		if (n > uio->uio_resid)
			n = uio->uio_resid;
		if (__builtin_expect(pi->pi_marks != NULL, 0))
			n = rump_pipe_packet(pi, n, &drop);
		error = pipe_get(pi, n, uio);
		while (error == 0 && drop > 0) {
			(void)pipe_at(pi, 0, &n);
			n = n < drop ? n : drop;
			rump_pipe_consume(pi, n);
			drop -= n;
		}
		if (pi->pi_marks != NULL)
			(void)rump_pipe_packet(pi, 0, &drop);
		pipe_wakewriters(pi);
	}
	rump_mutex_exit(&pi->pi_lock);
	return error;
}

static int
pipe_write(struct file *fp, struct uio *uio, int flags)
{
	int error = 0, packet = (file_flags(fp) & O_DIRECT) != 0;
	struct pipe *pi = fp->f_data;
	size_t room, need;

	(void)flags;
	need = uio->uio_resid <= PIPE_BUF ? uio->uio_resid : 1;
	rump_mutex_enter(&pi->pi_lock);
	while (uio->uio_resid > 0 && error == 0) {
		room = pipe_room(pi);
		if (packet)
			need = uio->uio_resid < PIPE_BUF ? uio->uio_resid :
			    PIPE_BUF;
		if (pi->pi_readers == 0) {
			error = EPIPE;
		} else if (room >= need && packet) {
			error = rump_pipe_putpacket(pi, need, uio);
			pipe_wakereaders(pi);
		} else if (room >= need) {
			error = rump_pipe_put(pi, room < uio->uio_resid ? room :
			    uio->uio_resid, uio);
			pipe_wakereaders(pi);
		} else {
			error = pipe_nonblock(fp) ? EAGAIN :
			    rump_cv_wait_sig(&pi->pi_wcv, &pi->pi_lock);
		}
	}
	rump_mutex_exit(&pi->pi_lock);
	if (error == EPIPE)
		rump_sig_self(RUMP_SIGPIPE);
	return error;
}

size_t
rump_pipe_peek(struct file *fp, size_t off, char *buf, size_t len)
{
	struct pipe *pi = fp->f_data;
	size_t done = 0, m, count;
	char *p;

	rump_mutex_enter(&pi->pi_lock);
	count = pipe_count(pi);
	if (off > count)
		off = count;
	if (len > count - off)
		len = count - off;
	for (; done < len; done += m) {
		p = pipe_at(pi, off + done, &m);
		if (m > len - done)
			m = len - done;
		memcpy(buf + done, p, m);
	}
	rump_mutex_exit(&pi->pi_lock);
	return done;
}

int
rump_pipe_await(struct file *fp, int nonblock, size_t *countp)
{
	struct pipe *pi = fp->f_data;
	int error = 0;

	rump_mutex_enter(&pi->pi_lock);
	while (pipe_count(pi) == 0 && pi->pi_writers != 0 && error == 0)
		error = nonblock || pipe_nonblock(fp) ? EAGAIN :
		    rump_cv_wait_sig(&pi->pi_rcv, &pi->pi_lock);
	*countp = pipe_count(pi);
	rump_mutex_exit(&pi->pi_lock);
	return error;
}

static int
pipe_poll(struct file *fp, int events, struct selrec *sr)
{
	struct pipe *pi = fp->f_data;
	int r = 0;

	rump_mutex_enter(&pi->pi_lock);
	if (pipe_is_writer(fp)) {
		/* Of both ends only one is recorded; POLLERR needs no event. */
		if (sr != NULL && (!pipe_is_reader(fp) ||
		    events & (POLLOUT | POLLWRNORM)))
			rump_selrecord(&pi->pi_wsel, sr);
		if (pipe_room(pi) >= PIPE_BUF)
			r |= POLLOUT | POLLWRNORM;
		if (pi->pi_readers == 0)
			r |= POLLERR;
	}
	if (pipe_is_reader(fp)) {
		if (sr != NULL)
			rump_selrecord(&pi->pi_rsel, sr);
		if (pipe_count(pi) > 0)
			r |= POLLIN | POLLRDNORM;
		/* Of a FIFO: not before there was a writer since open. */
		if (pi->pi_writers == 0 && pi->pi_nwrite != fp->f_offset)
			r |= POLLHUP;
	}
	rump_mutex_exit(&pi->pi_lock);
	return r & (events | POLLERR | POLLHUP);
}

static int
pipe_ioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	struct pipe *pi = fp->f_data;
	int n;

	if (cmd != FIONREAD)
		return ENOTTY;
	rump_mutex_enter(&pi->pi_lock);
	n = (int)pipe_count(pi);
	rump_mutex_exit(&pi->pi_lock);
	return rump_copyout(&n, uarg, sizeof(n));
}

static int
pipe_stat(struct file *fp, struct stat *st)
{
	const struct pipe *pi = fp->f_data;

	if (pi->pi_owner != NULL) {
		pi->pi_owner->po_stat(pi->pi_arg, st);
		return 0;
	}
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFIFO | 0600;
	st->st_nlink = 1;
	st->st_ino = pi->pi_ino;
	st->st_blksize = PIPE_PAGE;
	return 0;
}

static long
pipe_fcntl(struct file *fp, int cmd, unsigned long arg)
{
	struct pipe *pi = fp->f_data;
	long r;

	if (cmd == F_SETPIPE_SZ)
		return rump_pipe_setsize(pi, (uint32_t)arg);
	if (cmd != F_GETPIPE_SZ)
		return -ENOSYS;
	rump_mutex_enter(&pi->pi_lock);
	r = (long)pipe_capacity(pi);
	rump_mutex_exit(&pi->pi_lock);
	return r;
}

static void
pipe_free(struct pipe *pi)
{

	rump_seldestroy(&pi->pi_rsel);
	rump_seldestroy(&pi->pi_wsel);
	while (pi->pi_ext != NULL)
		rump_pipe_extdrop(pi);
	rump_pipe_dropmarks(pi);
	rump_pipe_freepages(pi->pi_pages, pi->pi_npages);
	rump_kmem_free(pi, sizeof(*pi));
}

/* An end goes. */
static void
pipe_leave(struct pipe *pi, int reader, int writer)
{

	if (writer && --pi->pi_writers == 0) {
		rump_cv_broadcast(&pi->pi_rcv);
		rump_selnotify(&pi->pi_rsel, POLLHUP);
	}
	if (reader && --pi->pi_readers == 0) {
		rump_cv_broadcast(&pi->pi_wcv);
		rump_selnotify(&pi->pi_wsel, POLLERR);
	}
}

static void
pipe_close(struct file *fp)
{
	struct pipe *pi = fp->f_data;
	const struct pipe_owner *owner = pi->pi_owner;
	int last;

	/* Once unlocked it is the other end's to free. */
	rump_mutex_enter(&pi->pi_lock);
	pipe_leave(pi, pipe_is_reader(fp), pipe_is_writer(fp));
	last = pi->pi_readers == 0 && pi->pi_writers == 0;
	rump_mutex_exit(&pi->pi_lock);
	if (owner != NULL)
		owner->po_close(pi->pi_arg, fp);
	else if (last)
		pipe_free(pi);
}

static const struct fileops pipe_ops = {
	.fo_read = pipe_read,
	.fo_write = pipe_write,
	.fo_ioctl = pipe_ioctl,
	.fo_poll = pipe_poll,
	.fo_stat = pipe_stat,
	.fo_fcntl = pipe_fcntl,
	.fo_splice = rump_pipe_splice,
	.fo_take = rump_pipe_take,
	.fo_close = pipe_close,
};

static struct pipe *
pipe_new(void)
{
	static uint64_t lastino;	/* [a] */
	struct pipe *pi = rump_kmem_zalloc(sizeof(*pi));

	if (pi == NULL)
		return NULL;
	pi->pi_npages = PIPE_DEFPAGES;
	pi->pi_pages = rump_kmem_zalloc(PIPE_DEFPAGES * sizeof(char *));
	if (pi->pi_pages == NULL) {
		rump_kmem_free(pi, sizeof(*pi));
		return NULL;
	}
	pi->pi_ino = __atomic_add_fetch(&lastino, 1, __ATOMIC_RELAXED);
	return pi;
}

static int
pipe_files(int flags, struct file **fps)
{
	struct pipe *pi;
	int error;

	if ((pi = pipe_new()) == NULL)
		return ENOMEM;
	error = rump_file_alloc(FT_PIPE, &pipe_ops, pi, O_RDONLY |
	    (flags & ~O_DIRECT), &fps[0]);
	if (error == 0) {
		error = rump_file_alloc(FT_PIPE, &pipe_ops, pi,
		    O_WRONLY | flags, &fps[1]);
		if (error)
			rump_file_free(fps[0]);
	}
	if (error)
		pipe_free(pi);
	else
		pi->pi_readers = pi->pi_writers = pi->pi_nread =
		    pi->pi_nwrite = 1;
	return error;
}

/* --- by name --- */
struct pipe *
rump_pipe_new(const struct pipe_owner *po, void *arg)
{
	struct pipe *pi = pipe_new();

	if (pi != NULL) {
		pi->pi_owner = po;
		pi->pi_arg = arg;
	}
	return pi;
}

void
rump_pipe_free(struct pipe *pi)
{

	pipe_free(pi);
}

void *
rump_pipe_owner(struct file *fp)
{
	const struct pipe *pi = fp->f_data;

	return pi->pi_owner != NULL ? pi->pi_arg : NULL;
}

/*
 * Until the other end is there, or was: a writer that came and went counts.
 * Caller holds pi_lock.
 */
static int
pipe_meet(struct pipe *pi, int reader, int oflags)
{
	const uint32_t *count = reader ? &pi->pi_nwrite : &pi->pi_nread;
	uint32_t was = *count;
	int error = 0;

	if (oflags & O_NONBLOCK)
		return reader || pi->pi_readers > 0 ? 0 : ENXIO;
	while ((reader ? pi->pi_writers : pi->pi_readers) == 0 &&
	    *count == was && error == 0)
		error = rump_cv_wait_sig(reader ? &pi->pi_rcv : &pi->pi_wcv,
		    &pi->pi_lock);
	return error;
}

int
rump_pipe_open(struct pipe *pi, int oflags, struct file **fpp)
{
	int reader = (oflags & O_ACCMODE) != O_WRONLY;
	int writer = (oflags & O_ACCMODE) != O_RDONLY, error;

	if ((oflags & O_ACCMODE) == O_ACCMODE)
		return EINVAL;
	error = rump_file_alloc(FT_PIPE, &pipe_ops, pi, oflags, fpp);
	if (error)
		return error;
	rump_mutex_enter(&pi->pi_lock);
	pi->pi_readers += reader;
	pi->pi_nread += reader;
	pi->pi_writers += writer;
	pi->pi_nwrite += writer;
	rump_cv_broadcast(&pi->pi_rcv);
	rump_cv_broadcast(&pi->pi_wcv);
	if (pi->pi_writers == 0 && pi->pi_owner != NULL &&
	    (oflags & O_NONBLOCK))
		(*fpp)->f_offset = pi->pi_nwrite;
	if (!reader || !writer)
		error = pipe_meet(pi, reader, oflags);
	if (error)
		pipe_leave(pi, reader, writer);
	rump_mutex_exit(&pi->pi_lock);
	if (error)
		rump_file_free(*fpp);
	return error;
}

/* As open(2) of /proc/self/fd/N: a file of its own for the same pipe. */
int
rump_pipe_reopen(struct file *fp, int oflags, struct file **fpp)
{

	return rump_pipe_open(fp->f_data, oflags, fpp);
}

static int
pipe_open(int flags, int *fds)
{
	struct file *fps[2];
	int i, error, cloexec = (flags & O_CLOEXEC) != 0;

	if ((error = pipe_files(flags, fps)) != 0)
		return error;
	for (i = 0; i < 2; i++) {
		error = rump_fd_install(fps[i], 0, cloexec, &fds[i]);
		if (error)
			break;
	}
	if (error) {
		if (i == 0)
			rump_file_rele(fps[0]);
		else
			(void)rump_fd_close(fds[0]);
		rump_file_rele(fps[1]);
	}
	return error;
}

static long
pipe_make(int *ufds, int flags)
{
	int fds[2], error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	if ((error = pipe_open(flags, fds)) != 0)
		return -error;
	if ((error = rump_copyout(fds, ufds, sizeof(fds))) != 0) {
		(void)rump_fd_close(fds[0]);
		(void)rump_fd_close(fds[1]);
	}
	return -error;
}

RUMP_SYSCALL1(pipe, int *, fds)
{

	return pipe_make(fds, 0);
}

RUMP_SYSCALL2(pipe2, int *, fds, int, flags)
{

	return pipe_make(fds, flags);
}
