/* SPDX-License-Identifier: BSD-2-Clause */
/* Open files: reference counts and the common read and write paths. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include "fd.h"

void (*rump_fd_closehook)(struct file *);
long (*rump_fcntl_hook)(struct file *, int, unsigned long);
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

/* Runs op at the file's own offset where it has one. */
static int
file_rw(struct file *fp, struct uio *uio,
    int (*op)(struct file *, struct uio *, int))
{
	int error;

	if (op == NULL)
		return EINVAL;
	if ((fp->f_ops->fo_flags & FOF_SEEKABLE) == 0)
		return op(fp, uio, 0);
	rump_mutex_enter(&fp->f_offlock);
	uio->uio_offset = fp->f_offset;
	error = op(fp, uio, 0);
	fp->f_offset = uio->uio_offset;
	rump_mutex_exit(&fp->f_offlock);
	return error;
}

int
rump_file_read(struct file *fp, struct uio *uio)
{
	if (!file_readable(fp))
		return EBADF;
	return file_rw(fp, uio, fp->f_ops->fo_read);
}

int
rump_file_write(struct file *fp, struct uio *uio)
{
	if (!file_writable(fp))
		return EBADF;
	return file_rw(fp, uio, fp->f_ops->fo_write);
}
