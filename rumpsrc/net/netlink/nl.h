/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_NETLINK inside.  A request is copied from the user once, checked message
 * by message (nl_io.c) and attribute by attribute (nl_msg.c); handlers see
 * nothing that has not been checked.  They run without locks and put their
 * answers into a struct nlout, whose packets are queued afterwards.
 *
 * A netlink socket's so_lock is a leaf but for nl_lock, which comes after it:
 * it may be taken with any other socket's lock held (events).
 */
#ifndef NET_NETLINK_NL_H
#define NET_NETLINK_NL_H

#include <net/sockabi.h>
#include <linux/netlink.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/inet.h>
#include <net/route.h>
#include <net/socket.h>

#define NL_MAXMSG	3500U	/* longest message that we make */
#define NL_MAXATTR	64	/* types that handlers know are below */

struct nlpcb {
	struct socket	*np_so;		/* [I] */
	struct nlpcb	*np_next;	/* [nl_lock] */
	uint32_t	 np_port;	/* [nl_lock] for writing, [a] */
	uint32_t	 np_dst;	/* [so_lock] connect(2) */
	uint64_t	 np_groups;	/* [a] bit n - 1: group n */
	uint32_t	 np_opts;	/* [a] NLO_* */
#define NLO_PKTINFO	0x01
#define NLO_CAPACK	0x02
#define NLO_EXTACK	0x04
#define NLO_STRICT	0x08
#define NLO_NOENOBUFS	0x10
#define NLO_BCASTERR	0x20
#define NLO_ALLNSID	0x40
	/* What did not fit into so_rcv yet: the rest of a dump. */
	struct mbuf	*np_pend, *np_pendlast;	/* [so_lock] */
};

static inline struct nlpcb *
nl_of(const struct socket *so)
{

	return so->so_pcb;
}

/* nl_sock.c: names. */
int	nl_sockaddr(const struct sockaddr *, unsigned len,
	    struct sockaddr_nl *);
void	nl_name(struct sockaddr *, unsigned *lenp, uint32_t port,
	    uint32_t groups);
/* port 0: the process's number, or one that nobody has. */
int	nl_setport(struct socket *, uint32_t port);
extern struct rump_mutex nl_lock;
/* Caller holds it: who joined; referenced when there is a list for them. */
unsigned nl_members(unsigned group, struct socket **list);

/* nl_io.c: for struct protosw. */
void	nl_rcvd(struct socket *, size_t);
int	nl_sosend(struct socket *, const struct sockaddr *, unsigned tolen,
	    struct uio *, struct mbuf *control, int flags);

/* Messages being made: packets of one or more of them. */
struct nlout {
	struct mbuf	*no_first, *no_last;	/* packets; no_last grows */
	uint32_t	 no_port, no_seq;	/* of the request */
	uint16_t	 no_flags;		/* NLM_F_MULTI */
	uint32_t	 no_start;		/* of the open message */
	int		 no_error;		/* it was too long, no memory */
};

/* Attributes of one message or nest by type; NULL: not there. */
struct nlattrs {
	const struct nlattr *na[NL_MAXATTR];
};

struct nlreq {
	const struct nlmsghdr *nr_h;	/* checked: nlmsg_len are there */
	const void	*nr_body;	/* at least as long as the handler
					 * said it needs */
	struct nlattrs	 nr_a;
	struct nlout	*nr_out;
	int		 nr_dump, nr_strict;
};

/* nl_msg.c: making. */
void	nl_outinit(struct nlout *, uint32_t port, uint32_t seq, int multi);
void	nl_outfree(struct nlout *);
/* Opens a message; its body, zeroed.  NULL: no_error. */
void	*nl_begin(struct nlout *, unsigned type, unsigned flags, size_t body);
void	nl_attr(struct nlout *, unsigned type, const void *, size_t);
void	nl_attr8(struct nlout *, unsigned type, uint8_t);
void	nl_attr32(struct nlout *, unsigned type, uint32_t);
void	nl_attrstr(struct nlout *, unsigned type, const char *);
/* An address of its family's length. */
void	nl_attraddr(struct nlout *, unsigned type, const struct inaddr *);
uint32_t nl_nest(struct nlout *, unsigned type);
void	nl_nestend(struct nlout *, uint32_t);
/* Closes it; when something failed it is taken back.  0 or errno. */
int	nl_end(struct nlout *);
void	nl_error(struct nlout *, const struct nlmsghdr *, int error, int cap);

/* nl_msg.c: reading. */
int	nl_attrs(const void *, size_t len, struct nlattrs *);
static inline size_t
nla_len(const struct nlattr *a)
{

	return a->nla_len - sizeof(*a);
}
static inline const void *
nla_data(const struct nlattr *a)
{

	return a + 1;
}
/* The value, or def when it is not there; EINVAL when it is too short. */
int	nl_get32(const struct nlattrs *, unsigned type, uint32_t *);
/* An address of a family.  ENOENT: not there. */
int	nl_getaddr(const struct nlattrs *, unsigned type, int family,
	    struct inaddr *);
/* A name of an interface, with its NUL. */
int	nl_getname(const struct nlattrs *, unsigned type, char *);

/* Handlers: whole messages; what they return goes into the answer. */
int	nl_route(struct nlreq *);
int	nl_diag(struct nlreq *);
/* The body is at least n bytes; attributes behind it.  Sets nr_body, nr_a. */
int	nl_parse(struct nlreq *, size_t n);
int	nl_body(struct nlreq *, size_t n);	/* no attributes */

int	nl_link_get(struct nlreq *);
int	nl_link_set(struct nlreq *);
int	nl_addr_get(struct nlreq *);
int	nl_addr_new(struct nlreq *);
int	nl_addr_del(struct nlreq *);
int	nl_route_get(struct nlreq *);
int	nl_route_new(struct nlreq *);
int	nl_route_del(struct nlreq *);
int	nl_neigh_get(struct nlreq *);
int	nl_neigh_new(struct nlreq *);
int	nl_neigh_del(struct nlreq *);
int	nl_rule_get(struct nlreq *);
int	nl_unixdiag(struct nlreq *);

/* Messages that dumps and events share. */
int	nl_putlink(struct nlout *, struct ifnet *, unsigned type,
	    uint32_t change);
int	nl_putaddr(struct nlout *, const struct ifnet *,
	    const struct ifaddr *, unsigned type);
int	nl_putroute(struct nlout *, const struct rtentry *, unsigned type);
int	nl_putneigh(struct nlout *, struct neigh *, unsigned type);

static inline int
nl_family(const struct inaddr *a)
{

	return inaddr_is4(a) ? AF_INET : AF_INET6;
}

/* nl_event.c: somebody joined a group; nl_sock.c: to those who did. */
void	nl_watch(void);
void	nl_multicast(struct nlout *, unsigned group);
extern uint64_t nl_groups;	/* [a] bits of groups that somebody joined */

#endif /* NET_NETLINK_NL_H */
