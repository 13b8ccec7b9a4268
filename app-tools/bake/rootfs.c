/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --rootfs: packs a folder or a tar archive in the format of <rump/rootfs.h>
 * as the object file that becomes section .rootfs.  In the image the file
 * contents come before the tables, so that a tar archive is read once, from
 * its beginning to its end.  The same input gives the same bytes; times
 * after SOURCE_DATE_EPOCH, when it is set, become that time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rump/rootfs.h>

#include "rootfs.h"

/* The tables, filled in one walk over the tree. */
struct tables {
	struct rootfs_inode	*tb_inodes;	/* by number */
	struct rootfs_ent	*tb_ents;
	char			*tb_names;
	size_t			 tb_nents, tb_nameslen, tb_namesroom;
	uint32_t		 tb_ninodes;
};

/* Where name is or belongs. */
static size_t
find_place(const struct fsinode *dir, const char *name, bool *found)
{
	size_t lo = 0, hi = dir->i_nents, mid;
	int c;

	*found = false;
	/* Names mostly come in order. */
	if (hi && strcmp(dir->i_ents[hi - 1].e_name, name) < 0)
		return hi;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = strcmp(dir->i_ents[mid].e_name, name);
		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct fsinode *
fs_find(const struct fsinode *dir, const char *name)
{
	bool found;
	size_t at = find_place(dir, name, &found);

	return found ? dir->i_ents[at].e_ino : NULL;
}

void
fs_link(struct fsinode *dir, const char *name, struct fsinode *ino)
{
	bool found;
	size_t n = dir->i_nents, at = find_place(dir, name, &found);

	if (strlen(name) > ROOTFS_NAME_MAX)
		die("--rootfs: the name %.40s... is longer than %d bytes",
		    name, ROOTFS_NAME_MAX);
	if (found) {
		dir->i_ents[at].e_ino = ino;
		return;
	}
	if ((n & (n - 1)) == 0)		/* room doubles at powers of two */
		dir->i_ents = xrealloc(dir->i_ents,
		    (n ? 2 * n : 1) * sizeof(*dir->i_ents));
	memmove(dir->i_ents + at + 1, dir->i_ents + at,
	    (n - at) * sizeof(*dir->i_ents));
	dir->i_ents[at].e_name = xstrdup(name);
	dir->i_ents[at].e_ino = ino;
	dir->i_nents++;
}

void
fs_set(const struct fstree *t, struct fsinode *ino,
    const struct fsinode *proto)
{
	ino->i_mode = proto->i_mode;
	ino->i_uid = proto->i_uid;
	ino->i_gid = proto->i_gid;
	ino->i_mtime = proto->i_mtime;
	ino->i_nsec = proto->i_nsec;
	if (t->t_epoch >= 0 && ino->i_mtime >= t->t_epoch) {
		ino->i_mtime = t->t_epoch;
		ino->i_nsec = 0;
	}
}

struct fsinode *
fs_add(struct fstree *t, struct fsinode *dir, const char *name,
    const struct fsinode *proto)
{
	struct fsinode *ino = fs_find(dir, name);

	if (ino == NULL || !S_ISDIR(ino->i_mode) || !S_ISDIR(proto->i_mode)) {
		ino = xcalloc(1, sizeof(*ino));
		fs_link(dir, name, ino);
	}
	fs_set(t, ino, proto);
	ino->i_rdev = proto->i_rdev;
	if (proto->i_target) {
		if (strlen(proto->i_target) > ROOTFS_LINK_MAX)
			die("--rootfs: the target of link %s is too long",
			    name);
		ino->i_target = xstrdup(proto->i_target);
	}
	t->t_nfiles++;
	fs_progress(t, false);
	return ino;
}

void
fs_progress(struct fstree *t, bool last)
{
	struct timespec ts;
	double now;

	check_stop();
	if (!isatty(2))
		return;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
	if (t->t_shown == 0)
		t->t_shown = now + 0.5;		/* short work shows nothing */
	if (now < t->t_shown && !last)
		return;
	if (last && t->t_shown > now + 0.2)
		return;
	fprintf(stderr, "\rroot file system: %zu files, %llu MiB%s",
	    t->t_nfiles, (unsigned long long)t->t_end >> 20,
	    last ? "\n" : " ");
	t->t_shown = now + 0.2;
}

static void
put(struct fstree *t, const void *data, size_t len, uint64_t at)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, at += (uint64_t)n, len -= (size_t)n) {
		n = pwrite(t->t_fd, p, len, (off_t)(OBJECT_DATA_OFF + at));
		check_stop();
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			die("cannot write %s: %s (TMPDIR names another "
			    "place)", t->t_objpath, strerror(errno));
	}
}

