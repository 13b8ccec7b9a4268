/* SPDX-License-Identifier: BSD-2-Clause */
/* terminal: stdin's terminal in raw mode while the guest has it. */
#ifndef RUMPRUN_TERMINAL_H
#define RUMPRUN_TERMINAL_H

#include <stdbool.h>

/* No-op when stdin is no terminal.  rawout: the guest sends CR NL itself. */
void terminal_raw(bool rawout);
void terminal_restore(void);

#endif /* RUMPRUN_TERMINAL_H */
