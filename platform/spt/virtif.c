/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network interfaces: TAP devices (or sockets with messages) that the
 * launcher opened: --rumpkit-net=NAME[,mac=XXXXXXXXXXXX][,mtu=N][,pcap=FD]:FD
 * Everything that needs more than readv and writev is done before the
 * filter is there.
 *
 * Nothing interrupts a running program for a packet: the idle loop waits for
 * packets as well; the timer looks when a program has run for 10 ms, and then
 * each millisecond; and whoever is about to sleep looks by himself
 * (net_virtif).  What was told of and is not taken is told of again: the
 * thread that was woken runs before the next time.
 */
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/ioctl.h>

#include <rump/rumpcomp_event.h>
#include <rump/rumpcomp_virtif.h>

#include "spt.h"

#define F_GETFL		3
#define F_SETFL		4
#define O_NONBLOCK	04000
#define ENXIO		6
#define EIO		5
#define EAGAIN		11
#define ENOBUFS		105
#define VNETHDR		12
#define PCAP_IOVMAX	26

struct rumpcomp_virtif {
	int		 ni_fd;		/* [I] */
	int		 ni_pcap;	/* [I] -1: no capture */
	int		 ni_open;	/* [I] after start */
	struct rumpcomp_event *ni_event;	/* [I] */
	struct rumpcomp_virtif_conf ni_conf;	/* [I] */
};
static struct rumpcomp_virtif nets[SPT_MAXNETS];
static unsigned nnets;			/* [I] after start */

static unsigned
parse_number(const char *p, const char **endp)
{
	unsigned v = 0;

	for (; *p >= '0' && *p <= '9' && v < 100000; p++)
		v = v * 10 + (unsigned)(*p - '0');
	*endp = p;
	return v;
}

/* Twelve digits. */
static const char *
parse_mac(const char *p, uint8_t *mac)
{
	static const char digits[] = "0123456789abcdef";
	const char *d;
	int i;

	for (i = 0; i < 12; i++) {
		d = p[i] != '\0' ? strchr(digits, p[i]) : NULL;
		if (d == NULL)
			return NULL;
		mac[i / 2] = (uint8_t)(mac[i / 2] << 4 | (d - digits));
	}
	return (mac[0] & 1) == 0 ? p + 12 : NULL;
}

