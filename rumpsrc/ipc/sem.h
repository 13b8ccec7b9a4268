/* SPDX-License-Identifier: BSD-2-Clause */
/* Between sem.c (operations) and semctl.c. */
#ifndef IPC_SEM_H
#define IPC_SEM_H

#include <linux/sem.h>
#include "ipc.h"

struct sem {
	uint16_t	 sm_val;
	int		 sm_pid;	/* who changed it last */
};

/* What a process is to add to each semaphore when it ends. */
struct semundo {
	struct semundo	*su_next;
	const struct proc *su_proc;
	int16_t		 su_adj[];	/* ss_n of them */
};

/* One sleeper: which semaphore it waits for, and for what. */
struct semwait {
	struct semwait	*sw_next, **sw_prevp;
	unsigned	 sw_num;
	int		 sw_zero;	/* to become zero, else to grow */
};

struct semset {
	struct ipc_obj	 ss_io;		/* io_lock: all fields */
	struct rump_cv	 ss_cv;
	struct semwait	*ss_waits;
	struct semundo	*ss_undos;
	int64_t		 ss_otime, ss_ctime;
	unsigned	 ss_n;		/* [I] */
	struct sem	 ss_sems[];
};

extern struct ipc_table rump_sem_table;

static inline struct semset *
semset_of(struct ipc_obj *io)
{
	return (struct semset *)(void *)io;
}

/* A value was set: what processes were to undo of it is forgotten. */
void	rump_sem_forget(struct semset *, unsigned first, unsigned n);

#endif /* IPC_SEM_H */
