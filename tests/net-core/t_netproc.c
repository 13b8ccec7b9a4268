/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/* /proc/net as Linux writes it; buffers that are too short. */
#include <stdio.h>
#include <net/netproc.h>
#include "fake.h"
#include "../check.h"

static char buf[8192];

static void
has(const char *line)
{

	if (strstr(buf, line) == NULL)
		printf("no \"%s\" in:\n%s", line, buf);
	CHECK(strstr(buf, line) != NULL);
}

static void
filled(int (*fn)(char *, size_t))
{
	char small[8192];
	int n, i;

	n = fn(buf, sizeof(buf));
	CHECK_EQ(n, strlen(buf));
	CHECK_EQ(fn(NULL, 0), n);
	for (i = 1; i <= n + 1; i += i < 200 ? 1 : 97) {
		memset(small, 0x55, sizeof(small));
		CHECK_EQ(fn(small, (size_t)i), n);
		CHECK_EQ(strlen(small), i - 1);
		CHECK(memcmp(small, buf, (size_t)i - 1) == 0);
		CHECK_EQ(small[i], 0x55);
	}
}

int
main(void)
{
	struct inaddr a = addr("10.0.0.9");
	struct rtentry rt;
	struct neigh *ne;
	static struct fake *e0;	/* what it points to is in use */
	char *line;

	CHECK_EQ(rump_init(), 0);
	rump_schedule();
	e0 = fake_attach("eth%d", 0);
	CHECK_EQ(addaddr(e0, "10.0.0.2", 24), 0);
	CHECK_EQ(addaddr(e0, "fe80::2", 64), 0);
	memset(&rt, 0, sizeof(rt));
	rt.rt_dst = addr("0.0.0.0");
	rt.rt_plen = 96;
	rt.rt_gw = addr("10.0.0.1");
	rt.rt_metric = 100;
	CHECK_EQ(rump_rt_add(&rt), 0);
	ne = rump_neigh_get(&e0->fk_if, &a, 1);
	rump_neigh_update(ne, (const uint8_t *)"\2\1\2\3\4\5", NEU_SOLICITED);
	rump_neigh_rele(ne);
	e0->fk_if.if_stats.rx_bytes = 12345678901;
	e0->fk_if.if_stats.tx_dropped = 7;

	filled(rump_netproc_dev);
	has("Inter-|   Receive                            "
	    "                    |  Transmit\n face |bytes    packets");
	has("\n    lo:       0       0    0    0    0     0          0         "
	    "0        0       0    0    0    0     0       0          0\n");
	has("\n  eth0: 12345678901       0    0    0    0     0          0     "
	    "    0        0       0    0    7    0     0       0          0\n");
	filled(rump_netproc_route);
	has("eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0 ");
	has("eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0 ");
	CHECK(strstr(buf, "lo\t") == NULL);
	for (line = buf; *line != '\0'; line += 128)
		CHECK_EQ(line[127], '\n');
	filled(rump_netproc_arp);
	has("\n10.0.0.9         0x1         0x2         02:01:02:03:04:05     "
	    "*        eth0\n");
	filled(rump_netproc_if_inet6);
	has("fe800000000000000000000000000002 02 40 20 80     eth0\n");
	filled(rump_netproc_ipv6_route);
	has("fe800000000000000000000000000000 40 "
	    "00000000000000000000000000000000 00 "
	    "00000000000000000000000000000000 00000100 00000001 00000000 "
	    "00000001     eth0\n");
	rump_if_detach(&e0->fk_if);
	rump_unschedule();
	return check_done();
}
