/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VFS: vnodes, mounts, file system types.  Functions return 0 or a positive
 * errno.
 *
 * Lifetime.  A vnode dies (vop_reclaim) when its last reference goes.  A file
 * system holds it (vfs_hold) for each name that it knows for it; so whoever
 * can find a vnode can also take a reference.  References from outside (vref)
 * are counted in the mount too: without any, nobody is inside.
 *
 * Lock order (first taken first):
 *	1. m_renamelock of the mount: every rename that changes a directory's
 *	   parent, or works on two directories; parents cannot change under it
 *	2. v_lock of directories: ancestor before descendant; directories that
 *	   are not related only together under m_renamelock, by address
 *	3. v_lock of other vnodes, by address
 *	4. vfs_mount_lock, name cache, file locks, a file system's own locks
 * Path lookup holds one directory's v_lock (shared) at a time.  User memory
 * is touched under v_lock of regular files (read, write), never under 4.
 */
#ifndef VFS_VFS_H
#define VFS_VFS_H

#include <stddef.h>
#include <stdint.h>
#include <kern/file.h>
#include <kern/lock.h>
#include <kern/proc.h>
#include <kern/uio.h>

#define VFS_NAME_MAX	255
#define VFS_PATH_MAX	4096	/* with the NUL */
#define VFS_LOOP_MAX	40

struct fifo;
struct mount;
struct vnode;
struct vnodeops;
struct lockhead;
struct rump_mmobj;
struct selrec;

/*
 * The generic inode fields live here; a file system on a disk writes them
 * back when vop_setattr tells it to.  Times are nanoseconds since 1970.
 */
struct vnode {
	struct rump_rwlock v_lock;
	uint32_t	 v_ref;		/* [a] */
	uint32_t	 v_mode;	/* [I] S_IFMT, [v][a] the rest */
	uint32_t	 v_uid, v_gid;	/* [v] */
	/* [v] for writing, by vn_addlink, [a]; 0: no name, a dead directory */
	uint32_t	 v_nlink;
	uint32_t	 v_flags;	/* [v] */
#define VF_LINKABLE	1		/* made by O_TMPFILE: linkat works */
#define VF_SEALABLE	2		/* F_ADD_SEALS works */
#define VF_HINT1	0x100		/* F_SET_RW_HINT: times 0 to 5 */
#define VF_HINT		0x700
	uint64_t	 v_ino;		/* [I] */
	uint64_t	 v_rdev;	/* [I] devices */
	int64_t		 v_size;	/* [v] for writing, [a] */
	uint64_t	 v_blocks;	/* [v] of 512 bytes */
	int64_t		 v_atime;	/* [a] */
	int64_t		 v_mtime, v_ctime;	/* [v] */
	int64_t		 v_btime;	/* [I] */
	const struct vnodeops *v_ops;	/* [I] */
	struct mount	*v_mount;	/* [I] */
	struct mount	*v_mountedhere;	/* [vfs_mount_lock], read [a] */
	struct lockhead	*v_locks;	/* [lockf] advisory locks */
	uint32_t	 v_ncount;	/* [a] name cache entries below */
	/* [v][rump_mm_lock] F_SEAL_*, but for F_SEAL_SEAL; memfd.c */
	uint32_t	 v_seals;
	union {
		const struct devnode *v_dev;	/* [a] opened: the driver */
		struct fifo	*v_fifo;	/* [fifo_lock] vfs/fifo.c */
		char		*v_memfd; /* [I] memfd_create's name or NULL */
	};
};

#define F_SEAL_EXEC_	0x20		/* newer than the headers */

#ifndef S_IFMT
#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define S_IFLNK		0120000
#define S_IFREG		0100000
#define S_IFBLK		0060000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFIFO		0010000
#define S_ISUID		0004000
#define S_ISGID		0002000
#define S_ISVTX		0001000
#endif

