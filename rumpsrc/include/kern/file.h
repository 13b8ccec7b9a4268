/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files and descriptor tables.  Lock order: fdt_lock, f_lock.
 */
#ifndef KERN_FILE_H
#define KERN_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <kern/lock.h>
#include <kern/poll.h>
#include <kern/uio.h>

struct file;
struct rump_mmobj;
struct stat;			/* <asm/stat.h>, Linux x86-64 */
struct vnode;

/*
 * Bytes of a file in its own memory, for who sends them without a copy.  They
 * stay readable until the hold is given back; what is written to the file
 * meanwhile may be seen.  lt_hold NULL: they stay for ever.
 */
struct filehold {
	uint32_t	 fh_refs;	/* [a] */
	void		(*fh_free)(struct filehold *);	/* the last one went */
};
struct filelent {
	void		*lt_base;	/* only read */
	size_t		 lt_len;
	struct filehold	*lt_hold;	/* a reference, the taker's */
};
static inline void
rump_file_holdrele(struct filehold *fh)
{
	if (fh != NULL &&
	    __atomic_sub_fetch(&fh->fh_refs, 1, __ATOMIC_ACQ_REL) == 0)
		fh->fh_free(fh);
}

enum ftype { FT_VNODE, FT_PIPE, FT_SOCKET, FT_EVENTFD, FT_EPOLL, FT_CONS,
	FT_TIMERFD, FT_SIGNALFD, FT_INOTIFY, FT_PIDFD, FT_PTMX, FT_KMSG,
	FT_OTHER };

/*
 * Operations return 0 or a positive errno.  read and write advance
 * uio_offset and reduce uio_resid; for FOF_SEEKABLE files the caller holds
 * f_offlock when it uses f_offset.  A NULL entry gives what Linux gives
 * (EINVAL, ESPIPE, ENOTTY, ...).
 */
struct fileops {
	int	fo_flags;
#define FOF_SEEKABLE	1
#define FOF_NOEPOLL	2	/* always ready; epoll says EPERM */
#define FOF_SPLICE	4	/* not only pipes: splice, sendfile */
	int	(*fo_read)(struct file *, struct uio *, int flags);
	int	(*fo_write)(struct file *, struct uio *, int flags);
#define FO_APPEND	1	/* flags: at the end, whatever the offset */
	int	(*fo_ioctl)(struct file *, unsigned long cmd, void *uarg);
	/* events now true of those asked for; sel != NULL: register too */
	int	(*fo_poll)(struct file *, int events, struct selrec *);
	int	(*fo_stat)(struct file *, struct stat *);
	int	(*fo_seek)(struct file *, int64_t off, int whence,
		    int64_t *newp);
	int	(*fo_truncate)(struct file *, int64_t len);
	int	(*fo_sync)(struct file *, int dataonly);
	/*
	 * What mmap maps, referenced (kern/mm.h); *objp NULL: memory of zeroes.
	 * NULL: ENODEV.
	 */
	int	(*fo_mmap)(struct file *, struct rump_mmobj **objp);
	/*
	 * out, which may be written to: takes up to len bytes from in, at
	 * *off (advanced; NULL: its own offset), without a buffer between.
	 * EOPNOTSUPP, NULL: the caller copies.  nonblock: never waits.
	 */
	int	(*fo_splice)(struct file *out, struct file *in, int64_t *off,
		    size_t len, int nonblock, size_t *donep);
	/*
	 * The bytes at off, at most len, as far as they are in one piece of
	 * memory; lt_len 0: off is at the end.  An error, or NULL: they are to
	 * be read.
	 */
	int	(*fo_lend)(struct file *, int64_t off, size_t len,
		    struct filelent *);
	/*
	 * Of what is no file with an offset: the next bytes, at most len, are
	 * taken off and the caller's, as if they had been read; lt_len 0: the
	 * end.  wait: for the first ones, unless O_NONBLOCK.  EOPNOTSUPP,
	 * NULL: they are to be read.
	 */
	int	(*fo_take)(struct file *, size_t len, int wait,
		    struct filelent *);
	void	(*fo_close)(struct file *);	/* last reference */
	/* further fcntl commands: a result or a negative errno; -ENOSYS: no */
	long	(*fo_fcntl)(struct file *, int cmd, unsigned long arg);
};

