/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's states (RFC 8415, 18.2), one thread for each interface:
 *
 *	solicit -> request -> bound -> renew (T1) -> rebind (T2) -> expired
 *	   ^---------- no address, declined, expired -----------------+
 *
 * or, when only other things than addresses are to be had, information
 * requests.  When the link comes back the lease is asked for at once.
 * dhcp6_lock is a leaf, but for dc_lock.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <kern/uio.h>
#include <net/ifnet.h>
#include <net/inet6.h>
#include <net/socket.h>
#include <rump/rumpuser.h>
#include "dhcp6.h"

#define PORT_CLIENT	546
#define PORT_SERVER	547
#define MS		(NSEC_PER_SEC / 1000)
#define REFRESH_DEF	86400
#define REFRESH_MIN	600
#define NOTONLINK	4	/* status */

struct sin6 {				/* struct sockaddr_in6 */
	uint16_t	sin6_family, sin6_port;
	uint32_t	sin6_flowinfo;
	uint8_t		sin6_addr[16];
	uint32_t	sin6_scope_id;
};

/* How an exchange goes (7.6), seconds; 0: no limit. */
struct pace {
	uint8_t		pa_type;
	uint16_t	pa_irt, pa_mrt;	/* first and longest interval */
	uint8_t		pa_mrc;		/* tries */
};
static const struct pace
    pace_solicit = { DHCP6_SOLICIT, 1, 3600, 0 },
    pace_request = { DHCP6_REQUEST, 1, 30, 10 },
    pace_renew = { DHCP6_RENEW, 10, 600, 0 },
    pace_rebind = { DHCP6_REBIND, 10, 600, 0 },
    pace_inform = { DHCP6_INFORM, 1, 3600, 0 };

struct dhcp6_client {
	struct dhcp6_client *dc_next;	/* [dhcp6_lock] */
	struct ifnet	*dc_if;		/* [I] referenced */
	struct rump_mutex dc_lock;
	struct rump_cv	 dc_cv;		/* bound, kicked, managed */
	uint8_t		 dc_managed;	/* [dc_lock] addresses, too */
	uint8_t		 dc_bound;	/* [dc_lock] */
	uint8_t		 dc_kicked;	/* [dc_lock] */
	/* The rest is the thread's. */
	struct socket	*dc_so;
	struct dhcp6_request dc_rq;
	int64_t		 dc_start;	/* of this exchange */
	int64_t		 dc_bindtime;	/* when the reply was asked for */
	struct dhcp6_reply	 dc_lease;	/* dr_hasaddr: in use */
	struct dhcp6_reply	 dc_reply, dc_best;
	uint8_t		 dc_buf[DHCP6_MAXLEN];
};

static struct rump_mutex dhcp6_lock;
static struct dhcp6_client *dhcp6_clients;	/* [dhcp6_lock] grows only */
static int dhcp6_watching;			/* [dhcp6_lock] */

static uint32_t
random32(void)
{
	uint32_t v = 0;
	size_t done;

	(void)rumpuser_getrandom(&v, sizeof(v), 0, &done);
	return v;
}

/* A tenth more or less; more: never less. */
static int64_t
randomise(int64_t ns, int more)
{
	int64_t tenth = ns / 10;

	return ns + (int64_t)(random32() % (uint64_t)(tenth + 1)) -
	    (more ? 0 : (int64_t)(random32() % (uint64_t)(tenth + 1)));
}

/* --- the socket --- */
static int
open_socket(struct dhcp6_client *dc)
{
	const char *name = dc->dc_if->if_name;
	struct sin6 sin = { .sin6_family = AF_INET6,
	    .sin6_port = net16(PORT_CLIENT) };
	struct socket *so;
	int error, on = 1;

	if (dc->dc_so != NULL)
		return 0;
	if ((error = so_create(AF_INET6, SOCK_DGRAM, 0, &so)) != 0)
		return error;
	if ((error = so_setopt(so, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on))) != 0 ||
	    (error = so_setopt(so, SOL_SOCKET, SO_BINDTODEVICE, name,
	    (unsigned)strlen(name))) != 0 ||
	    (error = so_bind(so, (void *)&sin, sizeof(sin))) != 0) {
		(void)so_close(so);
		so_rele(so);
		return error;
	}
	dc->dc_so = so;
	return 0;
}

