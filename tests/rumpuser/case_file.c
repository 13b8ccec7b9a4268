/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases: files and block I/O.  The parameter RUMPUSER_TEST_DISK names a disk
 * or file that may be overwritten, a multiple of 512 and at least 1 MiB long
 * (without it: ld0); RUMPUSER_TEST_DIR a writable directory.  What is not
 * there is not tested, and said.
 */
#include <stdio.h>
#include <string.h>

#include "conform.h"

#define BSIZE	4096
#define NREQ	64

static char disk[128], dir[128];

static int
open_close(const char *path, int mode)
{
	int error, fd = -1;

	T_BALANCED(error = rumpuser_open(path, mode, &fd));
	if (error == 0) {
		T_CHECK(fd >= 0);
		T_BALANCED(T_EQ(rumpuser_close(fd), 0));
	}
	return error;
}

static void
file_names(void)
{
	uint64_t size = 99;
	char path[160];
	int fd, type = 99;

	snprintf(path, sizeof(path), "%s/new", dir);
	T_EQ(open_close(path, RUMPUSER_OPEN_RDWR), T_ENOENT);
	T_EQ(rumpuser_getfileinfo(path, NULL, NULL), T_ENOENT);
	T_EQ(open_close(path, RUMPUSER_OPEN_WRONLY | RUMPUSER_OPEN_CREATE |
	    RUMPUSER_OPEN_EXCL), 0);
	T_EQ(open_close(path, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE |
	    RUMPUSER_OPEN_EXCL), T_EEXIST);
	T_EQ(open_close(path, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE), 0);
	T_ERROR(open_close(path, RUMPUSER_OPEN_ACCMODE));
	T_EQ(rumpuser_getfileinfo(path, &size, &type), 0);
	T_EQ(size, 0);
	T_EQ(type, RUMPUSER_FT_REG);
	T_EQ(rumpuser_getfileinfo(dir, NULL, &type), 0);
	T_EQ(type, RUMPUSER_FT_DIR);
	T_EQ(rumpuser_open(path, RUMPUSER_OPEN_RDONLY, &fd), 0);
	T_EQ(rumpuser_close(fd), 0);
	T_ERROR(rumpuser_close(fd));
}

static void
file_noseek(void)
{
	char path[160], buf[16] = "0123456789";
	struct rumpuser_iovec iov[3] = {
		{ buf, 4 }, { buf + 4, 0 }, { buf + 4, 6 }
	};
	size_t done = 99;
	int fd;

	snprintf(path, sizeof(path), "%s/new", dir);
	T_EQ(rumpuser_open(path, RUMPUSER_OPEN_RDWR, &fd), 0);
	T_EQ(rumpuser_iovwrite(fd, iov, 3, RUMPUSER_IOV_NOSEEK, &done), 0);
	T_EQ(done, 10);
	T_EQ(rumpuser_iovread(fd, iov, 3, RUMPUSER_IOV_NOSEEK, &done), 0);
	T_EQ(done, 0);
	memset(buf, 0, sizeof(buf));
	iov[0].iov_len = 2;
	T_EQ(rumpuser_iovread(fd, iov, 1, 8, &done), 0);
	T_EQ(done, 2);
	T_EQ(memcmp(buf, "89", 2), 0);
	T_ERROR(rumpuser_iovread(fd, iov, 1, -2, &done));
	T_EQ(rumpuser_close(fd), 0);
}

static void
fill(unsigned char *p, size_t len, unsigned seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = seed * 31 + i * 7 + (i >> 9);
}

static int
filled(const unsigned char *p, size_t len, unsigned seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != (unsigned char)(seed * 31 + i * 7 + (i >> 9)))
			return 0;
	return 1;
}

static void
file_disk(void)
{
	static unsigned char a[4 * 512], b[4 * 512];
	struct rumpuser_iovec iov[2] = { { a, 512 }, { a + 512, 3 * 512 } };
	uint64_t size = 0;
	size_t done = 0;
	int error = 0, fd = -1, type = -1;

	T_BALANCED(error = rumpuser_getfileinfo(disk, &size, &type));
	T_EQ(error, 0);
	T_CHECK(type == RUMPUSER_FT_REG || type == RUMPUSER_FT_BLK);
	T_CHECK(size >= 1 << 20);
	T_EQ(rumpuser_open(disk, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_BIO, &fd),
	    0);
	fill(a, sizeof(a), 5);
	T_BALANCED(error = rumpuser_iovwrite(fd, iov, 2, 8192, &done));
	T_EQ(error, 0);
	T_EQ(done, sizeof(a));
	iov[0].iov_base = b;
	iov[1].iov_base = b + 512;
	T_BALANCED(error = rumpuser_iovread(fd, iov, 2, 8192, &done));
	T_EQ(error, 0);
	T_EQ(done, sizeof(b));
	T_CHECK(filled(b, sizeof(b), 5));

	T_BALANCED(error = rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE |
	    RUMPUSER_SYNCFD_SYNC, 0, 0));
	T_EQ(error, 0);
	T_EQ(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_BOTH |
	    RUMPUSER_SYNCFD_BARRIER, 8192, 512), 0);
	T_EQ(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_READ, 0, 0), 0);
	T_EQ(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE, 0, 0), 0);
	T_ERROR(rumpuser_syncfd(fd, 0, 0, 0));
	T_EQ(rumpuser_close(fd), 0);
	T_ERROR(rumpuser_syncfd(1 << 20, RUMPUSER_SYNCFD_WRITE |
	    RUMPUSER_SYNCFD_SYNC, 0, 0));
	T_ERROR(rumpuser_iovread(1 << 20, iov, 1, 0, &done));
	T_ERROR(rumpuser_iovwrite(1 << 20, iov, 1, 0, &done));
}

