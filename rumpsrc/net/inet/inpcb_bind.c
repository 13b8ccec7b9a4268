/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Binding and connecting: who may have the same address and port (as on
 * Linux), and which port those get who do not care (RFC 6056).  so_lock is
 * held in all of it.
 */
#include "inpcb_priv.h"

void
inpcb_setladdr(struct inpcb *inp, const struct inaddr *a)
{

	rump_mutex_enter(&inp->inp_table->it_lock);
	inp->inp_laddr = *a;
	rump_mutex_exit(&inp->inp_table->it_lock);
	if (inaddr_isany(a))
		inp->inp_flags &= ~(uint32_t)INP_BOUNDADDR;
	else
		inp->inp_flags |= INP_BOUNDADDR;
}

/* Do a, in p, and p2's address name the same for some packet? */
static int
addr_overlaps(const struct inpcb *p, const struct inaddr *a,
    const struct inpcb *p2)
{
	const struct inaddr *a2 = &p2->inp_laddr;
	int is4 = inaddr_is4(a), is42 = inaddr_is4(a2);
	int any = inaddr_isany(a), any2 = inaddr_isany(a2);

	if (is4 && is42)
		return any || any2 || inaddr_eq(a, a2);
	if (any && any2 && !is4 && !is42)
		return 1;
	if (any2 && !is42)
		return !(is4 && inpcb_v6only(p2));
	if (any && !is4)
		return !(is42 && inpcb_v6only(p));
	return inaddr_eq(a, a2);
}

static int
inpcb_conflict(const struct inpcb *p, const struct inaddr *a,
    const struct inpcb *p2, int automatic)
{
	int both = p->inp_share & p2->inp_share, sameuser;

	if (p == p2 || !addr_overlaps(p, a, p2) || (p->inp_bindif != 0 &&
	    p2->inp_bindif != 0 && p->inp_bindif != p2->inp_bindif))
		return 0;
	sameuser = p->inp_so->so_cred->cr_euid == p2->inp_so->so_cred->cr_euid;
	if ((both & SOF_REUSEPORT) && sameuser && !automatic)
		return 0;
	if (both & SOF_REUSEADDR)
		return p->inp_table->it_unique &&
		    (automatic || p2->inp_listen);
	return 1;
}

/* Caller holds it_lock. */
static int
port_conflict(const struct inpcb *inp, const struct inaddr *a, uint16_t port,
    int automatic)
{
	const struct inport *po = inpcb_port(inp->inp_table, port);
	const struct inpcb *p2;

	if (po == NULL)
		return 0;
	for (p2 = po->po_bound; p2 != NULL; p2 = p2->inp_pnext)
		if (inpcb_conflict(inp, a, p2, automatic))
			return 1;
	for (p2 = po->po_conn; p2 != NULL; p2 = p2->inp_pnext)
		if (inpcb_conflict(inp, a, p2, automatic))
			return 1;
	return 0;
}

static inline uint32_t
port_range(uint32_t *lop)
{
	int lo = __atomic_load_n(&rump_ip_portmin, __ATOMIC_RELAXED);
	int hi = __atomic_load_n(&rump_ip_portmax, __ATOMIC_RELAXED);

	if (lo < 1 || hi > 65535 || lo > hi) {
		lo = 32768;
		hi = 60999;
	}
	*lop = (uint32_t)lo;
	return (uint32_t)(hi - lo + 1);
}

/*
 * An ephemeral port for a bind, at random (RFC 6056, 3.3.1): first one that
 * nobody has, then one that does not conflict.  Caller holds it_lock.
 */
static uint16_t
port_pick(const struct inpcb *inp, const struct inaddr *a)
{
	uint32_t lo, n = port_range(&lo), i, start, tries;
	uint16_t port;
	int pass;

	start = (uint32_t)(in_random() % n);
	for (pass = 0; pass < 2; pass++) {
		tries = pass == 0 && inp->inp_table->it_portcount > n / 2 ?
		    64 : n;
		for (i = 0; i < tries; i++) {
			port = net16((uint16_t)(lo + (start + i) % n));
			if (pass == 0 ? inpcb_port(inp->inp_table, port) == NULL
			    : !port_conflict(inp, a, port, 1))
				return port;
		}
	}
	return 0;
}

