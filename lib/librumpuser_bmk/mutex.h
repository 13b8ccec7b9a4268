/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RUMPUSER_BMK_MUTEX_H
#define RUMPUSER_BMK_MUTEX_H

#include "user.h"

/* [m] m_lock, [o] the owner, [a] atomic, [I] constant */
struct rumpuser_mtx {
	struct bmk_thread *m_owner;	/* [a] */
	struct lwp	*m_lwp;		/* [o] */
	struct bmk_spin	 m_lock;
	uint32_t	 m_nwait;	/* [m] changed, [a] read */
	struct user_waitq m_waitq;	/* [m] */
	int		 m_flags;	/* [I] */
};

#endif /* RUMPUSER_BMK_MUTEX_H */
