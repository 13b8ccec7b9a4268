/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_mcast net_tcp net_config net_inet6 */
/*
 * Every header cut off at each byte, and each byte of it another one; in
 * memory that ends where the frame does (AddressSanitizer sees who reads on),
 * and in small pieces.  Three ways of cutting:
 *	cut	the headers still say how long it was: never a deed
 *	right	lengths and sums follow: anything but a wrong access or a leak
 *	wrong	the same with a wrong sum: never a deed
 */
#include "frames.h"

static struct fake *fk;
static int udp, tcp;
static struct frame whole, cut;

static void
extfree(struct mbuf *m)
{
	free(m->m_extarg);
}

/* Shape 0: one mbuf, the host's memory; else pieces of so many bytes. */
static void
give(const struct frame *f, unsigned shape)
{
	struct mbuf *m = NULL, *x, **mp = &m;
	unsigned off, n;
	uint8_t *copy;

	rump_schedule();
	for (off = 0; off < f->f_len || off == 0; off += n) {
		n = f->f_len - off;
		if (shape != 0 && n > shape)
			n = shape;
		copy = malloc(n);
		memcpy(copy, f->f_b + off, n);
		if ((x = m_getext(copy, n, extfree, copy)) == NULL)
			abort();
		x->m_len = n;
		*mp = x;
		mp = &x->m_next;
		if (n == 0)
			break;
	}
	m->m_pkt.ph_len = f->f_len;
	rump_if_input(&fk->fk_if, m);
	rump_unschedule();
}

/* Frames sent, without what timers send, and datagrams delivered. */
static unsigned
deeds(void)
{
	static struct frame f;
	char buf[100];
	unsigned n = 0;

	while (sent_quiet(fk, &f))
		/* Reports to groups, questions about neighbours. */
		n += (f.f_b[0] & 1) == 0;
	while (SYS(recvfrom, udp, buf, sizeof(buf), MSG_DONTWAIT, NULL,
	    NULL) >= 0)
		n++;
	return n;
}

static size_t
inuse(void)
{
	size_t n;

	K(n = rump_mbuf_inuse());
	return n;
}

/* Nothing was done about the frame, nothing is kept of it. */
static void
no_deed(const char *name, const char *how, unsigned n, size_t before)
{
	unsigned d = deeds(), i;

	/* A timer may be sending just now. */
	for (i = 0; i < 100 && inuse() > before; i++) {
		usleep(1000);
		d += deeds();
	}
	if (d != 0 || inuse() > before) {
		check_failures++;
		printf("%s, %s at %u: %u deeds, %zu bytes, %zu before\n", name,
		    how, n, d, inuse(), before);
	}
}

static void
spoil(struct frame *f, const struct layers *l)
{
	unsigned at = sumfield(f, l);

	if (at != 0)
		f->f_b[at] ^= f->f_b[at + 1] != 0 ? 0x55 : 0x54;
}

/* Ends what a SYN began: its timer would send some time later. */
static void
forget(const struct kind *k)
{
	static struct frame f;
	struct layers l;

	if (k->k_build != k_syn && k->k_build != k_syn6)
		return;
	k->k_build(&f);
	l = layers(&f);
	put16(f.f_b + l.l4 + 6, 78);
	f.f_b[l.l4 + 13] = 4;		/* RST */
	sums(&f, &l);
	give(&f, 0);
}

static const unsigned shapes[] = { 0, 1, 7, 60 };

static void
truncations(const struct kind *k)
{
	struct layers l = layers(&whole);
	unsigned n, s;
	size_t before;

	for (s = 0; s < 4; s++)
		for (n = 0; n <= whole.f_len; n++) {
			(void)deeds();
			before = inuse();
			cut = whole;
			cut.f_len = n;
			if (n < whole.f_len) {
				give(&cut, shapes[s]);
				no_deed(k->k_name, "cut", n, before);
			}
			shorten(&cut, &l, n);
			sums(&cut, &l);
			spoil(&cut, &l);
			if (sumfield(&cut, &l) != 0 &&
			    (get16(cut.f_b + 20) & 0x3fff) == 0 &&
			    k->k_build != k_fragment6) {
				give(&cut, shapes[s]);
				no_deed(k->k_name, "wrong", n, before);
			}
			sums(&cut, &l);
			give(&cut, shapes[s]);
			forget(k);
		}
	(void)deeds();
}

/* Each byte something else, lengths and counts above all. */
static void
sweep(void)
{
	static const uint8_t vals[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 31,
	    43, 44, 60, 64, 127, 128, 240, 254, 255 };
	struct layers l = layers(&whole);
	unsigned n, v;

	for (n = 12; n < whole.f_len; n++)
		for (v = 0; v < sizeof(vals) + 2; v++) {
			cut = whole;
			cut.f_b[n] = v < sizeof(vals) ? vals[v] :
			    (uint8_t)(cut.f_b[n] + (v & 1 ? 1 : -1));
			sums(&cut, &l);
			give(&cut, shapes[v % 4]);
			if (v == 0)
				(void)deeds();
		}
	(void)deeds();
}

static void
setup(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct ip_mreqn mr = { .imr_multiaddr.s_addr = htonl(0xef010203) };

	onhost = 0;
	fk = wire6_start(0);
	K(CHECK_EQ(addaddr(fk, US, 24), 0));
	neighbour(fk, PEER);
	udp = (int)SYS(socket, AF_INET6, SOCK_DGRAM, 0);
	any.sin6_port = htons(7);
	OK(SYS(bind, udp, &any, sizeof(any)));
	OK(setint(udp, IPPROTO_IPV6, IPV6_RECVHOPOPTS, 1));
	tcp = (int)SYS(socket, AF_INET6, SOCK_STREAM, 0);
	any.sin6_port = htons(80);
	OK(SYS(bind, tcp, &any, sizeof(any)));
	OK(SYS(listen, tcp, 5));
	mr.imr_ifindex = (int)fk->fk_if.if_index;
	OK(SYS(setsockopt, usock(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)));
}

int
main(void)
{
	const struct kind *k;
	unsigned i, round;

	setup();
	(void)deeds();
	for (round = 0; round < 2; round++)
		for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			k = &kinds[i];
			memset(&whole, 0, 200);
			k->k_build(&whole);
			(void)deeds();
			give(&whole, 0);
			if (k->k_answer && deeds() == 0) {
				check_failures++;
				printf("%s: no answer, round %u\n",
				    k->k_name, round);
			}
			forget(k);
			if (round == 0)
				truncations(k);
			else
				sweep();
		}
	/* Unfinished packets and questions, no more. */
	(void)deeds();
	CHECK(inuse() < 1024 * 1024);
	return check_done();
}
