/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes system calls with many kinds of arguments between two marks.  Its
 * traces on Linux and in an image are compared, so what it prints and asks
 * for is the same everywhere.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MARK(n)	close(-1000 - (n))

/* Chosen so that each is a page that is there: read back afterwards. */
static char buf[256], big[100];

static void
files(void)
{
	struct stat st;
	struct iovec iov[2] = { { "ab", 2 }, { big, sizeof(big) } };
	struct iovec in[2] = { { buf, 3 }, { buf + 64, 64 } };
	int fd;

	(void)mkdir("trace.d", 0755);
	(void)chdir("trace.d");
	(void)getcwd(buf, sizeof(buf));
	fd = open("a", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	(void)write(fd, "hello\n\t\"\\\001\377", 11);
	(void)write(fd, big, sizeof(big));
	(void)writev(fd, iov, 2);
	(void)lseek(fd, 0, SEEK_SET);
	(void)read(fd, buf, 5);
	(void)readv(fd, in, 2);
	(void)pread(fd, buf, 100, 6);
	(void)pwrite(fd, "\0001", 2, 3);
	(void)fstat(fd, &st);
	(void)stat("a", &st);
	(void)lstat("missing", &st);
	(void)ftruncate(fd, 9);
	(void)fcntl(fd, F_GETFL);
	(void)fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_GETFD);
	(void)fcntl(fd, F_DUPFD_CLOEXEC, 20);
	(void)fchmod(fd, 0600);
	(void)rename("a", "b");
	(void)symlink("b", "c");
	(void)readlink("c", buf, sizeof(buf));
	(void)access("b", R_OK | W_OK);
	(void)access("b", F_OK);
	(void)unlink("c");
	(void)unlink("b");
	(void)umask(022);
	(void)open("/none/there", O_RDONLY | O_DIRECTORY);
	(void)openat(-1, "x", O_WRONLY);
	(void)read(fd, (void *)1, 5);
	(void)chdir("..");
	(void)rmdir("trace.d");
	(void)close(fd);
	(void)close(fd);
}

static void
memory(void)
{
	char *p = mmap(NULL, 16384, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)mprotect(p, 4096, PROT_READ);
	(void)mprotect(p, 4096, PROT_NONE);
	(void)madvise(p + 4096, 4096, MADV_DONTNEED);
	(void)munmap(p, 16384);
	(void)mmap(NULL, 4096, PROT_READ, MAP_SHARED, 99, 4096);
}

static void
polls(void)
{
	struct pollfd pf[2];
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET,
	    .data.u64 = 7 }, got[4];
	struct itimerspec its = { { 0, 0 }, { 3600, 5 } };
	struct timeval tv = { 0, 0 };
	int fds[2], e, t;
	fd_set rd;

	(void)pipe2(fds, O_CLOEXEC | O_NONBLOCK);
	pf[0] = (struct pollfd){ fds[0], POLLIN, 0 };
	pf[1] = (struct pollfd){ fds[1], POLLOUT | POLLPRI, 0 };
	(void)poll(pf, 1, 0);
	(void)poll(pf, 2, 1000);
	(void)read(fds[0], buf, 10);
	e = epoll_create1(EPOLL_CLOEXEC);
	(void)epoll_ctl(e, EPOLL_CTL_ADD, fds[0], &ev);
	(void)write(fds[1], "x", 1);
	(void)epoll_wait(e, got, 4, 100);
	(void)epoll_ctl(e, EPOLL_CTL_DEL, fds[0], NULL);
	FD_ZERO(&rd);
	FD_SET(fds[0], &rd);
	FD_SET(fds[1], &rd);
	(void)select(fds[1] + 1, &rd, NULL, NULL, &tv);
	(void)poll(pf, 1, -1);
	t = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	(void)timerfd_settime(t, 0, &its, NULL);
	(void)close(t);
	(void)close(eventfd(3, EFD_SEMAPHORE | EFD_CLOEXEC));
	(void)close(e);
	(void)dup3(fds[0], 30, O_CLOEXEC);
	(void)dup2(fds[0], 31);
	(void)close(fds[0]);
	(void)write(30, "no", 2);
	(void)close(30);
	(void)close(31);
	(void)close(fds[1]);
}

static void
sockets(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct msghdr mh = { 0 };
	struct iovec iov = { "abc", 3 };
	socklen_t len = sizeof(sun);
	int s, one = 1, sv[2];

	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(sun.sun_path, "trace.sock");
	(void)bind(s, (void *)&sun, sizeof(sun));
	(void)listen(s, 5);
	(void)getsockname(s, (void *)&sun, &len);
	(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	len = sizeof(one);
	(void)getsockopt(s, SOL_SOCKET, SO_TYPE, &one, &len);
	(void)close(s);
	(void)unlink("trace.sock");
	(void)socketpair(AF_UNIX, SOCK_DGRAM, 0, sv);
	(void)send(sv[0], "datagram", 8, MSG_NOSIGNAL);
	(void)recv(sv[1], buf, sizeof(buf), 0);
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	(void)sendmsg(sv[0], &mh, MSG_DONTWAIT);
	iov.iov_base = buf;
	iov.iov_len = 50;
	(void)recvmsg(sv[1], &mh, 0);
	(void)recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT | MSG_PEEK);
	(void)shutdown(sv[0], SHUT_RDWR);
	(void)close(sv[0]);
	(void)close(sv[1]);
}

static void
on_signal(int sig)
{

	(void)sig;
}

static void
processes(void)
{
	struct sigaction sa = { .sa_handler = on_signal,
	    .sa_flags = SA_RESTART };
	struct timespec ts = { 0, 1000 };
	struct rlimit rl;
	struct utsname un;
	sigset_t set, old;

	(void)sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigprocmask(SIG_SETMASK, &set, &old);
	(void)getppid();
	(void)getuid();
	(void)getrlimit(RLIMIT_CORE, &rl);
	rl.rlim_cur = 0;
	(void)setrlimit(RLIMIT_CORE, &rl);
	(void)waitpid(-1, NULL, WNOHANG);
	(void)kill(INT_MAX, SIGTERM);	/* more than any pid */
	(void)nanosleep(&ts, NULL);
	(void)sched_yield();
	(void)uname(&un);
	(void)clock_settime(CLOCK_MONOTONIC, &ts);
	(void)ioctl(-1, FIONREAD, NULL);
	(void)ioctl(-1, TIOCGWINSZ, NULL);
}

int
main(int argc, char **argv)
{

	(void)argv;
	MARK(0);
	files();
	memory();
	polls();
	sockets();
	processes();
	MARK(1);
	return argc > 1 ? 7 : 0;
}
