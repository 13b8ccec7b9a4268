/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kmsg.c: the kernel's last messages, for syslog(2) and /dev/kmsg.  They come
 * from any context: the ring is guarded by a flag that writers try for a
 * while only; a message that is lost here is still on the console.  Readers
 * hold it for one record at a time.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include <rump/component.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include <kern/syscall.h>

#include "devfs_private.h"

#define NREC		64		/* a power of two */
#define TEXT		200		/* as log.c has it */
#define LINE		(TEXT + 64)	/* with what is put before */
#define PRIO		6		/* informational */

struct rec {
	int64_t		 re_when;
	char		 re_text[TEXT];
};

static volatile uint32_t busy;		/* [a] the flag */
static struct rec ring[NREC];		/* [busy] */
static uint64_t next;			/* [busy] number of the next message */
static uint64_t cleared;		/* [busy] syslog's CLEAR */
static uint64_t taken;			/* [busy] syslog's READ */

static int
tryenter(int tries)
{
	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		if (tries-- == 0)
			return 0;
	return 1;
}

static void
enter(void)
{
	while (!tryenter(1000))
		continue;
}

static void
leave(void)
{
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

static void
record(const char *text)
{
	int64_t now = rump_monotonic();
	struct rec *re;
	size_t len;

	if (!tryenter(1000))
		return;
	re = &ring[next++ % NREC];
	re->re_when = now;
	len = strlcpy(re->re_text, text, TEXT);
	if (len >= TEXT)
		len = TEXT - 1;
	if (len > 0 && re->re_text[len - 1] == '\n')
		re->re_text[len - 1] = '\0';
	leave();
}

/* Message *np or the first one after that is there; false: none yet. */
static int
fetch(uint64_t *np, struct rec *re)
{
	int found;

	enter();
	if (next > NREC && *np < next - NREC)
		*np = next - NREC;
	if ((found = *np < next) != 0)
		*re = ring[*np % NREC];
	leave();
	return found;
}

/* As syslog(2) shows it. */
static size_t
format(char *line, const struct rec *re)
{
	return (size_t)snprintf(line, LINE, "<%d>[%5lld.%06lld] %s\n", PRIO,
	    (long long)(re->re_when / NSEC_PER_SEC),
	    (long long)(re->re_when % NSEC_PER_SEC / 1000), re->re_text);
}

/* Sizes of all messages from n on. */
static size_t
sizefrom(uint64_t n)
{
	char line[LINE];
	struct rec re;
	size_t sum = 0;

	for (; fetch(&n, &re); n++)
		sum += format(line, &re);
	return sum;
}

/* The last that fit, or, with first, the first ones: *np goes on. */
static long
copyfrom(uint64_t *np, char *ubuf, size_t len, int first)
{
	char line[LINE];
	struct rec re;
	size_t n, done = 0;

	if (!first)
		while (sizefrom(*np) > len)
			++*np;
	for (; fetch(np, &re); ++*np) {
		n = format(line, &re);
		if (n > len - done)
			break;
		if (rump_copyout(line, ubuf + done, n) != 0)
			return -EFAULT;
		done += n;
	}
	return (long)done;
}

/* Until there is a message after n.  Nobody tells: look now and then. */
static int
await(uint64_t n)
{
	static struct rump_mutex lock;
	static struct rump_cv cv;
	struct rec re;
	int error = 0;

	rump_mutex_enter(&lock);
	while (!fetch(&n, &re) && (error == 0 || error == ETIMEDOUT))
		error = rump_cv_timedwait_sig(&cv, &lock, rump_monotonic() +
		    NSEC_PER_SEC / 10);
	rump_mutex_exit(&lock);
	return error == ETIMEDOUT ? 0 : error;
}

static uint64_t
get(const uint64_t *var)
{
	uint64_t n;

	enter();
	n = *var;
	leave();
	return n;
}

static void
set(uint64_t *var, uint64_t n)
{
	enter();
	*var = n;
	leave();
}

static long
readlog(char *buf, int len)
{
	uint64_t n = get(&taken);
	long r = -await(n);

	if (r == 0) {
		r = copyfrom(&n, buf, (size_t)len, 1);
		set(&taken, n);
	}
	return r;
}

RUMP_SYSCALL3(syslog, int, type, char *, buf, int, len)
{
	uint64_t n;
	long r;

	if (type != 3 && type != 10 && rump_capable(CAP_SYSLOG) != 0)
		return -EPERM;
	if (type >= 2 && type <= 4 && (buf == NULL || len < 0))
		return -EINVAL;
	switch (type) {
	case 0:					/* CLOSE, OPEN */
	case 1:
	case 6:					/* CONSOLE_OFF, _ON */
	case 7:
		return 0;
	case 2:					/* READ */
		return len == 0 ? 0 : readlog(buf, len);
	case 3:					/* READ_ALL */
	case 4:					/* READ_CLEAR */
		n = get(&cleared);
		r = copyfrom(&n, buf, (size_t)len, 0);
		if (type == 4 && r >= 0)
			set(&cleared, n);
		return r;
	case 5:					/* CLEAR */
		set(&cleared, get(&next));
		return 0;
	case 8:					/* CONSOLE_LEVEL */
		return len < 1 || len > 8 ? -EINVAL : 0;
	case 9:					/* SIZE_UNREAD */
		return (long)sizefrom(get(&taken));
	case 10:				/* SIZE_BUFFER */
		return NREC * LINE;
	}
	return -EINVAL;
}

/* --- /dev/kmsg: a record at a time --- */
static int
k_read(struct file *fp, struct uio *uio, int flags)
{
	uint64_t *np = fp->f_data;
	char line[LINE];
	struct rec re;
	int error;
	size_t n;

	(void)flags;
	if (!fetch(np, &re)) {
		if (file_flags(fp) & O_NONBLOCK)
			return EAGAIN;
		if ((error = await(*np)) != 0)
			return error;
		if (!fetch(np, &re))
			return EAGAIN;
	}
	n = (size_t)snprintf(line, sizeof(line), "%d,%llu,%lld,-;%s\n", PRIO,
	    (unsigned long long)*np, (long long)(re.re_when / 1000),
	    re.re_text);
	++*np;			/* also past one that does not fit */
	if (n > uio->uio_resid)
		return EINVAL;
	return rump_uiomove(line, n, uio);
}

/* Its priority, "<N>", is not kept. */
static int
k_write(struct file *fp, struct uio *uio, int flags)
{
	char text[TEXT], *p = text;
	size_t n = uio->uio_resid;
	int error;

	(void)fp;
	(void)flags;
	if (n >= sizeof(text))
		return EINVAL;
	if ((error = rump_uiomove(text, n, uio)) != 0)
		return error;
	text[n] = '\0';
	if (*p == '<') {
		while (*++p >= '0' && *p <= '9')
			continue;
		p = *p == '>' ? p + 1 : text;
	}
	n = strlen(p);
	rump_printf("%s%s", p, n > 0 && p[n - 1] == '\n' ? "" : "\n");
	return 0;
}

static int
k_poll(struct file *fp, int events, struct selrec *sr)
{
	uint64_t n = *(uint64_t *)fp->f_data;

	(void)sr;
	return (events & (POLLOUT | POLLWRNORM)) | (n < get(&next) ?
	    events & (POLLIN | POLLRDNORM) : 0);
}

static int
k_stat(struct file *fp, struct stat *st)
{
	(void)fp;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0644;
	st->st_nlink = 1;
	st->st_rdev = VFS_MKDEV(1, 11);
	st->st_blksize = 4096;
	return 0;
}

/* SEEK_SET: what there is; SEEK_DATA: since CLEAR; SEEK_END: what comes. */
static int
k_seek(struct file *fp, int64_t off, int whence, int64_t *newp)
{
	uint64_t *np = fp->f_data;

	if (off != 0)
		return ESPIPE;
	if (whence == SEEK_SET)
		*np = 0;
	else if (whence == SEEK_DATA)
		*np = get(&cleared);
	else if (whence == SEEK_END)
		*np = get(&next);
	else
		return EINVAL;
	*newp = 0;
	return 0;
}

static void
k_close(struct file *fp)
{
	rump_kmem_free(fp->f_data, sizeof(uint64_t));
}

static const struct fileops kmsg_fileops = {
	.fo_read = k_read,
	.fo_write = k_write,
	.fo_poll = k_poll,
	.fo_stat = k_stat,
	.fo_seek = k_seek,
	.fo_close = k_close,
};

static int
kmsg_open(void *arg, int oflags, struct file **fpp)
{
	uint64_t *np = rump_kmem_zalloc(sizeof(*np));
	int error;

	(void)arg;
	if (np == NULL)
		return ENOMEM;
	error = rump_file_alloc(FT_KMSG, &kmsg_fileops, np,
	    oflags & (O_ACCMODE | O_NONBLOCK | O_LARGEFILE), fpp);
	if (error)
		rump_kmem_free(np, sizeof(*np));
	return error;
}

const struct devops devfs_kmsg_ops = { .d_open = kmsg_open };

RUMP_COMPONENT(kmsg, RUMP_FACTION_FS)
{
	rump_log_hook = record;
	return 0;
}
