/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memberships of sockets in groups, for both families: <net/inmulti.h>.  What
 * holds on an interface is computed anew from all memberships of a group when
 * one of them changes; there are few.
 */
#include "mcast.h"

const struct mcastops *rump_mcastops[2] = { &mcast_igmp_ops, NULL };

#define OPS(a)	rump_mcastops[!inaddr_is4(a)]

int
infilter_has(const struct infilter *f, const struct inaddr *src)
{
	unsigned i;

	for (i = 0; i < f->if_n; i++)
		if (inaddr_eq(&f->if_src[i], src))
			return 1;
	return 0;
}

void
infilter_clear(struct infilter *f)
{

	if (f->if_src != NULL)
		rump_kmem_free(f->if_src, f->if_n * sizeof(f->if_src[0]));
	f->if_src = NULL;
	f->if_n = 0;
	f->if_exclude = 0;
}

/* An array of exactly n: its size is known when it is freed. */
static int
infilter_make(struct infilter *f, int exclude, unsigned n,
    const struct inaddr *src)
{
	struct inaddr *copy = NULL;

	if (n > 0) {
		if ((copy = rump_kmem_alloc(n * sizeof(*copy))) == NULL)
			return ENOMEM;
		memcpy(copy, src, n * sizeof(*copy));
	}
	infilter_clear(f);
	f->if_exclude = (uint8_t)exclude;
	f->if_n = (uint16_t)n;
	f->if_src = copy;
	return 0;
}

int
infilter_copy(struct infilter *f, const struct infilter *from)
{

	return infilter_make(f, from->if_exclude, from->if_n, from->if_src);
}

static int
infilter_same(const struct infilter *a, const struct infilter *b)
{
	unsigned i;

	if (a->if_exclude != b->if_exclude || a->if_n != b->if_n)
		return 0;
	for (i = 0; i < a->if_n; i++)
		if (!infilter_has(b, &a->if_src[i]))
			return 0;
	return 1;
}

/* --- what holds for an interface; caller holds ig_lock --- */

/* Does every other membership agree to leave src out?  (some one excludes) */
static int
all_exclude(const struct ingroup *ig, const struct inaddr *src)
{
	const struct inmulti *im;

	for (im = ig->ig_members; im != NULL; im = im->im_gnext)
		if (infilter_has(&im->im_filter, src) !=
		    im->im_filter.if_exclude)
			return 0;
	return 1;
}

/*
 * RFC 3376, 3.2: when one excludes, what all exclude and none includes; else
 * what any includes.
 */
static int
ingroup_compute(const struct ingroup *ig, struct infilter *f)
{
	const struct inmulti *im, *first = NULL;
	struct inaddr src[INMULTI_SRCMAX / 4];
	unsigned i, n = 0;

	for (im = ig->ig_members; im != NULL && first == NULL;
	    im = im->im_gnext)
		if (im->im_filter.if_exclude)
			first = im;
	if (first != NULL) {
		/* Too many to list: fewer are left out. */
		for (i = 0; i < first->im_filter.if_n &&
		    n < sizeof(src) / sizeof(src[0]); i++)
			if (all_exclude(ig, &first->im_filter.if_src[i]))
				src[n++] = first->im_filter.if_src[i];
		return infilter_make(f, 1, n, src);
	}
	infilter_clear(f);
	for (im = ig->ig_members; im != NULL; im = im->im_gnext)
		for (i = 0; i < im->im_filter.if_n; i++) {
			struct infilter have = { 0, (uint16_t)n, src };

			if (infilter_has(&have, &im->im_filter.if_src[i]))
				continue;
			if (n == sizeof(src) / sizeof(src[0]))
				return infilter_make(f, 1, 0, NULL);
			src[n++] = im->im_filter.if_src[i];
		}
	return infilter_make(f, 0, n, src);
}

static void
ingroup_update(struct ingroup *ig)
{
	struct infilter f = { 0, 0, NULL };

	if (ig->ig_gone || ingroup_compute(ig, &f) != 0)
		return;
	if (infilter_same(&f, &ig->ig_now)) {
		infilter_clear(&f);
		return;
	}
	infilter_clear(&ig->ig_now);
	ig->ig_now = f;
	ingroup_changed(ig);
}

static void
ingroup_free(struct ingroup *ig)
{

	infilter_clear(&ig->ig_now);
	infilter_clear(&ig->ig_told);
	infilter_clear(&ig->ig_asked);
	rump_kmem_free(ig, sizeof(*ig));
}

void
ingroup_reap(struct ingroup **gp)
{
	struct ingroup *ig = *gp;

	*gp = ig->ig_next;
	ingroup_free(ig);
}

static struct ingroup **
ingroup_find(struct inifgroups *igs, const struct inaddr *addr)
{
	struct ingroup **gp;

	for (gp = &igs->ig_list; *gp != NULL; gp = &(*gp)->ig_next)
		if (inaddr_eq(&(*gp)->ig_addr, addr))
			break;
	return gp;
}

