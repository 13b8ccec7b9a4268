/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs_xattr.c: extended attributes: a list at the node, which counts in the
 * file system's size.  Guarded by the node's v_lock.
 */
#include <asm/errno.h>
#include <linux/xattr.h>

#include <kern/kmem.h>
#include <string.h>

#include "tmpfs_private.h"

struct txattr {
	struct txattr	*tx_next;
	size_t		 tx_namelen, tx_len;
	char		 tx_buf[];	/* name, NUL, value */
};

#define TX_SIZE(namelen, len)	(sizeof(struct txattr) + (namelen) + 1 + (len))

static struct txattr **
find(struct tnode *tn, const char *name)
{
	struct txattr **txp;

	for (txp = &tn->tn_xattr; *txp != NULL; txp = &(*txp)->tx_next)
		if (strcmp((*txp)->tx_buf, name) == 0)
			break;
	return txp;
}

int
tmpfs_getxattr(struct vnode *vp, const char *name, void *buf, size_t size,
    size_t *lenp)
{
	const struct txattr *tx = *find(TN(vp), name);

	if (tx == NULL)
		return ENODATA;
	*lenp = tx->tx_len;
	if (tx->tx_len <= size)
		memcpy(buf, tx->tx_buf + tx->tx_namelen + 1, tx->tx_len);
	return 0;
}

static void
freeattr(struct tmpfs_mount *tm, struct txattr *tx)
{
	size_t size = TX_SIZE(tx->tx_namelen, tx->tx_len);

	tmpfs_uncharge(tm, size);
	rump_kmem_free(tx, size);
}

static struct txattr *
newattr(struct tmpfs_mount *tm, const char *name, const void *value,
    size_t len)
{
	size_t namelen = strlen(name), size = TX_SIZE(namelen, len);
	struct txattr *tx;

	if (tmpfs_charge(tm, size))
		return NULL;
	if ((tx = rump_kmem_alloc(size)) == NULL) {
		tmpfs_uncharge(tm, size);
		return NULL;
	}
	tx->tx_next = NULL;
	tx->tx_namelen = namelen;
	tx->tx_len = len;
	memcpy(tx->tx_buf, name, namelen + 1);
	memcpy(tx->tx_buf + namelen + 1, value, len);
	return tx;
}

int
tmpfs_setxattr(struct vnode *vp, const char *name, const void *value,
    size_t len, int flags)
{
	struct tmpfs_mount *tm = TMOUNT(vp);
	struct txattr **txp = find(TN(vp), name), *old = *txp, *new = NULL;

	if (old == NULL && (flags & XATTR_REPLACE || value == NULL))
		return ENODATA;
	if (old != NULL && flags & XATTR_CREATE)
		return EEXIST;
	if (value != NULL && (new = newattr(tm, name, value, len)) == NULL)
		return ENOSPC;
	if (new != NULL)
		new->tx_next = old != NULL ? old->tx_next : NULL;
	*txp = new != NULL ? new : old->tx_next;
	if (old != NULL)
		freeattr(tm, old);
	return 0;
}

int
tmpfs_listxattr(struct vnode *vp, vfs_xattr_fn fn, void *arg)
{
	const struct txattr *tx;
	int error = 0;

	for (tx = TN(vp)->tn_xattr; tx != NULL && !error; tx = tx->tx_next)
		error = fn(arg, tx->tx_buf);
	return error;
}

void
tmpfs_freexattr(struct tmpfs_mount *tm, struct tnode *tn)
{
	struct txattr *tx;

	while ((tx = tn->tn_xattr) != NULL) {
		tn->tn_xattr = tx->tx_next;
		freeattr(tm, tx);
	}
}
