/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the tests of vfs. */
#ifndef TESTS_VFS_VFSTEST_H
#define TESTS_VFS_VFSTEST_H

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../rumptest.h"

/* An empty file. */
static inline void
touch(const char *path)
{
	int fd = rump_sys_open(path, O_CREAT | O_WRONLY, 0644);

	CHECK(fd >= 0);
	rump_sys_close(fd);
}

static inline void
spit(const char *path, const char *text)
{
	int fd = rump_sys_open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(rump_sys_write(fd, text, strlen(text)), strlen(text));
	rump_sys_close(fd);
}

/* Does the file hold just this text? */
static inline int
holds(const char *path, const char *text)
{
	char buf[4096];
	int fd = rump_sys_open(path, O_RDONLY, 0), n;

	if (fd < 0)
		return 0;
	n = rump_sys_read(fd, buf, sizeof(buf));
	rump_sys_close(fd);
	return n == (int)strlen(text) && memcmp(buf, text, n) == 0;
}

static inline uint64_t
inode(const char *path)
{
	struct stat st;

	return rump_sys_lstat(path, (void *)&st) == 0 ? st.st_ino : 0;
}

#endif /* TESTS_VFS_VFSTEST_H */
