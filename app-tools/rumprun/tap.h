/* SPDX-License-Identifier: BSD-2-Clause */
/* tap: TAP devices of the host. */
#ifndef RUMPRUN_TAP_H
#define RUMPRUN_TAP_H

#include "options.h"

/*
 * The device of an interface that has one (ni_tap), without packet
 * information, with the virtio header; not close-on-exec.  Ends with one line
 * when it cannot be had.
 */
int tap_open(const struct netif *, unsigned *mtup);

#endif /* RUMPRUN_TAP_H */
