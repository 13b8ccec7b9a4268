/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI for components (rumpcomp_pci.h).  Configuration space by the ports
 * 0xcf8 and 0xcfc where they answer; else, and from 256 on, by ECAM where ACPI
 * says that it is (to look costs more than all ports; one bus is mapped at a
 * time).  Lines go through the IOAPIC, messages to this CPU.
 * Locks: conf_lock (ports, ECAM maps), line_lock (handlers of lines).
 */
#include <rump/rumpcomp_pci.h>

#include "hw.h"
#include "acpi.h"
#include "cpu.h"

#define NLINE		16
#define NCOOKIE		64
#define CAP_MSI		0x05
#define CAP_MSIX	0x11
#define CMD_MASTER	0x0004
#define CMD_NOLINE	0x0400
#define MSI_ADDRESS	0xfee00000

struct handler {
	struct handler	*h_next;	/* [line_lock] */
	int		(*h_fn)(void *);	/* [I] */
	void		*h_arg;		/* [I] */
};

static struct bmk_spin conf_lock, line_lock;
static struct acpi_mcfg mcfg[ACPI_NMCFG];	/* [conf_lock] */
static int nmcfg = -1;			/* [conf_lock] -1: not looked yet */
static volatile uint32_t *ecam[256];	/* [conf_lock] by bus */
static int ports;			/* [conf_lock] 1: answer, -1: do not */
static struct handler *lines[NLINE];	/* [line_lock] */
static uint8_t cookies[NCOOKIE];	/* [line_lock] line + 1 */

/*
 * Where a register is: bus, device, function and offset as in ECAM.  Not a
 * function's: NOWHERE, with whatever offset.
 */
#define NOWHERE		(1U << 31)
static unsigned
tag(unsigned bus, unsigned dev, unsigned fun)
{
	return bus > 255 || dev > 31 || fun > 7 ? NOWHERE :
	    bus << 20 | dev << 15 | fun << 12;
}

/* NULL: by ports.  Caller holds conf_lock. */
static volatile uint32_t *
ecam_find(unsigned where)
{
	unsigned bus = where >> 20;
	const uint8_t *t;
	size_t len;
	int i;

	if (nmcfg < 0) {
		t = hw_acpi_table("MCFG", &len);
		nmcfg = t != NULL ?
		    (int)acpi_mcfg(t, len, mcfg, ACPI_NMCFG) : 0;
	}
	for (i = 0; i < nmcfg && ecam[bus] == NULL; i++)
		if (mcfg[i].mc_segment == 0 && bus >= mcfg[i].mc_first &&
		    bus <= mcfg[i].mc_last)
			ecam[bus] = hw_map_phys(mcfg[i].mc_base +
			    ((uint64_t)bus << 20), 1UL << 20, HW_MAP_UC);
	return ecam[bus] != NULL ? ecam[bus] + (where & 0xfffff) / 4 : NULL;
}

/* Caller holds conf_lock. */
static __attribute__((__noinline__)) int
has_ports(void)
{
	if (ports == 0) {
		outl(0xcf8, 1U << 31);
		ports = inl(0xcf8) == 1U << 31 && inl(0xcfc) != ~0U ? 1 : -1;
	}
	return ports > 0;
}

/* Caller holds conf_lock. */
static __attribute__((__noinline__)) int
ecam_conf(unsigned where, unsigned *v, int write)
{
	volatile uint32_t *p = ecam_find(where);

	if (p == NULL) {
		if (!write)
			*v = ~0U;
		return write ? BMK_ENXIO : 0;
	}
	if (write)
		*p = *v;
	else
		*v = *p;
	return 0;
}

/*
 * At boot there are a hundred of these, so the lock is taken without a call:
 * the ports take longer than one atomic instruction.
 */
