/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: badlink SEED LOSS REORDER DUP CORRUPT RTT NETNS1 TAP1 NETNS2 TAP2
 * A bad link between two TAP devices, which Linux (or a bridge) is at the
 * other end of: what netem does, for kernels that lack it, and the same each
 * time.  Percent of frames, each way; milliseconds, half of them each way.
 * The nth frame of a way of the mth TCP connection (that begins on this link)
 * always has the same fate, whoever its ends are and whatever else is on it.
 * MARK=: so many percent are marked CE.  SIGUSR1 cuts the wire, and mends it.
 * Corruption flips one bit behind the Ethernet header; a reordered frame
 * overtakes those of the last half RTT (at least 1 ms).  At most LIMIT frames
 * wait each way: a line holds what is under way.  (Of netem's 1,000 packets
 * by default each may be 45 segments.)
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#define LIMIT	8192
#define TURN	64	/* frames taken or delivered in turn */
#define FRAME	2048
#define TCP_SYN	0x02
#define TCP_ACK	0x10

struct frame {
	int64_t	due;
	int	len;
	uint8_t	data[FRAME];
};
static struct way {			/* a ring, in the order of dues */
	struct frame	f[LIMIT];
	unsigned	first, n;
	uint64_t	rng;		/* of what is no TCP over IPv4 */
} ways[2];
#define FLOWS	4096			/* more: as what is no TCP */
static struct flow {
	uint32_t	key[3];		/* both addresses, ports; 0: free */
	uint64_t	rng[2];		/* of each way */
} flows[FLOWS];
static unsigned nflows;
static volatile sig_atomic_t cut;
static double loss, reorder, twice, corrupt, mark;
static int64_t delay;
static uint64_t seed;

static int
chance(uint64_t *rng, double percent)
{

	*rng = *rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(*rng >> 33) / (double)(1U << 31) * 100 < percent;
}

