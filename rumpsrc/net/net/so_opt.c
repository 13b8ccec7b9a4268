/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setsockopt, getsockopt: level SOL_SOCKET as Linux names and limits it; the
 * rest is the protocol's.
 */
#include <asm/errno.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <linux/time_types.h>
#include <net/ifnet.h>
#include "sock_priv.h"

#define SO_MINRCVBUF	2304	/* Linux's, socket(7) */
#define SO_MINSNDBUF	4608

/* Options that are one bit of so_opt.so_flags. */
static const struct soflag {
	uint8_t sf_name;
	uint32_t sf_flag;
} so_flagopts[] = {
	{ SO_REUSEADDR, SOF_REUSEADDR }, { SO_REUSEPORT, SOF_REUSEPORT },
	{ SO_KEEPALIVE, SOF_KEEPALIVE }, { SO_BROADCAST, SOF_BROADCAST },
	{ SO_DONTROUTE, SOF_DONTROUTE }, { SO_OOBINLINE, SOF_OOBINLINE },
	{ SO_PASSCRED, SOF_PASSCRED }, { SO_ZEROCOPY, SOF_ZEROCOPY },
	{ SO_RXQ_OVFL, SOF_RXQOVFL }, { SO_NO_CHECK, SOF_NOCHECK },
	{ SO_LOCK_FILTER, SOF_LOCKFILTER }, { SO_DEBUG, SOF_DEBUG },
	{ SO_SELECT_ERR_QUEUE, SOF_SELERRQ },
	{ SO_PREFER_BUSY_POLL, SOF_PREFERBUSY },
};

static uint32_t
so_flagof(int name)
{
	unsigned i;

	for (i = 0; i < sizeof(so_flagopts) / sizeof(so_flagopts[0]); i++)
		if (so_flagopts[i].sf_name == name)
			return so_flagopts[i].sf_flag;
	return 0;
}

static void
so_setflag(struct socket *so, uint32_t flag, int on)
{
	uint32_t flags = so->so_opt.so_flags;

	__atomic_store_n(&so->so_opt.so_flags, on ? flags | flag :
	    flags & ~flag, __ATOMIC_RELAXED);
}

static void
so_setbuf(struct socket *so, struct sockbuf *sb, int val, int force)
{
	int snd = sb == &so->so_snd;
	uint32_t n = (uint32_t)val, min = snd ? SO_MINSNDBUF : SO_MINRCVBUF;

	if (force)
		n = val < 0 ? 0 : n > INT32_MAX / 2 ? INT32_MAX / 2 : n;
	else if (n > rump_sb_max[snd])
		n = rump_sb_max[snd];
	n *= 2;
	__atomic_store_n(&sb->sb_hiwat, n < min ? min : n, __ATOMIC_RELAXED);
	sb->sb_flags |= SB_FIXED;
	if (snd)
		so_wake_write(so);
}

static int
so_settimeo(struct sockbuf *sb, const void *val, unsigned len)
{
	struct __kernel_sock_timeval tv;
	int64_t t;

	if (len < sizeof(tv))
		return EINVAL;
	memcpy(&tv, val, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return EDOM;
	if (tv.tv_sec < 0)
		t = 1;		/* at once */
	else if (tv.tv_sec >= INT64_MAX / NSEC_PER_SEC / 4)
		t = 0;
	else
		t = tv.tv_sec * NSEC_PER_SEC + tv.tv_usec * 1000;
	__atomic_store_n(&sb->sb_timeo, t, __ATOMIC_RELAXED);
	return 0;
}

static int
so_setlinger(struct socket *so, const void *val, unsigned len)
{
	struct linger l;

	if (len < sizeof(l))
		return EINVAL;
	memcpy(&l, val, sizeof(l));
	so_setflag(so, SOF_LINGER, l.l_onoff);
	if (l.l_onoff)
		so->so_opt.so_linger = l.l_linger < 0 ? INT32_MAX :
		    (uint32_t)l.l_linger;
	return 0;
}

static int
so_bindif(struct socket *so, const char *val, unsigned len)
{
	char name[IFNAMSIZ];
	struct ifnet *ifp;

	if (so->so_opt.so_bindif != 0 && rump_capable(CAP_NET_RAW))
		return EPERM;
	if (len > IFNAMSIZ - 1)
		len = IFNAMSIZ - 1;
	memcpy(name, val, len);
	name[len] = '\0';
	if (name[0] == '\0') {
		so->so_opt.so_bindif = 0;
		return 0;
	}
	if ((ifp = rump_if_byname(name)) == NULL)
		return ENODEV;
	so->so_opt.so_bindif = ifp->if_index;
	rump_if_rele(ifp);
	return 0;
}

static void
so_settimestamp(struct socket *so, int name, int on)
{
	int ns = name == SO_TIMESTAMPNS_OLD || name == SO_TIMESTAMPNS_NEW;

	so_setflag(so, SOF_TIMESTAMP | SOF_TIMESTAMPNS | SOF_TSNEW, 0);
	if (!on)
		return;
	so_setflag(so, ns ? SOF_TIMESTAMPNS : SOF_TIMESTAMP, 1);
	if (name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW)
		so_setflag(so, SOF_TSNEW, 1);
}

/* so_lock held; v: the option's value as an int. */
static int
so_setint(struct socket *so, int name, int v)
{
	struct sockopts *o = &so->so_opt;

	switch (name) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		if ((name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE) &&
		    rump_capable(CAP_NET_ADMIN))
			return EPERM;
		so_setbuf(so, name == SO_SNDBUF || name == SO_SNDBUFFORCE ?
		    &so->so_snd : &so->so_rcv, v,
		    name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE);
		return 0;
	case SO_RCVLOWAT:
		if (v < 0)
			v = INT32_MAX;
		o->so_rcvlowat = v ? (uint32_t)v : 1;
		/* More than the window has would never be there. */
		so->so_rcv.sb_lowat = o->so_rcvlowat < so->so_rcv.sb_hiwat / 2 ?
		    o->so_rcvlowat : so->so_rcv.sb_hiwat / 2;
		return 0;
	case SO_PRIORITY:
		if ((v < 0 || v > 6) && rump_cred_any(CRED_NET))
			return EPERM;
		o->so_priority = (uint32_t)v;
		return 0;
	case SO_MARK:
		if (rump_cred_any(CRED_NET))
			return EPERM;
		o->so_mark = (uint32_t)v;
		return 0;
	case SO_BINDTOIFINDEX:
		if (v < 0)
			return EINVAL;
		o->so_bindif = (uint32_t)v;
		return 0;
	case SO_BUSY_POLL:
		if (v < 0)
			return EINVAL;
		o->so_busypoll = (uint32_t)v;
		return 0;
	case SO_INCOMING_CPU:
		so->so_rcvcpu = v;
		return 0;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		so_settimestamp(so, name, v);
		return 0;
	case SO_TYPE:
	case SO_PROTOCOL:
	case SO_DOMAIN:
	case SO_ERROR:
	default:
		return ENOPROTOOPT;
	}
}

