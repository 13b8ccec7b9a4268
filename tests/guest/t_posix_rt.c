/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semaphores, message queues, timers, clocks, asynchronous input and output,
 * assertion by assertion of POSIX.1-2017.  Runs on Linux, too.
 */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

static char name[64], path[64];
static volatile sig_atomic_t hits;
static volatile int done;
static siginfo_t info;

static void
handler(int sig, siginfo_t *si, void *uc)
{

	(void)sig;
	(void)uc;
	info = *si;
	hits++;
}

static void
on(int sig)
{
	struct sigaction sa = { .sa_sigaction = handler,
	    .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static struct timespec
after_ms(clockid_t clk, long ms)
{
	struct timespec ts;

	clock_gettime(clk, &ts);
	ts.tv_nsec += ms % 1000 * 1000000;
	ts.tv_sec += ms / 1000 + ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

/* --- semaphores --- */
static void
test_sem_unnamed(void)
{
	struct timespec ts = after_ms(CLOCK_REALTIME, 20), bad = { 0, -1 };
	sem_t sem;
	int v;

	FAILS(sem_init(&sem, 0, (unsigned)INT_MAX + 1), EINVAL);
	CHECK_EQ(sem_init(&sem, 0, 2), 0);
	CHECK_EQ(sem_wait(&sem), 0);
	CHECK_EQ(sem_trywait(&sem), 0);
	FAILS(sem_trywait(&sem), EAGAIN);
	FAILS(sem_timedwait(&sem, &ts), ETIMEDOUT);
	FAILS(sem_timedwait(&sem, &bad), EINVAL);
	CHECK_EQ(sem_getvalue(&sem, &v), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(sem_post(&sem), 0);
	CHECK_EQ(sem_trywait(&sem), 0);
	CHECK_EQ(sem_destroy(&sem), 0);
	CHECK_EQ(sem_init(&sem, 1, SEM_VALUE_MAX), 0);
	FAILS(sem_post(&sem), EOVERFLOW);
	CHECK_EQ(sem_destroy(&sem), 0);
}

static void
test_sem_named(void)
{
	sem_t *a, *b;
	mode_t um;
	int v;

	sem_unlink(name);
	FAILS(sem_open(name, 0) == SEM_FAILED ? -1 : 0, ENOENT);
	um = umask(0);
	a = sem_open(name, O_CREAT | O_EXCL, 0600, 3);
	umask(um);
	CHECK(a != SEM_FAILED);
	FAILS(sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED ? -1 :
	    0, EEXIST);
	b = sem_open(name, O_CREAT, 0600, 77);
	CHECK(b == a);				/* one address */
	CHECK_EQ(sem_getvalue(b, &v), 0);
	CHECK_EQ(v, 3);
	CHECK_EQ(sem_close(b), 0);
	CHECK_EQ(sem_wait(a), 0);		/* still open once */
	CHECK_EQ(sem_unlink(name), 0);
	FAILS(sem_unlink(name), ENOENT);
	CHECK_EQ(sem_wait(a), 0);		/* lives on */
	b = sem_open(name, O_CREAT, 0600, 9);
	CHECK(b != SEM_FAILED && b != a);
	CHECK_EQ(sem_getvalue(b, &v), 0);
	CHECK_EQ(v, 9);
	CHECK_EQ(sem_close(a), 0);
	CHECK_EQ(sem_close(b), 0);
	CHECK_EQ(sem_unlink(name), 0);
	FAILS(sem_open(name, O_CREAT, 0600, (unsigned)INT_MAX + 1) ==
	    SEM_FAILED ? -1 : 0, EINVAL);
	if (geteuid() == 0) {
		a = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
		CHECK_EQ(seteuid(65534), 0);
		FAILS(sem_open(name, 0) == SEM_FAILED ? -1 : 0, EACCES);
		CHECK_EQ(seteuid(0), 0);
		CHECK_EQ(sem_close(a), 0);
		CHECK_EQ(sem_unlink(name), 0);
	}
}

static void *
waiter(void *arg)
{

	CHECK_EQ(sem_wait(arg), 0);
	done++;
	return NULL;
}

static void
test_sem_wake(void)
{
	pthread_t t[3];
	sem_t sem;
	int i, v;

	sem_init(&sem, 0, 0);
	done = 0;
	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, waiter, &sem);
	usleep(10000);
	CHECK_EQ(done, 0);
	CHECK_EQ(sem_getvalue(&sem, &v), 0);
	CHECK_EQ(v, 0);
	for (i = 0; i < 3; i++)
		sem_post(&sem);
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(done, 3);
	sem_destroy(&sem);
}

/* --- message queues --- */
static void
test_mq(void)
{
	struct mq_attr at = { .mq_maxmsg = 2, .mq_msgsize = 4 }, got;
	struct timespec ts, bad = { 0, 1000000000 };
	char b[8];
	mqd_t q, r, w;
	unsigned prio;

	mq_unlink(name);
	FAILS(mq_open(name, O_RDWR), ENOENT);
	at.mq_maxmsg = 0;
	FAILS(mq_open(name, O_RDWR | O_CREAT, 0600, &at), EINVAL);
	at.mq_maxmsg = 2;
	at.mq_msgsize = -1;
	FAILS(mq_open(name, O_RDWR | O_CREAT, 0600, &at), EINVAL);
	at.mq_msgsize = 4;
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at);
	CHECK(q >= 0);
	FAILS(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at), EEXIST);
	r = mq_open(name, O_RDONLY | O_NONBLOCK);
	w = mq_open(name, O_WRONLY | O_NONBLOCK);
	CHECK(r >= 0 && w >= 0);
	CHECK_EQ(mq_getattr(q, &got), 0);
	CHECK(got.mq_flags == 0 && got.mq_maxmsg == 2 &&
	    got.mq_msgsize == 4 && got.mq_curmsgs == 0);
	CHECK_EQ(mq_getattr(r, &got), 0);
	CHECK_EQ(got.mq_flags, O_NONBLOCK);
	FAILS(mq_receive(r, b, 4, &prio), EAGAIN);
	FAILS(mq_receive(w, b, 4, &prio), EBADF);
	FAILS(mq_send(r, "x", 1, 0), EBADF);
	FAILS(mq_send(w, "12345", 5, 0), EMSGSIZE);
	FAILS(mq_send(w, "x", 1, (unsigned)sysconf(_SC_MQ_PRIO_MAX)), EINVAL);
	CHECK_EQ(mq_send(w, "", 0, 0), 0);
	CHECK_EQ(mq_send(w, "hi", 2,
	    (unsigned)sysconf(_SC_MQ_PRIO_MAX) - 1), 0);
	FAILS(mq_send(w, "no", 2, 5), EAGAIN);
	ts = after_ms(CLOCK_REALTIME, 20);
	FAILS(mq_timedsend(q, "no", 2, 5, &ts), ETIMEDOUT);
	FAILS(mq_timedsend(q, "no", 2, 5, &bad), EINVAL);
	FAILS(mq_receive(r, b, 3, &prio), EMSGSIZE);
	CHECK_EQ(mq_receive(r, b, sizeof(b), &prio), 2);
	CHECK_EQ(prio, sysconf(_SC_MQ_PRIO_MAX) - 1);
	CHECK_EQ(mq_receive(r, b, sizeof(b), &prio), 0);
	CHECK_EQ(prio, 0);
	ts = after_ms(CLOCK_REALTIME, 20);
	FAILS(mq_timedreceive(q, b, sizeof(b), NULL, &ts), ETIMEDOUT);
	got.mq_flags = O_NONBLOCK;
	got.mq_maxmsg = 99;				/* not looked at */
	CHECK_EQ(mq_setattr(q, &got, &at), 0);
	CHECK(at.mq_flags == 0 && at.mq_maxmsg == 2);
	FAILS(mq_receive(q, b, sizeof(b), NULL), EAGAIN);
	FAILS(mq_getattr(-1, &at), EBADF);
	CHECK_EQ(mq_close(r), 0);
	FAILS(mq_close(r), EBADF);
	CHECK_EQ(mq_unlink(name), 0);
	FAILS(mq_unlink(name), ENOENT);
	CHECK_EQ(mq_send(w, "x", 1, 1), 0);
	CHECK_EQ(mq_receive(w, b, sizeof(b), &prio) == -1 ? errno : 0, EBADF);
	mq_close(q);
	mq_close(w);
}

static void
test_mq_names(void)
{
	char longname[300];
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);

	CHECK(q >= 0);
	memset(longname, 'n', sizeof(longname));
	longname[0] = '/';
	longname[sizeof(longname) - 1] = '\0';
	FAILS(mq_open(longname, O_RDWR | O_CREAT, 0600, NULL), ENAMETOOLONG);
	FAILS(mq_unlink(longname), ENAMETOOLONG);
	if (geteuid() == 0) {
		CHECK_EQ(seteuid(65534), 0);
		FAILS(mq_open(name, O_RDWR), EACCES);
		CHECK(mq_unlink(name) == -1 &&
		    (errno == EACCES || errno == EPERM));
		CHECK_EQ(seteuid(0), 0);
	}
	CHECK_EQ(mq_unlink(name), 0);
	mq_close(q);
}

