/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_UNIX: SCM_RIGHTS, SCM_CREDENTIALS, and sockets that nobody can reach any
 * more because the only descriptors of them wait in each other's queues.
 *
 * unp_gc(): a socket all of whose references are in flight is a candidate.
 * Those that wait only in candidates' queues, and whose holders are not
 * reachable either, are garbage: their queues are emptied.  All of it is
 * counted under unp_lock, which every file passes on its way into a queue and
 * out of it.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/str.h>
#include "unp.h"

#define UNP_MAXFDS	253	/* SCM_MAX_FD */

uint32_t unp_ninflight;

static struct unpcb *
unp_offile(const struct file *fp)
{
	const struct socket *so = fp->f_data;

	return fp->f_type == FT_SOCKET && so->so_family == AF_UNIX ?
	    so->so_pcb : NULL;
}

/*
 * What a sender says.
 */
static int
unp_getfiles(const void *data, size_t len, struct unprights **rip)
{
	size_t n = len / sizeof(int), had = *rip ? (*rip)->ri_n : 0, i;
	struct unprights *ri;
	int fd, error = 0;

	if (n == 0)
		return 0;
	if (had + n > UNP_MAXFDS)
		return EINVAL;
	ri = rump_kmem_zalloc(sizeof(*ri) +
	    (had + n) * sizeof(ri->ri_files[0]));
	if (ri == NULL)
		return ENOMEM;
	for (i = 0; i < n && error == 0; i++) {
		memcpy(&fd, (const char *)data + i * sizeof(fd), sizeof(fd));
		error = rump_fd_getany(fd, &ri->ri_files[had + i]);
		ri->ri_n += error == 0;
	}
	if (error) {
		while (ri->ri_n-- > 0)
			rump_file_rele(ri->ri_files[had + ri->ri_n]);
		rump_kmem_free(ri, sizeof(*ri) +
		    (had + n) * sizeof(ri->ri_files[0]));
		return error;
	}
	if (*rip != NULL) {
		memcpy(ri->ri_files, (*rip)->ri_files,
		    had * sizeof(ri->ri_files[0]));
		rump_kmem_free(*rip, sizeof(*ri) +
		    had * sizeof(ri->ri_files[0]));
	}
	ri->ri_n = (unsigned)(had + n);
	*rip = ri;
	return 0;
}

static int
unp_getcred(const void *data, size_t len, struct ucred *uc)
{
	const struct cred *cr = rump_cred_cur();
	struct ucred new;
	struct proc *p;

	if (len != sizeof(new))
		return EINVAL;
	memcpy(&new, data, sizeof(new));
	if (new.uid == UINT32_MAX || new.gid == UINT32_MAX)
		return EINVAL;
	if ((new.pid != curproc->p_pid && !rump_cred_has(cr, CAP_SYS_ADMIN)) ||
	    (new.uid != cr->cr_ruid && new.uid != cr->cr_euid &&
	    new.uid != cr->cr_suid && !rump_cred_has(cr, CAP_SETUID)) ||
	    (new.gid != cr->cr_rgid && new.gid != cr->cr_egid &&
	    new.gid != cr->cr_sgid && !rump_cred_has(cr, CAP_SETGID)))
		return EPERM;
	if (new.pid != curproc->p_pid) {
		if (new.pid == 0 || (p = rump_proc_find(new.pid)) == NULL)
			return ESRCH;
		rump_proc_rele(p);
	}
	*uc = new;
	return 0;
}

static int
unp_onecontrol(const struct cmsghdr *h, const void *data, size_t len,
    struct unpctl *uc)
{

	if (h->cmsg_level != SOL_SOCKET)
		return 0;
	if (h->cmsg_type == SCM_RIGHTS)
		return unp_getfiles(data, len, &uc->uc_rights);
	if (h->cmsg_type == SCM_CREDENTIALS)
		return unp_getcred(data, len, &uc->uc_cred);
	return EINVAL;
}

int
unp_control(struct mbuf *control, struct unpctl *uc)
{
	const struct cred *cr = rump_cred_cur();
	struct cmsghdr h;
	const void *data;
	size_t pos = 0, len;
	int error = 0;

	uc->uc_rights = NULL;
	uc->uc_cred.pid = curproc->p_pid;
	uc->uc_cred.uid = cr->cr_ruid;
	uc->uc_cred.gid = cr->cr_rgid;
	if (control == NULL)
		return 0;
	while (error == 0 &&
	    (error = cmsg_next(control, &pos, &h, &data, &len)) == 0)
		error = unp_onecontrol(&h, data, len, uc);
	cmsg_free(control);
	if (error == ENOENT)
		return 0;
	unp_dropcontrol(uc);
	return error;
}

void
unp_dropcontrol(struct unpctl *uc)
{

	if (uc->uc_rights != NULL)
		unp_rightsfree(uc->uc_rights);
	uc->uc_rights = NULL;
}

/* Not in a queue any more. */
void
unp_rightsfree(struct unprights *ri)
{
	unsigned i;

	for (i = 0; i < ri->ri_n; i++)
		rump_file_rele(ri->ri_files[i]);
	rump_kmem_free(ri, sizeof(*ri) + ri->ri_n * sizeof(ri->ri_files[0]));
}

void
unp_rightsin(struct unpcb *owner, struct unprights *ri)
{
	struct unpcb *u;
	unsigned i;

	rump_mutex_enter(&unp_lock);
	if ((ri->ri_next = owner->unp_rights) != NULL)
		ri->ri_next->ri_prevp = &ri->ri_next;
	ri->ri_prevp = &owner->unp_rights;
	owner->unp_rights = ri;
	for (i = 0; i < ri->ri_n; i++) {
		if ((u = unp_offile(ri->ri_files[i])) == NULL)
			continue;
		u->unp_file = ri->ri_files[i];
		u->unp_inflight++;
		__atomic_fetch_add(&unp_ninflight, 1, __ATOMIC_RELAXED);
	}
	rump_mutex_exit(&unp_lock);
}

