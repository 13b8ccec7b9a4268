/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocation and references of mbufs.  Each virtual CPU keeps free ones of
 * four sizes; only the holder of the CPU touches its lists, so they need no
 * lock.  Memory of all mbufs, those on the lists too, stays under
 * rump_mbuf_limit; the small ones, which headers and acknowledgements are
 * made of, may go an eighth beyond it, so that packets full of data cannot
 * keep the stack from sending what lets it free them.
 *
 * A free mbuf is its own store with one reference and no m_extfree.
 */
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include <net/mbuf.h>
#include "mbuf_priv.h"

/* Platforms that know how much memory there is: <rump/rumpcomp_vm.h>. */
void rumpcomp_vm_stat(size_t *, size_t *) __attribute__((__weak__));

enum { MC_HEAD, MC_SMALL, MC_FRAME, MC_PAGE, MC_N };
static const uint16_t mbuf_sizes[MC_N] = { 128, 512, 2048, 4096 };
#define MBUF_ROOM(c)	(mbuf_sizes[c] - sizeof(struct mbuf))

_Static_assert(sizeof(struct mbuf) <= 128, "heads are 128 bytes");
_Static_assert(sizeof(struct mbuf) + MBUF_MAX <= 4096, "a page holds the most");
_Static_assert(sizeof(struct mbuf) + MBUF_HDR + 1518 <= 2048, "a frame fits");

/* Sanitizers see more when every mbuf is the host's. */
#if defined(__SANITIZE_ADDRESS__)
static const size_t mbuf_mostkept = 0;
#else
static const size_t mbuf_mostkept = 128;
#endif

struct mcache {			/* all [c] */
	struct mbuf	*mc_free[MC_N];
	uint16_t	 mc_n[MC_N];
} __attribute__((__aligned__(64)));
_Static_assert(sizeof(struct mcache) == 64, "a power of two: it aligns");

static struct mcache mbuf_cpu0;		/* alone: no table to allocate */
static struct mcache *mbuf_cpus;	/* [a] of several CPUs */
static size_t mbuf_mem;			/* [a] allocated, with what is free */
static uint16_t mbuf_keep[MC_N];	/* [I] most on one list */
size_t rump_mbuf_limit;

void
rump_mbuf_init(void)
{
	size_t total = 0, avail, n;
	unsigned c;

	if (rumpcomp_vm_stat != NULL)
		rumpcomp_vm_stat(&total, &avail);
	if (total == 0)
		total = (size_t)64 << 20;
	__atomic_store_n(&rump_mbuf_limit, total / 4, __ATOMIC_RELAXED);
	for (c = 0; c < MC_N; c++) {
		n = total / 128 / rump_ncpus() / mbuf_sizes[c];
		mbuf_keep[c] = (uint16_t)(n < mbuf_mostkept ? n :
		    mbuf_mostkept);
	}
}

