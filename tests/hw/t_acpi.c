/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parsers of ACPI tables: good tables, truncated ones, and damaged ones
 * under AddressSanitizer.  Argument: seconds of random damage (default 1).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../check.h"
#include "acpi.h"

static void
put(uint8_t *p, uint64_t v, int n)
{
	while (n-- > 0) {
		*p++ = (uint8_t)v;
		v >>= 8;
	}
}

static void
test_rsdp(void)
{
	uint8_t p[36] = "RSD PTR ", sum = 0;
	uint64_t root;
	int wide, i;

	put(p + 16, 0x12345678, 4);
	for (i = 0; i < 20; i++)
		sum += p[i];
	p[8] = (uint8_t)-sum;
	CHECK(acpi_rsdp(p, 20, &root, &wide) == 1);
	CHECK_EQ(root, 0x12345678);
	CHECK_EQ(wide, 0);
	CHECK(acpi_rsdp(p, 19, &root, &wide) == 0);
	p[9] ^= 1;
	CHECK(acpi_rsdp(p, 20, &root, &wide) == 0);
	p[9] ^= 1;
	/* Revision 2 with a good second sum: the XSDT. */
	p[8] = (uint8_t)(p[8] - 2);
	p[15] = 2;
	put(p + 24, 0x1122334455, 8);
	for (sum = 0, i = 0; i < 36; i++)
		sum += p[i];
	p[32] = (uint8_t)-sum;
	CHECK(acpi_rsdp(p, 36, &root, &wide) == 1);
	CHECK_EQ(wide, 1);
	CHECK_EQ(root, 0x1122334455);
	/* A bad second sum: the RSDT. */
	p[33] ^= 1;
	CHECK(acpi_rsdp(p, 36, &root, &wide) == 1);
	CHECK_EQ(wide, 0);
}

static void
test_root(void)
{
	uint8_t t[36 + 16] = { 0 };

	put(t + 36, 0x1000, 8);
	put(t + 44, 0x2000, 8);
	CHECK_EQ(acpi_root_entry(t, sizeof(t), 1, 1), 0x2000);
	CHECK_EQ(acpi_root_entry(t, sizeof(t), 1, 2), 0);
	CHECK_EQ(acpi_root_entry(t, sizeof(t), 0, 2), 0x2000);
	CHECK_EQ(acpi_root_entry(t, 35, 0, 0), 0);
	CHECK_EQ(acpi_root_entry(t, 39, 0, 0), 0);
}

static size_t
make_madt(uint8_t *t)
{
	static const uint8_t entries[] = {
		0, 8, 0, 0, 1, 0, 0, 0,			/* CPU 0 */
		0, 8, 1, 1, 0, 0, 0, 0,			/* disabled */
		1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0,		/* IRQ 0 is 2 */
		2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,
		9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
	};

	memset(t, 0, 44);
	memcpy(t + 44, entries, sizeof(entries));
	return 44 + sizeof(entries);
}

static void
test_madt(void)
{
	static uint8_t t[4096];
	struct acpi_madt m;
	size_t len = make_madt(t), i;

	acpi_madt(t, len, &m);
	CHECK_EQ(m.am_nioapic, 1);
	CHECK_EQ(m.am_ioapic[0].ai_pa, 0xfec00000);
	CHECK_EQ(m.am_noverride, 2);
	CHECK_EQ(m.am_override[0].ao_gsi, 2);
	CHECK_EQ(m.am_override[1].ao_flags, 0x0d);
	CHECK_EQ(m.am_ncpu, 2);
	CHECK_EQ(m.am_cpu[1], 256);
	/* An entry of length 0 ends it; so does one beyond the table. */
	t[45] = 0;
	acpi_madt(t, len, &m);
	CHECK_EQ(m.am_ncpu, 0);
	t[45] = 255;
	acpi_madt(t, len, &m);
	CHECK_EQ(m.am_ncpu, 0);
	/* More than there is room for. */
	for (i = 44; i + 12 <= sizeof(t); i += 12) {
		t[i] = 1;
		t[i + 1] = 12;
	}
	acpi_madt(t, sizeof(t), &m);
	CHECK_EQ(m.am_nioapic, ACPI_NIOAPIC);
}

static void
test_fadt(void)
{
	uint8_t t[268] = { 0 };
	struct acpi_fadt f;

	put(t + 40, 0x7000, 4);
	put(t + 64, 0x604, 4);
	put(t + 76, 0x608, 4);
	t[91] = 4;
	t[108] = 0x32;
	put(t + 112, 1 << 10, 4);
	t[116] = 1;
	put(t + 120, 0xcf9, 8);
	t[128] = 0x0f;
	CHECK(acpi_fadt(t, 116, &f) == 1);
	CHECK_EQ(f.af_pm1a, 0x604);
	CHECK_EQ(f.af_pmtimer, 0x608);
	CHECK_EQ(f.af_reset, 0);
	CHECK_EQ(f.af_century, 0x32);
	CHECK(acpi_fadt(t, 244, &f) == 1);
	CHECK_EQ(f.af_reset, 0xcf9);
	CHECK_EQ(f.af_reset_value, 0x0f);
	CHECK_EQ(f.af_dsdt, 0x7000);
	put(t + 140, 0x123456789a, 8);
	CHECK(acpi_fadt(t, 268, &f) == 1);
	CHECK_EQ(f.af_dsdt, 0x123456789a);
	CHECK(acpi_fadt(t, 115, &f) == 0);
}

