/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of PCBs: buckets of those that share a local port, and a hash by
 * four-tuple of those with a peer.  Both start tiny and grow while there is
 * memory; chains only get longer when there is none.
 *
 * it_lock is a leaf; so_lock comes before it.  Keys change under both.
 */
#include "inpcb_priv.h"

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

struct inport *
inpcb_port(const struct inpcbtable *it, uint16_t port)
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

struct inport *
inpcb_port_get(struct inpcbtable *it, uint16_t port)
{
	struct inport *po = inpcb_port(it, port), **pp;

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

struct inpcb *
inpcb_find(const struct inpcbtable *it, const struct inaddr *l, uint16_t lport,
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

int
inpcb_hash_insert(struct inpcb *inp)
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

void
inpcb_hash_remove(struct inpcb *inp)
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
void
inpcb_remove(struct inpcb *inp)
{

	if (inp->inp_hashed == 0)
		return;
	if (inp->inp_hashed == INP_H_TUPLE)
		inpcb_hash_remove(inp);
	port_unlink(inp);
	port_put(inp->inp_table, inp->inp_port);
	inp->inp_port = NULL;
	inpcb_sethashed(inp, 0);
}

void
inpcb_detach(struct inpcb *inp)
{
	struct socket *so = inp->inp_so;

	rump_mutex_enter(&inp->inp_table->it_lock);
	inpcb_remove(inp);
	inp->inp_listen = 0;
	rump_mutex_exit(&inp->inp_table->it_lock);
	if (inp->inp_multi != NULL)
		inmulti_drop(inp);
	rump_rc_clear(&inp->inp_rc);
	so->so_state |= SS_DEAD;
	so->so_pcb = NULL;
	inpcb_rele(inp);
}

/* Caller holds it_lock and, as in all that follow, so_lock. */
int
inpcb_enter(struct inpcb *inp, uint16_t port)
{
	struct inport *po = inpcb_port_get(inp->inp_table, port);

	if (po == NULL)
		return ENOBUFS;
	inp->inp_lport = port;
	inp->inp_port = po;
	port_link(inp, &po->po_bound);
	inpcb_sethashed(inp, INP_H_PORT);
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

/* --- looking up --- */

/* How well a bound PCB fits; 0: not at all. */
static inline unsigned
inpcb_score(const struct inpcb *inp, const struct inaddr *l, uint32_t ifindex)
{
	unsigned score = 1;

	if (!inpcb_onif(inp, ifindex) ||
	    (inp->inp_table->it_unique && !inp->inp_listen))
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
		if (score == top) {	/* the last one bound, or each */
			n += (inp->inp_share & best->inp_share &
			    SOF_REUSEPORT) != 0;
			continue;
		}
		n = 1;
		best = inp;
		top = score;
	}
	if (IN_LIKELY(n < 2))
		return best;
	choice = (unsigned)((in_prfpair(l, f, lport, fport) >> 32) * n >> 32);
	for (inp = po->po_bound; inp != NULL; inp = inp->inp_pnext)
		if (inpcb_score(inp, l, ifindex) == top &&
		    (inp->inp_share & SOF_REUSEPORT) && choice-- == 0)
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
	inp = inpcb_find(it, l, lport, f, fport, ifindex);
	if (IN_UNLIKELY(inp == NULL) && (po = inpcb_port(it, lport)) != NULL)
		inp = port_lookup(po, l, lport, f, fport, ifindex);
	if (inp != NULL)
		inpcb_ref(inp);
	rump_mutex_exit(&it->it_lock);
	return inp;
}

/* --- sending --- */

static inline uint8_t
inpcb_pmtuflags(const struct inpcb *inp)
{
	/* IP_PMTUDISC_DONT, WANT, DO, PROBE, INTERFACE, OMIT */
	static const uint8_t flags[6] = { 0, FL_TRYDF, FL_DF,
	    FL_DF | FL_IFMTU, FL_IFMTU, FL_IFMTU };

	return flags[inp->inp_pmtudisc < 6 ? inp->inp_pmtudisc : 1];
}

void
inpcb_flow(struct inpcb *inp, struct inflow *fl)
{

	fl->fl_src = inp->inp_laddr;
	fl->fl_dst = inp->inp_faddr;
	fl->fl_proto = inp->inp_table->it_proto;
	fl->fl_tos = inp->inp_tos;
	fl->fl_ttl = inp->inp_ttl;
	fl->fl_flags = inpcb_pmtuflags(inp);
	fl->fl_label = inp->inp_label;
	fl->fl_oif = inp->inp_lscope != 0 ? inp->inp_lscope : inp->inp_bindif;
	fl->fl_prio = inp->inp_so->so_opt.so_priority;
	fl->fl_opts = inp->inp_opts;
	fl->fl_rc = &inp->inp_rc;
	if (IN_UNLIKELY(inp->inp_flags & INP_DONTFRAG6))
		fl->fl_flags |= FL_DF;
	if (IN_UNLIKELY(inp->inp_so->so_opt.so_flags & SOF_DONTROUTE))
		fl->fl_flags |= FL_NOROUTE;
}

/* --- all of them --- */

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
	if ((po = inpcb_port(it, port)) != NULL) {
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
