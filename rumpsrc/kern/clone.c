/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clone for threads, and the calls that cannot be: one address space holds
 * all processes, so fork has nothing to copy into.
 */
#include <asm/errno.h>
#include <linux/sched.h>
#include <stdint.h>
#include <rump/rumpuser.h>
#include <rump/rumpcomp_user.h>
#include <kern/exec.h>
#include <kern/futex.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm.h>
#include <kern/proc.h>
#include <kern/syscall.h>

#define CLONE_NEEDED	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
			CLONE_THREAD)
#define CLONE_KNOWN	(CLONE_NEEDED | CLONE_SYSVSEM | CLONE_SETTLS | \
			CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | \
			CLONE_CHILD_SETTID | CLONE_DETACHED)

struct clone_start {
	struct lwp	*cs_lwp;
	void		(*cs_entry)(void);
	void		*cs_sp, *cs_tp;
};

static void *
clone_thread(void *arg)
{
	struct clone_start cs = *(struct clone_start *)arg;

	rump_kmem_free(arg, sizeof(struct clone_start));
	rumpuser_curlwpop(RUMPUSER_LWP_SET, cs.cs_lwp);
	cs.cs_lwp->l_hoststk = __builtin_frame_address(0);
	rumpcomp_user_settp(cs.cs_tp);
	rumpcomp_user_enter(cs.cs_entry, NULL, cs.cs_sp);
}

int
rump_exec_clone(struct lwp *l, void (*entry)(void), void *sp, void *tp)
{
	struct clone_start *cs;
	int error;

	if ((cs = rump_kmem_alloc(sizeof(*cs))) == NULL)
		return ENOMEM;
	cs->cs_lwp = l;
	cs->cs_entry = entry;
	cs->cs_sp = sp;
	cs->cs_tp = tp;
	error = rumpuser_thread_create(clone_thread, cs, l->l_name, 0, 0, -1,
	    &l->l_thread);
	if (error)
		rump_kmem_free(cs, sizeof(*cs));
	return error;
}

/*
 * libc's clone: the overlay put function and argument on the new stack,
 * `entry` takes them from there.
 */
RUMP_SYSCALL6(rumpkit_clone, unsigned long, flags, void *, stack, int *, ptid,
    int *, ctid, unsigned long, tls, void *, entry)
{
	struct lwp *l;
	int error, tid;

	if ((flags & CLONE_NEEDED) != CLONE_NEEDED)
		return rump_enosys("fork (one address space: use threads, "
		    "or posix_spawn of a program in the image)", 57);
	if (flags & ~(unsigned long)(CLONE_KNOWN | CSIGNAL))
		return -EINVAL;
	if (stack == NULL || entry == NULL)
		return -EINVAL;
	if ((error = rump_lwp_new(curproc, &l)) != 0)
		return -error;
	rump_futex_threads();
	tid = l->l_tid;
	l->l_sig.ls_mask = gatelwp->l_sig.ls_mask;
	rump_lwp_inherit(l, gatelwp);
	if (flags & CLONE_CHILD_CLEARTID)
		l->l_clear_tid = ctid;
	if (flags & CLONE_PARENT_SETTID)
		*ptid = tid;
	if (flags & CLONE_CHILD_SETTID)
		*ctid = tid;
	error = rump_exec_clone(l, (void (*)(void))(uintptr_t)entry, stack,
	    (flags & CLONE_SETTLS) ? (void *)tls : rumpcomp_user_gettp());
	if (error) {
		rump_lwp_destroy(l);
		return error == ENOMEM ? -EAGAIN : -error;
	}
	rump_mm_isstack(stack);
	return tid;
}

#define NOFORK(name, nr)						\
long									\
rump_sysimpl_##name(void)						\
{									\
	return rump_enosys(#name " (one address space: use threads, "	\
	    "or posix_spawn of a program in the image)", nr);		\
}
NOFORK(fork, 57)
NOFORK(vfork, 58)
