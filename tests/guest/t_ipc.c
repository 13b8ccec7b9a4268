/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V IPC and POSIX message queues between threads.  Runs on Linux with
 * the same result.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "../check.h"

#define N	2000

union semarg { int val; struct semid_ds *buf; unsigned short *array; };

struct m { long type; char text[64]; };

static void *
msg_echo(void *arg)
{
	int id = *(int *)arg, i;
	struct m m;

	for (i = 0; i < N; i++) {
		CHECK(msgrcv(id, &m, sizeof(m.text), 1, 0) >= 0);
		m.type = 2;
		CHECK_EQ(msgsnd(id, &m, strlen(m.text) + 1, 0), 0);
	}
	return NULL;
}

static void
test_msg_types(int id)
{
	struct m m = { 3, "three" };
	struct msqid_ds ds;

	CHECK_EQ(msgsnd(id, &m, 6, 0), 0);
	m = (struct m){ 2, "two" };
	CHECK_EQ(msgsnd(id, &m, 4, 0), 0);
	m = (struct m){ 7, "seven" };
	CHECK_EQ(msgsnd(id, &m, 6, 0), 0);
	CHECK_EQ(msgctl(id, IPC_STAT, &ds), 0);
	CHECK(ds.msg_qnum == 3 && ds.msg_lspid == getpid());
	FAILS(msgrcv(id, &m, 64, 1, IPC_NOWAIT), ENOMSG);
	CHECK_EQ(msgrcv(id, &m, 64, -5, 0), 4);		/* the lowest */
	CHECK(m.type == 2 && strcmp(m.text, "two") == 0);
	CHECK_EQ(msgrcv(id, &m, 64, 3, MSG_EXCEPT), 6);
	CHECK_EQ(m.type, 7);
	FAILS(msgrcv(id, &m, 3, 0, 0), E2BIG);
	CHECK_EQ(msgrcv(id, &m, 3, 0, MSG_NOERROR), 3);
	CHECK(memcmp(m.text, "thr", 3) == 0);
	m.type = 0;
	FAILS(msgsnd(id, &m, 1, 0), EINVAL);
	m.type = 1;
	FAILS(msgsnd(id, &m, 1 << 20, 0), EINVAL);
}