int
inmulti_joined(struct inifgroups *igs, const struct inaddr *addr)
{
	const struct ingroup *ig;
	int joined;

	rump_mutex_enter(&igs->ig_lock);
	ig = *ingroup_find(igs, addr);
	joined = ig != NULL && ig->ig_members != NULL;
	rump_mutex_exit(&igs->ig_lock);
	return joined;
}

/* --- memberships; so_lock held --- */

static struct inmulti **
inmulti_find(struct inpcb *inp, const struct inaddr *group, uint32_t ifindex)
{
	struct inmulti **mp;

	for (mp = &inp->inp_multi; *mp != NULL; mp = &(*mp)->im_next)
		if (inaddr_eq(&(*mp)->im_group->ig_addr, group) &&
		    (*mp)->im_group->ig_index == ifindex)
			break;
	return mp;
}

/* Takes the membership into the group.  1: the first one. */
static int
inmulti_link(struct inifgroups *igs, struct inmulti *im,
    const struct inaddr *addr, struct ingroup *new)
{
	struct ingroup **gp, *ig;
	int first;

	rump_mutex_enter(&igs->ig_lock);
	gp = ingroup_find(igs, addr);
	if ((ig = *gp) == NULL) {
		*gp = ig = new;
		new = NULL;
		ig->ig_addr = *addr;
		ig->ig_groups = igs;
		ig->ig_index = igs->ig_if->if_index;
	}
	first = ig->ig_members == NULL;
	im->im_group = ig;
	im->im_gnext = ig->ig_members;
	ig->ig_members = im;
	ingroup_update(ig);
	rump_mutex_exit(&igs->ig_lock);
	if (new != NULL)
		rump_kmem_free(new, sizeof(*new));
	return first;
}

static void
inmulti_allnodes(struct inifgroups *igs, const struct mcastops *ops, int v4)
{
	struct inaddr all = { .ia_b = { 0xff, 2, [15] = 1 } };
	uint8_t mac[6];
	int start;

	rump_mutex_enter(&igs->ig_lock);
	start = !igs->ig_started;
	igs->ig_started = 1;
	rump_mutex_exit(&igs->ig_lock);
	if (!start)
		return;
	if (v4)
		all = inaddr_from4(net32(0xe0000001U));
	ops->mo_mac(&all, mac);
	(void)rump_if_addmulti(igs->ig_if, mac);
}

static int
inmulti_add(struct inpcb *inp, struct ifnet *ifp, const struct inaddr *group,
    int exclude)
{
	const struct mcastops *ops = OPS(group);
	struct inifgroups *igs = ops->mo_groups(ifp);
	struct inmulti *im = rump_kmem_zalloc(sizeof(*im));
	struct ingroup *ig = rump_kmem_zalloc(sizeof(*ig));
	uint8_t mac[6];

	if (igs == NULL || im == NULL || ig == NULL) {
		if (im != NULL)
			rump_kmem_free(im, sizeof(*im));
		if (ig != NULL)
			rump_kmem_free(ig, sizeof(*ig));
		return ENOBUFS;
	}
	im->im_filter.if_exclude = (uint8_t)exclude;
	inmulti_allnodes(igs, ops, inaddr_is4(group));
	if (inmulti_link(igs, im, group, ig)) {
		ops->mo_mac(group, mac);
		(void)rump_if_addmulti(ifp, mac);
	}
	im->im_next = inp->inp_multi;
	inp->inp_multi = im;
	return 0;
}

int
inmulti_join(struct inpcb *inp, const struct inaddr *group, uint32_t ifindex,
    int exclude)
{
	const struct inmulti *im;
	struct ifnet *ifp;
	unsigned n = 0;
	int error;

	if (OPS(group) == NULL)
		return ENODEV;
	if (*inmulti_find(inp, group, ifindex) != NULL)
		return EADDRINUSE;
	for (im = inp->inp_multi; im != NULL; im = im->im_next)
		n++;
	/* Without a socket: the kernel's own. */
	if (n >= INMULTI_MAX && inp->inp_so != NULL)
		return ENOBUFS;
	if ((ifp = rump_if_get(ifindex)) == NULL)
		return ENODEV;
	error = inmulti_add(inp, ifp, group, exclude);
	rump_if_rele(ifp);
	return error;
}

