/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.c: the paths of all tables of nodes as a tree.  It is made once, when
 * the first /proc is mounted (tree_lock), and stays as it is.
 */
#include <kern/kmem.h>
#include <kern/log.h>
#include <string.h>

#include "procfs_private.h"

extern const struct procnode *const __start_rump_procnodes[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct procnode *const __stop_rump_procnodes[]
    __attribute__((__weak__, __visibility__("hidden")));

static struct rump_mutex tree_lock;
static struct pdent *tree;			/* [tree_lock] */

struct pdent *
procfs_child(const struct pdent *dir, const char *name, size_t len)
{
	struct pdent *pd;

	for (pd = dir->pd_child; pd != NULL; pd = pd->pd_sibling)
		if (pd->pd_len == len && memcmp(pd->pd_name, name, len) == 0)
			return pd;
	return NULL;
}

static struct pdent *
newdent(const char *name, size_t len)
{
	struct pdent *pd = rump_kmem_zalloc(sizeof(*pd));

	if (pd != NULL) {
		pd->pd_name = name;
		pd->pd_len = len;
		pd->pd_mode = S_IFDIR | 0555;
	}
	return pd;
}

/* The child of that name, perhaps new: last of its siblings. */
static struct pdent *
getchild(struct pdent *dir, const char *name, size_t len)
{
	struct pdent *pd, **pp;

	if (len == 1 && name[0] == '*') {
		if (dir->pd_star == NULL)
			dir->pd_star = newdent(name, len);
		return dir->pd_star;
	}
	if ((pd = procfs_child(dir, name, len)) != NULL)
		return pd;
	for (pp = &dir->pd_child; *pp != NULL; pp = &(*pp)->pd_sibling)
		continue;
	return *pp = newdent(name, len);
}

static int
insert(struct pdent *pd, const struct procnode *pn)
{
	const char *p = pn->pn_path, *end;

	/* "": the root itself */
	while (*p != '\0' && pd != NULL) {
		for (end = p; *end != '/' && *end != '\0'; end++)
			continue;
		pd = getchild(pd, p, (size_t)(end - p));
		p = *end == '/' ? end + 1 : end;
	}
	if (pd == NULL)
		return 0;
	KASSERT(pd->pd_node == NULL);
	pd->pd_node = pn;
	pd->pd_mode = pn->pn_mode != 0 ? pn->pn_mode : S_IFREG |
	    (pn->pn_write != NULL ? 0644 : 0444);
	return 1;
}

struct pdent *
procfs_tree(void)
{
	const struct procnode *const *set, *pn;
	struct pdent *root;
	int ok = 1;

	rump_mutex_enter(&tree_lock);
	if (tree == NULL && (root = newdent("", 0)) != NULL) {
		for (set = __start_rump_procnodes;
		    set < __stop_rump_procnodes; set++)
			for (pn = *set; pn->pn_path != NULL && ok; pn++)
				ok = insert(root, pn);
		/* A half-made one is not worth the code that frees it. */
		if (ok)
			tree = root;
	}
	root = tree;
	rump_mutex_exit(&tree_lock);
	return root;
}
