/* SPDX-License-Identifier: BSD-2-Clause */
#include "user.h"

int
rumpuser_getrandom(void *buf, size_t buflen, int flags, size_t *donep)
{
	size_t n;

	if (flags & RUMPUSER_RANDOM_HARD) {
		n = bmk_platform_entropy(buf, buflen);
		/* The platform's source is slow or none: the generator's. */
		if (n < buflen && (flags & RUMPUSER_RANDOM_NOWAIT) == 0) {
			bmk_random((char *)buf + n, buflen - n);
			n = buflen;
		}
		*donep = n;
		return 0;
	}
	bmk_random(buf, buflen);
	*donep = buflen;
	return 0;
}
