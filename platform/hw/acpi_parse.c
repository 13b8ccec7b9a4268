/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables are input from outside: every offset is checked against the
 * length that the caller vouches for.  No hardware, no allocation.
 */
#include <string.h>

#include "acpi.h"

static uint32_t
le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static uint64_t
le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

int
acpi_sum(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	while (len-- > 0)
		sum += *p++;
	return sum == 0;
}

int
acpi_rsdp(const uint8_t *p, size_t len, uint64_t *root, int *wide)
{
	static const char sig[8] = "RSD PTR ";
	int i;

	if (len < 20)
		return 0;
	for (i = 0; i < 8; i++)
		if (p[i] != (uint8_t)sig[i])
			return 0;
	if (!acpi_sum(p, 20))
		return 0;
	*wide = p[15] >= 2 && len >= 36 && acpi_sum(p, 36) &&
	    le64(p + 24) != 0;
	*root = *wide ? le64(p + 24) : le32(p + 16);
	return *root != 0;
}

uint64_t
acpi_root_entry(const uint8_t *t, size_t len, int wide, unsigned n)
{
	size_t size = wide ? 8 : 4;

	if (len < ACPI_HEADER || n >= (len - ACPI_HEADER) / size)
		return 0;
	t += ACPI_HEADER + n * size;
	return wide ? le64(t) : le32(t);
}

static void
madt_entry(const uint8_t *e, size_t len, struct acpi_madt *m)
{
	unsigned n;

	switch (e[0]) {
	case 0:		/* local APIC */
		if (len >= 8 && le32(e + 4) & 1 && m->am_ncpu < ACPI_NCPU)
			m->am_cpu[m->am_ncpu++] = e[3];
		break;
	case 1:		/* IOAPIC */
		if (len >= 12 && (n = m->am_nioapic) < ACPI_NIOAPIC) {
			m->am_ioapic[n].ai_pa = le32(e + 4);
			m->am_ioapic[n].ai_gsi = le32(e + 8);
			m->am_nioapic++;
		}
		break;
	case 2:		/* interrupt source override */
		if (len >= 10 && (n = m->am_noverride) < ACPI_NOVERRIDE) {
			m->am_override[n].ao_irq = e[3];
			m->am_override[n].ao_gsi = le32(e + 4);
			m->am_override[n].ao_flags = le16(e + 8);
			m->am_noverride++;
		}
		break;
	case 9:		/* local x2APIC */
		if (len >= 16 && le32(e + 8) & 1 && m->am_ncpu < ACPI_NCPU)
			m->am_cpu[m->am_ncpu++] = le32(e + 4);
		break;
	}
}

void
acpi_madt(const uint8_t *t, size_t len, struct acpi_madt *m)
{
	size_t off;

	m->am_nioapic = m->am_noverride = m->am_ncpu = 0;
	for (off = 44; off + 2 <= len; off += t[off + 1]) {
		if (t[off + 1] < 2 || t[off + 1] > len - off)
			break;
		madt_entry(t + off, t[off + 1], m);
	}
}

/* A generic address: the 64-bit field wins when the table has it. */
static uint64_t
gas(const uint8_t *t, size_t len, size_t off, uint8_t *space)
{
	if (off + 12 > len)
		return 0;
	*space = t[off];
	return le64(t + off + 4);
}

int
acpi_fadt(const uint8_t *t, size_t len, struct acpi_fadt *f)
{
	uint8_t space;
	uint64_t x;
	uint32_t flags;

	*f = (struct acpi_fadt){ 0 };
	if (len < 116)
		return 0;
	flags = le32(t + 112);
	f->af_dsdt = le32(t + 40);
	if (len >= 148 && le64(t + 140) != 0)
		f->af_dsdt = le64(t + 140);
	f->af_smi = le32(t + 48);
	f->af_enable = t[52];
	f->af_pm1a = le32(t + 64);
	f->af_pm1b = le32(t + 68);
	f->af_pmtimer = t[91] == 4 ? le32(t + 76) : 0;
	f->af_century = t[108];
	f->af_pmtimer32 = flags >> 8 & 1;
	f->af_hwreduced = flags >> 20 & 1;
	x = gas(t, len, 172, &space);
	if (x != 0 && space == 1 && x < 0x10000)
		f->af_pm1a = (uint32_t)x;
	x = gas(t, len, 184, &space);
	if (x != 0 && space == 1 && x < 0x10000)
		f->af_pm1b = (uint32_t)x;
	x = gas(t, len, 208, &space);
	if (x != 0 && space == 1 && x < 0x10000)
		f->af_pmtimer = (uint32_t)x;
	if (flags >> 10 & 1 && len >= 129) {
		f->af_reset = gas(t, len, 116, &f->af_reset_space);
		f->af_reset_value = t[128];
	}
	f->af_sleep = gas(t, len, 244, &f->af_sleep_space);
	return 1;
}

