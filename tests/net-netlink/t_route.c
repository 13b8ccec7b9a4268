/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_netlink */
/*
 * NETLINK_ROUTE: what ip(8) asks for and changes; what is told to groups;
 * every truncation of every request.
 */
#include "nltest.h"
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/fib_rules.h>

static struct fake *fk;
static int fd;
static uint32_t ifindex;

#define IFI	sizeof(struct ifinfomsg)
#define IFA	sizeof(struct ifaddrmsg)
#define RTM	sizeof(struct rtmsg)
#define ND	sizeof(struct ndmsg)

static void
test_names(void)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(nl);
	int a = nlsock(NETLINK_ROUTE), b = nlsock(NETLINK_ROUTE);
	uint32_t port;

	FAILS(SYS(socket, AF_NETLINK, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	FAILS(SYS(socket, AF_NETLINK, SOCK_RAW, 31), EPROTONOSUPPORT);
	OK(SYS(bind, a, &nl, sizeof(nl)));
	OK(SYS(getsockname, a, &nl, &len));
	CHECK_EQ(len, sizeof(nl));
	CHECK_EQ(nl.nl_family, AF_NETLINK);
	CHECK(nl.nl_pid != 0);
	port = nl.nl_pid;
	FAILS(SYS(bind, b, &nl, sizeof(nl)), EADDRINUSE);
	nl.nl_pid = 0;
	OK(SYS(bind, b, &nl, sizeof(nl)));
	OK(SYS(getsockname, b, &nl, &len));
	CHECK(nl.nl_pid != port);
	nl.nl_family = AF_INET;
	FAILS(SYS(bind, b, &nl, sizeof(nl)), EINVAL);
	FAILS(SYS(bind, b, &nl, 4), EINVAL);
	nl.nl_family = AF_NETLINK;
	nl.nl_pid = port;
	FAILS(SYS(sendto, b, "x", 1UL, 0, &nl, sizeof(nl)), ECONNREFUSED);
	FAILS(SYS(recvfrom, b, an, 9UL, MSG_DONTWAIT, NULL, NULL), EAGAIN);
	OK(SYS(close, a));
	OK(SYS(close, b));
}

static void
test_link(void)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *h;
	struct nlattr *a;

	rqbegin(RTM_GETLINK, NLM_F_DUMP, IFI);
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWLINK), 2);
	CHECK(answer(NLMSG_DONE, 0) != NULL);
	h = answer(RTM_NEWLINK, 0);
	ifi = (void *)(h + 1);
	CHECK_EQ(h->nlmsg_flags, NLM_F_MULTI);
	CHECK_EQ(ifi->ifi_index, 1);
	CHECK_EQ(ifi->ifi_type, ARPHRD_LOOPBACK);
	CHECK_EQ(strcmp(attrstr(h, IFI, IFLA_IFNAME), "lo"), 0);
	CHECK_EQ(attr32(h, IFI, IFLA_MTU), 65536);
	h = answer(RTM_NEWLINK, 1);
	ifi = (void *)(h + 1);
	ifindex = (uint32_t)ifi->ifi_index;
	CHECK_EQ(strcmp(attrstr(h, IFI, IFLA_IFNAME), "fk0"), 0);
	CHECK(ifi->ifi_flags & IFF_UP);
	a = attr(h, IFI, IFLA_ADDRESS);
	CHECK(a != NULL && a->nla_len == 10 && memcmp(a + 1, mac_us, 6) == 0);
	a = attr(h, IFI, IFLA_STATS64);
	CHECK(a != NULL && a->nla_len >= 4 + sizeof(struct rtnl_link_stats64));
	/* The short form, as musl asks. */
	rqbegin(RTM_GETLINK, NLM_F_DUMP, 4);
	rq.h.nlmsg_len = NLMSG_HDRLEN + 1;
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWLINK), 2);
	/* By name, by number, none. */
	rqbegin(RTM_GETLINK, 0, IFI);
	rqattr(IFLA_IFNAME, "fk0", 4);
	(void)ask(fd);
	CHECK_EQ(count(RTM_NEWLINK), 1);
	h = answer(RTM_NEWLINK, 0);
	CHECK(h != NULL && h->nlmsg_flags == 0);
	ifi = rqbegin(RTM_GETLINK, NLM_F_ACK, IFI);
	ifi->ifi_index = (int)ifindex;
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWLINK), 1);
	ifi = rqbegin(RTM_GETLINK, 0, IFI);
	ifi->ifi_index = 99;
	CHECK_EQ(ask(fd), ENODEV);
	rqbegin(RTM_GETLINK, 0, IFI);
	CHECK_EQ(ask(fd), EINVAL);
	rqbegin(RTM_GETLINK, 0, IFI);
	rqattr(IFLA_IFNAME, "01234567890123456789", 21);
	CHECK_EQ(ask(fd), ERANGE);
}