/* --- timers and clocks --- */
static void
test_timer_errors(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1 };
	struct itimerspec it = { { 0, 0 }, { 0, -1 } };
	timer_t t;

	FAILS(timer_create(9999, &ev, &t), EINVAL);
	ev.sigev_signo = 999;
	FAILS(timer_create(CLOCK_REALTIME, &ev, &t), EINVAL);
	ev.sigev_signo = SIGUSR1;
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &ev, &t), 0);
	FAILS(timer_settime(t, 0, &it, NULL), EINVAL);
	it.it_value.tv_nsec = 1000000000;
	FAILS(timer_settime(t, 0, &it, NULL), EINVAL);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK(it.it_value.tv_sec == 0 && it.it_value.tv_nsec == 0);
	CHECK_EQ(timer_getoverrun(t), 0);
	CHECK_EQ(timer_delete(t), 0);
}

static void
test_timer(clockid_t clk, int flags)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGRTMIN + 2 };
	struct itimerspec it = { { 0, 0 }, { 0, 20000000 } }, old;
	struct timespec ts = { 5, 0 };
	sigset_t set;
	timer_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 2);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	ev.sigev_value.sival_int = 4711;
	CHECK_EQ(timer_create(clk, &ev, &t), 0);
	if (flags)
		it.it_value = after_ms(clk, 20);
	CHECK_EQ(timer_settime(t, flags, &it, NULL), 0);
	CHECK_EQ(sigtimedwait(&set, &info, &ts), SIGRTMIN + 2);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_value.sival_int, 4711);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK(it.it_value.tv_sec == 0 && it.it_value.tv_nsec == 0);
	/* A period: what passes while the signal waits is overrun. */
	it.it_value.tv_nsec = it.it_interval.tv_nsec = 5000000;
	CHECK_EQ(timer_settime(t, 0, &it, NULL), 0);
	usleep(60000);
	CHECK_EQ(sigtimedwait(&set, &info, &ts), SIGRTMIN + 2);
	CHECK(timer_getoverrun(t) >= 5);
	CHECK_EQ(info.si_overrun, timer_getoverrun(t));
	it.it_value.tv_sec = 100;
	CHECK_EQ(timer_settime(t, 0, &it, &old), 0);
	CHECK_EQ(old.it_interval.tv_nsec, 5000000);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK(it.it_value.tv_sec >= 1 && it.it_value.tv_sec <= 100);
	/* A time that has passed: at once. */
	memset(&it, 0, sizeof(it));
	it.it_value.tv_nsec = 1;
	CHECK_EQ(timer_settime(t, TIMER_ABSTIME, &it, NULL), 0);
	CHECK_EQ(sigtimedwait(&set, &info, &ts), SIGRTMIN + 2);
	CHECK_EQ(timer_delete(t), 0);
	ts.tv_sec = 0;
	FAILS(sigtimedwait(&set, &info, &ts), EAGAIN);
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
}

