/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptor tables: a growing array of files and their close-on-exec bits.
 * fdt_lock guards the array; files are referenced while it is held and used
 * after it is released.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <string.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include "fd.h"

#define FD_NOFILE	7	/* RLIMIT_NOFILE */
#define FD_MAX		(1 << 20)	/* whatever the limit says */

static struct fdtable *
fd_table(void)
{

	return curproc->p_fdt;
}

/* Caller holds fdt_lock.  Room for descriptor fd. */
static int
fd_grow(struct fdtable *t, int fd)
{
	struct fdent *new, *old = t->fdt_ents;
	int n, oldn = t->fdt_n;

	if (fd < oldn)
		return 0;
	if (fd >= FD_MAX)
		return EMFILE;
	for (n = oldn; n <= fd; n *= 2)
		continue;
	if ((new = rump_kmem_zalloc((size_t)n * sizeof(*new))) == NULL)
		return ENOMEM;
	memcpy(new, old, (size_t)oldn * sizeof(*new));
	t->fdt_ents = new;
	t->fdt_n = n;
	if (old != t->fdt_first)
		rump_kmem_free(old, (size_t)oldn * sizeof(*new));
	return 0;
}

struct fdtable *
rump_fdtable_new(struct fdtable *from)
{
	struct fdtable *t = rump_kmem_zalloc(sizeof(*t));
	int i;

	if (t == NULL)
		return NULL;
	t->fdt_ref = 1;
	t->fdt_n = FD_FIRST;
	t->fdt_ents = t->fdt_first;
	if (from == NULL)
		return t;
	rump_mutex_enter(&from->fdt_lock);
	if (fd_grow(t, from->fdt_n - 1) != 0) {
		rump_mutex_exit(&from->fdt_lock);
		rump_kmem_free(t, sizeof(*t));
		return NULL;
	}
	for (i = 0; i < from->fdt_n; i++) {
		t->fdt_ents[i] = from->fdt_ents[i];
		if (t->fdt_ents[i].fe_file != NULL)
			rump_file_ref(t->fdt_ents[i].fe_file);
	}
	rump_mutex_exit(&from->fdt_lock);
	return t;
}

struct fdtable *
rump_fdtable_share(struct fdtable *t)
{

	__atomic_fetch_add(&t->fdt_ref, 1, __ATOMIC_RELAXED);
	return t;
}

/* Takes descriptor fd out; NULL when it is not open. */
static struct file *
fd_take(struct fdtable *t, int fd)
{
	struct file *fp = NULL;

	rump_mutex_enter(&t->fdt_lock);
	if (fd >= 0 && fd < t->fdt_n) {
		fp = t->fdt_ents[fd].fe_file;
		t->fdt_ents[fd].fe_file = NULL;
		t->fdt_ents[fd].fe_cloexec = 0;
		if (fp != NULL && fd < t->fdt_low)
			t->fdt_low = fd;
	}
	rump_mutex_exit(&t->fdt_lock);
	return fp;
}

void
rump_fdtable_closeall(struct fdtable *t)
{
	struct file *fp;
	int i;

	if (t->fdt_ref > 1)
		return;		/* shared: someone else uses them */
	for (i = 0; i < t->fdt_n; i++)
		if ((fp = fd_take(t, i)) != NULL)
			rump_file_rele(fp);
}

