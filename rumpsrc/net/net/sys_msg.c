/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that send and receive.  sendto and recvfrom without an address
 * on a stream go the short way; everything else becomes a uio.
 */
#include <asm/errno.h>
#include <kern/clock.h>
#include <kern/fdtable.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <linux/time_types.h>
#include "sys_priv.h"

#define IOV_MAX		1024
#define IOV_STACK	8
#define MMSG_MAX	1024
#define MSG_CMSG_COMPAT	0x80000000U

/* A plain buffer of the program's. */
static void
sys_uio(struct uio *uio, struct rump_iovec *iov, void *buf, size_t len,
    int write)
{

	iov->iov_base = buf;
	iov->iov_len = len < 0x7ffff000 ? len : 0x7ffff000;
	uio->uio_iov = iov;
	uio->uio_iovcnt = 1;
	uio->uio_offset = 0;
	uio->uio_resid = iov->iov_len;
	uio->uio_write = write;
}

/* so_fromfd() in place, for the usual descriptor. */
static inline int
sys_fromfd(const struct lwp *l, int fd, struct file **fpp,
    struct socket **sop)
{
	struct fdtable *t = l->l_proc->p_fdt;
	struct file *fp;

	rump_mutex_enter(&t->fdt_lock);
	fp = rump_fdtable_get(t, fd);
	rump_mutex_exit(&t->fdt_lock);
	if (__builtin_expect(fp != NULL && fp->f_type == FT_SOCKET, 1)) {
		*fpp = fp;
		*sop = fp->f_data;
		return 0;
	}
	if (fp != NULL)
		rump_file_rele(fp);
	return so_fromfd(fd, fpp, sop);
}

static __attribute__((__noinline__)) long
sys_sendlong(struct file *fp, struct socket *so, void *buf, size_t len,
    int flags, const void *uaddr, unsigned alen)
{
	char ss[SOCK_STORAGE] __attribute__((__aligned__(8)));
	struct rump_iovec iov;
	struct uio uio;
	int error = 0;

	sys_uio(&uio, &iov, buf, len, 1);
	len = uio.uio_resid;
	if (uaddr != NULL)
		error = rump_sys_sockaddr(uaddr, alen, (void *)ss);
	if (error == 0)
		error = so_send(so, uaddr != NULL ? (void *)ss : NULL, alen,
		    &uio, NULL, flags | sock_nonblock(fp));
	return error ? -error : (long)(len - uio.uio_resid);
}

RUMP_RESTART6(sendto, int, fd, const void *, ubuf, size_t, len, int, flags,
    const void *, uaddr, unsigned, alen)
{
	void *buf = (void *)(uintptr_t)ubuf;
	struct socket *so;
	struct file *fp;
	long r = -1;
	int error;

	if ((error = sys_fromfd(gatelwp, fd, &fp, &so)) != 0)
		return -error;
	if ((so->so_proto->pr_flags & PR_STREAM) &&
	    (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) == 0)
		r = so_sendfast(so, buf, len);
	if (r < 0)
		r = sys_sendlong(fp, so, buf, len, flags, uaddr, alen);
	rump_file_put(fp);
	return r;
}

static __attribute__((__noinline__)) long
sys_recvlong(struct file *fp, struct socket *so, void *buf, size_t len,
    int flags, void *uaddr, unsigned *ulen)
{
	char ss[SOCK_STORAGE] __attribute__((__aligned__(8)));
	struct rump_iovec iov;
	struct uio uio;
	unsigned alen = 0;
	int error;

	sys_uio(&uio, &iov, buf, len, 0);
	len = uio.uio_resid;
	flags |= sock_nonblock(fp);
	error = so_receive(so, (void *)ss, uaddr != NULL ? &alen : NULL, &uio,
	    NULL, &flags);
	if (error == 0 && uaddr != NULL)
		error = rump_sys_putaddr((void *)ss, alen, uaddr, ulen);
	return error ? -error : (long)(len - uio.uio_resid);
}

RUMP_RESTART6(recvfrom, int, fd, void *, buf, size_t, len, int, flags,
    void *, uaddr, unsigned *, ulen)
{
	struct socket *so;
	struct file *fp;
	long r = -1;
	int error;

	if ((error = sys_fromfd(gatelwp, fd, &fp, &so)) != 0)
		return -error;
	if (uaddr == NULL && (so->so_proto->pr_flags & PR_STREAM) &&
	    (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) == 0)
		r = so_recvfast(so, buf, len);
	if (r < 0)
		r = sys_recvlong(fp, so, buf, len, flags, uaddr, ulen);
	rump_file_put(fp);
	return r;
}

