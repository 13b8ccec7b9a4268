/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces: start of the network. */
#include <rump/component.h>
#include "mbuf_priv.h"

RUMP_COMPONENT(net, RUMP_FACTION_NET)
{

	rump_mbuf_init();
	return 0;
}
