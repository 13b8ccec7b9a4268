/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every call that blocks, interrupted by a handler without and with
 * SA_RESTART, and cancelled: what signal(7) and pthreads(7) say of each.
 * Runs on Linux, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#ifndef F_OFD_SETLKW
#define F_OFD_SETLKW 38
#endif

#define LONG_NS	(60 * 1000000000LL)

static int a, b;		/* descriptors of the case */
static sem_t sem;
static volatile sig_atomic_t handled;
static volatile int started, finished, cleaned;
static char big[1 << 20];

#define HIDDEN (-1)

/* What the calls wait for does not come unless release() brings it. */
struct call {
	const char *name;
	int restarts;		/* with SA_RESTART; HIDDEN: in libc */
	int cancels;		/* is a cancellation point */
	void (*setup)(void);
	long (*call)(void);	/* >= 0, or -errno */
	void (*release)(void);
};

#define RET(expr) do {							\
	long r_ = (expr);						\
									\
	return r_ < 0 ? -errno : r_;					\
} while (0)

static void
none(void)
{

}

static void
mkpipe(void)
{
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	a = fds[0];
	b = fds[1];
}

static void
fullpipe(void)
{

	mkpipe();
	fcntl(b, F_SETFL, O_NONBLOCK);
	while (write(b, big, 4096) > 0)
		continue;
	fcntl(b, F_SETFL, 0);
}

static void
mkpair(void)
{
	int fds[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	a = fds[0];
	b = fds[1];
}

static void
mkpair_timeo(void)
{
	struct timeval tv = { 60, 0 };

	mkpair();
	CHECK_EQ(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
}

static void
fullpair(void)
{

	mkpair();
	fcntl(b, F_SETFL, O_NONBLOCK);
	while (write(b, big, 65536) > 0)
		continue;
	fcntl(b, F_SETFL, 0);
}

static struct sockaddr_un sun = { .sun_family = AF_UNIX };

static void
mklisten(void)
{

	a = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "intr%d.%d",
	    (int)getpid(), a);
	CHECK_EQ(bind(a, (struct sockaddr *)&sun, sizeof(sun)), 0);
	CHECK_EQ(listen(a, 1), 0);
	b = -1;
}

/* Nobody accepts, and the queue is full. */
static int queue[64], nqueue;

static void
fulllisten(void)
{

	mklisten();
	for (nqueue = 0; nqueue < 64; nqueue++) {
		queue[nqueue] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(queue[nqueue], (struct sockaddr *)&sun,
		    sizeof(sun)) != 0)
			break;
	}
	b = socket(AF_UNIX, SOCK_STREAM, 0);
}

static void
acceptall(void)
{
	int i, fd;

	for (i = 0; i <= nqueue; i++)
		close(queue[i]);
	fcntl(a, F_SETFL, O_NONBLOCK);
	while ((fd = accept(a, NULL, NULL)) >= 0)
		close(fd);
}

static void
mkevent(void)
{

	a = eventfd(0, 0);
	b = -1;
}

static void
fullevent(void)
{
	uint64_t v = UINT64_MAX - 1;

	mkevent();
	CHECK_EQ(write(a, &v, 8), 8);
}

static void
mktimer(void)
{
	struct itimerspec it = { { 0, 0 }, { 60, 0 } };

	a = timerfd_create(CLOCK_MONOTONIC, 0);
	CHECK_EQ(timerfd_settime(a, 0, &it, NULL), 0);
	b = -1;
}

static char lockname[64];

static void
mklock(void)
{

	snprintf(lockname, sizeof(lockname), "/tmp/t_sigintr.%d",
	    (int)getpid());
	a = open(lockname, O_RDWR | O_CREAT, 0600);
	b = open(lockname, O_RDWR);
	CHECK(a >= 0 && b >= 0);
	CHECK_EQ(flock(b, LOCK_EX), 0);
}

