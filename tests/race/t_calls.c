/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs vfs_devfs vfs_procfs vfs_inotify dev_tty ipc */
/*
 * Processes, files, terminals, queues: what one thread changes while others
 * read it.
 */
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <mqueue.h>
#include <termios.h>

#include "race.h"

enum { FILE1, FILE2, DIR1, RPIPE, WPIPE, EVENT, TIMER, EPOLL, INOTIFY,
    MASTER, SLAVE, ZERO, NFDS };

static int fds[NFDS];
static int mq, sem, msg;

static const char *const names[] = { "/w/a", "/w/b", "/w/d/a", "/w/d/b",
    "/w/d", "/w/e", "/w/e/a", "/m/a", "/m/b" };

static const char *const procs[] = { "self/stat", "self/status",
    "self/limits", "self/maps", "self/comm", "self/mounts", "stat", "mounts",
    "meminfo", "loadavg", "self/fd", "self/task", "self/fdinfo/5", "self/io",
    "1/status", "2/status", "3/stat", "2/comm", "uptime", "self/cmdline",
    "sysvipc/shm", "sysvipc/sem", "sysvipc/msg", "locks", "self/statm",
    "self/cwd", "self/environ", "sys/kernel/hostname" };

#define PICK(tu, a)	((a)[chance(tu, sizeof(a) / sizeof((a)[0]))])

static int
anyfd(struct turn *tu)
{
	return fds[chance(tu, NFDS)];
}

static void
do_open(struct turn *tu)
{
	static const int how[] = { O_RDONLY, O_RDWR | O_CREAT, O_WRONLY |
	    O_CREAT | O_TRUNC, O_RDWR | O_APPEND, O_PATH, O_DIRECTORY,
	    O_TMPFILE | O_RDWR };
	int fd = (int)rump_sys_open(PICK(tu, names), PICK(tu, how) |
	    O_NONBLOCK, 0666);

	if (fd < 0)
		return;
	(void)rump_sys_write(fd, "hello", 5);
	(void)rump_sys_read(fd, tu->tu_buf, 100);
	(void)rump_sys_fstat(fd, (void *)tu->tu_buf);
	(void)rump_sys_fcntl(fd, F_GETFL, 0);
	rump_sys_close(fd);
}

static void
do_names(struct turn *tu)
{
	const char *a = PICK(tu, names), *b = PICK(tu, names);

	switch (chance(tu, 8)) {
	case 0: (void)rump_sys_rename(a, b); break;
	case 1: (void)rump_sys_unlink(a); break;
	case 2: (void)rump_sys_link(a, b); break;
	case 3: (void)rump_sys_symlink(a, b); break;
	case 4: (void)rump_sys_mkdir(a, 0777); break;
	case 5: (void)rump_sys_rmdir(a); break;
	case 6: (void)rump_sys_mknod(a, S_IFIFO | 0666, 0); break;
	default: (void)rump_sys_readlink(a, tu->tu_buf, 100);
	}
}

static void
do_attr(struct turn *tu)
{
	const char *a = PICK(tu, names);

	switch (chance(tu, 9)) {
	case 0: (void)rump_sys_chmod(a, chance(tu, 010000)); break;
	case 1: (void)rump_sys_chown(a, chance(tu, 3), chance(tu, 3)); break;
	case 2: (void)rump_sys_truncate(a, chance(tu, 9999)); break;
	case 3: (void)rump_sys_utimensat(AT_FDCWD, a, NULL, 0); break;
	case 4: (void)rump_sys_access(a, (int)chance(tu, 8)); break;
	case 5: (void)rump_sys_setxattr(a, "user.x", "12", 2, 0); break;
	case 6: (void)rump_sys_getxattr(a, "user.x", tu->tu_buf, 9); break;
	case 7: (void)rump_sys_statfs(a, (void *)tu->tu_buf); break;
	default: (void)rump_sys_stat(a, (void *)tu->tu_buf);
	}
}

static void
do_mount(struct turn *tu)
{
	switch (chance(tu, 6)) {
	case 0: (void)rump_sys_mount("x", "/m", "tmpfs", 0, NULL); break;
	case 1: (void)rump_sys_umount2("/m", MNT_DETACH); break;
	case 2:
	case 3:
		(void)rump_sys_mount("x", "/m", "tmpfs", MS_REMOUNT |
		    (chance(tu, 2) ? MS_RDONLY : MS_NOATIME), NULL);
		break;
	default: (void)rump_sys_umount2("/m", 0);
	}
}

