/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MLDv2, the listener's part (RFC 3810), with version 1 while an older querier
 * is heard (RFC 2710).  One callout for each interface.
 *
 * A change of what holds for a group is reported MLD_ROBUST times, each time
 * as the difference between what was surely told and what holds now.
 */
#include <linux/if.h>
#include "inet6_priv.h"

#define MLD_ROBUST	2
#define MLD_UNSOL2	(NSEC_PER_SEC)		/* v2: between reports */
#define MLD_UNSOL1	(10 * NSEC_PER_SEC)
#define MLD_OLDQUERIER	(260 * NSEC_PER_SEC)	/* 9.12 */
#define MLD_MAXLEN	(IP6_MINMTU - IP6_HDR - 8)	/* of one report */
#define MLD_SOURCES	(INMULTI_SRCMAX / 4)	/* in one record */

enum { REC_IS_IN = 1, REC_IS_EX, REC_TO_IN, REC_TO_EX, REC_ALLOW, REC_BLOCK };

struct mld {
	uint8_t		ml_type, ml_code;
	uint16_t	ml_sum;
	uint16_t	ml_delay, ml_spare;	/* v2 report: number of records
						 * in the second */
	struct inaddr	ml_group;
} __attribute__((__packed__));
#define MLD2_HDR	8

struct mld2rec {
	uint8_t		mr_type, mr_auxlen;
	uint16_t	mr_nsrc;
	struct inaddr	mr_group;
} __attribute__((__packed__));

static const struct inaddr allreports = { .ia_b = { 0xff, 2, [15] = 0x16 } };

static void mld_timeout(void *);

static int
mld_version(const struct inifgroups *igs, int64_t now)
{

	return now < igs->ig_v1until ? 1 : 2;
}

/* ig_lock held. */
static void
mld_arm(struct inifgroups *igs, int64_t when)
{

	if (igs->ig_due != 0 && igs->ig_due <= when)
		return;
	if (igs->ig_timer.co_fn == NULL)
		rump_callout_init(&igs->ig_timer, mld_timeout, igs);
	igs->ig_due = when;
	rump_callout_schedule(&igs->ig_timer, when);
}

/* All nodes, and groups that do not leave the machine (6). */
static int
mld_silent(const struct ingroup *ig)
{

	return inaddr_eq(&ig->ig_addr, &in6_allnodes) ||
	    (ig->ig_addr.ia_b[1] & 15) <= 1 ||
	    (in6_ifflags(ig->ig_groups->ig_if) & IFF_LOOPBACK);
}

/* ig_lock held. */
static void
mld_changed(struct ingroup *ig)
{
	int64_t now = rump_monotonic();

	/* Nobody is told of these; but the timer reaps them. */
	ig->ig_retrans = mld_silent(ig) ? 0 : MLD_ROBUST;
	ig->ig_changedue = now;
	mld_arm(ig->ig_groups, now);
}

/* A link that is new knows nothing. */
void
mld_restart(struct in6_if *ii)
{
	struct inifgroups *igs = &ii->ii_groups;
	struct ingroup *ig;

	rump_mutex_enter(&igs->ig_lock);
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next) {
		infilter_clear(&ig->ig_told);
		mld_changed(ig);
	}
	rump_mutex_exit(&igs->ig_lock);
}

/* --- making messages; ig_lock held; they are linked by m_nextpkt --- */

static void
mld_old(struct mbuf **q, uint8_t type, const struct inaddr *group)
{
	struct mbuf *m = m_gethdr(sizeof(struct mld));
	struct mld *ml;

	if (m == NULL)
		return;
	m->m_len = m->m_pkt.ph_len = sizeof(*ml);
	ml = mtod(m, struct mld *);
	memset(ml, 0, sizeof(*ml));
	ml->ml_type = type;
	ml->ml_group = *group;
	m->m_nextpkt = *q;
	*q = m;
}

/* The report that has room for n more bytes. */
static struct mbuf *
mld_room(struct mbuf **q, size_t n)
{
	struct mbuf *m = *q;

	if (m != NULL && m->m_data[0] == MLD_V2REPORT &&
	    m->m_len + n <= MLD_MAXLEN)
		return m;
	if ((m = m_gethdr(MLD_MAXLEN)) == NULL)
		return NULL;
	memset(m->m_data, 0, MLD2_HDR);
	m->m_data[0] = MLD_V2REPORT;
	m->m_len = m->m_pkt.ph_len = MLD2_HDR;
	m->m_nextpkt = *q;
	*q = m;
	return m;
}

