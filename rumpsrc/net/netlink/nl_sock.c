/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of AF_NETLINK: names, groups, options.  What goes through them:
 * nl_io.c.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/procnode.h>
#include "nl.h"

struct rump_mutex nl_lock;
static struct nlpcb *nl_all;		/* [nl_lock] */
static uint32_t nl_lastport;		/* [nl_lock] */
uint64_t nl_groups;

/*
 * Life and names.
 */
static int
nl_attach(struct socket *so, int proto)
{
	struct nlpcb *np;

	if (proto != NETLINK_ROUTE && proto != NETLINK_SOCK_DIAG &&
	    proto != NETLINK_GENERIC && proto != NETLINK_KOBJECT_UEVENT)
		return EPROTONOSUPPORT;
	so->so_protocol = (uint16_t)proto;
	if ((np = rump_kmem_zalloc(sizeof(*np))) == NULL)
		return ENOBUFS;
	np->np_so = so;
	so->so_pcb = np;
	rump_mutex_enter(&nl_lock);
	np->np_next = nl_all;
	nl_all = np;
	rump_mutex_exit(&nl_lock);
	return 0;
}

/* Caller holds nl_lock. */
static void
nl_regroup(void)
{
	const struct nlpcb *np;
	uint64_t all = 0;

	for (np = nl_all; np != NULL; np = np->np_next)
		if (np->np_so->so_protocol == NETLINK_ROUTE)
			all |= __atomic_load_n(&np->np_groups,
			    __ATOMIC_RELAXED);
	__atomic_store_n(&nl_groups, all, __ATOMIC_RELAXED);
}

static void
nl_setgroups(struct nlpcb *np, uint64_t groups)
{

	rump_mutex_enter(&nl_lock);
	__atomic_store_n(&np->np_groups, groups, __ATOMIC_RELAXED);
	nl_regroup();
	rump_mutex_exit(&nl_lock);
	if (groups != 0 && np->np_so->so_protocol == NETLINK_ROUTE)
		nl_watch();
}

static void
nl_detach(struct socket *so)
{
	struct nlpcb *np = nl_of(so), **pp;
	struct mbuf *q;

	rump_mutex_enter(&nl_lock);
	for (pp = &nl_all; *pp != NULL && *pp != np; pp = &(*pp)->np_next)
		;
	if (*pp != NULL)
		*pp = np->np_next;
	nl_regroup();
	rump_mutex_exit(&nl_lock);
	so->so_state |= SS_DEAD;
	q = np->np_pend;
	np->np_pend = np->np_pendlast = NULL;
	m_freeq(q);
}

static void
nl_free(struct socket *so)
{

	if (nl_of(so) != NULL)
		rump_kmem_free(nl_of(so), sizeof(struct nlpcb));
}

/* Caller holds nl_lock. */
static int
nl_portused(const struct socket *so, uint32_t port)
{
	const struct nlpcb *np;

	for (np = nl_all; np != NULL; np = np->np_next)
		if (np->np_port == port &&
		    np->np_so->so_protocol == so->so_protocol)
			return 1;
	return 0;
}

int
nl_setport(struct socket *so, uint32_t port)
{
	struct nlpcb *np = nl_of(so);
	int error = 0;

	rump_mutex_enter(&nl_lock);
	if (np->np_port != 0) {
		error = port != 0 && port != np->np_port ? EINVAL : 0;
		goto out;
	}
	if (port == 0) {
		port = (uint32_t)curproc->p_pid;
		while (port == 0 || nl_portused(so, port))
			port = (uint32_t)-4096 - nl_lastport++ % (1U << 30);
	} else if (nl_portused(so, port)) {
		error = EADDRINUSE;
	}
	if (error == 0)
		__atomic_store_n(&np->np_port, port, __ATOMIC_RELAXED);
out:
	rump_mutex_exit(&nl_lock);
	return error;
}

int
nl_sockaddr(const struct sockaddr *sa, unsigned len, struct sockaddr_nl *nl)
{

	if (len < sizeof(*nl))
		return EINVAL;
	memcpy(nl, sa, sizeof(*nl));
	return nl->nl_family == AF_NETLINK ? 0 : EINVAL;
}

static int
nl_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct nlpcb *np = nl_of(so);
	struct sockaddr_nl nl;
	uint64_t groups;
	int error;

	if ((error = nl_sockaddr(sa, len, &nl)) != 0 ||
	    (error = nl_setport(so, nl.nl_pid)) != 0)
		return error;
	groups = __atomic_load_n(&np->np_groups, __ATOMIC_RELAXED);
	nl_setgroups(np, (groups & ~0xffffffffULL) | nl.nl_groups);
	so->so_state |= SS_BOUND;
	return 0;
}

static int
nl_connect(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct sockaddr_nl nl;
	int error;

	if ((error = nl_sockaddr(sa, len, &nl)) != 0)
		return error;
	if (nl.nl_groups != 0 && (error = rump_capable(CAP_NET_ADMIN)) != 0)
		return error;
	if ((error = nl_setport(so, 0)) != 0)
		return error;
	nl_of(so)->np_dst = nl.nl_pid;
	so_connected(so);
	return 0;
}

static int
nl_disconnect(struct socket *so)
{

	nl_of(so)->np_dst = 0;
	so->so_state &= (uint16_t)~SS_CONNECTED;
	return 0;
}

void
nl_name(struct sockaddr *sa, unsigned *lenp, uint32_t port, uint32_t groups)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = port,
	    .nl_groups = groups };

	memcpy(sa, &nl, sizeof(nl));
	*lenp = sizeof(nl);
}

