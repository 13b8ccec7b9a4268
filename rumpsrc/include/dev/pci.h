/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI devices for drivers.  The bus is enumerated when somebody first asks;
 * the list does not change afterwards, so it is read without a lock.
 */
#ifndef DEV_PCI_H
#define DEV_PCI_H

#include <stdint.h>

#define PCI_NBAR	6
#define PCI_BAR_IO	0x1	/* ports */
#define PCI_BAR_64	0x2
#define PCI_BAR_PREFETCH 0x4

struct pci_bar {
	uint64_t	pb_addr;	/* physical address or port */
	uint64_t	pb_size;	/* 0: none */
	unsigned	pb_flags;
};

struct pci_device {
	struct pci_device *pd_next;
	uint8_t		pd_bus, pd_dev, pd_fun;
	uint16_t	pd_vendor, pd_product;
	uint32_t	pd_class;	/* class, subclass, interface */
	uint8_t		pd_line;	/* interrupt line, 255: none */
	uint8_t		pd_pin;		/* 0: none */
	uint8_t		pd_nbar;	/* by the header's type */
	struct pci_bar	pd_bar[PCI_NBAR];	/* after pci_bars() */
};

/* All devices, in bus order; NULL: none. */
const struct pci_device *pci_devices(void);
/*
 * Where the registers of a device are.  For its driver, before it uses them:
 * the device does not answer meanwhile.
 */
void pci_bars(const struct pci_device *);

#endif /* DEV_PCI_H */