/* Sources of f that are, or are not, in but; at most MLD_SOURCES. */
static void
mld_record(struct mbuf **q, const struct ingroup *ig, uint8_t type,
    const struct infilter *f, const struct infilter *but, int in, int always)
{
	struct mld2rec r = { type, 0, 0, ig->ig_addr };
	unsigned i, n = 0;
	uint16_t nrec;
	struct mbuf *m;
	uint8_t *p;

	for (i = 0; i < f->if_n; i++)
		n += but == NULL || infilter_has(but, &f->if_src[i]) == in;
	if (n > MLD_SOURCES)
		n = MLD_SOURCES;
	if ((n == 0 && !always) ||
	    (m = mld_room(q, sizeof(r) + n * 16)) == NULL)
		return;
	r.mr_nsrc = net16((uint16_t)n);
	p = m->m_data + m->m_len;
	memcpy(p, &r, sizeof(r));
	p += sizeof(r);
	m->m_len += (uint32_t)sizeof(r) + n * 16;
	m->m_pkt.ph_len = m->m_len;
	for (i = 0; n > 0; i++)
		if (but == NULL || infilter_has(but, &f->if_src[i]) == in) {
			memcpy(p, &f->if_src[i], 16);
			p += 16;
			n--;
		}
	memcpy(&nrec, m->m_data + 6, 2);
	nrec = net16((uint16_t)(net16(nrec) + 1));
	memcpy(m->m_data + 6, &nrec, 2);
}

/* What has changed since it was told (6.1). */
static void
mld_difference(struct mbuf **q, const struct ingroup *ig)
{
	const struct infilter *old = &ig->ig_told, *new = &ig->ig_now;

	if (old->if_exclude != new->if_exclude) {
		mld_record(q, ig, new->if_exclude ? REC_TO_EX : REC_TO_IN,
		    new, NULL, 0, 1);
	} else if (new->if_exclude) {
		mld_record(q, ig, REC_ALLOW, old, new, 0, 0);
		mld_record(q, ig, REC_BLOCK, new, old, 0, 0);
	} else {
		mld_record(q, ig, REC_ALLOW, new, old, 0, 0);
		mld_record(q, ig, REC_BLOCK, old, new, 0, 0);
	}
}

/* What holds now, of the sources that were asked about (6.2). */
static void
mld_current(struct mbuf **q, const struct ingroup *ig)
{
	const struct infilter *asked = &ig->ig_asked, *now = &ig->ig_now;

	if (asked->if_n != 0)
		mld_record(q, ig, REC_IS_IN, asked, now, !now->if_exclude, 0);
	else if (now->if_exclude || now->if_n != 0)
		mld_record(q, ig, now->if_exclude ? REC_IS_EX : REC_IS_IN,
		    now, NULL, 0, 1);
}

static void
mld_answer(struct mbuf **q, struct ingroup *ig, int version)
{

	ig->ig_querydue = 0;
	if (mld_silent(ig) || ig->ig_members == NULL)
		return;
	if (version == 2)
		mld_current(q, ig);
	else
		mld_old(q, MLD_V1REPORT, &ig->ig_addr);
	infilter_clear(&ig->ig_asked);
}

static void
mld_tell(struct mbuf **q, struct ingroup *ig, int version, int64_t now)
{

	ig->ig_changedue = 0;
	if (ig->ig_retrans == 0)
		return;
	if (version == 2)
		mld_difference(q, ig);
	else if (ig->ig_members != NULL)
		mld_old(q, MLD_V1REPORT, &ig->ig_addr);
	else {
		mld_old(q, MLD_DONE, &ig->ig_addr);
		ig->ig_retrans = 1;
	}
	if (--ig->ig_retrans > 0)
		ig->ig_changedue = now + 1 + in6_within(version == 2 ?
		    MLD_UNSOL2 : MLD_UNSOL1);
	else
		(void)infilter_copy(&ig->ig_told, &ig->ig_now);
}

static inline int64_t
earlier(int64_t a, int64_t b)
{

	return a == 0 ? b : b == 0 || a < b ? a : b;
}

/* All that is due; when the next is.  0: nothing. */
static int64_t
mld_run(struct inifgroups *igs, struct mbuf **q, int64_t now)
{
	int version = mld_version(igs, now);
	int all = igs->ig_alldue != 0 && igs->ig_alldue <= now;
	int64_t next = 0;
	struct ingroup **gp, *ig;

	if (all)
		igs->ig_alldue = 0;
	for (gp = &igs->ig_list; (ig = *gp) != NULL;) {
		if (all)
			infilter_clear(&ig->ig_asked);
		if (all || (ig->ig_querydue != 0 && ig->ig_querydue <= now))
			mld_answer(q, ig, version);
		if (ig->ig_changedue != 0 && ig->ig_changedue <= now)
			mld_tell(q, ig, version, now);
		if (ig->ig_members == NULL && ig->ig_changedue == 0) {
			ingroup_reap(gp);
			continue;
		}
		next = earlier(next, earlier(ig->ig_querydue,
		    ig->ig_changedue));
		gp = &ig->ig_next;
	}
	return earlier(next, igs->ig_alldue);
}

/* From the link-local address, or from none while it is probed for. */
static void
mld_send(struct ifnet *ifp, struct mbuf *m)
{
	struct inaddr src, dst = allreports;

	if (m->m_data[0] == MLD_DONE)
		dst = in6_allrouters;
	else if (m->m_data[0] == MLD_V1REPORT)
		dst = mtod(m, struct mld *)->ml_group;
	if (!in6_linklocal(ifp, &src))
		src = in6_any;
	ip6_linksend(ifp, m, &src, &dst, NULL, 1);
}

