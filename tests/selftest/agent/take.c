/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes what the other side's tree_send told, see tree.h.  A file that is too
 * long for the file system here stays shorter, until the other side changes it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame.h"
#include "tree.h"

static void
remove_all(const char *file)
{
	struct dirent *d;
	char below[2000];
	DIR *dir;

	if (unlink(file) == 0 || (errno != EISDIR && errno != EPERM))
		return;
	if ((dir = opendir(file)) != NULL) {
		while ((d = readdir(dir)) != NULL)
			if (strcmp(d->d_name, ".") != 0 &&
			    strcmp(d->d_name, "..") != 0 &&
			    snprintf(below, sizeof(below), "%s/%s", file,
			    d->d_name) < (int)sizeof(below))
				remove_all(below);
		closedir(dir);
	}
	rmdir(file);
}

/* The file is complete: its owner, mode, times; and it is remembered. */
static void
finish(struct tree *t, struct tree_recv *r)
{
	struct node_head *nh = r->tr_head;
	struct timespec ts[2];
	char file[2000];

	if (nh == NULL)
		return;
	r->tr_head = NULL;
	if (r->tr_fd != -1) {
		(void)!ftruncate(r->tr_fd, nh->nh_size);
		close(r->tr_fd);
		r->tr_fd = -1;
	}
	ts[0] = (struct timespec){ nh->nh_asec, nh->nh_ansec };
	ts[1] = (struct timespec){ nh->nh_sec, nh->nh_nsec };
	if (tree_name(t, r->tr_path, file) == 0) {
		(void)!lchown(file, nh->nh_uid, nh->nh_gid);
		if (!S_ISLNK(nh->nh_mode))
			chmod(file, nh->nh_mode & 07777);
		utimensat(AT_FDCWD, file, ts, AT_SYMLINK_NOFOLLOW);
		tree_agree(t, r->tr_path, file);
	}
	free(nh);
}

/* A file is written over in place: somebody may have it open. */
static int
make_node(struct tree *t, struct tree_recv *r, const char *target)
{
	struct node_head *nh = r->tr_head;
	char file[2000], other[2000];
	struct stat st;
	int there;

	if (tree_name(t, r->tr_path, file) != 0)
		return -1;
	there = lstat(file, &st) == 0;
	if (there && ((st.st_mode & S_IFMT) != (nh->nh_mode & S_IFMT) ||
	    S_ISLNK(st.st_mode) || nh->nh_hard ||
	    (S_ISREG(st.st_mode) && nh->nh_single && st.st_nlink > 1))) {
		remove_all(file);
		there = 0;
	}
	if (nh->nh_hard)
		return tree_name(t, target, other) != 0 ? -1 :
		    link(other, file);
	if (S_ISREG(nh->nh_mode)) {
		r->tr_fd = open(file, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
		r->tr_offset = 0;
		return r->tr_fd == -1 ? -1 : 0;
	}
	if (there)
		return 0;
	if (S_ISDIR(nh->nh_mode))
		return mkdir(file, 0700);
	if (S_ISLNK(nh->nh_mode))
		return symlink(target, file);
	return mknod(file, nh->nh_mode, nh->nh_rdev);
}

static int
new_node(struct tree *t, struct tree_recv *r, const char *data, size_t len)
{
	struct node_head *nh;
	char target[FRAME_MAX];

	if (len < sizeof(*nh) || (nh = malloc(sizeof(*nh))) == NULL)
		return -1;
	memcpy(nh, data, sizeof(*nh));
	data += sizeof(*nh);
	len -= sizeof(*nh);
	if (nh->nh_pathlen > len || nh->nh_pathlen >= sizeof(r->tr_path)) {
		free(nh);
		return -1;
	}
	memcpy(r->tr_path, data, nh->nh_pathlen);
	r->tr_path[nh->nh_pathlen] = '\0';
	memcpy(target, data + nh->nh_pathlen, len - nh->nh_pathlen);
	target[len - nh->nh_pathlen] = '\0';
	r->tr_head = nh;
	if (make_node(t, r, target) != 0)
		fprintf(stderr, "selftest: %s/%s: %s\n", t->t_root,
		    r->tr_path, strerror(errno));
	return 0;
}

/* Zeros: a hole if nothing was there. */
static void
write_hole(struct tree_recv *r, int64_t len)
{
	(void)!ftruncate(r->tr_fd, r->tr_offset);
	r->tr_offset += len;
	(void)!ftruncate(r->tr_fd, r->tr_offset);
}

int
tree_recv(struct tree *t, struct tree_recv *r, int type, const char *data,
    size_t len)
{
	char file[2000];
	uint64_t hole;

	switch (type) {
	case F_NODE:
		finish(t, r);
		return new_node(t, r, data, len);
	case F_DATA:
		if (r->tr_fd == -1)
			return 0;
		if (pwrite(r->tr_fd, data, len, r->tr_offset) != (ssize_t)len)
			perror("selftest: write");
		r->tr_offset += (int64_t)len;
		return 0;
	case F_HOLE:
		memcpy(&hole, data, sizeof(hole));
		if (r->tr_fd != -1)
			write_hole(r, (int64_t)hole);
		return 0;
	case F_GONE:
		finish(t, r);
		if (tree_name(t, data, file) == 0)
			remove_all(file);
		tree_forget(t, data);
		return 0;
	case F_SYNCED:
		finish(t, r);
		return 1;
	}
	return -1;
}
