/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and offsets at their edges: slashes at the end of names that are
 * there, a working directory deeper than a path may be long, offsets below 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../check.h"

/* Whoever makes a name is told that it exists, whatever it is. */
static void
make(const char *name)
{
	FAILS(mkdir(name, 0700), EEXIST);
	FAILS(mknod(name, S_IFIFO | 0600, 0), EEXIST);
	FAILS(symlink("x", name), EEXIST);
	FAILS(link("file", name), EEXIST);
	FAILS(open(name, O_RDWR | O_CREAT, 0600), EISDIR);
	FAILS(open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EISDIR);
}

static void
slashes(void)
{
	CHECK_EQ(close(open("file", O_RDWR | O_CREAT, 0600)), 0);
	CHECK_EQ(mkdir("dir", 0700), 0);
	CHECK_EQ(symlink("nothing", "dangling"), 0);
	CHECK_EQ(symlink("file", "tofile"), 0);
	make("file/");
	make("dangling/");
	make("tofile//");
	FAILS(open("file/", O_RDONLY), ENOTDIR);
	FAILS(open("dangling/", O_RDONLY), ENOENT);
	FAILS(rename("file", "tofile/"), ENOTDIR);
	FAILS(rename("dir", "dangling/"), ENOTDIR);
	FAILS(unlink("dangling/"), ENOTDIR);
	FAILS(unlink("file/"), ENOTDIR);
	FAILS(rmdir("tofile/"), ENOTDIR);
	FAILS(mkdir("dangling/.", 0700), ENOENT);
	CHECK_EQ(mkdir("new//", 0700), 0);
	FAILS(mknod("newer/", S_IFIFO | 0600, 0), ENOENT);
	CHECK_EQ(rename("dir", "new/"), 0);
	CHECK_EQ(rmdir("new/"), 0);
	CHECK_EQ(unlink("dangling") | unlink("tofile"), 0);
}

static void
offsets(void)
{
	int fd = open("file", O_RDWR);

	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	FAILS(lseek(fd, -4, SEEK_CUR), EINVAL);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	FAILS(lseek(fd, -1, SEEK_END), EINVAL);
	FAILS(lseek(fd, INT64_MAX, SEEK_CUR), EINVAL);
	FAILS(lseek(fd, INT64_MIN, SEEK_CUR), EINVAL);
	FAILS(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2);
	close(fd);
	CHECK_EQ(unlink("file"), 0);
}

/* The call itself: libc has a way of its own beyond PATH_MAX. */
static long
cwd(char *buf, size_t size)
{
	return syscall(SYS_getcwd, buf, size);
}

static void
deep(void)
{
	static char buf[3 * PATH_MAX];
	char name[101];
	long len, start = cwd(buf, sizeof(buf));
	int n;

	memset(name, 'd', 100);
	name[100] = '\0';
	for (n = 0; n < 60; n++) {
		CHECK_EQ(mkdir(name, 0700) | chdir(name), 0);
		len = start + 101 * (n + 1);
		if (len <= PATH_MAX) {
			CHECK_EQ(cwd(buf, sizeof(buf)), len);
			FAILS(cwd(buf, (size_t)len - 1), ERANGE);
		} else {
			FAILS(cwd(buf, sizeof(buf)), ENAMETOOLONG);
			FAILS(cwd(buf, 10), ENAMETOOLONG);
		}
	}
	for (; n > 0; n--)
		CHECK_EQ(chdir("..") | rmdir(name), 0);
	CHECK_EQ(cwd(buf, sizeof(buf)), start);
}

int
main(void)
{
	char top[] = "/tmp/names.XXXXXX";

	CHECK(mkdtemp(top) != NULL && chdir(top) == 0);
	slashes();
	offsets();
	deep();
	CHECK_EQ(chdir("/") | rmdir(top), 0);
	return check_done();
}
