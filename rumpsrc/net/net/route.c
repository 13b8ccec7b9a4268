/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of routes: a binary trie over 128 bits, path-compressed: every
 * node has routes or two children.  rump_rt_lock guards nodes and the lists of
 * routes of a prefix; the routes themselves are constant and counted.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include "net_priv.h"

struct rtnode {				/* [rump_rt_lock] */
	uint64_t	 rn_key[2];	/* host order, zeroes behind rn_plen */
	unsigned	 rn_plen;
	struct rtnode	*rn_parent;
	struct rtnode	*rn_child[2];
	struct rtentry	*rn_routes;	/* best first */
};

static struct rump_rwlock rump_rt_lock;
static struct rtnode *rt_root;		/* [rump_rt_lock] */
static struct rump_callout rt_timer;
static int64_t rt_timer_due;		/* [rump_rt_lock] 0: idle */

static inline void
rt_key(const struct inaddr *a, uint64_t key[2])
{

	key[0] = (uint64_t)net32(a->ia_w[0]) << 32 | net32(a->ia_w[1]);
	key[1] = (uint64_t)net32(a->ia_w[2]) << 32 | net32(a->ia_w[3]);
}

static inline unsigned
rt_bit(const uint64_t key[2], unsigned i)
{

	return (unsigned)(key[i >> 6] >> (63 - (i & 63))) & 1;
}

/* How many leading bits are equal, at most max. */
static inline unsigned
rt_common(const uint64_t a[2], const uint64_t b[2], unsigned max)
{
	uint64_t x = a[0] ^ b[0];
	unsigned n = 0;

	if (x == 0) {
		n = 64;
		x = a[1] ^ b[1];
	}
	n += x == 0 ? 64 : (unsigned)__builtin_clzll(x);
	return n < max ? n : max;
}

/* --- nodes; caller holds rump_rt_lock for writing --- */

static struct rtnode **
node_link(struct rtnode *n)
{
	struct rtnode *p = n->rn_parent;

	return p == NULL ? &rt_root : &p->rn_child[p->rn_child[1] == n];
}

static struct rtnode *
node_new(const uint64_t key[2], unsigned plen)
{
	struct rtnode *n = rump_kmem_zalloc(sizeof(*n));

	if (n == NULL)
		return NULL;
	n->rn_key[0] = plen == 0 ? 0 : plen >= 64 ? key[0] :
	    key[0] & ~0ULL << (64 - plen);
	n->rn_key[1] = plen <= 64 ? 0 : plen == 128 ? key[1] :
	    key[1] & ~0ULL << (128 - plen);
	n->rn_plen = plen;
	return n;
}

static void
node_adopt(struct rtnode *p, struct rtnode *n)
{

	p->rn_child[rt_bit(n->rn_key, p->rn_plen)] = n;
	n->rn_parent = p;
}

static struct rtnode *
node_find(const uint64_t key[2], unsigned plen)
{
	struct rtnode *n = rt_root;

	while (n != NULL && n->rn_plen <= plen &&
	    rt_common(key, n->rn_key, n->rn_plen) == n->rn_plen) {
		if (n->rn_plen == plen)
			return n;
		n = n->rn_child[rt_bit(key, n->rn_plen)];
	}
	return NULL;
}

/* Found or made.  NULL: no memory. */
static struct rtnode *
node_get(const uint64_t key[2], unsigned plen)
{
	struct rtnode *n, *new, *fork, *parent = NULL, **np = &rt_root;
	unsigned common = 0;

	while ((n = *np) != NULL) {
		common = rt_common(key, n->rn_key,
		    n->rn_plen < plen ? n->rn_plen : plen);
		if (common < n->rn_plen)
			break;
		if (n->rn_plen == plen)
			return n;
		parent = n;
		np = &n->rn_child[rt_bit(key, n->rn_plen)];
	}
	if ((new = node_new(key, plen)) == NULL)
		return NULL;
	if (n == NULL || common == plen) {
		if (n != NULL)
			node_adopt(new, n);
		new->rn_parent = parent;
		*np = new;
		return new;
	}
	if ((fork = node_new(key, common)) == NULL) {
		rump_kmem_free(new, sizeof(*new));
		return NULL;
	}
	node_adopt(fork, n);
	node_adopt(fork, new);
	fork->rn_parent = parent;
	*np = fork;
	return new;
}

