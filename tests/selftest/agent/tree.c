/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two folders kept alike, see tree.h.  A file is the one that was agreed on if
 * inode, size, mode, times are; when it was changed less than 50 ms before,
 * which a clock of ticks may hide, then also if its contents are.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "tree.h"

#define RACY	50000000

/* The names that were met with an inode, in one walk. */
struct links {
	struct links	*l_next;
	uint64_t	 l_ino;
	char		 l_path[];
};

struct walk {
	struct tree	*w_tree;
	struct links	*w_links;
	int		 w_fd;
	int64_t		 w_now;
};

static int64_t
nanoseconds(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000LL + ts->tv_nsec;
}

struct entry **
tree_find(struct tree *t, const char *path)
{
	struct entry **e;
	uint32_t h = 2166136261u;

	for (const char *p = path; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	for (e = &t->t_hash[h % TREE_HASH]; *e != NULL; e = &(*e)->e_next)
		if (strcmp((*e)->e_path, path) == 0)
			break;
	return e;
}

static struct entry *
insert(struct tree *t, const char *path)
{
	struct entry **e = tree_find(t, path);
	size_t len = strlen(path) + 1;

	if (*e == NULL && (*e = calloc(1, sizeof(**e) + len)) != NULL) {
		(*e)->e_len = (uint32_t)len;
		memcpy((*e)->e_path, path, len);
	}
	return *e;
}

void
tree_forget(struct tree *t, const char *path)
{
	struct entry **e = tree_find(t, path), *gone = *e;

	if (gone != NULL) {
		*e = gone->e_next;
		free(gone);
	}
}

int
tree_name(const struct tree *t, const char *path, char buf[2000])
{
	return snprintf(buf, 2000, "%s/%s", t->t_root, path) < 2000 ? 0 : -1;
}

/* The next part with data at or after *at: its end, *at at most SIZE. */
static int64_t
data_part(int fd, int64_t *at, int64_t size)
{
	int64_t next = lseek(fd, *at, SEEK_DATA), end;

	if (next == -1)
		next = errno == ENXIO ? size : *at;
	*at = next < size ? next : size;
	end = *at < size ? lseek(fd, *at, SEEK_HOLE) : size;
	return end == -1 || end > size ? size : end;
}

/* Holes are passed over: there may be EiB of them. */
static uint64_t
contents(const char *file, int64_t size)
{
	uint64_t h = 14695981039346656037ull;
	char buf[8192];
	int64_t at = 0, end;
	ssize_t n = 1;
	int fd;

	if ((fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOATIME)) == -1)
		return 0;
	while (n > 0 && at < size) {
		end = data_part(fd, &at, size);
		h = (h ^ (uint64_t)at) * 1099511628211ull;
		for (; at < end; at += n) {
			n = pread(fd, buf, end - at < (int64_t)sizeof(buf) ?
			    (size_t)(end - at) : sizeof(buf), at);
			if (n <= 0)
				break;
			for (ssize_t i = 0; i < n; i++)
				h = (h ^ (unsigned char)buf[i]) *
				    1099511628211ull;
		}
	}
	close(fd);
	return h;
}

/* Remembers the file as it is now. */
static void
remember(struct entry *e, const struct stat *st, const char *file, int64_t now)
{
	e->e_ino = st->st_ino;
	e->e_size = st->st_size;
	e->e_mtime = nanoseconds(&st->st_mtim);
	e->e_ctime = nanoseconds(&st->st_ctim);
	e->e_mode = st->st_mode;
	e->e_uid = st->st_uid;
	e->e_gid = st->st_gid;
	e->e_rdev = (uint32_t)st->st_rdev;
	e->e_nlink = (uint32_t)st->st_nlink;
	e->e_racy = S_ISREG(st->st_mode) && now - e->e_ctime < RACY;
	e->e_hash = e->e_racy ? contents(file, st->st_size) : 0;
}

void
tree_agree(struct tree *t, const char *path, const char *file)
{
	struct timespec now;
	struct entry *e;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now);
	if (lstat(file, &st) == 0 && (e = insert(t, path)) != NULL)
		remember(e, &st, file, nanoseconds(&now));
}

static int
changed(const struct entry *e, const struct stat *st, const char *file)
{
	if (e->e_mode != st->st_mode || e->e_uid != st->st_uid ||
	    e->e_gid != st->st_gid || e->e_rdev != (uint32_t)st->st_rdev ||
	    e->e_ino != st->st_ino)
		return 1;
	if (S_ISDIR(st->st_mode))
		return 0;
	if (e->e_size != st->st_size || e->e_nlink != st->st_nlink ||
	    e->e_mtime != nanoseconds(&st->st_mtim) ||
	    e->e_ctime != nanoseconds(&st->st_ctim))
		return 1;
	return e->e_racy && e->e_hash != contents(file, st->st_size);
}

