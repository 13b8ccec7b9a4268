/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * splice(2), tee(2), vmsplice(2).  For splice one end is a pipe.  A file that
 * takes data by itself (fo_splice: sockets, pipes) gets them so, and what a
 * pipe gives away (fo_take) is written from where it is; else they go through
 * a page.  Only the first piece is waited for.  A pipe that is said to have
 * room takes a whole page, so nothing that was read is left over unless
 * another writer is faster.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/pipe.h>
#include <vfs/vfs.h>
#include "fd.h"

#pragma weak vfs_spliceable

#define SPLICE_F_MOVE		1
#define SPLICE_F_NONBLOCK	2
#define SPLICE_F_MORE		4
#define SPLICE_F_GIFT		8
#define SPLICE_FLAGS		(unsigned)(SPLICE_F_MOVE | \
				SPLICE_F_NONBLOCK | SPLICE_F_MORE | \
				SPLICE_F_GIFT)
#define SPLICE_PAGE		4096
#define SPLICE_MAX		((size_t)INT32_MAX & ~(size_t)(SPLICE_PAGE - 1))

static int
splice_ready(struct file *fp, int event)
{

	return fp->f_ops->fo_poll == NULL ||
	    fp->f_ops->fo_poll(fp, event | POLLERR | POLLHUP, NULL) != 0;
}

/* One transfer of a kernel buffer; all of it when writing, or an error. */
static int
splice_io(struct file *fp, void *buf, size_t len, int64_t *off, int wr,
    size_t *donep)
{
	struct rump_iovec iov = { buf, len };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1,
	    .uio_resid = len, .uio_write = wr };
	int error;

	if (off == NULL) {
		error = wr ? rump_file_write(fp, &uio) :
		    rump_file_read(fp, &uio);
	} else {
		uio.uio_offset = *off;
		error = wr ? fp->f_ops->fo_write(fp, &uio, 0) :
		    fp->f_ops->fo_read(fp, &uio, 0);
		*off = uio.uio_offset;
	}
	*donep = len - uio.uio_resid;
	return *donep != 0 ? 0 : error;
}

static int
splice_copy(struct file *in, int64_t *inoff, struct file *out,
    int64_t *outoff, size_t len, size_t *donep)
{
	size_t got, put;
	int error = 0;
	void *buf;

	if ((buf = rump_page_alloc()) == NULL)
		return ENOMEM;
	while (len > 0) {
		error = splice_io(in, buf, len < SPLICE_PAGE ? len :
		    SPLICE_PAGE, inoff, 0, &got);
		if (error || got == 0)
			break;
		error = splice_io(out, buf, got, outoff, 1, &put);
		*donep += put;
		len -= put;
		if (error || put < got || !splice_ready(in, POLLIN) ||
		    !splice_ready(out, POLLOUT))
			break;
	}
	rump_page_free(buf);
	return error;
}

/* Out of a pipe; what the file does not take goes back. */
static int
splice_taken(struct file *in, struct file *out, int64_t *outoff, size_t len,
    size_t *donep)
{
	struct filelent lt;
	size_t put;
	int error = 0;

	while (len > 0 && error == 0) {
		error = in->f_ops->fo_take(in, len, *donep == 0, &lt);
		if (error || lt.lt_len == 0)
			break;
		error = splice_io(out, lt.lt_base, lt.lt_len, outoff, 1, &put);
		*donep += put;
		len -= put;
		if (put < lt.lt_len) {
			lt.lt_base = (char *)lt.lt_base + put;
			lt.lt_len -= put;
			rump_pipe_untake(in, &lt);
			break;
		}
		rump_file_holdrele(lt.lt_hold);
		if (!splice_ready(out, POLLOUT))
			break;
	}
	return error;
}

/* Not pipes: has Linux a splice_read, a splice_write for it? */
static int
splice_able(struct file *fp, int write)
{

	return vfs_spliceable != NULL ? vfs_spliceable(fp, write) :
	    (fp->f_ops->fo_flags & FOF_SPLICE) != 0;
}

/* off NULL: its own.  As Linux's rw_verify_area(). */
static int
splice_area(struct file *fp, const int64_t *off, size_t len)
{
	int64_t at;

	if (off != NULL) {
		if ((fp->f_ops->fo_flags & FOF_SEEKABLE) == 0)
			return EINVAL;
		at = *off;
	} else {
		rump_mutex_enter(&fp->f_offlock);
		at = fp->f_offset;
		rump_mutex_exit(&fp->f_offlock);
	}
	return at < 0 || len > (uint64_t)(INT64_MAX - at) ? EINVAL : 0;
}

