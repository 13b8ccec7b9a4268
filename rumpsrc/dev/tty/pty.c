/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pty.c: pseudo terminals (pty(7)): /dev/ptmx gives a master, /dev/pts/N is
 * its slave, a terminal like the console whose output the master reads and
 * whose input the master writes.  A pty's memory stays and is used again; its
 * name is there while there is a master.
 *
 * pty_lock guards the table and pt_master; taken before devfs's locks.  What
 * has no letter is guarded by the slave's t_lock.
 */
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/fcntl.h>

#include <rump/component.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <vfs/vfs.h>

#include "tty_private.h"

#pragma weak rump_devfs_add
#pragma weak rump_devfs_show
#pragma weak rump_devfs_hide
#pragma weak vfs_lookup
#pragma weak vfs_open
#pragma weak vrele

#define PTY_OUT		4096		/* bytes, a power of two */
#define PTY_CHUNK	128		/* on the stack */
#define PTS_MAJOR	136

struct pty {
	struct tty	 pt_tty;
	unsigned	 pt_n;		/* [I] */
	char		 pt_name[8];	/* [I] "pts/N" */
	int		 pt_master;	/* [pty_lock] there is one */
	int		 pt_locked;	/* TIOCSPTLCK: the slave's open fails */
	int		 pt_slaves;	/* open ones */
	int		 pt_closed;	/* there were some: EIO */
	int		 pt_packet;	/* TIOCPKT: a byte before all data */
	uint8_t		*pt_out;	/* ring, made with the first master */
	uint32_t	 pt_head, pt_tail;	/* run freely */
	struct rump_cv	 pt_cv;		/* the master's reader */
	struct selinfo	 pt_sel;	/* the master's */
};

static struct rump_mutex pty_lock;
static struct pty *ptys[PTY_MAX];	/* [pty_lock] for writing, [a] */

/* --- what the line discipline asks --- */
uint32_t
tty_ptyoutcount(struct pty *pt)
{
	return pt->pt_head - pt->pt_tail;
}

/* Processing makes two of one; some is kept for echo. */
int
tty_ptyroom(struct pty *pt)
{
	return tty_ptyoutcount(pt) < PTY_OUT - 256;
}

void
tty_ptyputc(struct pty *pt, int c)
{
	if (tty_ptyoutcount(pt) == PTY_OUT || !pt->pt_master)
		return;
	pt->pt_out[pt->pt_head++ % PTY_OUT] = (uint8_t)c;
	rump_cv_broadcast(&pt->pt_cv);
	rump_selnotify(&pt->pt_sel, POLLIN | POLLRDNORM);
}

/* The slave's writers may go on. */
static void
roomy(struct pty *pt)
{
	rump_cv_broadcast(&pt->pt_tty.t_outcv);
	rump_selnotify(&pt->pt_tty.t_sel, POLLOUT | POLLWRNORM);
}

void
tty_ptyflushout(struct pty *pt)
{
	pt->pt_tail = pt->pt_head;
	roomy(pt);
}

struct tty *
tty_pty(unsigned n, int *dev)
{
	struct pty *pt = __atomic_load_n(&ptys[n], __ATOMIC_ACQUIRE);

	*dev = (int)VFS_MKDEV(PTS_MAJOR, n);
	return pt != NULL ? &pt->pt_tty : NULL;
}

/* --- the master --- */
static int
m_wait(struct pty *pt, int oflags)
{
	int error = 0;

	while (tty_ptyoutcount(pt) == 0 && !error) {
		if (pt->pt_closed && pt->pt_slaves == 0)
			error = EIO;
		else if (oflags & O_NONBLOCK)
			error = EAGAIN;
		else
			error = rump_cv_wait_sig(&pt->pt_cv,
			    &pt->pt_tty.t_lock);
	}
	return error;
}

static size_t
m_take(struct pty *pt, char *buf, size_t n)
{
	size_t i;

	for (i = 0; i < n && pt->pt_tail != pt->pt_head; i++)
		buf[i] = (char)pt->pt_out[pt->pt_tail++ % PTY_OUT];
	if (i > 0 && tty_ptyroom(pt))
		roomy(pt);
	return i;
}