static void
mkofd(void)
{
	struct flock fl = { .l_type = F_WRLCK };

	snprintf(lockname, sizeof(lockname), "/tmp/t_sigintr.%d",
	    (int)getpid());
	a = open(lockname, O_RDWR | O_CREAT, 0600);
	b = open(lockname, O_RDWR);
	CHECK_EQ(fcntl(b, F_OFD_SETLKW, &fl), 0);
}

static void
mksem(void)
{

	a = b = -1;
	sem_init(&sem, 0, 0);
}

static void
mkepoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	a = epoll_create1(0);
	CHECK_EQ(epoll_ctl(a, EPOLL_CTL_ADD, fds[0], &ev), 0);
	b = fds[1];
}

static void
write1(void)
{

	CHECK_EQ(write(b, "x", 1), 1);
}

static void
write4(void)
{

	CHECK_EQ(write(b, "wxyz", 4), 4);
}

static void
drain(void)
{

	fcntl(a, F_SETFL, O_NONBLOCK);
	while (!finished)
		(void)!read(a, big, sizeof(big));
}

static void
write8(void)
{
	uint64_t v = 1;

	CHECK_EQ(write(a, &v, 8), 8);
}

static void
read8(void)
{
	uint64_t v;

	CHECK_EQ(read(a, &v, 8), 8);
}

static void
settimer(void)
{
	struct itimerspec it = { { 0, 0 }, { 0, 1 } };

	CHECK_EQ(timerfd_settime(a, 0, &it, NULL), 0);
}

static void
unlock(void)
{

	flock(b, LOCK_UN);
	close(b);
	b = -1;
}

static void
post(void)
{

	sem_post(&sem);
}

static int client = -1;

static void
doconnect(void)
{

	client = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(connect(client, (struct sockaddr *)&sun, sizeof(sun)), 0);
}

static long
c_read(void)
{
	char c;

	RET(read(a, &c, 1));
}

static long
c_readv(void)
{
	char c[2];
	struct iovec iov[2] = { { c, 1 }, { c + 1, 1 } };

	RET(readv(a, iov, 2));
}

static long
c_write(void)
{

	RET(write(b, big, 4096));
}

static long
c_writev(void)
{
	struct iovec iov[2] = { { big, 2048 }, { big, 2048 } };

	RET(writev(b, iov, 2));
}

static long
c_recv(void)
{
	char c;

	RET(recv(a, &c, 1, 0));
}

static long
c_recvmsg(void)
{
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	RET(recvmsg(a, &mh, 0));
}

static long
c_waitall(void)
{
	char c[4];

	RET(recv(a, c, 4, MSG_WAITALL));
}

static long
c_send(void)
{

	RET(send(b, big, 4096, 0));
}

