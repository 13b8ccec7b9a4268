/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll, ppoll, select, pselect6 and what they stand on: struct selinfo.
 * Lock order: the object's own lock, si_lock, pw_lock.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/time_types.h>
#include <kern/clock.h>
#include <kern/fdtable.h>
#include <kern/kmem.h>
#include <kern/poll.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define POLL_STACK	8	/* descriptors without an allocation */
#define POLL_BLIND	20000000LL	/* ns; see pw_blind */
#define POLL_ALWAYS	(POLLERR | POLLHUP | POLLNVAL)
#define SELECT_MAX	1024	/* FD_SETSIZE */
#define SELECT_RD	(POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_WR	(POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SELECT_EX	POLLPRI

/* One sleeping poller. */
struct pollwait {
	struct rump_mutex pw_lock;
	struct rump_cv	pw_cv;
	int		pw_fired;	/* [pw_lock] */
	int		pw_asleep;	/* [pw_lock] waits for pw_cv */
	int		pw_always;	/* [I] events that nobody asks for */
	int		pw_blind;	/* a file tells nobody: look often */
};

struct pollent {
	struct selrec	pe_rec;		/* when pe_asked */
	struct file	*pe_file;
	int		pe_asked;
};

void
rump_selrecord(struct selinfo *si, struct selrec *sr)
{

	rump_mutex_enter(&si->si_lock);
	sr->sr_info = si;
	sr->sr_next = si->si_head;
	sr->sr_prevp = &si->si_head;
	if (si->si_head != NULL)
		si->si_head->sr_prevp = &sr->sr_next;
	__atomic_store_n(&si->si_head, sr, __ATOMIC_RELEASE);
	rump_mutex_exit(&si->si_lock);
}

/* Caller holds si_lock. */
static void
sel_unhook(struct selrec *sr)
{

	__atomic_store_n(sr->sr_prevp, sr->sr_next, __ATOMIC_RELEASE);
	if (sr->sr_next != NULL)
		sr->sr_next->sr_prevp = sr->sr_prevp;
	__atomic_store_n(&sr->sr_info, NULL, __ATOMIC_RELEASE);
}

void
rump_selremove(struct selrec *sr)
{
	struct selinfo *si;

	si = __atomic_load_n(&sr->sr_info, __ATOMIC_ACQUIRE);
	if (si == NULL)
		return;
	rump_mutex_enter(&si->si_lock);
	if (sr->sr_info == si)
		sel_unhook(sr);
	rump_mutex_exit(&si->si_lock);
}

void
rump_selnotify(struct selinfo *si, int events)
{
	struct selrec *sr, *next;

	if (__atomic_load_n(&si->si_head, __ATOMIC_ACQUIRE) == NULL)
		return;
	rump_mutex_enter(&si->si_lock);
	for (sr = si->si_head; sr != NULL; sr = next) {
		next = sr->sr_next;
		sr->sr_notify(sr, events);
	}
	rump_mutex_exit(&si->si_lock);
}

void
rump_seldestroy(struct selinfo *si)
{
	struct selrec *sr;

	rump_mutex_enter(&si->si_lock);
	while ((sr = si->si_head) != NULL) {
		sel_unhook(sr);
		sr->sr_notify(sr, POLLNVAL | POLLHUP);
	}
	rump_mutex_exit(&si->si_lock);
}

static void
poll_notify(struct selrec *sr, int events)
{
	struct pollwait *pw = sr->sr_arg;

	(void)events;
	rump_mutex_enter(&pw->pw_lock);
	pw->pw_fired = 1;
	if (pw->pw_asleep)
		rump_cv_signal(&pw->pw_cv);
	rump_mutex_exit(&pw->pw_lock);
}

/* References to all files; NULL: there is none. */
static void
poll_take(const struct pollfd *fds, struct pollent *pe, unsigned n,
    struct fdtable *t)
{
	unsigned i;

	rump_mutex_enter(&t->fdt_lock);
	for (i = 0; i < n; i++) {
		pe[i].pe_file = rump_fdtable_get(t, fds[i].fd);
		pe[i].pe_asked = 0;
	}
	rump_mutex_exit(&t->fdt_lock);
}

/* always: what is told unasked; select has nothing of the kind. */
static inline int
poll_look(struct file *fp, int events, int always, struct selrec *sr)
{

	if (__builtin_expect(fp->f_ops->fo_poll == NULL, 0))
		return events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
	events |= always;
	return fp->f_ops->fo_poll(fp, events, sr) & events;
}

/* Looks at all descriptors; how many have events. */
static int
poll_scan(struct pollfd *fds, const struct pollent *pe, unsigned n, int always)
{
	unsigned i;
	int ready = 0, r;

	for (i = 0; i < n; i++) {
		if (__builtin_expect(pe[i].pe_file != NULL, 1))
			r = poll_look(pe[i].pe_file, fds[i].events, always,
			    NULL);
		else
			r = fds[i].fd < 0 ? 0 : POLLNVAL;
		fds[i].revents = (short)r;
		ready += r != 0;
	}
	return ready;
}

