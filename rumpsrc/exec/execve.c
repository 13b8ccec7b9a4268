/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * execve, execveat.  The new program's stack, with copies of the arguments, is
 * made first: until it is there nothing has changed.  The child of a vfork
 * gets a host thread of its own and lets its parent go on; any other process
 * goes to its host thread's stack, gives its memory back, and starts the
 * program from there.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <string.h>
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <rump/rumpcomp_user.h>
#include <kern/clock.h>
#include <kern/exec.h>
#include <kern/fdtable.h>
#include <kern/futex.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "exec_priv.h"

#define EXEC_MAXARGV	65536
#define EXEC_GUARD	4096
#define EXEC_RANGE	((8UL << 20) + EXEC_GUARD)	/* a stack's regions */
#define EXEC_POLL	1000000		/* ns between looks at other lwps */

struct exec_new {
	struct exec_target en_target;
	struct program	*en_pg;
	char		*en_stack;	/* rump_proc0's until the exec */
	void		*en_sp;
	struct lwp	*en_lwp;
	struct cred	*en_cred;
};

/* To its end, as far as it takes. */
static int
exec_readable(const char *s)
{
	char part[256];
	size_t n;
	int error;

	while ((error = rump_copyinstr(s, part, sizeof(part), &n)) ==
	    ENAMETOOLONG)
		s += sizeof(part);
	return error;
}

/* How many there are; all of them can be read. */
static int
exec_count(char *const *v, size_t *np)
{
	const char *s;
	int error;

	for (*np = 0; v != NULL; ++*np) {
		if ((error = rump_copyin(&v[*np], &s, sizeof(s))) != 0)
			return error;
		if (s == NULL)
			break;
		if (*np >= EXEC_MAXARGV)
			return E2BIG;
		if ((error = exec_readable(s)) != 0)
			return error;
	}
	return 0;
}

/* The stack, with a script's interpreter before the arguments. */
static int
exec_build(struct exec_new *en, const char *path, char *const *argv,
    char *const *envp)
{
	static char *none[] = { NULL };
	const struct exec_target *et = &en->en_target;
	struct rump_exec re = { .re_name = path, .re_argv = argv,
	    .re_envp = envp != NULL ? envp : none };
	size_t n, size = 0;
	char **all = NULL;
	int error;

	if ((en->en_cred = rump_cred_exec()) == NULL)
		return ENOMEM;
	if ((error = exec_count(envp, &n)) != 0 ||
	    (error = exec_count(argv, &n)) != 0)
		return error;
	if (et->et_nprefix != 0 || n == 0) {
		size = (n + 1 + sizeof(et->et_prefix) / sizeof(char *)) *
		    sizeof(char *);
		if ((all = rump_kmem_zalloc(size)) == NULL)
			return ENOMEM;
		/* argv[0] gives way to the script's path; none: "". */
		all[0] = (char *)(uintptr_t)"";
		memcpy(all, et->et_prefix, et->et_nprefix * sizeof(char *));
		if (n > 1)
			memcpy(all + et->et_nprefix, argv + 1,
			    (n - 1) * sizeof(char *));
		re.re_argv = all;
	}
	error = rump_exec_stack(&rump_proc0, &re, en->en_cred,
	    &en->en_stack, &en->en_sp);
	if (all != NULL)
		rump_kmem_free(all, size);
	return error;
}

static void
exec_cloexec(struct fdtable *t)
{
	struct file *fp;
	int i;

	for (i = 0; i < t->fdt_n; i++) {
		rump_mutex_enter(&t->fdt_lock);
		fp = t->fdt_ents[i].fe_cloexec ? t->fdt_ents[i].fe_file : NULL;
		rump_mutex_exit(&t->fdt_lock);
		if (fp != NULL)
			(void)rump_fd_close(i);
	}
}

/* What changes in p; its program's memory is nobody's any more. */
static void
exec_commit(struct exec_new *en, struct proc *p, struct lwp *l)
{
	const char *name = en->en_pg->pg_rp->rp_name;

	exec_cloexec(p->p_fdt);
	rump_sig_exec(p);
	/* Who may look into it is asked of the new program anew. */
	if (en->en_cred->cr_ruid == en->en_cred->cr_euid &&
	    en->en_cred->cr_rgid == en->en_cred->cr_egid)
		__atomic_fetch_and(&p->p_prctl, ~(uint32_t)RUMP_PRCTL_NODUMP,
		    __ATOMIC_RELAXED);
	rump_cred_set(l, en->en_cred);
	rump_mutex_enter(&p->p_lock);
	strlcpy(p->p_comm, name, sizeof(p->p_comm));
	strlcpy(l->l_name, name, sizeof(l->l_name));
	rump_mutex_exit(&p->p_lock);
	__atomic_store_n(&p->p_sp, en->en_sp, __ATOMIC_RELAXED);
	l->l_clear_tid = NULL;
	RUMP_HOOK_CALL(rump_futex_robust_hook, l);
	l->l_robust = NULL;
	rump_mutex_enter(&rump_proc_lock);
	p->p_execed = 1;
	rump_mutex_exit(&rump_proc_lock);
	rump_mm_give(en->en_stack - EXEC_GUARD, EXEC_RANGE, &rump_proc0, p);
	rump_exec_reset(en->en_pg);
	rump_exec_target_free(&en->en_target);
}

