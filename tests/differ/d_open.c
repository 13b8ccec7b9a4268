/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open, openat and openat2 with all flags, names that are there and are not,
 * O_TMPFILE, O_PATH, and what may be done with the descriptor.  Not here:
 * RESOLVE_CACHED (depends on what is cached), the folders above /tmp, which
 * are on other mounts, sticky folders (Linux's protected_regular), sendfile
 * from a file to itself, SIGIO.  A FIFO is opened O_NONBLOCK, and not polled
 * (whether there was a writer before is forgotten).
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "differ.h"

#define NSLOT	5
#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

static char base[64];
static dev_t dev;
static int slot[NSLOT], dirs[2], fifos;
static char buf[4096];

static const char *
name(void)
{
	return ONE_OF(char *const, "a", "b", "d", "d/a", "d/b", "a/x", "l",
	    "", ".", "d/..", "d/", "a/", "l/", "nope/x", "d/l", "p", "s", "n",
	    "..", "d/./a", "d//b", "/proc", "l/a", "d/l/a", "b/.");
}

void
differ_begin(void)
{
	struct stat st;
	int i;

	/* What a shell left open. */
	for (i = 3; i < 20; i++)
		close(i);
	/* ".." is of this seed, too. */
	mkdir("top", 0755);
	(void)!chdir("top");
	stat(".", &st);
	dev = st.st_dev;
	RES(getcwd(base, sizeof(base)) != NULL);
	for (i = 0; i < NSLOT; i++)
		slot[i] = -1;
	dirs[0] = open(".", O_RDONLY | O_DIRECTORY);
	dirs[1] = -1;
	fifos = 0;
	umask(022);
	signal(SIGPIPE, SIG_IGN);
}

static void
print(int fd)
{
	struct stat st;
	long r;

	memset(&st, 0, sizeof(st));
	r = RES(fstat(fd, &st));
	say(" fd %d fl %#o cloexec %d: %ld mode %#o nlink %ld size %ld "
	    "%u:%u rdev %lx", fd, (unsigned)fcntl(fd, F_GETFL),
	    fcntl(fd, F_GETFD), r, st.st_mode,
	    st.st_dev == dev ? (long)st.st_nlink : 0,
	    S_ISREG(st.st_mode) || S_ISLNK(st.st_mode) ? (long)st.st_size : 0,
	    st.st_uid, st.st_gid, (unsigned long)st.st_rdev);
}

static void
opened(long fd, int i)
{
	struct stat st;

	if (fd < 0)
		return;
	print((int)fd);
	if (fstat((int)fd, &st) == 0 && st.st_dev != dev) {
		close((int)fd);
		return;
	}
	if (slot[i] >= 0)
		close(slot[i]);
	slot[i] = (int)fd;
}

static int
openflags(void)
{
	int flags = below(4);

	if (once_in(2)) flags |= O_CREAT;
	if (once_in(4)) flags |= O_EXCL;
	if (once_in(4)) flags |= O_TRUNC;
	if (once_in(4)) flags |= O_APPEND;
	if (once_in(5)) flags |= O_DIRECTORY;
	if (once_in(4)) flags |= O_NOFOLLOW;
	if (once_in(5)) flags |= O_PATH;
	if (once_in(8)) flags |= O_CLOEXEC;
	if (once_in(8)) flags |= O_NONBLOCK;
	if (once_in(16)) flags |= O_NOATIME;
	if (once_in(16)) flags |= O_SYNC;
	if (once_in(16)) flags |= O_DSYNC;
	if (once_in(16)) flags |= O_NOCTTY;
	if (once_in(12)) flags |= O_TMPFILE;
	if (once_in(24)) flags |= O_TMPFILE & ~O_DIRECTORY;
	if (once_in(24)) flags |= O_LARGEFILE;
	if (once_in(30)) flags |= O_ASYNC;
	if (once_in(30)) flags |= O_DIRECT;
	if (once_in(30)) flags |= 1 << (23 + below(9));
	if (fifos) flags |= O_NONBLOCK;
	return flags;
}

static void
opens(void)
{
	const char *n = name();
	struct open_how how[2] = { 0 };
	int i = below(NSLOT), flags = openflags();
	int dirfd = ONE_OF(int, AT_FDCWD, AT_FDCWD, dirs[0], -1, slot[i], 2);
	unsigned mode = once_in(6) ? (unsigned)rnd64() : 0600 | below(07777);
	size_t size = sizeof(how[0]);
	long fd;

	switch (below(4)) {
	case 0:
		fd = SYS(open, n, flags, mode);
		say("open %s %#o %#o %ld", n, (unsigned)flags, mode, fd);
		break;
	case 1:
		fd = SYS(openat, dirfd, n, flags, mode);
		say("openat %d %s %#o %#o %ld", dirfd, n, (unsigned)flags,
		    mode, fd);
		break;
	case 2:
		if (fifos)
			return;
		fd = SYS(creat, n, mode | 0600);
		say("creat %s %#o %ld", n, mode | 0600, fd);
		break;
	default:
		how[0].flags = (unsigned)flags;
		how[0].mode = once_in(3) || flags & O_CREAT ? mode & 07777 : 0;
		if (once_in(20)) how[0].mode = mode;
		if (once_in(30)) how[0].flags |= 1ull << (32 + below(30));
		if (once_in(2)) how[0].resolve = 1 << below(5);
		if (once_in(6)) how[0].resolve |= 1 << below(5);
		if (once_in(30)) how[0].resolve |= 1ull << (6 + below(50));
		if (once_in(10)) size = below(40);
		if (once_in(10)) how[1].flags = below(2), size += 1 + below(8);
		if (once_in(20)) size = 4095 + below(3);
		if (once_in(3)) how[0].flags &= ~(uint64_t)O_CREAT;
		if (size > sizeof(how))
			return;
		fd = SYS(openat2, dirfd, n, how, size);
		say("openat2 %d %s %#lo %#lo %#lx size %zu %ld", dirfd, n,
		    (long)how[0].flags, (long)how[0].mode,
		    (long)how[0].resolve, size, fd);
	}
	opened(fd, i);
}

static void
names(void)
{
	const char *n = name(), *m = name();
	int i = below(NSLOT), flags = 0;
	char proc[32];

	switch (below(8)) {
	case 0:
		say("mkdir %s %ld", n, RES(mkdir(n, 0700 | below(64))));
		break;
	case 1:
		say("unlink %s %ld", n, RES(unlink(n)));
		break;
	case 2:
		say("rmdir %s %ld", n, RES(rmdir(n)));
		break;
	case 3:
		m = ONE_OF(char *const, "a", "d", "d/a", "l", "nope", "s",
		    "d/../d", "..", ".");
		say("symlink %s %s %ld", m, n, RES(symlink(m, n)));
		break;
	case 4:
		if (strcmp(n, "p") == 0)
			say("fifo %ld", RES(mkfifo("p", 0600))), fifos = 1;
		if (strcmp(n, "s") == 0)
			say("sock %ld", RES(mknod("s", S_IFSOCK | 0600, 0)));
		if (strcmp(n, "n") == 0)
			say("null %ld", RES(mknod("n", S_IFCHR | 0666,
			    makedev(1, 3))));
		break;
	case 5:
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", slot[i]);
		flags = openflags();
		flags &= ~(O_TMPFILE & ~O_DIRECTORY) & ~O_NOFOLLOW;
		if (slot[i] >= 0) {
			int j = below(NSLOT);
			long fd = SYS(open, proc, flags, 0600);

			say("open %s %#o %ld", proc, flags, fd);
			opened(fd, j);
		}
		break;
	case 6:
		flags = ONE_OF(int, 0, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW,
		    AT_EMPTY_PATH | AT_SYMLINK_FOLLOW, 1);
		if (once_in(2)) {
			snprintf(proc, sizeof(proc), "/proc/self/fd/%d",
			    slot[i]);
			say("linkat fd %d %s %#x %ld", slot[i], n, flags,
			    RES(linkat(AT_FDCWD, proc, AT_FDCWD, n, flags)));
		} else
			say("linkat %d %s %#x %ld", slot[i], n, flags,
			    RES(linkat(slot[i], "", AT_FDCWD, n, flags)));
		break;
	default:
		if (slot[i] >= 0)
			say("close %d %ld", slot[i], RES(close(slot[i])));
		slot[i] = -1;
	}
}

/* The first two lines of it; the others are numbers of the machine's. */
static void
fdinfo(int fd)
{
	char path[32], text[64] = "";
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if ((info = open(path, O_RDONLY)) < 0)
		return;
	if (read(info, text, sizeof(text) - 1) > 0 && strstr(text, "mnt"))
		*strstr(text, "mnt") = '\0';
	close(info);
	say(" %s", text);
}

static void
use(void)
{
	int i = below(NSLOT), fd = slot[i], other = slot[below(NSLOT)];
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };
	struct stat st, st2;
	struct flock fl = { .l_type = F_WRLCK };
	unsigned n = below(5000);
	long r, at = AT_EMPTY_PATH;
	char proc[32];
	void *p;
	int flags;

	if (fd < 0)
		return;
	if (once_in(20))
		at = 0;
	fstat(fd, &st);
	switch (below(32)) {
	case 0:
		r = RES(read(fd, buf, below(9)));
		say("read %d %ld", fd, r);
		break;
	case 1:
		say("write %d %ld", fd, RES(write(fd, "differing", below(9))));
		break;
	case 2:
		say("pread %d %ld", fd, RES(pread(fd, buf, 3, below(9))));
		break;
	case 3:
		say("lseek %d %ld", fd, S_ISDIR(st.st_mode) ? 0 :
		    RES(lseek(fd, below(9), below(3))));
		break;
	case 4:
		say("ftruncate %d %ld", fd, RES(ftruncate(fd, below(99))));
		break;
	case 5:
		say("fchmod %d %ld", fd, SYS(fchmod, fd,
		    0600 | (below(07777) & ~S_ISVTX)));
		break;
	case 6:
		say("fchown %d %ld", fd, SYS(fchown, fd, below(3), below(3)));
		break;
	case 7:
		say("fsync %d %ld", fd, RES(fsync(fd)));
		break;
	case 8:
		say("fdatasync %d %ld", fd, RES(fdatasync(fd)));
		break;
	case 9:
		say("ioctl %d %ld", fd, RES(ioctl(fd, FIONREAD, buf)));
		break;
	case 10:
		r = RES(fchdir(fd));
		say("fchdir %d %ld", fd, r);
		if (r == 0 && chdir(base) != 0)
			say("chdir back");
		break;
	case 11:
		lseek(fd, 0, SEEK_SET);
		r = SYS(getdents64, fd, buf, sizeof(buf));
		say("getdents %d %ld", fd, r > 0 ? 1 : r);
		break;
	case 12:
		r = RES(fcntl(fd, F_DUPFD, below(20)));
		say("dup %d %ld", fd, r);
		opened(r, below(NSLOT));
		break;
	case 13:
		flags = ONE_OF(int, O_APPEND, O_NONBLOCK, O_NOATIME, O_SYNC,
		    O_WRONLY, O_PATH, O_CLOEXEC, O_LARGEFILE, O_ASYNC, 0);
		if (S_ISFIFO(st.st_mode))
			flags = (flags & ~O_ASYNC) | O_NONBLOCK;
		r = RES(fcntl(fd, F_SETFL, flags));
		say("setfl %d %#o %ld", fd, flags, r);
		print(fd);
		break;
	case 14:
		say("getlk %d %ld", fd, RES(fcntl(fd, F_GETLK, &fl)));
		break;
	case 15:
		say("flock %d %ld", fd, RES(flock(fd, LOCK_UN)));
		break;
	case 16:
		flags = ONE_OF(int, MAP_SHARED, MAP_PRIVATE);
		n = below(4);
		p = mmap(NULL, 4096, n, flags, fd, 0);
		say("mmap %d %u %d %d", fd, n, flags, p == MAP_FAILED ?
		    errno : 0);
		if (p != MAP_FAILED)
			munmap(p, 4096);
		break;
	case 17:
		say("fgetxattr %d %ld", fd, RES(fgetxattr(fd, "user.a", buf,
		    below(9))));
		break;
	case 18:
		say("futimens %d %ld", fd, SYS(utimensat, fd, NULL, NULL, 0));
		break;
	case 19:
		say("fallocate %d %ld", fd, RES(fallocate(fd, 0, 0,
		    below(50))));
		break;
	case 20:
		r = RES(readlinkat(fd, "", buf, sizeof(buf) - 1));
		buf[r < 0 ? 0 : r] = '\0';
		say("readlinkat %d %ld %s", fd, r, buf);
		break;
	case 21:
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
		r = RES(readlink(proc, buf, sizeof(buf) - 1));
		buf[r < 0 || !S_ISDIR(st.st_mode) || st.st_nlink == 0 ? 0 : r] =
		    '\0';
		say("readlink %d %d %s", fd, r < 0, buf);
		if (RES(lstat(proc, &st)) == 0)
			say(" %#o %ld", st.st_mode, (long)st.st_size);
		if (stat("/proc/self/fd", &st) == 0)
			say(" of %ld", (long)st.st_size);
		fdinfo(fd);
		break;
	case 22:
		say("faccessat2 %d %ld", fd, SYS(faccessat2, fd, "",
		    below(8), at));
		break;
	case 23:
		say("fchmodat2 %d %ld", fd, SYS(fchmodat2, fd, "",
		    0600 | below(64), at));
		break;
	case 24:
		say("fchownat %d %ld", fd, SYS(fchownat, fd, "", below(3),
		    below(3), at));
		break;
	case 25:
		if (S_ISFIFO(st.st_mode))
			break;
		r = RES(poll(&pfd, 1, 0));
		say("poll %d %ld %#x", fd, r, (unsigned)pfd.revents);
		break;
	case 26:
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			break;
		if (other >= 0 && fstat(other, &st2) == 0 &&
		    st2.st_ino == st.st_ino)
			break;
		say("sendfile %d %d %ld", other, fd, RES(sendfile(other, fd,
		    NULL, below(9))));
		break;
	case 27:
		say("copy %d %d %ld", other, fd, RES(copy_file_range(other,
		    NULL, fd, NULL, below(9), 0)));
		break;
	case 28:
		say("syncfs %d %ld", fd, RES(syncfs(fd)));
		break;
	case 29:
		say("fadvise %d %ld", fd, SYS(fadvise64, fd, 0, 0, below(7)));
		break;
	case 30:
		say("readahead %d %ld", fd, SYS(readahead, fd, 0, 100));
		break;
	default:
		print(fd);
	}
}

void
differ_step(void)
{
	switch (below(3)) {
	case 0:
		names();
		break;
	case 1:
		use();
		break;
	default:
		opens();
	}
}

void
differ_end(void)
{
	int i;

	for (i = 0; i < NSLOT; i++)
		if (slot[i] >= 0)
			close(slot[i]);
	close(dirs[0]);
}
