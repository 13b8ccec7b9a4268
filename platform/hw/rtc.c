/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wall time: the CMOS clock (MC146818) is read once, then the monotonic
 * clock goes on from there.  kvmclock where there is no CMOS; 1970 where
 * there is neither.  The CMOS clock is taken to be in UTC.
 */
#include "hw.h"
#include "acpi.h"
#include "clock.h"
#include "cpu.h"

struct rtc {
	uint8_t	sec, min, hour, day, month, year, century;
};

static uint8_t
cmos(uint8_t reg)
{
	outb(0x70, reg | 0x80);
	return inb(0x71);
}

static void
sample(struct rtc *r, uint8_t century)
{
	r->sec = cmos(0);
	r->min = cmos(2);
	r->hour = cmos(4);
	r->day = cmos(7);
	r->month = cmos(8);
	r->year = cmos(9);
	r->century = century != 0 ? cmos(century) : 0;
}

static void
from_bcd(uint8_t *v)
{
	*v = (uint8_t)((*v >> 4) * 10 + (*v & 15));
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t
days(int64_t y, int m, int d)
{
	y -= m <= 2;
	return 365 * y + y / 4 - y / 100 + y / 400 +
	    (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1 - 719468;
}

/* Seconds since 1970, or 0 when there is no clock. */
static int64_t
rtc_read(void)
{
	struct rtc a, b;
	uint8_t status, pm;
	const struct acpi_fadt *f = NULL;
	uint8_t century = 0x32;
	int i;

	if (cmos(0x0d) == 0xff)
		return 0;
	/* The index of the century is the FADT's to say; PCs use 0x32. */
	if (hw_boot.hb_protocol == HW_MAGIC_MB2 || !hw_hypervisor())
		f = hw_acpi_fadt();
	if (f != NULL)
		century = f->af_century < 128 ? (uint8_t)f->af_century : 0;
	/* Two equal samples with no update in progress in between. */
	for (i = 0; i < 100; i++) {
		if (cmos(0x0a) & 0x80)
			continue;
		sample(&a, century);
		sample(&b, century);
		if (memcmp(&a, &b, sizeof(a)) == 0)
			break;
	}
	status = cmos(0x0b);
	pm = a.hour & 0x80;
	a.hour &= 0x7f;
	if ((status & 4) == 0) {
		from_bcd(&a.sec);
		from_bcd(&a.min);
		from_bcd(&a.hour);
		from_bcd(&a.day);
		from_bcd(&a.month);
		from_bcd(&a.year);
		from_bcd(&a.century);
	}
	if ((status & 2) == 0)
		a.hour = (uint8_t)(a.hour % 12 + (pm ? 12 : 0));
	if (a.month < 1 || a.month > 12 || a.day < 1 || a.day > 31)
		return 0;
	if (a.century < 19 || a.century > 29)
		a.century = a.year < 70 ? 20 : 19;
	return ((days(a.century * 100 + a.year, a.month, a.day) * 24 +
	    a.hour) * 60 + a.min) * 60 + a.sec;
}

int64_t
bmk_platform_wallclock(void)
{
	static struct bmk_spin lock;
	static int known;	/* [a] boot is */
	static int64_t boot;	/* [I] once known: wall time of monotonic 0 */
	int64_t mono = bmk_platform_monotonic(), t;
	unsigned long saved;

	if (!__atomic_load_n(&known, __ATOMIC_ACQUIRE)) {
		saved = bmk_spin_enter(&lock);
		t = rtc_read();
		if (!known)
			boot = t != 0 ? t * 1000000000 - mono :
			    hw_kvm_wallclock();
		__atomic_store_n(&known, 1, __ATOMIC_RELEASE);
		bmk_spin_exit(&lock, saved);
	}
	return boot + mono;
}
