/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: what makes, links, renames, removes and finds them, in two folders
 * with few names, as root; the whole tree is printed now and then.  Not here:
 * moves over mount points, sizes of folders, a path of NULL with AT_EMPTY_PATH
 * (new in Linux 6.11), links so long that what is left of the path and they are
 * more than PATH_MAX (ENAMETOOLONG here, as POSIX has it).
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <sys/sysmacros.h>

#include "differ.h"

static char buf[8192];
static char longname[260];
static int dirs[4];

static const char *
name(void)
{
	static char big[8][4400];
	static unsigned nbig;
	char *s;
	unsigned i, n;

	switch (below(40)) {
	case 0:
		return longname + below(8);
	case 1:
		s = big[nbig++ % 8];
		n = 4094 + below(4);
		memset(s, '/', n);
		s[0] = '.';
		s[n - 1] = 'a';
		s[n] = '\0';
		return s;
	case 2:
		return NULL;
	case 3:
		return (const char *)1;
	case 4:		/* many slashes */
		s = big[nbig++ % 8];
		n = below(20);
		s[0] = "ad"[below(2)];
		for (i = 1; i <= n; i++)
			s[i] = '/';
		strcpy(s + n + 1, ONE_OF(char *const, "", "b", ".", "..", "a"));
		return s;
	}
	return ONE_OF(char *const, "a", "b", "d", "d/a", "d/b", "d/d", "e",
	    "e/a", "e/d", "e/d/a", "d/d/b", "l", "m", "d/l", "l/a", "l/d",
	    "m/b", "a/", "b/", "d/", "d/d/", "e/d/", "l/", "l/.", "a/.",
	    "d/.", "d/..", ".", "..", "", "./a", "d/../a", "a/x", "nope/x",
	    "d/d/.", "d/d/..", "m/", "./", "../", "e/l", "e/l/",
	    "d/d/d/a");
}

static const char *
show(const char *n)
{
	return n == NULL ? "NULL" : n == (const char *)1 ? "1" :
	    strlen(n) > 100 ? "long" : n;
}

static int
dirfd_(void)
{
	return ONE_OF(int, AT_FDCWD, AT_FDCWD, dirs[0], dirs[1], dirs[2],
	    dirs[3], -1, 77);
}

void
differ_begin(void)
{
	memset(longname, 'n', sizeof(longname) - 1);
	umask(022);
	mkdir("top", 0755);
	(void)!chdir("top");
	dirs[0] = open(".", O_RDONLY | O_DIRECTORY);
	mkdir("d", 0755);
	mkdir("e", 0755);
	close(creat("a", 0644));
	dirs[1] = open("d", O_RDONLY | O_DIRECTORY);
	dirs[2] = open("e", O_PATH | O_DIRECTORY);
	dirs[3] = open("a", O_RDONLY);
}

