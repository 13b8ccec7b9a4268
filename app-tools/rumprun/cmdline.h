/* SPDX-License-Identifier: BSD-2-Clause */
/* cmdline: --run, several programs as a shell writes them. */
#ifndef RUMPRUN_CMDLINE_H
#define RUMPRUN_CMDLINE_H

#include "options.h"

/* Appends to o_run; ends with a message when the line is wrong. */
void cmdline_parse(struct options *, const char *line);

#endif /* RUMPRUN_CMDLINE_H */
