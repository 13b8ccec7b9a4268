/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: the first byte chooses a parser of ACPI tables, the rest is the
 * table, exactly as long as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
tables(unsigned which, const uint8_t *t, size_t n)
{
	struct acpi_virtio av[4];
	struct acpi_mcfg mc[ACPI_NMCFG];
	struct acpi_madt madt;
	struct acpi_fadt fadt;
	uint8_t a, b;

	switch (which) {
	case 0:
		acpi_madt(t, n, &madt);
		if (madt.am_nioapic > ACPI_NIOAPIC || madt.am_noverride >
		    ACPI_NOVERRIDE || madt.am_ncpu > ACPI_NCPU)
			abort();
		break;
	case 1:
		(void)acpi_fadt(t, n, &fadt);
		break;
	case 2:
		if (acpi_mcfg(t, n, mc, ACPI_NMCFG) > ACPI_NMCFG)
			abort();
		break;
	case 3:
		(void)acpi_s5(t, n, &a, &b);
		break;
	case 4:
		(void)acpi_hpet(t, n);
		break;
	default:
		if (acpi_virtio(t, n, av, 4) > 4)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned which = size > 0 ? data[0] % 8 : 0, i;
	size_t n = size > 0 ? size - 1 : 0;
	uint8_t *t = malloc(n + !n);
	uint64_t root;
	int wide;

	if (n > 0)
		memcpy(t, data + 1, n);
	if (which == 6 && n >= 20)
		(void)acpi_rsdp(t, n, &root, &wide);
	else if (which == 7 && n > 0)
		for (i = 0; acpi_root_entry(t, n, t[0] & 1, i) != 0; i++)
			continue;
	else if (which < 6)
		tables(which, t, n);
	free(t);
	return 0;
}