/* The child could not get a thread: it dies as by SIGKILL. */
static void
exec_stillborn(struct proc *p, struct lwp *l)
{

	(void)rump_lwp_leave(l);
	rump_proc_exit(p, 9);
	rump_exit_last(p);
	rump_lwp_destroy(l);
}

static void __attribute__((__noreturn__))
exec_child(struct exec_new *en, struct lwp *l)
{
	struct proc *p = l->l_proc;
	void (*entry)(void) = en->en_pg->pg_rp->rp_entry;
	void *sp = en->en_sp;
	struct vfork *vf;

	rump_exec_vfork_detach(l);
	exec_commit(en, p, l);
	rump_kmem_free(en, sizeof(*en));
	vf = rump_exec_vfork_leave(l);
	if (rump_exec_start(l, entry, sp) != 0)
		exec_stillborn(p, l);
	rump_exec_vfork_resume(vf);
}

/* On the host thread's stack, a virtual CPU held. */
static void
exec_switch(void *arg)
{
	struct exec_new *en = arg;
	struct lwp *l = en->en_lwp;
	struct proc *p = l->l_proc;
	void (*entry)(void) = en->en_pg->pg_rp->rp_entry;
	void *sp = en->en_sp;

	rump_mm_exit(p);
	rump_exec_release(p, en->en_pg);
	exec_commit(en, p, l);
	rump_kmem_free(en, sizeof(*en));
	rumpcomp_user_settp(NULL);
	rump_mutex_enter(&p->p_lock);
	p->p_exiting = 0;
	rump_mutex_exit(&p->p_lock);
	rump_gate_exit(l);
	rumpcomp_user_enter(entry, NULL, sp);
}

/* The process's other lwps end.  EAGAIN: it is exiting itself. */
static int
exec_alone(struct lwp *l)
{
	struct proc *p = l->l_proc;
	struct rump_cv cv = { NULL, NULL };
	int error = 0;

	rump_mutex_enter(&p->p_lock);
	if (p->p_exiting) {
		rump_mutex_exit(&p->p_lock);
		return EAGAIN;
	}
	rump_exit_others(p);
	while (p->p_nlwps > 1)
		(void)rump_cv_timedwait(&cv, &p->p_lock,
		    rump_monotonic() + EXEC_POLL);
	l->l_tid = p->p_pid;
	rump_mutex_exit(&p->p_lock);
	return error;
}

static int
exec_replace(struct exec_new *en, struct lwp *l)
{
	int error;

	if ((error = exec_alone(l)) != 0)
		return error;
	rumpcomp_user_enter((void (*)(void))(uintptr_t)exec_switch, en,
	    (void *)((((uintptr_t)l->l_hoststk - 512) & ~15UL) - 8));
}

static void
exec_abandon(struct exec_new *en, struct proc *p, struct program *old)
{

	if (en->en_pg != NULL && en->en_pg != old)
		rump_exec_release(p, old);
	if (en->en_stack != NULL)
		(void)rump_mm_unmap(en->en_stack - EXEC_GUARD, EXEC_RANGE);
	if (en->en_cred != NULL)
		rump_cred_rele(en->en_cred);
	rump_exec_target_free(&en->en_target);
	rump_kmem_free(en, sizeof(*en));
}

/* Returns only an error. */
static int
exec(struct lwp *l, int dirfd, const char *upath, char *const *argv,
    char *const *envp, int flags)
{
	struct program *old = rump_exec_current(l->l_proc);
	struct exec_new *en;
	int error;

	if ((en = rump_kmem_zalloc(sizeof(*en))) == NULL)
		return ENOMEM;
	en->en_lwp = l;
	error = rump_exec_lookup(dirfd, upath, flags & AT_EMPTY_PATH,
	    &en->en_target);
	if (error == 0)
		error = rump_exec_claim(l->l_proc, en->en_target.et_name,
		    &en->en_pg);
	if (error == 0)
		error = exec_build(en, upath, argv, envp);
	if (error == 0) {
		if (l->l_vfork != NULL)
			exec_child(en, l);
		error = exec_replace(en, l);
	}
	exec_abandon(en, l->l_proc, old);
	return error;
}

RUMP_SYSCALL3(execve, const char *, path, void *, argv, void *, envp)
{

	return -exec(gatelwp, AT_FDCWD, path, argv, envp, 0);
}

RUMP_SYSCALL5(execveat, int, dirfd, const char *, path, void *, argv,
    void *, envp, int, flags)
{

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return -exec(gatelwp, dirfd, path, argv, envp, flags);
}
