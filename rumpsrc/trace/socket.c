/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses, messages and options. */
#include <linux/in.h>
#include <linux/in6.h>
#include <string.h>
#include <net/sockabi.h>
#include "trace.h"

static unsigned
be16(const uint8_t *p)
{

	return (unsigned)p[0] << 8 | p[1];
}

/* As inet_ntop has it: the longest run of zeroes (of two or more) is "::". */
static void
inet6(const uint8_t *a)
{
	unsigned i, j, start = 8, len = 1;

	for (i = 0; i < 8; i = j + 1) {
		for (j = i; j < 8 && be16(a + 2 * j) == 0; j++)
			;
		if (j - i > len) {
			start = i;
			len = j - i;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == start) {
			trace_text("::");
			i += len - 1;
			continue;
		}
		if (i != 0 && i != start + len)
			trace_char(':');
		trace_fmt("%x", be16(a + 2 * i));
	}
}

static void
sockaddr_unix(const uint8_t *sa, unsigned len)
{
	const char *path = (const char *)sa + 2;

	if (len <= 2)
		return;
	if (path[0] == '\0') {
		trace_text(", sun_path=@");
		trace_quote(path + 1, len - 3, 0);
	} else {
		trace_text(", sun_path=");
		trace_quote(path, strnlen(path, len - 2), 0);
	}
}

static void
sockaddr_in6(const uint8_t *sa)
{
	uint32_t v;

	trace_fmt(", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), "
	    "inet_pton(AF_INET6, \"", be16(sa + 2), be16(sa + 4) << 16 |
	    be16(sa + 6));
	inet6(sa + 8);
	memcpy(&v, sa + 24, sizeof(v));
	trace_fmt("\", &sin6_addr), sin6_scope_id=%u", v);
}

void
trace_sockaddr(unsigned long addr, unsigned long len)
{
	uint8_t sa[SOCK_STORAGE];
	uint32_t v[2];
	unsigned family;

	if (addr == 0 || len < 2 || len > sizeof(sa) ||
	    !trace_fetch(sa, addr, len)) {
		trace_ptr(addr);
		return;
	}
	family = sa[0] | (unsigned)sa[1] << 8;
	trace_text("{sa_family=");
	trace_names(CK_N_AF, family);
	if (family == AF_UNIX)
		sockaddr_unix(sa, (unsigned)len);
	else if (family == AF_INET && len >= 8)
		trace_fmt(", sin_port=htons(%u), sin_addr=inet_addr("
		    "\"%u.%u.%u.%u\")", be16(sa + 2), sa[4], sa[5], sa[6],
		    sa[7]);
	else if (family == AF_INET6 && len >= 28)
		sockaddr_in6(sa);
	else if (family == AF_NETLINK && len >= 12) {
		memcpy(v, sa + 4, sizeof(v));
		trace_fmt(", nl_pid=%u, nl_groups=%08x", v[0], v[1]);
	} else if (len > 2) {
		trace_text(", sa_data=");
		trace_quote((const char *)sa + 2, len - 2, 0);
	}
	trace_char('}');
}

/* total: bytes that arrived; -1: what is sent. */
void
trace_msghdr(unsigned long addr, long total)
{
	struct msghdr mh;

	if (addr == 0 || !trace_fetch(&mh, addr, sizeof(mh))) {
		trace_ptr(addr);
		return;
	}
	trace_text("{msg_name=");
	trace_sockaddr((unsigned long)mh.msg_name,
	    (unsigned)mh.msg_namelen);
	trace_fmt(", msg_namelen=%d, msg_iov=", mh.msg_namelen);
	trace_iov((unsigned long)mh.msg_iov, mh.msg_iovlen, total);
	trace_fmt(", msg_iovlen=%lu", mh.msg_iovlen);
	if (mh.msg_controllen != 0) {
		trace_text(", msg_control=");
		trace_ptr((unsigned long)mh.msg_control);
	}
	trace_fmt(", msg_controllen=%lu, msg_flags=", mh.msg_controllen);
	trace_names(CK_N_MSG, mh.msg_flags);
	trace_char('}');
}

/* A number when it has the size of one, else bytes. */
void
trace_option(unsigned long addr, unsigned long len)
{
	int v;

	if (len != sizeof(v))
		trace_bytes(addr, len);
	else if (addr == 0 || !trace_fetch(&v, addr, sizeof(v)))
		trace_ptr(addr);
	else
		trace_fmt("[%d]", v);
}

const char *
trace_optname(long level, long opt)
{
	static const struct optname {
		short		 on_level, on_opt;
		const char	*on_name;
	} names[] = {
		{ SOL_TCP, 1, "TCP_NODELAY" }, { SOL_TCP, 2, "TCP_MAXSEG" },
		{ SOL_TCP, 3, "TCP_CORK" }, { SOL_TCP, 4, "TCP_KEEPIDLE" },
		{ SOL_TCP, 5, "TCP_KEEPINTVL" }, { SOL_TCP, 6, "TCP_KEEPCNT" },
		{ SOL_TCP, 9, "TCP_DEFER_ACCEPT" }, { SOL_TCP, 11, "TCP_INFO" },
		{ SOL_TCP, 12, "TCP_QUICKACK" },
		{ SOL_TCP, 13, "TCP_CONGESTION" },
		{ SOL_TCP, 18, "TCP_USER_TIMEOUT" },
		{ SOL_TCP, 23, "TCP_FASTOPEN" },
		{ SOL_IP, IP_TOS, "IP_TOS" }, { SOL_IP, IP_TTL, "IP_TTL" },
		{ SOL_IP, IP_PKTINFO, "IP_PKTINFO" },
		{ SOL_IP, IP_RECVERR, "IP_RECVERR" },
		{ SOL_IP, IP_MTU_DISCOVER, "IP_MTU_DISCOVER" },
		{ SOL_IP, IP_ADD_MEMBERSHIP, "IP_ADD_MEMBERSHIP" },
		{ SOL_IP, IP_MULTICAST_TTL, "IP_MULTICAST_TTL" },
		{ SOL_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY" },
		{ SOL_IPV6, IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS" },
	};
	size_t i;

	if (level == SOL_SOCKET)
		return trace_nameof(CK_N_SOCKOPT, (unsigned long)opt);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].on_level == level && names[i].on_opt == opt)
			return names[i].on_name;
	return NULL;
}
