/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs vfs_devfs vfs_procfs ipc */
/*
 * What t_calls has no room for: futexes, clocks and timers, descriptors of
 * signals and processes, messages of the kernel, settings in /proc/sys.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <linux/futex.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <mqueue.h>

#include "race.h"

#define PICK(tu, a)	((a)[chance(tu, sizeof(a) / sizeof((a)[0]))])

static const char *const files[] = { "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/random/boot_id",
    "/proc/cpuinfo", "/proc/interrupts", "/proc/version", "/proc/vmstat",
    "/proc/sys/fs/file-nr", "/proc/sys/fs/mqueue/msg_max",
    "/proc/sys/kernel/threads-max", "/dev/zero",
    "/dev/urandom", "/dev/full", "/proc/self/auxv", "/proc/1/stat",
    "/proc/sysvipc/sem", "/proc/self/fdinfo/3", "/proc/filesystems",
    "/proc/self/mountinfo" };

static uint32_t words[4];
static int sigfd, mq, file1, file2, pidfd, sem;
static int timers[2];		/* one of each process: those of its own */

static void
do_futex(struct turn *tu)
{
	struct timespec soon = { 0, 1000 };
	uint32_t *w = &words[chance(tu, 4)];

	switch (chance(tu, 5)) {
	case 0:
		(void)rump_sys_futex(w, FUTEX_WAKE, 1, NULL, NULL, 0);
		break;
	case 1:
		(void)rump_sys_futex(w, FUTEX_REQUEUE, 1, (void *)1, words,
		    0);
		break;
	case 2:
		(void)rump_sys_futex(w, FUTEX_WAKE_OP, 1, (void *)1, words,
		    FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0));
		break;
	case 3:
		(void)rump_sys_futex(w, FUTEX_WAIT_BITSET, 0, &soon, NULL,
		    1);
		break;
	default:
		(void)rump_sys_futex(w, FUTEX_WAIT, 0, &soon, NULL, 0);
	}
}

static void
do_file(struct turn *tu)
{
	const char *name = PICK(tu, files);
	int fd = (int)rump_sys_open(name, O_RDONLY | O_NONBLOCK, 0), n = 0;

	while (rump_sys_read(fd, tu->tu_buf, 2000) > 0 && n++ < 20)
		continue;
	rump_sys_close(fd);
	if (chance(tu, 3) != 0)
		return;
	fd = (int)rump_sys_open(name, O_WRONLY | O_NONBLOCK, 0);
	(void)rump_sys_write(fd, "12\n", 3);
	rump_sys_close(fd);
}

static void
do_log(struct turn *tu)
{
	switch (chance(tu, 4)) {
	case 0: (void)rump_sys_syslog(10, NULL, 0); break;
	case 1: (void)rump_sys_syslog(3, tu->tu_buf, 4000); break;
	case 2: (void)rump_sys_syslog(4, tu->tu_buf, 4000); break;
	default: (void)rump_sys_syslog(9, NULL, 0);
	}
}

static void
do_copy(struct turn *tu)
{
	int64_t a = chance(tu, 5000), b = chance(tu, 5000);

	switch (chance(tu, 4)) {
	case 0:
		(void)rump_sys_copy_file_range(file1, &a, file2, &b,
		    chance(tu, 9000), 0);
		break;
	case 1:
		(void)rump_sys_copy_file_range(file1, NULL, file2, NULL,
		    chance(tu, 9000), 0);
		break;
	case 2: (void)rump_sys_sendfile(file2, file1, &a, 4000); break;
	default:
		(void)rump_sys_fallocate(file1, (int)chance(tu, 4), a, b + 1);
		(void)rump_sys_ftruncate(file2, a);
	}
}

static void
do_time(struct turn *tu)
{
	struct timespec ts;
	struct itimerspec it = { { 0, 0 }, { 0, 1 + (long)chance(tu, 9999) }};

	switch (chance(tu, 8)) {
	case 0: (void)rump_sys_clock_gettime((int)chance(tu, 12), &ts); break;
	case 1:
		(void)rump_sys_clock_gettime(0, &ts);
		ts.tv_nsec = (long)chance(tu, 1000000000);
		(void)rump_sys_clock_settime(0, &ts);
		break;
	case 2:
		(void)rump_sys_timer_settime(timers[tu->tu_proc], 0, &it,
		    NULL);
		break;
	case 3: (void)rump_sys_timer_gettime(timers[tu->tu_proc], &it); break;
	case 4: (void)rump_sys_timer_getoverrun(timers[tu->tu_proc]); break;
	case 5:
		it.it_value.tv_sec = 0;
		(void)rump_sys_clock_nanosleep(1, 0, &it.it_value, NULL);
		break;
	case 6:
		it.it_value.tv_nsec = 1;
		(void)rump_sys_clock_nanosleep(0, TIMER_ABSTIME, &it.it_value,
		    NULL);
		break;
	default: (void)rump_sys_sched_yield();
	}
}

