/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: lookup, links, symlinks, unlink, rmdir, rename, permissions. */
#include "vfstest.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE	1
#define RENAME_EXCHANGE		2
#endif

static char longname[5000];

static void
t_lookup(void)
{
	char name[300];
	struct stat st;
	int fd;

	OK(rump_sys_mkdir("/t", 0755));
	FAILS(rump_sys_mkdir("/t", 0755), EEXIST);
	OK(rump_sys_mkdir("/t/d/", 0755));
	touch("/t/d/f");
	OK(rump_sys_stat("/t/d/../d/./f", (void *)&st));
	OK(rump_sys_stat("//t//d///f", (void *)&st));
	OK(rump_sys_stat("/../../t/d/", (void *)&st));
	FAILS(rump_sys_stat("/t/d/f/", (void *)&st), ENOTDIR);
	FAILS(rump_sys_stat("/t/d/f/.", (void *)&st), ENOTDIR);
	FAILS(rump_sys_stat("/t/d/g/", (void *)&st), ENOENT);
	FAILS(rump_sys_open("/t/d/new/", O_CREAT | O_WRONLY, 0600), EISDIR);
	memset(name, 'n', sizeof(name));
	memcpy(name, "/t/", 3);
	name[3 + 255] = '\0';
	touch(name);
	OK(rump_sys_unlink(name));
	name[3 + 255] = 'n';
	name[3 + 256] = '\0';
	FAILS(rump_sys_stat(name, (void *)&st), ENAMETOOLONG);
	/* 4095 bytes are a path, 4096 are not */
	memset(longname, '/', sizeof(longname));
	strcpy(longname + 4094, "t");
	OK(rump_sys_stat(longname, (void *)&st));
	memset(longname, '/', 4095);
	strcpy(longname + 4095, "t");
	FAILS(rump_sys_stat(longname, (void *)&st), ENAMETOOLONG);

	CHECK((fd = rump_sys_open("/t", O_RDONLY | O_DIRECTORY, 0)) >= 0);
	OK(rump_sys_newfstatat(fd, "d/f", (void *)&st, 0));
	OK(rump_sys_newfstatat(fd, "", (void *)&st, AT_EMPTY_PATH));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_EQ(st.st_nlink, 3);
	FAILS(rump_sys_newfstatat(fd, "", (void *)&st, 0), ENOENT);
	FAILS(rump_sys_newfstatat(99, "x", (void *)&st, 0), EBADF);
	OK(rump_sys_close(fd));
	CHECK((fd = rump_sys_open("/t/d/f", O_PATH, 0)) >= 0);
	FAILS(rump_sys_read(fd, name, 1), EBADF);
	OK(rump_sys_fstat(fd, (void *)&st));
	FAILS(rump_sys_openat(fd, "x", O_RDONLY, 0), ENOTDIR);
	OK(rump_sys_close(fd));
	OK(rump_sys_unlink("/t/d/f"));
	OK(rump_sys_rmdir("/t/d"));
	OK(rump_sys_rmdir("/t"));
}

