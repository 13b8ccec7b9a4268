/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block I/O: a queue and up to BIO_MAXWORKERS threads that live on.  A worker
 * is started when a request finds none idle.  Without memory for a request,
 * or without any worker, the caller does the transfer itself.
 *
 * bio_lock guards the queue; it is a leaf, and free during I/O and upcalls.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "posix_user.h"

#define BIO_MAXWORKERS	8

struct bio {
	struct bio	*bio_next;
	rump_biodone_fn	 bio_donefn;
	void		*bio_arg;
	char		*bio_data;
	size_t		 bio_len;
	int64_t		 bio_off;
	int		 bio_fd;
	int		 bio_op;
};

static pthread_mutex_t bio_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bio_cond = PTHREAD_COND_INITIALIZER;
static struct bio *bio_head, **bio_tailp = &bio_head;	/* [bio_lock] */
static unsigned bio_nworkers, bio_nidle;		/* [bio_lock] */

static int
bio_transfer(const struct bio *bio, size_t *donep)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < bio->bio_len) {
		if (bio->bio_op & RUMPUSER_BIO_READ)
			n = pread(bio->bio_fd, bio->bio_data + done,
			    bio->bio_len - done, bio->bio_off + done);
		else
			n = pwrite(bio->bio_fd, bio->bio_data + done,
			    bio->bio_len - done, bio->bio_off + done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	*donep = done;
	if (done < bio->bio_len && n == -1)
		return posix_errno(errno);
	if ((bio->bio_op & RUMPUSER_BIO_SYNC) && fdatasync(bio->bio_fd) == -1)
		return posix_errno(errno);
	return 0;
}

static void *
bio_worker(void *arg)
{
	struct bio *bio;
	size_t done;
	int error;

	(void)arg;
	POSIX_NOFAIL(pthread_mutex_lock(&bio_lock));
	for (;;) {
		while ((bio = bio_head) == NULL) {
			bio_nidle++;
			POSIX_NOFAIL(pthread_cond_wait(&bio_cond, &bio_lock));
			bio_nidle--;
		}
		if ((bio_head = bio->bio_next) == NULL)
			bio_tailp = &bio_head;
		POSIX_NOFAIL(pthread_mutex_unlock(&bio_lock));

		error = bio_transfer(bio, &done);
		posix_up.hyp_schedule();
		bio->bio_donefn(bio->bio_arg, done, error);
		posix_up.hyp_unschedule();
		free(bio);
		POSIX_NOFAIL(pthread_mutex_lock(&bio_lock));
	}
	return NULL;
}

/* Caller holds bio_lock.  Another worker when none is idle; errors are not. */
static void
bio_addworker(void)
{
	pthread_attr_t attr;
	pthread_t pt;

	if (bio_nworkers == BIO_MAXWORKERS || pthread_attr_init(&attr) != 0)
		return;
	POSIX_NOFAIL(pthread_attr_setdetachstate(&attr,
	    PTHREAD_CREATE_DETACHED));
	if (pthread_create(&pt, &attr, bio_worker, NULL) == 0)
		bio_nworkers++;
	(void)pthread_attr_destroy(&attr);
}

/* Returns 0 when nobody is there to take the request. */
static int
bio_enqueue(struct bio *bio)
{
	int queued;

	POSIX_NOFAIL(pthread_mutex_lock(&bio_lock));
	if (bio_nidle == 0 || bio_head != NULL)
		bio_addworker();
	queued = bio_nworkers != 0;
	if (queued) {
		*bio_tailp = bio;
		bio_tailp = &bio->bio_next;
		POSIX_NOFAIL(pthread_cond_signal(&bio_cond));
	}
	POSIX_NOFAIL(pthread_mutex_unlock(&bio_lock));
	return queued;
}

void
rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off,
    rump_biodone_fn donefn, void *arg)
{
	struct bio here = {
		.bio_donefn = donefn, .bio_arg = arg, .bio_data = data,
		.bio_len = len, .bio_off = off, .bio_fd = fd, .bio_op = op
	}, *bio;
	int dir = op & (RUMPUSER_BIO_READ | RUMPUSER_BIO_WRITE);
	int error, nlocks;
	size_t done;

	if ((dir != RUMPUSER_BIO_READ && dir != RUMPUSER_BIO_WRITE) ||
	    len % 512 != 0 || off < 0 || len > (uint64_t)(INT64_MAX - off)) {
		donefn(arg, 0, EINVAL);
		return;
	}
	bio = malloc(sizeof(*bio));
	if (bio != NULL) {
		*bio = here;
		if (bio_enqueue(bio))
			return;
		free(bio);
	}
	posix_unsched(&nlocks, NULL);
	error = bio_transfer(&here, &done);
	posix_sched(nlocks, NULL);
	donefn(arg, done, error);
}
