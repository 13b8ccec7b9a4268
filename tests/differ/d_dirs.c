/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folders: reading them while they change, the current and the root directory,
 * file systems mounted on them and flags of these, chains of links, openat2's
 * RESOLVE_*, links of /proc.  Not here: the order of entries and offsets (a
 * file system's own), names in /proc of what has, or had, several or none,
 * and entries that come while a folder is read.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "differ.h"

#define NDIR	4

static int top, root, dir[NDIR];
static char base[64], buf[8192];
static unsigned made;

static const char *
name(void)
{
	return ONE_OF(char *const, "a", "d", "d/d", "d/a", "d/m", "d/m/a",
	    "d/m/d", "m", "m/a", "m/d", "m/..", "d/m/..", "l", "l/a", "c0",
	    "c39", "c40", "c41", "d/c2", ".", "..", "m/d/../..",
	    "d/.", "l/..", "nope", "m/l", "m/l/a", "m/n", "d/", "m/");
}

static void
chain(void)
{
	char from[16], to[16];
	int i;

	(void)!symlink("a", "c0");
	for (i = 1; i < 43; i++) {
		snprintf(from, sizeof(from), "c%d", i);
		snprintf(to, sizeof(to), "c%d", i - 1);
		(void)!symlink(to, from);
	}
}

void
differ_begin(void)
{
	int i;

	umask(022);
	/* No way up from here leads out of this seed's. */
	for (i = 0; i < 4; i++) {
		mkdir("top", 0755);
		(void)!chdir("top");
	}
	(void)!getcwd(base, sizeof(base));
	root = open("/", O_PATH | O_DIRECTORY);
	top = open(".", O_RDONLY | O_DIRECTORY);
	mkdir("d", 0755);
	mkdir("d/d", 0755);
	mkdir("d/m", 0755);
	mkdir("m", 0755);
	close(creat("a", 0644));
	(void)!symlink("d", "l");
	(void)!symlink("../c1", "d/c2");
	chain();
	made = 0;
	for (i = 0; i < NDIR; i++)
		dir[i] = -1;
}

static int
bystr(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of a folder by calls of so many bytes. */
static void
readall(int fd, unsigned size, int old)
{
	char *v[200], *p;
	unsigned n = 0, i, calls = 0;
	long r;

	while ((r = old ? SYS(getdents, fd, buf, size) :
	    SYS(getdents64, fd, buf, size)) > 0 && n < 190 && ++calls < 300)
		for (p = buf; p < buf + r && n < 190;
		    p += *(unsigned short *)(p + 16))
			if (asprintf(&v[n++], "%s %d", p + (old ? 18 : 19),
			    old ? p[*(unsigned short *)(p + 16) - 1] :
			    p[18]) < 0)
				abort();
	qsort(v, n, sizeof(v[0]), bystr);
	for (i = 0; i < n; i++) {
		/* A chain's links are many. */
		if (v[i][0] != 'c')
			say("  %s", v[i]);
		free(v[i]);
	}
	say(" getdents %d: %u names, then %ld", fd, n, r);
}

static void
reading(void)
{
	unsigned i = below(NDIR), size;
	char n[16], gone[16];
	long r;

	switch (below(7)) {
	case 0:
		if (dir[i] >= 0)
			close(dir[i]);
		dir[i] = (int)RES(open(name(), O_RDONLY | O_NONBLOCK));
		say("open %d", dir[i]);
		break;
	case 1:
		size = ONE_OF(unsigned, 8192, 100, 48, 64, 33, 24, 1000);
		r = SYS(lseek, dir[i], 0, SEEK_SET);
		say("getdents %d %u %ld", dir[i], size, r);
		readall(dir[i], size, once_in(3));
		break;
	case 2:
		size = ONE_OF(unsigned, 0, 1, 23);
		r = SYS(lseek, dir[i], 0, SEEK_SET);
		r = SYS(getdents64, dir[i], buf, size);
		say("getdents %d %u %ld", dir[i], size, r);
		break;
	case 3:
		r = SYS(lseek, dir[i], 0, SEEK_SET);
		say("getdents %d EFAULT %ld", dir[i], SYS(getdents64, dir[i],
		    (void *)1, 100));
		break;
	case 4:		/* a part, then some of it goes, then the rest */
		(void)SYS(lseek, dir[i], 0, SEEK_SET);
		r = SYS(getdents64, dir[i], buf, 120);
		say("getdents %d %d", dir[i], r > 0);
		if (r <= 0)
			break;
		snprintf(gone, sizeof(gone), "x%u", made - 1 - below(3));
		say("unlinkat %s %ld", gone, SYS(unlinkat, dir[i], gone, 0));
		while ((r = SYS(getdents64, dir[i], buf, 120)) > 0)
			continue;
		say(" then %ld", r);
		break;
	default:
		snprintf(n, sizeof(n), "x%u", made++ % 30);
		r = SYS(openat, dir[i], n, O_CREAT | O_WRONLY, 0644);
		say("creat %d %s %ld", dir[i], n, r < 0 ? r : 0);
		if (r >= 0)
			close((int)r);
	}
}

static void
places(void)
{
	const char *n = name();
	long r;

	switch (below(5)) {
	case 0:
		r = SYS(chdir, n);
		say("chdir %s %ld", n, r);
		break;
	case 1:
		r = SYS(fchdir, dir[below(NDIR)]);
		say("fchdir %ld", r);
		break;
	case 2:
		r = SYS(chroot, n);
		say("chroot %s %ld", n, r);
		if (r == 0) {
			say(" cwd %d", SYS(getcwd, buf, sizeof(buf)) < 0);
			say(" .. %ld", SYS(chdir, ".."));
			say(" / %ld", SYS(chdir, "/"));
			r = SYS(getcwd, buf, sizeof(buf));
			say(" getcwd %ld %s", r, r > 0 ? buf : "");
			say(" /.. %ld", SYS(chdir, "/.."));
			r = SYS(getcwd, buf, sizeof(buf));
			say(" getcwd %ld %s", r, r > 0 ? buf : "");
			say(" a %ld", SYS(access, "/a", 0));
			(void)!fchdir(root);
			(void)!chroot(".");
			(void)!fchdir(top);
		}
		break;
	case 3:
		r = SYS(readlink, "/proc/self/cwd", buf, sizeof(buf) - 1);
		buf[r < 0 ? 0 : r] = '\0';
		say("cwd %s", strstr(buf, "(deleted)") ? "gone" : buf);
		break;
	default:
		r = SYS(getcwd, buf, below(40));
		say("getcwd %ld %s", r, r > 0 ? buf : "");
	}
	r = SYS(getcwd, buf, sizeof(buf));
	say(" getcwd %ld %s", r, r > 0 ? buf : "");
	if (once_in(2))
		(void)!fchdir(top);
}

static void
mounts(void)
{
	const char *n = name();
	unsigned flags = ONE_OF(unsigned, 0, 0, MS_RDONLY, MS_NODEV, MS_NOEXEC,
	    MS_NOSUID, MS_NOATIME);
	struct statfs sf;
	struct stat st;
	long r;
	int i;

	(void)!fchdir(top);
	switch (below(7)) {
	case 0:
		n = ONE_OF(char *const, "m", "d/m", "d", "nope", "a", "l");
		r = SYS(mount, "x", n, once_in(9) ? "nofs" : "tmpfs", flags,
		    "size=1m,mode=755");
		say("mount %s %#x %ld", n, flags, r);
		break;
	case 1:
		flags = ONE_OF(unsigned, 0, 0, UMOUNT_NOFOLLOW, MNT_FORCE, 64);
		r = SYS(umount2, n, flags);
		say("umount %s %#x %ld", n, flags, r);
		break;
	case 2:
		/* Linux also refuses while one is open that has no name. */
		for (i = 0; i < NDIR; i++)
			if (dir[i] >= 0 && fstat(dir[i], &st) == 0 &&
			    st.st_nlink == 0)
				flags &= ~MS_RDONLY;
		r = SYS(mount, "x", n, NULL, MS_REMOUNT | flags, NULL);
		say("remount %s %#x %ld", n, flags, r);
		break;
	case 3:
		r = RES(statfs(n, &sf));
		say("statfs %s %ld %lx %#lx", n, r, r ? 0 : (long)sf.f_type,
		    r ? 0 : (long)sf.f_flags & 0xf);
		break;
	case 4:
		say("rmdir %s %ld", n, SYS(rmdir, n));
		break;
	case 5:
		say("rename %s %ld", n, SYS(rename, n, name()));
		break;
	default:
		say("mknod %s %ld", n, SYS(mknod, n, S_IFCHR | 0666,
		    makedev(1, 3)));
		r = SYS(open, n, O_RDONLY | O_NONBLOCK);
		say(" open %ld", r < 0 ? r : 0);
		if (r >= 0)
			close((int)r);
	}
}

static void
finding(void)
{
	const char *n = name();
	struct open_how how = { .flags = ONE_OF(int, O_RDONLY | O_NONBLOCK,
	    O_PATH, O_DIRECTORY, O_CREAT | O_WRONLY | O_NONBLOCK,
	    O_PATH | O_NOFOLLOW) };
	int at = once_in(2) ? AT_FDCWD : dir[below(NDIR)];
	struct stat st;
	char proc[40];
	long r;

	how.resolve = 1 << below(5);
	if (once_in(3))
		how.resolve |= 1 << below(5);
	if (how.flags & O_CREAT)
		how.mode = 0644;
	if (n[strlen(n) - 1] == '/')
		n = "d";
	switch (below(6)) {
	case 0:
	case 1:
		/* Linux counts links twice when it tries again for EXDEV. */
		if (strncmp(n, "c3", 2) == 0 || strncmp(n, "c4", 2) == 0)
			n = "c1";
		r = SYS(openat2, at, n, &how, sizeof(how));
		say("openat2 %d %s %#lo %#lx %ld", at, n, (long)how.flags,
		    (long)how.resolve, r < 0 ? r : 0);
		if (r < 0)
			break;
		snprintf(proc, sizeof(proc), "/proc/self/fd/%ld", r);
		fstat((int)r, &st);
		say(" %#o nlink %ld", st.st_mode, (long)st.st_nlink);
		memset(buf, 0, sizeof(buf));
		(void)!readlink(proc, buf, sizeof(buf) - 1);
		if (strncmp(buf, base, strlen(base)) == 0 &&
		    S_ISDIR(st.st_mode) && st.st_nlink != 0)
			say(" is %s", buf);
		close((int)r);
		break;
	case 2:
		say("mkdir %s %ld", n, SYS(mkdir, n, 0755));
		break;
	case 3:
		n = ONE_OF(char *const, "m/l", "m/d", "m/a", "d/m/l");
		say("symlink %s %ld", n, SYS(symlink, "../d", n));
		break;
	case 4:
		say("link %s %ld", n, SYS(link, n, name()));
		break;
	default:
		memset(&st, 0, sizeof(st));
		r = RES(stat(n, &st));
		say("stat %s %ld %#o nlink %ld", n, r, st.st_mode,
		    (long)st.st_nlink);
	}
}

void
differ_step(void)
{
	switch (below(5)) {
	case 0:
	case 1:
		reading();
		break;
	case 2:
		places();
		break;
	case 3:
		mounts();
		break;
	default:
		finding();
	}
}

void
differ_end(void)
{
	int i;

	(void)!fchdir(top);
	for (i = 0; i < NDIR; i++)
		if (dir[i] >= 0)
			close(dir[i]);
	for (i = 0; i < 200; i++)
		if (umount2("m", MNT_DETACH) != 0 &&
		    umount2("d/m", MNT_DETACH) != 0 &&
		    umount2("d", MNT_DETACH) != 0)
			break;
	close(top);
	close(root);
}
