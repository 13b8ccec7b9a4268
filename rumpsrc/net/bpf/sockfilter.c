/* SPDX-License-Identifier: BSD-2-Clause */
/* SO_ATTACH_FILTER: programs from the user. */
#include <asm/errno.h>
#include <rump/component.h>
#include <kern/kmem.h>
#include <kern/uio.h>
#include "bpf.h"

static size_t
sf_size(unsigned n)
{

	return sizeof(struct sockfilter) + n * sizeof(struct sock_filter);
}

static void
sf_free(struct sockfilter *sf)
{

	rump_kmem_free(sf, sf_size(sf->sf_len));
}

static int
sf_make(int name, const void *val, unsigned len, struct sockfilter **fp)
{
	struct sock_fprog prog;
	struct sockfilter *sf;
	int error;

	if (name != SO_ATTACH_FILTER)
		return EOPNOTSUPP;
	if (len != sizeof(prog))
		return EINVAL;
	memcpy(&prog, val, sizeof(prog));
	if (prog.len == 0 || prog.len > BPF_MAXINSNS)
		return EINVAL;
	if ((sf = rump_kmem_alloc(sf_size(prog.len))) == NULL)
		return ENOMEM;
	sf->sf_len = prog.len;
	error = rump_copyin(prog.filter, sf->sf_prog,
	    prog.len * sizeof(struct sock_filter));
	if (error == 0)
		error = bpf_check(sf->sf_prog, sf->sf_len);
	if (error != 0) {
		sf_free(sf);
		return error;
	}
	*fp = sf;
	return 0;
}

static const struct sockfilterops ops = {
	.sf_make = sf_make,
	.sf_free = sf_free,
	.sf_run = bpf_run,
};

RUMP_COMPONENT(net_bpf, RUMP_FACTION_NET)
{

	rump_sockfilterops = &ops;
	return 0;
}