static void
close_socket(struct dhcp6_client *dc)
{
	struct socket *so = dc->dc_so;

	if (so != NULL) {
		(void)so_close(so);
		so_rele(so);
	}
	dc->dc_so = NULL;
}

/* To all agents and servers of the link, ff02::1:2. */
static int
send_request(struct dhcp6_client *dc)
{
	struct sin6 sin = { .sin6_family = AF_INET6,
	    .sin6_port = net16(PORT_SERVER),
	    .sin6_addr = { 0xff, 2, [13] = 1, [15] = 2 },
	    .sin6_scope_id = dc->dc_if->if_index };
	int64_t elapsed = (rump_monotonic() - dc->dc_start) / (10 * MS);
	struct rump_iovec iov = { dc->dc_buf, 0 };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1, .uio_write = 1 };

	dc->dc_rq.rq_elapsed = (uint16_t)(elapsed < 65535 ? elapsed : 65535);
	memcpy(dc->dc_rq.rq_mac, dc->dc_if->if_mac, 6);
	iov.iov_len = uio.uio_resid = dhcp6_build(dc->dc_buf, &dc->dc_rq);
	return so_send(dc->dc_so, (void *)&sin, sizeof(sin), &uio, NULL,
	    MSG_DONTWAIT);
}

/* Until then, or until something happens: true. */
static int
rest(struct dhcp6_client *dc, int64_t until)
{
	int kicked;

	rump_mutex_enter(&dc->dc_lock);
	while (!dc->dc_kicked &&
	    rump_cv_timedwait(&dc->dc_cv, &dc->dc_lock, until) != ETIMEDOUT)
		continue;
	kicked = dc->dc_kicked;
	dc->dc_kicked = 0;
	rump_mutex_exit(&dc->dc_lock);
	return kicked;
}

/* The next valid answer into dc_reply; ETIMEDOUT. */
static int
receive(struct dhcp6_client *dc, int64_t deadline)
{
	struct rump_iovec iov;
	struct uio uio;
	int64_t left;
	int flags, error;

	while ((left = deadline - rump_monotonic()) > 0) {
		iov = (struct rump_iovec){ dc->dc_buf, sizeof(dc->dc_buf) };
		uio = (struct uio){ .uio_iov = &iov, .uio_iovcnt = 1,
		    .uio_resid = sizeof(dc->dc_buf) };
		flags = 0;
		rump_mutex_enter(&dc->dc_so->so_lock);
		dc->dc_so->so_rcv.sb_timeo = left;
		rump_mutex_exit(&dc->dc_so->so_lock);
		error = so_receive(dc->dc_so, NULL, NULL, &uio, NULL, &flags);
		if (error == 0 && dhcp6_parse(dc->dc_buf, sizeof(dc->dc_buf) -
		    uio.uio_resid, &dc->dc_rq, &dc->dc_reply) == 0)
			return 0;
		/* An interface that is down: not at full speed. */
		if (error != 0 && error != EAGAIN)
			(void)rest(dc, rump_monotonic() + 100 * MS);
	}
	return ETIMEDOUT;
}

static int
managed(struct dhcp6_client *dc)
{
	int is;

	rump_mutex_enter(&dc->dc_lock);
	is = dc->dc_managed;
	rump_mutex_exit(&dc->dc_lock);
	return is;
}

/* --- exchanges --- */
/*
 * What came during one interval: 0, dc_reply is the answer; ENOENT: an
 * answer without what was asked for; ETIMEDOUT.
 */
static int
listen(struct dhcp6_client *dc, int64_t until)
{
	int type = dc->dc_rq.rq_type, have = 0, none = 0;
	struct dhcp6_reply *dr = &dc->dc_reply;

	while (receive(dc, until) == 0) {
		if (type != DHCP6_SOLICIT) {
			if (dr->dr_type != DHCP6_REPLY)
				continue;
			return type == DHCP6_INFORM || dr->dr_hasaddr ? 0 :
			    ENOENT;
		}
		none |= !dr->dr_hasaddr;
		if (!dr->dr_hasaddr || (dr->dr_type == DHCP6_REPLY &&
		    !dr->dr_rapid))
			continue;
		if (dr->dr_type == DHCP6_REPLY || dr->dr_preference == 255)
			return 0;
		if (!have || dr->dr_preference > dc->dc_best.dr_preference)
			dc->dc_best = *dr;
		have = 1;
		/* Later ones are not waited for when tries were in vain. */
		if (dc->dc_rq.rq_elapsed > 0)
			break;
	}
	if (have)
		*dr = dc->dc_best;
	return have ? 0 : none ? ENOENT : ETIMEDOUT;
}

