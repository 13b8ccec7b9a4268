/* SPDX-License-Identifier: BSD-2-Clause */
/* What others may know of net_inet6: settings and counters. */
#ifndef NET_INET6_H
#define NET_INET6_H

#include <stdint.h>

struct ifnet;
struct inaddr;

/* net.ipv6.conf.all.*: may be changed at any time. [a] */
extern int rump_ip6_forwarding, rump_ip6_hoplimit, rump_ip6_acceptra,
    rump_ip6_redirects;
extern int rump_ip6_dadtransmits;	/* 0: no duplicate address detection */
extern int rump_ip6_daddelay;		/* ms: most before the first probe */
extern int rump_ip6_rsdelay;		/* ms: most before the first RS */
/*
 * Interface identifiers: 0 from the MAC (RFC 4291), 2 stable and opaque (RFC
 * 7217; rump_ip6_secret, when it is not zero, is their key).
 */
extern int rump_ip6_addrgen;
extern uint64_t rump_ip6_secret[2];

/*
 * in, out.  Types 0..15 as they are, 128..151 from 16 on; then:
 */
enum { ICMP6S_Msgs = 40, ICMP6S_Errors, ICMP6S_CsumErrors, ICMP6S_RateLimit,
	ICMP6S_MAX };
extern uint64_t rump_icmp6stat[2][ICMP6S_MAX];	/* [a] */

/*
 * Waits until the interface has an address of global scope and a default
 * route, at most until the deadline.  0 or ETIMEDOUT.
 */
int	rump_in6_wait(struct ifnet *, int64_t deadline);
/*
 * Name servers and domains (names of RFC 1035) for /etc/resolv.conf, as if a
 * router had told them.
 */
void	rump_in6_dns(struct ifnet *, const struct inaddr *, unsigned n,
	    const uint8_t *search, unsigned searchlen);
/*
 * net_dhcp6's, NULL without it: a router says that addresses (managed), or
 * other things, are to be had by DHCPv6.
 */
void	rump_dhcp6_heard(struct ifnet *, int managed)
	    __attribute__((__weak__));

#endif /* NET_INET6_H */
