/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames on a socket, see frame.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"

static int
all(int fd, char *buf, size_t len, int sending)
{
	ssize_t n;

	while (len > 0) {
		n = sending ? send(fd, buf, len, MSG_NOSIGNAL) :
		    recv(fd, buf, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

int
frame_send(int fd, int type, const void *data, size_t len)
{
	char buf[5 + FRAME_MAX];
	uint32_t n = (uint32_t)len;

	if (len > FRAME_MAX)
		return -1;
	buf[0] = (char)type;
	memcpy(buf + 1, &n, sizeof(n));
	if (len > 0)
		memcpy(buf + 5, data, len);
	return all(fd, buf, 5 + len, 1);
}

int
frame_recv(int fd, int *type, char *buf, size_t *len)
{
	char head[5];
	uint32_t n;

	if (all(fd, head, sizeof(head), 0) != 0)
		return -1;
	memcpy(&n, head + 1, sizeof(n));
	if (n > FRAME_MAX || all(fd, buf, n, 0) != 0)
		return -1;
	buf[n] = '\0';
	*type = (unsigned char)head[0];
	*len = n;
	return 0;
}
