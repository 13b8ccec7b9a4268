/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_INIT_H
#define KERN_INIT_H

void	rump_lwproc_init(void);		/* process 0 */

/* The host name, 65 bytes; true when somebody set it. */
int	rump_hostname(char *);
/* A name from the network: taken when nobody set one. */
void	rump_hostname_offer(const char *);

#endif /* KERN_INIT_H */
