/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments (RFC 8200, 4.5): a packet any two of whose fragments overlap is
 * lost as a whole, and the rest of it too (RFC 5722); only an exact repetition
 * is just ignored.  Atomic ones are packets by themselves (RFC 6946).  The
 * first one must have all headers (RFC 7112).
 *
 * Bounded: FRAG_MEM bytes of memory, FRAG_QUEUES packets, FRAG_MAX fragments
 * of each, 60 s.  The oldest packet makes room.  frag_lock is a leaf.
 */
#include <linux/if_ether.h>
#include <net/netproc.h>
#include "inet6_priv.h"

#define FRAG_MEM	(256 * 1024)
#define FRAG_QUEUES	64
#define FRAG_MAX	128
#define FRAG_TIME	(60 * NSEC_PER_SEC)
#define FRAG_CHAIN	2048	/* most bytes of headers */

/* Fragments hang on fq_frags by m_nextpkt, in order, without their headers
 * (those of the first are before m_data); ph_csumstart is their offset. */
struct fragq {
	struct fragq	*fq_next;	/* newest first */
	struct inaddr	 fq_src, fq_dst;
	uint32_t	 fq_id;
	uint32_t	 fq_if;		/* of link-local addresses */
	uint8_t		 fq_dead;	/* overlap: takes no more */
	uint8_t		 fq_ecn;	/* of all: 1 << bits */
	uint16_t	 fq_n;
	uint32_t	 fq_end;	/* bytes of the whole, 0: not known */
	uint32_t	 fq_have;
	uint32_t	 fq_mem;
	int64_t		 fq_expires;
	struct mbuf	*fq_first;	/* a copy of the first one, for the
					 * ICMP error */
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
			IP6COUNT(ReasmTimeout);
			IP6COUNT(ReasmFails);
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
		icmp6_error(m, ICMP6_TIMXCEED, 1, 0);
	}
}

static uint32_t
fragq_if(const struct ifnet *ifp, const struct ip6 *ip)
{
	struct inaddr src = ip->ip6_src, dst = ip->ip6_dst;

	return in6_islinkscope(&src) || in6_islinkscope(&dst) ?
	    ifp->if_index : 0;
}

static struct fragq **
fragq_find(const struct ifnet *ifp, const struct ip6 *ip, uint32_t id)
{
	struct inaddr src = ip->ip6_src, dst = ip->ip6_dst;
	uint32_t index = fragq_if(ifp, ip);
	struct fragq **qp;

	for (qp = &frag_list; *qp != NULL; qp = &(*qp)->fq_next)
		if ((*qp)->fq_id == id && (*qp)->fq_if == index &&
		    inaddr_eq(&(*qp)->fq_src, &src) &&
		    inaddr_eq(&(*qp)->fq_dst, &dst))
			break;
	return qp;
}

static int
fragq_evict(void)
{
	struct fragq **qp = &frag_list;

	if (*qp == NULL)
		return 0;
	while ((*qp)->fq_next != NULL)
		qp = &(*qp)->fq_next;
	if (!(*qp)->fq_dead)
		IP6COUNT(ReasmFails);
	fragq_free(qp);
	return 1;
}

static struct fragq **
fragq_new(const struct ifnet *ifp, const struct ip6 *ip, uint32_t id)
{
	struct fragq *fq;

	if (frag_count >= FRAG_QUEUES)
		(void)fragq_evict();
	if ((fq = rump_kmem_zalloc(sizeof(*fq))) == NULL)
		return NULL;
	fq->fq_src = ip->ip6_src;
	fq->fq_dst = ip->ip6_dst;
	fq->fq_id = id;
	fq->fq_if = fragq_if(ifp, ip);
	fq->fq_expires = rump_monotonic() + FRAG_TIME;
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
	uint32_t len = m->m_pkt.ph_len, end = off + len, o;
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
		if (o + x->m_pkt.ph_len > off)
			return FRAG_BAD;
	}
	/* Nothing lies behind the last one. */
	if ((!more && x != NULL) || fq->fq_n >= FRAG_MAX)
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

/* All in one packet, behind the headers of the first. */
static struct mbuf *
fragq_join(struct fragq *fq)
{
	struct mbuf *m = fq->fq_frags, *next, *last = m_last(m);
	unsigned hlen = m->m_pkt.ph_hdrlen;
	struct ip6 *ip;

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
	ip = mtod(m, struct ip6 *);
	ip->ip6_plen = net16((uint16_t)(m->m_pkt.ph_len - IP6_HDR));
	/* RFC 3168, 5.3: congestion of one is that of all. */
	if (fq->fq_ecn & 1 << 3)
		ip->ip6_flow |= net32(3U << 20);
	return m;
}

