/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vfork, and clone with CLONE_VM and CLONE_VFORK: until it execs or exits, the
 * child is an lwp of a process of its own on the host thread of its parent,
 * which waits.  The child runs the parent's program with the parent's thread
 * pointer, on its stack or on one that it supplied.  What it maps is the
 * parent's.
 */
#include <asm/errno.h>
#include <stddef.h>
#include <string.h>
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include <kern/syscall.h>
#include "exec_priv.h"

_Static_assert(sizeof(struct vfork_regs) == 64 &&
    offsetof(struct vfork_regs, vr_rsp) == 48, "resume.S, libc's vfork.s");

void	rump_exec_vfork_return(struct vfork *, struct vfork *copy);

/* A process like curproc with one lwp, which is not running yet. */
static int
vfork_new(struct lwp *l, const struct vfork_regs *regs, struct lwp **cp)
{
	struct proc *p;
	struct vfork *vf;
	int error;

	if ((vf = rump_kmem_alloc(sizeof(*vf))) == NULL)
		return ENOMEM;
	if ((error = rump_proc_new(l->l_proc, RUMP_RFFDG, &p)) != 0)
		goto fail;
	if ((error = rump_lwp_new(p, cp)) != 0) {
		p->p_autoreap = 1;
		rump_proc_exit(p, 0);
		goto fail;
	}
	vf->vf_regs = *regs;
	vf->vf_parent = l;
	vf->vf_pid = p->p_pid;
	(*cp)->l_vfork = vf;
	(*cp)->l_hoststk = l->l_hoststk;
	(*cp)->l_thread = l->l_thread;
	rump_sig_inherit(p, *cp);
	rump_mm_share(l->l_proc, p);
	return 0;
fail:
	rump_kmem_free(vf, sizeof(*vf));
	return error;
}

static void
vfork_switch(struct lwp *from, struct lwp *to)
{

	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, from);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, to);
}

/* Returns 0 in the child; in the parent libc's stub returns, not this. */
long
rump_sysimpl_rumpkit_vfork(const void *regs)
{
	struct lwp *l = rump_gate_enter(), *c;
	int error;

	if ((error = vfork_new(l, regs, &c)) != 0) {
		rump_gate_exit(l);
		return error == ENOMEM ? -EAGAIN : -error;
	}
	rump_sched_release(l);
	vfork_switch(l, c);
	return 0;
}

void
rump_exec_vfork_detach(struct lwp *l)
{

	rump_mm_unshare(l->l_vfork->vf_parent->l_proc, l->l_proc);
}

struct vfork *
rump_exec_vfork_leave(struct lwp *l)
{
	struct vfork *vf = l->l_vfork;

	l->l_vfork = NULL;
	l->l_hoststk = NULL;
	rump_sched_release(l);
	vfork_switch(l, vf->vf_parent);
	(void)rump_gate_enter();
	return vf;
}

/* The child ends without an exec; on the host thread's stack. */
void
rump_exec_vfork_exit(struct lwp *l)
{
	struct proc *p = l->l_proc;
	struct vfork *vf = l->l_vfork;

	rump_exec_vfork_detach(l);
	(void)rump_lwp_leave(l);
	rump_proc_exit(p, 0);
	rump_lwp_destroy(l);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, vf->vf_parent);
	(void)rump_gate_enter();
	rump_exec_vfork_resume(vf);
}

/* From resume.S, on the parent's program stack. */
void
rump_exec_vfork_return(struct vfork *vf, struct vfork *copy)
{

	*copy = *vf;
	rump_kmem_free(vf, sizeof(*vf));
	rump_gate_exit(copy->vf_parent);
}
