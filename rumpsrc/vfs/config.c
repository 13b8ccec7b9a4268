/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.c: the key "mount" of the guest configuration: the directory is made
 * where it is missing, then mount(2) as a program would call it.
 */
#include <asm/errno.h>

#include <rump/config.h>
#include <kern/syscall.h>
#include <string.h>

#define MAXPATH	256		/* on the stack */

/* As mkdir -p. */
static int
makedirs(const char *path)
{
	char buf[MAXPATH], *p;
	size_t len = strlen(path);
	long error;

	if (len >= sizeof(buf))
		return ENAMETOOLONG;
	memcpy(buf, path, len + 1);
	for (p = buf + 1; p <= buf + len; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		*p = '\0';
		error = rump_sysimpl_mkdir(buf, 0755);
		if (error != 0 && error != -EEXIST)
			return (int)-error;
		if (p < buf + len)
			*p = '/';
	}
	return 0;
}

RUMP_CONFIG(mount, vals)
{
	const char *dir = vals[RUMP_CONFIG_MOUNTPOINT];
	const char *source = vals[RUMP_CONFIG_PATH];
	int error;

	if (dir == NULL || dir[0] != '/' || vals[RUMP_CONFIG_FSTYPE] == NULL)
		return EINVAL;
	if (source == NULL)
		source = vals[RUMP_CONFIG_SOURCE];
	if ((error = makedirs(dir)) != 0)
		return error;
	return (int)-rump_sysimpl_mount(source, dir,
	    vals[RUMP_CONFIG_FSTYPE], 0, vals[RUMP_CONFIG_OPTIONS]);
}
