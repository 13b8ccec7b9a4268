/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net vfs vfs_tmpfs vfs_procfs */
/* /proc/net as Linux writes it: what the core has. */
#include <fcntl.h>
#include <stdio.h>
#include "fake.h"
#include "../rumptest.h"

static char buf[8192];

static void
has(const char *line)
{

	if (strstr(buf, line) == NULL)
		printf("no \"%s\" in:\n%s", line, buf);
	CHECK(strstr(buf, line) != NULL);
}

/* The file's text into buf; few bytes at a time give the same. */
static void
filled(const char *path)
{
	static char part[sizeof(buf)];
	int fd = rump_sys_open(path, O_RDONLY, 0), n, i;

	CHECK(fd >= 0);
	n = rump_sys_read(fd, buf, sizeof(buf) - 1);
	CHECK(n > 0);
	buf[n < 0 ? 0 : n] = '\0';
	for (i = 0; i < n; i += 7)
		CHECK_EQ(rump_sys_pread64(fd, part + i, 7, i), n - i < 7 ?
		    n - i : 7);
	CHECK(memcmp(part, buf, (size_t)n) == 0);
	rump_sys_close(fd);
}

int
main(void)
{
	struct inaddr a = addr("10.0.0.9");
	struct rtentry rt;
	struct neigh *ne;
	static struct fake *e0;	/* what it points to is in use */
	char *line;

	REQUIRE(start() == 0);
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
	rump_unschedule();

	filled("/proc/net/dev");
	has("Inter-|   Receive                            "
	    "                    |  Transmit\n face |bytes    packets");
	has("\n    lo:       0       0    0    0    0     0          0         "
	    "0        0       0    0    0    0     0       0          0\n");
	has("\n  eth0: 12345678901       0    0    0    0     0          0     "
	    "    0        0       0    0    7    0     0       0          0\n");
	filled("/proc/net/route");
	has("eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0 ");
	has("eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0 ");
	CHECK(strstr(buf, "lo\t") == NULL);
	for (line = buf; *line != '\0'; line += 128)
		CHECK_EQ(line[127], '\n');
	filled("/proc/net/arp");
	has("\n10.0.0.9         0x1         0x2         02:01:02:03:04:05     "
	    "*        eth0\n");
	filled("/proc/net/if_inet6");
	has("fe800000000000000000000000000002 02 40 20 80     eth0\n");
	filled("/proc/net/ipv6_route");
	has("fe800000000000000000000000000000 40 "
	    "00000000000000000000000000000000 00 "
	    "00000000000000000000000000000000 00000100 00000001 00000000 "
	    "00000001     eth0\n");
	filled("/proc/net/protocols");
	has("protocol  size sockets  memory press maxhdr  slab module     "
	    "cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n");
	rump_schedule();
	rump_if_detach(&e0->fk_if);
	rump_unschedule();
	return check_done();
}
