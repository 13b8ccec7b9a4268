/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches, and which of them an event is for.  Vnodes do not know their
 * names: a watch of a directory lists those in it, from when it is made.
 */
#include <asm/errno.h>
#include <string.h>
#include <kern/kmem.h>
#include <vfs/event.h>
#include "inotify.h"

#define IN_SELF		(IN_DELETE_SELF | IN_MOVE_SELF)
#define IN_FLAGS	(IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK)

struct rump_mutex rump_in_lock;
static struct in_watch *in_watches;	/* [rump_in_lock] */

/* --- names in a directory; caller holds rump_in_lock --- */
static void
child_add(struct in_watch *iw, struct vnode *vp, const char *name, size_t len)
{
	struct in_child *ic = rump_kmem_alloc(sizeof(*ic) + len);

	if (ic == NULL)
		return;			/* its events are lost, not more */
	ic->ic_vp = vp;
	ic->ic_len = len;
	memcpy(ic->ic_name, name, len);
	ic->ic_next = iw->iw_children;
	iw->iw_children = ic;
}

/* vp NULL: whatever had the name. */
static void
child_remove(struct in_watch *iw, const struct vnode *vp, const char *name,
    size_t len)
{
	struct in_child **icp, *ic;

	for (icp = &iw->iw_children; (ic = *icp) != NULL; icp = &ic->ic_next)
		if (ic->ic_len == len && (vp == NULL || ic->ic_vp == vp) &&
		    memcmp(ic->ic_name, name, len) == 0) {
			*icp = ic->ic_next;
			rump_kmem_free(ic, sizeof(*ic) + len);
			return;
		}
}

/* What a directory has when the watch begins: v_lock of it is held. */
struct populate {
	struct in_watch	*po_watch;
	int		 po_error;
};

static int
populate_one(void *arg, const char *name, size_t len, uint64_t ino,
    unsigned type, uint64_t cookie)
{
	struct populate *po = arg;
	struct vnode *dvp = po->po_watch->iw_vp, *vp;

	(void)ino, (void)type, (void)cookie;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return 0;
	if (dvp->v_ops->vop_lookup(dvp, name, len, &vp) == 0) {
		child_add(po->po_watch, vp, name, len);
		vrele(vp);
	}
	return 0;
}

static void
populate(struct in_watch *iw)
{
	struct populate po = { iw, 0 };
	struct vnode *vp = iw->iw_vp;

	if (vn_is(vp, S_IFDIR) && vp->v_ops->vop_readdir != NULL)
		(void)vp->v_ops->vop_readdir(vp, 0, populate_one, &po);
}

/* --- watches --- */
static struct in_watch *
watch_find(const struct in_inst *in, const struct vnode *vp, int wd)
{
	struct in_watch *iw;

	for (iw = in_watches; iw != NULL; iw = iw->iw_next)
		if (iw->iw_inst == in &&
		    (vp != NULL ? iw->iw_vp == vp : iw->iw_wd == wd))
			break;
	return iw;
}

/* Off the list; the caller frees it without the lock. */
static void
watch_unlink(struct in_watch *iw)
{
	struct in_watch **iwp;

	for (iwp = &in_watches; *iwp != iw; iwp = &(*iwp)->iw_next)
		;
	*iwp = iw->iw_next;
}

static void
watch_free(struct in_watch *iw)
{
	struct in_child *ic;

	while ((ic = iw->iw_children) != NULL) {
		iw->iw_children = ic->ic_next;
		rump_kmem_free(ic, sizeof(*ic) + ic->ic_len);
	}
	vrele(iw->iw_vp);
	rump_kmem_free(iw, sizeof(*iw));
}

/* --- events; rump_in_lock held; true: the watch was told --- */
static int
event_tell(struct in_watch *iw, const struct vfs_event *ev, const char *name,
    size_t len)
{
	uint32_t dir = vn_is(ev->ev_vp, S_IFDIR) &&
	    !(ev->ev_mask & IN_SELF) ? IN_ISDIR : 0;

	if ((ev->ev_mask & iw->iw_mask) == 0)
		return 0;
	rump_in_queue(iw->iw_inst, iw->iw_wd, ev->ev_mask | dir,
	    ev->ev_cookie, name, len);
	return 1;
}

/* To a name in the watched directory: what is listed changes, too. */
static int
event_name(struct in_watch *iw, const struct vfs_event *ev)
{

	/* Of two that change places one has come where the other leaves. */
	if (ev->ev_mask & (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO))
		child_remove(iw, ev->ev_mask & IN_MOVED_TO ? NULL : ev->ev_vp,
		    ev->ev_name, ev->ev_namelen);
	if (ev->ev_mask & (IN_CREATE | IN_MOVED_TO))
		child_add(iw, ev->ev_vp, ev->ev_name, ev->ev_namelen);
	return event_tell(iw, ev, ev->ev_name, ev->ev_namelen);
}

/* Directories that it is in are told first. */
static int
event_vnode(struct in_watch *iw, const struct vfs_event *ev, int self)
{
	const struct in_child *ic;
	int told = 0;

	if ((iw->iw_mask & IN_EXCL_UNLINK) && ev->ev_vp->v_nlink == 0 &&
	    (ev->ev_mask & (IN_OPEN | IN_ACCESS | IN_MODIFY | IN_CLOSE)))
		return 0;
	if (self)
		return iw->iw_vp == ev->ev_vp ? event_tell(iw, ev, NULL, 0) :
		    0;
	for (ic = ev->ev_inode ? NULL : iw->iw_children; ic != NULL;
	    ic = ic->ic_next)
		if (ic->ic_vp == ev->ev_vp)
			told |= event_tell(iw, ev, ic->ic_name, ic->ic_len);
	return told;
}

