/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As much of a rump kernel as the driver needs, in one thread: locks know
 * whether they are held, callouts run when the test says so, what was
 * allocated can be given up all at once.  Received packets are in host_rxq.
 */
#ifndef TESTS_NET_VIRTIO_HOST_H
#define TESTS_NET_VIRTIO_HOST_H

#include <stddef.h>
#include <net/ifnet.h>

extern struct ifnet *host_if;		/* the last that was attached */
extern int host_link;			/* its link: -1 not told */
extern int host_attached;
extern struct mbuf *host_rxq;		/* received, oldest first */
extern unsigned host_nrx;
extern unsigned host_ncpu;
extern unsigned host_nlines;		/* lines on the console */
extern long host_memory;	/* allocations that may succeed, -1 all */
extern int host_direct;	/* allocators' memory is contiguous */
extern unsigned long host_allocated;	/* bytes */

void	host_start(void);
void	host_callouts(void);		/* runs what is scheduled */
void	host_end(void);			/* frees everything */
void	host_rxfree(void);
/* Polls while there is something; what the core's thread does. */
int	host_poll(void);
/* Bus address to pointer. */
void	*host_ptr(unsigned long pa);

#endif /* TESTS_NET_VIRTIO_HOST_H */
