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

#define SPLICE_F_MOVE		1
#define SPLICE_F_NONBLOCK	2
#define SPLICE_F_MORE		4
#define SPLICE_F_GIFT		8
#define SPLICE_PAGE		4096

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

static int
splice_check(struct file *in, const int64_t *inoff, struct file *out,
    const int64_t *outoff)
{

	if (!file_readable(in) || !file_writable(out))
		return EBADF;
	if (in->f_type != FT_PIPE && out->f_type != FT_PIPE)
		return EINVAL;
	if (in->f_type == FT_PIPE && out->f_type == FT_PIPE &&
	    in->f_data == out->f_data)
		return EINVAL;
	if ((inoff != NULL && (in->f_ops->fo_flags & FOF_SEEKABLE) == 0) ||
	    (outoff != NULL && (out->f_ops->fo_flags & FOF_SEEKABLE) == 0))
		return ESPIPE;
	if ((inoff != NULL && *inoff < 0) || (outoff != NULL && *outoff < 0) ||
	    (out->f_type != FT_PIPE && (file_flags(out) & O_APPEND)) ||
	    in->f_ops->fo_read == NULL || out->f_ops->fo_write == NULL)
		return EINVAL;
	return 0;
}

static int
splice_files(struct file *in, int64_t *inoff, struct file *out,
    int64_t *outoff, size_t len, unsigned flags, size_t *donep)
{
	int error, nonblock = (flags & SPLICE_F_NONBLOCK) != 0;

	if ((error = splice_check(in, inoff, out, outoff)) != 0)
		return error;
	if (len > INT32_MAX)
		len = INT32_MAX & ~(SPLICE_PAGE - 1);
	if (in->f_type == FT_PIPE) {
		if ((error = rump_pipe_await(in, nonblock)) != 0)
			return error;
	} else if ((file_flags(in) & O_NONBLOCK) && !splice_ready(in, POLLIN)) {
		return EAGAIN;
	}
	if (((nonblock && out->f_type == FT_PIPE) ||
	    (file_flags(out) & O_NONBLOCK)) && !splice_ready(out, POLLOUT))
		return EAGAIN;
	if (out->f_ops->fo_splice != NULL && outoff == NULL) {
		error = out->f_ops->fo_splice(out, in, inoff, len,
		    (file_flags(out) & O_NONBLOCK) != 0, donep);
		if (error != EOPNOTSUPP)
			return error;
	}
	return in->f_type == FT_PIPE ?
	    splice_taken(in, out, outoff, len, donep) :
	    splice_copy(in, inoff, out, outoff, len, donep);
}

RUMP_RESTART6(splice, int, infd, int64_t *, uin, int, outfd, int64_t *, uout,
    size_t, len, unsigned, flags)
{
	int64_t inoff = 0, outoff = 0;
	struct file *in, *out;
	size_t done = 0;
	int error;

	if (len == 0)
		return 0;
	if (flags & ~(unsigned)(SPLICE_F_MOVE | SPLICE_F_NONBLOCK |
	    SPLICE_F_MORE | SPLICE_F_GIFT))
		return -EINVAL;
	if ((uin != NULL &&
	    (error = rump_copyin(uin, &inoff, sizeof(inoff))) != 0) ||
	    (uout != NULL &&
	    (error = rump_copyin(uout, &outoff, sizeof(outoff))) != 0) ||
	    (error = rump_fd_get(infd, &in)) != 0)
		return -error;
	if ((error = rump_fd_get(outfd, &out)) == 0) {
		error = splice_files(in, uin ? &inoff : NULL, out,
		    uout ? &outoff : NULL, len, flags, &done);
		rump_file_rele(out);
	}
	rump_file_rele(in);
	if (done == 0)
		return -error;
	if (uin != NULL)
		(void)rump_copyout(&inoff, uin, sizeof(inoff));
	if (uout != NULL)
		(void)rump_copyout(&outoff, uout, sizeof(outoff));
	return (long)done;
}

#define SPLICE_FLAGS	(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | \
			SPLICE_F_GIFT)

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
		if (got == 0 || (*donep != 0 && !splice_ready(out, POLLOUT)))
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
	int nonblock = (flags & SPLICE_F_NONBLOCK) != 0, error;

	if (!file_readable(in) || !file_writable(out))
		return EBADF;
	if (in->f_type != FT_PIPE || out->f_type != FT_PIPE ||
	    in->f_data == out->f_data)
		return EINVAL;
	if ((error = rump_pipe_await(in, nonblock)) != 0)
		return error;
	if (out->f_ops->fo_poll(out, 0, NULL) & POLLERR) {
		rump_sig_self(RUMP_SIGPIPE);
		return EPIPE;
	}
	if (nonblock && !splice_ready(out, POLLOUT))
		return EAGAIN;
	return tee_copy(in, out, len, donep);
}

RUMP_SYSCALL4(tee, int, infd, int, outfd, size_t, len, unsigned, flags)
{
	struct file *in, *out;
	size_t done = 0;
	int error;

	if (flags & ~(unsigned)SPLICE_FLAGS)
		return -EINVAL;
	if (len == 0)
		return 0;
	if ((error = rump_fd_get(infd, &in)) != 0)
		return -error;
	if ((error = rump_fd_get(outfd, &out)) == 0) {
		error = tee_files(in, out, len < INT32_MAX ? len : INT32_MAX,
		    flags, &done);
		rump_file_rele(out);
	}
	rump_file_rele(in);
	return error ? -error : (long)done;
}

/* Is it a pipe, which way, and would it wait?  0 or an errno. */
static int
vmsplice_check(int fd, unsigned flags, int *write)
{
	struct file *fp;
	int error = rump_fd_get(fd, &fp);

	if (error)
		return error;
	*write = (file_flags(fp) & O_ACCMODE) != O_RDONLY;
	if (fp->f_type != FT_PIPE)
		error = EBADF;
	else if (!*write)
		error = rump_pipe_await(fp, (flags & SPLICE_F_NONBLOCK) != 0);
	else if (flags & SPLICE_F_NONBLOCK && !splice_ready(fp, POLLOUT))
		error = EAGAIN;
	rump_file_rele(fp);
	return error;
}

/* The bytes are copied, as nothing promises that they are not. */
long
rump_sysimpl_vmsplice(int fd, const void *iov, unsigned long n, unsigned flags)
{
	int error, write = 0;

	if (flags & ~(unsigned)SPLICE_FLAGS || n > INT32_MAX)
		return -EINVAL;
	rump_schedule();
	error = vmsplice_check(fd, flags, &write);
	rump_unschedule();
	if (error)
		return -error;
	return write ? rump_sysimpl_writev(fd, iov, (int)n) :
	    rump_sysimpl_readv(fd, iov, (int)n);
}
