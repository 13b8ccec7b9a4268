/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arena under mmap (rumpcomp_vm.h), populated by page faults.
 *
 * An entry of any level that is not present says by its other bits what is
 * meant: 0 nothing; LAZY accessible with the protection in it, no memory yet;
 * HELD (last level only) a page that nobody may touch now.  So reserving or
 * mapping terabytes costs an entry or two; tables appear at the first touch
 * or where a range begins or ends inside an entry.  SHARED pages, present or
 * held, belong to a file: the arena does not free them.
 *
 * vm_lock guards all entries under the arena; interrupts are off under it.
 * Every call first splits entries at both ends of the range (this may fail,
 * and changes no meaning), then changes, which cannot fail.
 */
#include <rump/rumpcomp_vm.h>

#include "hw.h"
#include "cpu.h"

#define LAZY		0x200UL
#define HELD		0x400UL
#define SHARED		0x800UL
#define PROT_SHIFT	52
#define PROT(e)		((int)((e) >> PROT_SHIFT & 15))
#define ACCESS(prot)	((prot) & 7)
#define LAZY_PROT(p)	(LAZY | (uint64_t)(p) << PROT_SHIFT)
#define SPAN(level)	(BMK_PAGE_SIZE << 9 * (level))
#define TOP		3

#define ARENA_SLOTS	64

enum vm_op { VM_MAP, VM_UNMAP, VM_PROTECT, VM_DISCARD };

uint64_t hw_arena_start, hw_arena_end;
const char rumpcomp_vm_beyond[] = "access beyond the end of a mapped file";
const char hw_unmapped[] = "access to unmapped memory";
const char hw_nomem[] = "out of memory (a page was touched, none is free)";
const char hw_reserved[] = "access to reserved memory (guard or PROT_NONE)";
static struct bmk_spin vm_lock;
static size_t populated;		/* [vm_lock] pages */
const char *(*rumpcomp_vm_pager)(void *, int);	/* [I] once there are files */
static int (*pin_leave)(void *);	/* [vm_lock] once a page was pinned */

static unsigned long
vm_enter(void)
{
	bmk_stack_ready(3072);
	return bmk_spin_enter(&vm_lock);
}

static uint64_t
leaf(uint64_t pa, int prot)
{
	uint64_t e = pa | (uint64_t)prot << PROT_SHIFT;

	if (ACCESS(prot) == 0)
		return e | HELD;
	e |= PTE_P | PTE_A;
	if (prot & RUMPCOMP_VM_WRITE)
		e |= PTE_W | PTE_D;
	if ((prot & RUMPCOMP_VM_EXEC) == 0)
		e |= PTE_NX;
	return e;
}

/* A table in the place of an entry that is none, with the same meaning. */
static uint64_t *
split(uint64_t *entry)
{
	uint64_t *t = bmk_page_alloc(0), *p = t, n = 512;

	if (t == NULL)
		return NULL;
	__asm__ __volatile__("rep stosq" : "+D"(p), "+c"(n) : "a"(*entry) :
	    "memory");
	*entry = ((uint64_t)t - hw_dm_base) | PTE_TABLE;
	return t;
}

/* Tables down to where va is the start of an entry. */
static int
split_at(uint64_t va)
{
	uint64_t *t = hw_pml4;
	int level;

	for (level = TOP; (va & (SPAN(level) - 1)) != 0; level--) {
		t += va >> (12 + 9 * level) & 511;
		t = *t & PTE_P ? hw_table(*t) : split(t);
		if (t == NULL)
			return BMK_ENOMEM;
	}
	return 0;
}

static void
free_table(uint64_t *entry, uint64_t va)
{
	void *t = hw_table(*entry);

	*entry = 0;
	invlpg(va);	/* also forgets what the CPU cached of tables */
	bmk_page_free(t, 0);
}

static void
free_leaf(uint64_t *entry, uint64_t va)
{
	uint64_t e = *entry;
	void *page = hw_dm(e & PTE_ADDR);

	*entry = 0;
	if (e & PTE_P)
		invlpg(va);
	if (e & (PTE_P | HELD) && !(e & SHARED)) {
		if (pin_leave == NULL || !pin_leave(page))
			bmk_page_free(page, 0);
		populated--;
	}
}

