/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of libc inside an image: a number is the address of its gate
 * (bits/syscall.h, generated), so a call is a direct function call and the
 * linker sees which calls a program can make.  No vDSO: the gate is one.
 */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

static __inline long __syscall0(long n)
{
	return ((long (*)(void))n)();
}

static __inline long __syscall1(long n, long a)
{
	return ((long (*)(long))n)(a);
}

static __inline long __syscall2(long n, long a, long b)
{
	return ((long (*)(long, long))n)(a, b);
}

static __inline long __syscall3(long n, long a, long b, long c)
{
	return ((long (*)(long, long, long))n)(a, b, c);
}

static __inline long __syscall4(long n, long a, long b, long c, long d)
{
	return ((long (*)(long, long, long, long))n)(a, b, c, d);
}

static __inline long __syscall5(long n, long a, long b, long c, long d,
    long e)
{
	return ((long (*)(long, long, long, long, long))n)(a, b, c, d, e);
}

static __inline long __syscall6(long n, long a, long b, long c, long d,
    long e, long f)
{
	return ((long (*)(long, long, long, long, long, long))n)(a, b, c, d,
	    e, f);
}

#define IPC_64 0
