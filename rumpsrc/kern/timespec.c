/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a program says that a call may wait: its struct timespec. */
#include <asm/errno.h>
#include <linux/time_types.h>
#include <kern/clock.h>
#include <kern/uio.h>

int
rump_ts_copyin(const void *uts, int64_t *nsec)
{
	struct __kernel_timespec ts;

	if (rump_copyin(uts, &ts, sizeof(ts)) != 0)
		return EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return EINVAL;
	*nsec = ts.tv_sec < NSEC_FAR / NSEC_PER_SEC ?
	    ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec : NSEC_FAR;
	return 0;
}

int
rump_ts_deadline(const void *uts, enum ts_kind kind, int64_t *dl)
{
	int error;

	*dl = INT64_MAX;
	if (uts == NULL)
		return 0;
	if ((error = rump_ts_copyin(uts, dl)) != 0 || *dl == 0)
		return error;
	if (kind == TS_WALL)
		*dl = -*dl;
	else if (kind == TS_RELATIVE)
		*dl += rump_monotonic();
	return 0;
}
