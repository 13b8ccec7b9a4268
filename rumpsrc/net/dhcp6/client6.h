/* SPDX-License-Identifier: BSD-2-Clause */
/* The DHCPv6 client: its states, client6.c, and its exchanges, exchange6.c. */
#ifndef DHCP6_CLIENT6_H
#define DHCP6_CLIENT6_H

#include <kern/clock.h>
#include <kern/lock.h>
#include "dhcp6.h"

#define MS		(NSEC_PER_SEC / 1000)

/* How an exchange goes (7.6), seconds; 0: no limit. */
struct pace {
	uint8_t		pa_type;
	uint16_t	pa_irt, pa_mrt;	/* first and longest interval */
	uint8_t		pa_mrc;		/* tries */
};

struct dhcp6_client {
	struct dhcp6_client *dc_next;	/* [dhcp6_lock] */
	struct ifnet	*dc_if;		/* [I] referenced */
	struct rump_mutex dc_lock;
	struct rump_cv	 dc_cv;		/* bound, kicked, managed */
	uint8_t		 dc_managed;	/* [dc_lock] addresses, too */
	uint8_t		 dc_bound;	/* [dc_lock] */
	uint8_t		 dc_kicked;	/* [dc_lock] */
	/* The rest is the thread's. */
	struct socket	*dc_so;
	struct dhcp6_request dc_rq;
	int64_t		 dc_start;	/* of this exchange */
	int64_t		 dc_bindtime;	/* when the reply was asked for */
	struct dhcp6_reply	 dc_lease;	/* dr_hasaddr: in use */
	struct dhcp6_reply	 dc_reply, dc_best;
	uint8_t		 dc_buf[DHCP6_MAXLEN];
};

uint32_t dhcp6_random(void);
/* Its socket, which may be there; to all servers of the link: 0 or errno. */
int	dhcp6_open(struct dhcp6_client *);
void	dhcp6_close(struct dhcp6_client *);
int	dhcp6_send(struct dhcp6_client *);
/* Until then, or until something happens: true. */
int	dhcp6_rest(struct dhcp6_client *, int64_t until);
int	dhcp6_managed(struct dhcp6_client *);
/* dc_rq until end: 0, dc_reply is the answer; ENOENT: without what was asked
 * for; ETIMEDOUT. */
int	dhcp6_exchange(struct dhcp6_client *, const struct pace *,
	    int64_t end);
/* An address is looked for; the same results. */
int	dhcp6_solicit(struct dhcp6_client *);

#endif /* DHCP6_CLIENT6_H */