static void
t_symlink(void)
{
	char buf[100];
	struct stat st;
	int fd, i;

	OK(rump_sys_mkdir("/s", 0755));
	spit("/s/f", "text");
	OK(rump_sys_symlink("f", "/s/l"));
	OK(rump_sys_symlink("/s", "/s/abs"));
	OK(rump_sys_symlink("loop", "/s/loop"));
	OK(rump_sys_symlink("made", "/s/dangling"));
	CHECK(holds("/s/l", "text"));
	CHECK(holds("/s/abs/abs/l", "text"));
	CHECK_EQ(rump_sys_readlink("/s/l", buf, sizeof(buf)), 1);
	CHECK_EQ(rump_sys_readlink("/s/abs", buf, 1), 1);
	FAILS(rump_sys_readlink("/s/f", buf, 1), EINVAL);
	OK(rump_sys_lstat("/s/l", (void *)&st));
	CHECK(S_ISLNK(st.st_mode));
	OK(rump_sys_lstat("/s/abs/", (void *)&st));
	CHECK(S_ISDIR(st.st_mode));
	FAILS(rump_sys_stat("/s/loop", (void *)&st), ELOOP);
	FAILS(rump_sys_open("/s/l", O_RDONLY | O_NOFOLLOW, 0), ELOOP);
	CHECK((fd = rump_sys_open("/s/l", O_PATH | O_NOFOLLOW, 0)) >= 0);
	OK(rump_sys_close(fd));
	FAILS(rump_sys_open("/s/dangling", O_CREAT | O_EXCL | O_RDWR, 0600),
	    EEXIST);
	spit("/s/dangling", "new");
	CHECK(holds("/s/made", "new"));
	FAILS(rump_sys_mkdir("/s/l", 0700), EEXIST);
	FAILS(rump_sys_symlink("", "/s/empty"), ENOENT);
	FAILS(rump_sys_rmdir("/s/abs/"), ENOTDIR);
	/* 40 links are followed, 41 are not */
	OK(rump_sys_symlink("f", "/s/c0"));
	for (i = 1; i <= 40; i++) {
		char from[20], to[20];

		snprintf(to, sizeof(to), "c%d", i - 1);
		snprintf(from, sizeof(from), "/s/c%d", i);
		OK(rump_sys_symlink(to, from));
	}
	OK(rump_sys_stat("/s/c39", (void *)&st));
	FAILS(rump_sys_stat("/s/c40", (void *)&st), ELOOP);
}

static void
t_link(void)
{
	struct stat st;
	int fd;

	OK(rump_sys_mkdir("/l", 0755));
	spit("/l/a", "one");
	OK(rump_sys_link("/l/a", "/l/b"));
	CHECK_EQ(inode("/l/a"), inode("/l/b"));
	OK(rump_sys_stat("/l/a", (void *)&st));
	CHECK_EQ(st.st_nlink, 2);
	FAILS(rump_sys_link("/l/a", "/l/b"), EEXIST);
	FAILS(rump_sys_link("/l", "/l/dir"), EPERM);
	FAILS(rump_sys_link("/l/a", "/dev/a"), EXDEV);
	OK(rump_sys_unlink("/l/a"));
	CHECK(holds("/l/b", "one"));
	FAILS(rump_sys_unlink("/l"), EISDIR);
	FAILS(rump_sys_rmdir("/l/b"), ENOTDIR);
	FAILS(rump_sys_rmdir("/l"), ENOTEMPTY);
	FAILS(rump_sys_rmdir("/l/."), EINVAL);
	FAILS(rump_sys_rmdir("/l/.."), ENOTEMPTY);
	FAILS(rump_sys_rmdir("/"), EBUSY);
	FAILS(rump_sys_rmdir("/dev"), EBUSY);
	/* a file without a name gets one */
	CHECK((fd = rump_sys_open("/l", O_TMPFILE | O_RDWR, 0600)) >= 0);
	CHECK_EQ(rump_sys_write(fd, "tmp", 3), 3);
	OK(rump_sys_linkat(fd, "", AT_FDCWD, "/l/named", AT_EMPTY_PATH));
	OK(rump_sys_close(fd));
	CHECK(holds("/l/named", "tmp"));
	/* a removed directory takes no names */
	OK(rump_sys_mkdir("/l/gone", 0755));
	CHECK((fd = rump_sys_open("/l/gone", O_DIRECTORY, 0)) >= 0);
	OK(rump_sys_rmdir("/l/gone"));
	FAILS(rump_sys_mkdirat(fd, "x", 0755), ENOENT);
	OK(rump_sys_newfstatat(fd, "..", (void *)&st, 0));
	OK(rump_sys_close(fd));
}