/* so_lock held. */
static int
so_setsocket(struct socket *so, int name, const void *val, unsigned len)
{
	uint32_t flag;
	int v, error;

	if (name == SO_BINDTODEVICE)
		return so_bindif(so, val, len);
	if (len < sizeof(v))
		return EINVAL;
	if (name == SO_RCVTIMEO_OLD || name == SO_RCVTIMEO_NEW)
		return so_settimeo(&so->so_rcv, val, len);
	if (name == SO_SNDTIMEO_OLD || name == SO_SNDTIMEO_NEW)
		return so_settimeo(&so->so_snd, val, len);
	if (name == SO_LINGER)
		return so_setlinger(so, val, len);
	memcpy(&v, val, sizeof(v));
	if ((flag = so_flagof(name)) == 0) {
		if ((error = so_setint(so, name, v)) != ENOPROTOOPT)
			return error;
		return so_setrare(so, name, val, len);
	}
	if (flag == SOF_PASSCRED && so->so_family != AF_UNIX &&
	    so->so_family != AF_NETLINK)
		return EOPNOTSUPP;
	if (flag == SOF_LOCKFILTER && !v && (so->so_opt.so_flags & flag))
		return EPERM;
	if (flag == SOF_ZEROCOPY) {
		if (so->so_family != AF_INET && so->so_family != AF_INET6)
			return EOPNOTSUPP;
		if (v < 0 || v > 1)
			return EINVAL;
	}
	so_setflag(so, flag, v);
	return 0;
}

/* A filter in place of the old one. */
static int
so_setfilter(struct socket *so, int name, const void *val, unsigned len)
{
	struct sockfilter *new = NULL, *old;
	int locked, error;

	if (rump_sockfilterops == NULL)
		return ENOPROTOOPT;
	if (name != SO_DETACH_FILTER &&
	    (error = rump_sockfilterops->sf_make(name, val, len, &new)) != 0)
		return error;
	rump_mutex_enter(&so->so_lock);
	locked = (so->so_opt.so_flags & SOF_LOCKFILTER) != 0;
	old = locked ? new : so->so_filter;
	if (!locked)
		so->so_filter = new;
	rump_mutex_exit(&so->so_lock);
	if (old != NULL)
		rump_sockfilterops->sf_free(old);
	if (locked)
		return EPERM;
	return old == NULL && new == NULL ? ENOENT : 0;
}

int
so_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	const struct protosw *pr = so->so_proto;
	int error;

	if (level == SOL_SOCKET && (name == SO_ATTACH_FILTER ||
	    name == SO_DETACH_FILTER || name == SO_ATTACH_BPF))
		return so_setfilter(so, name, val, len);
	rump_mutex_enter(&so->so_lock);
	if (level == SOL_SOCKET) {
		error = so_setsocket(so, name, val, len);
		if (error == 0 && pr->pr_optchanged != NULL)
			pr->pr_optchanged(so, name);
	} else
		error = pr->pr_setopt != NULL ? pr->pr_setopt(so, level,
		    name, val, len) : EOPNOTSUPP;
	rump_mutex_exit(&so->so_lock);
	return error;
}