/* Headers cut off.  Takes m. */
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
			IP6COUNT(ReasmFails);
			fragq_empty(fq);
			fq->fq_dead = 1;
		}
		return NULL;
	}
	fq->fq_mem += mem;
	frag_mem += mem;
	if (fq->fq_end == 0 || fq->fq_have != fq->fq_end)
		return NULL;
	if (fq->fq_end + fq->fq_frags->m_pkt.ph_hdrlen > IP6_MAX + IP6_HDR) {
		IP6COUNT(ReasmFails);
		fragq_free(qp);
		return NULL;
	}
	m = fragq_join(fq);
	fragq_free(qp);
	IP6COUNT(ReasmOKs);
	return m;
}

/* Has it all headers, with the transport's beginning?  First fragment. */
static int
chain_whole(const struct mbuf *m, unsigned off, uint8_t proto)
{
	unsigned n = m->m_pkt.ph_len - off;
	uint8_t head[256];

	if (proto == PROTO_NONE)
		return 1;
	if (n > sizeof(head))
		n = sizeof(head);
	m_copydata(m, off, n, head);
	off = ip6_skip(head, n, 0, &proto);
	if (ip6_isext(proto))
		return 0;
	/* Headers longer than that are somebody's joke. */
	return off + (proto == PROTO_TCP ? 20 : proto == PROTO_UDP ||
	    proto == PROTO_ICMP6 ? 8 : 0) <= n && (off != 0 || n > 0);
}

/* What is wrong with it?  1: nothing.  0: m is gone. */
static int
frag_check(struct mbuf *m, const struct ip6_walk *w, unsigned off, int more,
    uint8_t proto)
{
	unsigned len = m->m_pkt.ph_len - w->w_off - 8;

	if (more && len % 8 != 0) {
		IP6COUNT(ReasmFails);
		icmp6_error(m, ICMP6_PARAM, ICMP6_C_HEADER, 4);
		return 0;
	}
	if (off + len + w->w_off - IP6_HDR > IP6_MAX) {
		IP6COUNT(ReasmFails);
		icmp6_error(m, ICMP6_PARAM, ICMP6_C_HEADER, w->w_off + 2);
		return 0;
	}
	if (off == 0 && !chain_whole(m, w->w_off + 8, proto)) {
		IP6COUNT(ReasmFails);
		icmp6_error(m, ICMP6_PARAM, ICMP6_C_CHAIN, 0);
		return 0;
	}
	if (len == 0) {
		IP6COUNT(ReasmFails);
		m_freem(m);
		return 0;
	}
	return 1;
}

/* The headers of a first fragment, without the fragment's own. */
static void
frag_cut(struct mbuf *m, const struct ip6_walk *w, uint8_t proto)
{
	unsigned n = w->w_off;
	uint8_t *p = m->m_data;

	p[w->w_nxtoff] = proto;
	memmove(p + 8, p, n);
	n += 8;
	m->m_data += n;
	m->m_len -= n;
	m->m_pkt.ph_len -= n;
	m->m_pkt.ph_hdrlen = (uint16_t)w->w_off;
}

static struct mbuf *
frag_fail(struct mbuf *m)
{

	IP6COUNT(ReasmFails);
	m_freem(m);
	return NULL;
}

/* The queue that it belongs to; frag_lock held. */
static struct fragq **
frag_queue(const struct ifnet *ifp, const struct mbuf *m, uint32_t id,
    int first)
{
	const struct ip6 *ip = mtod(m, const struct ip6 *);
	struct fragq **qp = fragq_find(ifp, ip, id);
	unsigned n = m->m_pkt.ph_len;

	if (*qp == NULL && (qp = fragq_new(ifp, ip, id)) == NULL)
		return NULL;
	(*qp)->fq_ecn |= (uint8_t)(1 << (IP6_TOS(ip->ip6_flow) & 3));
	if (first && (*qp)->fq_first == NULL) {
		(*qp)->fq_first = m_dup(m, 0, n < 512 ? n : 512);
		if ((*qp)->fq_first != NULL)
			(*qp)->fq_first->m_pkt.ph_flags = m->m_pkt.ph_flags;
	}
	return qp;
}

