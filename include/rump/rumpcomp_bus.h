/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls under drivers beside rumpcomp_pci.h: ports of the CPU, devices
 * that no bus enumerates, interrupts by number, addresses for DMA.  None
 * blocks.
 */
#ifndef RUMP_RUMPCOMP_BUS_H
#define RUMP_RUMPCOMP_BUS_H

#include <rump/rumpcomp_pci.h>

/* width is 1, 2 or 4 bytes. */
unsigned rumpcomp_bus_in(unsigned port, int width);
void rumpcomp_bus_out(unsigned port, int width, unsigned value);

/* Registers in memory that the firmware or the command line told of. */
struct rumpcomp_bus_dev {
	unsigned long	bd_pa, bd_len;
	unsigned	bd_irq;		/* global system interrupt */
	int		bd_level;	/* level triggered, else by edge */
	int		bd_low;		/* active low */
};

/*
 * The n-th virtio-mmio slot, by falling address: the order of QEMU's
 * -device options.  A slot may have no device in it.  0 or ENXIO.
 */
int rumpcomp_bus_virtio(unsigned n, struct rumpcomp_bus_dev *);

/* As rumpcomp_pci_irq_establish(); the interrupt is not shared. */
void *rumpcomp_bus_irq_establish(const struct rumpcomp_bus_dev *,
    int (*handler)(void *), void *arg);

/*
 * Memory of the rump kernel's allocators has its bus address at a fixed
 * distance, and is contiguous in it: what drivers do for each packet.
 * Everything else (pages of programs, the image) goes page by page.
 */
#define RUMPCOMP_BUS_DIRECT	(1UL << 39)
extern unsigned long rumpcomp_bus_base;

static inline int
rumpcomp_bus_direct(const void *va)
{
	return (unsigned long)va - rumpcomp_bus_base < RUMPCOMP_BUS_DIRECT;
}

static inline unsigned long
rumpcomp_bus_addr(const void *va)
{
	unsigned long pa = (unsigned long)va - rumpcomp_bus_base;

	if (__builtin_expect(pa < RUMPCOMP_BUS_DIRECT, 1))
		return pa;
	return rumpcomp_pci_virt_to_mach((void *)(unsigned long)va);
}

/*
 * True when a fence does not order our stores before our loads for devices:
 * QEMU's interpreter drops fences while there is one CPU, but its devices run
 * in another thread.  A port access does.
 */
int rumpcomp_bus_nofence(void);

#endif /* RUMP_RUMPCOMP_BUS_H */
