/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Storms of what threads talk by: pipes, event descriptors, epoll, poll,
 * select, futexes, message queues, semaphores and shared memory of POSIX and
 * System V, locks of files.  What goes in comes out, once; what a lock guards
 * is counted without atomic operations; memory stays flat.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include "storm.h"

#define TOKENS	32
#define SLOTS	4		/* of a file, each with its lock */

static int tokens[2], event, semid, msgid, lockfile = -1;
static char lockname[64];
static int word;		/* of the futex: 0 free, 1 held, 2 waited for */
static sem_t psem;
/* Plainly counted under a lock, and what it must come to. */
static struct { volatile long is; long should; } futexed, semed, psemed,
    flocked, ofded[SLOTS];

static void
counted(volatile long *is, long *should)
{
	long v = *is;

	sched_yield();
	*is = v + 1;
	PLUS(*should, 1);
}

static void
token(struct worker *w)
{
	int t = 0;

	(void)w;
	WRONG(read(tokens[0], &t, sizeof(t)) != sizeof(t));
	WRONG(t < 1 || t > TOKENS);
	if (rnd(w, 2))
		sched_yield();
	WRONG(write(tokens[1], &t, sizeof(t)) != sizeof(t));
}

static void
evented(struct worker *w)
{
	uint64_t n = 1 + rnd(w, 3), i, one;

	WRONG(write(event, &n, sizeof(n)) != sizeof(n));
	for (i = 0; i < n; i++)
		WRONG(read(event, &one, sizeof(one)) != sizeof(one) ||
		    one != 1);
}

static void
epolled(struct worker *w)
{
	struct epoll_event ev = { .events = EPOLLIN }, got[4];
	int e = epoll_create1(EPOLL_CLOEXEC), in = epoll_create1(0), p[2];
	int efd = eventfd(0, EFD_NONBLOCK), n;
	uint64_t v = 5;

	(void)w;
	WRONG(e < 0 || in < 0 || efd < 0 || pipe(p) != 0);
	ev.data.fd = p[0];
	WRONG(epoll_ctl(in, EPOLL_CTL_ADD, p[0], &ev) != 0);
	ev.data.fd = in;				/* one in the other */
	WRONG(epoll_ctl(e, EPOLL_CTL_ADD, in, &ev) != 0);
	ev.data.fd = efd;
	ev.events = EPOLLIN | EPOLLET | EPOLLONESHOT;
	WRONG(epoll_ctl(e, EPOLL_CTL_ADD, efd, &ev) != 0);
	WRONG(epoll_wait(e, got, 4, 0) != 0);
	WRONG(write(p[1], "x", 1) != 1);
	n = epoll_wait(e, got, 4, -1);
	WRONG(n != 1 || got[0].data.fd != in);
	WRONG(write(efd, &v, sizeof(v)) != sizeof(v));
	WRONG(epoll_wait(e, got, 4, -1) != 2);
	WRONG(epoll_wait(e, got, 4, -1) != 1);		/* once is over */
	WRONG(close(p[0]) != 0);			/* leaves in, too */
	WRONG(epoll_wait(e, got, 4, 0) != 0);
	ev.events = EPOLLIN;
	WRONG(epoll_ctl(e, EPOLL_CTL_MOD, efd, &ev) != 0);
	WRONG(epoll_wait(e, got, 4, -1) != 1 || got[0].data.fd != efd);
	WRONG(close(p[1]) != 0 || close(efd) != 0 || close(e) != 0 ||
	    close(in) != 0);
}

static void
polled(struct worker *w)
{
	struct timeval now = { 0, 0 };
	struct pollfd f[2];
	fd_set rd;
	int p[2];
	char c;

	WRONG(pipe2(p, O_NONBLOCK) != 0);
	f[0].fd = p[0];
	f[1].fd = p[1];
	f[0].events = POLLIN;
	f[1].events = POLLOUT;
	WRONG(poll(f, 2, -1) != 1 || f[1].revents != POLLOUT);
	if (rnd(w, 2))
		WRONG(poll(f, 1, 1) != 0);
	WRONG(write(p[1], "y", 1) != 1);
	WRONG(poll(f, 2, -1) != 2 || f[0].revents != POLLIN);
	if (p[0] < FD_SETSIZE) {
		FD_ZERO(&rd);
		FD_SET(p[0], &rd);
		WRONG(select(p[0] + 1, &rd, NULL, NULL, NULL) != 1 ||
		    !FD_ISSET(p[0], &rd));
		WRONG(read(p[0], &c, 1) != 1 || c != 'y');
		WRONG(select(p[0] + 1, &rd, NULL, NULL, &now) != 0);
	}
	WRONG(close(p[1]) != 0);
	WRONG(poll(f, 1, -1) != 1 || (f[0].revents & POLLHUP) == 0);
	WRONG(close(p[0]) != 0);
}