/*
 * A struct msghdr taken in: with the vector and the address.
 */
struct sysmsg {
	struct msghdr	sm_hdr;
	struct rump_iovec *sm_iov;	/* sm_stack, or allocated */
	struct uio	sm_uio;
	size_t		sm_len;
	struct rump_iovec sm_stack[IOV_STACK];
	char		sm_addr[SOCK_STORAGE] __attribute__((__aligned__(8)));
};

static void
sys_msgfree(struct sysmsg *sm)
{

	if (sm->sm_iov != sm->sm_stack)
		rump_kmem_free(sm->sm_iov, sm->sm_hdr.msg_iovlen *
		    sizeof(struct rump_iovec));
}

static int
sys_msgvec(struct sysmsg *sm, int write)
{
	size_t i, n = sm->sm_hdr.msg_iovlen, total = 0;
	int error = 0;

	if (n != 0)
		error = rump_copyin(sm->sm_hdr.msg_iov, sm->sm_iov,
		    n * sizeof(struct rump_iovec));
	for (i = 0; i < n && error == 0; i++) {
		if (sm->sm_iov[i].iov_len > SIZE_MAX / 2 - total)
			error = EINVAL;
		total += sm->sm_iov[i].iov_len;
	}
	sm->sm_len = total < 0x7ffff000 ? total : 0x7ffff000;
	sm->sm_uio.uio_iov = sm->sm_iov;
	sm->sm_uio.uio_iovcnt = (int)n;
	sm->sm_uio.uio_offset = 0;
	sm->sm_uio.uio_resid = sm->sm_len;
	sm->sm_uio.uio_write = write;
	return error;
}

static int
sys_msgin(struct sysmsg *sm, const void *umsg, int write)
{
	size_t n;
	int error;

	if ((error = rump_copyin(umsg, &sm->sm_hdr, sizeof(sm->sm_hdr))) != 0)
		return error;
	if (sm->sm_hdr.msg_name == NULL)
		sm->sm_hdr.msg_namelen = 0;
	if (sm->sm_hdr.msg_namelen < 0)
		return EINVAL;
	if ((n = sm->sm_hdr.msg_iovlen) > IOV_MAX)
		return EMSGSIZE;
	sm->sm_iov = n <= IOV_STACK ? sm->sm_stack :
	    rump_kmem_alloc(n * sizeof(struct rump_iovec));
	if (sm->sm_iov == NULL)
		return ENOMEM;
	if ((error = sys_msgvec(sm, write)) != 0)
		sys_msgfree(sm);
	return error;
}

static long
sys_sendone(struct socket *so, const void *umsg, int flags)
{
	struct mbuf *control = NULL;
	struct sysmsg sm;
	unsigned alen;
	int error;

	if ((error = sys_msgin(&sm, umsg, 1)) != 0)
		return -error;
	alen = (unsigned)sm.sm_hdr.msg_namelen;
	if (alen > SOCK_STORAGE)
		alen = SOCK_STORAGE;
	if (alen != 0)
		error = rump_sys_sockaddr(sm.sm_hdr.msg_name, alen,
		    (void *)sm.sm_addr);
	if (error == 0)
		error = cmsg_import(sm.sm_hdr.msg_control,
		    sm.sm_hdr.msg_controllen, &control);
	if (error == 0)
		error = so_send(so, alen ? (void *)sm.sm_addr : NULL, alen,
		    &sm.sm_uio, control, flags);
	sys_msgfree(&sm);
	return error ? -error : (long)(sm.sm_len - sm.sm_uio.uio_resid);
}

/* What recvmsg tells besides the data, into *umsg. */
static int
sys_msgout(struct sysmsg *sm, struct msghdr *umsg, unsigned alen,
    struct mbuf *control, int msgflags, int cloexec)
{
	size_t clen = sm->sm_hdr.msg_controllen;
	unsigned room = (unsigned)sm->sm_hdr.msg_namelen;
	int error;

	error = cmsg_export(control, sm->sm_hdr.msg_control, &clen, &msgflags,
	    cloexec);
	if (error)
		return error;
	if (sm->sm_hdr.msg_name != NULL) {
		error = rump_copyout(sm->sm_addr, sm->sm_hdr.msg_name,
		    room < alen ? room : alen);
		if (error)
			return error;
		umsg->msg_namelen = (int)alen;
	}
	umsg->msg_controllen = clen;
	umsg->msg_flags = (unsigned)msgflags;
	return 0;
}

