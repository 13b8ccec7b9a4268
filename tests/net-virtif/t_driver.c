/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_virtif */
/*
 * The driver: two interfaces of one rump kernel, joined by a socket pair that
 * carries the virtio header.  Packets of all sizes and shapes arrive as they
 * were sent; hostile headers do not.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_net.h>

#include <kern/clock.h>
#include <kern/lock.h>
#include <net/ifnet.h>
#include <rump/rump.h>
#include <rump/rumpcomp_event.h>

#include "../check.h"

#define TYPE	0x88b5
#define UP	0x1		/* IFF_UP */
#define RUNNING	0x40
#define GET(f)	__atomic_load_n(&(f), __ATOMIC_RELAXED)

static struct rump_mutex lock;
static struct rump_cv cv;
static struct mbuf *queue, **tailp = &queue;	/* [lock] */

static void
input(struct ifnet *ifp, struct mbuf *m)
{

	(void)ifp;
	rump_mutex_enter(&lock);
	*tailp = m;
	tailp = &m->m_nextpkt;
	rump_cv_signal(&cv);
	rump_mutex_exit(&lock);
}

static const struct ethertype test_type = { TYPE, input, NULL };
RUMP_ETHERTYPE(test_type);

/* The next packet, NULL after a while. */
static struct mbuf *
take(int ms)
{
	int64_t dl = rump_monotonic() + ms * 1000000LL;
	struct mbuf *m;

	rump_mutex_enter(&lock);
	while (queue == NULL &&
	    rump_cv_timedwait(&cv, &lock, dl) != ETIMEDOUT)
		;
	if ((m = queue) != NULL && (queue = m->m_nextpkt) == NULL)
		tailp = &queue;
	rump_mutex_exit(&lock);
	return m;
}

/* Takes and frees what comes, until nothing comes for ms. */
static void
drain(int ms)
{
	struct mbuf *m;

	while ((m = take(ms)) != NULL)
		m_freem(m);
}

/* len bytes in pieces of at most piece. */
static struct mbuf *
make(size_t len, size_t piece)
{
	struct mbuf *head = NULL, **mp = &head, *m;
	size_t off = 0, i, n;

	do {
		n = len - off < piece ? len - off : piece;
		m = *mp = off == 0 ? m_gethdr(n) : m_get(n);
		mp = &m->m_next;
		for (i = 0; i < n; i++)
			m->m_data[i] = (uint8_t)((off + i) * 7 + len);
		m->m_len = (uint32_t)n;
		off += n;
	} while (off < len);
	head->m_pkt.ph_len = (uint32_t)len;
	return head;
}

static int
same(struct mbuf *m, size_t len)
{
	static uint8_t buf[70000];
	size_t i;

	if (m == NULL || m->m_pkt.ph_len < len || m_length(m) < len)
		return 0;
	m_copydata(m, 0, len, buf);
	for (i = 0; i < len; i++)
		if (buf[i] != (uint8_t)(i * 7 + len))
			return 0;
	return 1;
}

static void
test_sizes(struct ifnet *a, struct ifnet *b)
{
	static const size_t sizes[] = { 1, 46, 100, 241, 242, 243, 256, 1500,
	    1522, 1523, 4000, 5362, 5363, 9000, 30000, 65000, 65535 };
	static const size_t pieces[] = { 3840, 1000, 3500 };
	struct mbuf *m;
	unsigned i, k;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (k = 0; k < 3; k++) {
			m = make(sizes[i], sizes[i] > 2 && k > 0 ?
			    pieces[k] / (sizes[i] < 3000 ? 25 : 1) :
			    pieces[0]);
			CHECK_EQ(rump_ether_output(a, m, b->if_mac, TYPE, 0),
			    0);
			m = take(5000);
			if (!same(m, sizes[i])) {
				printf("size %zu piece %u\n", sizes[i], k);
				CHECK(0);
			}
			if (m != NULL) {
				CHECK_EQ(m->m_pkt.ph_len, sizes[i]);
				CHECK(m->m_pkt.ph_if == b);
				m_freem(m);
			}
		}
	CHECK_EQ(GET(b->if_stats.rx_dropped) + GET(b->if_stats.rx_errors), 0);
	CHECK_EQ(GET(a->if_stats.tx_packets), 51);
	CHECK(GET(b->if_stats.rx_packets) >= 50);	/* the last: soon */
}

static void
test_offload(struct ifnet *a, struct ifnet *b)
{
	struct mbuf *m = make(20000, 3000);

	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumstart = 20;
	m->m_pkt.ph_csumoff = 16;
	m->m_pkt.ph_gso = PH_GSO_TCP4;
	m->m_pkt.ph_gsosize = 1448;
	m->m_pkt.ph_hdrlen = 52;
	CHECK_EQ(rump_ether_output(a, m, b->if_mac, TYPE, 0), 0);
	m = take(5000);
	CHECK(same(m, 20000));
	if (m == NULL)
		return;
	CHECK_EQ(m->m_pkt.ph_csum, PH_CSUM_PARTIAL);
	CHECK_EQ(m->m_pkt.ph_csumstart, 20);
	CHECK_EQ(m->m_pkt.ph_csumoff, 16);
	m_freem(m);
}

