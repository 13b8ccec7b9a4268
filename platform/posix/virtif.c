/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network interfaces: rumpcomp_virtif.h.  The parameters RUMP_NET0, RUMP_NET1
 * ... name them, without a gap: KIND:VALUE[,OPTION]...
 *	tap:NAME	a TAP device, opened here
 *	fd:NUMBER	an open descriptor: TAP, or a socket with messages
 *	bus:PATH	shared memory, all who have that file
 *	mac=XX:XX:XX:XX:XX:XX  mtu=N  nooffload  pcap=FILE
 *	vnet		sockets, bus: the other end has the header too
 * A capture (classic pcap, Ethernet) turns offloading off, so that it shows
 * packets as they are on a wire.
 */
#include <sys/uio.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "posix_user.h"
#include "virtif.h"

#define VNETHDR		12
#define PCAP_IOVMAX	64

static const struct kind {
	const char	*k_name;
	int		(*k_open)(struct rumpcomp_virtif *, const char *,
			    const struct virtif_options *,
			    struct rumpcomp_virtif_conf *);
} kinds[] = {
	{ "tap", posix_virtif_tap_open },
	{ "fd", posix_virtif_fd_open },
	{ "bus", posix_virtif_bus_open },
};

_Static_assert(sizeof(struct rumpcomp_virtif_iov) == sizeof(struct iovec) &&
    offsetof(struct rumpcomp_virtif_iov, iv_base) ==
    offsetof(struct iovec, iov_base), "the iovecs are the same");

static const char *
virtif_param(unsigned n)
{
	char name[24];
	const char *val;

	(void)snprintf(name, sizeof(name), "RUMP_NET%u", n);
	val = getenv(name);
	return val != NULL && val[0] != '\0' ? val : NULL;
}

unsigned
rumpcomp_virtif_count(void)
{
	unsigned n = 0;

	while (virtif_param(n) != NULL)
		n++;
	return n;
}

void
posix_virtif_namemac(uint8_t *mac, const char *name, uint32_t number)
{
	uint64_t h = 0xcbf29ce484222325;	/* FNV-1a */
	int i;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3;
	h += number;
	mac[0] = 0x02;
	for (i = 1; i < 6; i++)
		mac[i] = (uint8_t)(h >> (8 * (5 - i)));
}

static int
option_mac(const char *s, uint8_t *mac)
{
	unsigned b[6], i;
	int end = 0;

	if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3],
	    &b[4], &b[5], &end) != 6 || s[end] != '\0' || (b[0] & 1))
		return EINVAL;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return 0;
}

static int
option_one(const char *s, struct virtif_options *vo)
{
	char *end;

	if (strncmp(s, "mac=", 4) == 0) {
		vo->vo_hasmac = 1;
		return option_mac(s + 4, vo->vo_mac);
	}
	if (strncmp(s, "mtu=", 4) == 0) {
		vo->vo_mtu = (unsigned)strtoul(s + 4, &end, 10);
		return *end == '\0' && vo->vo_mtu >= 68 &&
		    vo->vo_mtu <= 65521 ? 0 : EINVAL;
	}
	if (strncmp(s, "pcap=", 5) == 0) {
		vo->vo_nooffload = 1;
		return s[5] != '\0' && snprintf(vo->vo_pcap,
		    sizeof(vo->vo_pcap), "%s", s + 5) <
		    (int)sizeof(vo->vo_pcap) ? 0 : EINVAL;
	}
	if (strcmp(s, "vnet") == 0)
		vo->vo_vnet = 1;
	else if (strcmp(s, "nooffload") == 0)
		vo->vo_nooffload = 1;
	else
		return EINVAL;
	return 0;
}

/* Cuts spec at its commas. */
static int
options_parse(char *spec, struct virtif_options *vo)
{
	char *s = strchr(spec, ','), *next;

	for (; s != NULL; s = next) {
		*s++ = '\0';
		next = strchr(s, ',');
		if (next != NULL)
			*next = '\0';
		if (option_one(s, vo) != 0) {
			rumpuser_dprintf("RUMP_NET: %s: expected mac=, mtu=, "
			    "pcap=, vnet or nooffload\n", s);
			return EINVAL;
		}
	}
	return 0;
}

static int
pcap_open(struct rumpcomp_virtif *v, const char *file)
{
	static const uint32_t head[6] = {	/* nanoseconds, Ethernet */
		0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1
	};

	v->v_pcap = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND |
	    O_CLOEXEC, 0644);
	if (v->v_pcap != -1 &&
	    write(v->v_pcap, head, sizeof(head)) == sizeof(head))
		return 0;
	rumpuser_dprintf("RUMP_NET: pcap=%s: %s\n", file, strerror(errno));
	return errno;
}

