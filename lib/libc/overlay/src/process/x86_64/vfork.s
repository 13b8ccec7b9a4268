# SPDX-License-Identifier: BSD-2-Clause
.text
.global vfork
.type vfork,@function
vfork:
	sub $8,%rsp
	call rump_sysimpl_vfork
	add $8,%rsp
	mov %rax,%rdi
	.hidden __syscall_ret
	jmp __syscall_ret
.size vfork,.-vfork
.section .note.GNU-stack,"",@progbits