/* The contents with their holes. */
static int
send_data(int to, const char *file, int64_t size)
{
	static __thread char buf[FRAME_MAX];
	int64_t at = 0, from, end;
	uint64_t hole;
	ssize_t n;
	int fd, error = 0;

	if ((fd = open(file, O_RDONLY | O_NOFOLLOW | O_NOATIME)) == -1)
		return 0;
	while (!error && at < size) {
		from = at;
		end = data_part(fd, &at, size);
		hole = (uint64_t)(at - from);
		if (hole > 0)
			error = frame_send(to, F_HOLE, &hole, sizeof(hole));
		while (!error && at < end) {
			n = pread(fd, buf, end - at < FRAME_MAX ?
			    (size_t)(end - at) : FRAME_MAX, at);
			if (n <= 0) {
				size = at;
				break;
			}
			error = frame_send(to, F_DATA, buf, (size_t)n);
			at += n;
		}
	}
	close(fd);
	return error;
}

static int
send_node(struct walk *w, const char *path, const char *file,
    const struct stat *st, const char *hard)
{
	char buf[sizeof(struct node_head) + 3000], *p;
	struct node_head nh = { .nh_mode = st->st_mode, .nh_uid = st->st_uid,
	    .nh_gid = st->st_gid, .nh_single = st->st_nlink == 1,
	    .nh_rdev = (uint32_t)st->st_rdev, .nh_hard = hard != NULL,
	    .nh_size = st->st_size, .nh_sec = st->st_mtim.tv_sec,
	    .nh_nsec = st->st_mtim.tv_nsec, .nh_asec = st->st_atim.tv_sec,
	    .nh_ansec = st->st_atim.tv_nsec };
	size_t len = strlen(path);
	ssize_t n = 0;

	nh.nh_pathlen = (uint32_t)len;
	memcpy(buf, &nh, sizeof(nh));
	memcpy(buf + sizeof(nh), path, len);
	p = buf + sizeof(nh) + len;
	if (hard != NULL) {
		n = (ssize_t)strlen(hard);
		memcpy(p, hard, (size_t)n);
	} else if (S_ISLNK(st->st_mode) &&
	    (n = readlink(file, p, 1000)) == -1)
		return 0;
	if (frame_send(w->w_fd, F_NODE, buf, sizeof(nh) + len + (size_t)n) != 0)
		return -1;
	return hard == NULL && S_ISREG(st->st_mode) ?
	    send_data(w->w_fd, file, st->st_size) : 0;
}

/* The first name of the inode in this walk, NULL if this is it. */
static const char *
first_name(struct walk *w, const char *path, const struct stat *st)
{
	struct links *l;

	if (!S_ISREG(st->st_mode) || st->st_nlink < 2)
		return NULL;
	for (l = w->w_links; l != NULL; l = l->l_next)
		if (l->l_ino == st->st_ino)
			return l->l_path;
	if ((l = malloc(sizeof(*l) + strlen(path) + 1)) != NULL) {
		l->l_ino = st->st_ino;
		strcpy(l->l_path, path);
		l->l_next = w->w_links;
		w->w_links = l;
	}
	return NULL;
}

static int
visit(struct walk *w, const char *path)
{
	struct entry *e;
	struct stat st;
	char file[2000];
	int new, error = 0;

	if (tree_name(w->w_tree, path, file) != 0 || lstat(file, &st) != 0 ||
	    S_ISSOCK(st.st_mode))
		return 0;
	new = *tree_find(w->w_tree, path) == NULL;
	if ((e = insert(w->w_tree, path)) == NULL)
		return -1;
	e->e_seen = w->w_tree->t_walk;
	const char *hard = first_name(w, path, &st);
	if (S_ISDIR(st.st_mode) && e->e_ino != st.st_ino)
		e->e_wd = 0;
	if (new || changed(e, &st, file)) {
		remember(e, &st, file, w->w_now);
		error = send_node(w, path, file, &st, hard);
	}
	return error != 0 ? -1 : S_ISDIR(st.st_mode);
}

