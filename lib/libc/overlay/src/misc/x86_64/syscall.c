/* SPDX-License-Identifier: BSD-2-Clause */
/* syscall(n, ...): n is a number known only now; the table knows the gate. */
#include <stdarg.h>
#include <unistd.h>
#include "syscall.h"

#undef syscall

long rump_sysent_call(long, long, long, long, long, long, long);

long
syscall(long n, ...)
{
	va_list ap;
	long a, b, c, d, e, f;

	va_start(ap, n);
	a = va_arg(ap, long);
	b = va_arg(ap, long);
	c = va_arg(ap, long);
	d = va_arg(ap, long);
	e = va_arg(ap, long);
	f = va_arg(ap, long);
	va_end(ap);
	return __syscall_ret(rump_sysent_call(n, a, b, c, d, e, f));
}
