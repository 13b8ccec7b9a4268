/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercall interface, version 17, as rumpuser(3) documents it.
 *
 * Unless a call says otherwise: "int" results are 0 or an errno that Linux
 * and the BSDs share (1-34 without 11; EIO where none fits); a call that may
 * block gives the caller's virtual CPU back first (hyp_backend_unschedule)
 * and takes it again before it returns (hyp_backend_schedule).
 */
#ifndef RUMP_RUMPUSER_H
#define RUMP_RUMPUSER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RUMPUSER_VERSION	17

struct lwp;
struct rumpuser_mtx;
struct rumpuser_rw;
struct rumpuser_cv;

struct rumpuser_hyperup {
	void (*hyp_schedule)(void);
	void (*hyp_unschedule)(void);
	void (*hyp_backend_unschedule)(int, int *, void *);
	void (*hyp_backend_schedule)(int, void *);
	void (*hyp_lwproc_switch)(struct lwp *);
	void (*hyp_lwproc_release)(void);
	int (*hyp_lwproc_rfork)(void *, int, const char *);
	int (*hyp_lwproc_newlwp)(pid_t);
	struct lwp *(*hyp_lwproc_curlwp)(void);
	int (*hyp_syscall)(int, void *, long *);
	void (*hyp_lwpexit)(void);
	void (*hyp_execnotify)(const char *);
	pid_t (*hyp_getpid)(void);
	void *hyp__extra[8];
};

/* Non-zero unless version is RUMPUSER_VERSION.  Keeps a copy of the upcalls. */
int rumpuser_init(int version, const struct rumpuser_hyperup *);

/*
 * Memory.  align is a power of two or 0 (natural); free gets the length that
 * was asked for.  anonmmap: whole pages, aligned to 1 << alignbit, zeroed.
 * Never block in the sense above.
 */
int rumpuser_malloc(size_t len, int align, void **memp);
void rumpuser_free(void *mem, size_t len);
int rumpuser_anonmmap(void *hint, size_t len, int alignbit, int exec,
    void **memp);
void rumpuser_unmap(void *mem, size_t len);

/* Files and block devices; the name space is the platform's. */
#define RUMPUSER_OPEN_RDONLY	0x0000
#define RUMPUSER_OPEN_WRONLY	0x0001
#define RUMPUSER_OPEN_RDWR	0x0002
#define RUMPUSER_OPEN_ACCMODE	0x0003
#define RUMPUSER_OPEN_CREATE	0x0004
#define RUMPUSER_OPEN_EXCL	0x0008
#define RUMPUSER_OPEN_BIO	0x0010
int rumpuser_open(const char *path, int mode, int *fdp);
int rumpuser_close(int fd);

#define RUMPUSER_FT_OTHER	0
#define RUMPUSER_FT_DIR		1
#define RUMPUSER_FT_REG		2
#define RUMPUSER_FT_BLK		3
#define RUMPUSER_FT_CHR		4
int rumpuser_getfileinfo(const char *path, uint64_t *sizep, int *typep);

/*
 * Starts a transfer and returns at once.  len is a multiple of 512.  donefn
 * runs later (or before the return), from any thread, with a virtual CPU
 * held.  SYNC: a write that is on stable storage when donefn runs.
 */
#define RUMPUSER_BIO_READ	0x01
#define RUMPUSER_BIO_WRITE	0x02
#define RUMPUSER_BIO_SYNC	0x04
typedef void (*rump_biodone_fn)(void *arg, size_t done, int error);
void rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off,
    rump_biodone_fn donefn, void *arg);

struct rumpuser_iovec {
	void	*iov_base;
	size_t	 iov_len;
};
#define RUMPUSER_IOV_NOSEEK	(-1)
int rumpuser_iovread(int fd, struct rumpuser_iovec *, size_t niov,
    int64_t off, size_t *donep);
int rumpuser_iovwrite(int fd, struct rumpuser_iovec *, size_t niov,
    int64_t off, size_t *donep);

#define RUMPUSER_SYNCFD_READ	0x01
#define RUMPUSER_SYNCFD_WRITE	0x02
#define RUMPUSER_SYNCFD_BOTH	(RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE)
#define RUMPUSER_SYNCFD_BARRIER	0x04
#define RUMPUSER_SYNCFD_SYNC	0x08
int rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len);

/* RELWALL reads wall time and sleeps so long; ABSMONO: until that time. */
#define RUMPUSER_CLOCK_RELWALL	0
#define RUMPUSER_CLOCK_ABSMONO	1
int rumpuser_clock_gettime(int clock, int64_t *sec, long *nsec);
int rumpuser_clock_sleep(int clock, int64_t sec, long nsec);

