/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver with a device that keeps the rules: every set of features,
 * packets of all shapes both ways, indices that wrap, full rings, no memory,
 * interrupts that must not be lost, commands, link.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if.h>

#include <kern/sched.h>

#include "../check.h"
#include "host.h"
#include "model.h"
#include "vioif.h"

#define B(f)	(1ULL << (f))
#define N(f)	(1ULL << VIRTIO_NET_F_##f)
#define RING	(B(VIRTIO_RING_F_EVENT_IDX) | B(VIRTIO_RING_F_INDIRECT_DESC))
#define V1	B(VIRTIO_F_VERSION_1)
#define OFFLOAD	(N(CSUM) | N(GUEST_CSUM) | N(GUEST_TSO4) | N(GUEST_TSO6) | \
		N(HOST_TSO4) | N(HOST_TSO6) | N(GUEST_ECN) | N(HOST_ECN))
#define CTRL	(N(CTRL_VQ) | N(CTRL_RX) | N(CTRL_MAC_ADDR) | N(STATUS) | \
		N(MAC) | N(CTRL_VLAN))
#define ALL	(V1 | RING | OFFLOAD | CTRL | N(MRG_RXBUF) | N(MTU))

static const uint64_t sets[] = {
	0, N(MAC), B(VIRTIO_F_ANY_LAYOUT), V1, V1 | RING,
	V1 | B(VIRTIO_RING_F_EVENT_IDX), V1 | B(VIRTIO_RING_F_INDIRECT_DESC),
	V1 | N(MRG_RXBUF), N(MRG_RXBUF), V1 | N(CSUM) | N(GUEST_CSUM),
	RING | N(MRG_RXBUF) | OFFLOAD | B(VIRTIO_F_ANY_LAYOUT), RING | OFFLOAD,
	RING | N(MRG_RXBUF) | OFFLOAD | CTRL, ALL, ALL & ~N(MRG_RXBUF),
};

static struct model md;
static struct virtio_net_hdr_v1 vh;
static uint8_t pkt[70000], out[70000];

/* A packet of len bytes in pieces; headroom for the header or not. */
static struct mbuf *
make(unsigned len, unsigned piece, int room)
{
	struct mbuf *head = NULL, **mp = &head, *m;
	unsigned off, k;

	for (off = 0; off < len; off += k, mp = &m->m_next) {
		k = piece != 0 && piece < len - off ? piece : len - off;
		k = k < 3000 ? k : 3000;
		m = *mp = off == 0 && room ? m_gethdr(k) : m_get(k);
		memcpy(m->m_data, pkt + off, k);
		m->m_len = k;
	}
	head->m_pkt.ph_len = len;
	return head;
}

static void
one_out(unsigned len, unsigned piece, int room)
{
	struct mbuf *m = make(len, piece, room);
	int n;

	CHECK_EQ(host_if->if_ops->if_transmit(host_if, m, 0), 0);
	n = model_sent(&md, 0, &vh, out, sizeof(out));
	CHECK_EQ(n, len);
	CHECK(n < 0 || memcmp(out, pkt, len) == 0);
	CHECK_EQ(vh.flags | vh.gso_type, 0);
}

static void
one_in(unsigned len)
{
	static uint8_t copy[70000];

	memset(&vh, 0, sizeof(vh));
	CHECK(model_receive(&md, 0, &vh, pkt, len) != 0);
	model_interrupt(&md, 0);
	host_poll();
	CHECK_EQ(host_nrx, 1);
	if (host_nrx == 1) {
		CHECK_EQ(host_rxq->m_pkt.ph_len, len);
		m_copydata(host_rxq, 0, len, copy);
		CHECK(memcmp(copy, pkt, len) == 0);
	}
	host_rxfree();
}

/* Up, it has no buffers before its first poll, which must come by itself. */
static void
start(uint64_t f, unsigned qsize)
{
	const struct vioif_pair *vp;

	host_start();
	model_init(&md, f);
	md.md_qsize = qsize;
	CHECK_EQ(model_attach(&md), 0);
	vp = ((const struct vioif *)host_if->if_softc)->vi_pairs;
	CHECK_EQ(vp->vp_rx.vq_inflight, 0);
	CHECK(host_if->if_pending);
	CHECK_EQ(host_poll(), 0);
	CHECK(vp->vp_rx.vq_inflight == vp->vp_want ||
	    vp->vp_rx.vq_nfree < 2);
	CHECK(vp->vp_rx.vq_inflight > 0);
}

