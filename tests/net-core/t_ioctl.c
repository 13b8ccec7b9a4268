/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/* netdevice(7)'s calls: what they answer and what they change. */
#include <stdint.h>
#include "fake.h"
#include <linux/ethtool.h>
#include <linux/in.h>
#include <linux/sockios.h>
#define rtentry linux_rtentry
#include <linux/route.h>
#undef rtentry
#include "../check.h"

static struct fake *e0;
static struct ifreq ifr;

static int
call(unsigned long cmd, const char *name)
{

	strcpy(ifr.ifr_name, name);
	return rump_if_ioctl(cmd, &ifr);
}

static void
setsin(struct sockaddr *sa, const char *s)
{
	uint32_t v = addr(s).ia_w[3];

	memset(sa, 0, sizeof(*sa));
	sa->sa_family = AF_INET;
	memcpy((char *)sa + 4, &v, 4);
}

static int
issin(const struct sockaddr *sa, const char *s)
{
	uint32_t v = addr(s).ia_w[3];

	return sa->sa_family == AF_INET &&
	    memcmp((const char *)sa + 4, &v, 4) == 0;
}

static int
setaddr(unsigned long cmd, const char *name, const char *s)
{

	setsin(&ifr.ifr_addr, s);
	return call(cmd, name);
}

static int
reaches(const char *s)
{
	struct inaddr a = addr(s);
	struct rtentry *rt = rump_rt_lookup(&a, 0);

	if (rt == NULL)
		return 0;
	rump_rt_rele(rt);
	return 1;
}

static void
basics(void)
{
	struct ifreq list[8];
	struct ifconf ifc;

	CHECK_EQ(call(SIOCGIFFLAGS, "nosuch"), ENODEV);
	CHECK_EQ(call(SIOCGIFFLAGS, "lo"), 0);
	CHECK_EQ(ifr.ifr_flags & 0xffff, IFF_UP | IFF_LOOPBACK | IFF_RUNNING);
	CHECK_EQ(call(SIOCGIFINDEX, "lo"), 0);
	CHECK_EQ(ifr.ifr_ifindex, 1);
	CHECK_EQ(call(SIOCGIFNAME, "x"), 0);
	CHECK(strcmp(ifr.ifr_name, "lo") == 0);
	ifr.ifr_ifindex = 99;
	CHECK_EQ(call(SIOCGIFNAME, "x"), ENODEV);
	CHECK_EQ(call(SIOCGIFADDR, "lo"), 0);
	CHECK(issin(&ifr.ifr_addr, "127.0.0.1"));
	CHECK_EQ(call(SIOCGIFNETMASK, "lo"), 0);
	CHECK(issin(&ifr.ifr_netmask, "255.0.0.0"));
	CHECK_EQ(call(SIOCGIFMTU, "lo"), 0);
	CHECK_EQ(ifr.ifr_mtu, 65536);
	CHECK_EQ(call(SIOCGIFHWADDR, "lo"), 0);
	CHECK_EQ(ifr.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK);
	CHECK_EQ(call(SIOCGIFTXQLEN, "eth0"), 0);
	CHECK_EQ(ifr.ifr_qlen, 1000);
	CHECK_EQ(call(SIOCGIFADDR, "eth0"), EADDRNOTAVAIL);
	CHECK_EQ(call(0x1234, "lo"), ENOTTY);
	CHECK_EQ(rump_if_ioctl(SIOCGIFFLAGS, NULL), EFAULT);

	ifc.ifc_len = 0;
	ifc.ifc_buf = NULL;
	CHECK_EQ(rump_if_ioctl(SIOCGIFCONF, &ifc), 0);
	CHECK_EQ(ifc.ifc_len, sizeof(struct ifreq));
	memset(list, 0xee, sizeof(list));
	ifc.ifc_len = sizeof(list);
	ifc.ifc_req = list;
	CHECK_EQ(rump_if_ioctl(SIOCGIFCONF, &ifc), 0);
	CHECK_EQ(ifc.ifc_len, sizeof(struct ifreq));
	CHECK(strcmp(list[0].ifr_name, "lo") == 0 &&
	    issin(&list[0].ifr_addr, "127.0.0.1"));
	CHECK_EQ((uint8_t)list[1].ifr_name[0], 0xee);
	ifc.ifc_len = sizeof(struct ifreq) - 1;
	CHECK_EQ(rump_if_ioctl(SIOCGIFCONF, &ifc), 0);
	CHECK_EQ(ifc.ifc_len, 0);
	ifc.ifc_len = -1;
	CHECK_EQ(rump_if_ioctl(SIOCGIFCONF, &ifc), EINVAL);
}

