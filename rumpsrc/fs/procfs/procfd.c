/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procfd.c: the descriptors of a process: /proc/PID/{fd,fdinfo}, and of each of
 * its threads in /proc/PID/task/TID, which are the same.  A link of fd
 * leads to the file's vnode; for what has none a vnode is made up that opens
 * the same pipe again, and nothing else.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/fcntl.h>

#include <kern/fdtable.h>
#include <kern/kmem.h>
#include <kern/pipe.h>
#include <kern/str.h>

#include "procfs_private.h"

#pragma weak rump_anon_info
#pragma weak rump_pipe_reopen

#define FD_PATH	"/dev/console"

struct fdvnode {
	struct vnode	 fv_v;
	struct file	*fv_fp;		/* [I] referenced */
};

/* Of the process, referenced; EBADF. */
static int
getfile(struct proc *p, int fd, struct file **fpp, int *cloexec)
{
	struct fdtable *t = p->p_fdt;

	rump_mutex_enter(&t->fdt_lock);
	*fpp = rump_fdtable_get(t, fd);
	if (*fpp != NULL && cloexec != NULL)
		*cloexec = t->fdt_ents[fd].fe_cloexec;
	rump_mutex_exit(&t->fdt_lock);
	return *fpp != NULL ? 0 : EBADF;
}

static int
fd_of(const struct procctx *pc)
{
	const char *s = pc->pc_star[pc->pc_star[2] != NULL ? 2 : 1];
	int n = 0;

	for (; *s != '\0'; s++)
		n = n * 10 + (*s - '0');
	return n;
}

static int
fd_next(const struct procctx *pc, uint64_t *pos, char name[PROC_NAMELEN])
{
	struct fdtable *t = pc->pc_proc->p_fdt;
	int fd, found;

	if (*pos > INT32_MAX)
		return ENOENT;
	rump_mutex_enter(&t->fdt_lock);
	for (fd = (int)*pos; fd < t->fdt_n; fd++)
		if (t->fdt_ents[fd].fe_file != NULL)
			break;
	found = fd < t->fdt_n;
	rump_mutex_exit(&t->fdt_lock);
	if (!found)
		return ENOENT;
	snprintf(name, PROC_NAMELEN, "%d", fd);
	*pos = (uint64_t)fd + 1;
	return 0;
}

/* The folder's size is how many there are. */
static void
fd_dirinit(const struct procctx *pc, struct vnode *vp)
{
	struct fdtable *t = pc->pc_proc->p_fdt;
	int fd;

	rump_mutex_enter(&t->fdt_lock);
	for (fd = 0; fd < t->fdt_n; fd++)
		vp->v_size += t->fdt_ents[fd].fe_file != NULL;
	rump_mutex_exit(&t->fdt_lock);
}

/* A link's permissions say what the file was opened for. */
static void
fd_linkinit(const struct procctx *pc, struct vnode *vp)
{
	uint32_t mode = S_IFLNK;
	struct file *fp;

	vp->v_size = 64;
	if (getfile(pc->pc_proc, fd_of(pc), &fp, NULL) != 0)
		return;
	if ((file_flags(fp) & O_PATH) == 0) {
		mode |= file_readable(fp) ? 0500 : 0;
		mode |= file_writable(fp) ? 0300 : 0;
	}
	rump_file_rele(fp);
	vn_setmode(vp, mode);
}

static int
fd_isname(const struct procctx *pc, const char *name)
{
	struct file *fp;
	const char *s;
	int fd = 0;

	if (name[0] == '0' && name[1] != '\0')
		return 0;
	for (s = name; *s >= '0' && *s <= '9' && fd < 100000000; s++)
		fd = fd * 10 + (*s - '0');
	if (s == name || *s != '\0' || getfile(pc->pc_proc, fd, &fp, NULL) != 0)
		return 0;
	rump_file_rele(fp);
	return 1;
}

static void
statof(struct file *fp, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	if (fp->f_ops->fo_stat != NULL)
		(void)fp->f_ops->fo_stat(fp, st);
}

/* The name of a file that has no path. */
static void
kind(struct text *tx, struct file *fp)
{
	static const char names[][24] = {
		[FT_PIPE] = "pipe", [FT_SOCKET] = "socket",
		[FT_EVENTFD] = "anon_inode:[eventfd]",
		[FT_EPOLL] = "anon_inode:[eventpoll]",
		[FT_TIMERFD] = "anon_inode:[timerfd]",
		[FT_SIGNALFD] = "anon_inode:[signalfd]",
		[FT_INOTIFY] = "anon_inode:inotify",
		[FT_PIDFD] = "anon_inode:[pidfd]",
		[FT_CONS] = FD_PATH, [FT_PTMX] = "/dev/ptmx",
		[FT_KMSG] = "/dev/kmsg",
		[FT_OTHER] = "anon_inode:[other]",
	};
	struct stat st;

	rump_textf(tx, "%s", names[fp->f_type]);
	if (fp->f_type != FT_PIPE && fp->f_type != FT_SOCKET)
		return;
	statof(fp, &st);
	rump_textf(tx, ":[%lu]", (unsigned long)st.st_ino);
}