static long
c_sendmsg(void)
{
	struct iovec iov = { big, 4096 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	RET(sendmsg(b, &mh, 0));
}

static long
c_accept(void)
{

	RET(accept(a, NULL, NULL));
}

static long
c_accept4(void)
{

	RET(accept4(a, NULL, NULL, SOCK_CLOEXEC));
}

static long
c_connect(void)
{

	RET(connect(b, (struct sockaddr *)&sun, sizeof(sun)));
}

static long
c_read8(void)
{
	uint64_t v;

	RET(read(a, &v, 8));
}

static long
c_write8(void)
{
	uint64_t v = 5;

	RET(write(a, &v, 8));
}

static long
c_flock(void)
{

	RET(flock(a, LOCK_EX));
}

static long
c_ofd(void)
{
	struct flock fl = { .l_type = F_WRLCK };

	RET(fcntl(a, F_OFD_SETLKW, &fl));
}

static long
c_semwait(void)
{

	RET(sem_wait(&sem));
}

static long
c_semtimed(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 60;
	RET(sem_timedwait(&sem, &ts));
}

/* The system call: libc's functions hide what it does. */
static long
c_futex(void)
{
	static int word;

	RET(syscall(SYS_futex, &word, 0, 0, NULL, NULL, 0));
}

static long
c_futextimed(void)
{
	static int word;
	struct timespec ts = { 60, 0 };

	RET(syscall(SYS_futex, &word, 0, 0, &ts, NULL, 0));
}

static long
c_nanosleep(void)
{
	struct timespec ts = { 60, 0 }, rem = { 0, 0 };
	int r = nanosleep(&ts, &rem);

	if (r != 0 && (rem.tv_sec < 1 || rem.tv_sec > 60))
		return -EDOM;
	RET(r);
}

static long
c_clocksleep(void)
{
	struct timespec ts = { 60, 0 };

	return -clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

static long
c_clockabs(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 60;
	return -clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL);
}

static long
c_poll(void)
{
	struct pollfd pfd = { a, POLLIN, 0 };

	RET(poll(&pfd, 1, 60000));
}

static long
c_ppoll(void)
{
	struct pollfd pfd = { a, POLLIN, 0 };
	sigset_t set;

	sigemptyset(&set);
	RET(ppoll(&pfd, 1, NULL, &set));
}

static long
c_select(void)
{
	fd_set rd;

	FD_ZERO(&rd);
	FD_SET(a, &rd);
	RET(select(a + 1, &rd, NULL, NULL, NULL));
}

static long
c_pselect(void)
{
	struct timespec ts = { 60, 0 };
	fd_set rd;

	FD_ZERO(&rd);
	FD_SET(a, &rd);
	RET(pselect(a + 1, &rd, NULL, NULL, &ts, NULL));
}

static long
c_epoll(void)
{
	struct epoll_event ev;

	RET(epoll_wait(a, &ev, 1, -1));
}

static long
c_epollp(void)
{
	struct epoll_event ev;
	sigset_t set;

	sigemptyset(&set);
	RET(epoll_pwait(a, &ev, 1, 60000, &set));
}

static long
c_pause(void)
{

	RET(pause());
}

static long
c_sigsuspend(void)
{
	sigset_t set;

	sigemptyset(&set);
	RET(sigsuspend(&set));
}

static long
c_sigtimed(void)
{
	struct timespec ts = { 60, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	RET(sigtimedwait(&set, NULL, &ts));
}

/* libc's sigwait and sigwaitinfo do not tell of EINTR. */
static long
c_sigwaitinfo(void)
{
	uint64_t set = 1UL << (SIGWINCH - 1);

	RET(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8));
}

static long
c_splice(void)
{
	int fds[2];
	long r;

	if (pipe(fds) != 0)
		return -errno;
	r = splice(a, NULL, fds[1], NULL, 1, 0);
	r = r < 0 ? -errno : r;
	close(fds[0]);
	close(fds[1]);
	return r;
}

/* System V: never again, whatever SA_RESTART says. */
static int ipc = -1;
static struct { long type; char text[8192]; } msg = { .type = 1 };

static void
mkmsg(void)
{

	a = b = -1;
	ipc = msgget(IPC_PRIVATE, 0600);
	CHECK(ipc >= 0);
}

static void
fullmsg(void)
{

	mkmsg();
	while (msgsnd(ipc, &msg, sizeof(msg.text), IPC_NOWAIT) == 0)
		continue;
	CHECK_EQ(errno, EAGAIN);
}

static void
mksysvsem(void)
{

	a = b = -1;
	ipc = semget(IPC_PRIVATE, 1, 0600);
	CHECK(ipc >= 0);
}

static void
endipc(void)
{

	/* One of them is not there. */
	(void)!msgctl(ipc, IPC_RMID, NULL);
	(void)!semctl(ipc, 0, IPC_RMID);
	ipc = -1;
}

static long
c_msgrcv(void)
{

	RET(msgrcv(ipc, &msg, sizeof(msg.text), 0, 0));
}

static long
c_msgsnd(void)
{

	RET(msgsnd(ipc, &msg, sizeof(msg.text), 0));
}

static long
c_semop(void)
{
	struct sembuf op = { 0, -1, 0 };

	RET(semop(ipc, &op, 1));
}

static long
c_semtimedop(void)
{
	struct sembuf op = { 0, -1, 0 };
	struct timespec ts = { 60, 0 };

	RET(semtimedop(ipc, &op, 1, &ts));
}

static mqd_t mq;

static void
mkmq(void)
{
	struct mq_attr at = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	char name[64];

	snprintf(name, sizeof(name), "/t_sigintr.%d", (int)getpid());
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at);
	CHECK(mq >= 0);
	mq_unlink(name);
	a = mq;
	b = -1;
}

