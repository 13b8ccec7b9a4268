/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments by hand: the test is the peer of the rump kernel's TCP, on an
 * interface that keeps what is sent.  inject() gives the kernel a segment,
 * expect() waits for the next one that it sends.
 * Kernel 10.9.0.1, peer 10.9.0.2.
 */
#ifndef TESTS_NETTCP_SCRIPT_H
#define TESTS_NETTCP_SCRIPT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "../net-socket/socktest.h"
#include "../net-core/fake.h"
#include <net/inet.h>
#include <net/tcp.h>

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define PSH	0x08
#define ACK	0x10
#define URG	0x20
#define ECE	0x40
#define CWR	0x80

struct s {				/* a segment */
	uint16_t	sport, dport, win, urp;
	uint32_t	seq, ack, len;
	uint8_t		flags, tos, optlen;
	uint8_t		opt[40];
	uint8_t		data[3000];
};

static __attribute__((__unused__)) char zeros[60000];
static struct fake *net;
static uint16_t kport, pport = 40000;	/* host order */
static uint32_t pseq, pack;		/* peer's next number, what it has */
static uint8_t popt[40];		/* put into each segment */
static unsigned poptlen;
static uint16_t pwin = 65535;
static uint8_t ptos;

static inline void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static inline unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static struct mbuf *batch, **batchend;	/* NULL: no batch is open */

/* A frame as it is, from the wire. */
static inline void
inject_raw(const uint8_t *p, unsigned len)
{
	struct mbuf *m;

	rump_schedule();
	m = m_gethdr(len);
	memcpy(m->m_data, p, len);
	m->m_len = m->m_pkt.ph_len = len;
	if (batchend != NULL) {
		*batchend = m;
		batchend = &m->m_nextpkt;
	} else
		rump_if_input(&net->fk_if, m);
	rump_unschedule();
}

/* What is injected between these two comes at once, as from a device. */
static inline void
batch_begin(void)
{

	batchend = &batch;
}

static inline void
batch_end(void)
{

	batchend = NULL;
	rump_schedule();
	rump_if_input(&net->fk_if, batch);
	rump_unschedule();
	batch = NULL;
}

static inline unsigned
build(uint8_t *f, uint8_t flags, uint32_t seq, uint32_t ack, const void *data,
    unsigned len, const uint8_t *opt, unsigned optlen, unsigned urp)
{
	unsigned hl = 20 + optlen, total = 20 + hl + len;
	uint8_t *ip = f + 14, *t = ip + 20;
	uint16_t sum;

	memcpy(f, net->fk_if.if_mac, 6);
	memcpy(f + 6, "\2\0\0\0\0\2\x08\0", 8);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = ptos;
	put16(ip + 2, total);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, "\x0a\x09\0\2\x0a\x09\0\1", 8);
	sum = cksum_fold(cksum_add(ip, 20, 0));
	memcpy(ip + 10, &sum, 2);
	put16(t, pport);
	put16(t + 2, kport);
	put32(t + 4, seq);
	put32(t + 8, ack);
	t[12] = (uint8_t)(hl << 2);
	t[13] = flags;
	put16(t + 14, pwin);
	put16(t + 16, 0);
	put16(t + 18, urp);
	if (optlen != 0)
		memcpy(t + 20, opt, optlen);
	if (len != 0)
		memcpy(t + hl, data, len);
	{
		uint8_t ps[12];

		memcpy(ps, ip + 12, 8);
		ps[8] = 0;
		ps[9] = 6;
		put16(ps + 10, hl + len);
		sum = cksum_fold(cksum_add(t, hl + len,
		    cksum_add(ps, 12, 0)));
		memcpy(t + 16, &sum, 2);
	}
	return 14 + total;
}

static inline void
inject_opt(uint8_t flags, uint32_t seq, uint32_t ack, const void *data,
    unsigned len, const uint8_t *opt, unsigned optlen)
{
	uint8_t f[3200];

	inject_raw(f, build(f, flags, seq, ack, data, len, opt, optlen, 0));
}

/* flags, with the usual options. */
static inline void
inject(uint8_t flags, uint32_t seq, uint32_t ack, const void *data,
    unsigned len)
{

	inject_opt(flags, seq, ack, data, len, popt, poptlen);
}

static struct mbuf *pending;

