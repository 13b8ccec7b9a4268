/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments (RFC 791, 815; limits and overlaps as RFC 5722 has them for
 * IPv6): a datagram any two of whose fragments overlap is lost as a whole, and
 * the rest of it too; only an exact repetition is just ignored.
 *
 * Bounded: FRAG_MEM bytes of memory, FRAG_QUEUES datagrams, FRAG_MAX fragments
 * of each, 30 s.  The oldest datagram makes room.  frag_lock is a leaf.
 */
#include <linux/if_ether.h>
#include "inet_priv.h"

#define FRAG_MEM	(256 * 1024)	/* and a quarter of all mbufs' */
#define FRAG_QUEUES	64
#define FRAG_MAX	128
#define FRAG_TIME	(30 * NSEC_PER_SEC)

/* Fragments hang on fq_frags by m_nextpkt, in order, without their headers;
 * ph_csumstart is their offset. */
struct fragq {
	struct fragq	*fq_next;	/* newest first */
	uint32_t	 fq_src, fq_dst;
	uint16_t	 fq_id;
	uint8_t		 fq_proto;
	uint8_t		 fq_dead;	/* overlap: takes no more */
	uint8_t		 fq_ecn;	/* of all: 1 << bits */
	uint16_t	 fq_n;
	uint32_t	 fq_end;	/* bytes of the whole, 0: not known */
	uint32_t	 fq_have;
	uint32_t	 fq_mem;
	int64_t		 fq_expires;
	struct mbuf	*fq_first;	/* a copy of the first one's header and
					 * 8 bytes: for the ICMP error */
	struct mbuf	*fq_frags;
};

static struct rump_mutex frag_lock;
static struct fragq *frag_list;		/* [frag_lock] */
static unsigned frag_count;		/* [frag_lock] */
static uint32_t frag_mem;		/* [frag_lock] */
static struct rump_callout frag_timer;
static int frag_armed;			/* [frag_lock] */

/* Caller holds frag_lock in all that follow. */
static void
fragq_empty(struct fragq *fq)
{

	frag_mem -= fq->fq_mem;
	fq->fq_mem = 0;
	m_freeq(fq->fq_frags);
	fq->fq_frags = NULL;
	fq->fq_n = 0;
}

static void
fragq_free(struct fragq **qp)
{
	struct fragq *fq = *qp;

	*qp = fq->fq_next;
	fragq_empty(fq);
	if (fq->fq_first != NULL)
		m_freem(fq->fq_first);
	rump_kmem_free(fq, sizeof(*fq));
	frag_count--;
}

static void
frag_expire(void *arg)
{
	int64_t now = rump_monotonic(), next = INT64_MAX;
	struct mbuf *tell = NULL, *m;
	struct fragq **qp, *fq;

	(void)arg;
	rump_mutex_enter(&frag_lock);
	for (qp = &frag_list; (fq = *qp) != NULL;) {
		if (fq->fq_expires > now) {
			if (fq->fq_expires < next)
				next = fq->fq_expires;
			qp = &fq->fq_next;
			continue;
		}
		if (!fq->fq_dead) {
			IP4COUNT(ReasmTimeout);
			IP4COUNT(ReasmFails);
			if ((m = fq->fq_first) != NULL) {
				fq->fq_first = NULL;
				m->m_nextpkt = tell;
				tell = m;
			}
		}
		fragq_free(qp);
	}
	frag_armed = next != INT64_MAX;
	if (frag_armed)
		rump_callout_schedule(&frag_timer, next);
	rump_mutex_exit(&frag_lock);
	while ((m = tell) != NULL) {
		tell = m->m_nextpkt;
		m->m_nextpkt = NULL;
		icmp_error(m, ICMP_T_TIMXCEED, 1, 0);
	}
}