/* The same for the same name. */
static void
name_mac(const char *name, uint8_t *mac)
{
	uint64_t h = 0xcbf29ce484222325;
	int i;

	for (; *name != '\0' && *name != ',' && *name != ':'; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3;
	mac[0] = 0x02;
	for (i = 1; i < 6; i++)
		mac[i] = (uint8_t)(h >> (8 * (5 - i)));
}

static int
parse_spec(const char *spec, struct rumpcomp_virtif *ni)
{
	struct rumpcomp_virtif_conf *vc = &ni->ni_conf;
	const char *p = strchr(spec, ',');

	name_mac(spec, vc->vc_mac);
	vc->vc_mtu = 1500;
	ni->ni_pcap = -1;
	if (p == NULL)
		p = strrchr(spec, ':');
	while (p != NULL && *p == ',') {
		p++;
		if (strncmp(p, "mac=", 4) == 0)
			p = parse_mac(p + 4, vc->vc_mac);
		else if (strncmp(p, "mtu=", 4) == 0)
			vc->vc_mtu = parse_number(p + 4, &p);
		else if (strncmp(p, "pcap=", 5) == 0)
			ni->ni_pcap = (int)parse_number(p + 5, &p);
		else
			return -1;
	}
	if (p == NULL || *p != ':' || p[1] < '0' || p[1] > '9' ||
	    vc->vc_mtu < 68 || vc->vc_mtu > 65521)
		return -1;
	ni->ni_fd = (int)parse_number(p + 1, &p);
	return *p == '\0' ? 0 : -1;
}

/* What a capture shows is as on a wire: no offloads then. */
static int
setup(struct rumpcomp_virtif *ni)
{
	unsigned offload = ni->ni_pcap != -1 ? 0 : TUN_F_CSUM | TUN_F_TSO4 |
	    TUN_F_TSO6 | TUN_F_TSO_ECN;
	struct rumpcomp_virtif_conf *vc = &ni->ni_conf;
	int size = VNETHDR;
	struct ifreq ifr;
	long fl;

	fl = sys3(__NR_fcntl, ni->ni_fd, F_GETFL, 0);
	if (fl < 0 || sys3(__NR_fcntl, ni->ni_fd, F_SETFL, fl | O_NONBLOCK) < 0)
		return -1;
	if (sys3(__NR_ioctl, ni->ni_fd, TUNGETIFF, (long)&ifr) != 0)
		return 0;		/* a socket */
	if ((ifr.ifr_flags & IFF_TAP) == 0 || !(ifr.ifr_flags & IFF_NO_PI))
		return -1;
	vc->vc_vnethdr = (ifr.ifr_flags & IFF_VNET_HDR) != 0;
	if (!vc->vc_vnethdr)
		return 0;
	if (sys3(__NR_ioctl, ni->ni_fd, TUNSETVNETHDRSZ, (long)&size) != 0)
		return -1;
	vc->vc_offload = sys3(__NR_ioctl, ni->ni_fd, TUNSETOFFLOAD,
	    offload) == 0 && offload != 0;
	return 0;
}

int
spt_net_add(const char *spec)
{
	static const uint32_t head[6] = {	/* nanoseconds, Ethernet */
		0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1
	};
	struct rumpcomp_virtif *ni = &nets[nnets];

	if (nnets == SPT_MAXNETS || parse_spec(spec, ni) != 0 ||
	    setup(ni) != 0)
		return -1;
	spt_keep_fd(ni->ni_fd);
	if (ni->ni_pcap != -1) {
		spt_keep_fd(ni->ni_pcap);
		if (sys_write(ni->ni_pcap, head, sizeof(head)) !=
		    sizeof(head))
			return -1;
	}
	nnets++;
	return 0;
}

unsigned
rumpcomp_virtif_count(void)
{
	return nnets;
}

static int
net_pollfds(struct sys_pollfd *fds)
{
	unsigned i;
	int n = 0;

	for (i = 0; i < nnets; i++)
		if (nets[i].ni_open)
			fds[n++] = (struct sys_pollfd){ nets[i].ni_fd,
			    SYS_POLLIN, 0 };
	return n;
}

static void
net_tell(const struct rumpcomp_virtif *ni)
{
	if (ni->ni_conf.vc_intr != NULL)
		ni->ni_conf.vc_intr(ni->ni_conf.vc_intrarg);
	else
		rumpcomp_event_signal(ni->ni_event);
}

/* Interrupts off. */
static void
net_ready(const struct sys_pollfd *fds, int n)
{
	unsigned i;
	int k;

	for (k = 0; k < n; k++)
		for (i = 0; i < nnets && fds[k].revents != 0; i++)
			if (nets[i].ni_fd == fds[k].fd && nets[i].ni_open)
				net_tell(&nets[i]);
}

static const struct spt_netops net_ops = { net_pollfds, net_ready };

int
rumpcomp_virtif_open(unsigned n, struct rumpcomp_event *ev,
    struct rumpcomp_virtif **nip, struct rumpcomp_virtif_conf *vc)
{
	struct rumpcomp_virtif *ni = &nets[n];

	if (n >= nnets || ni->ni_open)
		return ENXIO;
	ni->ni_event = ev;
	ni->ni_conf.vc_intr = vc->vc_intr;
	ni->ni_conf.vc_intrarg = vc->vc_intrarg;
	ni->ni_conf.vc_level = 1;
	*vc = ni->ni_conf;
	*nip = ni;
	ni->ni_open = 1;
	spt_netops = &net_ops;
	return 0;
}

void
rumpcomp_virtif_close(struct rumpcomp_virtif *ni)
{
	ni->ni_open = 0;
}

static void
capture(struct rumpcomp_virtif *ni, const struct rumpcomp_virtif_iov *iov,
    unsigned niov, size_t len)
{
	struct rumpcomp_virtif_iov out[PCAP_IOVMAX];
	size_t skip = ni->ni_conf.vc_vnethdr ? VNETHDR : 0, n;
	int64_t now = bmk_platform_wallclock();
	uint32_t rec[4] = { (uint32_t)(now / 1000000000),
	    (uint32_t)(now % 1000000000), 0, 0 };
	unsigned i, nout = 1;

	out[0].iv_base = rec;
	out[0].iv_len = sizeof(rec);
	len = len > skip ? len - skip : 0;
	for (i = 0; i < niov && len > 0 && nout < PCAP_IOVMAX; i++) {
		n = iov[i].iv_len < skip ? iov[i].iv_len : skip;
		skip -= n;
		out[nout].iv_base = (char *)iov[i].iv_base + n;
		n = iov[i].iv_len - n;
		n = n < len ? n : len;
		out[nout].iv_len = n;
		nout += n != 0;
		rec[2] += (uint32_t)n;
		len -= n;
	}
	rec[3] = rec[2] + (uint32_t)len;
	(void)sys3(__NR_writev, ni->ni_pcap, (long)out, nout);
}

long
rumpcomp_virtif_recv(struct rumpcomp_virtif *ni,
    const struct rumpcomp_virtif_iov *iov, unsigned niov)
{
	long n = sys3(__NR_readv, ni->ni_fd, (long)iov, niov);

	if (n > 0) {
		if (__builtin_expect(ni->ni_pcap != -1, 0))
			capture(ni, iov, niov, (size_t)n);
		return n;
	}
	if (n != -SYS_EAGAIN && n != -SYS_EINTR)
		return -1;
	return 0;
}

int
rumpcomp_virtif_send(struct rumpcomp_virtif *ni,
    const struct rumpcomp_virtif_iov *iov, unsigned niov)
{
	size_t len = 0;
	unsigned i;
	long n;

	if (__builtin_expect(ni->ni_pcap != -1, 0)) {
		for (i = 0; i < niov; i++)
			len += iov[i].iv_len;
		capture(ni, iov, niov, len);
	}
	n = sys3(__NR_writev, ni->ni_fd, (long)iov, niov);
	if (n >= 0)
		return 0;
	return n == -EAGAIN || n == -ENOBUFS ? EAGAIN : EIO;
}