static int
m_read(struct file *fp, struct uio *uio, int flags)
{
	struct pty *pt = fp->f_data;
	char buf[PTY_CHUNK];
	size_t n;
	int error;

	(void)flags;
	if (uio->uio_resid == 0)
		return 0;
	rump_mutex_enter(&pt->pt_tty.t_lock);
	error = m_wait(pt, file_flags(fp));
	if (!error && pt->pt_packet) {
		rump_mutex_exit(&pt->pt_tty.t_lock);
		buf[0] = 0;		/* TIOCPKT_DATA */
		error = rump_uiomove(buf, 1, uio);
		rump_mutex_enter(&pt->pt_tty.t_lock);
	}
	while (!error && uio->uio_resid > 0) {
		n = uio->uio_resid < sizeof(buf) ? uio->uio_resid :
		    sizeof(buf);
		if ((n = m_take(pt, buf, n)) == 0)
			break;
		rump_mutex_exit(&pt->pt_tty.t_lock);
		error = rump_uiomove(buf, n, uio);
		rump_mutex_enter(&pt->pt_tty.t_lock);
	}
	rump_mutex_exit(&pt->pt_tty.t_lock);
	return error;
}

static int
m_write(struct file *fp, struct uio *uio, int flags)
{
	struct pty *pt = fp->f_data;
	struct tty *t = &pt->pt_tty;
	char buf[PTY_CHUNK];
	size_t n, i;
	int error = 0;

	(void)flags;
	while (!error && uio->uio_resid > 0) {
		n = uio->uio_resid < sizeof(buf) ? uio->uio_resid :
		    sizeof(buf);
		if ((error = rump_uiomove(buf, n, uio)) != 0)
			break;
		rump_mutex_enter(&t->t_lock);
		for (i = 0; i < n; i++) {
			while (tty_inputfull(t) && !error)
				error = file_flags(fp) & O_NONBLOCK ? EAGAIN :
				    rump_cv_wait_sig(&t->t_roomcv, &t->t_lock);
			if (error)
				break;
			tty_input(t, (unsigned char)buf[i]);
		}
		rump_mutex_exit(&t->t_lock);
		uio->uio_resid += n - i;
		uio->uio_offset -= (int64_t)(n - i);
	}
	return error;
}

static int
m_poll(struct file *fp, int events, struct selrec *sr)
{
	struct pty *pt = fp->f_data;
	int r = 0;

	rump_mutex_enter(&pt->pt_tty.t_lock);
	if (tty_ptyoutcount(pt) > 0)
		r |= events & (POLLIN | POLLRDNORM);
	if (!tty_inputfull(&pt->pt_tty))
		r |= events & (POLLOUT | POLLWRNORM);
	if (pt->pt_closed && pt->pt_slaves == 0)
		r |= POLLHUP;
	if (sr != NULL)
		rump_selrecord(&pt->pt_sel, sr);
	rump_mutex_exit(&pt->pt_tty.t_lock);
	return r;
}

/* Settings that are an int of the program's. */
static int
m_set(struct pty *pt, unsigned long cmd, void *uarg)
{
	int n, error;

	if ((error = rump_copyin(uarg, &n, sizeof(n))) != 0)
		return error;
	rump_mutex_enter(&pt->pt_tty.t_lock);
	if (cmd == TIOCSPTLCK)
		pt->pt_locked = n != 0;
	else
		pt->pt_packet = n != 0;
	rump_mutex_exit(&pt->pt_tty.t_lock);
	return 0;
}

static int
m_get(struct pty *pt, unsigned long cmd, void *uarg)
{
	int n, error = 0;

	rump_mutex_enter(&pt->pt_tty.t_lock);
	switch (cmd) {
	case TIOCGPTLCK:
		n = pt->pt_locked;
		break;
	case TIOCGPKT:
		n = pt->pt_packet;
		break;
	case TIOCGPTN:
		n = (int)pt->pt_n;
		break;
	case TIOCGPGRP:			/* the slave's, whoever asks */
		n = pt->pt_tty.t_pgrp;
		break;
	case TIOCGSID:
		if ((n = pt->pt_tty.t_sid) == 0)
			error = ENOTTY;
		break;
	default:			/* FIONREAD */
		n = (int)tty_ptyoutcount(pt);
		break;
	}
	rump_mutex_exit(&pt->pt_tty.t_lock);
	return error ? error : rump_copyout(&n, uarg, sizeof(n));
}