static long
sys_recvone(struct socket *so, struct msghdr *umsg, int flags)
{
	struct mbuf *control = NULL;
	struct sysmsg sm;
	unsigned alen = 0;
	int error, f = flags & ~MSG_CMSG_CLOEXEC;

	if ((error = sys_msgin(&sm, umsg, 0)) != 0)
		return -error;
	error = so_receive(so, (void *)sm.sm_addr, sm.sm_hdr.msg_name != NULL ?
	    &alen : NULL, &sm.sm_uio, &control, &f);
	if (error == 0)
		error = sys_msgout(&sm, umsg, alen, control,
		    f | (flags & MSG_CMSG_CLOEXEC),
		    (flags & MSG_CMSG_CLOEXEC) != 0);
	sys_msgfree(&sm);
	return error ? -error : (long)(sm.sm_len - sm.sm_uio.uio_resid);
}

RUMP_RESTART3(sendmsg, int, fd, const void *, umsg, int, flags)
{
	struct socket *so;
	struct file *fp;
	long r;
	int error;

	if ((unsigned)flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	r = sys_sendone(so, umsg, flags | sock_nonblock(fp));
	rump_file_rele(fp);
	return r;
}

RUMP_RESTART3(recvmsg, int, fd, void *, umsg, int, flags)
{
	struct socket *so;
	struct file *fp;
	long r;
	int error;

	if ((unsigned)flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	r = sys_recvone(so, umsg, flags | sock_nonblock(fp));
	rump_file_rele(fp);
	return r;
}

RUMP_RESTART4(sendmmsg, int, fd, void *, uvec, unsigned, n, unsigned, uflags)
{
	struct mmsghdr *vec = uvec;
	int error, flags = (int)uflags;
	struct socket *so;
	struct file *fp;
	unsigned i, len;
	long r = 0;

	if (uflags & MSG_CMSG_COMPAT)
		return -EINVAL;
	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	flags |= sock_nonblock(fp);
	for (i = 0; i < n && i < MMSG_MAX; i++) {
		r = sys_sendone(so, &vec[i].msg_hdr, flags);
		if (r < 0)
			break;
		len = (unsigned)r;
		r = -rump_copyout(&len, &vec[i].msg_len, sizeof(len));
		if (r < 0)
			break;
	}
	rump_file_rele(fp);
	return i != 0 ? (long)i : r;
}

static long
sys_recvmany(struct file *fp, struct socket *so, struct mmsghdr *vec,
    unsigned n, int flags, int64_t deadline)
{
	int f = (flags & ~MSG_WAITFORONE) | sock_nonblock(fp);
	unsigned i, len;
	long r;

	rump_mutex_enter(&so->so_lock);
	r = flags & MSG_ERRQUEUE ? 0 : -so_takeerror(so);
	rump_mutex_exit(&so->so_lock);
	if (r < 0)
		return r;
	for (i = 0; i < n; ) {
		r = sys_recvone(so, &vec[i].msg_hdr, f);
		if (r < 0)
			break;
		len = (unsigned)r;
		r = -rump_copyout(&len, &vec[i].msg_len, sizeof(len));
		if (r < 0)
			break;
		i++;
		if (flags & MSG_WAITFORONE)
			f |= MSG_DONTWAIT;
		if (deadline != INT64_MAX && rump_monotonic() >= deadline)
			break;
		if (vec[i - 1].msg_hdr.msg_flags & MSG_OOB)
			break;
	}
	if (i == 0)
		return r;
	/* The next call tells of it. */
	if (r < 0 && r != -EAGAIN) {
		rump_mutex_enter(&so->so_lock);
		so->so_error = (int)-r;
		rump_mutex_exit(&so->so_lock);
	}
	return (long)i;
}

RUMP_RESTART5(recvmmsg, int, fd, void *, vec, unsigned, n, unsigned, flags,
    void *, utimeout)
{
	int64_t dl, left;
	struct __kernel_timespec ts;
	struct socket *so;
	struct file *fp;
	long r;
	int error;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	if ((error = rump_ts_deadline(utimeout, TS_RELATIVE, &dl)) != 0 ||
	    (error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	r = sys_recvmany(fp, so, vec, n < MMSG_MAX ? n : MMSG_MAX, (int)flags,
	    dl);
	rump_file_rele(fp);
	if (r > 0 && dl != INT64_MAX) {
		left = dl - rump_monotonic();
		ts.tv_sec = left > 0 ? left / NSEC_PER_SEC : 0;
		ts.tv_nsec = left > 0 ? left % NSEC_PER_SEC : 0;
		if ((error = rump_copyout(&ts, utimeout, sizeof(ts))) != 0)
			return -error;
	}
	return r;
}
