/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/*
 * Fragments of IPv4 on a fake interface: put together in any order, overlaps,
 * too many; and those that we send.
 */
#include "wire.h"

static struct fake *fk;
static struct frame in, out;

/* A piece of a packet of `whole`'s: bytes [off, off + n) of its payload. */
static void
piece(const struct frame *whole, unsigned off, unsigned n, int more)
{
	static struct frame f;

	memcpy(f.f_b, whole->f_b, 34);
	memcpy(f.f_b + 34, whole->f_b + 34 + off, n);
	f.f_len = 34 + n;
	put16(f.f_b + 16, 20 + n);
	put16(f.f_b + 20, off / 8 | (more ? 0x2000 : 0));
	resum(&f);
	inject(fk, &f);
}

static void
newid(struct frame *f)
{
	static unsigned id = 100;

	put16(f->f_b + 18, id++);
	resum(f);
}

static void
test_reass(void)
{
	unsigned seed = 4711, round, n, i, j, cuts[64], order[64], t, total;

	for (round = 0; round < 150; round++) {
		total = 8 * (1 + (unsigned)rand_r(&seed) % 150) +
		    (unsigned)rand_r(&seed) % 8;
		echoframe(&in, PEER, US, total - 8 > 1400 ? 1000 :
		    total > 8 ? total - 8 : 20);
		total = in.f_len - 34;
		newid(&in);
		cuts[0] = 0;
		for (n = 1; n < 40 && cuts[n - 1] + 8 < total; n++) {
			cuts[n] = cuts[n - 1] + 8 * (1 +
			    (unsigned)rand_r(&seed) % (total / 24 + 1));
			if (cuts[n] >= total)
				break;
		}
		cuts[n] = total;
		for (i = 0; i < n; i++)
			order[i] = i;
		for (i = n; i > 1; i--) {
			j = (unsigned)rand_r(&seed) % i;
			t = order[j];
			order[j] = order[i - 1];
			order[i - 1] = t;
		}
		for (i = 0; i < n; i++) {
			CHECK(!sent(fk, &out));
			j = order[i];
			piece(&in, cuts[j], cuts[j + 1] - cuts[j], j + 1 < n);
			if (i + 1 < n && rand_r(&seed) % 4 == 0)
				piece(&in, cuts[j], cuts[j + 1] - cuts[j],
				    j + 1 < n);
		}
		CHECK(sent(fk, &out));
		CHECK_EQ(out.f_len, in.f_len);
		CHECK(sumsok(&out));
		CHECK(memcmp(PAYLOAD(&out) + 4, PAYLOAD(&in) + 4,
		    total - 4) == 0);
	}
}

static void
test_overlap(void)
{
	unsigned k;

	/* Any overlap: the whole is lost, and what comes after. */
	for (k = 0; k < 5; k++) {
		echoframe(&in, PEER, US, 72);	/* 80 bytes */
		newid(&in);
		piece(&in, 0, 32, 1);
		if (k == 0)
			piece(&in, 24, 16, 1);
		else if (k == 1)
			piece(&in, 0, 40, 1);
		else if (k == 2)
			piece(&in, 8, 16, 1);
		else if (k == 3)
			piece(&in, 16, 16, 0);
		else
			piece(&in, 0, 24, 1);
		piece(&in, 32, 48, 0);
		piece(&in, 0, 32, 1);
		CHECK(!sent(fk, &out));
	}
	/* Ends that differ; beyond the end. */
	echoframe(&in, PEER, US, 72);
	newid(&in);
	piece(&in, 64, 16, 0);
	piece(&in, 64, 8, 0);
	piece(&in, 0, 64, 1);
	newid(&in);
	piece(&in, 40, 8, 0);
	piece(&in, 64, 8, 1);
	piece(&in, 0, 40, 1);
	/* Not a multiple of 8, nothing in it, beyond 64 KiB. */
	newid(&in);
	piece(&in, 0, 30, 1);
	piece(&in, 32, 0, 1);
	put16(in.f_b + 20, 0x1fff);
	CHECK(!sent(fk, &out));
	newid(&in);
	memcpy(out.f_b, in.f_b, 34);
	out.f_len = 34 + 80;
	put16(out.f_b + 20, 0x1fff);
	resum(&out);
	inject(fk, &out);
	piece(&in, 0, 80, 1);
	CHECK(!sent(fk, &out));
}

/* Many unfinished ones: memory is bounded, the new ones get through. */
static void
test_fragflood(void)
{
	size_t before = rump_mbuf_inuse();
	unsigned i;

	for (i = 0; i < 5000; i++) {
		echoframe(&in, PEER, US, 1000);
		newid(&in);
		piece(&in, 8 * (i % 20), 8, 1);
	}
	CHECK(rump_mbuf_inuse() - before < 1024 * 1024);
	for (i = 0; i < 1000; i++)
		piece(&in, 16 * i, 8, 1);
	echoframe(&in, PEER, US, 1000);
	newid(&in);
	piece(&in, 0, 504, 1);
	piece(&in, 504, 504, 0);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, in.f_len);
}

/* We send: fragments are right. */
static void
test_fragout(void)
{
	static char big[66000];
	static uint8_t got[60100];
	unsigned len, off, max;
	int fd = usock();

	onhost = 0;
	for (len = 0; len < sizeof(big); len++)
		big[len] = (char)(len * 31 + len / 256);
	OK(setint(fd, IPPROTO_IP, IP_TOS, 0x28));
	for (len = 1400; len < 60000; len = len * 3 / 2 + 1) {
		CHECK_EQ(usendto(fd, big, len, PEER, 9), len);
		max = 0;
		while (sent(fk, &out)) {
			off = (get16(out.f_b + 20) & 0x1fff) * 8;
			CHECK(sumsok(&out));
			CHECK(out.f_len <= 1514);
			CHECK_EQ(out.f_b[15], 0x28);
			memcpy(got + off, PAYLOAD(&out), out.f_len - 34);
			if (off + out.f_len - 34 > max)
				max = off + out.f_len - 34;
			if (len <= 1472) {
				CHECK_EQ(get16(out.f_b + 20), 0x4000);
			}
		}
		CHECK_EQ(max, len + 8);
		CHECK(memcmp(got + 8, big, len) == 0);
		/* The sum, of the whole. */
		CHECK_EQ(sum16(got, len + 8, 17 + len + 8 + (uint32_t)(uint16_t)
		    ~sum16(out.f_b + 26, 8, 0)), 0);
	}
	OK(setint(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	FAILS(usendto(fd, big, 1473, PEER, 9), EMSGSIZE);
	CHECK_EQ(usendto(fd, big, 1472, PEER, 9), 1472);
	FAILS(usendto(fd, big, 65508, PEER, 9), EMSGSIZE);
	(void)dropall(fk);
	uclose(fd);
}

int
main(void)
{
	size_t before;

	fk = wire_start();
	onhost = 0;
	before = rump_mbuf_inuse();
	test_reass();
	CHECK_EQ(rump_mbuf_inuse(), before);
	test_overlap();
	test_fragflood();
	test_fragout();
	return check_done();
}