static uint64_t
mix(uint64_t x)
{

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Who decides about a frame of way i. */
static uint64_t *
rng_of(unsigned i, const uint8_t *p, int len)
{
	static const struct flow none;
	uint32_t k[3], t;
	struct flow *f;
	unsigned h;

	if (len < 48 || p[12] != 8 || p[13] != 0 || p[14] != 0x45 ||
	    p[23] != 6)
		return &ways[i].rng;
	memcpy(k, p + 26, sizeof(k));
	if (i == 1) {			/* as the other way has them */
		t = k[0];
		k[0] = k[1];
		k[1] = t;
		k[2] = k[2] << 16 | k[2] >> 16;
	}
	for (h = (unsigned)mix((uint64_t)k[2] << 32 | (k[0] ^ k[1]));; h++) {
		f = &flows[h % FLOWS];
		if (memcmp(f->key, k, sizeof(k)) == 0)
			return &f->rng[i];
		if (memcmp(f->key, none.key, sizeof(k)) == 0)
			break;
	}
	/* The rest of an older one would shift all that begin. */
	if (nflows == FLOWS - 1 || (p[47] & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return &ways[i].rng;
	memcpy(f->key, k, sizeof(k));
	nflows++;
	f->rng[0] = mix(seed + 2 * nflows);
	f->rng[1] = mix(seed + 2 * nflows + 1);
	return &f->rng[i];
}

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int
tap(const char *ns, const char *name)
{
	struct ifreq ifr;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	if ((fd = open(path, O_RDONLY)) == -1 || setns(fd, CLONE_NEWNET) == -1)
		err(1, "%s", path);
	close(fd);
	memset(&ifr, 0, sizeof(ifr));
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "%s", name);
	return fd;
}

static struct frame *
at(struct way *w, unsigned i)
{

	return &w->f[(w->first + i) % LIMIT];
}

static void
put(struct way *w, const uint8_t *p, int len, int64_t t)
{
	struct frame *f;
	unsigned i;

	if (w->n == LIMIT)
		return;
	for (i = w->n++; i > 0 && at(w, i - 1)->due > t; i--)
		*at(w, i) = *at(w, i - 1);
	f = at(w, i);
	f->due = t;
	f->len = len;
	memcpy(f->data, p, (size_t)len);
}

/* An IPv4 packet of an ECN-capable transport has met congestion. */
static void
congested(uint8_t *ip, int len)
{
	uint32_t sum = 0;
	int i, hl = len < 20 ? 0 : (ip[0] & 15) * 4;

	if (hl < 20 || hl > len || (ip[1] & 3) != 2)
		return;
	ip[1] |= 3;
	ip[10] = ip[11] = 0;
	for (i = 0; i < hl; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static void
take(unsigned i, uint8_t *p, int len, int64_t t)
{
	struct way *w = &ways[i];
	uint64_t *rng = rng_of(i, p, len);
	int64_t due = t + delay;

	if (cut || len > FRAME || chance(rng, loss))
		return;
	/* Without a delay the others are late. */
	if (reorder > 0 && delay < 500000 && !chance(rng, reorder))
		due = t + 1000000;
	else if (reorder > 0 && chance(rng, reorder))
		due = t;
	if (len > 14 && p[12] == 8 && p[13] == 0 && chance(rng, mark))
		congested(p + 14, len - 14);
	if (chance(rng, twice))
		put(w, p, len, due);
	if (len > 14 && chance(rng, corrupt)) {
		*rng = *rng * 6364136223846793005ULL + 1;
		p[14 + (*rng >> 35) % (unsigned)(len - 14)] ^=
		    (uint8_t)(1 << (*rng >> 33) % 8);
	}
	put(w, p, len, due);
}

static int64_t
deliver(struct way *w, int fd, int64_t t)
{
	int k;

	for (k = 0; k < TURN && w->n > 0 && at(w, 0)->due <= t; k++) {
		if (write(fd, at(w, 0)->data, (size_t)at(w, 0)->len) == -1 &&
		    errno != EIO && errno != EAGAIN && errno != EINVAL)
			err(1, "write");
		w->first = (w->first + 1) % LIMIT;
		w->n--;
	}
	return w->n > 0 ? at(w, 0)->due : t + 1000000000;
}

static void
toggle(int sig)
{

	(void)sig;
	cut = !cut;
}

int
main(int argc, char **argv)
{
	struct pollfd p[2];
	struct timespec ts;
	static uint8_t buf[65536];
	int64_t t, a, b;
	unsigned i;
	int k, len;

	if (argc != 11)
		errx(2, "usage: see badlink.c");
	seed = mix(strtoull(argv[1], NULL, 0) + 1);
	ways[0].rng = mix(seed);
	ways[1].rng = mix(seed + 1);
	loss = atof(argv[2]);
	reorder = atof(argv[3]);
	twice = atof(argv[4]);
	corrupt = atof(argv[5]);
	delay = (int64_t)(atof(argv[6]) * 500000);
	signal(SIGUSR1, toggle);
	if (getenv("MARK") != NULL)
		mark = atof(getenv("MARK"));
	p[0].fd = tap(argv[7], argv[8]);
	p[1].fd = tap(argv[9], argv[10]);
	p[0].events = p[1].events = POLLIN;
	for (;;) {
		t = now();
		a = deliver(&ways[0], p[1].fd, t);
		b = deliver(&ways[1], p[0].fd, t);
		a = (a < b ? a : b) - now();
		if (a < 0)
			a = 0;
		ts.tv_sec = a / 1000000000;
		ts.tv_nsec = a % 1000000000;
		if (ppoll(p, 2, &ts, NULL) == -1 && errno != EINTR)
			err(1, "poll");
		for (i = 0; i < 2; i++)
			for (k = 0; k < TURN && (len = (int)read(p[i].fd, buf,
			    sizeof(buf))) > 0; k++)
				take(i, buf, len, now());
	}
}
