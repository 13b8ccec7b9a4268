/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of exceptions and interrupts.  Each comes on a stack of its own (IST),
 * so the red zone of what was interrupted stays whole.  The frame is a struct
 * bmk_regs.  hw_irq() may give another frame back: a copy on the thread's own
 * stack, for a preemption.
 */
#include "boot.h"

	.cfi_sections .debug_frame
	.section .text.hw_stubs, "ax", @progbits
	.globl	hw_stubs
	.hidden	hw_stubs
	.balign	HW_NVEC * 8
/*
 * Eight bytes a vector, and aligned so that all addresses differ in their
 * lowest 16 bits only: gates() counts on it.
 */
hw_stubs:
	.set	vec, 0
	.rept	HW_NVEC
	.balign	8
	pushq	$vec
	.byte	0xe9			/* jmp near, always five bytes */
	.if	vec >= 32
	.long	irq_common - . - 4
	.elseif	(0x60227d00 >> vec) & 1	/* these push an error code */
	.long	trap_common - . - 4
	.else
	.long	trap_noerror - . - 4
	.endif
	.set	vec, vec + 1
	.endr

	.macro	save
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	.endm

trap_noerror:
	pushq	(%rsp)
	movq	$0, 8(%rsp)
trap_common:
	save
	call	hw_trap
	jmp	restore
irq_common:
	pushq	(%rsp)
	save
	call	hw_irq
	cmpq	%rax, %rsp
	je	restore
	movq	%rax, %rsp
	/* The copied frame, so that debuggers get to what was preempted. */
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 176
	.cfi_offset %r15, -176
	.cfi_offset %r14, -168
	.cfi_offset %r13, -160
	.cfi_offset %r12, -152
	.cfi_offset %rbp, -112
	.cfi_offset %rbx, -72
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	movq	%rax, %rdi
	call	hw_preempt
restore:
	popq	%r15
	.cfi_endproc			/* behind the return address */
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