static void
end(void)
{
	CHECK_EQ(md.md_dev.vd_broken, 0);
	host_end();
}

static void
test_shapes(uint64_t f)
{
	static const unsigned lens[] = { 14, 15, 60, 61, 1514, 4000, 9000,
	    65549 };
	unsigned i, piece;

	start(f, 256);
	for (i = 0; i < 8; i++) {
		for (piece = 0; piece < 3000; piece = piece * 3 + 1 +
		    (lens[i] > 10000 ? 700 : 0)) {
			one_out(lens[i], piece, 1);
			one_out(lens[i], piece, 0);
		}
		if (lens[i] <= 1514 || (f & N(MRG_RXBUF)))
			one_in(lens[i]);
	}
	end();
}

/* Indices pass 2^16; an interrupt for each packet, so none is lost. */
static void
test_wrap(uint64_t f, unsigned qsize)
{
	unsigned i;

	start(f, qsize);
	for (i = 0; i < 70000 && check_failures == 0; i++) {
		one_in(60 + i % 3);
		one_out(60 + i % 5, i % 7 == 0 ? 20 : 0, 1);
	}
	CHECK(md.md_q[0].mq_intrs >= 70000);
	/* Nothing interrupts for packets sent. */
	CHECK(md.md_q[1].mq_intrs <= 2);
	end();
}

/* Comes while the driver polls: before the last look, or an interrupt. */
static void
test_lost(uint64_t f)
{
	unsigned i, k, sum = 0;

	start(f, 64);
	for (i = 0; i < 3000; i++) {
		for (k = 0; k < i % 5; k++)
			sum += model_receive(&md, 0, &vh, pkt, 100) != 0;
		model_interrupt(&md, 0);
		if (i % 3 == 0)
			continue;
		host_poll();
		CHECK_EQ(host_nrx, sum);
		host_rxfree();
		sum = 0;
	}
	end();
}

/* The ring fills, packets wait, an interrupt sends them on, in order. */
static void
test_full(uint64_t f, unsigned qsize)
{
	unsigned i, got = 0, seq;
	int n;

	start(f, qsize);
	for (i = 0; i < 400; i++) {
		memcpy(pkt, &i, 4);
		CHECK_EQ(host_if->if_ops->if_transmit(host_if,
		    make(64, i % 4 == 0 ? 16 : 0, 1), i % 3 == 0), 0);
	}
	while ((n = model_sent(&md, 0, &vh, out, sizeof(out))) >= 0 ||
	    got < 400) {
		if (n < 0) {
			model_interrupt(&md, 1);
			host_poll();
			n = model_sent(&md, 0, &vh, out, sizeof(out));
			CHECK(n >= 0);
			if (n < 0)
				break;
		}
		memcpy(&seq, out, 4);
		CHECK_EQ(seq, got);
		got++;
	}
	CHECK_EQ(got, 400);
	CHECK_EQ(host_if->if_stats.tx_dropped, 0);
	/* Beyond what may wait they are dropped, not kept. */
	for (i = 0; i < 2000; i++)
		(void)host_if->if_ops->if_transmit(host_if, make(64, 0, 1), 0);
	CHECK(host_if->if_stats.tx_dropped > 1000);
	while (model_sent(&md, 0, &vh, out, sizeof(out)) >= 0)
		model_interrupt(&md, 1);
	end();
}

/* What was sent is given back after a while without any traffic. */
static void
test_idle(uint64_t f)
{
	unsigned long before;
	unsigned i;

	start(f, 256);
	one_out(60, 0, 1);
	host_callouts();
	before = rump_mbuf_inuse();
	for (i = 0; i < 100; i++)
		(void)host_if->if_ops->if_transmit(host_if, make(64, 30, 1),
		    i == 99);	/* the last one says that more follows */
	host_callouts();
	for (i = 0; i < 100; i++) {
		while (model_sent(&md, 0, &vh, out, sizeof(out)) == 64)
			continue;
		host_callouts();
	}
	CHECK_EQ(rump_mbuf_inuse(), before);
	end();
}

