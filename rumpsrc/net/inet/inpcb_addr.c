/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket addresses of PCBs: what bind(2) and connect(2) accept, as Linux
 * does; names; the level of an option.  so_lock is held everywhere.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/rtnetlink.h>
#include "inet_priv.h"

/* RFC 2133's has no sin6_scope_id. */
#define SIN6_MIN	__builtin_offsetof(struct sockaddr_in6, sin6_scope_id)

/*
 * An address from the user of the socket's family.  AF_INET sockets take
 * AF_INET, AF_INET6 ones their own, in which IPv4 hides (RFC 4291, 2.5.5.2),
 * or either: UDP's peers.
 */
static int
inpcb_fromuser(struct inpcb *inp, const struct sockaddr *sa, unsigned len,
    struct inaddr *a, uint16_t *portp, uint32_t *scope, int either)
{
	uint16_t family;
	int error;

	if (len < sizeof(family))
		return EINVAL;
	memcpy(&family, sa, sizeof(family));
	if (!either || family != AF_INET) {
		if (len < (inp->inp_family == AF_INET ?
		    sizeof(struct sockaddr_in) : SIN6_MIN))
			return EINVAL;
		if (family != inp->inp_family)
			return EAFNOSUPPORT;
	}
	if ((error = inaddr_fromsock(sa, len, a, portp, scope)) != 0)
		return error;
	if (inp->inp_family == AF_INET6 && inaddr_is4(a)) {
		if (inp->inp_v6only)
			return ENETUNREACH;
		*scope = 0;
	}
	return 0;
}

/* The interface that gives a link-local address its meaning. */
static int
inpcb_scope(const struct inpcb *inp, const struct inaddr *a, uint32_t *scope)
{
	uint32_t bound = inp->inp_bindif;

	if (!inaddr_islinklocal6(a) && !(a->ia_b[0] == 0xff &&
	    (a->ia_b[1] & 15) <= 2)) {
		*scope = 0;
		return 0;
	}
	if (*scope == 0)
		*scope = bound;
	else if (bound != 0 && bound != *scope)
		return EINVAL;
	return 0;
}

static int
inpcb_mayuse(const struct inpcb *inp, const struct inaddr *a, uint32_t scope)
{
	struct ifnet *ifp = NULL;
	int ok;

	if (inaddr_isany(a) || inaddr_ismulti(a) ||
	    (inp->inp_flags & INP_FREEBIND))
		return 1;
	if (inaddr_is4(a))
		return in_classify(a) != IN_NOTOURS;
	if (scope != 0 && (ifp = rump_if_get(scope)) == NULL)
		return 0;
	ok = rump_if_isours(ifp, a);
	if (ifp != NULL)
		rump_if_rele(ifp);
	return ok;
}

int
inpcb_bindaddr(struct inpcb *inp, const struct sockaddr *sa, unsigned len,
    struct inaddr *a, uint16_t *portp)
{
	struct sockaddr_in any;
	uint32_t scope = 0;
	int error;

	/* AF_UNSPEC with INADDR_ANY passes for AF_INET, for old programs. */
	if (inp->inp_family == AF_INET && len >= sizeof(any)) {
		memcpy(&any, sa, sizeof(any));
		if (any.sin_family == AF_UNSPEC && any.sin_addr.s_addr == 0) {
			any.sin_family = AF_INET;
			sa = (const struct sockaddr *)(const void *)&any;
		}
	}
	error = inpcb_fromuser(inp, sa, len, a, portp, &scope, 0);
	if (error != 0)
		return error == ENETUNREACH ? EINVAL : error;
	if ((error = inpcb_scope(inp, a, &scope)) != 0)
		return error;
	if (inaddr_islinklocal6(a) && scope == 0)
		return EINVAL;
	if (inp->inp_so->so_type == SOCK_STREAM && a->ia_b[0] == 0xff)
		return EINVAL;
	if (!inpcb_mayuse(inp, a, scope))
		return EADDRNOTAVAIL;
	if (*portp != 0 && net16(*portp) < (unsigned)__atomic_load_n(
	    &rump_ip_unprivport, __ATOMIC_RELAXED) &&
	    rump_capable(CAP_NET_BIND_SERVICE) != 0)
		return EACCES;
	if (inp->inp_lport == 0)
		inp->inp_lscope = scope;
	return 0;
}

int
inpcb_toaddr(struct inpcb *inp, const struct sockaddr *sa, unsigned len,
    struct inaddr *a, uint16_t *portp, uint32_t *scope)
{
	int error;

