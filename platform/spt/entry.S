/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry from Linux, the return from signal handlers, and a careful load. */
	.cfi_sections .debug_frame

	.section .text.spt_entry, "ax", @progbits
	.globl	spt_entry
	.type	spt_entry, @function
spt_entry:
	.cfi_startproc
	.cfi_undefined %rip
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	spt_start
	ud2
	.cfi_endproc
	.size	spt_entry, . - spt_entry

/* These bytes, under a name with "sigaction", are a signal frame to gdb. */
	.section .text.spt_sigaction_return, "ax", @progbits
	.globl	spt_sigaction_return
	.hidden	spt_sigaction_return
	.type	spt_sigaction_return, @function
	nop
spt_sigaction_return:
	movq	$15, %rax
	syscall
	.size	spt_sigaction_return, . - spt_sigaction_return

/* int spt_probe(const void *): 0 when a byte can be read, else 1 */
	.section .text.spt_probe, "ax", @progbits
	.globl	spt_probe, spt_probe_load, spt_probe_failed
	.hidden	spt_probe, spt_probe_load, spt_probe_failed
	.type	spt_probe, @function
spt_probe:
	.cfi_startproc
spt_probe_load:
	movb	(%rdi), %al
	xorl	%eax, %eax
	ret
spt_probe_failed:
	movl	$1, %eax
	ret
	.cfi_endproc
	.size	spt_probe, . - spt_probe

	.section .note.GNU-stack, "", @progbits
