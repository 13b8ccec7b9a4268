/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that work in the same directories: create, rename between
 * directories, exchange, remove, read, look up.  For ThreadSanitizer, and for
 * deadlocks: the test ends.  At the end nothing must be left over.
 */
#include <pthread.h>
#include <stdlib.h>

#include "vfstest.h"

#define NTHREADS	4
#define ROUNDS		3000
#define NDIRS		4
#define NNAMES		5

static int pid;

static void
pick(char *buf, unsigned *seed)
{
	unsigned d = rand_r(seed) % NDIRS, n = rand_r(seed) % NNAMES;

	if (rand_r(seed) % 4 == 0)
		snprintf(buf, 64, "/w/d%u/d%u/n%u", d,
		    (unsigned)rand_r(seed) % NDIRS, n);
	else if (rand_r(seed) % 5 == 0)
		snprintf(buf, 64, "/w/d%u/d%u", d,
		    (unsigned)rand_r(seed) % NDIRS);
	else
		snprintf(buf, 64, "/w/d%u/n%u", d, n);
}

static void
rw(const char *path, unsigned *seed)
{
	char buf[300];
	int fd = rump_sys_open(path, O_RDWR | O_CREAT, 0644);

	if (fd < 0)
		return;
	memset(buf, 'a' + rand_r(seed) % 26, sizeof(buf));
	rump_sys_pwrite64(fd, buf, sizeof(buf), rand_r(seed) % 20000);
	rump_sys_pread64(fd, buf, sizeof(buf), rand_r(seed) % 20000);
	if (rand_r(seed) % 8 == 0)
		rump_sys_ftruncate(fd, rand_r(seed) % 9000);
	rump_sys_close(fd);
}

static void
list(const char *path)
{
	char buf[512] __attribute__((__aligned__(8)));
	int fd = rump_sys_open(path, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return;
	while (rump_sys_getdents64(fd, buf, sizeof(buf)) > 0)
		continue;
	rump_sys_close(fd);
}

static void
one(unsigned *seed)
{
	char a[64], b[64], cwd[200];
	struct stat st;

	pick(a, seed);
	pick(b, seed);
	switch (rand_r(seed) % 12) {
	case 0:
		rump_sys_mkdir(a, 0755);
		break;
	case 1:
		rump_sys_rmdir(a);
		break;
	case 2:
	case 3:
		rump_sys_rename(a, b);
		break;
	case 4:
		rump_sys_renameat2(AT_FDCWD, a, AT_FDCWD, b, 2);
		break;
	case 5:
		rump_sys_link(a, b);
		break;
	case 6:
		rump_sys_unlink(a);
		break;
	case 7:
		rump_sys_symlink(a, b);
		break;
	case 8:
		list("/w/d1");
		list("/u/x");
		break;
	case 9:
		rump_sys_stat(a, &st);
		rump_sys_getcwd(cwd, sizeof(cwd));
		rump_sys_stat("/u/x/y", &st);
		break;
	default:
		rw(a, seed);
	}
}

/* Mounts and unmounts under the others' feet. */
static void *
mounter(void *arg)
{
	int i;

	(void)arg;
	OK(rump_pub_lwproc_newlwp(pid));
	for (i = 0; i < ROUNDS / 10; i++) {
		OK(rump_sys_mount("u", "/u", "tmpfs", 0, NULL));
		rump_sys_mkdir("/u/x", 0755);
		touch("/u/x/y");
		while (rump_sys_umount2("/u", 0) != 0)
			CHECK_EQ(errno, EBUSY);
	}
	rump_pub_lwproc_releaselwp();
	return NULL;
}

static void *
worker(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	int i;

	OK(rump_pub_lwproc_newlwp(pid));
	for (i = 0; i < ROUNDS; i++)
		one(&seed);
	rump_pub_lwproc_releaselwp();
	return NULL;
}

/* rm -r; what was cut off by an exchange is still below /w. */
static void
removeall(const char *dir)
{
	char buf[1024] __attribute__((__aligned__(8))), path[1000], *d;
	int fd, n, off;

	for (;;) {
		CHECK((fd = rump_sys_open(dir, O_RDONLY, 0)) >= 0);
		n = rump_sys_getdents64(fd, buf, sizeof(buf));
		rump_sys_close(fd);
		if (n <= 48)		/* "." and ".." */
			break;
		for (off = 0; off < n; off += *(uint16_t *)(buf + off + 16)) {
			d = buf + off + 19;
			if (strcmp(d, ".") == 0 || strcmp(d, "..") == 0)
				continue;
			CHECK(snprintf(path, sizeof(path), "%s/%s", dir, d) <
			    (int)sizeof(path));
			if (buf[off + 18] == 4)
				removeall(path);
			else
				OK(rump_sys_unlink(path));
		}
	}
	if (strcmp(dir, "/w") != 0)
		OK(rump_sys_rmdir(dir));
}

int
main(void)
{
	pthread_t t[NTHREADS + 1];
	struct stat st;
	char path[64];
	long i;

	REQUIRE(start() == 0);
	pid = rump_sys_getpid();
	OK(rump_sys_mkdir("/u", 0755));
	OK(rump_sys_mkdir("/w", 0755));
	OK(rump_sys_mount("w", "/w", "tmpfs", 0, NULL));
	for (i = 0; i < NDIRS; i++) {
		snprintf(path, sizeof(path), "/w/d%ld", i);
		OK(rump_sys_mkdir(path, 0755));
	}
	OK(rump_sys_chdir("/w/d0"));
	for (i = 0; i < NTHREADS; i++)
		pthread_create(&t[i], NULL, worker, (void *)(i + 1));
	pthread_create(&t[i], NULL, mounter, NULL);
	for (i = 0; i <= NTHREADS; i++)
		pthread_join(t[i], NULL);
	OK(rump_sys_chdir("/"));
	removeall("/w");
	OK(rump_sys_stat("/w", &st));
	CHECK_EQ(st.st_nlink, 2);
	/* fails when a reference was lost or memory is not accounted for */
	OK(rump_sys_umount2("/w", 0));
	return check_done();
}
