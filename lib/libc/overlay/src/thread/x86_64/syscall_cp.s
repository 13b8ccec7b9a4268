# SPDX-License-Identifier: BSD-2-Clause
# __syscall_cp_asm(&self->cancel, nr, u, v, w, x, y, z): a cancellation point.
# nr is the gate.  Between __cp_begin and __cp_end a cancellation acts: before
# the call, and when it is made again because a signal came; not when it has
# returned.
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
	jnz __cancel
	mov %rsi,%rax
	mov %rdx,%rdi
	mov %rcx,%rsi
	mov %r8,%rdx
	mov %r9,%rcx
	mov 8(%rsp),%r8
	mov 16(%rsp),%r9
	lea __cp_end(%rip),%r10
	push %r10			# a mark, and alignment
	call *%rax			# repeated as these two bytes
__cp_end:
	add $8,%rsp
	ret
# Where the signal's handler leads: from above, or, when the cancellation is
# asynchronous, from anywhere; what lies at the stack pointer there must stay.
# A multiple of 16 in it would be wrong for a function; only the second can be.
__cp_cancel:
	lea __cp_end(%rip),%rax
	cmp %rax,(%rsp)
	jne 1f
	add $8,%rsp
1:	test $15,%spl
	jnz 2f
	sub $8,%rsp
2:	jmp __cancel
.size __syscall_cp_asm,.-__syscall_cp_asm
.section .note.GNU-stack,"",@progbits
