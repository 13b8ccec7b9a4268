/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's states (RFC 2131, 4.4), one thread for each interface:
 *
 *	discover -> request -> bound -> renew (T1) -> rebind (T2) -> expired
 *	    ^------------------ NAK, conflict, expired ------------------+
 *
 * Intervals begin at one second, for a boot should not wait four for one
 * lost packet, and double up to 64 (RFC: from four).  When the link comes
 * back the lease is confirmed at once.  dc_lock is a leaf.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include <kern/clock.h>
#include <kern/init.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <kern/uio.h>
#include <net/ifnet.h>
#include <net/inet.h>
#include <net/netconf.h>
#include <net/socket.h>
#include <rump/rumpuser.h>
#include "dhcp.h"

#define PORT_SERVER	67
#define PORT_CLIENT	68
#define REQUESTS	4		/* for one offer */
#define MAXWAIT		64		/* seconds between two tries */
#define PROBE_MS	150		/* hosts on a link answer in a few */
#define DECLINED	10		/* seconds (RFC 2131, 3.1) */

struct sin {				/* struct sockaddr_in */
	uint16_t	sin_family, sin_port;
	uint32_t	sin_addr;
	uint8_t		sin_zero[8];
};

struct dhcp_client {
	struct dhcp_client *dc_next;	/* [dhcp_lock] */
	struct ifnet	*dc_if;		/* [I] referenced */
	struct rump_mutex dc_lock;
	struct rump_cv	 dc_cv;		/* bound, kicked */
	int		 dc_bound;	/* [dc_lock] */
	int		 dc_kicked;	/* [dc_lock] the link came back */
	/* The rest is the thread's. */
	struct socket	*dc_so;
	uint32_t	 dc_xid;
	int64_t		 dc_start;	/* of this attempt */
	int64_t		 dc_bindtime;	/* when the request was sent */
	char		 dc_hostname[65];
	struct dhcp_reply dc_lease;	/* in use, dr_addr 0: none */
	struct dhcp_reply dc_reply;	/* last that came */
	uint8_t		 dc_buf[DHCP_MAXLEN];
};

static struct rump_mutex dhcp_lock;
static struct dhcp_client *dhcp_clients;	/* [dhcp_lock] grows only */
static int dhcp_watching;			/* [dhcp_lock] */

static uint32_t
random32(void)
{
	uint32_t v = 0;
	size_t done;

	(void)rumpuser_getrandom(&v, sizeof(v), 0, &done);
	return v;
}

/* Seconds, give or take an eighth. */
static int64_t
jitter(int64_t sec)
{
	int64_t ns = sec * NSEC_PER_SEC;

	return ns - ns / 8 + random32() % (uint64_t)(ns / 4 + 1);
}

