/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_copy.c: sendfile, copy_file_range: through one page, so that no lock of
 * the two files is held together.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include <kern/kmem.h>
#include <kern/syscall.h>
#include <string.h>

#include "vfs_private.h"

#define CHUNK	4096

static int
moveio(struct file *fp, void *buf, size_t len, int64_t *off, int wr,
    size_t *donep)
{
	struct rump_iovec iov = { buf, len };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1,
	    .uio_resid = len, .uio_write = wr };
	int error;

	if (off != NULL) {
		uio.uio_offset = *off;
		error = wr ? fp->f_ops->fo_write(fp, &uio, 0) :
		    fp->f_ops->fo_read(fp, &uio, 0);
		*off += (int64_t)(len - uio.uio_resid);
	} else
		error = wr ? rump_file_write(fp, &uio) :
		    rump_file_read(fp, &uio);
	*donep = len - uio.uio_resid;
	return *donep != 0 ? 0 : error;
}

/* What was read but not written is given back to a moving offset. */
static void
giveback(struct file *fp, int64_t *off, size_t n)
{
	if (off != NULL) {
		*off -= (int64_t)n;
		return;
	}
	rump_mutex_enter(&fp->f_offlock);
	fp->f_offset -= (int64_t)n;
	rump_mutex_exit(&fp->f_offlock);
}

static long
copy(struct file *in, int64_t *inoff, struct file *out, int64_t *outoff,
    size_t len)
{
	size_t total = 0, got, put;
	int error = 0;
	void *buf;

	if ((buf = rump_page_alloc()) == NULL)
		return -ENOMEM;
	while (len > 0) {
		error = moveio(in, buf, len < CHUNK ? len : CHUNK, inoff, 0,
		    &got);
		if (error || got == 0)
			break;
		error = moveio(out, buf, got, outoff, 1, &put);
		if (put < got)
			giveback(in, inoff, got - put);
		total += put;
		len -= put;
		if (error || put < got)
			break;
	}
	rump_page_free(buf);
	return total != 0 ? (long)total : -error;
}

/* To a file that takes them from the other by itself. */
static int
spliced(struct file *in, int64_t *inoff, struct file *out, size_t len,
    long *ret)
{
	size_t done = 0, n = 0;
	int error;

	if (out->f_ops->fo_splice == NULL)
		return 0;
	do {
		error = out->f_ops->fo_splice(out, in, inoff, len - done,
		    (file_flags(out) & O_NONBLOCK) != 0, &n);
		done += n;
		/* A pipe takes what it has room for. */
	} while (out->f_type == FT_PIPE && error == 0 && n != 0 && done < len);
	*ret = done != 0 ? (long)done : -error;
	return error != EOPNOTSUPP || done != 0;
}

static int
isdir(struct file *fp)
{
	struct vnode *vp = vfs_file_vnode(fp);

	return vp != NULL && vn_is(vp, S_IFDIR);
}

/* What copy_file_range is for. */
static int
plainfiles(struct file *in, struct file *out)
{
	struct vnode *a = vfs_file_vnode(in), *b = vfs_file_vnode(out);

	if (isdir(in) || isdir(out))
		return EISDIR;
	if (a == NULL || !vn_is(a, S_IFREG) || b == NULL ||
	    !vn_is(b, S_IFREG))
		return EINVAL;
	return file_flags(out) & O_APPEND ? EBADF : 0;
}

/* On two file systems?  What memfd_create makes is on one of its own. */
static int
apart(struct file *in, struct file *out)
{
	struct vnode *a = vfs_file_vnode(in), *b = vfs_file_vnode(out);

	return a->v_mount != b->v_mount ||
	    (vfs_memfdname(a) == NULL) != (vfs_memfdname(b) == NULL);
}

static int
getboth(int infd, struct file **inp, int outfd, struct file **outp,
    size_t len, int onlyfiles)
{
	int error;

	if ((error = rump_fd_get(infd, inp)) != 0)
		return error;
	if ((error = rump_fd_get(outfd, outp)) != 0) {
		rump_file_rele(*inp);
		return error;
	}
	if (onlyfiles && (error = plainfiles(*inp, *outp)) != 0)
		;
	else if (!file_readable(*inp) || !file_writable(*outp))
		error = EBADF;
	else if (onlyfiles && apart(*inp, *outp))
		error = EXDEV;
	else if ((*inp)->f_ops->fo_read == NULL || (isdir(*inp) && len != 0) ||
	    (*outp)->f_ops->fo_write == NULL)
		error = EINVAL;
	if (error) {
		rump_file_rele(*inp);
		rump_file_rele(*outp);
	}
	return error;
}

