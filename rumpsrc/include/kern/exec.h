/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting and ending lwps that run program code (hw, spt, xen). */
#ifndef KERN_EXEC_H
#define KERN_EXEC_H

struct cred;
struct file;
struct lwp;
struct proc;
struct rump_exec;

/* The component exec: the program's data are p's and fresh, or an error. */
extern int (*rump_exec_hook)(struct proc *p, const struct rump_exec *,
    void (**entryp)(void));
/*
 * A program stack with arguments, environment and auxv on it; *stackp is not
 * NULL after an error that leaves it to be unmapped.
 */
int	rump_exec_stack(struct proc *owner, const struct rump_exec *,
	    const struct cred *, char **stackp, void **spp);

/* A host thread for l: stack pointer sp, jump to entry. */
int	rump_exec_start(struct lwp *l, void (*entry)(void), void *sp);
/* clone: the same with a thread pointer. */
int	rump_exec_clone(struct lwp *l, void (*entry)(void), void *sp,
	    void *tp);

/*
 * End of the calling lwp; its program stack is left first, so that it may be
 * unmapped by whoever waits for it, or here (base != NULL).
 */
void	rump_exit_lwp(void *base, unsigned long len)
	    __attribute__((__noreturn__));
/* All lwps of p have left: what it had goes, and its parent is told. */
void	rump_exit_last(struct proc *p);
/* The other lwps of p end; caller holds p_lock. */
void	rump_exit_others(struct proc *p);
/* End of the process; wstatus as wait(2) encodes it. */
void	rump_exit_group(int wstatus) __attribute__((__noreturn__));

/*
 * Opens the console for a new process's descriptors 0, 1, 2: one reference.
 * Minimal unless a tty component put its own function in.
 */
extern int (*rump_cons_openfn)(struct file **);
int	rump_cons_open(struct file **);

#endif /* KERN_EXEC_H */
