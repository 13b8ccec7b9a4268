/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an inode says: times before 1970, the bits for other ids and who takes
 * them away, large device numbers.  Needs root, and is nobody for a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utime.h>
#include "../check.h"

#define NOBODY	65534

static struct stat
look(const char *name)
{
	struct stat st = { 0 };

	CHECK_EQ(lstat(name, &st), 0);
	return st;
}

static void
times(void)
{
	static const int64_t secs[] = { -1, -2, 0, 1, -86400, -2000000000 };
	struct utimbuf ut = { -7, -8 };
	struct stat st;
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	CHECK_EQ(symlink("f", "l"), 0);
	for (size_t i = 0; i < sizeof(secs) / sizeof(secs[0]); i++) {
		struct timespec ts[2] = { { secs[i], 999999999 },
		    { secs[i], 0 } };

		CHECK_EQ(futimens(fd, ts), 0);
		CHECK_EQ(fstat(fd, &st), 0);
		CHECK_EQ(st.st_atime, secs[i]);
		CHECK_EQ(st.st_atim.tv_nsec, 999999999);
		CHECK_EQ(st.st_mtime, secs[i]);
		CHECK_EQ(st.st_mtim.tv_nsec, 0);
		CHECK_EQ(utimensat(AT_FDCWD, "l", ts, AT_SYMLINK_NOFOLLOW), 0);
		st = look("l");
		CHECK_EQ(st.st_mtime, secs[i]);
	}
	CHECK_EQ(utime("f", &ut), 0);
	st = look("f");
	CHECK_EQ(st.st_atime, -7);
	CHECK_EQ(st.st_mtime, -8);
	CHECK_EQ(close(fd) | unlink("l") | unlink("f"), 0);
}

/* Root makes it, another does something to it: what is left of the mode. */
static uint32_t
after(uint32_t mode, void (*does)(int))
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	struct stat st;

	CHECK_EQ(write(fd, "1234", 4), 4);
	CHECK_EQ(fchown(fd, NOBODY, NOBODY) | fchmod(fd, mode), 0);
	CHECK_EQ(setegid(NOBODY) | seteuid(NOBODY), 0);
	does(fd);
	CHECK_EQ(seteuid(0) | setegid(0), 0);
	st = look("f");
	CHECK_EQ(close(fd) | unlink("f"), 0);
	return st.st_mode & 07777;
}

static void
writes(int fd)
{
	CHECK_EQ(write(fd, "x", 1), 1);
}

static void
cuts(int fd)
{
	CHECK_EQ(ftruncate(fd, 2), 0);
}

static void
opens(int fd)
{
	(void)fd;
	CHECK_EQ(close(open("f", O_WRONLY | O_TRUNC)), 0);
}

static void
reads(int fd)
{
	char c;

	CHECK_EQ(pread(fd, &c, 1, 0), 1);
}

static void
bits(void)
{
	CHECK_EQ(after(06755, writes), 0755);
	CHECK_EQ(after(06755, cuts), 0755);
	CHECK_EQ(after(06755, opens), 0755);
	CHECK_EQ(after(06755, reads), 06755);
	CHECK_EQ(after(02644, writes), 02644);
	CHECK_EQ(after(02644, cuts), 02644);
	CHECK_EQ(after(04600, writes), 0600);
}

/* Who is in another group cannot set its bit, on a folder neither. */
static void
groups(void)
{
	struct stat st;

	CHECK_EQ(mkdir("d", 0700) | chown("d", NOBODY, 0), 0);
	CHECK_EQ(close(open("f", O_RDWR | O_CREAT, 0600)), 0);
	CHECK_EQ(chown("f", NOBODY, 0), 0);
	CHECK_EQ(setegid(NOBODY) | seteuid(NOBODY), 0);
	CHECK_EQ(chmod("d", 02755) | chmod("f", 02755), 0);
	CHECK_EQ(seteuid(0) | setegid(0), 0);
	st = look("d");
	CHECK_EQ(st.st_mode & 07777, 0755);
	st = look("f");
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_EQ(chmod("d", 02755), 0);
	st = look("d");
	CHECK_EQ(st.st_mode & 07777, 02755);
	CHECK_EQ(rmdir("d") | unlink("f"), 0);
}

static void
devices(void)
{
	struct { uint32_t v[32], major, minor, more[30]; } sx;
	struct stat st;

	if (mknod("dev", S_IFCHR | 0600, makedev(300, 70000)) != 0) {
		CHECK_EQ(errno, EPERM);		/* a container */
		return;
	}
	st = look("dev");
	CHECK_EQ(major(st.st_rdev), 300);
	CHECK_EQ(minor(st.st_rdev), 70000);
	CHECK_EQ(syscall(SYS_statx, AT_FDCWD, "dev", 0, 0x7ff, &sx), 0);
	CHECK_EQ(sx.major, 300);
	CHECK_EQ(sx.minor, 70000);
	CHECK_EQ(unlink("dev"), 0);
}

int
main(void)
{
	char top[] = "/tmp/attr.XXXXXX";
	gid_t none = 65533;

	umask(022);
	CHECK(mkdtemp(top) != NULL && chdir(top) == 0);
	CHECK_EQ(chmod(".", 0777), 0);
	times();
	if (geteuid() == 0) {
		CHECK_EQ(setgroups(1, &none), 0);
		bits();
		groups();
		devices();
	} else
		printf("t_attr: not root, the times alone\n");
	CHECK_EQ(chdir("/") | rmdir(top), 0);
	return check_done();
}
