/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in /proc.  Any component registers a table of nodes:
 *
 *	static const struct procnode nodes[] = {
 *		{ .pn_path = "uptime", .pn_read = uptime_read },
 *		{ .pn_path = "*" "/stat", .pn_read = stat_read },
 *		{ .pn_path = NULL }
 *	};
 *	RUMP_PROCNODES(nodes);
 *
 * Component vfs_procfs makes the tree; in an image without it the linker
 * drops the tables with all that only they refer to.
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
struct vnode;

struct procctx {
	const struct procnode *pc_node;
	struct proc	*pc_proc;	/* of the process; or NULL */
	const char	*pc_star[PROC_STARS];	/* the names, outermost first */
};

/* All functions: 0 or an errno, called without a lock that they may need. */
struct procnode {
	const char	*pn_path;
	uint32_t	 pn_mode;	/* 0: S_IFREG 0444; 0644: pn_write */
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
	const void *pn_arg;		/* the functions' */
};

/* Not retained: reachable only through vfs_procfs. */
#define RUMP_PROCNODES(table) \
	static const struct procnode *const rump_pnp_##table \
	    __attribute__((__section__("rump_procnodes"), __used__)) = table

/*
 * Settings: pn_n (at most 4) ints of a range.  Use PROC_NUM() in a table; var
 * is an int, array or not, of which each is read and written atomically.
 */
struct procnum {
	int		*pn_val;	/* [a] */
	unsigned	 pn_n;
	int		 pn_min, pn_max;
};
int	rump_procnum_read(struct text *, const struct procctx *);
int	rump_procnum_write(const char *, const struct procctx *);
#define PROC_NUM(path, var, min, max) \
	{ .pn_path = (path), .pn_read = rump_procnum_read, \
	  .pn_write = rump_procnum_write, .pn_arg = &(const struct procnum){ \
	  (int *)&(var), sizeof(var) / sizeof(int), min, max } }

#endif /* KERN_PROCNODE_H */
