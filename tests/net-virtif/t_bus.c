/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bus: stations in this process and in another, one of which dies with
 * the lock; a reader that is overtaken goes on.
 */
#include <sys/wait.h>

#include <pthread.h>
#include <signal.h>

#include "hostif.h"

/* Threads after fork() are not for ThreadSanitizer. */
#ifdef __SANITIZE_THREAD__
#define FORKS		0
#else
#define FORKS		20
#endif
#define NSTATIONS	3
#define NFRAMES		1500	/* of each: all fit the ring */

static struct hostif st[NSTATIONS];
static char path[] = "/tmp/t_bus.XXXXXX", spec[64];

static void *
station(void *arg)
{
	struct hostif *hi = arg;
	unsigned me = (unsigned)(hi - st) + 1, who, n;
	uint32_t seq, next[NSTATIONS + 1] = { 0 };
	uint8_t buf[2048];
	size_t len;
	long r;

	rump_schedule();
	for (n = 0; n < NFRAMES; n++) {
		len = frame_make(buf, me, n);
		CHECK_EQ(hostif_send(hi, buf, len), 0);
	}
	for (n = 0; n < NFRAMES * (NSTATIONS - 1); n++) {
		r = hostif_await(hi, buf, sizeof(buf));
		if (r <= 0 || !frame_check(buf, (size_t)r, &who, &seq) ||
		    who == me || who > NSTATIONS || seq != next[who]++)
			break;
	}
	CHECK_EQ(n, NFRAMES * (NSTATIONS - 1));
	CHECK_EQ(hostif_recv(hi, buf, sizeof(buf)), 0);
	rump_unschedule();
	return NULL;
}

static void
test_all(void)
{
	pthread_t pt[NSTATIONS];
	unsigned i;

	for (i = 0; i < NSTATIONS; i++)
		CHECK_EQ(hostif_open(&st[i], i, spec), 0);
	CHECK(memcmp(st[0].hi_conf.vc_mac, st[1].hi_conf.vc_mac, 6) != 0);
	for (i = 0; i < NSTATIONS; i++)
		pthread_create(&pt[i], NULL, station, &st[i]);
	for (i = 0; i < NSTATIONS; i++)
		pthread_join(pt[i], NULL);
	for (i = 0; i < NSTATIONS; i++)
		hostif_close(&st[i]);
}

/* What is still there comes, and then what is new. */
static void
test_overtaken(void)
{
	uint8_t buf[2048];
	unsigned i, who, n = 0;
	uint32_t seq, last = 0;
	long r;

	CHECK_EQ(hostif_open(&st[0], 0, spec), 0);
	CHECK_EQ(hostif_open(&st[1], 1, spec), 0);
	for (i = 0; i < 20000; i++)
		CHECK_EQ(hostif_send(&st[0], buf, frame_make(buf, 1, i)), 0);
	while ((r = hostif_recv(&st[1], buf, sizeof(buf))) > 0) {
		CHECK(frame_check(buf, (size_t)r, &who, &seq));
		CHECK(n == 0 || seq == last + 1);
		last = seq;
		n++;
	}
	CHECK_EQ(last, 19999);
	CHECK(n > 1000 && n < 20000);
	hostif_close(&st[0]);
	hostif_close(&st[1]);
}

/* Another process sends until it is killed, at any moment. */
static void
test_killed(void)
{
	uint8_t buf[2048];
	unsigned who;
	int i;
	uint32_t seq;
	pid_t pid;
	long r;

	CHECK_EQ(hostif_open(&st[0], 0, spec), 0);
	for (i = 0; i < FORKS; i++) {
		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			uint32_t n = 0;

			if (hostif_open(&st[1], 1, spec) != 0)
				_exit(1);
			for (;;)
				(void)hostif_send(&st[1], buf,
				    frame_make(buf, 7, n++));
		}
		r = hostif_await(&st[0], buf, sizeof(buf));
		CHECK(frame_check(buf, (size_t)r, &who, &seq));
		usleep((unsigned)i * 300);
		kill(pid, SIGKILL);
		CHECK_EQ(waitpid(pid, NULL, 0), pid);
		while ((r = hostif_recv(&st[0], buf, sizeof(buf))) > 0)
			CHECK(frame_check(buf, (size_t)r, &who, &seq));
	}
	hostif_close(&st[0]);
}

static void
test_refuse(void)
{
	char other[80];

	CHECK_EQ(hostif_open(&st[0], 0, spec), 0);
	snprintf(other, sizeof(other), "%s,vnet", spec);
	CHECK_EQ(hostif_open(&st[1], 1, other), EINVAL);
	rumpcomp_event_destroy(st[1].hi_ev);
	hostif_close(&st[0]);
}

int
main(void)
{
	int fd = mkstemp(path);

	CHECK(fd != -1);
	close(fd);
	snprintf(spec, sizeof(spec), "bus:%s", path);
	REQUIRE(rump_init() == 0);
	test_all();
	rump_schedule();
	test_overtaken();
	test_killed();
	test_refuse();
	rump_unschedule();
	unlink(path);
	return check_done();
}
