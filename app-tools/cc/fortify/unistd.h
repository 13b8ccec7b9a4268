/* SPDX-License-Identifier: BSD-2-Clause */
/* unistd.h, and with _FORTIFY_SOURCE its functions checked. */
#include_next <unistd.h>
#include <rumprun-fortify.h>

#if defined(RUMPRUN_FORTIFY) && !defined(RUMPRUN_FORTIFY_UNISTD_H)
#define RUMPRUN_FORTIFY_UNISTD_H

RUMPRUN_REAL(read);
RUMPRUN_REAL(pread);
RUMPRUN_REAL(write);
RUMPRUN_REAL(getcwd);
RUMPRUN_REAL(readlink);
RUMPRUN_REAL(readlinkat);
RUMPRUN_REAL(gethostname);

#undef read
RUMPRUN_FORTIFIED ssize_t
read(int rr_fd, void *rr_d, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_d));
	return rumprun_real_read(rr_fd, rr_d, rr_n);
}

#undef pread
RUMPRUN_FORTIFIED ssize_t
pread(int rr_fd, void *rr_d, size_t rr_n, off_t rr_off)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_d));
	return rumprun_real_pread(rr_fd, rr_d, rr_n, rr_off);
}

#undef write
RUMPRUN_FORTIFIED ssize_t
write(int rr_fd, const void *rr_s, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_s));
	return rumprun_real_write(rr_fd, rr_s, rr_n);
}

#undef getcwd
RUMPRUN_FORTIFIED char *
getcwd(char *rr_d, size_t rr_n)
{
	/* Without a buffer the length is that of one to be allocated. */
	RUMPRUN_LIMIT(rr_d != (char *)0 ? rr_n : 0, RUMPRUN_STRSIZE(rr_d));
	return rumprun_real_getcwd(rr_d, rr_n);
}

#undef readlink
RUMPRUN_FORTIFIED ssize_t
readlink(const char *__restrict rr_path, char *__restrict rr_d, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_d));
	return rumprun_real_readlink(rr_path, rr_d, rr_n);
}

#undef readlinkat
RUMPRUN_FORTIFIED ssize_t
readlinkat(int rr_fd, const char *__restrict rr_path, char *__restrict rr_d,
    size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_d));
	return rumprun_real_readlinkat(rr_fd, rr_path, rr_d, rr_n);
}

#undef gethostname
RUMPRUN_FORTIFIED int
gethostname(char *rr_d, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_d));
	return rumprun_real_gethostname(rr_d, rr_n);
}
#endif
