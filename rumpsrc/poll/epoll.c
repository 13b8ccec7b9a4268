/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll(7).  An interest (struct epitem) hangs on the selinfo of its file for
 * as long as it exists; a notification puts it on the ready list, waiting
 * polls what is on that list again.  Files are not referenced: the last
 * close of a file takes its interests away.  EPOLLEXCLUSIVE is accepted and
 * wakes everyone.
 *
 * Lock order: rump_epoll_mutex, ep_lock (of the outer epoll first: there are no
 * cycles), f_offlock, the object's own lock, si_lock, ep_rlock.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/proc.h>
#include <kern/uio.h>
#include "epoll.h"

#define EPOLL_BUCKETS	8	/* of a new one; a power of 2 */
#define EPOLL_ALWAYS	(POLLERR | POLLHUP)

struct rump_mutex rump_epoll_mutex;
void (*rump_file_sigiohook)(struct epitem *);
static const struct fileops epoll_ops;

static void
epoll_list_add(struct eplist *el, struct epitem *ei)
{

	ei->ei_rnext = NULL;
	if ((ei->ei_rprev = el->el_tail) != NULL)
		el->el_tail->ei_rnext = ei;
	else
		el->el_head = ei;
	el->el_tail = ei;
}

static void
epoll_list_remove(struct eplist *el, struct epitem *ei)
{

	if (ei->ei_rprev != NULL)
		ei->ei_rprev->ei_rnext = ei->ei_rnext;
	else
		el->el_head = ei->ei_rnext;
	if (ei->ei_rnext != NULL)
		ei->ei_rnext->ei_rprev = ei->ei_rprev;
	else
		el->el_tail = ei->ei_rprev;
}

/* Marks an interest ready and wakes one who waits. */
static void
epoll_ready(struct epitem *ei)
{
	struct epoll *ep = ei->ei_ep;

	rump_mutex_enter(&ep->ep_rlock);
	if (!ei->ei_onready) {
		ei->ei_onready = 1;
		epoll_list_add(&ep->ep_ready, ei);
		rump_cv_signal(&ep->ep_cv);
	}
	rump_mutex_exit(&ep->ep_rlock);
	rump_selnotify(&ep->ep_sel, POLLIN | POLLRDNORM);
}

static void
epoll_notify(struct selrec *sr, int events)
{
	struct epitem *ei = sr->sr_arg;
	uint32_t want = __atomic_load_n(&ei->ei_events, __ATOMIC_RELAXED);

	/* EPOLLONESHOT, spent: nothing is wanted, not even errors. */
	if ((want & ~EPOLL_PRIVATE) == 0)
		return;
	if ((uint32_t)events & (want | EPOLL_ALWAYS | POLLNVAL))
		epoll_ready(ei);
}

/* What is true now; registers when sr is not NULL. */
static uint32_t
epoll_look(struct epitem *ei, struct selrec *sr)
{
	uint32_t want = ei->ei_events & ~EPOLL_PRIVATE;

	return (uint32_t)ei->ei_file->f_ops->fo_poll(ei->ei_file, (int)want,
	    sr) & want;
}

/* The items of an epoll, hashed by descriptor.  Caller holds ep_lock. */
static struct epitem **
epoll_bucket(struct epoll *ep, int fd)
{

	return &ep->ep_hash[(unsigned)fd & (ep->ep_nhash - 1)];
}

static struct epitem *
epoll_find(struct epoll *ep, int fd, const struct file *fp)
{
	struct epitem *ei;

	for (ei = *epoll_bucket(ep, fd); ei != NULL; ei = ei->ei_hnext)
		if (ei->ei_fd == fd && ei->ei_file == fp)
			break;
	return ei;
}

/* More buckets; it goes on without when there is no memory. */
static void
epoll_grow(struct epoll *ep)
{
	unsigned i, oldn = ep->ep_nhash;
	struct epitem **old = ep->ep_hash, **new, *ei, *next, **bp;

	new = rump_kmem_zalloc(oldn * 4 * sizeof(*new));
	if (new == NULL)
		return;
	ep->ep_hash = new;
	ep->ep_nhash = oldn * 4;
	for (i = 0; i < oldn; i++) {
		for (ei = old[i]; ei != NULL; ei = next) {
			next = ei->ei_hnext;
			bp = epoll_bucket(ep, ei->ei_fd);
			ei->ei_hnext = *bp;
			*bp = ei;
		}
	}
	rump_kmem_free(old, oldn * sizeof(*old));
}

