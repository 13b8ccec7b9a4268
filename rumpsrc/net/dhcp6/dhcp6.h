/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the DHCPv6 client.  Times are seconds, as servers give
 * them; one address for each interface.
 */
#ifndef DHCP6_DHCP6_H
#define DHCP6_DHCP6_H

#include <stddef.h>
#include <stdint.h>
#include <net/inaddr.h>

#define DHCP6_MAXLEN	1232	/* what fits into IPv6's least MTU */
#define DHCP6_MAXDUID	130	/* RFC 8415, 11.1: 128 and the type */
#define DHCP6_MAXDNS	3
#define DHCP6_MAXSEARCH	128
#define DHCP6_FOREVER	0xffffffffU

enum { DHCP6_SOLICIT = 1, DHCP6_ADVERTISE, DHCP6_REQUEST, DHCP6_CONFIRM,
	DHCP6_RENEW, DHCP6_REBIND, DHCP6_REPLY, DHCP6_RELEASE, DHCP6_DECLINE,
	DHCP6_RECONFIGURE, DHCP6_INFORM };

/* What a client asks. */
struct dhcp6_request {
	uint8_t		 rq_type;
	uint32_t	 rq_xid;	/* 24 bits */
	uint32_t	 rq_iaid;
	uint16_t	 rq_elapsed;	/* hundredths of a second */
	uint8_t		 rq_mac[6];
	uint8_t		 rq_ia;		/* with an IA_NA */
	uint8_t		 rq_rapid;
	const struct inaddr *rq_addr;	/* in the IA_NA, or NULL */
	const uint8_t	*rq_server;	/* DUID, or NULL */
	unsigned	 rq_serverlen;
};
/* buf of DHCP6_MAXLEN; the length. */
size_t	dhcp6_build(uint8_t *buf, const struct dhcp6_request *);

/* What a server says, checked. */
struct dhcp6_reply {
	uint8_t		 dr_type;	/* ADVERTISE or REPLY */
	uint8_t		 dr_preference;
	uint8_t		 dr_rapid;
	uint8_t		 dr_status;	/* 0, or why there is no address */
	uint8_t		 dr_hasaddr;
	uint8_t		 dr_ndns;
	uint16_t	 dr_serverlen;	/* 1..DHCP6_MAXDUID */
	uint8_t		 dr_server[DHCP6_MAXDUID];
	struct inaddr	 dr_addr;	/* with dr_hasaddr */
	uint32_t	 dr_preferred, dr_valid;	/* preferred <= valid */
	uint32_t	 dr_t1, dr_t2;	/* t1 <= t2 <= valid, not 0 */
	uint32_t	 dr_refresh;	/* of information; 0: not said */
	struct inaddr	 dr_dns[DHCP6_MAXDNS];
	uint8_t		 dr_search[DHCP6_MAXSEARCH];	/* RFC 1035 names */
	unsigned	 dr_searchlen;
};
/* Any bytes.  0, or EINVAL: not an answer to this request. */
int	dhcp6_parse(const uint8_t *, size_t len, const struct dhcp6_request *,
	    struct dhcp6_reply *);

struct ifnet;
/*
 * Starts a client, or tells the one there is that addresses are managed.
 * 0 or an errno.
 */
int	dhcp6_start(struct ifnet *, int managed);
/* Until there is an address.  ETIMEDOUT. */
int	dhcp6_wait(struct ifnet *, int64_t deadline);

#endif /* DHCP6_DHCP6_H */
