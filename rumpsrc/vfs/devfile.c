/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devfile.c: open files on device nodes: what the node's driver (struct
 * devops) has for each call.  The drivers are known by vfs_finddev.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/mount.h>

#include <vfs/vfs.h>
#include "vfs_private.h"

const struct devnode *(*vfs_finddev)(uint32_t, uint64_t);

/* Each open sets it, always to the same. */
static const struct devnode *
fdev(const struct vnode *vp)
{
	return __atomic_load_n(&vp->v_dev, __ATOMIC_ACQUIRE);
}

void
vfs_closedev(struct vnode *vp)
{
	const struct devnode *dn = fdev(vp);

	if (dn->dn_ops->d_close != NULL)
		dn->dn_ops->d_close(dn->dn_arg);
}

/* No device minds its offset, which stays. */
static int
dev_read(struct file *fp, struct uio *uio, int flags)
{
	const struct devnode *dn = fdev(fp->f_data);
	int64_t off = uio->uio_offset;
	int error;

	(void)flags;
	if (dn->dn_ops->d_read == NULL)
		return EINVAL;
	error = dn->dn_ops->d_read(dn->dn_arg, uio, file_flags(fp));
	uio->uio_offset = off;
	return error;
}

static int
dev_write(struct file *fp, struct uio *uio, int flags)
{
	const struct devnode *dn = fdev(fp->f_data);
	int64_t off = uio->uio_offset;
	int error;

	(void)flags;
	if (dn->dn_ops->d_write == NULL)
		return EINVAL;
	error = dn->dn_ops->d_write(dn->dn_arg, uio, file_flags(fp));
	uio->uio_offset = off;
	return error;
}

static int
dev_ioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	const struct devnode *dn = fdev(fp->f_data);

	if (dn->dn_ops->d_ioctl == NULL)
		return ENOTTY;
	return dn->dn_ops->d_ioctl(dn->dn_arg, cmd, uarg);
}

static int
dev_poll(struct file *fp, int events, struct selrec *sr)
{
	const struct devnode *dn = fdev(fp->f_data);

	if (dn->dn_ops->d_poll == NULL)
		return vfs_file_poll(fp, events, sr);
	return dn->dn_ops->d_poll(dn->dn_arg, events, sr);
}

static int
dev_seek(struct file *fp, int64_t off, int whence, int64_t *newp)
{
	(void)fp;
	(void)off;
	(void)whence;
	*newp = 0;
	return 0;
}

static int
dev_mmap(struct file *fp, struct rump_mmobj **objp)
{
	const struct devnode *dn = fdev(fp->f_data);

	return dn->dn_ops->d_mmap == NULL ? ENODEV :
	    dn->dn_ops->d_mmap(dn->dn_arg, objp);
}

static void
dev_close(struct file *fp)
{
	vfs_closedev(fp->f_data);
	vfs_file_close(fp);
}

/* epoll takes what can be polled. */
#define DEV_FILEOPS(flags)						\
	.fo_flags = FOF_SPLICE | (flags), .fo_read = dev_read,		\
	.fo_write = dev_write, .fo_ioctl = dev_ioctl,			\
	.fo_poll = dev_poll, .fo_stat = vfs_file_stat, .fo_close = dev_close
static const struct fileops dev_fileops[] = { {
	DEV_FILEOPS(FOF_SEEKABLE | FOF_NOEPOLL),
	.fo_seek = dev_seek,
	.fo_mmap = dev_mmap,
}, {
	DEV_FILEOPS(FOF_SEEKABLE),
	.fo_seek = dev_seek,
	.fo_mmap = dev_mmap,
}, {
	DEV_FILEOPS(0),
} };

/* What Linux's splice_read and splice_write are there for. */
int
vfs_spliceable(struct file *fp, int write)
{
	struct vnode *vp;

	if ((fp->f_ops->fo_flags & FOF_SPLICE) == 0)
		return 0;
	if (fp->f_type != FT_VNODE)
		return 1;
	vp = fp->f_data;
	if (vn_is(vp, S_IFREG))
		return 1;
	return !vn_is(vp, S_IFDIR) && fp->f_ops->fo_close == dev_close &&
	    (fdev(vp)->dn_ops->d_nosplice & (write ? D_NOSPLICE_OUT :
	    D_NOSPLICE_IN)) == 0;
}

int
vfs_opendev(struct vnode *vp, int oflags, struct file **fpp,
    const struct fileops **opsp)
{
	const struct devnode *dn = NULL;

	if (vfs_mountflags(vp->v_mount) & MS_NODEV)
		return EACCES;
	if (vfs_finddev != NULL)
		dn = vfs_finddev(__atomic_load_n(&vp->v_mode,
		    __ATOMIC_RELAXED), vp->v_rdev);
	if (dn == NULL)
		return ENXIO;
	__atomic_store_n(&vp->v_dev, dn, __ATOMIC_RELEASE);
	*fpp = NULL;
	*opsp = &dev_fileops[dn->dn_ops->d_stream ? 2 :
	    dn->dn_ops->d_poll != NULL];
	return dn->dn_ops->d_open ?
	    dn->dn_ops->d_open(dn->dn_arg, oflags, fpp) : 0;
}
