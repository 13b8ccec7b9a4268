/* SPDX-License-Identifier: BSD-2-Clause */
/* System V message queues: msgget, msgsnd, msgrcv, msgctl. */
#include <asm/errno.h>
#include <linux/msg.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "ipc.h"

#define MSG_MAXTOTAL	16384		/* MSGMNB */
#define MSG_MAXSIZE	8192		/* MSGMAX */
#define MSG_MAXQUEUES	32000		/* MSGMNI */

struct msg {
	struct msg	*ms_next;
	long		 ms_type;
	size_t		 ms_size;
	char		 ms_text[];
};

struct msgq {
	struct ipc_obj	 mq_io;		/* io_lock: all fields */
	struct rump_cv	 mq_cv;		/* room or a message came, removal */
	struct msg	*mq_first, **mq_lastp;
	unsigned long	 mq_bytes, mq_num, mq_max;
	int64_t		 mq_stime, mq_rtime, mq_ctime;
	int		 mq_spid, mq_rpid;
};

static void msg_free(struct ipc_obj *);
static struct ipc_table msg_table = { .it_free = msg_free, .it_top = -1 };

static struct msgq *
msgq_of(struct ipc_obj *io)
{

	return (struct msgq *)(void *)io;
}

static void
msg_free(struct ipc_obj *io)
{
	struct msgq *q = msgq_of(io);
	struct msg *m;

	while ((m = q->mq_first) != NULL) {
		q->mq_first = m->ms_next;
		rump_kmem_free(m, sizeof(*m) + m->ms_size);
	}
	rump_kmem_free(q, sizeof(*q));
}

static int
msg_make(const struct ipc_get *ig, struct ipc_obj **iop)
{
	struct msgq *q = rump_kmem_zalloc(sizeof(*q));

	(void)ig;
	if (q == NULL)
		return ENOMEM;
	q->mq_lastp = &q->mq_first;
	q->mq_max = MSG_MAXTOTAL;
	q->mq_ctime = rump_ipc_now();
	*iop = &q->mq_io;
	return 0;
}

RUMP_SYSCALL2(msgget, int, key, int, flags)
{
	struct ipc_get ig = { key, flags, 0, msg_make, NULL };

	return rump_ipc_get(&msg_table, &ig);
}

/* Until there is room.  Caller holds io_lock. */
static int
msg_room(struct msgq *q, size_t size, int flags)
{
	int error = 0;

	while (error == 0 && (q->mq_bytes + size > q->mq_max ||
	    q->mq_num >= q->mq_max)) {
		if (flags & IPC_NOWAIT)
			return EAGAIN;
		error = rump_cv_wait_sig(&q->mq_cv, &q->mq_io.io_lock);
		if (rump_ipc_still(&q->mq_io))
			error = EIDRM;
	}
	return error;
}

RUMP_NOHAND4(msgsnd, int, id, const void *, umsg, size_t, size, int, flags)
{
	const struct msgbuf *um = umsg;
	struct ipc_obj *io;
	struct msgq *q;
	struct msg *m;
	long type;
	int error;

	if (rump_copyin(&um->mtype, &type, sizeof(type)) != 0)
		return -EFAULT;
	if (size > MSG_MAXSIZE || type < 1)
		return -EINVAL;
	if ((m = rump_kmem_alloc(sizeof(*m) + size)) == NULL)
		return -ENOMEM;
	*m = (struct msg){ NULL, type, size };
	if ((error = rump_copyin(um->mtext, m->ms_text, size)) != 0 ||
	    (error = rump_ipc_find(&msg_table, id, IPC_WRITE, &io)) != 0)
		goto out;
	q = msgq_of(io);
	if ((error = msg_room(q, size, flags)) == 0) {
		*q->mq_lastp = m;
		q->mq_lastp = &m->ms_next;
		q->mq_bytes += size;
		q->mq_num++;
		q->mq_stime = rump_ipc_now();
		q->mq_spid = curproc->p_pid;
		rump_cv_broadcast(&q->mq_cv);
		m = NULL;
	}
	rump_ipc_release(io);
out:
	if (m != NULL)
		rump_kmem_free(m, sizeof(*m) + size);
	return -error;
}

