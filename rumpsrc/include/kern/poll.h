/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for readiness.  An object that can be polled embeds a struct
 * selinfo; its fo_poll registers the caller's selrec with selrecord() and
 * returns what is true now; when something changes the object calls
 * selnotify().  poll, select, epoll sit on top.  si_lock is a leaf: a notify
 * may be called with the object's own lock held.
 */
#ifndef KERN_POLL_H
#define KERN_POLL_H

#include <kern/lock.h>

struct file;
struct selinfo;
struct stat;

/* One interest in one object; owned by poll or epoll. */
struct selrec {
	struct selrec	*sr_next, **sr_prevp;	/* [si_lock] */
	struct selinfo	*sr_info;		/* where it hangs, or NULL */
	void		(*sr_notify)(struct selrec *, int events);
	void		*sr_arg;
};

struct selinfo {		/* all-zero is valid */
	struct rump_mutex si_lock;
	struct selrec	*si_head;
};

void	rump_selrecord(struct selinfo *, struct selrec *);
void	rump_selremove(struct selrec *);
/* events: POLL* bits that may have become true. */
void	rump_selnotify(struct selinfo *, int events);
/* The object goes away: unhook everyone, telling them POLLNVAL|POLLHUP. */
void	rump_seldestroy(struct selinfo *);

/* fo_stat of what has no name: epoll, eventfd, timerfd, ... */
int	rump_anon_stat(struct file *, struct stat *);
/* Further lines of its fdinfo. */
struct text;
void	rump_anon_info(struct file *, struct text *);

/*
 * Who is about to sleep for something that a device brings calls this first,
 * without locks: devices that have work are looked after at once instead of
 * in their threads.  True: something was done, look again.
 */
extern int (*rump_drain_hook)(void);	/* NULL: no such devices */
static inline int
rump_drain(void)
{
	return rump_drain_hook != NULL && rump_drain_hook();
}
/* The same for who holds the lock that he will sleep with: it is let go. */
static inline int
rump_drain_locked(struct rump_mutex *m)
{
	int done;

	if (rump_drain_hook == NULL)
		return 0;
	rump_mutex_exit(m);
	done = rump_drain_hook();
	rump_mutex_enter(m);
	return done;
}

#endif /* KERN_POLL_H */
