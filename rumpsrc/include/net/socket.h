/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets, between the system calls and the protocols.
 *
 * so_lock guards a socket and, for TCP and UDP, its PCB.  It is held around
 * every protosw function but pr_attach, and protocols hold it when they call
 * the functions below that say so.  Copying from and to the user happens
 * under it.  Lock order: a listening socket, then one from its queue; nobody
 * holds those of two connected sockets; so_lock before everything of
 * <net/ifnet.h> and <net/route.h>; a PCB table's lock before so_lock is never
 * held: look up, take a reference, let go, lock, check SS_DEAD.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stdint.h>
#include <kern/file.h>
#include <kern/lock.h>
#include <kern/poll.h>
#include <net/mbuf.h>
#include <net/sockabi.h>

struct cred;
struct sockaddr;
struct socket;
struct protosw;

struct sockbuf {			/* all [so_lock] */
	struct mbuf	*sb_head;	/* stream: m_next chain; others: records
					 * by m_nextpkt */
	struct mbuf	*sb_tail;	/* stream: mbuf; else record */
	uint32_t	 sb_cc;		/* bytes of data */
	uint32_t	 sb_mem;	/* memory they hold */
	uint32_t	 sb_hiwat;	/* limit of sb_cc; UNIX, netlink: [a] */
	uint32_t	 sb_lowat;	/* SO_RCVLOWAT */
	uint32_t	 sb_flags;
#define SB_FIXED	0x01		/* set by SO_SNDBUF: no autotuning */
#define SB_SHUT		0x02		/* no more in this direction */
#define SB_WAIT		0x04		/* somebody sleeps on sb_cv */
#define SB_NOSPACE	0x08		/* somebody wants to know of room */
#define SB_NOTSENT	0x10		/* so_snd: ask pr_sndfull, too */
	int64_t		 sb_timeo;	/* SO_RCVTIMEO, ns; 0: none */
	struct rump_cv	 sb_cv;
};

/* Options that sockets of all kinds have: SO_* of <asm/socket.h>. */
struct sockopts {			/* [so_lock] */
	uint32_t	 so_flags;	/* for writing, [a] */
#define SOF_REUSEADDR	0x0001
#define SOF_REUSEPORT	0x0002
#define SOF_KEEPALIVE	0x0004
#define SOF_BROADCAST	0x0008
#define SOF_DONTROUTE	0x0010
#define SOF_OOBINLINE	0x0020
#define SOF_LINGER	0x0040
#define SOF_TIMESTAMP	0x0080		/* SO_TIMESTAMP_OLD */
#define SOF_TIMESTAMPNS	0x0100
#define SOF_PASSCRED	0x0200
#define SOF_ZEROCOPY	0x0400
#define SOF_RXQOVFL	0x0800
#define SOF_NOCHECK	0x1000
#define SOF_TSNEW	0x2000		/* SO_TIMESTAMP_NEW was meant */
#define SOF_LOCKFILTER	0x4000
#define SOF_DEBUG	0x8000		/* said, and nothing else */
#define SOF_SELERRQ	0x10000		/* POLLPRI for the error queue */
#define SOF_PREFERBUSY	0x20000
#define SOF_INQ		0x40000		/* TCP_INQ */
	uint32_t	 so_linger;	/* seconds */
	uint32_t	 so_priority, so_mark;
	uint32_t	 so_bindif;	/* SO_BINDTODEVICE: index, 0: any */
	uint32_t	 so_rcvlowat;
	uint32_t	 so_busypoll;
	uint32_t	 so_tsflags;	/* SO_TIMESTAMPING */
	int		 so_tsname;	/* OLD or NEW */
};

/*
 * net_bpf: filters on received packets.  Protocols ask so_filtered() before
 * they queue one.
 */
struct sockfilter;
struct sockfilterops {
	/* name: SO_ATTACH_FILTER, ..., unlocked; new one through *fp */
	int	(*sf_make)(int name, const void *val, unsigned len,
		    struct sockfilter **fp);
	void	(*sf_free)(struct sockfilter *);
	/* Bytes to keep of the packet; 0: drop it. */
	uint32_t (*sf_run)(const struct sockfilter *, const struct mbuf *);
};
extern const struct sockfilterops *rump_sockfilterops;	/* NULL: none */

