# SPDX-License-Identifier: BSD-2-Clause
# __syscall_cp_asm(&self->cancel, nr, u, v, w, x, y, z): a cancellation point.
# nr is the gate.  Between __cp_begin and __cp_end a cancellation acts.
.text
.global __cp_begin
.hidden __cp_begin
.global __cp_end
.hidden __cp_end
.global __cp_cancel
.hidden __cp_cancel
.hidden __cancel
.global __syscall_cp_asm
.hidden __syscall_cp_asm
.type __syscall_cp_asm,@function
__syscall_cp_asm:
__cp_begin:
	mov (%rdi),%eax
	test %eax,%eax
	jnz __cp_cancel
	mov %rsi,%rax
	mov %rdx,%rdi
	mov %rcx,%rsi
	mov %r8,%rdx
	mov %r9,%rcx
	mov 8(%rsp),%r8
	mov 16(%rsp),%r9
	sub $8,%rsp
	call *%rax
	add $8,%rsp
__cp_end:
	ret
__cp_cancel:
	jmp __cancel
.size __syscall_cp_asm,.-__syscall_cp_asm
.section .note.GNU-stack,"",@progbits
