/* SPDX-License-Identifier: BSD-2-Clause */
/* execveat of descriptors that no program is behind.  Runs on Linux, too. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../check.h"

static int
tried(int fd, int flags)
{
	char *argv[] = { "x", NULL }, *envp[] = { NULL };

	errno = 0;
	CHECK_EQ(syscall(SYS_execveat, fd, "", argv, envp, flags), -1);
	if (fd >= 0)
		close(fd);
	return errno;
}

int
main(void)
{
	int fd[2];

	CHECK_EQ(tried(-1, AT_EMPTY_PATH), EBADF);
	CHECK_EQ(tried(open("/", O_RDONLY), AT_EMPTY_PATH), EACCES);
	CHECK_EQ(tried(open("/", O_PATH), AT_EMPTY_PATH), EACCES);
	CHECK_EQ(tried(open("/dev/null", O_RDWR), AT_EMPTY_PATH), EACCES);
	CHECK_EQ(tried(open("/dev/null", O_RDWR), 0), ENOENT);
	CHECK_EQ(tried(eventfd(0, 0), AT_EMPTY_PATH), EACCES);
	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(tried(fd[0], AT_EMPTY_PATH), EACCES);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	CHECK_EQ(tried(fd[0], AT_EMPTY_PATH), EACCES);
	return 0;
}
