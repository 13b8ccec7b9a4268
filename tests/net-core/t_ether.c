/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * Frames in and out: what is let through, lengths, headers; lo and who drains
 * it.  Segments: t_gso.c.
 */
#include "etherframes.h"

/* --- frames --- */
static struct mbuf *
frame(const char *dst, unsigned type, unsigned len)
{
	struct mbuf *m = m_gethdr(len < 14 ? 14 : len);

	memset(m->m_data, 0, len < 14 ? 14 : len);
	memcpy(m->m_data, dst, 6);
	memcpy(m->m_data + 6, "\2\0\0\0\0\x99", 6);
	m->m_data[12] = (uint8_t)(type >> 8);
	m->m_data[13] = (uint8_t)type;
	m->m_len = m->m_pkt.ph_len = len;
	return m;
}

static unsigned
in(struct mbuf *m)
{

	rump_if_input(&e0->fk_if, m);
	return drop();
}

#define OTHER	"\2\0\0\0\0\2"
#define BCAST	"\xff\xff\xff\xff\xff\xff"
#define GROUP	"\1\0\x5e\1\2\3"

static unsigned taps, tapflags;

static void
tap(struct ifnet *ifp, struct mbuf *m, int out)
{

	(void)ifp;
	CHECK(m->m_len >= 14);
	taps++;
	tapflags = m->m_pkt.ph_flags | (out ? 0x8000U : 0);
}

static void
filter(void)
{
	struct mbuf *m;
	unsigned i, n;

	CHECK_EQ(in(frame(US, ETH_P_IP, 60)), 1);
	CHECK_EQ(in(frame(US, ETH_P_IPV6, 60)), 1);
	CHECK_EQ(in(frame(US, 0x88b5, 60)), 1);
	CHECK_EQ(in(frame(US, 0x88b6, 60)), 0);
	CHECK_EQ(in(frame(OTHER, ETH_P_IP, 60)), 0);
	CHECK_EQ(in(frame(GROUP, ETH_P_IP, 60)), 0);
	CHECK_EQ(rump_if_addmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	CHECK_EQ(rump_if_addmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	CHECK_EQ(rump_if_delmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	rump_if_input(&e0->fk_if, frame(GROUP, ETH_P_IP, 60));
	m = take(&n);
	CHECK(n == 1 && m->m_pkt.ph_flags == PH_MCAST);
	m_freeq(m);
	CHECK_EQ(rump_if_delmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	CHECK_EQ(rump_if_delmulti(&e0->fk_if, (const uint8_t *)GROUP), ENOENT);
	CHECK_EQ(in(frame(GROUP, ETH_P_IP, 60)), 0);
	rump_if_input(&e0->fk_if, frame(BCAST, ETH_P_IP, 60));
	m = take(&n);
	CHECK(n == 1 && m->m_pkt.ph_flags == PH_BCAST);
	m_freeq(m);
	/* Others' frames reach taps only. */
	CHECK_EQ(rump_if_setflags(&e0->fk_if, IFF_PROMISC, 0), 0);
	e0->fk_if.if_tap = tap;
	CHECK_EQ(in(frame(OTHER, ETH_P_IP, 60)), 0);
	CHECK(taps == 1 && tapflags == PH_OTHERHOST);
	CHECK_EQ(in(frame(US, ETH_P_IP, 60)), 1);
	CHECK(taps == 2 && tapflags == 0);
	e0->fk_if.if_tap = NULL;
	CHECK_EQ(rump_if_setflags(&e0->fk_if, 0, IFF_PROMISC), 0);
	/* Every length, in one piece and cut anywhere. */
	for (i = 0; i < 80; i++)
		CHECK_EQ(in(frame(US, ETH_P_IP, i)), i >= 14);
	for (i = 0; i < 80; i++) {
		m = frame(US, ETH_P_IP, i);
		struct mbuf *rest = m_copym(m, 80 - i < i ? 80 - i : i,
		    i - (80 - i < i ? 80 - i : i));

		m_adj(m, -(int)(i - (80 - i < i ? 80 - i : i)));
		m_cat(m, rest);
		CHECK_EQ(in(m), i >= 14);
	}
	/* Priority tags are cut off, VLANs are not ours. */
	m = frame(US, ETH_P_8021Q, 64);
	memcpy(m->m_data + 14, "\x60\0\x08\0\x45", 5);
	rump_if_input(&e0->fk_if, m);
	m = take(&n);
	CHECK(n == 1 && m->m_pkt.ph_len == 46 && m->m_data[0] == 0x45 &&
	    m->m_pkt.ph_vlan == 0x6000);
	m_freeq(m);
	m = frame(US, ETH_P_8021Q, 64);
	memcpy(m->m_data + 14, "\x60\1\x08\0", 4);
	CHECK_EQ(in(m), 0);
	for (i = 14; i < 18; i++)
		CHECK_EQ(in(frame(US, ETH_P_8021Q, i)), 0);
	/* Sums that point outside. */
	for (i = 0; i < 80; i++) {
		m = frame(US, ETH_P_IP, 60);
		m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
		m->m_pkt.ph_csumstart = (uint16_t)i;
		m->m_pkt.ph_csumoff = 16;
		CHECK_EQ(in(m), i >= 14 && i <= 42);
	}
	CHECK(e0->fk_if.if_stats.rx_packets > 100);
	CHECK_EQ(rump_mbuf_inuse(), 0);
}

/* --- output without offloads, groups --- */
static int
dstof(struct neigh *ne, const char *ip, unsigned type, const char *mac)
{
	struct mbuf *m = m_gethdr(40);
	struct inaddr a = addr(ip);
	int same;

	memset(m->m_data, 0, 40);
	m->m_len = m->m_pkt.ph_len = 40;
	if (type == ETH_P_IP)
		memcpy(m->m_data + 16, a.ia_b + 12, 4);
	else
		memcpy(m->m_data + 24, a.ia_b, 16);
	CHECK_EQ(rump_if_output(&e0->fk_if, m, ne, (uint16_t)type, 0), 0);
	m = fake_take(e0, NULL);
	same = memcmp(m->m_data, mac, 6) == 0 &&
	    m->m_data[12] == type >> 8 && m->m_data[13] == (uint8_t)type;
	m_freeq(m);
	return same;
}

static void
output(void)
{
	struct mbuf *m, *d;
	const uint8_t mac[6] = OTHER;

	CHECK(dstof(NULL, "255.255.255.255", ETH_P_IP, BCAST));
	CHECK(dstof(NULL, "10.0.0.255", ETH_P_IP, BCAST));
	CHECK(dstof(NULL, "239.129.2.3", ETH_P_IP, GROUP));
	CHECK(dstof(NULL, "ff02::1:2:3", ETH_P_IPV6, "\x33\x33\0\2\0\3"));
	/* A chain for a device that takes one piece. */
	e0->fk_if.if_caps = 0;
	m = m_gethdr(10);
	m->m_len = m->m_pkt.ph_len = 10;
	d = m_get(10);
	d->m_len = 10;
	memset(m->m_data, 1, 10);
	memset(d->m_data, 2, 10);
	m_cat(m, d);
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, 0x88b5, 0), 0);
	m = fake_take(e0, NULL);
	CHECK(m->m_next == NULL && m->m_len == 34 && m->m_data[14] == 1 &&
	    m->m_data[33] == 2);
	m_freeq(m);
	/* Down: nothing goes out. */
	CHECK_EQ(rump_if_setflags(&e0->fk_if, 0, IFF_UP), 0);
	m = m_gethdr(10);
	m->m_len = m->m_pkt.ph_len = 10;
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, 0x88b5, 0), ENETDOWN);
	CHECK_EQ(fake_drop(e0), 0);
	CHECK_EQ(rump_if_setflags(&e0->fk_if, IFF_UP, 0), 0);
	/* Nonsense from above is dropped, not believed. */
	m = gsopacket(0, 0x10, 3000, 0);
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, ETH_P_IP, 0), ENOBUFS);
	m = gsopacket(0, 0x10, 3000, 1000);
	m->m_pkt.ph_hdrlen = 4000;
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, ETH_P_IP, 0), ENOBUFS);
	CHECK_EQ(fake_drop(e0), 0);
}

