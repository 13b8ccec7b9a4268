/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of platform/posix: upcalls, errors, giving up a CPU. */
#ifndef POSIX_USER_H
#define POSIX_USER_H

#include <errno.h>

#include <rump/rumpuser.h>

/* [I] after rumpuser_init() */
extern struct rumpuser_hyperup posix_up;

/* An errno of the host as one that Linux and the BSDs share. */
int	posix_errno(int error);

/* A broken invariant or a host call that cannot fail did: abort() loudly. */
void	posix_fatal(const char *what, int error)
	    __attribute__((__noreturn__));

#define POSIX_NOFAIL(call) do {						\
	int posix_error_ = (call);					\
	if (__builtin_expect(posix_error_ != 0, 0))			\
		posix_fatal(#call, posix_error_);			\
} while (0)

#define POSIX_ASSERT(expr) do {						\
	if (__builtin_expect(!(expr), 0))				\
		posix_fatal(#expr, 0);					\
} while (0)

/* Give the virtual CPU back before blocking, and take it again. */
static inline void
posix_unsched(int *nlocksp, struct rumpuser_mtx *mtx)
{

	posix_up.hyp_backend_unschedule(0, nlocksp, mtx);
}

static inline void
posix_sched(int nlocks, struct rumpuser_mtx *mtx)
{

	posix_up.hyp_backend_schedule(nlocks, mtx);
}

#endif /* POSIX_USER_H */