static int
open_socket(struct dhcp_client *dc)
{
	const char *name = dc->dc_if->if_name;
	struct sin sin = { .sin_family = AF_INET,
	    .sin_port = net16(PORT_CLIENT) };
	struct socket *so;
	int error, on = 1;

	if (dc->dc_so != NULL)
		return 0;
	error = so_create(AF_INET, SOCK_DGRAM, 0, &so);
	if (error != 0)
		return error;
	if ((error = so_setopt(so, SOL_SOCKET, SO_BROADCAST, &on,
	    sizeof(on))) != 0 ||
	    (error = so_setopt(so, SOL_SOCKET, SO_REUSEADDR, &on,
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

/* A lease can last for days: no port is open meanwhile. */
static void
close_socket(struct dhcp_client *dc)
{

	struct socket *so = dc->dc_so;

	if (so != NULL) {
		(void)so_close(so);
		so_rele(so);
	}
	dc->dc_so = NULL;
}

/* to 0: everybody. */
static int
send_request(struct dhcp_client *dc, struct dhcp_request *rq, uint32_t to)
{
	struct sin sin = { .sin_family = AF_INET,
	    .sin_port = net16(PORT_SERVER),
	    .sin_addr = to != 0 ? to : 0xffffffff };
	int64_t secs = (rump_monotonic() - dc->dc_start) / NSEC_PER_SEC;
	struct rump_iovec iov = { dc->dc_buf, 0 };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1, .uio_write = 1 };

	rq->rq_xid = dc->dc_xid;
	rq->rq_secs = (uint16_t)(secs < 65535 ? secs : 65535);
	memcpy(rq->rq_chaddr, dc->dc_if->if_mac, 6);
	rq->rq_hostname = dc->dc_hostname;
	iov.iov_len = uio.uio_resid = dhcp_build(dc->dc_buf, rq);
	return so_send(dc->dc_so, (void *)&sin, sizeof(sin), &uio, NULL,
	    MSG_DONTWAIT);
}

/* Until then, or until the link comes back: true. */
static int
rest(struct dhcp_client *dc, int64_t until)
{
	int kicked;

	rump_mutex_enter(&dc->dc_lock);
	while (!dc->dc_kicked &&
	    rump_cv_timedwait(&dc->dc_cv, &dc->dc_lock, until) != ETIMEDOUT)
		;
	kicked = dc->dc_kicked;
	dc->dc_kicked = 0;
	rump_mutex_exit(&dc->dc_lock);
	return kicked;
}

/* One message into dc_buf; its length, -1: none until then. */
static long
receive(struct dhcp_client *dc, int64_t deadline)
{
	struct rump_iovec iov = { dc->dc_buf, sizeof(dc->dc_buf) };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1,
	    .uio_resid = sizeof(dc->dc_buf) };
	int64_t left = deadline - rump_monotonic();
	int flags = 0, error;

	if (left <= 0)
		return -1;
	rump_mutex_enter(&dc->dc_so->so_lock);
	dc->dc_so->so_rcv.sb_timeo = left;
	rump_mutex_exit(&dc->dc_so->so_lock);
	error = so_receive(dc->dc_so, NULL, NULL, &uio, NULL, &flags);
	if (error == 0)
		return (long)(sizeof(dc->dc_buf) - uio.uio_resid);
	if (error == EAGAIN)
		return -1;
	/* An ICMP error, an interface that is down: not at full speed. */
	(void)rest(dc, rump_monotonic() + NSEC_PER_SEC / 10);
	return 0;
}

/* The next reply to what we asked, of these types (bits).  0 or ETIMEDOUT. */
static int
await_reply(struct dhcp_client *dc, unsigned types, int64_t deadline)
{
	struct dhcp_reply *dr = &dc->dc_reply;
	long n;

	while ((n = receive(dc, deadline)) >= 0)
		if (dhcp_parse(dc->dc_buf, (size_t)n, dr) == 0 &&
		    dr->dr_xid == dc->dc_xid &&
		    memcmp(dr->dr_chaddr, dc->dc_if->if_mac, 6) == 0 &&
		    (types & 1U << dr->dr_type))
			return 0;
	return ETIMEDOUT;
}

static void
new_transaction(struct dhcp_client *dc)
{

	dc->dc_xid = random32();
	dc->dc_start = rump_monotonic();
}

/* Until somebody offers something. */
static void
discover(struct dhcp_client *dc)
{
	struct dhcp_request rq = { .rq_type = DHCP_DISCOVER };
	int64_t wait;

	new_transaction(dc);
	for (wait = 1;; wait = wait < MAXWAIT ? 2 * wait : MAXWAIT) {
		(void)send_request(dc, &rq, 0);
		if (await_reply(dc, 1U << DHCP_OFFER, rump_monotonic() +
		    jitter(wait)) == 0)
			return;
	}
}

/* ACK: 0.  EAGAIN: NAK.  ETIMEDOUT. */
static int
request(struct dhcp_client *dc, struct dhcp_request *rq, uint32_t to,
    int64_t deadline)
{

	dc->dc_bindtime = rump_monotonic();
	(void)send_request(dc, rq, to);
	if (await_reply(dc, 1U << DHCP_ACK | 1U << DHCP_NAK, deadline) != 0)
		return ETIMEDOUT;
	if (dc->dc_reply.dr_type == DHCP_ACK)
		return 0;
	rump_printf("%s: DHCP: refused: %s\n", dc->dc_if->if_name,
	    dc->dc_reply.dr_message[0] != '\0' ? dc->dc_reply.dr_message :
	    "no reason given");
	return EAGAIN;
}

static int
request_offer(struct dhcp_client *dc)
{
	struct dhcp_request rq = { .rq_type = DHCP_REQUEST,
	    .rq_addr = dc->dc_reply.dr_addr,
	    .rq_server = dc->dc_reply.dr_server };
	int error = ETIMEDOUT, i;

	for (i = 0; i < REQUESTS && error == ETIMEDOUT; i++)
		error = request(dc, &rq, 0, rump_monotonic() +
		    jitter((int64_t)1 << i));
	/* Some leave the identifier out of the ACK. */
	if (error == 0 && dc->dc_reply.dr_server == 0)
		dc->dc_reply.dr_server = rq.rq_server;
	return error;
}

/* Routes of a lease: put in, or taken away. */
static void
routes(struct dhcp_client *dc, const struct dhcp_reply *dr, int add)
{
	struct inaddr any = inaddr_from4(0), self, dst, gw;
	const struct dhcp_route *rt;
	unsigned i, plen;

	self = inaddr_from4(dr->dr_addr);
	for (i = 0; i < dr->dr_nroutes; i++) {
		rt = &dr->dr_routes[i];
		dst = inaddr_from4(rt->dr_dst);
		gw = inaddr_from4(rt->dr_gw);
		plen = INADDR_V4PREFIX + rt->dr_plen;
		if (!add) {
			rump_netconf_unroute(dc->dc_if, &dst, plen, &gw);
			continue;
		}
		/* A router outside of the subnet is on the link, too. */
		if (rt->dr_gw != 0 && !inaddr_match(&gw, &self,
		    INADDR_V4PREFIX + dr->dr_plen))
			(void)rump_netconf_route(dc->dc_if, &gw, 128, &any,
			    RTPROT_DHCP);
		if (rump_netconf_route(dc->dc_if, &dst, plen, &gw,
		    RTPROT_DHCP) != 0)
			rump_printf("%s: DHCP: a route is not usable\n",
			    dc->dc_if->if_name);
	}
}

static void
set_mtu(struct ifnet *ifp, uint32_t mtu)
{

	if (mtu >= __atomic_load_n(&ifp->if_mtu, __ATOMIC_RELAXED) ||
	    (ifp->if_ops->if_setmtu != NULL &&
	    ifp->if_ops->if_setmtu(ifp, mtu) != 0))
		return;
	rump_rw_wrenter(&ifp->if_lock);
	__atomic_store_n(&ifp->if_mtu, mtu, __ATOMIC_RELAXED);
	rump_rw_exit(&ifp->if_lock);
	rump_net_changed();
	rump_if_event(IFE_MTU, ifp, NULL);
}

static void
tell_lease(const struct dhcp_client *dc)
{
	const struct dhcp_reply *dr = &dc->dc_lease;
	char addr[48], server[48], lease[32] = "for ever";
	struct inaddr a = inaddr_from4(dr->dr_addr);
	struct inaddr s = inaddr_from4(dr->dr_server);

	if (dr->dr_lease != DHCP_FOREVER)
		snprintf(lease, sizeof(lease), "for %u s", dr->dr_lease);
	rump_printf("%s: %s/%u by DHCP from %s, %s\n", dc->dc_if->if_name,
	    inaddr_format(&a, addr, sizeof(addr)), dr->dr_plen,
	    inaddr_format(&s, server, sizeof(server)), lease);
}

static void
unbind(struct dhcp_client *dc)
{
	struct dhcp_reply *dr = &dc->dc_lease;
	struct inaddr a = inaddr_from4(dr->dr_addr);

	if (dr->dr_addr == 0)
		return;
	routes(dc, dr, 0);
	(void)rump_if_deladdr(dc->dc_if, &a, (uint8_t)(INADDR_V4PREFIX +
	    dr->dr_plen));
	dr->dr_addr = 0;
}

/* Has somebody that address already?  The server is told. */
static int
taken(struct dhcp_client *dc, const struct inaddr *a)
{
	struct dhcp_request rq = { .rq_type = DHCP_DECLINE,
	    .rq_addr = dc->dc_reply.dr_addr,
	    .rq_server = dc->dc_reply.dr_server };

	if (rump_arp_probe(dc->dc_if, a, PROBE_MS) != EADDRINUSE)
		return 0;
	rump_printf("%s: DHCP: another host has the address offered\n",
	    dc->dc_if->if_name);
	if (open_socket(dc) == 0)
		(void)send_request(dc, &rq, 0);
	return EADDRINUSE;
}

/* dc_reply becomes the lease. */
static int
bind_lease(struct dhcp_client *dc)
{
	struct dhcp_reply *new = &dc->dc_reply, *old = &dc->dc_lease;
	struct inaddr a = inaddr_from4(new->dr_addr);
	int error, moved;

	if (new->dr_server == 0)
		new->dr_server = old->dr_server;
	moved = old->dr_addr != new->dr_addr || old->dr_plen != new->dr_plen;
	if (moved)
		unbind(dc);
	if (moved && (error = taken(dc, &a)) != 0)
		return error;
	error = rump_netconf_addr(dc->dc_if, &a, INADDR_V4PREFIX +
	    new->dr_plen);
	if (error != 0) {
		rump_printf("%s: DHCP: address not usable: error %d\n",
		    dc->dc_if->if_name, error);
		return error;
	}
	if (!moved)
		routes(dc, old, 0);
	*old = *new;
	if (new->dr_mtu != 0)
		set_mtu(dc->dc_if, new->dr_mtu);
	routes(dc, old, 1);
	dhcp_resolver(old);
	if (moved)
		tell_lease(dc);
	rump_mutex_enter(&dc->dc_lock);
	dc->dc_bound = 1;
	rump_cv_broadcast(&dc->dc_cv);
	rump_mutex_exit(&dc->dc_lock);
	return 0;
}

/* A time of the lease, in seconds from when it was asked for. */
static int64_t
lease_time(const struct dhcp_client *dc, uint32_t sec)
{

	return sec == DHCP_FOREVER ? INT64_MAX :
	    dc->dc_bindtime + sec * NSEC_PER_SEC;
}

/*
 * Asks for more time, half of what is left between two tries but at least a
 * minute (RFC 2131, 4.4.5).  0: got it; EAGAIN: refused; ETIMEDOUT: expired.
 */
static int
renew(struct dhcp_client *dc)
{
	struct dhcp_request rq = { .rq_type = DHCP_REQUEST,
	    .rq_ciaddr = dc->dc_lease.dr_addr };
	int64_t t2 = lease_time(dc, dc->dc_lease.dr_t2);
	int64_t end = lease_time(dc, dc->dc_lease.dr_lease);
	int64_t began = dc->dc_bindtime, now, left, until;
	int error = open_socket(dc);

	new_transaction(dc);
	while ((now = rump_monotonic()) < end) {
		until = now < t2 ? t2 : end;
		left = until - now;
		if (left > 120 * NSEC_PER_SEC)
			until = now + left / 2;
		if (error != 0)
			return error;
		error = request(dc, &rq, now < t2 ? dc->dc_lease.dr_server :
		    0, until);
		if (error != ETIMEDOUT)
			return error;
		error = 0;
	}
	dc->dc_bindtime = began;
	return ETIMEDOUT;
}

/* As long as the lease can be kept. */
static void
hold(struct dhcp_client *dc)
{
	int error = 0;

	while (error == 0) {
		close_socket(dc);
		(void)rest(dc, lease_time(dc, dc->dc_lease.dr_t1));
		error = renew(dc);
		if (error == 0)
			error = bind_lease(dc);
	}
	if (error == ETIMEDOUT)
		rump_printf("%s: DHCP: the lease is over\n",
		    dc->dc_if->if_name);
	unbind(dc);
}

static void
client_thread(void *arg)
{
	struct dhcp_client *dc = arg;
	int error;

	for (;;) {
		error = open_socket(dc);
		if (error != 0) {
			rump_printf("%s: DHCP: no socket: error %d\n",
			    dc->dc_if->if_name, error);
			(void)rest(dc, rump_monotonic() + jitter(10));
			continue;
		}
		discover(dc);
		error = request_offer(dc);
		if (error == 0 && (error = bind_lease(dc)) == 0)
			hold(dc);
		else
			(void)rest(dc, rump_monotonic() + jitter(error ==
			    EADDRINUSE ? DECLINED : 1));
	}
}

static void
link_changed(enum ifevent ev, struct ifnet *ifp, void *obj)
{
	struct dhcp_client *dc;

	(void)obj;
	if (ev != IFE_LINK ||
	    !(__atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED) & IFF_RUNNING))
		return;
	rump_mutex_enter(&dhcp_lock);
	for (dc = dhcp_clients; dc != NULL; dc = dc->dc_next)
		if (dc->dc_if == ifp) {
			rump_mutex_enter(&dc->dc_lock);
			dc->dc_kicked = dc->dc_bound;
			rump_cv_broadcast(&dc->dc_cv);
			rump_mutex_exit(&dc->dc_lock);
		}
	rump_mutex_exit(&dhcp_lock);
}

static void
add_client(struct dhcp_client *dc)
{
	static struct ifwatch watch = { .iw_fn = link_changed };
	int first;

	rump_mutex_enter(&dhcp_lock);
	first = !dhcp_watching;
	dhcp_watching = 1;
	dc->dc_next = dhcp_clients;
	dhcp_clients = dc;
	rump_mutex_exit(&dhcp_lock);
	if (first)
		rump_if_watch(&watch);
}

int
dhcp_start(struct ifnet *ifp, int64_t patience)
{
	struct dhcp_client *dc = rump_kmem_zalloc(sizeof(*dc));
	int64_t deadline = rump_monotonic() + patience;
	int error;

	if (dc == NULL)
		return ENOMEM;
	error = rump_if_setflags(ifp, IFF_UP, 0);
	if (error == 0) {
		__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
		dc->dc_if = ifp;
		if (!rump_hostname(dc->dc_hostname))
			dc->dc_hostname[0] = '\0';
		add_client(dc);
		error = rump_kthread_create(client_thread, dc, "dhcp");
	}
	if (error != 0)		/* dc stays in the list when it is there */
		return error;
	rump_mutex_enter(&dc->dc_lock);
	while (!dc->dc_bound && error == 0)
		error = rump_cv_timedwait(&dc->dc_cv, &dc->dc_lock, deadline);
	error = dc->dc_bound ? 0 : error;
	rump_mutex_exit(&dc->dc_lock);
	return error;
}
