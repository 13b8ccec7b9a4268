/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Classic BPF (McCanne and Jacobson, 1993) with Linux's ancillary loads.  A
 * program is checked once (check.c): opcodes, memory slots, jumps only forward
 * and inside, a return at the end.  Then it may run without checks but those
 * of the packet's bounds (run.c), and always ends.
 */
#ifndef NET_BPF_BPF_H
#define NET_BPF_BPF_H

#include <linux/filter.h>
#include <net/socket.h>

struct sockfilter {			/* [I] */
	unsigned		 sf_len;
	struct sock_filter	 sf_prog[];
};

int	bpf_check(const struct sock_filter *, unsigned n);	/* or EINVAL */
uint32_t bpf_run(const struct sockfilter *, const struct mbuf *);

#endif /* NET_BPF_BPF_H */