/* Each of the files that all have. */
static void
do_fd(struct turn *tu)
{
	int fd = anyfd(tu), v;
	struct pollfd pf = { anyfd(tu), POLLIN | POLLOUT, 0 };
	struct flock fl = { .l_type = (short)chance(tu, 3), .l_whence =
	    SEEK_SET, .l_start = (int)chance(tu, 9), .l_len = 5 };

	switch (chance(tu, 12)) {
	case 0: (void)rump_sys_read(fd, tu->tu_buf, 8); break;
	case 1: (void)rump_sys_write(fd, "12345678", 8); break;
	case 2:
		(void)rump_sys_fcntl(fd, F_SETFL, O_NONBLOCK |
		    (chance(tu, 2) ? O_APPEND : 0));
		break;
	case 3: (void)rump_sys_fcntl(fd, F_GETFL, 0); break;
	case 4: (void)rump_sys_poll(&pf, 1, 0); break;
	case 5: (void)rump_sys_fstat(fd, (void *)tu->tu_buf); break;
	case 6: (void)rump_sys_lseek(fd, chance(tu, 99), SEEK_SET); break;
	case 7: (void)rump_sys_ftruncate(fd, chance(tu, 9999)); break;
	case 8: (void)rump_sys_fcntl(fd, F_SETLK, (unsigned long)&fl); break;
	case 9: (void)rump_sys_ioctl(fd, FIONREAD, &v); break;
	case 10: (void)rump_sys_flock(fd, LOCK_SH | LOCK_NB); break;
	default: (void)rump_sys_fsync(fd);
	}
}

static void
do_table(struct turn *tu)
{
	int fd = (int)rump_sys_dup(anyfd(tu)), p[2];

	(void)rump_sys_fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)rump_sys_dup2(fd, 60 + (int)chance(tu, 4));
	(void)rump_sys_close(60 + (int)chance(tu, 4));
	rump_sys_close(fd);
	if (chance(tu, 2) && rump_sys_pipe2(p, O_NONBLOCK) == 0) {
		(void)rump_sys_write(p[1], tu->tu_buf, 100);
		(void)rump_sys_splice(p[0], NULL, fds[WPIPE], NULL, 50,
		    SPLICE_F_NONBLOCK);
		(void)rump_sys_tee(fds[RPIPE], p[1], 10, SPLICE_F_NONBLOCK);
		(void)rump_sys_fcntl(p[1], F_SETPIPE_SZ, 8192);
		rump_sys_close(p[0]);
		rump_sys_close(p[1]);
	}
}

static void
do_epoll(struct turn *tu)
{
	struct epoll_event ev[4] = { { .events = EPOLLIN | EPOLLOUT |
	    (chance(tu, 2) ? EPOLLET : EPOLLONESHOT) } };

	(void)rump_sys_epoll_ctl(fds[EPOLL], 1 + (int)chance(tu, 3),
	    anyfd(tu), ev);
	(void)rump_sys_epoll_wait(fds[EPOLL], ev, 4, 0);
}

static void
do_timer(struct turn *tu)
{
	struct itimerspec it = { { 0, 50000 }, { 0, (long)chance(tu, 90000) }};
	struct itimerval iv = { { 0, 0 }, { 1000, 0 } };

	(void)rump_sys_timerfd_settime(fds[TIMER], 0, &it, NULL);
	(void)rump_sys_timerfd_gettime(fds[TIMER], &it);
	(void)rump_sys_setitimer((int)chance(tu, 1), &iv, NULL);
	(void)rump_sys_getitimer((int)chance(tu, 1), &iv);
}

static void
do_ids(struct turn *tu)
{
	struct rlimit rl;
	int pid = chance(tu, 2) ? 0 : 1 + (int)chance(tu, 3), r;

	switch (chance(tu, 14)) {
	case 0:
		(void)rump_sys_prlimit64(pid, RLIMIT_NOFILE, NULL, &rl);
		rl.rlim_cur = 1000 + chance(tu, 9);
		(void)rump_sys_prlimit64(pid, RLIMIT_NOFILE, &rl, NULL);
		rl.rlim_cur = rl.rlim_max = RLIM_INFINITY;
		(void)rump_sys_prlimit64(pid, RLIMIT_FSIZE, &rl, NULL);
		break;
	case 1: (void)rump_sys_setpriority(0, pid, 0); break;
	case 2: (void)rump_sys_getpriority(0, pid); break;
	case 3: (void)rump_sys_umask(chance(tu, 01000)); break;
	case 4: (void)rump_sys_setpgid(pid, 0); break;
	case 5: (void)rump_sys_getpgid(pid); break;
	case 6: (void)rump_sys_setresgid(-1, chance(tu, 9), -1); break;
	case 7: (void)rump_sys_setgroups(0, NULL); break;
	case 8:
		(void)rump_sys_prctl(PR_SET_NAME, (unsigned long)
		    (chance(tu, 2) ? "one" : "another one"), 0, 0, 0);
		break;
	case 9:
		(void)rump_sys_prctl(PR_GET_NAME, (unsigned long)tu->tu_buf,
		    0, 0, 0);
		break;
	case 10: (void)rump_sys_getrusage(0, (void *)tu->tu_buf); break;
	case 11: (void)rump_sys_times((void *)tu->tu_buf); break;
	case 12: (void)rump_sys_wait4(-1, &r, WNOHANG | WUNTRACED, NULL);
		break;
	default: (void)rump_sys_getsid(pid);
	}
}

