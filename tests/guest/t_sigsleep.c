/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupted and cancelled (intr.h): what waits for time, signals, other
 * threads, messages, or for any of several descriptors.  Runs on Linux, too.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>
#include "intr.h"

static sem_t sem;

static void
none(void)
{

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
post(void)
{

	sem_post(&sem);
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

/* System V: never again, whatever SA_RESTART says. */
static int ipc = -1, is_sem;		/* a set of semaphores, or a queue */
static struct { long type; char text[8192]; } msg = { .type = 1 };

static void
mkmsg(void)
{

	a = b = -1;
	ipc = msgget(IPC_PRIVATE, 0600);
	is_sem = 0;
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
	is_sem = 1;
	CHECK(ipc >= 0);
}

static void
endipc(void)
{

	/* Another program's may have the same number, of the other kind. */
	CHECK_EQ(is_sem ? semctl(ipc, 0, IPC_RMID) :
	    msgctl(ipc, IPC_RMID, NULL), 0);
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
};

static void
tidy(void)
{

	if (ipc >= 0)
		endipc();
}

int
main(int argc, char **argv)
{

	return run_calls(calls, sizeof(calls) / sizeof(calls[0]), tidy, argc,
	    argv);
}
