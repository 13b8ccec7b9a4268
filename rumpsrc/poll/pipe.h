/* SPDX-License-Identifier: BSD-2-Clause */
/* What tee(2) needs of a pipe's reading end (FT_PIPE). */
#ifndef POLL_PIPE_H
#define POLL_PIPE_H

#include <stddef.h>

struct file;

/* Up to len bytes from the off-th on into kernel memory; they stay there. */
size_t	rump_pipe_peek(struct file *, size_t off, char *buf, size_t len);
/* Until there are bytes, or no writer; EAGAIN, EINTR. */
int	rump_pipe_await(struct file *, int nonblock);

#endif /* POLL_PIPE_H */
