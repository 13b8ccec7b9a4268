/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_config net_dhcp */
/* DHCP messages: what is taken, what is not, every truncation. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "../../rumpsrc/net/dhcp/dhcp.h"

static uint8_t msg[1500];
static size_t len;
static struct dhcp_reply dr;

static void
opt(uint8_t code, const void *val, uint8_t n)
{

	msg[len++] = code;
	msg[len++] = n;
	memcpy(msg + len, val, n);
	len += n;
}

#define OPT(code, ...) do {						\
	static const uint8_t val_[] = { __VA_ARGS__ };			\
	opt(code, val_, sizeof(val_));					\
} while (0)

/* What every reply has; 10.0.0.5 from 10.0.0.1. */
static void
begin(uint8_t type)
{

	memset(msg, 0, sizeof(msg));
	msg[0] = 2;
	msg[1] = 1;
	msg[2] = 6;
	memcpy(msg + 4, "\1\2\3\4", 4);
	memcpy(msg + 16, "\12\0\0\5", 4);
	memcpy(msg + 28, "\2\0\0\0\0\7", 6);
	memcpy(msg + 236, "\143\202\123\143", 4);
	len = 240;
	opt(53, &type, 1);
	OPT(54, 10, 0, 0, 1);
}

static void
lease(void)
{

	OPT(51, 0, 0, 14, 16);		/* 3600 */
	OPT(1, 255, 255, 255, 0);
}

static int
parse(void)
{
	/* A copy of the right size: ASan sees a byte too many. */
	uint8_t *p = malloc(len);
	int error;

	memcpy(p, msg, len);
	error = dhcp_parse(p, len, &dr);
	free(p);
	return error;
}

static void
test_good(void)
{

	begin(DHCP_OFFER);
	lease();
	OPT(3, 10, 0, 0, 1, 10, 0, 0, 2);
	OPT(6, 10, 0, 0, 1, 8, 8, 8, 8, 127, 0, 0, 1, 1, 1, 1, 1, 9, 9, 9, 9);
	opt(12, "guest-1", 7);
	opt(15, "example.org\0", 12);
	OPT(26, 5, 0);			/* 1280 */
	msg[len++] = 0;
	msg[len++] = 255;
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_type, DHCP_OFFER);
	CHECK(memcmp(&dr.dr_xid, "\1\2\3\4", 4) == 0);
	CHECK(memcmp(dr.dr_chaddr, "\2\0\0\0\0\7", 6) == 0);
	CHECK_EQ(dr.dr_addr, inet_addr("10.0.0.5"));
	CHECK_EQ(dr.dr_server, inet_addr("10.0.0.1"));
	CHECK_EQ(dr.dr_plen, 24);
	CHECK_EQ(dr.dr_lease, 3600);
	CHECK_EQ(dr.dr_t2, 3150);
	CHECK_EQ(dr.dr_t1, 1800);
	CHECK_EQ(dr.dr_mtu, 1280);
	CHECK_EQ(dr.dr_nroutes, 1);
	CHECK_EQ(dr.dr_routes[0].dr_gw, inet_addr("10.0.0.1"));
	CHECK_EQ(dr.dr_routes[0].dr_plen, 0);
	CHECK_EQ(dr.dr_ndns, 3);
	CHECK_EQ(dr.dr_dns[1], inet_addr("8.8.8.8"));
	CHECK_EQ(dr.dr_dns[2], inet_addr("1.1.1.1"));
	CHECK(strcmp(dr.dr_hostname, "guest-1") == 0);
	CHECK(strcmp(dr.dr_domain, "example.org") == 0);
	/* Options may end with the message. */
	len--;
	CHECK_EQ(parse(), 0);
	/* Any shorter one is bad or at least read inside its bounds. */
	while (len-- > 0)
		(void)parse();
}

static void
test_routes(void)
{

	begin(DHCP_ACK);
	lease();
	OPT(3, 10, 0, 0, 1);
	/* In two pieces (RFC 3396); the router does not count then. */
	OPT(121, 24, 192, 168, 7, 10, 0, 0, 9, 0, 10, 0);
	OPT(121, 0, 8, 32, 10, 1, 1, 1, 0, 0, 0, 0, 20, 172, 16, 255, 10, 0,
	    0, 3);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_nroutes, 4);
	CHECK_EQ(dr.dr_routes[0].dr_dst, inet_addr("192.168.7.0"));
	CHECK_EQ(dr.dr_routes[0].dr_plen, 24);
	CHECK_EQ(dr.dr_routes[0].dr_gw, inet_addr("10.0.0.9"));
	CHECK_EQ(dr.dr_routes[1].dr_plen, 0);
	CHECK_EQ(dr.dr_routes[1].dr_gw, inet_addr("10.0.0.8"));
	CHECK_EQ(dr.dr_routes[2].dr_plen, 32);
	CHECK_EQ(dr.dr_routes[2].dr_gw, 0);
	CHECK_EQ(dr.dr_routes[3].dr_dst, inet_addr("172.16.240.0"));

	/* A bad one: the router counts. */
	begin(DHCP_ACK);
	lease();
	OPT(3, 10, 0, 0, 1);
	OPT(121, 33, 1, 2, 3, 4, 5, 10, 0, 0, 9);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_nroutes, 1);
	CHECK_EQ(dr.dr_routes[0].dr_gw, inet_addr("10.0.0.1"));
}

