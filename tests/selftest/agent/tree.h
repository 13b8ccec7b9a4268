/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder that is kept alike on two machines: each side remembers how its
 * files were when they last agreed, and sends what has changed since.  The
 * caller sees to it that one thread (or process) at a time does this.
 */
#ifndef SELFTEST_TREE_H
#define SELFTEST_TREE_H

#include <stddef.h>
#include <stdint.h>

struct entry {
	struct entry	*e_next;
	uint64_t	 e_ino, e_hash;
	int64_t		 e_size, e_mtime, e_ctime;	/* nanoseconds */
	uint32_t	 e_mode, e_uid, e_gid, e_rdev, e_nlink;
	uint32_t	 e_seen;	/* in the walk of this number */
	uint32_t	 e_racy;	/* changed just before: by e_hash */
	int32_t		 e_wd;		/* a folder's watch, 0 none */
	uint32_t	 e_len;		/* of the path, with its zero byte */
	char		 e_path[];	/* below the root */
};

#define TREE_HASH	4096

struct tree {
	char		 t_root[1000];
	struct entry	*t_hash[TREE_HASH];
	uint32_t	 t_walk;
	int		 t_watched;	/* inotify says what changed */
	int		 t_inotify;	/* 0, -1: none yet */
	char		**t_wdpath;	/* of each watch */
	int		 t_nwd;
};

/* Sends what changed, then F_SYNCED. */
int	tree_send(struct tree *, int fd);
/* Takes one frame of files; 1 at F_SYNCED, -1 for any other frame. */
struct tree_recv {
	int		 tr_fd;		/* file that data is for, or -1 */
	int64_t		 tr_offset;
	struct node_head *tr_head;
	char		 tr_path[1000];
};
int	tree_recv(struct tree *, struct tree_recv *, int type,
	    const char *, size_t);

struct entry **tree_find(struct tree *, const char *);
void	tree_forget(struct tree *, const char *);
/* Remembers the file of that path as it is now. */
void	tree_agree(struct tree *, const char *path, const char *file);
int	tree_name(const struct tree *, const char *, char [2000]);

/* Paths, sorted, each once, that may be new, changed or gone. */
struct changes {
	char	**c_paths;
	size_t	  c_n, c_max;
};

/* 0, or -1: all must be looked at, after watch_start. */
int	watch_changes(struct tree *, struct changes *);
void	watch_free(struct changes *);
/* No folder has a watch; then one gets it, before it is listed. */
int	watch_start(struct tree *);
int	watch_add(struct tree *, struct entry *, const char *file);

int	tree_load(struct tree *, const char *file);
int	tree_save(const struct tree *, const char *file);
#endif /* SELFTEST_TREE_H */
