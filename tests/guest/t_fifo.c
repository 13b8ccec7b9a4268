/* SPDX-License-Identifier: BSD-2-Clause */
/* FIFOs, as fifo(7) and POSIX have them; all of it also holds on Linux. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"

#define NAME	"/tmp/t_fifo"

static volatile int opened;

static void *
opener(void *arg)
{
	int fd = open(NAME, (int)(long)arg);

	__atomic_store_n(&opened, 1, __ATOMIC_SEQ_CST);
	return (void *)(long)fd;
}

/* An open that waits for the other end. */
static void
meet(int mine, int theirs)
{
	pthread_t t;
	void *r;
	int fd;

	opened = 0;
	CHECK(pthread_create(&t, NULL, opener, (void *)(long)mine) == 0);
	usleep(20000);
	CHECK_EQ(opened, 0);
	fd = open(NAME, theirs);
	CHECK(fd >= 0);
	pthread_join(t, &r);
	CHECK((long)r >= 0);
	close((int)(long)r);
	close(fd);
}

static void
nonblocking(void)
{
	struct pollfd pf = { .events = POLLIN };
	char b[8];
	int r, w;

	CHECK(open(NAME, O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO);
	r = open(NAME, O_RDONLY | O_NONBLOCK);
	CHECK(r >= 0);
	/* nobody has written yet: the end, but no hang-up */
	CHECK_EQ(read(r, b, 1), 0);
	pf.fd = r;
	CHECK_EQ(poll(&pf, 1, 0), 0);
	w = open(NAME, O_WRONLY | O_NONBLOCK);
	CHECK(w >= 0);
	CHECK(read(r, b, 1) == -1 && errno == EAGAIN);
	CHECK(write(w, "abc", 3) == 3);
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == POLLIN);
	CHECK(read(r, b, 8) == 3 && memcmp(b, "abc", 3) == 0);
	close(w);
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == POLLHUP);
	CHECK_EQ(read(r, b, 1), 0);
	/* and again */
	w = open(NAME, O_WRONLY);
	CHECK(w >= 0 && poll(&pf, 1, 0) == 0);
	close(r);
	CHECK(write(w, "x", 1) == -1 && errno == EPIPE);
	close(w);
}

static void
readwrite(void)
{
	int fd = open(NAME, O_RDWR), w;
	struct pollfd pf = { .fd = fd, .events = POLLIN | POLLOUT };
	char b[8];

	CHECK(fd >= 0);
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == POLLOUT);
	CHECK(write(fd, "hello", 5) == 5);
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == (POLLIN | POLLOUT));
	CHECK(read(fd, b, 8) == 5);
	w = open(NAME, O_WRONLY);
	CHECK(w >= 0 && write(w, "2", 1) == 1 && read(fd, b, 8) == 1);
	CHECK(write(w, "lost", 4) == 4);
	close(w);
	close(fd);
	/* what was left is gone with the last one */
	fd = open(NAME, O_RDONLY | O_NONBLOCK);
	CHECK(read(fd, b, 8) == 0);
	close(fd);
}

static void
inode(void)
{
	int fd = open(NAME, O_RDWR);
	struct stat a, b;

	CHECK(fstat(fd, &a) == 0 && stat(NAME, &b) == 0);
	CHECK(S_ISFIFO(a.st_mode) && (a.st_mode & 0777) == 0640);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK(fchmod(fd, 0600) == 0 && stat(NAME, &b) == 0);
	CHECK_EQ(b.st_mode & 0777, 0600);
	CHECK(lseek(fd, 0, SEEK_CUR) == -1 && errno == ESPIPE);
	CHECK(ftruncate(fd, 0) == -1 && errno == EINVAL);
	CHECK(truncate(NAME, 0) == -1 && errno == EINVAL);
	CHECK(open(NAME, O_RDWR | O_DIRECTORY) == -1 && errno == ENOTDIR);
	/* a name that goes leaves the pipe */
	CHECK(unlink(NAME) == 0);
	CHECK(write(fd, "q", 1) == 1 && fstat(fd, &a) == 0);
	CHECK_EQ(a.st_nlink, 0);
	close(fd);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	unlink(NAME);
	CHECK(mkfifo(NAME, 0640) == 0);
	CHECK(mkfifo(NAME, 0640) == -1 && errno == EEXIST);
	meet(O_RDONLY, O_WRONLY);
	meet(O_WRONLY, O_RDONLY);
	nonblocking();
	readwrite();
	inode();
	CHECK(mknod(NAME, S_IFIFO | 0600, 0) == 0);
	meet(O_RDONLY, O_RDWR);
	unlink(NAME);
	return check_done();
}