struct socket {
	struct rump_mutex so_lock;
	uint32_t	 so_refs;	/* [a] file, PCB, who looks at it */
	uint16_t	 so_type;	/* [I] SOCK_* */
	uint16_t	 so_family;	/* [I] */
	uint16_t	 so_protocol;	/* [I] */
	uint16_t	 so_state;	/* [so_lock] */
#define SS_CONNECTED	0x0001
#define SS_CONNECTING	0x0002
#define SS_LISTENING	0x0004
#define SS_DEAD		0x0008		/* detached from its protocol */
#define SS_NOFILE	0x0010		/* closed, or not accepted yet */
#define SS_WASCONN	0x0020		/* has been connected */
#define SS_ATMARK	0x0040		/* urgent data is next */
#define SS_BOUND	0x0080
#define SS_ASYNC	0x0100		/* connect(2) said EINPROGRESS */
#define SS_NBIO		0x0200		/* pr_connect must not block */
#define SS_PEEKOFF	0x0400		/* so_peekoff is meant */
	int		 so_owner;	/* [a] F_SETOWN, without vfs */
	int		 so_error;	/* [so_lock] errno for the next call */
	const struct protosw *so_proto;	/* [I] */
	void		*so_pcb;	/* [so_lock] protocol's */
	struct sockbuf	 so_rcv, so_snd;
	struct sockopts	 so_opt;
	struct rump_cv	 so_cv;		/* connect, linger, accept */
	struct selinfo	 so_sel;
	struct cred	*so_cred;	/* [I] of who made it */
	int		 so_pid;	/* [I] */
	struct sockfilter *so_filter;	/* [so_lock] */
	uint32_t	 so_drops;	/* [so_lock] for SO_RXQ_OVFL */
	uint32_t	 so_zckey;	/* [so_lock] next MSG_ZEROCOPY number */
	struct mbuf	*so_errq;	/* [so_lock] MSG_ERRQUEUE records */
	/* listening: */
	struct socket	*so_head;	/* [so_head's lock] in its queue */
	struct socket	*so_qfirst, *so_qlast;	/* [so_lock] ready ones */
	struct socket	*so_qnext;	/* [so_head's lock] */
	uint32_t	 so_qlen, so_qlimit;	/* [so_lock] */
	uint64_t	 so_ino;	/* [I] */
	uint32_t	 so_seq;	/* [so_lock] wake-ups: so_sleep() */
	uint32_t	 so_oobmark;	/* [so_lock] bytes of so_rcv before the
					 * urgent mark; 0: not in there */
	struct so_zc	*so_zc;		/* [so_lock] MSG_ZEROCOPY, or NULL */
	uint32_t	 so_errmem;	/* [so_lock] bytes in so_errq */
	uint32_t	 so_peekoff;	/* [so_lock] SS_PEEKOFF: where MSG_PEEK
					 * begins */
	int		 so_rcvcpu;	/* [so_lock] SO_INCOMING_CPU */
};

/* For protocols that send without so_lock. */
static inline uint32_t
sb_hiwat_get(const struct sockbuf *sb)
{

	return __atomic_load_n(&sb->sb_hiwat, __ATOMIC_RELAXED);
}

static inline uint32_t
so_flags_get(const struct socket *so)
{

	return __atomic_load_n(&so->so_opt.so_flags, __ATOMIC_RELAXED);
}

/*
 * What a protocol does.  All return 0 or an errno and are called with so_lock
 * held unless it says otherwise.  NULL: EOPNOTSUPP.
 */
