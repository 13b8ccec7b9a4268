/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux system calls, raw.  Each returns the result or a negative errno.
 * After spt_filter() only the calls that filter.c lists may be made.
 */
#ifndef SPT_SYS_H
#define SPT_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <asm/unistd.h>

struct sys_timespec { int64_t tv_sec; int64_t tv_nsec; };
struct sys_pollfd { int fd; short events, revents; };
#define SYS_POLLIN	1
#define SYS_POLLOUT	4
#define SYS_EINTR	4
#define SYS_EAGAIN	11

#define SYS_PROT_NONE	0
#define SYS_PROT_READ	1
#define SYS_PROT_WRITE	2
#define SYS_MAP_SHARED	0x01
#define SYS_MAP_PRIVATE	0x02
#define SYS_MAP_FIXED	0x10
#define SYS_MAP_ANON	0x20
#define SYS_MAP_NORESERVE 0x4000
#define SYS_MADV_DONTNEED 4
#define SYS_MREMAP_MAYMOVE 1
#define SYS_MREMAP_FIXED 2

static inline long
sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ __volatile__("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b),
	    "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return ret;
}

static inline long
sys3(long n, long a, long b, long c)
{
	long ret;

	__asm__ __volatile__("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b),
	    "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static inline long
sys4(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ __volatile__("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b),
	    "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return ret;
}

/* One piece; the vectored calls are the ones that the filter lets through. */
static inline long
sys_read(int fd, void *p, size_t len)
{
	struct { void *base; size_t len; } iov = { p, len };

	return sys3(__NR_readv, fd, (long)&iov, 1);
}

static inline long
sys_write(int fd, const void *p, size_t len)
{
	struct { const void *base; size_t len; } iov = { p, len };

	return sys3(__NR_writev, fd, (long)&iov, 1);
}

static inline long
sys_mprotect(void *p, size_t len, int prot)
{
	return sys3(__NR_mprotect, (long)p, (long)len, prot);
}

static inline long
sys_madvise(void *p, size_t len, int advice)
{
	return sys3(__NR_madvise, (long)p, (long)len, advice);
}

#endif /* SPT_SYS_H */
