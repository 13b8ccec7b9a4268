/* SPDX-License-Identifier: BSD-2-Clause */
/* inotify: each operation and its events.  Linux gives the same. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "../check.h"

static char dir[] = "/tmp/t_inotifyXXXXXX", path[64], other[64];
static int in, wdir;

/* Reads all events and gives them as "wd:mask:name " each. */
static const char *
events(void)
{
	static char text[2048];
	struct inotify_event ev;
	char buf[4096];
	ssize_t n = read(in, buf, sizeof(buf));
	size_t len = 0;
	char *p;

	text[0] = '\0';
	for (p = buf; p < buf + n; p += sizeof(ev) + ev.len) {
		memcpy(&ev, p, sizeof(ev));
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%x%s%s ", ev.wd == wdir ? "" : "f", ev.mask,
		    ev.len ? ":" : "", ev.len ? p + sizeof(ev) : "");
	}
	return text;
}

static void
expect(int line, const char *want)
{
	const char *got = events();

	if (strcmp(got, want) != 0) {
		check_failures++;
		printf("line %d: \"%s\", expected \"%s\"\n", line, got, want);
	}
}
#define EXPECT(want)	expect(__LINE__, want)

static void
test_names(void)
{
	int fd = open(path, O_CREAT | O_RDWR, 0644);

	EXPECT("100:file 20:file ");
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(pread(fd, dir + sizeof(dir) - 1, 0, 0), 0);
	EXPECT("2:file ");
	close(fd);
	EXPECT("8:file ");
	fd = open(path, O_RDONLY);
	close(fd);
	EXPECT("20:file 10:file ");
	CHECK_EQ(chmod(path, 0600), 0);
	EXPECT("4:file ");
	CHECK_EQ(rename(path, other), 0);
	EXPECT("40:file 80:other ");
	CHECK_EQ(mkdir(path, 0700), 0);
	EXPECT("40000100:file ");
	CHECK_EQ(rmdir(path), 0);
	EXPECT("40000200:file ");
	CHECK_EQ(truncate(other, 0), 0);
	EXPECT("2:other ");
	CHECK_EQ(unlink(other), 0);
	EXPECT("200:other ");
}

static void
test_file(void)
{
	int fd = open(path, O_CREAT | O_RDWR, 0644), wd, wd2;

	close(fd);
	(void)events();
	wd = inotify_add_watch(in, path, IN_MODIFY | IN_DELETE_SELF |
	    IN_ATTRIB);
	CHECK(wd > 0 && wd != wdir);
	wd2 = inotify_add_watch(in, path, IN_MASK_ADD | IN_OPEN);
	CHECK_EQ(wd2, wd);
	CHECK_EQ(inotify_rm_watch(in, wdir), 0);
	EXPECT("8000 ");
	fd = open(path, O_WRONLY);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	EXPECT("f20 f2 ");			/* the same twice is once */
	CHECK_EQ(unlink(path), 0);
	EXPECT("f4 f400 f8000 ");
	errno = 0;
	CHECK_EQ(inotify_rm_watch(in, wd), -1);
	CHECK_EQ(errno, EINVAL);
}

static void
test_oneshot(void)
{
	struct pollfd p = { .fd = in, .events = POLLIN };
	int n, fd;

	wdir = inotify_add_watch(in, dir, IN_CREATE | IN_ONESHOT);
	CHECK_EQ(poll(&p, 1, 0), 0);
	close(open(path, O_CREAT | O_RDWR, 0644));
	close(open(other, O_CREAT | O_RDWR, 0644));
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(ioctl(in, FIONREAD, &n), 0);
	CHECK_EQ(n, 3 * 16);
	EXPECT("100:file 8000 ");
	errno = 0;
	fd = inotify_add_watch(in, path, IN_ONLYDIR | IN_OPEN);
	CHECK(fd == -1 && errno == ENOTDIR);
	fd = inotify_add_watch(in, "/does/not/exist", IN_OPEN);
	CHECK(fd == -1 && errno == ENOENT);
	fd = inotify_add_watch(in, path, 0);
	CHECK(fd == -1 && errno == EINVAL);
	fd = inotify_add_watch(0, path, IN_OPEN);
	CHECK(fd == -1 && errno == EINVAL);
	CHECK(read(in, &n, 1) == -1 && errno == EAGAIN);
	unlink(path), unlink(other);
}

int
main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	CHECK(in >= 0);
	wdir = inotify_add_watch(in, dir, IN_ALL_EVENTS);
	CHECK(wdir > 0);
	test_names();
	test_file();
	test_oneshot();
	CHECK_EQ(rmdir(dir), 0);
	close(in);
	return check_done();
}
