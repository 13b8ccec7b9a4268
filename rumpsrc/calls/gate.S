/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rump_syscall_<name> (table.c) comes here with its description in rax and
 * the arguments in registers; the frame's own return address stays the
 * program's, so signals find it (rumpcomp_sig.h).
 */
	.cfi_sections .debug_frame
	.section .text.rump_calls_entry, "ax", @progbits
	.globl	rump_calls_entry
	.hidden	rump_calls_entry
	.type	rump_calls_entry, @function
rump_calls_entry:
	.cfi_startproc
	cmpl	$0, rump_calls_on(%rip)
	je	1f
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	movq	%rax, %rdi
	movq	%rsp, %rsi
	call	rump_calls_gate
	leave
	.cfi_def_cfa %rsp, 8
	ret
1:	jmp	*8(%rax)		/* cd_gate */
	.cfi_endproc
	.size	rump_calls_entry, . - rump_calls_entry

	.section .note.GNU-stack, "", @progbits
