/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs net net_inet net_udp net_mcast */
/* components: net_config net_dhcp net_virtif */
/*
 * The DHCP client against a server that we are: the other end of a socket
 * pair.  Lost packets, refusals, a lease of three seconds that is renewed,
 * then lost, then had again; what it does to addresses, routes and files.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net/ifnet.h>
#include <net/route.h>
#include <rump/netconfig.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>

#include "../check.h"

#define DISCOVER	1
#define OFFER		2
#define REQUEST		3
#define ACK		5
#define NAK		6

#define WAIT		30000		/* ms: far more than it takes */

struct frame {			/* Ethernet, IPv4, UDP, DHCP */
	uint8_t		eth[14];
	uint8_t		ip[20];
	uint8_t		udp[8];
	uint8_t		dhcp[600];
} __attribute__((__packed__));
#define HEADERS	42

static int wire;		/* our end */
static struct frame rx;
static unsigned rxtype;
static uint8_t guest_mac[6];

static uint16_t
sum(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint32_t s = 0;
	size_t i;

	for (i = 0; i < len; i++)
		s += i & 1 ? b[i] : (uint32_t)b[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

static const uint8_t *
option(unsigned code)
{
	const uint8_t *p = rx.dhcp + 240, *end = rx.dhcp + sizeof(rx.dhcp);

	while (p < end && *p != 255) {
		if (*p == code)
			return p + 2;
		p += *p == 0 ? 1 : 2 + p[1];
	}
	return NULL;
}

/* The client's next message, at most ms away; its type, 0: none. */
static unsigned
next(int ms)
{
	struct pollfd pfd = { wire, POLLIN, 0 };
	const uint8_t *type;
	ssize_t n;

	while (poll(&pfd, 1, ms) == 1) {
		memset(&rx, 0, sizeof(rx));
		n = recv(wire, &rx, sizeof(rx), 0);
		/* UDP to port 67? */
		if (n < HEADERS + 240 || rx.eth[12] != 8 || rx.ip[9] != 17 ||
		    rx.udp[2] != 0 || rx.udp[3] != 67)
			continue;
		CHECK_EQ(sum(rx.ip, 20), 0);
		memcpy(guest_mac, rx.eth + 6, 6);
		type = option(53);
		return rxtype = type != NULL ? *type : 0;
	}
	return rxtype = 0;
}

static uint8_t *
put(uint8_t *p, uint8_t code, uint8_t len, const char *val)
{
	*p++ = code;
	*p++ = len;
	memcpy(p, val, len);
	return p + len;
}

/* To the message in rx: an address for three seconds. */
static void
answer(uint8_t type, const char *addr)
{
	struct frame f;
	uint8_t *p = f.dhcp + 240;
	uint16_t len;

	memset(&f, 0, sizeof(f));
	f.dhcp[0] = 2;
	f.dhcp[1] = 1;
	f.dhcp[2] = 6;
	memcpy(f.dhcp + 4, rx.dhcp + 4, 4);
	inet_pton(AF_INET, addr, f.dhcp + 16);
	memcpy(f.dhcp + 28, rx.dhcp + 28, 6);
	memcpy(f.dhcp + 236, "\143\202\123\143", 4);
	p = put(p, 53, 1, (const char *)&type);
	p = put(p, 54, 4, "\12\115\0\1");
	if (type != NAK) {
		p = put(p, 51, 4, "\0\0\0\3");
		p = put(p, 58, 4, "\0\0\0\1");
		p = put(p, 59, 4, "\0\0\0\2");
		p = put(p, 1, 4, "\377\377\377\0");
		p = put(p, 3, 4, "\12\115\0\1");
		p = put(p, 6, 8, "\12\115\0\1\12\115\0\11");
		p = put(p, 15, 11, "example.org");
		p = put(p, 26, 2, "\5\170");		/* 1400 */
		p = put(p, 12, 5, "named");
	} else
		p = put(p, 56, 5, "never");
	*p++ = 255;
	len = (uint16_t)(p - f.udp);
	memset(f.eth, 0xff, 6);
	memcpy(f.eth + 6, "\2\0\0\0\0\1", 6);
	f.eth[12] = 8;
	f.ip[0] = 0x45;
	f.ip[2] = (uint8_t)((len + 20) >> 8);
	f.ip[3] = (uint8_t)(len + 20);
	f.ip[8] = 64;
	f.ip[9] = 17;
	memcpy(f.ip + 12, "\12\115\0\1", 4);
	memset(f.ip + 16, 255, 4);
	if (type == ACK && (rx.dhcp[10] & 0x80) == 0) {
		memcpy(f.eth, guest_mac, 6);
		memcpy(f.ip + 16, f.dhcp + 16, 4);
	}
	len = sum(f.ip, 20);
	memcpy(f.ip + 10, &len, 2);
	len = (uint16_t)(p - f.udp);
	f.udp[1] = 67;
	f.udp[3] = 68;
	f.udp[4] = (uint8_t)(len >> 8);
	f.udp[5] = (uint8_t)len;
	CHECK_EQ(send(wire, &f, HEADERS + (size_t)(p - f.dhcp), 0),
	    HEADERS + (p - f.dhcp));
}

/* Answers an ARP request for our address; false when it was none. */
static int
arp(const uint8_t *req, ssize_t n)
{
	uint8_t f[42];

	if (n < 42 || req[12] != 8 || req[13] != 6 || req[21] != 1 ||
	    memcmp(req + 38, "\12\115\0\1", 4) != 0)
		return 0;
	memcpy(f, req, 42);
	memcpy(f, req + 6, 6);
	memcpy(f + 6, "\2\0\0\0\0\1", 6);
	f[21] = 2;
	memcpy(f + 22, "\2\0\0\0\0\1\12\115\0\1", 10);
	memcpy(f + 32, req + 22, 10);
	(void)send(wire, f, sizeof(f), 0);
	return 1;
}

/* Like next(), resolving ourselves for who renews by unicast. */
static unsigned
next_arp(int ms)
{
	struct pollfd pfd = { wire, POLLIN, 0 };
	uint8_t peek[64];
	ssize_t n;

	while (poll(&pfd, 1, ms) == 1) {
		n = recv(wire, peek, sizeof(peek), MSG_PEEK);
		if (n >= 14 && peek[13] == 6) {
			(void)arp(peek, n);
			(void)recv(wire, peek, sizeof(peek), 0);
			continue;
		}
		if (next(0) != 0)
			return rxtype;
	}
	return 0;
}

static int
has_address(const char *s)
{
	struct inaddr a;
	int yes;

	CHECK_EQ(inaddr_parse(s, &a), 0);
	rump_schedule();
	yes = rump_if_isours(NULL, &a);
	rump_unschedule();
	return yes;
}

static int
await_address(const char *s, int want)
{
	int i;

	for (i = 0; i < 500 && has_address(s) != want; i++)
		usleep(10000);
	return has_address(s) == want;
}

static int
default_route(void)
{
	struct inaddr a, gw;
	struct rtentry *rt;
	int yes;

	(void)inaddr_parse("8.8.8.8", &a);
	(void)inaddr_parse("10.77.0.1", &gw);
	rump_schedule();
	rt = rump_rt_lookup(&a, 0);
	yes = rt != NULL && inaddr_eq(&rt->rt_gw, &gw);
	if (rt != NULL)
		rump_rt_rele(rt);
	rump_unschedule();
	return yes;
}

static void *
server(void *arg)
{
	uint32_t xid;

	(void)arg;
	/* The first one is lost. */
	CHECK_EQ(next(WAIT), DISCOVER);
	memcpy(&xid, rx.dhcp + 4, 4);
	CHECK(option(55) != NULL);
	CHECK_EQ(next(WAIT), DISCOVER);
	CHECK(memcmp(&xid, rx.dhcp + 4, 4) == 0);
	/* An answer to somebody else; a bad one; then the offer. */
	rx.dhcp[28]++;
	answer(OFFER, "10.77.0.66");
	rx.dhcp[28]--;
	rx.dhcp[4]++;
	answer(OFFER, "10.77.0.67");
	rx.dhcp[4]--;
	answer(OFFER, "255.255.255.255");
	answer(OFFER, "10.77.0.5");
	CHECK_EQ(next(WAIT), REQUEST);
	CHECK(option(50) != NULL &&
	    memcmp(option(50), "\12\115\0\5", 4) == 0);
	CHECK(option(54) != NULL &&
	    memcmp(option(54), "\12\115\0\1", 4) == 0);
	answer(NAK, "0.0.0.0");
	CHECK_EQ(next(WAIT), DISCOVER);
	answer(OFFER, "10.77.0.6");
	CHECK_EQ(next(WAIT), REQUEST);
	answer(ACK, "10.77.0.6");
	return NULL;
}

static int
file_holds(const char *path, const char *text)
{
	char buf[500] = "";
	int fd = rump_sys_open(path, O_RDONLY, 0);

	if (fd < 0 || rump_sys_read(fd, buf, sizeof(buf) - 1) < 0)
		return 0;
	rump_sys_close(fd);
	if (strcmp(buf, text) != 0)
		printf("%s: %s", path, buf);
	return strcmp(buf, text) == 0;
}

int
main(void)
{
	char spec[64], uts[6 * 65];
	pthread_t pt;
	int sp[2];

	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp) == 0);
	wire = sp[1];
	snprintf(spec, sizeof(spec), "fd:%d", sp[0]);
	setenv("RUMP_NET0", spec, 1);
	REQUIRE(rump_init() == 0);
	REQUIRE(rump_pub_lwproc_rfork(RUMP_RFCFDG) == 0);
	pthread_create(&pt, NULL, server, NULL);
	CHECK_EQ(rump_pub_netconfig_dhcp_ipv4_oneshot("vioif0"), 0);
	pthread_join(pt, NULL);
	CHECK(has_address("10.77.0.6"));
	CHECK(!has_address("10.77.0.5"));
	CHECK(default_route());
	CHECK(file_holds("/etc/resolv.conf", "search example.org\n"
	    "nameserver 10.77.0.1\nnameserver 10.77.0.9\n"));
	CHECK_EQ(rump_sys_uname((void *)uts), 0);
	CHECK(strcmp(uts + 65, "named") == 0);

	/* T1 after one second: by unicast, with the address in use. */
	CHECK_EQ(next_arp(WAIT), REQUEST);
	CHECK(memcmp(rx.dhcp + 12, "\12\115\0\6", 4) == 0);
	CHECK(option(54) == NULL && option(50) == NULL);
	CHECK(memcmp(rx.ip + 16, "\12\115\0\1", 4) == 0);
	answer(ACK, "10.77.0.6");
	/* Renewed: asked again a second later, with what is left. */
	CHECK_EQ(next_arp(WAIT), REQUEST);
	CHECK(has_address("10.77.0.6"));
	/* T2: everybody is asked; then the lease is over. */
	CHECK_EQ(next_arp(WAIT), REQUEST);
	CHECK(memcmp(rx.ip + 16, "\377\377\377\377", 4) == 0);
	CHECK(await_address("10.77.0.6", 0));
	CHECK(!default_route());
	CHECK_EQ(next_arp(WAIT), DISCOVER);
	answer(OFFER, "10.77.0.8");
	CHECK_EQ(next_arp(WAIT), REQUEST);
	answer(ACK, "10.77.0.8");
	CHECK(await_address("10.77.0.8", 1));
	CHECK(default_route());

	/* Refused when it renews: not used a moment longer, another one. */
	CHECK_EQ(next_arp(WAIT), REQUEST);
	answer(NAK, "0.0.0.0");
	CHECK_EQ(next_arp(WAIT), DISCOVER);
	CHECK(!has_address("10.77.0.8"));
	CHECK(!default_route());
	answer(OFFER, "10.77.0.9");
	CHECK_EQ(next_arp(WAIT), REQUEST);
	answer(ACK, "10.77.0.9");
	CHECK(await_address("10.77.0.9", 1));
	CHECK(default_route());
	return check_done();
}
