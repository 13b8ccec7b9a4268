/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents of files in /proc/net, as Linux writes them.  Like snprintf(): at
 * most size bytes with the NUL, the length that there would be as result.
 */
#ifndef NET_NETPROC_H
#define NET_NETPROC_H

#include <stddef.h>

int	rump_netproc_dev(char *, size_t);	/* interfaces, statistics */
int	rump_netproc_route(char *, size_t);	/* IPv4 */
int	rump_netproc_arp(char *, size_t);
int	rump_netproc_if_inet6(char *, size_t);
int	rump_netproc_ipv6_route(char *, size_t);

/* net_inet's: sockets (v6: of AF_INET6); lines Ip, Icmp and Udp of snmp. */
int	rump_netproc_udp(char *, size_t, int v6);
int	rump_netproc_raw(char *, size_t, int v6);
int	rump_netproc_icmp(char *, size_t, int v6);
int	rump_netproc_snmp(char *, size_t);

#endif /* NET_NETPROC_H */
