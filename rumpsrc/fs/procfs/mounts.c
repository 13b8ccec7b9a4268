/* SPDX-License-Identifier: BSD-2-Clause */
/* mounts.c: /proc/{filesystems,mounts}, /proc/PID/{mounts,mountinfo}. */
#include <asm/errno.h>
#include <linux/mount.h>

#include <kern/kmem.h>
#include <kern/str.h>

#include "procfs_private.h"

/* What would end a field is written in octal. */
static void
field(struct text *tx, const char *s)
{

	for (; *s != '\0'; s++)
		if (strchr(" \t\n\\", *s) != NULL)
			rump_textf(tx, "\\%03o", (unsigned char)*s);
		else
			rump_textf(tx, "%c", *s);
}

static void
options(struct text *tx, const struct mount *mp)
{
	uint32_t f = vfs_mountflags(mp);

	rump_textf(tx, "%s%s%s%s%s", f & MS_RDONLY ? "ro" : "rw",
	    f & MS_NOSUID ? ",nosuid" : "", f & MS_NODEV ? ",nodev" : "",
	    f & MS_NOEXEC ? ",noexec" : "",
	    f & MS_NOATIME ? ",noatime" : ",relatime");
}

static const char *
source(const struct mount *mp)
{

	return mp->m_source != NULL && mp->m_source[0] != '\0' ?
	    mp->m_source : mp->m_type->ft_name;
}

static void
mountline(struct text *tx, const struct mount *mp, const char *path)
{

	field(tx, source(mp));
	rump_textf(tx, " ");
	field(tx, path);
	rump_textf(tx, " %s ", mp->m_type->ft_name);
	options(tx, mp);
	rump_textf(tx, " 0 0\n");
}

static void
infoline(struct text *tx, const struct mount *mp, const char *path)
{
	const struct mount *up = mp->m_covered != NULL ?
	    mp->m_covered->v_mount : mp;

	rump_textf(tx, "%u %u %u:%u / ", (unsigned)mp->m_dev,
	    mp == up ? 1 : (unsigned)up->m_dev, (unsigned)(mp->m_dev >> 8 &
	    0xfff), (unsigned)(mp->m_dev & 0xff));
	field(tx, path);
	rump_textf(tx, " ");
	options(tx, mp);
	rump_textf(tx, " - %s ", mp->m_type->ft_name);
	field(tx, source(mp));
	rump_textf(tx, " %s\n", __atomic_load_n(&mp->m_flags,
	    __ATOMIC_RELAXED) & MS_RDONLY ? "ro" : "rw");
}

static int
mounts_read(struct text *tx, const struct procctx *pc)
{
	struct mount **all;
	struct vnode *root = NULL;
	char *buf = rump_page_alloc(), *path;
	size_t n, i;
	int error;

	if (buf == NULL)
		return ENOMEM;
	if ((error = vfs_getcwd(NULL, &root)) == 0 &&
	    (error = vfs_getmounts(&all, &n)) == 0) {
		for (i = 0; i < n; i++) {
			if (vfs_getpath(all[i]->m_root, root, buf, 4096,
			    &path) == 0)
				(pc->pc_node->pn_arg != NULL ? infoline :
				    mountline)(tx, all[i], path);
			vrele(all[i]->m_root);
		}
		rump_kmem_free(all, n * sizeof(*all));
	}
	if (root != NULL)
		vrele(root);
	rump_page_free(buf);
	return error;
}

static int
filesystems_read(struct text *tx, const struct procctx *pc)
{
	const char *name;
	unsigned i;

	(void)pc;
	for (i = 0; (name = vfs_typename(i)) != NULL; i++)
		rump_textf(tx, "nodev\t%s\n", name);
	return 0;
}

static int
link_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "self/mounts");
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "filesystems", filesystems_read);
	rump_proc_link(pt, "mounts", link_read);
	rump_proc_file(pt, "*" "/mounts", mounts_read);
	rump_proc_file(pt, "*" "/mountinfo", mounts_read)->pn_arg =
	    "mountinfo";
}