static int
exchange(struct dhcp6_client *dc, const struct pace *pa, int64_t end)
{
	int64_t rt = randomise(pa->pa_irt * NSEC_PER_SEC,
	    pa->pa_type == DHCP6_SOLICIT), max = pa->pa_mrt * NSEC_PER_SEC, now;
	unsigned tries = 0;
	int error, sent = 0;

	dc->dc_rq.rq_type = pa->pa_type;
	dc->dc_rq.rq_xid = random32();
	dc->dc_start = rump_monotonic();
	for (;;) {
		now = rump_monotonic();
		/* A router has changed its mind. */
		if (pa->pa_type == DHCP6_INFORM && managed(dc))
			return ETIMEDOUT;
		if (now >= end || (pa->pa_mrc != 0 && tries++ == pa->pa_mrc))
			return ETIMEDOUT;
		if ((error = open_socket(dc)) != 0) {
			(void)rest(dc, now + NSEC_PER_SEC);
			continue;
		}
		dc->dc_bindtime = now;
		if (send_request(dc) != 0 && !sent) {
			/* Our own address is still being probed for. */
			(void)rest(dc, now + 100 * MS);
			dc->dc_start = rump_monotonic();
			tries = 0;
			continue;
		}
		sent = 1;
		error = listen(dc, now + rt < end ? now + rt : end);
		if (error == 0 || (error == ENOENT &&
		    pa->pa_type != DHCP6_SOLICIT))
			return error;
		rt = randomise(2 * rt, 0);
		if (rt > max)
			rt = randomise(max, 0);
	}
}

static int
solicit(struct dhcp6_client *dc)
{
	struct dhcp6_request *rq = &dc->dc_rq;
	int error;

	memset(rq, 0, sizeof(*rq));
	rq->rq_iaid = dc->dc_if->if_index;
	rq->rq_ia = rq->rq_rapid = 1;
	error = exchange(dc, &pace_solicit, INT64_MAX);
	if (error != 0 || dc->dc_reply.dr_type == DHCP6_REPLY)
		return error;
	dc->dc_best = dc->dc_reply;
	rq->rq_rapid = 0;
	rq->rq_addr = &dc->dc_best.dr_addr;
	rq->rq_server = dc->dc_best.dr_server;
	rq->rq_serverlen = dc->dc_best.dr_serverlen;
	return exchange(dc, &pace_request, INT64_MAX);
}

/* --- what follows from an answer --- */
static int64_t
until(const struct dhcp6_client *dc, uint32_t sec)
{

	return sec == DHCP6_FOREVER ? INT64_MAX :
	    dc->dc_bindtime + sec * NSEC_PER_SEC;
}

static void
servers(struct dhcp6_client *dc)
{
	const struct dhcp6_reply *dr = &dc->dc_reply;

	rump_in6_dns(dc->dc_if, dr->dr_dns, dr->dr_ndns, dr->dr_search,
	    dr->dr_searchlen);
}

/* Flags of our address; 0 when it is not there. */
static uint32_t
addr_flags(struct dhcp6_client *dc, int renew)
{
	struct dhcp6_reply *dr = &dc->dc_lease;
	struct ifnet *ifp = dc->dc_if;
	uint32_t flags = 0;
	struct ifaddr *ia;

	rump_rw_wrenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, &dr->dr_addr))
			break;
	if (ia != NULL && renew) {
		ia->ia_preferred = until(dc, dr->dr_preferred);
		ia->ia_valid = until(dc, dr->dr_valid);
		__atomic_fetch_and(&ia->ia_flags,
		    ~(uint32_t)IFA_F_DEPRECATED, __ATOMIC_RELAXED);
	}
	if (ia != NULL)
		flags = ia->ia_flags;
	rump_rw_exit(&ifp->if_lock);
	return flags;
}

static void
unbind(struct dhcp6_client *dc)
{

	if (dc->dc_lease.dr_hasaddr)
		(void)rump_if_deladdr(dc->dc_if, &dc->dc_lease.dr_addr, 128);
	dc->dc_lease.dr_hasaddr = 0;
}