/* The value of an option that is an int; ENOPROTOOPT. */
static int
so_getint(struct socket *so, int name, int *v)
{
	const struct sockopts *o = &so->so_opt;
	uint32_t ts = o->so_flags & (SOF_TIMESTAMP | SOF_TIMESTAMPNS |
	    SOF_TSNEW);

	switch (name) {
	case SO_TYPE: *v = so->so_type; break;
	case SO_DOMAIN: *v = so->so_family; break;
	case SO_PROTOCOL: *v = so->so_protocol; break;
	case SO_ERROR: *v = so_takeerror(so); break;
	case SO_ACCEPTCONN: *v = (so->so_state & SS_LISTENING) != 0; break;
	case SO_SNDBUF: *v = (int)so->so_snd.sb_hiwat; break;
	case SO_RCVBUF: *v = (int)so->so_rcv.sb_hiwat; break;
	case SO_RCVLOWAT: *v = (int)o->so_rcvlowat; break;
	case SO_SNDLOWAT: *v = 1; break;
	case SO_PRIORITY: *v = (int)o->so_priority; break;
	case SO_MARK: *v = (int)o->so_mark; break;
	case SO_BINDTOIFINDEX: *v = (int)o->so_bindif; break;
	case SO_BUSY_POLL: *v = (int)o->so_busypoll; break;
	case SO_INCOMING_CPU: *v = so->so_rcvcpu; break;
	case SO_TIMESTAMP_OLD: *v = ts == SOF_TIMESTAMP; break;
	case SO_TIMESTAMP_NEW: *v = ts == (SOF_TIMESTAMP | SOF_TSNEW); break;
	case SO_TIMESTAMPNS_OLD: *v = ts == SOF_TIMESTAMPNS; break;
	case SO_TIMESTAMPNS_NEW:
		*v = ts == (SOF_TIMESTAMPNS | SOF_TSNEW);
		break;
	default:
		if (so_flagof(name) == 0)
			return ENOPROTOOPT;
		*v = (o->so_flags & so_flagof(name)) != 0;
	}
	return 0;
}

/* Copies a value out, as much of it as there is room for. */
int
so_optval(const void *v, unsigned n, void *val, unsigned *lenp)
{

	if (*lenp > n)
		*lenp = n;
	memcpy(val, v, *lenp);
	return 0;
}

static int
so_gettimeo(const struct sockbuf *sb, void *val, unsigned *lenp)
{
	struct __kernel_sock_timeval tv = { sb->sb_timeo / NSEC_PER_SEC,
	    sb->sb_timeo % NSEC_PER_SEC / 1000 };

	return so_optval(&tv, sizeof(tv), val, lenp);
}

/* The peer's credentials, which the protocol tells as its option. */
static int
so_getbindif(struct socket *so, void *val, unsigned *lenp)
{
	struct ifnet *ifp;
	int error = 0;

	if (so->so_opt.so_bindif == 0) {
		*lenp = 0;
		return 0;
	}
	if (*lenp < IFNAMSIZ)
		return EINVAL;
	if ((ifp = rump_if_get(so->so_opt.so_bindif)) == NULL)
		return ENODEV;
	error = so_optval(ifp->if_name, (unsigned)strlen(ifp->if_name) + 1,
	    val, lenp);
	rump_if_rele(ifp);
	return error;
}

/* so_lock held. */
static int
so_getsocket(struct socket *so, int name, void *val, unsigned *lenp)
{
	const struct protosw *pr = so->so_proto;
	struct linger l;
	int v, error;

	switch (name) {
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return so_gettimeo(&so->so_rcv, val, lenp);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return so_gettimeo(&so->so_snd, val, lenp);
	case SO_LINGER:
		l.l_onoff = (so->so_opt.so_flags & SOF_LINGER) != 0;
		l.l_linger = (int)so->so_opt.so_linger;
		return so_optval(&l, sizeof(l), val, lenp);
	case SO_COOKIE:
		if (*lenp < sizeof(so->so_ino))
			return EINVAL;
		return so_optval(&so->so_ino, sizeof(so->so_ino), val, lenp);
	case SO_BINDTODEVICE:
		return so_getbindif(so, val, lenp);
	case SO_PEERCRED:
	case SO_PEERGROUPS:
	case SO_PEERSEC:
		return so->so_family == AF_UNIX && pr->pr_getopt != NULL ?
		    pr->pr_getopt(so, SOL_SOCKET, name, val, lenp) :
		    so_getrare(so, name, val, lenp);
	default:
		if ((error = so_getint(so, name, &v)) == ENOPROTOOPT)
			return so_getrare(so, name, val, lenp);
		if (error)
			return error;
		return so_optval(&v, sizeof(v), val, lenp);
	}
}

int
so_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	const struct protosw *pr = so->so_proto;
	int error;

	rump_mutex_enter(&so->so_lock);
	if (level == SOL_SOCKET)
		error = so_getsocket(so, name, val, lenp);
	else
		error = pr->pr_getopt != NULL ? pr->pr_getopt(so, level, name,
		    val, lenp) : EOPNOTSUPP;
	rump_mutex_exit(&so->so_lock);
	return error;
}
