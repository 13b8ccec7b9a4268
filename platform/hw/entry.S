/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the loader's 32-bit mode to C in long mode.  Position independent:
 * %ebp holds the address that hw_entry_start really has, all else is a
 * distance from it.  Contract: %eax tells the protocol, %ebx its structure;
 * paging off, flat segments, interrupts off, .bss zero, no stack.
 */
#include "boot.h"

	.section .text.hw_entry, "ax", @progbits
	.code32
hw_entry_start:
	.globl	hw_entry_pvh, hw_entry32, hw_entry_mb1
	.hidden	hw_entry_pvh, hw_entry32, hw_entry_mb1
/* The only entry whose address is fixed: see "MOVE" in image.lds. */
hw_entry_mb1:
	cld
	movl	$HW_MB1, %edx
	movl	HW_MB1_MOVE(%edx), %esi
	movl	HW_MB1_MOVE + 4(%edx), %edi
	movl	HW_MB1_MOVE + 8(%edx), %ecx
	rep movsb
	jmp	hw_entry32
hw_entry_pvh:
	movl	$HW_MAGIC_PVH, %eax
hw_entry32:
	cli
	cld
	/* Four bytes of stack: the second word of the loader's structure. */
	movl	4(%ebx), %edx
	leal	8(%ebx), %esp
	call	1f
1:	popl	%ebp
	movl	%edx, 4(%ebx)
	subl	$(1b - hw_entry_start), %ebp
	movl	%eax, %esi

	/* Is there memory at the end of the image? */
	leal	(__image_end - 4 - hw_entry_start)(%ebp), %ecx
	movl	$0x5aa5c33c, (%ecx)
	cmpl	$0x5aa5c33c, (%ecx)
	leal	(hw_msg_memory - hw_entry_start)(%ebp), %edi
	jne	hw_fail32
	movl	$0, (%ecx)
	leal	(hw_boot_stack + HW_BOOT_STACK - hw_entry_start)(%ebp), %esp

	/* Long mode and NX? */
	pushl	%ebx
	movl	$0x80000001, %eax
	cpuid
	popl	%ebx
	leal	(hw_msg_cpu - hw_entry_start)(%ebp), %edi
	btl	$29, %edx
	jnc	hw_fail32
	btl	$20, %edx
	jnc	hw_fail32

	/* The first megabytes, to beyond the image, where they are. */
	leal	(hw_dm_pdpt + 3 - hw_entry_start)(%ebp), %eax
	leal	(hw_pml4 - hw_entry_start)(%ebp), %edi
	movl	%eax, (%edi)
	movl	%edi, %cr3
	leal	(hw_dm_pd + 3 - hw_entry_start)(%ebp), %ecx
	movl	%ecx, -3(%eax)
	leal	(__image_end - hw_entry_start)(%ebp), %edx
	addl	$0x400000, %edx
	movl	$0xe3, %eax
2:	movl	%eax, -3(%ecx)
	addl	$8, %ecx
	addl	$0x200000, %eax
	cmpl	%edx, %eax
	jb	2b

	call	hw_entry_control
	leal	(hw_gdt - hw_entry_start)(%ebp), %eax
	pushl	$0
	pushl	%eax
	pushw	$HW_TSS - 1
	lgdt	(%esp)
	pushl	$HW_CS
	leal	(hw_entry64 - hw_entry_start)(%ebp), %eax
	pushl	%eax
	lretl

/* Where nothing is executable once the image's own page tables are used. */
	.section .text.hw_early, "ax", @progbits
hw_entry_control:
	movl	%cr4, %eax
	orl	$0x620, %eax		/* PAE, OSFXSR, OSXMMEXCPT */
	movl	%eax, %cr4
	movl	$0xc0000080, %ecx	/* EFER: LME, NXE */
	rdmsr
	orl	$0x900, %eax
	wrmsr
	movl	$HW_CR0, %eax
	movl	%eax, %cr0
	ret
	.section .text.hw_entry