static int
m_ioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	struct pty *pt = fp->f_data;

	switch (cmd) {
	case TIOCSPTLCK:
	case TIOCPKT:
		return m_set(pt, cmd, uarg);
	case TIOCGPTLCK:
	case TIOCGPKT:
	case TIOCGPTN:
	case TIOCGPGRP:
	case TIOCGSID:
	case FIONREAD:
		return m_get(pt, cmd, uarg);
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TIOCSPGRP:
		return ENOTTY;
	}
	return tty_ioctl(&pt->pt_tty, cmd, uarg);
}

static int
m_stat(struct file *fp, struct stat *st)
{
	(void)fp;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0666;
	st->st_nlink = 1;
	st->st_rdev = VFS_MKDEV(5, 2);
	st->st_blksize = 1024;
	return 0;
}

/* The slave is hung up. */
static void
m_close(struct file *fp)
{
	struct pty *pt = fp->f_data;
	struct tty *t = &pt->pt_tty;

	rump_mutex_enter(&pty_lock);
	if (rump_devfs_hide != NULL)
		rump_devfs_hide(pt->pt_name);
	rump_mutex_enter(&t->t_lock);
	t->t_eof = 1;
	tty_flushin(t);
	pt->pt_tail = pt->pt_head;
	tty_hangup(t);
	rump_cv_broadcast(&t->t_incv);
	rump_cv_broadcast(&t->t_outcv);
	rump_selnotify(&t->t_sel, POLLIN | POLLOUT | POLLHUP | POLLERR);
	pt->pt_master = 0;
	rump_mutex_exit(&t->t_lock);
	rump_mutex_exit(&pty_lock);
}

static const struct fileops master_ops = {
	.fo_flags = FOF_SPLICE,
	.fo_read = m_read,
	.fo_write = m_write,
	.fo_ioctl = m_ioctl,
	.fo_poll = m_poll,
	.fo_stat = m_stat,
	.fo_close = m_close,
};

/* --- the slave --- */
static int
s_open(void *arg, int oflags, struct file **fpp)
{
	struct pty *pt = arg;
	struct tty *t = &pt->pt_tty;
	int error = 0;

	(void)fpp;
	rump_mutex_enter(&t->t_lock);
	if (pt->pt_locked || !pt->pt_master || t->t_eof)
		error = EIO;
	else if (t->t_excl && rump_capable(CAP_SYS_ADMIN) != 0)
		error = EBUSY;
	else {
		pt->pt_slaves++;
		pt->pt_closed = 1;
	}
	rump_mutex_exit(&t->t_lock);
	if (!error && !(oflags & O_NOCTTY))
		tty_opened(t);
	return error;
}

static void
s_close(void *arg)
{
	struct pty *pt = arg;

	rump_mutex_enter(&pt->pt_tty.t_lock);
	if (--pt->pt_slaves == 0) {
		pt->pt_tty.t_excl = 0;
		rump_cv_broadcast(&pt->pt_cv);
		rump_selnotify(&pt->pt_sel, POLLHUP);
	}
	rump_mutex_exit(&pt->pt_tty.t_lock);
}

static int
s_read(void *arg, struct uio *uio, int oflags)
{
	return tty_read(arg, uio, oflags);
}

static int
s_write(void *arg, struct uio *uio, int oflags)
{
	return tty_write(arg, uio, oflags);
}

static int
s_poll(void *arg, int events, struct selrec *sr)
{
	return tty_poll(arg, events, sr);
}

static int
s_ioctl(void *arg, unsigned long cmd, void *uarg)
{
	struct tty *t = arg;
	int gone;

	rump_mutex_enter(&t->t_lock);
	gone = t->t_eof;
	rump_mutex_exit(&t->t_lock);
	return gone ? EIO : tty_ioctl(t, cmd, uarg);
}

static const struct devops slave_ops = {
	.d_open = s_open,
	.d_close = s_close,
	.d_read = s_read,
	.d_write = s_write,
	.d_poll = s_poll,
	.d_ioctl = s_ioctl,
	.d_stream = 1,
};

