/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inotify: what is told of each change, in which order, to which watch.  Not
 * here: what happens to a file without a name in the directory that it was in
 * (IN_EXCL_UNLINK), hard links (ours are told of by all their names), O_TRUNC
 * (before Linux 6.5 in the order that we have), two moves of one name in a row
 * (Linux makes them one though their cookies differ).
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include "differ.h"

#define NIN	3
#define NFD	4
#define BAD	((void *)1)

static int in[NIN], fds[NFD];
static uint32_t cookies[1000];
static unsigned ncookies;

static const char *
name(void)
{
	static const char *const names[] = { "a", "b", "d", "d/a", "d/b", "e",
	    "e/a", "l", "d/longer-name-of-a-file", ".", "d/e", "nope/x", "" };

	return names[below(sizeof(names) / sizeof(names[0]))];
}

static unsigned
cookie(uint32_t c)
{
	unsigned i;

	if (c == 0)
		return 0;
	for (i = 0; i < ncookies; i++)
		if (cookies[i] == c)
			return i + 1;
	if (ncookies < 1000)
		cookies[ncookies++] = c;
	return ncookies;
}

static void
doread(int k, size_t len)
{
	char buf[4096] __attribute__((__aligned__(8)));
	const struct inotify_event *ev;
	long r, off;

	r = RES(read(in[k], len == 100 && once_in(4) ? BAD :
	    buf, len));
	say("read %d %zu %ld", k, len, r);
	for (off = 0; off < r; off += (long)sizeof(*ev) + ev->len) {
		ev = (const void *)(buf + off);
		say(" %d %#x %u %u %s", ev->wd, ev->mask, cookie(ev->cookie),
		    ev->len, ev->len ? ev->name : "");
	}
}

static void
watch(int k)
{
	uint32_t mask = ONE_OF(uint32_t, IN_ALL_EVENTS, IN_ALL_EVENTS,
	    IN_ALL_EVENTS, IN_MODIFY, IN_CREATE | IN_DELETE, IN_ALL_EVENTS,
	    IN_ATTRIB | IN_CLOSE, IN_OPEN, 0, IN_DELETE_SELF | IN_MOVE_SELF,
	    IN_ACCESS | IN_MODIFY, 1 << 20);
	const char *n = name();
	char wd;

	if (once_in(5)) mask |= IN_ONESHOT;
	if (once_in(6)) mask |= IN_MASK_ADD;
	mask |= IN_EXCL_UNLINK;
	if (once_in(6)) mask |= IN_DONT_FOLLOW;
	if (once_in(8)) mask |= IN_ONLYDIR;
	if (once_in(10)) mask |= IN_MASK_CREATE;
	if (once_in(30)) mask |= ONE_OF(uint32_t, 1 << 16, 1 << 17, IN_ISDIR,
	    IN_IGNORED);
	(void)wd;
	say("add_watch %d %s %#x %ld", k, n, mask, RES(inotify_add_watch(
	    once_in(30) ? fds[0] : in[k], once_in(40) ? BAD : n, mask)));
}

/* Linux's open files without a name keep the directory that they were in. */
static void
closegone(void)
{
	struct stat st;
	int f;

	for (f = 0; f < NFD; f++)
		if (fstat(fds[f], &st) == 0 && st.st_nlink == 0)
			replace_fd(&fds[f], -1);
}

static void
change(void)
{
	const char *n = name(), *m = name();
	struct timespec ts[2] = { { 5, 0 }, { 6, 0 } };
	unsigned k = below(16), f;
	long r;

	if (k == 3 || (k >= 6 && k <= 8))
		closegone();
	if (k == 6 || k == 7 || k == 8 || k == 15)
		for (f = 0; f < NIN; f++)
			doread(f, 4096);
	switch (k) {
	case 0: case 1:
		f = below(NFD);
		r = RES(open(n, ONE_OF(int, O_RDWR | O_CREAT, O_RDONLY,
		    O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT | O_EXCL,
		    O_PATH, O_RDONLY | O_DIRECTORY), 0644));
		say("open %u %s %ld", f, n, r < 0 ? r : 0);
		if (r >= 0)
			replace_fd(&fds[f], (int)r);
		break;
	case 2:
		say("mkdir %s %ld", n, RES(mkdir(n, 0755)));
		break;
	case 3:
		say("rmdir %s %ld", n, RES(rmdir(n)));
		break;
	case 4: case 5:
		say("unlink %s %ld", n, RES(unlink(n)));
		break;
	case 6: case 7: case 8:
		say("rename %s %s %ld", n, m, RES(rename(n, m)));
		break;
	case 9:
		say("access %s %ld", n, RES(access(n, below(5))));
		break;
	case 10:
		say("symlink %s %s %ld", n, m, RES(symlink(n, m)));
		break;
	case 11:
		say("chmod %s %ld", n, RES(chmod(n, 0700 | below(64))));
		break;
	case 12:
		say("truncate %s %ld", n, RES(truncate(n, below(3) * 10)));
		break;
	case 13:
		say("utimens %s %ld", n, RES(utimensat(AT_FDCWD, n, ts,
		    once_in(2) ? AT_SYMLINK_NOFOLLOW : 0)));
		break;
	case 14:
		say("chown %s %ld", n, RES(lchown(n, below(2), -1)));
		break;
	default:
		say("exchange %s %s %ld", n, m, RES(syscall(
		    SYS_renameat2, AT_FDCWD, n, AT_FDCWD, m, 2)));
	}
}

