/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs_dir.c: directories.  Entries hang in a hash table (from 9 entries on)
 * and in a vector sorted by cookie, so that a reader goes on where it was
 * whatever has been removed meanwhile.  The v_lock of the directory guards
 * everything but te_node of an entry of the lower tree that has not been
 * reached: that is set once, under tm_lock.
 */
#include <asm/errno.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <string.h>

#include "tmpfs_private.h"

#define FIRST_COOKIE	2	/* "." is 0, ".." is 1 */
#define HASH_FROM	8
#define ENTSIZE(len)	(sizeof(struct tdirent) + (len))

static uint32_t
hashname(const char *name, size_t len)
{
	uint32_t h = 2166136261u;

	while (len-- > 0)
		h = (h ^ (uint8_t)*name++) * 16777619u;
	return h;
}

static int
same(const struct tdirent *te, uint32_t hash, const char *name, size_t len)
{
	return te != NULL && te->te_hash == hash && te->te_len == len &&
	    memcmp(te->te_name, name, len) == 0;
}

static struct tdirent *
find(const struct tdir *td, const char *name, size_t len)
{
	uint32_t i, hash = hashname(name, len);
	struct tdirent *te;

	if (td->td_nbuckets == 0) {
		for (i = 0; i < td->td_nslots; i++)
			if (same(td->td_slots[i].ts_ent, hash, name, len))
				return td->td_slots[i].ts_ent;
		return NULL;
	}
	te = td->td_buckets[hash & (td->td_nbuckets - 1)];
	while (te != NULL && !same(te, hash, name, len))
		te = te->te_hnext;
	return te;
}