static void
test_msg(void)
{
	int id = msgget(IPC_PRIVATE, 0600), i, key = 0x77000000 + getpid();
	pthread_t t;
	struct m m;

	CHECK(id >= 0);
	test_msg_types(id);
	pthread_create(&t, NULL, msg_echo, &id);
	for (i = 0; i < N; i++) {
		m.type = 1;
		snprintf(m.text, sizeof(m.text), "message %d", i);
		CHECK_EQ(msgsnd(id, &m, strlen(m.text) + 1, 0), 0);
		CHECK(msgrcv(id, &m, sizeof(m.text), 2, 0) > 0);
		CHECK_EQ(atoi(m.text + 8), i);
	}
	pthread_join(t, NULL);
	m.type = 1;
	while (msgsnd(id, &m, 64, IPC_NOWAIT) == 0)	/* full */
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	FAILS(msgsnd(id, &m, 1, 0), EINVAL);
	id = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(id >= 0);
	FAILS(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	CHECK_EQ(msgget(key, 0), id);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	FAILS(msgget(key, 0), ENOENT);
}

static void *
msg_removed(void *arg)
{
	struct m m;

	CHECK_EQ(msgrcv(*(int *)arg, &m, 64, 0, 0), -1);
	return (void *)(long)errno;
}

/* Once of so many times the other thread waits before the queue goes. */
static void
test_removed(void)
{
	void *error = NULL;
	pthread_t t;
	int i, id;

	for (i = 0; i < 50 && (long)error != EIDRM; i++) {
		id = msgget(IPC_PRIVATE, 0600);
		pthread_create(&t, NULL, msg_removed, &id);
		usleep(50000);
		CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
		pthread_join(t, &error);
		CHECK((long)error == EIDRM || (long)error == EINVAL);
	}
	CHECK_EQ((long)error, EIDRM);
}

static int
op(int id, int num, int by, int flags)
{
	struct sembuf o = { (unsigned short)num, (short)by, (short)flags };

	return semop(id, &o, 1);
}

static int counter;

static void *
sem_count(void *arg)
{
	int id = *(int *)arg, i, c;

	for (i = 0; i < N; i++) {
		CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
		c = counter;
		if (i % 64 == 0)
			sched_yield();
		counter = c + 1;
		CHECK_EQ(op(id, 0, 1, SEM_UNDO), 0);
	}
	return NULL;
}

static void *
sem_zero(void *arg)
{
	CHECK_EQ(op(*(int *)arg, 1, 0, 0), 0);
	return NULL;
}

static void
test_sem(void)
{
	int id = semget(IPC_PRIVATE, 3, 0600), i;
	struct sembuf both[2] = { { 0, -1, 0 }, { 1, -1, IPC_NOWAIT } };
	struct timespec ts = { 0, 20000000 };
	unsigned short vals[3] = { 4, 5, 6 };
	pthread_t t[4];

	CHECK(id >= 0);
	CHECK_EQ(semctl(id, 0, SETVAL, (union semarg){ .val = 1 }), 0);
	FAILS(semop(id, both, 2), EAGAIN);		/* all or none */
	CHECK_EQ(semctl(id, 0, GETVAL), 1);
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, sem_count, &id);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(counter, 4 * N);
	CHECK_EQ(op(id, 1, 2, 0), 0);
	pthread_create(&t[0], NULL, sem_zero, &id);
	while (semctl(id, 1, GETZCNT) != 1)
		usleep(1000);
	CHECK_EQ(semctl(id, 1, GETNCNT), 0);
	CHECK_EQ(op(id, 1, -2, 0), 0);
	pthread_join(t[0], NULL);
	both[1].sem_flg = 0;
	CHECK_EQ(semctl(id, 0, SETVAL, (union semarg){ .val = 0 }), 0);
	FAILS(semtimedop(id, both, 1, &ts), EAGAIN);
	CHECK_EQ(semctl(id, 0, SETALL, (union semarg){ .array = vals }), 0);
	vals[2] = 0;
	CHECK_EQ(semctl(id, 0, GETALL, (union semarg){ .array = vals }), 0);
	CHECK(vals[0] == 4 && vals[2] == 6);
	CHECK_EQ(semctl(id, 1, GETPID), getpid());
	FAILS(op(id, 3, 1, 0), EFBIG);
	FAILS(op(id, 0, 32767, 0), ERANGE);
	FAILS(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
	FAILS(op(id, 0, 1, 0), EINVAL);
}

static void
test_shm(void)
{
	int id = shmget(IPC_PRIVATE, 3 * 4096 + 1, 0600);
	struct shmid_ds ds;
	char *p, *q;

	CHECK(id >= 0);
	p = shmat(id, NULL, 0);
	q = shmat(id, NULL, SHM_RDONLY);
	CHECK(p != (void *)-1 && q != (void *)-1 && p != q);
	p[0] = 1, p[3 * 4096] = 4;
	CHECK(q[0] == 1 && q[3 * 4096] == 4 && q[4096] == 0);
	CHECK_EQ(shmctl(id, IPC_STAT, &ds), 0);
	CHECK(ds.shm_nattch == 2 && ds.shm_segsz == 3 * 4096 + 1);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_EQ(shmdt(q), 0);
	CHECK_EQ(p[0], 1);				/* still there */
	FAILS(shmdt(p + 4096), EINVAL);
	CHECK_EQ(shmdt(p), 0);
	FAILS(shmctl(id, IPC_STAT, &ds), EINVAL);
	FAILS(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
}

static void *
mq_reader(void *arg)
{
	mqd_t mq = *(mqd_t *)arg;
	unsigned prio, i;
	char b[32];

	for (i = 0; i < N; i++) {
		CHECK(mq_receive(mq, b, sizeof(b), &prio) >= 0);
		CHECK(prio == i % 8 && (unsigned)atoi(b) == i);
	}
	return NULL;
}

static void
test_mq(void)
{
	struct mq_attr at = { .mq_maxmsg = 4, .mq_msgsize = 32 };
	struct timespec past = { 1, 0 };
	char name[32], b[32];
	struct pollfd pfd;
	unsigned prio;
	pthread_t t;
	mqd_t mq;
	int i;

	snprintf(name, sizeof(name), "/t_ipc.%d", getpid());
	FAILS(mq_open(name, O_RDWR), ENOENT);
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at);
	CHECK(mq != -1);
	FAILS(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at), EEXIST);
	CHECK_EQ(mq_send(mq, "low", 4, 1), 0);
	CHECK_EQ(mq_send(mq, "high", 5, 9), 0);
	CHECK_EQ(mq_send(mq, "low2", 5, 1), 0);
	CHECK_EQ(mq_getattr(mq, &at), 0);
	CHECK(at.mq_curmsgs == 3 && at.mq_maxmsg == 4 && at.mq_flags == 0);
	pfd = (struct pollfd){ .fd = mq, .events = POLLIN | POLLOUT };
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLIN | POLLOUT);
	CHECK_EQ(mq_receive(mq, b, sizeof(b), &prio), 5);
	CHECK(prio == 9 && strcmp(b, "high") == 0);
	CHECK_EQ(mq_receive(mq, b, sizeof(b), &prio), 4);
	CHECK(strcmp(b, "low") == 0);
	FAILS(mq_receive(mq, b, 31, &prio), EMSGSIZE);
	FAILS(mq_send(mq, b, 33, 0), EMSGSIZE);
	CHECK_EQ(mq_receive(mq, b, sizeof(b), NULL), 5);
	FAILS(mq_timedreceive(mq, b, sizeof(b), NULL, &past), ETIMEDOUT);
	pthread_create(&t, NULL, mq_reader, &mq);
	for (i = 0; i < N; i++) {
		snprintf(b, sizeof(b), "%d", i);
		while (mq_getattr(mq, &at) == 0 && at.mq_curmsgs != 0)
			sched_yield();		/* in order in spite of prio */
		CHECK_EQ(mq_send(mq, b, strlen(b) + 1, (unsigned)i % 8), 0);
	}
	pthread_join(t, NULL);
	at.mq_flags = O_NONBLOCK;
	CHECK_EQ(mq_setattr(mq, &at, NULL), 0);
	FAILS(mq_receive(mq, b, sizeof(b), NULL), EAGAIN);
	CHECK_EQ(mq_unlink(name), 0);
	FAILS(mq_unlink(name), ENOENT);
	CHECK_EQ(mq_send(mq, "x", 2, 0), 0);		/* lives on */
	CHECK_EQ(mq_close(mq), 0);
	FAILS(mq_open("/a/b", O_RDWR), EACCES);
}

int
main(void)
{

	test_msg();
	test_removed();
	test_sem();
	test_shm();
	test_mq();
	return check_done();
}