/* A node without routes goes unless it has two children. */
static void
node_prune(struct rtnode *n)
{
	struct rtnode *child, *parent;

	while (n != NULL && n->rn_routes == NULL &&
	    (n->rn_child[0] == NULL || n->rn_child[1] == NULL)) {
		child = n->rn_child[n->rn_child[0] == NULL];
		parent = n->rn_parent;
		*node_link(n) = child;
		if (child != NULL)
			child->rn_parent = parent;
		rump_kmem_free(n, sizeof(*n));
		n = parent;
	}
}

/* In order: a prefix before what is below it. */
static struct rtnode *
node_next(struct rtnode *n)
{

	if (n->rn_child[0] != NULL)
		return n->rn_child[0];
	if (n->rn_child[1] != NULL)
		return n->rn_child[1];
	for (; n->rn_parent != NULL; n = n->rn_parent)
		if (n->rn_parent->rn_child[0] == n &&
		    n->rn_parent->rn_child[1] != NULL)
			return n->rn_parent->rn_child[1];
	return NULL;
}

/* --- routes --- */

static inline int
rt_islocal(const struct rtentry *rt)
{

	return rt->rt_type == RTN_LOCAL || rt->rt_type == RTN_BROADCAST ||
	    rt->rt_type == RTN_ANYCAST;
}

/* Ours come first, as if they were in a table of their own. */
static int
rt_better(const struct rtentry *a, const struct rtentry *b)
{

	if (rt_islocal(a) != rt_islocal(b))
		return rt_islocal(a);
	return a->rt_metric < b->rt_metric;
}

static inline int
rt_fits(const struct rtentry *rt, uint32_t oif)
{

	return oif == 0 || rt->rt_if == NULL || rt->rt_if->if_index == oif;
}

