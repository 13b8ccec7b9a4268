/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/*
 * Many threads: sockets come and go while packets of all kinds arrive and the
 * network changes.  Nothing is checked but that it ends, and that nothing is
 * left (and, under sanitizers, everything).
 */
#include "wire.h"
#include <stdatomic.h>

#define ROUNDS	150

static struct fake *fk;
static atomic_int stop;

static void
udp_thread(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	struct sockaddr un = { .sa_family = AF_UNSPEC };
	int i, a, b, port;
	char c[64];

	for (i = 0; i < ROUNDS; i++) {
		a = usock();
		b = usock();
		OK(ubind(a, "127.0.0.1", 0));
		port = portof(a);
		CHECK_EQ(usendto(b, "12345", 5, "127.0.0.1", port), 5);
		OK(uconnect(b, "127.0.0.1", port));
		CHECK_EQ(xsend(b, "1234", 4, 0), 4);
		CHECK_EQ(urecv(a, c, sizeof(c)), 5);
		if (rand_r(&seed) % 2)
			OK(SYS(connect, b, &un, sizeof(un)));
		CHECK_EQ(urecv(a, c, sizeof(c)), 4);
		(void)usendto(a, "on", 2, PEER, 7777);
		(void)setint(a, SOL_SOCKET, SO_REUSEADDR, 1);
		uclose(b);
		uclose(a);
	}
}

static void
group_thread(void *arg)
{
	struct ip_mreqn r = { .imr_ifindex = (int)fk->fk_if.if_index };
	unsigned seed = (unsigned)(uintptr_t)arg;
	int i, a;
	char c[64];

	for (i = 0; i < ROUNDS; i++) {
		a = usock();
		OK(setint(a, SOL_SOCKET, SO_REUSEADDR, 1));
		OK(ubind(a, "0.0.0.0", 7777));
		r.imr_multiaddr.s_addr = htonl(0xef010203U +
		    (unsigned)rand_r(&seed) % 2);
		OK(SYS(setsockopt, a, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r,
		    sizeof(r)));
		(void)SYS(setsockopt, a, IPPROTO_IP, IP_MULTICAST_IF, &r,
		    sizeof(r));
		(void)usendto(a, "to all", 6, "239.1.2.3", 7777);
		(void)SYS(recvfrom, a, c, sizeof(c), MSG_DONTWAIT, NULL,
		    NULL);
		uclose(a);
	}
}

static void
raw_thread(void *arg)
{
	uint8_t e[16] = { 8, 0, 0xf7, 0xff, 0, 0, 0, 0 };
	int i, a, p;
	char c[128];

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		a = (int)SYS(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
		p = (int)SYS(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
		CHECK_EQ(usendto(p, e, 16, "127.0.0.1", 0), 16);
		CHECK_EQ(urecv(p, c, sizeof(c)), 16);
		(void)SYS(recvfrom, a, c, sizeof(c), MSG_DONTWAIT, NULL,
		    NULL);
		uclose(p);
		uclose(a);
	}
}

static void
wire_thread(void *arg)
{
	struct frame *f = malloc(sizeof(*f));
	unsigned seed = (unsigned)(uintptr_t)arg, i;

	for (i = 0; !atomic_load(&stop); i++) {
		switch (rand_r(&seed) % 6) {
		case 0:
			echoframe(f, PEER, US, (unsigned)rand_r(&seed) % 99);
			break;
		case 1:
			udpframe(f, PEER, 5, "239.1.2.3", 7777, "x", 1);
			memcpy(f->f_b, "\1\0\136\1\2\3", 6);
			break;
		case 2:
			udpframe(f, PEER, 5, "10.0.0.255", 7777, "y", 1);
			memcpy(f->f_b, mac_all, 6);
			break;
		case 3:
			udpframe(f, PEER, 5, US, 7777, "z", 1);
			break;
		case 4:
			echoframe(f, PEER, US, 64);
			put16(f->f_b + 18, (unsigned)rand_r(&seed) % 8);
			put16(f->f_b + 20, (unsigned)(rand_r(&seed) % 4) * 2 |
			    (rand_r(&seed) % 2 ? 0x2000 : 0));
			put16(f->f_b + 16, 20 + 16);
			f->f_len = 34 + 16;
			resum(f);
			break;
		default:
			ipframe(f, PEER, "224.0.0.1", 2, 8);
			memcpy(f->f_b, "\1\0\136\0\0\1", 6);
			memset(PAYLOAD(f), 0, 8);
			put16(PAYLOAD(f), 0x1101);
			put16(PAYLOAD(f) + 2, sum16(PAYLOAD(f), 8, 0));
		}
		inject(fk, f);
		if (i % 64 == 0) {
			(void)dropall(fk);
			K(rump_net_changed());
		}
	}
	free(f);
}

static void
walk_thread(void *arg)
{
	int port = 30000;

	(void)arg;
	while (!atomic_load(&stop)) {
		int a = usock();

		(void)ubind(a, "0.0.0.0", port);
		port ^= 1;
		msleep(1);
		uclose(a);
	}
}

int
main(void)
{
	static void (*const fn[])(void *) = { udp_thread, udp_thread,
	    group_thread, group_thread, raw_thread, wire_thread, walk_thread };
	struct thread th[7];
	uintptr_t i;

	fk = wire_start();
	onhost = 0;
	for (i = 0; i < 7; i++)
		thread_start(&th[i], fn[i], (void *)(i + 1));
	for (i = 0; i < 7; i++) {
		if (i == 5)
			atomic_store(&stop, 1);
		thread_join(&th[i]);
	}
	return check_done();
}
