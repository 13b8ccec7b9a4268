/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an inode says: extended attributes, times, size and blocks, statx and
 * statfs, on a tmpfs of the test's own that becomes read-only and back. Not
 * here: times that a call took from the clock (only whether they are recent),
 * the order of a list of names, statx's attributes and its mask of times, free
 * blocks, FALLOC_FL_ZERO_RANGE (Linux's tmpfs has none), holes (what is
 * allocated and not written is one there).
 */
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

#include "differ.h"

static char big[70000], out[70000];
static int fd;

static const char *
name(void)
{
	return ONE_OF(char *const, "a", "b", "d", "l", "p", "d/a", "d/l",
	    "a/", "nope", "", "d/", "n", "s", ".");
}

void
differ_begin(void)
{
	unsigned i;

	umask(022);
	for (i = 0; i < sizeof(big); i++)
		big[i] = (char)i;
	mkdir("top", 0755);
	if (mount("differ", "top", "tmpfs", 0, "size=8m,mode=755") != 0)
		say("mount %d", errno);
	(void)!chdir("top");
	mkdir("d", 0755);
	close(creat("a", 0644));
	mkfifo("p", 0644);
	(void)!symlink("a", "l");
	mknod("n", S_IFCHR | 0666, makedev(1, 3));
	mknod("s", S_IFSOCK | 0666, 0);
	fd = open("a", O_RDWR);
}

static long
when(const struct timespec *ts)
{
	return ts->tv_sec > 1500000000 && ts->tv_sec < 4000000000 ? -1 :
	    (long)ts->tv_sec;
}

static void
print(const char *n)
{
	struct stat st;
	long r;

	memset(&st, 0, sizeof(st));
	r = RES(lstat(n, &st));
	say(" %s %ld %#o nlink %ld size %ld blocks %ld blksize %ld rdev %lx "
	    "%ld.%ld %ld.%ld", n, r, st.st_mode, (long)st.st_nlink,
	    S_ISDIR(st.st_mode) ? 0 : (long)st.st_size,
	    S_ISREG(st.st_mode) ? (long)st.st_blocks : 0, (long)st.st_blksize,
	    (long)st.st_rdev, when(&st.st_atim), when(&st.st_atim) == -1 ? 0 :
	    st.st_atim.tv_nsec, when(&st.st_mtim), when(&st.st_mtim) == -1 ?
	    0 : st.st_mtim.tv_nsec);
}

static const char *
attr(void)
{
	static char longname[300];

	if (once_in(20)) {
		unsigned n = 253 + below(5);

		memset(longname, 'x', sizeof(longname));
		memcpy(longname, "user.", 5);
		longname[n] = '\0';
		return longname;
	}
	return ONE_OF(char *const, "user.a", "user.b", "user.abc", "trusted.a",
	    "trusted.b", "security.a", "security.abc", "user.", "trusted.",
	    "system.a", "a", "", "user", "USER.a", "nope.a", "user.a",
	    "user..", ".a");
}

static size_t
length(void)
{
	return ONE_OF(size_t, 0, 1, 2, 3, 10, 100, 255, 4096, 65535, 65536,
	    65537, (size_t)-1);
}

