/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rumpcomp_bus.h: ports, interrupts by number, and virtio-mmio slots: those
 * that ACPI's DSDT describes (hardware id LNRO0005), else those on the
 * command line, as Linux has them (virtio_mmio.device=512@0xfeb00e00:12; they
 * must not follow a JSON text), else those of QEMU's microvm.
 */
#include <rump/rumpcomp_bus.h>

#include "hw.h"
#include "acpi.h"
#include "cpu.h"

struct bus_irq {
	int	(*bi_fn)(void *);	/* [I] */
	void	*bi_arg;		/* [I] */
};

static struct acpi_virtio slots[ACPI_NVIRTIO];	/* [I] after find_slots() */
static unsigned nslots;
static int slots_done;		/* at boot only: drivers attach one by one */

unsigned
rumpcomp_bus_in(unsigned port, int width)
{
	return width == 1 ? inb((uint16_t)port) :
	    width == 2 ? inw((uint16_t)port) : inl((uint16_t)port);
}

void
rumpcomp_bus_out(unsigned port, int width, unsigned v)
{
	if (width == 1)
		outb((uint16_t)port, (uint8_t)v);
	else if (width == 2)
		outw((uint16_t)port, (uint16_t)v);
	else
		outl((uint16_t)port, v);
}

int
rumpcomp_bus_nofence(void)
{
	return hw_hypervisor_tcg();
}

/* By falling address; a slot told twice counts once. */
static void
slot_add(const struct acpi_virtio *av)
{
	unsigned i, n;

	for (i = 0; i < nslots && slots[i].av_pa > av->av_pa; i++)
		continue;
	if (nslots == ACPI_NVIRTIO || av->av_pa == 0 ||
	    (i < nslots && slots[i].av_pa == av->av_pa))
		return;
	for (n = nslots++; n > i; n--)
		slots[n] = slots[n - 1];
	slots[i] = *av;
}

static uint64_t
number(const char **sp)
{
	const char *s = *sp;
	uint64_t v = 0;
	unsigned base = 10, d;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	for (;; s++) {
		d = *s >= '0' && *s <= '9' ? (unsigned)(*s - '0') :
		    *s >= 'a' && *s <= 'f' ? (unsigned)(*s - 'a') + 10 : 99;
		if (d >= base)
			break;
		v = v * base + d;
	}
	*sp = s;
	return v;
}

/* The part that the virtual machine monitor wrote: size[K]@address:irq. */
static unsigned
from_config(struct acpi_virtio *av, unsigned max)
{
	static const char key[] = "virtio_mmio.device=";
	const char *s = bmk_platform_config;
	unsigned n = 0;

	while (n < max && (s = strchr(s, 'v')) != NULL) {
		if (strncmp(s, key, sizeof(key) - 1) != 0) {
			s++;
			continue;
		}
		s += sizeof(key) - 1;
		av[n].av_len = (uint32_t)number(&s);
		if (*s == 'K') {
			av[n].av_len *= 1024;
			s++;
		}
		if (*s++ != '@')
			break;
		av[n].av_pa = number(&s);
		if (*s++ != ':')
			break;
		av[n].av_gsi = (uint32_t)number(&s);
		av[n].av_level = 0;
		av[n++].av_low = 0;
	}
	return n;
}

/*
 * Neither: where QEMU's microvm without ACPI has them.  Nothing is there on
 * other machines, which reads as ones.
 */
static unsigned
fixed(struct acpi_virtio *av)
{
	unsigned n;

	if (!hw_hypervisor() || hw_acpi_fadt() != NULL)
		return 0;
	for (n = 0; n < 8; n++)
		av[n] = (struct acpi_virtio){ .av_pa = 0xfeb00000 + 512 * n,
		    .av_len = 512, .av_gsi = 5 + n };
	return n;
}

/* Ports answer: a chipset whose devices are on PCI, and long tables. */
static int
has_pci(void)
{
	unsigned v;

	outl(0xcf8, 1U << 31);
	v = inl(0xcfc);
	return v != ~0U && v != 0;
}

static void
find_slots(void)
{
	struct acpi_virtio av[ACPI_NVIRTIO];
	const uint8_t *t;
	int pci = has_pci();
	unsigned i, n = 0;
	size_t len;

	if (!pci && (t = hw_acpi_dsdt(&len)) != NULL)
		n = acpi_virtio(t, len, av, ACPI_NVIRTIO);
	if (n == 0)
		n = from_config(av, ACPI_NVIRTIO);
	if (n == 0 && !pci)
		n = fixed(av);
	for (i = 0; i < n; i++)
		slot_add(&av[i]);
	slots_done = 1;
}

int
rumpcomp_bus_virtio(unsigned n, struct rumpcomp_bus_dev *bd)
{
	if (!slots_done)
		find_slots();
	if (n >= nslots)
		return BMK_ENXIO;
	bd->bd_pa = slots[n].av_pa;
	bd->bd_len = slots[n].av_len;
	bd->bd_irq = slots[n].av_gsi;
	bd->bd_level = slots[n].av_level;
	bd->bd_low = slots[n].av_low;
	return 0;
}

static void
bus_irq(void *arg)
{
	struct bus_irq *bi = arg;

	(void)bi->bi_fn(bi->bi_arg);
}

void *
rumpcomp_bus_irq_establish(const struct rumpcomp_bus_dev *bd,
    int (*fn)(void *), void *arg)
{
	struct bus_irq *bi = bmk_malloc(sizeof(*bi), 0);

	if (bi == NULL)
		return NULL;
	bi->bi_fn = fn;
	bi->bi_arg = arg;
	if (hw_gsi_irq(bd->bd_irq, bd->bd_level, bd->bd_low, bus_irq,
	    bi) != 0) {
		bmk_free(bi, sizeof(*bi));
		return NULL;
	}
	return bi;
}