void
rump_rt_rele(struct rtentry *rt)
{

	if (__atomic_sub_fetch(&rt->rt_refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (rt->rt_if != NULL)
		rump_if_rele(rt->rt_if);
	rump_kmem_free(rt, sizeof(*rt));
}

struct rtentry *
rump_rt_lookup(const struct inaddr *dst, uint32_t oif)
{
	struct rtentry *rt, *best = NULL;
	struct rtnode *n;
	uint64_t key[2];

	rt_key(dst, key);
	rump_rw_rdenter(&rump_rt_lock);
	for (n = rt_root; n != NULL; n = n->rn_plen == 128 ? NULL :
	    n->rn_child[rt_bit(key, n->rn_plen)]) {
		if (rt_common(key, n->rn_key, n->rn_plen) != n->rn_plen)
			break;
		for (rt = n->rn_routes; rt != NULL; rt = rt->rt_next)
			if (rt_fits(rt, oif)) {
				best = rt;
				break;
			}
	}
	if (best != NULL)
		__atomic_fetch_add(&best->rt_refs, 1, __ATOMIC_RELAXED);
	rump_rw_exit(&rump_rt_lock);
	return best;
}

/* The interface behind a gateway, referenced; it must be a neighbour. */
static int
rt_gateway(const struct rtentry *rt, struct ifnet **ifpp)
{
	int unreach = inaddr_is4(&rt->rt_gw) ? ENETUNREACH : EHOSTUNREACH;
	struct rtentry *via;
	int error = 0;

	*ifpp = NULL;
	via = rump_rt_lookup(&rt->rt_gw,
	    rt->rt_if != NULL ? rt->rt_if->if_index : 0);
	if (via == NULL)
		return unreach;
	if (via->rt_type == RTN_LOCAL)
		error = EINVAL;
	else if (via->rt_type != RTN_UNICAST || via->rt_if == NULL ||
	    !(inaddr_isany(&via->rt_gw) ||
	    inaddr_eq(&via->rt_gw, &rt->rt_gw)))
		error = unreach;
	if (error == 0) {
		*ifpp = via->rt_if;
		__atomic_fetch_add(&via->rt_if->if_refs, 1, __ATOMIC_RELAXED);
	}
	rump_rt_rele(via);
	return error;
}

/* Checks rt and gives its interface, referenced, NULL for types without. */
static int
rt_check(const struct rtentry *rt, struct ifnet **ifpp)
{
	struct inaddr prefix;

	if (rt->rt_plen > 128)
		return EINVAL;
	prefix = inaddr_prefix(&rt->rt_dst, rt->rt_plen);
	if (!inaddr_eq(&prefix, &rt->rt_dst))
		return EINVAL;
	*ifpp = rt->rt_if;
	if (rt->rt_if != NULL)
		__atomic_fetch_add(&rt->rt_if->if_refs, 1, __ATOMIC_RELAXED);
	if (rt->rt_type == RTN_UNREACHABLE || rt->rt_type == RTN_BLACKHOLE ||
	    rt->rt_type == RTN_PROHIBIT || rt->rt_type == RTN_THROW)
		return 0;
	if (!inaddr_isany(&rt->rt_gw) && !(rt->rt_if != NULL &&
	    (rt->rt_flags & RTNH_F_ONLINK))) {
		if (rt->rt_if != NULL)
			rump_if_rele(rt->rt_if);
		return rt_gateway(rt, ifpp);
	}
	if (rt->rt_if == NULL)
		return ENODEV;
	if (rt->rt_type != RTN_LOCAL && !(if_flags_get(rt->rt_if) & IFF_UP)) {
		rump_if_rele(rt->rt_if);
		return ENETDOWN;
	}
	return 0;
}

static int rt_insert(struct rtentry *);

int
rump_rt_add(const struct rtentry *rt)
{
	struct rtentry *new = rump_kmem_alloc(sizeof(*new));
	struct ifnet *ifp;
	int error;

	if (new == NULL)
		return ENOMEM;
	*new = *rt;
	new->rt_refs = 2;	/* one for the event */
	if (new->rt_type == RTN_UNSPEC)
		new->rt_type = RTN_UNICAST;
	if (new->rt_expires == 0)
		new->rt_expires = INT64_MAX;
	if ((error = rt_check(new, &ifp)) != 0) {
		rump_kmem_free(new, sizeof(*new));
		return error;
	}
	new->rt_if = ifp;
	if ((error = rt_insert(new)) != 0) {
		if (ifp != NULL)
			rump_if_rele(ifp);
		rump_kmem_free(new, sizeof(*new));
		return error;
	}
	rump_net_changed();
	rump_if_event(IFE_ROUTEADD, new->rt_if, new);
	rump_rt_rele(new);
	return 0;
}

static void rt_arm(int64_t);

static int
rt_insert(struct rtentry *new)
{
	struct rtentry **rp, *rt;
	struct rtnode *n;
	uint64_t key[2];
	int error = 0;

	rt_key(&new->rt_dst, key);
	rump_rw_wrenter(&rump_rt_lock);
	if ((n = node_get(key, new->rt_plen)) == NULL) {
		error = ENOMEM;
		goto out;
	}
	for (rt = n->rn_routes; rt != NULL; rt = rt->rt_next)
		if (rt->rt_metric == new->rt_metric &&
		    rt->rt_if == new->rt_if &&
		    rt_islocal(rt) == rt_islocal(new)) {
			error = EEXIST;
			goto out;
		}
	for (rp = &n->rn_routes; *rp != NULL && !rt_better(new, *rp);
	    rp = &(*rp)->rt_next)
		;
	new->rt_next = *rp;
	*rp = new;
	rt_arm(new->rt_expires);
out:
	rump_rw_exit(&rump_rt_lock);
	return error;
}

/* Takes all routes out for which fn is true, tells, lets them go. */
static int
rt_remove(struct rtnode *n, int (*fn)(const struct rtentry *, const void *),
    const void *arg, int max, struct rtentry **listp)
{
	struct rtentry **rp, *rt;
	int found = 0;

	for (rp = &n->rn_routes; (rt = *rp) != NULL && found < max;) {
		if (!fn(rt, arg)) {
			rp = &rt->rt_next;
			continue;
		}
		*rp = rt->rt_next;
		rt->rt_next = *listp;
		*listp = rt;
		found++;
	}
	if (found > 0)
		node_prune(n);
	return found;
}

static void
rt_removed(struct rtentry *list)
{
	struct rtentry *rt;

	if (list != NULL)
		rump_net_changed();
	while ((rt = list) != NULL) {
		list = rt->rt_next;
		rump_if_event(IFE_ROUTEDEL, rt->rt_if, rt);
		rump_rt_rele(rt);
	}
}

static void
rt_removeall(int (*fn)(const struct rtentry *, const void *), const void *arg)
{
	struct rtentry *list = NULL;
	struct rtnode *n, *next;

	rump_rw_wrenter(&rump_rt_lock);
	for (n = rt_root; n != NULL; n = next) {
		next = node_next(n);	/* pruning frees nothing behind n */
		(void)rt_remove(n, fn, arg, INT32_MAX, &list);
	}
	rump_rw_exit(&rump_rt_lock);
	rt_removed(list);
}

static int
rt_matches(const struct rtentry *rt, const void *arg)
{
	const struct rtentry *w = arg;

	return (w->rt_type == 0 || w->rt_type == rt->rt_type) &&
	    (w->rt_proto == 0 || w->rt_proto == rt->rt_proto) &&
	    (w->rt_scope == 0 || w->rt_scope == rt->rt_scope) &&
	    (w->rt_metric == 0 || w->rt_metric == rt->rt_metric) &&
	    (w->rt_if == NULL || w->rt_if == rt->rt_if) &&
	    (inaddr_isany(&w->rt_gw) || inaddr_eq(&w->rt_gw, &rt->rt_gw)) &&
	    (inaddr_isany(&w->rt_src) || inaddr_eq(&w->rt_src, &rt->rt_src));
}

int
rump_rt_del(const struct rtentry *rt)
{
	struct rtentry *list = NULL;
	struct rtnode *n;
	uint64_t key[2];

	if (rt->rt_plen > 128)
		return EINVAL;
	rt_key(&rt->rt_dst, key);
	rump_rw_wrenter(&rump_rt_lock);
	if ((n = node_find(key, rt->rt_plen)) != NULL)
		(void)rt_remove(n, rt_matches, rt, 1, &list);
	rump_rw_exit(&rump_rt_lock);
	if (list == NULL)
		return ESRCH;
	rt_removed(list);
	return 0;
}

static int
rt_onif(const struct rtentry *rt, const void *ifp)
{

	return rt->rt_if == ifp && rt->rt_type != RTN_LOCAL;
}

static int
rt_ofif(const struct rtentry *rt, const void *ifp)
{

	return rt->rt_if == ifp;
}

void
rump_rt_ifdown(struct ifnet *ifp, int detach)
{

	rt_removeall(detach ? rt_ofif : rt_onif, ifp);
}

static int
rt_fromsrc(const struct rtentry *rt, const void *addr)
{

	return inaddr_eq(&rt->rt_src, addr);
}

void
rump_rt_srcgone(const struct inaddr *src)
{

	rt_removeall(rt_fromsrc, src);
}

int
rump_rt_walk(int (*fn)(struct rtentry *, void *), void *arg)
{
	struct rtentry *rt, **all;
	struct rtnode *n;
	size_t i = 0, count = 0;
	int error = 0;

	rump_rw_rdenter(&rump_rt_lock);
	for (n = rt_root; n != NULL; n = node_next(n))
		for (rt = n->rn_routes; rt != NULL; rt = rt->rt_next)
			count++;
	all = count > 0 ? rump_kmem_alloc(count * sizeof(*all)) : NULL;
	for (n = all != NULL ? rt_root : NULL; n != NULL; n = node_next(n))
		for (rt = n->rn_routes; rt != NULL; rt = rt->rt_next) {
			__atomic_fetch_add(&rt->rt_refs, 1, __ATOMIC_RELAXED);
			all[i++] = rt;
		}
	rump_rw_exit(&rump_rt_lock);
	if (count > 0 && all == NULL)
		return ENOMEM;
	for (i = 0; i < count; i++) {
		if (error == 0)
			error = fn(all[i], arg);
		rump_rt_rele(all[i]);
	}
	if (all != NULL)
		rump_kmem_free(all, count * sizeof(*all));
	return error;
}

/* --- life times: one callout, due at the first that ends --- */

static inline int64_t
rt_expiry(const struct rtentry *rt)
{

	return __atomic_load_n(&rt->rt_expires, __ATOMIC_RELAXED);
}

static int
rt_isold(const struct rtentry *rt, const void *now)
{

	return rt_expiry(rt) <= *(const int64_t *)now;
}

static void
rt_expire(void *arg)
{
	int64_t now = rump_monotonic();
	struct rtentry *rt;
	struct rtnode *n;

	(void)arg;
	rt_removeall(rt_isold, &now);
	rump_rw_wrenter(&rump_rt_lock);
	rt_timer_due = 0;
	for (n = rt_root; n != NULL; n = node_next(n))
		for (rt = n->rn_routes; rt != NULL; rt = rt->rt_next)
			rt_arm(rt_expiry(rt));
	rump_rw_exit(&rump_rt_lock);
}

/* Caller holds rump_rt_lock for writing. */
static void
rt_arm(int64_t when)
{

	if (when == INT64_MAX || (rt_timer_due != 0 && rt_timer_due <= when))
		return;
	if (rt_timer.co_fn == NULL)
		rump_callout_init(&rt_timer, rt_expire, NULL);
	rt_timer_due = when;
	rump_callout_schedule(&rt_timer, when);
}

void
rump_rt_setexpires(struct rtentry *rt, int64_t when)
{

	if (when == 0)
		when = INT64_MAX;
	__atomic_store_n(&rt->rt_expires, when, __ATOMIC_RELAXED);
	rump_rw_wrenter(&rump_rt_lock);
	rt_arm(when);
	rump_rw_exit(&rump_rt_lock);
}
