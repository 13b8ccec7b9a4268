/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void rumpcomp_user_enter(void (*entry)(void), void *arg, void *sp)
 * Into a program, for good: its stack, its floating point defaults, and no
 * value of ours in any register.
 */
	.cfi_sections .debug_frame
	.section .rodata.user_fp, "a", @progbits
	.balign	4
fpdefault:
	.long	0x1f80		/* MXCSR */
	.short	0x37f		/* x87 control */

	.section .text.rumpcomp_user_enter, "ax", @progbits
	.globl	rumpcomp_user_enter
	.hidden	rumpcomp_user_enter
	.type	rumpcomp_user_enter, @function
rumpcomp_user_enter:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rdx, %rsp
	pushq	%rdi		/* taken off again by ret */
	movq	%rsi, %rdi
	fninit
	ldmxcsr	fpdefault(%rip)
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	ret
	.cfi_endproc
	.size	rumpcomp_user_enter, . - rumpcomp_user_enter

	.section .note.GNU-stack, "", @progbits
