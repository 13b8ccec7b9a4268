/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that make and name sockets, and options. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <net/ifnet.h>
#include "sys_priv.h"

#define SOCK_FLAGS	(SOCK_CLOEXEC | SOCK_NONBLOCK)
#define OPT_STACK	64	/* bytes of most options */

int
rump_sys_sockaddr(const void *uaddr, unsigned len, struct sockaddr *sa)
{

	if (len > SOCK_STORAGE)
		return EINVAL;
	return len == 0 ? 0 : rump_copyin(uaddr, sa, len);
}

int
rump_sys_putaddr(const struct sockaddr *sa, unsigned len, void *uaddr,
    unsigned *ulen)
{
	unsigned room;
	int error;

	if ((error = rump_copyin(ulen, &room, sizeof(room))) != 0)
		return error;
	if ((int)room < 0)
		return EINVAL;
	if (room > len)
		room = len;
	if (room != 0 && (error = rump_copyout(sa, uaddr, room)) != 0)
		return error;
	return rump_copyout(&len, ulen, sizeof(len));
}

static int
sys_oflags(int type)
{

	return (type & SOCK_CLOEXEC ? O_CLOEXEC : 0) |
	    (type & SOCK_NONBLOCK ? O_NONBLOCK : 0);
}

RUMP_SYSCALL3(socket, int, domain, int, type, int, proto)
{
	struct socket *so;
	int fd, error;

	if (type & ~(0xf | SOCK_FLAGS))
		return -EINVAL;
	error = so_create(domain, type & 0xf, proto, &so);
	if (error == 0)
		error = so_open(so, sys_oflags(type), &fd);
	return error ? -error : fd;
}

static int
sys_pair(struct socket *const *so, int oflags, int *ufds)
{
	int fds[2], error;

	if ((error = so_open(so[0], oflags, &fds[0])) != 0) {
		(void)so_close(so[1]);
		so_rele(so[1]);
		return error;
	}
	if ((error = so_open(so[1], oflags, &fds[1])) == 0) {
		error = rump_copyout(fds, ufds, sizeof(fds));
		if (error == 0)
			return 0;
		(void)rump_fd_close(fds[1]);
	}
	(void)rump_fd_close(fds[0]);
	return error;
}

RUMP_SYSCALL4(socketpair, int, domain, int, type, int, proto, int *, fds)
{
	struct socket *so[2];
	int i, error;

	if (type & ~(0xf | SOCK_FLAGS))
		return -EINVAL;
	for (i = 0; i < 2; i++) {
		error = so_create(domain, type & 0xf, proto, &so[i]);
		if (error)
			goto fail;
	}
	error = so[0]->so_proto->pr_connect2 == NULL ? EOPNOTSUPP :
	    so[0]->so_proto->pr_connect2(so[0], so[1]);
	if (error == 0)
		return -sys_pair(so, sys_oflags(type), fds);
fail:
	while (i-- > 0) {
		(void)so_close(so[i]);
		so_rele(so[i]);
	}
	return -error;
}

RUMP_SYSCALL3(bind, int, fd, const void *, uaddr, unsigned, len)
{
	char ss[SOCK_STORAGE] __attribute__((__aligned__(8)));
	struct socket *so;
	struct file *fp;
	int error;

	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	error = rump_sys_sockaddr(uaddr, len, (void *)ss);
	if (error == 0)
		error = len < sizeof(uint16_t) ? EINVAL :
		    so_bind(so, (void *)ss, len);
	rump_file_rele(fp);
	return -error;
}

RUMP_RESTART3(connect, int, fd, const void *, uaddr, unsigned, len)
{
	char ss[SOCK_STORAGE] __attribute__((__aligned__(8)));
	struct socket *so;
	struct file *fp;
	int error;

	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	error = rump_sys_sockaddr(uaddr, len, (void *)ss);
	if (error == 0)
		error = so_connect(so, (void *)ss, len, sock_nonblock(fp));
	rump_file_rele(fp);
	return -error;
}

RUMP_SYSCALL2(listen, int, fd, int, backlog)
{
	struct socket *so;
	struct file *fp;
	int error;

	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	error = so_listen(so, backlog);
	rump_file_rele(fp);
	return -error;
}

RUMP_SYSCALL2(shutdown, int, fd, int, how)
{
	struct socket *so;
	struct file *fp;
	int error;

	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	error = so_shutdown(so, how);
	rump_file_rele(fp);
	return -error;
}

/* peer 0: our own name. */
static int
sys_name(struct socket *so, int peer, struct sockaddr *sa, unsigned *lenp)
{
	const struct protosw *pr = so->so_proto;
	int error;

	rump_mutex_enter(&so->so_lock);
	if (peer)
		error = pr->pr_peername != NULL ?
		    pr->pr_peername(so, sa, lenp) : EOPNOTSUPP;
	else
		error = pr->pr_sockname != NULL ?
		    pr->pr_sockname(so, sa, lenp) : EOPNOTSUPP;
	rump_mutex_exit(&so->so_lock);
	return error;
}

static __attribute__((__noinline__)) long
sys_getname(int fd, int peer, void *uaddr, unsigned *ulen)
{
	char ss[SOCK_STORAGE] __attribute__((__aligned__(8)));
	unsigned len = sizeof(ss);
	struct socket *so;
	struct file *fp;
	int error;

	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	error = sys_name(so, peer, (void *)ss, &len);
	if (error == 0)
		error = rump_sys_putaddr((void *)ss, len, uaddr, ulen);
	rump_file_rele(fp);
	return -error;
}

