/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_virtio dev_virtio dev_pci */
/*
 * Threads of a rump kernel send frames at the same time; a thread of the
 * host's is the device, which sends each back.  All arrive.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if.h>

#include <rump/rump.h>
#include <rump/rumpcomp_bus.h>
#include <kern/proc.h>

#include "../../check.h"
#include "../model.c"

#define NTHREAD	4
#define NFRAME	4000
#define WINDOW	32
#define ETYPE	0x88b5

struct body {
	uint32_t	b_thread, b_seq;
};

struct ifnet *host_if;
unsigned long rumpcomp_bus_base = 1UL << 30;

int
rumpcomp_bus_nofence(void)
{
	return 0;
}
static struct model md;
static volatile uint32_t back[NTHREAD];	/* [a] */
static volatile int done, nwrong;		/* [a] */

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

int
rumpcomp_pci_dmalloc(size_t size, size_t align, unsigned long *pap,
    unsigned long *vap)
{
	void *p;

	if (posix_memalign(&p, align, size) != 0)
		return ENOMEM;
	*vap = (unsigned long)p;
	*pap = *vap - rumpcomp_bus_base;
	return 0;
}

void
rumpcomp_pci_dmafree(unsigned long va, size_t size)
{
	(void)size;
	free((void *)va);
}

/* No buses. */
int
rumpcomp_pci_confread(unsigned b, unsigned d, unsigned f, int reg, unsigned *v)
{
	(void)b, (void)d, (void)f, (void)reg;
	*v = ~0U;
	return 0;
}

int
rumpcomp_pci_confwrite(unsigned b, unsigned d, unsigned f, int reg, unsigned v)
{
	(void)b, (void)d, (void)f, (void)reg, (void)v;
	return 0;
}

void *
rumpcomp_pci_map(unsigned long pa, unsigned long len)
{
	(void)pa, (void)len;
	return NULL;
}

int
rumpcomp_pci_irq_map(unsigned b, unsigned d, unsigned f, int line, unsigned c)
{
	(void)b, (void)d, (void)f, (void)line, (void)c;
	return ENXIO;
}

void *
rumpcomp_pci_irq_establish(unsigned c, int (*fn)(void *), void *arg)
{
	(void)c, (void)fn, (void)arg;
	return NULL;
}

unsigned
rumpcomp_pci_msix_nvectors(unsigned b, unsigned d, unsigned f)
{
	(void)b, (void)d, (void)f;
	return 0;
}

void *
rumpcomp_pci_msix_establish(unsigned b, unsigned d, unsigned f, unsigned n,
    int (*fn)(void *), void *arg)
{
	(void)b, (void)d, (void)f, (void)n, (void)fn, (void)arg;
	return NULL;
}

unsigned
rumpcomp_bus_in(unsigned port, int width)
{
	(void)port, (void)width;
	return ~0U;
}

void
rumpcomp_bus_out(unsigned port, int width, unsigned v)
{
	(void)port, (void)width, (void)v;
}

int
rumpcomp_bus_virtio(unsigned n, struct rumpcomp_bus_dev *bd)
{
	(void)n, (void)bd;
	return ENXIO;
}

void *
rumpcomp_bus_irq_establish(const struct rumpcomp_bus_dev *bd,
    int (*fn)(void *), void *arg)
{
	(void)bd, (void)fn, (void)arg;
	return NULL;
}

static void
input(struct ifnet *ifp, struct mbuf *m)
{
	struct body b;

	(void)ifp;
	m_copydata(m, 0, sizeof(b), &b);
	if (b.b_thread >= NTHREAD)
		__atomic_store_n(&nwrong, 1, __ATOMIC_RELAXED);
	else
		__atomic_add_fetch(&back[b.b_thread], 1, __ATOMIC_RELEASE);
	m_freem(m);
}
static const struct ethertype et = { .et_type = ETYPE, .et_input = input };
RUMP_ETHERTYPE(et);

