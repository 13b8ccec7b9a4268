/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: malloc for objects, mmap for whole pages.  Never gives up a CPU. */
#include <sys/mman.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rump/rumpcomp_vm.h>
#include "posix_user.h"

int
rumpuser_malloc(size_t len, int align, void **memp)
{
	size_t al = align;

	if (align < 0 || (al & (al - 1)) != 0)
		return EINVAL;
	if (al < _Alignof(max_align_t))
		al = _Alignof(max_align_t);
	return posix_errno(posix_memalign(memp, al, len));
}

void
rumpuser_free(void *mem, size_t len)
{

	(void)len;
	free(mem);
}

/* Maps size bytes more than needed for the alignment, then cuts the ends. */
int
rumpuser_anonmmap(void *hint, size_t len, int alignbit, int exec, void **memp)
{
	size_t page = sysconf(_SC_PAGESIZE), align, size, lead;
	char *mem;

	if (alignbit < 0 || alignbit >= 47)
		return EINVAL;
	align = (size_t)1 << alignbit;
	if (align < page)
		align = page;
	if (len == 0 || __builtin_add_overflow(len, page - 1, &len))
		return len == 0 ? EINVAL : ENOMEM;
	len &= ~(page - 1);
	if (__builtin_add_overflow(len, align - page, &size))
		return ENOMEM;
	mem = mmap(hint, size, PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0),
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return posix_errno(errno);
	lead = -(uintptr_t)mem & (align - 1);
	if (lead != 0)
		(void)munmap(mem, lead);
	if (size - lead > len)
		(void)munmap(mem + lead + len, size - lead - len);
	*memp = mem + lead;
	return 0;
}

void
rumpuser_unmap(void *mem, size_t len)
{

	if (munmap(mem, len) == -1)
		posix_fatal("munmap", errno);
}

/* Those calls of rumpcomp_vm.h that make sense in a process. */
void
rumpcomp_vm_stat(size_t *totalp, size_t *freep)
{
	size_t page = sysconf(_SC_PAGESIZE);

	*totalp = sysconf(_SC_PHYS_PAGES) * page;
	*freep = sysconf(_SC_AVPHYS_PAGES) * page;
}

int
rumpcomp_vm_pin(void *va, int prot, void **pagep)
{

	(void)prot;
	*pagep = va;
	return 0;
}

void
rumpcomp_vm_unpin(void *page)
{

	(void)page;
}

size_t
rumpcomp_vm_limit(void)
{

	return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

void
rumpcomp_vm_resident(void *va, size_t len, unsigned char *vec)
{

	(void)va;
	memset(vec, 1, len / (size_t)sysconf(_SC_PAGESIZE));
}
