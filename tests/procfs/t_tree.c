/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs vfs_procfs */
/* Nodes of our own in /proc: files, settings, links, names made up. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <asm/errno.h>
#include <kern/procnode.h>
#include "../vfs/vfstest.h"

static int one = 7, three[3] = { 1, 2, 3 };
static unsigned made;

static int
counter_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "%u\n", __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED));
	return 0;
}

static int
long_read(struct text *tx, const struct procctx *pc)
{
	unsigned i;

	(void)pc;
	for (i = 0; i < 10000; i++)
		rump_textf(tx, "%09u\n", i);
	return 0;
}

static int
colour_next(const struct procctx *pc, uint64_t *pos, char name[PROC_NAMELEN])
{
	static const char *const names[] = { "red", "green", "blue" };

	(void)pc;
	if (*pos >= 3)
		return ENOENT;
	strcpy(name, names[(*pos)++]);
	return 0;
}

static int
star_read(struct text *tx, const struct procctx *pc)
{

	rump_textf(tx, "%s %s %d\n", pc->pc_star[0], pc->pc_star[1] != NULL ?
	    pc->pc_star[1] : "-", pc->pc_proc != NULL);
	return 0;
}

static int
link_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "a/colours/blue");
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "a/b/counter", counter_read);
	rump_proc_file(pt, "a/long", long_read);
	PROC_NUM(pt, "a/one", one, -5, 100);
	PROC_NUM(pt, "a/three", three, 0, INT32_MAX);
	rump_proc_dir(pt, "a/colours", colour_next);
	rump_proc_file(pt, "a/colours/*", star_read);
	rump_proc_node(pt, "*/mine", S_IFREG | 0400, star_read);
	rump_proc_dir(pt, "*/fds", colour_next);
	rump_proc_file(pt, "*/fds/*", star_read);
	rump_proc_link(pt, "favourite", link_read);
}

/* Names in a directory, in its order, read by few bytes at a time. */
static const char *
list(const char *path)
{
	static char all[512];
	char buf[64];
	unsigned short reclen;
	int fd = rump_sys_open(path, O_RDONLY | O_DIRECTORY, 0), n, at;

	all[0] = '\0';
	CHECK(fd >= 0);
	while ((n = rump_sys_getdents64(fd, (void *)buf, sizeof(buf))) > 0)
		for (at = 0; at < n; at += reclen) {
			memcpy(&reclen, buf + at + 16, 2);
			strcat(strcat(all, buf + at + 19), " ");
		}
	CHECK_EQ(n, 0);
	rump_sys_close(fd);
	return all;
}

