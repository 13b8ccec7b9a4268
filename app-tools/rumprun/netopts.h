/* SPDX-License-Identifier: BSD-2-Clause */
/* netopts: the -I and -W options. */
#ifndef RUMPRUN_NETOPTS_H
#define RUMPRUN_NETOPTS_H

#include "options.h"

/* -I tag,interface[,options] */
void netopts_interface(struct options *, const char *);
/* -W tag,inet,dhcp | tag,inet,static,addr/mask[,gw] */
void netopts_address(struct options *, const char *);
/* Each -W and --pcap has its -I. */
void netopts_check(struct options *);
const struct netif *netopts_find(const struct options *, const char *tag);

#endif /* RUMPRUN_NETOPTS_H */
