/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds ACPI tables: nothing is done before somebody asks.  Tables stay
 * mapped.  Called while one CPU runs, or from the console's report, so there
 * is no lock.
 */
#include "hw.h"
#include "acpi.h"
#include "cpu.h"

#define MAXTABLE	0x400000

static const uint8_t *root;	/* [I] after find_root; NULL: no ACPI */
static size_t rootlen;
static int wide, searched;

/* A table with a sane length and a good sum; NULL otherwise. */
static const uint8_t *
map_table(uint64_t pa, size_t *lenp)
{
	const uint8_t *t = hw_map_phys(pa, ACPI_HEADER, 0);
	uint32_t len;

	if (t == NULL)
		return NULL;
	memcpy(&len, t + 4, 4);
	if (len < ACPI_HEADER || len > MAXTABLE)
		goto bad;
	if ((pa & PAGE_MASK) + len > BMK_PAGE_SIZE) {
		hw_unmap_phys((void *)(uintptr_t)t, ACPI_HEADER);
		t = hw_map_phys(pa, len, 0);
		if (t == NULL)
			return NULL;
	}
	if (!acpi_sum(t, len)) {
		hw_unmap_phys((void *)(uintptr_t)t, len);
		return NULL;
	}
	*lenp = len;
	return t;
bad:
	hw_unmap_phys((void *)(uintptr_t)t, ACPI_HEADER);
	return NULL;
}

/* ACPI 5.2.5.1: on 16-byte boundaries; extended BIOS area, then the ROM. */
static int
scan(uint64_t pa, size_t len, uint64_t *rp)
{
	const uint8_t *p = hw_map_phys(pa, len, 0);
	uint64_t magic;
	size_t off;
	int found = 0;

	if (p == NULL)
		return 0;
	/* Firmware has it near the end. */
	for (off = len - 32; off != 0 && !found;) {
		off -= 16;
		magic = *(const volatile uint64_t *)(p + off);
		if (magic == 0x2052545020445352)
			found = acpi_rsdp(p + off, len - off, rp, &wide);
	}
	hw_unmap_phys((void *)(uintptr_t)p, len);
	return found;
}

static void
find_root(void)
{
	const struct hw_boot *hb = &hw_boot;
	const uint8_t *p;
	uint64_t rp = 0;
	uint32_t ebda;
	int found = 0;

	searched = 1;
	if (hb->hb_rsdpcopy[0] != 0)
		found = acpi_rsdp(hb->hb_rsdpcopy, 36, &rp, &wide);
	if (!found && hb->hb_rsdp != 0 &&
	    (p = hw_map_phys(hb->hb_rsdp, 36, 0)) != NULL)
		found = acpi_rsdp(p, 36, &rp, &wide);
	if (!found && hb->hb_protocol != HW_MAGIC_PVH) {
		found = scan(0xe0000, 0x20000, &rp);
		p = hw_map_phys(0x400, 0x10, 0);
		if (!found && p != NULL) {
			ebda = (p[0xe] | (uint32_t)p[0xf] << 8) << 4;
			if (ebda >= 0x400 && ebda < 0xa0000)
				found = scan(ebda, 1024, &rp);
		}
	}
	if (found)
		root = map_table(rp, &rootlen);
}

const uint8_t *
hw_acpi_table(const char *sig, size_t *lenp)
{
	const uint8_t *t;
	uint64_t pa;
	unsigned n;

	if (!searched)
		find_root();
	if (root == NULL)
		return NULL;
	for (n = 0; (pa = acpi_root_entry(root, rootlen, wide, n)) != 0 &&
	    n < 256; n++) {
		t = hw_map_phys(pa, 4, 0);
		if (t == NULL)
			return NULL;
		if (memcmp(t, sig, 4) == 0) {
			hw_unmap_phys((void *)(uintptr_t)t, 4);
			return map_table(pa, lenp);
		}
		hw_unmap_phys((void *)(uintptr_t)t, 4);
	}
	return NULL;
}

const uint8_t *
hw_acpi_dsdt(size_t *lenp)
{
	const struct acpi_fadt *f = hw_acpi_fadt();

	return f != NULL ? map_table(f->af_dsdt, lenp) : NULL;
}

const struct acpi_madt *
hw_acpi_madt(void)
{
	static struct acpi_madt madt;
	static int done;
	const uint8_t *t;
	size_t len;

	if (done)
		return &madt;
	t = hw_acpi_table("APIC", &len);
	if (t != NULL)
		acpi_madt(t, len, &madt);
	if (madt.am_nioapic == 0) {
		madt.am_ioapic[0].ai_pa = 0xfec00000;
		madt.am_nioapic = 1;
	}
	done = 1;
	return &madt;
}

const struct acpi_fadt *
hw_acpi_fadt(void)
{
	static struct acpi_fadt fadt;
	static int done;		/* 1: there, -1: not */
	const uint8_t *t;
	size_t len;

	if (done == 0) {
		t = hw_acpi_table("FACP", &len);
		done = t != NULL && acpi_fadt(t, len, &fadt) ? 1 : -1;
	}
	return done > 0 ? &fadt : NULL;
}

static void
write_reg(uint8_t space, uint64_t addr, uint8_t v)
{
	volatile uint8_t *p;

	if (space == 1 && addr < 0x10000)
		outb((uint16_t)addr, v);
	else if (space == 0 && (p = hw_map_phys(addr, 1, HW_MAP_UC)) != NULL)
		*p = v;
}

void
hw_acpi_poweroff(void)
{
	const struct acpi_fadt *f = hw_acpi_fadt();
	const uint8_t *t;
	size_t len;
	uint8_t a, b;
	int i;

	if (f == NULL || (t = hw_acpi_dsdt(&len)) == NULL ||
	    !acpi_s5(t, len, &a, &b))
		return;
	if (f->af_hwreduced) {
		if (f->af_sleep != 0)
			write_reg(f->af_sleep_space, f->af_sleep,
			    (uint8_t)(a << 2 | 0x20));
		return;
	}
	if (f->af_pm1a == 0 || f->af_pm1a > 0xffff)
		return;
	/* ACPI mode first: 4.8.2.5. */
	if (f->af_smi != 0 && f->af_smi < 0x10000 && f->af_enable != 0 &&
	    (inw((uint16_t)f->af_pm1a) & 1) == 0) {
		outb((uint16_t)f->af_smi, (uint8_t)f->af_enable);
		for (i = 0; i < 1000000 &&
		    (inw((uint16_t)f->af_pm1a) & 1) == 0; i++)
			continue;
	}
	outw((uint16_t)f->af_pm1a, (uint16_t)((a & 7) << 10 | 0x2000));
	if (f->af_pm1b != 0 && f->af_pm1b < 0x10000)
		outw((uint16_t)f->af_pm1b,
		    (uint16_t)((b & 7) << 10 | 0x2000));
}

void
hw_acpi_reset(void)
{
	const struct acpi_fadt *f = hw_acpi_fadt();

	if (f != NULL && f->af_reset != 0)
		write_reg(f->af_reset_space, f->af_reset, f->af_reset_value);
}
