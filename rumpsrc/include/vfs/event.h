/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to vnodes, for inotify.  Nobody listens until the hook is set;
 * it may be called with any v_lock held, and touches no program's memory.
 */
#ifndef VFS_EVENT_H
#define VFS_EVENT_H

#include <stddef.h>
#include <stdint.h>
#include <linux/inotify.h>

struct vnode;

struct vfs_event {
	uint32_t	 ev_mask;	/* IN_* of <linux/inotify.h> */
	uint32_t	 ev_cookie;	/* joins the two halves of a rename */
	struct vnode	*ev_vp;		/* to which it happened */
	struct vnode	*ev_dvp;	/* create, delete, move: where */
	const char	*ev_name;
	size_t		 ev_namelen;
	int		 ev_inode;	/* nothing for directories it is in */
};

extern void (*vfs_event_hook)(const struct vfs_event *);	/* [a] */

/* Set once: what is not NULL stays. */
static inline void
(*vfs_event_get(void))(const struct vfs_event *)
{
	return __atomic_load_n(&vfs_event_hook, __ATOMIC_RELAXED);
}

static inline int
vfs_event_wanted(void)
{
	return __builtin_expect(vfs_event_get() != NULL, 0);
}

/* To a vnode, whatever its names. */
static inline void
vfs_event(struct vnode *vp, uint32_t mask)
{
	if (vfs_event_wanted())
		vfs_event_get()(&(struct vfs_event){ .ev_mask = mask,
		    .ev_vp = vp });
}

/* To the inode alone. */
static inline void
vfs_event_inode(struct vnode *vp, uint32_t mask)
{
	if (vfs_event_wanted())
		vfs_event_get()(&(struct vfs_event){ .ev_mask = mask,
		    .ev_vp = vp, .ev_inode = 1 });
}

/* To a name in a directory. */
static inline void
vfs_event_name(struct vnode *dvp, const char *name, size_t len,
    struct vnode *vp, uint32_t mask, uint32_t cookie)
{
	if (vfs_event_wanted())
		vfs_event_get()(&(struct vfs_event){ mask, cookie, vp, dvp,
		    name, len, 0 });
}

#endif /* VFS_EVENT_H */
