/* SPDX-License-Identifier: BSD-2-Clause */
/* Constants that assembler and C share. */
#ifndef HW_BOOT_H
#define HW_BOOT_H

#define HW_MAGIC_PVH	0x336ec578
#define HW_MAGIC_MB1	0x2badb002
#define HW_MAGIC_MB2	0x36d76289
#define HW_LINK_BASE	0x100000

#define HW_MB1		0x1001c8	/* Multiboot 1 header, fixed */
#define HW_MB1_MOVE	36		/* from, to, length: image.lds */

#define HW_CR0		0x80010033	/* PG, WP, NE, ET, MP, PE */

#define HW_CS		0x08
#define HW_DS		0x10
#define HW_TSS		0x18
#define HW_GDT_SIZE	40
#define HW_BOOT_STACK	8192
#define HW_DM_POOL	3	/* page tables in the image */

/* Exceptions, then interrupts: device vectors, timer, spurious. */
#define HW_VEC_IRQ	32
#define HW_VEC_TIMER	125
#define HW_VEC_KICK	126
#define HW_VEC_SPURIOUS	127
#define HW_NVEC		128

/* Interrupt stack table slots. */
#define HW_IST_IRQ	1
#define HW_IST_PF	2
#define HW_IST_FAULT	3
#define HW_IST_DF	4
#define HW_IST_NMI	5
#define HW_IST_MC	6

#endif /* HW_BOOT_H */
