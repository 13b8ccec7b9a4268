/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/*
 * ARP, ping, errors, on a fake interface: what comes in, what goes out.  Every
 * truncation of every header.  Fragments: t_frag.c, forwarding: t_forward.c.
 */
#include "wire.h"

static struct fake *fk;
static struct frame in, out;

static void
arpframe(struct frame *f, unsigned op, const char *spa, const char *tpa)
{
	uint32_t s = v4(spa), t = v4(tpa);
	uint8_t *p = f->f_b;

	memcpy(p, mac_all, 6);
	memcpy(p + 6, "\2\0\0\0\0\3", 6);
	put16(p + 12, 0x806);
	p += 14;
	memset(p, 0, 28);
	put16(p, 1);
	put16(p + 2, 0x800);
	p[4] = 6;
	p[5] = 4;
	put16(p + 6, op);
	memcpy(p + 8, "\2\0\0\0\0\3", 6);
	memcpy(p + 14, &s, 4);
	memcpy(p + 24, &t, 4);
	f->f_len = 42;
}

static void
test_arp(void)
{
	int fd = usock();
	unsigned n;

	/* They ask for us. */
	arpframe(&in, 1, "10.0.0.3", US);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, 42);
	CHECK(memcmp(out.f_b, "\2\0\0\0\0\3", 6) == 0);
	CHECK_EQ(get16(out.f_b + 20), 2);
	CHECK(memcmp(out.f_b + 22, mac_us, 6) == 0);
	CHECK(memcmp(out.f_b + 28, "\12\0\0\1", 4) == 0);
	/* Now they are known: nobody asks. */
	onhost = 0;
	CHECK_EQ(usendto(fd, "x", 1, "10.0.0.3", 9), 1);
	CHECK(sent(fk, &out));
	CHECK_EQ(get16(out.f_b + 12), 0x800);
	CHECK(memcmp(out.f_b, "\2\0\0\0\0\3", 6) == 0);
	/* For somebody else: no answer.  A bad one: none. */
	arpframe(&in, 1, "10.0.0.3", "10.0.0.77");
	inject(fk, &in);
	for (n = 14; n < 42; n++) {
		arpframe(&in, 1, "10.0.0.3", US);
		in.f_len = n;
		inject(fk, &in);
	}
	arpframe(&in, 1, "10.0.0.3", US);
	in.f_b[18] = 5;
	inject(fk, &in);
	CHECK(!sent(fk, &out));
	/* We ask; packets wait for the answer. */
	CHECK_EQ(usendto(fd, "abc", 3, "10.0.0.4", 9), 3);
	CHECK(sent(fk, &out));
	CHECK_EQ(get16(out.f_b + 12), 0x806);
	CHECK(memcmp(out.f_b, mac_all, 6) == 0);
	CHECK(memcmp(out.f_b + 38, "\12\0\0\4", 4) == 0);
	CHECK(!sent(fk, &out));
	arpframe(&in, 2, "10.0.0.4", US);
	memcpy(in.f_b, mac_us, 6);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, 34 + 8 + 3);
	CHECK(sumsok(&out));
	/* Our address in somebody's hands is defended. */
	arpframe(&in, 1, US, US);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(get16(out.f_b + 12), 0x806);
	CHECK(memcmp(out.f_b + 28, "\12\0\0\1", 4) == 0);
	inject(fk, &in);
	CHECK(!sent(fk, &out));		/* but not each time */
	uclose(fd);
}