/* Caller holds ep_lock. */
static int
epoll_add(struct epoll *ep, int fd, struct file *fp,
    const struct epoll_event *ev)
{
	struct epitem *ei, **bp;

	if ((ei = rump_kmem_zalloc(sizeof(*ei))) == NULL)
		return ENOMEM;
	if (ep->ep_nitems >= ep->ep_nhash * 2)
		epoll_grow(ep);
	ei->ei_ep = ep;
	ei->ei_file = fp;
	ei->ei_fd = fd;
	ei->ei_events = ev->events | EPOLL_ALWAYS;
	ei->ei_data = ev->data;
	ei->ei_rec.sr_notify = epoll_notify;
	ei->ei_rec.sr_arg = ei;
	bp = epoll_bucket(ep, fd);
	ei->ei_hnext = *bp;
	*bp = ei;
	ep->ep_nitems++;
	rump_mutex_enter(&fp->f_offlock);
	ei->ei_fnext = fp->f_epoll;
	fp->f_epoll = ei;
	rump_mutex_exit(&fp->f_offlock);
	if (epoll_look(ei, &ei->ei_rec) != 0)
		epoll_ready(ei);
	return 0;
}

/* Caller holds ep_lock.  Frees ei. */
static void
epoll_remove(struct epoll *ep, struct epitem *ei)
{
	struct file *fp = ei->ei_file;
	struct epitem **pp;

	rump_selremove(&ei->ei_rec);
	rump_mutex_enter(&fp->f_offlock);
	for (pp = &fp->f_epoll; *pp != ei; pp = &(*pp)->ei_fnext)
		continue;
	*pp = ei->ei_fnext;
	rump_mutex_exit(&fp->f_offlock);
	rump_mutex_enter(&ep->ep_rlock);
	if (ei->ei_onready)
		epoll_list_remove(&ep->ep_ready, ei);
	rump_mutex_exit(&ep->ep_rlock);
	for (pp = epoll_bucket(ep, ei->ei_fd); *pp != ei;
	    pp = &(*pp)->ei_hnext)
		continue;
	*pp = ei->ei_hnext;
	ep->ep_nitems--;
	rump_kmem_free(ei, sizeof(*ei));
}

/*
 * The last reference to fp is gone.  Nobody can add to it or remove from it
 * by descriptor any more, and rump_epoll_mutex keeps the epolls.
 */
void
rump_epoll_filegone(struct file *fp)
{
	struct epitem *ei;
	struct epoll *ep;

	rump_mutex_enter(&rump_epoll_mutex);
	while ((ei = fp->f_epoll) != NULL) {
		if ((ep = ei->ei_ep) == NULL) {
			fp->f_epoll = ei->ei_fnext;
			RUMP_HOOK(rump_file_sigiohook)(ei);
			continue;
		}
		rump_mutex_enter(&ep->ep_lock);
		epoll_remove(ep, ei);
		rump_mutex_exit(&ep->ep_lock);
	}
	rump_mutex_exit(&rump_epoll_mutex);
}

/*
 * Waiting.  The ready list is taken over as a whole, so that each interest
 * is looked at once; what is level-triggered and still true goes back.
 */
struct epscan {
	struct epoll	*es_ep;
	struct eplist	 es_list;	/* [ep_rlock] ei_onready stays set */
	char		*es_out;	/* user's array; NULL: only look */
	int		 es_max, es_n;
};

/* Caller holds ep_lock.  Takes the next interest off, or NULL. */
static struct epitem *
epscan_next(struct epscan *es)
{
	struct epitem *ei;

	rump_mutex_enter(&es->es_ep->ep_rlock);
	if ((ei = es->es_list.el_head) != NULL) {
		epoll_list_remove(&es->es_list, ei);
		ei->ei_onready = 0;	/* from here a notification counts */
	}
	rump_mutex_exit(&es->es_ep->ep_rlock);
	return ei;
}

static void
epscan_back(struct epscan *es, struct epitem *ei)
{
	struct epoll *ep = es->es_ep;

	rump_mutex_enter(&ep->ep_rlock);
	if (!ei->ei_onready) {
		ei->ei_onready = 1;
		epoll_list_add(&ep->ep_ready, ei);
	}
	rump_mutex_exit(&ep->ep_rlock);
}