/* One record, in one write: several threads may be here. */
static void
pcap_packet(struct rumpcomp_virtif *v, const struct rumpcomp_virtif_iov *iov,
    unsigned niov, size_t len)
{
	struct iovec out[PCAP_IOVMAX];
	struct timespec ts;
	uint32_t rec[4];
	size_t skip = v->v_vnethdr ? VNETHDR : 0, left, n;
	unsigned i, nout = 1;

	if (len < skip)
		return;
	left = len - skip;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	rec[0] = (uint32_t)ts.tv_sec;
	rec[1] = (uint32_t)ts.tv_nsec;
	rec[3] = (uint32_t)left;
	out[0].iov_base = rec;
	out[0].iov_len = sizeof(rec);
	for (i = 0; i < niov && left > 0 && nout < PCAP_IOVMAX; i++) {
		if (skip >= iov[i].iv_len) {
			skip -= iov[i].iv_len;
			continue;
		}
		n = iov[i].iv_len - skip;
		n = n < left ? n : left;
		out[nout].iov_base = (char *)iov[i].iv_base + skip;
		out[nout++].iov_len = n;
		left -= n;
		skip = 0;
	}
	rec[2] = (uint32_t)(rec[3] - left);
	(void)!writev(v->v_pcap, out, (int)nout);
}

static int
virtif_open(struct rumpcomp_virtif *v, char *spec,
    struct rumpcomp_virtif_conf *vc)
{
	struct virtif_options vo;
	char *val = strchr(spec, ':');
	size_t i;
	int error;

	memset(&vo, 0, sizeof(vo));
	for (i = 0; val != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(spec, kinds[i].k_name, val - spec) != 0 ||
		    kinds[i].k_name[val - spec] != '\0')
			continue;
		error = options_parse(val, &vo);
		if (error == 0 && vo.vo_pcap[0] != '\0')
			error = pcap_open(v, vo.vo_pcap);
		if (error != 0)
			return error;
		vc->vc_mtu = vo.vo_mtu != 0 ? vo.vo_mtu : 1500;
		memcpy(vc->vc_mac, vo.vo_mac, 6);
		return kinds[i].k_open(v, val + 1, &vo, vc);
	}
	rumpuser_dprintf("RUMP_NET: %s: expected tap:NAME, fd:NUMBER or "
	    "bus:PATH\n", spec);
	return EINVAL;
}

int
rumpcomp_virtif_open(unsigned n, struct rumpcomp_event *ev,
    struct rumpcomp_virtif **vp, struct rumpcomp_virtif_conf *vc)
{
	const char *param = virtif_param(n);
	struct rumpcomp_virtif *v;
	char *spec;
	int error;

	if (param == NULL)
		return ENXIO;
	v = calloc(1, sizeof(*v));
	spec = strdup(param);
	if (v == NULL || spec == NULL) {
		free(v);
		free(spec);
		return ENOMEM;
	}
	v->v_event = ev;
	v->v_intr = vc->vc_intr;
	v->v_intrarg = vc->vc_intrarg;
	v->v_pcap = v->v_fd = v->v_epoll = v->v_quitfd = -1;
	memset(vc, 0, sizeof(*vc));
	error = virtif_open(v, spec, vc);
	free(spec);
	if (error != 0) {
		if (v->v_pcap != -1)
			(void)close(v->v_pcap);
		free(v);
		return posix_errno(error);
	}
	v->v_vnethdr = vc->vc_vnethdr;
	*vp = v;
	return 0;
}

void
rumpcomp_virtif_close(struct rumpcomp_virtif *v)
{

	v->v_ops->vo_close(v);
	if (v->v_pcap != -1)
		(void)close(v->v_pcap);
	free(v);
}

long
rumpcomp_virtif_recv(struct rumpcomp_virtif *v,
    const struct rumpcomp_virtif_iov *iov, unsigned niov)
{
	long n = v->v_ops->vo_recv(v, iov, niov);

	if (n > 0 && v->v_pcap != -1)
		pcap_packet(v, iov, niov, (size_t)n);
	return n;
}

int
rumpcomp_virtif_send(struct rumpcomp_virtif *v,
    const struct rumpcomp_virtif_iov *iov, unsigned niov)
{
	size_t len = 0;
	unsigned i;
	int error;

	for (i = 0; v->v_pcap != -1 && i < niov; i++)
		len += iov[i].iv_len;
	if (len != 0)
		pcap_packet(v, iov, niov, len);
	error = v->v_ops->vo_send(v, iov, niov);
	return error == EAGAIN ? error : posix_errno(error);
}
