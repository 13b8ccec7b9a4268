/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_mcast net_inet6 net_config */
/* components: net_dhcp6 net_virtif */
/*
 * The DHCPv6 client against a server that we are, at the other end of a
 * socket pair: two offers, a lease of three seconds that is not renewed, then
 * had from another server, then refused; an address that somebody has.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net/ifnet.h>
#include <net/inet6.h>
#include <rump/config.h>
#include <rump/rump.h>

#include "../check.h"
#include "../../rumpsrc/net/dhcp6/dhcp6.h"

#define WAIT		10000		/* ms: far more than it takes */
#define HEADERS		62		/* Ethernet, IPv6, UDP */

enum { O_CLIENT = 1, O_SERVER, O_IA, O_ADDR = 5, O_PREF = 7, O_STATUS = 13,
	O_RAPID };

static int wire;			/* our end */
static uint8_t rx[1600];
static size_t rxlen;
static int taken;			/* we have each address probed for */

extern const struct rump_config_handler *const __start_rumprun_config[];
extern const struct rump_config_handler *const __stop_rumprun_config[];

static void *
configure(void *arg)
{
	const char *vals[RUMP_CONFIG_NFIELDS] = { [RUMP_CONFIG_IF] = "eth0",
	    [RUMP_CONFIG_TYPE] = "inet6", [RUMP_CONFIG_METHOD] = "dhcp" };
	const struct rump_config_handler *const *h;
	int error = ENXIO;

	for (h = __start_rumprun_config; h < __stop_rumprun_config &&
	    error == ENXIO; h++)
		if (strcmp((*h)->rh_key, "net") == 0)
			error = (*h)->rh_handle(vals);
	CHECK_EQ(error, 0);
	return arg;
}

