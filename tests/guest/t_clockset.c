/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock_settime, as POSIX.1-2017 has it: absolute times of the clock are
 * reached when it is set past them, relative ones are not touched; TFD_TIMER_
 * CANCEL_ON_SET.  Not for a host whose clock is needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define SETTOD_MAX	(INT64_MAX / 1000000000 - 30LL * 365 * 86400)

static volatile sig_atomic_t fired;
static volatile int awake;

static void
handler(int sig)
{

	(void)sig;
	fired++;
}

static int64_t
now(clockid_t clk)
{
	struct timespec ts;

	CHECK_EQ(clock_gettime(clk, &ts), 0);
	return ts.tv_sec;
}

/* seconds forward, or back */
static void
step(int64_t by)
{
	struct timespec ts;

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &ts), 0);
	ts.tv_sec += by;
	CHECK_EQ(clock_settime(CLOCK_REALTIME, &ts), 0);
}

/* What waits for a time of the wall clock: 0 when that has come. */
static int
wait_sleep(const struct timespec *ts)
{

	return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, ts, NULL);
}

static int
wait_futex(const struct timespec *ts)
{
	uint32_t word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET |
	    FUTEX_CLOCK_REALTIME, 0, ts, NULL, 1) != -1 || errno != ETIMEDOUT;
}

/* The word is the main thread's. */
static int
wait_pi(const struct timespec *ts)
{
	uint32_t word = (uint32_t)getpid();

	return syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, ts, NULL, 0) != -1 ||
	    errno != ETIMEDOUT;
}

static int
wait_receive(const struct timespec *ts)
{
	struct mq_attr a = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	mqd_t mq = mq_open("/step", O_RDWR | O_CREAT, 0600, &a);
	char c;
	int r;

	CHECK(mq != (mqd_t)-1);
	r = mq_timedreceive(mq, &c, 1, NULL, ts) != -1 || errno != ETIMEDOUT;
	mq_close(mq);
	return r;
}

static int
wait_send(const struct timespec *ts)
{
	struct mq_attr a = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	mqd_t mq = mq_open("/step2", O_RDWR | O_CREAT, 0600, &a);
	int r;

	CHECK_EQ(mq_send(mq, "", 1, 0), 0);
	r = mq_timedsend(mq, "", 1, 0, ts) != -1 || errno != ETIMEDOUT;
	mq_close(mq);
	return r;
}

static int (*const waits[])(const struct timespec *) = { wait_sleep,
    wait_futex, wait_pi, wait_receive, wait_send };
#define NWAITS	(int)(sizeof(waits) / sizeof(waits[0]))

static struct timespec until;