static __attribute__((__noinline__)) struct mcache *
mcache_table(void)
{
	/* One more: allocators align to less. */
	size_t size = (rump_ncpus() + 1) * sizeof(struct mcache);
	uintptr_t align = sizeof(struct mcache) - 1;
	struct mcache *t, *old = NULL;
	void *mem;

	if ((mem = rump_kmem_zalloc(size)) == NULL)
		return NULL;
	t = (void *)(((uintptr_t)mem + align) & ~align);
	if (!__atomic_compare_exchange_n(&mbuf_cpus, &old, t, 0,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		rump_kmem_free(mem, size);
		t = old;
	}
	return t;
}

/* NULL: no memory for the table; then nothing is kept. */
static inline struct mcache *
mcache_cur(void)
{
	struct mcache *t;

	if (__builtin_expect(rump_cooperative, 1) || rump_ncpus() == 1)
		return &mbuf_cpu0;
	t = __atomic_load_n(&mbuf_cpus, __ATOMIC_ACQUIRE);
	if (t == NULL && (t = mcache_table()) == NULL)
		return NULL;
	return &t[curlwp->l_vcpu];
}

size_t
rump_mbuf_inuse(void)
{
	size_t mem = __atomic_load_n(&mbuf_mem, __ATOMIC_RELAXED), kept = 0;
	const struct mcache *t = __atomic_load_n(&mbuf_cpus, __ATOMIC_ACQUIRE);
	unsigned i, c, n = rump_ncpus();

	if (n == 1)
		t = &mbuf_cpu0;
	for (i = 0; t != NULL && i < n; i++)
		for (c = 0; c < MC_N; c++)
			kept += (size_t)__atomic_load_n(&t[i].mc_n[c],
			    __ATOMIC_RELAXED) * mbuf_sizes[c];
	return mem > kept ? mem - kept : 0;
}

static inline void
mbuf_asnew(struct mbuf *m, unsigned class)
{

	m->m_base = (uint8_t *)(m + 1);
	m->m_size = (uint32_t)MBUF_ROOM(class);
	m->m_store = m;
	m->m_extfree = NULL;
	m->m_refs = 1;
}

static __attribute__((__noinline__)) struct mbuf *
mbuf_new(unsigned class)
{
	size_t size = mbuf_sizes[class], limit;
	struct mbuf *m;

	if (__builtin_expect(rump_mbuf_limit == 0, 0))
		rump_mbuf_init();
	limit = __atomic_load_n(&rump_mbuf_limit, __ATOMIC_RELAXED);
	if (class <= MC_SMALL)
		limit += limit / 8;
	if (__atomic_add_fetch(&mbuf_mem, size, __ATOMIC_RELAXED) > limit ||
	    (m = rump_kmem_alloc(size)) == NULL) {
		__atomic_fetch_sub(&mbuf_mem, size, __ATOMIC_RELAXED);
		return NULL;
	}
	m->m_class = (uint16_t)class;
	mbuf_asnew(m, class);
	return m;
}

static __attribute__((__noinline__)) void
mbuf_destroy(struct mbuf *m)
{
	size_t size = mbuf_sizes[m->m_class];

	rump_kmem_free(m, size);
	__atomic_fetch_sub(&mbuf_mem, size, __ATOMIC_RELAXED);
}

/* Words, which take as many instructions; a rep takes longer to start. */
static inline void
pkthdr_clear(struct pkthdr *ph)
{
	uint64_t *p = (uint64_t *)ph;
	unsigned i;

	_Static_assert(sizeof(*ph) % sizeof(*p) == 0, "whole words");
#pragma GCC unroll 8
	for (i = 0; i < sizeof(*ph) / sizeof(*p); i++)
		p[i] = 0;
}

/* A new life of m. */
static inline struct mbuf *
mbuf_begin(struct mbuf *m, size_t room)
{

	m->m_next = m->m_nextpkt = NULL;
	m->m_data = m->m_base + room;
	m->m_len = 0;
	m->m_flags = 0;
	pkthdr_clear(&m->m_pkt);
	return m;
}

static inline struct mbuf *
mcache_pop(struct mcache *mc, unsigned class)
{
	struct mbuf *m = mc->mc_free[class];

	if (__builtin_expect(m != NULL, 1)) {
		mc->mc_free[class] = m->m_next;
		__atomic_store_n(&mc->mc_n[class],
		    (uint16_t)(mc->mc_n[class] - 1), __ATOMIC_RELAXED);
	}
	return m;
}

/* Several CPUs, or nothing on the list. */
static __attribute__((__noinline__)) struct mbuf *
mbuf_take_slow(unsigned class, size_t room)
{
	struct mcache *mc = mcache_cur();
	struct mbuf *m = NULL;

	if (mc != NULL)
		m = mcache_pop(mc, class);
	if (m == NULL && (m = mbuf_new(class)) == NULL)
		return NULL;
	return mbuf_begin(m, room);
}

static inline struct mbuf *
mbuf_take(unsigned class, size_t room)
{
	struct mbuf *m;

	if (__builtin_expect(rump_cooperative &&
	    (m = mcache_pop(&mbuf_cpu0, class)) != NULL, 1))
		return mbuf_begin(m, room);
	return mbuf_take_slow(class, room);
}

static __attribute__((__noinline__)) void
mbuf_put_slow(struct mbuf *m)
{
	struct mcache *mc = mcache_cur();
	unsigned class = m->m_class;

	if (mc == NULL || mc->mc_n[class] >= mbuf_keep[class]) {
		mbuf_destroy(m);
		return;
	}
	m->m_next = mc->mc_free[class];
	mc->mc_free[class] = m;
	__atomic_store_n(&mc->mc_n[class], (uint16_t)(mc->mc_n[class] + 1),
	    __ATOMIC_RELAXED);
}

/* m is as new. */
static inline void
mbuf_put(struct mbuf *m)
{
	unsigned class = m->m_class, n;

	if (__builtin_expect(!rump_cooperative ||
	    (n = mbuf_cpu0.mc_n[class]) >= mbuf_keep[class], 0)) {
		mbuf_put_slow(m);
		return;
	}
	m->m_next = mbuf_cpu0.mc_free[class];
	mbuf_cpu0.mc_free[class] = m;
	mbuf_cpu0.mc_n[class] = (uint16_t)(n + 1);
}

static inline unsigned
mbuf_class(size_t len)
{

	return len <= MBUF_ROOM(MC_SMALL) ? MC_SMALL :
	    len <= MBUF_ROOM(MC_FRAME) ? MC_FRAME : MC_PAGE;
}

struct mbuf *
m_get(size_t len)
{

	if (__builtin_expect(len > MBUF_MAX, 0))
		return NULL;
	return mbuf_take(mbuf_class(len), 0);
}

struct mbuf *
m_gethdr(size_t len)
{
	size_t room = MBUF_HDR;

	if (__builtin_expect(len > MBUF_ROOM(MC_PAGE) - MBUF_HDR, 0)) {
		if (len > MBUF_MAX)
			return NULL;
		room = MBUF_ROOM(MC_PAGE) - len;
	}
	return mbuf_take(mbuf_class(len + room), room);
}

struct mbuf *
m_getext(void *base, size_t len, void (*fn)(struct mbuf *), void *arg)
{
	struct mbuf *m;

	if ((m = mbuf_take(MC_HEAD, 0)) == NULL)
		return NULL;
	m->m_data = m->m_base = base;
	m->m_len = m->m_size = m->m_pkt.ph_len = (uint32_t)len;
	m->m_extfree = fn;
	m->m_extarg = arg;
	return m;
}

/* A store without references. */
static void
mbuf_dead(struct mbuf *s)
{

	if (s->m_extfree != NULL)
		s->m_extfree(s);
	mbuf_asnew(s, s->m_class);
	mbuf_put(s);
}

static __attribute__((__noinline__)) void
mbuf_rele(struct mbuf *m)
{
	struct mbuf *s = m->m_store;

	if (s != m) {
		mbuf_asnew(m, m->m_class);
		mbuf_put(m);
	}
	if (__atomic_sub_fetch(&s->m_refs, 1, __ATOMIC_ACQ_REL) == 0)
		mbuf_dead(s);
}

void
m_free(struct mbuf *m)
{

	if (__builtin_expect(m->m_store == m && m->m_extfree == NULL &&
	    __atomic_load_n(&m->m_refs, __ATOMIC_ACQUIRE) == 1, 1))
		mbuf_put(m);
	else
		mbuf_rele(m);
}

void
m_freem(struct mbuf *m)
{
	struct mbuf *n;

	for (; m != NULL; m = n) {
		n = m->m_next;
		if (__builtin_expect(n == NULL, 1)) {
			m_free(m);
			return;
		}
		m_free(m);
	}
}

void
m_freeq(struct mbuf *m)
{
	struct mbuf *n;

	for (; m != NULL; m = n) {
		n = m->m_nextpkt;
		m_freem(m);
	}
}

struct mbuf *
rump_m_share(const struct mbuf *m, size_t off, size_t len)
{
	struct mbuf *n, *s = m->m_store;

	if ((n = mbuf_take(MC_HEAD, 0)) == NULL)
		return NULL;
	__atomic_fetch_add(&s->m_refs, 1, __ATOMIC_RELAXED);
	n->m_store = s;
	n->m_data = m->m_data + off;
	n->m_len = (uint32_t)len;
	return n;
}

size_t
m_memory(const struct mbuf *m)
{
	const struct mbuf *s;
	size_t n = 0;

	for (; m != NULL; m = m->m_next) {
		s = m->m_store;
		n += mbuf_sizes[m->m_class];
		if (s != m)
			n += s->m_size + sizeof(*s);
		else if (s->m_extfree != NULL)
			n += s->m_size;
	}
	return n;
}
