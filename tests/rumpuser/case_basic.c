/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases: version, memory, clocks, parameters, random, console, components. */
#include <string.h>

#include <rump/component.h>
#include "conform.h"

void
case_init(void)
{

	/* The neighbours on both sides; the right one wins. */
	T_ERROR(rumpuser_init(RUMPUSER_VERSION - 1, &fake_hyperup));
	T_ERROR(rumpuser_init(RUMPUSER_VERSION + 1, &fake_hyperup));
	T_EQ(rumpuser_init(RUMPUSER_VERSION, &fake_hyperup), 0);
}

static void
memory_malloc(void)
{
	static const int aligns[] = { 0, 1, 2, 8, 16, 64, 512, 4096, 65536 };
	void *mem[sizeof(aligns) / sizeof(aligns[0])];
	unsigned i, n = sizeof(aligns) / sizeof(aligns[0]);
	unsigned char *p;
	size_t j, align, len;
	int error = 0;

	for (i = 0; i < n; i++) {
		mem[i] = NULL;
		T_KEEPS(error = rumpuser_malloc(100 * (i + 1), aligns[i],
		    &mem[i]));
		T_EQ(error, 0);
		align = aligns[i] ? aligns[i] : 8;
		T_EQ((uintptr_t)mem[i] % align, 0);
		if (mem[i] != NULL)
			memset(mem[i], i + 1, 100 * (i + 1));
	}
	/* Nobody's memory is another's. */
	for (i = 0; i < n; i++) {
		p = mem[i];
		len = 100 * (i + 1);
		for (j = 0; p != NULL && j < len && p[j] == i + 1; j++)
			continue;
		T_EQ(j, len);
		T_KEEPS(rumpuser_free(p, len));
	}
	mem[0] = NULL;
	T_ERROR(rumpuser_malloc((size_t)1 << 60, 0, &mem[0]));
}

static void
memory_pages(void)
{
	static const int bits[] = { 0, 12, 13, 16, 21 };
	unsigned i;
	void *mem;
	int error = 0;
	size_t j;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		mem = NULL;
		T_KEEPS(error = rumpuser_anonmmap(NULL, 3 * 4096, bits[i], 0,
		    &mem));
		T_EQ(error, 0);
		if (error != 0)
			continue;
		T_EQ((uintptr_t)mem & 4095, 0);
		T_EQ((uintptr_t)mem & (((uintptr_t)1 << bits[i]) - 1), 0);
		for (j = 0; j < 3 * 4096 && ((char *)mem)[j] == 0; j++)
			continue;
		T_EQ(j, 3 * 4096);
		memset(mem, 0xa5, 3 * 4096);
		T_KEEPS(rumpuser_unmap(mem, 3 * 4096));
	}
	T_ERROR(rumpuser_anonmmap(NULL, (size_t)1 << 60, 0, 0, &mem));
}

void
case_memory(void)
{

	memory_malloc();
	memory_pages();
}

static void
clock_monotonic(void)
{
	int64_t last = 0, now;
	int64_t sec;
	long nsec;
	int i;

	for (i = 0; i < 10000; i++) {
		sec = nsec = -1;
		if (rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec,
		    &nsec) != 0)
			break;
		if (sec < 0 || nsec < 0 || nsec > 999999999)
			break;
		now = sec * 1000000000 + nsec;
		if (now < last)
			break;
		last = now;
	}
	T_EQ(i, 10000);
}

void
case_clock(void)
{
	int64_t sec = 0, t0, t;
	long nsec = -1;
	int error = 0;

	T_KEEPS(error = rumpuser_clock_gettime(RUMPUSER_CLOCK_RELWALL, &sec,
	    &nsec));
	T_EQ(error, 0);
	T_CHECK(sec > 1577836800);	/* 2020 */
	T_CHECK(nsec >= 0 && nsec <= 999999999);
	T_ERROR(rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO + 1, &sec,
	    &nsec));
	T_KEEPS(clock_monotonic());

	t0 = t_now();
	T_GIVES(error = rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0,
	    30000000));
	T_EQ(error, 0);
	T_CHECK(t_now() - t0 >= 30000000);
	t0 = t_now();
	T_BALANCED(error = rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 0));
	T_EQ(error, 0);

	t = t_now() + 30000000;
	T_GIVES(error = rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO,
	    t / 1000000000, t % 1000000000));
	T_EQ(error, 0);
	T_CHECK(t_now() >= t);
	/* The past does not wait. */
	t0 = t_now();
	T_BALANCED(error = rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, 0, 1));
	T_EQ(error, 0);
	T_CHECK(t_now() - t0 < T_SOON);
}