static void *
probe_main(void *arg)
{
	struct inaddr a = addr("10.0.0.99");
	long r;

	(void)arg;
	if (rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		abort();
	K(r = rump_arp_probe(&fk->fk_if, &a, 30000));
	rump_pub_lwproc_releaselwp();
	return (void *)r;
}

static void
test_probe(void)
{
	struct inaddr a = addr("10.0.0.99");
	pthread_t th;
	int error;
	void *r;

	K(error = rump_arp_probe(&fk->fk_if, &a, 30));
	CHECK_EQ(error, 0);
	CHECK(sent(fk, &out));
	CHECK(memcmp(out.f_b + 28, "\0\0\0\0", 4) == 0);
	CHECK(memcmp(out.f_b + 38, "\12\0\0\143", 4) == 0);
	CHECK_EQ(dropall(fk), 2);
	pthread_create(&th, NULL, probe_main, NULL);
	CHECK(waitsent(fk, &out));
	arpframe(&in, 2, "10.0.0.99", "10.0.0.99");
	inject(fk, &in);
	pthread_join(th, &r);
	CHECK_EQ((long)r, EADDRINUSE);
	(void)dropall(fk);
}

static void
test_ping(void)
{
	unsigned len, n;

	for (len = 0; len <= 1400; len += 233) {
		echoframe(&in, PEER, US, len);
		inject(fk, &in);
		CHECK(sent(fk, &out));
		CHECK_EQ(out.f_len, 42 + len);
		CHECK(sumsok(&out));
		CHECK(memcmp(out.f_b + 26, in.f_b + 30, 4) == 0);
		CHECK(memcmp(out.f_b + 30, in.f_b + 26, 4) == 0);
		CHECK_EQ(PAYLOAD(&out)[0], 0);
		CHECK(memcmp(PAYLOAD(&out) + 4, PAYLOAD(&in) + 4,
		    len + 4) == 0);
	}
	/* Padding of short frames is not part of it. */
	echoframe(&in, PEER, US, 1);
	in.f_len = 60;
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, 43);
	/* Cut anywhere: nothing. */
	echoframe(&in, PEER, US, 20);
	for (n = 0; n < 62; n++) {
		in.f_len = n;
		inject(fk, &in);
	}
	CHECK(!sent(fk, &out));
	/* Also with lengths that agree. */
	for (n = 0; n < 8; n++) {
		echoframe(&in, PEER, US, 20);
		in.f_len = 34 + n;
		put16(in.f_b + 16, 20 + n);
		resum(&in);
		inject(fk, &in);
	}
	CHECK(!sent(fk, &out));
	/* Each wrong bit is found. */
	for (n = 14 * 8; n < 62 * 8; n++) {
		echoframe(&in, PEER, US, 20);
		in.f_b[n / 8] ^= (uint8_t)(1 << n % 8);
		inject(fk, &in);
	}
	CHECK(!sent(fk, &out));
	/* To all: no answer. */
	echoframe(&in, PEER, "10.0.0.255", 20);
	memcpy(in.f_b, mac_all, 6);
	inject(fk, &in);
	echoframe(&in, PEER, "224.0.0.1", 20);
	memcpy(in.f_b, mac_all, 6);
	inject(fk, &in);
	CHECK(!sent(fk, &out));
	/* From nowhere, from groups, from ourselves outside. */
	echoframe(&in, "224.0.0.5", US, 20);
	inject(fk, &in);
	echoframe(&in, "127.0.0.1", US, 20);
	inject(fk, &in);
	echoframe(&in, "255.255.255.255", US, 20);
	inject(fk, &in);
	echoframe(&in, PEER, "127.0.0.1", 20);
	inject(fk, &in);
	CHECK(!sent(fk, &out));
}

/* Sources that cannot be. */
static void
test_martians(void)
{
	static const char *const bad[] = { "224.0.0.5", "255.255.255.255",
	    "127.0.0.1" };
	int fd = usock();
	char c;
	unsigned i;

	OK(ubind(fd, "0.0.0.0", 7777));
	for (i = 0; i < 3; i++) {
		udpframe(&in, bad[i], 5, US, 7777, "x", 1);
		inject(fk, &in);
	}
	FAILS(xrecv(fd, &c, 1, MSG_DONTWAIT), EAGAIN);
	udpframe(&in, PEER, 5, US, 7777, "x", 1);
	inject(fk, &in);
	CHECK_EQ(xrecv(fd, &c, 1, MSG_DONTWAIT), 1);
	uclose(fd);
}

static void
test_options(void)
{
	static const struct { unsigned len; const char *b; int ok; } o[] = {
		{ 4, "\1\1\1\0", 1 }, { 4, "\7\3\4\0", 1 },
		{ 8, "\104\10\5\0\0\0\0\0", 1 }, { 4, "\224\4\0\0", 1 },
		{ 8, "\203\7\4\1\2\3\4\0", 0 }, { 8, "\211\7\4\1\2\3\4\0", 0 },
		{ 4, "\7\0\0\0", 0 }, { 4, "\7\1\0\0", 0 },
		{ 4, "\7\5\4\0", 0 },
		{ 4, "\1\1\1\7", 0 }, { 4, "\7\4\377\377", 1 },
	};
	unsigned i;

	for (i = 0; i < sizeof(o) / sizeof(o[0]); i++) {
		echoframe(&in, PEER, US, 10);
		memmove(PAYLOAD(&in) + o[i].len, PAYLOAD(&in), 18);
		memcpy(PAYLOAD(&in), o[i].b, o[i].len);
		in.f_b[14] = (uint8_t)(0x45 + o[i].len / 4);
		put16(in.f_b + 16, 20 + o[i].len + 18);
		in.f_len += o[i].len;
		resum(&in);
		inject(fk, &in);
		CHECK_EQ(sent(fk, &out), o[i].ok);
		if (o[i].ok) {
			CHECK_EQ(out.f_len, 34 + 18);
			CHECK(sumsok(&out));
		}
	}
	/* A header that says it is longer than all. */
	echoframe(&in, PEER, US, 0);
	in.f_b[14] = 0x4f;
	resum(&in);
	inject(fk, &in);
	in.f_b[14] = 0x44;
	inject(fk, &in);
	CHECK(!sent(fk, &out));
}

