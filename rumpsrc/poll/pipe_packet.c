/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets in pipes: what was written through a file with O_DIRECT (pipe(2)).
 * One read takes one of them, at most; what does not fit is lost.  They stand
 * in the ring as all bytes, and a mark says where.  What splice takes out or
 * brings in is bytes again.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include "pipe_priv.h"

int
rump_pipe_putpacket(struct pipe *pi, size_t n, struct uio *uio)
{
	struct pipemark *pm = rump_kmem_zalloc(sizeof(*pm));
	int error;

	if (pm == NULL)
		return ENOMEM;
	pm->pm_at = pi->pi_put;
	error = rump_pipe_put(pi, n, uio);
	if ((pm->pm_len = (size_t)(pi->pi_put - pm->pm_at)) == 0) {
		rump_kmem_free(pm, sizeof(*pm));
		return error;
	}
	if (pi->pi_marks == NULL)
		pi->pi_marks = pm;
	else
		pi->pi_marklast->pm_next = pm;
	pi->pi_marklast = pm;
	pi->pi_nmarks++;
	return error;
}

static void
unmark(struct pipe *pi)
{
	struct pipemark *pm = pi->pi_marks;

	pi->pi_marks = pm->pm_next;
	pi->pi_nmarks--;
	rump_kmem_free(pm, sizeof(*pm));
}

void
rump_pipe_dropmarks(struct pipe *pi)
{

	while (pi->pi_marks != NULL)
		unmark(pi);
}

size_t
rump_pipe_packet(struct pipe *pi, size_t len, size_t *dropp)
{
	uint64_t head = pi->pi_put - pipe_count(pi);
	struct pipemark *pm;
	size_t plain, left;

	*dropp = 0;
	/* Those that were taken are marked no more. */
	while ((pm = pi->pi_marks) != NULL && pm->pm_at + pm->pm_len <= head)
		unmark(pi);
	if (pm == NULL)
		return len;
	plain = pm->pm_at > head ? (size_t)(pm->pm_at - head) : 0;
	if (len <= plain)
		return len;
	left = (size_t)(pm->pm_at + pm->pm_len - head) - plain;
	if (len - plain < left)
		*dropp = left - (len - plain);
	return len - plain < left ? len : plain + left;
}