static int
inpcb_dobind(struct inpcb *inp, const struct inaddr *a, uint16_t port)
{
	int error = EADDRINUSE;

	rump_mutex_enter(&inp->inp_table->it_lock);
	if (port == 0)
		port = port_pick(inp, a);
	else if (port_conflict(inp, a, port, 0))
		port = 0;
	if (port != 0 && (error = inpcb_enter(inp, port)) == 0)
		inp->inp_laddr = *a;
	rump_mutex_exit(&inp->inp_table->it_lock);
	return error;
}

int
inpcb_bind(struct inpcb *inp, const struct sockaddr *sa, unsigned len)
{
	struct inaddr a;
	uint16_t port;
	int error;

	if ((error = inpcb_bindaddr(inp, sa, len, &a, &port)) != 0)
		return error;
	/* A connection that is over gives back the port it was given. */
	if (inp->inp_hashed != 0)
		return EINVAL;
	if (port == 0 && (inp->inp_flags & INP_BINDNOPORT)) {
		rump_mutex_enter(&inp->inp_table->it_lock);
		inp->inp_laddr = a;
		rump_mutex_exit(&inp->inp_table->it_lock);
	} else if ((error = inpcb_dobind(inp, &a, port)) != 0)
		return error;
	if (!inaddr_isany(&a)) {
		inp->inp_flags |= INP_BOUNDADDR;
		if (inaddr_ismulti(&a) || in_classify(&a) == IN_BCAST)
			inp->inp_flags |= INP_NOTSRC;
	}
	if (port != 0)
		inp->inp_flags |= INP_BOUNDPORT;
	return 0;
}

int
inpcb_autobind(struct inpcb *inp)
{
	int error;

	if (inp->inp_lport != 0)
		return 0;
	error = inpcb_dobind(inp, &inp->inp_laddr, 0);
	return error == EADDRINUSE ? EAGAIN : error;
}

int
inpcb_listen(struct inpcb *inp)
{
	struct inpcbtable *it = inp->inp_table;
	int error = inpcb_autobind(inp);

	if (error != 0)
		return error == EAGAIN ? EADDRINUSE : error;
	rump_mutex_enter(&it->it_lock);
	if (port_conflict(inp, &inp->inp_laddr, inp->inp_lport, 0))
		error = EADDRINUSE;
	else
		inp->inp_listen = 1;
	rump_mutex_exit(&it->it_lock);
	return error;
}

void
inpcb_unlisten(struct inpcb *inp)
{

	rump_mutex_enter(&inp->inp_table->it_lock);
	inp->inp_listen = 0;
	rump_mutex_exit(&inp->inp_table->it_lock);
}

void
inpcb_optchanged(struct socket *so, int name)
{
	struct inpcb *inp = so->so_pcb;

	if (inp == NULL || (name != SO_BINDTODEVICE &&
	    name != SO_BINDTOIFINDEX && name != SO_REUSEADDR &&
	    name != SO_REUSEPORT))
		return;
	rump_mutex_enter(&inp->inp_table->it_lock);
	inp->inp_bindif = so->so_opt.so_bindif;
	inp->inp_share = so->so_opt.so_flags & (SOF_REUSEADDR | SOF_REUSEPORT);
	rump_mutex_exit(&inp->inp_table->it_lock);
}

/* --- connecting --- */

/*
 * An ephemeral port for a connection: the simple hash of RFC 6056, 3.3.3,
 * with one counter.  It may be shared with other connections, not with those
 * who are bound.  Caller holds it_lock.
 */