static int
fd_read(struct text *tx, const struct procctx *pc)
{
	struct vnode *vp;
	struct file *fp;
	int error;

	if ((error = getfile(pc->pc_proc, fd_of(pc), &fp, NULL)) != 0)
		return ENOENT;
	if ((vp = vfs_file_vnode(fp)) != NULL)
		procfs_path(tx, vp);
	else
		kind(tx, fp);
	rump_file_rele(fp);
	return 0;
}

/* --- vnodes of what has none --- */
static int
fv_open(struct vnode *vp, int oflags, struct file **fpp)
{
	struct file *fp = ((struct fdvnode *)vp)->fv_fp;

	if (fp->f_type == FT_CONS) {
		rump_file_ref(*fpp = fp);
		return 0;
	}
	if (fp->f_type != FT_PIPE || rump_pipe_reopen == NULL)
		return ENXIO;
	return rump_pipe_reopen(fp, oflags, fpp);
}

static void
fv_reclaim(struct vnode *vp)
{
	struct fdvnode *fv = (struct fdvnode *)vp;

	rump_file_rele(fv->fv_fp);
	rump_kmem_free(fv, sizeof(*fv));
}

static const struct vnodeops fv_ops = {
	.vop_open = fv_open,
	.vop_reclaim = fv_reclaim,
};

/* Takes over the file's reference. */
static int
makevnode(struct file *fp, struct vnode **vpp)
{
	struct fdvnode *fv = NULL;
	struct vnode *root;
	struct stat st;
	int error;

	statof(fp, &st);
	if ((error = vfs_root(&root)) == 0 &&
	    (fv = rump_kmem_zalloc(sizeof(*fv))) == NULL)
		error = ENOMEM;
	if (error) {
		rump_file_rele(fp);
		return error;
	}
	fv->fv_fp = fp;
	vfs_vnode_init(&fv->fv_v, root->v_mount, &fv_ops, st.st_mode,
	    st.st_ino);
	fv->fv_v.v_nlink = 1;
	fv->fv_v.v_uid = rump_cred_cur()->cr_fsuid;
	fv->fv_v.v_gid = rump_cred_cur()->cr_fsgid;
	fv->fv_v.v_rdev = st.st_rdev;
	vref(*vpp = &fv->fv_v);
	vfs_drop(&fv->fv_v);
	vrele(root);
	return 0;
}

static int
fd_jump(const struct procctx *pc, struct vnode **vpp)
{
	struct vnode *vp;
	struct file *fp;

	if (getfile(pc->pc_proc, fd_of(pc), &fp, NULL) != 0)
		return ENOENT;
	if ((vp = vfs_file_vnode(fp)) == NULL) {
		if (fp->f_type != FT_CONS || vfs_lookup(AT_FDCWD, FD_PATH,
		    NI_KERNEL | NI_NOPERM, vpp) != 0)
			return makevnode(fp, vpp);
	} else
		vref(*vpp = vp);
	rump_file_rele(fp);
	return 0;
}

static int
fdinfo_read(struct text *tx, const struct procctx *pc)
{
	struct vnode *vp;
	struct file *fp;
	struct stat st;
	int cloexec, flags;
	int64_t pos;

	if (getfile(pc->pc_proc, fd_of(pc), &fp, &cloexec) != 0)
		return ENOENT;
	rump_mutex_enter(&fp->f_offlock);
	pos = fp->f_type == FT_PIPE ? 0 : fp->f_offset;
	rump_mutex_exit(&fp->f_offlock);
	flags = file_flags(fp);
	vp = vfs_file_vnode(fp);
	statof(fp, &st);
	rump_textf(tx, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%u\nino:\t%llu\n",
	    (long long)pos, (unsigned)(flags | (cloexec ? O_CLOEXEC : 0)),
	    vp != NULL ? (unsigned)vp->v_mount->m_dev : 0,
	    (unsigned long long)(vp != NULL ? vp->v_ino : st.st_ino));
	if (rump_anon_info != NULL)
		rump_anon_info(fp, tx);
	rump_file_rele(fp);
	return 0;
}

static void
nodes(struct proctree *pt, const char *fd, const char *fds, const char *info,
    const char *infos)
{
	struct procnode *pn = rump_proc_node(pt, fd, S_IFDIR | 0500, NULL);

	pn->pn_next = fd_next;
	pn->pn_isname = fd_isname;
	pn->pn_init = fd_dirinit;
	pn = rump_proc_node(pt, fds, S_IFLNK | 0700, fd_read);
	pn->pn_jump = fd_jump;
	pn->pn_init = fd_linkinit;
	rump_proc_dir(pt, info, fd_next)->pn_isname = fd_isname;
	rump_proc_file(pt, infos, fdinfo_read);
}

RUMP_PROCNODES(pt)
{

	nodes(pt, "*" "/fd", "*" "/fd/" "*", "*" "/fdinfo", "*" "/fdinfo/" "*");
	nodes(pt, "*" "/task/" "*" "/fd", "*" "/task/" "*" "/fd/" "*",
	    "*" "/task/" "*" "/fdinfo", "*" "/task/" "*" "/fdinfo/" "*");
}
