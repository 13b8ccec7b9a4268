/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket pairs as interfaces; what RUMP_NETn may say. */
#include <sys/socket.h>

#include <pthread.h>

#include "hostif.h"

#define NFRAMES	20000

static struct hostif side[2];
static unsigned got[2];

static int
pair_open(int type, const char *opts)
{
	char spec[64];
	int fd[2], i;

	if (socketpair(AF_UNIX, type, 0, fd) != 0)
		return -1;
	for (i = 0; i < 2; i++) {
		snprintf(spec, sizeof(spec), "fd:%d%s", fd[i], opts);
		if (hostif_open(&side[i], (unsigned)i, spec) != 0)
			return -1;
	}
	return 0;
}

/* Everything arrives, in order; the event wakes whoever waits. */
static void *
reader(void *arg)
{
	struct hostif *hi = arg;
	unsigned n, me = (unsigned)(hi - side), who;
	uint32_t seq;
	uint8_t buf[2048];
	long len;

	rump_schedule();
	for (n = 0; n < NFRAMES; n++) {
		len = hostif_await(hi, buf, sizeof(buf));
		if (len <= 0 || !frame_check(buf, (size_t)len, &who, &seq) ||
		    who != 1 - me || seq != n)
			break;
		got[me]++;
	}
	rump_unschedule();
	return NULL;
}

static void *
writer(void *arg)
{
	struct hostif *hi = arg;
	unsigned n, me = (unsigned)(hi - side);
	uint8_t buf[2048];
	size_t len;

	for (n = 0; n < NFRAMES; n++) {
		len = frame_make(buf, me, n);
		while (hostif_send(hi, buf, len) == EAGAIN)
			usleep(100);
	}
	return NULL;
}

static void
test_traffic(void)
{
	pthread_t pt[4];
	int i;

	CHECK_EQ(pair_open(SOCK_SEQPACKET, ""), 0);
	CHECK_EQ(side[0].hi_conf.vc_vnethdr, 0);
	CHECK_EQ(side[0].hi_conf.vc_mtu, 1500);
	CHECK_EQ(side[0].hi_conf.vc_mac[0] & 3, 2);
	for (i = 0; i < 2; i++) {
		pthread_create(&pt[i], NULL, reader, &side[i]);
		pthread_create(&pt[i + 2], NULL, writer, &side[i]);
	}
	for (i = 0; i < 4; i++)
		pthread_join(pt[i], NULL);
	CHECK_EQ(got[0], NFRAMES);
	CHECK_EQ(got[1], NFRAMES);
	hostif_close(&side[0]);
	CHECK_EQ(hostif_recv(&side[1], &i, sizeof(i)), -1);
	CHECK_EQ(hostif_send(&side[1], &i, sizeof(i)), EPIPE);
	hostif_close(&side[1]);
}

static void
test_options(void)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

	CHECK_EQ(pair_open(SOCK_DGRAM, ",vnet,mtu=9000,mac=52:54:00:12:34:56"),
	    0);
	CHECK_EQ(side[1].hi_conf.vc_mtu, 9000);
	CHECK_EQ(side[1].hi_conf.vc_vnethdr, 1);
	CHECK_EQ(side[1].hi_conf.vc_offload, 1);
	CHECK(memcmp(side[1].hi_conf.vc_mac, mac, 6) == 0);
	CHECK_EQ(rumpcomp_virtif_count(), 2);
	hostif_close(&side[0]);
	hostif_close(&side[1]);
	setenv("RUMP_NET0", "", 1);
	CHECK_EQ(rumpcomp_virtif_count(), 0);
}

static void
test_refuse(void)
{
	static const char *const bad[] = {
		"", "tap", "tap:", "tap:much-too-long-a-name", "fd:", "fd:x",
		"fd:0x", "fd:999", "bus:/nowhere/at/all", "none:1", ":", "t:a",
		"fd:0,mtu=10", "fd:0,mtu=65522", "fd:0,mac=1:2:3", "fd:0,",
		"fd:0,mac=01:00:00:00:00:01", "fd:0,mac=02:00:00:00:00:01x",
		"fd:0,pcap=", "fd:0,pcap=/nowhere/x", "fd:0,other",
		"bus:/dev/null",
	};
	struct hostif hi;
	unsigned i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (hostif_open(&hi, 0, bad[i]) == 0) {
			printf("accepted: %s\n", bad[i]);
			CHECK(0);
		}
		rumpcomp_event_destroy(hi.hi_ev);
	}
	CHECK_EQ(rumpcomp_virtif_open(9, NULL, &hi.hi_v, &hi.hi_conf), ENXIO);
}

/* Records of what goes through, both ways, without the header. */
static void
test_pcap(void)
{
	char file[] = "/tmp/t_pair.XXXXXX", spec[96];
	uint8_t frame[2048], buf[8192], zero[12] = { 0 };
	struct rumpcomp_virtif_iov iov[2] = { { zero, 12 }, { frame, 0 } };
	int fd = mkstemp(file), sp[2];
	uint32_t w[6];
	size_t len;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp), 0);
	snprintf(spec, sizeof(spec), "fd:%d,vnet,pcap=%s", sp[0], file);
	CHECK_EQ(hostif_open(&side[0], 0, spec), 0);
	CHECK_EQ(side[0].hi_conf.vc_offload, 0);
	len = iov[1].iv_len = frame_make(frame, 1, 3);
	CHECK_EQ(rumpcomp_virtif_send(side[0].hi_v, iov, 2), 0);
	CHECK_EQ(recv(sp[1], buf, sizeof(buf), 0), len + 12);
	CHECK_EQ(send(sp[1], buf, len + 12, 0), len + 12);
	CHECK_EQ(hostif_await(&side[0], buf, sizeof(buf)), len + 12);
	hostif_close(&side[0]);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 24 + 2 * (16 + len));
	memcpy(w, buf, 24);
	CHECK_EQ(w[0], 0xa1b23c4d);
	CHECK_EQ(w[5], 1);
	memcpy(w, buf + 24, 16);
	CHECK_EQ(w[2], len);
	CHECK_EQ(w[3], len);
	CHECK(memcmp(buf + 40, frame, len) == 0);
	CHECK(memcmp(buf + 56 + len, frame, len) == 0);
	close(sp[1]);
	close(fd);
	unlink(file);
}

int
main(void)
{

	REQUIRE(rump_init() == 0);
	test_traffic();
	test_options();
	test_refuse();
	rump_schedule();
	test_pcap();
	rump_unschedule();
	return check_done();
}
