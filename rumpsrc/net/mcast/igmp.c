/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IGMPv3, the host's part (RFC 3376), with version 2 and 1 while an older
 * querier is heard (RFC 2236, 1112).  One callout for each interface.
 *
 * A change of what holds for a group is reported IGMP_ROBUST times, each time
 * as the difference between what was surely told and what holds now.
 */
#include <linux/if.h>
#include "mcast.h"

#define IGMP_QUERY	0x11
#define IGMP_V1REPORT	0x12
#define IGMP_V2REPORT	0x16
#define IGMP_LEAVE	0x17
#define IGMP_V3REPORT	0x22

#define IGMP_ROBUST	2
#define IGMP_UNSOL3	(NSEC_PER_SEC)		/* v3: between reports */
#define IGMP_UNSOL2	(10 * NSEC_PER_SEC)
#define IGMP_OLDQUERIER	(260 * NSEC_PER_SEC)	/* 8.12 */
#define IGMP_MAXLEN	1400			/* bytes of one report */

enum { REC_IS_IN = 1, REC_IS_EX, REC_TO_IN, REC_TO_EX, REC_ALLOW, REC_BLOCK };

struct igmp {
	uint8_t		ip_type, ip_code;
	uint16_t	ip_sum;
	uint32_t	ip_group;
} __attribute__((__packed__));

struct igmp3rec {
	uint8_t		ir_type, ir_auxlen;
	uint16_t	ir_nsrc;
	uint32_t	ir_group;
} __attribute__((__packed__));

#define ALLHOSTS	net32(0xe0000001U)
#define ALLROUTERS	net32(0xe0000002U)
#define ALLREPORTS	net32(0xe0000016U)

/* Router alert (RFC 2113). */
static uint8_t igmp_alert[4] = { 0x94, 4, 0, 0 };
static struct mbuf igmp_opts = { .m_data = igmp_alert, .m_len = 4 };

static void igmp_timeout(void *);

static int64_t
igmp_random(int64_t max)
{

	return max <= 0 ? 0 : (int64_t)(in_random() % (uint64_t)max);
}

static int
igmp_version(const struct inifgroups *igs, int64_t now)
{

	return now < igs->ig_v1until ? 1 : now < igs->ig_v2until ? 2 : 3;
}

/* ig_lock held. */
static void
igmp_arm(struct inifgroups *igs, int64_t when)
{

	if (igs->ig_due != 0 && igs->ig_due <= when)
		return;
	if (igs->ig_timer.co_fn == NULL)
		rump_callout_init(&igs->ig_timer, igmp_timeout, igs);
	igs->ig_due = when;
	rump_callout_schedule(&igs->ig_timer, when);
}

/* ig_lock held. */
static void
igmp_changed(struct ingroup *ig)
{
	int64_t now = rump_monotonic();

	/* Nobody is told of these; but the timer reaps them. */
	ig->ig_retrans = ig->ig_addr.ia_w[3] == ALLHOSTS ||
	    (in_ifflags(ig->ig_groups->ig_if) & IFF_LOOPBACK) ? 0 :
	    IGMP_ROBUST;
	ig->ig_changedue = now;
	igmp_arm(ig->ig_groups, now);
}

void
igmp_again(struct inifgroups *igs)
{
	struct ingroup *ig;

	rump_mutex_enter(&igs->ig_lock);
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next) {
		infilter_clear(&ig->ig_told);
		igmp_changed(ig);
	}
	rump_mutex_exit(&igs->ig_lock);
}

/* --- making messages; ig_lock held; they are linked by m_nextpkt --- */

struct igmpq {
	struct mbuf	*iq_first;	/* MF_PRIV1: a v3 report, which takes
					 * more records */
};

static void
igmp_old(struct igmpq *q, uint8_t type, uint32_t group)
{
	struct mbuf *m = m_gethdr(sizeof(struct igmp));
	struct igmp *ip;

	if (m == NULL)
		return;
	m->m_len = m->m_pkt.ph_len = sizeof(*ip);
	ip = mtod(m, struct igmp *);
	ip->ip_type = type;
	ip->ip_code = 0;
	ip->ip_sum = 0;
	ip->ip_group = group;
	m->m_nextpkt = q->iq_first;
	q->iq_first = m;
}

