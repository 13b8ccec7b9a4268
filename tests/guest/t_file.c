/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files: tmpfs by way of stdio and the directory calls, and with argument
 * "baked" the root file system in the image, read and written over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../check.h"

static void
put(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	CHECK(fp != NULL);
	if (fp == NULL)
		return;
	CHECK(fputs(text, fp) >= 0);
	CHECK_EQ(fclose(fp), 0);
}

static void
holds(const char *path, const char *text)
{
	char buf[256] = "";
	FILE *fp = fopen(path, "r");
	size_t n;

	if (fp == NULL) {
		printf("%s: %s\n", path, strerror(errno));
		check_failures++;
		return;
	}
	n = fread(buf, 1, sizeof(buf) - 1, fp);
	buf[n] = '\0';
	fclose(fp);
	if (strcmp(buf, text) != 0) {
		printf("%s holds '%s', not '%s'\n", path, buf, text);
		check_failures++;
	}
}

static int
entries(const char *path)
{
	struct dirent *de;
	DIR *dir = opendir(path);
	int n = 0;

	if (dir == NULL)
		return -1;
	while ((de = readdir(dir)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			n++;
	closedir(dir);
	return n;
}

static void
test_names(void)
{
	struct stat a, b;
	char buf[64];
	ssize_t n;

	CHECK_EQ(mkdir("/tmp/d", 0755), 0);
	CHECK_EQ(mkdir("/tmp/d", 0755), -1);
	CHECK_EQ(errno, EEXIST);
	CHECK_EQ(chdir("/tmp/d"), 0);
	put("a", "alpha\n");
	holds("/tmp/d/a", "alpha\n");
	CHECK_EQ(link("a", "b"), 0);
	CHECK_EQ(stat("a", &a), 0);
	CHECK_EQ(stat("b", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(b.st_nlink, 2);
	CHECK_EQ(symlink("../d/a", "s"), 0);
	holds("s", "alpha\n");
	n = readlink("s", buf, sizeof(buf));
	CHECK_EQ(n, 6);
	CHECK(n == 6 && memcmp(buf, "../d/a", 6) == 0);
	CHECK_EQ(lstat("s", &a), 0);
	CHECK(S_ISLNK(a.st_mode));
	CHECK_EQ(symlink("loop", "loop"), 0);
	CHECK_EQ(open("loop", O_RDONLY), -1);
	CHECK_EQ(errno, ELOOP);
	CHECK_EQ(entries("."), 4);
	CHECK_EQ(rename("a", "c"), 0);
	CHECK_EQ(access("a", F_OK), -1);
	CHECK_EQ(errno, ENOENT);
	put("other", "other\n");
	CHECK_EQ(rename("c", "other"), 0);
	holds("other", "alpha\n");
	CHECK_EQ(rmdir("/tmp/d"), -1);
	CHECK_EQ(errno, ENOTEMPTY);
	CHECK_EQ(unlink("b") | unlink("s") | unlink("loop") | unlink("other"),
	    0);
	CHECK(getcwd(buf, sizeof(buf)) != NULL && strcmp(buf, "/tmp/d") == 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(rmdir("/tmp/d"), 0);
	CHECK_EQ(entries("/tmp/d"), -1);
}

static void
test_open(void)
{
	struct stat st;
	char buf[16];
	int fd;

	fd = open("/tmp/x", O_CREAT | O_EXCL | O_RDWR, 0600);
	CHECK(fd >= 3);
	CHECK_EQ(open("/tmp/x", O_CREAT | O_EXCL | O_RDWR, 0600), -1);
	CHECK_EQ(errno, EEXIST);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(ftruncate(fd, 4), 0);
	CHECK_EQ(ftruncate(fd, 8), 0);
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(pread(fd, buf, sizeof(buf), 0), 8);
	CHECK(memcmp(buf, "0123\0\0\0\0", 8) == 0);
	CHECK_EQ(lseek(fd, 1000000, SEEK_SET), 1000000);
	CHECK_EQ(write(fd, "z", 1), 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 1000001);
	CHECK_EQ(unlink("/tmp/x"), 0);
	CHECK_EQ(pread(fd, buf, 4, 0), 4);	/* unlinked, still there */
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(close(fd), -1);
	CHECK_EQ(errno, EBADF);
	put("/tmp/y", "one\n");
	fd = open("/tmp/y", O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, "two\n", 4), 4);
	CHECK_EQ(read(fd, buf, 1), -1);
	CHECK_EQ(errno, EBADF);
	close(fd);
	holds("/tmp/y", "one\ntwo\n");
	CHECK_EQ(truncate("/tmp/y", 3), 0);
	holds("/tmp/y", "one");
	CHECK_EQ(unlink("/tmp/y"), 0);
}

/* What does not fit into one block, by stdio, and again backwards. */
static void
test_large(void)
{
	static int v[1024];
	FILE *fp = fopen("/tmp/large", "w+");
	int i, j;

	CHECK(fp != NULL);
	if (fp == NULL)
		return;
	for (i = 0; i < 1024; i++) {
		for (j = 0; j < 1024; j++)
			v[j] = i * 1024 + j;
		CHECK_EQ(fwrite(v, sizeof(v), 1, fp), 1);
	}
	for (i = 1023; i >= 0; i -= 7) {
		CHECK_EQ(fseek(fp, (long)sizeof(v) * i, SEEK_SET), 0);
		CHECK_EQ(fread(v, sizeof(v), 1, fp), 1);
		CHECK(v[0] == i * 1024 && v[1023] == i * 1024 + 1023);
	}
	CHECK_EQ(fclose(fp), 0);
	CHECK_EQ(unlink("/tmp/large"), 0);
}

static void
test_devices(void)
{
	char buf[8] = "xxxxxxx";
	int fd;

	holds("/dev/null", "");
	fd = open("/dev/zero", O_RDONLY);
	CHECK_EQ(read(fd, buf, 8), 8);
	CHECK(memcmp(buf, "\0\0\0\0\0\0\0\0", 8) == 0);
	close(fd);
	fd = open("/dev/full", O_WRONLY);
	CHECK_EQ(write(fd, "a", 1), -1);
	CHECK_EQ(errno, ENOSPC);
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	CHECK_EQ(read(fd, buf, 8), 8);
	CHECK(memcmp(buf, "\0\0\0\0\0\0\0\0", 8) != 0);
	close(fd);
}

/* The tree that the Makefile bakes: /etc/motd, /etc/sub/deep, /link. */
/* Without an event F_NOTIFY only ends what it began: nothing here. */
static void
test_notify(void)
{
	int fd = open("/tmp", O_RDONLY | O_DIRECTORY);

	CHECK(fcntl(fd, F_NOTIFY, DN_MULTISHOT) == 0);
	CHECK(fcntl(fd, F_NOTIFY, 0) == 0);
	CHECK(close(fd) == 0);
}

static void
test_baked(void)
{
	struct stat st;

	holds("/etc/motd", "baked\n");
	holds("/etc/sub/deep", "deep\n");
	holds("/link", "baked\n");
	CHECK_EQ(stat("/big", &st), 0);
	CHECK_EQ(st.st_size, 100000);
	put("/etc/motd", "written over\n");
	holds("/link", "written over\n");
	put("/etc/sub/new", "new\n");
	CHECK_EQ(entries("/etc/sub"), 2);
	CHECK_EQ(unlink("/etc/sub/deep"), 0);
	CHECK_EQ(access("/etc/sub/deep", F_OK), -1);
	CHECK_EQ(entries("/etc/sub"), 1);
	CHECK_EQ(truncate("/big", 50000), 0);
	CHECK_EQ(stat("/big", &st), 0);
	CHECK_EQ(st.st_size, 50000);
	CHECK_EQ(rename("/etc/sub/new", "/etc/new"), 0);
	holds("/etc/new", "new\n");
}

int
main(int argc, char **argv)
{

	if (argc > 1 && strcmp(argv[1], "baked") == 0)
		test_baked();
	test_names();
	test_open();
	test_large();
	test_devices();
	test_notify();
	return check_done();
}