static void
futexes(struct worker *w)
{
	int was = 0;

	(void)w;
	if (!__atomic_compare_exchange_n(&word, &was, 1, 0, __ATOMIC_SEQ_CST,
	    __ATOMIC_SEQ_CST))
		while (__atomic_exchange_n(&word, 2, __ATOMIC_SEQ_CST) != 0)
			(void)syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2,
			    NULL, NULL, 0);
	counted(&futexed.is, &futexed.should);
	if (__atomic_exchange_n(&word, 0, __ATOMIC_SEQ_CST) == 2)
		WRONG(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL,
		    NULL, 0) < 0);
}

static void
sysvsem(struct worker *w)
{
	struct sembuf down = { 0, -1, SEM_UNDO }, up = { 0, 1, SEM_UNDO };

	(void)w;
	WRONG(semop(semid, &down, 1) != 0);
	counted(&semed.is, &semed.should);
	WRONG(semop(semid, &up, 1) != 0);
}

static void
posixsem(struct worker *w)
{

	(void)w;
	WRONG(sem_wait(&psem) != 0);
	counted(&psemed.is, &psemed.should);
	WRONG(sem_post(&psem) != 0);
}

/* Everybody has a type of his own in the one queue. */
static void
sysvmsg(struct worker *w)
{
	struct { long type; uint64_t body[4]; } m, got;

	m.type = w->w_id + 1;
	m.body[0] = m.body[3] = w->w_seed;
	while (msgsnd(msgid, &m, sizeof(m.body), IPC_NOWAIT) != 0) {
		WRONG(errno != EAGAIN);
		sched_yield();
	}
	WRONG(msgrcv(msgid, &got, sizeof(got.body), m.type, 0) !=
	    sizeof(got.body));
	WRONG(got.type != m.type || got.body[0] != m.body[0] ||
	    got.body[3] != m.body[3]);
}

static void
sysvshm(struct worker *w)
{
	size_t len = 4096UL * (1 + rnd(w, 16));
	int id = shmget(IPC_PRIVATE, len, IPC_CREAT | 0600);
	volatile uint64_t *a, *b;
	struct shmid_ds ds;

	WRONG(id < 0);
	a = shmat(id, NULL, 0);
	b = shmat(id, NULL, SHM_RDONLY);
	WRONG(a == (void *)-1 || b == (void *)-1);
	if (a == (void *)-1 || b == (void *)-1)
		return;
	WRONG(*b != 0);
	*a = w->w_seed;
	a[len / 8 - 1] = w->w_seed + 1;
	WRONG(*b != w->w_seed || b[len / 8 - 1] != w->w_seed + 1);
	WRONG(shmctl(id, IPC_RMID, NULL) != 0);
	WRONG(shmctl(id, IPC_STAT, &ds) != 0 || ds.shm_nattch != 2);
	WRONG(shmdt((void *)a) != 0 || *b != w->w_seed);
	WRONG(shmdt((void *)b) != 0);
	WRONG(shmctl(id, IPC_STAT, &ds) != -1);
}

static void
posixshm(struct worker *w)
{
	char name[40];
	uint64_t *p;
	int fd;

	snprintf(name, sizeof(name), "/storm.%d.%d", (int)getpid(), w->w_id);
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	WRONG(fd < 0 || ftruncate(fd, 8192) != 0);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	WRONG(p == MAP_FAILED || close(fd) != 0);
	WRONG(shm_unlink(name) != 0);
	WRONG(shm_open(name, O_RDWR, 0) != -1 || errno != ENOENT);
	if (p == MAP_FAILED)
		return;
	WRONG(p[600] != 0);
	p[600] = 1;
	WRONG(munmap(p, 8192) != 0);
}

/* The most important message first. */
static void
queued(struct worker *w)
{
	struct mq_attr a = { .mq_maxmsg = 4, .mq_msgsize = 16 };
	struct timespec past = { 1, 0 };
	unsigned prio, i;
	char name[40], m[16];
	mqd_t q;

	snprintf(name, sizeof(name), "/storm.%d.%d", (int)getpid(), w->w_id);
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a);
	if (q == (mqd_t)-1) {
		WRONG(errno != EMFILE && errno != ENOSPC);
		return;				/* so many are not allowed */
	}
	for (i = 0; i < 4; i++)
		WRONG(mq_send(q, "0123456789abcdef" + i, 3, i * 7 % 4) != 0);
	WRONG(mq_timedsend(q, "x", 1, 0, &past) != -1 || errno != ETIMEDOUT);
	for (i = 0; i < 4; i++)
		WRONG(mq_receive(q, m, sizeof(m), &prio) != 3 ||
		    prio != 3 - i || m[1] != m[0] + 1);
	WRONG(mq_timedreceive(q, m, sizeof(m), &prio, &past) != -1 ||
	    errno != ETIMEDOUT);
	WRONG(mq_close(q) != 0 || mq_unlink(name) != 0);
}