static void
test_overload(void)
{

	begin(DHCP_ACK);
	OPT(52, 3);
	memcpy(msg + 108, "\63\4\0\0\0\144\377", 7);	/* file: lease 100 */
	memcpy(msg + 44, "\1\4\377\377\0\0\377", 7);	/* sname: mask */
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_lease, 100);
	CHECK_EQ(dr.dr_plen, 16);
	memset(msg + 44, 1, 64);	/* runs out of sname */
	msg[44 + 62] = 200;
	CHECK(parse() != 0);
}

static void
test_times(void)
{

	begin(DHCP_ACK);
	OPT(51, 0xff, 0xff, 0xff, 0xff);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_t1, DHCP_FOREVER);
	CHECK_EQ(dr.dr_plen, 8);		/* class A */
	begin(DHCP_ACK);
	lease();
	OPT(58, 0, 0, 0, 10);
	OPT(59, 0, 0, 0, 20);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_t1, 10);
	CHECK_EQ(dr.dr_t2, 20);
	begin(DHCP_ACK);
	lease();
	OPT(58, 0, 1, 0, 10);			/* after T2 */
	OPT(59, 0, 1, 0, 20);			/* after the end */
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_t1, 1800);
	CHECK_EQ(dr.dr_t2, 3150);
	begin(DHCP_ACK);
	OPT(51, 0, 0, 0, 1);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(dr.dr_t1, 1);
	CHECK_EQ(dr.dr_t2, 1);
}

static void
test_nak(void)
{

	begin(DHCP_NAK);
	memset(msg + 16, 0, 4);
	opt(56, "no \033[2J", 7);
	CHECK_EQ(parse(), 0);
	CHECK(strcmp(dr.dr_message, "no ?[2J") == 0);
	/* Names that do not belong into files. */
	begin(DHCP_ACK);
	lease();
	opt(15, "a\nnameserver 6.6.6.6", 20);
	opt(12, "-x", 2);
	OPT(26, 0, 67);
	CHECK_EQ(parse(), 0);
	CHECK(dr.dr_domain[0] == '\0' && dr.dr_hostname[0] == '\0');
	CHECK_EQ(dr.dr_mtu, 0);
}

#define BAD(...) do {							\
	begin(DHCP_ACK);						\
	lease();							\
	__VA_ARGS__;							\
	CHECK(parse() != 0);						\
} while (0)

static void
test_bad(void)
{

	BAD(msg[0] = 1);
	BAD(msg[1] = 2);
	BAD(msg[2] = 7);
	BAD(msg[236]++);
	BAD(msg[16] = 0);
	BAD(msg[16] = 127);
	BAD(msg[16] = 224);
	BAD(memset(msg + 16, 255, 4));
	BAD(len = 239);
	BAD(msg[len++] = 12);			/* no length */
	BAD(msg[len++] = 12; msg[len++] = 1);	/* no value */
	BAD(OPT(53, 5));			/* two types: two bytes */
	BAD(OPT(54, 1));			/* five bytes */
	BAD(OPT(1, 0));
	BAD(OPT(51, 0));
	BAD(OPT(52, 0));
	BAD(OPT(52, 4));
	begin(DHCP_ACK);			/* no lease */
	CHECK(parse() != 0);
	begin(DHCP_ACK);
	OPT(51, 0, 0, 0, 0);
	CHECK(parse() != 0);
	begin(DHCP_ACK);
	OPT(51, 0, 0, 0, 9);
	OPT(1, 255, 0, 255, 0);			/* not contiguous */
	CHECK(parse() != 0);
	begin(DHCP_ACK);
	OPT(51, 0, 0, 0, 9);
	OPT(1, 0, 0, 0, 0);
	CHECK(parse() != 0);
	begin(DHCP_DISCOVER);
	lease();
	CHECK(parse() != 0);
	/* An offer without a server. */
	begin(DHCP_OFFER);
	len = 240;
	OPT(53, DHCP_OFFER);
	lease();
	CHECK(parse() != 0);
}

static void
test_build(void)
{
	struct dhcp_request rq = { .rq_type = DHCP_REQUEST, .rq_xid = 7,
	    .rq_addr = 1, .rq_server = 2, .rq_hostname = "me" };
	uint8_t buf[DHCP_MAXLEN];
	size_t n;

	n = dhcp_build(buf, &rq);
	CHECK(n >= 300 && n <= 576);
	CHECK_EQ(buf[0], 1);
	CHECK_EQ(buf[10], 0x80);
	CHECK(memcmp(buf + 236, "\143\202\123\143\65\1\3\75\7\1", 10) == 0);
	rq.rq_ciaddr = 3;
	rq.rq_addr = rq.rq_server = 0;
	n = dhcp_build(buf, &rq);
	CHECK_EQ(buf[10], 0);
	CHECK(memmem(buf, n, "\62\4", 2) == NULL);
}

/* Random bytes in otherwise good messages. */
static void
test_random(void)
{
	size_t good;
	int i, k;

	srandom(1);
	for (i = 0; i < 200000; i++) {
		begin(DHCP_ACK);
		lease();
		OPT(121, 24, 192, 168, 7, 10, 0, 0, 9);
		OPT(52, 3);
		opt(15, "example.org", 11);
		good = len;
		for (k = 0; k < 4; k++)
			msg[random() % good] = (uint8_t)random();
		len = (size_t)(random() % 4 ? good : random() % good);
		(void)parse();
	}
}

int
main(void)
{

	test_good();
	test_routes();
	test_overload();
	test_times();
	test_nak();
	test_bad();
	test_build();
	test_random();
	return check_done();
}