/*
 * %edi: a text, a byte 2 in it stands for the KiB that the image needs.  To
 * serial and debug port; ends with status 1.  No stack: there may be no memory.
 */
hw_fail32:
	movb	(%edi), %al
	incl	%edi
	testb	%al, %al
	jz	9f
	cmpb	$2, %al
	je	5f
	cmpb	$1, %al			/* the record: not for serial */
	jne	4f
	xorl	%esp, %esp
4:	outb	%al, $0xe9
	testl	%esp, %esp
	jz	hw_fail32
	movw	$0x3f8, %dx
	outb	%al, %dx
	jmp	hw_fail32
5:	leal	(__image_end - hw_entry_start)(%ebp), %eax
	shrl	$10, %eax
	addl	$256, %eax
	movl	$100000, %ecx
	xorl	%ebx, %ebx		/* digits seen */
6:	xorl	%edx, %edx
	divl	%ecx
	movl	%edx, %esi
	orl	%eax, %ebx
	jz	7f
	addb	$'0', %al
	movw	$0x3f8, %dx
	outb	%al, %dx
	outb	%al, $0xe9
7:	xorl	%edx, %edx
	movl	%ecx, %eax
	movl	$10, %ecx
	divl	%ecx
	movl	%eax, %ecx
	movl	%esi, %eax
	testl	%ecx, %ecx
	jnz	6b
	jmp	hw_fail32
9:	movw	$0x501, %dx
	movb	$1, %al
	outb	%al, %dx
	movb	$0xfe, %al		/* keyboard controller: reset */
	outb	%al, $0x64
8:	hlt
	jmp	8b

	.section .rodata.hw_entry, "a", @progbits
hw_msg_memory:
	.ascii	"\r\nrumpkit: not enough memory: at least \002 KiB are needed"
	.asciz	"\r\n\001exit 1\n"
hw_msg_cpu:
	.ascii	"\r\nrumpkit: the CPU lacks 64-bit mode or NX\r\n"
	.asciz	"\001exit 1\n"

	.section .text.hw_entry
	.code64
hw_entry64:
	movl	$HW_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	xorl	%ebp, %ebp
	leaq	hw_boot_stack + HW_BOOT_STACK(%rip), %rsp
	movl	%esi, %r12d		/* protocol */
	movl	%ebx, %r13d		/* its structure */
	call	hw_early		/* virtual - physical address */
	leaq	1f(%rip), %rcx
	addq	%rax, %rcx
	jmp	*%rcx
1:	leaq	hw_boot_stack + HW_BOOT_STACK(%rip), %rsp
	/* The identity map goes. */
	movq	hw_slot0(%rip), %rcx
	movq	%rcx, hw_pml4(%rip)
	movq	%cr3, %rcx
	movq	%rcx, %cr3
	movl	%r12d, %edi
	movl	%r13d, %esi
	call	hw_start
	ud2

	.section .pages, "aw", @nobits
	.balign	4096
	.globl	hw_pml4, hw_dm_pdpt, hw_dm_pd, hw_dm_pool
	.globl	hw_img_pdpt, hw_img_pd, hw_tables
	.hidden	hw_pml4, hw_dm_pdpt, hw_dm_pd, hw_dm_pool
	.hidden	hw_img_pdpt, hw_img_pd, hw_tables
hw_tables:	.skip	4096
hw_pml4:	.skip	4096
hw_dm_pdpt:	.skip	4096
hw_dm_pd:	.skip	4096
hw_dm_pool:	.skip	HW_DM_POOL * 4096
hw_img_pdpt:	.skip	4096
hw_img_pd:	.skip	4096
	.globl	hw_boot_stack
	.hidden	hw_boot_stack
hw_boot_stack:	.skip	HW_BOOT_STACK

	.section .note.GNU-stack, "", @progbits
