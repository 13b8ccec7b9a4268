/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving data between the kernel and the program. */
#include <asm/errno.h>
#include <stdint.h>
#include <string.h>
#include <kern/uio.h>

/* What can never be a program's memory. */
static int
uio_bad(const void *uaddr, size_t len)
{
	uintptr_t a = (uintptr_t)uaddr;

	return len != 0 && (a < 4096 || a + len < a);
}

static int
uio_step(void *kaddr, size_t n, struct uio *uio)
{
	void *base = uio->uio_iov->iov_base;

	if (uio_bad(base, n))
		return EFAULT;
	if (kaddr == NULL)
		memset(base, 0, n);
	else if (uio->uio_write)
		memcpy(kaddr, base, n);
	else
		memcpy(base, kaddr, n);
	uio->uio_iov->iov_base = (char *)base + n;
	uio->uio_iov->iov_len -= n;
	uio->uio_resid -= n;
	uio->uio_offset += (int64_t)n;
	return 0;
}

static int
uio_move(char *kaddr, size_t n, struct uio *uio)
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
		if (kaddr != NULL)
			kaddr += m;
		n -= m;
	}
	return 0;
}

int
rump_uiomove(void *kaddr, size_t n, struct uio *uio)
{

	return uio_move(kaddr, n, uio);
}

int
rump_uiozero(size_t n, struct uio *uio)
{

	return uio_move(NULL, n, uio);
}

int
rump_copyin(const void *uaddr, void *kaddr, size_t len)
{

	if (uio_bad(uaddr, len))
		return EFAULT;
	memcpy(kaddr, uaddr, len);
	return 0;
}

int
rump_copyout(const void *kaddr, void *uaddr, size_t len)
{

	if (uio_bad(uaddr, len))
		return EFAULT;
	memcpy(uaddr, kaddr, len);
	return 0;
}

int
rump_copyinstr(const char *uaddr, char *kaddr, size_t max, size_t *donep)
{
	size_t n;

	if (uio_bad(uaddr, 1))
		return EFAULT;
	n = strnlen(uaddr, max);
	if (n == max)
		return ENAMETOOLONG;
	memcpy(kaddr, uaddr, n + 1);
	if (donep != NULL)
		*donep = n + 1;
	return 0;
}