static void
t_rename(void)
{
	uint64_t ino;
	struct stat st;

	OK(rump_sys_mkdir("/r", 0755));
	OK(rump_sys_mkdir("/r/d1", 0755));
	OK(rump_sys_mkdir("/r/d2", 0755));
	spit("/r/a", "A");
	spit("/r/b", "B");
	ino = inode("/r/a");
	OK(rump_sys_rename("/r/a", "/r/b"));
	CHECK_EQ(inode("/r/b"), ino);
	FAILS(rump_sys_stat("/r/a", (void *)&st), ENOENT);
	FAILS(rump_sys_rename("/r/a", "/r/b"), ENOENT);
	OK(rump_sys_rename("/r/b", "/r/b"));
	OK(rump_sys_rename("/r/b", "/r/d1/b"));
	CHECK(holds("/r/d1/b", "A"));
	FAILS(rump_sys_rename("/r/d1", "/r/d1/sub"), EINVAL);
	OK(rump_sys_mkdir("/r/d1/x", 0755));
	FAILS(rump_sys_rename("/r/d1", "/r/d1/x/y"), EINVAL);
	FAILS(rump_sys_rename("/r/d1/x", "/r/d1"), ENOTEMPTY);
	FAILS(rump_sys_rename("/r/d2", "/r/d1"), ENOTEMPTY);
	FAILS(rump_sys_rename("/r/d2", "/r/d1/b"), ENOTDIR);
	FAILS(rump_sys_rename("/r/d1/b", "/r/d2"), EISDIR);
	FAILS(rump_sys_rename("/r/d1/b", "/dev/b"), EXDEV);
	FAILS(rump_sys_rename("/r/.", "/r/q"), EBUSY);
	/* over an empty directory; link counts and ".." follow */
	OK(rump_sys_rename("/r/d1/x", "/r/d2"));
	OK(rump_sys_stat("/r", (void *)&st));
	CHECK_EQ(st.st_nlink, 4);
	OK(rump_sys_stat("/r/d1", (void *)&st));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(inode("/r/d2/.."), inode("/r"));
	OK(rump_sys_rename("/r/d2", "/r/d1/d2"));
	CHECK_EQ(inode("/r/d1/d2/.."), inode("/r/d1"));
	/* flags */
	spit("/r/c", "C");
	FAILS(rump_sys_renameat2(AT_FDCWD, "/r/c", AT_FDCWD, "/r/d1/b",
	    RENAME_NOREPLACE), EEXIST);
	OK(rump_sys_renameat2(AT_FDCWD, "/r/c", AT_FDCWD, "/r/d1/b",
	    RENAME_EXCHANGE));
	CHECK(holds("/r/c", "A"));
	CHECK(holds("/r/d1/b", "C"));
	FAILS(rump_sys_renameat2(AT_FDCWD, "/r/c", AT_FDCWD, "/r/none",
	    RENAME_EXCHANGE), ENOENT);
	FAILS(rump_sys_renameat2(AT_FDCWD, "/r/c", AT_FDCWD, "/r/none", 8),
	    EINVAL);
	OK(rump_sys_renameat2(AT_FDCWD, "/r/c", AT_FDCWD, "/r/d1/d2",
	    RENAME_EXCHANGE));
	CHECK_EQ(inode("/r/c/.."), inode("/r"));
	CHECK(holds("/r/d1/d2", "A"));
	/* two names of one file: nothing happens */
	OK(rump_sys_link("/r/d1/b", "/r/b2"));
	OK(rump_sys_rename("/r/d1/b", "/r/b2"));
	CHECK(holds("/r/d1/b", "C"));
}

static void
user(int uid)
{
	OK(rump_sys_setresuid(-1, 0, -1));
	OK(rump_sys_setresgid(-1, uid, -1));
	OK(rump_sys_setresuid(-1, uid, -1));
}