static void
by_thread(union sigval v)
{

	done = v.sival_int;
}

static void
test_timer_thread(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD,
	    .sigev_notify_function = by_thread };
	struct itimerspec it = { { 0, 0 }, { 0, 1000000 } };
	timer_t t;
	int i;

	done = 0;
	ev.sigev_value.sival_int = 12;
	CHECK_EQ(timer_create(CLOCK_REALTIME, &ev, &t), 0);
	CHECK_EQ(timer_settime(t, 0, &it, NULL), 0);
	for (i = 0; i < 5000 && done == 0; i++)
		usleep(1000);
	CHECK_EQ(done, 12);
	CHECK_EQ(timer_delete(t), 0);
}

static void
test_clocks(void)
{
	struct timespec ts = { 0, 0 }, rem;

	FAILS(clock_gettime(9999, &ts), EINVAL);
	FAILS(clock_getres(9999, &ts), EINVAL);
	CHECK_EQ(clock_getres(CLOCK_MONOTONIC, NULL), 0);
	CHECK_EQ(clock_getres(CLOCK_REALTIME, &ts), 0);
	CHECK(ts.tv_sec == 0 && ts.tv_nsec > 0 && ts.tv_nsec <= 20000000);
	ts.tv_nsec = 1000000000;
	FAILS(nanosleep(&ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &rem), EINVAL);
	ts.tv_nsec = -1;
	FAILS(nanosleep(&ts, NULL), EINVAL);
	ts.tv_sec = -1;
	ts.tv_nsec = 0;
	FAILS(nanosleep(&ts, NULL), EINVAL);
	ts.tv_sec = ts.tv_nsec = 0;
	CHECK_EQ(nanosleep(&ts, NULL), 0);
	CHECK_EQ(clock_nanosleep(9999, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL),
	    EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL), 0);
	CHECK(clock() != (clock_t)-1);
}

