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

/* A decimal number without zeroes in front; -1. */
static int
number(const char *s)
{
	int n = 0;

	if (s[0] == '0' && s[1] != '\0')
		return -1;
	for (; *s >= '0' && *s <= '9' && n < 100000000; s++)
		n = n * 10 + (*s - '0');
	return *s == '\0' ? n : -1;
}

static int
pid_is(const struct procctx *pc, const char *name)
{
	struct proc *p;
	int pid = number(name);

	(void)pc;
	if (pid <= 0 || (p = rump_proc_find(pid)) == NULL)
		return 0;
	rump_proc_rele(p);
	return 1;
}

/* The lwp with the lowest number from *pos on. */
static int
tid_next(const struct procctx *pc, uint64_t *pos, char name[PROC_NAMELEN])
{
	const struct lwp *l;
	int best = 0;

	rump_mutex_enter(&pc->pc_proc->p_lock);
	for (l = pc->pc_proc->p_lwps; l != NULL; l = l->l_sibling)
		if ((uint64_t)l->l_tid >= *pos && (best == 0 ||
		    l->l_tid < best))
			best = l->l_tid;
	rump_mutex_exit(&pc->pc_proc->p_lock);
	if (best == 0)
		return ENOENT;
	snprintf(name, PROC_NAMELEN, "%d", best);
	*pos = (uint64_t)best + 1;
	return 0;
}

static int
threadself_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "%d/task/%d", curproc->p_pid, curlwp->l_tid);
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

RUMP_PROCNODES(pt)
{

	rump_proc_dir(pt, "", pid_next)->pn_isname = pid_is;
	rump_proc_dir(pt, "*", NULL);
	rump_proc_link(pt, "self", self_read);
	rump_proc_link(pt, "*" "/net", net_read);
	rump_proc_dir(pt, "*" "/task", tid_next);
	rump_proc_link(pt, "thread-self", threadself_read);
}
