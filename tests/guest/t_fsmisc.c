/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls on files at their edges: O_PATH, O_TMPFILE, openat2, statx, preadv2,
 * fallocate, copy_file_range, locks, renameat2, mknod, umask, chroot; all of
 * it also holds on Linux, where it needs root for some.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../check.h"

#define DIR	"/dev/shm/t_fsmisc"

struct how { uint64_t flags, mode, resolve; };

static int
open2(int fd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct how how = { flags, 0, resolve };

	return (int)syscall(437, fd, path, &how, sizeof(how));
}

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) ==
	    (ssize_t)strlen(text));
	close(fd);
}

static void
opath(void)
{
	struct stat st, st2;
	char b[8];
	int fd, dfd;

	put("file", "data");
	fd = open("file", O_PATH);
	CHECK(fd >= 0);
	FAILS(read(fd, b, 1), EBADF);
	FAILS(write(fd, b, 1), EBADF);
	FAILS(syscall(SYS_fchmod, fd, 0600), EBADF);	/* musl goes on */
	FAILS(syscall(SYS_fchown, fd, 0, 0), EBADF);
	FAILS(ioctl(fd, 0x541b, b), EBADF);
	FAILS(lseek(fd, 0, SEEK_SET), EBADF);
	FAILS(fsync(fd), EBADF);
	FAILS(ftruncate(fd, 0), EBADF);
	FAILS(flock(fd, LOCK_SH), EBADF);
	CHECK(fstat(fd, &st) == 0 && stat("file", &st2) == 0 &&
	    st.st_ino == st2.st_ino);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	CHECK(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
	dfd = dup(fd);
	CHECK(dfd >= 0);
	close(dfd);
	close(fd);
	CHECK(symlink("file", "link") == 0);
	FAILS(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	fd = open("link", O_PATH | O_NOFOLLOW);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(readlinkat(fd, "", b, sizeof(b)) == 4);
	close(fd);
	dfd = open(".", O_PATH | O_DIRECTORY);
	fd = openat(dfd, "file", O_RDONLY);
	CHECK(fd >= 0 && read(fd, b, 8) == 4);
	CHECK(fchdir(dfd) == 0);
	close(fd);
	close(dfd);
	FAILS(open("file", O_PATH | O_DIRECTORY), ENOTDIR);
}

static void
tmpfile_(void)
{
	char path[64], b[8];
	struct stat st;
	int fd;

	FAILS(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	FAILS(open("file", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	fd = open(".", O_TMPFILE | O_RDWR, 0640);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 0 &&
	    (st.st_mode & 0777) == 0640);
	CHECK(write(fd, "tmp", 3) == 3);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(linkat(AT_FDCWD, path, AT_FDCWD, "named",
	    AT_SYMLINK_FOLLOW) == 0);
	CHECK(stat("named", &st) == 0 && st.st_nlink == 1 && st.st_size == 3);
	close(fd);
	unlink("named");
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FAILS(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW),
	    ENOENT);
	CHECK(read(fd, b, 1) == 0);
	close(fd);
}

static void
resolve(void)
{
	int fd, dfd;

	mkdir("d", 0755);
	mkdir("d/e", 0755);
	put("d/f", "x");
	CHECK(symlink("../file", "d/up") == 0);
	CHECK(symlink("/etc", "d/abs") == 0);
	CHECK(symlink("/f", "d/root") == 0);
	CHECK(symlink("f", "d/in") == 0);
	dfd = open("d", O_PATH);
	/* RESOLVE_BENEATH 8 */
	FAILS(open2(dfd, "../file", O_RDONLY, 8), EXDEV);
	FAILS(open2(dfd, "up", O_RDONLY, 8), EXDEV);
	FAILS(open2(dfd, "abs", O_RDONLY, 8), EXDEV);
	FAILS(open2(dfd, "/etc", O_RDONLY, 8), EXDEV);
	fd = open2(dfd, "e/../in", O_RDONLY, 8);
	CHECK(fd >= 0);
	close(fd);
	/* RESOLVE_IN_ROOT 0x10 */
	fd = open2(dfd, "/../../root", O_RDONLY, 0x10);
	CHECK(fd >= 0);
	close(fd);
	/* RESOLVE_NO_SYMLINKS 4, NO_MAGICLINKS 2, NO_XDEV 1 */
	FAILS(open2(dfd, "in", O_RDONLY, 4), ELOOP);
	FAILS(open2(-100, "/proc/self/fd/0", O_RDONLY, 2), ELOOP);
	FAILS(open2(-100, "/proc/self/status", O_RDONLY, 1), EXDEV);
	FAILS(open2(dfd, "f", O_RDONLY, 0x18), EINVAL);
	FAILS(open2(dfd, "f", O_RDONLY, 0x100), EINVAL);
	close(dfd);
}

static void
statx_(void)
{
	struct statx { uint32_t mask, blksize; uint64_t attr; uint32_t nlink,
	    uid, gid; uint16_t mode, pad; uint64_t ino, size, blocks, amask;
	    struct { int64_t s; uint32_t ns; int32_t r; } t[4];
	    uint32_t rmaj, rmin, dmaj, dmin; uint64_t more[14]; } sx;
	struct stat st;

	CHECK_EQ(sizeof(sx), 256);
	CHECK(syscall(SYS_statx, AT_FDCWD, "file", 0, 0xfff, &sx) == 0);
	CHECK(stat("file", &st) == 0);
	CHECK_EQ(sx.mask & 0x7ff, 0x7ff);
	CHECK(sx.ino == st.st_ino && sx.size == 4 && sx.mode == st.st_mode);
	CHECK(sx.t[3].s == st.st_mtime && sx.t[3].ns == st.st_mtim.tv_nsec);
	FAILS(syscall(SYS_statx, AT_FDCWD, "file", 0x80000, 0, &sx), EINVAL);
	FAILS(syscall(SYS_statx, AT_FDCWD, "", 0, 0, &sx), ENOENT);
	CHECK(syscall(SYS_statx, AT_FDCWD, "/dev/null", 0, 0xfff, &sx) == 0);
	CHECK(sx.rmaj == 1 && sx.rmin == 3);
}

/* musl 1.2.3 has no wrappers; the offset's upper half is the kernel's own. */
static long
pre2(int fd, const struct iovec *iov, long off, int flags)
{
	return syscall(SYS_preadv2, fd, iov, 1, off, 0, flags);
}

static long
pwr2(int fd, const struct iovec *iov, long off, int flags)
{
	return syscall(SYS_pwritev2, fd, iov, 1, off, 0, flags);
}

static void
vectors(void)
{
	struct iovec iov = { .iov_base = (char[8]){ 0 }, .iov_len = 4 };
	int fd = open("file", O_RDWR), p[2];

	CHECK(pre2(fd, &iov, 0, 0) == 4);
	CHECK(pre2(fd, &iov, -1, 0) == 4);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	FAILS(pre2(fd, &iov, 0, 0x4000), EOPNOTSUPP);
	FAILS(pre2(fd, &iov, -2, 0), EINVAL);
	CHECK(pwr2(fd, &iov, 0, 4 /* RWF_SYNC */) == 4);
	CHECK(ftruncate(fd, 4) == 0);
	CHECK(pwr2(fd, &iov, 0, 16 /* RWF_APPEND */) == 4);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 8);
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK(pwr2(fd, &iov, -1, 16) == 4);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 12);
	CHECK(pre2(fd, &iov, 0, 8 /* RWF_NOWAIT */) == 4);
	CHECK(pipe(p) == 0);
	FAILS(pre2(p[0], &iov, -1, 8), EAGAIN);
	CHECK(write(p[1], "xy", 2) == 2);
	CHECK(pre2(p[0], &iov, -1, 8) == 2);
	FAILS(pre2(p[0], &iov, 0, 0), ESPIPE);
	FAILS(pre2(p[1], &iov, -1, 0), EBADF);
	close(p[0]);
	close(p[1]);
	close(fd);
	put("file", "data");
}

static void
allocation(void)
{
	int fd = open("alloc", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st;
	char b[4];

	CHECK(fallocate(fd, 0, 0, 16384) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 16384 &&
	    st.st_blocks >= 32);
	CHECK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 16384, 4096) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 16384);
	CHECK(pwrite(fd, "abcd", 4, 4096) == 4);
	CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096,
	    4096) == 0);
	CHECK(pread(fd, b, 4, 4096) == 4 && memcmp(b, "\0\0\0\0", 4) == 0);
	FAILS(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096), EOPNOTSUPP);
	FAILS(fallocate(fd, 8 /* COLLAPSE_RANGE */, 0, 4096), EOPNOTSUPP);
	FAILS(fallocate(fd, 0x20 /* INSERT_RANGE */, 0, 4096), EOPNOTSUPP);
	FAILS(fallocate(fd, 0, 0, 0), EINVAL);
	FAILS(fallocate(fd, 0, -1, 1), EINVAL);
	FAILS(fallocate(fd, 0, INT64_MAX, 1), EFBIG);
	close(fd);
	fd = open("alloc", O_RDONLY);
	FAILS(fallocate(fd, 0, 0, 1), EBADF);
	close(fd);
}

