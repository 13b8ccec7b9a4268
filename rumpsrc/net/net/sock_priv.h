/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the socket layer. */
#ifndef SOCK_PRIV_H
#define SOCK_PRIV_H

#include <kern/file.h>
#include <net/socket.h>

#define SO_OPTMAX	MBUF_MAX	/* bytes of an option, of control */

extern const struct fileops rump_socket_ops;

/* What stands before the data of a record, in its first mbuf. */
struct sbrec {
	struct mbuf	*sr_control;
	uint32_t	 sr_drops;	/* so_drops then */
	uint32_t	 sr_alen;	/* the sender's address follows */
} __attribute__((__packed__));

/* Memory that one mbuf keeps busy. */
static inline uint32_t
sb_memof(const struct mbuf *m)
{
	return (uint32_t)sizeof(*m) + m->m_store->m_size;
}

/* Appends one mbuf to a stream's buffer. */
static inline void
sb_append1(struct sockbuf *sb, struct mbuf *m)
{
	m->m_next = NULL;
	m->m_nextpkt = NULL;
	m->m_flags = 0;
	if (sb->sb_head == NULL)
		sb->sb_head = m;
	else
		sb->sb_tail->m_next = m;
	sb->sb_tail = m;
	sb->sb_cc += m->m_len;
	sb->sb_mem += sb_memof(m);
}

static inline int
sock_nonblock(const struct file *fp)
{
	return (file_flags(fp) & 04000) ? MSG_DONTWAIT : 0;
}

/* Records, sbuf.c. */
struct mbuf *sb_mkrec(struct mbuf *m, const struct sockaddr *, unsigned,
	    struct mbuf *control, uint32_t drops);
void	sb_freerec(struct mbuf *);
struct mbuf *sb_firstrec(struct sockbuf *, struct sbrec *, size_t *datalen);
struct mbuf *sb_peekrec(struct sockbuf *, size_t *off, struct sbrec *,
	    size_t *datalen);
void	sb_droprec(struct sockbuf *);

/* TCP_NOTSENT_LOWAT's limit, when it is set; so_lock held. */
static inline int
so_sndfull(struct socket *so, int wake)
{
	return (so->so_snd.sb_flags & SB_NOTSENT) &&
	    so->so_proto->pr_sndfull(so, wake);
}

/* Is there so much room that poll says so? */
static inline int
so_writable(struct socket *so)
{
	uint32_t space = sb_space(&so->so_snd);

	return space >= so->so_snd.sb_cc / 2 && space > 0 &&
	    !so_sndfull(so, 1);
}

/*
 * How many bytes may be added at once.  As on Linux the limit of what was not
 * sent is looked at before each piece, so it is passed by one at most.
 */
#define SO_PIECE	65536U
static inline uint32_t
so_sndroom(const struct socket *so)
{
	uint32_t space = sb_space(&so->so_snd);

	return (so->so_snd.sb_flags & SB_NOTSENT) && space > SO_PIECE ?
	    SO_PIECE : space;
}

/* so_lock held: takes the pending error. */
static inline int
so_takeerror(struct socket *so)
{
	int error = so->so_error;

	so->so_error = 0;
	return error;
}


int	so_poll(struct socket *, int events, struct selrec *);
int	so_poll_locked(struct socket *, int events);

/* As so_errqueue(), whatever is in it; and who waits is told after. */
void	so_errtell(struct socket *);
void	so_erradd(struct socket *, const struct sockaddr *, unsigned,
	    struct mbuf *m, struct mbuf *control);

/*
 * MSG_ZEROCOPY, so_zc.c; so_lock held.  A send begins (ENOBUFS: too many are
 * on their way), and ends: with a number when some bytes were sent.
 */
struct zcopy;
int	so_zcbegin(struct socket *, struct zcopy **);
/* so_lock not needed when nothing was sent. */
void	so_zcend(struct socket *, struct zcopy *, int sent);
/* One mbuf of at most n of the program's bytes, n <= uio_resid, not 0. */
int	so_zcget(struct zcopy *, struct uio *, size_t n, struct mbuf **);
/* n bytes to so_snd. */
int	so_zcfill(struct socket *, struct zcopy *, struct uio *, size_t n);
/* All of it, with room for headers. */
int	so_zcchain(struct zcopy *, struct uio *, struct mbuf **);
/* What is done goes to the error queue; who waits is told by a callout. */
void	so_zcdone(struct socket *);
/* The socket goes; no locks. */
void	so_zcgone(struct so_zc *);
int	so_recverr(struct socket *, struct sockaddr *, unsigned *lenp,
	    struct uio *, struct mbuf **controlp, int *msgflagsp);

/*
 * The short way for bytes on a connected stream; -1: not now, take the long
 * one.  Else the number moved.
 */
static inline int
so_badbuf(const void *buf)
{
	return __builtin_expect((uintptr_t)buf < 4096, 0);	/* EFAULT */
}
long	so_sendfast(struct socket *, const void *, size_t);
long	so_recvfast(struct socket *, void *, size_t);

void	so_setnofile(struct socket *, int nofile);

/* Sends from a file: struct fileops, fo_splice. */
int	so_splice(struct file *out, struct file *in, int64_t *off,
	    size_t len, int nonblock, size_t *donep);
/* struct fileops, fo_take. */
int	so_takelent(struct file *, size_t len, int wait, struct filelent *);
/* so_lock held: until a connected stream has room (or nothing is sent). */
int	so_waitsend(struct socket *, int msgflags, int64_t dl, int nothing);

/* Connections taken from a queue: the next one, with its reference. */
int	so_accept(struct socket *, int msgflags, struct socket **);
void	so_unaccept(struct socket *head, struct socket *);
int	so_listen(struct socket *, int backlog);
int	so_shutdown(struct socket *, int how);

/* SO_TIMESTAMPING, SO_PEEKOFF...: so_opt2.c; so_lock held.  -1: not these. */
int	so_setrare(struct socket *, int name, const void *, unsigned);
int	so_getrare(struct socket *, int name, void *, unsigned *);
void	so_timestamping(const struct socket *, int64_t t, struct mbuf **);
int	so_optval(const void *, unsigned, void *, unsigned *);

/* Appends all messages of another control mbuf, which stays. */
int	cmsg_addall(struct mbuf **, const struct mbuf *);

/* Control messages to the program: cmsg.c.  Takes the mbuf. */
int	cmsg_export(struct mbuf *, void *ubuf, size_t *lenp, int *msgflagsp,
	    int cloexec);
int	cmsg_import(const void *ubuf, size_t len, struct mbuf **);

#endif /* SOCK_PRIV_H */