static inline int
parse(struct mbuf *m, struct s *s)
{
	uint8_t f[3200], *ip = f + 14, *t, ps[12];
	unsigned len = m->m_pkt.ph_len, hl, total;

	memset(s, 0, sizeof(*s));
	if (len > sizeof(f))
		return 0;
	m_copydata(m, 0, len, f);
	if (len < 54 || f[12] != 8 || f[13] != 0 || ip[9] != 6)
		return 0;
	CHECK_EQ(ip[0], 0x45);
	CHECK_EQ(cksum_fold(cksum_add(ip, 20, 0)), 0);
	total = get16(ip + 2);
	CHECK_EQ(total + 14, len);
	t = ip + 20;
	memcpy(ps, ip + 12, 8);
	ps[8] = 0;
	ps[9] = 6;
	put16(ps + 10, total - 20);
	hl = (t[12] >> 4) * 4;
	if (cksum_fold(cksum_add(t, total - 20, cksum_add(ps, 12, 0))) != 0) {
		check_failures++;
		printf("wrong sum: flags %x header %u of %u, options %x %x\n",
		    t[13], hl, total - 20, t[20], t[21]);
	}
	s->sport = (uint16_t)get16(t);
	s->dport = (uint16_t)get16(t + 2);
	s->seq = get32(t + 4);
	s->ack = get32(t + 8);
	s->flags = t[13];
	s->win = (uint16_t)get16(t + 14);
	s->urp = (uint16_t)get16(t + 18);
	s->tos = ip[1];
	s->optlen = (uint8_t)(hl - 20);
	memcpy(s->opt, t + 20, hl - 20);
	s->len = total - 20 - hl;
	memcpy(s->data, t + hl, s->len);
	return 1;
}

/* The next segment within ms; 0: none came. */
static inline int
next(struct s *s, int ms)
{
	int64_t end;
	struct mbuf *m;
	struct timespec ts;
	int ok;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	end = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 + ms;
	for (;;) {
		if (pending == NULL)
			pending = fake_take(net, NULL);
		while ((m = pending) != NULL) {
			pending = m->m_nextpkt;
			m->m_nextpkt = NULL;
			ok = parse(m, s);
			rump_schedule();
			m_freem(m);
			rump_unschedule();
			if (ok)
				return 1;
		}
		clock_gettime(CLOCK_MONOTONIC, &ts);
		if (ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 >= end)
			return 0;
		msleep(1);
	}
}

#define WAIT	3000
/* The next one has these flags. */
#define EXPECT(s, fl) do {						\
	if (!next(s, WAIT)) {						\
		CHECK(!"no segment came");				\
		memset(s, 0, sizeof(*(s)));				\
	} else								\
		CHECK_EQ((s)->flags, fl);				\
} while (0)
#define NOTHING(ms) do {						\
	struct s s_;							\
	if (next(&s_, ms)) {						\
		CHECK(!"a segment came");				\
		printf("  flags %x seq %u ack %u len %u\n",		\
		    s_.flags, s_.seq, s_.ack, s_.len);			\
	}								\
} while (0)

/* The option in a segment, or NULL. */
static inline const uint8_t *
option(const struct s *s, uint8_t kind)
{
	unsigned i = 0;

	while (i < s->optlen) {
		if (s->opt[i] == 0)
			break;
		if (s->opt[i] == 1) {
			i++;
			continue;
		}
		if (s->opt[i] == kind)
			return s->opt + i;
		if (s->opt[i + 1] < 2)
			break;
		i += s->opt[i + 1];
	}
	return NULL;
}

static inline void
script_start(void)
{
	struct neigh *ne;
	struct inaddr pa;

	rump_schedule();
	net = fake_attach("fake0", 0);
	CHECK_EQ(addaddr(net, "10.9.0.1", 24), 0);
	pa = addr("10.9.0.2");
	ne = rump_neigh_get(&net->fk_if, &pa, 1);
	rump_neigh_update(ne, (const uint8_t *)"\2\0\0\0\0\2",
	    NEU_OVERRIDE | NEU_PERMANENT);
	rump_neigh_rele(ne);
	rump_unschedule();
	while (next(&(struct s){ 0 }, 20))
		;
}

static const uint8_t opt_all[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 3, 232, 0,
	0, 0, 0, 1, 3, 3, 7 };		/* MSS 1460, SACK, TS 1000, scale 7 */
static const uint8_t opt_sack[] = { 2, 4, 3, 232, 1, 1, 4, 2 };	/* MSS 1000 */
static const uint8_t opt_mss[] = { 2, 4, 3, 232 };

static inline void
drop_all(void)
{
	struct s s;

	while (next(&s, 0))
		;
}

