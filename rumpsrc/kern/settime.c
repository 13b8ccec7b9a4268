/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Setting the clock: settimeofday, adjtimex, clock_adjtime.  (linux/timex.h
 * and libc's types, which rumpuser.h needs, cannot be had in one file.)
 */
#include <asm/errno.h>
#include <linux/time_types.h>
#include <linux/timex.h>
#include <kern/str.h>
#include <kern/clock.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define CLK_REALTIME	0
#define CLK_LAST	11		/* CLOCK_TAI */
#define TICK_USEC	10000		/* USER_HZ 100 */
#define ADJ_KNOWN	(ADJ_OFFSET | ADJ_FREQUENCY | ADJ_MAXERROR | \
			ADJ_ESTERROR | ADJ_STATUS | ADJ_TIMECONST | ADJ_TAI | \
			ADJ_SETOFFSET | ADJ_MICRO | ADJ_NANO | ADJ_TICK)

RUMP_SYSCALL2(settimeofday, const void *, utv, const void *, utz)
{
	struct __kernel_old_timeval tv;

	(void)utz;			/* time zones are libc's */
	if (utv != NULL && rump_copyin(utv, &tv, sizeof(tv)) != 0)
		return -EFAULT;
	if (utv == NULL)
		return rump_capable(CAP_SYS_TIME) != 0 ? -EPERM : 0;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EINVAL;
	return -rump_setwalltime(tv.tv_sec, tv.tv_usec * 1000);
}

/* Steps the clock at once; it is not slewed, and its rate is the host's. */
static int
adj_change(const struct __kernel_timex *tx)
{
	int64_t now, sec, unit;

	if (tx->modes & ~(unsigned)ADJ_KNOWN)
		return EINVAL;
	if (rump_capable(CAP_SYS_TIME) != 0)
		return EPERM;
	if (tx->modes & ADJ_FREQUENCY && tx->freq != 0)
		return EOPNOTSUPP;
	if (tx->modes & ADJ_TICK && tx->tick != TICK_USEC)
		return tx->tick < TICK_USEC / 10 * 9 ||
		    tx->tick > TICK_USEC / 10 * 11 ? EINVAL : EOPNOTSUPP;
	if (tx->modes & ADJ_OFFSET && tx->offset != 0)
		return EOPNOTSUPP;
	if ((tx->modes & ADJ_SETOFFSET) == 0)
		return 0;
	unit = tx->modes & ADJ_NANO ? 1 : 1000;
	if (tx->time.tv_usec < 0 || tx->time.tv_usec >= NSEC_PER_SEC / unit)
		return EINVAL;
	now = rump_walltime() + tx->time.tv_usec * unit;
	if (__builtin_add_overflow(tx->time.tv_sec, now / NSEC_PER_SEC, &sec))
		return EINVAL;
	return rump_setwalltime(sec, now % NSEC_PER_SEC);
}

static long
adj_call(void *utx)
{
	struct __kernel_timex copy, *tx = &copy;
	unsigned modes;
	int64_t now;
	int error;

	if (rump_copyin(utx, tx, sizeof(*tx)) != 0)
		return -EFAULT;
	modes = tx->modes;
	if (modes != 0 && (error = adj_change(tx)) != 0)
		return -error;
	now = rump_walltime();
	memset(tx, 0, sizeof(*tx));
	tx->modes = modes;
	tx->status = STA_UNSYNC | STA_NANO;
	tx->tick = TICK_USEC;
	tx->tolerance = 32768000;
	tx->precision = 1;
	tx->maxerror = tx->esterror = 16000000;
	tx->time.tv_sec = now / NSEC_PER_SEC;
	tx->time.tv_usec = now % NSEC_PER_SEC;
	if (rump_copyout(tx, utx, sizeof(*tx)) != 0)
		return -EFAULT;
	return TIME_ERROR;		/* nobody says that it is right */
}

RUMP_SYSCALL1(adjtimex, void *, buf)
{

	return adj_call(buf);
}

RUMP_SYSCALL2(clock_adjtime, int, clk, void *, buf)
{

	/* Below 0 are those of CPU time, but for a descriptor's. */
	if (clk > CLK_LAST || clk == 10 || (clk < 0 && (clk & 7) == 3))
		return -EINVAL;
	return clk == CLK_REALTIME ? adj_call(buf) : -EOPNOTSUPP;
}
