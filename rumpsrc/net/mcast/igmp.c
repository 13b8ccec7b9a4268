/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of IGMPv3, the host's part (RFC 3376), with version 2 and 1 while an
 * older querier is heard (RFC 2236, 1112).  What is told when: report.c.
 */
#include "mcast.h"

#define IGMP_QUERY	0x11
#define IGMP_V1REPORT	0x12
#define IGMP_V2REPORT	0x16
#define IGMP_LEAVE	0x17
#define IGMP_V3REPORT	0x22

#define IGMP_OLDQUERIER	(260 * NSEC_PER_SEC)	/* 8.12 */
#define IGMP_MAXLEN	1400			/* bytes of one report */

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

/* --- making messages; ig_lock held --- */

static void
igmp_old(struct mbuf **q, uint8_t type, uint32_t group)
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
	m->m_nextpkt = *q;
	*q = m;
}

static void
igmp_oldreport(struct mbuf **q, const struct ingroup *ig, int version)
{

	igmp_old(q, version == 2 ? IGMP_V2REPORT : IGMP_V1REPORT,
	    ig->ig_addr.ia_w[3]);
}

static int
igmp_leave(struct mbuf **q, const struct ingroup *ig, int version)
{

	if (version == 2)
		igmp_old(q, IGMP_LEAVE, ig->ig_addr.ia_w[3]);
	return version == 2;
}

/* The report that has room for n more bytes. */
static struct mbuf *
igmp_room(struct mbuf **q, size_t n)
{
	struct mbuf *m = *q;

	if (m != NULL && m->m_data[0] == IGMP_V3REPORT &&
	    m->m_len + n <= IGMP_MAXLEN)
		return m;
	if ((m = m_gethdr(IGMP_MAXLEN)) == NULL)
		return NULL;
	memset(m->m_data, 0, 8);
	m->m_data[0] = IGMP_V3REPORT;
	m->m_len = m->m_pkt.ph_len = 8;
	m->m_nextpkt = *q;
	*q = m;
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
igmp_record(struct mbuf **q, const struct ingroup *ig, uint8_t type,
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

static int
igmp_silent(const struct ingroup *ig)
{

	return ig->ig_addr.ia_w[3] == ALLHOSTS;
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
	(void)ip4_output(m, &fl);
}

/* Tenths of a second, or their exponents (RFC 3376, 4.1.1). */
static int64_t
igmp_delay(uint8_t code)
{
	int64_t t = code;

	if (code >= 128)
		t = (int64_t)((code & 15) | 16) << (((code >> 4) & 7) + 3);
	return t * (NSEC_PER_SEC / 10);
}

static void
igmp_query(struct inifgroups *igs, const struct mbuf *m, unsigned len)
{
	const struct igmp *ip = mtod(m, const struct igmp *);
	struct inaddr group = inaddr_from4(ip->ip_group), src[INMULTI_ASKED];
	int64_t now = rump_monotonic(), max;
	unsigned nsrc = 0, i;
	uint32_t v4;

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
	for (i = 0; i < nsrc && i < INMULTI_ASKED; i++) {
		memcpy(&v4, m->m_data + 12 + 4 * i, 4);
		src[i] = inaddr_from4(v4);
	}
	inmulti_query(igs, ip->ip_group == 0 ? NULL : &group, src, nsrc, max);
}

static void
igmp_input(struct mbuf *m, const struct inrcv *ir)
{
	unsigned len = m->m_pkt.ph_len;
	struct in_if *ii = in_ifstate(ir->ir_if);
	struct inifgroups *igs;
	struct inaddr group;

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
		group = inaddr_from4(mtod(m, struct igmp *)->ip_group);
		inmulti_heard(igs, &group);
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
	.mo_newest = 3,
	.mo_groups = igmp_groups,
	.mo_mac = igmp_mac,
	.mo_silent = igmp_silent,
	.mo_record = igmp_record,
	.mo_old = igmp_oldreport,
	.mo_leave = igmp_leave,
	.mo_send = igmp_send,
};
