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
	if (rump_suser() != 0)
		return -EPERM;
	if (utv == NULL)
		return 0;
	if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000 ||
	    tv.tv_sec > INT64_MAX / NSEC_PER_SEC - 1)
		return -EINVAL;
	rump_setwalltime(tv.tv_sec * NSEC_PER_SEC + tv.tv_usec * 1000);
	return 0;
}

/* Steps the clock at once; it is not slewed, and its rate is the host's. */
static int
adj_change(const struct __kernel_timex *tx)
{
	int64_t by, now = rump_walltime();

	if (tx->modes & ~(unsigned)ADJ_KNOWN)
		return EINVAL;
	if (rump_suser() != 0)
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
	by = tx->time.tv_usec * (tx->modes & ADJ_NANO ? 1 : 1000);
	if (by < 0 || by >= NSEC_PER_SEC || tx->time.tv_sec < -now /
	    NSEC_PER_SEC || tx->time.tv_sec > (INT64_MAX - now) / NSEC_PER_SEC
	    - 1)
		return EINVAL;
	rump_setwalltime(now + tx->time.tv_sec * NSEC_PER_SEC + by);
	return 0;
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

	if (clk < 0 || clk > CLK_LAST)
		return -EINVAL;
	return clk == CLK_REALTIME ? adj_call(buf) : -EOPNOTSUPP;
}