static int
splice_nonblock(const struct file *fp)
{

	return (file_flags(fp) & O_NONBLOCK) != 0;
}

int
rump_splice_topipe(struct file *in, int64_t *inoff, struct file *out,
    size_t len, int nonblock, size_t *donep)
{
	size_t room;
	int error;

	error = rump_pipe_awaitroom(out, nonblock || splice_nonblock(out),
	    &room);
	if (error || len == 0)
		return error;
	if (in->f_type == FT_PIPE || !splice_able(in, 0))
		return EINVAL;
	if (splice_nonblock(in) && !splice_ready(in, POLLIN))
		return EAGAIN;
	error = out->f_ops->fo_splice(out, in, inoff, len, nonblock, donep);
	if (error != EOPNOTSUPP)
		return error;
	return splice_copy(in, inoff, out, NULL, len < room ? len : room,
	    donep);
}

static int
splice_frompipe(struct file *in, struct file *out, int64_t *outoff,
    size_t len, int nonblock, size_t *donep)
{
	size_t count;
	int error;

	if ((error = splice_area(out, outoff, len)) != 0)
		return error;
	if ((file_flags(out) & O_APPEND) || !splice_able(out, 1))
		return EINVAL;
	if ((error = rump_pipe_await(in, nonblock, &count)) != 0 || count == 0)
		return error;
	if (len > SPLICE_MAX)
		len = SPLICE_MAX;
	if (splice_nonblock(out) && !splice_ready(out, POLLOUT))
		return EAGAIN;
	if (out->f_ops->fo_splice != NULL && outoff == NULL) {
		error = out->f_ops->fo_splice(out, in, NULL, len,
		    splice_nonblock(out), donep);
		if (error != EOPNOTSUPP)
			return error;
	}
	return splice_taken(in, out, outoff, len, donep);
}

/* Between two pipes, for splice and tee: something to do, *countp bytes. */
static int
splice_await2(struct file *in, struct file *out, int nonblock, size_t *countp)
{
	size_t room = 0;
	int error;

	if (in->f_data == out->f_data)
		return EINVAL;
	nonblock |= splice_nonblock(in) | splice_nonblock(out);
	if ((error = rump_pipe_await(in, nonblock, countp)) == 0)
		error = rump_pipe_awaitroom(out, nonblock, &room);
	if (*countp > room)
		*countp = room;
	return error;
}

static int
splice_files(struct file *in, int64_t *inoff, struct file *out,
    int64_t *outoff, size_t len, unsigned flags, size_t *donep)
{
	int nonblock = (flags & SPLICE_F_NONBLOCK) != 0, error;
	size_t count;

	if (!file_readable(in) || !file_writable(out))
		return EBADF;
	if (in->f_type == FT_PIPE && out->f_type == FT_PIPE) {
		error = splice_await2(in, out, nonblock, &count);
		if (error || count == 0)
			return error;
		return out->f_ops->fo_splice(out, in, NULL, len, 1, donep);
	}
	if (in->f_type == FT_PIPE)
		return splice_frompipe(in, out, outoff, len, nonblock |
		    splice_nonblock(in), donep);
	if (out->f_type != FT_PIPE)
		return EINVAL;
	if ((error = splice_area(in, inoff, len)) != 0)
		return error;
	return rump_splice_topipe(in, inoff, out, len, nonblock, donep);
}

/* An offset that the program gave: not of pipes. */
static int
splice_off(const struct file *fp, const int64_t *uoff, int64_t *off)
{

	if (uoff == NULL)
		return 0;
	return fp->f_type == FT_PIPE ? ESPIPE :
	    rump_copyin(uoff, off, sizeof(*off));
}

static long
splice_do(struct file *in, int64_t *uin, struct file *out, int64_t *uout,
    size_t len, unsigned flags)
{
	int64_t inoff = 0, outoff = 0;
	size_t done = 0;
	int error;

	if ((uin != NULL && in->f_type == FT_PIPE) ||
	    (uout != NULL && out->f_type == FT_PIPE))
		return -ESPIPE;
	if ((error = splice_off(out, uout, &outoff)) != 0 ||
	    (error = splice_off(in, uin, &inoff)) != 0)
		return -error;
	error = splice_files(in, uin ? &inoff : NULL, out,
	    uout ? &outoff : NULL, len, flags, &done);
	if (done == 0 && error)
		return -error;
	if ((uout != NULL && rump_copyout(&outoff, uout, 8) != 0) ||
	    (uin != NULL && rump_copyout(&inoff, uin, 8) != 0))
		return -EFAULT;
	return (long)done;
}