static void
do_signal(struct turn *tu)
{
	struct { void *fn; unsigned long fl; void *re; uint64_t set; } sa =
	    { chance(tu, 2) ? SIG_IGN : (void *)turns, chance(tu, 2) ?
	    SA_RESTART : SA_NOCLDSTOP, NULL, 0 };
	struct timespec none = { 0, 0 };
	uint64_t set = 1UL << (SIGUSR1 - 1);

	switch (chance(tu, 6)) {
	case 0:
		(void)rump_sys_rt_sigaction(chance(tu, 2) ? SIGUSR1 : SIGCHLD,
		    &sa, NULL, 8);
		break;
	case 1: (void)rump_sys_kill((int)rump_sys_getpid(), SIGUSR1); break;
	case 2:
		(void)rump_sys_rt_sigprocmask((int)chance(tu, 2), &set, NULL,
		    8);
		break;
	case 3: (void)rump_sys_rt_sigpending(&set, 8); break;
	case 4: (void)rump_sys_rt_sigtimedwait(&set, NULL, &none, 8); break;
	default: (void)rump_sys_kill(0, 0);
	}
}

static void
do_proc(struct turn *tu)
{
	char name[64];
	int fd, n;

	snprintf(name, sizeof(name), "/proc/%s", PICK(tu, procs));
	if ((fd = (int)rump_sys_open(name, O_RDONLY, 0)) < 0) {
		(void)rump_sys_readlink(name, tu->tu_buf, 100);
		return;
	}
	while ((n = (int)rump_sys_read(fd, tu->tu_buf, 4000)) > 0)
		continue;
	while (n < 0 && rump_sys_getdents64(fd, (void *)tu->tu_buf, 4000) > 0)
		continue;
	rump_sys_close(fd);
}

static void
do_owner(struct turn *tu)
{
	race_owner(tu, anyfd(tu));
}

static void
do_cwd(struct turn *tu)
{
	switch (chance(tu, 4)) {
	case 0: (void)rump_sys_chdir(chance(tu, 2) ? "/w" : "/w/d"); break;
	case 1: (void)rump_sys_getcwd(tu->tu_buf, 100); break;
	case 2: (void)rump_sys_open("a", O_RDONLY | O_NONBLOCK, 0); break;
	default: (void)rump_sys_close_range(100, 60000, 0);
	}
	(void)rump_sys_close_range(40, 50, 0);
}

static void
do_inotify(struct turn *tu)
{
	int wd = (int)rump_sys_inotify_add_watch(fds[INOTIFY],
	    PICK(tu, names), IN_ALL_EVENTS);

	(void)rump_sys_read(fds[INOTIFY], tu->tu_buf, 4000);
	if (chance(tu, 2))
		(void)rump_sys_inotify_rm_watch(fds[INOTIFY], wd);
}

static void
do_pty(struct turn *tu)
{
	struct winsize ws = { .ws_row = (unsigned short)chance(tu, 99) };
	struct termios ti;
	int m, n, v = 0;
	char name[32];

	switch (chance(tu, 8)) {
	case 0: (void)rump_sys_write(fds[MASTER], "ab\n", 3); break;
	case 1: (void)rump_sys_write(fds[SLAVE], "cd\n", 3); break;
	case 2: (void)rump_sys_read(fds[MASTER], tu->tu_buf, 99); break;
	case 3: (void)rump_sys_read(fds[SLAVE], tu->tu_buf, 99); break;
	case 4:
		(void)rump_sys_ioctl(fds[SLAVE], TIOCSWINSZ, &ws);
		(void)rump_sys_ioctl(fds[SLAVE], TIOCGPGRP, &v);
		break;
	case 5:
		(void)rump_sys_ioctl(fds[SLAVE], TCGETS, &ti);
		ti.c_lflag ^= ECHO;
		(void)rump_sys_ioctl(fds[SLAVE], TCSETS, &ti);
		break;
	case 6: (void)rump_sys_ioctl(fds[SLAVE], TIOCSCTTY, NULL); break;
	default:
		if ((m = (int)rump_sys_open("/dev/ptmx", O_RDWR | O_NONBLOCK |
		    O_NOCTTY, 0)) < 0)
			break;
		(void)rump_sys_ioctl(m, TIOCSPTLCK, &v);
		(void)rump_sys_ioctl(m, TIOCGPTN, &n);
		snprintf(name, sizeof(name), "/dev/pts/%d", n);
		v = (int)rump_sys_open(name, O_RDWR | O_NONBLOCK, 0);
		(void)rump_sys_write(m, "x\n", 2);
		rump_sys_close(m);
		rump_sys_close(v);
	}
}