static void
use(int f)
{
	char buf[100] = "data";
	struct iovec iov = { buf, 3 };
	struct timespec ts[2] = { { 5, 0 }, { 6, 0 } };
	struct stat st;

	switch (fstat(fds[f], &st) == 0 && st.st_nlink == 0 ? below(5) :
	    below(12)) {
	case 0: case 1:
		say("write %d %ld", f, RES(write(fds[f], buf, below(5))));
		break;
	case 2: case 3:
		say("fread %d %ld", f, RES(read(fds[f], buf, below(9))));
		break;
	case 4:
		say("close %d", f);
		replace_fd(&fds[f], -1);
		break;
	case 5:
		say("ftruncate %d %ld", f, RES(ftruncate(fds[f], below(9))));
		break;
	case 6:
		say("fchmod %d %ld", f, RES(fchmod(fds[f], 0644)));
		break;
	case 7:
		say("futimens %d %ld", f, RES(futimens(fds[f], ts)));
		break;
	case 8:
		say("pwritev %d %ld", f, RES(pwritev(fds[f], &iov, 1, 2)));
		break;
	case 9:
		say("pread %d %ld", f, RES(pread(fds[f], buf, 5, 0)));
		break;
	case 10:
		say("fallocate %d %ld", f, RES(fallocate(fds[f], 0, 0, 30)));
		break;
	default:
		say("fsetxattr %d %ld", f, RES(fsetxattr(fds[f], "user.x",
		    "v", 1, 0)));
	}
}

static void
misc(int k)
{
	struct pollfd p = { in[k], 0xffff & ~0x400, 0 };
	int n = -7, wd;
	long r;

	switch (below(7)) {
	case 0:
		r = RES(ioctl(in[k], FIONREAD, &n));
		say("fionread %d %ld %d", k, r, n);
		break;
	case 1: case 2:
		wd = (int)below(8) - 1;
		say("rm_watch %d %d %ld", k, wd, RES(inotify_rm_watch(in[k],
		    wd)));
		break;
	case 3:
		r = RES(poll(&p, 1, 0));
		say("poll %d %ld %#x", k, r, p.revents);
		break;
	case 4:
		if (!once_in(4))
			break;
		n = IN_NONBLOCK | (once_in(2) ? IN_CLOEXEC : 0) |
		    (once_in(9) ? 1 : 0);
		r = RES(inotify_init1(n));
		say("init %d %#x %ld", k, n, r < 0 ? r : 0);
		if (r >= 0)
			replace_fd(&in[k], (int)r);
		break;
	case 5:
		say("write %ld pread %d", RES(write(in[k], "x", 1)), 0);
		break;
	default:
		say("rm_watch file %ld", RES(inotify_rm_watch(fds[0], 1)));
	}
}

void
differ_begin(void)
{
	int i;

	for (i = 0; i < NIN; i++)
		in[i] = inotify_init1(IN_NONBLOCK);
	for (i = 0; i < NFD; i++)
		fds[i] = -1;
	ncookies = 0;
	mkdir("d", 0755);
	mkdir("e", 0755);
}

void
differ_step(void)
{
	int k = below(NIN);

	switch (below(10)) {
	case 0:
		watch(k);
		break;
	case 1: case 2: case 3: case 4:
		change();
		break;
	case 5: case 6:
		use(below(NFD));
		break;
	case 7:
		misc(k);
		break;
	default:
		doread(k, ONE_OF(size_t, 4096, 4096, 4096, 16, 15, 32, 64, 0,
		    100));
	}
}

void
differ_end(void)
{
	int i;

	for (i = 0; i < NIN; i++)
		close(in[i]);
	for (i = 0; i < NFD; i++)
		replace_fd(&fds[i], -1);
}