static void
fullmq(void)
{

	mkmq();
	CHECK_EQ(mq_send(mq, "x", 1, 0), 0);
}

static long
c_mqrecv(void)
{
	char c[8];

	RET(mq_receive(mq, c, 8, NULL));
}

static long
c_mqsend(void)
{

	RET(mq_send(mq, "y", 1, 0));
}

static long
c_mqtimedrecv(void)
{
	struct timespec ts;
	char c[8];

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 60;
	RET(mq_timedreceive(mq, c, 8, NULL, &ts));
}

static void
mqput(void)
{

	CHECK_EQ(mq_send(mq, "z", 1, 0), 0);
}

static void
mqget(void)
{
	char c[8];

	CHECK_EQ(mq_receive(mq, c, 8, NULL), 1);
}

static const struct call calls[] = {
	{ "msgrcv", 0, 1, mkmsg, c_msgrcv, NULL },
	{ "msgsnd", 0, 1, fullmsg, c_msgsnd, NULL },
	{ "semop", 0, 0, mksysvsem, c_semop, NULL },
	{ "semtimedop", 0, 0, mksysvsem, c_semtimedop, NULL },
	{ "mq_receive", 1, 1, mkmq, c_mqrecv, mqput },
	{ "mq_timedreceive", 1, 1, mkmq, c_mqtimedrecv, mqput },
	{ "mq_send", 1, 1, fullmq, c_mqsend, mqget },
	{ "read pipe", 1, 1, mkpipe, c_read, write1 },
	{ "readv pipe", 1, 1, mkpipe, c_readv, write1 },
	{ "write pipe", 1, 1, fullpipe, c_write, drain },
	{ "writev pipe", 1, 1, fullpipe, c_writev, drain },
	{ "read socket", 1, 1, mkpair, c_read, write1 },
	{ "recv", 1, 1, mkpair, c_recv, write1 },
	{ "recvmsg", 1, 1, mkpair, c_recvmsg, write1 },
	{ "recv all", 1, 1, mkpair, c_waitall, write4 },
	{ "recv with time-out", 0, 1, mkpair_timeo, c_recv, NULL },
	{ "write socket", 1, 1, fullpair, c_write, drain },
	{ "send", 1, 1, fullpair, c_send, drain },
	{ "sendmsg", 1, 1, fullpair, c_sendmsg, drain },
	{ "accept", 1, 1, mklisten, c_accept, doconnect },
	{ "accept4", 1, 1, mklisten, c_accept4, doconnect },
	{ "connect", 1, 1, fulllisten, c_connect, acceptall },
	{ "read eventfd", 1, 1, mkevent, c_read8, write8 },
	{ "write eventfd", 1, 1, fullevent, c_write8, read8 },
	{ "read timerfd", 1, 1, mktimer, c_read8, settimer },
	{ "flock", 1, 0, mklock, c_flock, unlock },
	{ "fcntl F_OFD_SETLKW", 1, 0, mkofd, c_ofd, unlock },
	{ "sem_wait", 1, 1, mksem, c_semwait, post },
	{ "sem_timedwait", 0, 1, mksem, c_semtimed, NULL },
	{ "futex", 1, 0, none, c_futex, NULL },
	{ "futex with time-out", 0, 0, none, c_futextimed, NULL },
	{ "nanosleep", 0, 1, none, c_nanosleep, NULL },
	{ "clock_nanosleep", 0, 1, none, c_clocksleep, NULL },
	{ "clock_nanosleep absolute", 0, 1, none, c_clockabs, NULL },
	{ "poll", 0, 1, mkpipe, c_poll, NULL },
	{ "ppoll", 0, 1, mkpipe, c_ppoll, NULL },
	{ "select", 0, 1, mkpipe, c_select, NULL },
	{ "pselect", 0, 1, mkpipe, c_pselect, NULL },
	{ "epoll_wait", 0, 1, mkepoll, c_epoll, NULL },
	{ "epoll_pwait", 0, 1, mkepoll, c_epollp, NULL },
	{ "pause", 0, 1, none, c_pause, NULL },
	{ "sigsuspend", 0, 1, none, c_sigsuspend, NULL },
	{ "sigtimedwait", HIDDEN, 1, none, c_sigtimed, NULL },
	{ "rt_sigtimedwait", 0, 0, none, c_sigwaitinfo, NULL },
	{ "splice", 1, 0, mkpipe, c_splice, write1 },
};