/* Index of the first slot whose cookie is at least the one given. */
static uint32_t
slotof(const struct tdir *td, uint64_t cookie)
{
	uint32_t lo = 0, hi = td->td_nslots, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (td->td_slots[mid].ts_cookie < cookie)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
compact(struct tdir *td)
{
	uint32_t i, n = 0;

	for (i = 0; i < td->td_nslots; i++)
		if (td->td_slots[i].ts_ent != NULL)
			td->td_slots[n++] = td->td_slots[i];
	td->td_nslots = n;
}

static void
rehash(struct tdir *td, struct tdirent **buckets, uint32_t n)
{
	struct tdirent *te;
	uint32_t i;

	for (i = 0; i < td->td_nslots; i++) {
		if ((te = td->td_slots[i].ts_ent) == NULL)
			continue;
		te->te_hnext = buckets[te->te_hash & (n - 1)];
		buckets[te->te_hash & (n - 1)] = te;
	}
	if (td->td_buckets != NULL)
		rump_kmem_free(td->td_buckets,
		    td->td_nbuckets * sizeof(*buckets));
	td->td_buckets = buckets;
	td->td_nbuckets = n;
}

/* Room for one more entry in vector and hash table. */
static int
makeroom(struct tdir *td)
{
	uint32_t n = td->td_maxslots ? td->td_maxslots * 2 : 4;
	struct tdirent **buckets;
	struct tslot *slots;

	if (td->td_nslots == td->td_maxslots && td->td_live <= n / 4)
		compact(td);
	if (td->td_nslots == td->td_maxslots) {
		if ((slots = rump_kmem_alloc(n * sizeof(*slots))) == NULL)
			return ENOSPC;
		if (td->td_slots != NULL) {
			memcpy(slots, td->td_slots,
			    td->td_nslots * sizeof(*slots));
			rump_kmem_free(td->td_slots,
			    td->td_maxslots * sizeof(*slots));
		}
		td->td_slots = slots;
		td->td_maxslots = n;
	}
	if (td->td_live < HASH_FROM || td->td_live < td->td_nbuckets)
		return 0;
	n = td->td_nbuckets ? td->td_nbuckets * 2 : HASH_FROM * 2;
	if ((buckets = rump_kmem_zalloc(n * sizeof(*buckets))) == NULL)
		return td->td_nbuckets ? 0 : ENOSPC;
	rehash(td, buckets, n);
	return 0;
}

/* There is room. */
static void
insert(struct tdir *td, struct tdirent *te)
{
	if (td->td_next < FIRST_COOKIE)
		td->td_next = FIRST_COOKIE;
	te->te_cookie = td->td_next++;
	td->td_slots[td->td_nslots].ts_cookie = te->te_cookie;
	td->td_slots[td->td_nslots++].ts_ent = te;
	td->td_live++;
	if (td->td_nbuckets != 0) {
		te->te_hnext = td->td_buckets[te->te_hash &
		    (td->td_nbuckets - 1)];
		td->td_buckets[te->te_hash & (td->td_nbuckets - 1)] = te;
	}
}

static void
freeent(struct tmpfs_mount *tm, struct tdirent *te)
{
	size_t size = ENTSIZE(te->te_name == te->te_buf ? te->te_len : 0);

	tmpfs_uncharge(tm, size);
	rump_kmem_free(te, size);
}

static void
delete(struct tmpfs_mount *tm, struct tdir *td, struct tdirent *te)
{
	struct tdirent **tep;

	if (td->td_nbuckets != 0) {
		tep = &td->td_buckets[te->te_hash & (td->td_nbuckets - 1)];
		while (*tep != te)
			tep = &(*tep)->te_hnext;
		*tep = te->te_hnext;
	}
	td->td_slots[slotof(td, te->te_cookie)].ts_ent = NULL;
	td->td_live--;
	while (td->td_nslots > 0 &&
	    td->td_slots[td->td_nslots - 1].ts_ent == NULL)
		td->td_nslots--;
	if (td->td_live < td->td_nslots / 4)
		compact(td);
	freeent(tm, te);
}

/* inplace: the name stays where it is. */
static struct tdirent *
newent(struct tmpfs_mount *tm, const char *name, size_t len, int inplace)
{
	size_t size = ENTSIZE(inplace ? 0 : len);
	struct tdirent *te;

	if (tmpfs_charge(tm, size))
		return NULL;
	if ((te = rump_kmem_alloc(size)) == NULL) {
		tmpfs_uncharge(tm, size);
		return NULL;
	}
	te->te_hnext = NULL;
	te->te_name = name;
	if (!inplace) {
		memcpy(te->te_buf, name, len);
		te->te_name = te->te_buf;
	}
	te->te_len = (uint8_t)len;
	te->te_hash = hashname(name, len);
	return te;
}

static void
setent(struct tdirent *te, struct tnode *tn)
{
	te->te_type = (uint8_t)(tn->tn_v.v_mode >> 12);
	__atomic_store_n(&te->te_node, tn, __ATOMIC_RELEASE);
}

/* tn has a name in dir, or lost that one (set 0). */
static void
setup(struct tmpfs_mount *tm, struct tnode *tn, struct tnode *dir, int set)
{
	rump_mutex_enter(&tm->tm_lock);
	if (set)
		tn->tn_up = dir;
	else if (tn->tn_up == dir)
		tn->tn_up = NULL;
	rump_mutex_exit(&tm->tm_lock);
}

/* Of a file with several names: of the last one that it got. */
int
tmpfs_parent(struct vnode *vp, struct vnode **vpp)
{
	struct tmpfs_mount *tm = TMOUNT(vp);
	struct tnode *up;

	rump_mutex_enter(&tm->tm_lock);
	if ((up = TN(vp)->tn_up) != NULL)
		vref(*vpp = &up->tn_v);
	rump_mutex_exit(&tm->tm_lock);
	return up != NULL ? 0 : ENOENT;
}

/* A new name; does not touch link counts. */
int
tmpfs_enter(struct tmpfs_mount *tm, struct tnode *dir, const char *name,
    size_t len, struct tnode *tn)
{
	struct tdirent *te;

	if (makeroom(&dir->tn_dir) || (te = newent(tm, name, len, 0)) == NULL)
		return ENOSPC;
	setent(te, tn);
	insert(&dir->tn_dir, te);
	setup(tm, tn, dir, 1);
	return 0;
}

/* --- the lower tree --- */
struct populate {
	struct tmpfs_mount *po_tm;
	struct tdir	*po_td;
	uint32_t	 po_ndirs;
};

static int
populate1(void *arg, const char *name, size_t len, uint32_t index,
    unsigned type)
{
	struct populate *po = arg;
	struct tdirent *te;

	if (find(po->po_td, name, len) != NULL)
		return EIO;		/* the image has it twice */
	if (makeroom(po->po_td) ||
	    (te = newent(po->po_tm, name, len, 1)) == NULL)
		return ENOSPC;
	te->te_node = NULL;
	te->te_lower = index;
	te->te_type = (uint8_t)(type >> 12);
	insert(po->po_td, te);
	po->po_ndirs += type == S_IFDIR;
	return 0;
}

/* Not published yet: no lock is needed on the directory. */
int
tmpfs_dirpopulate(struct tmpfs_mount *tm, struct tnode *tn, uint32_t index)
{
	struct populate po = { tm, &tn->tn_dir, 0 };
	int error;

	error = tm->tm_lower->tl_readdir(tm->tm_lower->tl_arg, index,
	    populate1, &po);
	tn->tn_v.v_nlink = 2 + po.po_ndirs;
	return error;
}

/* The node of an entry, from the lower tree when it is first reached. */
static int
entnode(struct tmpfs_mount *tm, struct tnode *dir, struct tdirent *te,
    struct tnode **tnp)
{
	int error = 0;

	*tnp = __atomic_load_n(&te->te_node, __ATOMIC_ACQUIRE);
	if (*tnp != NULL)
		return 0;
	rump_mutex_enter(&tm->tm_lock);
	if ((*tnp = te->te_node) == NULL) {
		error = tmpfs_lowernode(tm, te->te_lower, dir, tnp);
		if (!error)
			__atomic_store_n(&te->te_node, *tnp,
			    __ATOMIC_RELEASE);
	}
	rump_mutex_exit(&tm->tm_lock);
	return error;
}

/* --- operations --- */
int
tmpfs_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	struct tnode *dir = TN(dvp), *tn;
	struct tdirent *te;
	int error;

	if (len == 2 && name[0] == '.' && name[1] == '.')
		tn = dir->tn_dir.td_parent;
	else if ((te = find(&dir->tn_dir, name, len)) == NULL)
		return ENOENT;
	else if ((error = entnode(TMOUNT(dvp), dir, te, &tn)) != 0)
		return error;
	vref(*vpp = &tn->tn_v);
	return 0;
}

