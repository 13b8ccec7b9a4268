# SPDX-License-Identifier: BSD-2-Clause
# Where a handler returns to: the frame is the rump kernel's.
.text
.global __restore_rt
.hidden __restore_rt
.type __restore_rt,@function
__restore_rt:
	jmp rump_sysimpl_rt_sigreturn
.size __restore_rt,.-__restore_rt
.section .note.GNU-stack,"",@progbits
