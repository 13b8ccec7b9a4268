/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semaphores, mutexes and conditions that two programs share by a file, each
 * at an address of its own; one that dies with a robust mutex; a program that
 * is started by a descriptor.  usage: t_shared DIR, as t_spawn.
 */
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "run.h"

struct shared {			/* helper.c has it, too */
	sem_t		go, went;
	pthread_mutex_t	mutex;
	pthread_cond_t	cond;
	int		turn;
};

static char file[64];

static struct timespec
soon(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 300;
	return ts;
}

static struct shared *
make(int protocol)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	pthread_mutexattr_t ma;
	pthread_condattr_t ca;
	struct shared *sh;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 8192), 0);
	/* Not the first mapping: the other program's will be elsewhere. */
	(void)mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	CHECK(sh != MAP_FAILED);
	CHECK_EQ(sem_init(&sh->go, 1, 0), 0);
	CHECK_EQ(sem_init(&sh->went, 1, 0), 0);
	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
	CHECK_EQ(pthread_mutexattr_setprotocol(&ma, protocol), 0);
	CHECK_EQ(pthread_mutex_init(&sh->mutex, &ma), 0);
	pthread_condattr_init(&ca);
	pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
	CHECK_EQ(pthread_cond_init(&sh->cond, &ca), 0);
	return sh;
}

static void
test_memory(int protocol)
{
	struct shared *sh = make(protocol);
	struct timespec ts = soon();
	char *argv[] = { prog("helper"), "shared", file, NULL };
	pid_t pid;
	int st;

	CHECK_EQ(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ), 0);
	usleep(20000);
	CHECK_EQ(sem_post(&sh->go), 0);
	CHECK_EQ(sem_timedwait(&sh->went, &ts), 0);
	CHECK_EQ(pthread_mutex_timedlock(&sh->mutex, &ts), 0);
	sh->turn = 1;
	CHECK_EQ(pthread_cond_signal(&sh->cond), 0);
	while (sh->turn != 2)
		if (pthread_cond_timedwait(&sh->cond, &sh->mutex, &ts) != 0)
			break;
	CHECK_EQ(sh->turn, 2);
	sh->turn = 3;
	CHECK_EQ(pthread_cond_broadcast(&sh->cond), 0);
	CHECK_EQ(pthread_mutex_unlock(&sh->mutex), 0);
	CHECK_EQ(sem_timedwait(&sh->went, &ts), 0);
	/* It has the mutex now, and ends with it. */
	CHECK_EQ(pthread_mutex_timedlock(&sh->mutex, &ts), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&sh->mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(&sh->mutex), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	munmap(sh, sizeof(*sh));
	unlink(file);
}

static void
test_named(void)
{
	char a[64], b[64], *argv[] = { prog("helper"), "named", a, b, NULL };
	struct timespec ts = soon();
	sem_t *x, *y;
	pid_t pid;
	int st;

	snprintf(a, sizeof(a), "/t_shared.a%d", (int)getpid());
	snprintf(b, sizeof(b), "/t_shared.b%d", (int)getpid());
	x = sem_open(a, O_CREAT | O_EXCL, 0600, 0);
	y = sem_open(b, O_CREAT | O_EXCL, 0600, 0);
	CHECK(x != SEM_FAILED && y != SEM_FAILED);
	CHECK_EQ(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ), 0);
	usleep(20000);
	CHECK_EQ(sem_post(x), 0);
	CHECK_EQ(sem_timedwait(y, &ts), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	CHECK(sem_unlink(a) == 0 && sem_unlink(b) == 0);
}

static void
test_fexecve(void)
{
	char path[64], *argv[] = { "helper", "exit", "5", NULL };
	int fd = open(prog("helper"), O_RDONLY | O_CLOEXEC), st;
	pid_t pid;

	/* Programs of an image have no file unless there is one. */
	snprintf(path, sizeof(path), "/tmp/helper");
	if (fd < 0) {
		fd = open(path, O_RDWR | O_CREAT, 0755);
		CHECK_EQ(write(fd, "\177ELF", 4), 4);
		close(fd);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	CHECK(fd >= 0);
	if ((pid = vfork()) == 0) {
		fexecve(fd, argv, environ);
		_exit(errno);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 5 << 8);
	close(fd);
	CHECK(fexecve(-1, argv, environ) == -1);
	if (getpid() == 1)
		unlink(path);
}

int
main(int argc, char **argv)
{
	dir = argc > 1 ? argv[1] : "/bin";
	snprintf(file, sizeof(file), "/tmp/t_shared.%d", (int)getpid());
	test_memory(PTHREAD_PRIO_NONE);
	test_memory(PTHREAD_PRIO_INHERIT);
	test_named();
	test_fexecve();
	return check_done();
}