/* The same for one that was only looked at: it stays the first. */
static void
epscan_keep(struct epscan *es, struct epitem *ei)
{
	struct eplist *el = &es->es_list;

	rump_mutex_enter(&es->es_ep->ep_rlock);
	if (!ei->ei_onready) {
		ei->ei_onready = 1;
		ei->ei_rprev = NULL;
		if ((ei->ei_rnext = el->el_head) != NULL)
			el->el_head->ei_rprev = ei;
		else
			el->el_tail = ei;
		el->el_head = ei;
	}
	rump_mutex_exit(&es->es_ep->ep_rlock);
}

/* One interest that was ready: an event, or nothing any more. */
static int
epscan_one(struct epscan *es, struct epitem *ei)
{
	struct epoll_event ev;
	int error;

	if ((ei->ei_events & ~EPOLL_PRIVATE) == 0 ||
	    (ev.events = epoll_look(ei, NULL)) == 0)
		return 0;
	if (es->es_out == NULL) {
		es->es_n++;
		epscan_keep(es, ei);
		return 0;
	}
	ev.data = ei->ei_data;
	error = rump_copyout(&ev, es->es_out + es->es_n * (int)sizeof(ev),
	    sizeof(ev));
	if (error) {
		epscan_back(es, ei);
		return error;
	}
	es->es_n++;
	if (ei->ei_events & (uint32_t)EPOLLONESHOT)
		__atomic_store_n(&ei->ei_events, ei->ei_events &
		    EPOLL_PRIVATE, __ATOMIC_RELAXED);
	else if ((ei->ei_events & (uint32_t)EPOLLET) == 0)
		epscan_back(es, ei);
	return 0;
}

/* What was not looked at goes back, before what became ready meanwhile. */
static void
epscan_finish(struct epscan *es)
{
	struct epoll *ep = es->es_ep;

	rump_mutex_enter(&ep->ep_rlock);
	if (es->es_list.el_head != NULL) {
		if ((es->es_list.el_tail->ei_rnext = ep->ep_ready.el_head) !=
		    NULL)
			ep->ep_ready.el_head->ei_rprev = es->es_list.el_tail;
		else
			ep->ep_ready.el_tail = es->es_list.el_tail;
		ep->ep_ready.el_head = es->es_list.el_head;
	}
	/* Others found the list empty while it was here. */
	if (ep->ep_ready.el_head != NULL)
		rump_cv_signal(&ep->ep_cv);
	rump_mutex_exit(&ep->ep_rlock);
}

static int
epoll_scan(struct epscan *es)
{
	struct epoll *ep = es->es_ep;
	struct epitem *ei;
	int error = 0;

	rump_mutex_enter(&ep->ep_lock);
	rump_mutex_enter(&ep->ep_rlock);
	es->es_list = ep->ep_ready;
	ep->ep_ready.el_head = ep->ep_ready.el_tail = NULL;
	rump_mutex_exit(&ep->ep_rlock);
	while (es->es_n < es->es_max && error == 0 &&
	    (ei = epscan_next(es)) != NULL)
		error = epscan_one(es, ei);
	epscan_finish(es);
	rump_mutex_exit(&ep->ep_lock);
	return es->es_n ? 0 : error;
}

/* Until something may be ready.  deadline 0: only looks. */
static int
epoll_sleep(struct epoll *ep, int64_t deadline)
{
	int error = 0;

	rump_mutex_enter(&ep->ep_rlock);
	while (ep->ep_ready.el_head == NULL && error == 0) {
		if (rump_drain_locked(&ep->ep_rlock) ||
		    ep->ep_ready.el_head != NULL)
			continue;
		error = deadline == 0 ? ETIMEDOUT :
		    rump_cv_timedwait_drain(&ep->ep_cv, &ep->ep_rlock,
		    deadline);
	}
	rump_mutex_exit(&ep->ep_rlock);
	return error;
}

int
rump_epoll_await(struct epoll *ep, void *events, int max, int64_t deadline,
    int *np)
{
	struct epscan es = { .es_ep = ep, .es_out = events, .es_max = max };
	int error;

	do {
		if ((error = epoll_sleep(ep, deadline)) == 0)
			error = epoll_scan(&es);
	} while (es.es_n == 0 && error == 0);
	*np = es.es_n;
	return error == ETIMEDOUT ? 0 : error;
}

