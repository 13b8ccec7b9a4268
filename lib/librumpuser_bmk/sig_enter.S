/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From program code to user_sig_main() and back: rumpcomp_sig.h.  A struct
 * user_sig lies at the top of the host thread's own stack, which is not used
 * while program code runs.  Offsets are asserted in sig.c.
 */
#define BT_STACK	48
#define BT_STACKSIZE	56
#define US_SIZE		3072
#define US_RSP		(20 * 8)
#define US_RFLAGS	(19 * 8)
#define US_RET		3008

	.cfi_sections .debug_frame

/*
 * A gate returns here instead of to the program: the caller's registers that
 * calls preserve are its own again, rax is the result, the others are dead.
 */
	.section .text.user_sig_gate, "ax", @progbits
	.globl	user_sig_gate
	.hidden	user_sig_gate
	.type	user_sig_gate, @function
user_sig_gate:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%gs:0, %rdx
	movq	BT_STACK(%rdx), %rdi
	addq	BT_STACKSIZE(%rdx), %rdi
	subq	$US_SIZE, %rdi
	movq	%rsp, %rcx
	movq	%rdi, %rsp
	pushfq
	popq	US_RFLAGS(%rdi)
	leaq	US_RFLAGS + 3 * 8(%rdi), %rsp
	movl	%ss, %edx
	pushq	%rdx
	pushq	%rcx			/* rsp */
	pushq	US_RFLAGS(%rdi)		/* where it is already */
	movl	%cs, %edx
	pushq	%rdx
	pushq	US_RET(%rdi)		/* rip */
	xorl	%edx, %edx
	pushq	%rdx			/* error, vector */
	pushq	%rdx
	pushq	%rax
	pushq	%rbx
	pushq	%rdx			/* rcx, rdx, rsi, rdi */
	pushq	%rdx
	pushq	%rdx
	pushq	%rdx
	pushq	%rbp
	pushq	%rdx			/* r8 to r11 */
	pushq	%rdx
	pushq	%rdx
	pushq	%rdx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	xorl	%ebp, %ebp
	call	user_sig_main
	ud2
	.cfi_endproc
	.size	user_sig_gate, . - user_sig_gate

/* An interrupt or a trap returns here; rsp is the struct, which is filled. */
	.section .text.user_sig_async, "ax", @progbits
	.globl	user_sig_async
	.hidden	user_sig_async
	.type	user_sig_async, @function
user_sig_async:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rsp, %rdi
	xorl	%ebp, %ebp
	call	user_sig_main
	ud2
	.cfi_endproc
	.size	user_sig_async, . - user_sig_async

/* void user_sig_resume(const struct bmk_regs *): all of them at once. */
	.section .text.user_sig_resume, "ax", @progbits
	.globl	user_sig_resume
	.hidden	user_sig_resume
	.type	user_sig_resume, @function
user_sig_resume:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rdi, %rsp
	popq	%r15
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
	.cfi_endproc
	.size	user_sig_resume, . - user_sig_resume

	.section .note.GNU-stack, "", @progbits
