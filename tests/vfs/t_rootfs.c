/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The baked root file system with its writable layer, and what happens when
 * the image is corrupt: EIO, never a crash (run under AddressSanitizer).
 */
#include <stdlib.h>
#include <sys/mount.h>

#include "hostile.h"

/* The image under "/": the symbols that bake makes. */
char rump_rootfs_start[IMGSIZE] __attribute__((__aligned__(4096)));
__asm__(".globl rump_rootfs_end\n.set rump_rootfs_end, rump_rootfs_start + "
    "8 * 4096");

/* Everything can be written; the image stays as it was. */
static void
t_layer(void)
{
	static char copy[IMGSIZE], buf[5 * 4096];
	struct stat st;
	int fd, i;

	memcpy(copy, rump_rootfs_start, IMGSIZE);
	CHECK(holds("/bin/hello", "HELLO"));
	CHECK(holds("/etc/lnk", "config"));
	CHECK_EQ(inode("/bin/hello"), inode("/bin/link"));
	OK(rump_sys_stat("/bin/hello", (void *)&st));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(st.st_mtime, 1700000000);
	CHECK_EQ(st.st_mode, S_IFREG | 0755);
	OK(rump_sys_stat("/etc/conf", (void *)&st));
	CHECK_EQ(st.st_uid, 7);
	OK(rump_sys_stat("/tmp", (void *)&st));
	OK(rump_sys_stat("/dev/null", (void *)&st));
	/* one page is written, the others still come from the image */
	CHECK((fd = rump_sys_open("/big", O_RDWR, 0)) >= 0);
	CHECK_EQ(rump_sys_pwrite64(fd, "XY", 2, 5000), 2);
	CHECK_EQ(rump_sys_pread64(fd, buf, sizeof(buf), 0), 3 * 4096 + 10);
	for (i = 0; i < 3 * 4096 + 10; i++)
		CHECK(buf[i] == (i == 5000 ? 'X' : i == 5001 ? 'Y' :
		    'a' + i % 26));
	/* shrink and grow: nothing old shows */
	OK(rump_sys_ftruncate(fd, 9000));
	OK(rump_sys_ftruncate(fd, 13000));
	CHECK_EQ(rump_sys_pread64(fd, buf, sizeof(buf), 0), 13000);
	CHECK_EQ(buf[8999], 'a' + 8999 % 26);
	for (i = 9000; i < 13000; i++)
		CHECK_EQ(buf[i], 0);
	OK(rump_sys_fallocate(fd, 3, 0, 4096));
	CHECK_EQ(rump_sys_pread64(fd, buf, 10, 0), 10);
	CHECK_EQ(buf[0], 0);
	OK(rump_sys_close(fd));
	/* names */
	OK(rump_sys_unlink("/bin/hello"));
	CHECK(holds("/bin/link", "HELLO"));
	OK(rump_sys_stat("/bin/link", (void *)&st));
	CHECK_EQ(st.st_nlink, 1);
	FAILS(rump_sys_stat("/bin/hello", (void *)&st), ENOENT);
	spit("/bin/hello", "mine");
	CHECK(holds("/bin/hello", "mine"));
	OK(rump_sys_rename("/etc", "/bin/etc"));
	CHECK(holds("/bin/etc/lnk", "config"));
	FAILS(rump_sys_rmdir("/bin/etc"), ENOTEMPTY);
	OK(rump_sys_unlink("/bin/etc/lnk"));
	OK(rump_sys_unlink("/bin/etc/conf"));
	OK(rump_sys_rmdir("/bin/etc"));
	CHECK(memcmp(copy, rump_rootfs_start, IMGSIZE) == 0);
	/* mounted a second time it is fresh */
	OK(rump_sys_mkdir("/mnt", 0755));
	OK(rump_sys_mount("none", "/mnt", "rootfs", MS_RDONLY, NULL));
	CHECK(holds("/mnt/etc/conf", "config"));
	FAILS(rump_sys_unlink("/mnt/etc/conf"), EROFS);
	OK(rump_sys_umount2("/mnt", 0));
}

/* --- corrupt images --- */
static void
t_hostile(void)
{
	unsigned seed = 1, i, round;
	size_t meta = 128 + NINODES * 64 + NENTS * 16;
	int mounted = 0;

	vfs_register(&hostile_type);
	OK(rump_sys_mkdir("/h", 0755));
	for (round = 0; round < 20000; round++) {
		hostlen = round % 10 == 0 ? rand_r(&seed) % IMGSIZE : IMGSIZE;
		hostile = aligned_alloc(4096, IMGSIZE);
		build(hostile);
		if (round % 7 == 0)
			((struct rootfs_sb *)hostile)->rs_size = hostlen;
		for (i = rand_r(&seed) % 4; round > 0 && i > 0; i--)
			hostile[rand_r(&seed) % (round % 2 ? meta : 128 +
			    NINODES * 64)] = rand_r(&seed) % 5 ?
			    rand_r(&seed) % 12 : rand_r(&seed);
		/* what is beyond the length must not be touched */
		hostile = realloc(hostile, hostlen ? hostlen : 1);
		if (rump_sys_mount("x", "/h", "hostile", 0, NULL) == 0) {
			mounted++;
			use("/h", 0);
			OK(rump_sys_umount2("/h", 0));
		}
		free(hostile);
		if (check_failures)
			break;
	}
	CHECK(mounted > 1000);
}

int
main(void)
{
	build(rump_rootfs_start);
	REQUIRE(start() == 0);
	t_layer();
	t_hostile();
	return check_done();
}
