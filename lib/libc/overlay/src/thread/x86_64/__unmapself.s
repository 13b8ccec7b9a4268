# SPDX-License-Identifier: BSD-2-Clause
# void __unmapself(void *base, size_t len): the rump kernel leaves this stack
# before it unmaps it.
.text
.global __unmapself
.type __unmapself,@function
__unmapself:
	and $-16,%rsp
	call rump_sysimpl_rumpkit_unmapself
	hlt
.size __unmapself,.-__unmapself
.section .note.GNU-stack,"",@progbits
