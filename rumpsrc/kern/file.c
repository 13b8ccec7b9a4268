/* SPDX-License-Identifier: BSD-2-Clause */
/* Open files: reference counts and the common read and write paths. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include "fd.h"

void (*rump_fd_closehook)(struct file *);
void (*rump_file_epollhook)(struct file *);
int (*rump_drain_hook)(void);

int
rump_file_alloc(enum ftype type, const struct fileops *ops, void *data,
    int oflags, struct file **fpp)
{
	struct file *fp = rump_kmem_zalloc(sizeof(*fp));

	if (fp == NULL)
		return ENOMEM;
	fp->f_ops = ops;
	fp->f_type = type;
	fp->f_ref = 1;
	fp->f_flags = oflags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
	    O_CLOEXEC);
	fp->f_data = data;
	*fpp = fp;
	return 0;
}

void
rump_file_free(struct file *fp)
{

	rump_kmem_free(fp, sizeof(*fp));
}

void
rump_file_ref(struct file *fp)
{

	__atomic_fetch_add(&fp->f_ref, 1, __ATOMIC_RELAXED);
}

void
rump_file_rele(struct file *fp)
{

	if (__atomic_sub_fetch(&fp->f_ref, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (fp->f_epoll != NULL)
		RUMP_HOOK(rump_file_epollhook)(fp);
	if (fp->f_ops->fo_close != NULL)
		fp->f_ops->fo_close(fp);
	rump_file_free(fp);
}

int
rump_file_may(struct file *fp, int write)
{

	if (!(write ? file_writable(fp) : file_readable(fp)))
		return EBADF;
	return (write ? fp->f_ops->fo_write : fp->f_ops->fo_read) == NULL ?
	    EINVAL : 0;
}

int
rump_file_move(struct file *fp, struct uio *uio, int flags)
{
	int own = uio->uio_offset == -1 &&
	    (fp->f_ops->fo_flags & FOF_SEEKABLE) != 0;
	int error;

	if (own) {
		rump_mutex_enter(&fp->f_offlock);
		uio->uio_offset = fp->f_offset;
	}
	error = (uio->uio_write ? fp->f_ops->fo_write : fp->f_ops->fo_read)
	    (fp, uio, flags);
	if (own) {
		fp->f_offset = uio->uio_offset;
		rump_mutex_exit(&fp->f_offlock);
	}
	return error;
}

int
rump_file_read(struct file *fp, struct uio *uio)
{
	int error = rump_file_may(fp, 0);

	uio->uio_offset = -1;
	return error ? error : rump_file_move(fp, uio, 0);
}

int
rump_file_write(struct file *fp, struct uio *uio)
{
	int error = rump_file_may(fp, 1);

	uio->uio_offset = -1;
	return error ? error : rump_file_move(fp, uio, 0);
}
