/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every call that takes a pointer, with one to memory that is not there, and
 * results to memory that is read-only: EFAULT.  Runs on Linux, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define PG 4096
#define BAD	(bad)		/* nothing is mapped there */
#define EDGE	(bad - 4)	/* the last four bytes before it */
#define RO	(ro)
#define FAR	((char *)0x8000000000001000UL)	/* no address at all */

static char *bad, *ro, *rw;
static int p[2], s[2], f, ep, tf, in, mq, msg, sem, shm, tty;
static timer_t timer;

static void
result(int line, const char *text, long r, int want)
{

	if (r == -1 && errno == want)
		return;
	check_failures++;
	printf("line %d: %s: %ld, errno %d, not %d\n", line, text, r,
	    r == -1 ? errno : 0, want);
}
#define E(...) do {							\
	errno = 0;							\
	result(__LINE__, #__VA_ARGS__, (long)syscall(__VA_ARGS__),	\
	    EFAULT);							\
} while (0)
/* The address is not looked at. */
#define OK(...) CHECK(syscall(__VA_ARGS__) >= 0)

static void
test_paths(char *b)
{

	E(SYS_open, b, 0);
	E(SYS_openat, AT_FDCWD, b, O_RDONLY);
	E(SYS_creat, b, 0600);
	E(SYS_openat2, AT_FDCWD, "/", b, 24);
	E(SYS_stat, b, rw);
	E(SYS_lstat, b, rw);
	E(SYS_newfstatat, AT_FDCWD, b, rw, 0);
	E(SYS_statx, AT_FDCWD, b, 0, 0x7ff, rw);
	E(SYS_access, b, 0);
	E(SYS_faccessat, AT_FDCWD, b, 0);
	E(SYS_chdir, b);
	E(SYS_mkdir, b, 0700);
	E(SYS_rmdir, b);
	E(SYS_unlink, b);
	E(SYS_unlinkat, AT_FDCWD, b, 0);
	E(SYS_link, b, "/tmp/x");
	E(SYS_link, "/tmp", b);
	E(SYS_symlink, b, "/tmp/nothing");
	E(SYS_symlink, "x", b);
	E(SYS_rename, b, "/tmp/x");
	E(SYS_rename, "/tmp", b);
	E(SYS_readlink, b, rw, 100);
	E(SYS_truncate, b, 0L);
	E(SYS_chmod, b, 0600);
	E(SYS_chown, b, 0, 0);
	E(SYS_lchown, b, 0, 0);
	E(SYS_fchmodat, AT_FDCWD, b, 0600);
	E(SYS_fchownat, AT_FDCWD, b, 0, 0, 0);
	E(SYS_utimensat, AT_FDCWD, b, NULL, 0);
	E(SYS_utimensat, AT_FDCWD, "/tmp", b, 0);
	E(SYS_utimes, "/tmp", b);
	E(SYS_utime, "/tmp", b);
	E(SYS_mknod, b, S_IFIFO | 0600, 0);
	E(SYS_statfs, b, rw);
	E(SYS_execve, b, NULL, NULL);
	E(SYS_inotify_add_watch, in, b, IN_CREATE);
	E(SYS_memfd_create, b, 0);
	E(SYS_setxattr, "/tmp", b, "v", 1, 0);
	E(SYS_getxattr, b, "user.x", rw, 10);
	E(SYS_getxattr, "/tmp", b, rw, 10);
	E(SYS_fsetxattr, f, "user.x", b, 10, 0);
	E(SYS_listxattr, b, rw, 10);
}

