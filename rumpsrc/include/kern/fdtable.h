/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a descriptor table, for calls that are worth the shortest way
 * to a file.
 */
#ifndef KERN_FDTABLE_H
#define KERN_FDTABLE_H

#include <kern/file.h>

#define FD_FIRST	16	/* entries of a new table */

struct fdent {
	struct file	*fe_file;
	int		 fe_cloexec;
};

struct fdtable {
	struct rump_mutex fdt_lock;
	uint32_t	 fdt_ref;	/* [a] */
	int		 fdt_n;		/* [fdt_lock] entries */
	int		 fdt_low;	/* [fdt_lock] none free below */
	struct fdent	*fdt_ents;	/* [fdt_lock] */
	struct fdent	 fdt_first[FD_FIRST];
};

/* Caller holds fdt_lock.  Referenced, or NULL: there is none. */
static inline struct file *
rump_fdtable_get(const struct fdtable *t, int fd)
{
	struct file *fp;

	if ((unsigned)fd >= (unsigned)t->fdt_n ||
	    (fp = t->fdt_ents[fd].fe_file) == NULL)
		return NULL;
	__atomic_fetch_add(&fp->f_ref, 1, __ATOMIC_RELAXED);
	return fp;
}

/* rump_file_rele() in place. */
static inline void
rump_file_put(struct file *fp)
{
	uint32_t ref = __atomic_load_n(&fp->f_ref, __ATOMIC_RELAXED);

	if (__builtin_expect(ref == 1 || !__atomic_compare_exchange_n(
	    &fp->f_ref, &ref, ref - 1, 0, __ATOMIC_RELEASE,
	    __ATOMIC_RELAXED), 0))
		rump_file_rele(fp);
}

#endif /* KERN_FDTABLE_H */