static void
test_unreach(void)
{
	unsigned n, i;
	char c[20] = "0123456789";

	udpframe(&in, PEER, 1000, US, 7, c, 20);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK(sumsok(&out));
	CHECK_EQ(out.f_len, 34 + 8 + 48);
	CHECK_EQ(get16(PAYLOAD(&out)), 0x0303);
	CHECK(memcmp(PAYLOAD(&out) + 8, in.f_b + 14, 48) == 0);
	ipframe(&in, PEER, US, 99, 20);
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(get16(PAYLOAD(&out)), 0x0302);
	/* A wrong sum, or to all, is not worth an answer. */
	udpframe(&in, PEER, 1000, US, 7, c, 20);
	PAYLOAD(&in)[12] ^= 1;
	inject(fk, &in);
	udpframe(&in, PEER, 1000, "10.0.0.255", 7, c, 20);
	memcpy(in.f_b, mac_all, 6);
	inject(fk, &in);
	udpframe(&in, PEER, 1000, US, 7, c, 20);
	memcpy(in.f_b, mac_all, 6);
	inject(fk, &in);
	/* Nor an error, or a part. */
	ipframe(&in, PEER, US, 1, 40);
	memset(PAYLOAD(&in), 0, 40);
	PAYLOAD(&in)[0] = 3;
	put16(PAYLOAD(&in) + 2, sum16(PAYLOAD(&in), 40, 0));
	inject(fk, &in);
	CHECK(!sent(fk, &out));
	/* UDP: every truncation. */
	for (n = 0; n < 8; n++) {
		udpframe(&in, PEER, 1000, US, 7, c, 20);
		in.f_len = 34 + n;
		put16(in.f_b + 16, 20 + n);
		resum(&in);
		inject(fk, &in);
	}
	for (n = 0; n < 40; n++) {
		if (n == 28)
			continue;
		udpframe(&in, PEER, 1000, US, 7, c, 20);
		put16(PAYLOAD(&in) + 4, n);
		inject(fk, &in);
	}
	CHECK(!sent(fk, &out));
	/* Not more than 50 at once. */
	for (i = n = 0; i < 500; i++) {
		udpframe(&in, PEER, 1000, US, 7, c, 20);
		inject(fk, &in);
		n += (unsigned)sent(fk, &out);
	}
	CHECK(n >= 20 && n < 500);
	(void)dropall(fk);
}

static void
icmperror(struct frame *f, const struct frame *about, unsigned type,
    unsigned code, unsigned mtu, unsigned keep)
{
	uint8_t *p = PAYLOAD(f);

	ipframe(f, PEER, US, 1, 8 + keep);
	memset(p, 0, 8);
	p[0] = (uint8_t)type;
	p[1] = (uint8_t)code;
	put16(p + 6, mtu);
	memcpy(p + 8, about->f_b + 14, keep);
	put16(p + 2, sum16(p, 8 + keep, 0));
}

struct eer {
	struct { uint32_t e_errno; uint8_t origin, type, code, pad;
	    uint32_t info, data; } e;
	struct sockaddr_in offender;
};

