/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program's memory: one address space, but what is not mapped, or read-only,
 * gives EFAULT (on posix only NULL and ranges that wrap).
 */
#ifndef KERN_UIO_H
#define KERN_UIO_H

#include <stddef.h>
#include <stdint.h>

struct rump_iovec {		/* layout of Linux's struct iovec */
	void		*iov_base;
	size_t		 iov_len;
};

struct uio {
	struct rump_iovec *uio_iov;
	int		 uio_iovcnt;
	int64_t		 uio_offset;	/* advanced by uiomove */
	size_t		 uio_resid;	/* bytes left */
	int		 uio_write;	/* 1: data comes from the user */
};
/* Move up to n bytes between kernel memory and the uio. */
int	rump_uiomove(void *, size_t n, struct uio *);
int	rump_uiozero(size_t n, struct uio *);
/* The same, but moves what is before a page that gives EFAULT: for files. */
int	rump_uiopart(void *, size_t n, struct uio *);

int	rump_copyin(const void *uaddr, void *, size_t);
int	rump_copyout(const void *, void *uaddr, size_t);
/* For what is written in place: EFAULT when it cannot be; len not 0. */
int	rump_writable(void *uaddr, size_t len);
/* ENAMETOOLONG when it does not fit with its NUL; *donep counts the NUL. */
int	rump_copyinstr(const char *uaddr, char *, size_t max, size_t *donep);

#endif /* KERN_UIO_H */
