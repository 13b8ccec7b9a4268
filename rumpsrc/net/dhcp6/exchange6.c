/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exchanges of the DHCPv6 client (RFC 8415, 15 and 18.2): a request, again and
 * again at growing distances, until there is an answer to it.
 */
#include <asm/errno.h>
#include <net/sockabi.h>

#include <kern/str.h>
#include <kern/uio.h>
#include <net/ifnet.h>
#include <net/socket.h>
#include <rump/rumpuser.h>
#include "client6.h"

#define PORT_CLIENT	546
#define PORT_SERVER	547

struct sin6 {				/* struct sockaddr_in6 */
	uint16_t	sin6_family, sin6_port;
	uint32_t	sin6_flowinfo;
	uint8_t		sin6_addr[16];
	uint32_t	sin6_scope_id;
};

static const struct pace
    pace_solicit = { DHCP6_SOLICIT, 1, 3600, 0 },
    pace_request = { DHCP6_REQUEST, 1, 30, 10 };

uint32_t
dhcp6_random(void)
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

	return ns + (int64_t)(dhcp6_random() % (uint64_t)(tenth + 1)) -
	    (more ? 0 : (int64_t)(dhcp6_random() % (uint64_t)(tenth + 1)));
}

/* --- the socket --- */
int
dhcp6_open(struct dhcp6_client *dc)
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

void
dhcp6_close(struct dhcp6_client *dc)
{
	struct socket *so = dc->dc_so;

	if (so != NULL) {
		(void)so_close(so);
		so_rele(so);
	}
	dc->dc_so = NULL;
}

/* To all agents and servers of the link, ff02::1:2. */
int
dhcp6_send(struct dhcp6_client *dc)
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

int
dhcp6_rest(struct dhcp6_client *dc, int64_t until)
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
			(void)dhcp6_rest(dc, rump_monotonic() + 100 * MS);
	}
	return ETIMEDOUT;
}

int
dhcp6_managed(struct dhcp6_client *dc)
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

int
dhcp6_exchange(struct dhcp6_client *dc, const struct pace *pa, int64_t end)
{
	int64_t rt = randomise(pa->pa_irt * NSEC_PER_SEC,
	    pa->pa_type == DHCP6_SOLICIT), max = pa->pa_mrt * NSEC_PER_SEC, now;
	unsigned tries = 0;
	int error, sent = 0;

	dc->dc_rq.rq_type = pa->pa_type;
	dc->dc_rq.rq_xid = dhcp6_random();
	dc->dc_start = rump_monotonic();
	for (;;) {
		now = rump_monotonic();
		/* A router has changed its mind. */
		if (pa->pa_type == DHCP6_INFORM && dhcp6_managed(dc))
			return ETIMEDOUT;
		if (now >= end || (pa->pa_mrc != 0 && tries++ == pa->pa_mrc))
			return ETIMEDOUT;
		if ((error = dhcp6_open(dc)) != 0) {
			(void)dhcp6_rest(dc, now + NSEC_PER_SEC);
			continue;
		}
		dc->dc_bindtime = now;
		if (dhcp6_send(dc) != 0 && !sent) {
			/* Our own address is still being probed for. */
			(void)dhcp6_rest(dc, now + 100 * MS);
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

int
dhcp6_solicit(struct dhcp6_client *dc)
{
	struct dhcp6_request *rq = &dc->dc_rq;
	int error;

	memset(rq, 0, sizeof(*rq));
	rq->rq_iaid = dc->dc_if->if_index;
	rq->rq_ia = rq->rq_rapid = 1;
	error = dhcp6_exchange(dc, &pace_solicit, INT64_MAX);
	if (error != 0 || dc->dc_reply.dr_type == DHCP6_REPLY)
		return error;
	dc->dc_best = dc->dc_reply;
	rq->rq_rapid = 0;
	rq->rq_addr = &dc->dc_best.dr_addr;
	rq->rq_server = dc->dc_best.dr_server;
	rq->rq_serverlen = dc->dc_best.dr_serverlen;
	return dhcp6_exchange(dc, &pace_request, INT64_MAX);
}