static void
copying(void)
{
	int in = open("file", O_RDONLY), out = open("copy", O_RDWR | O_CREAT |
	    O_TRUNC, 0600);
	off_t off = 1, at = 2;
	char b[8];

	CHECK(copy_file_range(in, &off, out, &at, 100, 0) == 3);
	CHECK(off == 4 && at == 5 && lseek(out, 0, SEEK_CUR) == 0);
	CHECK(pread(out, b, 8, 0) == 5 && memcmp(b, "\0\0ata", 5) == 0);
	CHECK(copy_file_range(in, &off, out, &at, 100, 0) == 0);
	FAILS(copy_file_range(in, NULL, out, NULL, 1, 1), EINVAL);
	FAILS(copy_file_range(out, NULL, in, NULL, 1, 0), EBADF);
	at = 0;
	off = 1;
	FAILS(copy_file_range(out, &at, out, &off, 3, 0), EINVAL);
	close(in);
	close(out);
	in = open(".", O_RDONLY);
	out = open("copy", O_RDWR);
	FAILS(copy_file_range(in, NULL, out, NULL, 1, 0), EISDIR);
	close(in);
	close(out);
}

static void
locks(void)
{
	int a = open("file", O_RDWR), b = open("file", O_RDWR);
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_start = 1, .l_len = 2 }, want;

	CHECK(flock(a, LOCK_EX) == 0);
	FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK(flock(a, LOCK_SH) == 0 && flock(b, LOCK_SH | LOCK_NB) == 0);
	CHECK(flock(a, LOCK_UN) == 0 && flock(b, LOCK_UN) == 0);
	FAILS(flock(a, 0), EINVAL);
	/* of the open file description */
	CHECK(fcntl(a, F_OFD_SETLK, &fl) == 0);
	want = fl;
	FAILS(fcntl(b, F_OFD_SETLK, &want), EAGAIN);
	CHECK(fcntl(b, F_OFD_GETLK, &want) == 0 && want.l_type == F_WRLCK &&
	    want.l_start == 1 && want.l_len == 2 && want.l_pid == -1);
	want = fl;
	want.l_pid = 1;
	FAILS(fcntl(b, F_OFD_SETLK, &want), EINVAL);
	/* of the process: against the other kind, not against itself */
	want = fl;
	FAILS(fcntl(a, F_SETLK, &want), EAGAIN);
	fl.l_type = F_UNLCK;
	CHECK(fcntl(a, F_OFD_SETLK, &fl) == 0);
	CHECK(fcntl(a, F_SETLK, &want) == 0 && fcntl(b, F_SETLK, &want) == 0);
	close(b);	/* any close drops the process's */
	b = open("file", O_RDONLY);
	want.l_type = F_WRLCK;
	FAILS(fcntl(b, F_OFD_SETLK, &want), EBADF);
	close(a);
	close(b);
}

