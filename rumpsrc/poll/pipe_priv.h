/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between pipe*.c.  The bytes of a pipe are those of its ring,
 * and between them pieces of memory that others lend: each says how many
 * bytes of the ring come after the piece before it.
 */
#ifndef POLL_PIPE_PRIV_H
#define POLL_PIPE_PRIV_H

#include <asm/poll.h>
#include <kern/file.h>
#include <kern/pipe.h>

#define PIPE_BUF	4096UL
#define PIPE_PAGE	4096UL
#define PIPE_DEFPAGES	16		/* 64 KiB, pipe(7) */
#define PIPE_MAXPAGES	256		/* 1 MiB without privilege */

struct pipeext {
	struct pipeext	*pe_next;
	size_t		 pe_after;	/* bytes of the ring before it */
	struct filelent	 pe_lent;	/* not empty */
};

/* A write through O_DIRECT: what one read takes, perhaps only a part of. */
struct pipemark {
	struct pipemark	*pm_next;
	uint64_t	 pm_at;		/* in pi_put's terms */
	size_t		 pm_len;
};

struct pipe {
	struct rump_mutex pi_lock;
	struct rump_cv	 pi_rcv, pi_wcv;
	struct selinfo	 pi_rsel, pi_wsel;
	char		**pi_pages;	/* [pi_lock] ring, NULL: not there */
	size_t		 pi_npages;	/* [pi_lock] */
	size_t		 pi_head;	/* [pi_lock] place of the first byte */
	size_t		 pi_count;	/* [pi_lock] bytes in the ring */
	size_t		 pi_tail;	/* [pi_lock] those behind pi_extlast */
	struct pipeext	*pi_ext, *pi_extlast;	/* [pi_lock] lent bytes */
	size_t		 pi_extbytes;	/* [pi_lock] */
	unsigned	 pi_next;	/* [pi_lock] how many */
	uint64_t	 pi_put;	/* [pi_lock] bytes that ever came */
	struct pipemark	*pi_marks, *pi_marklast;	/* [pi_lock] packets */
	unsigned	 pi_nmarks;	/* [pi_lock] */
	/* [pi_lock] open ends, and how many were ever opened */
	uint32_t	 pi_readers, pi_writers;
	uint32_t	 pi_nread, pi_nwrite;
	uint64_t	 pi_ino;	/* [I] */
	const struct pipe_owner *pi_owner;	/* [I] a name's, or NULL */
	void		*pi_arg;	/* [I] pi_owner's */
};

/* pi_lock is held in all of these. */
static inline size_t
pipe_capacity(const struct pipe *pi)
{

	return pi->pi_npages * PIPE_PAGE;
}

static inline size_t
pipe_count(const struct pipe *pi)
{

	return pi->pi_count + pi->pi_extbytes;
}

/* Two who splice at once may fill it beyond its capacity. */
static inline size_t
pipe_room(const struct pipe *pi)
{
	size_t n = pipe_count(pi);

	/* A packet has a page for itself, as it were. */
	return n < pipe_capacity(pi) && pi->pi_nmarks < pi->pi_npages ?
	    pipe_capacity(pi) - n : 0;
}

static inline void
pipe_wakereaders(struct pipe *pi)
{

	rump_cv_broadcast(&pi->pi_rcv);
	rump_selnotify(&pi->pi_rsel, POLLIN | POLLRDNORM);
}

static inline void
pipe_wakewriters(struct pipe *pi)
{

	rump_cv_broadcast(&pi->pi_wcv);
	if (pipe_room(pi) >= PIPE_BUF)
		rump_selnotify(&pi->pi_wsel, POLLOUT | POLLWRNORM);
}

/* Where the bytes from the off-th on are, off < pipe_count(): one piece. */
char	*rump_pipe_at(const struct pipe *, size_t off, size_t *lenp);
static inline char *
pipe_at(const struct pipe *pi, size_t off, size_t *lenp)
{
	size_t pos = pi->pi_head + off;

	if (__builtin_expect(pi->pi_ext != NULL, 0))
		return rump_pipe_at(pi, off, lenp);
	if (pos >= pipe_capacity(pi))
		pos -= pipe_capacity(pi);
	*lenp = PIPE_PAGE - pos % PIPE_PAGE;
	if (*lenp > pi->pi_count - off)
		*lenp = pi->pi_count - off;
	return pi->pi_pages[pos / PIPE_PAGE] + pos % PIPE_PAGE;
}

/* There is room for n bytes. */
int	rump_pipe_put(struct pipe *, size_t n, struct uio *);
void	rump_pipe_consume(struct pipe *, size_t n);
/* The first piece is next: n bytes of it go; all of it. */
void	rump_pipe_extconsume(struct pipe *, size_t n);
void	rump_pipe_extdrop(struct pipe *);

/* pipe_size.c: fcntl's, no lock; and its ring's pages, with their table. */
long	rump_pipe_setsize(struct pipe *, uint32_t size);
void	rump_pipe_freepages(char **pages, size_t n);

/* pipe_packet.c: a write of n bytes, for which there is room; EFAULT cuts. */
int	rump_pipe_putpacket(struct pipe *, size_t n, struct uio *);
/*
 * How many bytes a read of at most len may take; *dropp: then so many go
 * unread.  No packets: all of them.
 */
size_t	rump_pipe_packet(struct pipe *, size_t len, size_t *dropp);
void	rump_pipe_dropmarks(struct pipe *);

/* struct fileops; no lock. */
int	rump_pipe_splice(struct file *out, struct file *in, int64_t *off,
	    size_t len, int nonblock, size_t *donep);
int	rump_pipe_take(struct file *, size_t len, int wait, struct filelent *);

#endif /* POLL_PIPE_PRIV_H */