static void *
sleeper(void *arg)
{

	CHECK_EQ((*(int (*const *)(const struct timespec *))arg)(&until), 0);
	__atomic_fetch_add(&awake, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void
test_sleep(void)
{
	pthread_t t[NWAITS];
	int i;

	until.tv_sec = now(CLOCK_REALTIME) + 1000;
	for (i = 0; i < NWAITS; i++)
		pthread_create(&t[i], NULL, sleeper, (void *)&waits[i]);
	usleep(20000);
	step(-50);
	usleep(20000);
	CHECK_EQ(awake, 0);
	step(2000);
	for (i = 0; i < NWAITS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(awake, NWAITS);
}

static void
test_timer(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1 };
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };
	timer_t t;
	int i;

	signal(SIGUSR1, handler);
	CHECK_EQ(timer_create(CLOCK_REALTIME, &ev, &t), 0);
	it.it_value.tv_sec = 500;			/* from now */
	CHECK_EQ(timer_settime(t, 0, &it, NULL), 0);
	step(1000);
	usleep(20000);
	CHECK_EQ(fired, 0);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK(it.it_value.tv_sec >= 400 && it.it_value.tv_sec <= 500);
	it.it_interval.tv_sec = 0;
	it.it_value.tv_sec = now(CLOCK_REALTIME) + 500;
	CHECK_EQ(timer_settime(t, TIMER_ABSTIME, &it, NULL), 0);
	step(-100);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK(it.it_value.tv_sec >= 550 && it.it_value.tv_sec <= 600);
	CHECK_EQ(fired, 0);
	step(1000);
	for (i = 0; i < 1000 && fired == 0; i++)
		usleep(10000);
	CHECK_EQ(fired, 1);
	CHECK_EQ(timer_delete(t), 0);
}

static void
test_timerfd(void)
{
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int mono = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct pollfd pfd = { fd, POLLIN, 0 };
	uint64_t n;

	it.it_value.tv_sec = 300;
	CHECK_EQ(timerfd_settime(mono, 0, &it, NULL), 0);
	it.it_value.tv_sec = now(CLOCK_REALTIME) + 300;
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME |
	    TFD_TIMER_CANCEL_ON_SET, &it, NULL), 0);
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	step(-10);
	CHECK_EQ(poll(&pfd, 1, -1), 1);
	CHECK(read(fd, &n, 8) == -1 && errno == ECANCELED);
	CHECK(read(fd, &n, 8) == -1 && errno == EAGAIN);
	step(400);
	CHECK_EQ(poll(&pfd, 1, -1), 1);
	CHECK(read(fd, &n, 8) == -1 && errno == ECANCELED);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	/* Without the flag it just comes. */
	it.it_value.tv_sec = now(CLOCK_REALTIME) + 300;
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, NULL), 0);
	step(-10);
	CHECK(read(fd, &n, 8) == -1 && errno == EAGAIN);
	step(400);
	CHECK_EQ(poll(&pfd, 1, -1), 1);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(read(mono, &n, 8) == -1 && errno == EAGAIN);
	close(fd);
	close(mono);
}

static void
test_errors(void)
{
	struct timespec ts = { 1000, 0 };
	struct timeval tv = { 0, 0 };
	struct timex tx = { .modes = ADJ_SETOFFSET };
	int64_t before = now(CLOCK_MONOTONIC);
	int64_t before_wall = now(CLOCK_REALTIME);

	CHECK(clock_settime(CLOCK_MONOTONIC, &ts) == -1 && errno == EINVAL);
	CHECK(clock_settime(77, &ts) == -1 && errno == EINVAL);
	ts.tv_nsec = 1000000000;
	CHECK(clock_settime(CLOCK_REALTIME, &ts) == -1 && errno == EINVAL);
	ts.tv_nsec = -1;
	CHECK(clock_settime(CLOCK_REALTIME, &ts) == -1 && errno == EINVAL);
	/* Linux leaves room for 30 years of running, and none before boot. */
	ts.tv_nsec = 0;
	ts.tv_sec = SETTOD_MAX;
	CHECK(clock_settime(CLOCK_REALTIME, &ts) == -1 && errno == EINVAL);
	ts.tv_sec = INT64_MAX;
	CHECK(clock_settime(CLOCK_REALTIME, &ts) == -1 && errno == EINVAL);
	ts.tv_sec = -1;
	CHECK(clock_settime(CLOCK_REALTIME, &ts) == -1 && errno == EINVAL);
	ts.tv_sec = 0;
	CHECK(clock_settime(CLOCK_REALTIME, &ts) == -1 && errno == EINVAL);
	tv.tv_sec = SETTOD_MAX;
	CHECK(settimeofday(&tv, NULL) == -1 && errno == EINVAL);
	tx.time.tv_sec = INT64_MAX;
	CHECK(adjtimex(&tx) == -1 && errno == EINVAL);
	tx.time.tv_sec = INT64_MIN;
	CHECK(adjtimex(&tx) == -1 && errno == EINVAL);
	CHECK(now(CLOCK_REALTIME) < 2 * before_wall);
	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &ts), 0);
	tv.tv_sec = SETTOD_MAX - 1;
	CHECK_EQ(settimeofday(&tv, NULL), 0);
	CHECK(now(CLOCK_REALTIME) >= tv.tv_sec);
	CHECK_EQ(clock_settime(CLOCK_REALTIME, &ts), 0);
	step(100000);
	CHECK(now(CLOCK_MONOTONIC) - before < 1000);
	step(-100000);
}

int
main(void)
{

	test_errors();
	test_sleep();
	test_timer();
	test_timerfd();
	return check_done();
}
