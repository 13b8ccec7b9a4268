/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process and another: process_vm_readv, process_vm_writev, kcmp.  They
 * share the address space, so addresses of the other one's are plain ones.
 */
#include <asm/errno.h>
#include <linux/kcmp.h>
#include <string.h>
#include <kern/fdtable.h>
#include <kern/file.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define PEER_MAXIOV	1024UL		/* UIO_MAXIOV */

/* The process, referenced, when the caller may look into it. */
static int
peer_get(int pid, struct proc **pp)
{
	int error;

	if ((*pp = rump_proc_find(pid)) == NULL)
		return ESRCH;
	if ((error = rump_cred_over(*pp, CAP_SYS_PTRACE)) != 0)
		rump_proc_rele(*pp);
	return error;
}

/* Both lists are walked together; a result or a negative errno. */
static long
peer_copy(const struct rump_iovec *ul, unsigned long nl,
    const struct rump_iovec *ur, unsigned long nr, int write)
{
	size_t loff = 0, roff = 0, n, done = 0;
	struct rump_iovec l, r;
	char *mine, *theirs;

	while (nl > 0 && nr > 0) {
		if (rump_copyin(ul, &l, sizeof(l)) != 0 ||
		    rump_copyin(ur, &r, sizeof(r)) != 0 ||
		    loff > l.iov_len || roff > r.iov_len)
			return done != 0 ? (long)done : -EFAULT;
		n = l.iov_len - loff;
		if (n > r.iov_len - roff)
			n = r.iov_len - roff;
		mine = (char *)l.iov_base + loff;
		theirs = (char *)r.iov_base + roff;
		if (rump_copyin(write ? mine : theirs,
		    write ? theirs : mine, n) != 0)
			return done != 0 ? (long)done : -EFAULT;
		done += n;
		if ((loff += n) == l.iov_len)
			ul++, nl--, loff = 0;
		if ((roff += n) == r.iov_len)
			ur++, nr--, roff = 0;
	}
	return (long)done;
}

static long
peer_vm(int pid, const void *l, unsigned long nl, const void *r,
    unsigned long nr, unsigned long flags, int write)
{
	struct proc *p;
	long ret;

	if (flags != 0 || nl > PEER_MAXIOV || nr > PEER_MAXIOV)
		return -EINVAL;
	if ((ret = -peer_get(pid, &p)) != 0)
		return ret;
	ret = peer_copy(l, nl, r, nr, write);
	rump_proc_rele(p);
	return ret;
}

RUMP_SYSCALL6(process_vm_readv, int, pid, const void *, mine,
    unsigned long, nmine, const void *, other, unsigned long, nother,
    unsigned long, flags)
{

	return peer_vm(pid, mine, nmine, other, nother, flags, 0);
}

RUMP_SYSCALL6(process_vm_writev, int, pid, const void *, mine,
    unsigned long, nmine, const void *, other, unsigned long, nother,
    unsigned long, flags)
{

	return peer_vm(pid, mine, nmine, other, nother, flags, 1);
}

/* What two processes may have in common; NULL: no such descriptor. */
static const void *
peer_thing(const struct proc *p, int type, unsigned long fd)
{
	struct fdtable *t = p->p_fdt;
	struct file *fp;

	switch (type) {
	case KCMP_FILE:
		rump_mutex_enter(&t->fdt_lock);
		fp = fd > INT32_MAX ? NULL : rump_fdtable_get(t, (int)fd);
		rump_mutex_exit(&t->fdt_lock);
		if (fp != NULL)
			rump_file_rele(fp);
		return fp;
	case KCMP_VM:
		return &rump_proc0;	/* all have one address space */
	case KCMP_FILES:
		return p->p_fdt;
	case KCMP_FS:
		return p->p_cwd;
	case KCMP_SIGHAND:
	case KCMP_IO:
	case KCMP_SYSVSEM:
		return p;
	}
	return NULL;
}

RUMP_SYSCALL5(kcmp, int, pid, int, pid2, int, type, unsigned long, a,
    unsigned long, b)
{
	const void *x, *y;
	struct proc *p, *q;
	int error;

	if (type < 0 || type >= KCMP_TYPES)
		return -EINVAL;
	if (type == KCMP_EPOLL_TFD)
		return -EOPNOTSUPP;
	if ((error = peer_get(pid, &p)) != 0)
		return -error;
	if ((error = peer_get(pid2, &q)) != 0) {
		rump_proc_rele(p);
		return -error;
	}
	x = peer_thing(p, type, a);
	y = peer_thing(q, type, b);
	rump_proc_rele(p);
	rump_proc_rele(q);
	if (type == KCMP_FILE && (x == NULL || y == NULL))
		return -EBADF;
	return x == y ? 0 : (uintptr_t)x < (uintptr_t)y ? 1 : 2;
}
