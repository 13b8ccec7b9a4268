/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP options: read once, with bounds; written. */
#include "tcp.h"

enum { OPT_EOL, OPT_NOP, OPT_MSS, OPT_WS, OPT_SACKOK, OPT_SACK, OPT_TS = 8,
	OPT_FO = 34, OPT_EXP = 254 };

static inline uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return net32(v);
}

static inline uint16_t
get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return net16(v);
}

static inline uint8_t *
put32(uint8_t *p, uint32_t v)
{
	v = net32(v);
	memcpy(p, &v, 4);
	return p + 4;
}

/* One option: n bytes at p, kind and length included. */
static void
opt_take(struct seg *sg, const uint8_t *p, unsigned n)
{

	switch (p[0]) {
	case OPT_MSS:
		if (n == 4 && (sg->sg_flags & TH_SYN)) {
			sg->sg_mss = get16(p + 2);
			sg->sg_opts |= SGO_MSS;
		}
		break;
	case OPT_WS:
		if (n == 3 && (sg->sg_flags & TH_SYN)) {
			sg->sg_ws = p[2] > TCP_WSCALE_MAX ? TCP_WSCALE_MAX :
			    p[2];
			sg->sg_opts |= SGO_WS;
		}
		break;
	case OPT_SACKOK:
		if (n == 2 && (sg->sg_flags & TH_SYN))
			sg->sg_opts |= SGO_SACKOK;
		break;
	case OPT_SACK:
		if (n >= 10 && (n - 2) % 8 == 0 && !(sg->sg_flags & TH_SYN)) {
			sg->sg_nsack = (uint8_t)((n - 2) / 8);
			sg->sg_sack = p + 2;
		}
		break;
	case OPT_TS:
		if (n == 10) {
			sg->sg_tsval = get32(p + 2);
			sg->sg_tsecr = get32(p + 6);
			sg->sg_opts |= SGO_TS;
		}
		break;
	case OPT_FO:
		if ((n == 2 || (n >= 6 && n <= 18 && n % 2 == 0)) &&
		    (sg->sg_flags & TH_SYN)) {
			sg->sg_folen = (uint8_t)(n - 2);
			sg->sg_fo = p + 2;
			sg->sg_opts |= SGO_FO;
		}
		break;
	}
}

/* False: an option runs over the end; what came before it counts. */
int
tcp_parse(struct seg *sg, const uint8_t *p, unsigned len)
{
	unsigned n;

	/* What nearly every segment has. */
	if (len == 12 && p[0] == OPT_NOP && p[1] == OPT_NOP &&
	    p[2] == OPT_TS && p[3] == 10) {
		sg->sg_tsval = get32(p + 4);
		sg->sg_tsecr = get32(p + 8);
		sg->sg_opts |= SGO_TS;
		return 1;
	}
	for (; len > 0; p += n, len -= n) {
		if (p[0] == OPT_EOL)
			break;
		n = 1;
		if (p[0] == OPT_NOP)
			continue;
		if (len < 2 || (n = p[1]) < 2 || n > len)
			return 0;
		opt_take(sg, p, n);
	}
	return 1;
}

unsigned
tcp_putsyn(uint8_t *p, const struct synopts *so)
{
	uint8_t *start = p;

	p = put32(p, 2 << 24 | 4 << 16 | so->so_mss);
	if (so->so_sack && so->so_ts) {
		p = put32(p, OPT_SACKOK << 24 | 2 << 16 | OPT_TS << 8 | 10);
	} else if (so->so_ts) {
		p = put32(p, OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | 10);
	} else if (so->so_sack) {
		p = put32(p, OPT_NOP << 24 | OPT_NOP << 16 |
		    OPT_SACKOK << 8 | 2);
	}
	if (so->so_ts) {
		p = put32(p, so->so_tsval);
		p = put32(p, so->so_tsecr);
	}
	if (so->so_ws != 0xff)
		p = put32(p, (uint32_t)OPT_NOP << 24 | OPT_WS << 16 | 3 << 8 |
		    so->so_ws);
	if (so->so_folen <= 16 &&
	    (p - start) + 2 + so->so_folen <= (int)TCP_MAXOPT) {
		*p++ = OPT_FO;
		*p++ = (uint8_t)(so->so_folen + 2);
		memcpy(p, so->so_fo, so->so_folen);
		p += so->so_folen;
		while ((p - start) % 4 != 0)
			*p++ = OPT_NOP;
	}
	return (unsigned)(p - start);
}

/* Of a connection that is open; sack: with what was received of it. */
unsigned
tcp_putopts(struct tcpcb *tp, uint8_t *p, int64_t now, int sack)
{
	unsigned n = 0;

	if (LIKELY(tp->t_flags & TF_TS)) {
		p = put32(p, OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | 10);
		p = put32(p, TMS(now) + tp->t_tsoff);
		p = put32(p, tp->t_tsrecent);
		n = 12;
	}
	if (UNLIKELY(tp->t_nreass != 0 || tp->t_dsack) && sack &&
	    (tp->t_flags & TF_SACK))
		n += tcp_sackopt(tp, p, TCP_MAXOPT - n);
	return n;
}