static int
linkset(unsigned flags, unsigned change, unsigned type, const void *p,
    unsigned n)
{
	struct ifinfomsg *ifi = rqbegin(RTM_NEWLINK, NLM_F_ACK, IFI);

	ifi->ifi_index = (int)ifindex;
	ifi->ifi_flags = flags;
	ifi->ifi_change = change;
	if (type != 0)
		rqattr(type, p, n);
	return ask(fd);
}

static void
test_setlink(void)
{
	uint32_t mtu = 1400;
	struct ifinfomsg *ifi;

	CHECK_EQ(linkset(0, 0, IFLA_MTU, &mtu, 4), 0);
	CHECK_EQ(fk->fk_if.if_mtu, 1400);
	CHECK_EQ(linkset(0, 0, IFLA_MTU, &mtu, 2), EINVAL);
	mtu = 1500;
	CHECK_EQ(linkset(0, 0, IFLA_MTU, &mtu, 4), 0);
	CHECK_EQ(linkset(0, 0, IFLA_IFNAME, "other", 6), EOPNOTSUPP);
	CHECK_EQ(linkset(0, 0, IFLA_ADDRESS, "\2\0\0", 3), EINVAL);
	CHECK_EQ(linkset(0, IFF_UP, 0, NULL, 0), 0);
	CHECK(!(fk->fk_if.if_flags & IFF_UP));
	CHECK_EQ(linkset(IFF_UP, IFF_UP, 0, NULL, 0), 0);
	CHECK(fk->fk_if.if_flags & IFF_UP);
	ifi = rqbegin(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, IFI);
	(void)ifi;
	rqattr(IFLA_IFNAME, "dummy0", 7);
	CHECK_EQ(ask(fd), EOPNOTSUPP);
}

static int
addrset(unsigned type, unsigned flags, const char *a, unsigned plen)
{
	struct ifaddrmsg *ifa = rqbegin(type, NLM_F_ACK | flags, IFA);

	ifa->ifa_family = strchr(a, ':') ? AF_INET6 : AF_INET;
	ifa->ifa_index = ifindex;
	ifa->ifa_prefixlen = (uint8_t)plen;
	rqaddr(IFA_LOCAL, a);
	return ask(fd);
}

static void
test_addr(void)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *h;
	struct nlattr *a;
	int one = 1, zero = 0;

	rqbegin(RTM_GETADDR, NLM_F_DUMP, IFA);
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWADDR), 2);
	h = answer(RTM_NEWADDR, 1);
	ifa = (void *)(h + 1);
	CHECK_EQ(ifa->ifa_prefixlen, 24);
	CHECK_EQ(ifa->ifa_index, ifindex);
	CHECK_EQ(attr32(h, IFA, IFA_LOCAL), v4(US));
	CHECK_EQ(strcmp(attrstr(h, IFA, IFA_LABEL), "fk0"), 0);
	a = attr(h, IFA, IFA_CACHEINFO);
	CHECK(a != NULL && a->nla_len == 4 + sizeof(struct ifa_cacheinfo));
	ifa = rqbegin(RTM_GETADDR, NLM_F_DUMP, IFA);
	ifa->ifa_family = AF_INET6;
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWADDR), 0);
	/* Of one interface. */
	OK(SYS(setsockopt, fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, 4));
	ifa = rqbegin(RTM_GETADDR, NLM_F_DUMP, IFA);
	ifa->ifa_index = ifindex;
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWADDR), 1);
	rqbegin(RTM_GETADDR, NLM_F_DUMP, 4);
	CHECK_EQ(ask(fd), EINVAL);
	OK(SYS(setsockopt, fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &zero, 4));
	/* Changes. */
	CHECK_EQ(addrset(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "10.5.0.1",
	    16), 0);
	CHECK_EQ(addrset(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "10.5.0.1",
	    16), EEXIST);
	CHECK_EQ(addrset(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, "10.5.0.1",
	    16), 0);
	CHECK_EQ(addrset(RTM_NEWADDR, NLM_F_CREATE, "10.5.0.1", 33), EINVAL);
	CHECK_EQ(addrset(RTM_NEWADDR, NLM_F_CREATE, "224.5.0.1", 24), EINVAL);
	rqbegin(RTM_GETADDR, NLM_F_DUMP, IFA);
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWADDR), 3);
	CHECK_EQ(addrset(RTM_DELADDR, 0, "10.5.0.1", 16), 0);
	CHECK_EQ(addrset(RTM_DELADDR, 0, "10.5.0.1", 16), EADDRNOTAVAIL);
	ifa = rqbegin(RTM_NEWADDR, NLM_F_ACK, IFA);
	ifa->ifa_family = AF_INET;
	ifa->ifa_index = 77;
	rqaddr(IFA_LOCAL, "10.5.0.1");
	CHECK_EQ(ask(fd), ENODEV);
}