/* Everything below an entry goes, the entry too. */
static void
free_tree(uint64_t *entry, uint64_t va, int level)
{
	uint64_t *t;
	unsigned i;

	if (level == 0) {
		free_leaf(entry, va);
		return;
	}
	if (*entry & PTE_P) {
		t = hw_table(*entry);
		for (i = 0; i < 512; i++)
			if (t[i] != 0)
				free_tree(&t[i], va + i * SPAN(level - 1),
				    level - 1);
		free_table(entry, va);
	}
	*entry = 0;
}

/* An entry that is no table, inside the range. */
static void
change(uint64_t *entry, uint64_t va, enum vm_op op, int prot)
{
	uint64_t old = *entry;

	if (old == 0)
		return;
	if (old & LAZY) {
		if (op == VM_PROTECT)
			*entry = LAZY_PROT(prot);
	} else if (op == VM_PROTECT) {
		/* Whether a write to it needs a copy is asked then. */
		*entry = leaf(old & PTE_ADDR, prot) | (old & SHARED);
		if (old & SHARED)
			*entry &= ~PTE_W;
		if (old & PTE_P)
			invlpg(va);
	} else {
		free_leaf(entry, va);
		*entry = LAZY_PROT(PROT(old));
	}
}

static int
empty(const uint64_t *t)
{
	unsigned i;

	for (i = 0; i < 512; i++)
		if (t[i] != 0)
			return 0;
	return 1;
}

/* [s, e) lies in the table t of the level; its ends were split. */
static void
apply(uint64_t *t, int level, uint64_t s, uint64_t e, enum vm_op op, int prot)
{
	uint64_t span = SPAN(level), end, *entry;

	for (; s < e; s = end) {
		entry = &t[s >> (12 + 9 * level) & 511];
		end = (s & ~(span - 1)) + span;
		if (end > e)
			end = e;
		if (end - s == span && (op == VM_MAP || op == VM_UNMAP)) {
			if (*entry != 0)
				free_tree(entry, s, level);
			if (op == VM_MAP)
				*entry = LAZY_PROT(prot);
		} else if (level > 0 && *entry & PTE_P) {
			apply(hw_table(*entry), level - 1, s, end, op, prot);
			if (op == VM_UNMAP && empty(hw_table(*entry)))
				free_table(entry, s);
		} else
			change(entry, s, op, prot);
	}
}

static int
in_arena(uint64_t s, uint64_t e)
{
	return ((s | e) & PAGE_MASK) == 0 && s >= hw_arena_start &&
	    e <= hw_arena_end && s <= e;
}

static int
vm_change(void *p, size_t len, enum vm_op op, int prot)
{
	uint64_t s = (uint64_t)p, e = s + len;
	unsigned long saved;
	int error;

	bmk_assert(in_arena(s, e));
	if (len == 0)
		return 0;
	saved = vm_enter();
	error = split_at(s);
	if (error == 0)
		error = split_at(e);
	if (error == 0)
		apply(hw_pml4, TOP, s, e, op, prot);
	bmk_spin_exit(&vm_lock, saved);
	return error;
}

int
rumpcomp_vm_map(void *va, size_t len, int prot)
{
	return vm_change(va, len, VM_MAP, prot);
}

int
rumpcomp_vm_unmap(void *va, size_t len)
{
	return vm_change(va, len, VM_UNMAP, 0);
}

int
rumpcomp_vm_protect(void *va, size_t len, int prot)
{
	return vm_change(va, len, VM_PROTECT, prot);
}

int
rumpcomp_vm_discard(void *va, size_t len)
{
	return vm_change(va, len, VM_DISCARD, 0);
}

/* A table's pages at a time: there may be many of them. */
void
rumpcomp_vm_resident(void *p, size_t len, unsigned char *vec)
{
	uint64_t va = (uint64_t)p, e = va + len, end, *pte;
	unsigned long saved;

	for (; va < e; va = end) {
		end = (va | (SPAN(1) - 1)) + 1;
		if (end > e)
			end = e;
		saved = vm_enter();
		pte = hw_pte(va, 0);
		for (; va < end; va += BMK_PAGE_SIZE)
			*vec++ = pte != NULL && *pte++ & (PTE_P | HELD);
		bmk_spin_exit(&vm_lock, saved);
	}
}