/* From outside: what the header says must fit the packet. */
static void
test_hostile(int fd, struct ifnet *c)
{
	static const struct virtio_net_hdr_v1 bad[] = {
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 60 },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 0xffff,
		    .csum_offset = 0xffff },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 2 },
		{ .gso_type = 77, .gso_size = 1 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .hdr_len = 50 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1,
		    .hdr_len = 61 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_UDP, .gso_size = 1 },
	};
	uint8_t pkt[72] = { 0 };
	struct mbuf *m;
	unsigned i;

	memcpy(pkt + 12, c->if_mac, 6);
	pkt[12 + 12] = TYPE >> 8;
	pkt[12 + 13] = TYPE & 0xff;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(pkt, &bad[i], 12);
		CHECK_EQ(send(fd, pkt, sizeof(pkt), 0), sizeof(pkt));
	}
	for (i = 1; i < 26; i++)	/* no header, no Ethernet header */
		CHECK_EQ(send(fd, pkt, i, 0), i);
	/* And a good one behind them; its mark is how we know. */
	memset(pkt, 0, 12);
	pkt[0] = VIRTIO_NET_HDR_F_DATA_VALID;
	pkt[40] = 99;
	CHECK_EQ(send(fd, pkt, sizeof(pkt), 0), sizeof(pkt));
	m = take(5000);
	CHECK(m != NULL && m->m_pkt.ph_len == 46 && m->m_data[14] == 99);
	CHECK(m != NULL && m->m_pkt.ph_csum == PH_CSUM_OK);
	CHECK_EQ(GET(c->if_stats.rx_errors), sizeof(bad) / sizeof(bad[0]) + 25);
	if (m != NULL)
		m_freem(m);
}

/* A packet, unless the host's queue is full: then time for who empties it. */
static void
offer(int fd, const uint8_t *pkt, size_t len)
{

	if (send(fd, pkt, len, MSG_DONTWAIT) == (ssize_t)len)
		return;
	rump_unschedule();
	usleep(1000);
	rump_schedule();
}

/*
 * No memory: packets are lost, none is stuck, then it goes on.  CPUs keep free
 * mbufs, more than a few packets need: they are used up first, as what came is
 * not freed before.
 */
static void __attribute__((__unused__))
test_memory(int fd, struct ifnet *c)
{
	size_t limit = rump_mbuf_limit;
	static uint8_t pkt[9000];
	struct mbuf *m = NULL;
	int i;

	memcpy(pkt + 12, c->if_mac, 6);
	pkt[12 + 12] = TYPE >> 8;
	pkt[12 + 13] = TYPE & 0xff;
	__atomic_store_n(&rump_mbuf_limit, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 30000 && GET(c->if_stats.rx_dropped) == 0; i++)
		offer(fd, pkt, sizeof(pkt));
	CHECK(GET(c->if_stats.rx_dropped) > 0);
	__atomic_store_n(&rump_mbuf_limit, limit, __ATOMIC_RELAXED);
	pkt[40] = 77;			/* not one of those before */
	for (i = 0; i < 100 && m == NULL; i++) {
		offer(fd, pkt, sizeof(pkt));
		while ((m = take(100)) != NULL && m->m_data[14] != 77)
			m_freem(m);
	}
	CHECK(m != NULL && m->m_pkt.ph_len == 9000 - 26);
	if (m != NULL)
		m_freem(m);
}

static void
test_gone(int fd, struct ifnet *c)
{
	int i;

	CHECK(GET(c->if_flags) & RUNNING);
	close(fd);
	for (i = 0; i < 100 && (GET(c->if_flags) & RUNNING); i++)
		drain(20);
	CHECK(!(GET(c->if_flags) & RUNNING));
}

static void
param(const char *name, int fd, const char *opts)
{
	char val[64];

	snprintf(val, sizeof(val), "fd:%d%s", fd, opts);
	setenv(name, val, 1);
}

int
main(void)
{
	struct ifnet *a, *b, *c;
	int sp[2], out[2];

	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp) == 0);
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, out) == 0);
	param("RUMP_NET0", sp[0], ",vnet");
	param("RUMP_NET1", sp[1], ",vnet,mac=02:00:00:00:00:01");
	param("RUMP_NET2", out[0], ",vnet");
	REQUIRE(rump_init() == 0);
	rump_schedule();
	a = rump_if_byname("eth0");
	b = rump_if_byname("eth1");
	c = rump_if_byname("eth2");
	REQUIRE(a != NULL && b != NULL && c != NULL);
	CHECK(memcmp(b->if_mac, "\002\0\0\0\0\001", 6) == 0);
	CHECK_EQ(rump_if_setflags(a, UP, 0), 0);
	CHECK_EQ(rump_if_setflags(b, UP, 0), 0);
	CHECK_EQ(rump_if_setflags(c, UP, 0), 0);
	test_sizes(a, b);
	test_offload(a, b);
	test_hostile(out[1], c);
#ifndef __SANITIZE_THREAD__	/* the limit is not meant to change */
	test_memory(out[1], c);
#endif
	test_gone(out[1], c);
	rump_unschedule();
	return check_done();
}