/* What calls read from. */
static void
test_input(char *b)
{
	struct iovec iov = { b, 10 };

	E(SYS_write, p[1], b, 8);
	E(SYS_write, f, b, 8);
	E(SYS_write, s[0], b, 8);
	E(SYS_pwrite64, f, b, 8, 0);
	E(SYS_writev, p[1], b, 1);
	E(SYS_writev, p[1], &iov, 1);
	E(SYS_pwritev, f, &iov, 1, 0, 0);
	E(SYS_sendto, s[0], b, 8, 0, NULL, 0);
	E(SYS_sendto, s[0], "x", 1, 0, b, 10);
	E(SYS_sendmsg, s[0], b, 0);
	E(SYS_sendmmsg, s[0], b, 1, 0);
	E(SYS_bind, s[0], b, 16);
	E(SYS_connect, s[0], b, 16);
	E(SYS_setsockopt, s[0], SOL_SOCKET, SO_SNDBUF, b, 4);
	E(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, p[0], b);
	E(SYS_poll, b, 1, 0);
	E(SYS_ppoll, rw, 1, b, NULL, 8);
	E(SYS_select, 5, b, NULL, NULL, NULL);
	E(SYS_select, 0, NULL, NULL, NULL, b);
	E(SYS_nanosleep, b, NULL);
	E(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, b, NULL);
	E(SYS_rt_sigaction, SIGUSR1, b, NULL, 8);
	E(SYS_rt_sigprocmask, SIG_BLOCK, b, NULL, 8);
	E(SYS_rt_sigsuspend, b, 8);
	E(SYS_rt_sigtimedwait, b, NULL, NULL, 8);
	E(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, b);
	E(SYS_sigaltstack, b, NULL);
	E(SYS_signalfd4, -1, b, 8, 0);
	E(SYS_timer_create, CLOCK_MONOTONIC, b, rw);
	E(SYS_timer_settime, timer, 0, b, NULL);
	E(SYS_timerfd_settime, tf, 0, b, NULL);
	E(SYS_setitimer, ITIMER_REAL, b, NULL);
	E(SYS_setrlimit, RLIMIT_CORE, b);
	E(SYS_prlimit64, 0, RLIMIT_CORE, b, NULL);
	E(SYS_setgroups, 1, b);
	E(SYS_sched_setaffinity, 0, 8, b);
	E(SYS_sched_setparam, 0, b);
	E(SYS_sched_setscheduler, 0, SCHED_OTHER, b);
	E(SYS_futex, b, 0, 0, NULL, NULL, 0);
	E(SYS_futex, rw, 0, 0, b, NULL, 0);
	E(SYS_semop, sem, b, 1);
	E(SYS_msgsnd, msg, b, 8, 0);
	E(SYS_mq_open, b, O_RDONLY, 0, NULL);
	E(SYS_mq_open, "t_efault_none", O_RDWR | O_CREAT, 0600, b);
	E(SYS_mq_unlink, b);
	E(SYS_mq_timedsend, mq, b, 4, 0, NULL);
	E(SYS_mq_notify, mq, b);
	E(SYS_sendfile, p[1], f, b, 4);
	E(SYS_copy_file_range, f, b, f, NULL, 4, 0);
	E(SYS_splice, f, b, p[1], NULL, 4, 0);
	E(SYS_process_vm_readv, getpid(), b, 1, &iov, 1, 0);
	E(SYS_fcntl, f, F_SETLK, b);
	E(SYS_fcntl, f, F_GETLK, b);
}

