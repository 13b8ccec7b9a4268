# SPDX-License-Identifier: BSD-2-Clause
# int __clone(fn, stack, flags, arg, ptid, tls, ctid)
#             rdi rsi    rdx    rcx  r8    r9   8(%rsp)
# The rump kernel starts an lwp at clone_entry on the new stack, where fn and
# arg wait.  With CLONE_VM and CLONE_VFORK and without CLONE_THREAD it is a
# vfork (vfork.s) whose child goes on with the new stack.
.text
.global __clone
.hidden __clone
.type __clone,@function
__clone:
	and $-16,%rsi
	sub $16,%rsi
	mov %rdi,(%rsi)
	mov %rcx,8(%rsi)
	mov %edx,%eax
	and $0x14100,%eax		# THREAD, VFORK, VM
	cmp $0x4100,%eax
	je clone_vfork
	mov %rdx,%rdi			# flags; rsi: stack
	mov %r8,%rdx			# ptid
	mov 8(%rsp),%rcx		# ctid
	mov %r9,%r8			# tls
	lea clone_entry(%rip),%r9
	jmp rump_sysimpl_rumpkit_clone

clone_vfork:
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
	mov %rsi,%rbx
	mov %rsp,%rdi
	call rump_sysimpl_rumpkit_vfork
	test %eax,%eax
	jnz 1f
	mov %rbx,%rsp
	jmp clone_entry
1:	mov (%rsp),%rbx			# an error
	add $72,%rsp
	ret
.size __clone,.-__clone

.type clone_entry,@function
clone_entry:
	.cfi_undefined rip		# the outermost frame, debuggers
	xor %ebp,%ebp
	pop %rax
	pop %rdi
	call *%rax
	mov %eax,%edi
	call rump_sysimpl_exit
	hlt
.size clone_entry,.-clone_entry
.section .note.GNU-stack,"",@progbits
