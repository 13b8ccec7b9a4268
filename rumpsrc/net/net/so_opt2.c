/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of SOL_SOCKET that few programs use. */
#include <asm/errno.h>
#include <kern/clock.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <linux/time.h>
#include "sock_priv.h"

#define TS_ALL		(SOF_TIMESTAMPING_LAST * 2 - 1)
#define TS_SENT		(SOF_TIMESTAMPING_TX_HARDWARE | \
			SOF_TIMESTAMPING_TX_SOFTWARE | \
			SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_ACK)
#define BUF_LOCKS	3		/* SOCK_SNDBUF_LOCK, SOCK_RCVBUF_LOCK */

/* When packets were sent nobody here writes down. */
static int
settimestamping(struct socket *so, int name, int v)
{

	if ((unsigned)v & ~(unsigned)TS_ALL)
		return EINVAL;
	if (v & TS_SENT)
		return EOPNOTSUPP;
	so->so_opt.so_tsflags = (uint32_t)v;
	so->so_opt.so_tsname = name;
	return 0;
}

static int
setpeekoff(struct socket *so, int v)
{

	if (so->so_family != AF_UNIX && so->so_family != AF_INET &&
	    so->so_family != AF_INET6)
		return EOPNOTSUPP;
	so->so_state &= (uint16_t)~SS_PEEKOFF;
	if (v >= 0) {
		so->so_state |= SS_PEEKOFF;
		so->so_peekoff = (uint32_t)v;
	}
	return 0;
}

static void
setbuflock(struct socket *so, int v)
{

	so->so_snd.sb_flags &= ~(uint32_t)SB_FIXED;
	so->so_rcv.sb_flags &= ~(uint32_t)SB_FIXED;
	if (v & 1)
		so->so_snd.sb_flags |= SB_FIXED;
	if (v & 2)
		so->so_rcv.sb_flags |= SB_FIXED;
}

int
so_setrare(struct socket *so, int name, const void *val, unsigned len)
{
	int v;

	(void)len;		/* at least an int */
	memcpy(&v, val, sizeof(v));
	switch (name) {
	case SO_BSDCOMPAT:	/* obsolete, and no error */
	case SO_CNX_ADVICE:	/* routes are looked at again anyway */
		return 0;
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		return settimestamping(so, name, v);
	case SO_PEEK_OFF:
		return setpeekoff(so, v);
	case SO_BUF_LOCK:
		if (v & ~BUF_LOCKS)
			return EINVAL;
		setbuflock(so, v);
		return 0;
	default:
		return ENOPROTOOPT;
	}
}

static int
getpeername(struct socket *so, void *val, unsigned *lenp)
{
	char ss[SOCK_STORAGE] __attribute__((__aligned__(8)));
	unsigned len = 0;
	int error;

	if (so->so_proto->pr_peername == NULL)
		return ENOTCONN;
	error = so->so_proto->pr_peername(so, (void *)ss, &len);
	if (error)
		return error;
	if (len < *lenp)
		return EINVAL;
	return so_optval(ss, len, val, lenp);
}

static int
getmeminfo(const struct socket *so, void *val, unsigned *lenp)
{
	uint32_t v[SK_MEMINFO_VARS] = {
		[SK_MEMINFO_RMEM_ALLOC] = so->so_rcv.sb_mem,
		[SK_MEMINFO_RCVBUF] = so->so_rcv.sb_hiwat,
		[SK_MEMINFO_WMEM_ALLOC] = so->so_snd.sb_mem,
		[SK_MEMINFO_SNDBUF] = so->so_snd.sb_hiwat,
		[SK_MEMINFO_WMEM_QUEUED] = so->so_snd.sb_mem,
		[SK_MEMINFO_OPTMEM] = so->so_errmem,
		[SK_MEMINFO_BACKLOG] = 0,
		[SK_MEMINFO_DROPS] = so->so_drops,
	};

	return so_optval(v, sizeof(v), val, lenp);
}

int
so_getrare(struct socket *so, int name, void *val, unsigned *lenp)
{
	struct ucred nobody = { 0, (uint32_t)-1, (uint32_t)-1 };
	int v[2] = { 0, 0 };
	uint64_t cookie = 1;	/* of the first, and only, name space */

	switch (name) {
	case SO_BSDCOMPAT:
	case SO_INCOMING_NAPI_ID:
		break;
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		if (so->so_opt.so_tsname == name)
			v[0] = (int)so->so_opt.so_tsflags;
		return so_optval(v, sizeof(v), val, lenp);
	case SO_PEEK_OFF:
		v[0] = so->so_state & SS_PEEKOFF ? (int)so->so_peekoff : -1;
		break;
	case SO_BUF_LOCK:
		v[0] = (so->so_snd.sb_flags & SB_FIXED ? 1 : 0) |
		    (so->so_rcv.sb_flags & SB_FIXED ? 2 : 0);
		break;
	case SO_PEERNAME:
		return getpeername(so, val, lenp);
	case SO_MEMINFO:
		return getmeminfo(so, val, lenp);
	case SO_PEERCRED:
		return so_optval(&nobody, sizeof(nobody), val, lenp);
	case SO_PEERGROUPS:
		return ENODATA;
	case SO_NETNS_COOKIE:
		if (*lenp != sizeof(cookie))
			return EINVAL;
		return so_optval(&cookie, sizeof(cookie), val, lenp);
	case SO_GET_FILTER:
		/* Instructions; what was given is not kept. */
		if (so->so_filter != NULL)
			return ENOPROTOOPT;
		*lenp = 0;
		return 0;
	default:
		return ENOPROTOOPT;
	}
	return so_optval(v, sizeof(v[0]), val, lenp);
}

void
so_timestamping(const struct socket *so, int64_t t, struct mbuf **controlp)
{
	uint32_t fl = so->so_opt.so_tsflags;
	int64_t ts[6] = { 0 };		/* software, obsolete, hardware */

	if ((fl & SOF_TIMESTAMPING_RX_SOFTWARE) == 0 ||
	    (fl & SOF_TIMESTAMPING_SOFTWARE) == 0)
		return;
	if (t == 0)
		t = rump_walltime();
	ts[0] = t / NSEC_PER_SEC;
	ts[1] = t % NSEC_PER_SEC;
	(void)cmsg_add(controlp, SOL_SOCKET, so->so_opt.so_tsname, ts,
	    sizeof(ts));
}
