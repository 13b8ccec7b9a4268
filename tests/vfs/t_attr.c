/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes: modes, owners, times, statx. */
#include <linux/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "vfstest.h"

#define OMIT	((1L << 30) - 2)

static struct stat st;

static void
t_mode(void)
{
	int fd;

	OK(rump_sys_mkdir("/a", 0777));
	OK(rump_sys_stat("/a", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0755);	/* umask 022 */
	CHECK_EQ(rump_sys_umask(0077), 0022);
	touch("/a/f");
	OK(rump_sys_stat("/a/f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	rump_sys_umask(0022);
	OK(rump_sys_chmod("/a/f", 07777));
	OK(rump_sys_stat("/a/f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 07777);
	OK(rump_sys_chown("/a/f", 12, 34));
	OK(rump_sys_stat("/a/f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 01777);	/* set-id bits go */
	CHECK_EQ(st.st_uid, 12);
	CHECK_EQ(st.st_gid, 34);
	OK(rump_sys_symlink("f", "/a/l"));
	OK(rump_sys_lchown("/a/l", 5, -1));
	OK(rump_sys_lstat("/a/l", &st));
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(st.st_gid, 0);
	CHECK_EQ(st.st_size, 1);
	OK(rump_sys_stat("/a/l", &st));
	CHECK_EQ(st.st_uid, 12);
	CHECK((fd = rump_sys_open("/a/f", O_RDONLY, 0)) >= 0);
	OK(rump_sys_fchmod(fd, 0640));
	OK(rump_sys_fchown(fd, -1, 99));
	OK(rump_sys_fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_gid, 99);
	OK(rump_sys_close(fd));
	CHECK((fd = rump_sys_open("/a/f", O_PATH, 0)) >= 0);
	FAILS(rump_sys_fchmod(fd, 0), EBADF);
	OK(rump_sys_close(fd));
	FAILS(rump_sys_fchmod(77, 0), EBADF);
}

static void
t_times(void)
{
	struct timespec ts[2] = { { 1000, 5 }, { 2000, 999999999 } };
	long tv[4] = { 11, 22, 33, 44 }, tb[2] = { 100, 200 };
	int fd;
	char c;

	OK(rump_sys_utimensat(AT_FDCWD, "/a/f", ts, 0));
	OK(rump_sys_stat("/a/f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_atim.tv_nsec, 5);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 999999999);
	CHECK(st.st_ctim.tv_sec > 1600000000);
	ts[0].tv_nsec = OMIT;
	ts[1].tv_sec = 7;
	OK(rump_sys_utimensat(AT_FDCWD, "/a/f", ts, 0));
	OK(rump_sys_stat("/a/f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_mtim.tv_sec, 7);
	ts[0].tv_nsec = 1000000000;
	FAILS(rump_sys_utimensat(AT_FDCWD, "/a/f", ts, 0), EINVAL);
	OK(rump_sys_utimes("/a/f", tv));
	OK(rump_sys_stat("/a/f", &st));
	CHECK_EQ(st.st_atim.tv_nsec, 22000);
	CHECK_EQ(st.st_mtim.tv_sec, 33);
	OK(rump_sys_utime("/a/f", tb));
	OK(rump_sys_stat("/a/f", &st));
	CHECK_EQ(st.st_mtim.tv_sec, 200);
	/* a link itself */
	ts[0].tv_nsec = 0;
	OK(rump_sys_utimensat(AT_FDCWD, "/a/l", ts, AT_SYMLINK_NOFOLLOW));
	OK(rump_sys_lstat("/a/l", &st));
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	/* an open file, by descriptor; now */
	CHECK((fd = rump_sys_open("/a/f", O_RDWR, 0)) >= 0);
	OK(rump_sys_utimensat(fd, NULL, NULL, 0));
	OK(rump_sys_fstat(fd, &st));
	CHECK(st.st_mtim.tv_sec > 1600000000);
	/* relatime: the first read after a change tells */
	OK(rump_sys_utimensat(fd, NULL, ts, 0));
	CHECK_EQ(rump_sys_write(fd, "x", 1), 1);
	CHECK_EQ(rump_sys_pread64(fd, &c, 1, 0), 1);
	OK(rump_sys_fstat(fd, &st));
	CHECK(st.st_atim.tv_sec > 1600000000);
	CHECK(st.st_mtim.tv_sec > 1600000000);
	OK(rump_sys_close(fd));
	/* making and removing names changes the directory */
	ts[1].tv_nsec = 0;
	OK(rump_sys_utimensat(AT_FDCWD, "/a", ts, 0));
	touch("/a/g");
	OK(rump_sys_stat("/a", &st));
	CHECK(st.st_mtim.tv_sec > 1600000000);
}

static void
t_statx(void)
{
	struct statx sx;

	OK(rump_sys_stat("/dev/null", &st));
	OK(rump_sys_statx(AT_FDCWD, "/dev/null", 0, STATX_ALL, &sx));
	CHECK_EQ(sx.stx_ino, st.st_ino);
	CHECK_EQ(sx.stx_mode, st.st_mode);
	CHECK_EQ(sx.stx_rdev_major, 1);
	CHECK_EQ(sx.stx_rdev_minor, 3);
	CHECK_EQ(sx.stx_dev_minor, minor(st.st_dev));
	CHECK_EQ(sx.stx_dev_major, major(st.st_dev));
	CHECK(sx.stx_mask & STATX_BTIME);
	CHECK(sx.stx_btime.tv_sec > 1600000000);
	FAILS(rump_sys_statx(AT_FDCWD, "/", 0x80000, 0, &sx), EINVAL);
	FAILS(rump_sys_statx(AT_FDCWD, "/", 0, 0x80000000, &sx), EINVAL);
	FAILS(rump_sys_statx(AT_FDCWD, "/", 0, STATX_ALL, NULL), EFAULT);
}

static void
t_limits(void)
{
	unsigned long lim[2] = { 1000, ~0UL };
	char buf[2000] = "";
	int fd;

	CHECK((fd = rump_sys_open("/a/lim", O_CREAT | O_RDWR, 0600)) >= 0);
	OK(rump_sys_prlimit64(0, 1, lim, NULL));	/* RLIMIT_FSIZE */
	CHECK_EQ(rump_sys_write(fd, buf, 2000), 1000);
	FAILS(rump_sys_write(fd, buf, 1), EFBIG);
	FAILS(rump_sys_ftruncate(fd, 1001), EFBIG);
	OK(rump_sys_ftruncate(fd, 1000));
	OK(rump_sys_close(fd));
}

int
main(void)
{
	REQUIRE(start() == 0);
	t_mode();
	t_times();
	t_statx();
	t_limits();
	return check_done();
}
