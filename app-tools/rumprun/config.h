/* SPDX-License-Identifier: BSD-2-Clause */
/* config: the guest configuration, made from the options. */
#ifndef RUMPRUN_CONFIG_H
#define RUMPRUN_CONFIG_H

#include "options.h"

/* A longer configuration travels as a boot module. */
#define CONFIG_CMDLINE_MAX	1500

/* JSON text, "" when there is nothing to say. */
char *config_make(const struct options *);

#endif /* RUMPRUN_CONFIG_H */
