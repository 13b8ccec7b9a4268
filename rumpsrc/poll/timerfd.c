/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timerfd_create(2): timers to wait for.  Once expired a periodic timer rests
 * until it is read, which counts the periods that have passed: nobody wakes
 * for a timer that nobody looks at.  TFD_TIMER_CANCEL_ON_SET is not there.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timerfd.h>
#include <kern/clock.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define TIME_MAX	(INT64_MAX / 4)

struct timerfd {
	struct rump_mutex tf_lock;	/* before si_lock, callout_lock */
	struct rump_cv	 tf_cv;		/* readers */
	struct selinfo	 tf_sel;
	struct rump_callout tf_callout;
	int64_t		 tf_when;	/* [tf_lock] monotonic; 0: disarmed */
	int64_t		 tf_interval;	/* [tf_lock] 0: once */
	int		 tf_expired;	/* [tf_lock] not read yet */
	int		 tf_wall;	/* [I] CLOCK_REALTIME */
	int		 tf_abs;	/* [tf_lock] armed for a time of it */
	int		 tf_cancel;	/* [tf_lock] a step of it ends it */
	int		 tf_cancelled;	/* [tf_lock] so it was; read says so */
	struct timerfd	*tf_next, **tf_prevp;	/* [timerfd_lock] tf_wall's */
};

static struct rump_mutex timerfd_lock;	/* before tf_lock */
static struct timerfd *timerfd_walls;	/* [timerfd_lock] */

/* Caller holds tf_lock, or nobody else knows tf. */
static void
timerfd_expire(struct timerfd *tf)
{

	tf->tf_expired = 1;
	rump_cv_broadcast(&tf->tf_cv);
	rump_selnotify(&tf->tf_sel, POLLIN);
}

static void
timerfd_callout(void *arg)
{
	struct timerfd *tf = arg;

	rump_mutex_enter(&tf->tf_lock);
	/* It may have been set again in the meantime. */
	if (tf->tf_when != 0 && !tf->tf_expired) {
		if (tf->tf_when <= rump_monotonic())
			timerfd_expire(tf);
		else
			rump_callout_schedule(&tf->tf_callout, tf->tf_when);
	}
	rump_mutex_exit(&tf->tf_lock);
}

/*
 * Takes the expirations and winds the timer up again.  Caller holds tf_lock;
 * the timer has expired.
 */
static uint64_t
timerfd_take(struct timerfd *tf)
{
	int64_t now = rump_monotonic();
	uint64_t n = 1;

	tf->tf_expired = 0;
	if (tf->tf_interval == 0) {
		tf->tf_when = 0;
		return n;
	}
	n += (uint64_t)((now - tf->tf_when) / tf->tf_interval);
	tf->tf_when += (int64_t)n * tf->tf_interval;
	rump_callout_schedule(&tf->tf_callout, tf->tf_when);
	return n;
}

static int
timerfd_read(struct file *fp, struct uio *uio, int flags)
{
	struct timerfd *tf = fp->f_data;
	uint64_t n = 0;
	int error = 0;

	(void)flags;
	if (uio->uio_resid < sizeof(n))
		return EINVAL;
	rump_mutex_enter(&tf->tf_lock);
	while (!tf->tf_expired && !tf->tf_cancelled && error == 0) {
		if (file_flags(fp) & O_NONBLOCK)
			error = EAGAIN;
		else
			error = rump_cv_wait_sig(&tf->tf_cv, &tf->tf_lock);
	}
	if (error == 0 && tf->tf_cancelled) {
		tf->tf_cancelled = 0;
		error = ECANCELED;
	} else if (error == 0) {
		n = timerfd_take(tf);
	}
	rump_mutex_exit(&tf->tf_lock);
	return error ? error : rump_uiomove(&n, sizeof(n), uio);
}

static int
timerfd_poll(struct file *fp, int events, struct selrec *sr)
{
	struct timerfd *tf = fp->f_data;
	int r;

	rump_mutex_enter(&tf->tf_lock);
	if (sr != NULL)
		rump_selrecord(&tf->tf_sel, sr);
	r = tf->tf_expired || tf->tf_cancelled ? POLLIN : 0;
	rump_mutex_exit(&tf->tf_lock);
	return r & events;
}

