/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procmap.c: the memory of a process: /proc/PID/{maps,exe,cwd,root}.  The
 * image, which all processes are in, counts as each one's text and data.
 * Regions are copied under rump_mm_lock; paths are found without it.
 */
#include <asm/errno.h>

#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/mm_used.h>
#include <kern/str.h>

#include "procfs_private.h"

#pragma weak rump_mm_first
#pragma weak rump_mm_lock
#pragma weak rump_mm_unlock
#pragma weak rumpcomp_vm_resident

/*
 * Of the linker's; not on posix.  __rela_start is in the first page; the
 * image's own start is no address of the loaded image on spt.
 */
extern char __rela_start[] __attribute__((__weak__, __visibility__("hidden")));
extern char __text_start[] __attribute__((__weak__, __visibility__("hidden")));
extern char __text_end[] __attribute__((__weak__, __visibility__("hidden")));
extern char __image_end[] __attribute__((__weak__, __visibility__("hidden")));

#define VEC	512		/* pages asked for at once, on the stack */
#define MAXPAGES (1UL << 20)		/* of one process are looked at */

struct area {
	uintptr_t	 ar_start, ar_end;
	int		 ar_prot;
	uint64_t	 ar_off;
	struct vnode	*ar_vp;		/* referenced, or NULL */
	const char	*ar_name;
};

static size_t
resident(uintptr_t start, uintptr_t end, size_t *left)
{
	unsigned char vec[VEC];
	size_t n, i, count = 0;

	for (; start < end && *left > 0; start += n * MM_PAGE, *left -= n) {
		n = (end - start) / MM_PAGE;
		if (n > VEC)
			n = VEC;
		if (n > *left)
			n = *left;
		rumpcomp_vm_resident((void *)start, n * MM_PAGE, vec);
		for (i = 0; i < n; i++)
			count += vec[i] & 1;
	}
	return count;
}

static size_t
pages(const char *start, const char *end)
{

	return ((uintptr_t)end - (uintptr_t)start + MM_PAGE - 1) / MM_PAGE;
}

void
procfs_mem(struct proc *p, struct procmem *pm)
{
	const struct mm_region *mr;
	size_t left = MAXPAGES, n, res;
	uintptr_t next = 0, end;

	memset(pm, 0, sizeof(*pm));
	if (rump_mm_first == NULL || p->p_pid == 0)
		return;
	pm->pm_text = pages(__text_start, __text_end);
	pm->pm_data = pages(__text_end, __image_end);
	pm->pm_size = pm->pm_resident = pages(__rela_start, __image_end);
	rump_mutex_enter(&rump_mm_lock);
	while ((mr = rump_mm_first(next)) != NULL) {
		next = mr->mr_end;
		end = mm_usedend(p, mr);
		if (mr->mr_proc != p || end == mr->mr_start)
			continue;
		n = (end - mr->mr_start) / MM_PAGE;
		res = resident(mr->mr_start, end, &left);
		pm->pm_size += n;
		pm->pm_resident += res;
		if (mr->mr_prot & MM_SHARED)
			pm->pm_shared += res;
		else if (mm_isstack(p, mr))
			pm->pm_stack += n;
		else if (mm_isdata(p, mr))
			pm->pm_data += n;
	}
	rump_mm_unlock();
}

/* Caller holds rump_mm_lock. */
static void
fill(struct proc *p, const struct mm_region *mr, struct area *ar)
{
	struct rump_mmobj *obj = mr->mr_obj;

	memset(ar, 0, sizeof(*ar));
	ar->ar_start = mr->mr_start;
	ar->ar_end = mm_usedend(p, mr);
	ar->ar_prot = mr->mr_prot;
	if (mm_isheap(p, mr)) {
		ar->ar_name = "[heap]";
		ar->ar_prot |= RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE;
	} else if (mm_isstack(p, mr))
		ar->ar_name = "[stack]";
	else if (obj == NULL && mr->mr_prot & MM_SHARED)
		ar->ar_name = "/dev/zero (deleted)";
	if (obj != NULL) {
		ar->ar_off = mr->mr_off * MM_PAGE;
		if (obj->mo_ops->mo_vnode != NULL)
			vref(ar->ar_vp = obj->mo_ops->mo_vnode(obj));
		else
			ar->ar_name = obj->mo_ops->mo_name;
	}
}

