/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entropy: what getrandom gave before the filter was there, once, then
 * /dev/urandom, which is open.  The canary is from the auxiliary vector.
 */
#include "spt.h"

#define AT_FDCWD	(-100)
#define O_CLOEXEC	02000000

static uint8_t seed[64];	/* the last nseed bytes are unused */
static size_t nseed;
static int urandom = -1;	/* [I] */

void
spt_random_init(const uint8_t *seed16)
{
	long n;

	if (seed16 != NULL)
		memcpy(&__stack_chk_guard, seed16 + 8, 8);
	/* A string that overflows ends before the canary. */
	__stack_chk_guard &= ~(uintptr_t)0xff;
	n = sys3(__NR_getrandom, (long)seed, sizeof(seed), 0);
	nseed = n == sizeof(seed) ? sizeof(seed) : 0;
	urandom = (int)sys4(__NR_openat, AT_FDCWD, (long)"/dev/urandom",
	    O_CLOEXEC, 0);
	if (urandom >= 0)
		spt_keep_fd(urandom);
}

size_t
bmk_platform_entropy(void *buf, size_t len)
{
	size_t n = len < nseed ? len : nseed, i;
	uint8_t *p = buf;
	long r;

	for (i = 0; i < n; i++, nseed--) {
		p[i] = seed[sizeof(seed) - nseed];
		seed[sizeof(seed) - nseed] = 0;
	}
	while (n < len && urandom >= 0) {
		r = sys_read(urandom, p + n, len - n);
		if (r <= 0 && r != -SYS_EINTR)
			break;
		n += r > 0 ? (size_t)r : 0;
	}
	return n;
}
