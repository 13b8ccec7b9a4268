/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes on tmpfs, as xattr(7); on Linux where it has them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../check.h"

#define NAME	"/dev/shm/t_xattr"
#define LINK	"/dev/shm/t_xattr.l"

static char big[65537];

/* user. is newer on Linux's tmpfs than trusted. and security. */
static const char *
usable(int fd)
{
	if (fsetxattr(fd, "user.a", "1", 1, 0) == 0)
		return "user.";
	return fsetxattr(fd, "trusted.a", "1", 1, 0) == 0 ? "trusted." : NULL;
}

static void
values(int fd, const char *ns)
{
	char n[300], v[16];

	snprintf(n, sizeof(n), "%sa", ns);
	CHECK(getxattr(NAME, n, v, sizeof(v)) == 1 && v[0] == '1');
	CHECK(fgetxattr(fd, n, NULL, 0) == 1);
	FAILS(fsetxattr(fd, n, "2", 1, XATTR_CREATE), EEXIST);
	CHECK(setxattr(NAME, n, "three", 5, XATTR_REPLACE) == 0);
	FAILS(getxattr(NAME, n, v, 4), ERANGE);
	CHECK(getxattr(NAME, n, v, 5) == 5 && !memcmp(v, "three", 5));
	snprintf(n, sizeof(n), "%sb", ns);
	FAILS(setxattr(NAME, n, "", 0, XATTR_REPLACE), ENODATA);
	FAILS(getxattr(NAME, n, v, 4), ENODATA);
	CHECK(setxattr(NAME, n, NULL, 0, 0) == 0);
	CHECK(getxattr(NAME, n, v, 4) == 0);
	/* the largest, and one more */
	FAILS(setxattr(NAME, n, big, 65537, 0), E2BIG);
	if (setxattr(NAME, n, big, 65536, 0) == 0)
		CHECK(getxattr(NAME, n, NULL, 0) == 65536);
	else
		CHECK(errno == ENOSPC);
	memset(n + strlen(ns), 'n', 256);
	n[255] = '\0';
	CHECK(setxattr(NAME, n, "x", 1, 0) == 0);
	CHECK(removexattr(NAME, n) == 0);
	n[255] = 'n';
	n[256] = '\0';
	FAILS(setxattr(NAME, n, "x", 1, 0), ERANGE);
	FAILS(setxattr(NAME, "", "x", 1, 0), ERANGE);
	FAILS(setxattr(NAME, "plain", "x", 1, 0), EOPNOTSUPP);
	FAILS(setxattr(NAME, ns, "x", 1, 0), EINVAL);
	FAILS(setxattr(NAME, "user.x", "x", 1, 4), EINVAL);
	FAILS(setxattr("/dev/shm/no", "user.x", "x", 1, 0), ENOENT);
	FAILS(fsetxattr(-1, "user.x", "x", 1, 0), EBADF);
}

static int
listed(const char *list, ssize_t len, const char *name)
{
	ssize_t i;

	for (i = 0; i < len; i += (ssize_t)strlen(list + i) + 1)
		if (strcmp(list + i, name) == 0)
			return 1;
	return 0;
}

static void
lists(int fd, const char *ns)
{
	char list[256], n[32];
	ssize_t len = listxattr(NAME, NULL, 0);

	CHECK(len >= (ssize_t)(2 * strlen(ns) + 4));
	FAILS(listxattr(NAME, list, 3), ERANGE);
	CHECK_EQ(flistxattr(fd, list, sizeof(list)), len);
	snprintf(n, sizeof(n), "%sa", ns);
	CHECK(listed(list, len, n));
	CHECK(fremovexattr(fd, n) == 0);
	FAILS(removexattr(NAME, n), ENODATA);
	CHECK_EQ(listxattr(NAME, list, sizeof(list)),
	    len - (ssize_t)strlen(n) - 1);
	CHECK(!listed(list, len - (ssize_t)strlen(n) - 1, n));
	snprintf(n, sizeof(n), "%sb", ns);
	CHECK(lremovexattr(NAME, n) == 0);
}

static void
links(void)
{
	char v[4];

	unlink(LINK);
	CHECK(symlink(NAME, LINK) == 0);
	FAILS(lsetxattr(LINK, "user.x", "1", 1, 0), EPERM);
	FAILS(lgetxattr(LINK, "user.x", v, 4), ENODATA);
	CHECK(lsetxattr(LINK, "trusted.x", "1", 1, 0) == 0);
	CHECK(lgetxattr(LINK, "trusted.x", v, 4) == 1);
	FAILS(getxattr(LINK, "trusted.x", v, 4), ENODATA);
	CHECK(unlink(LINK) == 0);
}

int
main(void)
{
	const char *ns;
	int fd;

	fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
	REQUIRE(fd >= 0);
	if ((ns = usable(fd)) == NULL) {
		printf("skip: no extended attributes here\n");
		return 0;
	}
	values(fd, ns);
	lists(fd, ns);
	if (getuid() == 0)
		links();
	CHECK(fsetxattr(fd, "trusted.k", "1", 1, 0) == 0 || getuid() != 0);
	close(fd);
	CHECK(unlink(NAME) == 0);
	return check_done();
}
