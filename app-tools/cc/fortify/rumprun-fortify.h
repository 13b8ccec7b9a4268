/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * _FORTIFY_SOURCE: calls that would write (or read, where that is cheap to
 * see) beyond an object whose size the compiler knows end in an invalid
 * instruction, which is reported with function and line.  1: whole objects;
 * 2: members, for strings; 3: sizes known only when the program runs, too.
 * As everywhere it needs optimisation, and costs nothing without.
 */
#ifndef RUMPRUN_FORTIFY_H
#define RUMPRUN_FORTIFY_H

#if defined(_FORTIFY_SOURCE) && _FORTIFY_SOURCE > 0 && \
    defined(__OPTIMIZE__) && !defined(__cplusplus)
#define RUMPRUN_FORTIFY		1
#define RUMPRUN_FORTIFIED	extern __inline __attribute__((__gnu_inline__,\
    __always_inline__, __artificial__))
#if _FORTIFY_SOURCE > 2
#define RUMPRUN_SIZE(p)		__builtin_dynamic_object_size(p, 0)
#define RUMPRUN_STRSIZE(p)	__builtin_dynamic_object_size(p, 1)
#else
#define RUMPRUN_SIZE(p)		__builtin_object_size(p, 0)
#define RUMPRUN_STRSIZE(p)	__builtin_object_size(p, _FORTIFY_SOURCE > 1)
#endif
#define RUMPRUN_LIMIT(n, size)	do {					\
	if ((n) > (size))						\
		__builtin_trap();					\
} while (0)
/* The function itself, under another name. */
#define RUMPRUN_REAL(fn)						\
	extern __typeof__(fn) rumprun_real_##fn __asm__(#fn)
#endif

#endif /* RUMPRUN_FORTIFY_H */