static void
renames(void)
{
	put("r1", "one");
	put("r2", "two!");
	struct stat st;

	FAILS(syscall(SYS_renameat2, -100, "r1", -100, "r2", 1), EEXIST);
	CHECK(syscall(SYS_renameat2, -100, "r1", -100, "r2", 2) == 0);
	CHECK(stat("r1", &st) == 0 && st.st_size == 4);
	FAILS(syscall(SYS_renameat2, -100, "r1", -100, "none", 2), ENOENT);
	FAILS(syscall(SYS_renameat2, -100, "r1", -100, "r2", 3), EINVAL);
	FAILS(syscall(SYS_renameat2, -100, "r1", -100, "r2", 8), EINVAL);
	CHECK(syscall(SYS_renameat2, -100, "r1", -100, "r3", 1) == 0);
	FAILS(rename("d", "d/e/g"), EINVAL);
	FAILS(rename("r3", "d"), EISDIR);
	FAILS(rename("d", "r3"), ENOTDIR);
	FAILS(rename("d/.", "q"), EBUSY);
}

static void
nodes(void)
{
	struct stat st;
	mode_t old = umask(027);

	CHECK_EQ(umask(027), 027);
	CHECK(mknod("n1", S_IFREG | 0666, 0) == 0);
	CHECK(stat("n1", &st) == 0 && (st.st_mode & 07777) == 0640);
	CHECK(mkdir("n2", 07777) == 0 && stat("n2", &st) == 0);
	CHECK_EQ(st.st_mode & 0777, 0750);
	FAILS(mknod("n3", S_IFDIR | 0777, 0), EPERM);
	FAILS(mknod("n3", 0170000, 0), EINVAL);
	FAILS(mknod("n1", S_IFREG | 0666, 0), EEXIST);
	CHECK(mknod("n4", 0600, 0) == 0 && stat("n4", &st) == 0 &&
	    S_ISREG(st.st_mode));
	CHECK(mknod("n5", S_IFSOCK | 0600, 0) == 0);
	FAILS(open("n5", O_RDONLY), ENXIO);
	umask(old);
}