/* Out of the group's list; the group stays while it is to be reported. */
static void
inmulti_remove(struct inmulti **mp)
{
	struct inmulti *im = *mp, **gp;
	struct ingroup *ig = im->im_group;
	struct inifgroups *igs = ig->ig_groups;
	struct inaddr addr = ig->ig_addr;
	uint8_t mac[6];
	int last, gone;

	*mp = im->im_next;
	rump_mutex_enter(&igs->ig_lock);
	for (gp = &ig->ig_members; *gp != im; gp = &(*gp)->im_gnext)
		;
	*gp = im->im_gnext;
	last = ig->ig_members == NULL;
	gone = ig->ig_gone;
	if (last && gone)
		ingroup_free(ig);
	else
		ingroup_update(ig);
	rump_mutex_exit(&igs->ig_lock);
	if (last && !gone) {
		OPS(&addr)->mo_mac(&addr, mac);
		(void)rump_if_delmulti(igs->ig_if, mac);
	}
	infilter_clear(&im->im_filter);
	rump_kmem_free(im, sizeof(*im));
}

int
inmulti_leave(struct inpcb *inp, const struct inaddr *group, uint32_t ifindex)
{
	struct inmulti **mp = inmulti_find(inp, group, ifindex);

	if (*mp == NULL)
		return EADDRNOTAVAIL;
	inmulti_remove(mp);
	return 0;
}

void
inmulti_drop(struct inpcb *inp)
{

	while (inp->inp_multi != NULL)
		inmulti_remove(&inp->inp_multi);
}

static int
inmulti_change(struct inmulti *im, int exclude, unsigned n,
    const struct inaddr *src)
{
	struct inifgroups *igs = im->im_group->ig_groups;
	int error;

	rump_mutex_enter(&igs->ig_lock);
	error = infilter_make(&im->im_filter, exclude, n, src);
	if (error == 0)
		ingroup_update(im->im_group);
	rump_mutex_exit(&igs->ig_lock);
	return error == 0 ? 0 : ENOBUFS;
}

int
inmulti_setfilter(struct inpcb *inp, const struct inaddr *group,
    uint32_t ifindex, int exclude, unsigned n, const struct inaddr *src)
{
	struct inmulti **mp = inmulti_find(inp, group, ifindex);

	if (n > INMULTI_SRCMAX)
		return ENOBUFS;
	if (*mp == NULL)
		return EINVAL;
	if (!exclude && n == 0) {
		inmulti_remove(mp);
		return 0;
	}
	return inmulti_change(*mp, exclude, n, src);
}

int
inmulti_source(struct inpcb *inp, const struct inaddr *group,
    uint32_t ifindex, const struct inaddr *src, int exclude, int add)
{
	struct inmulti **mp = inmulti_find(inp, group, ifindex), *im;
	struct inaddr *list;
	unsigned i, n = 0;
	int error;

	if ((im = *mp) == NULL || (im->im_filter.if_n != 0 &&
	    im->im_filter.if_exclude != exclude))
		return EINVAL;
	if (infilter_has(&im->im_filter, src) == add)
		return EADDRNOTAVAIL;
	if (add && im->im_filter.if_n >= INMULTI_SRCMAX)
		return ENOBUFS;
	if (!add && im->im_filter.if_n == 1 && !exclude) {
		inmulti_remove(mp);
		return 0;
	}
	list = rump_kmem_alloc((im->im_filter.if_n + 1U) * sizeof(*list));
	if (list == NULL)
		return ENOBUFS;
	for (i = 0; i < im->im_filter.if_n; i++)
		if (!inaddr_eq(&im->im_filter.if_src[i], src))
			list[n++] = im->im_filter.if_src[i];
	if (add)
		list[n++] = *src;
	i = im->im_filter.if_n + 1U;
	error = inmulti_change(im, exclude, n, list);
	rump_kmem_free(list, i * sizeof(*list));
	return error;
}

const struct infilter *
inmulti_getfilter(struct inpcb *inp, const struct inaddr *group,
    uint32_t ifindex)
{
	const struct inmulti *im = *inmulti_find(inp, group, ifindex);

	return im != NULL ? &im->im_filter : NULL;
}

int
inmulti_wants(struct inpcb *inp, const struct inrcv *ir)
{
	const struct infilter *f = inmulti_getfilter(inp, &ir->ir_dst,
	    ir->ir_if->if_index);

	if (f == NULL)
		return (inp->inp_flags & INP_MCASTALL) != 0;
	return infilter_has(f, &ir->ir_src) != f->if_exclude;
}

void
inmulti_ifgone(struct inifgroups *igs)
{
	struct ingroup *ig;

	if (igs->ig_timer.co_fn != NULL)
		(void)rump_callout_cancel(&igs->ig_timer);
	rump_mutex_enter(&igs->ig_lock);
	while ((ig = igs->ig_list) != NULL) {
		igs->ig_list = ig->ig_next;
		ig->ig_gone = 1;
		if (ig->ig_members == NULL)
			ingroup_free(ig);
	}
	igs->ig_due = igs->ig_alldue = 0;
	igs->ig_v1until = igs->ig_v2until = 0;
	igs->ig_started = 0;
	rump_mutex_exit(&igs->ig_lock);
}