struct file {
	const struct fileops *f_ops;	/* [I] */
	enum ftype	 f_type;	/* [I] */
	uint32_t	 f_ref;		/* [a] */
	int		 f_flags;	/* [a] O_* incl. access mode */
	void		*f_data;	/* [I] vnode, pipe, ... */
	struct rump_mutex f_offlock;
	int64_t		 f_offset;	/* [f_offlock] */
	struct epitem	*f_epoll;	/* [f_offlock] interests in it */
};

/* fcntl(2) changes them under their readers. */
static inline __attribute__((__always_inline__)) int
file_flags(const struct file *fp)
{

	return __atomic_load_n(&fp->f_flags, __ATOMIC_RELAXED);
}

/* O_ACCMODE is neither, as on Linux; O_PATH says nothing here. */
static inline __attribute__((__always_inline__)) int
file_readable(const struct file *fp)
{

	return (file_flags(fp) + 1) & 1;
}

static inline __attribute__((__always_inline__)) int
file_writable(const struct file *fp)
{

	return (file_flags(fp) + 1) & 2;
}

/* A new file, one reference, not in any table. */
int	rump_file_alloc(enum ftype, const struct fileops *, void *data,
	    int oflags, struct file **);
void	rump_file_ref(struct file *);
void	rump_file_rele(struct file *);		/* last one closes */

/* Descriptors of curproc. */
/* Referenced.  EBADF, which O_PATH's are, too. */
int	rump_fd_get(int fd, struct file **);
int	rump_fd_getany(int fd, struct file **);	/* O_PATH's as well */
/* Lowest free descriptor >= min; takes over the caller's reference. */
int	rump_fd_install(struct file *, int min, int cloexec, int *fdp);
/* file_alloc + install; on error fo_close is not called. */
int	rump_fd_open(enum ftype, const struct fileops *, void *data,
	    int oflags, int *fdp);
int	rump_fd_close(int fd);
struct fdtable *rump_fdtable_new(struct fdtable *);	/* NULL: empty */
struct fdtable *rump_fdtable_share(struct fdtable *);	/* one more user */
void	rump_fdtable_closeall(struct fdtable *);	/* unless shared */
void	rump_fdtable_free(struct fdtable *);
/* Told of every close of a descriptor (POSIX record locks); NULL: nobody. */
extern void (*rump_fd_closehook)(struct file *);
/*
 * fcntl commands that neither the base nor fo_fcntl knows; also asked before
 * F_SETFL sets anything: the descriptor is in the upper half.  vfs/lockf.c; not
 * there without files.  Who refers to it has all of it linked: only fcntl does,
 * and sockets.
 */
long	rump_vfs_anyfcntl(struct file *, int cmd, unsigned long arg)
	    __attribute__((__weak__));
/* It asks for owners and signals (poll/sigiocalls.c), that for the rest. */
long	rump_sigio_fcntl(struct file *, int cmd, unsigned long arg)
	    __attribute__((__weak__));
/* Locks, seals, hints. */
long	rump_vfs_fcntl(struct file *, int cmd, unsigned long arg)
	    __attribute__((__weak__));
/* Told before fo_close of a file that epoll watches; set by epoll.c. */
extern void (*rump_file_epollhook)(struct file *);
/* Put a file at a fixed descriptor of a table (boot: 0, 1, 2). */
int	rump_fd_set(struct fdtable *, int fd, struct file *);

/* read/write paths shared by read, pread, readv, preadv, sendfile... */
/* EBADF, EINVAL: it was not opened for it, it has no such operation. */
int	rump_file_may(struct file *, int write);
/* At uio_offset; -1: at the file's own, and moves that. */
int	rump_file_move(struct file *, struct uio *, int flags);
/* Both, at the file's own offset. */
int	rump_file_read(struct file *, struct uio *);
int	rump_file_write(struct file *, struct uio *);

#endif /* KERN_FILE_H */