/* What calls write to. */
static void
test_output(char *b)
{
	static const char eight[8] = "8 bytes";
	struct { long type; char text[8]; } m = { 1, "text" };
	struct iovec iov = { b, 10 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	CHECK_EQ(pwrite(f, eight, 8, 0), 8);
	CHECK_EQ(write(p[1], eight, 8), 8);
	CHECK_EQ(write(s[1], eight, 8), 8);
	E(SYS_read, p[0], b, 8);
	E(SYS_read, f, b, 8);
	E(SYS_pread64, f, b, 8, 0);
	E(SYS_preadv, f, &iov, 1, 0, 0);
	E(SYS_readv, p[0], &iov, 1);
	E(SYS_recvfrom, s[0], b, 8, MSG_PEEK, NULL, NULL);
	E(SYS_recvmsg, s[0], &mh, MSG_PEEK);
	E(SYS_read, s[0], b, 8);
	E(SYS_getdents64, tty, b, 1000);
	E(SYS_pipe, b);
	E(SYS_pipe2, b, O_CLOEXEC);
	E(SYS_stat, "/", b);
	E(SYS_lstat, "/", b);
	E(SYS_fstat, f, b);
	E(SYS_newfstatat, AT_FDCWD, "/", b, 0);
	E(SYS_statx, AT_FDCWD, "/", 0, 0x7ff, b);
	E(SYS_statfs, "/", b);
	E(SYS_fstatfs, f, b);
	E(SYS_getcwd, b, 100);
	E(SYS_readlink, "/proc/self", b, 100);
	E(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, b);
	*(int *)(void *)(rw + 100) = 16;
	E(SYS_getsockname, s[0], b, rw + 100);
	*(int *)(void *)(rw + 100) = 4;
	E(SYS_getsockname, s[0], rw, b);
	E(SYS_getpeername, s[0], rw, b);
	E(SYS_getsockopt, s[0], SOL_SOCKET, SO_TYPE, b, rw + 100);
	E(SYS_getsockopt, s[0], SOL_SOCKET, SO_TYPE, rw, b);
	E(SYS_epoll_wait, ep, b, 1, 0);
	E(SYS_clock_gettime, CLOCK_REALTIME, b);
	E(SYS_clock_getres, CLOCK_REALTIME, b);
	E(SYS_gettimeofday, b, NULL);
	E(SYS_gettimeofday, NULL, b);
	E(SYS_time, b);
	E(SYS_times, b);
	E(SYS_getrusage, RUSAGE_SELF, b);
	E(SYS_getrlimit, RLIMIT_CORE, b);
	E(SYS_prlimit64, 0, RLIMIT_CORE, NULL, b);
	E(SYS_uname, b);
	E(SYS_sysinfo, b);
	E(SYS_getrandom, b, 8, 0);
	E(SYS_getresuid, b, rw, rw);
	E(SYS_getresuid, rw, b, rw);
	E(SYS_getresuid, rw, rw, b);
	E(SYS_getresgid, rw, rw, b);
	E(SYS_rt_sigaction, SIGUSR1, NULL, b, 8);
	E(SYS_rt_sigprocmask, SIG_BLOCK, NULL, b, 8);
	E(SYS_rt_sigpending, b, 8);
	E(SYS_sigaltstack, NULL, b);
	E(SYS_timer_create, CLOCK_MONOTONIC, NULL, b);
	E(SYS_timer_gettime, timer, b);
	E(SYS_timerfd_gettime, tf, b);
	E(SYS_getitimer, ITIMER_REAL, b);
	E(SYS_read, tf, b, 8);
	E(SYS_sched_getaffinity, 0, 128, b);
	E(SYS_sched_getparam, 0, b);
	E(SYS_sched_rr_get_interval, 0, b);
	E(SYS_getcpu, b, NULL, NULL);
	E(SYS_mincore, rw, PG, b);
	E(SYS_msgctl, msg, IPC_STAT, b);
	E(SYS_semctl, sem, 0, IPC_STAT, b);
	E(SYS_semctl, sem, 0, GETALL, b);
	E(SYS_shmctl, shm, IPC_STAT, b);
	CHECK_EQ(msgsnd(msg, &m, 8, 0), 0);
	E(SYS_msgrcv, msg, b, 8, 0, 0);
	CHECK_EQ(mq_send(mq, "m", 1, 0), 0);
	E(SYS_mq_timedreceive, mq, b, 8, NULL, NULL);
	E(SYS_mq_getsetattr, mq, NULL, b);
	E(SYS_ioctl, p[0], FIONREAD, b);
	E(SYS_prctl, 16 /* PR_GET_NAME */, b);
	E(SYS_capget, b, NULL);
	E(SYS_get_mempolicy, b, NULL, 0, NULL, 0);
	OK(SYS_read, p[0], b, 0);
	while (read(p[0], rw, 100) == 100)
		continue;
}

/* A part that is there is done. */
static void
test_parts(void)
{
	struct iovec iov[2] = { { rw, 10 }, { bad, 10 } };

	memset(EDGE, 'x', 4);
	CHECK_EQ(pwritev(f, iov, 2, 0), 10);
	CHECK_EQ(preadv(f, iov, 2, 0), 8 + 2);
	E(SYS_open, EDGE, O_RDONLY);		/* no end */
	E(SYS_clock_gettime, CLOCK_REALTIME, EDGE);
	E(SYS_stat, "/", EDGE);
	E(SYS_nanosleep, EDGE, NULL);
	E(SYS_uname, EDGE);
	E(SYS_poll, EDGE, 1, 0);
	E(SYS_mq_notify, mq, EDGE);
	memcpy(EDGE, "/", 2);
	CHECK_EQ(access(EDGE, F_OK), 0);
	CHECK_EQ(write(p[1], EDGE, 4), 4);
	CHECK_EQ(read(p[0], EDGE, 4), 4);
}

/* Half of what must go whole is there: nothing goes, and nothing is lost. */
static void
test_whole(void)
{
	char *across = bad - 100;
	int d[2], ev = eventfd(5, EFD_NONBLOCK);

	CHECK(ev >= 0);
	E(SYS_write, ev, EDGE, 8);
	E(SYS_read, ev, EDGE, 8);
	/* Linux's, too, gave its count away. */
	FAILS(read(ev, rw, 8), EAGAIN);
	close(ev);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, d), 0);
	E(SYS_write, d[0], across, 200);
	FAILS(read(d[1], rw, 200), EAGAIN);
	close(d[0]);
	close(d[1]);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, d), 0);
	E(SYS_write, d[0], across, 200);
	FAILS(read(d[1], rw, 200), EAGAIN);
	CHECK_EQ(write(d[0], rw, 200), 200);
	E(SYS_read, d[1], across, 200);
	CHECK_EQ(read(d[1], rw, 300), 200);
	close(d[0]);
	close(d[1]);
}