/* w is at the fragment header; contiguous so far. */
struct mbuf *
ip6_reass(struct ifnet *ifp, struct mbuf *m, struct ip6_walk *w)
{
	struct ip6_frag fh;
	struct fragq **qp;
	unsigned off;
	int more;

	memcpy(&fh, m->m_data + w->w_off, sizeof(fh));
	off = net16(fh.if_off) & 0xfff8U;
	more = net16(fh.if_off) & 1;
	if (off == 0 && !more) {
		w->w_proto = fh.if_nxt;
		w->w_nxtoff = w->w_off;
		w->w_off += 8;
		return m;
	}
	IP6COUNT(ReasmReqds);
	if (m->m_pkt.ph_flags & PH_FRAG)	/* in a reassembled one */
		return frag_fail(m);
	if (!frag_check(m, w, off, more, fh.if_nxt))
		return NULL;
	if ((m = m_unshare(m, w->w_off + 8)) == NULL)
		return frag_fail(NULL);
	m->m_pkt.ph_csum = PH_CSUM_NONE;
	m->m_pkt.ph_gso = PH_GSO_NONE;
	rump_mutex_enter(&frag_lock);
	if ((qp = frag_queue(ifp, m, fh.if_id, off == 0)) == NULL) {
		rump_mutex_exit(&frag_lock);
		return frag_fail(m);
	}
	frag_cut(m, w, fh.if_nxt);
	m = frag_add(qp, m, off, more);
	while (frag_mem > FRAG_MEM && fragq_evict())
		;
	rump_mutex_exit(&frag_lock);
	if (m == NULL)
		return NULL;
	/* Once more from the start; its headers may be others than these. */
	w->w_off = IP6_HDR;
	w->w_nxtoff = 6;
	w->w_proto = mtod(m, const struct ip6 *)->ip6_nxt;
	return m;
}

/* --- making them --- */

/* RFC 7739: a counter, displaced by the keyed hash of what must differ. */
static uint32_t
frag_newid(const struct ip6 *ip)
{
	static uint32_t ids[16];	/* [a] */
	struct inaddr s = ip->ip6_src, d = ip->ip6_dst;
	uint64_t h = in_prfpair(&s, &d, 0, 44);

	return __atomic_fetch_add(&ids[h >> 60], 1, __ATOMIC_RELAXED) +
	    (uint32_t)h;
}

static struct mbuf *
frag_make(const struct mbuf *m, unsigned unfrag, unsigned nxtoff,
    struct ip6_frag *fh, unsigned off, unsigned len)
{
	struct mbuf *h, *data;

	if ((h = m_gethdr(unfrag + sizeof(*fh))) == NULL)
		return NULL;
	if ((data = m_copym(m, unfrag + off, len)) == NULL) {
		m_freem(h);
		return NULL;
	}
	h->m_len = h->m_pkt.ph_len = unfrag + (unsigned)sizeof(*fh);
	m_copydata(m, 0, unfrag, h->m_data);
	h->m_data[nxtoff] = PROTO_FRAGMENT;
	memcpy(h->m_data + unfrag, fh, sizeof(*fh));
	m_cat(h, data);
	h->m_pkt.ph_prio = m->m_pkt.ph_prio;
	h->m_pkt.ph_flags = m->m_pkt.ph_flags;
	mtod(h, struct ip6 *)->ip6_plen = net16((uint16_t)(h->m_pkt.ph_len -
	    IP6_HDR));
	IP6COUNT(FragCreates);
	return h;
}

int
ip6_fragment(struct mbuf *m, unsigned unfrag, unsigned nxtoff, uint32_t mtu,
    struct mbuf **qp)
{
	struct ip6_frag fh = { .if_reserved = 0 };
	unsigned len, off, max, n;
	struct mbuf **tail = qp;

	*qp = NULL;
	if (m_cksum_finish(&m) != 0 || (m = m_pullup(m, unfrag)) == NULL)
		goto fail;
	if (mtu < unfrag + sizeof(fh) + 8)
		goto fail;
	fh.if_nxt = m->m_data[nxtoff];
	fh.if_id = frag_newid(mtod(m, const struct ip6 *));
	len = m->m_pkt.ph_len - unfrag;
	max = (mtu - unfrag - (unsigned)sizeof(fh)) & ~7U;
	for (off = 0; off < len; off += max) {
		n = len - off < max ? len - off : max;
		fh.if_off = net16((uint16_t)(off | (off + n < len)));
		*tail = frag_make(m, unfrag, nxtoff, &fh, off, n);
		if (*tail == NULL)
			goto fail;
		tail = &(*tail)->m_nextpkt;
	}
	m_freem(m);
	IP6COUNT(FragOKs);
	return 0;
fail:
	IP6COUNT(FragFails);
	m_freeq(*qp);
	*qp = NULL;
	m_freem(m);
	return ENOBUFS;
}

void
rump_ip6_fragstat(unsigned *n, uint32_t *mem)
{

	rump_mutex_enter(&frag_lock);
	*n = frag_count;
	*mem = frag_mem;
	rump_mutex_exit(&frag_lock);
}