void
rumpcomp_vm_stat(size_t *totalp, size_t *freep)
{
	bmk_page_stat(totalp, freep);
}

size_t
rumpcomp_vm_limit(void)
{
	size_t total, avail;

	bmk_page_stat(&total, &avail);
	return avail + (__atomic_load_n(&populated, __ATOMIC_RELAXED) <<
	    BMK_PAGE_SHIFT);
}

/* Slots of the top table that the image is not in. */
void
rumpcomp_vm_arena(void **startp, size_t *lenp)
{
	uint64_t image = (uint64_t)__image_start >> 39, slot = 128, r;

	if (hw_arena_start == 0) {
		r = 0;
		if ((hw_boot_flags & HW_FLAG_NORANDOM) == 0) {
			bmk_random(&r, sizeof(r));
			slot = 1 + (r >> 32) % (255 - ARENA_SLOTS);
			if (image >= slot && image < slot + ARENA_SLOTS)
				slot = image < 128 ? image + 1 :
				    image - ARENA_SLOTS;
		}
		/* Stacks and so on come from the end; 2 MiB: fewer tables. */
		hw_arena_end = ((slot + ARENA_SLOTS) << 39) -
		    ((r & 0xfffff) << 21);
		hw_arena_start = slot << 39;
	}
	*startp = (void *)hw_arena_start;
	*lenp = hw_arena_end - hw_arena_start;
}

static const char *
denied(int prot, uint64_t error)
{
	if (ACCESS(prot) == 0)
		return hw_reserved;
	if (error & 0x10)
		return prot & RUMPCOMP_VM_EXEC ? NULL : "execution of data";
	if (error & 2 && (prot & RUMPCOMP_VM_WRITE) == 0)
		return "write to read-only memory";
	return NULL;
}

/* Interrupts are off: the fault came through an interrupt gate. */
const char *
hw_vm_fault(uint64_t va, uint64_t error)
{
	const char *why = hw_unmapped;
	uint64_t *entry = hw_pml4, old;
	unsigned long saved;
	void *page;
	int level;

	/* With other CPUs it may be theirs. */
	if (!bmk_smp && vm_lock.sl_locked)
		return "fault under vm_lock";
	saved = bmk_spin_enter(&vm_lock);
	for (level = TOP;; level--) {
		entry += va >> (12 + 9 * level) & 511;
		old = *entry;
		if (level == 0)
			break;
		if (old == 0)
			goto out;
		if (old & LAZY && (why = denied(PROT(old), error)) != NULL)
			goto out;
		why = hw_unmapped;
		entry = old & PTE_P ? hw_table(old) : split(entry);
		if (entry == NULL)
			goto nomem;
	}
	if (old == 0 || (why = denied(PROT(old), error)) != NULL ||
	    (old & (LAZY | SHARED)) == 0)
		goto out;
	if (PROT(old) & RUMPCOMP_VM_ASK) {
		bmk_spin_exit(&vm_lock, saved);
		return rumpcomp_vm_pager((void *)(va & ~PAGE_MASK),
		    (error & 2) != 0);
	}
	page = bmk_page_alloc(0);
	if (page == NULL)
		goto nomem;
	memset(page, 0, BMK_PAGE_SIZE);
	*entry = leaf((uint64_t)page - hw_dm_base, PROT(old));
	populated++;
out:
	bmk_spin_exit(&vm_lock, saved);
	return why;
nomem:
	bmk_spin_exit(&vm_lock, saved);
	return hw_nomem;
}

/* Puts an entry for one page at va. */
static int
put(uint64_t va, uint64_t e)
{
	unsigned long saved = vm_enter();
	int error = split_at(va);
	uint64_t *entry;

	if (error == 0)
		error = split_at(va + BMK_PAGE_SIZE);
	if (error == 0) {
		entry = hw_pte(va, 0);
		free_leaf(entry, va);
		*entry = e;
		if ((e & SHARED) == 0)
			populated++;
	}
	bmk_spin_exit(&vm_lock, saved);
	return error;
}

