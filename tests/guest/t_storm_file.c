/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Storms of files: 64 threads rename, link, make and remove the same names,
 * read a big directory while others change it, append to one file, watch, cut
 * and punch, and start what is no program.  Errors are those that a race
 * allows, nothing is lost or left, memory stays flat.  At the end a file
 * system is filled to its end twice.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include "storm.h"

#define NAMES	16
#define BIG	300		/* names that stay in the big directory */
#define RECORD	16

static char top[64];
static long appended;

static const char *
name(char *buf, const char *fmt, int a, int b)
{

	snprintf(buf, 64, fmt, a, b);
	return buf;
}

static void
names(struct worker *w)
{
	char a[64], b[64];
	struct stat st;
	int i, fd;

	for (i = 0; i < 8; i++) {
		name(a, "names/%d", (int)rnd(w, NAMES), 0);
		name(b, "names/%d", (int)rnd(w, NAMES), 0);
		switch (rnd(w, 5)) {
		case 0:
			fd = open(a, O_RDWR | O_CREAT, 0600);
			WRONG(fd < 0);
			WRONG(write(fd, a, 8) != 8 || close(fd) != 0);
			break;
		case 1:
			WRONG(rename(a, b) != 0 && errno != ENOENT);
			break;
		case 2:
			WRONG(link(a, b) != 0 && errno != ENOENT &&
			    errno != EEXIST);
			break;
		case 3:
			WRONG(unlink(a) != 0 && errno != ENOENT);
			break;
		default:
			if (stat(a, &st) != 0)
				WRONG(errno != ENOENT);
			else
				WRONG(!S_ISREG(st.st_mode) ||
				    st.st_nlink > NAMES);
		}
	}
}

static void
dirs(struct worker *w)
{
	char a[64], b[64];
	int i, fd;

	for (i = 0; i < 6; i++) {
		name(a, "dirs/%d", (int)rnd(w, 4), 0);
		name(b, "dirs/%d/%d", (int)rnd(w, 4), (int)rnd(w, 3));
		switch (rnd(w, 6)) {
		case 0:
			WRONG(mkdir(a, 0700) != 0 && errno != EEXIST);
			break;
		case 1:
			WRONG(rmdir(a) != 0 && errno != ENOENT &&
			    errno != ENOTEMPTY);
			break;
		case 2:
			if ((fd = open(b, O_CREAT | O_WRONLY, 0600)) >= 0)
				WRONG(close(fd) != 0);
			else
				WRONG(errno != ENOENT);
			break;
		case 3:
			WRONG(unlink(b) != 0 && errno != ENOENT);
			break;
		case 4:
			WRONG(rename(a, "dirs/other") != 0 &&
			    errno != ENOENT && errno != ENOTEMPTY &&
			    errno != EEXIST);
			break;
		default:
			WRONG(rename("dirs/other", a) != 0 &&
			    errno != ENOENT && errno != ENOTEMPTY &&
			    errno != EEXIST);
		}
	}
}

/* What is there all the time is seen, once. */
static void
list(struct worker *w)
{
	unsigned char seen[BIG] = { 0 };
	DIR *d = opendir("big");
	struct dirent *de;
	int i, n = 0, e;

	(void)w;
	WRONG(d == NULL);
	while (d != NULL && (errno = 0, de = readdir(d)) != NULL)
		if (de->d_name[0] == 'p' &&
		    (i = atoi(de->d_name + 1)) >= 0 && i < BIG) {
			n++;
			WRONG(seen[i]++ != 0);
		}
	e = errno;
	WRONG(e != 0);
	WRONG(n != BIG);
	WRONG(d != NULL && closedir(d) != 0);
}

static void
churn(struct worker *w)
{
	char a[64], b[64];
	int i, fd;

	for (i = 0; i < 8; i++) {
		name(a, "big/t%d-%d", w->w_id, i);
		name(b, "big/u%d-%d", w->w_id, i);
		fd = open(a, O_CREAT | O_EXCL | O_WRONLY, 0600);
		WRONG(fd < 0 || close(fd) != 0);
		WRONG(rnd(w, 2) && (link(a, b) != 0 || unlink(b) != 0));
	}
	for (i = 0; i < 8; i++)
		WRONG(unlink(name(a, "big/t%d-%d", w->w_id, i)) != 0);
}

static void
append(struct worker *w)
{
	char rec[RECORD];
	int fd = open("log", O_WRONLY | O_APPEND);

	memset(rec, 'a' + w->w_id % 26, sizeof(rec));
	WRONG(fd < 0 || write(fd, rec, sizeof(rec)) != sizeof(rec));
	PLUS(appended, 1);
	WRONG(close(fd) != 0);
}

