/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_mcast net_inet6 net_config net_dhcp6 */
/* DHCPv6 messages: what is asked byte by byte; answers, cut and changed. */
#include <string.h>

#include "../../rumpsrc/net/dhcp6/dhcp6.h"
#include "../check.h"

static const uint8_t reply[] = {
	7, 0x12, 0x34, 0x56,
	0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1,	/* client */
	0, 2, 0, 4, 0, 3, 0, 99,			/* server */
	0, 3, 0, 40, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0,	/* IA_NA */
	0, 5, 0, 24, 0xfd, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
	0, 0, 0, 100, 0, 0, 0, 200,
	0, 23, 0, 16, 0xfd, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
	0, 24, 0, 5, 3, 'n', 'e', 't', 0,
	0, 14, 0, 0,
};
#define AT_CLIENT	4
#define AT_SERVER	18
#define AT_IA		26
#define AT_ADDR		42
#define AT_DNS		70

static struct dhcp6_request rq = { .rq_type = DHCP6_SOLICIT,
	.rq_xid = 0xaa123456,
	.rq_iaid = 2, .rq_mac = "\2\0\0\0\0\1", .rq_ia = 1 };
static struct dhcp6_reply dr;

/* The reply with one byte changed. */
static int
with(unsigned at, uint8_t v)
{
	uint8_t msg[sizeof(reply)];

	memcpy(msg, reply, sizeof(msg));
	msg[at] = v;
	return dhcp6_parse(msg, sizeof(msg), &rq, &dr);
}

static void
t_parse(void)
{
	unsigned n, cut = 0;

	CHECK_EQ(dhcp6_parse(reply, sizeof(reply), &rq, &dr), 0);
	CHECK_EQ(dr.dr_type, DHCP6_REPLY);
	CHECK(dr.dr_hasaddr && dr.dr_addr.ia_b[15] == 9 && dr.dr_rapid);
	CHECK_EQ(dr.dr_preferred, 100);
	CHECK_EQ(dr.dr_valid, 200);
	CHECK_EQ(dr.dr_t1, 50);
	CHECK_EQ(dr.dr_t2, 80);
	CHECK(dr.dr_ndns == 1 && dr.dr_dns[0].ia_b[15] == 0x53);
	CHECK(dr.dr_searchlen == 5 && dr.dr_serverlen == 4);
	/* Cut anywhere: refused but where options end. */
	for (n = 0; n < sizeof(reply); n++)
		cut += dhcp6_parse(reply, n, &rq, &dr) == 0;
	CHECK_EQ(cut, 4);
	CHECK(with(0, DHCP6_REQUEST) != 0);
	CHECK(with(3, 0x57) != 0);		/* another exchange */
	CHECK(with(AT_CLIENT + 13, 2) != 0);	/* another client */
	CHECK(with(AT_SERVER + 1, 200) != 0);	/* no server */
	CHECK(with(AT_IA + 3, 39) != 0);	/* lengths that do not fit */
	CHECK(with(AT_IA + 3, 11) != 0);
	CHECK(with(AT_ADDR + 3, 25) != 0);
	CHECK(with(AT_ADDR + 3, 23) != 0);
	/* Nothing that is of use, and yet an answer. */
	CHECK(with(AT_IA + 7, 3) == 0 && !dr.dr_hasaddr);
	CHECK(with(AT_ADDR + 4, 0xff) == 0 && !dr.dr_hasaddr);
	CHECK(with(AT_ADDR + 23, 201) == 0 && !dr.dr_hasaddr);
	CHECK(with(AT_ADDR + 27, 99) == 0 && !dr.dr_hasaddr);
	CHECK(with(AT_ADDR + 27, 0) == 0 && !dr.dr_hasaddr);
	CHECK(with(AT_IA + 11, 90) == 0 && dr.dr_t1 == 80 && dr.dr_t2 == 80);
	CHECK(with(AT_IA + 15, 250) == 0 && dr.dr_t2 == 200 &&
	    dr.dr_t1 == 50);
	CHECK(with(AT_IA + 11, 250) == 0 && dr.dr_hasaddr);
	CHECK(with(AT_DNS + 4, 0xff) == 0 && dr.dr_ndns == 0);
	CHECK(with(AT_DNS + 1, 13) == 0 && !dr.dr_hasaddr &&
	    dr.dr_status != 0);
}

static void
t_build(void)
{
	static const uint8_t solicit[] = { 1, 0x12, 0x34, 0x56,
	    0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1,
	    0, 8, 0, 2, 1, 0,
	    0, 3, 0, 12, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 6, 0, 8, 0, 23, 0, 24, 0, 82, 0, 83,
	    0, 14, 0, 0 };
	uint8_t buf[DHCP6_MAXLEN];
	struct dhcp6_request all;

	all = rq;
	all.rq_rapid = 1;
	all.rq_elapsed = 256;
	CHECK_EQ(dhcp6_build(buf, &all), sizeof(solicit));
	CHECK(memcmp(buf, solicit, sizeof(solicit)) == 0);
	CHECK_EQ(dhcp6_parse(reply, sizeof(reply), &rq, &dr), 0);
	all.rq_type = DHCP6_REQUEST;
	all.rq_rapid = 0;
	all.rq_addr = &dr.dr_addr;
	all.rq_server = dr.dr_server;
	all.rq_serverlen = dr.dr_serverlen;
	CHECK_EQ(dhcp6_build(buf, &all), sizeof(solicit) - 4 + 8 + 28);
	CHECK_EQ(buf[0], DHCP6_REQUEST);
	CHECK(memcmp(buf + 18, reply + AT_SERVER, 8) == 0);
	CHECK(memcmp(buf + 52, reply + AT_ADDR + 4, 16) == 0);
}

int
main(void)
{

	t_parse();
	t_build();
	return check_done();
}
