/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cwd.c: current and root directory of a process.  A process that never
 * changed one has no cwdinfo: both are the root.  The pointers are guarded by
 * p_lock, a leaf here.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include <kern/kmem.h>
#include <vfs/vfs.h>
#include <string.h>

#include "vfs_private.h"

int
vfs_getcwd(struct vnode **dirp, struct vnode **rootp)
{
	struct proc *p = curproc;
	struct vnode *dir = NULL, *root = NULL;
	int error;

	rump_mutex_enter(&p->p_lock);
	if (p->p_cwd != NULL) {
		vref(dir = p->p_cwd->cwd_dir);
		vref(root = p->p_cwd->cwd_root);
	}
	rump_mutex_exit(&p->p_lock);
	if (root == NULL) {
		if ((error = vfs_root(&root)) != 0)
			return error;
		vref(dir = root);
	}
	if (dirp != NULL)
		*dirp = dir;
	else
		vrele(dir);
	if (rootp != NULL)
		*rootp = root;
	else
		vrele(root);
	return 0;
}

static int
newcwd(struct proc *p, struct vnode *dir, struct vnode *root)
{
	struct cwdinfo *cwd;

	if ((cwd = rump_kmem_zalloc(sizeof(*cwd))) == NULL)
		return ENOMEM;
	vref(cwd->cwd_dir = dir);
	vref(cwd->cwd_root = root);
	rump_mutex_enter(&p->p_lock);
	if (p->p_cwd == NULL) {
		p->p_cwd = cwd;
		cwd = NULL;
	}
	rump_mutex_exit(&p->p_lock);
	if (cwd != NULL) {
		vrele(dir);
		vrele(root);
		rump_kmem_free(cwd, sizeof(*cwd));
	}
	return 0;
}

/* Takes over the references; NULL: unchanged. */
static int
setcwd(struct vnode *dir, struct vnode *root)
{
	struct proc *p = curproc;
	struct vnode *old;
	int error;

	/* a root for the first time: newcwd() sees whether it is */
	if ((error = vfs_root(&old)) == 0) {
		error = newcwd(p, old, old);
		vrele(old);
	}
	if (!error) {
		rump_mutex_enter(&p->p_lock);
		if (dir != NULL) {
			old = p->p_cwd->cwd_dir;
			p->p_cwd->cwd_dir = dir;
			dir = old;
		}
		if (root != NULL) {
			old = p->p_cwd->cwd_root;
			p->p_cwd->cwd_root = root;
			root = old;
		}
		rump_mutex_exit(&p->p_lock);
	}
	if (dir != NULL)
		vrele(dir);
	if (root != NULL)
		vrele(root);
	return error;
}

/* Takes over the reference. */
int
vfs_changedir(struct vnode *vp, int isroot)
{
	int error = 0;

	if (!vn_is(vp, S_IFDIR))
		error = ENOTDIR;
	if (!error) {
		rump_rw_rdenter(&vp->v_lock);
		error = vfs_access(vp, rump_cred_cur(), 1);
		rump_rw_exit(&vp->v_lock);
	}
	if (!error && isroot)
		error = rump_capable(CAP_SYS_CHROOT);
	if (error) {
		vrele(vp);
		return error;
	}
	return isroot ? setcwd(NULL, vp) : setcwd(vp, NULL);
}

static int
cwd_fork(struct proc *parent, struct proc *child)
{
	struct vnode *dir = NULL, *root = NULL;
	int error = 0;

	rump_mutex_enter(&parent->p_lock);
	if (parent->p_cwd != NULL) {
		vref(dir = parent->p_cwd->cwd_dir);
		vref(root = parent->p_cwd->cwd_root);
	}
	rump_mutex_exit(&parent->p_lock);
	if (root != NULL) {
		error = newcwd(child, dir, root);
		vrele(dir);
		vrele(root);
	}
	return error;
}

static void
cwd_exit(struct proc *p)
{
	struct cwdinfo *cwd = p->p_cwd;

	vfs_locks_procexit(p);
	p->p_cwd = NULL;
	if (cwd == NULL)
		return;
	vrele(cwd->cwd_dir);
	vrele(cwd->cwd_root);
	rump_kmem_free(cwd, sizeof(*cwd));
}

void
vfs_cwd_init(void)
{
	rump_vfs_prochooks.ph_fork = cwd_fork;
	rump_vfs_prochooks.ph_exit = cwd_exit;
}

/* --- getcwd --- */
struct nameof {
	uint64_t	 no_ino;
	char		*no_buf;
	size_t		 no_room;
	size_t		 no_len;
	int		 no_error;
};

static int
nameof(void *arg, const char *name, size_t len, uint64_t ino,
    unsigned type, uint64_t next)
{
	struct nameof *no = arg;

	(void)type;
	(void)next;
	if (ino != no->no_ino || (name[0] == '.' && (len == 1 ||
	    (len == 2 && name[1] == '.'))))
		return 0;
	if (len + 1 > no->no_room)
		no->no_error = ENAMETOOLONG;
	else {
		no->no_error = 0;
		no->no_len = len + 1;
		memcpy(no->no_buf + no->no_room - len, name, len);
		no->no_buf[no->no_room - len - 1] = '/';
	}
	return 1;
}

/* Finds the name by its inode number in the parent, up to the root. */
int
vfs_getpath(struct vnode *vp, struct vnode *root, char *buf, size_t size,
    char **startp)
{
	struct nameof no = { .no_buf = buf, .no_room = size - 1 };
	struct vnode *up;
	int error = 0;

	buf[size - 1] = '\0';
	vref(vp);
	while (vp != root && !error) {
		if (vp == vp->v_mount->m_root) {
			if ((up = vp->v_mount->m_covered) == NULL)
				break;
			vref(up);
			vrele(vp);
			vp = up;
			continue;
		}
		no.no_ino = vp->v_ino;
		no.no_error = ENOENT;
		rump_rw_rdenter(&vp->v_lock);
		error = vp->v_nlink == 0 ? ENOENT : vn_is(vp, S_IFDIR) ?
		    vp->v_ops->vop_lookup(vp, "..", 2, &up) : 0;
		rump_rw_exit(&vp->v_lock);
		if (!error && !vn_is(vp, S_IFDIR))
			error = vp->v_ops->vop_parent == NULL ? ENOENT :
			    vp->v_ops->vop_parent(vp, &up);
		if (error)
			break;
		rump_rw_rdenter(&up->v_lock);
		error = up->v_ops->vop_readdir(up, 0, nameof, &no);
		rump_rw_exit(&up->v_lock);
		if (!error)
			error = no.no_error;
		no.no_room -= error ? 0 : no.no_len;
		vrele(vp);
		vp = up;
	}
	vrele(vp);
	if (!error && no.no_room == size - 1)
		buf[--no.no_room] = '/';
	*startp = buf + no.no_room;
	return error;
}