static int
getoff(const int64_t *uoff, int64_t *off)
{
	int error;

	if (uoff == NULL)
		return 0;
	if ((error = rump_copyin(uoff, off, sizeof(*off))) != 0)
		return error;
	return *off < 0 ? EINVAL : 0;
}

/* off NULL: where the file is. */
static int64_t
place(struct file *fp, const int64_t *off)
{
	int64_t at;

	if (off != NULL)
		return *off;
	rump_mutex_enter(&fp->f_offlock);
	at = fp->f_offset;
	rump_mutex_exit(&fp->f_offlock);
	return at;
}

/* At most what the file has, not what the copy adds to it. */
static size_t
atmost(struct file *in, const int64_t *off, size_t len)
{
	struct vnode *vp = vfs_file_vnode(in);
	int64_t left;

	left = __atomic_load_n(&vp->v_size, __ATOMIC_RELAXED) - place(in, off);
	return left <= 0 ? 0 : len < (uint64_t)left ? len : (size_t)left;
}

/* Both are the same file, and source and destination share bytes. */
static int
overlap(struct file *in, const int64_t *inoff, struct file *out,
    const int64_t *outoff, size_t len)
{
	struct vnode *vp = vfs_file_vnode(in);
	int64_t a, b;

	if (vp == NULL || vp != vfs_file_vnode(out))
		return 0;
	a = place(in, inoff);
	b = place(out, outoff);
	return a < b ? (uint64_t)(b - a) < len : (uint64_t)(a - b) < len;
}

static long
docopy(int infd, int64_t *uin, int outfd, int64_t *uout, size_t len,
    int onlyfiles)
{
	int64_t inoff = 0, outoff = 0;
	struct file *in, *out;
	long ret;
	int error;

	if ((error = getoff(uin, &inoff)) != 0 ||
	    (error = getoff(uout, &outoff)) != 0 ||
	    (error = getboth(infd, &in, outfd, &out, len, onlyfiles)) != 0)
		return -error;
	if (len > INT32_MAX)
		len = INT32_MAX & ~(CHUNK - 1);
	if (onlyfiles)
		len = atmost(in, uin ? &inoff : NULL, len);
	if (uin != NULL && !(in->f_ops->fo_flags & FOF_SEEKABLE))
		ret = -ESPIPE;
	else if (file_flags(out) & O_APPEND)
		ret = -EINVAL;
	else if (onlyfiles && overlap(in, uin ? &inoff : NULL, out,
	    uout ? &outoff : NULL, len))
		ret = -EINVAL;
	else if (uout != NULL ||
	    !spliced(in, uin ? &inoff : NULL, out, len, &ret))
		ret = copy(in, uin ? &inoff : NULL, out,
		    uout ? &outoff : NULL, len);
	rump_file_rele(in);
	rump_file_rele(out);
	error = 0;
	if (ret > 0 && uin != NULL)
		error = rump_copyout(&inoff, uin, sizeof(inoff));
	if (ret > 0 && uout != NULL && !error)
		error = rump_copyout(&outoff, uout, sizeof(outoff));
	return error ? -error : ret;
}

static long
k_sendfile(int outfd, int infd, int64_t *uoff, size_t len)
{
	return docopy(infd, uoff, outfd, NULL, len, 0);
}

static long
k_copy_file_range(int infd, int64_t *uin, int outfd, int64_t *uout,
    size_t len, unsigned flags)
{
	if (flags != 0)
		return -EINVAL;
	return docopy(infd, uin, outfd, uout, len, 1);
}

RUMP_RESTART4(sendfile, int, outfd, int, infd, long *, off,
    unsigned long, len)
{
	return k_sendfile(outfd, infd, off, len);
}

RUMP_RESTART6(copy_file_range, int, infd, long *, inoff, int, outfd,
    long *, outoff, unsigned long, len, unsigned, flags)
{
	return k_copy_file_range(infd, inoff, outfd, outoff, len, flags);
}