static int
conf(unsigned where, unsigned *v, int write)
{
	unsigned long saved;
	int error = 0;

	if (where & (NOWHERE | 3))
		return BMK_EINVAL;
	saved = irq_save();
	while (__atomic_exchange_n(&conf_lock.sl_locked, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	if ((where & 0xf00) == 0 && (ports > 0 || has_ports())) {
		outl(0xcf8, 1U << 31 | (where >> 4 & 0xffff00) |
		    (where & 0xff));
		if (write)
			outl(0xcfc, *v);
		else
			*v = inl(0xcfc);
	} else
		error = ecam_conf(where, v, write);
	__atomic_store_n(&conf_lock.sl_locked, 0, __ATOMIC_RELEASE);
	irq_restore(saved);
	return error;
}

int
rumpcomp_pci_iospace_init(void)
{
	return 0;
}

int
rumpcomp_pci_confread(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned *vp)
{
	return conf(reg < 0 || reg > 4095 ? NOWHERE :
	    tag(bus, dev, fun) + (unsigned)reg, vp, 0);
}

int
rumpcomp_pci_confwrite(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned v)
{
	return conf(reg < 0 || reg > 4095 ? NOWHERE :
	    tag(bus, dev, fun) + (unsigned)reg, &v, 1);
}

void *
rumpcomp_pci_map(unsigned long pa, unsigned long len)
{
	return hw_map_phys(pa, len, HW_MAP_UC);
}

/* A line's interrupt: everybody on it is asked. */
static void
line_irq(void *arg)
{
	struct handler *h;

	for (h = *(struct handler **)arg; h != NULL; h = h->h_next)
		(void)h->h_fn(h->h_arg);
}

static void
message_irq(void *arg)
{
	struct handler *h = arg;

	(void)h->h_fn(h->h_arg);
}

int
rumpcomp_pci_irq_map(unsigned bus, unsigned dev, unsigned fun, int intrline,
    unsigned cookie)
{
	(void)bus;
	(void)dev;
	(void)fun;
	if (intrline < 0 || intrline >= NLINE || cookie >= NCOOKIE)
		return BMK_EINVAL;
	cookies[cookie] = (uint8_t)(intrline + 1);
	return 0;
}

/* PCI lines are level, active low unless MADT has another word for it. */
static int
line_enable(unsigned line)
{
	const struct acpi_madt *m = hw_acpi_madt();
	unsigned i;

	for (i = 0; i < m->am_noverride; i++)
		if (m->am_override[i].ao_irq == line)
			return hw_gsi_irq(m->am_override[i].ao_gsi, 1,
			    (m->am_override[i].ao_flags & 3) == 3, line_irq,
			    &lines[line]);
	return hw_gsi_irq(line, 1, 1, line_irq, &lines[line]);
}

static struct handler *
handler_new(int (*fn)(void *), void *arg)
{
	struct handler *h = bmk_malloc(sizeof(*h), 0);

	if (h != NULL) {
		h->h_next = NULL;
		h->h_fn = fn;
		h->h_arg = arg;
	}
	return h;
}

void *
rumpcomp_pci_irq_establish(unsigned cookie, int (*fn)(void *), void *arg)
{
	struct handler *h;
	unsigned long saved;
	unsigned line;
	int first;

	if (cookie >= NCOOKIE || cookies[cookie] == 0 ||
	    (h = handler_new(fn, arg)) == NULL)
		return NULL;
	line = cookies[cookie] - 1U;
	saved = bmk_spin_enter(&line_lock);
	first = lines[line] == NULL;
	h->h_next = lines[line];
	lines[line] = h;
	bmk_spin_exit(&line_lock, saved);
	if (first && line_enable(line) != 0) {
		lines[line] = NULL;
		bmk_free(h, sizeof(*h));
		return NULL;
	}
	return h;
}

/* Where a capability is, 0: none.  The list is bounded: it may be a ring. */
static unsigned
cap_find(unsigned fn, unsigned id)
{
	unsigned v, off;
	int n;

	if (conf(fn + 0x04, &v, 0) != 0 || (v & 1U << 20) == 0 ||
	    conf(fn + 0x34, &v, 0) != 0)
		return 0;
	off = v & 0xfc;
	for (n = 0; n < 48 && off >= 0x40; n++) {
		if (conf(fn + off, &v, 0) != 0 || v == ~0U)
			return 0;
		if ((v & 0xff) == id)
			return fn + off;
		off = v >> 8 & 0xfc;
	}
	return 0;
}

unsigned
rumpcomp_pci_msix_nvectors(unsigned bus, unsigned dev, unsigned fun)
{
	unsigned cap = cap_find(tag(bus, dev, fun), CAP_MSIX), v;

	if (cap == 0 || conf(cap, &v, 0) != 0)
		return 0;
	return (v >> 16 & 0x7ff) + 1;
}

/* The function becomes bus master, its line is switched off. */
static void
use_messages(unsigned fn)
{
	unsigned v;

	if (conf(fn + 0x04, &v, 0) != 0)
		return;
	v = (v & 0xffff) | CMD_MASTER | CMD_NOLINE;
	(void)conf(fn + 0x04, &v, 1);
}

static uint64_t
bar_address(unsigned fn, unsigned bar)
{
	unsigned lo, hi = 0;

	if (bar > 5 || conf(fn + 0x10 + 4 * bar, &lo, 0) != 0 || lo & 1)
		return 0;
	if ((lo & 6) == 4 && (bar == 5 ||
	    conf(fn + 0x14 + 4 * bar, &hi, 0) != 0))
		return 0;
	return (uint64_t)hi << 32 | (lo & ~15U);
}

void *
rumpcomp_pci_msix_establish(unsigned bus, unsigned dev, unsigned fun,
    unsigned index, int (*intr)(void *), void *arg)
{
	unsigned fn = tag(bus, dev, fun), cap = cap_find(fn, CAP_MSIX);
	volatile uint32_t *entry;
	struct handler *h;
	unsigned ctl, table;
	uint64_t pa;
	int vector;

	if (cap == 0 || conf(cap, &ctl, 0) != 0 ||
	    index > (ctl >> 16 & 0x7ff) || conf(cap + 4, &table, 0) != 0 ||
	    (pa = bar_address(fn, table & 7)) == 0 ||
	    (h = handler_new(intr, arg)) == NULL)
		return NULL;
	hw_apic_init();
	entry = hw_map_phys(pa + (table & ~7U) + index * 16UL, 16, HW_MAP_UC);
	vector = entry != NULL ? hw_vector_alloc(message_irq, h) : -1;
	if (vector < 0) {
		bmk_free(h, sizeof(*h));
		return NULL;
	}
	entry[0] = MSI_ADDRESS | hw_apic_id() << 12;
	entry[1] = 0;
	entry[2] = (uint32_t)vector;
	entry[3] = 0;
	use_messages(fn);
	ctl = (ctl & ~(1U << 30)) | 1U << 31;
	(void)conf(cap, &ctl, 1);
	return h;
}

void *
rumpcomp_pci_msi_establish(unsigned bus, unsigned dev, unsigned fun,
    int (*intr)(void *), void *arg)
{
	unsigned fn = tag(bus, dev, fun), cap = cap_find(fn, CAP_MSI);
	struct handler *h;
	unsigned ctl, v;
	int vector;

	if (cap == 0 || conf(cap, &ctl, 0) != 0 ||
	    (h = handler_new(intr, arg)) == NULL)
		return NULL;
	hw_apic_init();
	vector = hw_vector_alloc(message_irq, h);
	if (vector < 0) {
		bmk_free(h, sizeof(*h));
		return NULL;
	}
	v = MSI_ADDRESS | hw_apic_id() << 12;
	(void)conf(cap + 4, &v, 1);
	v = 0;
	if (ctl & 1U << 23)		/* 64-bit addresses */
		(void)conf(cap + 8, &v, 1);
	v = (unsigned)vector;
	(void)conf(cap + (ctl & 1U << 23 ? 12 : 8), &v, 1);
	use_messages(fn);
	ctl = (ctl & ~(7U << 20)) | 1U << 16;	/* one message, enabled */
	(void)conf(cap, &ctl, 1);
	return h;
}

static int
order_of(size_t size)
{
	int order = 0;

	while (order < 20 && BMK_PAGE_SIZE << order < size)
		order++;
	return order;
}

int
rumpcomp_pci_dmalloc(size_t size, size_t align, unsigned long *pap,
    unsigned long *vap)
{
	int order = order_of(size);
	void *p;

	/* Blocks are aligned to their size; dmafree finds the order from it. */
	if (size == 0 || BMK_PAGE_SIZE << order < size ||
	    align > BMK_PAGE_SIZE << order ||
	    (p = bmk_page_alloc(order)) == NULL)
		return BMK_ENOMEM;
	*vap = (unsigned long)p;
	*pap = (unsigned long)p - hw_dm_base;
	return 0;
}

void
rumpcomp_pci_dmafree(unsigned long va, size_t size)
{
	bmk_page_free((void *)va, order_of(size));
}

int
rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *seg, size_t n,
    size_t totlen, void **vap)
{
	size_t i, sum = 0;

	for (i = 0; i < n; i++) {
		if (i > 0 && seg[i].ds_pa != seg[i - 1].ds_pa +
		    seg[i - 1].ds_len)
			return BMK_EINVAL;
		sum += seg[i].ds_len;
	}
	if (n == 0 || sum < totlen)
		return BMK_EINVAL;
	*vap = (void *)seg[0].ds_vacookie;
	return 0;
}

unsigned long
rumpcomp_pci_virt_to_mach(void *va)
{
	return hw_vtophys(va);
}