static void
test_nomemory(void)
{
	unsigned i;

	start(ALL, 64);
	host_memory = 0;
	/* Buffers run out, the device has none; then memory comes back. */
	for (i = 0; i < 1000 && model_receive(&md, 0, &vh, pkt, 1000); i++) {
		model_interrupt(&md, 0);
		host_poll();
	}
	CHECK(i < 1000 && i >= 16);
	host_rxfree();
	host_memory = -1;
	host_callouts();
	one_in(1000);
	end();
	/* Attaching without memory, at every point. */
	for (i = 0; i < 60; i++) {
		host_start();
		model_init(&md, ALL);
		host_memory = (long)i;
		(void)model_attach(&md);
		host_end();
	}
}

static void
test_offload(void)
{
	struct mbuf *m;

	start(ALL, 256);
	CHECK_EQ(host_if->if_caps, IFCAP_SG | IFCAP_TXCSUM | IFCAP_TSO4 |
	    IFCAP_TSO6 | IFCAP_LRO);
	m = make(5000, 0, 1);
	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumstart = 34;
	m->m_pkt.ph_csumoff = 16;
	m->m_pkt.ph_gso = PH_GSO_TCP6;
	m->m_pkt.ph_gsosize = 1440;
	m->m_pkt.ph_hdrlen = 74;
	CHECK_EQ(host_if->if_ops->if_transmit(host_if, m, 0), 0);
	CHECK_EQ(model_sent(&md, 0, &vh, out, sizeof(out)), 5000);
	CHECK_EQ(vh.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK_EQ(vh.gso_type, VIRTIO_NET_HDR_GSO_TCPV6);
	CHECK_EQ(vh.csum_start, 34);
	CHECK_EQ(vh.csum_offset, 16);
	CHECK_EQ(vh.gso_size, 1440);
	CHECK_EQ(vh.hdr_len, 74);
	memset(&vh, 0, sizeof(vh));
	vh.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vh.csum_start = 54;
	vh.csum_offset = 16;
	vh.gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN;
	vh.gso_size = 1448;
	vh.hdr_len = 66;
	CHECK(model_receive(&md, 0, &vh, pkt, 20000) > 1);
	model_interrupt(&md, 0);
	host_poll();
	CHECK_EQ(host_nrx, 1);
	CHECK_EQ(host_rxq->m_pkt.ph_csum, PH_CSUM_PARTIAL);
	CHECK_EQ(host_rxq->m_pkt.ph_csumstart, 54);
	CHECK_EQ(host_rxq->m_pkt.ph_gso, PH_GSO_TCP4);
	CHECK_EQ(host_rxq->m_pkt.ph_gsosize, 1448);
	CHECK_EQ(host_rxq->m_pkt.ph_len, 20000);
	host_rxfree();
	/* The last offset that is inside, the first that is not. */
	vh.gso_type = 0;
	vh.csum_start = 982;
	CHECK(model_receive(&md, 0, &vh, pkt, 1000) == 1);
	vh.csum_start = 983;
	CHECK(model_receive(&md, 0, &vh, pkt, 1000) == 1);
	vh.flags = 0;
	vh.gso_type = 77;
	CHECK(model_receive(&md, 0, &vh, pkt, 1000) == 1);
	vh.gso_type = 0;
	vh.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	CHECK(model_receive(&md, 0, &vh, pkt, 1000) == 1);
	CHECK(model_receive(&md, 0, &vh, pkt, 13) == 1);
	model_interrupt(&md, 0);
	host_poll();
	CHECK_EQ(host_nrx, 2);
	CHECK_EQ(host_if->if_stats.rx_errors, 3);
	CHECK_EQ(host_rxq->m_nextpkt->m_pkt.ph_csum, PH_CSUM_OK);
	end();
}

static unsigned
vlans(void)
{
	unsigned i, n = 0;

	for (i = 0; i < 4096; i++)
		n += md.md_vlans[i];
	return n;
}

/* Of tagged frames the device lets through those with a priority only. */
static void
test_vlan(void)
{
	start(ALL, 256);
	CHECK(virtio_has(&md.md_dev, VIRTIO_NET_F_CTRL_VLAN));
	CHECK_EQ(host_if->if_ops->if_setflags(host_if), 0);
	CHECK_EQ(md.md_vlans[0], 1);
	CHECK_EQ(vlans(), 1);
	end();
	start(ALL & ~N(CTRL_VLAN), 256);
	CHECK_EQ(host_if->if_ops->if_setflags(host_if), 0);
	CHECK_EQ(vlans(), 0);
	end();
	start((ALL & ~CTRL) | N(CTRL_VLAN), 256);
	CHECK(!virtio_has(&md.md_dev, VIRTIO_NET_F_CTRL_VLAN));
	end();
}

static void
test_control(void)
{
	struct ifmaddr group = { .im_lladdr = { 1, 0, 0x5e, 0, 0, 1 } };
	static const uint8_t mac[6] = { 2, 4, 6, 8, 10, 12 };

	start(ALL, 256);
	CHECK_EQ(host_link, 1);
	CHECK(memcmp(host_if->if_mac, "\x52\x54\0\1\2\3", 6) == 0);
	CHECK_EQ(host_if->if_mtu, 1500);
	CHECK_EQ(md.md_promisc, 0);
	host_if->if_flags |= IFF_PROMISC;
	host_if->if_maddrs = &group;
	CHECK_EQ(host_if->if_ops->if_setflags(host_if), 0);
	CHECK_EQ(md.md_promisc, 1);
	CHECK_EQ(md.md_nmacs, 1);
	host_if->if_flags = IFF_UP | IFF_ALLMULTI;
	CHECK_EQ(host_if->if_ops->if_setflags(host_if), 0);
	CHECK_EQ(md.md_promisc, 0);
	CHECK_EQ(md.md_allmulti, 1);
	CHECK_EQ(host_if->if_ops->if_setmac(host_if, mac), 0);
	CHECK(memcmp(md.md_mac, mac, 6) == 0);
	/* The cable. */
	MODEL_CONFIG(&md)->status = 0;
	md.md_dev.vd_changed(&md.md_dev);
	host_poll();
	CHECK_EQ(host_link, 0);
	MODEL_CONFIG(&md)->status = 1;
	md.md_dev.vd_changed(&md.md_dev);
	host_poll();
	CHECK_EQ(host_link, 1);
	CHECK_EQ(host_if->if_ops->if_setmtu(host_if, 9000), 0);
	CHECK_EQ(host_if->if_ops->if_setmtu(host_if, 67), EINVAL);
	host_if->if_maddrs = NULL;
	end();
	start(ALL & ~N(MRG_RXBUF), 256);
	CHECK_EQ(host_if->if_caps & IFCAP_LRO, 0);
	CHECK_EQ(host_if->if_ops->if_setmtu(host_if, 9000), EINVAL);
	CHECK_EQ(host_if->if_ops->if_setmtu(host_if, 1500), 0);
	end();
	/* A command without an answer: the device is given up. */
	start(ALL, 256);
	md.md_mute = 1;
	CHECK(host_if->if_ops->if_setmac(host_if, mac) != 0);
	CHECK_EQ(md.md_dev.vd_broken, 1);
	host_poll();
	CHECK_EQ(host_link, 0);
	CHECK(host_if->if_ops->if_transmit(host_if, make(60, 0, 1), 0) != 0);
	host_end();
}

static void
test_pairs(void)
{
	unsigned i;

	rump_cooperative = 1;	/* mbufs of one CPU */
	for (host_ncpu = 1; host_ncpu <= 6; host_ncpu++) {
		start(ALL | N(MQ), 64);
		i = host_ncpu < 4 ? host_ncpu : 4;
		CHECK_EQ(md.md_pairs, i > 1 ? i : 0);
		memset(&vh, 0, sizeof(vh));
		while (i-- > 0) {
			CHECK(model_receive(&md, i, &vh, pkt, 300) == 1);
			model_interrupt(&md, 2 * i);
		}
		host_poll();
		CHECK_EQ(host_nrx, host_ncpu < 4 ? host_ncpu : 4);
		end();
	}
	host_ncpu = 1;
	rump_cooperative = 0;
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(pkt); i++)
		pkt[i] = (uint8_t)(i * 7 + i / 251);
	for (host_direct = 0; host_direct < 2; host_direct++) {
		for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
			test_shapes(sets[i]);
			test_lost(sets[i]);
			test_full(sets[i], 256);
			test_idle(sets[i]);
			if (check_failures != 0) {
				printf("features %#llx, direct %d\n",
				    (unsigned long long)sets[i], host_direct);
				return 1;
			}
		}
		test_wrap(ALL, 16);
		test_wrap(V1, 256);
		test_full(ALL, 1024);
		test_nomemory();
		test_offload();
		test_vlan();
	test_control();
		test_pairs();
	}
	return check_done();
}
