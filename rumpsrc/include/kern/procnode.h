/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in /proc.  Any component has a function that adds its nodes:
 *
 *	RUMP_PROCNODES(pt)
 *	{
 *		rump_proc_file(pt, "uptime", uptime_read);
 *		rump_proc_file(pt, "*" "/stat", stat_read)->pn_mode =
 *		    S_IFREG | 0400;
 *	}
 *
 * Component vfs_procfs calls these when the first /proc is mounted; in an
 * image without it the linker drops them with all that only they refer to.
 * They are code because tables of pointers would be relocated at every boot.
 *
 * A path is relative to /proc.  Directories on the way are made.  A component
 * of a path that is "*" stands for every name that the directory's own node
 * (S_IFDIR) has, by pn_next.  The root's are the processes: "*" "/status" is
 * /proc/PID/status, and pc_proc is that process.
 */
#ifndef KERN_PROCNODE_H
#define KERN_PROCNODE_H

#include <stdint.h>
#include <kern/text.h>

#define PROC_STARS	3		/* "*" in one path */
#define PROC_NAMELEN	32		/* of what one stands for, with NUL */

struct proc;
struct procnode;
struct proctree;
struct vnode;

struct procctx {
	const struct procnode *pc_node;
	struct proc	*pc_proc;	/* of the process; or NULL */
	const char	*pc_star[PROC_STARS];	/* the names, outermost first */
};

/*
 * Settings: pn_n (at most 4) ints of a range, for rump_procnum_*; pn_val, an
 * array or not, is read and written atomically.
 */
struct procnum {
	int		*pn_val;	/* [a] */
	unsigned	 pn_n;
	int		 pn_min, pn_max;
};

/*
 * All functions: 0 or an errno, called without a lock that they may need.
 * Constant once the tree is made.
 */
struct procnode {
	const char	*pn_path;	/* not copied */
	uint32_t	 pn_mode;
	/* The contents, of a symbolic link the target. */
	int	(*pn_read)(struct text *, const struct procctx *);
	/* What one write(2) wrote, terminated, 4,095 bytes at most. */
	int	(*pn_write)(const char *, const struct procctx *);
	/*
	 * Directories: the first name whose key is at least *pos, which
	 * becomes that key + 1; ENOENT at the end.
	 */
	int	(*pn_next)(const struct procctx *, uint64_t *pos,
		    char name[PROC_NAMELEN]);
	/* Is it one of the names of pn_next?  NULL: pn_next tells. */
	int	(*pn_isname)(const struct procctx *, const char *);
	/* Links: the file itself, referenced, whatever its name is. */
	int	(*pn_jump)(const struct procctx *, struct vnode **);
	/* Sets v_mode's permissions and v_size of a vnode that is new. */
	void	(*pn_init)(const struct procctx *, struct vnode *);
	const void *pn_arg;		/* the functions' */
	struct procnode *pn_added;	/* the node that was added next */
	struct procnum pn_num;
};

/*
 * One function a file.  Not retained: reachable only through vfs_procfs.
 */
#define RUMP_PROCNODES(pt) \
	static void procnodes_add(struct proctree *); \
	static void (*const procnodes_addp)(struct proctree *) \
	    __attribute__((__section__("rump_procnodes"), __used__)) = \
	    procnodes_add; \
	static void \
	procnodes_add(struct proctree *pt)

/* The nodes so far. */
struct proctree {
	struct procnode	*pt_first, *pt_last;
	struct procnode	 pt_spare;	/* when there was no memory */
	int		 pt_error;	/* then ENOMEM */
};

/* These give the node, never NULL, for what else is to be set. */
struct procnode *rump_proc_node(struct proctree *, const char *path,
	    uint32_t mode, int (*)(struct text *, const struct procctx *));
struct procnode *rump_proc_file(struct proctree *, const char *path,
	    int (*)(struct text *, const struct procctx *));
struct procnode *rump_proc_link(struct proctree *, const char *path,
	    int (*)(struct text *, const struct procctx *));
struct procnode *rump_proc_dir(struct proctree *, const char *path,
	    int (*)(const struct procctx *, uint64_t *, char *));
struct procnode *rump_proc_set(struct proctree *, const char *path,
	    int (*)(struct text *, const struct procctx *),
	    int (*)(const char *, const struct procctx *));
/* The same text for ever, and a line's end. */
void	rump_proc_text(struct proctree *, const char *path, const char *);
void	rump_proc_num(struct proctree *, const char *path, int *, unsigned n,
	    int min, int max);
#define PROC_NUM(pt, path, var, min, max) \
	rump_proc_num(pt, path, (int *)&(var), sizeof(var) / sizeof(int), \
	    min, max)
int	rump_procnum_read(struct text *, const struct procctx *);
int	rump_procnum_write(const char *, const struct procctx *);

#endif /* KERN_PROCNODE_H */
