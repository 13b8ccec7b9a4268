/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/*
 * Forwarding of IPv4 between fake interfaces: what goes on, what does not, and
 * who is told.
 */
#include "wire.h"

static struct fake *fk;
static struct frame in, out;

/* From us, from one link only, from and to nowhere: not forwarded, no word. */
static void
martians(struct fake *f2)
{
	static const struct { const char *src, *dst; } bad[] = {
		{ US, "10.1.0.9" }, { "10.1.0.1", "10.1.0.9" },
		{ "169.254.1.1", "10.1.0.9" }, { PEER, "169.254.1.1" },
		{ "127.0.0.1", "10.1.0.9" }, { "0.0.0.0", "10.1.0.9" },
		{ "224.0.0.5", "10.1.0.9" }, { PEER, "240.0.0.1" },
		{ PEER, "0.1.2.3" }, { PEER, "127.0.0.2" },
		{ PEER, "10.1.0.255" },
	};
	unsigned i;

	(void)dropall(fk);
	(void)dropall(f2);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		udpframe(&in, bad[i].src, 5, bad[i].dst, 6, "abcdef", 6);
		inject(fk, &in);
		if (sent(f2, &out) || sent(fk, &out)) {
			printf("%s to %s: forwarded, or answered\n",
			    bad[i].src, bad[i].dst);
			CHECK(0);
		}
	}
	/* Broadcast to the link: not ours to pass on. */
	udpframe(&in, PEER, 5, "10.1.0.9", 6, "abcdef", 6);
	memcpy(in.f_b, mac_all, 6);
	inject(fk, &in);
	CHECK(!sent(f2, &out));
}

/* Segments that receive coalescing put together are as long as they were. */
static void
coalesced(struct fake *f2)
{
	uint8_t tcp[20 + 2000] = { 0, 5, 0, 6 };
	struct mbuf *m;
	int df;

	put16(tcp + 12, 0x5010);
	for (df = 0; df < 2; df++) {
		udpframe(&in, PEER, 5, "10.1.0.9", 6, tcp, 1400);
		in.f_b[23] = 6;
		memset(PAYLOAD(&in), 0, 20);
		PAYLOAD(&in)[12] = 0x50;
		put16(in.f_b + 20, df ? 0x4000 : 0);
		resum(&in);
		rump_schedule();
		m = m_gethdr(in.f_len);
		memcpy(m->m_data, in.f_b, in.f_len);
		m->m_len = m->m_pkt.ph_len = in.f_len;
		m->m_pkt.ph_gso = PH_GSO_TCP4;
		m->m_pkt.ph_gsosize = 700;
		m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
		m->m_pkt.ph_csumstart = 34;
		m->m_pkt.ph_csumoff = 16;
		m->m_pkt.ph_hdrlen = 54;
		rump_if_input(&fk->fk_if, m);
		rump_unschedule();
		if (df) {
			CHECK(!sent(f2, &out));
			CHECK(sent(fk, &out));
			CHECK_EQ(get16(PAYLOAD(&out)), 0x0304);
			CHECK_EQ(get16(PAYLOAD(&out) + 6), 600);
		} else {
			CHECK(sent(f2, &out));
			do
				CHECK(out.f_len <= 614);
			while (sent(f2, &out));
		}
	}
	(void)dropall(fk);
}

/* A neighbour is told of the shorter way; the packet takes the longer one. */
static void
redirects(void)
{
	struct rtentry rt = { .rt_plen = 96 + 24, .rt_type = RTN_UNICAST,
	    .rt_if = &fk->fk_if };
	struct inaddr gw = addr("10.0.0.44");
	struct neigh *ne;
	uint32_t want = v4("10.0.0.44");

	rt.rt_dst = addr("10.7.7.0");
	rt.rt_gw = gw;
	rump_schedule();
	ne = rump_neigh_get(&fk->fk_if, &gw, 1);
	rump_neigh_update(ne, (const uint8_t *)"\2\0\0\0\0\54",
	    NEU_PERMANENT);
	rump_neigh_rele(ne);
	CHECK_EQ(rump_rt_add(&rt), 0);
	rump_unschedule();
	(void)dropall(fk);
	udpframe(&in, PEER, 5, "10.7.7.7", 6, "abcdef", 6);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK(sumsok(&out));
	CHECK_EQ(get16(PAYLOAD(&out)), 0x0501);
	CHECK(memcmp(PAYLOAD(&out) + 4, &want, 4) == 0);
	CHECK(memcmp(out.f_b + 30, in.f_b + 26, 4) == 0);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_b[22], 63);
	CHECK(memcmp(out.f_b, "\2\0\0\0\0\54", 6) == 0);
	/* Not to who is no neighbour. */
	udpframe(&in, "10.1.0.9", 5, "10.7.7.7", 6, "abcdef", 6);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_b[22], 63);
	CHECK(!sent(fk, &out));
	K((void)rump_rt_del(&rt));
}

static void
test_forward(void)
{
	struct fake *f2;
	struct inaddr far = addr("10.1.0.9");
	struct neigh *ne;
	static struct frame f;
	unsigned n;

	rump_schedule();
	f2 = fake_attach("fk1", 0);
	CHECK_EQ(addaddr(f2, "10.1.0.1", 24), 0);
	ne = rump_neigh_get(&f2->fk_if, &far, 1);
	rump_neigh_update(ne, (const uint8_t *)"\2\0\0\0\0\11",
	    NEU_PERMANENT);
	rump_neigh_rele(ne);
	rump_unschedule();
	(void)dropall(f2);
	udpframe(&in, PEER, 5, "10.1.0.9", 6, "abcdef", 6);
	inject(fk, &in);
	CHECK(!sent(f2, &out) && !sent(fk, &out));
	rump_ip_forwarding = 1;
	inject(fk, &in);
	CHECK(sent(f2, &out));
	CHECK(sumsok(&out));
	CHECK_EQ(out.f_b[22], 63);
	CHECK(memcmp(PAYLOAD(&out), PAYLOAD(&in), 14) == 0);
	in.f_b[22] = 1;
	resum(&in);
	inject(fk, &in);
	CHECK(!sent(f2, &out));
	CHECK(sent(fk, &out));
	CHECK_EQ(get16(PAYLOAD(&out)), 0x0b00);
	/* Too long for there. */
	f2->fk_if.if_mtu = 600;
	rump_net_changed();
	memset(f.f_b, 'x', sizeof(f.f_b));
	udpframe(&in, PEER, 5, "10.1.0.9", 6, f.f_b, 1000);
	inject(fk, &in);
	for (n = 0; sent(f2, &out); n++) {
		CHECK(sumsok(&out) && out.f_len <= 614);
	}
	CHECK_EQ(n, 2);
	put16(in.f_b + 20, 0x4000);
	resum(&in);
	inject(fk, &in);
	CHECK(!sent(f2, &out));
	CHECK(sent(fk, &out));
	CHECK_EQ(get16(PAYLOAD(&out)), 0x0304);
	CHECK_EQ(get16(PAYLOAD(&out) + 6), 600);
	/* (In two parts: PEER's path is narrow since test_errors.)
	 * No way to there. */
	(void)dropall(fk);
	udpframe(&in, PEER, 5, "99.1.0.9", 6, "abcdef", 6);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(get16(PAYLOAD(&out)), 0x0300);
	martians(f2);
	coalesced(f2);
	redirects();
	rump_ip_forwarding = 0;
	K((void)rump_if_setflags(&f2->fk_if, 0, IFF_UP));
}

int
main(void)
{

	fk = wire_start();
	onhost = 0;
	test_forward();
	return check_done();
}
