/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors of the host.  A hypercall returns only numbers that Linux and the
 * BSDs share: 1-34 without 11, which is EAGAIN here and EDEADLK there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "posix_user.h"

int
posix_errno(int error)
{

	if (error >= 0 && error <= 34 && error != EAGAIN)
		return error;
	switch (error) {
	case EDEADLK:
		return EBUSY;
	case EOVERFLOW:
		return EFBIG;
	case EDQUOT:
		return ENOSPC;
	case EOPNOTSUPP:
	case ENAMETOOLONG:
		return EINVAL;
	default:
		return EIO;
	}
}

void
posix_fatal(const char *what, int error)
{

	if (error != 0)
		fprintf(stderr, "rumpuser: %s: %s\n", what, strerror(error));
	else
		fprintf(stderr, "rumpuser: assertion failed: %s\n", what);
	abort();
}
