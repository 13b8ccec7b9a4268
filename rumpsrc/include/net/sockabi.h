/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux's UAPI headers leave to libc: address families, types, flags and
 * structs of the socket calls, with the values of Linux x86-64.  Steps back
 * when libc's header came first (<linux/if.h> includes it), and keeps it out.
 */
#ifndef NET_SOCKABI_H
#define NET_SOCKABI_H

#include <stddef.h>
#include <stdint.h>
#include <asm/socket.h>

#define SOCK_STORAGE	128	/* bytes of the longest socket address */

#ifndef _SYS_SOCKET_H
#define _SYS_SOCKET_H	1

#define AF_UNSPEC	0
#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	10
#define AF_NETLINK	16
#define AF_PACKET	17
#define AF_VSOCK	40
#define AF_MAX		46

enum { SOCK_STREAM = 1, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET,
	SOCK_DCCP, SOCK_PACKET = 10 };
#define SOCK_CLOEXEC	02000000
#define SOCK_NONBLOCK	04000

#define SOMAXCONN	4096
enum { SHUT_RD, SHUT_WR, SHUT_RDWR };

#define SOL_RAW		255
#define SOL_PACKET	263
#define SOL_NETLINK	270

#define MSG_OOB		0x01
#define MSG_PEEK	0x02
#define MSG_DONTROUTE	0x04
#define MSG_CTRUNC	0x08
#define MSG_TRUNC	0x20
#define MSG_DONTWAIT	0x40
#define MSG_EOR		0x80
#define MSG_WAITALL	0x100
#define MSG_CONFIRM	0x800
#define MSG_ERRQUEUE	0x2000
#define MSG_NOSIGNAL	0x4000
#define MSG_MORE	0x8000
#define MSG_WAITFORONE	0x10000
#define MSG_ZEROCOPY	0x4000000
#define MSG_FASTOPEN	0x20000000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SCM_RIGHTS	1
#define SCM_CREDENTIALS	2

struct sockaddr {
	uint16_t	sa_family;
	char		sa_data[14];
};

struct msghdr {
	void		*msg_name;
	int		 msg_namelen;
	void		*msg_iov;	/* struct rump_iovec */
	size_t		 msg_iovlen;
	void		*msg_control;
	size_t		 msg_controllen;
	unsigned	 msg_flags;
};

struct mmsghdr {
	struct msghdr	msg_hdr;
	unsigned	msg_len;
};

struct cmsghdr {
	size_t		cmsg_len;
	int		cmsg_level;
	int		cmsg_type;
};

struct ucred {
	int32_t		pid;
	uint32_t	uid, gid;
};

struct linger {
	int		l_onoff, l_linger;
};
#endif /* _SYS_SOCKET_H */

#ifndef SOL_IP
#define SOL_IP		0
#define SOL_TCP		6
#define SOL_UDP		17
#define SOL_IPV6	41
#define SOL_ICMPV6	58
#endif

/* Control messages lie at multiples of 8. */
#define CMSG_SPACED(n)	(((size_t)(n) + 7) & ~(size_t)7)
#define CMSG_HDR	sizeof(struct cmsghdr)

#endif /* NET_SOCKABI_H */