static void
timerfd_close(struct file *fp)
{
	struct timerfd *tf = fp->f_data;

	if (tf->tf_wall) {
		rump_mutex_enter(&timerfd_lock);
		if ((*tf->tf_prevp = tf->tf_next) != NULL)
			tf->tf_next->tf_prevp = tf->tf_prevp;
		rump_mutex_exit(&timerfd_lock);
	}
	rump_callout_cancel(&tf->tf_callout);
	rump_seldestroy(&tf->tf_sel);
	rump_kmem_free(tf, sizeof(*tf));
}

/* Caller holds timerfd_lock.  The wall clock was put forward. */
static void
timerfd_stepone(struct timerfd *tf, int64_t by)
{

	rump_mutex_enter(&tf->tf_lock);
	if (tf->tf_cancel) {
		tf->tf_cancelled = 1;
		rump_cv_broadcast(&tf->tf_cv);
		rump_selnotify(&tf->tf_sel, POLLIN);
	}
	if (tf->tf_abs && tf->tf_when != 0 && !tf->tf_expired) {
		tf->tf_when -= by;
		if (tf->tf_when <= 0)
			tf->tf_when = 1;
		if (tf->tf_when <= rump_monotonic())
			timerfd_expire(tf);
		else
			rump_callout_schedule(&tf->tf_callout, tf->tf_when);
	}
	rump_mutex_exit(&tf->tf_lock);
}

static void
timerfd_step(int64_t by)
{
	struct timerfd *tf;

	rump_mutex_enter(&timerfd_lock);
	for (tf = timerfd_walls; tf != NULL; tf = tf->tf_next)
		timerfd_stepone(tf, by);
	rump_mutex_exit(&timerfd_lock);
}

static void
timerfd_link(struct timerfd *tf)
{
	static struct rump_wallstep step = { .ws_fn = timerfd_step };

	rump_wallstep_add(&step);
	rump_mutex_enter(&timerfd_lock);
	if ((tf->tf_next = timerfd_walls) != NULL)
		timerfd_walls->tf_prevp = &tf->tf_next;
	tf->tf_prevp = &timerfd_walls;
	timerfd_walls = tf;
	rump_mutex_exit(&timerfd_lock);
}

static const struct fileops timerfd_ops = {
	.fo_read = timerfd_read,
	.fo_poll = timerfd_poll,
	.fo_stat = rump_anon_stat,
	.fo_close = timerfd_close,
};

RUMP_SYSCALL2(timerfd_create, int, clk, int, flags)
{
	struct timerfd *tf;
	struct file *fp;
	int error, fd;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK) || (clk != CLOCK_REALTIME &&
	    clk != CLOCK_MONOTONIC && clk != CLOCK_BOOTTIME &&
	    clk != CLOCK_REALTIME_ALARM && clk != CLOCK_BOOTTIME_ALARM))
		return -EINVAL;
	if ((clk == CLOCK_REALTIME_ALARM || clk == CLOCK_BOOTTIME_ALARM) &&
	    rump_capable(CAP_WAKE_ALARM) != 0)
		return -EPERM;
	if ((tf = rump_kmem_zalloc(sizeof(*tf))) == NULL)
		return -ENOMEM;
	rump_callout_init(&tf->tf_callout, timerfd_callout, tf);
	tf->tf_wall = clk == CLOCK_REALTIME || clk == CLOCK_REALTIME_ALARM;
	error = rump_file_alloc(FT_TIMERFD, &timerfd_ops, tf,
	    O_RDWR | (flags & TFD_NONBLOCK), &fp);
	if (error) {
		rump_kmem_free(tf, sizeof(*tf));
		return -error;
	}
	if (tf->tf_wall)
		timerfd_link(tf);
	if ((error = rump_fd_install(fp, 0, (flags & TFD_CLOEXEC) != 0,
	    &fd)) != 0)
		rump_file_rele(fp);
	return error ? -error : fd;
}