static void
mounts(void)
{
	struct statfs sf;
	struct stat a, b;
	int fd;

	mkdir("m", 0755);
	stat("m", &a);
	CHECK(mount("tmpfs", "m", "tmpfs", MS_NOSUID | MS_NODEV,
	    "size=1m,mode=700") == 0);
	CHECK(stat("m", &b) == 0 && b.st_dev != a.st_dev &&
	    (b.st_mode & 0777) == 0700);
	CHECK(statfs("m", &sf) == 0 && sf.f_type == 0x01021994 &&
	    sf.f_blocks == 256);
	CHECK((sf.f_flags & (ST_NOSUID | ST_NODEV)) == (ST_NOSUID |
	    ST_NODEV));
	put("m/x", "x");
	FAILS(rmdir("m"), EBUSY);
	FAILS(rename("m", "mm"), EBUSY);
	FAILS(link("m/x", "x"), EXDEV);
	CHECK(mknod("m/null", S_IFCHR | 0666, 1 << 8 | 3) == 0);
	FAILS(open("m/null", O_RDONLY), EACCES);
	fd = open("m/x", O_WRONLY);
	FAILS(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	close(fd);
	CHECK(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	FAILS(open("m/x", O_WRONLY), EROFS);
	FAILS(mkdir("m/y", 0700), EROFS);
	FAILS(unlink("m/x"), EROFS);
	fd = open("m/x", O_RDONLY);
	CHECK(fd >= 0);
	FAILS(umount("m"), EBUSY);
	CHECK(umount2("m", MNT_DETACH) == 0);
	CHECK(stat("m/x", &b) == -1 && stat("m", &b) == 0 &&
	    b.st_dev == a.st_dev);
	close(fd);
	FAILS(umount("m"), EINVAL);
	FAILS(mount("x", "m", "nosuchfs", 0, NULL), ENODEV);
	FAILS(mount("x", "file", "tmpfs", 0, NULL), ENOTDIR);
	FAILS(mount("x", "none", "tmpfs", 0, NULL), ENOENT);
	CHECK(mount("proc", "m", "proc", 0, NULL) == 0);
	CHECK(access("m/self/status", R_OK) == 0);
	CHECK(umount("m") == 0);
}

static void
root(void)
{
	char b[64];

	CHECK(chroot("d") == 0);
	CHECK(access("/f", F_OK) == 0 && access("/../../f", F_OK) == 0);
	CHECK(chdir("/e") == 0 && getcwd(b, sizeof(b)) &&
	    strcmp(b, "/e") == 0);
	FAILS(chroot("/f"), ENOTDIR);
	FAILS(chroot("/none"), ENOENT);
}

int
main(void)
{
	CHECK(mkdir(DIR, 0755) == 0);
	REQUIRE(chdir(DIR) == 0);
	opath();
	tmpfile_();
	resolve();
	statx_();
	vectors();
	allocation();
	copying();
	locks();
	renames();
	nodes();
	if (geteuid() == 0) {
		mounts();
		root();
	}
	return check_done();
}
