/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enumerates PCI: bus 0, and the buses behind bridges as the firmware
 * numbered them.  Nothing is done before somebody asks for devices; with the
 * parameter RUMP_VERBOSE=1 they are listed at boot.  Buses are visited once
 * each and only upwards, so a bridge that lies cannot make a loop.
 * pci_lock guards the enumeration; the list is constant afterwards.
 */
#include <errno.h>

#include <rump/component.h>
#include <rump/rumpcomp_pci.h>
#include <rump/rumpuser.h>

#include <kern/kmem.h>
#include <kern/lock.h>
#include <kern/log.h>

#include <dev/pci.h>

#define REG_ID		0x00
#define REG_COMMAND	0x04
#define REG_CLASS	0x08
#define REG_HEADER	0x0c
#define REG_BAR		0x10
#define REG_BUSES	0x18
#define REG_LINE	0x3c
#define MULTIFUNCTION	0x800000

static struct rump_mutex pci_lock;
static int pci_done;			/* [pci_lock] */
static struct pci_device *pci_first;	/* [pci_lock], then constant */
static struct pci_device **pci_tail = &pci_first;	/* [pci_lock] */

static unsigned
conf(const struct pci_device *pd, int reg)
{
	unsigned v;

	if (rumpcomp_pci_confread(pd->pd_bus, pd->pd_dev, pd->pd_fun, reg,
	    &v) != 0)
		return ~0U;
	return v;
}

static void
conf_write(const struct pci_device *pd, int reg, unsigned v)
{
	(void)rumpcomp_pci_confwrite(pd->pd_bus, pd->pd_dev, pd->pd_fun, reg,
	    v);
}

/* What a BAR reads after all ones were written says its size. */
static unsigned
probe(const struct pci_device *pd, int reg, unsigned old)
{
	unsigned v;

	conf_write(pd, reg, ~0U);
	v = conf(pd, reg);
	conf_write(pd, reg, old);
	return v;
}

static unsigned
one_bar(const struct pci_device *pd, unsigned n, struct pci_bar *pb)
{
	int reg = REG_BAR + 4 * (int)n;
	unsigned lo = conf(pd, reg), hi = 0, mlo, mhi = ~0U, used = 1;
	uint64_t mask;

	/* There is none, or the firmware gave it no address. */
	if (lo == 0)
		return 1;
	mlo = probe(pd, reg, lo);
	if (mlo == 0 || mlo == ~0U)
		return 1;
	if (lo & 1) {
		pb->pb_flags = PCI_BAR_IO;
		pb->pb_addr = lo & 0xfffc;
		pb->pb_size = (~(mlo & 0xfffcU) & 0xffff) + 1;
		return 1;
	}
	pb->pb_flags = lo & 8 ? PCI_BAR_PREFETCH : 0;
	if ((lo & 6) == 4 && n + 1 < PCI_NBAR) {
		pb->pb_flags |= PCI_BAR_64;
		hi = conf(pd, reg + 4);
		mhi = probe(pd, reg + 4, hi);
		used = 2;
	}
	mask = (uint64_t)mhi << 32 | (mlo & ~15U);
	pb->pb_addr = (uint64_t)hi << 32 | (lo & ~15U);
	pb->pb_size = ~mask + 1;
	return used;
}

/* Decoding is off while the BARs hold no addresses. */
void
pci_bars(const struct pci_device *cpd)
{
	struct pci_device *pd = (struct pci_device *)(uintptr_t)cpd;
	unsigned cmd, n;

	rump_mutex_enter(&pci_lock);
	if (pd->pd_nbar != 0) {
		cmd = conf(pd, REG_COMMAND) & 0xffff;
		conf_write(pd, REG_COMMAND, cmd & ~3U);
		for (n = 0; n < pd->pd_nbar;)
			n += one_bar(pd, n, &pd->pd_bar[n]);
		conf_write(pd, REG_COMMAND, cmd);
		pd->pd_nbar = 0;	/* once */
	}
	rump_mutex_exit(&pci_lock);
}

