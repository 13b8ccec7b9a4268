/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mq_notify: who is told when, by which means, and when no more; MSG_COPY.
 * Runs on Linux, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static mqd_t mq;
static char name[64];
static volatile sig_atomic_t told;
static siginfo_t last;

static void
handler(int sig, siginfo_t *si, void *uc)
{

	(void)sig;
	(void)uc;
	last = *si;
	told++;
}

static void
empty(void)
{
	char c[8];
	struct timespec past = { 0, 0 };

	while (mq_timedreceive(mq, c, sizeof(c), NULL, &past) >= 0)
		continue;
	CHECK_EQ(errno, ETIMEDOUT);
}

static void
test_signal(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1 };

	ev.sigev_value.sival_int = 77;
	told = 0;
	CHECK_EQ(mq_notify(mq, &ev), 0);
	CHECK(mq_notify(mq, &ev) == -1 && errno == EBUSY);
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
	CHECK_EQ(told, 1);
	CHECK_EQ(last.si_code, SI_MESGQ);
	CHECK_EQ(last.si_value.sival_int, 77);
	CHECK_EQ(last.si_pid, getpid());
	CHECK_EQ(last.si_uid, getuid());
	empty();
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);	/* once only */
	CHECK_EQ(told, 1);
	CHECK_EQ(mq_notify(mq, &ev), 0);
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);	/* it was not empty */
	CHECK_EQ(told, 1);
	empty();
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
	CHECK_EQ(told, 2);
	empty();
	CHECK_EQ(mq_notify(mq, &ev), 0);
	CHECK_EQ(mq_notify(mq, NULL), 0);
	CHECK_EQ(mq_notify(mq, NULL), 0);
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
	CHECK_EQ(told, 2);
	empty();
}

static void
test_errors(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = 65 };
	int fds[2];

	CHECK(mq_notify(mq, &ev) == -1 && errno == EINVAL);
	ev.sigev_signo = SIGUSR1;
	ev.sigev_notify = 77;
	CHECK(mq_notify(mq, &ev) == -1 && errno == EINVAL);
	ev.sigev_notify = SIGEV_SIGNAL;
	CHECK(mq_notify(-1, &ev) == -1 && errno == EBADF);
	CHECK_EQ(pipe(fds), 0);
	CHECK(mq_notify(fds[0], &ev) == -1 && errno == EBADF);
	close(fds[0]);
	close(fds[1]);
}

/* Any close of a descriptor by the process ends it. */
static void
test_close(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1 };
	mqd_t two;

	told = 0;
	two = mq_open(name, O_RDWR);
	CHECK(two >= 0);
	CHECK_EQ(mq_notify(mq, &ev), 0);
	CHECK_EQ(mq_close(two), 0);
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
	CHECK_EQ(told, 0);
	empty();
	ev.sigev_notify = SIGEV_NONE;
	CHECK_EQ(mq_notify(mq, &ev), 0);
	CHECK(mq_notify(mq, &ev) == -1 && errno == EBUSY);
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
	CHECK_EQ(told, 0);
	empty();
	CHECK_EQ(mq_notify(mq, &ev), 0);	/* the last one is over */
	CHECK_EQ(mq_notify(mq, NULL), 0);
}

static void *
reader(void *arg)
{
	char c[8];

	CHECK_EQ(mq_receive(mq, c, sizeof(c), NULL), 1);
	return arg;
}

/*
 * Who waits for a message gets it, and nobody is told; once of so many times
 * the reader waits before it comes.
 */
static void
test_reader(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1 };
	pthread_t t;
	int i;

	told = 1;
	for (i = 0; i < 50 && told != 0; i++) {
		told = 0;
		CHECK_EQ(mq_notify(mq, &ev), 0);
		pthread_create(&t, NULL, reader, NULL);
		usleep(50000);
		CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
		pthread_join(t, NULL);
		CHECK_EQ(mq_notify(mq, NULL), 0);
	}
	CHECK_EQ(told, 0);
}

static sem_t called;
static volatile int value;
static pthread_t self;

static void
notified(union sigval v)
{

	value = v.sival_int;
	self = pthread_self();
	sem_post(&called);
}

static void
test_thread(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD };
	pthread_attr_t attr;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	ev.sigev_notify_function = notified;
	for (i = 0; i < 3; i++) {
		ev.sigev_notify_attributes = i == 1 ? &attr : NULL;
		ev.sigev_value.sival_int = 100 + i;
		CHECK_EQ(mq_notify(mq, &ev), 0);
		CHECK(mq_notify(mq, &ev) == -1 && errno == EBUSY);
		CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
		sem_wait(&called);
		CHECK_EQ(value, 100 + i);
		CHECK(!pthread_equal(self, pthread_self()));
		empty();
	}
	CHECK_EQ(mq_notify(mq, &ev), 0);
	CHECK_EQ(mq_notify(mq, NULL), 0);
	CHECK_EQ(mq_send(mq, "a", 1, 0), 0);
	usleep(20000);
	CHECK(sem_trywait(&called) == -1 && errno == EAGAIN);
	empty();
	CHECK(mq_notify(-1, &ev) == -1 && errno == EBADF);
}

/* A message stays in the queue; which one: its index. */
static void
test_msgcopy(void)
{
	struct { long type; char text[8]; } m = { 5, "one" };
	int q = msgget(IPC_PRIVATE, 0600);
	const int how = MSG_COPY | IPC_NOWAIT;

	CHECK(q >= 0);
	CHECK_EQ(msgsnd(q, &m, 4, 0), 0);
	m.type = 6;
	CHECK_EQ(msgsnd(q, &m, 8, 0), 0);
	if (msgrcv(q, &m, 8, 0, how) == -1 && errno == ENOSYS) {
		printf("skip: MSG_COPY (kernel without it)\n");
	} else {
		CHECK_EQ(msgrcv(q, &m, 8, 0, how), 4);
		CHECK_EQ(m.type, 5);
		CHECK_EQ(msgrcv(q, &m, 8, 1, how), 8);
		CHECK_EQ(m.type, 6);
		CHECK(msgrcv(q, &m, 8, 2, how) == -1 && errno == ENOMSG);
		CHECK(msgrcv(q, &m, 7, 1, how) == -1 && errno == E2BIG);
		CHECK(msgrcv(q, &m, 7, 1, how | MSG_NOERROR) == -1 &&
		    errno == EINVAL);
		CHECK(msgrcv(q, &m, 8, 0, MSG_COPY) == -1 && errno == EINVAL);
		CHECK(msgrcv(q, &m, 8, 0, how | MSG_EXCEPT) == -1 &&
		    errno == EINVAL);
	}
	CHECK_EQ(msgrcv(q, &m, 8, 0, 0), 4);
	CHECK_EQ(msgrcv(q, &m, 8, 0, 0), 8);
	CHECK_EQ(msgctl(q, IPC_RMID, NULL), 0);
}

int
main(void)
{
	struct mq_attr at = { .mq_maxmsg = 4, .mq_msgsize = 8 };
	struct sigaction sa = { .sa_sigaction = handler,
	    .sa_flags = SA_SIGINFO };

	snprintf(name, sizeof(name), "/t_sigmq.%d", (int)getpid());
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at);
	REQUIRE(mq >= 0);
	sigaction(SIGUSR1, &sa, NULL);
	sem_init(&called, 0, 0);
	test_signal();
	test_errors();
	test_close();
	test_reader();
	test_thread();
	test_msgcopy();
	CHECK_EQ(mq_close(mq), 0);
	CHECK_EQ(mq_unlink(name), 0);
	return check_done();
}
