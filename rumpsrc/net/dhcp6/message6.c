/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 messages (RFC 8415, 8, 16 and 21): making those of a client,
 * checking those of a server.  The options are looked at here only, with
 * bounds; an option that comes twice counts once.
 */
#include <asm/errno.h>
#include <kern/str.h>
#include "dhcp6.h"

enum { OPT_CLIENTID = 1, OPT_SERVERID, OPT_IA_NA, OPT_IAADDR = 5, OPT_ORO,
	OPT_PREFERENCE, OPT_ELAPSED, OPT_STATUS = 13, OPT_RAPID = 14,
	OPT_DNS = 23, OPT_DOMAINS, OPT_REFRESH = 32, OPT_SOLMAXRT = 82,
	OPT_INFMAXRT };

#define HEAD		4
#define DUID_LL		10	/* type, hardware type, MAC */
#define IA_HEAD		12	/* IAID, T1, T2 */
#define IAADDR_HEAD	24
#define STATUS_UNSPEC	1

static uint16_t
get16(const uint8_t *p)
{

	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{

	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint8_t *
put16(uint8_t *p, unsigned v)
{

	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{

	return put16(put16(p, v >> 16), v & 0xffff);
}

/* The head of an option. */
static uint8_t *
option(uint8_t *p, unsigned code, unsigned len)
{

	return put16(put16(p, code), len);
}

/* DUID-LL: the same at every boot. */
static void
duid(const uint8_t *mac, uint8_t *to)
{

	memcpy(put16(put16(to, 3), 1), mac, 6);
}

static uint8_t *
put_ia(uint8_t *p, const struct dhcp6_request *rq)
{

	p = option(p, OPT_IA_NA, IA_HEAD + (rq->rq_addr != NULL ? 4 +
	    IAADDR_HEAD : 0));
	p = put32(put32(put32(p, rq->rq_iaid), 0), 0);
	if (rq->rq_addr == NULL)
		return p;
	p = option(p, OPT_IAADDR, IAADDR_HEAD);
	memcpy(p, rq->rq_addr->ia_b, 16);
	return put32(put32(p + 16, 0), 0);
}

/* 200 bytes at most: every part has its length. */
size_t
dhcp6_build(uint8_t *buf, const struct dhcp6_request *rq)
{
	uint8_t *p = put32(buf, (uint32_t)rq->rq_type << 24 |
	    (rq->rq_xid & 0xffffff));

	p = option(p, OPT_CLIENTID, DUID_LL);
	duid(rq->rq_mac, p);
	p += DUID_LL;
	if (rq->rq_server != NULL) {
		p = option(p, OPT_SERVERID, rq->rq_serverlen);
		memcpy(p, rq->rq_server, rq->rq_serverlen);
		p += rq->rq_serverlen;
	}
	p = put16(option(p, OPT_ELAPSED, 2), rq->rq_elapsed);
	if (rq->rq_ia)
		p = put_ia(p, rq);
	if (rq->rq_type != DHCP6_DECLINE) {
		p = option(p, OPT_ORO, 8);
		p = put16(put16(p, OPT_DNS), OPT_DOMAINS);
		p = put16(put16(p, rq->rq_type == DHCP6_INFORM ? OPT_REFRESH :
		    OPT_SOLMAXRT), OPT_INFMAXRT);
	}
	if (rq->rq_rapid)
		p = option(p, OPT_RAPID, 0);
	return (size_t)(p - buf);
}

/*
 * One option of *pp; NULL: no more.  *badp: the rest is not options.
 */
static const uint8_t *
next(const uint8_t **pp, const uint8_t *end, unsigned *codep, unsigned *lenp,
    int *badp)
{
	const uint8_t *p = *pp;

	if (p == end)
		return NULL;
	if (end - p < 4 || end - p - 4 < get16(p + 2)) {
		*badp = 1;
		return NULL;
	}
	*codep = get16(p);
	*lenp = get16(p + 2);
	*pp = p + 4 + *lenp;
	return p + 4;
}

static int
status_of(const uint8_t *p, unsigned len)
{
	unsigned code = len >= 2 ? get16(p) : STATUS_UNSPEC;

	return code > 255 ? STATUS_UNSPEC : (int)code;
}

/* The first address that may be used. */
static int
parse_addr(const uint8_t *p, unsigned len, struct dhcp6_reply *dr)
{
	const uint8_t *opt, *end = p + len, *o = p + IAADDR_HEAD;
	uint32_t preferred, valid;
	unsigned code, n;
	struct inaddr a;
	int bad = 0;

	if (len < IAADDR_HEAD)
		return EINVAL;
	memcpy(a.ia_b, p, 16);
	preferred = get32(p + 16);
	valid = get32(p + 20);
	while ((opt = next(&o, end, &code, &n, &bad)) != NULL)
		if (code == OPT_STATUS && status_of(opt, n) != 0)
			return 0;
	if (bad)
		return EINVAL;
	if (dr->dr_hasaddr || valid == 0 || preferred > valid ||
	    inaddr_ismulti(&a) || inaddr_isany(&a) || inaddr_isloop(&a) ||
	    inaddr_islinklocal6(&a) || inaddr_is4(&a))
		return 0;
	dr->dr_addr = a;
	dr->dr_preferred = preferred;
	dr->dr_valid = valid;
	dr->dr_hasaddr = 1;
	return 0;
}

static uint32_t
share(uint32_t t, uint32_t tenths)
{

	return t == DHCP6_FOREVER ? t : (uint32_t)((uint64_t)t * tenths / 10);
}

/* 21.4: zero leaves it to the client; both and wrong: no such IA. */
static void
ia_times(struct dhcp6_reply *dr, uint32_t t1, uint32_t t2)
{
	uint32_t life = dr->dr_preferred != 0 ? dr->dr_preferred :
	    dr->dr_valid;

	if (t1 != 0 && t2 != 0 && t1 > t2)
		dr->dr_hasaddr = 0;
	if (t2 == 0)
		t2 = share(life, 8);
	if (t2 > dr->dr_valid)
		t2 = dr->dr_valid;
	if (t1 == 0)
		t1 = share(life, 5);
	dr->dr_t2 = t2 != 0 ? t2 : 1;
	dr->dr_t1 = t1 == 0 ? 1 : t1 < dr->dr_t2 ? t1 : dr->dr_t2;
}

static int
parse_ia(const uint8_t *p, unsigned len, const struct dhcp6_request *rq,
    struct dhcp6_reply *dr)
{
	const uint8_t *opt, *end = p + len, *o = p + IA_HEAD;
	unsigned code, n;
	int bad = 0, error = 0, st;

	if (len < IA_HEAD)
		return EINVAL;
	if (!rq->rq_ia || dr->dr_hasaddr || get32(p) != rq->rq_iaid)
		return 0;
	while (error == 0 &&
	    (opt = next(&o, end, &code, &n, &bad)) != NULL) {
		if (code == OPT_IAADDR)
			error = parse_addr(opt, n, dr);
		else if (code == OPT_STATUS && (st = status_of(opt, n)) != 0)
			dr->dr_status = (uint8_t)st;
	}
	if (dr->dr_hasaddr)
		ia_times(dr, get32(p + 4), get32(p + 8));
	return bad ? EINVAL : error;
}

static void
parse_dns(const uint8_t *p, unsigned len, struct dhcp6_reply *dr)
{
	struct inaddr a;

	for (; len >= 16 && dr->dr_ndns < DHCP6_MAXDNS; p += 16, len -= 16) {
		memcpy(a.ia_b, p, 16);
		if (!inaddr_ismulti(&a) && !inaddr_isany(&a) &&
		    !inaddr_is4(&a))
			dr->dr_dns[dr->dr_ndns++] = a;
	}
}

/* What is ours is *seen 1, a server's identity 2. */
static int
parse_option(unsigned code, const uint8_t *p, unsigned len,
    const struct dhcp6_request *rq, struct dhcp6_reply *dr, unsigned *seen)
{
	uint8_t mine[DUID_LL];

	switch (code) {
	case OPT_CLIENTID:
		duid(rq->rq_mac, mine);
		if (len != sizeof(mine) || memcmp(p, mine, len) != 0)
			return EINVAL;
		*seen |= 1;
		break;
	case OPT_SERVERID:
		if (len < 1 || len > DHCP6_MAXDUID)
			return EINVAL;
		memcpy(dr->dr_server, p, len);
		dr->dr_serverlen = (uint16_t)len;
		*seen |= 2;
		break;
	case OPT_IA_NA:
		return parse_ia(p, len, rq, dr);
	case OPT_PREFERENCE:
		if (len == 1)
			dr->dr_preference = p[0];
		break;
	case OPT_STATUS:
		if (status_of(p, len) != 0)
			dr->dr_status = (uint8_t)status_of(p, len);
		break;
	case OPT_RAPID:
		dr->dr_rapid = 1;
		break;
	case OPT_DNS:
		parse_dns(p, len, dr);
		break;
	case OPT_DOMAINS:
		if (len <= DHCP6_MAXSEARCH) {
			memcpy(dr->dr_search, p, len);
			dr->dr_searchlen = len;
		}
		break;
	case OPT_REFRESH:
		if (len == 4)
			dr->dr_refresh = get32(p);
		break;
	}
	return 0;
}

int
dhcp6_parse(const uint8_t *p, size_t len, const struct dhcp6_request *rq,
    struct dhcp6_reply *dr)
{
	const uint8_t *opt, *end = p + len, *o = p + HEAD;
	unsigned code, n, seen = 0;
	int bad = 0, error = 0;

	memset(dr, 0, sizeof(*dr));
	if (len < HEAD || (p[0] != DHCP6_ADVERTISE && p[0] != DHCP6_REPLY) ||
	    (get32(p) & 0xffffff) != (rq->rq_xid & 0xffffff))
		return EINVAL;
	dr->dr_type = p[0];
	while (error == 0 && (opt = next(&o, end, &code, &n, &bad)) != NULL)
		error = parse_option(code, opt, n, rq, dr, &seen);
	if (error != 0 || bad || seen != 3)
		return EINVAL;
	/* A status outside of the IA is about all of it. */
	if (dr->dr_hasaddr && dr->dr_status != 0)
		dr->dr_hasaddr = 0;
	return 0;
}