static inline int
vn_is(const struct vnode *vp, uint32_t type)
{
	return (__atomic_load_n(&vp->v_mode, __ATOMIC_RELAXED) & S_IFMT) ==
	    type;
}

/* Caller holds v_lock exclusively; the last reference's end needs no lock. */
static inline void
vn_addlink(struct vnode *vp, int n)
{
	__atomic_store_n(&vp->v_nlink, vp->v_nlink + (uint32_t)n,
	    __ATOMIC_RELAXED);
}

/* Caller holds v_lock exclusively; vn_is() needs no lock. */
static inline void
vn_setmode(struct vnode *vp, uint32_t mode)
{
	__atomic_store_n(&vp->v_mode, mode, __ATOMIC_RELAXED);
}

/* What to make: mode with type; target of a symlink; device number. */
struct vcreate {
	uint32_t	 vc_mode;
	uint32_t	 vc_uid, vc_gid;
	uint64_t	 vc_rdev;
	const char	*vc_target;
	size_t		 vc_targetlen;
};

/* Called for each entry; non-zero: it did not fit, stop before it. */
typedef int (*vfs_dirent_fn)(void *arg, const char *name, size_t len,
    uint64_t ino, unsigned type, uint64_t nextcookie);

/* Called for each name; non-zero stops and is returned. */
typedef int (*vfs_xattr_fn)(void *arg, const char *name);

/*
 * Caller holds v_lock as said (r shared, w exclusive).  Names are not empty,
 * not "." and, but for lookup, not "..", at most VFS_NAME_MAX, not
 * terminated.  Vnodes that come out are referenced.  The generic code has
 * checked types, permissions, existence, read-only mounts.  NULL: not
 * supported (EPERM for names, EINVAL for the rest).
 */
struct vnodeops {
	/* r dvp.  ENOENT; ".." never on a mount's root */
	int	(*vop_lookup)(struct vnode *dvp, const char *, size_t,
		    struct vnode **);
	/* w dvp.  The name does not exist.  Any type */
	int	(*vop_create)(struct vnode *dvp, const char *, size_t,
		    const struct vcreate *, struct vnode **);
	/* w dvp, w vp */
	int	(*vop_link)(struct vnode *dvp, const char *, size_t,
		    struct vnode *vp);
	/* w dvp, w vp.  A directory is removed only when empty: ENOTEMPTY */
	int	(*vop_remove)(struct vnode *dvp, const char *, size_t,
		    struct vnode *vp);
	/*
	 * w on all.  tvp, when not NULL, is replaced (types fit; ENOTEMPTY),
	 * or exchanged when exch is set.
	 */
	int	(*vop_rename)(struct vnode *fdvp, const char *, size_t,
		    struct vnode *fvp, struct vnode *tdvp, const char *,
		    size_t, struct vnode *tvp, int exch);
	/* r vp.  From cookie on (0: start), "." and ".." included */
	int	(*vop_readdir)(struct vnode *, uint64_t cookie,
		    vfs_dirent_fn, void *arg);
	/* r vp.  Not terminated; *lenp: bytes stored */
	int	(*vop_readlink)(struct vnode *, char *, size_t,
		    size_t *lenp);
	/* w vp.  v_mode, v_uid, v_gid or times have changed */
	int	(*vop_setattr)(struct vnode *);
	/* r vp.  uio_offset >= 0; reads 0 bytes at the end */
	int	(*vop_read)(struct vnode *, struct uio *);
	/* r vp.  See fo_lend; off >= 0 */
	int	(*vop_lend)(struct vnode *, int64_t off, size_t len,
		    struct filelent *);
	/* w vp.  offset + resid does not overflow.  EPERM: v_seals */
	int	(*vop_write)(struct vnode *, struct uio *);
	/* w vp.  Sets v_size.  EPERM: v_seals */
	int	(*vop_truncate)(struct vnode *, int64_t);
	/* w vp.  Linux's FALLOC_FL_*.  EPERM: v_seals */
	int	(*vop_fallocate)(struct vnode *, int mode, int64_t off,
		    int64_t len);
	/* r vp.  Next data (hole 0) or hole (1) at or after *offp; ENXIO */
	int	(*vop_seekhole)(struct vnode *, int hole, int64_t *offp);
	int	(*vop_fsync)(struct vnode *, int dataonly);
	/* w vp.  What mmap maps of a regular file, see kern/mm.h */
	struct rump_mmobj *(*vop_mmap)(struct vnode *);
	/* A regular file without a name (O_TMPFILE, memfd_create) */
	int	(*vop_anon)(struct mount *, uint32_t mode, struct vnode **);
	/*
	 * No lock.  A symbolic link that leads to a file whatever its name
	 * is (/proc/self/fd/1).
	 */
	int	(*vop_jump)(struct vnode *, struct vnode **);
	/* No lock.  A directory where the file, no directory, has a name */
	int	(*vop_parent)(struct vnode *, struct vnode **);
	/*
	 * Extended attributes; the name is checked.  get: r vp; *lenp: how long
	 * the value is, which is in the buffer when it fits; ENODATA.
	 * set: w vp; flags XATTR_*; value NULL: it goes.  list: r vp.
	 * NULL: EOPNOTSUPP.
	 */
	int	(*vop_getxattr)(struct vnode *, const char *, void *, size_t,
		    size_t *lenp);
	int	(*vop_setxattr)(struct vnode *, const char *, const void *,
		    size_t, int flags);
	int	(*vop_listxattr)(struct vnode *, vfs_xattr_fn, void *);
	/*
	 * No lock.  For vnodes that are not plain files: a file of their own
	 * kind through *fpp (referenced), which then stands for the open.
	 */
	int	(*vop_open)(struct vnode *, int oflags, struct file **fpp);
	/* The last reference went. */
	void	(*vop_reclaim)(struct vnode *);
};