/* Where the message that is wanted hangs; NULL. */
static struct msg **
msg_select(struct msgq *q, long type, int flags)
{
	struct msg **mp, **best = NULL;

	for (mp = &q->mq_first; *mp != NULL; mp = &(*mp)->ms_next) {
		if (type == 0 || (type > 0 &&
		    ((*mp)->ms_type == type) != !!(flags & MSG_EXCEPT)))
			return mp;
		if (type < 0 && (type == INT64_MIN ||
		    (*mp)->ms_type <= -type) &&
		    (best == NULL || (*mp)->ms_type < (*best)->ms_type))
			best = mp;
	}
	return best;
}

static int
msg_take(struct msgq *q, size_t size, long type, int flags, struct msg **mp)
{
	struct msg **where;
	int error;

	while ((where = msg_select(q, type, flags)) == NULL) {
		if (flags & IPC_NOWAIT)
			return ENOMSG;
		error = rump_cv_wait_sig(&q->mq_cv, &q->mq_io.io_lock);
		if (rump_ipc_still(&q->mq_io))
			return EIDRM;
		if (error)
			return error;
	}
	if ((*where)->ms_size > size && (flags & MSG_NOERROR) == 0)
		return E2BIG;
	*mp = *where;
	if ((*where = (*mp)->ms_next) == NULL)
		q->mq_lastp = where;
	q->mq_bytes -= (*mp)->ms_size;
	q->mq_num--;
	q->mq_rtime = rump_ipc_now();
	q->mq_rpid = curproc->p_pid;
	rump_cv_broadcast(&q->mq_cv);
	return 0;
}

/* MSG_COPY: the index-th message stays where it is.  Caller holds io_lock. */
static int
msg_copy(struct msgq *q, size_t size, long index, int flags, struct msg **mp)
{
	struct msg *m;

	for (m = q->mq_first; m != NULL && index > 0; index--)
		m = m->ms_next;
	if (m == NULL || index != 0)
		return ENOMSG;
	if (m->ms_size > size)		/* never a part of it */
		return flags & MSG_NOERROR ? EINVAL : E2BIG;
	if ((*mp = rump_kmem_alloc(sizeof(*m) + m->ms_size)) == NULL)
		return ENOMEM;
	memcpy(*mp, m, sizeof(*m) + m->ms_size);
	return 0;
}

RUMP_NOHAND5(msgrcv, int, id, void *, umsg, size_t, size, long, type,
    int, flags)
{
	struct msgbuf *um = umsg;
	struct ipc_obj *io;
	struct msg *m;
	int error;

	if (size > SIZE_MAX / 2)
		return -EINVAL;
	if ((flags & MSG_COPY) && ((flags & MSG_EXCEPT) ||
	    (flags & IPC_NOWAIT) == 0))
		return -EINVAL;
	if ((error = rump_ipc_find(&msg_table, id, IPC_READ, &io)) != 0)
		return -error;
	error = (flags & MSG_COPY ? msg_copy : msg_take)(msgq_of(io), size,
	    type, flags, &m);
	rump_ipc_release(io);
	if (error)
		return -error;
	if (size > m->ms_size)
		size = m->ms_size;
	if ((error = rump_copyout(&m->ms_type, &um->mtype,
	    sizeof(um->mtype))) == 0)
		error = rump_copyout(m->ms_text, um->mtext, size);
	rump_kmem_free(m, sizeof(*m) + m->ms_size);
	return error ? -error : (long)size;
}

