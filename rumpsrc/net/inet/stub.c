/* SPDX-License-Identifier: BSD-2-Clause */
/* To be replaced within the hour: raw and ping sockets, groups. */
#include "inet_priv.h"
uint32_t rump_raw_count;
int raw_input(struct mbuf *m, const struct inrcv *ir, uint8_t p) { (void)m; (void)ir; (void)p; return 0; }
void raw_error(const struct inerr *ie, uint8_t p, int e, int h, uint32_t mtu, const uint8_t *d, size_t n) { (void)ie; (void)p; (void)e; (void)h; (void)mtu; (void)d; (void)n; }
int ping_input(struct mbuf *m, const struct inrcv *ir) { (void)m; (void)ir; return 0; }
void ping_error(const struct inerr *ie, int e, int h, uint32_t mtu, const uint8_t *d, size_t n) { (void)ie; (void)e; (void)h; (void)mtu; (void)d; (void)n; }
int mcast_setopt(struct inpcb *i, int n, const void *v, unsigned l) { (void)i; (void)n; (void)v; (void)l; return ENOPROTOOPT; }
int mcast_getopt(struct inpcb *i, int n, void *v, unsigned *l) { (void)i; (void)n; (void)v; (void)l; return ENOPROTOOPT; }
int mcast_wants(struct inpcb *i, const struct inrcv *ir) { (void)i; (void)ir; return 0; }
int mcast_joined(struct ifnet *ifp, uint32_t g, uint32_t s) { (void)ifp; (void)s; return g == net32(0xe0000001); }
void mcast_drop(struct inpcb *i) { (void)i; }
void mcast_ifgone(struct ifnet *ifp) { (void)ifp; }