unsigned
acpi_mcfg(const uint8_t *t, size_t len, struct acpi_mcfg *m, unsigned max)
{
	unsigned n = 0;
	size_t off;

	for (off = 44; off + 16 <= len && n < max; off += 16, n++) {
		m[n].mc_base = le64(t + off);
		m[n].mc_segment = (uint16_t)le16(t + off + 8);
		m[n].mc_first = t[off + 10];
		m[n].mc_last = t[off + 11];
	}
	return n;
}

/* An AML integer of one byte; where it ends, 0 when it is something else. */
static size_t
aml_byte(const uint8_t *t, size_t len, size_t off, uint8_t *v)
{
	if (off >= len)
		return 0;
	switch (t[off]) {
	case 0x00:		/* Zero */
	case 0x01:		/* One */
		*v = t[off];
		return off + 1;
	case 0x0a:		/* byte, word, dword follow */
	case 0x0b:
	case 0x0c:
		if (len - off < 1 + (1UL << (t[off] - 0x0a)))
			return 0;
		*v = t[off + 1];
		return off + 1 + (1UL << (t[off] - 0x0a));
	}
	return 0;
}

int
acpi_s5(const uint8_t *t, size_t len, uint8_t *a, uint8_t *b)
{
	size_t i, off;

	for (i = ACPI_HEADER; i + 8 < len; i++) {
		if (t[i] != '_' || t[i + 1] != 'S' || t[i + 2] != '5' ||
		    t[i + 3] != '_')
			continue;
		/* NameOp before it (or a root prefix), PackageOp after it. */
		if (t[i - 1] != 0x08 && !(t[i - 1] == '\\' &&
		    t[i - 2] == 0x08))
			continue;
		if (t[i + 4] != 0x12)
			continue;
		/* PkgLength: the two high bits say how many bytes follow. */
		off = i + 5 + 1 + (t[i + 5] >> 6) + 1;
		if ((off = aml_byte(t, len, off, a)) != 0 &&
		    aml_byte(t, len, off, b) != 0)
			return 1;
	}
	return 0;
}

/*
 * Resources, from the _CRS object that follows at or behind off: a fixed
 * piece of memory and an interrupt (ACPI 6.5, 6.4.3.4, 6.4.3.6).
 */
static int
virtio_resources(const uint8_t *t, size_t len, size_t off,
    struct acpi_virtio *av)
{
	const uint8_t *r;
	uint8_t size;
	size_t n;

	while (off + 8 < len && (le32(t + off) != 0x5352435f /* _CRS */ ||
	    t[off + 4] != 0x11))
		off++;
	if (off + 8 >= len ||
	    (off = aml_byte(t, len, off + 6 + (t[off + 5] >> 6), &size)) == 0)
		return 0;
	av->av_pa = 0;
	for (av->av_gsi = ~0U; off + 2 < len && t[off] != 0x79; off += n) {
		r = t + off;
		n = r[0] & 0x80 ? 3 + le16(r + 1) : 1 + (r[0] & 7U);
		if (n > len - off)
			return 0;
		if (r[0] == 0x86 && n >= 12) {
			av->av_pa = le32(r + 4);
			av->av_len = le32(r + 8);
		} else if (r[0] == 0x89 && n >= 9 && r[4] >= 1) {
			av->av_gsi = le32(r + 5);
			av->av_level = (r[3] & 2) == 0;
			av->av_low = (r[3] & 4) != 0;
		}
	}
	return av->av_pa != 0 && av->av_gsi != ~0U;
}

unsigned
acpi_virtio(const uint8_t *t, size_t len, struct acpi_virtio *av, unsigned max)
{
	unsigned n = 0;
	size_t off;

	for (off = ACPI_HEADER; off + 9 < len && n < max; off++)
		if (t[off] == 'L' && memcmp(t + off, "LNRO0005", 9) == 0)
			n += virtio_resources(t, len, off + 9, &av[n]);
	return n;
}

uint64_t
acpi_hpet(const uint8_t *t, size_t len)
{
	uint8_t space = 1;
	uint64_t pa = gas(t, len, 40, &space);

	return space == 0 ? pa : 0;
}