static void
do_queue(struct turn *tu)
{
	struct timespec past = { 1, 0 };
	struct mq_attr at = { .mq_flags = O_NONBLOCK };
	unsigned prio;

	switch (chance(tu, 6)) {
	case 0: (void)rump_sys_mq_timedsend(mq, "hi", 2, 1, &past); break;
	case 1:
		(void)rump_sys_mq_timedreceive(mq, tu->tu_buf, 8192, &prio,
		    &past);
		break;
	case 2: (void)rump_sys_mq_getsetattr(mq, &at, tu->tu_buf); break;
	case 3: (void)rump_sys_mq_unlink("q2"); break;
	case 4:
		rump_sys_close((int)rump_sys_mq_open("q2", O_CREAT | O_RDWR,
		    0600, NULL));
		break;
	default: (void)rump_sys_fstat(mq, (void *)tu->tu_buf);
	}
}

static void
do_sysv(struct turn *tu)
{
	struct sembuf sb = { (unsigned short)chance(tu, 3), 1, IPC_NOWAIT |
	    SEM_UNDO };

	switch (chance(tu, 6)) {
	case 0: (void)rump_sys_semop(sem, &sb, 1); break;
	case 1: sb.sem_op = -1; (void)rump_sys_semop(sem, &sb, 1); break;
	case 2: (void)rump_sys_semctl(sem, 0, GETPID, NULL); break;
	case 3:
		(void)rump_sys_msgsnd(msg, &(long[3]){ 1, 2, 3 }, 16,
		    IPC_NOWAIT);
		break;
	case 4: (void)rump_sys_msgrcv(msg, tu->tu_buf, 16, 0, IPC_NOWAIT);
		break;
	default: (void)rump_sys_msgctl(msg, IPC_STAT, tu->tu_buf);
	}
}

static void (*const fns[])(struct turn *) = { do_open, do_names, do_attr,
    do_mount, do_fd, do_fd, do_fd, do_table, do_epoll, do_timer, do_ids,
    do_ids, do_signal, do_proc, do_proc, do_cwd, do_owner, do_inotify,
    do_pty, do_pty,
    do_queue, do_sysv };

static void
setup(void)
{
	int p[2], zero = 0, n = 0;
	char name[32];

	OK(rump_sys_mkdir("/w", 0777));
	OK(rump_sys_mkdir("/w/d", 0777));
	OK(rump_sys_mkdir("/m", 0777));
	fds[FILE1] = (int)rump_sys_open("/w/a", O_RDWR | O_CREAT, 0666);
	fds[FILE2] = (int)rump_sys_open("/w/b", O_RDWR | O_CREAT | O_APPEND,
	    0666);
	fds[DIR1] = (int)rump_sys_open("/w/d", O_RDONLY, 0);
	OK(rump_sys_pipe2(p, O_NONBLOCK));
	fds[RPIPE] = p[0];
	fds[WPIPE] = p[1];
	fds[EVENT] = (int)rump_sys_eventfd2(0, O_NONBLOCK);
	fds[TIMER] = (int)rump_sys_timerfd_create(1, O_NONBLOCK);
	fds[EPOLL] = (int)rump_sys_epoll_create1(0);
	fds[INOTIFY] = (int)rump_sys_inotify_init1(O_NONBLOCK);
	fds[MASTER] = (int)rump_sys_open("/dev/ptmx", O_RDWR | O_NONBLOCK |
	    O_NOCTTY, 0);
	OK(rump_sys_ioctl(fds[MASTER], TIOCSPTLCK, &zero));
	OK(rump_sys_ioctl(fds[MASTER], TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	fds[SLAVE] = (int)rump_sys_open(name, O_RDWR | O_NONBLOCK | O_NOCTTY,
	    0);
	fds[ZERO] = (int)rump_sys_open("/dev/zero", O_RDWR, 0);
	mq = (int)rump_sys_mq_open("q", O_CREAT | O_RDWR | O_NONBLOCK, 0600,
	    NULL);
	sem = (int)rump_sys_semget(IPC_PRIVATE, 3, 0600);
	msg = (int)rump_sys_msgget(IPC_PRIVATE, 0600);
	for (n = 0; n < NFDS; n++)
		CHECK(fds[n] >= 0);
	CHECK(mq >= 0 && sem >= 0 && msg >= 0);
}

int
main(void)
{
	static const int ignored[] = { SIGUSR1, SIGHUP, SIGALRM, SIGXFSZ,
	    SIGPIPE, SIGIO };
	size_t i;

	OK(start());
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		race_ignore(ignored[i]);
	setup();
	race(fns, sizeof(fns) / sizeof(fns[0]));
	return check_done();
}