static void
addresses(void)
{

	CHECK_EQ(setaddr(SIOCSIFNETMASK, "eth0", "255.255.0.0"),
	    EADDRNOTAVAIL);
	CHECK_EQ(setaddr(SIOCSIFADDR, "eth0", "192.168.7.2"), 0);
	CHECK_EQ(call(SIOCGIFNETMASK, "eth0"), 0);
	CHECK(issin(&ifr.ifr_netmask, "255.255.255.0"));
	CHECK_EQ(call(SIOCGIFBRDADDR, "eth0"), 0);
	CHECK(issin(&ifr.ifr_broadaddr, "192.168.7.255"));
	CHECK_EQ(call(SIOCGIFFLAGS, "eth0"), 0);
	CHECK(ifr.ifr_flags & IFF_UP);
	CHECK(reaches("192.168.7.9") && !reaches("192.168.9.9"));
	CHECK_EQ(setaddr(SIOCSIFNETMASK, "eth0", "255.255.0.0"), 0);
	CHECK(reaches("192.168.9.9"));
	CHECK_EQ(call(SIOCGIFBRDADDR, "eth0"), 0);
	CHECK(issin(&ifr.ifr_broadaddr, "192.168.255.255"));
	CHECK_EQ(setaddr(SIOCSIFNETMASK, "eth0", "255.0.255.0"), EINVAL);
	CHECK_EQ(setaddr(SIOCSIFBRDADDR, "eth0", "192.168.1.255"), 0);
	CHECK_EQ(call(SIOCGIFBRDADDR, "eth0"), 0);
	CHECK(issin(&ifr.ifr_broadaddr, "192.168.1.255"));
	CHECK_EQ(call(SIOCGIFADDR, "eth0"), 0);
	CHECK(issin(&ifr.ifr_addr, "192.168.7.2"));
	ifr.ifr_addr.sa_family = AF_INET6;
	CHECK_EQ(call(SIOCSIFADDR, "eth0"), EAFNOSUPPORT);
	/* An alias beside it. */
	CHECK_EQ(setaddr(SIOCSIFADDR, "eth0:1", "10.1.1.1"), 0);
	CHECK_EQ(call(SIOCGIFADDR, "eth0:1"), 0);
	CHECK(issin(&ifr.ifr_addr, "10.1.1.1"));
	CHECK(reaches("10.200.0.1") && reaches("192.168.9.9"));
	CHECK_EQ(setaddr(SIOCSIFADDR, "eth0:1", "0.0.0.0"), 0);
	CHECK(!reaches("10.200.0.1"));
	CHECK_EQ(setaddr(SIOCSIFADDR, "eth0", "224.0.0.1"), EINVAL);
	CHECK_EQ(call(SIOCGIFADDR, "eth0"), 0);
	CHECK(issin(&ifr.ifr_addr, "192.168.7.2"));
}

static void
flags(void)
{

	CHECK_EQ(call(SIOCGIFFLAGS, "eth0"), 0);
	ifr.ifr_flags &= (short)~IFF_UP;
	CHECK_EQ(call(SIOCSIFFLAGS, "eth0"), 0);
	CHECK(!reaches("192.168.9.9") && reaches("192.168.7.2"));
	CHECK_EQ(call(SIOCGIFFLAGS, "eth0"), 0);
	CHECK_EQ(ifr.ifr_flags & (IFF_UP | IFF_RUNNING), 0);
	ifr.ifr_flags |= IFF_UP | IFF_PROMISC | IFF_LOOPBACK;
	CHECK_EQ(call(SIOCSIFFLAGS, "eth0"), 0);
	CHECK_EQ(call(SIOCGIFFLAGS, "eth0"), 0);
	CHECK_EQ(ifr.ifr_flags & 0xffff, IFF_UP | IFF_BROADCAST |
	    IFF_MULTICAST | IFF_PROMISC | IFF_RUNNING);
	CHECK(reaches("192.168.9.9"));
	ifr.ifr_mtu = 67;
	CHECK_EQ(call(SIOCSIFMTU, "eth0"), EINVAL);
	ifr.ifr_mtu = 9000;
	CHECK_EQ(call(SIOCSIFMTU, "eth0"), 0);
	ifr.ifr_mtu = 0;
	CHECK_EQ(call(SIOCGIFMTU, "eth0"), 0);
	CHECK_EQ(ifr.ifr_mtu, 9000);
	CHECK_EQ(call(SIOCSIFHWADDR, "eth0"), EINVAL);
	CHECK_EQ(call(SIOCGIFHWADDR, "eth0"), 0);
	CHECK(memcmp(ifr.ifr_hwaddr.sa_data, "\2\0\0\0\0\1", 6) == 0);
	CHECK_EQ(call(SIOCSIFHWADDR, "eth0"), EOPNOTSUPP);
	memcpy(ifr.ifr_hwaddr.sa_data, "\1\0\x5e\0\0\5", 6);
	CHECK_EQ(call(SIOCADDMULTI, "eth0"), 0);
	CHECK_EQ(call(SIOCDELMULTI, "eth0"), 0);
	CHECK_EQ(call(SIOCDELMULTI, "eth0"), ENOENT);
}

