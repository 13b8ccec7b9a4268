/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the transports of dev_virtio. */
#ifndef VIRTIO_PRIVATE_H
#define VIRTIO_PRIVATE_H

#include <dev/pci.h>
#include <dev/virtio.h>

/* Is there a driver? */
int	virtio_wanted(unsigned type);
/* Attach what is a virtio device; a failure is told on the console. */
void	virtio_pci_attach(const struct pci_device *);
void	virtio_mmio_attach(void);
/* 0, or ENODEV: no interface of that kind. */
int	virtio_pci_modern(const struct pci_device *, struct virtio_dev **);
int	virtio_pci_legacy(const struct pci_device *, struct virtio_dev **);

unsigned virtio_pci_read(const struct pci_device *, int reg);
void	virtio_pci_write(const struct pci_device *, int reg, unsigned v);
/*
 * MSI-X with a vector for the configuration and n for queues, or as many as
 * there are.  0: none, use virtio_pci_line().
 */
#define VIRTIO_NO_INTERRUPT	(~0U)	/* and no line any more */
unsigned virtio_pci_msix(const struct pci_device *, struct virtio_dev *,
	    unsigned n);
/* True: the handler is on the function's line. */
int	virtio_pci_line(const struct pci_device *, int (*handler)(void *),
	    struct virtio_dev *);
/* What an interrupt status means. */
int	virtio_isr(struct virtio_dev *, unsigned status);

/* Vector numbers as devices know them. */
#define VIRTIO_VEC_CONFIG	0
#define VIRTIO_VEC_QUEUE	1

#endif /* VIRTIO_PRIVATE_H */
