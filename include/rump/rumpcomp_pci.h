/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls under PCI drivers: configuration space, mapping, interrupts,
 * memory for DMA.  The first part is the set that upstream's PCI component
 * has; MSI and MSI-X are ours.  Results: 0 or an errno; none blocks.
 */
#ifndef RUMP_RUMPCOMP_PCI_H
#define RUMP_RUMPCOMP_PCI_H

#include <stddef.h>

/* 0 when I/O BARs are ports of the CPU, as they are here. */
int rumpcomp_pci_iospace_init(void);

/*
 * reg is a byte offset, a multiple of 4, below 256 (below 4096 where the
 * machine has ECAM).  What is not there reads as all ones.
 */
int rumpcomp_pci_confread(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned *valuep);
int rumpcomp_pci_confwrite(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned value);

/* Device registers, uncached; NULL when out of memory. */
void *rumpcomp_pci_map(unsigned long pa, unsigned long len);

/*
 * Interrupt lines, shared and level triggered.  irq_map ties a cookie of the
 * caller's to a function's line; establish adds a handler, which runs with
 * interrupts off, only marks and wakes, and returns non-zero when the
 * interrupt was its device's.  NULL: no such interrupt.
 */
int rumpcomp_pci_irq_map(unsigned bus, unsigned dev, unsigned fun,
    int intrline, unsigned cookie);
void *rumpcomp_pci_irq_establish(unsigned cookie, int (*handler)(void *),
    void *arg);

/*
 * Message interrupts: one handler for each vector, not shared.  index is the
 * entry of the MSI-X table (nvectors of them, 0: no MSI-X).  Establishing
 * switches the function's line off.  NULL: not possible.
 */
unsigned rumpcomp_pci_msix_nvectors(unsigned bus, unsigned dev, unsigned fun);
void *rumpcomp_pci_msix_establish(unsigned bus, unsigned dev, unsigned fun,
    unsigned index, int (*handler)(void *), void *arg);
void *rumpcomp_pci_msi_establish(unsigned bus, unsigned dev, unsigned fun,
    int (*handler)(void *), void *arg);

/* Contiguous memory; align is a power of two up to the size's order. */
int rumpcomp_pci_dmalloc(size_t size, size_t align, unsigned long *pap,
    unsigned long *vap);
void rumpcomp_pci_dmafree(unsigned long va, size_t size);
struct rumpcomp_pci_dmaseg {
	unsigned long	ds_pa;
	unsigned long	ds_len;
	unsigned long	ds_vacookie;
};
/* One address range for all segments; EINVAL when they are not adjacent. */
int rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *, size_t nseg,
    size_t totlen, void **vap);
/* Bus address of kernel memory or of a page that is populated. */
unsigned long rumpcomp_pci_virt_to_mach(void *);

#endif /* RUMP_RUMPCOMP_PCI_H */
