/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP messages: the only place that looks at their bytes.  An option whose
 * length runs out of its field makes the whole message bad; so does a wrong
 * one among those that a lease consists of.  The others (names, MTU, name
 * servers, routes) count only when they are right.
 */
#include <asm/errno.h>

#include <kern/str.h>
#include <net/inaddr.h>
#include "dhcp.h"

enum {
	OPT_PAD = 0, OPT_MASK = 1, OPT_ROUTER = 3, OPT_DNS = 6, OPT_HOST = 12,
	OPT_DOMAIN = 15, OPT_MTU = 26, OPT_ADDR = 50, OPT_LEASE = 51,
	OPT_OVERLOAD = 52, OPT_TYPE = 53, OPT_SERVER = 54, OPT_PARAMS = 55,
	OPT_MESSAGE = 56, OPT_MAXSIZE = 57, OPT_T1 = 58, OPT_T2 = 59,
	OPT_CLIENT = 61, OPT_ROUTES = 121, OPT_END = 255
};

/* Fields of the fixed part. */
enum { F_OP = 0, F_HTYPE = 1, F_HLEN = 2, F_XID = 4, F_SECS = 8, F_FLAGS = 10,
	F_CIADDR = 12, F_YIADDR = 16, F_CHADDR = 28, F_SNAME = 44,
	F_FILE = 108, F_COOKIE = 236, F_OPTIONS = 240 };
#define LEN_SNAME	64
#define LEN_FILE	128
#define OPTMAX		512		/* longest option, in pieces */

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

struct field {				/* a place where options are */
	const uint8_t	*fd_p;
	size_t		 fd_len;
};

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/*
 * The value of an option in one field, pieces put together (RFC 3396), after
 * the n bytes that buf has.  Returns its length, -1: none or not whole.
 */
static int
field_option(const struct field *fd, uint8_t code, uint8_t *buf, int n)
{
	size_t i = 0, len;

	while (i < fd->fd_len && fd->fd_p[i] != OPT_END) {
		if (fd->fd_p[i] == OPT_PAD) {
			i++;
			continue;
		}
		len = fd->fd_p[i + 1];
		if (fd->fd_p[i] == code) {
			n = n < 0 ? 0 : n;
			if (len > OPTMAX - (size_t)n)
				return -1;
			memcpy(buf + n, fd->fd_p + i + 2, len);
			n += (int)len;
		}
		i += 2 + len;
	}
	return n;
}

/* Do the options of a field end inside it? */
static int
field_check(const struct field *fd)
{
	size_t i = 0;

	while (i < fd->fd_len && fd->fd_p[i] != OPT_END) {
		if (fd->fd_p[i] == OPT_PAD)
			i++;
		else if (fd->fd_len - i < 2 ||
		    fd->fd_p[i + 1] > fd->fd_len - i - 2)
			return EINVAL;
		else
			i += 2 + fd->fd_p[i + 1];
	}
	return 0;
}

/* Options, and what the option "overload" adds (RFC 2132, 9.3). */
static int
find_fields(const uint8_t *p, size_t len, struct field *fd)
{
	uint8_t buf[OPTMAX];
	int n;

	fd[0] = (struct field){ p + F_OPTIONS, len - F_OPTIONS };
	fd[1] = (struct field){ p + F_FILE, 0 };
	fd[2] = (struct field){ p + F_SNAME, 0 };
	if (field_check(&fd[0]) != 0)
		return EINVAL;
	n = field_option(&fd[0], OPT_OVERLOAD, buf, -1);
	if (n == -1)
		return 0;
	if (n != 1 || buf[0] < 1 || buf[0] > 3)
		return EINVAL;
	fd[1].fd_len = buf[0] & 1 ? LEN_FILE : 0;
	fd[2].fd_len = buf[0] & 2 ? LEN_SNAME : 0;
	return field_check(&fd[1]) || field_check(&fd[2]) ? EINVAL : 0;
}

static int
option(const struct field *fd, uint8_t code, uint8_t *buf)
{
	int i, n = -1;

	for (i = 0; i < 3; i++)
		n = field_option(&fd[i], code, buf, n);
	return n;
}

/* A 32-bit option.  0: it is there, ENOENT, EINVAL. */
static int
option32(const struct field *fd, uint8_t code, uint8_t *buf, uint32_t *vp)
{
	int n = option(fd, code, buf);

	if (n == -1)
		return ENOENT;
	if (n != 4)
		return EINVAL;
	*vp = get32(buf);
	return 0;
}

/* An address that a host may have. */
static int
is_host(uint32_t addr)
{
	uint32_t a = net32(addr);

	return a >> 24 != 0 && a >> 24 != 127 && a >> 28 < 14;
}