/* A listening socket. */
static inline int
listening(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = (int)rump_sys_socket(AF_INET, SOCK_STREAM, 0);
	struct timeval tv = { 3, 0 };

	OK(rump_sys_bind(fd, (void *)&sin, sizeof(sin)));
	OK(rump_sys_listen(fd, 16));
	OK(rump_sys_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, (void *)&tv,
	    sizeof(tv)));
	OK(rump_sys_getsockname(fd, (void *)&sin, &len));
	kport = ntohs(sin.sin_port);
	pport++;
	pseq = 1000000;
	poptlen = 0;
	pwin = 65535;
	ptos = 0;
	drop_all();
	return fd;
}

/*
 * The peer connects; *s is the answer to its SYN.  ms: the round trip of the
 * handshake.
 */
static inline int
passive_rtt(int l, int ms, const uint8_t *opt, unsigned optlen, struct s *s)
{
	int fd;

	inject_opt(SYN, pseq, 0, NULL, 0, opt, optlen);
	EXPECT(s, SYN | ACK);
	CHECK_EQ(s->ack, pseq + 1);
	pseq++;
	pack = s->seq + 1;
	msleep(ms);
	inject(ACK, pseq, pack, NULL, 0);
	fd = (int)rump_sys_accept(l, NULL, NULL);
	CHECK(fd >= 0);
	return fd;
}

static inline int
passive(int l, const uint8_t *opt, unsigned optlen, struct s *s)
{

	return passive_rtt(l, 0, opt, optlen, s);
}

/* The peer resets it; nothing of the case is left. */
static inline void
finish(int fd, int l)
{

	inject(RST, pseq, 0, NULL, 0);
	OK(rump_sys_close(fd));
	OK(rump_sys_close(l));
	drop_all();
}

static inline void
nodelay(int fd)
{
	int on = 1;

	OK(rump_sys_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)&on,
	    sizeof(on)));
}

static inline int
state(int fd)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	if (rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti,
	    &len) != 0)
		return -1;
	return ti.tcpi_state;
}

static inline void
ts(uint32_t val, uint32_t ecr)
{

	memcpy(popt, "\1\1\10\12", 4);
	put32(popt + 4, val);
	put32(popt + 8, ecr);
	poptlen = 12;
}

/* An acknowledgement with a block. */
static inline void
ack_sack(uint32_t ack, uint32_t l, uint32_t r)
{
	uint8_t o[40];

	memcpy(o, popt, poptlen);
	memcpy(o + poptlen, "\1\1\5\12", 4);
	put32(o + poptlen + 4, l);
	put32(o + poptlen + 8, r);
	inject_opt(ACK, pseq, ack, NULL, 0, o, poptlen + 12);
}

/* The kernel connects; *s is its SYN, or what it answers to ours. */
static inline int
active(struct s *s, const uint8_t *opt, unsigned optlen)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = (int)rump_sys_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	pport++;
	sin.sin_port = htons(pport);
	inet_pton(AF_INET, "10.9.0.2", &sin.sin_addr);
	drop_all();
	poptlen = 0;
	pwin = 65535;
	ptos = 0;
	FAILS(rump_sys_connect(fd, (void *)&sin, sizeof(sin)), EINPROGRESS);
	EXPECT(s, SYN);
	kport = s->sport;
	pack = s->seq + 1;
	pseq = 9000;
	if (opt != NULL) {
		inject_opt(SYN | ACK, pseq++, pack, NULL, 0, opt, optlen);
		EXPECT(s, ACK);
		CHECK_EQ(s->ack, pseq);
		CHECK_EQ(s->seq, pack);
	}
	return fd;
}

static inline int
soerror(int fd)
{
	socklen_t len = sizeof(int);
	int v;

	OK(rump_sys_getsockopt(fd, SOL_SOCKET, SO_ERROR, (void *)&v, &len));
	return v;
}

/* Runs the tests that a program is for; one that its argument names. */
static inline int
script_main(const struct test *t, int argc, char **argv)
{
	int before;

	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		return 1;
	script_start();
	for (; t->t_name != NULL; t++) {
		if (argc > 1 && strcmp(argv[1], t->t_name) != 0)
			continue;
		before = check_failures;
		t->t_fn();
		drop_all();
		if (check_failures != before)
			printf("in %s\n", t->t_name);
	}
	return check_done();
}

#endif /* TESTS_NETTCP_SCRIPT_H */