int
rumpcomp_vm_share(void *va, void *page, int prot, int write)
{
	uint64_t e = leaf(hw_vtophys(page), prot) | SHARED;

	return put((uint64_t)va, write ? e : e & ~PTE_W);
}

int
rumpcomp_vm_copy(void *va, const void *from, int prot)
{
	void *page = bmk_page_alloc(0);
	int error;

	if (page == NULL)
		return BMK_ENOMEM;
	memcpy(page, from, BMK_PAGE_SIZE);
	error = put((uint64_t)va, leaf((uint64_t)page - hw_dm_base, prot));
	if (error != 0)
		bmk_page_free(page, 0);
	return error;
}

/* The entry that says what is at va, and to where. */
static uint64_t *
entry_at(uint64_t va, uint64_t *endp)
{
	uint64_t *e = hw_pml4 + (va >> (12 + 9 * TOP) & 511);
	int level;

	for (level = TOP; level > 0 && *e & PTE_P; level--)
		e = hw_table(*e) + (va >> (12 + 9 * (level - 1)) & 511);
	*endp = (va & ~(SPAN(level) - 1)) + SPAN(level);
	return e;
}

/*
 * Pages of [from, end) that are there: with make, tables for them at a
 * distance; without, they go there.
 */
static int
move(uint64_t from, uint64_t end, uint64_t distance, int make)
{
	uint64_t va, next, *e;
	int error = 0;

	for (va = from; va < end && error == 0; va = next) {
		e = entry_at(va, &next);
		if ((*e & (PTE_P | HELD)) == 0)
			continue;
		if (make) {
			error = split_at(va + distance);
			if (error == 0)
				error = split_at(next + distance);
			continue;
		}
		*hw_pte(va + distance, 0) = *e;
		*e = LAZY_PROT(PROT(*e));
		invlpg(va);
	}
	return error;
}

int
rumpcomp_vm_move(void *from, void *to, size_t len)
{
	uint64_t s = (uint64_t)from, distance = (uint64_t)to - s;
	unsigned long saved = vm_enter();
	int error = move(s, s + len, distance, 1);

	if (error == 0)
		(void)move(s, s + len, distance, 0);
	bmk_spin_exit(&vm_lock, saved);
	return error;
}

/* What is a file's is the file's to keep.  -1: not there before a fault. */
static int
pin_try(uint64_t va, struct bmk_pin **spare, void **pagep)
{
	unsigned long saved = vm_enter();
	uint64_t end, e = *entry_at(va, &end);
	int error = BMK_EOPNOTSUPP;

	if (e & PTE_P && !(e & SHARED)) {
		*pagep = hw_dm(e & PTE_ADDR);
		*spare = bmk_pin_add(*pagep, *spare);
		pin_leave = bmk_pin_leave;
		error = 0;
	} else if (e & LAZY && ACCESS(PROT(e)) != 0 &&
	    !(PROT(e) & RUMPCOMP_VM_ASK))
		error = -1;
	bmk_spin_exit(&vm_lock, saved);
	return error;
}

int
rumpcomp_vm_pin(void *va, int prot, void **pagep)
{
	struct bmk_pin *spare;
	uint64_t s = (uint64_t)va;
	int error;

	if (prot == 0 || !in_arena(s, s + BMK_PAGE_SIZE))
		return BMK_EOPNOTSUPP;
	if ((spare = bmk_malloc(sizeof(*spare), 0)) == NULL)
		return BMK_ENOMEM;
	error = pin_try(s, &spare, pagep);
	if (error < 0)
		error = hw_vm_fault(s, 0) != NULL ? BMK_ENOMEM :
		    pin_try(s, &spare, pagep);
	if (spare != NULL)
		bmk_free(spare, sizeof(*spare));
	return error < 0 ? BMK_ENOMEM : error;
}

void
rumpcomp_vm_unpin(void *page)
{
	bmk_pin_drop(page);
}