static uint16_t
port_pickpair(struct inpcb *inp, const struct inaddr *l,
    const struct inaddr *f, uint16_t fport)
{
	struct inpcbtable *it = inp->inp_table;
	uint32_t lo, n = port_range(&lo), i;
	uint32_t off = (uint32_t)in_prfpair(l, f, 0, fport);
	const struct inport *po;
	uint16_t port;

	for (i = 0; i < n; i++) {
		port = net16((uint16_t)(lo + (off + it->it_nextport++) % n));
		po = inpcb_port(it, port);
		if (po == NULL || (it->it_unique && po->po_bound == NULL &&
		    inpcb_find(it, l, port, f, fport, 0) == NULL))
			return port;
	}
	return 0;
}

/* Caller holds it_lock. */
static int
inpcb_pair(struct inpcb *inp, const struct inaddr *l, const struct inaddr *f,
    uint16_t fport)
{
	struct inpcbtable *it = inp->inp_table;
	uint16_t port = inp->inp_lport;
	int error;

	if (port == 0) {
		if ((port = port_pickpair(inp, l, f, fport)) == 0)
			return EADDRNOTAVAIL;
	} else if (it->it_unique &&
	    inpcb_find(it, l, port, f, fport, 0) != NULL)
		return EADDRNOTAVAIL;
	if (inp->inp_hashed == INP_H_TUPLE)
		inpcb_hash_remove(inp);
	if (inp->inp_hashed != 0)
		port_unlink(inp);
	else if ((inp->inp_port = inpcb_port_get(it, port)) == NULL)
		return ENOBUFS;
	inp->inp_laddr = *l;
	inp->inp_faddr = *f;
	inp->inp_lport = port;
	inp->inp_fport = fport;
	if ((error = inpcb_hash_insert(inp)) != 0) {
		port_link(inp, &inp->inp_port->po_bound);
		inpcb_sethashed(inp, INP_H_PORT);
		return error;
	}
	port_link(inp, &inp->inp_port->po_conn);
	inpcb_sethashed(inp, INP_H_TUPLE);
	return 0;
}

int
inpcb_setaddrs(struct inpcb *inp, const struct inaddr *l,
    const struct inaddr *f, uint16_t fport)
{
	int error;

	rump_mutex_enter(&inp->inp_table->it_lock);
	error = inpcb_pair(inp, l, f, fport);
	rump_mutex_exit(&inp->inp_table->it_lock);
	return error;
}

int
inpcb_setpair(struct inpcb *inp, const struct inaddr *l, uint16_t lport,
    const struct inaddr *f, uint16_t fport)
{
	int error;

	KASSERT(inp->inp_hashed == 0);
	rump_mutex_enter(&inp->inp_table->it_lock);
	inp->inp_lport = lport;
	error = inpcb_pair(inp, l, f, fport);
	rump_mutex_exit(&inp->inp_table->it_lock);
	return error == EADDRNOTAVAIL ? EADDRINUSE : error;
}

void
inpcb_unpair(struct inpcb *inp)
{

	rump_mutex_enter(&inp->inp_table->it_lock);
	inp->inp_listen = 0;
	if ((inp->inp_flags & INP_BOUNDPORT) == 0) {
		inpcb_remove(inp);
	} else if (inp->inp_hashed == INP_H_TUPLE) {
		inpcb_hash_remove(inp);
		port_unlink(inp);
		port_link(inp, &inp->inp_port->po_bound);
		inpcb_sethashed(inp, INP_H_PORT);
	}
	rump_mutex_exit(&inp->inp_table->it_lock);
	rump_rc_clear(&inp->inp_rc);
}

void
inpcb_disconnect(struct inpcb *inp)
{
	struct inaddr any = { .ia_d = { 0, 0 } };

	inpcb_unpair(inp);
	if (inp->inp_family == AF_INET)
		any = inaddr_from4(0);
	rump_mutex_enter(&inp->inp_table->it_lock);
	inp->inp_faddr = any;
	inp->inp_fport = 0;
	if ((inp->inp_flags & INP_BOUNDADDR) == 0)
		inp->inp_laddr = any;
	if (inp->inp_hashed == 0)
		inp->inp_lport = 0;
	rump_mutex_exit(&inp->inp_table->it_lock);
}