static void
do_sched(struct turn *tu)
{
	struct sched_param sp = { 0 };
	unsigned long mask = 3;
	int pid = (int)chance(tu, 3);

	switch (chance(tu, 5)) {
	case 0: (void)rump_sys_sched_setscheduler(pid, 0, &sp); break;
	case 1: (void)rump_sys_sched_getparam(pid, &sp); break;
	case 2: (void)rump_sys_sched_getaffinity(pid, 8, &mask); break;
	case 3: (void)rump_sys_sched_setaffinity(pid, 8, &mask); break;
	default: (void)rump_sys_sched_getscheduler(pid);
	}
}

/* SIGUSR1 is blocked, so it stays until somebody reads it. */
static void
do_signals(struct turn *tu)
{
	struct pollfd pf[2] = { { sigfd, POLLIN, 0 }, { pidfd, POLLIN, 0 } };
	uint64_t set = 1UL << (SIGUSR1 - 1);

	switch (chance(tu, 6)) {
	case 0: (void)rump_sys_kill((int)rump_sys_getpid(), SIGUSR1); break;
	case 1: (void)rump_sys_read(sigfd, tu->tu_buf, 512); break;
	case 2: (void)rump_sys_signalfd4(sigfd, &set, 8, 0); break;
	case 3: (void)rump_sys_pidfd_send_signal(pidfd, 0, NULL, 0); break;
	case 4:
		rump_sys_close((int)rump_sys_pidfd_open((int)chance(tu, 4),
		    0));
		break;
	default: (void)rump_sys_poll(pf, 2, 0);
	}
}

static void
do_queue(struct turn *tu)
{
	struct timespec past = { 1, 0 };
	struct sigevent sev = { .sigev_notify = SIGEV_NONE };
	struct sembuf sb = { (unsigned short)chance(tu, 3), 1, IPC_NOWAIT };

	switch (chance(tu, 7)) {
	case 0: (void)rump_sys_mq_notify(mq, &sev); break;
	case 1: (void)rump_sys_mq_notify(mq, NULL); break;
	case 2: (void)rump_sys_mq_timedsend(mq, "hi", 2, 1, &past); break;
	case 3:
		(void)rump_sys_mq_timedreceive(mq, tu->tu_buf, 8192, NULL,
		    &past);
		break;
	case 4: (void)rump_sys_semop(sem, &sb, 1); break;
	case 5:
		(void)rump_sys_semctl(sem, (int)chance(tu, 3), SETVAL,
		    (void *)2);
		break;
	default:
		(void)rump_sys_semctl(sem, (int)chance(tu, 3), (int)chance(tu,
		    8) + 10, tu->tu_buf);
	}
}

static void (*const fns[])(struct turn *) = { do_futex, do_file, do_log,
    do_copy, do_time, do_sched, do_signals, do_queue };

int
main(void)
{
	struct sigevent sev = { .sigev_notify = SIGEV_NONE };
	struct { void *fn; unsigned long fl; void *re; uint64_t set; } sa =
	    { SIG_IGN, 0, NULL, 0 };
	uint64_t set = 1UL << (SIGUSR1 - 1);

	OK(start());
	OK(rump_sys_rt_sigaction(SIGUSR1, &sa, NULL, 8));
	OK(rump_sys_rt_sigaction(SIGXFSZ, &sa, NULL, 8));
	OK(rump_sys_rt_sigaction(SIGPIPE, &sa, NULL, 8));
	sigfd = (int)rump_sys_signalfd4(-1, &set, 8, O_NONBLOCK);
	mq = (int)rump_sys_mq_open("q", O_CREAT | O_RDWR | O_NONBLOCK, 0600,
	    NULL);
	file1 = (int)rump_sys_open("/f1", O_RDWR | O_CREAT, 0600);
	file2 = (int)rump_sys_open("/f2", O_RDWR | O_CREAT, 0600);
	OK(rump_sys_ftruncate(file1, 9000));
	pidfd = (int)rump_sys_pidfd_open((int)rump_sys_getpid(), 0);
	sem = (int)rump_sys_semget(IPC_PRIVATE, 3, 0600);
	OK(rump_sys_timer_create(CLOCK_MONOTONIC, &sev, &timers[0]));
	CHECK(sigfd >= 0 && mq >= 0 && file1 >= 0 && file2 >= 0 &&
	    pidfd >= 0 && sem >= 0);
	race(fns, sizeof(fns) / sizeof(fns[0]));
	return check_done();
}
