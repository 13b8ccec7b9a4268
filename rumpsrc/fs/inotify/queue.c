/* SPDX-License-Identifier: BSD-2-Clause */
/* The events of an inotify descriptor, and the descriptor as a file. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <string.h>
#include <kern/kmem.h>
#include "inotify.h"

#define NAME_ALIGN	sizeof(struct inotify_event)

static size_t
queued_size(const struct in_queued *iq)
{

	return sizeof(*iq) + iq->iq_namelen;
}

/* The same again right after itself says nothing new. */
static int
queue_same(const struct in_queued *iq, int wd, uint32_t mask, uint32_t cookie,
    const char *name, size_t len)
{
	const char *last;

	if (iq == NULL || iq->iq_ev.wd != wd || iq->iq_ev.mask != mask ||
	    iq->iq_ev.cookie != cookie || (iq->iq_namelen != 0) != (len != 0))
		return 0;
	last = (const char *)(iq + 1);
	return len == 0 || (strlen(last) == len &&
	    memcmp(last, name, len) == 0);
}

static struct in_queued *
queued_new(int wd, uint32_t mask, uint32_t cookie, const char *name, size_t len)
{
	size_t padded = len == 0 ? 0 : (len + NAME_ALIGN) & ~(NAME_ALIGN - 1);
	struct in_queued *iq = rump_kmem_zalloc(sizeof(*iq) + padded);

	if (iq == NULL)
		return NULL;
	iq->iq_namelen = (uint32_t)padded;
	iq->iq_ev.wd = wd;
	iq->iq_ev.mask = mask;
	iq->iq_ev.cookie = cookie;
	iq->iq_ev.len = (uint32_t)padded;
	if (len != 0)
		memcpy(iq + 1, name, len);
	return iq;
}

/* Caller holds in_qlock. */
static void
queue_put(struct in_inst *in, struct in_queued *iq)
{

	if (in->in_last != NULL)
		in->in_last->iq_next = iq;
	else
		in->in_first = iq;
	in->in_last = iq;
	in->in_nqueued++;
	in->in_bytes += sizeof(iq->iq_ev) + iq->iq_namelen;
	rump_cv_broadcast(&in->in_cv);
	rump_selnotify(&in->in_sel, POLLIN | POLLRDNORM);
}

void
rump_in_queue(struct in_inst *in, int wd, uint32_t mask, uint32_t cookie,
    const char *name, size_t len)
{
	struct in_queued *iq = NULL;

	rump_mutex_enter(&in->in_qlock);
	if (in->in_nqueued < IN_MAXQUEUE) {
		if (!queue_same(in->in_last, wd, mask, cookie, name, len))
			iq = queued_new(wd, mask, cookie, name, len);
	} else if (in->in_nqueued == IN_MAXQUEUE) {
		iq = queued_new(-1, IN_Q_OVERFLOW, 0, NULL, 0);
	}
	if (iq != NULL)
		queue_put(in, iq);
	rump_mutex_exit(&in->in_qlock);
}

/* The first event, off the queue, when len bytes hold it. */
static int
queue_take(struct in_inst *in, size_t len, struct in_queued **iqp)
{
	struct in_queued *iq = in->in_first;
	size_t need;

	if ((*iqp = iq) == NULL)
		return 0;
	need = sizeof(iq->iq_ev) + iq->iq_namelen;
	if (need > len)
		return EINVAL;
	if ((in->in_first = iq->iq_next) == NULL)
		in->in_last = NULL;
	in->in_nqueued--;
	in->in_bytes -= need;
	return 0;
}

void
rump_in_flush(struct in_inst *in)
{
	struct in_queued *iq;

	while ((iq = in->in_first) != NULL) {
		in->in_first = iq->iq_next;
		rump_kmem_free(iq, queued_size(iq));
	}
	in->in_last = NULL;
}

/* At least one event, then as many as fit; none is torn. */
static int
in_read(struct file *fp, struct uio *uio, int flags)
{
	struct in_inst *in = fp->f_data;
	struct in_queued *iq;
	int error = 0, some = 0;

	(void)flags;
	rump_mutex_enter(&in->in_qlock);
	while (in->in_first == NULL && error == 0)
		error = file_flags(fp) & O_NONBLOCK ? EAGAIN :
		    rump_cv_wait_sig(&in->in_cv, &in->in_qlock);
	while (error == 0) {
		error = queue_take(in, uio->uio_resid, &iq);
		if (error || iq == NULL)
			break;
		rump_mutex_exit(&in->in_qlock);
		error = rump_uiomove(&iq->iq_ev, sizeof(iq->iq_ev), uio);
		if (error == 0 && iq->iq_namelen != 0)
			error = rump_uiomove(iq + 1, iq->iq_namelen, uio);
		rump_kmem_free(iq, queued_size(iq));
		some = 1;
		rump_mutex_enter(&in->in_qlock);
	}
	rump_mutex_exit(&in->in_qlock);
	rump_in_sweep(in);
	return some && error == EINVAL ? 0 : error;
}

static int
in_poll(struct file *fp, int events, struct selrec *sr)
{
	struct in_inst *in = fp->f_data;
	int r;

	rump_mutex_enter(&in->in_qlock);
	if (sr != NULL)
		rump_selrecord(&in->in_sel, sr);
	r = in->in_first != NULL ? POLLIN | POLLRDNORM : 0;
	rump_mutex_exit(&in->in_qlock);
	return r & events;
}

static int
in_ioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	struct in_inst *in = fp->f_data;
	int n;

	if (cmd != FIONREAD)
		return ENOTTY;
	rump_mutex_enter(&in->in_qlock);
	n = (int)in->in_bytes;
	rump_mutex_exit(&in->in_qlock);
	return rump_copyout(&n, uarg, sizeof(n));
}

static void
in_close(struct file *fp)
{
	struct in_inst *in = fp->f_data;

	rump_in_removeall(in);
	rump_in_flush(in);
	rump_seldestroy(&in->in_sel);
	rump_kmem_free(in, sizeof(*in));
}

const struct fileops rump_in_fileops = {
	.fo_read = in_read,
	.fo_ioctl = in_ioctl,
	.fo_poll = in_poll,
	.fo_stat = rump_anon_stat,
	.fo_close = in_close,
};
