/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of net_mcast. */
#ifndef MCAST_H
#define MCAST_H

#include <net/inproto.h>

extern const struct mcastops mcast_igmp_ops;

#endif /* MCAST_H */