void
case_file(void)
{
	static char longname[5000];

	memset(longname, 'x', sizeof(longname) - 1);
	T_ERROR(open_close(longname, RUMPUSER_OPEN_RDONLY));
	T_ERROR(rumpuser_getfileinfo(longname, NULL, NULL));
	T_EQ(open_close("no such disk", RUMPUSER_OPEN_RDWR), T_ENOENT);
	T_EQ(rumpuser_getfileinfo("no such disk", NULL, NULL), T_ENOENT);
	if (rumpuser_getparam("RUMPUSER_TEST_DIR", dir, sizeof(dir)) == 0) {
		file_names();
		file_noseek();
	} else {
		rumpuser_dprintf("rumpuser: no files, not tested\n");
	}
	if (rumpuser_getparam("RUMPUSER_TEST_DISK", disk, sizeof(disk)) != 0 &&
	    rumpuser_getfileinfo("ld0", NULL, NULL) == 0)
		memcpy(disk, "ld0", 4);
	if (disk[0] != '\0')
		file_disk();
	else
		rumpuser_dprintf("rumpuser: no disk, not tested\n");
}

struct request {
	unsigned char	 rq_data[BSIZE];
	size_t		 rq_done;
	int		 rq_error;
	int		 rq_calls;	/* [bio_mtx] */
};

static struct rumpuser_mtx *bio_mtx;
static struct rumpuser_cv *bio_cv;
static int bio_ndone;			/* [bio_mtx] */
static struct request reqs[NREQ];

static void
bio_done(void *arg, size_t done, int error)
{
	struct request *rq = arg;

	T_CHECK(fake_self() != NULL && fake_self()->l_holds == 1);
	rumpuser_mutex_enter(bio_mtx);
	rq->rq_done = done;
	rq->rq_error = error;
	rq->rq_calls++;
	bio_ndone++;
	rumpuser_cv_signal(bio_cv);
	rumpuser_mutex_exit(bio_mtx);
}

/* Waits for n requests, 60 s at most. */
static void
bio_wait(int n)
{
	int error = 0;

	rumpuser_mutex_enter(bio_mtx);
	while (bio_ndone < n && error == 0)
		error = rumpuser_cv_timedwait(bio_cv, bio_mtx, 60, 0);
	T_EQ(bio_ndone, n);
	bio_ndone = 0;
	rumpuser_mutex_exit(bio_mtx);
}

static int
bio_one(int fd, int op, size_t len, int64_t off, size_t *donep)
{
	struct request *rq = &reqs[0];

	rq->rq_calls = 0;
	T_BALANCED(rumpuser_bio(fd, op, rq->rq_data, len, off, bio_done, rq));
	bio_wait(1);
	T_EQ(rq->rq_calls, 1);
	*donep = rq->rq_done;
	return rq->rq_error;
}

/* All at once, in no order; written first, then read. */
static void
bio_many(int fd, int op)
{
	int i, k;

	for (i = 0; i < NREQ; i++) {
		k = i * 37 % NREQ;
		if (op & RUMPUSER_BIO_WRITE)
			fill(reqs[k].rq_data, BSIZE, k);
		else
			memset(reqs[k].rq_data, 0, BSIZE);
		reqs[k].rq_calls = 0;
		T_BALANCED(rumpuser_bio(fd, op, reqs[k].rq_data, BSIZE,
		    (int64_t)k * BSIZE, bio_done, &reqs[k]));
	}
	bio_wait(NREQ);
	for (i = 0; i < NREQ; i++) {
		T_EQ(reqs[i].rq_calls, 1);
		T_EQ(reqs[i].rq_error, 0);
		T_EQ(reqs[i].rq_done, BSIZE);
		T_CHECK(filled(reqs[i].rq_data, BSIZE, i));
	}
}

void
case_bio(void)
{
	uint64_t size = 0;
	size_t done = 99;
	int error, fd = -1;

	if (disk[0] == '\0')
		return;
	rumpuser_mutex_init(&bio_mtx, RUMPUSER_MTX_KMUTEX);
	rumpuser_cv_init(&bio_cv);
	T_EQ(rumpuser_getfileinfo(disk, &size, NULL), 0);
	T_EQ(rumpuser_open(disk, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_BIO, &fd),
	    0);
	bio_many(fd, RUMPUSER_BIO_WRITE);
	bio_many(fd, RUMPUSER_BIO_READ);
	bio_many(fd, RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC);
	fake_setncpu(3);
	bio_many(fd, RUMPUSER_BIO_READ);
	fake_setncpu(1);

	/* The last sector, across the end, behind it. */
	T_EQ(bio_one(fd, RUMPUSER_BIO_READ, 512, size - 512, &done), 0);
	T_EQ(done, 512);
	error = bio_one(fd, RUMPUSER_BIO_READ, 1024, size - 512, &done);
	T_CHECK(error != 0 || done == 512);
	error = bio_one(fd, RUMPUSER_BIO_READ, 512, size, &done);
	T_EQ(done, 0);
	T_ERROR(bio_one(fd, RUMPUSER_BIO_READ, 512, -512, &done));
	T_EQ(done, 0);
	T_EQ(rumpuser_close(fd), 0);
	T_ERROR(bio_one(1 << 20, RUMPUSER_BIO_READ, 512, 0, &done));
	T_EQ(done, 0);
	T_ERROR(bio_one(1 << 20, RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC, 512,
	    0, &done));
	rumpuser_cv_destroy(bio_cv);
	rumpuser_mutex_destroy(bio_mtx);
}
