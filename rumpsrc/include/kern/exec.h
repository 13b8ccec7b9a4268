/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting and ending lwps that run program code (hw, spt, xen). */
#ifndef KERN_EXEC_H
#define KERN_EXEC_H

struct file;
struct lwp;

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
/* End of the process; wstatus as wait(2) encodes it. */
void	rump_exit_group(int wstatus) __attribute__((__noreturn__));

/* The host reports that a program aborted; the image ends with it. */
void	rump_exit_report(int sig);

/*
 * Opens the console for a new process's descriptors 0, 1, 2: one reference.
 * Minimal unless a tty component put its own function in.
 */
extern int (*rump_cons_openfn)(struct file **);
int	rump_cons_open(struct file **);

#endif /* KERN_EXEC_H */
