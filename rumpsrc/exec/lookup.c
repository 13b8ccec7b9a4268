/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a path to a program of the image.  Programs have names, not files: they
 * are in the root and in the folders for programs (vfs/execfile.c), whether
 * there is such a file or not, elsewhere if there is one; the last component of
 * the path is the name.  What a file can do is to be a symbolic link (the name
 * is then what it points to), to begin with "#!", or to forbid.  A file that is
 * neither a script nor ELF nor in a folder for programs is not executable.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/uio.h>
#include <vfs/execfile.h>
#include "exec_priv.h"

/* NULL: no component vfs. */
int vfs_execfile(int, const char *, struct vfs_execfile *)
    __attribute__((__weak__, __visibility__("hidden")));
int vfs_execfd(int, char *, size_t)
    __attribute__((__weak__, __visibility__("hidden")));

static char *
lookup_buf(struct exec_target *et)
{
	char *buf;

	if (et->et_nbufs == sizeof(et->et_bufs) / sizeof(et->et_bufs[0]))
		return NULL;
	if ((buf = rump_kmem_alloc(EXEC_PATH)) != NULL)
		et->et_bufs[et->et_nbufs++] = buf;
	return buf;
}

void
rump_exec_target_free(struct exec_target *et)
{

	while (et->et_nbufs > 0)
		rump_kmem_free(et->et_bufs[--et->et_nbufs], EXEC_PATH);
}

/* "#! interpreter [argument]": both into buf; *argp is NULL without. */
static int
lookup_script(const struct vfs_execfile *ef, char *buf, char **argp)
{
	size_t i = 2, n = ef->ef_headlen, at = 0;
	const char *h = ef->ef_head;

	while (i < n && (h[i] == ' ' || h[i] == '\t'))
		i++;
	while (i < n && h[i] != ' ' && h[i] != '\t' && h[i] != '\n')
		buf[at++] = h[i++];
	/* A name that is cut off could be another's. */
	if (at == 0 || i == n)
		return ENOEXEC;
	buf[at++] = '\0';
	while (i < n && (h[i] == ' ' || h[i] == '\t'))
		i++;
	*argp = i < n && h[i] != '\n' ? buf + at : NULL;
	while (i < n && h[i] != '\n')
		buf[at++] = h[i++];
	while (at > 0 && *argp != NULL && (buf[at - 1] == ' ' ||
	    buf[at - 1] == '\t'))
		at--;
	buf[at] = '\0';
	return 0;
}

/* The script's interpreter, its argument and the script go before the rest. */
static int
lookup_prefix(struct exec_target *et, const struct vfs_execfile *ef,
    char *script, char **interp)
{
	char *buf = lookup_buf(et), *arg;
	unsigned i, add;
	int error;

	if (buf == NULL)
		return et->et_nbufs < 5 ? ENOMEM : ELOOP;
	if ((error = lookup_script(ef, buf, &arg)) != 0)
		return error;
	add = arg != NULL ? 2 : 1;
	if (et->et_nprefix == 0)
		et->et_prefix[et->et_nprefix++] = script;
	else
		et->et_prefix[0] = script;
	for (i = et->et_nprefix; i-- > 0;)
		et->et_prefix[i + add] = et->et_prefix[i];
	et->et_prefix[0] = buf;
	if (arg != NULL)
		et->et_prefix[1] = arg;
	et->et_nprefix += add;
	*interp = buf;
	return 0;
}

static int
lookup_name(struct exec_target *et, const char *path,
    const struct vfs_execfile *ef, int exists)
{
	const char *base = strrchr(path, '/');
	const struct program *self;
	const struct lwp *l = curlwp;
	size_t n = ef->ef_headlen;
	char *buf;

	base = base != NULL ? base + 1 : path;
	if (!exists && strcmp(path, "/proc/self/exe") == 0) {
		self = rump_exec_current(l->l_vfork == NULL ? l->l_proc :
		    l->l_vfork->vf_parent->l_proc);
		base = self != NULL ? self->pg_rp->rp_name : NULL;
	} else if (!exists && vfs_execfile != NULL &&
	    ef->ef_where == EF_ELSEWHERE)
		return ENOENT;
	if (exists && n != 0 && ef->ef_where != EF_BINDIR &&
	    (n < 4 || memcmp(ef->ef_head, "\177ELF", 4) != 0))
		return ENOEXEC;
	if (base == NULL || !rump_exec_known(base))
		base = ef->ef_name;
	if (!rump_exec_known(base))
		return exists ? ENOEXEC : ENOENT;
	if ((buf = lookup_buf(et)) == NULL)
		return et->et_nbufs < 5 ? ENOMEM : ELOOP;
	et->et_name = memcpy(buf, base, strlen(base) + 1);
	return 0;
}

/* An empty path, which is allowed, is the file of dirfd. */
static int
lookup_path(int dirfd, const char *upath, int empty, char *path)
{
	int error = rump_copyinstr(upath, path, EXEC_PATH, NULL);

	if (error != 0 || path[0] != '\0')
		return error;
	if (!empty || dirfd == AT_FDCWD)
		return empty ? EACCES : ENOENT;		/* a directory */
	return vfs_execfd == NULL ? EBADF : vfs_execfd(dirfd, path, EXEC_PATH);
}

int
rump_exec_lookup(int dirfd, const char *upath, int empty,
    struct exec_target *et)
{
	struct vfs_execfile *ef;
	char *path;
	int error;

	memset(et, 0, sizeof(*et));
	ef = rump_kmem_zalloc(sizeof(*ef));
	if (ef == NULL || (path = lookup_buf(et)) == NULL) {
		error = ENOMEM;
		goto out;
	}
	if ((error = lookup_path(dirfd, upath, empty, path)) != 0)
		goto out;
	while (error == 0) {
		error = ENOENT;
		if (vfs_execfile != NULL)
			error = vfs_execfile(dirfd, path, ef);
		if (error != 0 && error != ENOENT)
			break;
		if (error != 0 || ef->ef_headlen < 2 ||
		    memcmp(ef->ef_head, "#!", 2) != 0) {
			error = lookup_name(et, path, ef, error == 0);
			break;
		}
		error = lookup_prefix(et, ef, path, &path);
		dirfd = AT_FDCWD;
	}
out:
	if (ef != NULL)
		rump_kmem_free(ef, sizeof(*ef));
	return error;
}