static void
tell_lease(const struct dhcp6_client *dc)
{
	char addr[48], lease[32] = "for ever";

	if (dc->dc_lease.dr_valid != DHCP6_FOREVER)
		snprintf(lease, sizeof(lease), "for %u s",
		    dc->dc_lease.dr_valid);
	rump_printf("%s: %s by DHCPv6, %s\n", dc->dc_if->if_name,
	    inaddr_format(&dc->dc_lease.dr_addr, addr, sizeof(addr)), lease);
}

/* dc_reply becomes the lease. */
static int
bind_lease(struct dhcp6_client *dc)
{
	struct dhcp6_reply *new = &dc->dc_reply, *old = &dc->dc_lease;
	struct ifaddr ia = { .ia_addr = new->dr_addr, .ia_plen = 128,
	    .ia_scope = RT_SCOPE_UNIVERSE, .ia_flags = IFA_F_NOPREFIXROUTE,
	    .ia_preferred = until(dc, new->dr_preferred),
	    .ia_valid = until(dc, new->dr_valid) };
	int moved = !old->dr_hasaddr || !inaddr_eq(&old->dr_addr,
	    &new->dr_addr), error;

	if (moved)
		unbind(dc);
	error = rump_if_addaddr(dc->dc_if, &ia);
	if (error != 0 && error != EEXIST) {
		rump_printf("%s: DHCPv6: address not usable: error %d\n",
		    dc->dc_if->if_name, error);
		return error;
	}
	*old = *new;
	(void)addr_flags(dc, 1);
	servers(dc);
	if (moved)
		tell_lease(dc);
	rump_mutex_enter(&dc->dc_lock);
	dc->dc_bound = 1;
	rump_cv_broadcast(&dc->dc_cv);
	rump_mutex_exit(&dc->dc_lock);
	return 0;
}

/* Somebody else has it (18.2.8)?  The server is told, once. */
static int
declined(struct dhcp6_client *dc)
{
	uint32_t flags;

	while ((flags = addr_flags(dc, 0)) & IFA_F_TENTATIVE &&
	    !(flags & IFA_F_DADFAILED))
		(void)rest(dc, rump_monotonic() + 200 * MS);
	if (!(flags & IFA_F_DADFAILED))
		return 0;
	rump_printf("%s: DHCPv6: another host has the address\n",
	    dc->dc_if->if_name);
	dc->dc_rq.rq_type = DHCP6_DECLINE;
	dc->dc_rq.rq_rapid = 0;
	dc->dc_rq.rq_addr = &dc->dc_lease.dr_addr;
	dc->dc_rq.rq_server = dc->dc_lease.dr_server;
	dc->dc_rq.rq_serverlen = dc->dc_lease.dr_serverlen;
	dc->dc_rq.rq_xid = random32();
	if (open_socket(dc) == 0)
		(void)send_request(dc);
	return 1;
}

/*
 * More time for the address; kicked: any server, at once.  0: got it; ENOENT:
 * it is not ours any more; ETIMEDOUT: expired.
 */
static int
renew(struct dhcp6_client *dc, int kicked)
{
	struct dhcp6_reply *ls = &dc->dc_lease;
	struct dhcp6_request *rq = &dc->dc_rq;
	int64_t t2 = until(dc, ls->dr_t2), end = until(dc, ls->dr_valid);
	int error = ETIMEDOUT;

	rq->rq_rapid = 0;
	rq->rq_addr = &ls->dr_addr;
	rq->rq_server = ls->dr_server;
	rq->rq_serverlen = ls->dr_serverlen;
	if (!kicked)
		error = exchange(dc, &pace_renew, t2);
	if (error == ETIMEDOUT) {
		rq->rq_server = NULL;
		error = exchange(dc, &pace_rebind, end);
	}
	return error;
}

static void
hold(struct dhcp6_client *dc)
{
	int64_t bound;
	int error = 0, kicked;

	while (error == 0) {
		close_socket(dc);
		bound = dc->dc_bindtime;
		kicked = rest(dc, until(dc, dc->dc_lease.dr_t1));
		error = renew(dc, kicked);
		if (error == 0)
			error = bind_lease(dc);
		else
			dc->dc_bindtime = bound;
	}
	rump_printf("%s: DHCPv6: the lease is over\n", dc->dc_if->if_name);
	unbind(dc);
}

