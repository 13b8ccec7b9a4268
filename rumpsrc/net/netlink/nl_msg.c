/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages: how they are made (several to a packet, each whole in one mbuf)
 * and how the user's are read: every length is checked here, once.
 */
#include <asm/errno.h>
#include "nl.h"

#define ALIGN4(n)	(((n) + 3U) & ~3U)

void
nl_outinit(struct nlout *o, uint32_t port, uint32_t seq, int multi)
{

	memset(o, 0, sizeof(*o));
	o->no_port = port;
	o->no_seq = seq;
	o->no_flags = multi ? NLM_F_MULTI : 0;
}

void
nl_outfree(struct nlout *o)
{

	m_freeq(o->no_first);
	o->no_first = o->no_last = NULL;
}

static int
out_packet(struct nlout *o)
{
	struct mbuf *m = m_gethdr(NL_MAXMSG);

	if (m == NULL) {
		o->no_error = ENOBUFS;
		return ENOBUFS;
	}
	if (o->no_last != NULL)
		o->no_last->m_nextpkt = m;
	else
		o->no_first = m;
	o->no_last = m;
	return 0;
}

/* The open message moves into a packet of its own. */
static int
out_move(struct nlout *o, uint32_t need)
{
	struct mbuf *old = o->no_last;
	uint32_t len = old->m_len - o->no_start;

	if (o->no_start == 0 || len + need > NL_MAXMSG) {
		o->no_error = EMSGSIZE;
		return EMSGSIZE;
	}
	if (out_packet(o) != 0)
		return ENOBUFS;
	memcpy(o->no_last->m_data, old->m_data + o->no_start, len);
	o->no_last->m_len = len;
	old->m_len = old->m_pkt.ph_len = o->no_start;
	o->no_start = 0;
	return 0;
}

/* n more bytes of the open message, zeroed to a multiple of 4. */
static uint8_t *
out_room(struct nlout *o, size_t n)
{
	uint32_t need = ALIGN4((uint32_t)n);
	uint8_t *p;

	if (o->no_error != 0)
		return NULL;
	if (n > NL_MAXMSG) {
		o->no_error = EMSGSIZE;
		return NULL;
	}
	if (o->no_last->m_len + need > NL_MAXMSG && out_move(o, need) != 0)
		return NULL;
	p = o->no_last->m_data + o->no_last->m_len;
	memset(p, 0, need);
	o->no_last->m_len += need;
	return p;
}

void *
nl_begin(struct nlout *o, unsigned type, unsigned flags, size_t body)
{
	struct nlmsghdr *h;

	o->no_error = 0;
	o->no_start = o->no_last != NULL ? o->no_last->m_len : 0;
	if ((o->no_last == NULL || o->no_last->m_len + NLMSG_HDRLEN +
	    ALIGN4((uint32_t)body) > NL_MAXMSG) && out_packet(o) != 0)
		return NULL;
	o->no_start = o->no_last->m_len;
	h = (void *)out_room(o, NLMSG_HDRLEN + body);
	if (h == NULL)
		return NULL;
	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(flags | o->no_flags);
	h->nlmsg_seq = o->no_seq;
	h->nlmsg_pid = o->no_port;
	return h + 1;
}

void
nl_attr(struct nlout *o, unsigned type, const void *data, size_t n)
{
	struct nlattr *a;

	if ((a = (void *)out_room(o, sizeof(*a) + n)) == NULL)
		return;
	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(sizeof(*a) + n);
	memcpy(a + 1, data, n);
}

void
nl_attr8(struct nlout *o, unsigned type, uint8_t v)
{

	nl_attr(o, type, &v, 1);
}

void
nl_attr32(struct nlout *o, unsigned type, uint32_t v)
{

	nl_attr(o, type, &v, 4);
}

void
nl_attrstr(struct nlout *o, unsigned type, const char *s)
{

	nl_attr(o, type, s, strlen(s) + 1);
}

void
nl_attraddr(struct nlout *o, unsigned type, const struct inaddr *a)
{

	if (inaddr_is4(a))
		nl_attr(o, type, &a->ia_w[3], 4);
	else
		nl_attr(o, type, a, 16);
}

uint32_t
nl_nest(struct nlout *o, unsigned type)
{
	struct nlattr *a = (void *)out_room(o, sizeof(*a));

	if (a == NULL)
		return 0;
	a->nla_type = (uint16_t)type;
	return (uint32_t)((uint8_t *)a - o->no_last->m_data) - o->no_start;
}