static void
misc_param(void)
{
	char buf[300];
	size_t len, i;
	int error = 0, n = 0;

	T_KEEPS(error = rumpuser_getparam(RUMPUSER_PARAM_NCPU, buf,
	    sizeof(buf)));
	T_EQ(error, 0);
	len = error == 0 ? strlen(buf) : 0;
	for (i = 0; i < len && buf[i] >= '0' && buf[i] <= '9'; i++)
		n = n * 10 + buf[i] - '0';
	T_CHECK(n >= 1 && i == len);

	T_EQ(rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, buf, sizeof(buf)), 0);
	len = strlen(buf);
	T_CHECK(len > 0 && len < sizeof(buf));
	memset(buf, 'x', sizeof(buf));
	T_EQ(rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, buf, len + 1), 0);
	T_EQ(strlen(buf), len);
	T_EQ(buf[len + 1], 'x');
	memset(buf, 'x', sizeof(buf));
	T_ERROR(rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, buf, len));
	T_EQ(buf[len], 'x');
	T_ERROR(rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, buf, 0));
	T_ERROR(rumpuser_getparam("NO_SUCH_PARAMETER", buf, sizeof(buf)));
}

static void
misc_random(void)
{
	static unsigned char a[512], b[512];
	size_t done = 99;
	unsigned i, zeroes = 0;

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	T_EQ(rumpuser_getrandom(a, sizeof(a) - 1, 0, &done), 0);
	T_EQ(done, sizeof(a) - 1);
	T_EQ(a[sizeof(a) - 1], 0);
	T_BALANCED(T_EQ(rumpuser_getrandom(b, 64, RUMPUSER_RANDOM_HARD,
	    &done), 0));
	T_EQ(done, 64);
	T_CHECK(memcmp(a, b, 64) != 0);
	for (i = 0; i < sizeof(a) - 1; i++)
		zeroes += a[i] == 0;
	T_CHECK(zeroes < 20);
	T_KEEPS(T_EQ(rumpuser_getrandom(b, sizeof(b),
	    RUMPUSER_RANDOM_NOWAIT, &done), 0));
	T_CHECK(done <= sizeof(b));
	done = 99;
	T_EQ(rumpuser_getrandom(b, 0, 0, &done), 0);
	T_EQ(done, 0);
}

static int seen_this, seen_others;

RUMP_COMPONENT(conform, RUMP_FACTION_BASE)
{

	return 0;
}

static void
misc_compload(const struct rump_component *rc)
{

	if (strcmp(rc->rc_name, "conform") == 0) {
		seen_this++;
		T_EQ(rc->rc_faction, RUMP_FACTION_BASE);
		T_EQ(rc->rc_init(), 0);
	} else {
		seen_others++;
	}
}

static void
misc_modinit(const struct modinfo *const *mi, size_t n)
{

	(void)mi;
	(void)n;
}

static int
misc_symload(void *sym, uint64_t symsize, char *str, uint64_t strsize)
{

	(void)sym, (void)symsize, (void)str, (void)strsize;
	return 0;
}

void
case_misc(void)
{
	const char *p;

	misc_param();
	misc_random();
	T_BALANCED(rumpuser_dl_bootstrap(misc_modinit, misc_symload,
	    misc_compload));
	T_EQ(seen_this, 1);
	T_KEEPS(rumpuser_dprintf("dprintf: %d %s %c %x %5.3s| %llu\n", -7,
	    "text", 'c', 0xbeef, "abcdef", 1ULL << 63));
	T_KEEPS(for (p = "putchar\n"; *p != '\0'; p++) rumpuser_putchar(*p));
	T_KEEPS(rumpuser_seterrno(0));
}