void
unp_rightsout(struct unprights *ri)
{
	struct unpcb *u;
	unsigned i;

	rump_mutex_enter(&unp_lock);
	if ((*ri->ri_prevp = ri->ri_next) != NULL)
		ri->ri_next->ri_prevp = ri->ri_prevp;
	for (i = 0; i < ri->ri_n; i++) {
		if ((u = unp_offile(ri->ri_files[i])) == NULL)
			continue;
		u->unp_inflight--;
		__atomic_fetch_sub(&unp_ninflight, 1, __ATOMIC_RELAXED);
	}
	rump_mutex_exit(&unp_lock);
}

void
unp_rightsgive(struct unprights *ri, int peek, struct mbuf **controlp)
{
	unsigned i;

	if (peek) {
		rump_mutex_enter(&unp_lock);
		for (i = 0; i < ri->ri_n; i++)
			rump_file_ref(ri->ri_files[i]);
		rump_mutex_exit(&unp_lock);
	}
	if (cmsg_addfiles(controlp, ri->ri_files, ri->ri_n) != 0) {
		for (i = 0; peek && i < ri->ri_n; i++)
			rump_file_rele(ri->ri_files[i]);
		if (!peek)
			unp_rightsfree(ri);
	} else if (!peek)
		rump_kmem_free(ri, sizeof(*ri) +
		    ri->ri_n * sizeof(ri->ri_files[0]));
}

/*
 * Garbage collection; unp_lock held.
 */
enum { GC_NONE, GC_CANDIDATE, GC_REACHED };

/* Whose fate the queue of u shares. */
static struct unpcb *
gc_owner(struct unpcb *u)
{

	return u->unp_listener != NULL ? u->unp_listener : u;
}

/* Calls fn for each candidate that waits in the queue of u. */
static void
gc_scan(const struct unpcb *u, void (*fn)(struct unpcb *))
{
	const struct unprights *ri;
	struct unpcb *x;
	unsigned i;

	for (ri = u->unp_rights; ri != NULL; ri = ri->ri_next)
		for (i = 0; i < ri->ri_n; i++)
			if ((x = unp_offile(ri->ri_files[i])) != NULL &&
			    x->unp_gcstate != GC_NONE)
				fn(x);
}

static void
gc_count(struct unpcb *u)
{

	u->unp_gcrefs++;
}

static int gc_progress;			/* [unp_lock] */

static void
gc_reach(struct unpcb *u)
{

	if (u->unp_gcstate == GC_CANDIDATE) {
		u->unp_gcstate = GC_REACHED;
		gc_progress = 1;
	}
}

/* True: there may be garbage. */
static int
gc_mark(void)
{
	struct unpcb *u;
	int any = 0;

	for (u = unp_all; u != NULL; u = u->unp_next) {
		u->unp_gcrefs = 0;
		u->unp_gcstate = u->unp_inflight != 0 &&
		    __atomic_load_n(&u->unp_file->f_ref, __ATOMIC_ACQUIRE) ==
		    u->unp_inflight ? GC_CANDIDATE : GC_NONE;
		any |= u->unp_gcstate;
	}
	if (!any)
		return 0;
	for (u = unp_all; u != NULL; u = u->unp_next)
		if (gc_owner(u)->unp_gcstate != GC_NONE)
			gc_scan(u, gc_count);
	/* In flight elsewhere too: somebody who is no candidate gets it. */
	for (u = unp_all; u != NULL; u = u->unp_next)
		if (u->unp_gcstate == GC_CANDIDATE &&
		    u->unp_gcrefs < u->unp_inflight)
			u->unp_gcstate = GC_REACHED;
	do {
		gc_progress = 0;
		for (u = unp_all; u != NULL; u = u->unp_next)
			if (gc_owner(u)->unp_gcstate == GC_REACHED)
				gc_scan(u, gc_reach);
	} while (gc_progress);
	return 1;
}

/* One socket that is garbage, its file referenced; NULL: none. */
static struct file *
gc_next(void)
{
	struct unpcb *u;

	for (u = unp_all; u != NULL; u = u->unp_next)
		if (u->unp_gcstate == GC_CANDIDATE) {
			u->unp_gcstate = GC_NONE;
			rump_file_ref(u->unp_file);
			return u->unp_file;
		}
	return NULL;
}

static void
gc_empty(struct socket *so)
{
	struct mbuf *recs;

	rump_mutex_enter(&so->so_lock);
	recs = unp_takeall(so);
	rump_mutex_exit(&so->so_lock);
	unp_freerecs(recs);
}

void
unp_gc(void)
{
	static int running;		/* [unp_lock] 2: once more */
	struct file *garbage[16];
	unsigned i, n;

	rump_mutex_enter(&unp_lock);
	if (running) {
		running = 2;
		rump_mutex_exit(&unp_lock);
		return;
	}
	do {
		running = 1;
		n = 0;
		if (gc_mark())
			while (n < 16 && (garbage[n] = gc_next()) != NULL)
				n++;
		rump_mutex_exit(&unp_lock);
		for (i = 0; i < n; i++)
			gc_empty(garbage[i]->f_data);
		for (i = 0; i < n; i++)
			rump_file_rele(garbage[i]);
		rump_mutex_enter(&unp_lock);
	} while (n == 16 || running == 2);
	running = 0;
	rump_mutex_exit(&unp_lock);
}
