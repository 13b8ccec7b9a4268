/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.c: the paths of all nodes as a tree.  It is made once, when the first
 * /proc is mounted (tree_lock), and stays as it is.
 */
#include <kern/kmem.h>
#include <kern/log.h>
#include <string.h>

#include "procfs_private.h"

extern void (*const __start_rump_procnodes[])(struct proctree *)
    __attribute__((__weak__, __visibility__("hidden")));
extern void (*const __stop_rump_procnodes[])(struct proctree *)
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
	pd->pd_mode = pn->pn_mode;
	return 1;
}

struct pdent *
procfs_tree(void)
{
	void (*const *add)(struct proctree *);
	struct procnode *pn;
	struct proctree pt;
	struct pdent *root;
	int ok;

	rump_mutex_enter(&tree_lock);
	if (tree == NULL && (root = newdent("", 0)) != NULL) {
		memset(&pt, 0, sizeof(pt));
		for (add = __start_rump_procnodes;
		    add < __stop_rump_procnodes; add++)
			(*add)(&pt);
		ok = pt.pt_error == 0;
		for (pn = pt.pt_first; pn != NULL && ok; pn = pn->pn_added)
			ok = insert(root, pn);
		/* A half-made one is not worth the code that frees it all. */
		if (ok)
			tree = root;
		while (!ok && (pn = pt.pt_first) != NULL) {
			pt.pt_first = pn->pn_added;
			rump_kmem_free(pn, sizeof(*pn));
		}
	}
	root = tree;
	rump_mutex_exit(&tree_lock);
	return root;
}