static int
routeset(unsigned type, unsigned flags, const char *dst, unsigned plen,
    const char *gw, uint32_t metric)
{
	struct rtmsg *rm = rqbegin(type, NLM_F_ACK | flags, RTM);

	rm->rtm_family = AF_INET;
	rm->rtm_dst_len = (uint8_t)plen;
	rm->rtm_table = RT_TABLE_MAIN;
	rm->rtm_protocol = RTPROT_BOOT;
	rm->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE :
	    gw != NULL ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	rm->rtm_type = RTN_UNICAST;
	if (plen != 0)
		rqaddr(RTA_DST, dst);
	if (gw != NULL)
		rqaddr(RTA_GATEWAY, gw);
	else
		rqattr32(RTA_OIF, ifindex);
	if (metric != 0)
		rqattr32(RTA_PRIORITY, metric);
	return ask(fd);
}

#define NEW	(NLM_F_CREATE | NLM_F_EXCL)

static struct nlmsghdr *
route_to(const char *dst, unsigned flags)
{
	struct rtmsg *rm = rqbegin(RTM_GETROUTE, 0, RTM);

	rm->rtm_family = AF_INET;
	rm->rtm_dst_len = 32;
	rm->rtm_flags = flags;
	rqaddr(RTA_DST, dst);
	(void)ask(fd);
	return answer(RTM_NEWROUTE, 0);
}

static unsigned
routes(void)
{
	struct rtmsg *rm = rqbegin(RTM_GETROUTE, NLM_F_DUMP, RTM);

	rm->rtm_family = AF_INET;
	CHECK_EQ(ask(fd), 0);
	return count(RTM_NEWROUTE);
}

static void
test_route(void)
{
	unsigned before = routes();
	struct nlmsghdr *h;
	struct rtmsg *rm;

	/* lo: 127.0.0.1, 127/8, the broadcast; fk0: the same. */
	CHECK_EQ(before, 6);
	CHECK_EQ(routeset(RTM_NEWROUTE, NEW, NULL, 0, PEER, 0), 0);
	CHECK_EQ(routeset(RTM_NEWROUTE, NEW, NULL, 0, PEER, 0), EEXIST);
	CHECK_EQ(routeset(RTM_NEWROUTE, NEW, "10.9.0.0", 16, NULL, 7), 0);
	CHECK_EQ(routeset(RTM_NEWROUTE, NEW, "10.9.0.1", 16, NULL, 7), EINVAL);
	/* A gateway behind a gateway. */
	CHECK_EQ(routeset(RTM_NEWROUTE, NEW, "10.8.0.0", 16, "9.9.9.9", 0),
	    ENETUNREACH);
	CHECK_EQ(routes(), before + 2);
	h = route_to("1.2.3.4", 0);
	CHECK(h != NULL);
	rm = (void *)(h + 1);
	CHECK_EQ(rm->rtm_type, RTN_UNICAST);
	CHECK_EQ(rm->rtm_dst_len, 32);
	CHECK_EQ(attr32(h, RTM, RTA_GATEWAY), v4(PEER));
	CHECK_EQ(attr32(h, RTM, RTA_PREFSRC), v4(US));
	CHECK_EQ(attr32(h, RTM, RTA_OIF), ifindex);
	h = route_to("10.9.1.1", RTM_F_FIB_MATCH);
	rm = (void *)(h + 1);
	CHECK_EQ(rm->rtm_dst_len, 16);
	CHECK_EQ(attr32(h, RTM, RTA_PRIORITY), 7);
	h = route_to(US, 0);
	rm = (void *)(h + 1);
	CHECK_EQ(rm->rtm_type, RTN_LOCAL);
	CHECK_EQ(attr32(h, RTM, RTA_OIF), 1);
	/* Another gateway in place of it. */
	CHECK_EQ(routeset(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, NULL, 0,
	    "10.0.0.9", 0), 0);
	CHECK_EQ(routes(), before + 2);
	h = route_to("1.2.3.4", 0);
	CHECK_EQ(attr32(h, RTM, RTA_GATEWAY), v4("10.0.0.9"));
	CHECK_EQ(routeset(RTM_NEWROUTE, NLM_F_REPLACE, "10.77.0.0", 16, NULL,
	    0), ENOENT);
	CHECK_EQ(routeset(RTM_DELROUTE, 0, NULL, 0, "10.0.0.9", 0), 0);
	CHECK_EQ(routeset(RTM_DELROUTE, 0, NULL, 0, "10.0.0.9", 0), ESRCH);
	CHECK_EQ(routeset(RTM_DELROUTE, 0, "10.9.0.0", 16, NULL, 0), 0);
	CHECK_EQ(routes(), before);
	CHECK(route_to("1.2.3.4", 0) == NULL);
	CHECK_EQ(-((struct nlmsgerr *)(void *)(answer(NLMSG_ERROR, 0) +
	    1))->error, ENETUNREACH);
	rqbegin(RTM_GETRULE, NLM_F_DUMP, sizeof(struct fib_rule_hdr));
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWRULE), 3);
	rqbegin(RTM_GETQDISC, NLM_F_DUMP, 20);
	CHECK_EQ(ask(fd), 0);
	CHECK_EQ(count(RTM_NEWQDISC), 0);
	rqbegin(RTM_GETNETCONF, NLM_F_DUMP, 4);
	CHECK_EQ(ask(fd), EOPNOTSUPP);
}

