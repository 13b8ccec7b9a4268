/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices whose registers say anything: PCI capabilities, modern, legacy, and
 * memory-mapped registers of both versions are random bytes, near sane ones.
 * Each mapping is memory of the host of just that size (AddressSanitizer),
 * ports are checked.  No access may be outside of what the bus gave.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/pci_regs.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "../check.h"
#include "../../rumpsrc/dev/virtio/virtio_private.h"
#include "host.h"
#include "vioif.h"

#define BASE	0xfe000000UL	/* of BAR n: + n * 1 MiB */
#define PORT	0xc000U
#define NMAPS	64

static uint64_t state;
static uint8_t conf[256];
static struct pci_device pci;
static unsigned portsize, nslots;
static struct {
	uint8_t		*m_mem;
	unsigned long	 m_len;
} maps[NMAPS];
static unsigned nmaps;
static int (*handlers[80])(void *);
static void *handlerargs[80];
static unsigned nhandlers, attached, messages;

static unsigned
rnd(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

/* Registers: mostly small numbers, as sizes and states are. */
static void
scramble(uint8_t *p, size_t n)
{
	static const uint8_t small[] = { 0, 0, 0, 1, 2, 4, 16, 64, 255 };
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = rnd(3) ? small[rnd(sizeof(small))] : (uint8_t)rnd(256);
}

int
rumpcomp_pci_confread(unsigned b, unsigned d, unsigned f, int reg,
    unsigned *v)
{
	(void)b, (void)d, (void)f;
	if (reg < 0 || reg % 4 != 0 || reg > 252) {
		/* A capability at the end may lie across it. */
		CHECK(reg % 4 == 0 && reg < 256 + 32);
		*v = ~0U;
		return reg % 4 ? 22 : 0;
	}
	memcpy(v, conf + reg, 4);
	return 0;
}

int
rumpcomp_pci_confwrite(unsigned b, unsigned d, unsigned f, int reg, unsigned v)
{
	(void)b, (void)d, (void)f, (void)v;
	CHECK(reg >= 0 && reg % 4 == 0 && reg <= 252);
	return 0;
}

static void *
newmap(unsigned long len)
{
	if (nmaps == NMAPS || rnd(50) == 0)
		return NULL;
	maps[nmaps].m_mem = aligned_alloc(8, (len + 7) & ~7UL);
	maps[nmaps].m_mem = realloc(maps[nmaps].m_mem, len);
	maps[nmaps].m_len = len;
	scramble(maps[nmaps].m_mem, len);
	return maps[nmaps++].m_mem;
}

/* A slot of a page of them that is all there. */
static void *
mapslots(unsigned long len)
{
	uint32_t *r, v;
	uint8_t *p = newmap(len);
	unsigned i;

	for (i = 0; p != NULL && i + 0x200 <= len; i += 0x200) {
		r = (void *)(p + i);
		r[VIRTIO_MMIO_MAGIC_VALUE / 4] = rnd(10) ? 0x74726976 : 0;
		v = rnd(8);
		r[VIRTIO_MMIO_VERSION / 4] = v < 2 ? v + 1 : 1 + v % 2;
		r[VIRTIO_MMIO_DEVICE_ID / 4] = rnd(10) ? 1 : rnd(40);
		r[VIRTIO_MMIO_DEVICE_FEATURES / 4] |= 1;
		if (rnd(4))
			r[VIRTIO_MMIO_QUEUE_NUM_MAX / 4] = rnd(2) ? 256 :
			    rnd(70000);
		if (rnd(4))
			r[VIRTIO_MMIO_QUEUE_PFN / 4] =
			    r[VIRTIO_MMIO_QUEUE_READY / 4] = 0;
	}
	return p;
}

void *
rumpcomp_pci_map(unsigned long pa, unsigned long len)
{
	unsigned n = (unsigned)((pa - BASE) >> 20);
	uint8_t *p;

	CHECK(len > 0 && len <= 0x10000);
	if (pa == BASE - 4096)
		return mapslots(len);
	/* Inside of its BAR? */
	if (pa < BASE || n >= PCI_NBAR || (pci.pd_bar[n].pb_flags &
	    PCI_BAR_IO) || pa + len > pci.pd_bar[n].pb_addr +
	    pci.pd_bar[n].pb_size) {
		CHECK(!"a mapping outside of the BAR");
		abort();
	}
	p = newmap(len);
	/* Perhaps the common registers: good enough to go on. */
	if (p != NULL && len >= 56 && rnd(3)) {
		p[VIRTIO_PCI_COMMON_DF] |= 1;
		p[VIRTIO_PCI_COMMON_NUMQ] = (uint8_t)(3 + rnd(20));
		memcpy(p + VIRTIO_PCI_COMMON_Q_SIZE, rnd(3) ? "\0\1" : "\20",
		    2);
		memset(p + VIRTIO_PCI_COMMON_Q_NOFF, 0, 2);
	}
	return p;
}

unsigned
rumpcomp_bus_in(unsigned port, int width)
{
	uint8_t b[4];
	unsigned v;

	CHECK(port >= PORT && port + (unsigned)width <= PORT + portsize);
	scramble(b, 4);
	memcpy(&v, b, 4);
	if (port == PORT + VIRTIO_PCI_QUEUE_NUM && rnd(8))
		return 256;
	if (port == PORT + VIRTIO_PCI_STATUS && rnd(4))
		return 0;
	return width == 4 ? v : v & ((1U << 8 * width) - 1);
}

void
rumpcomp_bus_out(unsigned port, int width, unsigned v)
{
	(void)v;
	CHECK(port >= PORT && port + (unsigned)width <= PORT + portsize);
}

static void *
establish(int (*fn)(void *), void *arg)
{
	if (nhandlers == 80 || rnd(30) == 0)
		return NULL;
	handlers[nhandlers] = fn;
	handlerargs[nhandlers++] = arg;
	return &handlers[nhandlers];
}

int
rumpcomp_pci_irq_map(unsigned b, unsigned d, unsigned f, int line,
    unsigned cookie)
{
	(void)b, (void)d, (void)f, (void)line, (void)cookie;
	return rnd(20) == 0;
}

void *
rumpcomp_pci_irq_establish(unsigned cookie, int (*fn)(void *), void *arg)
{
	(void)cookie;
	return establish(fn, arg);
}

unsigned
rumpcomp_pci_msix_nvectors(unsigned b, unsigned d, unsigned f)
{
	(void)b, (void)d, (void)f;
	return messages;
}

void *
rumpcomp_pci_msix_establish(unsigned b, unsigned d, unsigned f, unsigned i,
    int (*fn)(void *), void *arg)
{
	(void)b, (void)d, (void)f;
	CHECK(i < messages);
	return establish(fn, arg);
}

void *
rumpcomp_bus_irq_establish(const struct rumpcomp_bus_dev *bd,
    int (*fn)(void *), void *arg)
{
	(void)bd;
	return establish(fn, arg);
}

int
rumpcomp_bus_virtio(unsigned n, struct rumpcomp_bus_dev *bd)
{
	if (n >= nslots)
		return 2;
	bd->bd_pa = BASE - 4096 + n * 0x200;
	bd->bd_len = rnd(4) ? 0x200 : rnd(2) ? 0x100 : 0xf0;
	return 0;
}

void
pci_bars(const struct pci_device *pd)
{
	(void)pd;
}

const struct pci_device *
pci_devices(void)
{
	return NULL;
}

/* Capabilities that are nearly right, in a list that may be a ring. */
static void
capabilities(void)
{
	unsigned at = 0x40, i, next;

	scramble(conf, sizeof(conf));
	conf[6] |= rnd(20) ? 0x10 : 0;
	conf[0x2e] = rnd(10) ? 1 : (uint8_t)rnd(30);
	conf[0x2f] = 0;
	conf[PCI_CAPABILITY_LIST] = rnd(20) ? 0x40 : (uint8_t)rnd(256);
	for (i = 0; i < 6; i++, at = next) {
		uint32_t off = rnd(4) ? 0 : rnd(20000), len = rnd(4) ?
		    4096 : rnd(2) ? rnd(64) : (uint32_t)rnd(1U << 31) * 2;

		next = rnd(15) ? at + 0x18 : rnd(256) & 0xfc;
		if (next > 0xec)
			next = 0x40;
		conf[at] = rnd(12) ? PCI_CAP_ID_VNDR : (uint8_t)rnd(20);
		conf[at + 1] = i == 5 && rnd(4) ? 0 : (uint8_t)next;
		conf[at + 2] = 16;
		conf[at + 3] = rnd(12) ? (uint8_t)(1 + i % 5) :
		    (uint8_t)rnd(256);
		conf[at + 4] = rnd(12) ? 4 : (uint8_t)rnd(256);
		if (rnd(12) == 0)
			off = 0U - rnd(5000);
		memcpy(conf + at + 8, &off, 4);
		memcpy(conf + at + 12, &len, 4);
		if (rnd(3))
			memset(conf + at + 16, 0, 4);
	}
}

static void
function(void)
{
	unsigned i;

	memset(&pci, 0, sizeof(pci));
	pci.pd_vendor = 0x1af4;
	pci.pd_product = rnd(2) ? 0x1000 : rnd(10) ? 0x1041 :
	    (uint16_t)(0x1000 + rnd(0x80));
	pci.pd_pin = (uint8_t)rnd(2);
	portsize = rnd(3) ? 64 : rnd(80);
	for (i = 0; i < PCI_NBAR; i++) {
		pci.pd_bar[i].pb_addr = BASE + ((uint64_t)i << 20);
		pci.pd_bar[i].pb_size = rnd(3) ? 0x4000 : rnd(0x5000);
		if (i != 4 && rnd(6) == 0)
			pci.pd_bar[i].pb_addr = 0;
	}
	if (rnd(4)) {
		pci.pd_bar[0].pb_addr = PORT;
		pci.pd_bar[0].pb_size = portsize;
		pci.pd_bar[0].pb_flags = PCI_BAR_IO;
	}
	messages = rnd(2) ? rnd(6) : 0;
	capabilities();
}

/* With what the driver made of it: traffic, interrupts, other registers. */
static void
live(void)
{
	struct mbuf *m;
	unsigned i, k;

	attached++;
	for (i = 0; i < 20; i++) {
		for (k = 0; k < nmaps; k++)
			if (rnd(2))
				scramble(maps[k].m_mem, maps[k].m_len);
		if (nhandlers != 0) {
			k = rnd(nhandlers);
			(void)handlers[k](handlerargs[k]);
		}
		if ((m = m_gethdr(60)) != NULL) {
			m->m_len = m->m_pkt.ph_len = 60;
			memset(m->m_data, 1, 60);
			(void)host_if->if_ops->if_transmit(host_if, m, 0);
		}
		(void)host_poll();
		host_callouts();
		host_if->if_flags ^= 0x100;
		(void)host_if->if_ops->if_setflags(host_if);
		host_rxfree();
	}
}

static void
round_(unsigned long n)
{
	unsigned i;

	state = n * 0x9e3779b97f4a7c15ULL + 1;
	(void)rnd(2);
	rump_cooperative = 1;
	host_ncpu = 1 + rnd(3);
	host_direct = (int)rnd(2);
	host_start();
	nhandlers = nmaps = 0;
	if (rnd(3)) {
		function();
		virtio_pci_attach(&pci);
	} else {
		nslots = rnd(4) ? 1 : rnd(9);
		virtio_mmio_attach();
	}
	if (host_if != NULL)
		live();
	host_end();
	for (i = 0; i < nmaps; i++)
		free(maps[i].m_mem);
}

int
main(int argc, char **argv)
{
	const char *s = getenv("ROUNDS");
	unsigned long n, rounds = s != NULL ? strtoul(s, NULL, 0) : 3000;

	if (argc > 1) {
		round_(strtoul(argv[1], NULL, 0));
		return check_done();
	}
	for (n = 0; n < rounds && check_failures == 0; n++)
		round_(n);
	if (check_failures != 0)
		printf("in round %lu\n", n - 1);
	/* Many got as far as a driver. */
	printf("%u of %lu devices attached\n", attached, rounds);
	CHECK(attached > rounds / 20);
	return check_done();
}