static const uint8_t virtio_node[] = {
	0x08, '_', 'H', 'I', 'D', 0x0d, 'L', 'N', 'R', 'O', '0', '0', '0',
	'5', 0, 0x08, '_', 'U', 'I', 'D', 0x0a, 0x17,
	0x08, '_', 'C', 'R', 'S', 0x11, 0x1a, 0x0a, 0x17,
	0x86, 9, 0, 1, 0x00, 0x2e, 0xb0, 0xfe, 0x00, 0x02, 0, 0,
	0x89, 6, 0, 0x05, 1, 47, 0, 0, 0, 0x79, 0,
};

static size_t
make_virtio(uint8_t *t)
{
	memset(t, 0, 300);
	memcpy(t + 40, virtio_node, sizeof(virtio_node));
	memcpy(t + 150, virtio_node, sizeof(virtio_node));
	t[150 + 36] = 0x2c;
	return 300;
}

static void
test_virtio(void)
{
	uint8_t t[300];
	struct acpi_virtio av[4];
	size_t len = make_virtio(t), i;

	CHECK_EQ(acpi_virtio(t, len, av, 4), 2);
	CHECK_EQ(av[0].av_pa, 0xfeb02e00);
	CHECK_EQ(av[0].av_len, 512);
	CHECK_EQ(av[0].av_gsi, 47);
	CHECK_EQ(av[0].av_level, 1);
	CHECK_EQ(av[0].av_low, 1);
	CHECK_EQ(av[1].av_pa, 0xfeb02c00);
	CHECK_EQ(acpi_virtio(t, len, av, 1), 1);
	/* Cut anywhere: whole devices, or none. */
	for (i = 40; i < len; i++) {
		uint8_t *cut = malloc(i);

		memcpy(cut, t, i);
		CHECK(acpi_virtio(cut, i, av, 4) <= 2);
		free(cut);
	}
}

static void
test_s5(void)
{
	static const uint8_t aml[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06,
	    0x04, 0x0a, 0x05, 0x01, 0x00, 0x00 };
	static const uint8_t use[] = { 0x70, '_', 'S', '5', '_', 0x12, 0x06,
	    0x04, 0x01, 0x01, 0x00, 0x00 };
	uint8_t t[128] = { 0 }, a = 0, b = 0;
	size_t n;

	memcpy(t + 50, aml, sizeof(aml));
	CHECK(acpi_s5(t, sizeof(t), &a, &b) == 1);
	CHECK_EQ(a, 5);
	CHECK_EQ(b, 1);
	/* Cut anywhere before the second value it is not found. */
	for (n = 0; n < 50 + 10; n++)
		CHECK(acpi_s5(t, n, &a, &b) == 0);
	memset(t, 0, sizeof(t));
	memcpy(t + 50, use, sizeof(use));
	CHECK(acpi_s5(t, sizeof(t), &a, &b) == 0);
}

static void
test_mcfg(void)
{
	uint8_t t[44 + 16 * 9] = { 0 };
	struct acpi_mcfg m[ACPI_NMCFG];

	put(t + 44, 0xb0000000, 8);
	t[55] = 255;
	CHECK_EQ(acpi_mcfg(t, 60, m, ACPI_NMCFG), 1);
	CHECK_EQ(m[0].mc_base, 0xb0000000);
	CHECK_EQ(m[0].mc_last, 255);
	CHECK_EQ(acpi_mcfg(t, 59, m, ACPI_NMCFG), 0);
	CHECK_EQ(acpi_mcfg(t, sizeof(t), m, ACPI_NMCFG), ACPI_NMCFG);
}

/* Every parser on exactly len bytes of heap, so that one more is seen. */
static void
all(const uint8_t *src, size_t len)
{
	uint8_t *t = malloc(len ? len : 1), a, b;
	struct acpi_madt m;
	struct acpi_fadt f;
	struct acpi_mcfg c[ACPI_NMCFG];
	struct acpi_virtio v[4];
	uint64_t root;
	int wide;

	memcpy(t, src, len);
	(void)acpi_rsdp(t, len, &root, &wide);
	(void)acpi_root_entry(t, len, 1, (unsigned)rand() % 64);
	acpi_madt(t, len, &m);
	(void)acpi_fadt(t, len, &f);
	(void)acpi_mcfg(t, len, c, ACPI_NMCFG);
	(void)acpi_s5(t, len, &a, &b);
	(void)acpi_hpet(t, len);
	(void)acpi_virtio(t, len, v, 4);
	free(t);
}

static void
damage(int seconds)
{
	static uint8_t t[512];
	time_t end = time(NULL) + seconds;
	size_t i, n;

	while (time(NULL) < end) {
		n = make_madt(t);
		memcpy(t + n, "\x08_S5_\x12\x06\x04\x0a\x05", 10);
		for (i = 0; i < 8; i++)
			t[(unsigned)rand() % (n + 10)] = (uint8_t)rand();
		all(t, (unsigned)rand() % (n + 10));
		n = make_virtio(t);
		for (i = 0; i < 4; i++)
			t[40 + (unsigned)rand() % 60] = (uint8_t)rand();
		all(t, (unsigned)rand() % n);
		for (i = 0; i < sizeof(t); i++)
			t[i] = (uint8_t)rand();
		all(t, (unsigned)rand() % sizeof(t));
	}
}

int
main(int argc, char **argv)
{
	test_rsdp();
	test_root();
	test_madt();
	test_fadt();
	test_virtio();
	test_s5();
	test_mcfg();
	damage(argc > 1 ? atoi(argv[1]) : 1);
	return check_done();
}
