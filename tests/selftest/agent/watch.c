/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changed in a folder, by inotify: to look at every file each time takes
 * a guest on an emulated CPU longer than most programs.  Every folder has a
 * watch (e_wd of its entry); t_wdpath has its path.  When events were lost, a
 * folder was moved or a file got one more name, all is looked at again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define EVENTS	(IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | \
    IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR | IN_DONT_FOLLOW)

static void
drop_path(struct tree *t, int wd)
{
	struct entry *e;

	if (wd <= 0 || wd >= t->t_nwd || t->t_wdpath[wd] == NULL)
		return;
	e = *tree_find(t, t->t_wdpath[wd]);
	if (e != NULL && e->e_wd == wd)
		e->e_wd = 0;
	free(t->t_wdpath[wd]);
	t->t_wdpath[wd] = NULL;
}

int
watch_start(struct tree *t)
{
	for (int wd = 0; wd < t->t_nwd; wd++)
		drop_path(t, wd);
	if (t->t_inotify > 0)
		close(t->t_inotify);
	t->t_inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return t->t_inotify == -1 ? -1 : 0;
}

int
watch_add(struct tree *t, struct entry *dir, const char *file)
{
	int wd = inotify_add_watch(t->t_inotify, file, EVENTS), n;
	char **paths;

	if (wd == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (wd >= t->t_nwd) {
		n = wd * 2 + 64;
		paths = realloc(t->t_wdpath, (size_t)n * sizeof(*paths));
		if (paths == NULL)
			return -1;
		memset(paths + t->t_nwd, 0,
		    (size_t)(n - t->t_nwd) * sizeof(*paths));
		t->t_wdpath = paths;
		t->t_nwd = n;
	}
	free(t->t_wdpath[wd]);
	if ((t->t_wdpath[wd] = strdup(dir->e_path)) == NULL)
		return -1;
	dir->e_wd = wd;
	return 0;
}

/* -1: no memory. */
static int
note(struct changes *c, const char *dir, const char *name)
{
	char path[2000], **paths;

	if (snprintf(path, sizeof(path), "%s%s%s", dir,
	    *dir != '\0' && *name != '\0' ? "/" : "", name) >=
	    (int)sizeof(path))
		return 0;
	if (c->c_n == c->c_max) {
		c->c_max = c->c_max * 2 + 64;
		paths = realloc(c->c_paths, c->c_max * sizeof(*paths));
		if (paths == NULL)
			return -1;
		c->c_paths = paths;
	}
	if ((c->c_paths[c->c_n] = strdup(path)) == NULL)
		return -1;
	c->c_n++;
	return 0;
}

static int
event(struct tree *t, struct changes *c, const struct inotify_event *ie)
{
	if (ie->mask & IN_Q_OVERFLOW ||
	    ((ie->mask & IN_ISDIR) && (ie->mask & (IN_MOVED_FROM |
	    IN_MOVED_TO))))
		return -1;
	if (ie->mask & IN_IGNORED)
		drop_path(t, ie->wd);
	else if (ie->len != 0 && ie->wd > 0 && ie->wd < t->t_nwd &&
	    t->t_wdpath[ie->wd] != NULL)
		return note(c, t->t_wdpath[ie->wd], ie->name);
	return 0;
}

static int
events(struct tree *t, struct changes *c)
{
	static char buf[65536]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *ie;
	ssize_t n;

	while ((n = read(t->t_inotify, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n; p += sizeof(*ie) + ie->len) {
			ie = (const struct inotify_event *)p;
			if (event(t, c, ie) != 0)
				return -1;
		}
	return n == -1 && errno == EAGAIN ? 0 : -1;
}

/* A write by one name of a file is no event of the others. */
static int
several_names(struct tree *t, struct changes *c)
{
	for (int i = 0; i < TREE_HASH; i++)
		for (struct entry *e = t->t_hash[i]; e; e = e->e_next)
			if (S_ISREG(e->e_mode) && e->e_nlink > 1 &&
			    note(c, e->e_path, "") != 0)
				return -1;
	return 0;
}

static int
new_names(struct tree *t, const struct changes *c)
{
	char file[2000];
	struct stat st;

	for (size_t i = 0; i < c->c_n; i++) {
		const struct entry *e = *tree_find(t, c->c_paths[i]);
		if (tree_name(t, c->c_paths[i], file) == 0 &&
		    lstat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_nlink > 1 && (e == NULL || e->e_nlink != st.st_nlink))
			return 1;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
watch_changes(struct tree *t, struct changes *c)
{
	size_t n = 0;

	if (events(t, c) != 0 || several_names(t, c) != 0 || new_names(t, c))
		return -1;
	if (c->c_n > 0)
		qsort(c->c_paths, c->c_n, sizeof(*c->c_paths), compare);
	for (size_t i = 0; i < c->c_n; i++)
		if (n > 0 && strcmp(c->c_paths[n - 1], c->c_paths[i]) == 0)
			free(c->c_paths[i]);
		else
			c->c_paths[n++] = c->c_paths[i];
	c->c_n = n;
	return 0;
}

void
watch_free(struct changes *c)
{
	while (c->c_n > 0)
		free(c->c_paths[--c->c_n]);
	free(c->c_paths);
}
