/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers: ChaCha20 with fast key erasure: every block computed
 * replaces the key with its first half, so what was given out cannot be
 * found again in memory.  Seeded at first use, reseeded now and then, from
 * the platform.  Long requests get a key of their own, used outside the lock.
 */
#include <bmk/bmk.h>

#define RESEED	4096		/* blocks */

static struct bmk_spin lock;	/* L */
static uint32_t key[8];		/* [L] */
static uint8_t pool[32];	/* [L] the last left bytes are unused */
static unsigned left, blocks;	/* [L]; blocks 0: seed first */

static inline uint32_t
rotl(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static inline void
quarter(uint32_t *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 7);
}

/* RFC 8439 2.3, with nonce 0. */
static void
chacha_block(uint32_t *out, const uint32_t *k, uint64_t counter)
{
	static const uint32_t sigma[4] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574
	};
	uint32_t in[16];
	int i;

	memcpy(in, sigma, 16);
	memcpy(in + 4, k, 32);
	in[12] = (uint32_t)counter;
	in[13] = (uint32_t)(counter >> 32);
	in[14] = in[15] = 0;
	memcpy(out, in, 64);
	for (i = 0; i < 10; i++) {
		quarter(out, 0, 4, 8, 12);
		quarter(out, 1, 5, 9, 13);
		quarter(out, 2, 6, 10, 14);
		quarter(out, 3, 7, 11, 15);
		quarter(out, 0, 5, 10, 15);
		quarter(out, 1, 6, 11, 12);
		quarter(out, 2, 7, 8, 13);
		quarter(out, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		out[i] += in[i];
}

/* Keeps the compiler from dropping the store. */
static void
wipe(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

/* Caller holds the lock. */
static void
refill(void)
{
	uint32_t block[16], seed[8];
	size_t n;
	unsigned i;

	if (blocks++ % RESEED == 0) {
		memset(seed, 0, sizeof(seed));
		n = bmk_platform_entropy(seed, sizeof(seed));
		for (i = 0; i < 8; i++)
			key[i] ^= seed[i];
		if (n == 0 && blocks == 1)
			bmk_panic("no source of randomness");
		wipe(seed, sizeof(seed));
	}
	chacha_block(block, key, 0);
	memcpy(key, block, 32);
	memcpy(pool, block + 8, 32);
	wipe(block, sizeof(block));
	left = sizeof(pool);
}

static void
from_pool(uint8_t *out, size_t len)
{
	unsigned long saved = bmk_spin_enter(&lock);
	size_t n;

	while (len > 0) {
		if (left == 0)
			refill();
		n = len < left ? len : left;
		memcpy(out, pool + sizeof(pool) - left, n);
		wipe(pool + sizeof(pool) - left, n);
		left -= n;
		out += n;
		len -= n;
	}
	bmk_spin_exit(&lock, saved);
}

void
bmk_random(void *buf, size_t len)
{
	uint32_t subkey[8], block[16];
	uint8_t *out = buf;
	uint64_t counter;
	size_t n;

	if (len <= 64) {
		from_pool(out, len);
		return;
	}
	from_pool((uint8_t *)subkey, sizeof(subkey));
	for (counter = 0; len > 0; counter++) {
		chacha_block(block, subkey, counter);
		n = len < sizeof(block) ? len : sizeof(block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	wipe(subkey, sizeof(subkey));
	wipe(block, sizeof(block));
}
