/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to a netlink socket of the rump kernel, and answers. */
#ifndef TESTS_NET_NETLINK_NLTEST_H
#define TESTS_NET_NETLINK_NLTEST_H

#include "../net-inet/wire.h"
#include <linux/netlink.h>
#include <linux/sock_diag.h>

static union {
	struct nlmsghdr	 h;
	uint8_t		 b[4096];
} rq;					/* the request */
static uint8_t an[1 << 18];		/* its answer: all messages */
static unsigned anlen;
static unsigned nlseq;

static inline int
nlsock(int proto)
{
	int fd = (int)SYS(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, proto);

	CHECK(fd >= 0);
	return fd;
}

/* Begins a request; its body, zeroed. */
static inline void *
rqbegin(unsigned type, unsigned flags, unsigned body)
{
	memset(&rq, 0, sizeof(rq));
	rq.h.nlmsg_type = (uint16_t)type;
	rq.h.nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST);
	rq.h.nlmsg_seq = ++nlseq;
	rq.h.nlmsg_len = NLMSG_HDRLEN + NLMSG_ALIGN(body);
	return &rq.h + 1;
}

static inline void
rqattr(unsigned type, const void *p, unsigned n)
{
	struct nlattr *a = (void *)(rq.b + NLMSG_ALIGN(rq.h.nlmsg_len));

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(sizeof(*a) + n);
	memcpy(a + 1, p, n);
	rq.h.nlmsg_len += NLMSG_ALIGN(a->nla_len);
}

static inline void
rqattr32(unsigned type, uint32_t v)
{
	rqattr(type, &v, 4);
}

static inline void
rqaddr(unsigned type, const char *s)
{
	struct inaddr a = addr(s);

	if (inaddr_is4(&a))
		rqattr(type, &a.ia_w[3], 4);
	else
		rqattr(type, &a, 16);
}

static inline long
rqsend(int fd)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };

	return SYS(sendto, fd, &rq, (size_t)rq.h.nlmsg_len, 0, &nl,
	    sizeof(nl));
}

/* Everything that is there, messages one behind the other. */
static inline void
nlread(int fd)
{
	long n;

	anlen = 0;
	while ((n = SYS(recvfrom, fd, an + anlen, sizeof(an) - anlen,
	    MSG_DONTWAIT, NULL, NULL)) > 0)
		anlen += (unsigned)n;
	CHECK_EQ(errno, EAGAIN);
}

/* Asks and reads; the error that was told, 0 for an acknowledgement or a
 * dump's end, -1 when there was none of these. */
static inline int
ask(int fd)
{
	struct nlmsghdr *h;
	unsigned off;
	int r = -1, e;

	CHECK_EQ(rqsend(fd), rq.h.nlmsg_len);
	nlread(fd);
	for (off = 0; off < anlen; off += NLMSG_ALIGN(h->nlmsg_len)) {
		h = (void *)(an + off);
		CHECK(h->nlmsg_len >= NLMSG_HDRLEN);
		CHECK(h->nlmsg_len <= anlen - off);
		if (h->nlmsg_len < NLMSG_HDRLEN)
			break;
		CHECK_EQ(h->nlmsg_seq, nlseq);
		if (h->nlmsg_type == NLMSG_ERROR ||
		    h->nlmsg_type == NLMSG_DONE) {
			memcpy(&e, h + 1, 4);
			r = -e;
		}
	}
	return r;
}

/* The i-th message of a type. */
static inline struct nlmsghdr *
answer(unsigned type, unsigned i)
{
	struct nlmsghdr *h;
	unsigned off;

	for (off = 0; off < anlen; off += NLMSG_ALIGN(h->nlmsg_len)) {
		h = (void *)(an + off);
		if (h->nlmsg_type == type && i-- == 0)
			return h;
	}
	return NULL;
}

static inline unsigned
count(unsigned type)
{
	unsigned n = 0;

	while (answer(type, n) != NULL)
		n++;
	return n;
}

/* Its attribute, behind a body. */
static inline struct nlattr *
attr(struct nlmsghdr *h, unsigned body, unsigned type)
{
	uint8_t *p = (uint8_t *)(h + 1) + NLMSG_ALIGN(body);
	uint8_t *end = (uint8_t *)h + h->nlmsg_len;
	struct nlattr *a;

	for (; p + sizeof(*a) <= end; p += NLMSG_ALIGN(a->nla_len)) {
		a = (void *)p;
		CHECK(a->nla_len >= sizeof(*a) && p + a->nla_len <= end);
		if (a->nla_len < sizeof(*a))
			break;
		if (a->nla_type == type)
			return a;
	}
	return NULL;
}

static inline uint32_t
attr32(struct nlmsghdr *h, unsigned body, unsigned type)
{
	struct nlattr *a = attr(h, body, type);
	uint32_t v = 0xdeadbeef;

	if (a != NULL && a->nla_len >= 8)
		memcpy(&v, a + 1, 4);
	return v;
}

static inline const char *
attrstr(struct nlmsghdr *h, unsigned body, unsigned type)
{
	struct nlattr *a = attr(h, body, type);

	return a != NULL ? (const char *)(a + 1) : "";
}

#endif /* TESTS_NET_NETLINK_NLTEST_H */
