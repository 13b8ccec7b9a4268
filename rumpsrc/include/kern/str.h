/* SPDX-License-Identifier: BSD-2-Clause */
/* The C functions that kernel code may call; see doc/contracts.md. */
#ifndef KERN_STR_H
#define KERN_STR_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

size_t	strlcpy(char *, const char *, size_t);
size_t	strlcat(char *, const char *, size_t);
int	snprintf(char *, size_t, const char *, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
int	vsnprintf(char *, size_t, const char *, va_list);

#endif /* KERN_STR_H */
