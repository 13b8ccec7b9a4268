/* SPDX-License-Identifier: BSD-2-Clause */
/* close, dup and fcntl: calls on descriptors themselves. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/stat.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <kern/file.h>
#include <kern/syscall.h>
#include "fd.h"

#define FCNTL_SETTABLE	(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

RUMP_SYSCALL1(close, int, fd)
{

	return -rump_fd_close(fd);
}

RUMP_SYSCALL3(close_range, unsigned, first, unsigned, last, unsigned, flags)
{
	unsigned fd, end = (unsigned)rump_fd_last();
	int old;

	if (first > last || (flags & ~(unsigned)(CLOSE_RANGE_CLOEXEC |
	    CLOSE_RANGE_UNSHARE)))
		return -EINVAL;
	for (fd = first; fd <= last && fd <= end; fd++) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			(void)rump_fd_cloexec((int)fd, 1, &old);
		else
			(void)rump_fd_close((int)fd);
	}
	return 0;
}

/* A further descriptor >= min for the file of fd. */
static long
fd_dup(int fd, int min, int cloexec)
{
	struct file *fp;
	int error, new;

	if ((error = rump_fd_getany(fd, &fp)) != 0)
		return -error;
	if (min < 0 || (uint64_t)min >= rump_rlim_cur(curproc, 7))
		error = EINVAL;
	else if ((error = rump_fd_install(fp, min, cloexec, &new)) == 0)
		return new;
	rump_file_rele(fp);
	return -error;
}

static long
fd_dupto(int fd, int newfd, int cloexec)
{
	struct file *fp;
	int error, old;

	if ((error = rump_fd_getany(fd, &fp)) != 0)
		return -error;
	if (newfd < 0 || (uint64_t)newfd >= rump_rlim_cur(curproc, 7))
		error = EBADF;
	else
		error = rump_fd_set(curproc->p_fdt, newfd, fp);
	if (error) {
		rump_file_rele(fp);
		return -error;
	}
	if (cloexec)
		(void)rump_fd_cloexec(newfd, 1, &old);
	return newfd;
}

RUMP_SYSCALL1(dup, int, fd)
{

	return fd_dup(fd, 0, 0);
}

RUMP_SYSCALL2(dup2, int, fd, int, newfd)
{
	int old, error;

	if (fd == newfd) {
		error = rump_fd_cloexec(fd, -1, &old);
		return error ? -error : fd;
	}
	return fd_dupto(fd, newfd, 0);
}

RUMP_SYSCALL3(dup3, int, fd, int, newfd, int, flags)
{

	if (fd == newfd || (flags & ~O_CLOEXEC))
		return -EINVAL;
	return fd_dupto(fd, newfd, (flags & O_CLOEXEC) != 0);
}

static long
fd_morefcntl(struct file *fp, int cmd, unsigned long arg)
{

	if (rump_vfs_anyfcntl != NULL)
		return rump_vfs_anyfcntl(fp, cmd, arg);
	return cmd == F_SETFL ? 0 : -EINVAL;
}

static long
fd_setfl(struct file *fp, int fd, unsigned long arg)
{
	int old = file_flags(fp), new;
	struct stat st;
	long r;

	if (arg & ~(unsigned)old & O_NOATIME &&
	    rump_capable(CAP_FOWNER) != 0 && (fp->f_ops->fo_stat == NULL ||
	    fp->f_ops->fo_stat(fp, &st) != 0 ||
	    st.st_uid != rump_cred_cur()->cr_fsuid))
		return -EPERM;
	if ((r = fd_morefcntl(fp, F_SETFL, (unsigned long)fd << 32 |
	    (arg & INT32_MAX))) != 0)
		return r;
	old = file_flags(fp);	/* O_ASYNC may have gone in */
	do {
		new = (old & ~FCNTL_SETTABLE) | ((int)arg & FCNTL_SETTABLE);
	} while (!__atomic_compare_exchange_n(&fp->f_flags, &old, new, 0,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return 0;
}

RUMP_RESTART3(fcntl, int, fd, int, cmd, unsigned long, arg)
{
	struct file *fp;
	long r;
	int old, error;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return fd_dup(fd, (int)arg, cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		error = rump_fd_cloexec(fd, -1, &old);
		return error ? -error : old ? FD_CLOEXEC : 0;
	case F_SETFD:
		return -rump_fd_cloexec(fd, (arg & FD_CLOEXEC) != 0, &old);
	}
	if ((error = rump_fd_getany(fd, &fp)) != 0)
		return -error;
	if (cmd == F_GETFL)
		r = file_flags(fp);
	else if (file_flags(fp) & O_PATH)
		r = -EBADF;
	else if (cmd == F_SETFL)
		r = fd_setfl(fp, fd, arg);
	else if (cmd == F_NOTIFY && ((uint32_t)arg & ~DN_MULTISHOT) == 0)
		r = 0;		/* ends dnotify, which is never on */
	else if (fp->f_ops->fo_fcntl == NULL ||
	    (r = fp->f_ops->fo_fcntl(fp, cmd, arg)) == -ENOSYS)
		r = fd_morefcntl(fp, cmd, arg);
	rump_file_rele(fp);
	return r;
}
