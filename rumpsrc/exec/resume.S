/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void rump_exec_vfork_resume(struct vfork *): the second return of vfork.
 * What lies below the parent's stack pointer was the child's and is free.
 */
	.section .text.rump_exec_vfork_resume, "ax", @progbits
	.globl	rump_exec_vfork_resume
	.hidden	rump_exec_vfork_resume
	.type	rump_exec_vfork_resume, @function
rump_exec_vfork_resume:
	.cfi_startproc
	.cfi_undefined %rip
	movq	48(%rdi), %rsp
	andq	$-16, %rsp
	subq	$224, %rsp		/* red zone, struct vfork */
	movq	%rsp, %rsi
	movq	%rsp, %rbx
	xorl	%ebp, %ebp		/* no frame: nobody's gate returns */
	call	rump_exec_vfork_return
	movq	%rbx, %rdi
	movq	0(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	56(%rdi), %rcx
	movslq	64(%rdi), %rax
	movq	48(%rdi), %rsp
	jmp	*%rcx
	.cfi_endproc
	.size	rump_exec_vfork_resume, . - rump_exec_vfork_resume

	.section .note.GNU-stack, "", @progbits