static int
walk(struct walk *w, const char *path)
{
	struct tree *t = w->w_tree;
	struct dirent **list = NULL;
	char below[1000], dir[2000];
	struct entry *e = insert(t, path);
	int n, kind, error = 0;

	if (e == NULL || tree_name(t, path, dir) != 0)
		return e == NULL ? -1 : 0;
	e->e_seen = t->t_walk;
	if (t->t_watched && e->e_wd == 0 && watch_add(t, e, dir) != 0)
		return -1;
	if ((n = scandir(dir, &list, NULL, alphasort)) == -1)
		return 0;
	for (int i = 0; i < n; i++) {
		const char *s = list[i]->d_name;
		if (!error && strcmp(s, ".") != 0 && strcmp(s, "..") != 0 &&
		    (size_t)snprintf(below, sizeof(below), "%s%s%s", path,
		    *path != '\0' ? "/" : "", s) < sizeof(below)) {
			kind = visit(w, below);
			error = kind == 1 ? walk(w, below) : kind;
		}
		free(list[i]);
	}
	free(list);
	return error;
}

/*
 * The path and those below it ("": all) that were not met in this walk.
 * Deepest first does not matter: the other side removes what is below, too.
 */
static int
send_gone(struct walk *w, const char *path)
{
	struct tree *t = w->w_tree;
	size_t len = strlen(path);
	struct entry **e, *old;
	int error = 0;

	for (int i = 0; i < TREE_HASH; i++)
		for (e = &t->t_hash[i]; (old = *e) != NULL; ) {
			if (old->e_seen == t->t_walk || (len != 0 &&
			    (strncmp(old->e_path, path, len) != 0 ||
			    (old->e_path[len] != '/' &&
			    old->e_path[len] != '\0')))) {
				e = &old->e_next;
				continue;
			}
			if (!error)
				error = frame_send(w->w_fd, F_GONE,
				    old->e_path, old->e_len - 1);
			*e = old->e_next;
			free(old);
		}
	return error;
}

/* Of a folder without a watch not even the names were known. */
static int
look(struct walk *w, const char *path)
{
	int kind = visit(w, path), error = kind == -1 ? -1 : 0;
	const struct entry *e = *tree_find(w->w_tree, path);
	int unknown = kind == 1 && e->e_wd == 0;

	if (unknown)
		error = walk(w, path);
	if (!error && e != NULL && (unknown || e->e_seen != w->w_tree->t_walk))
		error = send_gone(w, path);
	return error;
}

static int
look_at_all(struct walk *w)
{
	int error;

	if (w->w_tree->t_watched && watch_start(w->w_tree) != 0)
		return -1;
	error = walk(w, "");
	return error ? error : send_gone(w, "");
}

static int
look_at_changes(struct walk *w)
{
	struct changes c = { 0 };
	int error = 0;

	if (w->w_tree->t_inotify <= 0 || watch_changes(w->w_tree, &c) != 0)
		error = look_at_all(w);
	else
		for (size_t i = 0; i < c.c_n && !error; i++)
			error = look(w, c.c_paths[i]);
	watch_free(&c);
	return error;
}

int
tree_send(struct tree *t, int fd)
{
	struct walk w = { .w_tree = t, .w_fd = fd };
	struct timespec now;
	struct links *l;
	int error;

	clock_gettime(CLOCK_REALTIME, &now);
	w.w_now = nanoseconds(&now);
	t->t_walk++;
	error = t->t_watched ? look_at_changes(&w) : look_at_all(&w);
	while ((l = w.w_links) != NULL) {
		w.w_links = l->l_next;
		free(l);
	}
	return error ? error : frame_send(fd, F_SYNCED, NULL, 0);
}

int
tree_load(struct tree *t, const char *file)
{
	struct entry head, *e;
	char path[1000];
	FILE *f;

	if ((f = fopen(file, "r")) == NULL)
		return -1;
	while (fread(&head, sizeof(head), 1, f) == 1 &&
	    head.e_len <= sizeof(path) && fread(path, head.e_len, 1, f) == 1 &&
	    (e = insert(t, path)) != NULL) {
		head.e_next = e->e_next;
		memcpy(e, &head, sizeof(head));
		e->e_seen = 0;
	}
	fclose(f);
	return 0;
}

int
tree_save(const struct tree *t, const char *file)
{
	const struct entry *e;
	FILE *f;

	if ((f = fopen(file, "w")) == NULL)
		return -1;
	for (int i = 0; i < TREE_HASH; i++)
		for (e = t->t_hash[i]; e != NULL; e = e->e_next)
			if (fwrite(e, sizeof(*e), 1, f) != 1 ||
			    fwrite(e->e_path, e->e_len, 1, f) != 1)
				break;
	return fclose(f);
}