RUMP_SYSCALL3(getsockname, int, fd, void *, uaddr, unsigned *, ulen)
{

	return sys_getname(fd, 0, uaddr, ulen);
}

RUMP_SYSCALL3(getpeername, int, fd, void *, uaddr, unsigned *, ulen)
{

	return sys_getname(fd, 1, uaddr, ulen);
}

/* The connection's file; it goes back to the queue when there is none. */
static int
sys_acceptfd(struct socket *head, struct socket *so, int flags, int *fdp)
{
	int error;

	so_setnofile(so, 0);
	error = rump_fd_open(FT_SOCKET, &rump_socket_ops, so,
	    O_RDWR | sys_oflags(flags), fdp);
	if (error) {
		so_setnofile(so, 1);
		so_unaccept(head, so);
	}
	return error;
}

static int
sys_accepted(struct socket *so, void *uaddr, unsigned *ulen)
{
	char ss[SOCK_STORAGE] __attribute__((__aligned__(8)));
	unsigned len = sizeof(ss);
	struct socket *head;
	int error = 0;

	rump_mutex_enter(&so->so_lock);
	head = so->so_head;
	if (so->so_proto->pr_accepted != NULL)
		error = so->so_proto->pr_accepted(so);
	if (uaddr != NULL && error == 0)
		error = so->so_proto->pr_peername(so, (void *)ss, &len);
	so->so_head = NULL;
	rump_mutex_exit(&so->so_lock);
	if (head != NULL)
		so_rele(head);
	if (uaddr == NULL || error)
		return error;
	return rump_sys_putaddr((void *)ss, len, uaddr, ulen);
}

static __attribute__((__noinline__)) long
sys_doaccept(int fd, void *uaddr, unsigned *ulen, int flags)
{
	struct socket *head, *so;
	struct file *fp;
	int error, newfd = -1;

	if (flags & ~SOCK_FLAGS)
		return -EINVAL;
	if ((error = so_fromfd(fd, &fp, &head)) != 0)
		return -error;
	error = so_accept(head, sock_nonblock(fp), &so);
	if (error == 0) {
		so_ref(so);	/* its descriptor may be closed at once */
		error = sys_acceptfd(head, so, flags, &newfd);
		if (error == 0 && (error = sys_accepted(so, uaddr, ulen)) != 0)
			(void)rump_fd_close(newfd);
		so_rele(so);
	}
	rump_file_rele(fp);
	return error ? -error : newfd;
}

RUMP_RESTART3(accept, int, fd, void *, uaddr, unsigned *, ulen)
{

	return sys_doaccept(fd, uaddr, ulen, 0);
}

RUMP_RESTART4(accept4, int, fd, void *, uaddr, unsigned *, ulen, int, flags)
{

	return sys_doaccept(fd, uaddr, ulen, flags);
}

/*
 * Options.
 */
static __attribute__((__noinline__)) int
sys_bigopt(struct socket *so, int level, int name, const void *uval,
    unsigned len)
{
	void *val;
	int error;

	if (len > SO_OPTMAX)
		return ENOBUFS;
	if ((val = rump_kmem_alloc(len)) == NULL)
		return ENOBUFS;
	if ((error = rump_copyin(uval, val, len)) == 0)
		error = so_setopt(so, level, name, val, len);
	rump_kmem_free(val, len);
	return error;
}

static int
sys_smallopt(struct socket *so, int level, int name, const void *uval,
    unsigned len)
{
	char val[OPT_STACK] __attribute__((__aligned__(8)));
	int error;

	if (len != 0 && (error = rump_copyin(uval, val, len)) != 0)
		return error;
	return so_setopt(so, level, name, val, len);
}

RUMP_SYSCALL5(setsockopt, int, fd, int, level, int, name, const void *, uval,
    unsigned, len)
{
	struct socket *so;
	struct file *fp;
	int error;

	if ((int)len < 0)
		return -EINVAL;
	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	error = len > OPT_STACK ? sys_bigopt(so, level, name, uval, len) :
	    sys_smallopt(so, level, name, uval, len);
	rump_file_rele(fp);
	return -error;
}

static int
sys_getopt(struct socket *so, int level, int name, void *uval, unsigned *lenp)
{
	char stack[OPT_STACK] __attribute__((__aligned__(8)));
	unsigned size = *lenp > SO_OPTMAX ? SO_OPTMAX : *lenp;
	char *val = stack;
	int error;

	*lenp = size;
	if (size > OPT_STACK && (val = rump_kmem_alloc(size)) == NULL)
		return ENOBUFS;
	memset(val, 0, size);
	(void)rump_net_drain();		/* SO_ERROR of what was just sent */
	error = so_getopt(so, level, name, val, lenp);
	if (error == 0 && *lenp != 0)
		error = rump_copyout(val, uval, *lenp);
	if (val != stack)
		rump_kmem_free(val, size);
	return error;
}

RUMP_SYSCALL5(getsockopt, int, fd, int, level, int, name, void *, uval,
    unsigned *, ulen)
{
	struct socket *so;
	struct file *fp;
	unsigned len;
	int error;

	if ((error = so_fromfd(fd, &fp, &so)) != 0)
		return -error;
	if ((error = rump_copyin(ulen, &len, sizeof(len))) == 0) {
		error = (int)len < 0 ? EINVAL :
		    sys_getopt(so, level, name, uval, &len);
		if (error == 0)
			error = rump_copyout(&len, ulen, sizeof(len));
	}
	rump_file_rele(fp);
	return -error;
}
