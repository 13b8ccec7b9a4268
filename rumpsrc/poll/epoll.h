/* SPDX-License-Identifier: BSD-2-Clause */
/* Between epoll.c and its calls. */
#ifndef KERN_EPOLL_H
#define KERN_EPOLL_H

#include <linux/eventpoll.h>
#include <kern/file.h>
#include <kern/poll.h>

#define EPOLL_PRIVATE	((uint32_t)EPOLLET | (uint32_t)EPOLLONESHOT | \
			(uint32_t)EPOLLWAKEUP | (uint32_t)EPOLLEXCLUSIVE)

struct epitem {
	struct selrec	 ei_rec;
	struct epoll	*ei_ep;			/* [I] NULL: a struct sigio's */
	struct file	*ei_file;		/* [I] not referenced */
	int		 ei_fd;			/* [I] */
	int		 ei_onready;		/* [ep_rlock] */
	uint32_t	 ei_events;		/* [a] written with ep_lock */
	uint64_t	 ei_data;		/* [ep_lock] */
	struct epitem	*ei_hnext;		/* [ep_lock] of the bucket */
	struct epitem	*ei_fnext;		/* [f_offlock] of the file */
	struct epitem	*ei_rnext, *ei_rprev;	/* [ep_rlock] ready list */
};

/* A list of ready interests. */
struct eplist { struct epitem *el_head, *el_tail; };

struct epoll {
	struct rump_mutex ep_lock;
	struct epitem	**ep_hash;		/* [ep_lock] by descriptor */
	unsigned	 ep_nhash, ep_nitems;	/* [ep_lock] */
	struct rump_mutex ep_rlock;
	struct eplist	 ep_ready;		/* [ep_rlock] */
	struct rump_cv	 ep_cv;			/* [ep_rlock] waiters */
	struct selinfo	 ep_sel;		/* who polls the epoll */
	struct file	*ep_file;		/* [I] its own */
};

/* Keeps epolls from going away; they are nested under it. */
extern struct rump_mutex rump_epoll_mutex;

struct epoll *rump_epoll_of(const struct file *);	/* NULL: no epoll */
int	rump_epoll_change(struct epoll *, int op, int fd, struct file *,
	    const struct epoll_event *);
int	rump_epoll_await(struct epoll *, void *events, int max,
	    int64_t deadline, int *np);
long	rump_epoll_make(int flags);
/* rump_file_epollhook */
void	rump_epoll_filegone(struct file *);
extern void (*rump_file_sigiohook)(struct epitem *);

#endif /* KERN_EPOLL_H */