struct vfs_statfs {
	uint64_t	 vs_type, vs_bsize, vs_blocks, vs_bfree;
	uint64_t	 vs_files, vs_ffree;
};

struct fstype {
	const char	*ft_name;
	/* Fills m_root (held) and m_data.  data: options or NULL */
	int		(*ft_mount)(struct mount *, const char *source,
			    const char *data);
	/* Nobody is inside: frees everything. */
	void		(*ft_unmount)(struct mount *);
	void		(*ft_statfs)(struct mount *, struct vfs_statfs *);
	int		(*ft_sync)(struct mount *);
	struct fstype	*ft_next;	/* [vfs_mount_lock] */
};

struct mount {
	struct mount	*m_next;	/* [vfs_mount_lock] */
	const struct fstype *m_type;	/* [I] */
	struct vnode	*m_root;	/* [I] */
	struct vnode	*m_covered;	/* [I] NULL: the root mount */
	uint32_t	 m_flags;	/* [a] MS_* */
	uint32_t	 m_options;	/* [I] */
#define MO_NAMECACHE	1		/* lookups are worth caching */
	uint32_t	 m_refs;	/* [a] vref()s of its vnodes */
	uint32_t	 m_writers;	/* [a] regular files open to write */
	uint64_t	 m_dev;		/* [I] st_dev */
	void		*m_data;	/* [I] */
	char		*m_source;	/* [I] what was mounted; or NULL */
	struct rump_mutex m_renamelock;
};

/* A remount changes them under their readers. */
static inline uint32_t
vfs_mountflags(const struct mount *mp)
{

	return __atomic_load_n(&mp->m_flags, __ATOMIC_RELAXED);
}

/* --- vnodes (vnode.c) --- */
void	vfs_vnode_init(struct vnode *, struct mount *,
	    const struct vnodeops *, uint32_t mode, uint64_t ino);
