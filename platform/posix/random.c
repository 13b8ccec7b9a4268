/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes from getrandom(2).  The virtual CPU is given back only when
 * the host would make us wait, which it does at most early after its boot.
 */
#include <sys/random.h>

#include "posix_user.h"

int
rumpuser_getrandom(void *buf, size_t buflen, int flags, size_t *donep)
{
	unsigned hflags = flags & RUMPUSER_RANDOM_HARD ? GRND_RANDOM : 0;
	size_t done = 0;
	ssize_t n;
	int nlocks;

	while (done < buflen) {
		n = getrandom((char *)buf + done, buflen - done,
		    hflags | GRND_NONBLOCK);
		if (n == -1 && errno == EAGAIN) {
			if (flags & RUMPUSER_RANDOM_NOWAIT)
				break;
			posix_unsched(&nlocks, NULL);
			n = getrandom((char *)buf + done, buflen - done,
			    hflags);
			posix_sched(nlocks, NULL);
		}
		if (n == -1 && errno != EINTR)
			return posix_errno(errno);
		if (n > 0)
			done += n;
	}
	*donep = done;
	return 0;
}