static void
t_dirs(void)
{
	char want[64];
	struct statfs sf;
	struct stat st;

	const char *all = list("/proc");

	/* ours, the component's own, the processes */
	CHECK(strncmp(all, ". .. a favourite self thread-self ", 34) == 0);
	snprintf(want, sizeof(want), " sys %d ", (int)rump_sys_getpid());
	CHECK(strlen(all) > strlen(want) &&
	    strcmp(all + strlen(all) - strlen(want), want) == 0);
	CHECK(strcmp(list("/proc/a"), ". .. b long one three colours ") == 0);
	CHECK(strcmp(list("/proc/a/colours"), ". .. red green blue ") == 0);
	CHECK(strcmp(list("/proc/self/fds"), ". .. red green blue ") == 0);
	CHECK_EQ(inode("/proc/a/b/.."), inode("/proc/a"));
	CHECK_EQ(inode("/proc/a/../.."), inode("/"));
	CHECK(inode("/proc/a/one") != inode("/proc/a/three"));
	OK(rump_sys_stat("/proc/a", (void *)&st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0555);
	OK(rump_sys_lstat("/proc/self/mine", (void *)&st));
	CHECK_EQ(st.st_mode, S_IFREG | 0400);
	CHECK_EQ(st.st_size, 0);
	OK(rump_sys_statfs("/proc/a/one", (void *)&sf));
	CHECK_EQ(sf.f_type, 0x9fa0);
	FAILS(rump_sys_open("/proc/a/none", O_RDONLY, 0), ENOENT);
	FAILS(rump_sys_open("/proc/a/colours/redd", O_RDONLY, 0), ENOENT);
	FAILS(rump_sys_open("/proc/*", O_RDONLY, 0), ENOENT);
	FAILS(rump_sys_open("/proc/99999/mine", O_RDONLY, 0), ENOENT);
	FAILS(rump_sys_open("/proc/0", O_RDONLY, 0), ENOENT);
	FAILS(rump_sys_unlink("/proc/a/one"), EPERM);
	FAILS(rump_sys_mkdir("/proc/new", 0755), EPERM);
	FAILS(rump_sys_rename("/proc/a", "/proc/z"), EPERM);
}

static void
t_cwd(void)
{
	char buf[128], want[64];

	OK(rump_sys_chdir("/proc/self/fds"));
	snprintf(want, sizeof(want), "/proc/%d/fds", (int)rump_sys_getpid());
	CHECK(rump_sys_getcwd(buf, sizeof(buf)) > 0);
	CHECK(strcmp(buf, want) == 0);
	CHECK(holds("../../a/one", "7\n"));
	FAILS(rump_sys_umount2("/proc", 0), EBUSY);
	OK(rump_sys_chdir("/"));
}

static void
t_read(void)
{
	static char buf[100001];
	char want[64];
	int fd, i, n;

	CHECK(holds("/proc/a/b/counter", "1\n"));
	CHECK(holds("/proc/a/b/counter", "2\n"));
	/* One text until it is read from its start again. */
	CHECK((fd = rump_sys_open("/proc/a/b/counter", O_RDONLY, 0)) >= 0);
	CHECK_EQ(rump_sys_read(fd, buf, 1), 1);
	CHECK_EQ(rump_sys_read(fd, buf + 1, 100), 1);
	CHECK_EQ(rump_sys_read(fd, buf, 100), 0);
	CHECK_EQ(memcmp(buf, "3\n", 2), 0);
	CHECK_EQ(rump_sys_pread64(fd, buf, 100, 0), 2);
	CHECK_EQ(buf[0], '4');
	CHECK_EQ(rump_sys_pread64(fd, buf, 100, 1L << 40), 0);
	FAILS(rump_sys_write(fd, "x", 1), EBADF);
	OK(rump_sys_close(fd));
	CHECK((fd = rump_sys_open("/proc/a/long", O_RDONLY, 0)) >= 0);
	for (i = 0; (n = rump_sys_read(fd, buf + i, 777)) > 0; i += n)
		continue;
	CHECK_EQ(i, 100000);
	for (i = 0; i < 10000; i++)
		CHECK_EQ(atoi(buf + i * 10), i);
	OK(rump_sys_close(fd));
	CHECK(holds("/proc/a/colours/green", "green - 0\n"));
	CHECK(holds("/proc/favourite", "blue - 0\n"));
	snprintf(want, sizeof(want), "%d red 1\n", (int)rump_sys_getpid());
	CHECK(holds("/proc/self/fds/red", want));
	CHECK_EQ(rump_sys_readlink("/proc/self", buf, sizeof(buf)),
	    (int)strlen(want) - 7);
}

/* What a write gives; the file's contents after it. */
static int
put(const char *path, const char *text)
{
	int fd = rump_sys_open(path, O_WRONLY | O_TRUNC, 0), n;

	CHECK(fd >= 0);
	n = rump_sys_write(fd, text, strlen(text)) == (int)strlen(text) ? 0 :
	    errno;
	rump_sys_close(fd);
	return n;
}

static void
t_write(void)
{
	static char big[5000];

	CHECK_EQ(put("/proc/a/one", "100\n"), 0);
	CHECK(holds("/proc/a/one", "100\n"));
	CHECK_EQ(put("/proc/a/one", " -5"), 0);
	CHECK_EQ(one, -5);
	CHECK_EQ(put("/proc/a/one", "-6"), EINVAL);
	CHECK_EQ(put("/proc/a/one", "101"), EINVAL);
	CHECK_EQ(put("/proc/a/one", "4294967297"), EINVAL);
	CHECK_EQ(put("/proc/a/one", "1x"), EINVAL);
	CHECK_EQ(put("/proc/a/one", "1 2"), EINVAL);
	CHECK_EQ(put("/proc/a/one", "\n"), EINVAL);
	CHECK_EQ(put("/proc/a/one", "--1"), EINVAL);
	CHECK_EQ(one, -5);
	CHECK_EQ(put("/proc/a/three", "4 5\t6\n"), 0);
	CHECK(holds("/proc/a/three", "4\t5\t6\n"));
	CHECK_EQ(put("/proc/a/three", "9"), 0);
	CHECK(holds("/proc/a/three", "9\t5\t6\n"));
	CHECK_EQ(put("/proc/a/three", "1 2 -1"), EINVAL);
	CHECK_EQ(put("/proc/a/three", "1 2 3 4"), EINVAL);
	CHECK(holds("/proc/a/three", "9\t5\t6\n"));
	memset(big, '1', sizeof(big) - 1);
	CHECK_EQ(put("/proc/a/one", big), EINVAL);
	FAILS(rump_sys_write(rump_sys_open("/proc/a/one", O_WRONLY, 0),
	    "1\0", 2), EINVAL);
	/* Root opens anything; there is nothing that takes it. */
	CHECK_EQ(put("/proc/a/long", "1"), EINVAL);
}

static void
t_mounts(void)
{
	int i, fd;

	OK(rump_sys_mkdir("/p2", 0755));
	for (i = 0; i < 50; i++) {
		OK(rump_sys_mount("proc", "/p2", "proc", 0, NULL));
		CHECK((fd = rump_sys_open("/p2/a/b/counter", O_RDONLY, 0)) >=
		    0);
		FAILS(rump_sys_umount2("/p2", 0), EBUSY);
		OK(rump_sys_close(fd));
		OK(rump_sys_umount2("/p2", 0));
	}
}

int
main(void)
{

	REQUIRE(start() == 0);
	t_dirs();
	t_cwd();
	t_read();
	t_write();
	t_mounts();
	return check_done();
}
