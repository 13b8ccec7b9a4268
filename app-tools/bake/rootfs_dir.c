/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packs a folder.  Files of the user who bakes become root's in the image;
 * other owners stay.  Names with the same inode stay hard links.  Sockets
 * are left out with a warning; other file systems mounted below are packed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "rootfs.h"

/* Inodes with several names that were packed before. */
struct seen {
	dev_t		 sn_dev;
	ino_t		 sn_ino;
	struct fsinode	*sn_inode;
};

struct walk {
	struct fstree	*w_tree;
	struct seen	*w_seen;	/* open hash; size a power of two */
	size_t		 w_nseen, w_room;
};

static struct seen *
seen_slot(struct walk *w, dev_t dev, ino_t ino)
{
	size_t i = (size_t)(ino * 0x9e3779b97f4a7c15u ^ dev) &
	    (w->w_room - 1);

	while (w->w_seen[i].sn_inode && (w->w_seen[i].sn_ino != ino ||
	    w->w_seen[i].sn_dev != dev))
		i = (i + 1) & (w->w_room - 1);
	return &w->w_seen[i];
}

static void
seen_add(struct walk *w, const struct stat *st, struct fsinode *ino)
{
	struct seen *old = w->w_seen;
	size_t i, n = w->w_room;

	if (2 * w->w_nseen >= w->w_room) {
		w->w_room = n ? 2 * n : 64;
		w->w_seen = xcalloc(w->w_room, sizeof(*w->w_seen));
		for (i = 0; i < n; i++)
			if (old[i].sn_inode)
				*seen_slot(w, old[i].sn_dev, old[i].sn_ino) =
				    old[i];
		free(old);
	}
	*seen_slot(w, st->st_dev, st->st_ino) =
	    (struct seen){ st->st_dev, st->st_ino, ino };
	w->w_nseen++;
}

static void
proto_of(const struct stat *st, struct fsinode *p)
{
	memset(p, 0, sizeof(*p));
	p->i_mode = st->st_mode;
	p->i_uid = st->st_uid == geteuid() ? 0 : st->st_uid;
	p->i_gid = st->st_gid == getegid() ? 0 : st->st_gid;
	p->i_mtime = st->st_mtim.tv_sec;
	p->i_nsec = (uint32_t)st->st_mtim.tv_nsec;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		p->i_rdev = (uint64_t)major(st->st_rdev) << 32 |
		    minor(st->st_rdev);
}

static void
read_file(struct fstree *t, struct fsinode *ino, int dfd, const char *name,
    const char *path)
{
	int fd = openat(dfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t left;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0)
		die("--rootfs: cannot read %s: %s", path, strerror(errno));
	ino->i_size = left = (uint64_t)st.st_size;
	ino->i_off = fs_data_begin(t);
	while (left > 0) {
		n = read(fd, t->t_buf, left < FS_BUF ? left : FS_BUF);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("--rootfs: cannot read %s: %s", path,
			    n ? strerror(errno) : "it became shorter");
		fs_data_put(t, t->t_buf, (size_t)n);
		left -= (uint64_t)n;
	}
	close(fd);
}

static char *
read_target(int dfd, const char *name, const char *path)
{
	char buf[4097];
	ssize_t n = readlinkat(dfd, name, buf, sizeof(buf) - 1);

	if (n < 0)
		die("--rootfs: cannot read the link %s: %s", path,
		    strerror(errno));
	buf[n] = '\0';
	return xstrdup(buf);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp((*(struct dirent *const *)a)->d_name,
	    (*(struct dirent *const *)b)->d_name);
}

static void	walk_dir(struct walk *, struct fsinode *, int, const char *);

static void
walk_entry(struct walk *w, struct fsinode *dir, int dfd, const char *name,
    const char *path)
{
	struct fsinode proto, *ino;
	struct seen *seen;
	struct stat st;

	if (fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		die("--rootfs: cannot read %s: %s", path, strerror(errno));
	if (S_ISSOCK(st.st_mode)) {
		warn("--rootfs: %s: a socket is left out", path);
		return;
	}
	if (!S_ISDIR(st.st_mode) && st.st_nlink > 1 && w->w_room &&
	    (seen = seen_slot(w, st.st_dev, st.st_ino))->sn_inode) {
		fs_link(dir, name, seen->sn_inode);
		return;
	}
	proto_of(&st, &proto);
	if (S_ISLNK(st.st_mode))
		proto.i_target = read_target(dfd, name, path);
	ino = fs_add(w->w_tree, dir, name, &proto);
	free(proto.i_target);
	if (S_ISREG(st.st_mode))
		read_file(w->w_tree, ino, dfd, name, path);
	if (S_ISDIR(st.st_mode))
		walk_dir(w, ino, openat(dfd, name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC), path);
	else if (st.st_nlink > 1)
		seen_add(w, &st, ino);
}

/* Takes over dfd.  In the order of names: the output must not vary. */
static void
walk_dir(struct walk *w, struct fsinode *dir, int dfd, const char *path)
{
	struct dirent **list;
	char *sub;
	int i, n;

	if (dfd < 0 ||
	    (n = scandirat(dfd, ".", &list, NULL, NULL)) < 0)
		die("--rootfs: cannot read folder %s: %s", path,
		    strerror(errno));
	qsort(list, (size_t)n, sizeof(*list), by_bytes);
	for (i = 0; i < n; i++) {
		if (strcmp(list[i]->d_name, ".") != 0 &&
		    strcmp(list[i]->d_name, "..") != 0) {
			sub = fmt("%s/%s", path, list[i]->d_name);
			walk_entry(w, dir, dfd, list[i]->d_name, sub);
			free(sub);
		}
		free(list[i]);
	}
	free(list);
	close(dfd);
}

void
fs_read_dir(struct fstree *t, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk w = { .w_tree = t };
	struct fsinode proto;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		die("--rootfs %s: %s", path, strerror(errno));
	proto_of(&st, &proto);
	fs_set(t, t->t_root, &proto);
	walk_dir(&w, t->t_root, fd, path);
	free(w.w_seen);
}