static int
nl_sockname(struct socket *so, struct sockaddr *sa, unsigned *lenp)
{
	const struct nlpcb *np = nl_of(so);

	nl_name(sa, lenp, __atomic_load_n(&np->np_port,
	    __ATOMIC_RELAXED), (uint32_t)np->np_groups);
	return 0;
}

static int
nl_peername(struct socket *so, struct sockaddr *sa, unsigned *lenp)
{

	nl_name(sa, lenp, nl_of(so)->np_dst, 0);
	return 0;
}

/*
 * Options.
 */
static uint32_t
nl_optbit(int name)
{

	switch (name) {
	case NETLINK_PKTINFO: return NLO_PKTINFO;
	case NETLINK_CAP_ACK: return NLO_CAPACK;
	case NETLINK_EXT_ACK: return NLO_EXTACK;
	case NETLINK_GET_STRICT_CHK: return NLO_STRICT;
	case NETLINK_NO_ENOBUFS: return NLO_NOENOBUFS;
	case NETLINK_BROADCAST_ERROR: return NLO_BCASTERR;
	case NETLINK_LISTEN_ALL_NSID: return NLO_ALLNSID;
	}
	return 0;
}

static int
nl_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	struct nlpcb *np = nl_of(so);
	uint64_t groups = np->np_groups, bit;
	uint32_t v = 0;

	if (level != SOL_NETLINK)
		return ENOPROTOOPT;
	if (len >= sizeof(v))
		memcpy(&v, val, sizeof(v));
	if (name == NETLINK_ADD_MEMBERSHIP ||
	    name == NETLINK_DROP_MEMBERSHIP) {
		if (v == 0 || v > 64)
			return EINVAL;
		bit = 1ULL << (v - 1);
		nl_setgroups(np, name == NETLINK_ADD_MEMBERSHIP ?
		    groups | bit : groups & ~bit);
		return 0;
	}
	if (nl_optbit(name) == 0)
		return ENOPROTOOPT;
	__atomic_store_n(&np->np_opts, v ? np->np_opts | nl_optbit(name) :
	    np->np_opts & ~nl_optbit(name), __ATOMIC_RELAXED);
	return 0;
}

static int
nl_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	const struct nlpcb *np = nl_of(so);
	unsigned room = *lenp;
	int v;

	if (level != SOL_NETLINK)
		return ENOPROTOOPT;
	if (name == NETLINK_LIST_MEMBERSHIPS) {
		*lenp = sizeof(np->np_groups);
		memcpy(val, &np->np_groups, room < *lenp ? room : *lenp);
		return 0;
	}
	if (nl_optbit(name) == 0)
		return ENOPROTOOPT;
	if (room < sizeof(v))
		return EINVAL;
	v = (np->np_opts & nl_optbit(name)) != 0;
	memcpy(val, &v, sizeof(v));
	*lenp = sizeof(v);
	return 0;
}

unsigned
nl_members(unsigned group, struct socket **list)
{
	struct nlpcb *np;
	unsigned n = 0;

	for (np = nl_all; np != NULL; np = np->np_next) {
		if (np->np_so->so_protocol != NETLINK_ROUTE ||
		    !(__atomic_load_n(&np->np_groups, __ATOMIC_RELAXED) >>
		    (group - 1) & 1))
			continue;
		if (list != NULL)
			so_ref(list[n] = np->np_so);
		n++;
	}
	return n;
}

#define NL_COMMON							\
	.pr_family = AF_NETLINK,					\
	.pr_flags = PR_ADDR,						\
	.pr_attach = nl_attach,						\
	.pr_detach = nl_detach,						\
	.pr_free = nl_free,						\
	.pr_bind = nl_bind,						\
	.pr_connect = nl_connect,					\
	.pr_disconnect = nl_disconnect,					\
	.pr_rcvd = nl_rcvd,						\
	.pr_sockname = nl_sockname,					\
	.pr_peername = nl_peername,					\
	.pr_setopt = nl_setopt,						\
	.pr_getopt = nl_getopt,						\
	.pr_sosend = nl_sosend

static const struct protosw nl_raw = { NL_COMMON, .pr_type = SOCK_RAW };
static const struct protosw nl_dgram = { NL_COMMON, .pr_type = SOCK_DGRAM };
RUMP_PROTOSW(nl_raw);
RUMP_PROTOSW(nl_dgram);

/* nl_lock comes after a netlink socket's so_lock: what is seen is [a]. */
static int
netlink_read(struct text *tx, const struct procctx *pc)
{
	const struct nlpcb *np;
	const struct socket *so;

	(void)pc;
	rump_textf(tx, "sk               Eth Pid        Groups   Rmem     "
	    "Wmem     Dump  Locks    Drops    Inode\n");
	rump_mutex_enter(&nl_lock);
	for (np = nl_all; np != NULL; np = np->np_next) {
		so = np->np_so;
		rump_textf(tx, "%016lx %-3u %-10u %08x %-8d %-8d %-5d %-8u "
		    "%-8d %-8lu\n", 0UL, so->so_protocol, np->np_port,
		    (uint32_t)__atomic_load_n(&np->np_groups,
		    __ATOMIC_RELAXED), 0, 0, 0, __atomic_load_n(&so->so_refs,
		    __ATOMIC_RELAXED), 0, (unsigned long)so->so_ino);
	}
	rump_mutex_exit(&nl_lock);
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/netlink", netlink_read);
}