/*
 * An epoll is ready when one of its interests is.
 */
static int
epoll_poll(struct file *fp, int events, struct selrec *sr)
{
	struct epscan es = { .es_ep = fp->f_data, .es_max = 1 };

	if (sr != NULL)
		rump_selrecord(&es.es_ep->ep_sel, sr);
	(void)epoll_scan(&es);
	return es.es_n ? events & (POLLIN | POLLRDNORM) : 0;
}

static void
epoll_close(struct file *fp)
{
	struct epoll *ep = fp->f_data;
	unsigned i;

	rump_mutex_enter(&rump_epoll_mutex);
	rump_mutex_enter(&ep->ep_lock);
	for (i = 0; i < ep->ep_nhash; i++)
		while (ep->ep_hash[i] != NULL)
			epoll_remove(ep, ep->ep_hash[i]);
	rump_mutex_exit(&ep->ep_lock);
	rump_mutex_exit(&rump_epoll_mutex);
	rump_seldestroy(&ep->ep_sel);
	rump_kmem_free(ep->ep_hash, ep->ep_nhash * sizeof(*ep->ep_hash));
	rump_kmem_free(ep, sizeof(*ep));
}

static const struct fileops epoll_ops = {
	.fo_poll = epoll_poll,
	.fo_stat = rump_anon_stat,
	.fo_close = epoll_close,
};

/* Caller holds ep_lock. */
static int
epoll_modify(struct epitem *ei, const struct epoll_event *ev)
{

	if ((ev->events | ei->ei_events) & (uint32_t)EPOLLEXCLUSIVE)
		return EINVAL;
	__atomic_store_n(&ei->ei_events, ev->events | EPOLL_ALWAYS,
	    __ATOMIC_RELAXED);
	ei->ei_data = ev->data;
	if (epoll_look(ei, NULL) != 0)
		epoll_ready(ei);
	return 0;
}

int
rump_epoll_change(struct epoll *ep, int op, int fd, struct file *fp,
    const struct epoll_event *ev)
{
	struct epitem *ei;
	int error = 0;

	rump_mutex_enter(&ep->ep_lock);
	ei = epoll_find(ep, fd, fp);
	if (op == EPOLL_CTL_ADD)
		error = ei != NULL ? EEXIST : epoll_add(ep, fd, fp, ev);
	else if (ei == NULL)
		error = ENOENT;
	else if (op == EPOLL_CTL_MOD)
		error = epoll_modify(ei, ev);
	else
		epoll_remove(ep, ei);
	rump_mutex_exit(&ep->ep_lock);
	return error;
}

static int
epoll_new(struct epoll **epp)
{
	struct epoll *ep = rump_kmem_zalloc(sizeof(*ep));

	if (ep == NULL)
		return ENOMEM;
	ep->ep_nhash = EPOLL_BUCKETS;
	ep->ep_hash = rump_kmem_zalloc(EPOLL_BUCKETS * sizeof(*ep->ep_hash));
	if (ep->ep_hash == NULL) {
		rump_kmem_free(ep, sizeof(*ep));
		return ENOMEM;
	}
	*epp = ep;
	return 0;
}

struct epoll *
rump_epoll_of(const struct file *fp)
{

	return fp->f_ops == &epoll_ops ? fp->f_data : NULL;
}

long
rump_epoll_make(int flags)
{
	struct epoll *ep;
	int error, fd;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	RUMP_HOOK_SET(rump_file_epollhook, rump_epoll_filegone);
	if ((error = epoll_new(&ep)) != 0)
		return -error;
	error = rump_file_alloc(FT_EPOLL, &epoll_ops, ep, O_RDWR,
	    &ep->ep_file);
	if (error) {
		rump_kmem_free(ep->ep_hash,
		    ep->ep_nhash * sizeof(*ep->ep_hash));
		rump_kmem_free(ep, sizeof(*ep));
		return -error;
	}
	error = rump_fd_install(ep->ep_file, 0, (flags & O_CLOEXEC) != 0,
	    &fd);
	if (error)
		rump_file_rele(ep->ep_file);
	return error ? -error : fd;
}
