/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX message queues: between mqname.c (names) and mqueue.c (messages). */
#ifndef IPC_MQUEUE_H
#define IPC_MQUEUE_H

#include <kern/file.h>
#include <kern/lock.h>
#include <kern/poll.h>

struct mqmsg {
	struct mqmsg	*mm_next;
	size_t		 mm_len;
	unsigned	 mm_prio;
	char		 mm_text[];
};

/* Who is told of a message that comes to an empty queue: mqnotify.c. */
struct mqnotify {
	int		 mn_pid;	/* 0: nobody */
	int		 mn_signo;	/* 0: no signal */
	void		*mn_value;
	struct file	*mn_file;	/* SIGEV_THREAD: an eventfd; NULL */
};

struct mqueue {
	struct rump_mutex mq_lock;	/* before si_lock */
	uint32_t	 mq_ref;	/* [a] its name, open files */
	struct mqueue	*mq_next;	/* [mqname.c] */
	char		*mq_name;	/* [I] */
	uint32_t	 mq_mode, mq_uid, mq_gid;	/* [I] */
	struct mquser	*mq_user;	/* [I] of RLIMIT_MSGQUEUE */
	uint64_t	 mq_bytes;	/* [I] that it has of the limit */
	long		 mq_maxmsg, mq_msgsize;	/* [I] */
	long		 mq_num;	/* [mq_lock] */
	struct mqmsg	*mq_first;	/* [mq_lock] highest priority first */
	struct rump_cv	 mq_readcv, mq_writecv;	/* [mq_lock] */
	int		 mq_readers;	/* [mq_lock] asleep for a message */
	struct selinfo	 mq_sel;
	struct mqnotify	 mq_notify;	/* [mq_lock] */
};

extern const struct fileops rump_mq_fileops;
void	rump_mq_rele(struct mqueue *);
/*
 * The queue of a descriptor, fp referenced; EBADF, also when the access mode is
 * `not`.
 */
int	rump_mq_byfd(int fd, int not, struct file **fpp, struct mqueue **mqp);

/* A notification that was taken out of its queue; no lock is held. */
#define MQ_WOKEN	1
#define MQ_REMOVED	2
/* NULL until mq_notify was called. */
extern void (*rump_mq_notify_hook)(const struct mqnotify *, int what);

#endif /* IPC_MQUEUE_H */
