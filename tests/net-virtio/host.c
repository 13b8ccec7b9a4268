/* SPDX-License-Identifier: BSD-2-Clause */
/* What host.h says. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rump/rumpcomp_bus.h>
#include <rump/rumpcomp_event.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include <kern/str.h>

#include "host.h"

/* They are made here. */
#undef rump_mutex_enter
#undef rump_mutex_exit

struct block {
	struct block	*b_next, **b_prevp;
	size_t		 b_len;
} __attribute__((__aligned__(64)));

struct ifnet *host_if;
int host_link, host_attached, host_direct;
struct mbuf *host_rxq;
static struct mbuf **rxtail = &host_rxq;
unsigned host_nrx, host_ncpu = 1, host_nlines;
long host_memory = -1;
unsigned long host_allocated;
static struct block *blocks;
static struct {
	void		*d_mem;
	size_t		 d_size;
} dma[64];
static struct rump_callout *callouts;
static int64_t now;

int rump_cooperative = 0;
extern struct lwp *volatile rump_cpu0_lwp;
struct lwp *volatile rump_cpu0_lwp;
unsigned long rumpcomp_bus_base;

int
rumpcomp_bus_nofence(void)
{
	return 0;
}

void
host_start(void)
{
	void *p = malloc(1);

	host_if = NULL;
	host_link = -1;
	host_attached = 0;
	host_nlines = 0;
	host_memory = -1;
	callouts = NULL;
	/* What host_end() took from mbuf.c still counts there. */
	rump_mbuf_limit = rump_mbuf_inuse() + (16UL << 20);
	/* Addresses that differ from pointers, in both modes. */
	rumpcomp_bus_base = host_direct ? (unsigned long)p & -(1UL << 38) :
	    1UL << 30;
	free(p);
}

void *
host_ptr(unsigned long pa)
{
	return (void *)(pa + rumpcomp_bus_base);
}

unsigned long
rumpcomp_pci_virt_to_mach(void *va)
{
	return (unsigned long)va - rumpcomp_bus_base;
}

void *
rump_kmem_alloc(size_t len)
{
	struct block *b;

	if (host_memory == 0)
		return NULL;
	if (host_memory > 0)
		host_memory--;
	if (posix_memalign((void **)&b, 64, sizeof(*b) + len) != 0)
		abort();
	b->b_len = len;
	b->b_next = blocks;
	b->b_prevp = &blocks;
	if (blocks != NULL)
		blocks->b_prevp = &b->b_next;
	blocks = b;
	host_allocated += len;
	return b + 1;
}

void *
rump_kmem_zalloc(size_t len)
{
	void *p = rump_kmem_alloc(len);

	return p != NULL ? memset(p, 0, len) : NULL;
}

void
rump_kmem_free(void *p, size_t len)
{
	struct block *b;

	if (p == NULL)
		return;
	b = (struct block *)p - 1;
	if (b->b_len != len)
		abort();
	*b->b_prevp = b->b_next;
	if (b->b_next != NULL)
		b->b_next->b_prevp = b->b_prevp;
	host_allocated -= len;
	free(b);
}

int
rumpcomp_pci_dmalloc(size_t size, size_t align, unsigned long *pap,
    unsigned long *vap)
{
	unsigned i;
	void *p;

	if (host_memory == 0 || posix_memalign(&p, align, size) != 0)
		return 12;
	for (i = 0; dma[i].d_mem != NULL; i++)
		if (i == 63)
			abort();
	dma[i].d_mem = p;
	dma[i].d_size = size;
	*vap = (unsigned long)p;
	*pap = *vap - rumpcomp_bus_base;
	return 0;
}

void
rumpcomp_pci_dmafree(unsigned long va, size_t size)
{
	unsigned i;

	for (i = 0; dma[i].d_mem != (void *)va || dma[i].d_size != size; i++)
		if (i == 63)
			abort();
	dma[i].d_mem = NULL;
	free((void *)va);
}

void
host_rxfree(void)
{
	m_freeq(host_rxq);
	host_rxq = NULL;
	rxtail = &host_rxq;
	host_nrx = 0;
}

void
host_end(void)
{
	unsigned i;

	host_rxfree();
	while (blocks != NULL)
		rump_kmem_free(blocks + 1, blocks->b_len);
	for (i = 0; i < 64; i++) {
		free(dma[i].d_mem);
		dma[i].d_mem = NULL;
	}
}

void
rump_mutex_enter(struct rump_mutex *m)
{
	if (m->m_owner != NULL)
		abort();
	m->m_owner = (struct lwp *)m;
}

void
rump_mutex_exit(struct rump_mutex *m)
{
	if (m->m_owner == NULL)
		abort();
	m->m_owner = NULL;
}