static const struct call *now;
static long result;

static void
handler(int sig)
{

	(void)sig;
	handled++;
}

static void
cleanup(void *arg)
{

	(void)arg;
	cleaned++;
}

static void *
caller(void *arg)
{

	pthread_cleanup_push(cleanup, arg);
	started = 1;
	result = now->call();
	finished = 1;
	pthread_cleanup_pop(0);
	return arg;
}

static void
begin(const struct call *c, pthread_t *t)
{

	now = c;
	a = b = -1;
	started = finished = cleaned = 0;
	handled = 0;
	c->setup();
	CHECK_EQ(pthread_create(t, NULL, caller, NULL), 0);
	while (!started)
		usleep(100);
}

static void
end(void)
{

	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	if (ipc >= 0)
		endipc();
	if (client >= 0)
		close(client);
	client = -1;
	if (lockname[0])
		unlink(lockname);
}

static void
say(const char *name, const char *what, long got, long want)
{

	check_failures++;
	printf("%s, %s: %ld, not %ld\n", name, what, got, want);
}

static void
one(const struct call *c, int restart)
{
	struct sigaction sa = { .sa_handler = handler,
	    .sa_flags = restart ? SA_RESTART : 0 };
	const char *what = restart ? "SA_RESTART" : "plain";
	pthread_t t;
	int i;

	CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	begin(c, &t);
	if (!restart || !c->restarts) {
		/* It may not be waiting yet when the first one comes. */
		for (i = 0; !finished && i < 5000; i++) {
			pthread_kill(t, SIGUSR1);
			usleep(1000 + i * 100);
		}
		pthread_join(t, NULL);
		if (result != -EINTR)
			say(c->name, what, result, -EINTR);
	} else {
		for (i = 0; i < 5; i++) {
			usleep(2000);
			pthread_kill(t, SIGUSR1);
		}
		usleep(2000);
		if (finished)
			say(c->name, "SA_RESTART, ended", result, 0);
		if (c->release == NULL) {
			/* Cancelled below; here it is just made to end. */
			sa.sa_flags = 0;
			sigaction(SIGUSR1, &sa, NULL);
			for (i = 0; !finished; i++) {
				pthread_kill(t, SIGUSR1);
				usleep(1000 + i * 100);
			}
		} else
			c->release();
		pthread_join(t, NULL);
		if (c->release != NULL && result < 0)
			say(c->name, what, result, 0);
	}
	CHECK(handled > 0);
	end();
}

