/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of procfs. */
#ifndef PROCFS_PRIVATE_H
#define PROCFS_PRIVATE_H

#include <kern/procnode.h>
#include <vfs/vfs.h>

/* A component of a path; constant once the tree is made. */
struct pdent {
	const char	*pd_name;	/* not terminated */
	size_t		 pd_len;
	uint32_t	 pd_mode;
	const struct procnode *pd_node;	/* NULL: a directory on the way */
	struct pdent	*pd_child, *pd_sibling;
	struct pdent	*pd_star;	/* the child called "*" */
};

/* The root, made at the first call; NULL: no memory. */
struct pdent *procfs_tree(void);
struct pdent *procfs_child(const struct pdent *, const char *, size_t);

#endif /* PROCFS_PRIVATE_H */
