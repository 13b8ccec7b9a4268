/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entropy for the generator of libbmk_core: RDSEED, RDRAND, and always the
 * jitter of the time stamp counter, mixed together, so a bad hardware source
 * makes nothing worse.  A hardware source that repeats itself is not used
 * any more (SP 800-90B 4.4.1, repetition count).
 */
#include "hw.h"
#include "cpu.h"

#define TRIES	16
#define JITTER	24		/* samples a word */

static uint64_t last;		/* [a] the word before */
static int broken;		/* [a] */

static int
hw_word(uint64_t *v)
{
	int i, seed, rand;

	if (broken)
		return 0;
	seed = cpuid(0, 0).eax >= 7 && cpuid(7, 0).ebx & 1U << 18;
	rand = (cpuid(1, 0).ecx & 1U << 30) != 0;
	for (i = 0; i < TRIES; i++) {
		if ((seed && rdseed(v)) || (rand && rdrand(v))) {
			broken = *v == last || *v == 0 || *v == ~0UL;
			last = *v;
			return !broken;
		}
	}
	return 0;
}

/* How long memory and serialising instructions take is never quite the same. */
static uint64_t
jitter_word(void)
{
	static volatile uint64_t touched[64];
	uint64_t x = hw_seed, t;
	int i;

	for (i = 0; i < JITTER; i++) {
		if ((i & 15) == 0)
			(void)cpuid(0, 0);
		touched[x & 63] += x;
		t = rdtsc();
		x = (x ^ t) * 0x9e3779b97f4a7c15UL;
		x ^= x >> 32;
	}
	hw_seed = x * 0xd1342543de82ef95UL + 1;
	return x;
}

size_t
bmk_platform_entropy(void *buf, size_t len)
{
	uint8_t *p = buf;
	uint64_t v, h;
	size_t n, done;

	for (done = 0; done < len; done += n) {
		v = jitter_word();
		if (hw_word(&h))
			v ^= h;
		n = len - done < 8 ? len - done : 8;
		memcpy(p + done, &v, n);
	}
	return len;
}