/* --- asynchronous input and output --- */
static void
aio_fill(struct aiocb *cb, int fd, void *buf, size_t len, off_t off)
{

	memset(cb, 0, sizeof(*cb));
	cb->aio_fildes = fd;
	cb->aio_buf = buf;
	cb->aio_nbytes = len;
	cb->aio_offset = off;
	cb->aio_sigevent.sigev_notify = SIGEV_NONE;
}

static ssize_t
aio_end(struct aiocb *cb)
{
	const struct aiocb *list[] = { cb };

	while (aio_error(cb) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	return aio_error(cb) == 0 ? aio_return(cb) : -aio_error(cb);
}

static void
aio_told(union sigval v)
{

	done = v.sival_int;
}

static void
test_aio(void)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), i;
	char a[8] = "abcdefg", b[8] = "";
	struct aiocb cb;

	aio_fill(&cb, fd, a, 7, 3);
	CHECK_EQ(aio_write(&cb), 0);
	CHECK_EQ(aio_end(&cb), 7);
	aio_fill(&cb, fd, b, 7, 3);
	CHECK_EQ(aio_read(&cb), 0);
	CHECK_EQ(aio_end(&cb), 7);
	CHECK(memcmp(a, b, 7) == 0);
	aio_fill(&cb, fd, b, 7, 100);
	CHECK_EQ(aio_read(&cb), 0);
	CHECK_EQ(aio_end(&cb), 0);
	aio_fill(&cb, fd, NULL, 0, 0);
	CHECK_EQ(aio_fsync(O_SYNC, &cb), 0);
	CHECK_EQ(aio_end(&cb), 0);
	/* The signal of an operation. */
	on(SIGRTMIN + 3);
	hits = 0;
	aio_fill(&cb, fd, b, 7, 3);
	cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	cb.aio_sigevent.sigev_signo = SIGRTMIN + 3;
	cb.aio_sigevent.sigev_value.sival_int = 99;
	CHECK_EQ(aio_read(&cb), 0);
	for (i = 0; i < 5000 && hits == 0; i++)
		usleep(1000);
	CHECK_EQ(hits, 1);
	CHECK_EQ(info.si_code, SI_ASYNCIO);
	CHECK_EQ(info.si_value.sival_int, 99);
	CHECK_EQ(aio_end(&cb), 7);
	close(fd);
}

