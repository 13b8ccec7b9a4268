/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to platform/hw: what its files share.  pa is a physical address,
 * va a virtual one.  Lock order: hw_kva lock, vm lock -> the page allocator;
 * the others are leaves.
 */
#ifndef HW_HW_H
#define HW_HW_H

#include <stddef.h>
#include <stdint.h>

#include <bmk/bmk.h>

#include "boot.h"

/* From the linker script. */
extern char __image_start[], __text_start[], __text_end[], __data_start[];
extern char __image_end[], __rumprun_text_start[], __rumprun_text_end[];
extern const uint32_t hw_boot_flags;	/* .note.rumpkit type 2 */
#define HW_FLAG_NORANDOM	1

/* Page table entries. */
#define PTE_P		0x001UL
#define PTE_W		0x002UL
#define PTE_PWT		0x008UL
#define PTE_PCD		0x010UL
#define PTE_A		0x020UL
#define PTE_D		0x040UL
#define PTE_PS		0x080UL
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL
#define PTE_RW		(PTE_P | PTE_W | PTE_A | PTE_D)
#define PTE_TABLE	(PTE_P | PTE_W | PTE_A)
#define PAGE_MASK	(BMK_PAGE_SIZE - 1)
#define PAGE_UP(x)	(((x) + PAGE_MASK) & ~PAGE_MASK)
#define PAGE_DOWN(x)	((x) & ~PAGE_MASK)

extern uint64_t hw_pml4[512], hw_dm_pdpt[512], hw_dm_pd[512];
extern uint64_t hw_dm_base;		/* [I] direct map */
extern uint64_t hw_image_pa;		/* [I] where the image was loaded */
extern uint64_t hw_slide;		/* [I] run - link address */
extern uint64_t hw_seed;		/* [I] early randomness */

/* What the loader told; constant after hw_bootinfo(). */
#define HW_NRAM		32
struct hw_range {
	uint64_t	hr_start, hr_end;
};
struct hw_fbinfo {
	uint64_t	fi_pa;
	uint32_t	fi_pitch, fi_width, fi_height;
	uint8_t		fi_bpp, fi_type;	/* type 1: RGB, 2: EGA text */
	uint8_t		fi_rpos, fi_gpos, fi_bpos;
};
struct hw_boot {
	uint32_t	hb_protocol;		/* HW_MAGIC_* */
	unsigned	hb_nram;
	struct hw_range	hb_ram[HW_NRAM];	/* usable, page aligned */
	uint64_t	hb_rsdp;		/* pa, 0: unknown */
	uint64_t	hb_config, hb_configlen; /* pa and bytes */
	int		hb_module;		/* a module: copy it */
	uint64_t	hb_cmdline;		/* pa of the command line */
	struct hw_fbinfo hb_fb;
	uint8_t		hb_rsdpcopy[36];	/* Multiboot 2 */
};
extern struct hw_boot hw_boot;

/* start.c, bootinfo.c */
void hw_bootinfo(uint32_t protocol, uint64_t info);
const void *hw_boot_ptr(uint64_t pa);	/* while booting only */
void hw_memory_init(void);
void hw_config_none(void);		/* weak: fwcfg/ has another */

/* memory.c */
static inline void *
hw_dm(uint64_t pa)
{
	return (void *)(hw_dm_base + pa);
}
/* pa of memory that the image, the allocators or the arena gave out. */
uint64_t hw_vtophys(const void *);
/* The entry for a 4 KiB page of va; with alloc tables are made on the way. */
uint64_t *hw_pte(uint64_t va, int alloc);
uint64_t *hw_table(uint64_t entry);
/* Physical memory that is not RAM of ours; NULL when out of memory. */
#define HW_MAP_UC	(PTE_PCD | PTE_PWT)
#define HW_MAP_WC	PTE_PWT		/* PAT entry 1 is write combining */
void *hw_map_phys(uint64_t pa, size_t len, uint64_t flags);
void hw_unmap_phys(void *, size_t len);

/* trap.c: an interrupt handler runs with interrupts off, and never blocks. */
void hw_cpu_init(void);
int hw_vector_alloc(void (*fn)(void *), void *arg);	/* vector or -1 */
void hw_vector_free(int vector);
void hw_vector_set(int vector, void (*fn)(void *), void *arg);

/* vm.c: NULL when resolved, else why not. */
const char *hw_vm_fault(uint64_t va, uint64_t error);
extern const char hw_unmapped[], hw_reserved[], hw_nomem[];	/* answers */
extern uint64_t hw_arena_start, hw_arena_end;	/* [I] */

/* apic.c */
void hw_apic_init(void);		/* lazily, by whoever needs it */
void hw_apic_eoi(void);
uint32_t hw_apic_id(void);
uint32_t hw_apic_read(unsigned reg);
void hw_apic_write(unsigned reg, uint32_t);
/* ISA interrupt line to a handler, through MADT overrides; 0 or errno. */
int hw_isa_irq(unsigned line, void (*fn)(void *), void *arg);
/* Global system interrupt (level, active low for PCI). */
int hw_gsi_irq(unsigned gsi, int level, int low, void (*fn)(void *), void *);

/* clock.c */
void hw_clock_event(void);		/* timer interrupt: refine rates */

/* True under a hypervisor (CPUID). */
int hw_hypervisor(void);
int hw_hypervisor_tcg(void);

/* A console: found by probe (0: not there), each gets every character. */
struct hw_console {
	int		(*hc_probe)(void);
	void		(*hc_putc)(int);
};
#define HW_CONSOLE(name, probe, putc)					\
	static const struct hw_console hw_console_##name = {		\
		probe, putc						\
	};								\
	static const struct hw_console *const hw_consolep_##name	\
	    __attribute__((__section__("hw_consoles"), __used__,	\
	    __retain__)) = &hw_console_##name
void hw_console_input(void);		/* from a device's interrupt */

#endif /* HW_HW_H */