static int
timerfd_valid(const struct __kernel_timespec *ts)
{

	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 &&
	    ts->tv_nsec < NSEC_PER_SEC;
}

static int64_t
timerfd_nsec(const struct __kernel_timespec *ts)
{

	if (ts->tv_sec >= TIME_MAX / NSEC_PER_SEC)
		return TIME_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static void
timerfd_timespec(struct __kernel_timespec *ts, int64_t t)
{

	ts->tv_sec = t / NSEC_PER_SEC;
	ts->tv_nsec = t % NSEC_PER_SEC;
}

/* What is left, and the period.  Caller holds tf_lock. */
static void
timerfd_get(struct timerfd *tf, struct __kernel_itimerspec *it)
{
	int64_t left = 0;

	if (tf->tf_when != 0) {
		left = tf->tf_when - rump_monotonic();
		if (left <= 0 && tf->tf_interval != 0)
			left = tf->tf_interval - -left % tf->tf_interval;
		else if (left <= 0)
			left = !tf->tf_expired;	/* due this moment */
	}
	timerfd_timespec(&it->it_value, left);
	timerfd_timespec(&it->it_interval, tf->tf_interval);
}

static void
timerfd_set(struct timerfd *tf, int flags,
    const struct __kernel_itimerspec *new, struct __kernel_itimerspec *old)
{
	int64_t now, t = timerfd_nsec(&new->it_value);

	/* Without the lock, which its function takes. */
	rump_callout_cancel(&tf->tf_callout);
	rump_mutex_enter(&tf->tf_lock);
	if (old != NULL)
		timerfd_get(tf, old);
	tf->tf_expired = tf->tf_cancelled = 0;
	tf->tf_abs = tf->tf_wall && (flags & TFD_TIMER_ABSTIME);
	tf->tf_cancel = tf->tf_abs && (flags & TFD_TIMER_CANCEL_ON_SET);
	tf->tf_interval = timerfd_nsec(&new->it_interval);
	tf->tf_when = 0;
	if (t != 0) {
		now = rump_monotonic();
		if ((flags & TFD_TIMER_ABSTIME) == 0)
			t += now;
		else if (tf->tf_wall)
			t += now - rump_walltime();
		tf->tf_when = t ? t : 1;
		if (tf->tf_when <= now)
			timerfd_expire(tf);
		else
			rump_callout_schedule(&tf->tf_callout, tf->tf_when);
	}
	rump_mutex_exit(&tf->tf_lock);
}

static int
timerfd_file(int fd, struct file **fpp)
{
	int error;

	if ((error = rump_fd_get(fd, fpp)) != 0)
		return error;
	if ((*fpp)->f_type == FT_TIMERFD)
		return 0;
	rump_file_rele(*fpp);
	return EINVAL;
}

RUMP_SYSCALL4(timerfd_settime, int, fd, int, flags, const void *, unew,
    void *, uold)
{
	struct __kernel_itimerspec new, old;
	struct file *fp;
	int error;

	if (rump_copyin(unew, &new, sizeof(new)) != 0)
		return -EFAULT;
	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
	    !timerfd_valid(&new.it_value) || !timerfd_valid(&new.it_interval))
		return -EINVAL;
	if ((error = timerfd_file(fd, &fp)) != 0)
		return -error;
	timerfd_set(fp->f_data, flags, &new, uold ? &old : NULL);
	rump_file_rele(fp);
	return uold != NULL ? -rump_copyout(&old, uold, sizeof(old)) : 0;
}

RUMP_SYSCALL2(timerfd_gettime, int, fd, void *, ucur)
{
	struct __kernel_itimerspec cur;
	struct timerfd *tf;
	struct file *fp;
	int error;

	if ((error = timerfd_file(fd, &fp)) != 0)
		return -error;
	tf = fp->f_data;
	rump_mutex_enter(&tf->tf_lock);
	timerfd_get(tf, &cur);
	rump_mutex_exit(&tf->tf_lock);
	rump_file_rele(fp);
	return -rump_copyout(&cur, ucur, sizeof(cur));
}
