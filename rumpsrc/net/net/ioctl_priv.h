/* SPDX-License-Identifier: BSD-2-Clause */
/* Between if_ioctl.c and rt_ioctl.c: addresses as the SIOC* calls have them. */
#ifndef NET_IOCTL_PRIV_H
#define NET_IOCTL_PRIV_H

#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/in.h>
#include <kern/str.h>
#include "net_priv.h"

static inline uint32_t
plen_mask(unsigned plen)
{

	return plen <= INADDR_V4PREFIX ? 0 :
	    net32(0xffffffffU << (128 - plen));
}

/* -1: holes in it. */
static inline int
mask_plen(uint32_t mask)
{
	uint32_t m = net32(mask);

	if (m & (~m >> 1))
		return -1;
	return INADDR_V4PREFIX + __builtin_popcount(m);
}

/* 0 or EAFNOSUPPORT. */
static inline int
sin_get(const struct sockaddr *sa, uint32_t *addrp)
{
	struct sockaddr_in sin;

	memcpy(&sin, sa, sizeof(sin));
	if (sin.sin_family != AF_INET)
		return EAFNOSUPPORT;
	*addrp = sin.sin_addr.s_addr;
	return 0;
}

static inline unsigned
class_plen(uint32_t addr)
{
	uint8_t top = (uint8_t)(net32(addr) >> 24);

	return INADDR_V4PREFIX + (top < 128 ? 8 : top < 192 ? 16 : 24);
}

/* uarg: the user's struct rtentry, struct arpreq. */
int	rump_route_ioctl(unsigned long cmd, void *uarg);
int	rump_arp_ioctl(unsigned long cmd, void *uarg);

#endif /* NET_IOCTL_PRIV_H */
