/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables, as far as they are used (ACPI 6.5, chapters 5 and 4.8).
 * acpi_parse.c looks at bytes only (tests/hw/t_acpi.c runs it on the host);
 * acpi.c finds and maps tables.
 */
#ifndef HW_ACPI_H
#define HW_ACPI_H

#include <stddef.h>
#include <stdint.h>

#define ACPI_NIOAPIC	8
#define ACPI_NOVERRIDE	16
#define ACPI_NMCFG	8
#define ACPI_NVIRTIO	32
#define ACPI_NCPU	64
#define ACPI_HEADER	36	/* of every table */

struct acpi_madt {
	unsigned	am_nioapic, am_noverride, am_ncpu;
	struct {
		uint64_t ai_pa;
		uint32_t ai_gsi;	/* first interrupt */
	}		am_ioapic[ACPI_NIOAPIC];
	struct {
		uint32_t ao_irq, ao_gsi, ao_flags;
	}		am_override[ACPI_NOVERRIDE];
	uint32_t	am_cpu[ACPI_NCPU];	/* APIC ids of enabled CPUs */
};

struct acpi_fadt {
	uint64_t	af_dsdt;
	uint32_t	af_pm1a, af_pm1b;	/* control ports; 0: none */
	uint32_t	af_pmtimer;		/* port; 0: none */
	int		af_pmtimer32;		/* 32 bits, else 24 */
	int		af_hwreduced;
	uint32_t	af_smi, af_enable;	/* port, value; 0: none */
	uint8_t		af_reset_space, af_reset_value;
	uint64_t	af_reset;		/* 0: none */
	uint8_t		af_sleep_space;		/* hardware-reduced */
	uint64_t	af_sleep;		/* 0: none */
	uint16_t	af_century;		/* CMOS index; 0: none */
};

struct acpi_mcfg {
	uint64_t	mc_base;
	uint16_t	mc_segment;
	uint8_t		mc_first, mc_last;	/* bus numbers */
};

/* A virtio-mmio device. */
struct acpi_virtio {
	uint64_t	av_pa;
	uint32_t	av_len, av_gsi;
	uint8_t		av_level, av_low;
};

/* 1 when len bytes sum up to 0. */
int acpi_sum(const uint8_t *, size_t len);
/* p has at least 20 bytes, len all that may be read; gives XSDT or RSDT. */
int acpi_rsdp(const uint8_t *p, size_t len, uint64_t *root, int *wide);
/* The n-th table's address in a root table; 0 past the end. */
uint64_t acpi_root_entry(const uint8_t *t, size_t len, int wide, unsigned n);
void acpi_madt(const uint8_t *t, size_t len, struct acpi_madt *);
int acpi_fadt(const uint8_t *t, size_t len, struct acpi_fadt *);
unsigned acpi_mcfg(const uint8_t *t, size_t len, struct acpi_mcfg *, unsigned);
/* Looks for Name (_S5_, Package); the two sleep types.  0: not found. */
int acpi_s5(const uint8_t *t, size_t len, uint8_t *typea, uint8_t *typeb);
/* Address of the event timer block; 0: none in memory. */
uint64_t acpi_hpet(const uint8_t *t, size_t len);
/* Devices LNRO0005 of a DSDT; how many. */
unsigned acpi_virtio(const uint8_t *t, size_t len, struct acpi_virtio *,
    unsigned max);

/* acpi.c: not in host tests. */
const uint8_t *hw_acpi_table(const char *sig, size_t *lenp);
const uint8_t *hw_acpi_dsdt(size_t *lenp);	/* NULL: none */
const struct acpi_madt *hw_acpi_madt(void);	/* never NULL */
const struct acpi_fadt *hw_acpi_fadt(void);	/* NULL: no ACPI */
void hw_acpi_poweroff(void);			/* returns when it cannot */
void hw_acpi_reset(void);

#endif /* HW_ACPI_H */
