/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the DHCP client.  Addresses are in network order,
 * times in seconds as the server gives them.
 */
#ifndef DHCP_DHCP_H
#define DHCP_DHCP_H

#include <stddef.h>
#include <stdint.h>

#define DHCP_MINLEN	240	/* fixed part and magic cookie */
#define DHCP_MAXLEN	1500
#define DHCP_MAXDNS	3	/* what a resolver reads */
#define DHCP_MAXROUTES	16
#define DHCP_NAMELEN	253
#define DHCP_FOREVER	0xffffffffU

enum { DHCP_DISCOVER = 1, DHCP_OFFER, DHCP_REQUEST, DHCP_DECLINE, DHCP_ACK,
	DHCP_NAK, DHCP_RELEASE };

struct dhcp_route {
	uint32_t	 dr_dst, dr_gw;	/* gw 0: on link */
	uint8_t		 dr_plen;	/* 0-32 */
};

/* A server's message, with all that was checked. */
struct dhcp_reply {
	uint32_t	 dr_xid;
	uint8_t		 dr_chaddr[6];
	uint8_t		 dr_type;	/* OFFER, ACK or NAK */
	uint32_t	 dr_addr;	/* yiaddr: a unicast one, not in NAK */
	uint32_t	 dr_server;	/* identifier; 0 only in ACK */
	uint8_t		 dr_plen;	/* 1-32 */
	uint32_t	 dr_lease, dr_t1, dr_t2;	/* t1 <= t2 <= lease */
	uint32_t	 dr_mtu;	/* 0: not said */
	uint32_t	 dr_dns[DHCP_MAXDNS];
	unsigned	 dr_ndns;
	struct dhcp_route dr_routes[DHCP_MAXROUTES];	/* with the default */
	unsigned	 dr_nroutes;
	char		 dr_hostname[64];	/* "": none; so the others */
	char		 dr_domain[DHCP_NAMELEN + 1];
	char		 dr_message[64];	/* why a NAK; printable */
};

/* Any bytes.  0, or EINVAL: not one that a client may use. */
int	dhcp_parse(const uint8_t *, size_t len, struct dhcp_reply *);

struct dhcp_request {
	uint8_t		 rq_type;
	uint32_t	 rq_xid;
	uint16_t	 rq_secs;
	uint8_t		 rq_chaddr[6];
	uint32_t	 rq_ciaddr;	/* ours, when renewing */
	uint32_t	 rq_addr;	/* wanted; 0: option left out */
	uint32_t	 rq_server;	/* same */
	const char	*rq_hostname;	/* NULL: left out */
};
/* buf of DHCP_MAXLEN; the length. */
size_t	dhcp_build(uint8_t *buf, const struct dhcp_request *);

struct ifnet;
/* resolv.c: /etc/resolv.conf and the host name. */
void	dhcp_resolver(const struct dhcp_reply *);
/*
 * client.c: starts a client; waits until there is a lease or the time is
 * over.  ETIMEDOUT: it goes on trying.
 */
int	dhcp_start(struct ifnet *, int64_t patience);

#endif /* DHCP_DHCP_H */
