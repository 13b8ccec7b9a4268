# SPDX-License-Identifier: BSD-2-Clause
# int __clone(fn, stack, flags, arg, ptid, tls, ctid)
#             rdi rsi    rdx    rcx  r8    r9   8(%rsp)
# The rump kernel starts an lwp at clone_entry on the new stack, where fn and
# arg wait.
.text
.global __clone
.hidden __clone
.type __clone,@function
__clone:
	and $-16,%rsi
	sub $16,%rsi
	mov %rdi,(%rsi)
	mov %rcx,8(%rsi)
	mov %rdx,%rdi			# flags; rsi: stack
	mov %r8,%rdx			# ptid
	mov 8(%rsp),%rcx		# ctid
	mov %r9,%r8			# tls
	lea clone_entry(%rip),%r9
	jmp rump_sysimpl_rumpkit_clone
.size __clone,.-__clone

.type clone_entry,@function
clone_entry:
	xor %ebp,%ebp
	pop %rax
	pop %rdi
	call *%rax
	mov %eax,%edi
	call rump_sysimpl_exit
	hlt
.size clone_entry,.-clone_entry
.section .note.GNU-stack,"",@progbits
