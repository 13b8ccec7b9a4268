/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may do what: modes, owners, groups, sticky and set-id bits, umask, as
 * root and as three plain users, also with some of root's capabilities only,
 * with all calls that check.  Not here: links to
 * the files of others (Linux's protected_hardlinks), O_CREAT with what is there
 * and no file (its protected_regular, in sticky folders), sizes of folders.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "differ.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif
#define SYS(name, ...)	RES(syscall(SYS_##name, __VA_ARGS__))

#define BIT(cap) (1U << (cap))
#define LOOKED	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) |		\
		BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) |		\
		BIT(CAP_FSETID) | BIT(CAP_MKNOD) | BIT(CAP_SYS_ADMIN) |	\
		BIT(CAP_SYS_CHROOT))

static int top, fds[4];
static unsigned eff;		/* what is in effect of LOOKED */

/* Of LOOKED; what else a machine's root has stays as it is. */
static void
effective(unsigned want)
{
	struct __user_cap_header_struct h = { 0x20080522, 0 };
	struct __user_cap_data_struct d[2];

	SYS(capget, &h, d);
	d[0].effective = (d[0].effective & ~LOOKED) | (want & LOOKED);
	SYS(capset, &h, d);
}

static const char *
name(void)
{
	return ONE_OF(char *const, "a", "b", "c", "d", "d/a", "d/b", "d/d",
	    "e", "e/a", "e/d", "d/d/a", "e/d/a", "l", "d/l", "e/b", "d/.",
	    "e/..", ".", "d/", "f", "n");
}

static unsigned
mode(void)
{
	unsigned m = once_in(2) ? below(07777) : below(0777);

	if (once_in(2))
		m |= 0700;
	if (once_in(4))
		m |= 0777;
	return m;
}

/* Any user again, whoever it is now. */
static void
become(void)
{
	unsigned uid = below(4), gid = below(4);
	gid_t groups[2] = { below(4), below(4) };
	struct __user_cap_header_struct h = { 0x20080522, 0 };
	struct __user_cap_data_struct d[2];

	/* The capabilities do not come back with user 0 alone. */
	setfsuid(0);
	SYS(setresuid, 0, 0, 0);
	effective(~0U);
	SYS(setgroups, below(3), groups);
	SYS(setresgid, below(4), gid, 0);
	/* Half the time root, else users 1 to 3; the real one may differ. */
	if (once_in(3))
		uid = 0;
	SYS(setresuid, once_in(4) ? below(4) : uid, uid, 0);
	if (once_in(8))
		setfsgid(below(4));
	/* Any of them, and also for users 1 to 3. */
	if (once_in(3))
		effective(below(1 << 16) | below(1 << 16) << 16);
	else
		effective(geteuid() == 0 ? ~0U : 0);
	if (once_in(8))
		setfsuid(below(4));
	SYS(capget, &h, d);
	eff = d[0].effective & LOOKED;
	say("be %u:%u %d caps %x", uid, gid, setfsuid((uid_t)-1), eff);
}

void
differ_begin(void)
{
	int i;

	umask(0);
	mkdir("top", 0777);
	(void)!chdir("top");
	top = open(".", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < 4; i++)
		fds[i] = -1;
	mkdir("d", 0777);
	mkdir("e", 01777);
	close(creat("a", 0666));
	become();
}

static void
print(const char *n)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	if (RES(lstat(n, &st)) == 0)
		say(" %s %#o %u:%u nlink %ld size %ld rdev %lx", n, st.st_mode,
		    st.st_uid, st.st_gid, (long)st.st_nlink,
		    S_ISDIR(st.st_mode) ? 0 : (long)st.st_size,
		    (long)st.st_rdev);
}

static void
opens(const char *n)
{
	int i = below(4), flags = below(3);
	unsigned m = mode();
	struct stat st;

	if (once_in(2)) flags |= O_CREAT;
	if (once_in(6)) flags |= O_TRUNC;
	if (once_in(6)) flags |= O_EXCL;
	if (once_in(8)) flags |= O_NOATIME;
	if (once_in(8)) flags |= O_NOFOLLOW;
	if (once_in(12)) flags |= O_TMPFILE;
	if (fds[i] >= 0)
		close(fds[i]);
	if ((lstat(n, &st) == 0 && !S_ISREG(st.st_mode)) ||
	    (stat(n, &st) == 0 && !S_ISREG(st.st_mode)))
		flags &= ~O_CREAT;
	fds[i] = (int)RES(open(n, flags | O_NONBLOCK, m));
	say("open %s %#o %#o %d", n, flags, m, fds[i]);
}

static void
names(const char *n)
{
	const char *m = name();
	unsigned md = mode(), t, flags;
	struct stat st;

	switch (below(8)) {
	case 0:
		say("mkdir %s %#o %ld", n, md, SYS(mkdir, n, md));
		break;
	case 1:
		t = ONE_OF(unsigned, 0, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFDIR,
		    S_IFLNK, S_IFBLK);
		say("mknod %s %#o %ld", n, t | md, SYS(mknod, n, t | md,
		    makedev(1, 3)));
		break;
	case 2:
		say("symlink %s %ld", n, SYS(symlink, m, n));
		break;
	case 3:
		flags = (unsigned)setfsuid((uid_t)-1);
		if (!(eff & BIT(CAP_FOWNER)) && (lstat(n, &st) != 0 ||
		    st.st_uid != flags))
			break;
		say("link %s %s %ld", n, m, SYS(link, n, m));
		break;
	case 4:
		say("unlink %s %ld", n, SYS(unlink, n));
		break;
	case 5:
		say("rmdir %s %ld", n, SYS(rmdir, n));
		break;
	case 6:
		flags = ONE_OF(unsigned, RENAME_NOREPLACE, RENAME_EXCHANGE);
		say("renameat2 %s %s %u %ld", n, m, flags, SYS(renameat2,
		    AT_FDCWD, n, AT_FDCWD, m, flags));
		break;
	default:
		say("rename %s %s %ld", n, m, SYS(rename, n, m));
	}
	print(n);
}