void
rump_rw_rdenter(struct rump_rwlock *rw)
{
	rw->rw_count++;
}

void
rump_rw_exit(struct rump_rwlock *rw)
{
	rw->rw_count--;
}

int64_t
rump_monotonic(void)
{
	return now += 100000;
}

void
rump_callout_init(struct rump_callout *co, void (*fn)(void *), void *arg)
{
	memset(co, 0, sizeof(*co));
	co->co_fn = fn;
	co->co_arg = arg;
}

void
rump_callout_schedule(struct rump_callout *co, int64_t when)
{
	co->co_when = when;
	if (co->co_state != 0)
		return;
	co->co_state = 1;
	co->co_next = callouts;
	callouts = co;
}

void
host_callouts(void)
{
	struct rump_callout *co, *list = callouts;

	callouts = NULL;
	while ((co = list) != NULL) {
		list = co->co_next;
		co->co_state = 0;
		now = now > co->co_when ? now : co->co_when;
		co->co_fn(co->co_arg);
	}
}

void
rump_printf(const char *fmt, ...)
{
	va_list ap;

	host_nlines++;
	if (getenv("VERBOSE") == NULL)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void
rump_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	abort();
}

struct lwp *
rump_curlwp(void)
{
	static struct lwp l;

	return &l;
}

unsigned
rump_ncpus(void)
{
	return host_ncpu;
}

int
rumpcomp_event_create(struct rumpcomp_event **evp)
{
	*evp = (void *)&host_if;
	return 0;
}

void
rumpcomp_event_destroy(struct rumpcomp_event *ev)
{
	(void)ev;
}

int
rumpuser_getrandom(void *p, size_t len, int flags, size_t *np)
{
	(void)flags;
	memset(p, 0x5a, len);
	*np = len;
	return 0;
}

int
rumpuser_clock_sleep(int clock, int64_t sec, long nsec)
{
	(void)clock;
	now += sec * NSEC_PER_SEC + nsec;
	return 0;
}

int
rump_if_attach(struct ifnet *ifp)
{
	host_if = ifp;
	host_attached = 1;
	ifp->if_index = 1;
	memcpy(ifp->if_name, "vioif0", 7);
	return 0;
}

int
rump_if_pollstart(struct ifnet *ifp)
{
	(void)ifp;
	return 0;
}

void
rump_if_intr(struct ifnet *ifp)
{
	ifp->if_pending = 1;
}

void
rump_if_link(struct ifnet *ifp, int up)
{
	(void)ifp;
	host_link = up;
}

/* Every byte and field is looked at, as a stack does. */
void
rump_if_input(struct ifnet *ifp, struct mbuf *q)
{
	static volatile unsigned sink;
	const struct mbuf *s;
	struct mbuf *m;
	uint32_t i, sum;

	(void)ifp;
	for (m = q; m != NULL; m = m->m_nextpkt) {
		for (sum = 0, s = m; s != NULL; sum += s->m_len, s = s->m_next)
			for (i = 0; i < s->m_len; i++)
				sink += s->m_data[i];
		if (sum != m->m_pkt.ph_len || sum > 65535 + 18 || sum < 14)
			abort();
		if (m->m_pkt.ph_csum == PH_CSUM_PARTIAL &&
		    (uint32_t)m->m_pkt.ph_csumstart + m->m_pkt.ph_csumoff +
		    2 > sum)
			abort();
		*rxtail = m;
		rxtail = &m->m_nextpkt;
		host_nrx++;
	}
}

int
host_poll(void)
{
	int n, sum = 0;

	while (host_if->if_pending) {
		host_if->if_pending = 0;
		rump_mutex_enter(&host_if->if_rxlock);
		n = host_if->if_ops->if_poll(host_if, 64);
		rump_mutex_exit(&host_if->if_rxlock);
		if (n > 64)
			abort();
		if (n == 64)
			host_if->if_pending = 1;
		sum += n;
	}
	return sum;
}

#ifndef HOST_BUS
/* dev_virtio finds devices on no bus here. */
struct pci_device;
const struct pci_device *pci_devices(void);
void virtio_mmio_attach(void);
void virtio_pci_attach(const struct pci_device *);

const struct pci_device *
pci_devices(void)
{
	return NULL;
}

void
virtio_mmio_attach(void)
{
}

void
virtio_pci_attach(const struct pci_device *pd)
{
	(void)pd;
}

unsigned
rumpcomp_bus_in(unsigned port, int width)
{
	(void)port, (void)width;
	return 0;
}
#endif

/* The host's libc has none. */
size_t
strlcpy(char *d, const char *s, size_t n)
{
	return (size_t)snprintf(d, n, "%s", s);
}
