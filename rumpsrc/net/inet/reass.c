/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments of both families (RFC 815, 5722, 8200), see <net/reass.h>.
 *
 * Bounded, for each family: FRAG_MEM bytes of memory, FRAG_QUEUES packets,
 * FRAG_MAX fragments of each, a time.  The oldest packet makes room.  rs_lock
 * is a leaf.
 */
#include <string.h>
#include <net/reass.h>
#include "inet_priv.h"

#define FRAG_MEM	(256 * 1024)	/* and a quarter of all mbufs' */
#define FRAG_QUEUES	64
#define FRAG_MAX	128
#define COUNT(rs, n)	in_count(&(rs)->rs_ops->ro_stat[IPS_##n])

/* Fragments hang on rp_frags by m_nextpkt, in order, without their headers
 * (those of the first are before m_data); ph_csumstart is their offset. */
struct reass_pkt {
	struct reass_pkt *rp_next;	/* newest first */
	struct reass_key rp_key;
	uint8_t		 rp_dead;	/* overlap: takes no more */
	uint8_t		 rp_ecn;	/* of all: 1 << bits */
	uint16_t	 rp_n;
	uint32_t	 rp_end;	/* bytes of the whole, 0: not known */
	uint32_t	 rp_have;
	uint32_t	 rp_mem;
	int64_t		 rp_expires;
	struct mbuf	*rp_first;	/* for ro_late */
	struct mbuf	*rp_frags;
};

/* Caller holds rs_lock in all that follow. */
static void
pkt_empty(struct reass *rs, struct reass_pkt *rp)
{

	rs->rs_mem -= rp->rp_mem;
	rp->rp_mem = 0;
	m_freeq(rp->rp_frags);
	rp->rp_frags = NULL;
	rp->rp_n = 0;
}

static void
pkt_free(struct reass *rs, struct reass_pkt **pp)
{
	struct reass_pkt *rp = *pp;

	*pp = rp->rp_next;
	pkt_empty(rs, rp);
	if (rp->rp_first != NULL)
		m_freem(rp->rp_first);
	rump_kmem_free(rp, sizeof(*rp));
	rs->rs_count--;
}

static void
reass_expire(void *arg)
{
	int64_t now = rump_monotonic(), next = INT64_MAX;
	const struct reassops *ops;
	struct reass *rs = arg;
	struct mbuf *tell = NULL, *m;
	struct reass_pkt **pp, *rp;

	rump_mutex_enter(&rs->rs_lock);
	ops = rs->rs_ops;
	for (pp = &rs->rs_list; (rp = *pp) != NULL;) {
		if (rp->rp_expires > now) {
			if (rp->rp_expires < next)
				next = rp->rp_expires;
			pp = &rp->rp_next;
			continue;
		}
		if (!rp->rp_dead) {
			COUNT(rs, ReasmTimeout);
			COUNT(rs, ReasmFails);
			if ((m = rp->rp_first) != NULL) {
				rp->rp_first = NULL;
				m->m_nextpkt = tell;
				tell = m;
			}
		}
		pkt_free(rs, pp);
	}
	rs->rs_armed = next != INT64_MAX;
	if (rs->rs_armed)
		rump_callout_schedule(&rs->rs_timer, next);
	rump_mutex_exit(&rs->rs_lock);
	while ((m = tell) != NULL) {
		tell = m->m_nextpkt;
		m->m_nextpkt = NULL;
		ops->ro_late(m);
	}
}

static int
reass_evict(struct reass *rs)
{
	struct reass_pkt **pp = &rs->rs_list;

	if (*pp == NULL)
		return 0;
	while ((*pp)->rp_next != NULL)
		pp = &(*pp)->rp_next;
	if (!(*pp)->rp_dead)
		COUNT(rs, ReasmFails);
	pkt_free(rs, pp);
	return 1;
}

static struct reass_pkt **
pkt_new(struct reass *rs, const struct reass_key *key)
{
	struct reass_pkt *rp;

	if (rs->rs_count >= FRAG_QUEUES)
		(void)reass_evict(rs);
	if ((rp = rump_kmem_zalloc(sizeof(*rp))) == NULL)
		return NULL;
	rp->rp_key = *key;
	rp->rp_expires = rump_monotonic() +
	    rs->rs_ops->ro_life * NSEC_PER_SEC;
	rp->rp_next = rs->rs_list;
	rs->rs_list = rp;
	rs->rs_count++;
	if (!rs->rs_armed) {
		if (rs->rs_timer.co_fn == NULL)
			rump_callout_init(&rs->rs_timer, reass_expire, rs);
		rs->rs_armed = 1;
		rump_callout_schedule(&rs->rs_timer, rp->rp_expires);
	}
	return &rs->rs_list;
}

/* The one with that key, made if need be; NULL: no memory. */
static struct reass_pkt **
pkt_find(struct reass *rs, const struct reass_key *key)
{
	struct reass_pkt **pp;

	for (pp = &rs->rs_list; *pp != NULL; pp = &(*pp)->rp_next)
		if (memcmp(&(*pp)->rp_key, key, sizeof(*key)) == 0)
			return pp;
	return pkt_new(rs, key);
}

