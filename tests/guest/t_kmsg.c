/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's messages: syslog(2) and /dev/kmsg; on Linux as root only. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"

/* Others may say something in between. */
static int
comes(int fd, const char *text)
{
	char rec[8192];
	ssize_t n;

	while ((n = read(fd, rec, sizeof(rec) - 1)) > 0) {
		rec[n] = '\0';
		if (strstr(rec, text) != NULL)
			return 1;
	}
	return 0;
}

int
main(void)
{
	static char all[1 << 20];
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK), n;
	struct pollfd pf = { .fd = fd, .events = POLLIN };
	char rec[8192];
	struct stat st;

	if (fd < 0) {
		printf("skip: /dev/kmsg: %s\n", strerror(errno));
		return 0;
	}
	CHECK(fstat(fd, &st) == 0 && S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, 1 << 8 | 11);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	CHECK(read(fd, rec, sizeof(rec)) == -1 && errno == EAGAIN);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHECK_EQ(write(fd, "<5>first of ours", 16), 16);
	CHECK_EQ(write(fd, "second of ours\n", 15), 15);
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == POLLIN);
	CHECK(comes(fd, ";first of ours\n"));
	CHECK(comes(fd, ";second of ours\n"));
	CHECK_EQ(write(fd, "third\n", 6), 6);
	CHECK(read(fd, rec, 3) == -1 && errno == EINVAL);
	/* all of them, as dmesg reads */
	n = klogctl(10, NULL, 0);
	CHECK(n >= 4096);
	n = klogctl(3, all, sizeof(all) - 1);
	CHECK(n > 0);
	all[n > 0 ? n : 0] = '\0';
	CHECK(all[0] == '<' && strstr(all, "] second of ours\n") != NULL);
	CHECK(klogctl(3, all, -1) == -1 && errno == EINVAL);
	CHECK(klogctl(77, all, 1) == -1 && errno == EINVAL);
	/* from the start */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(comes(fd, ";first of ours\n"));
	/* a small buffer gets the newest */
	n = klogctl(3, all, 60);
	CHECK(n > 0 && n <= 60);
	close(fd);
	return check_done();
}
