/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the system calls on sockets. */
#ifndef SYS_PRIV_H
#define SYS_PRIV_H

#include "sock_priv.h"

/* A socket address from the program, to it; *ulen in and out. */
int	rump_sys_sockaddr(const void *uaddr, unsigned len, struct sockaddr *);
int	rump_sys_putaddr(const struct sockaddr *, unsigned len, void *uaddr,
	    unsigned *ulen);

#endif /* SYS_PRIV_H */
