/* SPDX-License-Identifier: BSD-2-Clause */
/* open with all flags, names that are there and are not, and what it changed. */
#include <fcntl.h>

#include "differ.h"

static void
differ_begin(void)
{
}

static void
differ_step(void)
{
	const char *n = ONE_OF(char *const, "a", "b", "d", "d/a", "d/b", "a/x",
	    "l", "", ".", "d/..", "d/", "a/", "l/", "nope/x", "d/l");
	int flags, fd;
	struct stat st;

	switch (below(6)) {
	case 0:
		say("mkdir %s %ld", n, RES(mkdir(n, 0700 | below(64))));
		break;
	case 1:
		say("unlink %s %ld", n, RES(unlink(n)));
		break;
	case 2:
		say("rmdir %s %ld", n, RES(rmdir(n)));
		break;
	case 3:
		say("symlink %s %ld", n, RES(symlink(ONE_OF(char *const, "a",
		    "d", "d/a", "l", "nope"), n)));
		break;
	default:
		flags = below(4);
		if (once_in(2)) flags |= O_CREAT;
		if (once_in(4)) flags |= O_EXCL;
		if (once_in(4)) flags |= O_TRUNC;
		if (once_in(4)) flags |= O_APPEND;
		if (once_in(4)) flags |= O_DIRECTORY;
		if (once_in(4)) flags |= O_NOFOLLOW;
		if (once_in(8)) flags |= O_PATH;
		if (once_in(8)) flags |= O_CLOEXEC;
		if (once_in(8)) flags |= O_NONBLOCK;
		errno = 0;
		fd = open(n, flags, 0600 | below(64));
		say("open %s %#o %ld", n, (unsigned)flags, differ_res(fd));
		if (fd >= 0) {
			memset(&st, 0, sizeof(st));
			fstat(fd, &st);
			say(" fl %#o fd %d mode %#o size %ld",
			    (unsigned)fcntl(fd, F_GETFL), fcntl(fd, F_GETFD),
			    st.st_mode,
			    S_ISREG(st.st_mode) ? (long)st.st_size : 0);
			close(fd);
		}
	}
}

static void
differ_end(void)
{
}
