/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Context switch.  A switch is a function call, so only the callee-saved
 * registers, MXCSR and the x87 control word (callee-saved too, as the ABI
 * says) are kept; full state exists after a preemption only, on the stack or
 * in bt_xsave.  Offsets of struct bmk_thread are asserted in thread.c.
 */
#define BT_SP		0
#define BT_FPCW		120
#define BT_MXCSR	124

	.cfi_sections .debug_frame

/* void bmk_cpu_switch(struct bmk_thread *from, struct bmk_thread *to) */
	.section .text.bmk_cpu_switch, "ax", @progbits
	.globl	bmk_cpu_switch
	.hidden	bmk_cpu_switch
	.type	bmk_cpu_switch, @function
	.balign	16
bmk_cpu_switch:
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	fnstcw	BT_FPCW(%rdi)
	stmxcsr	BT_MXCSR(%rdi)
	movq	%rsp, BT_SP(%rdi)
	movq	BT_SP(%rsi), %rsp
	movzwl	BT_FPCW(%rsi), %eax
	cmpw	BT_FPCW(%rdi), %ax
	je	1f
	fldcw	BT_FPCW(%rsi)
1:	movl	BT_MXCSR(%rsi), %eax
	cmpl	BT_MXCSR(%rdi), %eax
	je	2f
	ldmxcsr	BT_MXCSR(%rsi)
2:	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	ret
	.cfi_endproc
	.size	bmk_cpu_switch, . - bmk_cpu_switch

/* Where a new thread's first switch returns to: the end of its stack. */
	.section .text.bmk_cpu_start, "ax", @progbits
	.globl	bmk_cpu_start
	.hidden	bmk_cpu_start
	.type	bmk_cpu_start, @function
bmk_cpu_start:
	.cfi_startproc
	.cfi_undefined %rip
	xorl	%ebp, %ebp
	call	bmk_thread_main
	ud2
	.cfi_endproc
	.size	bmk_cpu_start, . - bmk_cpu_start

/* void bmk_cpu_onstack(void (*fn)(void), void *top): fn never returns */
	.section .text.bmk_cpu_onstack, "ax", @progbits
	.globl	bmk_cpu_onstack
	.hidden	bmk_cpu_onstack
	.type	bmk_cpu_onstack, @function
bmk_cpu_onstack:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rsi, %rsp
	xorl	%ebp, %ebp
	call	*%rdi
	ud2
	.cfi_endproc
	.size	bmk_cpu_onstack, . - bmk_cpu_onstack

	.section .note.GNU-stack, "", @progbits
