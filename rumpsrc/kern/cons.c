/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as a file, for programs without a tty component: output as it
 * comes (CR added where the host's console needs it), input byte by byte,
 * no line editing.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <asm/termios.h>
#include <linux/stat.h>
#include <string.h>
#include <rump/rumpuser.h>
#include <rump/rumpcomp_cons.h>
#include <kern/exec.h>
#include <kern/file.h>

#define CONS_CHUNK	128	/* on the stack */

int (*rump_cons_openfn)(struct file **);

static int
cons_crnl(void)
{
	static int8_t crnl;	/* 0 unknown, 1 no, 2 yes; idempotent */
	char buf[4];

	if (crnl == 0)
		crnl = rumpuser_getparam("RUMP_CONSOLE_CRNL", buf,
		    sizeof(buf)) == 0 && buf[0] == '1' ? 2 : 1;
	return crnl == 2;
}

static int
cons_write(struct file *fp, struct uio *uio, int flags)
{
	char buf[CONS_CHUNK];
	size_t i, n;
	int error, crnl = cons_crnl();

	(void)fp, (void)flags;
	while (uio->uio_resid > 0) {
		n = uio->uio_resid < sizeof(buf) ? uio->uio_resid : sizeof(buf);
		if ((error = rump_uiomove(buf, n, uio)) != 0)
			return error;
		for (i = 0; i < n; i++) {
			if (buf[i] == '\n' && crnl)
				rumpuser_putchar('\r');
			rumpuser_putchar((unsigned char)buf[i]);
		}
	}
	return 0;
}

static int
cons_read(struct file *fp, struct uio *uio, int flags)
{
	char ch;
	int c, error;

	(void)flags;
	if (uio->uio_resid == 0)
		return 0;
	if ((file_flags(fp) & O_NONBLOCK) && !rumpcomp_cons_poll())
		return EAGAIN;
	do {
		if ((c = rumpcomp_cons_getc()) < 0)
			return 0;
		ch = (char)c;
		if ((error = rump_uiomove(&ch, 1, uio)) != 0)
			return error;
	} while (uio->uio_resid > 0 && ch != '\n' && rumpcomp_cons_poll());
	return 0;
}

static int
cons_ioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	struct winsize ws = { 25, 80, 0, 0 };

	(void)fp;
	if (cmd != TIOCGWINSZ)
		return ENOTTY;
	return rump_copyout(&ws, uarg, sizeof(ws));
}

static int
cons_poll(struct file *fp, int events, struct selrec *sel)
{
	int r = events & (POLLOUT | POLLWRNORM);

	/* Nothing tells when input comes: a poller looks again by itself. */
	(void)fp, (void)sel;
	if ((events & (POLLIN | POLLRDNORM)) && rumpcomp_cons_poll())
		r |= events & (POLLIN | POLLRDNORM);
	return r;
}

static int
cons_stat(struct file *fp, struct stat *st)
{

	(void)fp;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0620;
	st->st_nlink = 1;
	st->st_rdev = 5 << 8 | 1;	/* /dev/console */
	st->st_blksize = 4096;
	return 0;
}

static void
cons_close(struct file *fp)
{

	(void)fp;
}

static const struct fileops cons_ops = {
	.fo_flags = FOF_SPLICE,
	.fo_read = cons_read,
	.fo_write = cons_write,
	.fo_ioctl = cons_ioctl,
	.fo_poll = cons_poll,
	.fo_stat = cons_stat,
	.fo_close = cons_close,
};

int
rump_cons_open(struct file **fpp)
{

	if (rump_cons_openfn != NULL)
		return rump_cons_openfn(fpp);
	return rump_file_alloc(FT_CONS, &cons_ops, NULL, O_RDWR | O_LARGEFILE,
	    fpp);
}