static void
cancel(const struct call *c, int wait)
{
	pthread_t t;
	void *ret;

	begin(c, &t);
	if (wait)
		usleep(3000);
	pthread_cancel(t);
	pthread_join(t, &ret);
	if (ret != PTHREAD_CANCELED)
		say(c->name, "cancelled", (long)ret, -1);
	CHECK_EQ(cleaned, 1);
	end();
}

/* With cancellation disabled it is as if nothing had happened. */
static void *
disabled(void *arg)
{
	int old;
	char c;
	long r;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	started = 1;
	r = read(a, &c, 1);
	finished = 1;
	CHECK_EQ(r, 1);
	pthread_setcancelstate(old, NULL);
	pthread_testcancel();
	return arg;
}

static void
test_disabled(void)
{
	pthread_t t;
	void *ret;

	mkpipe();
	started = finished = 0;
	CHECK_EQ(pthread_create(&t, NULL, disabled, NULL), 0);
	while (!started)
		usleep(100);
	usleep(3000);
	pthread_cancel(t);
	usleep(3000);
	CHECK_EQ(finished, 0);
	write1();
	pthread_join(t, &ret);
	CHECK(ret == PTHREAD_CANCELED);
	CHECK_EQ(finished, 1);
	end();
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int owned;

static void
unlock_mutex(void *arg)
{

	(void)arg;
	/* It is ours again when a wait for the condition is cancelled. */
	owned = pthread_mutex_trylock(&mutex) == EBUSY;
	pthread_mutex_unlock(&mutex);
}

static void *
condwait(void *arg)
{

	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock_mutex, NULL);
	started = 1;
	for (;;)
		pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(0);
	return arg;
}

static void *
joiner(void *arg)
{

	started = 1;
	pthread_join(*(pthread_t *)arg, NULL);
	return NULL;
}

static void
test_pthread(void)
{
	pthread_t t, t2;
	void *ret;

	/* Handlers do not end waits for mutexes, conditions, threads. */
	started = 0;
	CHECK_EQ(pthread_create(&t, NULL, condwait, NULL), 0);
	while (!started)
		usleep(100);
	usleep(2000);
	pthread_kill(t, SIGUSR1);
	started = 0;
	CHECK_EQ(pthread_create(&t2, NULL, joiner, &t), 0);
	while (!started)
		usleep(100);
	usleep(2000);
	pthread_kill(t2, SIGUSR1);
	usleep(2000);
	pthread_cancel(t2);
	pthread_join(t2, &ret);
	CHECK(ret == PTHREAD_CANCELED);
	pthread_cancel(t);
	pthread_join(t, &ret);
	CHECK(ret == PTHREAD_CANCELED);
	CHECK_EQ(owned, 1);
	CHECK_EQ(pthread_mutex_trylock(&mutex), 0);
	pthread_mutex_unlock(&mutex);
}

static volatile int spins;

static void *
asynchronous(void *arg)
{

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	pthread_cleanup_push(cleanup, NULL);
	started = 1;
	for (;;)
		spins++;
	pthread_cleanup_pop(0);
	return arg;
}

static void
test_async(void)
{
	pthread_t t;
	void *ret;
	int i;

	for (i = 0; i < 20; i++) {
		started = cleaned = 0;
		CHECK_EQ(pthread_create(&t, NULL, asynchronous, NULL), 0);
		while (!started)
			usleep(100);
		pthread_cancel(t);
		pthread_join(t, &ret);
		CHECK(ret == PTHREAD_CANCELED);
		CHECK_EQ(cleaned, 1);
	}
}

int
main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	unsigned i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (only != NULL && strcmp(only, calls[i].name) != 0)
			continue;
		if (only != NULL)
			printf("%s\n", calls[i].name);
		if (calls[i].restarts != HIDDEN) {
			one(&calls[i], 0);
			one(&calls[i], 1);
		}
		if (!calls[i].cancels)
			continue;
		cancel(&calls[i], 0);
		cancel(&calls[i], 1);
	}
	test_disabled();
	test_pthread();
	test_async();
	return check_done();
}
