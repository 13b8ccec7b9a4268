/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of vfs. */
#ifndef VFS_PRIVATE_H
#define VFS_PRIVATE_H

#include <vfs/vfs.h>

void	vfs_cwd_init(void);
void	vfs_locks_init(void);
void	vfs_locks_procexit(struct proc *);
int	vfs_changedir(struct vnode *, int isroot);
int	vfs_unmount(struct vnode *, int detach);
/* Vnode of a descriptor of curproc, referenced; EBADF, EINVAL. */
int	vfs_fdvnode(int fd, struct vnode **);
int	vfs_fdplace(int fd, struct vnode **);	/* O_PATH is good enough */
/* The vnode of the *at calls; AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW. */
int	vfs_lookupat(int dirfd, const char *path, int atflags,
	    struct vnode **);
int	vfs_isempty(const char *path);	/* not when it cannot be read */
/* The caller's, with the real ids, as access(2) looks at files. */
void	vfs_realcred(struct cred *);
#define VFS_AT_REAL	0x10000000	/* vfs_lookupat: NI_REAL */
/* In the group, or set-group-id bits are left to the caller. */
int	vfs_ingroup(uint32_t gid);
/* Set-id bits that a change of owner or contents takes; v_lock is held. */
uint32_t vfs_setids(const struct vnode *);
void	vfs_dropsetid(struct vnode *);
/* May vp lose its name in dvp?  Caller holds both v_locks. */
int	vfs_maydelete(struct vnode *dvp, struct vnode *vp);
/* The group of what is made in dvp, with S_ISGID as that has it. */
uint32_t vfs_newgroup(struct vnode *dvp, uint32_t *mode);
/* Makes what vc says; the mode still without umask.  vpp may be NULL. */
int	vfs_makenode(struct nameidata *, struct vcreate *, struct vnode **);
/* EFBIG, with SIGXFSZ, beyond RLIMIT_FSIZE; caller holds v_lock. */
int	vfs_newsize(const struct vnode *, int64_t);
int	vfs_settrunc(struct vnode *, int64_t len);
/*
 * flags.c: fcntl commands but locks; F_SETFL: may these be set?  F_*_RW_HINT
 * of what has no vnode: -ENOSYS.
 */
long	vfs_fcntl(struct file *, int cmd, unsigned long arg);
/* vfs_file.c: struct fileops that devices have, too. */
struct selrec;
int	vfs_file_poll(struct file *, int events, struct selrec *);
int	vfs_file_stat(struct file *, struct stat *);
void	vfs_file_close(struct file *);
/*
 * devfile.c: tells the driver; *fpp: a file of its own, else *opsp for one.
 * And undoes it, where there is no file.
 */
int	vfs_opendev(struct vnode *, int oflags, struct file **fpp,
	    const struct fileops **opsp);
void	vfs_closedev(struct vnode *);
/* fifo.c; the vnode of a file of type FT_PIPE, NULL: it has no name. */
int	vfs_fifo_open(struct vnode *, int oflags, struct file **);
struct vnode *vfs_fifo_vnode(struct file *);
/* memfd.c: fcntl's F_ADD_SEALS and F_GET_SEALS. */
long	vfs_sealcall(struct file *, int cmd, unsigned long);
void	vfs_memfd_free(struct vnode *);
/*
 * vfs_mmap.c: more v_seals; EBUSY: F_SEAL_WRITE, and it is mapped so that it
 * can be written to.  Caller holds v_lock exclusively.
 */
int	vfs_mapseal(struct vnode *, uint32_t seals);
/* anon.c: an object of so many bytes, all zero; ENOMEM. */
struct rump_mmobj;
int	vfs_anonobj(size_t len, int counted, struct rump_mmobj **);

static inline uint32_t
vfs_umask(void)
{
	return __atomic_load_n(&curproc->p_umask, __ATOMIC_RELAXED);
}

static inline int
vfs_ismountpoint(struct vnode *vp)
{
	return __atomic_load_n(&vp->v_mountedhere, __ATOMIC_ACQUIRE) != NULL;
}

#endif /* VFS_PRIVATE_H */
