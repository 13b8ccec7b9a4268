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

struct mqueue {
	struct rump_mutex mq_lock;	/* before si_lock */
	uint32_t	 mq_ref;	/* [a] its name, open files */
	struct mqueue	*mq_next;	/* [mqname.c] */
	char		*mq_name;	/* [I] */
	uint32_t	 mq_mode, mq_uid, mq_gid;	/* [I] */
	long		 mq_maxmsg, mq_msgsize;	/* [I] */
	long		 mq_num;	/* [mq_lock] */
	struct mqmsg	*mq_first;	/* [mq_lock] highest priority first */
	struct rump_cv	 mq_readcv, mq_writecv;	/* [mq_lock] */
	int		 mq_readers;	/* [mq_lock] asleep for a message */
	struct selinfo	 mq_sel;
	int		 mq_notifypid;	/* [mq_lock] 0: nobody */
	int		 mq_signo;	/* [mq_lock] 0: SIGEV_NONE */
	void		*mq_value;	/* [mq_lock] */
};

extern const struct fileops rump_mq_fileops;
void	rump_mq_rele(struct mqueue *);

#endif /* IPC_MQUEUE_H */
