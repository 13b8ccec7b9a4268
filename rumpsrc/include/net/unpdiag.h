/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of AF_UNIX, for those who list them. */
#ifndef NET_UNPDIAG_H
#define NET_UNPDIAG_H

#include <stdint.h>

struct unpview {
	uint64_t	 uv_ino, uv_peer;	/* so_ino; 0: no peer */
	uint32_t	 uv_type, uv_uid;
	uint32_t	 uv_rqueue, uv_wqueue;	/* listening: queue and limit;
						 * else bytes */
	uint32_t	 uv_rcvbuf, uv_sndbuf, uv_wmem;
	uint32_t	 uv_vfsino, uv_vfsdev;	/* of its path; 0: none */
	uint32_t	 uv_flags;		/* so_state */
	uint8_t		 uv_state;		/* TCP_ESTABLISHED... */
	uint8_t		 uv_shut;		/* 1: receives, 2: sends no
						 * more */
	uint16_t	 uv_namelen;
	char		 uv_name[108];		/* abstract: begins with NUL */
};

/*
 * All; no lock held; non-zero stops.  NULL when the image has no AF_UNIX: who
 * only lists them does not bring them.
 */
extern int rump_unp_walk(int (*fn)(const struct unpview *, void *), void *)
    __attribute__((__weak__));

#endif /* NET_UNPDIAG_H */
