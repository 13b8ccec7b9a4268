# SPDX-License-Identifier: BSD-2-Clause
# pid_t vfork(void).  The child returns from the gate; the parent comes back
# by what is handed down here: preserved registers, stack pointer after the
# return, return address (struct vfork_regs, rumpsrc/exec/exec_priv.h).
.text
.global vfork
.type vfork,@function
vfork:
	mov (%rsp),%rax
	lea 8(%rsp),%rdx
	sub $72,%rsp
	mov %rbx,(%rsp)
	mov %rbp,8(%rsp)
	mov %r12,16(%rsp)
	mov %r13,24(%rsp)
	mov %r14,32(%rsp)
	mov %r15,40(%rsp)
	mov %rdx,48(%rsp)
	mov %rax,56(%rsp)
	mov %rsp,%rdi
	call rump_sysimpl_rumpkit_vfork
	add $72,%rsp
	mov %rax,%rdi
	.hidden __syscall_ret
	jmp __syscall_ret
.size vfork,.-vfork
.section .note.GNU-stack,"",@progbits
