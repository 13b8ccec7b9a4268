/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of inotify.  Lock order: any v_lock, rump_in_lock,
 * in_qlock; the last two are leaves but for memory.
 */
#ifndef INOTIFY_INOTIFY_H
#define INOTIFY_INOTIFY_H

#include <linux/inotify.h>
#include <kern/file.h>
#include <kern/lock.h>
#include <kern/poll.h>
#include <vfs/vfs.h>

#define IN_MAXQUEUE	16384		/* events, as Linux's default */

struct in_queued {
	struct in_queued *iq_next;
	uint32_t	 iq_namelen;	/* with NULs, as it is read */
	struct inotify_event iq_ev;	/* the name follows */
};

/* A descriptor. */
struct in_inst {
	struct rump_mutex in_qlock;
	struct rump_cv	 in_cv;
	struct selinfo	 in_sel;
	struct in_queued *in_first, *in_last;	/* [in_qlock] */
	unsigned	 in_nqueued;	/* [in_qlock] */
	size_t		 in_bytes;	/* [in_qlock] as they are read */
	int		 in_lastwd;	/* [rump_in_lock] */
};

/* A name in a directory that is watched; the vnode is not referenced. */
struct in_child {
	struct in_child	*ic_next;
	struct vnode	*ic_vp;
	size_t		 ic_len;
	char		 ic_name[];
};

/* All: [rump_in_lock] */
struct in_watch {
	struct in_watch	*iw_next;
	struct in_inst	*iw_inst;	/* [I] */
	struct vnode	*iw_vp;		/* [I] referenced */
	int		 iw_wd;		/* [I] */
	uint32_t	 iw_mask;	/* 0: over */
	struct in_child	*iw_children;	/* of a directory */
};

extern struct rump_mutex rump_in_lock;

/* queue.c */
void	rump_in_queue(struct in_inst *, int wd, uint32_t mask,
	    uint32_t cookie, const char *name, size_t len);
void	rump_in_flush(struct in_inst *);
extern const struct fileops rump_in_fileops;

/* watch.c */
long	rump_in_add(struct in_inst *, struct vnode *, uint32_t mask);
int	rump_in_remove(struct in_inst *, int wd);
void	rump_in_removeall(struct in_inst *);
/* Those that have seen their last event; no v_lock is held. */
void	rump_in_sweep(struct in_inst *);

#endif /* INOTIFY_INOTIFY_H */
