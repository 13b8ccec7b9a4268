/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fifo.c: pipes with a name.  A FIFO's vnode has a pipe while somebody has it
 * open or waits in open(2); what was not read goes with the last one.
 * fifo_lock guards v_fifo and fi_opens; a leaf.
 */
#include <asm/errno.h>

#include <kern/kmem.h>
#include <kern/pipe.h>
#include <vfs/vfs.h>

#include "vfs_private.h"

#pragma weak rump_pipe_new
#pragma weak rump_pipe_owner

struct fifo {				/* v_fifo */
	struct vnode	*fi_vp;		/* [I] */
	struct pipe	*fi_pipe;	/* [I] */
	uint32_t	 fi_opens;	/* [fifo_lock] files, and who waits */
};

static struct rump_mutex fifo_lock;

static void
fifo_stat(void *arg, struct stat *st)
{
	struct fifo *fi = arg;

	vfs_stat(fi->fi_vp, st);
}

/*
 * One of fi_opens goes, with the reference of the vnode that it had; fp NULL:
 * one that waited only.
 */
static void
fifo_close(void *arg, struct file *fp)
{
	struct fifo *fi = arg;
	struct vnode *vp = fi->fi_vp;
	int last;

	if (fp != NULL && __atomic_load_n(&vp->v_locks, __ATOMIC_ACQUIRE))
		vfs_locks_fileclose(fp, vp);
	rump_mutex_enter(&fifo_lock);
	if ((last = --fi->fi_opens == 0) != 0)
		vp->v_fifo = NULL;
	rump_mutex_exit(&fifo_lock);
	if (last) {
		rump_pipe_free(fi->fi_pipe);
		rump_kmem_free(fi, sizeof(*fi));
	}
	vrele(vp);
}

static const struct pipe_owner fifo_owner = {
	.po_stat = fifo_stat,
	.po_close = fifo_close,
};

static struct fifo *
fifo_new(struct vnode *vp)
{
	struct fifo *fi = rump_kmem_zalloc(sizeof(*fi));

	if (fi == NULL)
		return NULL;
	fi->fi_vp = vp;
	if ((fi->fi_pipe = rump_pipe_new(&fifo_owner, fi)) == NULL) {
		rump_kmem_free(fi, sizeof(*fi));
		return NULL;
	}
	return fi;
}

int
vfs_fifo_open(struct vnode *vp, int oflags, struct file **fpp)
{
	struct fifo *fi, *new;
	int error;

	if (rump_pipe_new == NULL)
		return ENXIO;		/* an image without pipes */
	if ((new = fifo_new(vp)) == NULL)
		return ENOMEM;
	rump_mutex_enter(&fifo_lock);
	if ((fi = vp->v_fifo) == NULL) {
		fi = vp->v_fifo = new;
		new = NULL;
	}
	fi->fi_opens++;
	rump_mutex_exit(&fifo_lock);
	vref(vp);
	if (new != NULL) {
		rump_pipe_free(new->fi_pipe);
		rump_kmem_free(new, sizeof(*new));
	}
	if ((error = rump_pipe_open(fi->fi_pipe, oflags, fpp)) != 0)
		fifo_close(fi, NULL);
	return error;
}

struct vnode *
vfs_fifo_vnode(struct file *fp)
{
	struct fifo *fi;

	if (rump_pipe_owner == NULL || (fi = rump_pipe_owner(fp)) == NULL)
		return NULL;
	return fi->fi_vp;
}