/* Letters, digits, "-", "_" and "."; it ends up in a file. */
static void
parse_name(const uint8_t *p, int n, char *name, size_t size)
{
	int i;

	while (n > 0 && p[n - 1] == '\0')
		n--;
	if (n <= 0 || (size_t)n >= size || p[0] == '.' || p[0] == '-')
		return;
	for (i = 0; i < n; i++)
		if (!((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z') &&
		    !(p[i] >= '0' && p[i] <= '9') && p[i] != '-' &&
		    p[i] != '_' && p[i] != '.')
			return;
	memcpy(name, p, (size_t)n);
	name[n] = '\0';
}

static void
parse_text(const uint8_t *p, int n, char *text, size_t size)
{
	size_t i;

	for (i = 0; (int)i < n && i + 1 < size; i++)
		text[i] = p[i] >= ' ' && p[i] < 127 ? (char)p[i] : '?';
	text[i] = '\0';
}

/* RFC 3442: prefix length, as many bytes as it needs, router. */
static int
parse_routes(const uint8_t *p, int n, struct dhcp_reply *dr)
{
	struct dhcp_route *rt = dr->dr_routes;
	unsigned bytes, left = (unsigned)n, count = 0;

	while (left > 0) {
		bytes = (p[0] + 7u) / 8;
		if (p[0] > 32 || left < 1 + bytes + 4)
			return EINVAL;
		if (count < DHCP_MAXROUTES) {
			rt[count].dr_plen = p[0];
			rt[count].dr_dst = 0;
			memcpy(&rt[count].dr_dst, p + 1, bytes);
			if (p[0] % 32 != 0)
				rt[count].dr_dst &= net32(~0U << (32 - p[0]));
			rt[count].dr_gw = get32(p + 1 + bytes);
			if (rt[count].dr_gw == 0 || is_host(rt[count].dr_gw))
				count++;
		}
		p += 1 + bytes + 4;
		left -= 1 + bytes + 4;
	}
	dr->dr_nroutes = count;
	return 0;
}

static int
parse_mask(const struct field *fd, uint8_t *buf, struct dhcp_reply *dr)
{
	uint32_t mask = 0, a = net32(dr->dr_addr);
	int error = option32(fd, OPT_MASK, buf, &mask);

	if (error == ENOENT) {		/* of its class */
		dr->dr_plen = a >> 31 == 0 ? 8 : a >> 30 == 2 ? 16 : 24;
		return 0;
	}
	mask = net32(mask);
	if (error != 0 || mask == 0 || (~mask & (~mask + 1)) != 0)
		return EINVAL;
	dr->dr_plen = (uint8_t)(32 - __builtin_ctz(mask));
	return 0;
}

/* Seconds from 1 to max, else what is taken instead. */
static uint32_t
parse_time(const struct field *fd, uint8_t code, uint8_t *buf, uint32_t max,
    uint32_t otherwise)
{
	uint32_t v = 0;

	if (option32(fd, code, buf, &v) == 0 && v != 0 && net32(v) <= max)
		return net32(v);
	return otherwise != 0 ? otherwise : 1;
}

/* T1 and T2 are half and 7/8 of the lease when not said or absurd. */
static int
parse_times(const struct field *fd, uint8_t *buf, struct dhcp_reply *dr)
{
	uint32_t lease = 0;

	if (option32(fd, OPT_LEASE, buf, &lease) != 0 || lease == 0)
		return EINVAL;
	lease = dr->dr_lease = net32(lease);
	if (lease == DHCP_FOREVER) {
		dr->dr_t1 = dr->dr_t2 = DHCP_FOREVER;
		return 0;
	}
	dr->dr_t2 = parse_time(fd, OPT_T2, buf, lease, lease - lease / 8);
	dr->dr_t1 = parse_time(fd, OPT_T1, buf, dr->dr_t2,
	    dr->dr_t2 / 7 * 4 + dr->dr_t2 % 7 * 4 / 7);
	return 0;
}

static void
parse_extras(const struct field *fd, uint8_t *buf, struct dhcp_reply *dr)
{
	struct dhcp_route *rt = dr->dr_routes;
	uint32_t addr;
	int i, n;

	n = option(fd, OPT_DNS, buf);
	for (i = 0; i + 4 <= n && dr->dr_ndns < DHCP_MAXDNS; i += 4) {
		addr = get32(buf + i);
		if (n % 4 == 0 && is_host(addr))
			dr->dr_dns[dr->dr_ndns++] = addr;
	}
	parse_name(buf, option(fd, OPT_DOMAIN, buf), dr->dr_domain,
	    sizeof(dr->dr_domain));
	parse_name(buf, option(fd, OPT_HOST, buf), dr->dr_hostname,
	    sizeof(dr->dr_hostname));
	n = option(fd, OPT_MTU, buf);
	if (n == 2 && (buf[0] << 8 | buf[1]) >= 68)
		dr->dr_mtu = (uint32_t)(buf[0] << 8 | buf[1]);
	/* Classless routes replace the router, even the default one. */
	n = option(fd, OPT_ROUTES, buf);
	if (n > 0 && parse_routes(buf, n, dr) == 0)
		return;
	dr->dr_nroutes = 0;
	n = option(fd, OPT_ROUTER, buf);
	if (n >= 4 && n % 4 == 0 && is_host(get32(buf))) {
		memset(rt, 0, sizeof(*rt));
		rt->dr_gw = get32(buf);
		dr->dr_nroutes = 1;
	}
}

int
dhcp_parse(const uint8_t *p, size_t len, struct dhcp_reply *dr)
{
	uint8_t buf[OPTMAX];
	struct field fd[3];
	int error;

	memset(dr, 0, sizeof(*dr));
	if (len < DHCP_MINLEN || p[F_OP] != 2 || p[F_HTYPE] != 1 ||
	    p[F_HLEN] != 6 || memcmp(p + F_COOKIE, cookie, 4) != 0 ||
	    find_fields(p, len, fd) != 0)
		return EINVAL;
	dr->dr_xid = get32(p + F_XID);
	memcpy(dr->dr_chaddr, p + F_CHADDR, 6);
	if (option(fd, OPT_TYPE, buf) != 1)
		return EINVAL;
	dr->dr_type = buf[0];
	error = option32(fd, OPT_SERVER, buf, &dr->dr_server);
	if (error == EINVAL || (error == 0 && !is_host(dr->dr_server)) ||
	    (error == ENOENT && dr->dr_type != DHCP_ACK))
		return EINVAL;
	parse_text(buf, option(fd, OPT_MESSAGE, buf), dr->dr_message,
	    sizeof(dr->dr_message));
	if (dr->dr_type == DHCP_NAK)
		return 0;
	dr->dr_addr = get32(p + F_YIADDR);
	if ((dr->dr_type != DHCP_OFFER && dr->dr_type != DHCP_ACK) ||
	    !is_host(dr->dr_addr) || parse_mask(fd, buf, dr) != 0 ||
	    parse_times(fd, buf, dr) != 0)
		return EINVAL;
	parse_extras(fd, buf, dr);
	return 0;
}

static uint8_t *
put(uint8_t *p, uint8_t code, const void *val, size_t len)
{

	*p++ = code;
	*p++ = (uint8_t)len;
	memcpy(p, val, len);
	return p + len;
}

/*
 * Answers are asked for by broadcast: until there is an address nothing
 * else would reach us.
 */
size_t
dhcp_build(uint8_t *buf, const struct dhcp_request *rq)
{
	static const uint8_t params[] = { OPT_MASK, OPT_ROUTES, OPT_ROUTER,
	    OPT_DNS, OPT_HOST, OPT_DOMAIN, OPT_MTU, OPT_T1, OPT_T2 };
	static const uint8_t maxsize[2] = { DHCP_MAXLEN >> 8,
	    DHCP_MAXLEN & 0xff };
	uint8_t client[7] = { 1 }, *p = buf + F_OPTIONS;

	memset(buf, 0, DHCP_MINLEN);
	buf[F_OP] = 1;
	buf[F_HTYPE] = 1;
	buf[F_HLEN] = 6;
	memcpy(buf + F_XID, &rq->rq_xid, 4);
	buf[F_SECS] = (uint8_t)(rq->rq_secs >> 8);
	buf[F_SECS + 1] = (uint8_t)rq->rq_secs;
	buf[F_FLAGS] = rq->rq_ciaddr == 0 ? 0x80 : 0;
	memcpy(buf + F_CIADDR, &rq->rq_ciaddr, 4);
	memcpy(buf + F_CHADDR, rq->rq_chaddr, 6);
	memcpy(buf + F_COOKIE, cookie, 4);
	p = put(p, OPT_TYPE, &rq->rq_type, 1);
	memcpy(client + 1, rq->rq_chaddr, 6);
	p = put(p, OPT_CLIENT, client, sizeof(client));
	if (rq->rq_addr != 0)
		p = put(p, OPT_ADDR, &rq->rq_addr, 4);
	if (rq->rq_server != 0)
		p = put(p, OPT_SERVER, &rq->rq_server, 4);
	if (rq->rq_type != DHCP_DECLINE) {
		p = put(p, OPT_MAXSIZE, maxsize, 2);
		p = put(p, OPT_PARAMS, params, sizeof(params));
		if (rq->rq_hostname != NULL && rq->rq_hostname[0] != '\0')
			p = put(p, OPT_HOST, rq->rq_hostname,
			    strnlen(rq->rq_hostname, 63));
	}
	*p++ = OPT_END;
	/* Old relays expect BOOTP's 300 bytes. */
	while (p < buf + 300)
		*p++ = OPT_PAD;
	return (size_t)(p - buf);
}
