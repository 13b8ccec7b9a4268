/* SPDX-License-Identifier: BSD-2-Clause */
/* getdents64: all entries once, whatever is removed or made meanwhile. */
#include <stdlib.h>

#include "vfstest.h"

struct ent {
	uint64_t	ino;
	int64_t		off;
	uint16_t	reclen;
	uint8_t		type;
	char		name[];
};

#define N	1000

static int seen[2 * N];

static void
name(char *buf, int i)
{
	snprintf(buf, 40, "/g/file-%d", i);
}

/* Reads some entries; notes what it saw.  What getdents64 gave. */
static int
some(int fd, int size, int *dots)
{
	char buf[1024] __attribute__((__aligned__(8)));
	int n = rump_sys_getdents64(fd, buf, size), off, i;
	struct ent *e;

	for (off = 0; off < n; off += e->reclen) {
		e = (struct ent *)(buf + off);
		CHECK(e->reclen % 8 == 0 && e->reclen > 19);
		if (e->name[0] == '.') {
			(*dots)++;
			CHECK_EQ(e->type, 4);
			continue;
		}
		CHECK_EQ(e->type, 8);
		CHECK(strncmp(e->name, "file-", 5) == 0);
		i = atoi(e->name + 5);
		CHECK(i >= 0 && i < 2 * N);
		seen[i]++;
	}
	return n;
}

static void
t_all(int fd, int size)
{
	int i, dots = 0;

	memset(seen, 0, sizeof(seen));
	CHECK_EQ(rump_sys_lseek(fd, 0, SEEK_SET), 0);
	while (some(fd, size, &dots) > 0)
		continue;
	CHECK_EQ(dots, 2);
	for (i = 0; i < N; i++)
		CHECK_EQ(seen[i], 1);
}

/* Removes what was seen, as rm -r does, and makes others. */
static void
t_changing(int fd)
{
	char path[40];
	int i, round = 0, dots = 0;

	memset(seen, 0, sizeof(seen));
	CHECK_EQ(rump_sys_lseek(fd, 0, SEEK_SET), 0);
	while (some(fd, 300, &dots) > 0) {
		for (i = 0; i < N; i++)
			if (seen[i] == 1 && i % 7 != 0) {
				name(path, i);
				OK(rump_sys_unlink(path));
				seen[i] = 100;
			}
		if (round++ < 20) {
			name(path, N + round);
			touch(path);
		}
	}
	for (i = 0; i < N; i++)
		CHECK_EQ(seen[i], i % 7 != 0 ? 100 : 1);
	for (i = N; i < 2 * N; i++)
		CHECK(seen[i] <= 1);
}

int
main(void)
{
	char path[40], small[24];
	int fd, i;
	long off;

	REQUIRE(start() == 0);
	OK(rump_sys_mkdir("/g", 0755));
	for (i = 0; i < N; i++) {
		name(path, i);
		touch(path);
	}
	CHECK((fd = rump_sys_open("/g", O_RDONLY | O_DIRECTORY, 0)) >= 0);
	t_all(fd, 1024);
	t_all(fd, 100);
	OK(rump_sys_getdents64(fd, small, 8));	/* the end */
	CHECK_EQ(rump_sys_lseek(fd, 0, SEEK_SET), 0);
	FAILS(rump_sys_getdents64(fd, small, 8), EINVAL);
	/* a place that lseek remembers */
	CHECK(some(fd, 200, &i) > 0);
	off = rump_sys_lseek(fd, 0, SEEK_CUR);
	memset(seen, 0, sizeof(seen));
	CHECK(some(fd, 200, &i) > 0);
	CHECK_EQ(rump_sys_lseek(fd, off, SEEK_SET), off);
	CHECK(some(fd, 200, &i) > 0);
	for (i = 0; i < N; i++)
		CHECK(seen[i] == 0 || seen[i] == 2);
	t_changing(fd);
	OK(rump_sys_close(fd));
	fd = rump_sys_open("/tmp", O_RDONLY, 0);
	OK(rump_sys_close(fd));
	fd = rump_sys_open("/g/file-0", O_RDONLY, 0);
	FAILS(rump_sys_getdents64(fd, small, 24), ENOTDIR);
	OK(rump_sys_close(fd));
	return check_done();
}