static void
open_all(void)
{
	char name[64];
	int fds;

	snprintf(name, sizeof(name), "/tmp/t_efault.%d", (int)getpid());
	CHECK((f = open(name, O_RDWR | O_CREAT, 0600)) >= 0);
	unlink(name);
	CHECK((tty = open("/", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s), 0);
	CHECK((ep = epoll_create1(0)) >= 0);
	CHECK((fds = eventfd(0, 0)) >= 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fds,
	    &(struct epoll_event){ .events = EPOLLOUT }), 0);
	CHECK((tf = timerfd_create(CLOCK_MONOTONIC, 0)) >= 0);
	CHECK_EQ(timerfd_settime(tf, 0, &(struct itimerspec){ { 0, 1 },
	    { 0, 1 } }, NULL), 0);
	usleep(1000);
	CHECK((in = inotify_init1(0)) >= 0);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &(struct sigevent){
	    .sigev_notify = SIGEV_NONE }, &timer), 0);
	snprintf(name, sizeof(name), "/t_efault.%d", (int)getpid());
	mq = (int)mq_open(name, O_RDWR | O_CREAT, 0600,
	    &(struct mq_attr){ .mq_maxmsg = 4, .mq_msgsize = 8 });
	CHECK(mq >= 0);
	mq_unlink(name);
	CHECK((msg = msgget(IPC_PRIVATE, 0600)) >= 0);
	CHECK((sem = semget(IPC_PRIVATE, 1, 0600)) >= 0);
	CHECK((shm = shmget(IPC_PRIVATE, PG, 0600)) >= 0);

}

int
main(void)
{
	rw = mmap(NULL, 4 * PG, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(rw != MAP_FAILED);
	ro = rw + PG;
	bad = rw + 3 * PG;
	CHECK_EQ(mprotect(ro, PG, PROT_READ), 0);
	CHECK_EQ(munmap(bad, PG), 0);
	open_all();
	test_paths(BAD);
	test_paths(FAR);
	test_input(BAD);
	test_input(FAR);
	test_output(BAD);
	test_output(RO);
	test_parts();
	test_whole();
	msgctl(msg, IPC_RMID, NULL);
	semctl(sem, 0, IPC_RMID);
	shmctl(shm, IPC_RMID, NULL);
	return check_done();
}