static void
mld_timeout(void *arg)
{
	struct inifgroups *igs = arg;
	struct mbuf *q = NULL, *m;
	struct ifnet *ifp = NULL;
	int64_t next;

	rump_mutex_enter(&igs->ig_lock);
	igs->ig_due = 0;
	next = mld_run(igs, &q, rump_monotonic());
	if (next != 0)
		mld_arm(igs, next);
	if (q != NULL)
		ifp = rump_if_get(igs->ig_if->if_index);
	rump_mutex_exit(&igs->ig_lock);
	while ((m = q) != NULL) {
		q = m->m_nextpkt;
		m->m_nextpkt = NULL;
		if (ifp != NULL && (in6_ifflags(ifp) & IFF_UP))
			mld_send(ifp, m);
		else
			m_freem(m);
	}
	if (ifp != NULL)
		rump_if_rele(ifp);
}

/* --- input --- */

/* Milliseconds, or their exponents (5.1.3). */
static int64_t
mld_delay(uint16_t code, int version)
{
	int64_t t = net16(code);

	if (version == 2 && t >= 32768)
		t = ((t & 0xfff) | 0x1000) << (((t >> 12) & 7) + 3);
	return t * (NSEC_PER_SEC / 1000);
}

/* ig_lock held.  nsrc sources follow at src. */
static void
mld_asked(struct ingroup *ig, const uint8_t *src, unsigned nsrc, int64_t due)
{
	struct inaddr list[8];

	/* A second question before the answer: about everything (6.2). */
	if (nsrc > sizeof(list) / sizeof(list[0]) || ig->ig_querydue != 0)
		nsrc = 0;
	memcpy(list, src, nsrc * sizeof(list[0]));
	(void)infilter_copy(&ig->ig_asked, &(struct infilter){ 0,
	    (uint16_t)nsrc, list });
	ig->ig_querydue = earlier(ig->ig_querydue, due);
	mld_arm(ig->ig_groups, due);
}

static void
mld_query(struct inifgroups *igs, const struct mbuf *m, unsigned len)
{
	const struct mld *ml = mtod(m, const struct mld *);
	struct inaddr group = ml->ml_group;
	int64_t now = rump_monotonic(), due;
	int version = len >= 28 ? 2 : 1;
	unsigned nsrc = 0;
	struct ingroup *ig;

	if (version == 2) {
		nsrc = (unsigned)m->m_data[26] << 8 | m->m_data[27];
		if (nsrc > (len - 28) / 16)
			return;
	} else if (len == sizeof(*ml))
		igs->ig_v1until = now + MLD_OLDQUERIER;
	else
		return;
	due = now + 1 + in6_within(mld_delay(ml->ml_delay, version));
	if (inaddr_isany(&group)) {
		if (igs->ig_list != NULL) {
			igs->ig_alldue = earlier(igs->ig_alldue, due);
			mld_arm(igs, due);
		}
		return;
	}
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		if (inaddr_eq(&ig->ig_addr, &group))
			mld_asked(ig, m->m_data + 28, nsrc, due);
}

/* Somebody else reported the group: version 1 then says nothing. */
static void
mld_heard(struct inifgroups *igs, const struct inaddr *group)
{
	struct ingroup *ig;

	if (mld_version(igs, rump_monotonic()) == 2)
		return;
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		if (inaddr_eq(&ig->ig_addr, group) && ig->ig_members != NULL) {
			ig->ig_querydue = 0;
			if (ig->ig_retrans < MLD_ROBUST) {
				ig->ig_changedue = 0;
				ig->ig_retrans = 0;
			}
		}
}

/* Contiguous.  Only what comes from the link counts (6.2). */
void
mld_input(struct mbuf *m, const struct inrcv *ir)
{
	struct in6_if *ii = in6_ifstate(ir->ir_if);
	struct inifgroups *igs;
	struct inaddr group;

	if (ii == NULL || m->m_len < sizeof(struct mld) ||
	    m->m_pkt.ph_ttl != 1 || !in6_islinklocal(&ir->ir_src)) {
		m_freem(m);
		return;
	}
	igs = &ii->ii_groups;
	group = mtod(m, const struct mld *)->ml_group;
	rump_mutex_enter(&igs->ig_lock);
	if (m->m_data[0] == MLD_QUERY)
		mld_query(igs, m, m->m_len);
	else if (m->m_data[0] == MLD_V1REPORT)
		mld_heard(igs, &group);
	rump_mutex_exit(&igs->ig_lock);
	m_freem(m);
}

static struct inifgroups *
mld_groups(struct ifnet *ifp)
{
	struct in6_if *ii = in6_ifstate(ifp);

	return ii != NULL ? &ii->ii_groups : NULL;
}

/* RFC 2464, 7. */
static void
mld_mac(const struct inaddr *group, uint8_t *mac)
{

	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group->ia_b + 12, 4);
}

const struct mcastops rump_mld_ops = {
	.mo_changed = mld_changed,
	.mo_groups = mld_groups,
	.mo_mac = mld_mac,
};
