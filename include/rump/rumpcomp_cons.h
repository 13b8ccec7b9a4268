/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls for console input: hw, spt, posix. */
#ifndef RUMP_RUMPCOMP_CONS_H
#define RUMP_RUMPCOMP_CONS_H

/* Next byte; blocks, the virtual CPU given back.  -1: end of input. */
int rumpcomp_cons_getc(void);
/* 1 when rumpcomp_cons_getc() would not block. */
int rumpcomp_cons_poll(void);

#endif /* RUMP_RUMPCOMP_CONS_H */
