/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reference counters, for machines that do not say how fast their TSC is:
 * HPET, the ACPI timer, and the 8254 as the last resort.  A 32-bit HPET and
 * the ACPI timer wrap after seconds: they are read often enough, because the
 * timer is armed for short times while the rate is unknown and the whole
 * takes 20 ms once the clock was read a second time.
 */
#include "hw.h"
#include "acpi.h"
#include "clock.h"
#include "cpu.h"

#define PM_HZ	3579545ULL
#define PIT_HZ	1193182ULL
#define FEMTO	1000000ULL		/* femtoseconds in a nanosecond */

static volatile uint64_t *hpet;
static uint64_t period;		/* fs */
static uint64_t mask, last, sum;	/* counts */
static uint16_t pm_port;
static uint64_t pit_hz;

/* Counts since the first call, wraps taken out. */
static uint64_t
extend(uint64_t raw)
{
	sum += (raw - last) & mask;
	last = raw;
	return sum;
}

static int64_t
hpet_read(void)
{
	return (int64_t)muldiv(extend(hpet[0xf0 / 8]), period, FEMTO);
}

static int64_t
pm_read(void)
{
	return (int64_t)muldiv(extend(inl(pm_port)), 1000000000, PM_HZ);
}

/* No counter that lasts: the TSC itself, at the rate measured by the 8254. */
static int64_t
pit_read(void)
{
	return (int64_t)muldiv(extend(rdtsc()), 1000000000, pit_hz);
}

/* Channel 2 counts 2 ms down once, without interrupt or sound. */
static uint64_t
pit_measure(void)
{
	uint64_t t0, t1;
	uint32_t count = PIT_HZ / 500, spin;

	outb(0x61, (uint8_t)((inb(0x61) & ~2) | 1));
	outb(0x43, 0xb0);
	outb(0x42, (uint8_t)count);
	outb(0x42, (uint8_t)(count >> 8));
	t0 = rdtsc();
	for (spin = 0; (inb(0x61) & 0x20) == 0 && spin < 1000000; spin++)
		continue;
	t1 = rdtsc();
	/* No 8254 either: call it one count a nanosecond. */
	return spin < 2 || spin == 1000000 ? 1000000000 : (t1 - t0) * 500;
}

static int
hpet_init(void)
{
	const uint8_t *t;
	uint64_t pa, cap;
	size_t len;

	t = hw_acpi_table("HPET", &len);
	if (t == NULL || (pa = acpi_hpet(t, len)) == 0)
		return 0;
	hpet = hw_map_phys(pa, 0x400, HW_MAP_UC);
	if (hpet == NULL)
		return 0;
	cap = hpet[0];
	period = cap >> 32;
	if (period == 0 || period > 100000000)
		return 0;
	mask = cap & 1U << 13 ? UINT64_MAX : UINT32_MAX;
	hpet[2] |= 1;			/* let it count */
	last = hpet[0xf0 / 8];
	return 1;
}

const struct hw_ref *
hw_ref_find(void)
{
	static const struct hw_ref hpet_ref = { hpet_read };
	static const struct hw_ref pm_ref = { pm_read };
	static const struct hw_ref pit_ref = { pit_read };
	const struct acpi_fadt *f;

	if (hpet_init())
		return &hpet_ref;
	f = hw_acpi_fadt();
	if (f != NULL && f->af_pmtimer != 0 && f->af_pmtimer < 0x10000) {
		pm_port = (uint16_t)f->af_pmtimer;
		mask = f->af_pmtimer32 ? UINT32_MAX : 0xffffff;
		last = inl(pm_port);
		return &pm_ref;
	}
	pit_hz = pit_measure();
	mask = UINT64_MAX;
	last = rdtsc();
	return &pit_ref;
}
