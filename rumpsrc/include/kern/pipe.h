/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes (files of type FT_PIPE), for tee(2), for FIFOs, for /proc/PID/fd.
 * Component poll: absent without it.
 */
#ifndef KERN_PIPE_H
#define KERN_PIPE_H

#include <stddef.h>
#include <stdint.h>

struct file;
struct pipe;
struct stat;

/* Up to len bytes from the off-th on into kernel memory; they stay there. */
size_t	rump_pipe_peek(struct file *, size_t off, char *buf, size_t len);
/* Until there are bytes, *countp, or no writer; EAGAIN, EINTR. */
int	rump_pipe_await(struct file *, int nonblock, size_t *countp);
/* Until there is room; with SIGPIPE, EPIPE; only so does nonblock count. */
int	rump_pipe_awaitroom(struct file *, int nonblock, size_t *roomp);
/* What there is room for, waiting for some as above; may be cut by EFAULT. */
struct uio;
int	rump_pipe_putsome(struct file *, struct uio *, int nonblock);
/*
 * splice(2) of what is no pipe to one, at *inoff or (NULL) its own offset;
 * in can be read, out written.  splice.c.
 */
int	rump_splice_topipe(struct file *in, int64_t *inoff, struct file *out,
	    size_t len, int nonblock, size_t *donep);

/* Back to the front what fo_take gave; takes the hold. */
struct filelent;
void	rump_pipe_untake(struct file *, const struct filelent *);

/* A pipe that has a name; po_close: one of its files is gone. */
struct pipe_owner {
	void	(*po_stat)(void *arg, struct stat *);
	void	(*po_close)(void *arg, struct file *);
};
/* No ends yet.  NULL: no memory.  The owner frees it, when no file is left. */
struct pipe *rump_pipe_new(const struct pipe_owner *, void *arg);
void	rump_pipe_free(struct pipe *);
/* po's argument of a pipe with a name, else NULL. */
void	*rump_pipe_owner(struct file *);
/*
 * As open(2) of a FIFO: waits for the other end; ENXIO, EINTR.  A pipe with a
 * name is kept by the caller while this runs.
 */
int	rump_pipe_open(struct pipe *, int oflags, struct file **);
/* The same pipe again; the caller holds fp. */
int	rump_pipe_reopen(struct file *fp, int oflags, struct file **);

#endif /* KERN_PIPE_H */
