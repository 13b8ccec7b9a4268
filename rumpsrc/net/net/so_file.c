/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets as files: read, write, ioctl, fstat, poll, fcntl, close. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <asm/stat.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <linux/sockios.h>
#include <net/ifnet.h>
#include "sock_priv.h"

#define S_IFSOCK	0140000

static int
sof_read(struct file *fp, struct uio *uio, int flags)
{
	int msgflags = sock_nonblock(fp);
	struct socket *so = fp->f_data;
	long n;

	(void)flags;
	if (uio->uio_resid == 0)
		return 0;
	if ((so->so_proto->pr_flags & PR_STREAM) && uio->uio_iovcnt == 1 &&
	    (n = so_recvfast(so, uio->uio_iov->iov_base,
	    uio->uio_resid)) >= 0) {
		uio->uio_resid -= (size_t)n;
		return 0;
	}
	return so_receive(so, NULL, NULL, uio, NULL, &msgflags);
}

static int
sof_write(struct file *fp, struct uio *uio, int flags)
{
	struct socket *so = fp->f_data;
	long n;

	(void)flags;
	if ((so->so_proto->pr_flags & PR_STREAM) && uio->uio_iovcnt == 1 &&
	    (n = so_sendfast(so, uio->uio_iov->iov_base,
	    uio->uio_resid)) >= 0) {
		uio->uio_resid -= (size_t)n;
		return 0;
	}
	return so_send(so, NULL, 0, uio, NULL, sock_nonblock(fp));
}

/* Bytes that the next read would give; so_lock held. */
static int
sof_readable(struct socket *so, int *n)
{
	struct sbrec sr;
	size_t len = 0;

	if (so->so_state & SS_LISTENING)
		return EINVAL;
	if (so->so_proto->pr_flags & PR_STREAM)
		len = so->so_rcv.sb_cc;
	else if (so->so_rcv.sb_head != NULL)
		(void)sb_firstrec(&so->so_rcv, &sr, &len);
	*n = len > INT32_MAX ? INT32_MAX : (int)len;
	return 0;
}

static int
sof_int(struct socket *so, unsigned long cmd, void *uarg)
{
	int v = 0, error = 0;

	(void)rump_drain();
	rump_mutex_enter(&so->so_lock);
	if (cmd == FIONREAD)
		error = sof_readable(so, &v);
	else if (cmd == TIOCOUTQ) {
		v = (int)so->so_snd.sb_cc;
		if (so->so_state & SS_LISTENING)
			error = EINVAL;
	}
	else if (cmd == SIOCATMARK)
		v = (so->so_state & SS_ATMARK) != 0;
	rump_mutex_exit(&so->so_lock);
	return error ? error : rump_copyout(&v, uarg, sizeof(v));
}

/* Where nobody sends an owner's signals it is only kept. */
static long
sof_fcntl(struct file *fp, int cmd, unsigned long arg)
{
	struct socket *so = fp->f_data;
	int who = (int)arg;

	if (rump_vfs_anyfcntl != NULL)
		return rump_vfs_anyfcntl(fp, cmd, arg);
	if (cmd != F_SETOWN && cmd != F_GETOWN)
		return -ENOSYS;
	if (cmd == F_SETOWN)
		__atomic_store_n(&so->so_owner, who, __ATOMIC_RELAXED);
	return cmd == F_SETOWN ? 0 : __atomic_load_n(&so->so_owner,
	    __ATOMIC_RELAXED);
}

static int
sof_owner(struct file *fp, int set, void *uarg)
{
	int v, error;

	if (set) {
		error = rump_copyin(uarg, &v, sizeof(v));
		return error ? error : (int)-sof_fcntl(fp, F_SETOWN,
		    (unsigned long)v);
	}
	v = (int)sof_fcntl(fp, F_GETOWN, 0);
	return rump_copyout(&v, uarg, sizeof(v));
}

static int
sof_protoioctl(struct socket *so, unsigned long cmd, void *uarg)
{
	int error = ENOTTY;

	if (so->so_proto->pr_ioctl == NULL)
		return error;
	rump_mutex_enter(&so->so_lock);
	error = so->so_proto->pr_ioctl(so, cmd, uarg);
	rump_mutex_exit(&so->so_lock);
	return error;
}

static int
sof_ioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	struct socket *so = fp->f_data;
	int error = sof_protoioctl(so, cmd, uarg);

	if (error != ENOTTY)
		return error;
	switch (cmd) {
	case FIONREAD:		/* SIOCINQ */
	case TIOCOUTQ:		/* SIOCOUTQ */
	case SIOCATMARK:
		return sof_int(so, cmd, uarg);
	case FIOGETOWN:
	case SIOCGPGRP:
	case FIOSETOWN:
	case SIOCSPGRP:
		return sof_owner(fp, cmd == FIOSETOWN || cmd == SIOCSPGRP,
		    uarg);
	default:
		return rump_if_ioctl(cmd, uarg);
	}
}

static int
sof_poll(struct file *fp, int events, struct selrec *sr)
{

	return so_poll(fp->f_data, events, sr);
}

static int
sof_stat(struct file *fp, struct stat *st)
{
	const struct socket *so = fp->f_data;

	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFSOCK | 0777;
	st->st_nlink = 1;
	st->st_ino = so->so_ino;
	st->st_blksize = 4096;
	st->st_uid = so->so_cred->cr_fsuid;
	st->st_gid = so->so_cred->cr_fsgid;
	return 0;
}

static void
sof_close(struct file *fp)
{
	struct socket *so = fp->f_data;

	(void)so_close(so);
	so_rele(so);
}

const struct fileops rump_socket_ops = {
	.fo_flags = FOF_SPLICE,
	.fo_read = sof_read,
	.fo_write = sof_write,
	.fo_ioctl = sof_ioctl,
	.fo_poll = sof_poll,
	.fo_stat = sof_stat,
	.fo_splice = so_splice,
	.fo_take = so_takelent,
	.fo_fcntl = sof_fcntl,
	.fo_close = sof_close,
};
