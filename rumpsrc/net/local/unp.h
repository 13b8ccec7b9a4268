/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_UNIX inside.  A socket's so_rcv holds records (m_nextpkt), streams too:
 * the first mbuf of each begins with a struct unprec.  Nobody holds the
 * so_lock of two sockets but of a listener and a new connection, in that
 * order.  unp_lock is a leaf.
 */
#ifndef NET_LOCAL_UNP_H
#define NET_LOCAL_UNP_H

#include <linux/un.h>
#include <net/socket.h>

struct vnode;

struct unpname {			/* all [I] but the count */
	uint32_t	 un_refs;	/* [a] shared with what it accepts */
	unsigned	 un_len;	/* of un_addr */
	struct vnode	*un_vp;		/* NULL: abstract */
	struct sockaddr_un un_addr;
	char		 un_nul;	/* ends the longest path */
};

/* Files in a record that waits in somebody's so_rcv. */
struct unprights {
	struct unprights *ri_next, **ri_prevp;	/* [unp_lock] of the owner */
	unsigned	 ri_n;		/* [I] */
	struct file	*ri_files[];	/* [I] referenced */
};

struct unprec {
	struct socket	*ur_from;	/* the sender, referenced */
	struct unprights *ur_rights;	/* NULL: none */
	uint32_t	 ur_mem;	/* charged to the sender */
	uint32_t	 ur_len;	/* bytes of data left; of a stream 0:
					 * an urgent byte that was read */
	struct ucred	 ur_cred;
	uint32_t	 ur_off;	/* bytes of data gone */
};

struct unpcb {
	struct socket	*unp_so;	/* [I] */
	struct socket	*unp_peer;	/* [so_lock] for writing, [a];
					 * referenced */
	struct unpname	*unp_name;	/* [so_lock] once, [a] */
	struct unpcb	*unp_hnext;	/* [unp_lock] of its name */
	struct ucred	 unp_peercred;	/* [so_lock] */
	struct mbuf	*unp_oob;	/* [so_lock] the record in so_rcv that
					 * is the urgent byte */
	uint32_t	 unp_wmem;	/* [so_lock] sent and not received */
	uint32_t	 unp_qlen;	/* [so_lock] for writing, [a] records */
	struct rump_cv	 unp_roomcv;	/* [so_lock] senders of datagrams,
					 * those who connect */
	/* datagrams: sockets whose pollers wait for room in our queue */
	struct unpcb	*unp_pollers;	/* [unp_lock] referenced */
	struct unpcb	*unp_pnext;	/* [unp_lock] */
	int		 unp_polling;	/* [unp_lock] on such a list */
	/* garbage collection */
	struct unpcb	*unp_next, **unp_prevp;	/* [unp_lock] all */
	struct unprights *unp_rights;	/* [unp_lock] in our queue */
	struct unpcb	*unp_listener;	/* [unp_lock] not accepted yet */
	struct file	*unp_file;	/* [unp_lock] while in flight */
	uint32_t	 unp_inflight;	/* [unp_lock] references to it */
	uint32_t	 unp_gcrefs;	/* [unp_lock] found so far */
	uint8_t		 unp_gcstate;	/* [unp_lock] */
};

extern struct rump_mutex unp_lock;
extern struct unpcb *unp_all;		/* [unp_lock] */
extern uint32_t unp_ninflight;		/* [unp_lock] for writing, [a] */

static inline struct unpcb *
unp_of(const struct socket *so)
{
	return so->so_pcb;
}

static inline struct socket *
unp_peerof(const struct socket *so)
{
	return __atomic_load_n(&unp_of(so)->unp_peer, __ATOMIC_ACQUIRE);
}

static inline struct unpname *
unp_nameof(const struct socket *so)
{
	return __atomic_load_n(&unp_of(so)->unp_name, __ATOMIC_ACQUIRE);
}

#define UNP_HDR		offsetof(struct sockaddr_un, sun_path)
static inline int
unp_isname(const struct sockaddr *sa, unsigned len)
{

	return len > UNP_HDR && len <= sizeof(struct sockaddr_un) &&
	    sa->sa_family == AF_UNIX;
}

/* Is there room for one more datagram? */
#define UNP_MAXQLEN	10		/* net.unix.max_dgram_qlen */
static inline int
unp_qfull(const struct socket *so)
{
	return __atomic_load_n(&unp_of(so)->unp_qlen, __ATOMIC_ACQUIRE) >
	    UNP_MAXQLEN;
}

/* A quarter of the limit: then poll says so. */
static inline int
unp_writable(const struct socket *so)
{
	return unp_of(so)->unp_wmem <= so->so_snd.sb_hiwat / 4;
}

/* unp_name.c; so_lock of the first held. */
int	unp_bind(struct socket *, const struct sockaddr *, unsigned);
int	unp_autobind(struct socket *);
void	unp_unbind(struct unpcb *);
void	unp_namerele(struct unpname *);
/* The socket of a type that is bound to a name, referenced. */
int	unp_lookup(const struct sockaddr *, unsigned, int type,
	    struct socket **);
void	unp_putname(const struct socket *, struct sockaddr *, unsigned *);

/* unp.c */
struct unpcb *unp_alloc(struct socket *);
void	unp_owncred(struct ucred *);

/* unp_conn.c */
int	unp_connect(struct socket *, const struct sockaddr *, unsigned);
int	unp_connectdgram(struct socket *, const struct sockaddr *, unsigned);
int	unp_connect2(struct socket *, struct socket *);
int	unp_disconnect(struct socket *);
int	unp_listen(struct socket *);
int	unp_accepted(struct socket *);
void	unp_setpeer(struct socket *, struct socket *);	/* takes the ref */

/* unp_send.c, unp_recv.c */
int	unp_sendstream(struct socket *, const struct sockaddr *, unsigned,
	    struct uio *, struct mbuf *control, int flags);
int	unp_senddgram(struct socket *, const struct sockaddr *, unsigned,
	    struct uio *, struct mbuf *control, int flags);
int	unp_recvstream(struct socket *, struct sockaddr *, unsigned *,
	    struct uio *, struct mbuf **, int *);
int	unp_recvdgram(struct socket *, struct sockaddr *, unsigned *,
	    struct uio *, struct mbuf **, int *);
/* Frees a list of records that were taken off; no lock held. */
void	unp_freerecs(struct mbuf *);
/* so_lock held: all records, which the caller frees unlocked. */
struct mbuf *unp_takeall(struct socket *);
/* Pollers of others that wait for room with us; no lock held. */
void	unp_wakepollers(struct unpcb *);

/* unp_oob.c; so_lock held: urgent data of streams */
struct unprcv;
int	unp_recvoob(struct socket *, struct uio *, int *msgflagsp);
void	unp_markoob(struct socket *, struct mbuf *);
int	unp_atmark(const struct socket *);

/* unp_rights.c */
struct unpctl {				/* what a sender's control said */
	struct ucred	 uc_cred;
	struct unprights *uc_rights;
};
int	unp_control(struct mbuf *control, struct unpctl *);	/* takes it */
void	unp_dropcontrol(struct unpctl *);
/* Into, out of a receiver's queue. */
void	unp_rightsin(struct unpcb *, struct unprights *);
void	unp_rightsout(struct unprights *);
void	unp_rightsfree(struct unprights *);
/* Gives them to a receiver; peek: it gets references of its own. */
void	unp_rightsgive(struct unprights *, int peek, struct mbuf **controlp);
void	unp_gc(void);

#endif /* NET_LOCAL_UNP_H */