/* The same, and registers until one is ready: then nobody will sleep. */
static int
poll_register(struct pollfd *fds, struct pollent *pe, unsigned n,
    struct pollwait *pw)
{
	struct selrec *rec;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (pe[i].pe_file == NULL) {
			if (fds[i].fd < 0)
				continue;
			break;			/* POLLNVAL */
		}
		rec = &pe[i].pe_rec;
		rec->sr_info = NULL;
		rec->sr_notify = poll_notify;
		rec->sr_arg = pw;
		pe[i].pe_asked = 1;
		if (poll_look(pe[i].pe_file, fds[i].events, pw->pw_always,
		    rec) != 0)
			break;
		if (__atomic_load_n(&rec->sr_info, __ATOMIC_RELAXED) == NULL)
			pw->pw_blind = 1;
	}
	return i < n ? poll_scan(fds, pe, n, pw->pw_always) : 0;
}

static void
poll_release(struct pollent *pe, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (pe[i].pe_file == NULL)
			continue;
		if (pe[i].pe_asked)
			rump_selremove(&pe[i].pe_rec);
		rump_file_put(pe[i].pe_file);
	}
}

static int
poll_sleep(struct pollwait *pw, int64_t deadline)
{
	int64_t dl = deadline, soon;
	int error = 0;

	if (pw->pw_blind && (soon = rump_monotonic() + POLL_BLIND) < dl)
		dl = soon;
	rump_mutex_enter(&pw->pw_lock);
	while (!pw->pw_fired && error == 0) {
		if (rump_drain_locked(&pw->pw_lock) || pw->pw_fired)
			continue;
		pw->pw_asleep = 1;
		error = rump_cv_timedwait_drain(&pw->pw_cv, &pw->pw_lock,
		    dl);
		pw->pw_asleep = 0;
	}
	pw->pw_fired = 0;
	rump_mutex_exit(&pw->pw_lock);
	return error == ETIMEDOUT && dl != deadline ? 0 : error;
}

/*
 * Whether to look before one registers: not when all that is to come comes
 * from devices, and they had nothing.
 */
static inline int
poll_lookfirst(int64_t deadline)
{

	return rump_drain() || deadline == 0 || !rump_cooperative ||
	    rump_drain_hook == NULL;
}

/* pw is in use until poll_release(). */
static long
poll_loop(struct pollfd *fds, struct pollent *pe, unsigned n,
    struct pollwait *pw, int64_t deadline)
{
	int ready, error;

	if (poll_lookfirst(deadline)) {
		ready = poll_scan(fds, pe, n, pw->pw_always);
		if (ready != 0)
			return ready;
		if (deadline == 0)	/* what a mask let through comes now */
			return __atomic_load_n(&curlwp->l_pending,
			    __ATOMIC_RELAXED) & LP_SIG ? -EINTR : 0;
	}
	pw->pw_lock = (struct rump_mutex){ 0 };
	pw->pw_cv = (struct rump_cv){ 0 };
	pw->pw_fired = pw->pw_asleep = pw->pw_blind = 0;
	ready = poll_register(fds, pe, n, pw);
	while (ready == 0) {
		if ((error = poll_sleep(pw, deadline)) == EINTR)
			return -EINTR;
		ready = poll_scan(fds, pe, n, pw->pw_always);
		if (error)
			break;
	}
	return ready;
}

/* deadline: absolute; 0 do not wait. */
static long
poll_fds(struct pollfd *fds, unsigned long n, int64_t deadline, int always)
{
	struct pollent stack[POLL_STACK], *pe = stack;
	const struct lwp *l = curlwp;
	struct pollwait pw;
	long r;

	if (n > rump_rlim_cur(l->l_proc, 7))
		return -EINVAL;
	if (n != 0 && rump_writable(fds, n * sizeof(*fds)) != 0)
		return -EFAULT;
	if (n > POLL_STACK &&
	    (pe = rump_kmem_alloc(n * sizeof(*pe))) == NULL)
		return -ENOMEM;
	pw.pw_always = always;
	poll_take(fds, pe, (unsigned)n, l->l_proc->p_fdt);
	r = poll_loop(fds, pe, (unsigned)n, &pw, deadline);
	poll_release(pe, (unsigned)n);
	if (pe != stack)
		rump_kmem_free(pe, n * sizeof(*pe));
	return r;
}

static int64_t
poll_after(int64_t nsec)
{

	return nsec == 0 ? 0 : rump_monotonic() + nsec;
}

/* A gate, and what all of these are made again as: the time is absolute. */
static long
poll_until(struct pollfd *fds, unsigned long n, int64_t deadline,
    const void *mask, size_t setsize)
{
	struct lwp *l = rump_gate_enter();
	const long call[] = { (long)poll_until, (long)fds, (long)n, deadline,
	    (long)mask, (long)setsize };
	long r = -rump_sig_maskenter(l, mask, setsize);

	if (r == 0) {
		r = poll_fds(fds, n, deadline, POLL_ALWAYS);
		rump_sig_maskleave(l, r);
	}
	return rump_gate_exit_intr(l, r, call, (int)sizeof(call) +
	    RUMP_AGAIN_NOHAND);
}