uint64_t
fs_data_begin(struct fstree *t)
{
	t->t_end = (t->t_end + ROOTFS_PAGE - 1) & -(uint64_t)ROOTFS_PAGE;
	return t->t_end;
}

void
fs_data_put(struct fstree *t, const void *data, size_t len)
{
	put(t, data, len, t->t_end);
	t->t_end += len;
	fs_progress(t, false);
}

/* Numbers in the order of the walk, the root is 1; counts names. */
static void
number(struct tables *tb, struct fsinode *ino)
{
	size_t i;

	ino->i_nlink++;
	if (ino->i_num)
		return;
	ino->i_num = tb->tb_ninodes++;
	if (tb->tb_ninodes == 0)
		die("--rootfs: too many files");
	tb->tb_nents += ino->i_nents;
	for (i = 0; i < ino->i_nents; i++)
		number(tb, ino->i_ents[i].e_ino);
}

static uint64_t
add_name(struct tables *tb, const char *s)
{
	size_t at = tb->tb_nameslen, n = strlen(s) + 1;

	if (at + n > tb->tb_namesroom) {
		tb->tb_namesroom = 2 * (at + n);
		tb->tb_names = xrealloc(tb->tb_names, tb->tb_namesroom);
	}
	memcpy(tb->tb_names + at, s, n);
	tb->tb_nameslen += n;
	if (tb->tb_nameslen > UINT32_MAX)
		die("--rootfs: more than 4 GiB of file names");
	return at;
}

static void	fill(struct tables *, const struct fsinode *, uint32_t);

static void
fill_dir(struct tables *tb, const struct fsinode *dir,
    struct rootfs_inode *ri)
{
	size_t i, first = tb->tb_nents;
	const struct fsinode *ino;
	struct rootfs_ent *re;

	ri->ri_nlink = 2;
	ri->ri_size = dir->i_nents;
	ri->ri_off = first;
	tb->tb_nents += dir->i_nents;
	for (i = 0; i < dir->i_nents; i++) {
		ino = dir->i_ents[i].e_ino;
		re = &tb->tb_ents[first + i];
		re->re_ino = ino->i_num;
		re->re_name_len = (uint16_t)strlen(dir->i_ents[i].e_name);
		re->re_name_off =
		    (uint32_t)add_name(tb, dir->i_ents[i].e_name);
		re->re_type = (uint8_t)((ino->i_mode & S_IFMT) >> 12);
		if (S_ISDIR(ino->i_mode))
			ri->ri_nlink++;
	}
	for (i = 0; i < dir->i_nents; i++)
		fill(tb, dir->i_ents[i].e_ino, dir->i_num);
}