void	vref(struct vnode *);
void	vrele(struct vnode *);
void	vfs_hold(struct vnode *);	/* a file system's own references */
void	vfs_drop(struct vnode *);
/* mask: 4 read, 2 write, 1 search or execute.  Caller holds v_lock. */
int	vfs_access(struct vnode *, const struct cred *, int mask);
void	vfs_touch(struct vnode *);	/* mtime and ctime are now */
void	vfs_atime(struct vnode *);	/* relatime; any v_lock */
int	vfs_rofs(struct vnode *);	/* 0 or EROFS */

/* --- mounts (mount.c) --- */
extern struct rump_rwlock vfs_mount_lock;
extern struct mount *vfs_mounts;
void	vfs_register(struct fstype *);
/* The name of the n-th type; NULL: there are less. */
const char *vfs_typename(unsigned n);
/*
 * The mounts, the root first, each with a reference of m_root: *np of them in
 * an array for rump_kmem_free(, *np * sizeof()).
 */
int	vfs_getmounts(struct mount ***, size_t *np);
/* The root of everything, referenced; mounts it at the first call. */
int	vfs_root(struct vnode **);
int	vfs_mount(const char *type, const char *source, struct vnode *covered,
	    uint32_t flags, const char *data);
/* Steps from a covered vnode to what is mounted there; moves the reference. */
void	vfs_cross(struct vnode **);

/* --- path lookup (namei.c) --- */
struct nameidata {
	int		 ni_flags;
#define NI_FOLLOW	0x01		/* a symlink at the end too */
#define NI_PARENT	0x02		/* ni_dvp and the name are wanted */
#define NI_EMPTY	0x04		/* "" is the start itself */
#define NI_KERNEL	0x08		/* the path is in kernel memory */
#define NI_NOPERM	0x10		/* no permission checks (boot) */
#define NI_CREATE	0x20		/* also NI_PARENT: "file/" is found */
#define NI_NOLAST	0x40		/* also NI_PARENT: ni_dvp, no ni_vp */
	/* openat2(2) */
#define NI_NOXDEV	0x100		/* no mount points: EXDEV */
#define NI_NOMAGIC	0x200		/* no links of /proc: ELOOP */
#define NI_NOLINKS	0x400		/* no links at all: ELOOP */
#define NI_BENEATH	0x800		/* nothing above the start: EXDEV */
#define NI_INROOT	0x1000		/* the start is the root */
#define NI_REAL		0x2000		/* by the real user's permissions */
	/* results; vnodes are referenced */
	struct vnode	*ni_vp;		/* NULL: does not exist (NI_PARENT) */
	struct vnode	*ni_dvp;	/* NI_PARENT, else NULL */
	const char	*ni_name;	/* last component, inside the buffer */
	size_t		 ni_namelen;
	int		 ni_slash;	/* slashes followed it */
	int		 ni_lasttype;	/* of NI_PARENT */
#define NI_NORM		0
#define NI_DOT		1		/* ".", "..", "/": ni_dvp is NULL */
#define NI_DOTDOT	2
#define NI_ROOT		3
	/* inside */
	struct vnode	*ni_rootdir;
	const struct cred *ni_cred;
	int		 ni_loops;
	char		*ni_buf;
	size_t		 ni_buflen;
};
/* dirfd as for openat(2).  On success vfs_nameifree() must follow. */
int	vfs_namei(struct nameidata *, int dirfd, const char *path, int flags);
void	vfs_nameifree(struct nameidata *);	/* drops vnodes and buffer */
/* Just the vnode. */
int	vfs_lookup(int dirfd, const char *path, int flags, struct vnode **);
/*
 * A path of a file as seen from root, at *startp in buf.  ERANGE: too long;
 * ENOENT: it has no name, or one that is not known.
 */
int	vfs_getpath(struct vnode *, struct vnode *root, char *buf,
	    size_t size, char **startp);