/*
 * A file without a name is over when nobody but watches, and who drops it
 * now, refers to it.
 */
static int
event_early(const struct vfs_event *ev)
{
	const struct in_watch *iw;
	uint32_t n = 1;

	if ((ev->ev_mask & IN_DELETE_SELF) == 0)
		return 0;
	for (iw = in_watches; iw != NULL; iw = iw->iw_next)
		n += iw->iw_vp == ev->ev_vp;
	return __atomic_load_n(&ev->ev_vp->v_ref, __ATOMIC_RELAXED) != n;
}

/*
 * The watch that has seen its last event goes when that is safe: here a
 * v_lock may be held, which letting go of the vnode could need.
 */
static void
event_all(const struct vfs_event *ev, int self)
{
	struct in_watch *iw;
	int told, over;

	for (iw = in_watches; iw != NULL; iw = iw->iw_next) {
		if (iw->iw_mask == 0)
			continue;	/* it is over */
		told = ev->ev_dvp == NULL ? event_vnode(iw, ev, self) :
		    iw->iw_vp == ev->ev_dvp ? event_name(iw, ev) : 0;
		over = ev->ev_mask & IN_DELETE_SELF && iw->iw_vp == ev->ev_vp;
		if (over || (told && iw->iw_mask & IN_ONESHOT)) {
			rump_in_queue(iw->iw_inst, iw->iw_wd, IN_IGNORED, 0,
			    NULL, 0);
			iw->iw_mask = 0;
		}
	}
}

static void
in_event(const struct vfs_event *ev)
{

	rump_mutex_enter(&rump_in_lock);
	if (!event_early(ev)) {
		if (ev->ev_dvp == NULL && !ev->ev_inode)
			event_all(ev, 0);
		event_all(ev, 1);
	}
	rump_mutex_exit(&rump_in_lock);
}

/* --- for the calls --- */
/* Frees the watches of in that are over, or all. */
static void
watch_sweep(struct in_inst *in, int all)
{
	struct in_watch *iw, **iwp, *gone = NULL;

	rump_mutex_enter(&rump_in_lock);
	for (iwp = &in_watches; (iw = *iwp) != NULL;) {
		if (iw->iw_inst != in || (!all && iw->iw_mask != 0)) {
			iwp = &iw->iw_next;
			continue;
		}
		*iwp = iw->iw_next;
		iw->iw_next = gone;
		gone = iw;
	}
	if (in_watches == NULL)
		__atomic_store_n(&vfs_event_hook, NULL, __ATOMIC_RELEASE);
	rump_mutex_exit(&rump_in_lock);
	while ((iw = gone) != NULL) {
		gone = iw->iw_next;
		watch_free(iw);
	}
}

void
rump_in_sweep(struct in_inst *in)
{

	watch_sweep(in, 0);
}

void
rump_in_removeall(struct in_inst *in)
{

	watch_sweep(in, 1);
}

static long
watch_change(struct in_watch *iw, uint32_t mask)
{

	if (mask & IN_MASK_CREATE)
		return -EEXIST;
	iw->iw_mask = (mask & IN_MASK_ADD ? iw->iw_mask : IN_UNMOUNT) |
	    (mask & IN_FLAGS);
	return iw->iw_wd;
}

long
rump_in_add(struct in_inst *in, struct vnode *vp, uint32_t mask)
{
	struct in_watch *iw, *new = rump_kmem_zalloc(sizeof(*new));
	long wd;

	if (new == NULL)
		return -ENOMEM;
	watch_sweep(in, 0);
	rump_rw_rdenter(&vp->v_lock);
	rump_mutex_enter(&rump_in_lock);
	__atomic_store_n(&vfs_event_hook, in_event, __ATOMIC_RELEASE);
	iw = watch_find(in, vp, 0);
	if (iw != NULL) {
		wd = watch_change(iw, mask);
	} else {
		vref(vp);
		*new = (struct in_watch){ in_watches, in, vp, ++in->in_lastwd,
		    IN_UNMOUNT | (mask & IN_FLAGS), NULL };
		populate(new);
		in_watches = new;
		wd = new->iw_wd;
	}
	rump_mutex_exit(&rump_in_lock);
	rump_rw_exit(&vp->v_lock);
	if (iw != NULL)
		rump_kmem_free(new, sizeof(*new));
	return wd;
}

int
rump_in_remove(struct in_inst *in, int wd)
{
	struct in_watch *iw;

	rump_mutex_enter(&rump_in_lock);
	iw = watch_find(in, NULL, wd);
	if (iw != NULL) {
		watch_unlink(iw);
		if (iw->iw_mask != 0)
			rump_in_queue(in, wd, IN_IGNORED, 0, NULL, 0);
	}
	rump_mutex_exit(&rump_in_lock);
	if (iw == NULL)
		return EINVAL;
	wd = iw->iw_mask != 0;
	watch_free(iw);
	return wd ? 0 : EINVAL;
}
