/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_copy.c: sendfile, copy_file_range: through one page, so that no lock of
 * the two files is held together.
 */
#include <asm/errno.h>
#include <asm/resource.h>
#include <linux/fcntl.h>

#include <kern/kmem.h>
#include <kern/pipe.h>
#include <kern/syscall.h>
#include <string.h>

#include "vfs_private.h"

#pragma weak rump_splice_topipe

#define CHUNK		4096
#define COPY_MAX	((size_t)INT32_MAX & ~(size_t)(CHUNK - 1))

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
		*off = uio.uio_offset;
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

/* To a socket, which takes them from the other by itself. */
static int
spliced(struct file *in, int64_t *inoff, struct file *out, size_t len,
    long *ret)
{
	size_t done = 0;
	int error;

	if (out->f_ops->fo_splice == NULL)
		return 0;
	error = out->f_ops->fo_splice(out, in, inoff, len,
	    (file_flags(out) & O_NONBLOCK) != 0, &done);
	*ret = done != 0 ? (long)done : -error;
	return error != EOPNOTSUPP || done != 0;
}

/* As Linux's rw_verify_area(). */
static int
badarea(int64_t off, size_t len)
{
	return off < 0 || len > (uint64_t)(INT64_MAX - off);
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

static int
sendcheck(struct file *in, const int64_t *off, size_t len)
{
	if (!file_readable(in))
		return EBADF;
	if (off != NULL && !(in->f_ops->fo_flags & FOF_SEEKABLE))
		return ESPIPE;
	return badarea(place(in, off), len) ? EINVAL : 0;
}

static void
setplace(struct file *fp, int64_t at)
{
	rump_mutex_enter(&fp->f_offlock);
	fp->f_offset = at;
	rump_mutex_exit(&fp->f_offlock);
}

/* Nothing is read there, so nothing needs to be written. */
static int
atend(struct file *fp, int64_t pos)
{
	struct vnode *vp = vfs_file_vnode(fp);

	return vp != NULL && vn_is(vp, S_IFREG) &&
	    pos >= __atomic_load_n(&vp->v_size, __ATOMIC_RELAXED);
}

/* Not to a pipe.  Of one file for both, with one offset, the source counts. */
static long
sendplain(struct file *in, int64_t *off, struct file *out, size_t len)
{
	int64_t pos = place(in, off), outpos = place(out, NULL), *outp;
	long ret;

	outp = out->f_ops->fo_flags & FOF_SEEKABLE ? &outpos : NULL;
	/* What was read and cannot be written must be given back. */
	if (badarea(outpos, len) || (file_flags(out) & O_APPEND) ||
	    in->f_ops->fo_seek == NULL)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (!vfs_spliceable(in, 0))
		return -EINVAL;
	if (!vfs_spliceable(out, 1))
		return atend(in, pos) ? 0 : -EINVAL;
	if (!spliced(in, &pos, out, len, &ret))
		ret = copy(in, &pos, out, outp, len);
	if (ret > 0) {
		if (outp != NULL)
			setplace(out, outpos);
		if (off != NULL)
			*off = pos;
		else
			setplace(in, pos);
	}
	return ret;
}

static long
sendto(struct file *in, int64_t *off, struct file *out, size_t len)
{
	size_t done = 0;
	int error;

	if (!file_writable(out))
		return -EBADF;
	if (len > COPY_MAX)
		len = COPY_MAX;
	if (out->f_type != FT_PIPE)
		return sendplain(in, off, out, len);
	error = rump_splice_topipe(in, off, out, len, 0, &done);
	return done != 0 ? (long)done : -error;
}

RUMP_RESTART4(sendfile, int, outfd, int, infd, int64_t *, uoff, size_t, len)
{
	struct file *in, *out;
	int64_t off = 0, *offp = uoff != NULL ? &off : NULL;
	long ret;

	if (uoff != NULL && rump_copyin(uoff, &off, sizeof(off)) != 0)
		return -EFAULT;
	if ((ret = -rump_fd_get(infd, &in)) == 0) {
		if ((ret = -sendcheck(in, offp, len)) == 0 &&
		    (ret = -rump_fd_get(outfd, &out)) == 0) {
			ret = sendto(in, offp, out, len);
			rump_file_rele(out);
		}
		rump_file_rele(in);
	}
	if (uoff != NULL && rump_copyout(&off, uoff, sizeof(off)) != 0)
		return -EFAULT;
	return ret;
}

/* --- copy_file_range: plain files of one file system --- */
struct range {
	struct file	*ra_fp;
	struct vnode	*ra_vp;
	int64_t		 ra_off, *ra_offp;	/* offp NULL: the file's own */
};

static int
rangefiles(const struct range *in, const struct range *out)
{
	if ((in->ra_vp != NULL && vn_is(in->ra_vp, S_IFDIR)) ||
	    (out->ra_vp != NULL && vn_is(out->ra_vp, S_IFDIR)))
		return EISDIR;
	if (in->ra_vp == NULL || !vn_is(in->ra_vp, S_IFREG) ||
	    out->ra_vp == NULL || !vn_is(out->ra_vp, S_IFREG))
		return EINVAL;
	if (!file_readable(in->ra_fp) || !file_writable(out->ra_fp) ||
	    (file_flags(out->ra_fp) & O_APPEND))
		return EBADF;
	/* What memfd_create makes is on a file system of its own. */
	return in->ra_vp->v_mount != out->ra_vp->v_mount ||
	    (vfs_memfdname(in->ra_vp) == NULL) !=
	    (vfs_memfdname(out->ra_vp) == NULL) ? EXDEV : 0;
}

/* In Linux's order; cuts *lenp to what is there. */
static int
rangecheck(const struct range *in, const struct range *out, size_t *lenp)
{
	int64_t size = __atomic_load_n(&in->ra_vp->v_size, __ATOMIC_RELAXED);
	int64_t a = place(in->ra_fp, in->ra_offp), lim;
	int64_t b = place(out->ra_fp, out->ra_offp);

	if ((uint64_t)a + *lenp < *lenp || (uint64_t)b + *lenp < *lenp)
		return EOVERFLOW;
	if (a >= size)
		*lenp = 0;
	else if (*lenp > (uint64_t)size - (uint64_t)a)
		*lenp = (uint64_t)size - (uint64_t)a;
	lim = (int64_t)rump_rlim_cur(curproc, RLIMIT_FSIZE);
	if (lim != -1 && b >= lim)
		rump_sig_self(RUMP_SIGXFSZ);
	else if (lim == -1)
		lim = INT64_MAX;
	if (b >= lim)
		return EFBIG;
	if (*lenp > (uint64_t)lim - (uint64_t)b)
		*lenp = (uint64_t)lim - (uint64_t)b;
	if (in->ra_vp == out->ra_vp && (a < b ? (uint64_t)(b - a) < *lenp :
	    (uint64_t)(a - b) < *lenp))
		return EINVAL;
	return badarea(a, *lenp) || badarea(b, *lenp) ? EINVAL : 0;
}

static long
copyrange(struct range *in, struct range *out, size_t len)
{
	int error;

	in->ra_vp = vfs_file_vnode(in->ra_fp);
	out->ra_vp = vfs_file_vnode(out->ra_fp);
	if ((error = rangefiles(in, out)) != 0 ||
	    (error = rangecheck(in, out, &len)) != 0)
		return -error;
	return copy(in->ra_fp, in->ra_offp, out->ra_fp, out->ra_offp,
	    len < COPY_MAX ? len : COPY_MAX);
}

static int
getoff(struct range *ra, const int64_t *uoff)
{
	ra->ra_offp = uoff != NULL ? &ra->ra_off : NULL;
	return uoff != NULL ? rump_copyin(uoff, &ra->ra_off, 8) : 0;
}

RUMP_RESTART6(copy_file_range, int, infd, int64_t *, uin, int, outfd,
    int64_t *, uout, size_t, len, unsigned, flags)
{
	struct range in, out;
	int error = 0;
	long ret;

	if ((ret = -rump_fd_get(infd, &in.ra_fp)) != 0)
		return ret;
	if ((ret = -rump_fd_get(outfd, &out.ra_fp)) == 0) {
		if ((ret = -getoff(&in, uin)) == 0 &&
		    (ret = -getoff(&out, uout)) == 0)
			ret = flags != 0 ? -EINVAL :
			    copyrange(&in, &out, len);
		rump_file_rele(out.ra_fp);
	}
	rump_file_rele(in.ra_fp);
	if (ret > 0 && uin != NULL)
		error |= rump_copyout(&in.ra_off, uin, 8);
	if (ret > 0 && uout != NULL)
		error |= rump_copyout(&out.ra_off, uout, 8);
	return error ? -EFAULT : ret;
}