RUMP_RESTART6(splice, int, infd, int64_t *, uin, int, outfd, int64_t *, uout,
    size_t, len, unsigned, flags)
{
	struct file *in, *out;
	long r;

	if (len == 0)
		return 0;
	if (flags & ~SPLICE_FLAGS)
		return -EINVAL;
	if ((r = -rump_fd_get(infd, &in)) != 0)
		return r;
	if ((r = -rump_fd_get(outfd, &out)) == 0) {
		r = splice_do(in, uin, out, uout, len, flags);
		rump_file_rele(out);
	}
	rump_file_rele(in);
	return r;
}

/* What is in one pipe, to another one as well. */
static int
tee_copy(struct file *in, struct file *out, size_t len, size_t *donep)
{
	char *buf = rump_page_alloc();
	size_t got, put;
	int error = 0;

	if (buf == NULL)
		return ENOMEM;
	while (*donep < len && error == 0) {
		got = len - *donep < SPLICE_PAGE ? len - *donep : SPLICE_PAGE;
		got = rump_pipe_peek(in, *donep, buf, got);
		if (got == 0)
			break;
		error = splice_io(out, buf, got, NULL, 1, &put);
		*donep += put;
		if (put < got)
			break;
	}
	rump_page_free(buf);
	return *donep != 0 ? 0 : error;
}

static int
tee_files(struct file *in, struct file *out, size_t len, unsigned flags,
    size_t *donep)
{
	size_t count;
	int error;

	if (!file_readable(in) || !file_writable(out))
		return EBADF;
	if (in->f_type != FT_PIPE || out->f_type != FT_PIPE)
		return EINVAL;
	error = splice_await2(in, out, (flags & SPLICE_F_NONBLOCK) != 0,
	    &count);
	return error ? error : tee_copy(in, out, len < count ? len : count,
	    donep);
}

RUMP_RESTART4(tee, int, infd, int, outfd, size_t, len, unsigned, flags)
{
	struct file *in, *out;
	size_t done = 0;
	int error;

	if (flags & ~SPLICE_FLAGS)
		return -EINVAL;
	if (len == 0)
		return 0;
	if ((error = rump_fd_get(infd, &in)) != 0)
		return -error;
	if ((error = rump_fd_get(outfd, &out)) == 0) {
		error = tee_files(in, out, len, flags, &done);
		rump_file_rele(out);
	}
	rump_file_rele(in);
	return error ? -error : (long)done;
}

/*
 * What there is, or what there is room for; only the first byte is waited
 * for.  The bytes are copied, as nothing promises that they are not.
 */
static long
vmsplice_move(struct file *fp, struct uio *uio, int nonblock)
{
	size_t total = uio->uio_resid, count;
	int error;

	if (total == 0)
		return 0;
	if (fp->f_type != FT_PIPE)
		return -EBADF;
	if (uio->uio_write) {
		error = rump_pipe_putsome(fp, uio, nonblock);
	} else {
		error = rump_pipe_await(fp, nonblock, &count);
		if (error == 0 && count != 0)
			error = fp->f_ops->fo_read(fp, uio, 0);
	}
	total -= uio->uio_resid;
	return total != 0 ? (long)total : -error;
}

RUMP_RESTART4(vmsplice, int, fd, const void *, uiov, unsigned long, n,
    unsigned, flags)
{
	struct rump_iovec stack[IO_IOVSTACK], *iov;
	struct uio uio = { .uio_iov = stack };
	struct file *fp;
	long r;

	if (flags & ~SPLICE_FLAGS)
		return -EINVAL;
	if ((r = -rump_fd_get(fd, &fp)) != 0)
		return r;
	uio.uio_write = file_writable(fp) != 0;
	if (!uio.uio_write && !file_readable(fp))
		r = -EBADF;
	else
		r = -rump_io_iovec(&uio, uiov, n);
	iov = uio.uio_iov;
	if (r == 0)
		r = vmsplice_move(fp, &uio, (flags & SPLICE_F_NONBLOCK) != 0);
	if (iov != stack)
		rump_kmem_free(iov, n * sizeof(*iov));
	rump_file_rele(fp);
	return r;
}