static void
watch(struct worker *w)
{
	char dir[64], a[64];
	union { struct inotify_event ev; char room[512]; } u;
	int in = inotify_init1(IN_CLOEXEC), wd, fd;

	if (in < 0) {
		WRONG(errno != EMFILE);		/* Linux allows 128 */
		return;
	}
	name(dir, "watched%d", w->w_id, 0);
	WRONG(mkdir(dir, 0700) != 0);
	wd = inotify_add_watch(in, dir, IN_CREATE | IN_DELETE_SELF);
	WRONG(wd < 0);
	name(a, "watched%d/file", w->w_id, 0);
	fd = open(a, O_CREAT | O_WRONLY, 0600);
	WRONG(fd < 0 || close(fd) != 0);
	WRONG(read(in, &u, sizeof(u)) < (ssize_t)sizeof(u.ev));
	WRONG(u.ev.mask != IN_CREATE || strcmp(u.ev.name, "file") != 0);
	WRONG(unlink(a) != 0 || rmdir(dir) != 0);
	WRONG(read(in, &u, sizeof(u)) < (ssize_t)sizeof(u.ev));
	WRONG((u.ev.mask & IN_DELETE_SELF) == 0 || u.ev.wd != wd);
	WRONG(close(in) != 0);
}

static void
cut(struct worker *w)
{
	char a[64], buf[4096], zero[4096] = { 0 };
	int fd, i = (int)rnd(w, 7);

	fd = open(name(a, "cut%d", w->w_id, 0), O_RDWR | O_CREAT | O_EXCL,
	    0600);
	WRONG(fd < 0);
	memset(buf, w->w_id + 1, sizeof(buf));
	WRONG(pwrite(fd, buf, sizeof(buf), i * 4096) != sizeof(buf));
	WRONG(ftruncate(fd, 8 * 4096) != 0);
	WRONG(pread(fd, buf, sizeof(buf), 7 * 4096) != sizeof(buf) ||
	    memcmp(buf, zero, sizeof(buf)) != 0);
	WRONG(pread(fd, buf, sizeof(buf), i * 4096) != sizeof(buf) ||
	    buf[0] != (char)(w->w_id + 1));
	WRONG(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	    i * 4096 + 100, 1000) != 0 && errno != EOPNOTSUPP);
	WRONG(pread(fd, buf, 200, i * 4096) != 200 ||
	    buf[99] != (char)(w->w_id + 1));
	WRONG(ftruncate(fd, 1) != 0 || lseek(fd, 0, SEEK_END) != 1);
	WRONG(close(fd) != 0 || unlink(a) != 0);
}

static void
copies(struct worker *w)
{
	int fd = open("log", O_RDONLY), fds[8], i;
	struct stat a, b;

	(void)w;
	WRONG(fd < 0 || fstat(fd, &a) != 0);
	for (i = 0; i < 8; i++)
		WRONG((fds[i] = i % 2 ? dup(fd) :
		    fcntl(fd, F_DUPFD_CLOEXEC, 100)) < 0);
	WRONG(close(fd) != 0);
	WRONG(fstat(fds[7], &b) != 0 || a.st_ino != b.st_ino);
	for (i = 0; i < 8; i++)
		WRONG(close(fds[i]) != 0);
}

/* None of these starts, and each says why. */
static void
noprogram(struct worker *w)
{
	static const struct { const char *path; int error; } bad[] = {
		{ "nothing/at/all", ENOENT }, { "big", EACCES },
		{ "big/p1", EACCES }, { "garbage", ENOEXEC },
		{ "garbage/x", ENOTDIR },
	};
	unsigned i = rnd(w, sizeof(bad) / sizeof(bad[0]));
	char path[160], *argv[] = { path, NULL };
	int e, status;
	pid_t pid = 0;

	snprintf(path, sizeof(path), "%s/%s", top, bad[i].path);
	e = posix_spawn(&pid, path, NULL, NULL, argv, argv + 1);
	WRONG((errno = e) != bad[i].error);
	if (e == 0)
		waitpid(pid, &status, 0);
}