static void
fill(struct tables *tb, const struct fsinode *ino, uint32_t parent)
{
	struct rootfs_inode *ri = &tb->tb_inodes[ino->i_num];

	if (ri->ri_mode)
		return;		/* a hard link, met before */
	ri->ri_mode = ino->i_mode;
	ri->ri_nlink = ino->i_nlink;
	ri->ri_uid = ino->i_uid;
	ri->ri_gid = ino->i_gid;
	ri->ri_mtime = ino->i_mtime;
	ri->ri_mtime_nsec = ino->i_nsec;
	ri->ri_rdev = ino->i_rdev;
	if (S_ISDIR(ino->i_mode)) {
		ri->ri_parent = parent;
		fill_dir(tb, ino, ri);
	} else if (S_ISLNK(ino->i_mode)) {
		ri->ri_size = strlen(ino->i_target);
		ri->ri_off = add_name(tb, ino->i_target);
	} else if (S_ISREG(ino->i_mode)) {
		ri->ri_size = ino->i_size;
		ri->ri_off = ino->i_size ? ino->i_off : 0;
	}
}

static void
write_tables(struct fstree *t)
{
	struct tables tb = { .tb_ninodes = ROOTFS_ROOT };
	struct rootfs_sb sb = { .rs_version = ROOTFS_VERSION };

	number(&tb, t->t_root);
	if (tb.tb_nents > UINT32_MAX)
		die("--rootfs: too many files");
	tb.tb_inodes = xcalloc(tb.tb_ninodes, sizeof(*tb.tb_inodes));
	tb.tb_ents = xcalloc(tb.tb_nents, sizeof(*tb.tb_ents));
	memcpy(sb.rs_magic, ROOTFS_MAGIC, sizeof(sb.rs_magic));
	sb.rs_ninodes = tb.tb_ninodes;
	sb.rs_nents = (uint32_t)tb.tb_nents;
	tb.tb_nents = 0;
	fill(&tb, t->t_root, ROOTFS_ROOT);
	sb.rs_data_off = ROOTFS_PAGE;
	sb.rs_inode_off = fs_data_begin(t);
	fs_data_put(t, tb.tb_inodes, sb.rs_ninodes * sizeof(*tb.tb_inodes));
	sb.rs_ent_off = t->t_end;
	fs_data_put(t, tb.tb_ents, sb.rs_nents * sizeof(*tb.tb_ents));
	sb.rs_names_off = t->t_end;
	sb.rs_names_len = tb.tb_nameslen;
	fs_data_put(t, tb.tb_names, tb.tb_nameslen);
	sb.rs_size = fs_data_begin(t);
	put(t, &sb, sizeof(sb), 0);
	free(tb.tb_inodes);
	free(tb.tb_ents);
	free(tb.tb_names);
}

static int64_t
epoch(void)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long n;

	if (s == NULL || *s == '\0')
		return -1;
	n = strtoll(s, &end, 10);
	if (*end || n < 0)
		die("SOURCE_DATE_EPOCH=%s: expected seconds since 1970", s);
	return n;
}

void
rootfs_make(const struct bake *b, const char *objpath)
{
	struct fstree t = { .t_bake = b, .t_objpath = objpath,
	    .t_end = ROOTFS_PAGE, .t_epoch = epoch() };
	struct fsinode root = { .i_mode = S_IFDIR | 0755 };
	struct stat st;

	if (stat(b->b_rootfs, &st) != 0)
		die("--rootfs %s: %s", b->b_rootfs, strerror(errno));
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		die("--rootfs %s: expected a folder or a tar archive",
		    b->b_rootfs);
	t.t_fd = open(objpath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (t.t_fd < 0)
		die("cannot write %s: %s", objpath, strerror(errno));
	t.t_root = xcalloc(1, sizeof(*t.t_root));
	fs_set(&t, t.t_root, &root);
	t.t_buf = xrealloc(NULL, FS_BUF);
	if (S_ISDIR(st.st_mode))
		fs_read_dir(&t, b->b_rootfs);
	else
		fs_read_tar(&t, b->b_rootfs);
	write_tables(&t);
	fs_progress(&t, true);
	/* The last page's rest is a hole. */
	if (ftruncate(t.t_fd, (off_t)(OBJECT_DATA_OFF + t.t_end)) != 0)
		die("cannot write %s: %s", objpath, strerror(errno));
	object_rootfs_finish(t.t_fd, objpath, t.t_end);
	free(t.t_buf);
}