#define RUMPUSER_PARAM_NCPU	"_RUMPUSER_NCPU"
#define RUMPUSER_PARAM_HOSTNAME	"_RUMPUSER_HOSTNAME"
int rumpuser_getparam(const char *name, void *buf, size_t buflen);

void rumpuser_seterrno(int error);

#define RUMPUSER_PID_SELF	((int64_t)-1)
int rumpuser_kill(int64_t pid, int sig);
#define RUMPUSER_PANIC		(-1)
void rumpuser_exit(int status) __attribute__((__noreturn__));

/* Console.  Take no lock of the rump kernel, never give the CPU back. */
void rumpuser_putchar(int ch);
void rumpuser_dprintf(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

#define RUMPUSER_RANDOM_HARD	0x01
#define RUMPUSER_RANDOM_NOWAIT	0x02
int rumpuser_getrandom(void *buf, size_t buflen, int flags, size_t *donep);

/*
 * Threads.  cpu -1: any.  priority 1: begins before others that are new, where
 * that can be had.  join only what was created with mustjoin.
 */
int rumpuser_thread_create(void *(*fn)(void *), void *arg, const char *name,
    int mustjoin, int priority, int cpu, void **cookiep);
void rumpuser_thread_exit(void) __attribute__((__noreturn__));
int rumpuser_thread_join(void *cookie);

enum rumplwpop {
	RUMPUSER_LWP_CREATE, RUMPUSER_LWP_DESTROY,
	RUMPUSER_LWP_SET, RUMPUSER_LWP_CLEAR
};
void rumpuser_curlwpop(int op, struct lwp *);
struct lwp *rumpuser_curlwp(void);

/* SPIN: entering never gives the CPU back.  KMUTEX: the owner is tracked. */
#define RUMPUSER_MTX_SPIN	0x01
#define RUMPUSER_MTX_KMUTEX	0x02
void rumpuser_mutex_init(struct rumpuser_mtx **, int flags);
void rumpuser_mutex_enter(struct rumpuser_mtx *);
void rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *);
int rumpuser_mutex_tryenter(struct rumpuser_mtx *);	/* 0 or EBUSY */
void rumpuser_mutex_exit(struct rumpuser_mtx *);
void rumpuser_mutex_destroy(struct rumpuser_mtx *);
void rumpuser_mutex_owner(struct rumpuser_mtx *, struct lwp **);

enum rumprwlock { RUMPUSER_RW_READER, RUMPUSER_RW_WRITER };
void rumpuser_rw_init(struct rumpuser_rw **);
void rumpuser_rw_enter(int, struct rumpuser_rw *);
int rumpuser_rw_tryenter(int, struct rumpuser_rw *);	/* 0 or EBUSY */
int rumpuser_rw_tryupgrade(struct rumpuser_rw *);	/* 0 or EBUSY */
void rumpuser_rw_downgrade(struct rumpuser_rw *);
void rumpuser_rw_exit(struct rumpuser_rw *);
void rumpuser_rw_destroy(struct rumpuser_rw *);
void rumpuser_rw_held(int, struct rumpuser_rw *, int *heldp);

void rumpuser_cv_init(struct rumpuser_cv **);
void rumpuser_cv_destroy(struct rumpuser_cv *);
void rumpuser_cv_wait(struct rumpuser_cv *, struct rumpuser_mtx *);
void rumpuser_cv_wait_nowrap(struct rumpuser_cv *, struct rumpuser_mtx *);
/* Relative time; non-zero when it ran out. */
int rumpuser_cv_timedwait(struct rumpuser_cv *, struct rumpuser_mtx *,
    int64_t sec, int64_t nsec);
void rumpuser_cv_signal(struct rumpuser_cv *);
void rumpuser_cv_broadcast(struct rumpuser_cv *);
void rumpuser_cv_has_waiters(struct rumpuser_cv *, int *waitersp);

/* Link sets or a dynamic loader hand over what they found. */
struct modinfo;
struct rump_component;
typedef void (*rump_modinit_fn)(const struct modinfo *const *, size_t);
typedef int (*rump_symload_fn)(void *, uint64_t, char *, uint64_t);
typedef void (*rump_compload_fn)(const struct rump_component *);
typedef void (*rump_evcntattach_fn)(void *const *, size_t);
void rumpuser_dl_bootstrap(rump_modinit_fn, rump_symload_fn, rump_compload_fn);

int rumpuser_daemonize_begin(void);
int rumpuser_daemonize_done(int error);

#endif /* RUMP_RUMPUSER_H */
