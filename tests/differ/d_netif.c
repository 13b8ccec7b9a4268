/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface by ioctl and rtnetlink, groups on lo, raw and packet sockets:
 * what a program asks and how it is refused.  Not how netlink refuses requests
 * that are short or that make things: those are not there.
 */
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <netinet/ip_icmp.h>

#include "dnet.h"

static int u4, u6, nl, raw, pk;

void
differ_begin(void)
{
	struct timeval tv = { 5, 0 };

	net_begin();
	u4 = socket(AF_INET, SOCK_DGRAM, 0);
	u6 = socket(AF_INET6, SOCK_DGRAM, 0);
	nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	pk = socket(AF_PACKET, SOCK_DGRAM, 0);
	setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

void
differ_end(void)
{
	close(u4);
	close(u6);
	close(nl);
	close(raw);
	close(pk);
}

static void
if_ask(void)
{
	static const struct { unsigned long cmd; const char *name; } cmds[] = {
		{ SIOCGIFFLAGS, "flags" }, { SIOCGIFADDR, "addr" },
		{ SIOCGIFNETMASK, "netmask" }, { SIOCGIFBRDADDR, "brdaddr" },
		{ SIOCGIFDSTADDR, "dstaddr" }, { SIOCGIFMTU, "mtu" },
		{ SIOCGIFHWADDR, "hwaddr" }, { SIOCGIFINDEX, "index" },
		{ SIOCGIFMETRIC, "metric" }, { SIOCGIFTXQLEN, "txqlen" },
		{ SIOCGIFNAME, "name" },
	};
	unsigned k = below(sizeof(cmds) / sizeof(cmds[0]));
	int fd = ONE_OF(int, u4, u6, nl, pk);
	struct ifreq r;
	const char *n = ONE_OF(char *const, "lo", "lo", "eth9", "", "lo:1",
	    "averylongname15");
	union addr a;
	long res;

	memset(&r, 0, sizeof(r));
	strcpy(r.ifr_name, n);
	if (cmds[k].cmd == SIOCGIFNAME)
		r.ifr_ifindex = ONE_OF(int, 0, 1, 99, -1);
	/* IPv4's are AF_INET's. */
	if (fd != u4 && k >= 1 && k <= 4)
		fd = u4;
	res = RES(ioctl(fd, cmds[k].cmd, &r));
	if (res != 0) {
		say("%s %s %ld", cmds[k].name, n, res);
		return;
	}
	switch (cmds[k].cmd) {
	case SIOCGIFFLAGS:
		say("flags %s %#x", n, (unsigned)(unsigned short)r.ifr_flags);
		break;
	case SIOCGIFADDR: case SIOCGIFNETMASK: case SIOCGIFBRDADDR:
	case SIOCGIFDSTADDR:
		memcpy(&a, &r.ifr_addr, sizeof(r.ifr_addr));
		say("%s %s %s", cmds[k].name, n, addr_str(&a, 16));
		break;
	case SIOCGIFHWADDR:
		say("hwaddr %s %d %#x", n, r.ifr_hwaddr.sa_family,
		    sum(r.ifr_hwaddr.sa_data, 6));
		break;
	case SIOCGIFNAME:
		say("name %s", r.ifr_name);
		break;
	case SIOCGIFTXQLEN:
		say("txqlen %s", n);
		break;
	default:
		say("%s %s %d", cmds[k].name, n, r.ifr_ifindex);
	}
}

static void
if_conf(void)
{
	struct ifreq r[4];
	struct ifconf c = { .ifc_len = ONE_OF(int, 0, 10, (int)sizeof(r[0]),
	    (int)sizeof(r)), .ifc_req = once_in(4) ? NULL : r };
	int was = c.ifc_len;
	union addr a;
	long res;

	memset(r, 0, sizeof(r));
	res = RES(ioctl(u4, SIOCGIFCONF, &c));
	memcpy(&a, &r[0].ifr_addr, sizeof(r[0].ifr_addr));
	say("ifconf %d %ld len %d %.15s %s", was, res, c.ifc_len,
	    r[0].ifr_name, addr_str(&a, 16));
	say("nametoindex %u %u %u", if_nametoindex("lo"),
	    if_nametoindex("eth9"), if_nametoindex(""));
}

static void
netlink_ask(void)
{
	struct {
		struct nlmsghdr h;
		char body[64];
	} q;
	static _Alignas(8) char buf[16384];
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int type = ONE_OF(int, RTM_GETLINK, RTM_GETLINK, RTM_GETADDR, 200);
	int dump = type == RTM_GETADDR || (type != 200 && once_in(2));
	struct nlmsghdr *h;
	struct nlmsgerr e;
	size_t len = 32;
	unsigned n = 0, links = 0, addrs = 0;
	long r;

	memset(&q, 0, sizeof(q));
	q.h.nlmsg_len = once_in(8) ? ONE_OF(uint32_t, 0, 15, 100) :
	    (uint32_t)len;
	q.h.nlmsg_type = (uint16_t)type;
	q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (dump ? NLM_F_DUMP : 0);
	q.h.nlmsg_seq = 7;
	if (type == RTM_GETLINK && !dump && len >= 32)
		q.body[4] = ONE_OF(char, 0, 1, 99);
	if (dump)
		q.h.nlmsg_len = 32;
	r = RES(sendto(nl, &q, len, 0, (void *)&to, sizeof(to)));
	say("netlink %d len %u %zu dump %d %ld", type, q.h.nlmsg_len, len,
	    dump, r);
	if (r < 0 || q.h.nlmsg_len < 16 || q.h.nlmsg_len > len)
		return;
	do {
		r = recv(nl, buf, sizeof(buf), dump ? 0 : MSG_DONTWAIT);
		if (r <= 0)
			break;
		for (h = (void *)buf; NLMSG_OK(h, r); h = NLMSG_NEXT(h, r)) {
			if (h->nlmsg_type == RTM_NEWLINK)
				links++;
			else if (h->nlmsg_type == RTM_NEWADDR)
				addrs++;
			else if (h->nlmsg_type == NLMSG_DONE)
				n = 1;
			else if (h->nlmsg_type == NLMSG_ERROR) {
				memcpy(&e, NLMSG_DATA(h), sizeof(e));
				say(" error %d seq %u", e.error, h->nlmsg_seq);
				n = 1;
			} else
				say(" type %d", h->nlmsg_type);
		}
	} while (n == 0);
	say(" links %u addrs %u", links, addrs);
}

static void
group(void)
{
	struct ip_mreqn m = { 0 };
	struct ipv6_mreq m6;
	int add = once_in(2);
	const char *g = ONE_OF(char *const, "224.0.0.5", "224.1.1.1",
	    "239.1.1.1", "10.1.1.1", "0.0.0.0");
	const char *g6 = ONE_OF(char *const, "ff02::5", "ff05::1:1", "::1");

	if (once_in(2)) {
		inet_pton(AF_INET, g, &m.imr_multiaddr);
		m.imr_ifindex = ONE_OF(int, 1, 1, 99);
		say("group %d %s if %d %ld", add, g, m.imr_ifindex,
		    RES(setsockopt(u4, IPPROTO_IP, add ? IP_ADD_MEMBERSHIP :
		    IP_DROP_MEMBERSHIP, &m, sizeof(m))));
	} else {
		inet_pton(AF_INET6, g6, &m6.ipv6mr_multiaddr);
		m6.ipv6mr_interface = ONE_OF(unsigned, 1, 1, 99);
		say("group6 %d %s if %u %ld", add, g6, m6.ipv6mr_interface,
		    RES(setsockopt(u6, IPPROTO_IPV6, add ? IPV6_JOIN_GROUP :
		    IPV6_LEAVE_GROUP, &m6, sizeof(m6))));
	}
}

/* An echo to lo: the request and the answer come. */
static void
ping(void)
{
	struct icmphdr ic = { .type = ICMP_ECHO };
	unsigned char buf[256];
	union addr a;
	socklen_t len = addr_make(&a, ONE_OF(char *const, "127.0.0.1",
	    "127.0.0.3", "10.9.9.9"), 0);
	struct pollfd p = { raw, POLLIN, 0 };
	uint32_t s;
	long r;
	int i;

	ic.un.echo.sequence = htons((uint16_t)below(1000));
	s = ntohs(*(uint16_t *)(void *)&ic) + ntohs(ic.un.echo.sequence);
	ic.checksum = htons((uint16_t)~((s & 0xffff) + (s >> 16)));
	r = RES(sendto(raw, &ic, sizeof(ic), 0, &a.sa, len));
	say("ping %s %ld", addr_str(&a, len), r);
	for (i = 0; r > 0 && i < 2; i++) {
		poll(&p, 1, 5000);
		len = sizeof(a);
		memset(buf, 0, sizeof(buf));
		r = RES(recvfrom(raw, buf, sizeof(buf), MSG_DONTWAIT, &a.sa,
		    &len));
		say(" got %ld from %s ver %#x ttl %u proto %u type %u", r,
		    addr_str(&a, len), buf[0], buf[8], buf[9], buf[20]);
	}
}

static void
packet(void)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	socklen_t len = ONE_OF(socklen_t, sizeof(ll), sizeof(ll), 12, 19);

	ll.sll_ifindex = ONE_OF(int, 0, 1, 99, -1);
	switch (below(3)) {
	case 0:
		say("packet bind %d len %u %ld", ll.sll_ifindex, len,
		    RES(bind(pk, (void *)&ll, len)));
		break;
	case 1:
		len = sizeof(ll);
		memset(&ll, 0, sizeof(ll));
		getsockname(pk, (void *)&ll, &len);
		say("packet name %d proto %#x hatype %u type %u halen %u len "
		    "%u", ll.sll_ifindex, ll.sll_protocol, ll.sll_hatype,
		    ll.sll_pkttype, ll.sll_halen, len);
		break;
	default:
		say("packet listen %ld", RES(listen(pk, 1)));
		say(" connect %ld", RES(connect(pk, (void *)&ll, sizeof(ll))));
		say(" accept %ld", RES(accept(pk, NULL, NULL)));
	}
}

void
differ_step(void)
{
	switch (below(7)) {
	case 0: case 1: if_ask(); break;
	case 2: if_conf(); break;
	case 3: netlink_ask(); break;
	case 4: group(); break;
	case 5: ping(); break;
	default: packet();
	}
}