static void
t_perm(void)
{
	struct stat st;

	OK(rump_sys_mkdir("/p", 0755));
	OK(rump_sys_mkdir("/p/priv", 0700));
	OK(rump_sys_mkdir("/p/sticky", 0777));
	OK(rump_sys_chmod("/p/sticky", 01777));
	spit("/p/ro", "x");
	touch("/p/priv/f");
	touch("/p/sticky/f");
	user(1000);
	FAILS(rump_sys_open("/p/ro", O_RDWR, 0), EACCES);
	FAILS(rump_sys_truncate("/p/ro", 0), EACCES);
	FAILS(rump_sys_open("/p/new", O_CREAT | O_RDWR, 0600), EACCES);
	FAILS(rump_sys_stat("/p/priv/f", (void *)&st), EACCES);
	FAILS(rump_sys_unlink("/p/ro"), EACCES);
	FAILS(rump_sys_unlink("/p/sticky/f"), EPERM);
	FAILS(rump_sys_rename("/p/sticky/f", "/p/sticky/g"), EPERM);
	FAILS(rump_sys_chmod("/p/ro", 0777), EPERM);
	FAILS(rump_sys_chown("/p/ro", 1000, -1), EPERM);
	FAILS(rump_sys_utimensat(AT_FDCWD, "/p/ro", NULL, 0), EACCES);
	FAILS(rump_sys_chroot("/p"), EPERM);
	FAILS(rump_sys_mount("none", "/p", "tmpfs", 0, NULL), EPERM);
	touch("/p/sticky/mine");
	OK(rump_sys_stat("/p/sticky/mine", (void *)&st));
	CHECK_EQ(st.st_uid, 1000);
	CHECK_EQ(st.st_gid, 1000);
	OK(rump_sys_unlink("/p/sticky/mine"));
	user(0);
	/* real and effective ids */
	OK(rump_sys_access("/p/priv/f", R_OK | W_OK));
	FAILS(rump_sys_access("/p/priv/f", X_OK), EACCES);
	OK(rump_sys_chown("/p/ro", 1000, 1000));
	OK(rump_sys_chmod("/p/ro", 0400));
	user(1000);
	CHECK(holds("/p/ro", "x"));
	user(1001);
	CHECK(!holds("/p/ro", "x"));
	user(0);
	CHECK(holds("/p/ro", "x"));
	/* setgid directories hand their group down */
	OK(rump_sys_mkdir("/p/g", 0777));
	OK(rump_sys_chown("/p/g", -1, 77));
	OK(rump_sys_chmod("/p/g", 02777));
	OK(rump_sys_mkdir("/p/g/sub", 0777));
	OK(rump_sys_stat("/p/g/sub", (void *)&st));
	CHECK_EQ(st.st_gid, 77);
	CHECK_EQ(st.st_mode, S_IFDIR | 02755);
}

static void
t_cwd(void)
{
	char buf[100];
	struct stat st;
	int fd;

	OK(rump_sys_mkdir("/c", 0755));
	OK(rump_sys_mkdir("/c/d", 0755));
	OK(rump_sys_chdir("/c/d"));
	CHECK_EQ(rump_sys_getcwd(buf, sizeof(buf)), 5);
	CHECK(strcmp(buf, "/c/d") == 0);
	FAILS(rump_sys_getcwd(buf, 4), ERANGE);
	touch("rel");
	OK(rump_sys_stat("/c/d/rel", (void *)&st));
	OK(rump_sys_chdir(".."));
	CHECK((fd = rump_sys_open("d", O_RDONLY, 0)) >= 0);
	OK(rump_sys_fchdir(fd));
	OK(rump_sys_close(fd));
	FAILS(rump_sys_chdir("rel"), ENOTDIR);
	OK(rump_sys_chdir("/dev"));
	CHECK_EQ(rump_sys_getcwd(buf, sizeof(buf)), 5);
	CHECK(strcmp(buf, "/dev") == 0);
	OK(rump_sys_chdir("../c/d"));
	OK(rump_sys_unlink("rel"));
	OK(rump_sys_rmdir("/c/d"));
	FAILS(rump_sys_getcwd(buf, sizeof(buf)), ENOENT);
	OK(rump_sys_chdir("/"));
	CHECK_EQ(rump_sys_getcwd(buf, sizeof(buf)), 2);
}

int
main(void)
{
	REQUIRE(start() == 0);
	t_lookup();
	t_symlink();
	t_link();
	t_rename();
	t_perm();
	t_cwd();
	return check_done();
}