int
tty_ptyopen(struct tty *t, int oflags, struct file **fpp)
{
	char path[16];
	struct vnode *vp;
	int error;

	if (vfs_lookup == NULL)
		return ENXIO;
	snprintf(path, sizeof(path), "/dev/%s", t->t_pty->pt_name);
	if ((error = vfs_lookup(AT_FDCWD, path, NI_KERNEL | NI_NOPERM,
	    &vp)) != 0)
		return ENXIO;
	error = vfs_open(vp, oflags | O_NOCTTY, fpp);
	vrele(vp);
	return error;
}

/* --- making them --- */
static struct pty *
newpty(unsigned n)
{
	struct pty *pt = rump_kmem_zalloc(sizeof(*pt));

	if (pt == NULL)
		return NULL;
	if ((pt->pt_out = rump_kmem_alloc(PTY_OUT)) == NULL) {
		rump_kmem_free(pt, sizeof(*pt));
		return NULL;
	}
	pt->pt_n = n;
	pt->pt_tty.t_pty = pt;
	snprintf(pt->pt_name, sizeof(pt->pt_name), "pts/%u", n);
	return pt;
}

/* As a fresh one; nobody has it open. */
static void
reset(struct pty *pt)
{
	struct tty *t = &pt->pt_tty;

	rump_mutex_enter(&t->t_lock);
	t->t_eof = t->t_stopped = t->t_literal = t->t_setup = t->t_excl = 0;
	__atomic_store_n(&t->t_sid, 0, __ATOMIC_RELAXED);
	t->t_pgrp = 0;
	memset(&t->t_win, 0, sizeof(t->t_win));
	tty_flushin(t);
	tty_setup(t);
	pt->pt_tail = pt->pt_head;
	pt->pt_locked = pt->pt_master = 1;
	pt->pt_closed = pt->pt_packet = 0;
	rump_mutex_exit(&t->t_lock);
}

/* Caller holds pty_lock.  The lowest that nobody has open. */
static struct pty *
choose(int *isnew)
{
	struct pty *pt;
	unsigned n;

	for (n = 0; n < PTY_MAX; n++) {
		if ((*isnew = (pt = ptys[n]) == NULL) != 0)
			return newpty(n);
		rump_mutex_enter(&pt->pt_tty.t_lock);
		*isnew = pt->pt_master || pt->pt_slaves > 0;
		rump_mutex_exit(&pt->pt_tty.t_lock);
		if (!*isnew)
			return pt;
	}
	return NULL;
}

static int
publish(struct pty *pt, int isnew)
{
	uint64_t rdev = VFS_MKDEV(PTS_MAJOR, pt->pt_n);
	const struct cred *cr = rump_cred_cur();
	int error;

	if (isnew) {
		error = rump_devfs_add(pt->pt_name, S_IFCHR | 0620, rdev,
		    &slave_ops, pt);
		if (error)
			return error;
		__atomic_store_n(&ptys[pt->pt_n], pt, __ATOMIC_RELEASE);
		rump_devfs_hide(pt->pt_name);
	}
	return rump_devfs_show(pt->pt_name, S_IFCHR | 0620, rdev,
	    cr->cr_fsuid, 5);		/* group tty */
}

static int
ptmx_open(void *arg, int oflags, struct file **fpp)
{
	struct tty *t;
	struct pty *pt;
	int error = 0, isnew;

	(void)arg;
	rump_mutex_enter(&pty_lock);
	if ((pt = choose(&isnew)) == NULL)
		error = ENOSPC;
	if (!error && (error = publish(pt, isnew)) == 0) {
		t = &pt->pt_tty;
		if (t->t_queue == NULL && (t->t_queue = rump_kmem_alloc(
		    TTY_QUEUE * sizeof(*t->t_queue))) == NULL)
			error = ENOMEM;
		t->t_started = 1;
		if (!error)
			error = rump_file_alloc(FT_PTMX, &master_ops, pt,
			    oflags & (O_ACCMODE | O_NONBLOCK |
			    O_LARGEFILE), fpp);
		if (!error)
			reset(pt);
		else
			rump_devfs_hide(pt->pt_name);
	}
	rump_mutex_exit(&pty_lock);
	return error;
}

static const struct devops ptmx_ops = { .d_open = ptmx_open };

RUMP_COMPONENT(pty, RUMP_FACTION_DEV)
{
	if (rump_devfs_add == NULL)
		return 0;
	return rump_devfs_add("ptmx", S_IFCHR | 0666, VFS_MKDEV(5, 2),
	    &ptmx_ops, NULL);
}
