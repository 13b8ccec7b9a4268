/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of the image as things that can be started again: a copy of
 * their initialised data is made before the first one runs, and put back
 * before each start but the first; their zero data are cleared.  The code and
 * what relocation wrote are read-only and need nothing.
 */
#include <asm/errno.h>
#include <string.h>
#include <rump/component.h>
#include <rump/rump.h>
#include <kern/exec.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include "exec_priv.h"

static struct program *programs;	/* [I] rump_nprograms */
static struct rump_mutex program_lock;	/* a leaf */
static struct rump_cv program_cv;	/* [program_lock] one became free */

static int
program_is(const struct program *pg, const char *name)
{

	return strcmp(pg->pg_rp->rp_name, name) == 0;
}

int
rump_exec_known(const char *name)
{
	unsigned i;

	for (i = 0; i < rump_nprograms; i++)
		if (program_is(&programs[i], name))
			return 1;
	return 0;
}

struct program *
rump_exec_current(struct proc *p)
{
	struct program *pg = NULL;
	unsigned i;

	rump_mutex_enter(&program_lock);
	for (i = 0; i < rump_nprograms && pg == NULL; i++)
		if (programs[i].pg_owner == p)
			pg = &programs[i];
	rump_mutex_exit(&program_lock);
	return pg;
}

/* 0, ENOENT, ETXTBSY, or EAGAIN: one is about to become free. */
static int
program_take(struct proc *p, const char *name, struct program **pgp)
{
	struct program *pg;
	unsigned i;
	int error = ENOENT;

	for (i = 0; i < rump_nprograms; i++) {
		pg = &programs[i];
		if (!program_is(pg, name))
			continue;
		if (pg->pg_owner == NULL || pg->pg_owner == p) {
			pg->pg_owner = p;
			*pgp = pg;
			return 0;
		}
		/* An owner cannot go before it has released this. */
		if (__atomic_load_n(&pg->pg_owner->p_exiting,
		    __ATOMIC_RELAXED))
			error = EAGAIN;
		else if (error == ENOENT)
			error = ETXTBSY;
	}
	return error;
}

int
rump_exec_claim(struct proc *p, const char *name, struct program **pgp)
{
	int error;

	rump_mutex_enter(&program_lock);
	while ((error = program_take(p, name, pgp)) == EAGAIN)
		if ((error = rump_cv_wait_sig(&program_cv,
		    &program_lock)) != 0)
			break;
	rump_mutex_exit(&program_lock);
	if (error == ETXTBSY)
		rump_printf("rumpkit: %s runs already, and this image has its "
		    "data once: name it twice to rumprun-bake\n", name);
	return error;
}

void
rump_exec_release(struct proc *p, const struct program *keep)
{
	unsigned i;

	rump_mutex_enter(&program_lock);
	for (i = 0; i < rump_nprograms; i++)
		if (programs[i].pg_owner == p && &programs[i] != keep)
			programs[i].pg_owner = NULL;
	rump_cv_broadcast(&program_cv);
	rump_mutex_exit(&program_lock);
}

void
rump_exec_reset(struct program *pg)
{
	const struct rump_program *rp = pg->pg_rp;

	if (pg->pg_used) {
		memcpy(rp->rp_data, pg->pg_copy,
		    (size_t)(rp->rp_data_end - rp->rp_data));
		memset(rp->rp_bss, 0, (size_t)(rp->rp_bss_end - rp->rp_bss));
	}
	pg->pg_used = 1;
}

/* For rump_pub_exec(). */
static int
program_start(struct proc *p, const struct rump_exec *re,
    void (**entryp)(void))
{
	struct program *pg;
	int error;

	if ((error = rump_exec_claim(p, re->re_name, &pg)) != 0)
		return error;
	rump_exec_reset(pg);
	p->p_execed = 1;
	*entryp = pg->pg_rp->rp_entry;
	return 0;
}

static void
program_exit(struct proc *p, struct lwp *l)
{

	if (l != NULL)
		rump_exec_vfork_exit(l);
	rump_exec_release(p, NULL);
}

RUMP_COMPONENT(exec, RUMP_FACTION_BASE)
{
	const struct rump_program *rp;
	size_t len;
	unsigned i;

	programs = rump_kmem_zalloc(rump_nprograms * sizeof(*programs));
	if (programs == NULL)
		return ENOMEM;
	for (i = 0; i < rump_nprograms; i++) {
		rp = &rump_programs[i];
		programs[i].pg_rp = rp;
		len = (size_t)(rp->rp_data_end - rp->rp_data);
		if (len == 0)
			continue;
		if ((programs[i].pg_copy = rump_kmem_alloc(len)) == NULL)
			return ENOMEM;
		memcpy(programs[i].pg_copy, rp->rp_data, len);
	}
	rump_exec_hook = program_start;
	rump_exit_hook = program_exit;
	rump_procend_hook = rump_exec_ended;
	rump_sig_init();	/* a fault ends one process only */
	return 0;
}