static int
route(unsigned long cmd, const char *dst, const char *mask, const char *gw,
    const char *dev)
{
	struct linux_rtentry r;

	memset(&r, 0, sizeof(r));
	setsin(&r.rt_dst, dst);
	setsin(&r.rt_genmask, mask);
	r.rt_flags = RTF_UP;
	if (gw != NULL) {
		setsin(&r.rt_gateway, gw);
		r.rt_flags |= RTF_GATEWAY;
	}
	r.rt_dev = (char *)(uintptr_t)dev;
	return rump_if_ioctl(cmd, &r);
}

static void
routes(void)
{

	CHECK_EQ(route(SIOCADDRT, "0.0.0.0", "0.0.0.0", "10.0.0.1", NULL),
	    ENETUNREACH);
	CHECK_EQ(route(SIOCADDRT, "0.0.0.0", "0.0.0.0", "192.168.7.1", NULL),
	    0);
	CHECK_EQ(route(SIOCADDRT, "0.0.0.0", "0.0.0.0", "192.168.7.1",
	    "eth0"), EEXIST);
	CHECK(reaches("8.8.8.8"));
	CHECK_EQ(route(SIOCDELRT, "0.0.0.0", "0.0.0.0", "192.168.7.1", NULL),
	    0);
	CHECK_EQ(route(SIOCDELRT, "0.0.0.0", "0.0.0.0", NULL, NULL), ESRCH);
	CHECK(!reaches("8.8.8.8"));
	CHECK_EQ(route(SIOCADDRT, "10.0.0.1", "255.0.0.0", NULL, "eth0"),
	    EINVAL);
	CHECK_EQ(route(SIOCADDRT, "10.0.0.0", "255.0.0.0", NULL, "nosuch"),
	    ENODEV);
	CHECK_EQ(route(SIOCADDRT, "10.0.0.0", "255.0.0.0", NULL, NULL),
	    ENODEV);
	CHECK_EQ(route(SIOCADDRT, "10.0.0.0", "255.0.0.0", NULL, "eth0"), 0);
	CHECK(reaches("10.8.8.8"));
	CHECK_EQ(route(SIOCDELRT, "10.0.0.0", "255.0.0.0", NULL, "eth0"), 0);
}

static void
arp(void)
{
	struct arpreq r;

	memset(&r, 0, sizeof(r));
	setsin(&r.arp_pa, "192.168.7.77");
	CHECK_EQ(rump_if_ioctl(SIOCGARP, &r), ENXIO);
	r.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(r.arp_ha.sa_data, "\2\1\2\3\4\5", 6);
	r.arp_flags = ATF_PERM | ATF_COM;
	CHECK_EQ(rump_if_ioctl(SIOCSARP, &r), 0);
	memset(&r.arp_ha, 0, sizeof(r.arp_ha));
	r.arp_flags = 0;
	CHECK_EQ(rump_if_ioctl(SIOCGARP, &r), 0);
	CHECK(memcmp(r.arp_ha.sa_data, "\2\1\2\3\4\5", 6) == 0);
	CHECK_EQ(r.arp_flags, ATF_COM | ATF_PERM);
	CHECK(strcmp(r.arp_dev, "eth0") == 0);
	CHECK_EQ(rump_if_ioctl(SIOCDARP, &r), 0);
	CHECK_EQ(rump_if_ioctl(SIOCDARP, &r), ENXIO);
	strcpy(r.arp_dev, "lo");
	CHECK_EQ(rump_if_ioctl(SIOCGARP, &r), EINVAL);
	strcpy(r.arp_dev, "nosuch");
	CHECK_EQ(rump_if_ioctl(SIOCGARP, &r), ENODEV);
}

static void
tool(void)
{
	struct ethtool_value ev = { .cmd = ETHTOOL_GLINK };
	struct ethtool_drvinfo di = { .cmd = ETHTOOL_GDRVINFO };

	ifr.ifr_data = (void *)&ev;
	CHECK_EQ(call(SIOCETHTOOL, "eth0"), 0);
	CHECK_EQ(ev.data, 1);
	rump_if_link(&e0->fk_if, 0);
	CHECK_EQ(call(SIOCETHTOOL, "eth0"), 0);
	CHECK_EQ(ev.data, 0);
	ifr.ifr_data = (void *)&di;
	CHECK_EQ(call(SIOCETHTOOL, "eth0"), 0);
	CHECK(strcmp(di.driver, "rump") == 0);
	ifr.ifr_data = NULL;
	CHECK_EQ(call(SIOCETHTOOL, "eth0"), EFAULT);
}

int
main(void)
{

	CHECK_EQ(rump_init(), 0);
	rump_schedule();
	e0 = fake_attach("eth%d", 0);
	CHECK_EQ(rump_if_setflags(&e0->fk_if, 0, IFF_UP), 0);
	basics();
	addresses();
	flags();
	routes();
	arp();
	tool();
	rump_if_detach(&e0->fk_if);
	CHECK_EQ(call(SIOCGIFFLAGS, "eth0"), ENODEV);
	rump_unschedule();
	return check_done();
}