enum { FRAG_TAKEN, FRAG_REPEAT, FRAG_BAD };

static int
pkt_insert(struct reass_pkt *rp, struct mbuf *m, uint32_t off, int more)
{
	uint32_t len = m->m_pkt.ph_len, end = off + len, o;
	struct mbuf **mp, *x;

	if (rp->rp_end != 0 && (end > rp->rp_end ||
	    (!more && end != rp->rp_end)))
		return FRAG_BAD;
	for (mp = &rp->rp_frags; (x = *mp) != NULL; mp = &x->m_nextpkt) {
		o = x->m_pkt.ph_csumstart;
		if (o == off && x->m_pkt.ph_len == len)
			return FRAG_REPEAT;
		if (o >= end)
			break;
		if (o + x->m_pkt.ph_len > off)
			return FRAG_BAD;
	}
	/* Nothing lies behind the last one. */
	if ((!more && x != NULL) || rp->rp_n >= FRAG_MAX)
		return FRAG_BAD;
	if (!more)
		rp->rp_end = end;
	m->m_pkt.ph_csumstart = (uint16_t)off;
	m->m_nextpkt = x;
	*mp = m;
	rp->rp_n++;
	rp->rp_have += len;
	return FRAG_TAKEN;
}

/* All in one packet, behind the headers of the first. */
static struct mbuf *
pkt_join(struct reass_pkt *rp)
{
	struct mbuf *m = rp->rp_frags, *next, *last = m_last(m);
	unsigned hlen = m->m_pkt.ph_hdrlen;

	while ((next = m->m_nextpkt) != NULL) {
		m->m_nextpkt = next->m_nextpkt;
		next->m_nextpkt = NULL;
		m->m_pkt.ph_len += next->m_pkt.ph_len;
		last->m_next = next;
		last = m_last(next);
	}
	rp->rp_frags = NULL;
	m->m_data -= hlen;
	m->m_len += hlen;
	m->m_pkt.ph_len += hlen;
	m->m_pkt.ph_csumstart = m->m_pkt.ph_hdrlen = 0;
	m->m_pkt.ph_flags |= PH_FRAG;
	return m;
}

static struct mbuf *
pkt_add(struct reass *rs, struct reass_pkt **pp, struct mbuf *m, uint32_t off,
    int more)
{
	uint32_t mem = (uint32_t)m_memory(m);
	struct reass_pkt *rp = *pp;
	int r = FRAG_REPEAT, ce;

	if (!rp->rp_dead)
		r = pkt_insert(rp, m, off, more);
	if (r != FRAG_TAKEN) {
		m_freem(m);
		if (r == FRAG_BAD) {
			COUNT(rs, ReasmFails);
			pkt_empty(rs, rp);
			rp->rp_dead = 1;
		}
		return NULL;
	}
	rp->rp_mem += mem;
	rs->rs_mem += mem;
	if (rp->rp_end == 0 || rp->rp_have != rp->rp_end)
		return NULL;
	if (rp->rp_end + rp->rp_frags->m_pkt.ph_hdrlen > rs->rs_ops->ro_max) {
		COUNT(rs, ReasmFails);
		pkt_free(rs, pp);
		return NULL;
	}
	m = pkt_join(rp);
	/* RFC 3168, 5.3: congestion of one is that of all. */
	ce = rp->rp_ecn & 1 << 3;
	pkt_free(rs, pp);
	COUNT(rs, ReasmOKs);
	rs->rs_ops->ro_whole(m, ce);
	return m;
}

struct mbuf *
rump_reass(struct reass *rs, const struct reassops *ops,
    const struct reass_key *key, struct mbuf *m, uint32_t off, int more,
    unsigned ecn, struct mbuf *first)
{
	const size_t limit = rump_mbuf_limit / 4 < FRAG_MEM ?
	    rump_mbuf_limit / 4 : FRAG_MEM;
	struct reass_pkt **pp;

	rump_mutex_enter(&rs->rs_lock);
	rs->rs_ops = ops;
	if ((pp = pkt_find(rs, key)) == NULL) {
		COUNT(rs, ReasmFails);
		m_freem(m);
		m = NULL;
	} else {
		(*pp)->rp_ecn |= (uint8_t)(1 << (ecn & 3));
		if ((*pp)->rp_first == NULL) {
			(*pp)->rp_first = first;
			first = NULL;
		}
		m = pkt_add(rs, pp, m, off, more);
	}
	while (rs->rs_mem > limit && reass_evict(rs))
		;
	rump_mutex_exit(&rs->rs_lock);
	if (first != NULL)
		m_freem(first);
	return m;
}

struct mbuf *
rump_reass_copy(const struct mbuf *m, unsigned len)
{
	struct mbuf *c;

	c = m_dup(m, 0, m->m_pkt.ph_len < len ? m->m_pkt.ph_len : len);
	if (c != NULL)
		c->m_pkt.ph_flags = m->m_pkt.ph_flags;
	return c;
}

void
rump_reass_stat(struct reass *rs, unsigned *n, uint32_t *mem)
{

	rump_mutex_enter(&rs->rs_lock);
	*n = rs->rs_count;
	*mem = rs->rs_mem;
	rump_mutex_exit(&rs->rs_lock);
}