static void
attributes(const char *n)
{
	unsigned u = below(5) - 1, g = below(5) - 1, md = mode();
	int fd = fds[below(4)];
	struct timespec ts[2] = { { 1000, 0 }, { 2000, 0 } };

	switch (below(11)) {
	case 0:
	case 1:
		say("chmod %s %#o %ld", n, md, SYS(chmod, n, md));
		break;
	case 2:
		say("fchmod %d %#o %ld", fd, md, SYS(fchmod, fd, md));
		break;
	case 3:
		say("fchmodat2 %s %#o %ld", n, md, SYS(fchmodat2, AT_FDCWD, n,
		    md, AT_SYMLINK_NOFOLLOW));
		break;
	case 4:
	case 5:
		say("chown %s %d:%d %ld", n, (int)u, (int)g, SYS(chown, n, u,
		    g));
		break;
	case 6:
		say("lchown %s %d:%d %ld", n, (int)u, (int)g, SYS(lchown, n, u,
		    g));
		break;
	case 7:
		say("fchown %d %d:%d %ld", fd, (int)u, (int)g, SYS(fchown, fd,
		    u, g));
		break;
	case 8:
		say("utimes %s %ld", n, SYS(utimensat, AT_FDCWD, n, once_in(2) ?
		    NULL : ts, AT_SYMLINK_NOFOLLOW));
		break;
	case 9:
		ts[0].tv_nsec = ONE_OF(long, UTIME_NOW, UTIME_OMIT, 0);
		ts[1].tv_nsec = ONE_OF(long, UTIME_NOW, UTIME_OMIT, 0);
		say("utimensat %s %ld %ld %ld", n, ts[0].tv_nsec,
		    ts[1].tv_nsec, SYS(utimensat, AT_FDCWD, n, ts, 0));
		break;
	default:
		say("umask %#o", umask(below(0100)));
	}
	print(n);
}

static void
use(const char *n)
{
	int fd = fds[below(4)], flags;
	char buf[64];
	struct stat st;
	unsigned m;

	switch (below(11)) {
	case 0:
		say("truncate %s %ld", n, SYS(truncate, n, below(20)));
		break;
	case 1:
		say("ftruncate %d %ld", fd, SYS(ftruncate, fd, below(20)));
		break;
	case 2:
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			say("write %d %ld", fd, SYS(write, fd, "abc",
			    below(4)));
		break;
	case 3:
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			say("fallocate %d %ld", fd, SYS(fallocate, fd, 0, 0,
			    below(30)));
		break;
	case 4:
		m = below(8);
		say("access %s %u %ld", n, m, SYS(access, n, m));
		break;
	case 5:
		m = below(8);
		flags = ONE_OF(int, AT_EACCESS, AT_SYMLINK_NOFOLLOW,
		    AT_EACCESS | AT_SYMLINK_NOFOLLOW);
		say("faccessat2 %s %u %#x %ld", n, m, flags, SYS(faccessat2,
		    AT_FDCWD, n, m, flags));
		break;
	case 6:
		say("chdir %s %ld", n, SYS(chdir, n));
		(void)!fchdir(top);
		break;
	case 7:
		say("readlink %s %ld", n, SYS(readlink, n, buf, 64));
		break;
	case 8:
		n = ONE_OF(char *const, "user.a", "trusted.a", "security.a");
		m = below(3);
		flags = (int)(m == 0 ? RES(setxattr("d", n, "x", 1, 0)) : m ==
		    1 ? RES(getxattr("d", n, buf, 64)) :
		    RES(removexattr("d", n)));
		say("xattr %s %u %d", n, m, flags);
		break;
	case 9:
		say("noatime %d %ld", fd, SYS(fcntl, fd, F_SETFL, O_NOATIME));
		break;
	default:
		say("chroot %ld", eff & BIT(CAP_SYS_CHROOT) ? 0 :
		    SYS(chroot, n));
	}
	print(n);
	if (fd >= 0 && fstat(fd, &st) == 0)
		say(" fd %d %#o %u:%u", fd, st.st_mode, st.st_uid, st.st_gid);
}

void
differ_step(void)
{
	const char *n = name();

	if (once_in(12))
		become();
	switch (below(4)) {
	case 0:
		names(n);
		break;
	case 1:
		attributes(n);
		break;
	case 2:
		use(n);
		break;
	default:
		opens(n);
		print(n);
	}
}

void
differ_end(void)
{
	int i;

	setfsuid(0);
	SYS(setresuid, 0, 0, 0);
	effective(~0U);
	SYS(setresgid, 0, 0, 0);
	setfsgid(0);
	SYS(setgroups, 0, NULL);
	for (i = 0; i < 4; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	close(top);
	umask(022);
}
