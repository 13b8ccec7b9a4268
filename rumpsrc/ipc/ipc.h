/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V IPC: what the three kinds share.  An object is found by its id in
 * the table of its kind.  Lock order: it_lock, io_lock.
 */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include <asm/ipcbuf.h>
#include <linux/ipc.h>
#include <kern/lock.h>
#include <kern/proc.h>

#define IPC_MAXIDS	32768		/* of each kind; an id is seq, index */
#define IPC_READ	0400
#define IPC_WRITE	0200

struct ipc_table;

/* First in each object. */
struct ipc_obj {
	struct rump_mutex io_lock;
	uint32_t	 io_ref;	/* [a] the table's, and callers' */
	int		 io_id;		/* [I] */
	int		 io_removed;	/* [l] waiters get EIDRM */
	struct ipc64_perm io_perm;	/* [l] key and seq [I] */
	struct ipc_table *io_table;	/* [I] */
};

struct ipc_table {
	struct rump_mutex it_lock;
	struct ipc_obj	**it_slots;	/* [it_lock] */
	int		 it_nslots;	/* [it_lock] allocated */
	int		 it_used;	/* [it_lock] objects */
	int		 it_top;	/* [it_lock] highest index used, -1 */
	unsigned	 it_seq;	/* [it_lock] */
	void		(*it_free)(struct ipc_obj *);	/* [I] last reference */
};

/* What *get() calls want; make: a new object, zeroed but for its own part. */
struct ipc_get {
	int		 ig_key, ig_flags;
	size_t		 ig_size;
	int		 (*ig_make)(const struct ipc_get *, struct ipc_obj **);
	/* does the existing one, locked, do?  0 or an errno */
	int		 (*ig_fits)(const struct ipc_get *, struct ipc_obj *);
};

/* An id, or a negative errno. */
int	rump_ipc_get(struct ipc_table *, const struct ipc_get *);
/* Locked and referenced; EINVAL, EIDRM (at this moment).  mode 0: no check. */
int	rump_ipc_find(struct ipc_table *, int id, int mode, struct ipc_obj **);
/* By index, as IPC_STAT's relatives count; mode as before. */
int	rump_ipc_at(struct ipc_table *, int index, int mode, struct ipc_obj **);
void	rump_ipc_release(struct ipc_obj *);	/* unlocks, lets go */
/* After a sleep without the lock: EIDRM when it was removed meanwhile. */
int	rump_ipc_still(const struct ipc_obj *);
int	rump_ipc_access(const struct ipc_obj *, int mode);
/* Owner, creator or root; locked. */
int	rump_ipc_owner(const struct ipc_obj *);
/* Out of the table; the caller, who has it locked, wakes who waits. */
void	rump_ipc_remove(struct ipc_obj *);
int	rump_ipc_setperm(struct ipc_obj *, const struct ipc64_perm *);
int64_t	rump_ipc_now(void);		/* seconds */

#endif /* IPC_IPC_H */
