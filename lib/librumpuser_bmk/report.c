/* SPDX-License-Identifier: BSD-2-Clause */
#include <rump/rumpcomp_report.h>

#include "user.h"

/* The platform looks at the first and the last byte only. */
int
rumpcomp_report_readable(const void *mem, size_t len)
{
	uintptr_t p = (uintptr_t)mem, end = p + len, next;

	/* Program pointers are in the lower half; page 0 never is one. */
	if (end < p || p < BMK_PAGE_SIZE || end >> 47 != 0)
		return 0;
	for (; p < end; p = next) {
		next = (p | (BMK_PAGE_SIZE - 1)) + 1;
		if (!bmk_platform_readable((const void *)p,
		    (next < end ? next : end) - p))
			return 0;
	}
	return 1;
}