/* An open file of one's own each time: that is what owns the lock. */
static void
flocks(struct worker *w)
{
	int fd = open(lockname, O_RDWR | O_CLOEXEC);

	WRONG(fd < 0 || flock(fd, LOCK_EX) != 0);
	counted(&flocked.is, &flocked.should);
	if (rnd(w, 2))
		WRONG(flock(fd, LOCK_UN) != 0);
	WRONG(close(fd) != 0);			/* which unlocks */
}

static void
ofdlocks(struct worker *w)
{
	int fd = open(lockname, O_RDWR | O_CLOEXEC), s = (int)rnd(w, SLOTS);
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_start = s * 100, .l_len = 100 };

	WRONG(fd < 0 || fcntl(fd, F_OFD_SETLKW, &fl) != 0);
	counted(&ofded[s].is, &ofded[s].should);
	if (rnd(w, 2)) {
		fl.l_type = F_UNLCK;
		WRONG(fcntl(fd, F_OFD_SETLK, &fl) != 0);
	}
	WRONG(close(fd) != 0);
}

static void
after(void)
{
	int i, t, sum = 0;
	uint64_t n;

	for (i = 0; i < TOKENS; i++) {
		CHECK_EQ(read(tokens[0], &t, sizeof(t)), sizeof(t));
		sum += t;
		CHECK_EQ(write(tokens[1], &t, sizeof(t)), sizeof(t));
	}
	CHECK_EQ(sum, TOKENS * (TOKENS + 1) / 2);
	CHECK(fcntl(event, F_SETFL, O_NONBLOCK) == 0 &&
	    read(event, &n, sizeof(n)) == -1 && errno == EAGAIN &&
	    fcntl(event, F_SETFL, 0) == 0);
	CHECK_EQ(futexed.is, futexed.should);
	CHECK_EQ(semed.is, semed.should);
	CHECK_EQ(psemed.is, psemed.should);
	CHECK_EQ(flocked.is, flocked.should);
	for (i = 0; i < SLOTS; i++)
		CHECK_EQ(ofded[i].is, ofded[i].should);
	CHECK_EQ(semctl(semid, 0, GETVAL), 1);
}

static int
prepare(void)
{
	union { int val; void *p; } one = { .val = 1 };
	int i;

	REQUIRE(pipe(tokens) == 0);
	for (i = 1; i <= TOKENS; i++)
		REQUIRE(write(tokens[1], &i, sizeof(i)) == sizeof(i));
	REQUIRE((event = eventfd(0, EFD_SEMAPHORE)) >= 0);
	REQUIRE((semid = semget(IPC_PRIVATE, 1, 0600)) >= 0);
	REQUIRE(semctl(semid, 0, SETVAL, one) == 0);
	REQUIRE((msgid = msgget(IPC_PRIVATE, 0600)) >= 0);
	REQUIRE(sem_init(&psem, 0, 1) == 0);
	snprintf(lockname, sizeof(lockname), "/tmp/storm.%d", (int)getpid());
	REQUIRE((lockfile = open(lockname, O_RDWR | O_CREAT, 0600)) >= 0);
	return 0;
}

int
main(void)
{
	static struct storm list[] = {
		{ "token", token, 0 }, { "eventfd", evented, 0 },
		{ "epoll", epolled, 0 }, { "poll", polled, 0 },
		{ "futex", futexes, 0 }, { "semop", sysvsem, 0 },
		{ "sem", posixsem, 0 }, { "msg", sysvmsg, 0 },
		{ "shm", sysvshm, 0 }, { "shm_open", posixshm, 0 },
		{ "mq", queued, 0 }, { "flock", flocks, 0 },
		{ "ofd", ofdlocks, 0 },
	};
	int rc;

	if (prepare() != 0)
		return 1;
	rc = storm_run(list, sizeof(list) / sizeof(*list), after);
	CHECK(unlink(lockname) == 0 && semctl(semid, 0, IPC_RMID) == 0 &&
	    msgctl(msgid, IPC_RMID, NULL) == 0);
	return check_done() || rc;
}