/* Lists, waiting, giving up. */
static void
test_lio(void)
{
	int fd = open(path, O_RDWR), p[2], i;
	struct timespec ts = { 0, 10000000 };
	const struct aiocb *list[2];
	struct aiocb cb, cb2, *both[2] = { &cb, &cb2 };
	char b[8] = "", c[8] = "";
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD,
	    .sigev_notify_function = aio_told };

	/* A list, and a thread that is told. */
	aio_fill(&cb, fd, b, 3, 3);
	aio_fill(&cb2, fd, c, 3, 6);
	cb.aio_lio_opcode = cb2.aio_lio_opcode = LIO_READ;
	CHECK_EQ(lio_listio(LIO_WAIT, both, 2, NULL), 0);
	CHECK_EQ(aio_return(&cb), 3);
	CHECK_EQ(aio_return(&cb2), 3);
	CHECK(memcmp(b, "abc", 3) == 0 && memcmp(c, "def", 3) == 0);
	done = 0;
	ev.sigev_value.sival_int = 5;
	CHECK_EQ(lio_listio(LIO_NOWAIT, both, 2, &ev), 0);
	for (i = 0; i < 5000 && done == 0; i++)
		usleep(1000);
	CHECK_EQ(done, 5);
	CHECK_EQ(aio_end(&cb), 3);
	CHECK_EQ(aio_end(&cb2), 3);
	/* One that waits can be given up, or waited for in vain. */
	CHECK_EQ(pipe(p), 0);
	aio_fill(&cb, p[0], b, 1, 0);
	CHECK_EQ(aio_read(&cb), 0);
	CHECK_EQ(aio_error(&cb), EINPROGRESS);
	list[0] = &cb;
	list[1] = NULL;
	FAILS(aio_suspend(list, 2, &ts), EAGAIN);
	CHECK_EQ(write(p[1], "z", 1), 1);
	CHECK_EQ(aio_suspend(list, 2, NULL), 0);
	CHECK_EQ(aio_end(&cb), 1);
	CHECK_EQ(b[0], 'z');
	CHECK_EQ(aio_cancel(p[0], NULL), AIO_ALLDONE);
	close(p[0]);
	close(p[1]);
	close(fd);
	unlink(path);
}

/* CPU time that is used up: a signal, and again a second later. */
static void
test_cpulimit(void)
{
	struct rlimit old, rl;
	struct timespec ts;
	volatile int spin;

	on(SIGXCPU);
	hits = 0;
	CHECK_EQ(getrlimit(RLIMIT_CPU, &old), 0);
	CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	rl.rlim_cur = (rlim_t)ts.tv_sec + 1;
	rl.rlim_max = old.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_CPU, &rl), 0);
	while (hits == 0)
		for (spin = 0; spin < 100000; spin++)
			continue;
	CHECK_EQ(info.si_signo, SIGXCPU);
	rl.rlim_cur = old.rlim_cur;
	CHECK_EQ(setrlimit(RLIMIT_CPU, &rl), 0);
}

/* --- numbers that programs ask for --- */
static void
test_sysconf(void)
{

	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(sysconf(_SC_NPROCESSORS_CONF) >= sysconf(_SC_NPROCESSORS_ONLN));
	CHECK_EQ(sysconf(_SC_PAGESIZE), 4096);
	CHECK(sysconf(_SC_PHYS_PAGES) > 1000);
	CHECK(sysconf(_SC_AVPHYS_PAGES) > 0 &&
	    sysconf(_SC_AVPHYS_PAGES) <= sysconf(_SC_PHYS_PAGES));
	CHECK(sysconf(_SC_OPEN_MAX) >= 20);
	CHECK_EQ(sysconf(_SC_CLK_TCK), 100);
	CHECK(sysconf(_SC_RTSIG_MAX) >= 8);
	CHECK(sysconf(_SC_SEM_VALUE_MAX) >= 32767);
	CHECK_EQ(pathconf("/tmp", _PC_NAME_MAX), 255);
	CHECK(confstr(_CS_PATH, NULL, 0) > 0);
	errno = 0;
	CHECK(sysconf(99999) == -1 && errno == EINVAL);
}

int
main(void)
{

	snprintf(name, sizeof(name), "/t_posix_rt.%d", (int)getpid());
	snprintf(path, sizeof(path), "/tmp/t_posix_rt.%d", (int)getpid());
	test_sem_unnamed();
	test_sem_named();
	test_sem_wake();
	test_mq();
	test_mq_names();
	test_timer_errors();
	test_timer(CLOCK_REALTIME, 0);
	test_timer(CLOCK_MONOTONIC, 0);
	test_timer(CLOCK_REALTIME, TIMER_ABSTIME);
	test_timer(CLOCK_MONOTONIC, TIMER_ABSTIME);
	test_timer_thread();
	test_clocks();
	test_aio();
	test_lio();
	test_cpulimit();
	test_sysconf();
	return check_done();
}
