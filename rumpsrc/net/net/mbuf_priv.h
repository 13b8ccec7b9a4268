/* SPDX-License-Identifier: BSD-2-Clause */
/* Between mbuf.c (memory) and mbuf_chain.c (what is done with chains). */
#ifndef NET_MBUF_PRIV_H
#define NET_MBUF_PRIV_H

#include <net/mbuf.h>

void	rump_mbuf_init(void);
/* One mbuf for [off, off + len) of m's bytes, which are m's.  NULL. */
struct mbuf *rump_m_share(const struct mbuf *m, size_t off, size_t len);

#endif /* NET_MBUF_PRIV_H */
