/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The baked root file system with its writable layer, and what happens when
 * the image is corrupt: EIO, never a crash (run under AddressSanitizer).
 */
#include <stdlib.h>
#include <sys/mount.h>

#include "hostile.h"

#define IMGSIZE		(8 * 4096)
#define NINODES		9
#define NENTS		9

/* The image under "/": the symbols that bake makes. */
char rump_rootfs_start[IMGSIZE] __attribute__((__aligned__(4096)));
__asm__(".globl rump_rootfs_end\n.set rump_rootfs_end, rump_rootfs_start + "
    "8 * 4096");

static char *names;
static uint32_t nameslen;

static uint32_t
addname(const char *s)
{
	uint32_t off = nameslen;

	strcpy(names + off, s);
	nameslen += strlen(s) + 1;
	return off;
}

/*
 * /bin/{hello,link} (hard links), /etc/{conf,lnk -> conf},
 * /big (3 pages and a bit), /empty
 */
static void
build(char *img)
{
	struct rootfs_sb *sb = (void *)img;
	struct rootfs_inode *in = (void *)(img + 128);
	struct rootfs_ent *ent = (void *)(img + 128 + NINODES * 64);
	static const struct { int ino, type; const char *name; } e[NENTS] = {
		{ 5, 8, "big" }, { 2, 4, "bin" }, { 8, 8, "empty" },
		{ 3, 4, "etc" },
		{ 4, 8, "hello" }, { 4, 8, "link" },
		{ 6, 8, "conf" }, { 7, 10, "lnk" }, { 0, 4, "sub" },
	};
	int i;

	memset(img, 0, IMGSIZE);
	names = img + 128 + NINODES * 64 + NENTS * 16;
	nameslen = 0;
	for (i = 0; i < NENTS; i++) {
		ent[i].re_ino = e[i].ino ? e[i].ino : 1;
		ent[i].re_type = e[i].type;
		ent[i].re_name_len = strlen(e[i].name);
		ent[i].re_name_off = addname(e[i].name);
	}
	in[1] = (struct rootfs_inode){ .ri_mode = 040755, .ri_nlink = 4,
	    .ri_size = 4, .ri_parent = 1, .ri_off = 0 };
	in[2] = (struct rootfs_inode){ .ri_mode = 040755, .ri_nlink = 2,
	    .ri_size = 2, .ri_parent = 1, .ri_off = 4 };
	in[3] = (struct rootfs_inode){ .ri_mode = 040755, .ri_nlink = 2,
	    .ri_size = 2, .ri_parent = 1, .ri_off = 6 };
	in[4] = (struct rootfs_inode){ .ri_mode = 0100755, .ri_nlink = 2,
	    .ri_size = 5, .ri_off = 4096, .ri_mtime = 1700000000 };
	in[5] = (struct rootfs_inode){ .ri_mode = 0100644, .ri_nlink = 1,
	    .ri_size = 3 * 4096 + 10, .ri_off = 2 * 4096 };
	in[6] = (struct rootfs_inode){ .ri_mode = 0100600, .ri_nlink = 1,
	    .ri_size = 6, .ri_off = 6 * 4096, .ri_uid = 7 };
	in[7] = (struct rootfs_inode){ .ri_mode = 0120777, .ri_nlink = 1,
	    .ri_size = 4, .ri_off = addname("conf") };
	in[8] = (struct rootfs_inode){ .ri_mode = 0100644, .ri_nlink = 1 };
	memcpy(img + 4096, "HELLO", 5);
	for (i = 0; i < 3 * 4096 + 10; i++)
		img[2 * 4096 + i] = 'a' + i % 26;
	memcpy(img + 6 * 4096, "config", 6);
	memcpy(sb->rs_magic, ROOTFS_MAGIC, 8);
	sb->rs_version = ROOTFS_VERSION;
	sb->rs_size = IMGSIZE;
	sb->rs_ninodes = NINODES;
	sb->rs_nents = NENTS;
	sb->rs_inode_off = 128;
	sb->rs_ent_off = 128 + NINODES * 64;
	sb->rs_names_off = names - img;
	sb->rs_names_len = nameslen;
	sb->rs_data_off = 4096;
}

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
