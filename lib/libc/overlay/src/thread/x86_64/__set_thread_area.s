# SPDX-License-Identifier: BSD-2-Clause
.text
.global __set_thread_area
.hidden __set_thread_area
.type __set_thread_area,@function
__set_thread_area:
	mov %rdi,%rsi
	mov $0x1002,%edi		# ARCH_SET_FS
	jmp rump_sysimpl_arch_prctl
.size __set_thread_area,.-__set_thread_area
.section .note.GNU-stack,"",@progbits
