/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of exec. */
#ifndef EXEC_PRIV_H
#define EXEC_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <rump/program.h>

struct lwp;
struct proc;

/*
 * program.c.  A program runs once at a time: its data have one place.  claim
 * gives p the first free one of that name: ENOENT, ETXTBSY (and a line on the
 * console); it waits for one whose process is on its way out.
 */
struct program {
	const struct rump_program *pg_rp;	/* [I] */
	char		*pg_copy;	/* [I] rp_data as at the start */
	struct proc	*pg_owner;	/* [program_lock] whose data they are */
	int		 pg_used;	/* [program_lock] has run before */
};
int	rump_exec_claim(struct proc *p, const char *name, struct program **);
/* Those of p but keep (NULL: all) are free. */
void	rump_exec_release(struct proc *p, const struct program *keep);
/* Data as at the start of the image; the caller's process owns it. */
void	rump_exec_reset(struct program *);
int	rump_exec_known(const char *name);
/* The program that p runs, NULL: none. */
struct program *rump_exec_current(struct proc *p);

/* ended.c: rump_procend_hook. */
void	rump_exec_ended(struct proc *);

/* lookup.c: what a path means. */
#define EXEC_HEAD	256
#define EXEC_PATH	4096
struct exec_target {
	const char	*et_name;	/* program, inside the buffers */
	unsigned	 et_nprefix;	/* arguments before the script's own */
	char		*et_prefix[9];	/* interpreter, its argument, ... */
	char		*et_bufs[5];	/* of EXEC_PATH bytes, in use */
	unsigned	 et_nbufs;
};
int	rump_exec_lookup(int dirfd, const char *upath, int empty,
	    struct exec_target *);
void	rump_exec_target_free(struct exec_target *);

/*
 * vfork.c.  What the parent goes on with, as the libc overlay hands it down:
 * registers that a function preserves, its caller's stack pointer, and where
 * it returns to.
 */
struct vfork_regs {
	uint64_t	vr_rbx, vr_rbp, vr_r12, vr_r13, vr_r14, vr_r15;
	uint64_t	vr_rsp, vr_rip;
};
struct vfork {
	struct vfork_regs vf_regs;
	int		 vf_pid;	/* resume.S: at 64 */
	struct lwp	*vf_parent;	/* suspended; this is its thread */
};
void	rump_exec_vfork_exit(struct lwp *) __attribute__((__noreturn__));
/*
 * The child lets go of the parent's memory, and of its thread: from then on
 * the parent runs, and holds the virtual CPU.
 */
void	rump_exec_vfork_detach(struct lwp *child);
struct vfork *rump_exec_vfork_leave(struct lwp *child);
/* Returns from vfork in the parent; frees it. */
void	rump_exec_vfork_resume(struct vfork *) __attribute__((__noreturn__));

#endif /* EXEC_PRIV_H */