	*scope = 0;
	error = inpcb_fromuser(inp, sa, len, a, portp, scope,
	    inp->inp_table->it_proto == PROTO_UDP);
	if (error != 0)
		return error;
	/* To nobody in particular means here (RFC 1122, 3.2.1.3 aside). */
	if (inaddr_isany(a)) {
		int bound4 = inaddr_is4(&inp->inp_laddr) &&
		    !inaddr_isany(&inp->inp_laddr);

		if (bound4 && inaddr_is4(a))
			*a = inp->inp_laddr;
		else if (bound4 || inaddr_is4(a))
			*a = inaddr_from4(net32(0x7f000001U));
		else
			a->ia_w[3] = net32(1U);
	}
	/* A socket bound to an address of one family stays with it. */
	if (!inaddr_isany(&inp->inp_laddr) &&
	    inaddr_is4(&inp->inp_laddr) != inaddr_is4(a))
		return inaddr_is4(a) ? EINVAL : EAFNOSUPPORT;
	if (rump_inaf[!inaddr_is4(a)] == NULL)
		return ENETUNREACH;
	if ((error = inpcb_scope(inp, a, scope)) != 0)
		return error;
	if (inaddr_islinklocal6(a) && *scope == 0)
		return EINVAL;
	return 0;
}

int
inpcb_connect(struct inpcb *inp, const struct sockaddr *sa, unsigned len)
{
	struct inaddr f, l = inp->inp_laddr;
	uint32_t scope, oif;
	uint16_t fport;
	int error;

	if ((error = inpcb_toaddr(inp, sa, len, &f, &fport, &scope)) != 0)
		return error;
	oif = scope != 0 ? scope : inp->inp_bindif;
	if (oif == 0 && inaddr_ismulti(&f))
		oif = inp->inp_mif;
	if (inp->inp_table->it_unique && f.ia_b[0] == 0xff)
		return ENETUNREACH;
	if ((error = rump_rc_get(&inp->inp_rc, &f, oif)) != 0)
		return error;
	if (inp->inp_rc.rc_rt->rt_type == RTN_BROADCAST ||
	    (inaddr_is4(&f) && (f.ia_w[3] == ~0U ||
	    (inp->inp_table->it_unique && inaddr_ismulti(&f))))) {
		if (inp->inp_table->it_unique)
			return ENETUNREACH;
		if ((inp->inp_so->so_opt.so_flags & SOF_BROADCAST) == 0)
			return EACCES;
	}
	/* Another peer: the address before was chosen for that one. */
	if (inaddr_isany(&l) || !(inp->inp_flags & INP_BOUNDADDR)) {
		if (inaddr_ismulti(&f) && !inaddr_isany(&inp->inp_msrc) &&
		    inaddr_is4(&f) == inaddr_is4(&inp->inp_msrc))
			l = inp->inp_msrc;
		else if ((error = INAF(&f)->af_source(&f, oif, &inp->inp_rc,
		    &l)) != 0)
			return error;
	}
	if ((error = inpcb_setaddrs(inp, &l, &f, fport)) != 0)
		return error;
	if (scope != 0)
		inp->inp_lscope = scope;
	return 0;
}

int
inpcb_sockname(struct socket *so, struct sockaddr *ss, unsigned *lenp)
{
	const struct inpcb *inp = so->so_pcb;

	if (inp == NULL)
		return EINVAL;
	*lenp = inaddr_tosock(&inp->inp_laddr, inp->inp_lport,
	    inaddr_islinklocal6(&inp->inp_laddr) ? inp->inp_lscope : 0,
	    so->so_family, ss);
	return 0;
}

int
inpcb_peername(struct socket *so, struct sockaddr *ss, unsigned *lenp)
{
	const struct inpcb *inp = so->so_pcb;

	/* accept tells of one that is over, too. */
	if (inp == NULL || ((so->so_state & SS_CONNECTED) == 0 &&
	    so->so_head == NULL))
		return ENOTCONN;
	*lenp = inaddr_tosock(&inp->inp_faddr, inp->inp_fport,
	    inaddr_islinklocal6(&inp->inp_faddr) ? inp->inp_lscope : 0,
	    so->so_family, ss);
	return 0;
}

int
inpcb_setopt(struct inpcb *inp, int level, int name, const void *val,
    unsigned len)
{

	if (level == SOL_IP)
		return ip4_setopt(inp, name, val, len);
	if (level == SOL_IPV6 && inp->inp_family == AF_INET6 &&
	    rump_inaf[1] != NULL)
		return rump_inaf[1]->af_setopt(inp, name, val, len);
	return ENOPROTOOPT;
}

int
inpcb_getopt(struct inpcb *inp, int level, int name, void *val,
    unsigned *lenp)
{

	if (level == SOL_IP)
		return ip4_getopt(inp, name, val, lenp);
	if (level == SOL_IPV6 && inp->inp_family == AF_INET6 &&
	    rump_inaf[1] != NULL)
		return rump_inaf[1]->af_getopt(inp, name, val, lenp);
	return level == SOL_IPV6 ? ENOPROTOOPT : EOPNOTSUPP;
}
