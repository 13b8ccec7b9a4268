/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of /proc/net that several components write together.  Nothing here is
 * linked without vfs_procfs; what is weak is NULL without its component.
 */
#ifndef NET_NETPROC_H
#define NET_NETPROC_H

#include <stddef.h>
#include <stdint.h>
#include <kern/procnode.h>

struct inaddr;
struct inpcb;

/* " %lu" of n counters. */
void	rump_netproc_counters(struct text *, const uint64_t *, unsigned n);
/* All 16 bytes in hexadecimal. */
void	rump_netproc_hex128(struct text *, const struct inaddr *);

/*
 * A file of PCBs that has no more to tell than the table knows: pn_read with
 * a struct netproc_pcbs as pn_arg.
 */
struct netproc_pcbs {
	unsigned	 np_table;	/* IPT_* */
	int		 np_family;
};
int	rump_netproc_pcbs(struct text *, const struct procctx *);
/* " address:port" as these files have it. */
void	rump_netproc_addr(struct text *, int family, const struct inaddr *,
	    uint16_t port);

/* Their lines of snmp, and of netstat. */
void	rump_netproc_icmp(struct text *) __attribute__((__weak__));
void	rump_netproc_udp(struct text *) __attribute__((__weak__));
void	rump_netproc_tcp(struct text *) __attribute__((__weak__));
void	rump_netproc_tcpext(struct text *) __attribute__((__weak__));

/* IPv6's fragments that wait for others, when it is there. */
extern void rump_ip6_fragstat(unsigned *, uint32_t *) __attribute__((__weak__));

#endif /* NET_NETPROC_H */
