/* SPDX-License-Identifier: BSD-2-Clause */
/* process.c: the root's own nodes: processes, self, net. */
#include <asm/errno.h>

#include <kern/str.h>

#include "procfs_private.h"

/* The process with the lowest number from *pos on. */
static int
pid_next(const struct procctx *pc, uint64_t *pos, char name[PROC_NAMELEN])
{
	const struct proc *p;
	int best = 0;

	(void)pc;
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (p->p_pid > 0 && !p->p_zombie &&
		    (uint64_t)p->p_pid >= *pos &&
		    (best == 0 || p->p_pid < best))
			best = p->p_pid;
	rump_mutex_exit(&rump_proc_lock);
	if (best == 0)
		return ENOENT;
	snprintf(name, PROC_NAMELEN, "%d", best);
	*pos = (uint64_t)best + 1;
	return 0;
}

static int
self_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "%d", curproc->p_pid);
	return 0;
}

static int
net_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "../net");
	return 0;
}

static const struct procnode process_nodes[] = {
	{ .pn_path = "", .pn_mode = S_IFDIR | 0555, .pn_next = pid_next },
	{ .pn_path = "*", .pn_mode = S_IFDIR | 0555 },
	{ .pn_path = "self", .pn_mode = S_IFLNK | 0777, .pn_read = self_read },
	{ .pn_path = "*/net", .pn_mode = S_IFLNK | 0777, .pn_read = net_read },
	{ .pn_path = NULL }
};
RUMP_PROCNODES(process_nodes);
