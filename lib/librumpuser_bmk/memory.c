/* SPDX-License-Identifier: BSD-2-Clause */
#include "user.h"

int
rumpuser_malloc(size_t len, int align, void **memp)
{
	if (align < 0 || (align & (align - 1)) != 0)
		return EINVAL;
	*memp = bmk_malloc(len, (size_t)align);
	return *memp == NULL ? ENOMEM : 0;
}

void
rumpuser_free(void *mem, size_t len)
{
	bmk_free(mem, len);
}

int
rumpuser_anonmmap(void *hint, size_t len, int alignbit, int exec, void **memp)
{
	(void)hint;
	if (len == 0 || alignbit < 0 || alignbit > 40)
		return EINVAL;
	*memp = bmk_platform_anonmmap(len, alignbit, exec);
	return *memp == NULL ? ENOMEM : 0;
}

void
rumpuser_unmap(void *mem, size_t len)
{
	bmk_platform_unmap(mem, len);
}
