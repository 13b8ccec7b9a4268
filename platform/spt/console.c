/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console: descriptors 0 and 1.  Output is collected; it goes out at the end
 * of a line on a terminal, when the buffer is full, when the CPU idles, 10 ms
 * later at the latest, and at the end.  The descriptors may be shared with
 * other processes, so their flags are left alone: input is read only after
 * ppoll said that it is there.
 */
#include "spt.h"

#define S_IFMT		0170000
#define S_IFCHR		0020000
#define BUFSIZE		4096

static char out[BUFSIZE];		/* with interrupts off */
static size_t nout;
static int by_line;			/* [I] */
static char in[256];
static size_t in_next, in_end;		/* the reader */
static int in_eof;
static struct bmk_thread *in_waiter;	/* with interrupts off */

void
spt_console_init(void)
{
	struct { uint64_t s_dev, s_ino, s_nlink; uint32_t s_mode; char
	    s_rest[116]; } st;

	by_line = sys3(__NR_fstat, 1, (long)&st, 0) != 0 ||
	    (st.s_mode & S_IFMT) == S_IFCHR;
	spt_signal(SPT_SIGPIPE, (spt_sigfn *)1, 0);	/* ignored */
}

void
spt_console_flush(void)
{
	struct sys_pollfd fd = { 1, SYS_POLLOUT, 0 };
	size_t done = 0;
	long n;

	while (done < nout) {
		n = sys_write(1, out + done, nout - done);
		if (n == -SYS_EAGAIN)
			(void)sys6(__NR_ppoll, (long)&fd, 1, 0, 0, 8, 0);
		else if (n > 0)
			done += (size_t)n;
		else if (n != -SYS_EINTR)
			break;		/* nobody reads it any more */
	}
	nout = 0;
}

void
bmk_platform_write(const char *s, size_t len)
{
	unsigned long saved = bmk_platform_irq_off();
	int newline = 0;

	for (; len > 0; len--) {
		if (nout == BUFSIZE)
			spt_console_flush();
		newline |= *s == '\n';
		out[nout++] = *s++;
	}
	if (newline && by_line)
		spt_console_flush();
	else
		bmk_sched_tick(1);
	bmk_platform_irq_restore(saved);
}

void
bmk_platform_putc(int c)
{
	char ch = (char)c;

	bmk_platform_write(&ch, 1);
}

int
bmk_platform_getc(void)
{
	struct sys_pollfd fd = { 0, SYS_POLLIN, 0 };
	struct sys_timespec now = { 0, 0 };
	long n;

	if (in_next == in_end && !in_eof) {
		if (sys6(__NR_ppoll, (long)&fd, 1, (long)&now, 0, 8, 0) <= 0)
			return -1;
		n = sys_read(0, in, sizeof(in));
		if (n == -SYS_EAGAIN || n == -SYS_EINTR)
			return -1;
		in_next = 0;
		in_end = n > 0 ? (size_t)n : 0;
		in_eof = n <= 0;
	}
	return in_next < in_end ? (unsigned char)in[in_next++] : -2;
}

void
bmk_platform_getc_wakeup(struct bmk_thread *t)
{
	in_waiter = t;
	bmk_sched_tick(0);
}

int
spt_console_pollfd(struct sys_pollfd *fd)
{
	fd->fd = 0;
	fd->events = SYS_POLLIN;
	fd->revents = 0;
	return in_waiter != NULL;
}

/* From the timer and the idle loop, interrupts off. */
void
spt_console_poll(void)
{
	struct sys_timespec now = { 0, 0 };
	struct sys_pollfd fd;
	struct bmk_thread *t = in_waiter;

	if (nout > 0)
		spt_console_flush();
	if (t == NULL)
		return;
	(void)spt_console_pollfd(&fd);
	if (in_next != in_end || in_eof ||
	    sys6(__NR_ppoll, (long)&fd, 1, (long)&now, 0, 8, 0) > 0) {
		in_waiter = NULL;
		bmk_sched_wake(t);
	} else
		bmk_sched_tick(1);
}
