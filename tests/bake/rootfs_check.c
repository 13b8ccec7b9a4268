/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: rootfs_check IMAGE DIR.  Reads the root file system in a baked
 * image by the public format alone and compares it with a folder: names,
 * types, modes, owners, times, links, contents.  Says what differs.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <rump/rootfs.h>

static const char *base;
static const struct rootfs_sb *sb;
static const struct rootfs_inode *inodes;
static const struct rootfs_ent *ents;
static const char *names;
static char *seen;
static size_t nseen;
static int bad;

#define WANT(expr, path) do {						\
	if (!(expr)) {							\
		printf("%s: %s\n", path, #expr);			\
		bad = 1;						\
	}								\
} while (0)

static int
cmp_name(const char *name, const struct rootfs_ent *re)
{
	size_t len = strlen(name), n = re->re_name_len;
	int c = memcmp(name, names + re->re_name_off, len < n ? len : n);

	return c ? c : len < n ? -1 : len > n;
}

static const struct rootfs_ent *
lookup(const struct rootfs_inode *dir, const char *name)
{
	size_t lo = 0, hi = dir->ri_size, mid;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = cmp_name(name, &ents[dir->ri_off + mid]);
		if (c == 0)
			return &ents[dir->ri_off + mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static void
check_file(const struct rootfs_inode *ri, const struct stat *st,
    const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t len = (size_t)st->st_size, i;
	const char *tail;
	char *p;

	WANT(ri->ri_size == len, path);
	WANT(ri->ri_off % ROOTFS_PAGE == 0, path);
	WANT(rootfs_inside(ri->ri_off, ri->ri_size, 1, sb->rs_size), path);
	WANT((len == 0) == (ri->ri_off == 0), path);
	if (len == 0 || bad)
		return;
	p = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	WANT(p != MAP_FAILED && memcmp(p, base + ri->ri_off, len) == 0, path);
	tail = base + ri->ri_off;
	for (i = len; i % ROOTFS_PAGE; i++)
		WANT(tail[i] == 0, path);
	munmap(p, len);
	close(fd);
}

static void	check_dir(uint32_t, uint32_t, const char *);

static void
check(uint32_t ino, uint32_t parent, const char *path)
{
	const struct rootfs_inode *ri = &inodes[ino];
	char target[4096];
	struct stat st;
	ssize_t n;

	lstat(path, &st);
	WANT(ino < sb->rs_ninodes, path);
	WANT(ri->ri_mode == st.st_mode, path);
	WANT(ri->ri_uid == st.st_uid || (st.st_uid == geteuid() &&
	    ri->ri_uid == 0), path);
	WANT(ri->ri_gid == st.st_gid || (st.st_gid == getegid() &&
	    ri->ri_gid == 0), path);
	WANT(ri->ri_mtime == st.st_mtim.tv_sec, path);
	WANT(ri->ri_mtime_nsec == st.st_mtim.tv_nsec, path);
	if (!S_ISDIR(st.st_mode))
		WANT(ri->ri_nlink == st.st_nlink, path);
	nseen += !seen[ino];
	seen[ino] = 1;
	if (S_ISREG(st.st_mode))
		check_file(ri, &st, path);
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, target, sizeof(target));
		WANT((uint64_t)n == ri->ri_size, path);
		WANT(memcmp(target, names + ri->ri_off, ri->ri_size) == 0,
		    path);
		WANT(names[ri->ri_off + ri->ri_size] == 0, path);
	}
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		WANT(ri->ri_rdev == ((uint64_t)major(st.st_rdev) << 32 |
		    minor(st.st_rdev)), path);
	if (S_ISDIR(st.st_mode)) {
		WANT(ri->ri_parent == parent, path);
		check_dir(ino, parent, path);
	}
}

static void
check_dir(uint32_t ino, uint32_t parent, const char *path)
{
	const struct rootfs_inode *ri = &inodes[ino];
	const struct rootfs_ent *re;
	size_t n = 0, subdirs = 0;
	struct dirent *de;
	DIR *d = opendir(path);
	char *sub;

	(void)parent;
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0 || de->d_type == DT_SOCK)
			continue;
		if (asprintf(&sub, "%s/%s", path, de->d_name) < 0)
			exit(1);
		n++;
		subdirs += de->d_type == DT_DIR;
		re = lookup(ri, de->d_name);
		WANT(re != NULL, sub);
		if (re) {
			WANT(re->re_type == de->d_type, sub);
			WANT(names[re->re_name_off + re->re_name_len] == 0,
			    sub);
			check(re->re_ino, ino, sub);
		}
		free(sub);
	}
	closedir(d);
	WANT(ri->ri_size == n, path);
	WANT(ri->ri_nlink == 2 + subdirs, path);
}

static int
find_image(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	off_t off;
	char *p;

	if (fd < 0 || fstat(fd, &st) != 0)
		return 0;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	for (off = 0; off < st.st_size; off += ROOTFS_PAGE) {
		sb = (const void *)(p + off);
		if (!rootfs_sb_ok(sb, (uint64_t)(st.st_size - off)))
			continue;
		base = p + off;
		inodes = (const void *)(base + sb->rs_inode_off);
		ents = (const void *)(base + sb->rs_ent_off);
		names = base + sb->rs_names_off;
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc != 3 || !find_image(argv[1])) {
		printf("%s: no root file system in it\n", argv[1]);
		return 1;
	}
	seen = calloc(sb->rs_ninodes, 1);
	check(ROOTFS_ROOT, ROOTFS_ROOT, argv[2]);
	WANT(nseen == sb->rs_ninodes - 1, argv[1]);
	return bad;
}