/* The report that has room for n more bytes. */
static struct mbuf *
igmp_room(struct igmpq *q, size_t n)
{
	struct mbuf *m = q->iq_first;

	if (m != NULL && (m->m_flags & MF_PRIV1) &&
	    m->m_len + n <= IGMP_MAXLEN)
		return m;
	if ((m = m_gethdr(IGMP_MAXLEN)) == NULL)
		return NULL;
	memset(m->m_data, 0, 8);
	m->m_data[0] = IGMP_V3REPORT;
	m->m_len = m->m_pkt.ph_len = 8;
	m->m_flags |= MF_PRIV1;
	m->m_nextpkt = q->iq_first;
	q->iq_first = m;
	return m;
}

/* Sources of f that are, or are not, in but. */
static unsigned
igmp_select(const struct infilter *f, const struct infilter *but, int in,
    uint32_t *to)
{
	unsigned i, n = 0;

	for (i = 0; i < f->if_n; i++)
		if (but == NULL || infilter_has(but, &f->if_src[i]) == in)
			to[n++] = f->if_src[i].ia_w[3];
	return n;
}

static void
igmp_record(struct igmpq *q, const struct ingroup *ig, uint8_t type,
    const struct infilter *f, const struct infilter *but, int in, int always)
{
	uint32_t src[INMULTI_SRCMAX];
	unsigned n = igmp_select(f, but, in, src);
	struct igmp3rec r = { type, 0, net16((uint16_t)n),
	    ig->ig_addr.ia_w[3] };
	struct mbuf *m;
	uint16_t nrec;

	if ((n == 0 && !always) ||
	    (m = igmp_room(q, sizeof(r) + n * 4)) == NULL)
		return;
	memcpy(m->m_data + m->m_len, &r, sizeof(r));
	memcpy(m->m_data + m->m_len + sizeof(r), src, n * 4);
	m->m_len += (uint32_t)sizeof(r) + n * 4;
	m->m_pkt.ph_len = m->m_len;
	memcpy(&nrec, m->m_data + 6, 2);
	nrec = net16((uint16_t)(net16(nrec) + 1));
	memcpy(m->m_data + 6, &nrec, 2);
}

/* What has changed since it was told (RFC 3376, 5.1). */
static void
igmp_difference(struct igmpq *q, const struct ingroup *ig)
{
	const struct infilter *old = &ig->ig_told, *new = &ig->ig_now;

	if (old->if_exclude != new->if_exclude) {
		igmp_record(q, ig, new->if_exclude ? REC_TO_EX : REC_TO_IN,
		    new, NULL, 0, 1);
		return;
	}
	if (new->if_exclude) {
		igmp_record(q, ig, REC_ALLOW, old, new, 0, 0);
		igmp_record(q, ig, REC_BLOCK, new, old, 0, 0);
	} else {
		igmp_record(q, ig, REC_ALLOW, new, old, 0, 0);
		igmp_record(q, ig, REC_BLOCK, old, new, 0, 0);
	}
}

/* What holds now, of the sources that were asked about (5.2). */
static void
igmp_current(struct igmpq *q, const struct ingroup *ig)
{
	const struct infilter *asked = &ig->ig_asked, *now = &ig->ig_now;

	if (asked->if_n != 0)
		igmp_record(q, ig, REC_IS_IN, asked, now, !now->if_exclude, 0);
	else if (now->if_exclude || now->if_n != 0)
		igmp_record(q, ig, now->if_exclude ? REC_IS_EX : REC_IS_IN,
		    now, NULL, 0, 1);
}

static int
igmp_reportable(const struct ingroup *ig)
{

	return ig->ig_addr.ia_w[3] != ALLHOSTS && ig->ig_members != NULL;
}

static void
igmp_answer(struct igmpq *q, struct ingroup *ig, int version)
{

	ig->ig_querydue = 0;
	if (!igmp_reportable(ig))
		return;
	if (version == 3)
		igmp_current(q, ig);
	else
		igmp_old(q, version == 2 ? IGMP_V2REPORT : IGMP_V1REPORT,
		    ig->ig_addr.ia_w[3]);
	infilter_clear(&ig->ig_asked);
}