int
tmpfs_dirlink(struct vnode *dvp, const char *name, size_t len,
    struct vnode *vp)
{
	int error;

	if ((error = tmpfs_enter(TMOUNT(dvp), TN(dvp), name, len,
	    TN(vp))) != 0)
		return error;
	vn_addlink(vp, 1);
	vfs_hold(vp);
	vfs_touch(dvp);
	vp->v_ctime = dvp->v_ctime;
	return 0;
}

/* vp loses a name in dvp, and with it a reference.  (An image may lie about
 * the number of names: the references keep memory right.) */
static void
unlinked(struct vnode *dvp, struct vnode *vp)
{
	vp->v_ctime = dvp->v_ctime;
	if (vn_is(vp, S_IFDIR)) {
		vn_addlink(dvp, -1);
		vn_addlink(vp, -(int)vp->v_nlink);
	} else if (vp->v_nlink > 0)
		vn_addlink(vp, -1);
	vfs_drop(vp);
}

int
tmpfs_dirremove(struct vnode *dvp, const char *name, size_t len,
    struct vnode *vp)
{
	struct tdir *td = &TN(dvp)->tn_dir;
	struct tdirent *te = find(td, name, len);

	if (vn_is(vp, S_IFDIR) && TN(vp)->tn_dir.td_live != 0)
		return ENOTEMPTY;
	KASSERT(te != NULL && te->te_node == TN(vp));
	delete(TMOUNT(dvp), td, te);
	setup(TMOUNT(dvp), TN(vp), TN(dvp), 0);
	vfs_touch(dvp);
	unlinked(dvp, vp);
	return 0;
}

