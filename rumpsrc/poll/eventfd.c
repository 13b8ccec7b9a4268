/* SPDX-License-Identifier: BSD-2-Clause */
/* eventfd(2): a 64-bit counter to wait for. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <kern/text.h>
#include "anon.h"

#define EVENTFD_MAX	(UINT64_MAX - 1)
#define EFD_SEMAPHORE	1		/* eventfd(2) */

struct eventfd {
	struct rump_mutex ev_lock;	/* before si_lock */
	struct rump_cv	 ev_cv;		/* readers and writers */
	struct selinfo	 ev_sel;
	uint64_t	 ev_count;	/* [ev_lock] */
	int		 ev_semaphore;	/* [I] */
};

/* Waits for the other side, or says that it would have to. */
static int
eventfd_wait(struct file *fp, struct eventfd *ev)
{

	if (file_flags(fp) & O_NONBLOCK)
		return EAGAIN;
	return rump_cv_wait_sig(&ev->ev_cv, &ev->ev_lock);
}

static int
eventfd_read(struct file *fp, struct uio *uio, int flags)
{
	struct eventfd *ev = fp->f_data;
	uint64_t v = 0;
	int error = 0;

	(void)flags;
	if (uio->uio_resid < sizeof(v))
		return EINVAL;
	rump_mutex_enter(&ev->ev_lock);
	while (ev->ev_count == 0 && error == 0)
		error = eventfd_wait(fp, ev);
	if (error == 0) {
		v = ev->ev_semaphore ? 1 : ev->ev_count;
		ev->ev_count -= v;
		rump_cv_broadcast(&ev->ev_cv);
		rump_selnotify(&ev->ev_sel, POLLOUT);
	}
	rump_mutex_exit(&ev->ev_lock);
	return error ? error : rump_uiomove(&v, sizeof(v), uio);
}

static int
eventfd_write(struct file *fp, struct uio *uio, int flags)
{
	struct eventfd *ev = fp->f_data;
	uint64_t v;
	int error;

	(void)flags;
	if (uio->uio_resid < sizeof(v))
		return EINVAL;
	if ((error = rump_uiomove(&v, sizeof(v), uio)) != 0)
		return error;
	if (v == UINT64_MAX)
		error = EINVAL;
	rump_mutex_enter(&ev->ev_lock);
	while (error == 0 && v > EVENTFD_MAX - ev->ev_count)
		error = eventfd_wait(fp, ev);
	if (error == 0) {
		ev->ev_count += v;
		rump_cv_broadcast(&ev->ev_cv);
		rump_selnotify(&ev->ev_sel, POLLIN);
	} else {
		uio->uio_resid += sizeof(v);	/* nothing was taken */
	}
	rump_mutex_exit(&ev->ev_lock);
	return error;
}

static int
eventfd_poll(struct file *fp, int events, struct selrec *sr)
{
	struct eventfd *ev = fp->f_data;
	int r = 0;

	rump_mutex_enter(&ev->ev_lock);
	if (sr != NULL)
		rump_selrecord(&ev->ev_sel, sr);
	if (ev->ev_count > 0)
		r |= POLLIN;
	if (ev->ev_count < EVENTFD_MAX)
		r |= POLLOUT;
	rump_mutex_exit(&ev->ev_lock);
	return r & events;
}

static void
eventfd_close(struct file *fp)
{
	struct eventfd *ev = fp->f_data;

	rump_seldestroy(&ev->ev_sel);
	rump_kmem_free(ev, sizeof(*ev));
}

void
rump_eventfd_info(struct file *fp, struct text *tx)
{
	struct eventfd *ev = fp->f_data;
	uint64_t n;

	rump_mutex_enter(&ev->ev_lock);
	n = ev->ev_count;
	rump_mutex_exit(&ev->ev_lock);
	rump_textf(tx, "eventfd-count: %16lx\neventfd-semaphore: %d\n", n,
	    ev->ev_semaphore != 0);
}

static const struct fileops eventfd_ops = {
	.fo_read = eventfd_read,
	.fo_write = eventfd_write,
	.fo_poll = eventfd_poll,
	.fo_stat = rump_anon_stat,
	.fo_close = eventfd_close,
};

static long
eventfd_make(unsigned count, int flags)
{
	struct eventfd *ev;
	int error, fd;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	if ((ev = rump_kmem_zalloc(sizeof(*ev))) == NULL)
		return -ENOMEM;
	ev->ev_count = count;
	ev->ev_semaphore = (flags & EFD_SEMAPHORE) != 0;
	error = rump_fd_open(FT_EVENTFD, &eventfd_ops, ev,
	    O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)), &fd);
	if (error) {
		rump_kmem_free(ev, sizeof(*ev));
		return -error;
	}
	return fd;
}

RUMP_SYSCALL1(eventfd, unsigned, count)
{

	return eventfd_make(count, 0);
}

RUMP_SYSCALL2(eventfd2, unsigned, count, int, flags)
{

	return eventfd_make(count, flags);
}