static struct fragq **
fragq_find(const struct ip4 *ip)
{
	struct fragq **qp;

	for (qp = &frag_list; *qp != NULL; qp = &(*qp)->fq_next)
		if ((*qp)->fq_id == ip->ip_id && (*qp)->fq_src == ip->ip_src &&
		    (*qp)->fq_dst == ip->ip_dst && (*qp)->fq_proto == ip->ip_p)
			break;
	return qp;
}

/* The oldest one, but not keep. */
static int
fragq_evict(const struct fragq *keep)
{
	struct fragq **qp, **last = NULL;

	for (qp = &frag_list; *qp != NULL; qp = &(*qp)->fq_next)
		if (*qp != keep)
			last = qp;
	if (last == NULL)
		return 0;
	if (!(*last)->fq_dead)
		IP4COUNT(ReasmFails);
	fragq_free(last);
	return 1;
}

static struct fragq **
fragq_new(const struct ip4 *ip)
{
	int64_t now = rump_monotonic();
	struct fragq *fq;

	if (frag_count >= FRAG_QUEUES)
		(void)fragq_evict(NULL);
	if ((fq = rump_kmem_zalloc(sizeof(*fq))) == NULL)
		return NULL;
	fq->fq_src = ip->ip_src;
	fq->fq_dst = ip->ip_dst;
	fq->fq_id = ip->ip_id;
	fq->fq_proto = ip->ip_p;
	fq->fq_expires = now + FRAG_TIME;
	fq->fq_next = frag_list;
	frag_list = fq;
	frag_count++;
	if (!frag_armed) {
		if (frag_timer.co_fn == NULL)
			rump_callout_init(&frag_timer, frag_expire, NULL);
		frag_armed = 1;
		rump_callout_schedule(&frag_timer, fq->fq_expires);
	}
	return &frag_list;
}

enum { FRAG_TAKEN, FRAG_REPEAT, FRAG_BAD };

static int
fragq_insert(struct fragq *fq, struct mbuf *m, uint32_t off, int more)
{
	uint32_t len = m->m_pkt.ph_len, end = off + len, o, e = 0;
	struct mbuf **mp, *x;

	if (fq->fq_end != 0 && (end > fq->fq_end ||
	    (!more && end != fq->fq_end)))
		return FRAG_BAD;
	for (mp = &fq->fq_frags; (x = *mp) != NULL; mp = &x->m_nextpkt) {
		o = x->m_pkt.ph_csumstart;
		if (o == off && x->m_pkt.ph_len == len)
			return FRAG_REPEAT;
		if (o >= end)
			break;
		e = o + x->m_pkt.ph_len;
		if (e > off)
			return FRAG_BAD;
	}
	/* Nothing lies behind the last one. */
	if (!more && x != NULL)
		return FRAG_BAD;
	if (fq->fq_n >= FRAG_MAX)
		return FRAG_BAD;
	if (!more)
		fq->fq_end = end;
	m->m_pkt.ph_csumstart = (uint16_t)off;
	m->m_nextpkt = x;
	*mp = m;
	fq->fq_n++;
	fq->fq_have += len;
	return FRAG_TAKEN;
}

/* All in one packet, behind the header of the first. */
static struct mbuf *
fragq_join(struct fragq *fq)
{
	struct mbuf *m = fq->fq_frags, *next, *last;
	unsigned hlen = m->m_pkt.ph_hdrlen;
	struct ip4 *ip;

	last = m_last(m);
	while ((next = m->m_nextpkt) != NULL) {
		m->m_nextpkt = next->m_nextpkt;
		next->m_nextpkt = NULL;
		m->m_pkt.ph_len += next->m_pkt.ph_len;
		last->m_next = next;
		last = m_last(next);
	}
	fq->fq_frags = NULL;
	m->m_data -= hlen;
	m->m_len += hlen;
	m->m_pkt.ph_len += hlen;
	m->m_pkt.ph_csumstart = m->m_pkt.ph_hdrlen = 0;
	m->m_pkt.ph_flags |= PH_FRAG;
	ip = mtod(m, struct ip4 *);
	ip->ip_len = net16((uint16_t)m->m_pkt.ph_len);
	ip->ip_off = 0;
	/* RFC 3168, 5.3: congestion of one is that of all. */
	if (fq->fq_ecn & 1 << 3)
		ip->ip_tos |= 3;
	return m;
}

