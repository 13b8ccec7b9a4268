/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports about programs: a descriptor of the launcher's, else stderr. */
#include <rump/rumpcomp_report.h>

#include "spt.h"

int spt_report_fd = 2;			/* [I] after start */

void
rumpcomp_report_write(const char *s, size_t len)
{
	struct sys_pollfd fd = { spt_report_fd, SYS_POLLOUT, 0 };
	unsigned long saved = bmk_platform_irq_off();
	long n;

	while (len > 0) {
		n = sys_write(spt_report_fd, s, len);
		if (n == -SYS_EAGAIN)
			(void)sys6(__NR_ppoll, (long)&fd, 1, 0, 0, 8, 0);
		else if (n > 0) {
			s += n;
			len -= (size_t)n;
		} else if (n != -SYS_EINTR)
			break;		/* nobody reads it any more */
	}
	bmk_platform_irq_restore(saved);
}
