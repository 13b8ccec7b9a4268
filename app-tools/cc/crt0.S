/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of a program: the System V process stack (argc, argv, envp, auxv) is
 * at rsp; musl's start does the rest.  The note tells bake who made this.
 */
	.text
	.globl	rumprun_entry
	.type	rumprun_entry, @function
rumprun_entry:
	xorl	%ebp, %ebp
	movl	(%rsp), %esi
	leaq	8(%rsp), %rdx
	leaq	main(%rip), %rdi
	xorl	%ecx, %ecx
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	andq	$-16, %rsp
	call	__libc_start_main
	hlt
	.size	rumprun_entry, . - rumprun_entry

	.section .note.rumprun, "", @note
	.balign	4
	.long	8, 4, 1			/* name size, desc size, type */
	.asciz	"Rumprun"
	.long	1			/* ABI version */

	.section .note.GNU-stack, "", @progbits