static void
igmp_tell(struct igmpq *q, struct ingroup *ig, int version, int64_t now)
{

	ig->ig_changedue = 0;
	if (ig->ig_retrans == 0)
		return;
	if (version == 3)
		igmp_difference(q, ig);
	else if (ig->ig_members != NULL)
		igmp_old(q, version == 2 ? IGMP_V2REPORT : IGMP_V1REPORT,
		    ig->ig_addr.ia_w[3]);
	else if (version == 2) {
		igmp_old(q, IGMP_LEAVE, ig->ig_addr.ia_w[3]);
		ig->ig_retrans = 1;
	}
	if (--ig->ig_retrans > 0)
		ig->ig_changedue = now + 1 + igmp_random(version == 3 ?
		    IGMP_UNSOL3 : IGMP_UNSOL2);
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
igmp_run(struct inifgroups *igs, struct igmpq *q, int64_t now)
{
	int version = igmp_version(igs, now);
	int all = igs->ig_alldue != 0 && igs->ig_alldue <= now;
	int64_t next = 0;
	struct ingroup **gp, *ig;

	if (all)
		igs->ig_alldue = 0;
	for (gp = &igs->ig_list; (ig = *gp) != NULL;) {
		if (all)
			infilter_clear(&ig->ig_asked);
		if (all || (ig->ig_querydue != 0 && ig->ig_querydue <= now))
			igmp_answer(q, ig, version);
		if (ig->ig_changedue != 0 && ig->ig_changedue <= now)
			igmp_tell(q, ig, version, now);
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

static void
igmp_send(struct ifnet *ifp, struct mbuf *m)
{
	struct inflow fl = {
		.fl_dst = inaddr_from4(ALLREPORTS),
		.fl_proto = PROTO_IGMP,
		.fl_tos = 0xc0,
		.fl_ttl = 1,
		.fl_oif = ifp->if_index,
		.fl_opts = &igmp_opts,
	};
	uint32_t group;
	uint16_t sum;

	memcpy(&group, m->m_data + 4, 4);
	if (m->m_data[0] == IGMP_LEAVE)
		group = ALLROUTERS;
	if (m->m_data[0] != IGMP_V3REPORT)
		fl.fl_dst = inaddr_from4(group);
	if (ip4_source(&fl.fl_dst, ifp->if_index, NULL, &fl.fl_src) != 0)
		fl.fl_src = inaddr_from4(0);
	sum = cksum_fold(cksum_add(m->m_data, m->m_len, 0));
	memcpy(m->m_data + 2, &sum, 2);
	m->m_flags &= (uint16_t)~MF_PRIV1;
	(void)ip4_output(m, &fl);
}

static void
igmp_timeout(void *arg)
{
	struct igmpq q = { .iq_first = NULL };
	struct inifgroups *igs = arg;
	struct ifnet *ifp = NULL;
	int64_t next;
	struct mbuf *m;

	rump_mutex_enter(&igs->ig_lock);
	igs->ig_due = 0;
	next = igmp_run(igs, &q, rump_monotonic());
	if (next != 0)
		igmp_arm(igs, next);
	if (q.iq_first != NULL)
		ifp = rump_if_get(igs->ig_if->if_index);
	rump_mutex_exit(&igs->ig_lock);
	while ((m = q.iq_first) != NULL) {
		q.iq_first = m->m_nextpkt;
		m->m_nextpkt = NULL;
		if (ifp != NULL && (in_ifflags(ifp) & IFF_UP))
			igmp_send(ifp, m);
		else
			m_freem(m);
	}
	if (ifp != NULL)
		rump_if_rele(ifp);
}

/* --- input --- */

/* Tenths of a second, or their exponents (RFC 3376, 4.1.1). */
static int64_t
igmp_delay(uint8_t code)
{
	int64_t t = code;

	if (code >= 128)
		t = (int64_t)((code & 15) | 16) << (((code >> 4) & 7) + 3);
	return t * (NSEC_PER_SEC / 10);
}

/* ig_lock held.  nsrc sources in network order follow at src. */
static void
igmp_asked(struct ingroup *ig, const uint8_t *src, unsigned nsrc,
    int64_t due)
{
	struct inaddr list[8];
	unsigned i;

	/* A second question before the answer: about everything (5.2). */
	if (nsrc > sizeof(list) / sizeof(list[0]) ||
	    (ig->ig_querydue != 0))
		nsrc = 0;
	for (i = 0; i < nsrc; i++) {
		list[i] = inaddr_from4(0);
		memcpy(&list[i].ia_w[3], src + 4 * i, 4);
	}
	(void)infilter_copy(&ig->ig_asked, &(struct infilter){ 0,
	    (uint16_t)nsrc, list });
	ig->ig_querydue = earlier(ig->ig_querydue, due);
	igmp_arm(ig->ig_groups, due);
}

static void
igmp_query(struct inifgroups *igs, const struct mbuf *m, unsigned len)
{
	const struct igmp *ip = mtod(m, const struct igmp *);
	int64_t now = rump_monotonic(), max, due;
	unsigned nsrc = 0;
	struct ingroup *ig;

	if (len >= 12) {
		nsrc = (unsigned)m->m_data[10] << 8 | m->m_data[11];
		if (nsrc > (len - 12) / 4)
			return;
		max = igmp_delay(ip->ip_code);
	} else if (len != 8) {
		return;
	} else if (ip->ip_code == 0) {
		igs->ig_v1until = now + IGMP_OLDQUERIER;
		max = 10 * NSEC_PER_SEC;
	} else {
		igs->ig_v2until = now + IGMP_OLDQUERIER;
		max = ip->ip_code * (NSEC_PER_SEC / 10);
	}
	due = now + 1 + igmp_random(max);
	if (ip->ip_group == 0) {
		if (igs->ig_list != NULL) {
			igs->ig_alldue = earlier(igs->ig_alldue, due);
			igmp_arm(igs, due);
		}
		return;
	}
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		if (ig->ig_addr.ia_w[3] == ip->ip_group)
			igmp_asked(ig, m->m_data + 12, nsrc, due);
}

/* Somebody else reported the group: version 2 and 1 then say nothing. */
static void
igmp_heard(struct inifgroups *igs, uint32_t group)
{
	struct ingroup *ig;

	if (igmp_version(igs, rump_monotonic()) == 3)
		return;
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		if (ig->ig_addr.ia_w[3] == group && ig->ig_members != NULL) {
			ig->ig_querydue = 0;
			if (ig->ig_retrans < IGMP_ROBUST) {
				ig->ig_changedue = 0;
				ig->ig_retrans = 0;
			}
		}
}

static void
igmp_input(struct mbuf *m, const struct inrcv *ir)
{
	unsigned len = m->m_pkt.ph_len;
	struct in_if *ii = in_ifstate(ir->ir_if);
	struct inifgroups *igs;

	if (ii == NULL || len < sizeof(struct igmp) || len > 1480 ||
	    (m = m_pullup(m, len)) == NULL)
		goto out;
	if (!(m->m_pkt.ph_flags & PH_LOOP) &&
	    cksum_fold(cksum_add(m->m_data, len, 0)) != 0)
		goto out;
	igs = &ii->ii_groups;
	rump_mutex_enter(&igs->ig_lock);
	switch (m->m_data[0]) {
	case IGMP_QUERY:
		igmp_query(igs, m, len);
		break;
	case IGMP_V1REPORT:
	case IGMP_V2REPORT:
		igmp_heard(igs, mtod(m, struct igmp *)->ip_group);
		break;
	}
	rump_mutex_exit(&igs->ig_lock);
out:
	m_freem(m);
}

static const struct ipproto igmp_proto = {
	.ip_proto = PROTO_IGMP,
	.ip_v4 = 1,
	.ip_input = igmp_input,
};
RUMP_IPPROTO(igmp_proto);

static struct inifgroups *
igmp_groups(struct ifnet *ifp)
{
	struct in_if *ii = in_ifstate(ifp);

	return ii != NULL ? &ii->ii_groups : NULL;
}

/* RFC 1112, 6.4. */
static void
igmp_mac(const struct inaddr *group, uint8_t *mac)
{

	mac[0] = 0x01;
	mac[1] = 0x00;
	mac[2] = 0x5e;
	mac[3] = group->ia_b[13] & 0x7f;
	mac[4] = group->ia_b[14];
	mac[5] = group->ia_b[15];
}

const struct mcastops mcast_igmp_ops = {
	.mo_changed = igmp_changed,
	.mo_groups = igmp_groups,
	.mo_mac = igmp_mac,
};
