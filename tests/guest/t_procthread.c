/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc of a thread: descriptors are the process's.  The times of the system
 * only grow, also while this program takes all of them.  Runs on Linux, too.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../check.h"

static void *
thread(void *arg)
{
	struct stat st, want;
	char path[64], to[64] = "";
	int fd = *(int *)arg, again, n = 0;
	struct dirent *d;
	DIR *dir;

	CHECK_EQ(fstat(fd, &want), 0);
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	CHECK((again = open(path, O_RDONLY)) >= 0);
	CHECK_EQ(fstat(again, &st), 0);
	CHECK(st.st_ino == want.st_ino && st.st_dev == want.st_dev);
	close(again);
	CHECK_EQ(readlink(path, to, sizeof(to) - 1), 1);
	CHECK(strcmp(to, "/") == 0);
	snprintf(path, sizeof(path), "/proc/%d/task/%ld/fdinfo/%d", getpid(),
	    syscall(SYS_gettid), fd);
	CHECK((again = open(path, O_RDONLY)) >= 0);
	CHECK(read(again, to, 4) == 4 && memcmp(to, "pos:", 4) == 0);
	close(again);
	CHECK((dir = opendir("/proc/thread-self/fd")) != NULL);
	snprintf(path, sizeof(path), "%d", fd);
	while ((d = readdir(dir)) != NULL)
		n += strcmp(d->d_name, path) == 0;
	closedir(dir);
	CHECK_EQ(n, 1);
	/* The name of a file of /proc, too. */
	CHECK((again = open("/proc/self/status", O_RDONLY)) >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", again);
	memset(to, 0, sizeof(to));
	CHECK(readlink(path, to, sizeof(to) - 1) > 0);
	snprintf(path, sizeof(path), "/proc/%d/status", getpid());
	CHECK(strcmp(to, path) == 0);
	close(again);
	CHECK_EQ(open("/proc/thread-self/fd/1234", O_RDONLY), -1);
	return NULL;
}

/* Since the start; of programs.  Of the idle ones Linux is not so sure. */
static void
ticks(double *up, long *busy)
{
	char line[256];
	FILE *f;

	CHECK((f = fopen("/proc/uptime", "r")) != NULL);
	CHECK_EQ(fscanf(f, "%lf", up), 1);
	fclose(f);
	CHECK((f = fopen("/proc/stat", "r")) != NULL);
	CHECK(fgets(line, sizeof(line), f) != NULL);
	fclose(f);
	CHECK_EQ(sscanf(line, "cpu %ld", busy), 1);
}

int
main(void)
{
	long busy, lastbusy;
	double up, lastup;
	pthread_t t;
	int fd, i;

	CHECK((fd = open("/", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK_EQ(pthread_create(&t, NULL, thread, &fd), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	ticks(&lastup, &lastbusy);
	for (i = 0; i < 2000; i++) {
		ticks(&up, &busy);
		CHECK(up >= lastup && busy >= lastbusy);
		lastup = up;
		lastbusy = busy;
	}
	return 0;
}
