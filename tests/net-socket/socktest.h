/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the socket tests.  SYS(name)(...) is the host's system call or
 * the rump kernel's, as onhost says; a test program runs all of its functions
 * on both.
 */
#ifndef TESTS_NET_SOCKET_SOCKTEST_H
#define TESTS_NET_SOCKET_SOCKTEST_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <asm/socket.h>
#include <linux/sockios.h>

#include <rump/rump.h>
#include <rump/rump_syscalls.h>

#include "../rumptest.h"

static int onhost __attribute__((__unused__));

#define SYS(name, ...) (onhost ? \
	syscall(SYS_##name __VA_OPT__(,) __VA_ARGS__) : \
	rump_sys_##name(__VA_ARGS__))

struct test {
	const char	*t_name;
	void		(*t_fn)(void);
};

/*
 * Where it may be had: Linux's network of this process alone, so that no other
 * process's ports and packets are among ours, and no settings of the machine.
 */
static inline void
own_network(void)
{
	/* A struct ifreq: <net/if.h> and <linux/if.h> exclude each other. */
	struct { char name[16]; short flags; char pad[22]; } lo = { "lo", 1,
	    "" };
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd == -1 || ioctl(fd, SIOCSIFFLAGS, &lo) != 0)
		abort();
	close(fd);
	/* Otherwise a new one has no ping sockets. */
	fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY);
	if (fd == -1)
		return;
	(void)!write(fd, "0 2147483647", 12);
	close(fd);
}

static inline int
run_tests(const struct test *t)
{
	int error, before;
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	own_network();
	if ((error = rump_init()) != 0 ||
	    (error = rump_pub_lwproc_rfork(RUMP_RFCFDG)) != 0) {
		printf("no rump kernel: error %d\n", error);
		return 1;
	}
	pid = rump_sys_getpid();
	(void)pid;
	for (; t->t_name != NULL; t++) {
		for (onhost = 1; onhost >= 0; onhost--) {
			before = check_failures;
			t->t_fn();
			if (check_failures != before)
				printf("in %s on %s\n", t->t_name, onhost ?
				    "the host" : "the rump kernel");
		}
	}
	return check_done();
}

static inline void
pair(int type, int *fds)
{

	fds[0] = fds[1] = -1;
	OK(SYS(socketpair, AF_UNIX, type, 0, fds));
}

static inline void
closeboth(const int *fds)
{

	OK(SYS(close, fds[0]));
	OK(SYS(close, fds[1]));
}

static inline long
xsend(int fd, const void *buf, size_t len, int flags)
{
	return SYS(sendto, fd, buf, len, flags | MSG_NOSIGNAL, NULL, 0);
}

static inline long
xrecv(int fd, void *buf, size_t len, int flags)
{
	return SYS(recvfrom, fd, buf, len, flags, NULL, NULL);
}

/* Poll bits that are true now. */
static inline int
bits(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };

	CHECK(SYS(poll, &p, 1UL, 0) >= 0);
	return p.revents;
}
#define ALLBITS	(POLLIN | POLLOUT | POLLPRI | POLLRDHUP)

/* An abstract name of this process's and test's. */
static inline socklen_t
mkname(struct sockaddr_un *un, const char *name)
{

	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	snprintf(un->sun_path + 1, sizeof(un->sun_path) - 1, "rk%d.%s",
	    (int)getpid(), name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(un->sun_path + 1));
}

static inline int
mksock(int type)
{
	int fd = (int)SYS(socket, AF_UNIX, type, 0);

	CHECK(fd >= 0);
	return fd;
}

/* A socket that is bound to the name, and listens unless it is a datagram. */
static inline int
server(int type, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = mkname(&un, name);
	int fd = mksock(type);

	OK(SYS(bind, fd, &un, len));
	if ((type & 0xf) != SOCK_DGRAM)
		OK(SYS(listen, fd, 5));
	return fd;
}

static inline int
client(int type, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = mkname(&un, name);
	int fd = mksock(type);

	OK(SYS(connect, fd, &un, len));
	return fd;
}

#endif /* TESTS_NET_SOCKET_SOCKTEST_H */