/* Header checked, cut off; bytes known to be contiguous.  Takes m. */
static struct mbuf *
frag_add(struct fragq **qp, struct mbuf *m, uint32_t off, int more)
{
	uint32_t mem = (uint32_t)m_memory(m);
	struct fragq *fq = *qp;
	int r = FRAG_REPEAT;

	if (!fq->fq_dead)
		r = fragq_insert(fq, m, off, more);
	if (r != FRAG_TAKEN) {
		m_freem(m);
		if (r == FRAG_BAD) {
			IP4COUNT(ReasmFails);
			fragq_empty(fq);
			fq->fq_dead = 1;
		}
		return NULL;
	}
	fq->fq_mem += mem;
	frag_mem += mem;
	if (fq->fq_end == 0 || fq->fq_have != fq->fq_end)
		return NULL;
	if (fq->fq_end + fq->fq_frags->m_pkt.ph_hdrlen > IP4_MAX) {
		IP4COUNT(ReasmFails);
		fragq_free(qp);
		return NULL;
	}
	m = fragq_join(fq);
	fragq_free(qp);
	IP4COUNT(ReasmOKs);
	return m;
}

static inline size_t
frag_limit(void)
{

	return rump_mbuf_limit / 4 < FRAG_MEM ? rump_mbuf_limit / 4 : FRAG_MEM;
}

struct mbuf *
ip4_reass(struct ifnet *ifp, struct mbuf *m)
{
	unsigned hlen = IP4_HLEN(mtod(m, struct ip4 *)), off, more, first;
	struct fragq **qp;
	struct ip4 *ip;

	(void)ifp;
	IP4COUNT(ReasmReqds);
	if ((m = m_unshare(m, hlen)) == NULL)
		goto fail;
	ip = mtod(m, struct ip4 *);
	off = (net16(ip->ip_off) & IP4_OFFMASK) * 8U;
	more = net16(ip->ip_off) & IP4_MF;
	if (m->m_pkt.ph_len == hlen || (more &&
	    (m->m_pkt.ph_len - hlen) % 8 != 0) ||
	    off + m->m_pkt.ph_len > IP4_MAX)
		goto fail;
	m->m_pkt.ph_csum = PH_CSUM_NONE;
	m->m_pkt.ph_gso = PH_GSO_NONE;
	m->m_pkt.ph_hdrlen = (uint16_t)hlen;
	first = off == 0;
	rump_mutex_enter(&frag_lock);
	qp = fragq_find(ip);
	if (*qp == NULL && (qp = fragq_new(ip)) == NULL) {
		rump_mutex_exit(&frag_lock);
		goto fail;
	}
	(*qp)->fq_ecn |= (uint8_t)(1 << (ip->ip_tos & 3));
	if (first && (*qp)->fq_first == NULL) {
		(*qp)->fq_first = m_dup(m, 0, m->m_pkt.ph_len < hlen + 8 ?
		    m->m_pkt.ph_len : hlen + 8);
		if ((*qp)->fq_first != NULL)
			(*qp)->fq_first->m_pkt.ph_flags = m->m_pkt.ph_flags;
	}
	m->m_data += hlen;
	m->m_len -= hlen;
	m->m_pkt.ph_len -= hlen;
	m = frag_add(qp, m, off, more != 0);
	while (frag_mem > frag_limit() && fragq_evict(NULL))
		;
	rump_mutex_exit(&frag_lock);
	return m;
fail:
	IP4COUNT(ReasmFails);
	m_freem(m);
	return NULL;
}

/* --- making them --- */

