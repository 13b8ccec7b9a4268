/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages and assertions. */
#ifndef KERN_LOG_H
#define KERN_LOG_H

void	rump_printf(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
/* Gets what rump_printf says, in any context; NULL: nobody keeps it. */
extern void (*rump_log_hook)(const char *);
void	rump_panic(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2), __noreturn__));
/* What it says, for the host; NULL: none yet. */
const char *rump_panic_text(void);
/* One console line the first time for each name; returns -ENOSYS. */
long	rump_enosys(const char *name, int nr);

#define KASSERT(x) \
	((x) ? (void)0 : rump_panic("assertion %s failed, %s:%d", \
	#x, __FILE__, __LINE__))

#endif /* KERN_LOG_H */
