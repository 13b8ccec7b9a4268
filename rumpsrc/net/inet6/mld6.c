/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of MLDv2, the listener's part (RFC 3810), with version 1 while an
 * older querier is heard (RFC 2710).  What is told when: net_mcast's report.c.
 */
#include "inet6_priv.h"

#define MLD_OLDQUERIER	(260 * NSEC_PER_SEC)	/* 9.12 */
#define MLD_MAXLEN	(IP6_MINMTU - IP6_HDR - 8)	/* of one report */
#define MLD_SOURCES	(INMULTI_SRCMAX / 4)	/* in one record */

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

/* All nodes, and groups that do not leave the machine (6). */
static int
mld_silent(const struct ingroup *ig)
{

	return inaddr_eq(&ig->ig_addr, &in6_allnodes) ||
	    (ig->ig_addr.ia_b[1] & 15) <= 1;
}

/* --- making messages; ig_lock held --- */

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

static void
mld_oldreport(struct mbuf **q, const struct ingroup *ig, int version)
{

	(void)version;
	mld_old(q, MLD_V1REPORT, &ig->ig_addr);
}

static int
mld_leave(struct mbuf **q, const struct ingroup *ig, int version)
{

	(void)version;
	mld_old(q, MLD_DONE, &ig->ig_addr);
	return 1;
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

/* Milliseconds, or their exponents (5.1.3). */
static int64_t
mld_delay(uint16_t code, int version)
{
	int64_t t = net16(code);

	if (version == 2 && t >= 32768)
		t = ((t & 0xfff) | 0x1000) << (((t >> 12) & 7) + 3);
	return t * (NSEC_PER_SEC / 1000);
}

static void
mld_query(struct inifgroups *igs, const struct mbuf *m, unsigned len)
{
	const struct mld *ml = mtod(m, const struct mld *);
	struct inaddr group = ml->ml_group, src[INMULTI_ASKED];
	int version = len >= 28 ? 2 : 1;
	unsigned nsrc = 0;

	if (version == 2) {
		nsrc = (unsigned)m->m_data[26] << 8 | m->m_data[27];
		if (nsrc > (len - 28) / 16)
			return;
	} else if (len == sizeof(*ml))
		igs->ig_v1until = rump_monotonic() + MLD_OLDQUERIER;
	else
		return;
	if (nsrc <= INMULTI_ASKED)
		memcpy(src, m->m_data + 28, nsrc * sizeof(src[0]));
	inmulti_query(igs, inaddr_isany(&group) ? NULL : &group, src, nsrc,
	    mld_delay(ml->ml_delay, version));
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
		inmulti_heard(igs, &group);
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
	.mo_newest = 2,
	.mo_groups = mld_groups,
	.mo_mac = mld_mac,
	.mo_silent = mld_silent,
	.mo_record = mld_record,
	.mo_old = mld_oldreport,
	.mo_leave = mld_leave,
	.mo_send = mld_send,
};
