/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of epoll, and epolls in epolls: neither cycles nor long chains.
 */
#include <asm/errno.h>
#include <kern/clock.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "epoll.h"

#define EPOLL_DEPTH	5	/* epolls in a chain, epoll_ctl(2): ELOOP */
#define EPOLL_MAXEVENTS	(INT32_MAX / (int)sizeof(struct epoll_event))

/*
 * Epolls in the longest chain from ep down; too many when `outer` is among
 * them.  Caller holds rump_epoll_mutex, so chains do not change.
 */
static int
epoll_below(struct epoll *ep, const struct epoll *outer)
{
	struct epoll *sub;
	struct epitem *ei;
	unsigned i;
	int n, max = 0;

	if (ep == outer)
		return EPOLL_DEPTH + 1;
	rump_mutex_enter(&ep->ep_lock);
	for (i = 0; i < ep->ep_nhash; i++) {
		for (ei = ep->ep_hash[i]; ei != NULL; ei = ei->ei_hnext) {
			if ((sub = rump_epoll_of(ei->ei_file)) == NULL)
				continue;
			n = epoll_below(sub, outer);
			max = n > max ? n : max;
		}
	}
	rump_mutex_exit(&ep->ep_lock);
	return max + 1;
}

/* The same from ep up. */
static int
epoll_above(const struct epoll *ep)
{
	const struct epitem *ei;
	int n, max = 0;

	for (ei = ep->ep_file->f_epoll; ei != NULL; ei = ei->ei_fnext) {
		n = epoll_above(ei->ei_ep);
		max = n > max ? n : max;
	}
	return max + 1;
}

/* fp is an epoll, too. */
static int
epoll_nest(struct epoll *ep, int op, int fd, struct file *fp,
    const struct epoll_event *ev)
{
	int error = 0;

	if (op != EPOLL_CTL_DEL && (ev->events & (uint32_t)EPOLLEXCLUSIVE))
		return EINVAL;
	rump_mutex_enter(&rump_epoll_mutex);
	if (op == EPOLL_CTL_ADD && epoll_below(fp->f_data, ep) +
	    epoll_above(ep) > EPOLL_DEPTH)
		error = ELOOP;
	else
		error = rump_epoll_change(ep, op, fd, fp, ev);
	rump_mutex_exit(&rump_epoll_mutex);
	return error;
}

static int
epoll_check(int op, const struct epoll_event *ev, const struct file *fp)
{

	/* What is always ready is not for epoll: regular files. */
	if (fp->f_ops->fo_poll == NULL ||
	    (fp->f_ops->fo_flags & FOF_NOEPOLL))
		return EPERM;
	if (op != EPOLL_CTL_ADD && op != EPOLL_CTL_DEL && op != EPOLL_CTL_MOD)
		return EINVAL;
	if (op != EPOLL_CTL_DEL && (ev->events & (uint32_t)EPOLLEXCLUSIVE) &&
	    (op == EPOLL_CTL_MOD || ev->events & ~(uint32_t)(EPOLLIN |
	    EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET |
	    EPOLLEXCLUSIVE)))
		return EINVAL;
	return 0;
}

static int
epoll_control(int epfd, int op, int fd, const struct epoll_event *ev)
{
	struct file *epfp, *fp;
	struct epoll *ep;
	int error;

	if ((error = rump_fd_get(epfd, &epfp)) != 0)
		return error;
	if ((error = rump_fd_get(fd, &fp)) != 0)
		goto out;
	if ((error = epoll_check(op, ev, fp)) == 0) {
		ep = rump_epoll_of(epfp);
		if (ep == NULL || epfp == fp)
			error = EINVAL;
		else if (rump_epoll_of(fp) != NULL)
			error = epoll_nest(ep, op, fd, fp, ev);
		else
			error = rump_epoll_change(ep, op, fd, fp, ev);
	}
	rump_file_rele(fp);
out:
	rump_file_rele(epfp);
	return error;
}

static long
epoll_wait_on(int epfd, void *events, int max, int64_t deadline)
{
	struct epoll *ep;
	struct file *fp;
	int error, n = 0;

	if (max <= 0 || max > EPOLL_MAXEVENTS)
		return -EINVAL;
	if (events == NULL)
		return -EFAULT;
	if ((error = rump_fd_get(epfd, &fp)) != 0)
		return -error;
	if ((ep = rump_epoll_of(fp)) == NULL)
		error = EINVAL;
	else
		error = rump_epoll_await(ep, events, max, deadline, &n);
	rump_file_rele(fp);
	return n == 0 && error ? -error : n;
}

RUMP_SYSCALL1(epoll_create, int, size)
{

	return size <= 0 ? -EINVAL : rump_epoll_make(0);
}

RUMP_SYSCALL1(epoll_create1, int, flags)
{

	return rump_epoll_make(flags);
}

RUMP_SYSCALL4(epoll_ctl, int, epfd, int, op, int, fd, void *, uev)
{
	struct epoll_event ev;
	int error;

	memset(&ev, 0, sizeof(ev));
	if (op != EPOLL_CTL_DEL &&
	    (error = rump_copyin(uev, &ev, sizeof(ev))) != 0)
		return -error;
	return -epoll_control(epfd, op, fd, &ev);
}

static int64_t
epoll_deadline(int ms)
{

	if (ms <= 0)
		return ms == 0 ? 0 : INT64_MAX;
	return rump_monotonic() + ms * 1000000LL;
}

/* A gate, and what the others are made again as: the time is absolute. */
static long
epoll_until(int epfd, void *events, int max, int64_t deadline,
    const void *mask, size_t setsize)
{
	struct lwp *l = rump_gate_enter();
	const long call[] = { (long)epoll_until, epfd, (long)events, max,
	    deadline, (long)mask, (long)setsize };
	long r = -rump_sig_maskenter(l, mask, setsize);

	if (r == 0) {
		r = epoll_wait_on(epfd, events, max, deadline);
		rump_sig_maskleave(l, r);
	}
	return rump_gate_exit_intr(l, r, call, (int)sizeof(call) +
	    RUMP_AGAIN_NOHAND);
}

long
rump_sysimpl_epoll_wait(int epfd, void *events, int max, int timeout)
{

	return epoll_until(epfd, events, max, epoll_deadline(timeout), NULL,
	    0);
}

long
rump_sysimpl_epoll_pwait(int epfd, void *events, int max, int timeout,
    const void *mask, size_t setsize)
{

	return epoll_until(epfd, events, max, epoll_deadline(timeout), mask,
	    setsize);
}

long
rump_sysimpl_epoll_pwait2(int epfd, void *events, int max, const void *uts,
    const void *mask, size_t setsize)
{
	int64_t deadline;
	int error = rump_ts_deadline(uts, TS_RELATIVE, &deadline);

	if (error != 0)
		return -error;
	return epoll_until(epfd, events, max, deadline, mask, setsize);
}
