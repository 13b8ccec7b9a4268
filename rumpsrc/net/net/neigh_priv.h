/* SPDX-License-Identifier: BSD-2-Clause */
/* Between neigh.c (the table) and neigh_state.c (one entry). */
#ifndef NET_NEIGH_PRIV_H
#define NET_NEIGH_PRIV_H

#include <kern/clock.h>
#include "net_priv.h"

void	rump_neigh_arm(struct neigh *, int64_t when);
/* ne_due has come; must set another.  No lock held. */
void	rump_neigh_timeout(struct neigh *, int64_t now);

#endif /* NET_NEIGH_PRIV_H */