struct protosw {
	uint16_t pr_family, pr_type;
	uint16_t pr_protocol;		/* 0: any */
	uint16_t pr_flags;
#define PR_STREAM	0x01		/* bytes, no records: so_snd is used */
#define PR_CONNECTED	0x02		/* must be connected to send */
#define PR_ADDR		0x04		/* records carry their sender */
#define PR_RIGHTS	0x08		/* SCM_RIGHTS */
#define PR_OWNPOLL	0x10		/* pr_poll says it all */
#define PR_NAMED	0x20		/* only when its protocol is named */
	int	(*pr_attach)(struct socket *, int proto);	/* unlocked */
	/* The file is closed; the PCB may live on (with a reference). */
	void	(*pr_detach)(struct socket *);
	/* The last reference went: frees so_pcb.  Unlocked; NULL: nothing. */
	void	(*pr_free)(struct socket *);
	int	(*pr_bind)(struct socket *, const struct sockaddr *,
		    unsigned len);
	int	(*pr_listen)(struct socket *);
	/*
	 * Starts it: so_connected(), or sets SS_CONNECTING, whose end the
	 * caller waits for.
	 */
	int	(*pr_connect)(struct socket *, const struct sockaddr *,
		    unsigned len);
	int	(*pr_connect2)(struct socket *, struct socket *); /* unlocked */
	/* A connection was taken from a listener's queue. */
	int	(*pr_accepted)(struct socket *);
	int	(*pr_disconnect)(struct socket *);	/* AF_UNSPEC */
	int	(*pr_shutdown)(struct socket *, int how);	/* SHUT_* */
	/*
	 * PR_STREAM: so_snd got more; msgflags is MSG_*.  MSG_MORE: the
	 * caller has more and comes back, or waits for room.
	 */
	int	(*pr_output)(struct socket *, int msgflags);
	/* Others: one record; to may be NULL.  Takes both chains. */
	int	(*pr_send)(struct socket *, struct mbuf *,
		    const struct sockaddr *to, unsigned tolen,
		    struct mbuf *control, int msgflags);
	/* n bytes were taken out of so_rcv by the user. */
	void	(*pr_rcvd)(struct socket *, size_t n);
	int	(*pr_rcvoob)(struct socket *, uint8_t *, int msgflags);
	/* ss: room for a sockaddr_storage; *lenp set. */
	int	(*pr_sockname)(struct socket *, struct sockaddr *ss,
		    unsigned *lenp);
	int	(*pr_peername)(struct socket *, struct sockaddr *ss,
		    unsigned *lenp);
	/* Levels other than SOL_SOCKET.  Kernel memory; *lenp in and out. */
	int	(*pr_setopt)(struct socket *, int level, int name,
		    const void *val, unsigned len);
	int	(*pr_getopt)(struct socket *, int level, int name, void *val,
		    unsigned *lenp);
	/* A SOL_SOCKET option was set: so_opt has it. */
	void	(*pr_optchanged)(struct socket *, int name);
	int	(*pr_ioctl)(struct socket *, unsigned long, void *uarg);
	/* Further bits than the buffers tell. */
	int	(*pr_poll)(struct socket *, int events);
	/*
	 * SB_NOTSENT: so much of so_snd was not sent yet that nobody may add
	 * to it (wake 0), or need not be told that he may (1).
	 */
	int	(*pr_sndfull)(struct socket *, int wake);
	/* Instead of the generic ones; unlocked; NULL: generic. */
	int	(*pr_sosend)(struct socket *, const struct sockaddr *,
		    unsigned, struct uio *, struct mbuf *control, int flags);
	int	(*pr_soreceive)(struct socket *, struct sockaddr *,
		    unsigned *lenp, struct uio *, struct mbuf **controlp,
		    int *flagsp);
};

/* Registration, link set rump_protosw. */
#define RUMP_PROTOSW(pr) \
	static const struct protosw *const rump_prp_##pr \
	    __attribute__((__section__("rump_protosw"), __used__, \
	    __retain__)) = &pr

extern uint32_t rump_so_count;		/* [a] sockets there are */

/* Life.  so_create: one reference, no file. */
int	so_create(int family, int type, int proto, struct socket **);
void	so_ref(struct socket *);
void	so_rele(struct socket *);	/* unlocked; the last one frees */
int	so_close(struct socket *);	/* as close(2): lingers, detaches */
/* Ends what nobody accepted; so_lock of the listener, or nobody else has it. */
void	so_closequeue(struct socket *);
/* A file for it; consumes the reference, also on error. */
int	so_open(struct socket *, int oflags, int *fdp);
int	so_fromfd(int fd, struct file **, struct socket **);	/* ref'd file */

/*
 * For listeners (so_lock held): may one more be queued?  A new socket like
 * head, locked, not queued yet; so_ready puts it into the accept queue and
 * wakes accept (both locked).
 */
int	so_qfull(const struct socket *head);
struct socket *so_newconn(struct socket *head);
void	so_ready(struct socket *head, struct socket *);

/*
 * Events, so_lock held: wake sleepers, poll and epoll.
 */
void	so_wake_read(struct socket *);
void	so_wake_write(struct socket *);
void	so_connected(struct socket *);
void	so_disconnected(struct socket *);	/* both directions ended */
void	so_cantrecv(struct socket *);		/* end of file */
void	so_cantsend(struct socket *);		/* EPIPE */
void	so_seterror(struct socket *, int error);	/* and wakes */
/*
 * Sleeps for the next of these events (spurious ones happen).  Absolute
 * deadline: INT64_MAX none.  ETIMEDOUT, EINTR.  Polls the devices first.
 */