static int
function(unsigned bus, unsigned dev, unsigned fun, unsigned *headerp,
    unsigned *secondaryp)
{
	struct pci_device *pd;
	unsigned id, header, line;

	*secondaryp = 0;
	/* Mostly nothing is there. */
	if (rumpcomp_pci_confread(bus, dev, fun, REG_ID, &id) != 0 ||
	    (id & 0xffff) == 0xffff || (id & 0xffff) == 0)
		return ENXIO;
	pd = rump_kmem_zalloc(sizeof(*pd));
	if (pd == NULL)
		return ENOMEM;
	pd->pd_bus = (uint8_t)bus;
	pd->pd_dev = (uint8_t)dev;
	pd->pd_fun = (uint8_t)fun;
	*headerp = header = conf(pd, REG_HEADER);
	pd->pd_vendor = (uint16_t)id;
	pd->pd_product = (uint16_t)(id >> 16);
	pd->pd_class = conf(pd, REG_CLASS) >> 8;
	line = conf(pd, REG_LINE);
	pd->pd_line = (uint8_t)line;
	pd->pd_pin = (uint8_t)(line >> 8);
	if ((header >> 16 & 0x7f) == 0)
		pd->pd_nbar = PCI_NBAR;
	else if ((header >> 16 & 0x7f) == 1)
		*secondaryp = conf(pd, REG_BUSES) >> 8 & 0xff;
	*pci_tail = pd;
	pci_tail = &pd->pd_next;
	return 0;
}

static void
device(unsigned bus, unsigned dev, uint8_t *todo)
{
	unsigned fun, header = 0, secondary;

	for (fun = 0; fun < 8; fun++) {
		if (function(bus, dev, fun, &header, &secondary) == 0 &&
		    secondary > bus)
			todo[secondary / 8] |= 1U << secondary % 8;
		if (fun == 0 && (header & MULTIFUNCTION) == 0)
			break;
	}
}

const struct pci_device *
pci_devices(void)
{
	uint8_t todo[32] = { 1 };
	unsigned bus, dev;

	rump_mutex_enter(&pci_lock);
	if (!pci_done) {
		for (bus = 0; bus < 256; bus++) {
			if (todo[bus / 8] == 0) {
				bus |= 7;
				continue;
			}
			for (dev = 0; dev < 32 &&
			    todo[bus / 8] & 1U << bus % 8; dev++)
				device(bus, dev, todo);
		}
		pci_done = 1;
	}
	rump_mutex_exit(&pci_lock);
	return pci_first;
}

static void
print(const struct pci_device *pd)
{
	const struct pci_bar *pb;

	pci_bars(pd);
	rump_printf("pci %02x:%02x.%x: %04x:%04x class %06x", pd->pd_bus,
	    pd->pd_dev, pd->pd_fun, pd->pd_vendor, pd->pd_product,
	    pd->pd_class);
	if (pd->pd_pin != 0)
		rump_printf(" irq %u", pd->pd_line);
	for (pb = pd->pd_bar; pb < pd->pd_bar + PCI_NBAR; pb++)
		if (pb->pb_size != 0)
			rump_printf(" %s 0x%lx+0x%lx",
			    pb->pb_flags & PCI_BAR_IO ? "io" : "mem",
			    (unsigned long)pb->pb_addr,
			    (unsigned long)pb->pb_size);
	rump_printf("\n");
}

RUMP_COMPONENT(pci, RUMP_FACTION_DEV)
{
	const struct pci_device *pd;
	char buf[8];

	if (rumpuser_getparam("RUMP_VERBOSE", buf, sizeof(buf)) != 0 ||
	    buf[0] != '1')
		return 0;
	for (pd = pci_devices(); pd != NULL; pd = pd->pd_next)
		print(pd);
	return 0;
}
