/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * F_SETPIPE_SZ: another ring for a pipe, with the bytes that are in it; what
 * is lent between them (pipe_lent.c) stays as it is.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/uio.h>
#include "pipe_priv.h"

void
rump_pipe_freepages(char **pages, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (pages[i] != NULL)
			rump_page_free(pages[i]);
	rump_kmem_free(pages, n * sizeof(pages[0]));
}

/* Caller holds pi_lock.  Copies the bytes to the start of a new ring. */
static int
pipe_resize(struct pipe *pi, size_t npages)
{
	struct pipe new = { .pi_npages = npages };
	struct rump_iovec iov;
	struct uio uio = { .uio_write = 1 };
	size_t m;
	int error = 0;

	if (pipe_count(pi) > npages * PIPE_PAGE || pi->pi_nmarks > npages)
		return EBUSY;
	new.pi_pages = rump_kmem_zalloc(npages * sizeof(new.pi_pages[0]));
	if (new.pi_pages == NULL)
		return ENOMEM;
	while (new.pi_count < pi->pi_count && error == 0) {
		size_t pos = (pi->pi_head + new.pi_count) % pipe_capacity(pi);

		m = PIPE_PAGE - pos % PIPE_PAGE;
		if (m > pi->pi_count - new.pi_count)
			m = pi->pi_count - new.pi_count;
		iov.iov_base = pi->pi_pages[pos / PIPE_PAGE] + pos % PIPE_PAGE;
		iov.iov_len = uio.uio_resid = m;
		uio.uio_iov = &iov;
		uio.uio_iovcnt = 1;
		error = rump_pipe_put(&new, m, &uio);
	}
	if (error) {
		rump_pipe_freepages(new.pi_pages, npages);
		return error;
	}
	rump_pipe_freepages(pi->pi_pages, pi->pi_npages);
	pi->pi_pages = new.pi_pages;
	pi->pi_npages = npages;
	pi->pi_head = 0;
	return 0;
}

long
rump_pipe_setsize(struct pipe *pi, uint32_t size)
{
	size_t npages = 1;
	int error;

	if (size > INT32_MAX)
		return -EINVAL;
	while (npages * PIPE_PAGE < size)
		npages *= 2;
	if (npages > PIPE_MAXPAGES && rump_capable(CAP_SYS_RESOURCE) != 0)
		return -EPERM;
	rump_mutex_enter(&pi->pi_lock);
	error = pipe_resize(pi, npages);
	pipe_wakewriters(pi);
	rump_mutex_exit(&pi->pi_lock);
	return error ? -error : (long)(npages * PIPE_PAGE);
}