void
rump_fdtable_free(struct fdtable *t)
{

	if (__atomic_load_n(&t->fdt_ref, __ATOMIC_ACQUIRE) == 1)
		rump_fdtable_closeall(t);
	if (__atomic_sub_fetch(&t->fdt_ref, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (t->fdt_ents != t->fdt_first)
		rump_kmem_free(t->fdt_ents,
		    (size_t)t->fdt_n * sizeof(struct fdent));
	rump_kmem_free(t, sizeof(*t));
}

/*
 * Nearly every system call comes here.  With one CPU that nobody takes away
 * no lock is needed: who changes a table leaves it whole when it sleeps.
 */
static int
fd_get(int fd, int refused, struct file **fpp)
{
	struct fdtable *t = fd_table();
	struct file *fp = NULL;

	if (!rump_cooperative)
		rump_mutex_enter(&t->fdt_lock);
	if (fd >= 0 && fd < t->fdt_n)
		fp = t->fdt_ents[fd].fe_file;
	if (fp != NULL && file_flags(fp) & refused)
		fp = NULL;
	if (fp != NULL)
		rump_file_ref(fp);
	if (!rump_cooperative)
		rump_mutex_exit(&t->fdt_lock);
	*fpp = fp;
	return fp != NULL ? 0 : EBADF;
}

int
rump_fd_get(int fd, struct file **fpp)
{

	return fd_get(fd, O_PATH, fpp);
}

int
rump_fd_getany(int fd, struct file **fpp)
{

	return fd_get(fd, 0, fpp);
}

int
rump_fd_install(struct file *fp, int min, int cloexec, int *fdp)
{
	struct fdtable *t = fd_table();
	uint64_t max = rump_rlim_cur(curproc, FD_NOFILE);
	int fd, error;

	rump_mutex_enter(&t->fdt_lock);
	fd = min > t->fdt_low ? min : t->fdt_low;
	while (fd < t->fdt_n && t->fdt_ents[fd].fe_file != NULL)
		fd++;
	if ((uint64_t)fd >= max) {
		error = EMFILE;
	} else if ((error = fd_grow(t, fd)) == 0) {
		t->fdt_ents[fd].fe_file = fp;
		t->fdt_ents[fd].fe_cloexec = cloexec;
		if (min <= t->fdt_low)
			t->fdt_low = fd + 1;
		*fdp = fd;
	}
	rump_mutex_exit(&t->fdt_lock);
	return error;
}

int
rump_fd_open(enum ftype type, const struct fileops *ops, void *data,
    int oflags, int *fdp)
{
	struct file *fp;
	int error;

	if ((error = rump_file_alloc(type, ops, data, oflags, &fp)) != 0)
		return error;
	error = rump_fd_install(fp, 0, (oflags & O_CLOEXEC) != 0, fdp);
	if (error)
		rump_file_free(fp);
	return error;
}

int
rump_fd_close(int fd)
{
	struct file *fp = fd_take(fd_table(), fd);

	if (fp == NULL)
		return EBADF;
	RUMP_HOOK_CALL(rump_fd_closehook, fp);
	rump_file_rele(fp);
	return 0;
}

int
rump_fd_set(struct fdtable *t, int fd, struct file *fp)
{
	struct file *old = NULL;
	int error;

	rump_mutex_enter(&t->fdt_lock);
	if ((error = fd_grow(t, fd)) == 0) {
		old = t->fdt_ents[fd].fe_file;
		t->fdt_ents[fd].fe_file = fp;
		t->fdt_ents[fd].fe_cloexec = 0;
	}
	rump_mutex_exit(&t->fdt_lock);
	if (old != NULL) {
		if (t == fd_table())
			RUMP_HOOK_CALL(rump_fd_closehook, old);
		rump_file_rele(old);
	}
	return error;
}

int
rump_fd_cloexec(int fd, int set, int *old)
{
	struct fdtable *t = fd_table();
	int error = EBADF;

	rump_mutex_enter(&t->fdt_lock);
	if (fd >= 0 && fd < t->fdt_n && t->fdt_ents[fd].fe_file != NULL) {
		*old = t->fdt_ents[fd].fe_cloexec;
		if (set >= 0)
			t->fdt_ents[fd].fe_cloexec = set;
		error = 0;
	}
	rump_mutex_exit(&t->fdt_lock);
	return error;
}

int
rump_fd_last(void)
{
	struct fdtable *t = fd_table();
	int n;

	rump_mutex_enter(&t->fdt_lock);
	n = t->fdt_n;
	rump_mutex_exit(&t->fdt_lock);
	return n - 1;
}
