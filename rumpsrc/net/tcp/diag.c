/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of connections without PCB, <net/tcpdiag.h>. */
#include <net/tcpdiag.h>
#include "tcp.h"

#define ROOM	32	/* more than are there when it is asked for */

static int
mini_walk(uint32_t (*view)(struct tcpmini *, uint32_t), int (*fn)(
    const struct tcpmini *, void *), void *arg)
{
	uint32_t i, n, size = view(NULL, 0) + ROOM;
	struct tcpmini *all;
	int error = 0;

	if (size == ROOM)
		return 0;
	if ((all = rump_kmem_alloc(size * sizeof(*all))) == NULL)
		return ENOMEM;
	n = view(all, size);
	for (i = 0; i < n && error == 0; i++)
		error = fn(&all[i], arg);
	rump_kmem_free(all, size * sizeof(*all));
	return error;
}

int
rump_tcp_walkmini(int (*fn)(const struct tcpmini *, void *), void *arg)
{
	int error = mini_walk(tcp_sc_view, fn, arg);

	return error != 0 ? error : mini_walk(tcp_tw_view, fn, arg);
}