static void
after(void)
{
	char a[64], buf[4096];
	struct stat st;
	long n = 0, got;
	int i, k, fd;

	for (i = 0; i < NAMES; i++)
		CHECK(unlink(name(a, "names/%d", i, 0)) == 0 ||
		    errno == ENOENT);
	CHECK_EQ(rmdir("names"), 0);		/* nothing else is in it */
	CHECK_EQ(mkdir("names", 0700), 0);
	for (i = 0; i <= 4; i++) {
		for (k = 0; k < 3; k++)
			(void)unlink(i < 4 ? name(a, "dirs/%d/%d", i, k) :
			    name(a, "dirs/other/%d", k, 0));
		CHECK(rmdir(i < 4 ? name(a, "dirs/%d", i, 0) : "dirs/other") ==
		    0 || errno == ENOENT);
	}
	CHECK(stat("dirs", &st) == 0);
	CHECK_EQ(rmdir("dirs"), 0);
	CHECK_EQ(mkdir("dirs", 0700), 0);
	fd = open("log", O_RDONLY);
	while ((got = read(fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < got; i += RECORD, n++)
			if (buf[i] != buf[i + RECORD - 1] || buf[i] < 'a')
				CHECK_EQ(n, -1);
	CHECK_EQ(n, appended);
	appended = 0;
	close(fd);
	CHECK_EQ(truncate("log", 0), 0);
}

/* How many files of a page there can be, until there is room no more. */
static int
fill(void)
{
	char a[64], page[4096];
	int n, fd, i;

	memset(page, 1, sizeof(page));
	for (n = 0; n < 100000; n++) {
		fd = open(name(a, "full/%d", n, 0), O_CREAT | O_WRONLY, 0600);
		if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page))
			break;
		close(fd);
	}
	CHECK_EQ(errno, ENOSPC);
	/* What is there can be read, renamed and made shorter. */
	CHECK(n > 0 && rename("full/0", "full/r") == 0 &&
	    rename("full/r", "full/0") == 0 && truncate("full/0", 0) == 0);
	if (fd >= 0)
		close(fd);
	for (i = 0; i <= n; i++)
		CHECK(unlink(name(a, "full/%d", i, 0)) == 0 ||
		    (i == n && errno == ENOENT));
	return n;
}

static void
full(void)
{
	struct statvfs before, now;
	long used;
	int n;

	CHECK_EQ(mkdir("full", 0700), 0);
#ifdef __GLIBC__
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		printf("skip mount: no privilege\n");
		rmdir("full");
		return;
	}
#endif
	CHECK_EQ(mount("none", "full", "tmpfs", 0, "size=8m"), 0);
	CHECK_EQ(statvfs("full", &before), 0);
	used = memory();
	n = fill();
	CHECK(n > 1024 && n <= 2048);
	CHECK_EQ(fill(), n);
	CHECK_EQ(statvfs("full", &now), 0);
	CHECK_EQ(now.f_bfree, before.f_bfree);
	CHECK_EQ(now.f_ffree, before.f_ffree);
	CHECK(memory() - used <= SLACK);	/* all came back */
	CHECK_EQ(umount("full"), 0);
	CHECK_EQ(rmdir("full"), 0);
}

static int
prepare(void)
{
	char a[64];
	int i, fd;

	snprintf(top, sizeof(top), "/tmp/storm.%d", (int)getpid());
	REQUIRE(mkdir(top, 0700) == 0 && chdir(top) == 0);
	REQUIRE(mkdir("names", 0700) == 0 && mkdir("dirs", 0700) == 0 &&
	    mkdir("big", 0700) == 0);
	for (i = 0; i < BIG; i++) {
		fd = open(name(a, "big/p%d", i, 0), O_CREAT | O_WRONLY, 0600);
		REQUIRE(fd >= 0 && close(fd) == 0);
	}
	REQUIRE((fd = open("log", O_CREAT | O_WRONLY, 0600)) >= 0);
	close(fd);
	REQUIRE((fd = open("garbage", O_CREAT | O_WRONLY, 0700)) >= 0);
	REQUIRE(write(fd, "\001\002\003 no program\n", 15) == 15);
	close(fd);
	return 0;
}

static void
cleanup(void)
{
	char a[64];
	int i;

	for (i = 0; i < BIG; i++)
		CHECK_EQ(unlink(name(a, "big/p%d", i, 0)), 0);
	CHECK_EQ(rmdir("big"), 0);
	CHECK_EQ(rmdir("names"), 0);
	CHECK_EQ(rmdir("dirs"), 0);
	CHECK_EQ(unlink("log"), 0);
	CHECK_EQ(unlink("garbage"), 0);
	CHECK(chdir("/") == 0 && rmdir(top) == 0);
}

int
main(void)
{
	static struct storm all[] = {
		{ "names", names, 0 }, { "dirs", dirs, 0 },
		{ "list", list, 0 }, { "churn", churn, 0 },
		{ "append", append, 0 }, { "watch", watch, 0 },
		{ "cut", cut, 0 }, { "copies", copies, 0 },
		{ "noprogram", noprogram, 0 },
	};
	int rc;

	if (prepare() != 0)
		return 1;
	rc = storm_run(all, sizeof(all) / sizeof(*all), after);
	full();
	cleanup();
	return check_done() || rc;
}
