/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving data between the kernel and the program. */
#include <asm/errno.h>
#include <stdint.h>
#include <rump/rumpcomp_user.h>
#include <kern/uio.h>

#define PAGE	4096UL

static int
uio_step(void *kaddr, size_t n, struct uio *uio)
{
	void *base = uio->uio_iov->iov_base;

	if (rumpcomp_user_copy(uio->uio_write ? kaddr : base,
	    uio->uio_write ? base : kaddr, n) != 0)
		return EFAULT;
	uio->uio_iov->iov_base = (char *)base + n;
	uio->uio_iov->iov_len -= n;
	uio->uio_resid -= n;
	uio->uio_offset += (int64_t)n;
	return 0;
}

int
rump_uiomove(void *kaddr, size_t n, struct uio *uio)
{
	size_t m;
	int error;

	while (n > 0 && uio->uio_resid > 0) {
		while (uio->uio_iov->iov_len == 0) {
			if (uio->uio_iovcnt <= 1)
				return 0;
			uio->uio_iov++;
			uio->uio_iovcnt--;
		}
		m = uio->uio_iov->iov_len < n ? uio->uio_iov->iov_len : n;
		if ((error = uio_step(kaddr, m, uio)) != 0)
			return error;
		kaddr = (char *)kaddr + m;
		n -= m;
	}
	return 0;
}

int
rump_uiopart(void *kaddr, size_t n, struct uio *uio)
{
	size_t m, resid = uio->uio_resid;
	int error = rump_uiomove(kaddr, n, uio);

	if (error == 0)
		return 0;
	for (;;) {
		m = PAGE - (uintptr_t)uio->uio_iov->iov_base % PAGE;
		if (m >= uio->uio_iov->iov_len ||
		    m >= n - (resid - uio->uio_resid) ||
		    rump_uiomove((char *)kaddr + (resid - uio->uio_resid), m,
		    uio))
			return error;
	}
}

int
rump_uiozero(size_t n, struct uio *uio)
{
	static const char zeroes[1024];
	size_t m;
	int error = 0;

	for (; n > 0 && error == 0 && uio->uio_resid > 0; n -= m) {
		m = n < sizeof(zeroes) ? n : sizeof(zeroes);
		error = rump_uiopart((char *)(uintptr_t)zeroes, m, uio);
	}
	return error;
}

int
rump_copyin(const void *uaddr, void *kaddr, size_t len)
{

	return -rumpcomp_user_copy(kaddr, uaddr, len);
}

int
rump_copyout(const void *kaddr, void *uaddr, size_t len)
{

	return -rumpcomp_user_copy(uaddr, kaddr, len);
}

int
rump_writable(void *uaddr, size_t len)
{

	return rumpcomp_user_probe(uaddr, len) != 0 ? EFAULT : 0;
}

int
rump_copyinstr(const char *uaddr, char *kaddr, size_t max, size_t *donep)
{
	long n;

	if ((n = rumpcomp_user_copystr(kaddr, uaddr, max)) < 0)
		return EFAULT;
	if ((size_t)n > max)
		return ENAMETOOLONG;
	if (donep != NULL)
		*donep = (size_t)n;
	return 0;
}
