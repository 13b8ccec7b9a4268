/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies from and to a program's memory, where any address may be wrong: a
 * fault in sections .text.bmk_user.* (the platform's image.lds has them between
 * bmk_user_start and bmk_user_end) that cannot be resolved goes on at
 * bmk_user_failed, which returns an error to the caller.  So nothing in here
 * uses the stack or registers that calls preserve.
 */
#define EFAULT	14
#define REP_MIN	256		/* as in string.c */

	.cfi_sections .debug_frame
#define ENTRY(name)						\
	.section .text.bmk_user.name, "ax", @progbits;		\
	.globl	name;						\
	.hidden	name;						\
	.type	name, @function;				\
name:

/* int bmk_user_copy(void *to, const void *from, size_t len) */
ENTRY(bmk_user_copy)
	.cfi_startproc
	cmpq	$16, %rdx
	ja	3f
	cmpl	$8, %edx
	jb	1f
	movq	(%rsi), %rax
	movq	-8(%rsi, %rdx), %rcx
	movq	%rax, (%rdi)
	movq	%rcx, -8(%rdi, %rdx)
	jmp	6f
1:	cmpl	$4, %edx
	jb	2f
	movl	(%rsi), %eax
	movl	-4(%rsi, %rdx), %ecx
	movl	%eax, (%rdi)
	movl	%ecx, -4(%rdi, %rdx)
	jmp	6f
2:	testl	%edx, %edx
	jz	6f
	decl	%edx
	movb	(%rsi, %rdx), %al
	movb	%al, (%rdi, %rdx)
	jmp	2b
3:	movq	-16(%rsi, %rdx), %r8	/* the last two words */
	movq	-8(%rsi, %rdx), %r9
	leaq	-16(%rdi, %rdx), %r10
	cmpq	$REP_MIN, %rdx
	jae	5f
4:	movq	(%rsi), %rax
	movq	8(%rsi), %rcx
	movq	%rax, (%rdi)
	movq	%rcx, 8(%rdi)
	addq	$16, %rsi
	addq	$16, %rdi
	cmpq	%r10, %rdi
	jb	4b
	jmp	7f
5:	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep movsq
7:	movq	%r8, (%r10)
	movq	%r9, 8(%r10)
6:	xorl	%eax, %eax
	ret
	.cfi_endproc
	.size	bmk_user_copy, . - bmk_user_copy

/*
 * long bmk_user_copystr(char *to, const char *from, size_t max): bytes with
 * the NUL, max + 1 when there is none, or -EFAULT.
 */
ENTRY(bmk_user_copystr)
	.cfi_startproc
	xorl	%eax, %eax
1:	cmpq	%rdx, %rax
	jae	2f
	movb	(%rsi, %rax), %cl
	movb	%cl, (%rdi, %rax)
	incq	%rax
	testb	%cl, %cl
	jnz	1b
	ret
2:	incq	%rax
	ret
	.cfi_endproc
	.size	bmk_user_copystr, . - bmk_user_copystr

/* int bmk_user_probe(void *to, size_t len): is all of it, not 0, writable? */
ENTRY(bmk_user_probe)
	.cfi_startproc
	leaq	-1(%rdi, %rsi), %rsi	/* the last byte */
1:	lock orb $0, (%rdi)
	addq	$4096, %rdi
	cmpq	%rsi, %rdi
	jb	1b
	lock orb $0, (%rsi)
	xorl	%eax, %eax
	ret
	.cfi_endproc
	.size	bmk_user_probe, . - bmk_user_probe

/* int bmk_user_store2(int64_t *to, int64_t a, int64_t b) */
ENTRY(bmk_user_store2)
	.cfi_startproc
	movq	%rsi, (%rdi)
	movq	%rdx, 8(%rdi)
	xorl	%eax, %eax
	ret
	.cfi_endproc
	.size	bmk_user_store2, . - bmk_user_store2

	.section .text.bmk_failed, "ax", @progbits
	.globl	bmk_user_failed
	.hidden	bmk_user_failed
	.type	bmk_user_failed, @function
bmk_user_failed:
	.cfi_startproc
	movq	$-EFAULT, %rax
	ret
	.cfi_endproc
	.size	bmk_user_failed, . - bmk_user_failed

	.section .note.GNU-stack, "", @progbits
