/* SPDX-License-Identifier: BSD-2-Clause */
/* mount, umount, size limits, read-only mounts, statfs, devices, chroot. */
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "vfstest.h"

static char big[65536];

static void
t_full(void)
{
	struct statfs sf;
	struct stat st;
	int fd, n, total = 0;

	OK(rump_sys_mkdir("/m", 0755));
	FAILS(rump_sys_mount("x", "/m", "nofs", 0, NULL), ENODEV);
	FAILS(rump_sys_mount("x", "/m", "tmpfs", 0, "size=abc"), EINVAL);
	FAILS(rump_sys_mount("x", "/m/none", "tmpfs", 0, NULL), ENOENT);
	OK(rump_sys_mount("x", "/m", "tmpfs", 0, "size=1m,mode=700"));
	OK(rump_sys_stat("/m", (void *)&st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0700);
	CHECK_EQ(inode("/m/.."), inode("/"));
	OK(rump_sys_statfs("/m", (void *)&sf));
	CHECK_EQ(sf.f_type, 0x01021994);
	CHECK_EQ(sf.f_blocks * sf.f_bsize, 1 << 20);
	CHECK((fd = rump_sys_open("/m/f", O_CREAT | O_RDWR, 0600)) >= 0);
	while ((n = rump_sys_write(fd, big, sizeof(big))) > 0)
		total += n;
	CHECK_EQ(errno, ENOSPC);
	CHECK(total > (1 << 20) - 3 * 65536 && total < 1 << 20);
	FAILS(rump_sys_umount2("/m", 0), EBUSY);
	OK(rump_sys_ftruncate(fd, 0));
	CHECK_EQ(rump_sys_pwrite64(fd, big, sizeof(big), 0), sizeof(big));
	FAILS(rump_sys_fallocate(fd, 0, 0, 1L << 40), ENOSPC);
	OK(rump_sys_close(fd));
	OK(rump_sys_mkdir("/m/d", 0755));
	OK(rump_sys_mkdir("/m/d/e", 0755));
	FAILS(rump_sys_rmdir("/m"), EBUSY);
	FAILS(rump_sys_rename("/m", "/m2"), EBUSY);
	OK(rump_sys_chdir("/m/d/e"));
	FAILS(rump_sys_umount2("/m", 0), EBUSY);
	OK(rump_sys_chdir("/"));
	/* a mount below another */
	OK(rump_sys_mount("y", "/m/d", "tmpfs", 0, NULL));
	FAILS(rump_sys_umount2("/m", 0), EBUSY);
	OK(rump_sys_umount2("/m/d", 0));
	OK(rump_sys_umount2("/m", 0));
	FAILS(rump_sys_stat("/m/f", (void *)&st), ENOENT);
	FAILS(rump_sys_umount2("/m", 0), EINVAL);
	OK(rump_sys_rmdir("/m"));
}

static void
t_rdonly(void)
{
	struct stat st;

	OK(rump_sys_mkdir("/ro", 0755));
	OK(rump_sys_mount("x", "/ro", "tmpfs", 0, NULL));
	touch("/ro/f");
	OK(rump_sys_mount("x", "/ro", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	FAILS(rump_sys_open("/ro/f", O_RDWR, 0), EROFS);
	FAILS(rump_sys_open("/ro/g", O_CREAT | O_RDWR, 0600), EROFS);
	FAILS(rump_sys_unlink("/ro/f"), EROFS);
	FAILS(rump_sys_chmod("/ro/f", 0600), EROFS);
	FAILS(rump_sys_access("/ro/f", W_OK), EROFS);
	OK(rump_sys_stat("/ro/f", (void *)&st));
	OK(rump_sys_umount2("/ro", 0));
}

static void
t_dev(void)
{
	struct stat st;
	char c[16] = "xxxx";
	int fd;

	OK(rump_sys_stat("/dev/null", (void *)&st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 1);
	CHECK_EQ(minor(st.st_rdev), 3);
	CHECK((fd = rump_sys_open("/dev/null", O_RDWR | O_TRUNC, 0)) >= 0);
	CHECK_EQ(rump_sys_write(fd, c, 4), 4);
	CHECK_EQ(rump_sys_read(fd, c, 4), 0);
	OK(rump_sys_close(fd));
	CHECK((fd = rump_sys_open("/dev/zero", O_RDWR, 0)) >= 0);
	CHECK_EQ(rump_sys_read(fd, c, 4), 4);
	CHECK(memcmp(c, "\0\0\0", 4) == 0);
	OK(rump_sys_close(fd));
	CHECK((fd = rump_sys_open("/dev/full", O_RDWR, 0)) >= 0);
	FAILS(rump_sys_write(fd, c, 4), ENOSPC);
	OK(rump_sys_close(fd));
	CHECK((fd = rump_sys_open("/dev/urandom", O_RDONLY, 0)) >= 0);
	CHECK_EQ(rump_sys_read(fd, big, 1000), 1000);
	CHECK(memcmp(big + 900, big, 8) != 0 || big[0] != 0);
	OK(rump_sys_close(fd));
	/* a node anywhere is the same device */
	OK(rump_sys_mknod("/tmp/zero", S_IFCHR | 0666, makedev(1, 5)));
	CHECK((fd = rump_sys_open("/tmp/zero", O_RDONLY, 0)) >= 0);
	CHECK_EQ(rump_sys_read(fd, c, 4), 4);
	OK(rump_sys_close(fd));
	OK(rump_sys_mknod("/tmp/nodev", S_IFCHR | 0666, makedev(99, 5)));
	FAILS(rump_sys_open("/tmp/nodev", O_RDONLY, 0), ENXIO);
	OK(rump_sys_stat("/dev/shm", (void *)&st));
	CHECK_EQ(st.st_mode, S_IFDIR | 01777);
}

/* Last: there is no way back. */
static void
t_chroot(void)
{
	char buf[20];
	struct stat st;

	OK(rump_sys_mkdir("/jail", 0755));
	OK(rump_sys_mkdir("/jail/in", 0755));
	OK(rump_sys_symlink("/in", "/jail/abs"));
	OK(rump_sys_chdir("/jail/in"));
	OK(rump_sys_chroot("/jail"));
	CHECK_EQ(rump_sys_getcwd(buf, sizeof(buf)), 4);
	CHECK(strcmp(buf, "/in") == 0);
	OK(rump_sys_stat("/abs/", (void *)&st));
	OK(rump_sys_chdir("/../../.."));
	CHECK_EQ(rump_sys_getcwd(buf, sizeof(buf)), 2);
	FAILS(rump_sys_stat("/dev", (void *)&st), ENOENT);
}

int
main(void)
{
	REQUIRE(start() == 0);
	t_full();
	t_rdonly();
	t_dev();
	t_chroot();
	return check_done();
}