static int
neighset(unsigned type, unsigned flags, const char *a, unsigned state,
    const void *mac)
{
	struct ndmsg *nd = rqbegin(type, NLM_F_ACK | flags, ND);

	nd->ndm_family = AF_INET;
	nd->ndm_ifindex = (int)ifindex;
	nd->ndm_state = (uint16_t)state;
	rqaddr(NDA_DST, a);
	if (mac != NULL)
		rqattr(NDA_LLADDR, mac, 6);
	return ask(fd);
}

static void
test_neigh(void)
{
	struct nlmsghdr *h;
	struct ndmsg *nd;

	CHECK_EQ(neighset(RTM_NEWNEIGH, NEW, PEER, NUD_PERMANENT, mac_peer),
	    EEXIST);
	CHECK_EQ(neighset(RTM_NEWNEIGH, NLM_F_CREATE, "10.0.0.8",
	    NUD_REACHABLE, NULL), EINVAL);
	CHECK_EQ(neighset(RTM_NEWNEIGH, 0, "10.0.0.8", NUD_REACHABLE,
	    mac_peer), ENOENT);
	CHECK_EQ(neighset(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
	    "10.0.0.8", NUD_REACHABLE, mac_peer), 0);
	rqbegin(RTM_GETNEIGH, NLM_F_DUMP, ND);
	CHECK_EQ(ask(fd), 0);
	CHECK(count(RTM_NEWNEIGH) >= 2);
	CHECK_EQ(neighset(RTM_GETNEIGH, 0, "10.0.0.8", 0, NULL), 0);
	h = answer(RTM_NEWNEIGH, 0);
	CHECK(h != NULL);
	nd = (void *)(h + 1);
	CHECK_EQ(nd->ndm_state, NUD_REACHABLE);
	CHECK_EQ(nd->ndm_ifindex, ifindex);
	CHECK(memcmp(attr(h, ND, NDA_LLADDR) + 1, mac_peer, 6) == 0);
	CHECK_EQ(neighset(RTM_DELNEIGH, 0, "10.0.0.8", 0, NULL), 0);
	CHECK_EQ(neighset(RTM_DELNEIGH, 0, "10.0.0.8", 0, NULL), ENOENT);
}

