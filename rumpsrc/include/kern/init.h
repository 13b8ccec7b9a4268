/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_INIT_H
#define KERN_INIT_H

#include <stddef.h>

/* uname(2), /proc/version */
#define RUMP_OSRELEASE	"6.1.0-rumpkit"
#define RUMP_OSVERSION	"Rumpkit"

void	rump_lwproc_init(void);		/* process 0 */

/* The host name, 65 bytes; true when somebody set it. */
int	rump_hostname(char *);
int	rump_sethostname(const char *, size_t len);	/* EINVAL: too long */
/* A name from the network: taken when nobody set one. */
void	rump_hostname_offer(const char *);

#endif /* KERN_INIT_H */
