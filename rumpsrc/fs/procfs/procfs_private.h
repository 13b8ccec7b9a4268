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

/* Of a process's memory, in pages; procmap.c. */
struct procmem {
	size_t	pm_size, pm_resident, pm_shared;
	size_t	pm_text, pm_data, pm_stack;
};
void	procfs_mem(struct proc *, struct procmem *);
/* A file's path for curproc; " (deleted)" behind it when it has no name. */
void	procfs_path(struct text *, struct vnode *);
/* The path that the program was started with, "" when it is not known. */
void	procfs_execname(struct proc *, char *, size_t);
/* CPU time of a process, tid 0, or of one of its lwps, nanoseconds. */
int64_t	procfs_cputime(struct proc *, int tid);
/* Of all processes since the start; and how many lwps run or wait to. */
struct proctotal {
	int64_t	pt_cputime;
	int	pt_lwps, pt_running, pt_lastpid;
};
void	procfs_total(struct proctotal *);
char	procfs_lwpstate(const struct lwp *);

/* The root, made at the first call; NULL: no memory. */
struct pdent *procfs_tree(void);
struct pdent *procfs_child(const struct pdent *, const char *, size_t);

#endif /* PROCFS_PRIVATE_H */
