/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of PCBs: buckets of those that share a local port, and a hash by
 * four-tuple of those with a peer.  Both start tiny and grow while there is
 * memory; chains only get longer when there is none.
 *
 * it_lock is a leaf; so_lock comes before it.  Keys change under both.
 */
#include "inet_priv.h"

#define IT_FIRST	8	/* chains of a new table */

static inline uint64_t
mum(uint64_t a, uint64_t b)
{
	__uint128_t p = (__uint128_t)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline uint32_t
inpcb_hash(const struct inaddr *l, uint16_t lport, const struct inaddr *f,
    uint16_t fport)
{
	uint64_t h = mum(f->ia_d[0] ^ rump_in_key[0], f->ia_d[1] ^
	    rump_in_key[1]);

	return (uint32_t)mum(h ^ l->ia_d[1], ((uint64_t)lport << 16 | fport) ^
	    rump_in_key[2]);
}

static inline uint32_t
port_hash(uint16_t port)
{

	return net16(port);
}

/* --- buckets; caller holds it_lock --- */

static struct inport *
port_find(const struct inpcbtable *it, uint16_t port)
{
	struct inport *po = NULL;

	if (it->it_nports != 0)
		for (po = it->it_ports[port_hash(port) & (it->it_nports - 1)];
		    po != NULL && po->po_port != port; po = po->po_next)
			;
	return po;
}

static void
port_grow(struct inpcbtable *it)
{
	uint32_t i, n = it->it_nports != 0 ? it->it_nports * 2 : IT_FIRST;
	struct inport **new, **pp, *po;

	if ((new = rump_kmem_zalloc(n * sizeof(*new))) == NULL)
		return;
	for (i = 0; i < it->it_nports; i++)
		while ((po = it->it_ports[i]) != NULL) {
			it->it_ports[i] = po->po_next;
			pp = &new[port_hash(po->po_port) & (n - 1)];
			po->po_next = *pp;
			*pp = po;
		}
	if (it->it_ports != NULL)
		rump_kmem_free(it->it_ports, it->it_nports * sizeof(*new));
	it->it_ports = new;
	it->it_nports = n;
}

static struct inport *
port_get(struct inpcbtable *it, uint16_t port)
{
	struct inport *po = port_find(it, port), **pp;

	if (po != NULL)
		return po;
	if (it->it_portcount >= it->it_nports)
		port_grow(it);
	if (it->it_nports == 0 || (po = rump_kmem_zalloc(sizeof(*po))) == NULL)
		return NULL;
	po->po_port = port;
	pp = &it->it_ports[port_hash(port) & (it->it_nports - 1)];
	po->po_next = *pp;
	*pp = po;
	it->it_portcount++;
	return po;
}

static void
port_put(struct inpcbtable *it, struct inport *po)
{
	struct inport **pp;

	if (po->po_bound != NULL || po->po_conn != NULL)
		return;
	pp = &it->it_ports[port_hash(po->po_port) & (it->it_nports - 1)];
	while (*pp != po)
		pp = &(*pp)->po_next;
	*pp = po->po_next;
	it->it_portcount--;
	rump_kmem_free(po, sizeof(*po));
}

static inline void
port_link(struct inpcb *inp, struct inpcb **list)
{

	if ((inp->inp_pnext = *list) != NULL)
		(*list)->inp_pprevp = &inp->inp_pnext;
	inp->inp_pprevp = list;
	*list = inp;
}

static inline void
port_unlink(struct inpcb *inp)
{

	if ((*inp->inp_pprevp = inp->inp_pnext) != NULL)
		inp->inp_pnext->inp_pprevp = inp->inp_pprevp;
}

/* --- four-tuples; caller holds it_lock --- */

static void
hash_grow(struct inpcbtable *it)
{
	uint32_t i, n = it->it_nhash != 0 ? it->it_nhash * 2 : IT_FIRST;
	struct inpcb **new, **pp, *inp;

	if ((new = rump_kmem_zalloc(n * sizeof(*new))) == NULL)
		return;
	for (i = 0; i < it->it_nhash; i++)
		while ((inp = it->it_hash[i]) != NULL) {
			it->it_hash[i] = inp->inp_hnext;
			pp = &new[inp->inp_hash & (n - 1)];
			inp->inp_hnext = *pp;
			*pp = inp;
		}
	if (it->it_hash != NULL)
		rump_kmem_free(it->it_hash, it->it_nhash * sizeof(*new));
	it->it_hash = new;
	it->it_nhash = n;
}

static inline int
hash_same(const struct inpcb *inp, uint32_t h, const struct inaddr *l,
    uint16_t lport, const struct inaddr *f, uint16_t fport)
{

	return inp->inp_hash == h && inp->inp_fport == fport &&
	    inp->inp_lport == lport && inaddr_eq(&inp->inp_faddr, f) &&
	    inaddr_eq(&inp->inp_laddr, l);
}

static inline int
inpcb_onif(const struct inpcb *inp, uint32_t ifindex)
{

	return inp->inp_bindif == 0 || inp->inp_bindif == ifindex;
}

static struct inpcb *
hash_find(const struct inpcbtable *it, const struct inaddr *l, uint16_t lport,
    const struct inaddr *f, uint16_t fport, uint32_t ifindex)
{
	uint32_t h = inpcb_hash(l, lport, f, fport);
	struct inpcb *inp = NULL;

	if (IN_LIKELY(it->it_nhash != 0))
		for (inp = it->it_hash[h & (it->it_nhash - 1)]; inp != NULL;
		    inp = inp->inp_hnext)
			if (hash_same(inp, h, l, lport, f, fport) &&
			    (ifindex == 0 || inpcb_onif(inp, ifindex)))
				break;
	return inp;
}

static int
hash_insert(struct inpcb *inp)
{
	struct inpcbtable *it = inp->inp_table;
	struct inpcb **pp;

	if (it->it_count >= it->it_nhash)
		hash_grow(it);
	if (it->it_nhash == 0)
		return ENOBUFS;
	inp->inp_hash = inpcb_hash(&inp->inp_laddr, inp->inp_lport,
	    &inp->inp_faddr, inp->inp_fport);
	pp = &it->it_hash[inp->inp_hash & (it->it_nhash - 1)];
	inp->inp_hnext = *pp;
	*pp = inp;
	it->it_count++;
	return 0;
}

static void
hash_remove(struct inpcb *inp)
{
	struct inpcbtable *it = inp->inp_table;
	struct inpcb **pp = &it->it_hash[inp->inp_hash & (it->it_nhash - 1)];

	while (*pp != inp)
		pp = &(*pp)->inp_hnext;
	*pp = inp->inp_hnext;
	it->it_count--;
}

/* --- life --- */

int
inpcb_attach(struct socket *so, struct inpcbtable *it, struct inpcb **inpp)
{
	struct inpcb *inp = rump_kmem_zalloc(sizeof(*inp));

	if (inp == NULL)
		return ENOBUFS;
	so_ref(so);
	inp->inp_so = so;
	inp->inp_table = it;
	inp->inp_refs = 1;
	inp->inp_family = (uint8_t)so->so_family;
	if (so->so_family == AF_INET)
		inp->inp_laddr = inp->inp_faddr = inaddr_from4(0);
	inp->inp_mttl = 1;
	inp->inp_mloop = 1;
	inp->inp_pmtudisc = 1;		/* IP_PMTUDISC_WANT */
	inp->inp_flags = INP_MCASTALL;
	inp->inp_bindif = so->so_opt.so_bindif;
	inp->inp_share = so->so_opt.so_flags & (SOF_REUSEADDR | SOF_REUSEPORT);
	so->so_pcb = inp;
	*inpp = inp;
	return 0;
}

void
inpcb_ref(struct inpcb *inp)
{

	__atomic_fetch_add(&inp->inp_refs, 1, __ATOMIC_RELAXED);
}

void
inpcb_rele(struct inpcb *inp)
{

	if (__atomic_sub_fetch(&inp->inp_refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	rump_rc_clear(&inp->inp_rc);
	m_freem(inp->inp_opts);
	so_rele(inp->inp_so);
	rump_kmem_free(inp, sizeof(*inp));
}

/* Caller holds it_lock. */
static void
inpcb_remove(struct inpcb *inp)
{

	if (inp->inp_hashed == 0)
		return;
	if (inp->inp_hashed == INP_H_TUPLE)
		hash_remove(inp);
	port_unlink(inp);
	port_put(inp->inp_table, inp->inp_port);
	inp->inp_port = NULL;
	inp->inp_hashed = 0;
}

void
inpcb_unhash(struct inpcb *inp)
{

	rump_mutex_enter(&inp->inp_table->it_lock);
	inpcb_remove(inp);
	inp->inp_listen = 0;
	rump_mutex_exit(&inp->inp_table->it_lock);
	rump_rc_clear(&inp->inp_rc);
}

void
inpcb_detach(struct inpcb *inp)
{
	struct socket *so = inp->inp_so;

	inpcb_unhash(inp);
	if (inp->inp_multi != NULL)
		inmulti_drop(inp);
	rump_rc_clear(&inp->inp_rc);
	so->so_state |= SS_DEAD;
	so->so_pcb = NULL;
	inpcb_rele(inp);
}

/* Caller holds it_lock and, as in all that follow, so_lock. */
static int
inpcb_enter(struct inpcb *inp, uint16_t port)
{
	struct inport *po = port_get(inp->inp_table, port);

	if (po == NULL)
		return ENOBUFS;
	inp->inp_lport = port;
	inp->inp_port = po;
	port_link(inp, &po->po_bound);
	inp->inp_hashed = INP_H_PORT;
	return 0;
}

int
inpcb_insert(struct inpcb *inp, uint16_t port)
{
	int error;

	rump_mutex_enter(&inp->inp_table->it_lock);
	error = inpcb_enter(inp, port);
	rump_mutex_exit(&inp->inp_table->it_lock);
	return error;
}

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

/* --- binding: who may have the same address and port (as on Linux) --- */

#define SHARE_ADDR	SOF_REUSEADDR
#define SHARE_PORT	SOF_REUSEPORT

static inline int
inpcb_v6only(const struct inpcb *inp)
{

	return inp->inp_family == AF_INET6 &&
	    __atomic_load_n(&inp->inp_v6only, __ATOMIC_RELAXED);
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
	if ((both & SHARE_PORT) && sameuser && !automatic)
		return 0;
	if (both & SHARE_ADDR)
		return p->inp_table->it_unique &&
		    (automatic || p2->inp_listen);
	return 1;
}

/* Caller holds it_lock. */
static int
port_conflict(const struct inpcb *inp, const struct inaddr *a, uint16_t port,
    int automatic)
{
	const struct inport *po = port_find(inp->inp_table, port);
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
			if (pass == 0 ? port_find(inp->inp_table, port) == NULL
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
	if (inp->inp_lport != 0 || (inp->inp_flags & INP_BOUNDADDR))
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
	inp->inp_share = so->so_opt.so_flags & (SHARE_ADDR | SHARE_PORT);
	rump_mutex_exit(&inp->inp_table->it_lock);
}

/* --- connecting --- */

/*
 * An ephemeral port for a connection: the double-hash of RFC 6056, 3.3.4 with
 * one counter.  It may be shared with other connections, not with those who
 * are bound.  Caller holds it_lock.
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
		po = port_find(it, port);
		if (po == NULL || (it->it_unique && po->po_bound == NULL &&
		    hash_find(it, l, port, f, fport, 0) == NULL))
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
	} else if (it->it_unique && hash_find(it, l, port, f, fport, 0) != NULL)
		return EADDRNOTAVAIL;
	if (inp->inp_hashed == INP_H_TUPLE)
		hash_remove(inp);
	if (inp->inp_hashed != 0)
		port_unlink(inp);
	else if ((inp->inp_port = port_get(it, port)) == NULL)
		return ENOBUFS;
	inp->inp_laddr = *l;
	inp->inp_faddr = *f;
	inp->inp_lport = port;
	inp->inp_fport = fport;
	if ((error = hash_insert(inp)) != 0) {
		port_link(inp, &inp->inp_port->po_bound);
		inp->inp_hashed = INP_H_PORT;
		return error;
	}
	port_link(inp, &inp->inp_port->po_conn);
	inp->inp_hashed = INP_H_TUPLE;
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
inpcb_disconnect(struct inpcb *inp)
{
	struct inaddr any = { .ia_d = { 0, 0 } };

	if (inp->inp_family == AF_INET)
		any = inaddr_from4(0);
	rump_mutex_enter(&inp->inp_table->it_lock);
	inp->inp_faddr = any;
	inp->inp_fport = 0;
	if ((inp->inp_flags & INP_BOUNDADDR) == 0)
		inp->inp_laddr = any;
	if ((inp->inp_flags & INP_BOUNDPORT) == 0) {
		inpcb_remove(inp);
		inp->inp_lport = 0;
	} else if (inp->inp_hashed == INP_H_TUPLE) {
		hash_remove(inp);
		port_unlink(inp);
		port_link(inp, &inp->inp_port->po_bound);
		inp->inp_hashed = INP_H_PORT;
	}
	rump_mutex_exit(&inp->inp_table->it_lock);
}

/* --- looking up --- */

/* How well a bound PCB fits; 0: not at all. */
static inline unsigned
inpcb_score(const struct inpcb *inp, const struct inaddr *l, uint32_t ifindex)
{
	unsigned score = 1;

	if (!inpcb_onif(inp, ifindex))
		return 0;
	if (inaddr_eq(&inp->inp_laddr, l)) {
		if (inp->inp_lscope != 0 && inp->inp_lscope != ifindex)
			return 0;
		score += 8;
	} else if (!inaddr_isany(&inp->inp_laddr))
		return 0;
	else if (inaddr_is4(&inp->inp_laddr) != inaddr_is4(l) &&
	    (inaddr_is4(&inp->inp_laddr) || inpcb_v6only(inp)))
		return 0;
	if (inp->inp_bindif != 0)
		score += 4;
	return score + (inp->inp_family == AF_INET ? 2 : 0);
}

static struct inpcb *
port_lookup(const struct inport *po, const struct inaddr *l, uint16_t lport,
    const struct inaddr *f, uint16_t fport, uint32_t ifindex)
{
	struct inpcb *inp, *best = NULL;
	unsigned score, top = 0, n = 0, choice;

	for (inp = po->po_bound; inp != NULL; inp = inp->inp_pnext) {
		score = inpcb_score(inp, l, ifindex);
		if (score == 0 || score < top)
			continue;
		n = score == top && (inp->inp_share & SHARE_PORT) &&
		    (best->inp_share & SHARE_PORT) ? n + 1 : 1;
		best = inp;
		top = score;
	}
	if (IN_LIKELY(n < 2))
		return best;
	choice = (unsigned)((in_prfpair(l, f, lport, fport) >> 32) * n >> 32);
	for (inp = po->po_bound; inp != NULL; inp = inp->inp_pnext)
		if (inpcb_score(inp, l, ifindex) == top &&
		    (inp->inp_share & SHARE_PORT) && choice-- == 0)
			return inp;
	return best;
}

struct inpcb *
inpcb_lookup(struct inpcbtable *it, const struct inaddr *l, uint16_t lport,
    const struct inaddr *f, uint16_t fport, const struct ifnet *ifp)
{
	uint32_t ifindex = ifp->if_index;
	const struct inport *po;
	struct inpcb *inp;

	rump_mutex_enter(&it->it_lock);
	inp = hash_find(it, l, lport, f, fport, ifindex);
	if (IN_UNLIKELY(inp == NULL) && (po = port_find(it, lport)) != NULL)
		inp = port_lookup(po, l, lport, f, fport, ifindex);
	if (inp != NULL)
		inpcb_ref(inp);
	rump_mutex_exit(&it->it_lock);
	return inp;
}

/* Caller holds it_lock. */
static unsigned
match_list(struct inpcb *list, int (*fn)(struct inpcb *, const void *),
    const void *arg, struct in_match *im)
{
	unsigned n = 0;

	for (; list != NULL; list = list->inp_pnext) {
		if (fn != NULL && !fn(list, arg))
			continue;
		n++;
		if (im->im_n < im->im_room) {
			inpcb_ref(list);
			im->im_inp[im->im_n++] = list;
		}
	}
	return n;
}

/* When memory for more than a few is short, those few must do. */
void
inpcb_match(struct inpcbtable *it, uint16_t port, int (*fn)(struct inpcb *,
    const void *), const void *arg, struct in_match *im)
{
	const struct inport *po;
	struct inpcb **more;
	unsigned n;

	im->im_n = 0;
	im->im_room = sizeof(im->im_few) / sizeof(im->im_few[0]);
	im->im_inp = im->im_few;
	rump_mutex_enter(&it->it_lock);
	if ((po = port_find(it, port)) != NULL) {
		n = match_list(po->po_bound, fn, arg, im);
		n += match_list(po->po_conn, fn, arg, im);
		if (n > im->im_room && (more = rump_kmem_alloc(n *
		    sizeof(*more))) != NULL) {
			while (im->im_n > 0)
				inpcb_rele(im->im_inp[--im->im_n]);
			im->im_inp = more;
			im->im_room = n;
			(void)match_list(po->po_bound, fn, arg, im);
			(void)match_list(po->po_conn, fn, arg, im);
		}
	}
	rump_mutex_exit(&it->it_lock);
}

void
inpcb_matchdone(struct in_match *im)
{
	unsigned i;

	for (i = 0; i < im->im_n; i++)
		inpcb_rele(im->im_inp[i]);
	if (im->im_inp != im->im_few)
		rump_kmem_free(im->im_inp, im->im_room * sizeof(im->im_inp[0]));
}

/* Fills all (when there is room) and counts. */
static size_t
walk_list(struct inpcb *list, struct inpcb **all, size_t n)
{

	for (; list != NULL; list = list->inp_pnext, n++)
		if (all != NULL) {
			inpcb_ref(list);
			all[n] = list;
		}
	return n;
}

static size_t
walk_table(const struct inpcbtable *it, struct inpcb **all)
{
	const struct inport *po;
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < it->it_nports; i++)
		for (po = it->it_ports[i]; po != NULL; po = po->po_next) {
			n = walk_list(po->po_bound, all, n);
			n = walk_list(po->po_conn, all, n);
		}
	return n;
}

int
inpcb_walk(struct inpcbtable *it, int (*fn)(struct inpcb *, void *),
    void *arg)
{
	struct inpcb **all = NULL;
	size_t i, n;
	int error = 0;

	rump_mutex_enter(&it->it_lock);
	n = walk_table(it, NULL);
	if (n > 0 && (all = rump_kmem_alloc(n * sizeof(*all))) != NULL)
		(void)walk_table(it, all);
	rump_mutex_exit(&it->it_lock);
	if (n > 0 && all == NULL)
		return ENOMEM;
	for (i = 0; i < n; i++) {
		if (error == 0)
			error = fn(all[i], arg);
		inpcb_rele(all[i]);
	}
	if (all != NULL)
		rump_kmem_free(all, n * sizeof(*all));
	return error;
}

static int
inpcb_forget(struct inpcb *inp, void *arg)
{

	(void)arg;
	rump_mutex_enter(&inp->inp_so->so_lock);
	rump_rc_clear(&inp->inp_rc);
	rump_mutex_exit(&inp->inp_so->so_lock);
	return 0;
}

/* Cached routes would keep it for as long as their sockets are idle. */
void
inpcb_ifgone(void)
{
	struct inpcbtable *it;
	unsigned i;

	for (i = 0; i < sizeof(rump_inpcbtables) / sizeof(it); i++) {
		it = __atomic_load_n(&rump_inpcbtables[i], __ATOMIC_RELAXED);
		if (it != NULL)
			(void)inpcb_walk(it, inpcb_forget, NULL);
	}
}