void
nl_nestend(struct nlout *o, uint32_t at)
{
	struct nlattr *a;

	if (o->no_error != 0)
		return;
	a = (void *)(o->no_last->m_data + o->no_start + at);
	a->nla_len = (uint16_t)(o->no_last->m_len - o->no_start - at);
}

int
nl_end(struct nlout *o)
{
	struct nlmsghdr *h;

	if (o->no_error != 0) {
		if (o->no_last != NULL)
			o->no_last->m_len = o->no_start;
	} else {
		h = (void *)(o->no_last->m_data + o->no_start);
		h->nlmsg_len = o->no_last->m_len - o->no_start;
	}
	if (o->no_last != NULL)
		o->no_last->m_pkt.ph_len = o->no_last->m_len;
	return o->no_error;
}

/* The request comes back in it, unless the user does not want it, or long. */
void
nl_error(struct nlout *o, const struct nlmsghdr *h, int error, int cap)
{
	size_t n = h->nlmsg_len;
	struct nlmsgerr *e;

	cap = (cap || error == 0) && n > sizeof(*h);
	if (n > NL_MAXMSG - 64)
		cap = 1;
	if (cap)
		n = sizeof(*h);
	e = nl_begin(o, NLMSG_ERROR, cap ? NLM_F_CAPPED : 0,
	    sizeof(e->error) + n);
	if (e != NULL) {
		((struct nlmsghdr *)(void *)e)[-1].nlmsg_flags &=
		    (uint16_t)~NLM_F_MULTI;
		e->error = -error;
		memcpy(&e->msg, h, n);
	}
	(void)nl_end(o);
}

/*
 * Reading.
 */
int
nl_attrs(const void *p, size_t len, struct nlattrs *as)
{
	const struct nlattr *a;
	size_t n;
	unsigned type;

	memset(as, 0, sizeof(*as));
	for (; len >= sizeof(*a); p = (const uint8_t *)p + n, len -= n) {
		a = p;
		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			return EINVAL;
		type = a->nla_type & NLA_TYPE_MASK;
		if (type < NL_MAXATTR)
			as->na[type] = a;
		n = ALIGN4(a->nla_len);
		if (n > len)
			n = len;
	}
	return 0;
}

int
nl_body(struct nlreq *r, size_t n)
{

	if (r->nr_h->nlmsg_len - NLMSG_HDRLEN < n)
		return EINVAL;
	r->nr_body = r->nr_h + 1;
	memset(&r->nr_a, 0, sizeof(r->nr_a));
	return 0;
}

int
nl_parse(struct nlreq *r, size_t n)
{
	size_t len = r->nr_h->nlmsg_len - NLMSG_HDRLEN, off = ALIGN4(n);

	if (len < n)
		return EINVAL;
	r->nr_body = r->nr_h + 1;
	if (off > len)
		off = len;
	return nl_attrs((const uint8_t *)r->nr_body + off, len - off,
	    &r->nr_a);
}

int
nl_get32(const struct nlattrs *as, unsigned type, uint32_t *vp)
{
	const struct nlattr *a = as->na[type];

	if (a == NULL)
		return 0;
	if (nla_len(a) < sizeof(*vp))
		return EINVAL;
	memcpy(vp, nla_data(a), sizeof(*vp));
	return 0;
}

int
nl_getaddr(const struct nlattrs *as, unsigned type, int family,
    struct inaddr *ia)
{
	const struct nlattr *a = as->na[type];
	uint32_t v4;

	if (a == NULL)
		return ENOENT;
	if (nla_len(a) != (family == AF_INET ? 4 : 16))
		return EINVAL;
	if (family == AF_INET) {
		memcpy(&v4, nla_data(a), 4);
		*ia = inaddr_from4(v4);
	} else {
		memcpy(ia, nla_data(a), 16);
	}
	return 0;
}

int
nl_getname(const struct nlattrs *as, unsigned type, char *name)
{
	const struct nlattr *a = as->na[type];
	size_t n;

	if (a == NULL)
		return ENOENT;
	n = nla_len(a);
	if (n == 0 || n > IFNAMSIZ)
		return n == 0 ? EINVAL : ERANGE;
	memcpy(name, nla_data(a), n);
	if (name[n - 1] != '\0') {
		if (n == IFNAMSIZ)
			return ERANGE;
		name[n] = '\0';
	}
	return 0;
}