/* A directory moves from one parent to another. */
static void
reparent(struct vnode *vp, struct vnode *from, struct vnode *to)
{
	if (!vn_is(vp, S_IFDIR) || from == to)
		return;
	TN(vp)->tn_dir.td_parent = TN(to);
	vfs_hold(to);
	vn_addlink(from, -1);
	vn_addlink(to, 1);
	vfs_drop(from);
}

int
tmpfs_rename(struct vnode *fdvp, const char *fname, size_t flen,
    struct vnode *fvp, struct vnode *tdvp, const char *tname, size_t tlen,
    struct vnode *tvp, int exch)
{
	struct tmpfs_mount *tm = TMOUNT(fdvp);
	struct tdirent *fe, *te;

	if (tvp != NULL && !exch && vn_is(tvp, S_IFDIR) &&
	    TN(tvp)->tn_dir.td_live != 0)
		return ENOTEMPTY;
	if (tvp == NULL && tmpfs_enter(tm, TN(tdvp), tname, tlen, TN(fvp)))
		return ENOSPC;
	vfs_touch(fdvp);
	vfs_touch(tdvp);
	fvp->v_ctime = fdvp->v_ctime;
	fe = find(&TN(fdvp)->tn_dir, fname, flen);
	KASSERT(fe != NULL && fe->te_node == TN(fvp));
	if (tvp != NULL) {
		te = find(&TN(tdvp)->tn_dir, tname, tlen);
		KASSERT(te != NULL && te->te_node == TN(tvp));
		setent(te, TN(fvp));
	}
	if (exch) {
		setent(fe, TN(tvp));
		tvp->v_ctime = fdvp->v_ctime;
		reparent(tvp, tdvp, fdvp);
		setup(tm, TN(tvp), TN(fdvp), 1);
	} else {
		delete(tm, &TN(fdvp)->tn_dir, fe);
		if (tvp != NULL) {
			setup(tm, TN(tvp), TN(tdvp), 0);
			unlinked(tdvp, tvp);
		}
	}
	setup(tm, TN(fvp), TN(tdvp), 1);
	reparent(fvp, fdvp, tdvp);
	return 0;
}

int
tmpfs_readdir(struct vnode *vp, uint64_t cookie, vfs_dirent_fn fn, void *arg)
{
	struct tdir *td = &TN(vp)->tn_dir;
	struct tnode *tn, *up = td->td_parent ? td->td_parent : TN(vp);
	struct tdirent *te;
	uint32_t i;

	if (vp->v_nlink == 0)
		return ENOENT;
	if (cookie == 0 && fn(arg, ".", 1, vp->v_ino, S_IFDIR, 1))
		return 0;
	if (cookie <= 1 && fn(arg, "..", 2, up->tn_v.v_ino, S_IFDIR,
	    FIRST_COOKIE))
		return 0;
	for (i = slotof(td, cookie); i < td->td_nslots; i++) {
		if ((te = td->td_slots[i].ts_ent) == NULL)
			continue;
		tn = __atomic_load_n(&te->te_node, __ATOMIC_ACQUIRE);
		if (fn(arg, te->te_name, te->te_len, tn != NULL ?
		    tn->tn_v.v_ino : (uint64_t)te->te_lower + 1,
		    (unsigned)te->te_type << 12, te->te_cookie + 1))
			break;
	}
	return 0;
}

void
tmpfs_dirfree(struct tmpfs_mount *tm, struct tnode *tn)
{
	struct tdir *td = &tn->tn_dir;
	uint32_t i;

	for (i = 0; i < td->td_nslots; i++)
		if (td->td_slots[i].ts_ent != NULL)
			freeent(tm, td->td_slots[i].ts_ent);
	if (td->td_slots != NULL)
		rump_kmem_free(td->td_slots,
		    td->td_maxslots * sizeof(*td->td_slots));
	if (td->td_buckets != NULL)
		rump_kmem_free(td->td_buckets,
		    td->td_nbuckets * sizeof(*td->td_buckets));
}