/* Name servers alone; again when they say so, or addresses are to be had. */
static void
inform(struct dhcp6_client *dc)
{
	uint32_t sec = REFRESH_DEF;

	memset(&dc->dc_rq, 0, sizeof(dc->dc_rq));
	if (exchange(dc, &pace_inform, INT64_MAX) == 0) {
		servers(dc);
		if (dc->dc_reply.dr_refresh != 0)
			sec = dc->dc_reply.dr_refresh < REFRESH_MIN ?
			    REFRESH_MIN : dc->dc_reply.dr_refresh;
	}
	close_socket(dc);
	(void)rest(dc, until(dc, sec));
}

static void
client_thread(void *arg)
{
	struct dhcp6_client *dc = arg;

	/* Not all hosts of the link at once (18.2.1). */
	(void)rest(dc, rump_monotonic() + random32() % NSEC_PER_SEC);
	for (;;) {
		if (!managed(dc))
			inform(dc);
		else if (solicit(dc) == 0 && bind_lease(dc) == 0 &&
		    !declined(dc))
			hold(dc);
		else {
			unbind(dc);
			(void)rest(dc, rump_monotonic() + NSEC_PER_SEC);
		}
	}
}

/* --- from outside --- */
static void
kick(struct ifnet *ifp, int nowmanaged)
{
	struct dhcp6_client *dc;

	rump_mutex_enter(&dhcp6_lock);
	for (dc = dhcp6_clients; dc != NULL; dc = dc->dc_next) {
		if (dc->dc_if != ifp)
			continue;
		rump_mutex_enter(&dc->dc_lock);
		if (nowmanaged ? !dc->dc_managed : dc->dc_bound)
			dc->dc_kicked = 1;
		dc->dc_managed |= (uint8_t)nowmanaged;
		rump_cv_broadcast(&dc->dc_cv);
		rump_mutex_exit(&dc->dc_lock);
	}
	rump_mutex_exit(&dhcp6_lock);
}

static void
link_changed(enum ifevent ev, struct ifnet *ifp, void *obj)
{

	(void)obj;
	if (ev == IFE_LINK && (__atomic_load_n(&ifp->if_flags,
	    __ATOMIC_RELAXED) & IFF_RUNNING))
		kick(ifp, 0);
}

/* Caller holds dhcp6_lock. */
static struct dhcp6_client *
find(const struct ifnet *ifp)
{
	struct dhcp6_client *dc;

	for (dc = dhcp6_clients; dc != NULL; dc = dc->dc_next)
		if (dc->dc_if == ifp)
			break;
	return dc;
}

int
dhcp6_start(struct ifnet *ifp, int nowmanaged)
{
	static struct ifwatch watch = { .iw_fn = link_changed };
	struct dhcp6_client *dc = rump_kmem_zalloc(sizeof(*dc));
	int first, there;

	if (dc == NULL)
		return ENOMEM;
	dc->dc_if = ifp;
	dc->dc_managed = (uint8_t)nowmanaged;
	rump_mutex_enter(&dhcp6_lock);
	first = !dhcp6_watching;
	dhcp6_watching = 1;
	if (!(there = find(ifp) != NULL)) {
		__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
		dc->dc_next = dhcp6_clients;
		dhcp6_clients = dc;
	}
	rump_mutex_exit(&dhcp6_lock);
	if (first)
		rump_if_watch(&watch);
	if (!there)
		return rump_kthread_create(client_thread, dc, "dhcp6");
	rump_kmem_free(dc, sizeof(*dc));
	if (nowmanaged)
		kick(ifp, 1);
	return 0;
}

int
dhcp6_wait(struct ifnet *ifp, int64_t deadline)
{
	struct dhcp6_client *dc;
	int error = 0;

	rump_mutex_enter(&dhcp6_lock);
	dc = find(ifp);
	rump_mutex_exit(&dhcp6_lock);
	if (dc == NULL)
		return ENOENT;
	rump_mutex_enter(&dc->dc_lock);
	while (!dc->dc_bound && error == 0)
		error = rump_cv_timedwait(&dc->dc_cv, &dc->dc_lock, deadline);
	error = dc->dc_bound ? 0 : error;
	rump_mutex_exit(&dc->dc_lock);
	return error;
}

/* A router's flags. */
void
rump_dhcp6_heard(struct ifnet *ifp, int nowmanaged)
{
	struct dhcp6_client *dc;
	int news;

	rump_mutex_enter(&dhcp6_lock);
	dc = find(ifp);
	news = dc == NULL || (nowmanaged && !managed(dc));
	rump_mutex_exit(&dhcp6_lock);
	if (news)
		(void)dhcp6_start(ifp, nowmanaged);
}
