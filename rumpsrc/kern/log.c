/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, panic, and naming the system calls that are not there. */
#include <asm/errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <rump/rumpuser.h>
#include <kern/log.h>

int	vsnprintf(char *, size_t, const char *, va_list);

#define LOG_LINE	200	/* on the stack */

void (*rump_log_hook)(const char *);

void
rump_printf(const char *fmt, ...)
{
	char buf[LOG_LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	rumpuser_dprintf("%s", buf);
	if (rump_log_hook != NULL)
		rump_log_hook(buf);
}

static const char *panic_text;		/* [a] the last one's */

const char *
rump_panic_text(void)
{

	return __atomic_load_n(&panic_text, __ATOMIC_ACQUIRE);
}

void
rump_panic(const char *fmt, ...)
{
	char buf[LOG_LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	rumpuser_dprintf("rumpkit: %s\n", buf);
	__atomic_store_n(&panic_text, buf, __ATOMIC_RELEASE);
	rumpuser_exit(RUMPUSER_PANIC);
}

long
rump_enosys(const char *name, int nr)
{
	static uint32_t seen[32];	/* [a] a bit for each number */
	uint32_t bit = 1U << (nr & 31);

	if (nr >= 0 && nr < 1024 && (__atomic_fetch_or(&seen[nr / 32], bit,
	    __ATOMIC_RELAXED) & bit))
		return -ENOSYS;
	if (name != NULL)
		rumpuser_dprintf("rumpkit: system call %s is not in this "
		    "image (ENOSYS)\n", name);
	else
		rumpuser_dprintf("rumpkit: system call number %d does not "
		    "exist (ENOSYS)\n", nr);
	return -ENOSYS;
}
