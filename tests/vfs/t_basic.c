/* SPDX-License-Identifier: BSD-2-Clause */
/* Files on tmpfs: open, read, write, seek, stat, truncate, sparse, holes. */
#include "vfstest.h"

static char buf[70000], buf2[70000];

static void
t_open(void)
{
	struct stat st;
	int fd;

	FAILS(rump_sys_open("/tmp/none", O_RDONLY, 0), ENOENT);
	CHECK((fd = rump_sys_open("/tmp/a", O_CREAT | O_RDWR, 0666)) >= 0);
	FAILS(rump_sys_open("/tmp/a", O_CREAT | O_EXCL | O_RDWR, 0666),
	    EEXIST);
	FAILS(rump_sys_open("/tmp/a/b", O_RDONLY, 0), ENOTDIR);
	FAILS(rump_sys_open("/tmp", O_RDWR, 0), EISDIR);
	FAILS(rump_sys_open("/tmp/a", O_DIRECTORY, 0), ENOTDIR);
	FAILS(rump_sys_open("", O_RDONLY, 0), ENOENT);
	FAILS(rump_sys_open(NULL, O_RDONLY, 0), EFAULT);
	CHECK_EQ(rump_sys_write(fd, "hello", 5), 5);
	CHECK_EQ(rump_sys_lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(rump_sys_read(fd, buf, 100), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK_EQ(rump_sys_read(fd, buf, 100), 0);
	CHECK_EQ(rump_sys_fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK(st.st_mtime > 1600000000);
	CHECK_EQ(rump_sys_close(fd), 0);
	CHECK((fd = rump_sys_open("/tmp/a", O_WRONLY | O_APPEND, 0)) >= 0);
	CHECK_EQ(rump_sys_write(fd, " you", 4), 4);
	FAILS(rump_sys_read(fd, buf, 1), EBADF);
	CHECK_EQ(rump_sys_close(fd), 0);
	CHECK_EQ(rump_sys_stat("/tmp/a", &st), 0);
	CHECK_EQ(st.st_size, 9);
	CHECK((fd = rump_sys_open("/tmp/a", O_WRONLY | O_TRUNC, 0)) >= 0);
	CHECK_EQ(rump_sys_fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(rump_sys_close(fd), 0);
	CHECK_EQ(rump_sys_unlink("/tmp/a"), 0);
	FAILS(rump_sys_unlink("/tmp/a"), ENOENT);
}

/* Unaligned pieces over page and map node boundaries. */
static void
t_data(void)
{
	unsigned i;
	int fd;

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + i / 251);
	CHECK((fd = rump_sys_open("/tmp/d", O_CREAT | O_RDWR, 0600)) >= 0);
	for (i = 0; i < sizeof(buf); i += 777)
		CHECK(rump_sys_write(fd, buf + i, i + 777 < sizeof(buf) ?
		    777 : sizeof(buf) - i) > 0);
	CHECK_EQ(rump_sys_pread64(fd, buf2, sizeof(buf2), 0), sizeof(buf2));
	CHECK(memcmp(buf, buf2, sizeof(buf)) == 0);
	/* far away: the tree grows; between is a hole */
	CHECK_EQ(rump_sys_pwrite64(fd, "end", 3, 1LL << 40), 3);
	CHECK_EQ(rump_sys_pread64(fd, buf2, 100, sizeof(buf)), 100);
	for (i = 0; i < 100; i++)
		CHECK_EQ(buf2[i], 0);
	CHECK_EQ(rump_sys_pread64(fd, buf2, 100, 1LL << 40), 3);
	CHECK_EQ(rump_sys_lseek(fd, 0, SEEK_DATA), 0);
	CHECK_EQ(rump_sys_lseek(fd, 0, SEEK_HOLE), 18 * 4096);
	CHECK_EQ(rump_sys_lseek(fd, 18 * 4096, SEEK_DATA), 1LL << 40);
	FAILS(rump_sys_lseek(fd, (1LL << 40) + 3, SEEK_DATA), ENXIO);
	CHECK_EQ(rump_sys_ftruncate(fd, 5000), 0);
	CHECK_EQ(rump_sys_ftruncate(fd, 10000), 0);
	CHECK_EQ(rump_sys_pread64(fd, buf2, 10000, 0), 10000);
	CHECK(memcmp(buf, buf2, 5000) == 0);
	for (i = 5000; i < 10000; i++)
		CHECK_EQ(buf2[i], 0);
	CHECK_EQ(rump_sys_pwrite64(fd, "z", 1, INT64_MAX - 1), 1);
	FAILS(rump_sys_pwrite64(fd, "z", 1, INT64_MAX), EINVAL);
	CHECK_EQ(rump_sys_lseek(fd, 1 << 20, SEEK_DATA), INT64_MAX - 4095);
	CHECK_EQ(rump_sys_lseek(fd, INT64_MAX - 1, SEEK_HOLE), INT64_MAX);
	CHECK_EQ(rump_sys_close(fd), 0);
	CHECK_EQ(rump_sys_unlink("/tmp/d"), 0);
}

static void
t_falloc(void)
{
	struct stat st;
	int fd;

	memset(buf, 'x', sizeof(buf));
	CHECK((fd = rump_sys_open("/tmp/f", O_CREAT | O_RDWR, 0600)) >= 0);
	CHECK_EQ(rump_sys_write(fd, buf, 20000), 20000);
	CHECK_EQ(rump_sys_fallocate(fd, 3, 100, 10000), 0);
	CHECK_EQ(rump_sys_pread64(fd, buf2, 20000, 0), 20000);
	CHECK_EQ(buf2[99], 'x');
	CHECK_EQ(buf2[100], 0);
	CHECK_EQ(buf2[10099], 0);
	CHECK_EQ(buf2[10100], 'x');
	CHECK_EQ(rump_sys_fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 4 * 8);
	CHECK_EQ(rump_sys_fallocate(fd, 0, 20000, 10000), 0);
	CHECK_EQ(rump_sys_fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 30000);
	FAILS(rump_sys_fallocate(fd, 0, -1, 10), EINVAL);
	FAILS(rump_sys_fallocate(fd, 2, 0, 10), EOPNOTSUPP);
	/* it lives on without a name */
	CHECK_EQ(rump_sys_unlink("/tmp/f"), 0);
	CHECK_EQ(rump_sys_pread64(fd, buf2, 1, 99), 1);
	CHECK_EQ(rump_sys_fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(rump_sys_close(fd), 0);
}

static void
t_copy(void)
{
	int a, b;

	CHECK((a = rump_sys_memfd_create("m", 0)) >= 0);
	CHECK((b = rump_sys_open("/tmp/c", O_CREAT | O_RDWR, 0600)) >= 0);
	memset(buf, 'q', 9000);
	CHECK_EQ(rump_sys_write(a, buf, 9000), 9000);
	CHECK_EQ(rump_sys_lseek(a, 1000, SEEK_SET), 1000);
	CHECK_EQ(rump_sys_sendfile(b, a, NULL, 100000), 8000);
	FAILS(rump_sys_copy_file_range(a, &(long){ 0 }, b, &(long){ 8000 },
	    100, 0), EXDEV);
	CHECK_EQ(rump_sys_copy_file_range(b, &(long){ 0 }, b,
	    &(long){ 8000 }, 100, 0), 100);
	CHECK_EQ(rump_sys_pread64(b, buf2, 10000, 0), 8100);
	CHECK_EQ(rump_sys_close(a), 0);
	CHECK_EQ(rump_sys_close(b), 0);
	CHECK_EQ(rump_sys_unlink("/tmp/c"), 0);
}

int
main(void)
{
	REQUIRE(start() == 0);
	t_open();
	t_data();
	t_falloc();
	t_copy();
	return check_done();
}