/* --- lo --- */
static void *
losend(void *arg)
{
	unsigned i;

	(void)arg;
	rump_schedule();
	for (i = 0; i < 500; i++) {
		CHECK_EQ(rump_if_output(rump_loif, tcp(0, 1, i, 0x10, 100, 1),
		    NULL, ETH_P_IP, 0), 0);
		if (i % 50 == 0)
			(void)rump_drain();
		if (i % 64 == 0) {
			rump_unschedule();
			rump_schedule();
		}
	}
	rump_unschedule();
	return NULL;
}

static void
loopback(void)
{
	struct mbuf *m;
	unsigned n, i;
	pthread_t t[2];
	uint64_t before = rump_loif->if_stats.rx_packets;

	CHECK_EQ(rump_if_output(rump_loif, tcp(0, 1, 1, 0x10, 100, 1), NULL,
	    ETH_P_IP, 0), 0);
	(void)rump_drain();
	rump_unschedule();	/* its thread may have been faster */
	for (i = 0; i < 2000 && __atomic_load_n(&rump_loif->if_stats
	    .rx_packets, __ATOMIC_RELAXED) == before; i++)
		usleep(1000);
	rump_schedule();
	m = take(&n);
	CHECK_EQ(n, 1);
	CHECK(m->m_pkt.ph_flags == PH_LOOP && m->m_pkt.ph_len == 152 &&
	    m->m_pkt.ph_csum == PH_CSUM_PARTIAL &&
	    m->m_pkt.ph_csumstart == 20 && m->m_pkt.ph_if == rump_loif);
	m_freeq(m);
	rump_unschedule();
	for (i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, losend, NULL);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (i = n = 0; i < 2000 && n < 1000; i++) {
		unsigned k;

		usleep(1000);
		rump_schedule();
		m_freeq(take(&k));
		n += k;
		rump_unschedule();
	}
	rump_schedule();
	CHECK_EQ(n, 1000);
	CHECK(!rump_drain());
}

int
main(void)
{

	CHECK_EQ(rump_init(), 0);
	rump_schedule();
	e0 = fake_attach("eth%d", 0);
	filter();
	output();
	loopback();
	CHECK_EQ(rump_mbuf_inuse(), 0);
	rump_unschedule();
	return check_done();
}