/* EPIPE: tells the program by a signal too, unless MSG_NOSIGNAL. */
int	so_sigpipe(int error, int msgflags);
int	so_interrupted(int error, int64_t deadline);	/* returns error */
int	so_sleep(struct socket *, struct rump_cv *, int64_t deadline);
/* Before EAGAIN: did the devices have something for this socket? */
int	so_lookagain(struct socket *);
int64_t	so_deadline(const struct sockbuf *);	/* of a call that starts now */

/* SO_PEEK_OFF, so_lock held: where a peek begins; n bytes were taken. */
static inline uint32_t
so_peekfrom(const struct socket *so)
{
	return so->so_state & SS_PEEKOFF ? so->so_peekoff : 0;
}

static inline void
so_peektaken(struct socket *so, size_t n, int peek)
{
	if (__builtin_expect((so->so_state & SS_PEEKOFF) == 0, 1))
		return;
	if (peek)
		so->so_peekoff += (uint32_t)n;
	else
		so->so_peekoff = so->so_peekoff < n ? 0 :
		    so->so_peekoff - (uint32_t)n;
}

/* How much of a received packet the socket's filter wants; 0: drop it. */
static inline uint32_t
so_filtered(const struct socket *so, const struct mbuf *m)
{
	return __builtin_expect(so->so_filter == NULL, 1) ? UINT32_MAX :
	    rump_sockfilterops->sf_run(so->so_filter, m);
}

/*
 * Error queue, so_lock held: payload of the packet that failed, where it was
 * sent to, a control message (IP_RECVERR...).  Takes both chains; POLLERR.
 */
void	so_errqueue(struct socket *, const struct sockaddr *, unsigned,
	    struct mbuf *m, struct mbuf *control);

/* Buffers, so_lock held. */
static inline uint32_t
sb_space(const struct sockbuf *sb)
{
	return sb->sb_cc < sb->sb_hiwat && sb->sb_mem < 2 * sb->sb_hiwat ?
	    sb->sb_hiwat - sb->sb_cc : 0;
}
/* Stream: appends a chain.  Takes it. */
void	sb_append(struct sockbuf *, struct mbuf *);
/*
 * so_rcv of a socket of records: one with its sender and control messages
 * (both may be NULL); m's ph_time is what SO_TIMESTAMP tells (0: now).
 * ENOBUFS: no room: the caller still has both; so_drops counts it.
 */
int	sb_appendaddr(struct sockbuf *, const struct sockaddr *, unsigned,
	    struct mbuf *m, struct mbuf *control);
/*
 * Appends m's bytes to the last record, and a control message when val is
 * given.  ENOBUFS: nothing was done; else it took m.
 */
int	sb_appendlast(struct sockbuf *, struct mbuf *m, int level, int type,
	    const void *val, size_t len);
void	sb_drop(struct sockbuf *, size_t);	/* stream: from the front */
void	sb_flush(struct sockbuf *);

/* SO_SNDBUF, SO_RCVBUF: defaults and limits, net.core.[rw]mem_*. */
extern uint32_t rump_sb_default[2], rump_sb_max[2];	/* 0: rcv, 1: snd */

/* Control messages: one mbuf of cmsghdrs, as the user sees them. */
int	cmsg_add(struct mbuf **, int level, int type, const void *, size_t);
void	cmsg_free(struct mbuf *);	/* with the files in it */
/*
 * The next message after *posp (0: start) in a control mbuf of the user's:
 * its data and length.  ENOENT: no more; EINVAL: malformed.
 */
int	cmsg_next(const struct mbuf *, size_t *posp, struct cmsghdr *,
	    const void **data, size_t *len);
/* Files on their way to a receiver: SCM_RIGHTS with struct file *[n]. */
int	cmsg_addfiles(struct mbuf **, struct file **, unsigned n);

/* Generic calls, for the system calls and for users inside the kernel. */
int	so_send(struct socket *, const struct sockaddr *, unsigned,
	    struct uio *, struct mbuf *control, int msgflags);
int	so_receive(struct socket *, struct sockaddr *, unsigned *lenp,
	    struct uio *, struct mbuf **controlp, int *msgflagsp);
int	so_bind(struct socket *, const struct sockaddr *, unsigned);
int	so_connect(struct socket *, const struct sockaddr *, unsigned,
	    int nonblock);
int	so_setopt(struct socket *, int level, int name, const void *,
	    unsigned);
int	so_getopt(struct socket *, int level, int name, void *, unsigned *);

#endif /* NET_SOCKET_H */
