/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memfd.c: memfd_create, and seals: what may not be done to a file any more.
 * A file in memory (vop_anon) has them; more can be added to those that
 * memfd_create made so.  v_seals changes under v_lock and rump_mm_lock: where
 * it is honoured either is held.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>

#include <kern/kmem.h>
#include <kern/syscall.h>
#include <string.h>

#include "vfs_private.h"

#define MFD_KNOWN	(MFD_CLOEXEC | MFD_ALLOW_SEALING | \
			MFD_NOEXEC_SEAL_ | MFD_EXEC_)
#define MFD_NOEXEC_SEAL_ 8U		/* newer than these headers */
#define MFD_EXEC_	16U
#define MFD_HUGEMASK	((unsigned)MFD_HUGE_MASK << MFD_HUGE_SHIFT)
#define MFD_NAME	249		/* the longest */
#define SEALS_WRITE	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
			F_SEAL_FUTURE_WRITE)
#define SEALS		(F_SEAL_SEAL | SEALS_WRITE | F_SEAL_EXEC_)

int vfs_memfd_noexec;			/* [a] /proc/sys/vm/memfd_noexec */

/* What flags are, with those that the machine's setting gives. */
static int
memfd_flags(unsigned *flags)
{
	int noexec = __atomic_load_n(&vfs_memfd_noexec, __ATOMIC_RELAXED);
	unsigned known = MFD_KNOWN, exec = *flags & (MFD_EXEC_ |
	    MFD_NOEXEC_SEAL_);

	if (*flags & MFD_HUGETLB)
		known |= MFD_HUGETLB | MFD_HUGEMASK;
	if (*flags & ~known || exec == (MFD_EXEC_ | MFD_NOEXEC_SEAL_))
		return EINVAL;
	if (exec == 0 && noexec >= 1)
		*flags |= MFD_NOEXEC_SEAL_;
	return exec == MFD_EXEC_ && noexec >= 2 ? EACCES : 0;
}

/* An empty file of that name, open. */
static int
memfd_make(const char *name, unsigned flags, struct file **fpp)
{
	size_t size = strlen(name) + 1;
	struct vnode *root, *vp;
	char *copy;
	int error, noexec = (flags & MFD_NOEXEC_SEAL_) != 0;

	if ((error = vfs_root(&root)) != 0)
		return error;
	error = root->v_ops->vop_anon == NULL ? EOPNOTSUPP :
	    root->v_ops->vop_anon(root->v_mount, noexec ? 0666 : 0777, &vp);
	vrele(root);
	if (error)
		return error;
	if ((copy = rump_kmem_alloc(size)) != NULL) {
		memcpy(copy, name, size);
		vp->v_memfd = copy;
		vp->v_flags |= noexec || flags & MFD_ALLOW_SEALING ?
		    VF_SEALABLE : 0;
		vp->v_seals = noexec ? F_SEAL_EXEC_ : 0;
		error = vfs_open(vp, O_RDWR | O_LARGEFILE, fpp);
	} else
		error = ENOMEM;
	vrele(vp);
	return error;
}

RUMP_SYSCALL2(memfd_create, const char *, uname, unsigned, flags)
{
	char name[MFD_NAME + 1];
	struct file *fp;
	int error, fd;

	if ((error = memfd_flags(&flags)) != 0)
		return -error;
	error = rump_copyinstr(uname, name, sizeof(name), NULL);
	if (error)
		return error == ENAMETOOLONG ? -EINVAL : -error;
	if (flags & MFD_HUGETLB)
		return -ENOSYS;		/* as a Linux without huge pages */
	if ((error = memfd_make(name, flags, &fp)) != 0)
		return -error;
	error = rump_fd_install(fp, 0, (flags & MFD_CLOEXEC) != 0, &fd);
	if (error)
		rump_file_rele(fp);
	return error ? -error : fd;
}

void
vfs_memfd_free(struct vnode *vp)
{

	rump_kmem_free(vp->v_memfd, strlen(vp->v_memfd) + 1);
}

/* --- fcntl --- */
static int
seals_add(struct vnode *vp, uint32_t seals)
{
	int error;

	rump_rw_wrenter(&vp->v_lock);
	/* What runs and can not be made otherwise must not change either. */
	if (seals & F_SEAL_EXEC_ && vp->v_mode & 0111)
		seals |= SEALS_WRITE;
	error = vp->v_flags & VF_SEALABLE ? vfs_mapseal(vp, seals) : EPERM;
	if (error == 0 && seals & F_SEAL_SEAL)
		vp->v_flags &= ~(uint32_t)VF_SEALABLE;
	rump_rw_exit(&vp->v_lock);
	return error;
}

static long
seals_get(struct vnode *vp)
{
	uint32_t seals;

	rump_rw_rdenter(&vp->v_lock);
	seals = vp->v_seals & ~(uint32_t)F_SEAL_SEAL;
	if ((vp->v_flags & VF_SEALABLE) == 0)
		seals |= F_SEAL_SEAL;
	rump_rw_exit(&vp->v_lock);
	return (long)seals;
}

/* F_ADD_SEALS, F_GET_SEALS. */
long
vfs_sealcall(struct file *fp, int cmd, unsigned long arg)
{
	struct vnode *vp = vfs_file_vnode(fp);

	if (cmd == F_ADD_SEALS && !file_writable(fp))
		return -EPERM;
	if (vp == NULL || !vn_is(vp, S_IFREG) || vp->v_ops->vop_anon == NULL)
		return -EINVAL;
	if (cmd == F_GET_SEALS)
		return seals_get(vp);
	/* Linux, too, does not look at the upper half. */
	return (uint32_t)arg & ~(uint32_t)SEALS ? -EINVAL :
	    -seals_add(vp, (uint32_t)arg);
}
