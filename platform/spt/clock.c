/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks: the vDSO's clock_gettime (no system call), found by its symbol
 * table, or the system call where there is none.  Time starts at start.
 */
#include <rump/rumpcomp_clock.h>

#include "spt.h"

#define CLOCK_REALTIME	0
#define CLOCK_MONOTONIC	1
#define NSEC		1000000000LL

#define PT_LOAD		1
#define PT_DYNAMIC	2
#define DT_HASH		4
#define DT_STRTAB	5
#define DT_SYMTAB	6
#define DT_GNU_HASH	0x6ffffef5

struct ehdr {
	uint8_t		e_ident[16];
	uint16_t	e_type, e_machine;
	uint32_t	e_version;
	uint64_t	e_entry, e_phoff, e_shoff;
	uint32_t	e_flags;
	uint16_t	e_ehsize, e_phentsize, e_phnum;
};
struct phdr {
	uint32_t	p_type, p_flags;
	uint64_t	p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};
struct dyn { int64_t d_tag; uint64_t d_val; };
struct sym {
	uint32_t	st_name;
	uint8_t		st_info, st_other;
	uint16_t	st_shndx;
	uint64_t	st_value, st_size;
};

typedef long clockfn(int, struct sys_timespec *);
static clockfn *vdso_gettime;	/* [I] NULL: none */
static int64_t start;		/* [I] */
static struct sys_timespec started;	/* [I] the same */

/* The number of symbols, from whichever hash table there is. */
static uint32_t
count_symbols(const uint32_t *hash, const uint32_t *gnu)
{
	const uint32_t *buckets, *chains;
	uint32_t i, max = 0;

	if (hash != NULL)
		return hash[1];
	if (gnu == NULL)
		return 0;
	/* nbuckets, first symbol, 64-bit bloom words, shift, bloom, ... */
	buckets = gnu + 4 + 2 * gnu[2];
	chains = buckets + gnu[0];
	for (i = 0; i < gnu[0]; i++)
		if (buckets[i] > max)
			max = buckets[i];
	if (max < gnu[1])
		return gnu[1];
	while ((chains[max - gnu[1]] & 1) == 0)
		max++;
	return max + 1;
}

static void *
vdso_symbol(const void *image, const char *name)
{
	const struct ehdr *eh = image;
	const struct phdr *ph = (const void *)((const char *)image +
	    eh->e_phoff);
	const uint32_t *hash = NULL, *gnu = NULL;
	const struct dyn *dyn = NULL;
	const struct sym *syms = NULL;
	const char *strs = NULL;
	uintptr_t base = 0;
	uint32_t i, n;

	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && base == 0)
			base = (uintptr_t)image + ph[i].p_offset -
			    ph[i].p_vaddr;
		else if (ph[i].p_type == PT_DYNAMIC)
			dyn = (const void *)((const char *)image +
			    ph[i].p_offset);
	}
	for (; dyn != NULL && dyn->d_tag != 0; dyn++) {
		if (dyn->d_tag == DT_HASH)
			hash = (const void *)(base + dyn->d_val);
		else if (dyn->d_tag == DT_GNU_HASH)
			gnu = (const void *)(base + dyn->d_val);
		else if (dyn->d_tag == DT_STRTAB)
			strs = (const void *)(base + dyn->d_val);
		else if (dyn->d_tag == DT_SYMTAB)
			syms = (const void *)(base + dyn->d_val);
	}
	if (syms == NULL || strs == NULL)
		return NULL;
	n = count_symbols(hash, gnu);
	for (i = 0; i < n; i++)
		if (syms[i].st_shndx != 0 &&
		    strcmp(strs + syms[i].st_name, name) == 0)
			return (void *)(base + syms[i].st_value);
	return NULL;
}

static int64_t
gettime(int clock)
{
	struct sys_timespec ts = { 0, 0 };

	if (vdso_gettime == NULL || vdso_gettime(clock, &ts) != 0)
		(void)sys3(__NR_clock_gettime, clock, (long)&ts, 0);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void
spt_clock_init(void)
{
	if (spt_vdso != NULL)
		vdso_gettime = (clockfn *)vdso_symbol(spt_vdso,
		    "__vdso_clock_gettime");
	start = gettime(CLOCK_MONOTONIC) - 1;
	started.tv_sec = start / NSEC;
	started.tv_nsec = start % NSEC;
}

int64_t
bmk_platform_monotonic(void)
{
	return gettime(CLOCK_MONOTONIC) - start;
}

int64_t
bmk_platform_wallclock(void)
{
	return gettime(CLOCK_REALTIME);
}

/* No number of nanoseconds: that is a multiplication and two divisions. */
long
rumpcomp_clock_timespec(int wall, int64_t ts[2])
{
	int clock = wall ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	struct sys_timespec t;

	if (vdso_gettime == NULL || vdso_gettime(clock, &t) != 0)
		(void)sys3(__NR_clock_gettime, clock, (long)&t, 0);
	if (!wall) {
		t.tv_sec -= started.tv_sec;
		if ((t.tv_nsec -= started.tv_nsec) < 0) {
			t.tv_nsec += NSEC;
			t.tv_sec--;
		}
	}
	return bmk_user_store2(ts, t.tv_sec, t.tv_nsec);
}