/* The options that are copied into every fragment (RFC 791, 3.1). */
static unsigned
frag_options(const struct ip4 *ip, uint8_t *to)
{
	const uint8_t *p = (const uint8_t *)(ip + 1);
	unsigned n = IP4_HLEN(ip) - IP4_HDR, i, len, out = 0;

	for (i = 0; i < n && p[i] != 0; i += len) {
		len = p[i] == 1 || i + 1 >= n ? 1 : p[i + 1];
		if (len == 0 || len > n - i)
			break;
		if (p[i] & 0x80) {
			memcpy(to + out, p + i, len);
			out += len;
		}
	}
	while (out % 4 != 0)
		to[out++] = 0;
	return out;
}

static struct mbuf *
frag_make(const struct mbuf *m, const struct ip4 *first, const uint8_t *opts,
    unsigned optlen, unsigned off, unsigned len, int more)
{
	unsigned hlen = IP4_HDR + optlen, base = IP4_HLEN(first);
	struct mbuf *h, *data;
	struct ip4 *ip;

	if ((h = m_gethdr(hlen)) == NULL)
		return NULL;
	if ((data = m_copym(m, base + off, len)) == NULL) {
		m_freem(h);
		return NULL;
	}
	h->m_len = h->m_pkt.ph_len = hlen;
	m_cat(h, data);
	h->m_pkt.ph_prio = m->m_pkt.ph_prio;
	h->m_pkt.ph_flags = m->m_pkt.ph_flags;
	ip = mtod(h, struct ip4 *);
	*ip = *first;
	memcpy(ip + 1, opts, optlen);
	ip->ip_vhl = (uint8_t)(0x40 | hlen / 4);
	ip->ip_len = net16((uint16_t)(hlen + len));
	ip->ip_off = net16((uint16_t)((net16(first->ip_off) & (IP4_DF |
	    IP4_MF)) + (net16(first->ip_off) & IP4_OFFMASK) + off / 8));
	if (more)
		ip->ip_off |= net16(IP4_MF);
	ip->ip_sum = 0;
	ip->ip_sum = cksum_fold(cksum_add(ip, hlen, 0));
	IP4COUNT(FragCreates);
	return h;
}

int
ip4_fragment(struct mbuf *m, uint32_t mtu, struct mbuf **qp)
{
	unsigned hlen, len, off, optlen = 0, max;
	struct mbuf **tail = qp;
	struct ip4 first;
	uint8_t opts[40];

	*qp = NULL;
	if (m_cksum_finish(&m) != 0 || (m = m_pullup(m, IP4_HLEN(mtod(m,
	    struct ip4 *)))) == NULL)
		goto fail;
	hlen = IP4_HLEN(mtod(m, struct ip4 *));
	first = *mtod(m, struct ip4 *);
	memcpy(opts, m->m_data + IP4_HDR, hlen - IP4_HDR);
	optlen = hlen - IP4_HDR;
	len = m->m_pkt.ph_len - hlen;
	if (mtu < hlen + 8)
		goto fail;
	max = (mtu - hlen) & ~7U;
	for (off = 0; off < len; off += max) {
		*tail = frag_make(m, &first, opts, optlen, off,
		    len - off < max ? len - off : max, off + max < len);
		if (*tail == NULL)
			goto fail;
		tail = &(*tail)->m_nextpkt;
		if (off == 0)
			optlen = frag_options(mtod(m, struct ip4 *), opts);
	}
	m_freem(m);
	IP4COUNT(FragOKs);
	return 0;
fail:
	IP4COUNT(FragFails);
	m_freeq(*qp);
	*qp = NULL;
	m_freem(m);
	return ENOBUFS;
}

void
ip4_fragstat(unsigned *n, uint32_t *mem)
{

	rump_mutex_enter(&frag_lock);
	*n = frag_count;
	*mem = frag_mem;
	rump_mutex_exit(&frag_lock);
}
