/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tty.c: the console as a terminal: descriptors 0, 1, 2 of programs,
 * /dev/console and /dev/tty.  Input is taken from the host by a thread that
 * starts when somebody first reads or polls; it waits when the queue is full,
 * so piped input is not lost.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <string.h>

#include <rump/component.h>
#include <rump/rumpcomp_cons.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/exec.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <vfs/vfs.h>

#include "tty_private.h"

#define CHUNK	128		/* on the stack */

/* Without devfs, or vfs, there is no /dev, but there are 0, 1 and 2. */
#pragma weak vfs_lookup
#pragma weak vfs_stat
#pragma weak vrele
int rump_devfs_add(const char *, uint32_t, uint64_t, const struct devops *,
    void *) __attribute__((__weak__));

struct tty tty_console;

/*
 * A console that wants CR has nobody behind it who edits and echoes; else the
 * host's own terminal does both.
 */
void
tty_setup(struct tty *t)
{
	static const cc_t cc[NCCS] = {
		[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21,
		[VEOF] = 4, [VMIN] = 1, [VSTART] = 17, [VSTOP] = 19,
		[VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15,
		[VWERASE] = 23, [VLNEXT] = 22,
	};
	char buf[4];

	if (t->t_setup)
		return;
	t->t_setup = 1;
	t->t_ios.c_iflag = ICRNL | IXON;
	t->t_ios.c_oflag = OPOST;
	t->t_ios.c_cflag = B38400 | CS8 | CREAD | (t->t_pty != NULL ? 0 :
	    HUPCL);
	t->t_ios.c_lflag = ISIG | ICANON | IEXTEN | ECHOE | ECHOK | ECHOCTL |
	    ECHOKE;
	if (t->t_pty != NULL ||
	    (rumpuser_getparam("RUMP_CONSOLE_CRNL", buf, sizeof(buf)) == 0 &&
	    buf[0] == '1')) {
		t->t_ios.c_oflag |= ONLCR;
		t->t_ios.c_lflag |= ECHO;
	}
	memcpy(t->t_ios.c_cc, cc, sizeof(cc));
	if (t->t_pty != NULL)
		return;
	t->t_win.ws_row = 25;
	t->t_win.ws_col = 80;
}

static void
enter(struct tty *t)
{
	rump_mutex_enter(&t->t_lock);
	tty_setup(t);
}

/* --- input --- */
static void
input_thread(void *arg)
{
	struct tty *t = arg;
	int c;

	do {
		c = rumpcomp_cons_getc();
		rump_mutex_enter(&t->t_lock);
		while (c >= 0 && tty_inputfull(t))
			rump_cv_wait(&t->t_roomcv, &t->t_lock);
		if (c >= 0)
			tty_input(t, c);
		else {
			t->t_eof = 1;
			t->t_ready = t->t_head;
			rump_cv_broadcast(&t->t_incv);
			rump_selnotify(&t->t_sel, POLLIN | POLLRDNORM);
		}
		rump_mutex_exit(&t->t_lock);
	} while (c >= 0);
}

/* Caller holds t_lock. */
static int
startinput(struct tty *t)
{
	int error = 0;

	if (t->t_started)
		return 0;
	if (t->t_queue == NULL && (t->t_queue = rump_kmem_alloc(TTY_QUEUE *
	    sizeof(*t->t_queue))) == NULL)
		return ENOMEM;
	if (t->t_pty != NULL)
		t->t_started = 1;
	else if ((error = rump_kthread_create(input_thread, t, "tty")) == 0)
		t->t_started = 1;
	return error;
}

static uint32_t
avail(const struct tty *t)
{
	return t->t_ready - t->t_tail;
}

/* Up to n bytes into buf, not past the end of a line; *donep: it ended. */
static size_t
take(struct tty *t, char *buf, size_t n, int canon, int *donep)
{
	size_t i = 0;
	uint16_t q;

	*donep = 0;
	while (avail(t) > 0 && !*donep) {
		q = TQ(t, t->t_tail);
		if (i == n && !(q & TQ_NONE))
			break;
		t->t_tail++;
		if (!(q & TQ_NONE))
			buf[i++] = (char)q;
		*donep = canon && (q & TQ_END) != 0;
	}
	if (tty_inputfull(t) == 0)
		rump_cv_broadcast(&t->t_roomcv);
	return i;
}

/* What there is, at most resid.  Caller holds t_lock, which is dropped. */
static int
deliver(struct tty *t, struct uio *uio)
{
	int canon = (t->t_ios.c_lflag & ICANON) != 0, done = 0, error = 0;
	char buf[CHUNK];
	size_t n;

	do {
		n = uio->uio_resid < CHUNK ? uio->uio_resid : CHUNK;
		n = take(t, buf, n, canon, &done);
		rump_mutex_exit(&t->t_lock);
		if (n > 0)
			error = rump_uiomove(buf, n, uio);
		rump_mutex_enter(&t->t_lock);
	} while (!error && !done && uio->uio_resid > 0 && avail(t) > 0);
	rump_mutex_exit(&t->t_lock);
	return error;
}

/* Non-canonical: MIN bytes, TIME tenths of a second (termios(3)). */
static int
waitraw(struct tty *t, size_t resid)
{
	uint32_t min = t->t_ios.c_cc[VMIN], have;
	int64_t time = t->t_ios.c_cc[VTIME] * (NSEC_PER_SEC / 10);
	int64_t deadline = INT64_MAX;
	int error = 0;

	if (min > resid)
		min = (uint32_t)resid;
	if (min == 0 && time != 0)
		deadline = rump_monotonic() + time;
	while (!t->t_eof && (have = avail(t)) < (min ? min : 1) && !error) {
		if (min == 0 && time == 0)
			return 0;
		if (min > 0 && time > 0 && have > 0)
			deadline = rump_monotonic() + time;
		error = rump_cv_timedwait_sig(&t->t_incv, &t->t_lock,
		    deadline);
		if (error == ETIMEDOUT && avail(t) != have)
			error = 0;	/* the timer runs between bytes */
	}
	return error == ETIMEDOUT ? 0 : error;
}

static int
waitline(struct tty *t)
{
	int error = 0;

	while (avail(t) == 0 && !t->t_eof && !error &&
	    (t->t_ios.c_lflag & ICANON))
		error = rump_cv_wait_sig(&t->t_incv, &t->t_lock);
	return error;
}

int
tty_read(struct tty *t, struct uio *uio, int oflags)
{
	int error = 0;

	if (uio->uio_resid == 0)
		return 0;
	enter(t);
	tty_adopt(t);
	if ((error = tty_background(t, TTY_SIGTTIN)) == 0 &&
	    (error = startinput(t)) == 0 && avail(t) == 0 && !t->t_eof &&
	    (oflags & O_NONBLOCK) && ((t->t_ios.c_lflag & ICANON) ||
	    t->t_ios.c_cc[VMIN] != 0 || t->t_ios.c_cc[VTIME] != 0))
		error = EAGAIN;
	if (!error && !(oflags & O_NONBLOCK)) {
		if (t->t_ios.c_lflag & ICANON)
			error = waitline(t);
		if (!error && !(t->t_ios.c_lflag & ICANON))
			error = waitraw(t, uio->uio_resid);
	}
	if (error) {
		rump_mutex_exit(&t->t_lock);
		return error;
	}
	return deliver(t, uio);
}

/* Until a character may be put out. */
static int
waitout(struct tty *t, int oflags)
{
	int error = 0;

	if ((t->t_ios.c_lflag & TOSTOP) && (error = tty_background(t,
	    TTY_SIGTTOU)) != 0)
		return error;
	while (!error) {
		if (t->t_pty != NULL && t->t_eof)
			return EIO;
		if (!t->t_stopped && (t->t_pty == NULL ||
		    tty_ptyroom(t->t_pty)))
			return 0;
		error = oflags & O_NONBLOCK ? EAGAIN :
		    rump_cv_wait_sig(&t->t_outcv, &t->t_lock);
	}
	return error;
}

int
tty_write(struct tty *t, struct uio *uio, int oflags)
{
	char buf[CHUNK];
	size_t i, n;
	int error = 0;

	while (!error && uio->uio_resid > 0) {
		n = uio->uio_resid < CHUNK ? uio->uio_resid : CHUNK;
		if ((error = rump_uiomove(buf, n, uio)) != 0)
			break;
		enter(t);
		for (i = 0; i < n && !error; i++)
			if ((error = waitout(t, oflags)) == 0)
				tty_putc(t, (unsigned char)buf[i]);
		if (error)
			i--;
		rump_mutex_exit(&t->t_lock);
		uio->uio_resid += n - i;	/* what did not get out */
		uio->uio_offset -= (int64_t)(n - i);
	}
	return error;
}

/* Fewer would not end a read without a time. */
static uint32_t
pollmin(const struct tty *t)
{
	const cc_t *cc = t->t_ios.c_cc;

	return (t->t_ios.c_lflag & ICANON) || cc[VTIME] != 0 ||
	    cc[VMIN] == 0 ? 1 : cc[VMIN];
}

int
tty_poll(struct tty *t, int events, struct selrec *sr)
{
	int r = 0;

	enter(t);
	if (events & (POLLIN | POLLRDNORM)) {
		(void)startinput(t);
		if (avail(t) >= pollmin(t) || t->t_eof)
			r |= events & (POLLIN | POLLRDNORM);
	}
	if (!t->t_stopped && (t->t_pty == NULL || tty_ptyroom(t->t_pty)))
		r |= events & (POLLOUT | POLLWRNORM);
	if (t->t_pty != NULL && t->t_eof)
		r |= POLLHUP | POLLERR | (events & (POLLIN | POLLOUT));
	if (sr != NULL)
		rump_selrecord(&t->t_sel, sr);
	rump_mutex_exit(&t->t_lock);
	return r;
}

static int
tioctl(struct tty *t, unsigned long cmd, void *uarg)
{
	enter(t);
	tty_adopt(t);
	rump_mutex_exit(&t->t_lock);
	return tty_ioctl(t, cmd, uarg);
}

/* --- as a file --- */
static int
tty_fread(struct file *fp, struct uio *uio, int flags)
{
	(void)flags;
	return tty_read(fp->f_data, uio, file_flags(fp));
}

static int
tty_fwrite(struct file *fp, struct uio *uio, int flags)
{
	(void)flags;
	return tty_write(fp->f_data, uio, file_flags(fp));
}

static int
tty_fioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	return tioctl(fp->f_data, cmd, uarg);
}

static int
tty_fpoll(struct file *fp, int events, struct selrec *sr)
{
	return tty_poll(fp->f_data, events, sr);
}

/* The same as the device's, so that ttyname(3) finds it. */
static int
tty_fstat(struct file *fp, struct stat *st)
{
	struct vnode *vp;

	(void)fp;
	if (vfs_lookup != NULL && vfs_lookup(AT_FDCWD, "/dev/console",
	    NI_KERNEL | NI_NOPERM, &vp) == 0) {
		vfs_stat(vp, st);
		vrele(vp);
		return 0;
	}
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0620;
	st->st_nlink = 1;
	st->st_rdev = VFS_MKDEV(5, 1);
	st->st_blksize = 1024;
	return 0;
}

static void
tty_fclose(struct file *fp)
{
	(void)fp;
}

static const struct fileops tty_fileops = {
	.fo_flags = FOF_SPLICE,
	.fo_read = tty_fread,
	.fo_write = tty_fwrite,
	.fo_ioctl = tty_fioctl,
	.fo_poll = tty_fpoll,
	.fo_stat = tty_fstat,
	.fo_close = tty_fclose,
};

static int
tty_consopen(struct file **fpp)
{
	return rump_file_alloc(FT_CONS, &tty_fileops, &tty_console,
	    O_RDWR | O_LARGEFILE, fpp);
}

/* --- as a device --- */
static int
dread(void *arg, struct uio *uio, int oflags)
{
	return tty_read(arg, uio, oflags);
}

static int
dwrite(void *arg, struct uio *uio, int oflags)
{
	return tty_write(arg, uio, oflags);
}

static int
dioctl(void *arg, unsigned long cmd, void *uarg)
{
	return tioctl(arg, cmd, uarg);
}

static int
dpoll(void *arg, int events, struct selrec *sr)
{
	return tty_poll(arg, events, sr);
}

static const struct devops tty_devops = {
	.d_read = dread,
	.d_write = dwrite,
	.d_ioctl = dioctl,
	.d_poll = dpoll,
	.d_stream = 1,
};

/* /dev/tty is the terminal of the caller's session. */
static int
dopen(void *arg, int oflags, struct file **fpp)
{
	struct tty *t;
	int error;

	(void)arg;
	if ((error = tty_controlling(&t)) != 0)
		return error;
	return t == &tty_console ? 0 : tty_ptyopen(t, oflags, fpp);
}

static const struct devops devtty_ops = {
	.d_open = dopen,
	.d_read = dread,
	.d_write = dwrite,
	.d_ioctl = dioctl,
	.d_poll = dpoll,
	.d_stream = 1,
};

RUMP_COMPONENT(tty, RUMP_FACTION_DEV)
{
	int error = 0;

	rump_cons_openfn = tty_consopen;
	if (rump_devfs_add != NULL) {
		error = rump_devfs_add("console", S_IFCHR | 0620,
		    VFS_MKDEV(5, 1), &tty_devops, &tty_console);
		if (!error)
			error = rump_devfs_add("tty", S_IFCHR | 0666,
			    VFS_MKDEV(5, 0), &devtty_ops, &tty_console);
	}
	return error;
}
