/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors, memory and files for the launcher.  Out of memory ends it.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

void
note(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("rumprun: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void
fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("rumprun: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(ST_FAILED);
}

void *
xmalloc(size_t len)
{
	void *p = malloc(len != 0 ? len : 1);

	if (p == NULL)
		fail("out of memory");
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		fail("out of memory");
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) == -1)
		fail("out of memory");
	va_end(ap);
	return p;
}

int
write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len != 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1) {
			if (errno == EINTR)
				continue;
			return errno;
		}
		p += n;
		len -= n;
	}
	return 0;
}

int
memfile(const char *name, const void *buf, size_t len)
{
	int fd = memfd_create(name, 0);

	if (fd == -1)
		fail("memfd_create: %s", strerror(errno));
	if (write_all(fd, buf, len) != 0 || lseek(fd, 0, SEEK_SET) == -1)
		fail("cannot copy %s to memory: %s", name, strerror(errno));
	return fd;
}

char *
read_file(const char *path, size_t *lenp)
{
	struct stat st;
	size_t len = 0;
	char *buf;
	ssize_t n;
	int fd, error;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		close(fd);
		errno = error;
		return NULL;
	}
	buf = xmalloc(st.st_size + 1);
	while (len < (size_t)st.st_size) {
		n = read(fd, buf + len, st.st_size - len);
		if (n <= 0)
			break;
		len += n;
	}
	close(fd);
	buf[len] = '\0';
	*lenp = len;
	return buf;
}

char *
find_program(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char *full;

	if (path == NULL)
		path = "/usr/bin:/bin";
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		full = xasprintf("%.*s/%s", (int)(end - path), path, name);
		if (end != path && access(full, X_OK) == 0)
			return full;
		free(full);
		if (*end == '\0')
			return NULL;
	}
}

int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
