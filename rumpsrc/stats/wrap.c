/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before the allocator, the mutexes and the machine's end (ld --wrap,
 * see the Makefile): who asks is known by the return address.  Objects carry
 * a header with their owner, so memory that is given away is still the
 * owner's; pages count for who takes and for who gives them back.
 */
#include <string.h>
#include <rump/rumpuser.h>
#include <kern/kmem.h>
#include <kern/lock.h>
#undef rump_mutex_enter
#include "stats.h"

struct stats_comp stats_comps[STATS_MAXCOMPS];

#define HEADER_MAGIC	0x57a75c0dU

struct header {
	uint32_t	h_magic;
	uint32_t	h_comp;
	uint64_t	h_pad;		/* objects stay aligned to 16 */
};

#define WRAP(ret, name, args)						\
	ret __real_##name args;						\
	ret __wrap_##name args
#define WHO()	stats_compof(__builtin_return_address(0))

unsigned
stats_compof(const void *code)
{
	intptr_t at = (intptr_t)code - (intptr_t)rump_stats_comps;
	size_t n = (size_t)(rump_stats_comps_end - rump_stats_comps), i;

	for (i = 0; i < n && i < STATS_MAXCOMPS - 1; i++)
		if (at >= rump_stats_comps[i].sn_start &&
		    at < rump_stats_comps[i].sn_end)
			return (unsigned)i;
	return STATS_MAXCOMPS - 1;
}

static void
taken(unsigned comp, size_t len)
{
	struct stats_comp *sc = &stats_comps[comp];

	STATS_ADD(&sc->sc_allocs, 1);
	stats_max(&sc->sc_peak, STATS_ADD(&sc->sc_bytes, len) + len);
}

static void *
object(void *p, unsigned comp, size_t len)
{
	struct header *h = p;

	if (h == NULL)
		return NULL;
	h->h_magic = HEADER_MAGIC;
	h->h_comp = comp;
	taken(comp, len);
	return h + 1;
}

WRAP(void *, rump_kmem_alloc, (size_t len));
void *
__wrap_rump_kmem_alloc(size_t len)
{

	if (len > SIZE_MAX - sizeof(struct header))
		return NULL;
	return object(__real_rump_kmem_alloc(len + sizeof(struct header)),
	    WHO(), len);
}

WRAP(void *, rump_kmem_zalloc, (size_t len));
void *
__wrap_rump_kmem_zalloc(size_t len)
{

	if (len > SIZE_MAX - sizeof(struct header))
		return NULL;
	return object(__real_rump_kmem_zalloc(len + sizeof(struct header)),
	    WHO(), len);
}

WRAP(void, rump_kmem_free, (void *p, size_t len));
void
__wrap_rump_kmem_free(void *p, size_t len)
{
	struct header *h = (struct header *)p - 1;

	if (p == NULL)
		return;
	if (h->h_magic != HEADER_MAGIC) {
		/* Not from here: the allocator says what is wrong with it. */
		__real_rump_kmem_free(p, len);
		return;
	}
	h->h_magic = 0;
	STATS_ADD(&stats_comps[h->h_comp % STATS_MAXCOMPS].sc_bytes, -len);
	__real_rump_kmem_free(h, len + sizeof(*h));
}

WRAP(char *, rump_strdup, (const char *s, size_t max));
char *
__wrap_rump_strdup(const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	char *p = object(__real_rump_kmem_alloc(len + 1 +
	    sizeof(struct header)), WHO(), len + 1);

	if (p != NULL) {
		memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}

WRAP(void *, rump_page_alloc, (void));
void *
__wrap_rump_page_alloc(void)
{
	void *p = __real_rump_page_alloc();

	if (p != NULL)
		taken(WHO(), 4096);
	return p;
}

WRAP(void, rump_page_free, (void *p));
void
__wrap_rump_page_free(void *p)
{

	STATS_ADD(&stats_comps[WHO()].sc_bytes, -4096UL);
	__real_rump_page_free(p);
}

WRAP(void, rump_mutex_enter, (struct rump_mutex *m));
void
__wrap_rump_mutex_enter(struct rump_mutex *m)
{
	struct stats_comp *sc;
	int64_t start;

	if (__atomic_load_n(&m->m_owner, __ATOMIC_RELAXED) == NULL ||
	    stats_format == '\0') {
		__real_rump_mutex_enter(m);
		return;
	}
	start = stats_now();
	__real_rump_mutex_enter(m);
	sc = &stats_comps[WHO()];
	STATS_ADD(&sc->sc_waits, 1);
	STATS_ADD(&sc->sc_waitns, (uint64_t)(stats_now() - start));
}

void __real_rumpuser_exit(int) __attribute__((__noreturn__));
void __wrap_rumpuser_exit(int) __attribute__((__noreturn__));
void
__wrap_rumpuser_exit(int status)
{

	if (status != RUMPUSER_PANIC && stats_format != '\0')
		stats_print();
	__real_rumpuser_exit(status);
}