static void
test_groups(void)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR };
	int g = nlsock(NETLINK_ROUTE), group = RTNLGRP_IPV4_ROUTE;
	socklen_t len = sizeof(nl);
	struct nlmsghdr *h;

	OK(SYS(bind, g, &nl, sizeof(nl)));
	CHECK_EQ(addrset(RTM_NEWADDR, NEW, "10.5.0.1", 16), 0);
	nlread(g);
	CHECK_EQ(count(RTM_NEWADDR), 1);
	CHECK_EQ(count(RTM_NEWROUTE), 0);
	h = answer(RTM_NEWADDR, 0);
	CHECK_EQ(h->nlmsg_pid, 0);
	OK(SYS(setsockopt, g, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4));
	group = RTNLGRP_NEIGH;
	OK(SYS(setsockopt, g, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4));
	CHECK_EQ(addrset(RTM_DELADDR, 0, "10.5.0.1", 16), 0);
	CHECK_EQ(neighset(RTM_NEWNEIGH, NEW, "10.0.0.8", NUD_PERMANENT,
	    mac_peer), 0);
	CHECK_EQ(neighset(RTM_DELNEIGH, 0, "10.0.0.8", 0, NULL), 0);
	CHECK_EQ(linkset(0, IFF_UP, 0, NULL, 0), 0);
	CHECK_EQ(linkset(IFF_UP, IFF_UP, 0, NULL, 0), 0);
	CHECK_EQ(SYS(recvfrom, g, an, 9UL, MSG_PEEK, &nl, &len), 9);
	CHECK_EQ(nl.nl_pid, 0);
	CHECK(nl.nl_groups != 0);
	nlread(g);
	CHECK_EQ(count(RTM_DELADDR), 1);
	CHECK(count(RTM_DELROUTE) >= 3);
	CHECK(count(RTM_NEWROUTE) >= 2);
	CHECK_EQ(count(RTM_NEWNEIGH), 1);
	CHECK_EQ(count(RTM_DELNEIGH), 1);
	CHECK_EQ(count(RTM_NEWLINK), 2);
	group = RTNLGRP_NEIGH;
	OK(SYS(setsockopt, g, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group,
	    4));
	group = 100;
	FAILS(SYS(setsockopt, g, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
	    4), EINVAL);
	OK(SYS(close, g));
}

/* Each message of a kind, cut short, and with each length wrong. */
static void
test_truncated(void)
{
	static uint8_t whole[4096];
	struct nlmsghdr *h = (void *)whole;
	unsigned type, n, len, i;

	for (type = RTM_NEWLINK; type < RTM_NEWLINK + 120; type++) {
		rqbegin(type, NLM_F_ACK, 12);
		for (i = 1; i < 24; i++)
			rqaddr(i, "10.0.0.77");
		rq.b[NLMSG_HDRLEN] = AF_INET;
		len = rq.h.nlmsg_len;
		memcpy(whole, &rq, len);
		for (n = 1; n <= len; n++) {
			h->nlmsg_len = n;
			CHECK_EQ(SYS(sendto, fd, whole, (size_t)n, 0, NULL,
			    0), n);
			nlread(fd);
		}
		h->nlmsg_len = len;
		h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		for (n = NLMSG_HDRLEN; n < len && n < 80; n++) {
			whole[n] ^= 0xff;
			CHECK_EQ(SYS(sendto, fd, whole, (size_t)len, 0, NULL,
			    0), len);
			nlread(fd);
			whole[n] ^= 0xff;
		}
		h->nlmsg_len = len + 1;
		CHECK_EQ(SYS(sendto, fd, whole, (size_t)len, 0, NULL, 0), len);
		nlread(fd);
		CHECK_EQ(anlen, 0);
	}
}

/* More than fits at once comes piece by piece. */
static void
test_long(void)
{
	char dst[32];
	int small = 1;
	unsigned i;

	OK(SYS(setsockopt, fd, SOL_SOCKET, SO_RCVBUF, &small, 4));
	for (i = 0; i < 600; i++) {
		snprintf(dst, sizeof(dst), "10.%u.%u.0", 100 + i / 256,
		    i % 256);
		CHECK_EQ(routeset(RTM_NEWROUTE, NEW, dst, 24, NULL, 0), 0);
	}
	CHECK(routes() >= 600);
	/* Two requests in one; a long one's error has only its header. */
	rqbegin(RTM_NEWLINK + 120, NLM_F_ACK, 3600);
	CHECK_EQ(ask(fd), EOPNOTSUPP);
	CHECK(answer(NLMSG_ERROR, 0)->nlmsg_flags & NLM_F_CAPPED);
	rqbegin(NLMSG_NOOP, NLM_F_ACK, 0);
	memcpy(rq.b + 16, rq.b, 16);
	CHECK_EQ(SYS(sendto, fd, rq.b, 32UL, 0, NULL, 0), 32);
	nlread(fd);
	CHECK_EQ(count(NLMSG_ERROR), 2);
}

int
main(void)
{

	onhost = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	fk = wire_start();
	fd = nlsock(NETLINK_ROUTE);
	test_names();
	test_link();
	test_addr();
	test_route();
	test_neigh();
	test_setlink();
	test_groups();
	test_truncated();
	test_long();
	return check_done();
}
