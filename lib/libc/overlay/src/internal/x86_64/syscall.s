# SPDX-License-Identifier: BSD-2-Clause
# long __syscall(nr, a, b, c, d, e, f) as a function; nr is the gate.
.text
.global __syscall
.hidden __syscall
.type __syscall,@function
__syscall:
	mov %rdi,%rax
	mov %rsi,%rdi
	mov %rdx,%rsi
	mov %rcx,%rdx
	mov %r8,%rcx
	mov %r9,%r8
	mov 8(%rsp),%r9
	jmp *%rax
.size __syscall,.-__syscall
.section .note.GNU-stack,"",@progbits
