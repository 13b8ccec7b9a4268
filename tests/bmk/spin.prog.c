/* SPDX-License-Identifier: BSD-2-Clause */
/* Program text: it is preempted.  Keeps every register busy and checks it. */
#include "spin.h"

/* Until *stop; the number of rounds, or -1 when a register changed. */
long
spin(volatile int *stop, volatile long *rounds, unsigned long seed)
{
	unsigned long bad;

	__asm__ __volatile__(
	    "movq %%rbp, -8(%%rsp)\n"
	    "movq %3, %%rax\n"
	    "movq %%rax, %%xmm7\n"
	    "leaq 1(%%rax), %%rbx\n leaq 2(%%rax), %%r12\n"
	    "leaq 3(%%rax), %%r13\n leaq 4(%%rax), %%r14\n"
	    "leaq 5(%%rax), %%r15\n leaq 6(%%rax), %%r8\n"
	    "leaq 7(%%rax), %%r9\n leaq 8(%%rax), %%r10\n"
	    "leaq 9(%%rax), %%r11\n"
	    "movq %%rax, -16(%%rsp)\n"
	    "1: incq (%2)\n"
	    "cmpl $0, (%1)\n"
	    "je 1b\n"
	    "xorl %%ecx, %%ecx\n"
	    "cmpq %%rax, -16(%%rsp)\n setne %%cl\n"
	    "movq %%xmm7, %%rdx\n subq %%rax, %%rdx\n orq %%rdx, %%rcx\n"
	    "subq %%rax, %%rbx\n decq %%rbx\n orq %%rbx, %%rcx\n"
	    "subq %%rax, %%r12\n subq $2, %%r12\n orq %%r12, %%rcx\n"
	    "subq %%rax, %%r13\n subq $3, %%r13\n orq %%r13, %%rcx\n"
	    "subq %%rax, %%r14\n subq $4, %%r14\n orq %%r14, %%rcx\n"
	    "subq %%rax, %%r15\n subq $5, %%r15\n orq %%r15, %%rcx\n"
	    "subq %%rax, %%r8\n subq $6, %%r8\n orq %%r8, %%rcx\n"
	    "subq %%rax, %%r9\n subq $7, %%r9\n orq %%r9, %%rcx\n"
	    "subq %%rax, %%r10\n subq $8, %%r10\n orq %%r10, %%rcx\n"
	    "subq %%rax, %%r11\n subq $9, %%r11\n orq %%r11, %%rcx\n"
	    "cmpq %%rbp, -8(%%rsp)\n setne %%dl\n movzbl %%dl, %%edx\n"
	    "orq %%rdx, %%rcx\n"
	    : "=&c"(bad) : "S"(stop), "D"(rounds), "d"(seed) :
	    "rax", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
	    "r15", "memory");
	return bad != 0 ? -1 : *rounds;
}