static void
msg_stat(const struct msgq *q, struct msqid64_ds *ds)
{

	memset(ds, 0, sizeof(*ds));
	ds->msg_perm = q->mq_io.io_perm;
	ds->msg_stime = q->mq_stime;
	ds->msg_rtime = q->mq_rtime;
	ds->msg_ctime = q->mq_ctime;
	ds->msg_cbytes = q->mq_bytes;
	ds->msg_qnum = q->mq_num;
	ds->msg_qbytes = q->mq_max;
	ds->msg_lspid = q->mq_spid;
	ds->msg_lrpid = q->mq_rpid;
}

/* IPC_SET, IPC_RMID; the queue is locked. */
static int
msg_change(struct msgq *q, int cmd, const struct msqid64_ds *ds)
{
	int error = rump_ipc_owner(&q->mq_io);

	if (error)
		return error;
	if (cmd == IPC_RMID)
		rump_ipc_remove(&q->mq_io);
	else if (ds->msg_qbytes > MSG_MAXTOTAL &&
	    rump_capable(CAP_SYS_RESOURCE) != 0)
		return EPERM;
	else if ((error = rump_ipc_setperm(&q->mq_io, &ds->msg_perm)) != 0)
		return error;
	else {
		q->mq_max = ds->msg_qbytes;
		q->mq_ctime = rump_ipc_now();
	}
	rump_cv_broadcast(&q->mq_cv);
	return 0;
}

/* IPC_INFO, MSG_INFO: limits, or what is in use. */
static long
msg_info(void *umi, int cmd)
{
	struct msginfo copy, *mi = &copy;
	struct ipc_obj *io;
	long top;
	int i;

	*mi = (struct msginfo){ .msgpool = MSG_MAXQUEUES * MSG_MAXTOTAL / 1024,
	    .msgmap = MSG_MAXTOTAL, .msgmax = MSG_MAXSIZE,
	    .msgmnb = MSG_MAXTOTAL, .msgmni = MSG_MAXQUEUES, .msgssz = 16,
	    .msgtql = MSG_MAXTOTAL, .msgseg = 0xffff };
	rump_mutex_enter(&msg_table.it_lock);
	top = msg_table.it_used ? msg_table.it_top : 0;
	if (cmd == MSG_INFO) {
		mi->msgpool = msg_table.it_used;
		mi->msgmap = mi->msgtql = 0;
	}
	rump_mutex_exit(&msg_table.it_lock);
	for (i = 0; cmd == MSG_INFO && i <= top; i++) {
		if (rump_ipc_at(&msg_table, i, 0, &io) != 0)
			continue;
		mi->msgmap += (int)msgq_of(io)->mq_num;
		mi->msgtql += (int)msgq_of(io)->mq_bytes;
		rump_ipc_release(io);
	}
	return rump_copyout(mi, umi, sizeof(*mi)) != 0 ? -EFAULT : top;
}

RUMP_SYSCALL3(msgctl, int, id, int, cmd, void *, buf)
{
	struct msqid64_ds ds;
	struct ipc_obj *io;
	int error, stat = 0, index = 0;

	if (id < 0)
		return -EINVAL;
	switch (cmd &= ~IPC_64) {
	case IPC_INFO:
	case MSG_INFO:
		return msg_info(buf, cmd);
	case MSG_STAT:
	case MSG_STAT_ANY:
		index = 1;
		/* FALLTHROUGH */
	case IPC_STAT:
		stat = 1;
		break;
	case IPC_SET:
		if (rump_copyin(buf, &ds, sizeof(ds)) != 0)
			return -EFAULT;
		break;
	case IPC_RMID:
		break;
	default:
		return -EINVAL;
	}
	error = (index ? rump_ipc_at : rump_ipc_find)(&msg_table, id,
	    stat && cmd != MSG_STAT_ANY ? IPC_READ : 0, &io);
	if (error)
		return -error;
	if (stat)
		msg_stat(msgq_of(io), &ds);
	else
		error = msg_change(msgq_of(io), cmd, &ds);
	id = index ? io->io_id : 0;
	rump_ipc_release(io);
	if (stat && error == 0)
		error = rump_copyout(&ds, buf, sizeof(ds));
	return error ? -error : id;
}