/* Up to max areas from *next on. */
static size_t
collect(struct proc *p, uintptr_t *next, struct area *ar, size_t max)
{
	const struct mm_region *mr;
	size_t n = 0;

	rump_mutex_enter(&rump_mm_lock);
	while (n < max && (mr = rump_mm_first(*next)) != NULL) {
		*next = mr->mr_end;
		if (mr->mr_proc == p && mm_usedend(p, mr) != mr->mr_start)
			fill(p, mr, &ar[n++]);
	}
	rump_mm_unlock();
	return n;
}

static void
line(struct text *tx, const struct area *ar)
{
	struct vnode *vp = ar->ar_vp;
	uint64_t dev = vp != NULL ? vp->v_mount->m_dev : 0;
	size_t start = tx->tx_len;

	rump_textf(tx, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %llu ",
	    ar->ar_start, ar->ar_end,
	    ar->ar_prot & RUMPCOMP_VM_READ ? 'r' : '-',
	    ar->ar_prot & RUMPCOMP_VM_WRITE ? 'w' : '-',
	    ar->ar_prot & RUMPCOMP_VM_EXEC ? 'x' : '-',
	    ar->ar_prot & MM_SHARED ? 's' : 'p',
	    (unsigned long long)ar->ar_off, (unsigned)(dev >> 8 & 0xfff),
	    (unsigned)(dev & 0xff),
	    (unsigned long long)(vp != NULL ? vp->v_ino : 0));
	if (ar->ar_name != NULL || vp != NULL)
		while (tx->tx_len - start < 73 && tx->tx_error == 0)
			rump_textf(tx, " ");
	if (ar->ar_name != NULL)
		rump_textf(tx, "%s", ar->ar_name);
	else if (vp != NULL)
		procfs_path(tx, vp);
	rump_textf(tx, "\n");
}

/* The image's parts. */
static void
image(struct text *tx, struct proc *p)
{
	const struct { const char *start, *end; int prot; } part[] = {
		{ __rela_start, __text_start, RUMPCOMP_VM_READ },
		{ __text_start, __text_end, RUMPCOMP_VM_READ |
		    RUMPCOMP_VM_EXEC },
		{ __text_end, __image_end, RUMPCOMP_VM_READ |
		    RUMPCOMP_VM_WRITE },
	};
	struct area ar = { .ar_name = NULL };
	char name[256];
	unsigned i;

	procfs_execname(p, name, sizeof(name));
	ar.ar_name = name;
	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (i == 0 || ((uintptr_t)part[i].start & ~(MM_PAGE - 1)) >=
		    ar.ar_end)
			ar.ar_end = (uintptr_t)part[i].start & ~(MM_PAGE - 1);
		ar.ar_start = ar.ar_end;	/* no page twice */
		ar.ar_end = ((uintptr_t)part[i].end + MM_PAGE - 1) &
		    ~(MM_PAGE - 1);
		ar.ar_prot = part[i].prot;
		ar.ar_off = ar.ar_start - ((uintptr_t)__rela_start &
		    ~(MM_PAGE - 1));
		line(tx, &ar);
	}
}

#define BATCH	32

static int
maps_read(struct text *tx, const struct procctx *pc)
{
	struct area *ar;
	uintptr_t next = 0;
	size_t n, i;
	int done = 0;

	if (rump_mm_first == NULL)
		return 0;
	if ((ar = rump_kmem_alloc(BATCH * sizeof(*ar))) == NULL)
		return ENOMEM;
	while ((n = collect(pc->pc_proc, &next, ar, BATCH)) > 0)
		for (i = 0; i < n; i++) {
			if (!done && ar[i].ar_start >
			    (uintptr_t)__rela_start) {
				image(tx, pc->pc_proc);
				done = 1;
			}
			line(tx, &ar[i]);
			if (ar[i].ar_vp != NULL)
				vrele(ar[i].ar_vp);
		}
	if (!done)
		image(tx, pc->pc_proc);
	rump_kmem_free(ar, BATCH * sizeof(*ar));
	return 0;
}

