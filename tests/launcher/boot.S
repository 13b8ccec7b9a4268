/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of the test guest: PVH, Multiboot 1 and 2 all arrive at _start in
 * 32-bit protected mode with a structure in ebx and a magic number in eax.
 * Maps the first GiB and goes to long mode.
 */
	.section .head, "a"
	.balign 8
mb1:	.long 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
	.long mb1, __start, __data_end, __end, _start
	.balign 8
mb2:	.long 0xe85250d6, 0, mb2_end - mb2
	.long -(0xe85250d6 + (mb2_end - mb2))
	.short 0, 0
	.long 8
mb2_end:

	.section .note.pvh, "a", @note
	.long 4, 4, 18
	.asciz "Xen"
	.long _start

	.section .note.rumpkit, "a", @note
	.long 8, 16, 1
	.asciz "Rumpkit"
	.long 1, PLATFORM
	.quad MINMEM
	.long 8, 4, 2
	.asciz "Rumpkit"
	.globl boot_flags
boot_flags:
	.long 0

	.text
	.code32
	.globl _start
_start:
	cld
	movl	$stack_top, %esp
	movl	%eax, %esi		/* kept: magic */
	movl	$0x83, %eax
	movl	$pd, %edi
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	cmpl	$pd + 4096, %edi
	jb	1b
	movl	$pd + 3, pdpt
	movl	$pdpt + 3, pml4
	movl	$pml4, %eax
	movl	%eax, %cr3
	movl	$0x620, %eax		/* PAE, SSE */
	movl	%eax, %cr4
	movl	$0xc0000080, %ecx
	movl	$0x100, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$0x80000011, %eax
	movl	%eax, %cr0
	lgdt	gdtr
	ljmp	$8, $2f
	.code64
2:	movl	%esi, %edi
	movl	%ebx, %esi
	xorl	%ebp, %ebp
	call	main
3:	hlt
	jmp	3b

	.balign 8
gdt:	.quad 0, 0x00209a0000000000
gdtr:	.short 15
	.long gdt

	.bss
	.balign 4096
pml4:	.skip 4096
pdpt:	.skip 4096
pd:	.skip 4096
	.skip 8192
stack_top:
	.section .note.GNU-stack, "", @progbits