static uint16_t
sum6(const uint8_t *ip, unsigned proto)
{
	unsigned len = (unsigned)(ip[4] << 8 | ip[5]), i;
	uint32_t s = len + proto;

	for (i = 8; i < 40 + len; i++)
		s += i & 1 ? ip[i] : (uint32_t)ip[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

static void
transmit(uint8_t *f, unsigned proto, unsigned sumat, size_t len)
{
	uint16_t s;

	f[12] = 0x86;
	f[13] = 0xdd;
	f[14] = 0x60;
	f[18] = (uint8_t)((len - 54) >> 8);
	f[19] = (uint8_t)(len - 54);
	f[20] = (uint8_t)proto;
	s = sum6(f + 14, proto);
	memcpy(f + sumat, &s, 2);
	CHECK_EQ(send(wire, f, len, 0), len);
}

/* A probe for an address: it is ours. */
static void
defend(void)
{
	uint8_t f[86] = { 0x33, 0x33, [5] = 1, [6] = 2, [11] = 9 };

	f[21] = 255;
	memcpy(f + 22, rx + 62, 16);		/* from the target... */
	memcpy(f + 38, "\xff\2", 2);		/* ...to all nodes */
	f[53] = 1;
	f[54] = 136;
	f[58] = 0x20;
	memcpy(f + 62, rx + 62, 16);
	memcpy(f + 78, "\2\1\2\0\0\0\0\x09", 8);
	transmit(f, 58, 56, sizeof(f));
}

/* The client's next message: its type, 0: none came. */
static unsigned
next(void)
{
	struct pollfd pfd = { wire, POLLIN, 0 };

	while (poll(&pfd, 1, WAIT) == 1) {
		memset(rx, 0, sizeof(rx));
		rxlen = (size_t)recv(wire, rx, sizeof(rx), 0);
		if (rxlen < HEADERS + 4 || rx[12] != 0x86)
			continue;
		if (taken && rx[20] == 58 && rx[54] == 135 &&
		    rx[22] == 0 && rx[62] == 0xfd)
			defend();
		if (rx[20] == 17 && rx[56] == 2 && rx[57] == 0x23) {
			CHECK_EQ(rx[38], 0xff);
			CHECK_EQ(sum6(rx + 14, 17), 0);
			return rx[HEADERS];
		}
	}
	return 0;
}

/* An option of the message in rx. */
static const uint8_t *
option(unsigned code)
{
	const uint8_t *p = rx + HEADERS + 4, *end = rx + rxlen;

	for (; p + 4 <= end; p += 4 + (p[2] << 8 | p[3]))
		if ((unsigned)(p[0] << 8 | p[1]) == code)
			return p + 4;
	return NULL;
}

static uint8_t *
put(uint8_t *p, unsigned code, unsigned len, const void *val)
{

	*p++ = 0;
	*p++ = (uint8_t)code;
	*p++ = 0;
	*p++ = (uint8_t)len;
	if (val != NULL)
		memcpy(p, val, len);
	return p + (val != NULL ? len : 0);
}

/*
 * Answers what is in rx: fd77::host for three seconds, T1 one, T2 two; host
 * 0: there is none.
 */
static void
answer(unsigned type, uint8_t server, uint8_t pref, uint8_t host, int rapid)
{
	uint8_t f[400] = { [6] = 2, [11] = 1 }, *p = f + HEADERS;
	uint8_t id[4] = { 0, 3, 0, server };
	uint8_t addr[24] = { 0xfd, 0x77, [15] = host, [19] = 3, [23] = 3 };
	const uint8_t *ia = option(O_IA);

	CHECK(option(O_CLIENT) != NULL && ia != NULL);
	memcpy(f, rx + 6, 6);
	f[21] = 64;
	memcpy(f + 22, "\xfe\x80", 2);
	f[37] = 1;
	memcpy(f + 38, rx + 22, 16);
	f[54] = 2;
	f[55] = 0x23;
	f[56] = 2;
	f[57] = 0x22;
	memcpy(p, rx + HEADERS, 4);
	p[0] = (uint8_t)type;
	p = put(p + 4, O_CLIENT, 10, option(O_CLIENT));
	p = put(p, O_SERVER, 4, id);
	p = put(p, O_PREF, 1, &pref);
	if (rapid)
		p = put(p, O_RAPID, 0, NULL);
	p = put(p, O_IA, host != 0 ? 40 : 18, NULL);
	memcpy(p, ia, 4);
	memcpy(p + 4, "\0\0\0\1\0\0\0\2", 8);
	p = host != 0 ? put(p + 12, O_ADDR, 24, addr) :
	    put(p + 12, O_STATUS, 2, "\0\3");
	f[58] = (uint8_t)((p - f - 54) >> 8);
	f[59] = (uint8_t)(p - f - 54);
	transmit(f, 17, 60, (size_t)(p - f));
}

static int
has(uint8_t host)
{
	struct ifnet *ifp;
	struct ifaddr *ia;
	int n = 0;

	rump_schedule();
	ifp = rump_if_byname("eth0");
	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		n += ia->ia_addr.ia_b[0] == 0xfd &&
		    ia->ia_addr.ia_b[15] == host;
	rump_rw_exit(&ifp->if_lock);
	rump_if_rele(ifp);
	rump_unschedule();
	return n;
}

/* Comes or goes, soon. */
static void
await(uint8_t host, int there)
{

	while (has(host) != there)
		usleep(1000);
}

/* Does the IA of the message in rx ask for this one? */
static int
asks(uint8_t host)
{
	const uint8_t *ia = option(O_IA);

	return ia != NULL && ia[-1] == 40 && ia[16 + 15] == host;
}

static void
t_lease(void)
{

	CHECK_EQ(next(), DHCP6_SOLICIT);
	CHECK(option(O_RAPID) != NULL && option(O_SERVER) == NULL);
	answer(DHCP6_REPLY, 1, 0, 4, 0);	/* not rapid: no answer */
	answer(DHCP6_ADVERTISE, 1, 10, 5, 0);
	answer(DHCP6_ADVERTISE, 2, 0, 0, 0);	/* has none */
	answer(DHCP6_ADVERTISE, 3, 255, 6, 0);
	CHECK_EQ(next(), DHCP6_REQUEST);
	CHECK(option(O_SERVER) != NULL && option(O_SERVER)[3] == 3);
	CHECK(asks(6) && option(O_RAPID) == NULL);
	answer(DHCP6_REPLY, 3, 0, 6, 0);
	await(6, 1);

	/* T1: the server is asked, T2: any. */
	CHECK_EQ(next(), DHCP6_RENEW);
	CHECK(option(O_SERVER) != NULL && option(O_SERVER)[3] == 3);
	CHECK(asks(6));
	CHECK_EQ(next(), DHCP6_REBIND);
	CHECK(option(O_SERVER) == NULL && asks(6));
	answer(DHCP6_REPLY, 7, 0, 6, 0);
	CHECK_EQ(next(), DHCP6_RENEW);
	CHECK(option(O_SERVER) != NULL && option(O_SERVER)[3] == 7);
	CHECK_EQ(has(6), 1);
	/* It is not known there: all begins anew. */
	answer(DHCP6_REPLY, 7, 0, 0, 0);
	await(6, 0);
}

static void
t_decline(void)
{

	taken = 1;
	CHECK_EQ(next(), DHCP6_SOLICIT);
	answer(DHCP6_REPLY, 1, 0, 8, 1);
	CHECK_EQ(next(), DHCP6_DECLINE);
	CHECK(asks(8) && option(O_SERVER) != NULL);
	await(8, 0);
	taken = 0;
	CHECK_EQ(next(), DHCP6_SOLICIT);
	answer(DHCP6_REPLY, 1, 0, 9, 1);
	await(9, 1);
	/* Nobody answers any more: it is over after three seconds. */
	CHECK_EQ(next(), DHCP6_RENEW);
	CHECK_EQ(next(), DHCP6_REBIND);
	await(9, 0);
	CHECK_EQ(next(), DHCP6_SOLICIT);
}

int
main(void)
{
	char spec[64];
	pthread_t pt;
	int sp[2];

	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp) == 0);
	wire = sp[1];
	snprintf(spec, sizeof(spec), "fd:%d", sp[0]);
	setenv("RUMP_NET0", spec, 1);
	rump_ip6_daddelay = 0;
	REQUIRE(rump_init() == 0);
	REQUIRE(pthread_create(&pt, NULL, configure, NULL) == 0);
	t_lease();
	t_decline();
	pthread_join(pt, NULL);
	return check_done();
}