static struct mbuf *
frame(uint32_t thread, uint32_t seq)
{
	static const uint8_t head[14] = { 0x52, 0x54, 0, 1, 2, 3, 2, 0, 0, 0,
	    0, 1, ETYPE >> 8, ETYPE & 255 };
	struct body b = { thread, seq };
	unsigned len = 60 + seq % 1000;
	struct mbuf *m = m_gethdr(len);

	if (m == NULL)
		return NULL;
	memset(m->m_data, (int)seq, len);
	memcpy(m->m_data, head, sizeof(head));
	memcpy(m->m_data + sizeof(head), &b, sizeof(b));
	m->m_len = m->m_pkt.ph_len = len;
	return m;
}

static void
nap(void)
{
	rump_unschedule();
	usleep(100);
	rump_schedule();
}

static void
sender(void *arg)
{
	uint32_t me = (uint32_t)(uintptr_t)arg, i;
	struct mbuf *m;

	for (i = 0; i < NFRAME; i++) {
		while (i - __atomic_load_n(&back[me], __ATOMIC_ACQUIRE) >=
		    WINDOW || (m = frame(me, i)) == NULL)
			nap();
		(void)host_if->if_ops->if_transmit(host_if, m, i % 4 == 1);
	}
}

static void *
device(void *arg)
{
	static uint8_t buf[70000];
	struct virtio_net_hdr_v1 vh;
	unsigned i, work;
	int n;

	(void)arg;
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		for (work = i = 0; i < 4; i++) {
			if (md.md_q[2 * i + 1].mq_size == 0)
				continue;
			while ((n = model_sent(&md, i, &vh, buf,
			    sizeof(buf))) >= 0) {
				work++;
				while (!model_receive(&md, i, &vh, buf,
				    (unsigned)n))
					usleep(50);
				if (work % 5 == 0)
					model_interrupt(&md, 2 * i);
			}
			model_interrupt(&md, 2 * i + 1);
			model_interrupt(&md, 2 * i);
		}
		if (work == 0)
			usleep(50);
	}
	return NULL;
}

int
main(void)
{
	pthread_t t;
	unsigned i, tries;

	REQUIRE(rump_init() == 0);
	model_init(&md, ~0ULL & ~(1ULL << VIRTIO_F_RING_PACKED));
	rump_schedule();
	CHECK_EQ(virtio_attach(&md.md_dev), 0);
	host_if = rump_if_byname("eth0");
	REQUIRE(host_if != NULL);
	CHECK_EQ(rump_if_setflags(host_if, IFF_UP, 0), 0);
	REQUIRE(pthread_create(&t, NULL, device, NULL) == 0);
	for (i = 0; i < NTHREAD; i++)
		CHECK_EQ(rump_kthread_create(sender, (void *)(uintptr_t)i,
		    "sender"), 0);
	/*
	 * Frames that were said to be followed are sent with a later one, or
	 * when the driver looks after its ring.
	 */
	for (tries = 0; tries < 900000; tries++) {
		for (i = 0; i < NTHREAD; i++)
			if (__atomic_load_n(&back[i], __ATOMIC_ACQUIRE) !=
			    NFRAME)
				break;
		if (i == NTHREAD)
			break;
		nap();
	}
	for (i = 0; i < NTHREAD; i++)
		CHECK_EQ(back[i], NFRAME);
	CHECK_EQ(nwrong, 0);
	CHECK_EQ(md.md_dev.vd_broken, 0);
	CHECK_EQ(__atomic_load_n(&host_if->if_stats.tx_dropped,
	    __ATOMIC_RELAXED), 0);
	CHECK_EQ(__atomic_load_n(&host_if->if_stats.rx_packets,
	    __ATOMIC_RELAXED), NTHREAD * NFRAME);
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	rump_unschedule();
	pthread_join(t, NULL);
	return check_done();
}