static int
bylist(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
list(const char *n, long r)
{
	char *v[100], *s;
	unsigned i, c = 0;

	if (r <= 0)
		return;
	for (s = out; s < out + r && c < 100; s += strlen(s) + 1)
		v[c++] = s;
	qsort(v, c, sizeof(v[0]), bylist);
	for (i = 0; i < c; i++)
		say("  %s: %.20s %zu", n, v[i], strlen(v[i]));
}

static void
xattrs(void)
{
	const char *n = name(), *a = attr();
	size_t len = length();
	int how = below(3), flags;
	const void *val = once_in(30) ? (void *)1 : once_in(30) ? NULL : big;
	long r;

	switch (below(4)) {
	case 0:
		flags = ONE_OF(int, 0, 0, XATTR_CREATE, XATTR_REPLACE, 3, 4);
		r = how == 0 ? SYS(setxattr, n, a, val, len, flags) :
		    how == 1 ? SYS(lsetxattr, n, a, val, len, flags) :
		    SYS(fsetxattr, fd, a, val, len, flags);
		say("setxattr %d %s %.20s %zu %zd %d %ld", how, n, a, strlen(a),
		    (ssize_t)len, flags, r);
		break;
	case 1:
		memset(out, '#', 20);
		r = how == 0 ? SYS(getxattr, n, a, out, len) :
		    how == 1 ? SYS(lgetxattr, n, a, out, len) :
		    SYS(fgetxattr, fd, a, out, len);
		say("getxattr %d %s %.20s %zd %ld %x", how, n, a,
		    (ssize_t)len, r, sum(out, 20));
		break;
	case 2:
		if (once_in(2))
			len = sizeof(out);
		r = how == 0 ? SYS(listxattr, n, out, len) :
		    how == 1 ? SYS(llistxattr, n, out, len) :
		    SYS(flistxattr, fd, out, len);
		say("listxattr %d %s %zd %ld", how, n, (ssize_t)len, r);
		if (len != 0)
			list(n, r);
		break;
	default:
		r = how == 0 ? SYS(removexattr, n, a) :
		    how == 1 ? SYS(lremovexattr, n, a) :
		    SYS(fremovexattr, fd, a);
		say("removexattr %d %s %.20s %ld", how, n, a, r);
	}
}

static void
times(void)
{
	const char *n = name();
	struct timespec ts[2];
	struct timeval tv[2];
	struct utimbuf ub;
	int i, flags;

	for (i = 0; i < 2; i++) {
		ts[i].tv_sec = ONE_OF(long, 0, 1, 1000, -1, -1000, 1234567890,
		    0x7fffffff, -0x80000000l, 0x80000000l, 0xffffffff);
		ts[i].tv_nsec = ONE_OF(long, 0, 1, 999999999, 1000000000, -1,
		    UTIME_NOW, UTIME_OMIT, 500, UTIME_NOW, UTIME_OMIT, 77);
		tv[i].tv_sec = ts[i].tv_sec;
		tv[i].tv_usec = ONE_OF(long, 0, 1, 999999, 1000000, -1);
	}
	switch (below(6)) {
	case 0:
		ub.actime = ts[0].tv_sec;
		ub.modtime = ts[1].tv_sec;
		say("utime %s %ld %ld %ld", n, (long)ub.actime,
		    (long)ub.modtime, SYS(utime, n, once_in(5) ? NULL : &ub));
		break;
	case 1:
		say("utimes %s %ld.%ld %ld.%ld %ld", n, (long)tv[0].tv_sec,
		    (long)tv[0].tv_usec, (long)tv[1].tv_sec,
		    (long)tv[1].tv_usec, SYS(utimes, n, tv));
		break;
	case 2:
		say("futimesat %s %ld", n, SYS(futimesat, AT_FDCWD, n, tv));
		break;
	case 3:
		say("futimens %ld", SYS(utimensat, once_in(5) ? -1 : fd, NULL,
		    ts, once_in(9)));
		n = "a";
		break;
	default:
		flags = ONE_OF(int, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 1,
		    AT_SYMLINK_FOLLOW);
		say("utimensat %s %ld.%ld %ld.%ld %#x %ld", n,
		    (long)ts[0].tv_sec, ts[0].tv_nsec, (long)ts[1].tv_sec,
		    ts[1].tv_nsec, flags, SYS(utimensat, once_in(9) ? fd :
		    AT_FDCWD, n, once_in(9) ? NULL : once_in(9) ? (void *)1 :
		    (void *)ts, flags));
	}
	print(n);
}

static void
sizes(void)
{
	const char *n = name();
	long len = ONE_OF(long, 0, 1, 4095, 4096, 4097, 100, 5000, 100000, -1,
	    1l << 40, INT64_MAX, INT64_MIN, 65536);
	long off = ONE_OF(long, 0, 1, 4096, 5000, 12288, -1, 20000);
	int mode;

	switch (below(5)) {
	case 0:
		say("truncate %s %ld %ld", n, len, SYS(truncate, n, len));
		/* Whether that sets mtime depends on what is allocated. */
		SYS(utimensat, AT_FDCWD, n, NULL, 0);
		break;
	case 1:
		say("ftruncate %ld %ld", len, SYS(ftruncate, fd, len));
		n = "a";
		break;
	case 2:
		say("pwrite %ld %ld", off, SYS(pwrite64, fd, big, below(9000),
		    off));
		n = "a";
		break;
	case 3:
		mode = ONE_OF(int, 0, FALLOC_FL_KEEP_SIZE, 3, 2,
		    8, 0x20, 0x40, 4, 0x100);
		if (len > 200000)
			len = 200000;
		say("fallocate %#x %ld %ld %ld", mode, off, len,
		    SYS(fallocate, fd, mode, off, len));
		n = "a";
		break;
	default:
		close(fd);
		fd = (int)RES(open("a", O_RDWR | O_NONBLOCK | O_CREAT |
		    (once_in(4) ? O_TRUNC : 0), 0644));
		say("open %d", fd);
		n = "a";
	}
	print(n);
}

static void
names(void)
{
	const char *n = name(), *m = name();

	switch (below(6)) {
	case 0:
		say("unlink %s %ld", n, SYS(unlink, n));
		break;
	case 1:
		say("link %s %s %ld", n, m, SYS(link, n, m));
		break;
	case 2:
		say("symlink %s %s %ld", n, m, SYS(symlink, n, m));
		break;
	case 3:
		say("rename %s %s %ld", n, m, SYS(rename, n, m));
		break;
	case 4:
		say("mkdir %s %ld", n, SYS(mkdir, n, 0777));
		break;
	default:
		say("mknod %s %ld", n, SYS(mknod, n, S_IFREG | 0600, 0));
	}
}

static void
look(void)
{
	const char *n = name();
	struct statfs sf;
	struct stat st;
	struct statx sx;
	unsigned mask;
	long r;

	switch (below(5)) {
	case 0:
		mask = ONE_OF(unsigned, STATX_BASIC_STATS, 0, STATX_ALL,
		    STATX_MODE, STATX_BTIME, STATX__RESERVED);
		memset(&sx, 0x55, sizeof(sx));
		r = SYS(statx, AT_FDCWD, n, AT_SYMLINK_NOFOLLOW, mask, &sx);
		if (r != 0)
			sx.stx_mode = sx.stx_nlink = 0;
		else
			say(" %#x %u %u:%u %#o %ld %ld rdev %u:%u",
			    sx.stx_mask & STATX_BASIC_STATS & ~0xe0u,
			    sx.stx_blksize, sx.stx_uid, sx.stx_gid, sx.stx_mode,
			    S_ISDIR(sx.stx_mode) ? 0 : (long)sx.stx_size,
			    S_ISREG(sx.stx_mode) ? (long)sx.stx_blocks : 0,
			    sx.stx_rdev_major, sx.stx_rdev_minor);
		say("statx %s %#x %ld", n, mask, r);
		break;
	case 1:
		memset(&sf, 0x55, sizeof(sf));
		r = once_in(3) ? RES(fstatfs(fd, &sf)) : RES(statfs(n, &sf));
		say("statfs %s %ld", n, r);
		if (r == 0)
			say(" %lx %lu %lu %lu %#lx", (long)sf.f_type,
			    (long)sf.f_bsize, (long)sf.f_blocks,
			    (long)sf.f_namelen, (long)sf.f_flags & 0xf);
		break;
	case 2:
		if (!once_in(6))
			break;
		mask = ONE_OF(unsigned, 0, MS_RDONLY, MS_RDONLY, MS_NOSUID,
		    MS_NODEV | MS_NOEXEC);
		/* A file that is open to write forbids it. */
		if (once_in(2) && fd >= 0)
			close(fd), fd = open("a", O_RDONLY | O_NONBLOCK);
		/* Linux also refuses while one is open that has no name. */
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 0)
			close(fd), fd = -1;
		r = SYS(mount, "differ", ".", NULL, MS_REMOUNT | mask, NULL);
		say("remount %#x %ld", mask, r);
		break;
	default:
		print(n);
	}
}

void
differ_step(void)
{
	switch (below(5)) {
	case 0:
		xattrs();
		break;
	case 1:
		times();
		break;
	case 2:
		sizes();
		break;
	case 3:
		look();
		break;
	default:
		if (once_in(4))
			names();
		else
			xattrs();
	}
}

void
differ_end(void)
{
	close(fd);
	(void)!chdir("..");
	say("umount %ld", RES(umount2("top", 0)));
}