/* --- directories --- */
void
procfs_path(struct text *tx, struct vnode *vp)
{
	struct vnode *root;
	char *buf, *path;

	if ((buf = rump_page_alloc()) == NULL)
		return;
	if (vfs_getcwd(NULL, &root) == 0) {
		if (vfs_memfdname(vp) != NULL)
			rump_textf(tx, "/memfd:%s (deleted)",
			    vfs_memfdname(vp));
		else if (vfs_getpath(vp, root, buf, 4096, &path) == 0)
			rump_textf(tx, "%s", path);
		else
			rump_textf(tx, "/#%llu%s",
			    (unsigned long long)vp->v_ino,
			    vp->v_nlink == 0 ? " (deleted)" : "");
		vrele(root);
	}
	rump_page_free(buf);
}

static int
dir_jump(const struct procctx *pc, struct vnode **vpp)
{
	struct proc *p = pc->pc_proc;
	int isroot = pc->pc_node->pn_arg != NULL;
	struct cwdinfo *cwd;

	*vpp = NULL;
	rump_mutex_enter(&p->p_lock);
	if ((cwd = p->p_cwd) != NULL)
		vref(*vpp = isroot ? cwd->cwd_root : cwd->cwd_dir);
	rump_mutex_exit(&p->p_lock);
	return *vpp != NULL ? 0 : vfs_root(vpp);
}

static int
dir_read(struct text *tx, const struct procctx *pc)
{
	struct vnode *vp;
	int error;

	if ((error = dir_jump(pc, &vp)) == 0) {
		procfs_path(tx, vp);
		vrele(vp);
	}
	return error;
}

/* --- the program --- */
static int
exists(const char *path)
{
	struct vnode *vp;
	int is;

	if (vfs_lookup(-100, path, NI_FOLLOW | NI_KERNEL, &vp) != 0)
		return 0;
	is = vn_is(vp, S_IFREG);
	vrele(vp);
	return is;
}

static void
basename(struct proc *p, char *name, size_t size)
{
	char path[256], *slash = path, *s;

	procfs_execname(p, path, sizeof(path));
	for (s = path; *s != '\0'; s++)
		if (*s == '/')
			slash = s + 1;
	strlcpy(name, *slash != '\0' ? slash : p->p_comm, size);
}

/*
 * The program is part of the image: a file of its name where programs are, if
 * there is one in the root file system, else an empty one of our own.
 */
static int
exe_read(struct text *tx, const struct procctx *pc)
{
	static const char *const dir[] = {
		"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin",
	};
	char name[256], path[256];
	unsigned i;

	procfs_execname(pc->pc_proc, path, sizeof(path));
	if (path[0] == '/' && exists(path)) {
		rump_textf(tx, "%s", path);
		return 0;
	}
	basename(pc->pc_proc, name, 200);
	for (i = 0; i < sizeof(dir) / sizeof(dir[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir[i], name);
		if (exists(path)) {
			rump_textf(tx, "%s", path);
			return 0;
		}
	}
	rump_textf(tx, "/proc/%d/image/%.*s", pc->pc_proc->p_pid,
	    PROC_NAMELEN - 1, name);
	return 0;
}

static int
image_next(const struct procctx *pc, uint64_t *pos, char name[PROC_NAMELEN])
{

	if ((*pos)++ > 0)
		return ENOENT;
	basename(pc->pc_proc, name, PROC_NAMELEN);
	return 0;
}

static int
empty_read(struct text *tx, const struct procctx *pc)
{

	(void)tx, (void)pc;
	return 0;
}

RUMP_PROCNODES(pt)
{
	struct procnode *pn;

	rump_proc_file(pt, "*" "/maps", maps_read);
	rump_proc_link(pt, "*" "/cwd", dir_read)->pn_jump = dir_jump;
	pn = rump_proc_link(pt, "*" "/root", dir_read);
	pn->pn_arg = "root";
	pn->pn_jump = dir_jump;
	rump_proc_link(pt, "*" "/exe", exe_read);
	rump_proc_dir(pt, "*" "/image", image_next);
	rump_proc_node(pt, "*" "/image/" "*", S_IFREG | 0555, empty_read);
}