/* --- name cache (namecache.c) --- */
/* ENOENT: known not to exist; -1: not known. */
int	nc_lookup(struct vnode *dvp, const char *, size_t, struct vnode **);
void	nc_enter(struct vnode *dvp, const char *, size_t, struct vnode *);
void	nc_purge(struct vnode *dvp, const char *, size_t);
void	nc_purge_dir(struct vnode *dvp);
void	nc_purge_mount(struct mount *);

/* --- open files (vfs_file.c) --- */
extern const struct fileops vfs_fileops;
/* The vnode of a file made by VFS, else NULL. */
struct vnode *vfs_file_vnode(struct file *);
int	vfs_open(struct vnode *, int oflags, struct file **);
/* May splice read from it, or write to it?  Directories, /dev/null: no. */
int	vfs_spliceable(struct file *, int write);
struct stat;
void	vfs_stat(struct vnode *, struct stat *);

/* --- memfd.c --- */
/* The name that memfd_create gave it, else NULL. */
static inline const char *
vfs_memfdname(const struct vnode *vp)
{
	return vn_is(vp, S_IFREG) ? vp->v_memfd : NULL;
}
extern int vfs_memfd_noexec;	/* [a] 0..2, /proc/sys/vm/memfd_noexec */

/* --- per-process directories (cwd.c) --- */
struct cwdinfo {			/* made at the first chdir or chroot */
	struct vnode	*cwd_dir;	/* [p] */
	struct vnode	*cwd_root;	/* [p] */
};
/* Referenced; either pointer may be NULL. */
int	vfs_getcwd(struct vnode **dirp, struct vnode **rootp);

/* --- advisory locks (lockf.c) --- */
void	vfs_locks_fileclose(struct file *, struct vnode *);
void	vfs_locks_free(struct vnode *);

/* --- devices: drivers register a node below /dev --- */
struct devops {
	/* may supply a file of its own through *fpp, as vop_open */
	int	(*d_open)(void *arg, int oflags, struct file **fpp);
	int	(*d_read)(void *arg, struct uio *, int oflags);
	int	(*d_write)(void *arg, struct uio *, int oflags);
	int	(*d_ioctl)(void *arg, unsigned long cmd, void *uarg);
	int	(*d_poll)(void *arg, int events, struct selrec *);
	int	(*d_mmap)(void *arg, struct rump_mmobj **);	/* as fo_mmap */
	/* for each d_open that succeeded without a file of its own */
	void	(*d_close)(void *arg);
	int	d_stream;	/* no offset: lseek, pread... are ESPIPE */
	int	d_nosplice;	/* splice(2), sendfile(2): EINVAL */
#define D_NOSPLICE_IN	1	/* from it */
#define D_NOSPLICE_OUT	2	/* to it */
};
struct devnode {			/* constant once registered */
	const char	*dn_name;
	uint32_t	 dn_mode;	/* with S_IFCHR or S_IFBLK */
	uint64_t	 dn_rdev;
	const struct devops *dn_ops;
	void		*dn_arg;
	const struct devnode *dn_next;
};
#define VFS_MKDEV(ma, mi) \
	((uint64_t)(((ma) & 0xfffff000ULL) << 32 | ((ma) & 0xfffULL) << 8 | \
	((mi) & 0xffffff00ULL) << 12 | ((mi) & 0xffULL)))
/* The driver of a device number, set by devfs; NULL: no devices (ENXIO). */
extern const struct devnode *(*vfs_finddev)(uint32_t mode, uint64_t rdev);
/* name ("pts/0": one directory at most), ops and arg stay for ever. */
int	rump_devfs_add(const char *name, uint32_t mode, uint64_t rdev,
	    const struct devops *, void *arg);
/* Names of registered devices that come and go: as often as one likes. */
int	rump_devfs_show(const char *name, uint32_t mode, uint64_t rdev,
	    uint32_t uid, uint32_t gid);
void	rump_devfs_hide(const char *name);

#endif /* VFS_VFS_H */