static void
test_errors(void)
{
	static const struct { int type, code, err; } t[] = {
		{ 3, 0, 0 }, { 3, 1, 0 }, { 3, 2, ENOPROTOOPT },
		{ 3, 3, ECONNREFUSED }, { 3, 6, ENETUNREACH },
		{ 3, 13, EHOSTUNREACH }, { 11, 0, 0 }, { 12, 0, EPROTO },
		{ 3, 16, 0 }, { 5, 0, 0 }, { 4, 0, 0 },
	};
	char buf[64], ctl[128];
	int fd = usock(), un = usock();
	struct iovec iov = { buf, sizeof(buf) };
	struct sockaddr_in to;
	struct msghdr mh = { .msg_name = &to, .msg_namelen = sizeof(to),
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl,
	    .msg_controllen = sizeof(ctl) };
	struct cmsghdr *cm;
	static struct frame mine;
	struct eer ee;
	unsigned i;

	onhost = 0;
	OK(uconnect(fd, PEER, 99));
	CHECK_EQ(xsend(fd, "hello", 5, 0), 5);
	CHECK(sent(fk, &mine));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		icmperror(&in, &mine, (unsigned)t[i].type,
		    (unsigned)t[i].code, 0, 28);
		inject(fk, &in);
		CHECK_EQ(getint(fd, SOL_SOCKET, SO_ERROR), t[i].err);
	}
	/* Cut short, or not about a packet of ours: nothing. */
	for (i = 0; i < 28; i++) {
		icmperror(&in, &mine, 3, 3, 0, i);
		inject(fk, &in);
	}
	mine.f_b[34 + 1] ^= 1;
	icmperror(&in, &mine, 3, 3, 0, 28);
	inject(fk, &in);
	mine.f_b[34 + 1] ^= 1;
	CHECK_EQ(getint(fd, SOL_SOCKET, SO_ERROR), 0);
	/* Path MTU: only believed when the packet was ours. */
	mine.f_b[34 + 1] ^= 1;
	icmperror(&in, &mine, 3, 4, 800, 28);
	inject(fk, &in);
	mine.f_b[34 + 1] ^= 1;
	CHECK_EQ(getint(fd, IPPROTO_IP, IP_MTU), 1500);
	put16(mine.f_b + 16, 1500);
	icmperror(&in, &mine, 3, 4, 800, 28);
	inject(fk, &in);
	CHECK_EQ(getint(fd, SOL_SOCKET, SO_ERROR), EMSGSIZE);
	CHECK_EQ(getint(fd, IPPROTO_IP, IP_MTU), 800);
	icmperror(&in, &mine, 3, 4, 68, 28);
	inject(fk, &in);
	CHECK_EQ(getint(fd, IPPROTO_IP, IP_MTU), 552);
	(void)getint(fd, SOL_SOCKET, SO_ERROR);
	/* Error queue, of a socket without a peer. */
	CHECK(setint(un, IPPROTO_IP, IP_RECVERR, 1) == 0);
	CHECK_EQ(usendto(un, "payload", 7, PEER, 77), 7);
	CHECK(sent(fk, &mine));
	icmperror(&in, &mine, 3, 1, 0, 35);
	inject(fk, &in);
	CHECK(bits(un, 0) & POLLERR);
	CHECK_EQ(SYS(recvmsg, un, &mh, MSG_ERRQUEUE), 7);
	CHECK(memcmp(buf, "payload", 7) == 0);
	CHECK_EQ(ntohs(to.sin_port), 77);
	CHECK_EQ(to.sin_addr.s_addr, v4(PEER));
	cm = CMSG_FIRSTHDR(&mh);
	CHECK(cm != NULL && cm->cmsg_level == IPPROTO_IP &&
	    cm->cmsg_type == IP_RECVERR);
	memcpy(&ee, CMSG_DATA(cm), sizeof(ee));
	CHECK_EQ(ee.e.e_errno, EHOSTUNREACH);
	CHECK_EQ(ee.e.origin, 2);
	CHECK_EQ(ee.e.type, 3);
	CHECK_EQ(ee.e.code, 1);
	CHECK_EQ(ee.offender.sin_addr.s_addr, v4(PEER));
	CHECK_EQ(getint(un, SOL_SOCKET, SO_ERROR), 0);
	uclose(fd);
	uclose(un);
}

/* An interface goes while idle sockets remember routes through it. */
static void
test_detach(void)
{
	struct ip_mreqn r = { .imr_multiaddr.s_addr = v4("239.1.1.1") };
	int a = usock(), b = usock();
	struct fake *f3;

	rump_schedule();
	f3 = fake_attach("fk2", 0);
	CHECK_EQ(addaddr(f3, "10.2.0.1", 24), 0);
	rump_unschedule();
	OK(uconnect(a, "10.2.0.5", 9));
	CHECK_EQ(xsend(a, "x", 1, 0), 1);
	CHECK_EQ(usendto(b, "x", 1, "10.2.0.6", 9), 1);
	r.imr_ifindex = (int)f3->fk_if.if_index;
	OK(SYS(setsockopt, b, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof(r)));
	(void)dropall(f3);
	K(rump_if_detach(&f3->fk_if));
	FAILS(xsend(a, "x", 1, 0), ENETUNREACH);
	FAILS(usendto(b, "x", 1, "10.2.0.6", 9), ENETUNREACH);
	uclose(a);
	uclose(b);
	(void)dropall(f3);
	memset(f3, 0xa5, sizeof(*f3));
	free(f3);
}

int
main(void)
{
	size_t before;

	fk = wire_start();
	onhost = 0;
	test_arp();
	test_probe();
	before = rump_mbuf_inuse();
	test_ping();
	test_martians();
	test_options();
	CHECK_EQ(rump_mbuf_inuse(), before);
	test_unreach();
	usleep(60000);		/* the limit of errors */
	test_errors();
	test_detach();
	return check_done();
}
