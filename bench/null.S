/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The null kernel: entered by PVH in 32-bit protected mode, it enters long
 * mode and ends QEMU by isa-debug-exit.  Whatever a kernel's count shows
 * beyond this one's is its own, the rest is the machine's firmware.
 */
	.section .note.pvh, "a", @note
	.long	4, 8, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	_start

	.text
	.globl	_start
	.code32
_start:
	movl	$pml4, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$0xc0000080, %ecx	/* EFER */
	rdmsr
	orl	$0x100, %eax		/* LME */
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000001, %eax	/* PG, PE */
	movl	%eax, %cr0
	lgdt	gdtr
	ljmp	$8, $long_mode
	.code64
long_mode:
	movw	$0x501, %dx
	movb	$1, %al
	outb	%al, %dx
1:	hlt
	jmp	1b

	.section .rodata
gdt:	.quad	0
	.quad	0x00209a0000000000	/* 64-bit code */
gdtr:	.word	gdtr - gdt - 1
	.long	gdt

	.data				/* 2 MiB, identity */
	.balign	4096
pml4:	.quad	pdpt + 3
	.fill	511, 8, 0
pdpt:	.quad	pd + 3
	.fill	511, 8, 0
pd:	.quad	0x83
	.fill	511, 8, 0

	.section .note.GNU-stack, "", @progbits
