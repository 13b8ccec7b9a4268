# SPDX-License-Identifier: BSD-2-Clause
# Where a handler returns to: its frame lies above, the rump kernel takes it.
.text
.global __restore_rt
.hidden __restore_rt
.type __restore_rt,@function
__restore_rt:
	mov %rsp,%rdi
	and $-16,%rsp
	call rump_sysimpl_rt_sigreturn
	hlt
.size __restore_rt,.-__restore_rt
.section .note.GNU-stack,"",@progbits
