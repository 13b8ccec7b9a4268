/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers: plausible, never the same; strings and printf beside. */
#include "kcheck.h"

static void
test_random(void)
{
	static uint8_t a[40000], b[40000];
	unsigned counts[256] = { 0 }, i, same = 0;
	uint64_t words[64];

	bmk_random(a, sizeof(a));
	bmk_random(b, sizeof(b));
	for (i = 0; i < sizeof(a); i++) {
		counts[a[i]]++;
		same += a[i] == b[i];
	}
	/* 156.25 expected, standard deviation 12.5 */
	for (i = 0; i < 256; i++)
		CHECK(counts[i] > 70 && counts[i] < 250);
	CHECK(same > 60 && same < 280);
	for (i = 0; i < 64; i++)
		bmk_random(&words[i], sizeof(words[i]));
	for (i = 1; i < 64; i++)
		CHECK(words[i] != words[i - 1]);
	bmk_random(NULL, 0);
	memset(a, 0, 8);
	bmk_random(a, 7);
	CHECK_EQ(a[7], 0);
}

#define FMT(want, ...) do {						\
	char fmt_buf[64];						\
	int fmt_n = snprintf(fmt_buf, sizeof(fmt_buf), __VA_ARGS__);	\
									\
	if (strcmp(fmt_buf, want) != 0)					\
		bmk_printf("[%s]\n", fmt_buf);				\
	CHECK_EQ(strcmp(fmt_buf, want), 0);				\
	CHECK_EQ(fmt_n, strlen(want));					\
} while (0)

static void
test_printf(void)
{
	char buf[4];

	FMT("-1 4294967295 2a 2A 0x2a 52", "%d %u %x %X %#x %o", -1, -1, 42,
	    42, 42, 42);
	FMT("[   42][42   ][00042][+42]", "[%5d][%-5d][%05d][%+d]", 42, 42,
	    42, 42);
	FMT("-9223372036854775808", "%lld", (long long)1 << 63);
	FMT("18446744073709551615", "%zu", (size_t)-1);
	FMT("255 65535", "%hhu %hu", 0x1ff, 0x1ffff);
	FMT("abc [ab] [  abc]", "%s [%.2s] [%5s]", "abc", "abc",
	    "abc");
	FMT("a%b", "%c%%%c", 'a', 'b');
	FMT("[007][  -7][]0", "[%.3d][%*d][%.0d]%d", 7, 4, -7, 0, 0);
	CHECK_EQ(snprintf(buf, sizeof(buf), "%s", "hello"), 5);
	CHECK_EQ(strcmp(buf, "hel"), 0);
	CHECK_EQ(snprintf(NULL, 0, "%d", 1234), 4);
}

static void
test_string(void)
{
	static uint8_t src[1200], dst[1200], ref[1200];
	unsigned n, so, d, i, bad = 0;

	for (i = 0; i < sizeof(src); i++)
		src[i] = (uint8_t)(i * 7 + 3);
	for (n = 0; n < 600; n += n < 40 ? 1 : 37)
		for (so = 0; so < 9; so++)
			for (d = 0; d < 19; d += 3) {
				for (i = 0; i < sizeof(dst); i++)
					dst[i] = ref[i] = (uint8_t)i;
				for (i = 0; i < n; i++)
					ref[d + i] = src[so + i];
				memcpy(dst + d, src + so, n);
				bad += memcmp(dst, ref, sizeof(dst)) != 0;
				for (i = 0; i < n; i++)
					ref[so + i] = dst[d + i];
				memmove(dst + so, dst + d, n);
				for (i = 0; i < sizeof(dst); i++)
					bad += dst[i] != ref[i] && i >= so &&
					    i < so + n;
				memset(dst + so, 0xaa, n);
				for (i = 0; i < n; i++)
					bad += dst[so + i] != 0xaa;
			}
	CHECK_EQ(bad, 0);
	CHECK(strcmp("a", "b") < 0 && strcmp("ab", "a") > 0);
	CHECK(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) < 0);
	CHECK(memcmp("12345678x", "12345678y", 9) < 0);
	CHECK_EQ(strnlen("abc", 2), 2);
	CHECK(strrchr("a/b/c", '/')[1] == 'c' && strchr("abc", 'z') == NULL);
	CHECK(memchr("abc", 'c', 2) == NULL);
}

int
test(void)
{
	test_random();
	test_printf();
	test_string();
	return 0;
}
