/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs vfs_rootfs vfs_procfs */
/*
 * libFuzzer: names.  Input: (call, flags, resolve, length, name)...; some
 * calls take the name before as a second one.  The tree has links that go in
 * circles, out, and up.  What openat2 finds below a folder with RESOLVE_BENEATH
 * or RESOLVE_IN_ROOT must never be the file that is outside.
 */
#include <stdlib.h>
#include <linux/openat2.h>

#include "../vfs/vfstest.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint64_t outside;
static int dir = -1;

static const uint32_t resolves[] = { 0, RESOLVE_BENEATH, RESOLVE_IN_ROOT,
    RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV,
    RESOLVE_CACHED, RESOLVE_BENEATH | RESOLVE_NO_XDEV };

static void
tree(void)
{
	OK(rump_sys_mount("x", "/w", "tmpfs", 0, NULL));
	OK(rump_sys_mkdir("/w/d", 0755));
	OK(rump_sys_mkdir("/w/d/e", 0755));
	OK(rump_sys_mkdir("/w/d/e/f", 0755));
	touch("/w/a");
	touch("/w/d/a");
	touch("/w/d/e/a");
	OK(rump_sys_symlink("self", "/w/self"));
	OK(rump_sys_symlink("../l2", "/w/d/l1"));
	OK(rump_sys_symlink("d/l1", "/w/l2"));
	OK(rump_sys_symlink("..", "/w/d/up"));
	OK(rump_sys_symlink("/w/d/e", "/w/d/abs"));
	OK(rump_sys_symlink("/secret", "/w/d/out"));
	OK(rump_sys_symlink("../../secret", "/w/d/out2"));
	OK(rump_sys_symlink("e/../a/", "/w/d/slash"));
	OK(rump_sys_symlink("e//./f/../../up/d", "/w/d/long"));
	dir = (int)rump_sys_open("/w/d", O_PATH, 0);
	OK(rump_sys_chdir("/w"));
}

static void
beneath(const char *name, unsigned flags, unsigned resolve)
{
	struct open_how how = { .flags = flags & O_PATH ? flags :
	    flags | O_NONBLOCK,
	    .resolve = resolves[resolve % 8] };
	struct stat st;
	int fd;

	if (how.flags & O_CREAT)
		how.mode = 0600;
	fd = (int)rump_sys_openat2(dir, name, &how, sizeof(how));
	if (fd < 0)
		return;
	OK(rump_sys_fstat(fd, (void *)&st));
	if (st.st_ino == outside && st.st_size == 6 && how.resolve &
	    (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		abort();
	rump_sys_close(fd);
}

static void
call(unsigned what, unsigned flags, unsigned resolve, const char *name,
    const char *other)
{
	static const unsigned oflags[] = { O_RDONLY, O_PATH, O_PATH |
	    O_NOFOLLOW, O_RDWR | O_CREAT, O_RDONLY | O_DIRECTORY, O_RDWR |
	    O_CREAT | O_EXCL, O_RDWR | O_TRUNC, O_RDONLY | O_NOFOLLOW };
	static char buf[5000];
	int fd, at = what & 1 ? dir : AT_FDCWD;

	switch (what / 2 % 14) {
	case 0: beneath(name, oflags[flags % 8], resolve); break;
	case 1:
		fd = (int)rump_sys_openat(at, name, (int)oflags[flags % 8] |
		    O_NONBLOCK, 0600);
		if (fd >= 0)
			rump_sys_close(fd);
		break;
	case 2:
		(void)rump_sys_newfstatat(at, name, buf, flags & 1 ?
		    AT_SYMLINK_NOFOLLOW : flags & 2 ? AT_EMPTY_PATH : 0);
		break;
	case 3: (void)rump_sys_readlinkat(at, name, buf, flags); break;
	case 4: (void)rump_sys_mkdirat(at, name, 0755); break;
	case 5:
		(void)rump_sys_unlinkat(at, name, flags & 1 ? AT_REMOVEDIR :
		    0);
		break;
	case 6: (void)rump_sys_symlinkat(other, at, name); break;
	case 7: (void)rump_sys_renameat2(at, name, AT_FDCWD, other, flags % 3);
		break;
	case 8:
		(void)rump_sys_linkat(at, name, AT_FDCWD, other, flags & 1 ?
		    AT_SYMLINK_FOLLOW : 0);
		break;
	case 9: (void)rump_sys_chdir(name); break;
	case 10: (void)rump_sys_faccessat2(at, name, (int)flags & 7,
		    flags & 8 ? AT_EACCESS : 0); break;
	case 11: (void)rump_sys_getcwd(buf, flags * 20); break;
	case 12: (void)rump_sys_truncate(name, flags); break;
	default: (void)rump_sys_mknodat(at, name, S_IFIFO | 0600, 0);
	}
}

static void
begin(void)
{
	if (start() != 0)
		abort();
	spit("/secret", "secret");
	outside = inode("/secret");
	OK(rump_sys_mkdir("/w", 0755));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char name[2][512];
	unsigned i = 0, len, what, flags, resolve;

	if (outside == 0)
		begin();
	tree();
	name[0][0] = name[1][0] = '\0';
	for (; n >= 4; p += len, n -= len, i ^= 1) {
		what = p[0];
		flags = p[1];
		resolve = p[2];
		len = p[3] * 2U;
		p += 4;
		n -= 4;
		if (len > n)
			len = (unsigned)n;
		memcpy(name[i], p, len);
		name[i][len] = '\0';
		call(what, flags, resolve, name[i], name[i ^ 1]);
	}
	rump_sys_close(dir);
	OK(rump_sys_chdir("/"));
	if (rump_sys_umount2("/w", 0) != 0 || check_failures != 0)
		abort();
	return 0;
}