static int
byname(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names, types and link counts of all that is below. */
static void
tree(const char *path, int depth)
{
	char *names[64], sub[512], to[300];
	struct dirent *de;
	struct stat st;
	unsigned n = 0, i;
	ssize_t len;
	DIR *dir = opendir(path);

	if (dir == NULL) {
		say("opendir %s %d", path, errno);
		return;
	}
	while ((de = readdir(dir)) != NULL && n < 64) {
		if (asprintf(&names[n], "%s %d", de->d_name, de->d_type) < 0)
			abort();
		n++;
	}
	closedir(dir);
	qsort(names, n, sizeof(names[0]), byname);
	for (i = 0; i < n; i++) {
		snprintf(sub, sizeof(sub), "%s/%.*s", path,
		    (int)strcspn(names[i], " "), names[i]);
		memset(&st, 0, sizeof(st));
		lstat(sub, &st);
		len = readlink(sub, to, sizeof(to) - 1);
		to[len < 0 ? 0 : len] = '\0';
		say(" %s/%s mode %#o nlink %ld size %ld %s", path,
		    show(names[i]), st.st_mode, (long)st.st_nlink,
		    S_ISDIR(st.st_mode) ? 0 : (long)st.st_size, show(to));
		if (S_ISDIR(st.st_mode) && names[i][0] != '.' && depth < 6)
			tree(sub, depth + 1);
		free(names[i]);
	}
}

static void
make(void)
{
	const char *n = name(), *m = name();
	int fd = dirfd_(), flags;
	unsigned mode = below(04000), type;

	switch (below(8)) {
	case 0:
		say("mkdir %s %#o %ld", show(n), mode, SYS(mkdir, n, mode));
		break;
	case 1:
		say("mkdirat %d %s %ld", fd, show(n),
		    SYS(mkdirat, fd, n, 0755));
		break;
	case 2:
		type = ONE_OF(unsigned, 0, S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR,
		    S_IFBLK, S_IFDIR, S_IFLNK, 0170000, 030000);
		say("mknodat %d %s %#o %ld", fd, show(n), type | mode,
		    SYS(mknodat, fd, n, type | mode, makedev(1, 3)));
		break;
	case 3:
		if (n != NULL && m != NULL && m > (char *)1 && m[0] == '/' &&
		    strlen(m) < 100)
			m = "d";
		if (m != NULL && m > (char *)1 && strlen(m) > 1000)
			m = "e/l";
		say("symlink %s %s %ld", show(m), show(n), SYS(symlink, m, n));
		break;
	case 4:
		m = ONE_OF(char *const, "a", "d", "l", "m", "../a", "../e/d",
		    "d/l", "e/l", ".", "..", "d/", "nope", "l/a", "m/.");
		say("symlinkat %s %d %s %ld", m, fd, show(n),
		    SYS(symlinkat, m, fd, n));
		break;
	case 5:
		say("link %s %s %ld", show(n), show(m), SYS(link, n, m));
		break;
	case 6:
		flags = ONE_OF(int, 0, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH,
		    AT_SYMLINK_NOFOLLOW, 0x400 | 0x1000, 1);
		type = dirfd_();
		say("linkat %d %s %d %s %#x %ld", fd, show(n), (int)type,
		    show(m), flags, SYS(linkat, fd, n, (int)type, m, flags));
		break;
	default:
		say("creat %s %d", show(n), (flags = (int)SYS(open, n, O_CREAT |
		    O_WRONLY | O_NONBLOCK, 0644)) < 0 ? flags : 0);
		if (flags >= 0)
			close(flags);
	}
}

static void
unmake(void)
{
	const char *n = name(), *m = name();
	int fd = dirfd_(), fd2 = dirfd_();
	unsigned flags;

	/* What is above is shared with other seeds, or not ours. */
	switch (below(8)) {
	case 0:
		say("unlink %s %ld", show(n), SYS(unlink, n));
		break;
	case 1:
		say("rmdir %s %ld", show(n), SYS(rmdir, n));
		break;
	case 2:
		flags = ONE_OF(int, 0, AT_REMOVEDIR, 1, AT_EMPTY_PATH);
		say("unlinkat %d %s %#x %ld", fd, show(n), flags,
		    SYS(unlinkat, fd, n, flags));
		break;
	case 3:
	case 4:
		say("rename %s %s %ld", show(n), show(m), SYS(rename, n, m));
		break;
	case 5:
		say("renameat %d %s %d %s %ld", fd, show(n), fd2, show(m),
		    SYS(renameat, fd, n, fd2, m));
		break;
	default:
		flags = ONE_OF(unsigned, 0, RENAME_NOREPLACE, RENAME_EXCHANGE,
		    RENAME_EXCHANGE, RENAME_NOREPLACE | RENAME_EXCHANGE, 8);
		say("renameat2 %d %s %d %s %#x %ld", fd, show(n), fd2, show(m),
		    flags, SYS(renameat2, fd, n, fd2, m, flags));
	}
}

static void
look(void)
{
	const char *n = name();
	int fd = dirfd_(), flags, size;
	struct stat st;
	struct statx sx;
	long r;

	switch (below(7)) {
	case 0:
		size = ONE_OF(int, 0, 1, 2, 100, 8192, -1);
		memset(buf, '#', 300);
		r = SYS(readlinkat, fd, n, buf, size);
		buf[r > 0 && r < 300 ? r + 1 : 0] = '\0';
		say("readlinkat %d %s %d %ld %s", fd, show(n), size, r,
		    show(buf));
		break;
	case 1:
		flags = ONE_OF(int, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH,
		    AT_NO_AUTOMOUNT, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		    AT_SYMLINK_FOLLOW, 1, 0x2000, 0x8000);
		memset(&st, 0, sizeof(st));
		if (n == NULL)
			n = "";
		r = SYS(newfstatat, fd, n, &st, flags);
		say("fstatat %d %s %#x %ld mode %#o nlink %ld", fd, show(n),
		    flags, r, st.st_mode, (long)st.st_nlink);
		break;
	case 2:
		flags = ONE_OF(int, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH,
		    AT_STATX_SYNC_TYPE, AT_STATX_FORCE_SYNC, 0x8000, 1,
		    AT_STATX_DONT_SYNC, AT_SYMLINK_FOLLOW);
		memset(&sx, 0, sizeof(sx));
		if (n == NULL)
			n = "";
		r = SYS(statx, fd, n, flags, once_in(9) ? STATX__RESERVED :
		    STATX_BASIC_STATS, &sx);
		say("statx %d %s %#x %ld mode %#o nlink %u", fd, show(n), flags,
		    r, sx.stx_mode, sx.stx_nlink);
		break;
	case 3:
		say("access %s %ld", show(n), SYS(access, n, below(9)));
		break;
	case 4:
		flags = ONE_OF(int, 0, AT_EACCESS, AT_SYMLINK_NOFOLLOW,
		    AT_EMPTY_PATH, 1, AT_SYMLINK_FOLLOW);
		say("faccessat2 %d %s %#x %ld", fd, show(n), flags,
		    SYS(faccessat2, fd, n, below(9), flags));
		break;
	case 5:
		if (!once_in(10))
			break;
		tree(".", 0);
		break;
	default:
		r = SYS(chdir, n);
		say("chdir %s %ld", show(n), r);
		if (r == 0 && n > (char *)1 && n[0] != '/') {
			r = SYS(getcwd, buf, once_in(3) ? below(30) : 4096);
			say(" getcwd %ld %s", r, r < 0 ? "" : buf);
		}
		r = fchdir(dirs[0]);
	}
}

void
differ_step(void)
{
	switch (below(5)) {
	case 0:
		look();
		break;
	case 1:
		unmake();
		break;
	case 2:
		if (once_in(2))
			unmake();
		break;
	default:
		make();
	}
}

void
differ_end(void)
{
	int i;

	tree(".", 0);
	for (i = 0; i < 4; i++)
		close(dirs[i]);
}
