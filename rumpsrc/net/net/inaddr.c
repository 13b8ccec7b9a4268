/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text (RFC 4291, 2.2; RFC 5952) and as sockaddrs. */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <kern/str.h>
#include <net/inaddr.h>

/* "1.2.3.4", all of it; where it ends, or NULL. */
static const char *
parse4(const char *s, uint8_t *to)
{
	unsigned i, n, digits;

	for (i = 0; i < 4; i++) {
		if (i > 0 && *s++ != '.')
			return NULL;
		for (n = digits = 0; *s >= '0' && *s <= '9'; s++, digits++) {
			n = n * 10 + (unsigned)(*s - '0');
			if (n > 255 || (digits > 0 && n < 10))
				return NULL;
		}
		if (digits == 0)
			return NULL;
		to[i] = (uint8_t)n;
	}
	return s;
}

static int
hexdigit(int c)
{

	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of up to four digits; NULL: none. */
static const char *
parsegroup(const char *s, uint8_t *to)
{
	unsigned n = 0, digits = 0;
	int d;

	while ((d = hexdigit(*s)) >= 0 && digits < 5) {
		n = n << 4 | (unsigned)d;
		s++, digits++;
	}
	if (digits == 0 || digits > 4)
		return NULL;
	to[0] = (uint8_t)(n >> 8);
	to[1] = (uint8_t)n;
	return s;
}

static int
parse6(const char *s, uint8_t *b)
{
	int i = 0, gap = -1;
	const char *e;

	if (s[0] == ':' && s[1] != ':')
		return EINVAL;
	while (*s != '\0') {
		if (s[0] == ':' && s[1] == ':') {
			if (gap >= 0)
				return EINVAL;
			gap = i;
			s += 2;
			continue;
		}
		if (i > 0 && i != gap && *s++ != ':')
			return EINVAL;
		if (i <= 12 && (e = parse4(s, b + i)) != NULL && *e == '\0') {
			i += 4;
			break;
		}
		if (i > 14 || (s = parsegroup(s, b + i)) == NULL)
			return EINVAL;
		i += 2;
	}
	if (gap < 0)
		return i == 16 ? 0 : EINVAL;
	if (i == 16)
		return EINVAL;
	memmove(b + 16 - (i - gap), b + gap, (size_t)(i - gap));
	memset(b + gap, 0, (size_t)(16 - i));
	return 0;
}

int
inaddr_parse(const char *s, struct inaddr *a)
{
	struct inaddr t = inaddr_from4(0);
	const char *e = parse4(s, t.ia_b + 12);

	if ((e == NULL || *e != '\0') && parse6(s, t.ia_b) != 0)
		return EINVAL;
	*a = t;
	return 0;
}

static inline unsigned
group(const struct inaddr *a, int i)
{

	return (unsigned)a->ia_b[2 * i] << 8 | a->ia_b[2 * i + 1];
}

/* The first of the longest runs of zero groups; 8: none of two. */
static int
zerorun(const struct inaddr *a, int *lenp)
{
	int i, n, best = 8;

	*lenp = 1;
	for (i = 0; i < 8; i += n ? n : 1) {
		for (n = 0; i + n < 8 && group(a, i + n) == 0; n++)
			;
		if (n > *lenp) {
			*lenp = n;
			best = i;
		}
	}
	return best;
}

char *
inaddr_format(const struct inaddr *a, char *buf, unsigned len)
{
	int i, run, start;
	char t[48], *p = t, *e = t + sizeof(t);

	if (inaddr_is4(a)) {
		snprintf(buf, len, "%u.%u.%u.%u", a->ia_b[12], a->ia_b[13],
		    a->ia_b[14], a->ia_b[15]);
		return buf;
	}
	start = zerorun(a, &run);
	for (i = 0; i < 8; i++) {
		if (i == start) {
			p += snprintf(p, (size_t)(e - p), "::");
			i += run - 1;
			continue;
		}
		p += snprintf(p, (size_t)(e - p), "%s%x", i > 0 &&
		    i != start + run ? ":" : "", group(a, i));
	}
	strlcpy(buf, t, len);
	return buf;
}

int
inaddr_fromsock(const struct sockaddr *sa, unsigned len, struct inaddr *a,
    uint16_t *portp, uint32_t *scope)
{
	struct sockaddr_in6 s6;
	struct sockaddr_in s4;
	uint16_t family;

	if (len < sizeof(family))
		return EINVAL;
	memcpy(&family, sa, sizeof(family));
	if (scope != NULL)
		*scope = 0;
	if (family == AF_INET) {
		if (len < sizeof(s4))
			return EINVAL;
		memcpy(&s4, sa, sizeof(s4));
		*a = inaddr_from4(s4.sin_addr.s_addr);
		*portp = s4.sin_port;
		return 0;
	}
	if (family != AF_INET6)
		return EAFNOSUPPORT;
	/* RFC 2133's has no sin6_scope_id. */
	if (len < __builtin_offsetof(struct sockaddr_in6, sin6_scope_id))
		return EINVAL;
	memset(&s6, 0, sizeof(s6));
	memcpy(&s6, sa, len < sizeof(s6) ? len : sizeof(s6));
	memcpy(a, &s6.sin6_addr, sizeof(*a));
	*portp = s6.sin6_port;
	if (scope != NULL)
		*scope = s6.sin6_scope_id;
	return 0;
}

unsigned
inaddr_tosock(const struct inaddr *a, uint16_t port, uint32_t scope,
    int family, struct sockaddr *sa)
{
	struct sockaddr_in6 s6;
	struct sockaddr_in s4;

	if (family == AF_INET || (family == 0 && inaddr_is4(a))) {
		memset(&s4, 0, sizeof(s4));
		s4.sin_family = AF_INET;
		s4.sin_port = port;
		s4.sin_addr.s_addr = a->ia_w[3];
		memcpy(sa, &s4, sizeof(s4));
		return sizeof(s4);
	}
	memset(&s6, 0, sizeof(s6));
	s6.sin6_family = AF_INET6;
	s6.sin6_port = port;
	memcpy(&s6.sin6_addr, a, sizeof(*a));
	s6.sin6_scope_id = scope;
	memcpy(sa, &s6, sizeof(s6));
	return sizeof(s6);
}