long
rump_sysimpl_poll(void *fds, unsigned long n, int timeout)
{

	return poll_until(fds, n, timeout < 0 ? INT64_MAX :
	    poll_after(timeout * 1000000LL), NULL, 0);
}

long
rump_sysimpl_ppoll(void *fds, unsigned n, const void *ts, const void *mask,
    size_t setsize)
{
	int64_t deadline;
	int error;

	if ((error = rump_ts_deadline(ts, TS_RELATIVE, &deadline)) != 0)
		return -error;
	return poll_until(fds, n, deadline, mask, setsize);
}

static int
select_isset(const unsigned long *set, int fd)
{

	return set != NULL && (set[fd / 64] >> (fd % 64) & 1);
}

static int
select_fill(struct pollfd *fds, int nfds, unsigned long *const *sets)
{
	int fd, n = 0, ev;

	for (fd = 0; fd < nfds; fd++) {
		ev = (select_isset(sets[0], fd) ? SELECT_RD : 0) |
		    (select_isset(sets[1], fd) ? SELECT_WR : 0) |
		    (select_isset(sets[2], fd) ? SELECT_EX : 0);
		if (ev == 0)
			continue;
		fds[n].fd = fd;
		fds[n++].events = (short)ev;
	}
	return n;
}

static long
select_result(const struct pollfd *fds, int n, int nfds,
    unsigned long *const *sets)
{
	static const int events[3] = { SELECT_RD, SELECT_WR, SELECT_EX };
	long ready = 0;
	unsigned long asked;
	int i, j, fd;

	for (i = 0; i < n; i++)
		if (fds[i].revents & POLLNVAL)
			return -EBADF;
	for (j = 0; j < 3; j++) {
		for (i = 0, fd = 0; sets[j] != NULL && fd < nfds; fd++) {
			asked = sets[j][fd / 64] & 1UL << (fd % 64);
			while (i < n && fds[i].fd < fd)
				i++;
			if (asked == 0)
				continue;
			if (fds[i].revents & events[j])
				ready++;
			else
				sets[j][fd / 64] &= ~(1UL << (fd % 64));
		}
	}
	return ready;
}

static long
select_fds(int nfds, unsigned long *const *sets, int64_t deadline)
{
	struct pollfd *fds;
	size_t len;
	long r;
	int n;

	if (nfds < 0)
		return -EINVAL;
	if (nfds > SELECT_MAX)
		nfds = SELECT_MAX;
	for (n = 0; n < 3 && nfds != 0; n++)
		if (sets[n] != NULL && rump_writable(sets[n],
		    ((size_t)nfds + 63) / 64 * sizeof(long)) != 0)
			return -EFAULT;
	len = (size_t)(nfds ? nfds : 1) * sizeof(*fds);
	if ((fds = rump_kmem_zalloc(len)) == NULL)
		return -ENOMEM;
	n = select_fill(fds, nfds, sets);
	r = poll_fds(fds, (unsigned long)n, deadline, POLLNVAL);
	if (r >= 0)
		r = select_result(fds, n, nfds, sets);
	rump_kmem_free(fds, len);
	return r;
}

/* pselect6(2)'s last argument. */
struct select_mask {
	const void	*sm_set;
	size_t		 sm_size;
};

/* A gate, as poll_until(). */
static long
select_until(int nfds, void *rd, void *wr, void *ex, int64_t deadline,
    const struct select_mask *sm)
{
	struct lwp *l = rump_gate_enter();
	const long call[] = { (long)select_until, nfds, (long)rd, (long)wr,
	    (long)ex, deadline, (long)sm };
	unsigned long *const sets[3] = { rd, wr, ex };
	struct select_mask mask;
	long r = 0;

	if (sm != NULL)
		r = -rump_copyin(sm, &mask, sizeof(mask));
	if (sm != NULL && r == 0)
		r = -rump_sig_maskenter(l, mask.sm_set, mask.sm_size);
	if (r == 0) {
		r = select_fds(nfds, sets, deadline);
		rump_sig_maskleave(l, r);
	}
	return rump_gate_exit_intr(l, r, call, (int)sizeof(call) +
	    RUMP_AGAIN_NOHAND);
}

long
rump_sysimpl_select(int nfds, void *rd, void *wr, void *ex, void *utv)
{
	struct __kernel_old_timeval tv;
	int64_t deadline = INT64_MAX;

	if (utv != NULL) {
		if (rump_copyin(utv, &tv, sizeof(tv)) != 0)
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		if (tv.tv_sec < INT64_MAX / NSEC_PER_SEC / 4)
			deadline = poll_after(tv.tv_sec * NSEC_PER_SEC +
			    tv.tv_usec * 1000);
	}
	return select_until(nfds, rd, wr, ex, deadline, NULL);
}

long
rump_sysimpl_pselect6(int nfds, void *rd, void *wr, void *ex, const void *ts,
    const void *mask)
{
	int64_t deadline;
	int error;

	if ((error = rump_ts_deadline(ts, TS_RELATIVE, &deadline)) != 0)
		return -error;
	return select_until(nfds, rd, wr, ex, deadline, mask);
}
