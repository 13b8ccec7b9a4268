/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp net_virtif net_config */
/*
 * Against Linux's TCP over a TAP device, both ways, over a bad link: all bytes
 * arrive.  VERBOSE=1
 * prints rates; SIZE=n sends n times as much.
 */
#include "../net-virtif/hostnet.h"
#include <netinet/tcp.h>
#include "../net-socket/socktest.h"
#include <net/ifnet.h>
#include <rump/netconfig.h>

/*
 * Between the TAP device and the rump kernel's socket: a thread that loses,
 * doubles, spoils, delays and holds back frames, both ways.
 */
struct badness {			/* percent, milliseconds */
	double		 lose, twice, corrupt, reorder, delay;
};
static pthread_mutex_t badlock = PTHREAD_MUTEX_INITIALIZER;
static struct badness bad_now;		/* [badlock] */

struct frame {
	struct frame	*next;
	int64_t		 due;
	int		 to;
	size_t		 len;
	uint8_t		 data[2000];
};
static struct frame *queue;
static unsigned seed = 7, nqueue;

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int
chance(double percent)
{
	return rand_r(&seed) % 100000 < percent * 1000;
}

static void
later(const uint8_t *p, size_t len, int to, int64_t due)
{
	struct frame *fr, **pp;
	static struct frame **lastp;
	static int64_t lastdue;

	if (nqueue > 20000)
		return;
	fr = malloc(sizeof(*fr));
	memcpy(fr->data, p, len);
	fr->len = len;
	fr->to = to;
	fr->due = due;
	pp = lastp != NULL && queue != NULL && due >= lastdue ? lastp : &queue;
	for (; *pp != NULL && (*pp)->due <= due; pp = &(*pp)->next)
		;
	fr->next = *pp;
	*pp = fr;
	if (fr->next == NULL) {
		lastp = &fr->next;
		lastdue = due;
	}
	nqueue++;
}

static void
setbad(const struct badness *b)
{

	pthread_mutex_lock(&badlock);
	bad_now = *b;
	pthread_mutex_unlock(&badlock);
}

static void
relay(int from, int to)
{
	uint8_t buf[2000];
	ssize_t n = read(from, buf, sizeof(buf));
	struct badness bad;
	int64_t due;
	unsigned i;

	pthread_mutex_lock(&badlock);
	bad = bad_now;
	pthread_mutex_unlock(&badlock);
	due = now() + (int64_t)(bad.delay * 1e6);

	if (n < 60 - 18)
		return;
	if (buf[12] == 8 && buf[13] == 0) {
		if (chance(bad.lose))
			return;
		if (chance(bad.corrupt)) {
			i = 14 + (unsigned)rand_r(&seed) %
			    (unsigned)(n - 14);
			buf[i] ^= (uint8_t)(1 << rand_r(&seed) % 8);
		}
		if (chance(bad.reorder))
			due += 1000000 + (int64_t)(bad.delay * 5e5);
	}
	if (chance(bad.twice))
		later(buf, (size_t)n, to, due + 100000);
	later(buf, (size_t)n, to, due);
}

static void *
relay_main(void *arg)
{
	int *fds = arg;
	struct pollfd p[2] = { { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 } };
	struct timespec ts;
	struct frame *fr;
	int64_t t;
	int i;

	for (;;) {
		t = queue == NULL ? 1000000000 : queue->due - now();
		t = t < 0 ? 0 : t;
		ts.tv_sec = t / 1000000000;
		ts.tv_nsec = t % 1000000000;
		ppoll(p, 2, &ts, NULL);
		for (i = 0; i < 2; i++)
			if (p[i].revents & POLLIN)
				relay(fds[i], fds[!i]);
		while ((fr = queue) != NULL && fr->due <= now()) {
			queue = fr->next;
			nqueue--;
			(void)!write(fr->to, fr->data, fr->len);
			free(fr);
		}
	}
	return NULL;
}

static int relayfds[2];

/* 0: tap0 is there, and RUMP_NET0 the other end. */
static int
relay_start(void)
{
	struct ifreq ifr;
	pthread_t t;
	int sv[2], size = 4 << 20;
	char spec[40];

	if ((relayfds[0] = open("/dev/net/tun", O_RDWR)) < 0)
		return -1;
	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, "tap0");
	ifr.ifr_flags = 0x0002 | 0x1000;	/* IFF_TAP | IFF_NO_PI */
	if (ioctl(relayfds[0], _IOW('T', 202, int), &ifr) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) != 0)
		return -1;
	(void)setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(sv[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	relayfds[1] = sv[0];
	snprintf(spec, sizeof(spec), "fd:%d", sv[1]);
	setenv("RUMP_NET0", spec, 1);
	return pthread_create(&t, NULL, relay_main, relayfds);
}

static uint8_t
pattern(size_t i)
{
	return (uint8_t)(i ^ i >> 8 ^ i >> 16);
}

static void
fill(uint8_t *p, size_t off, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = pattern(off + i);
}

static int
wrong(const uint8_t *p, size_t off, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != pattern(off + i))
			return 1;
	return 0;
}

struct peer { int fd, send; size_t total, done; };

/* Linux's end: takes or sends all. */
static void *
linux_end(void *arg)
{
	struct peer *p = arg;
	static uint8_t buf[65536];
	ssize_t k;
	size_t n;

	if (p->send) {
		for (n = 0; n < p->total; n += (size_t)k) {
			k = (ssize_t)(p->total - n < sizeof(buf) ?
			    p->total - n : sizeof(buf));
			fill(buf, n, (size_t)k);
			if ((k = send(p->fd, buf, (size_t)k,
			    MSG_NOSIGNAL)) <= 0)
				break;
		}
		p->done = n;
		shutdown(p->fd, SHUT_WR);
		return NULL;
	}
	while ((k = recv(p->fd, buf, sizeof(buf), 0)) > 0) {
		if (wrong(buf, p->done, (size_t)k)) {
			printf("wrong byte in %zu..\n", p->done);
			break;
		}
		p->done += (size_t)k;
	}
	return NULL;
}

static void
run(const char *name, int up, int listen_here, size_t total)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	struct peer p = { .send = !up, .total = total };
	static uint8_t buf[65536];
	struct tcp_info ti;
	struct timespec a, b;
	pthread_t t;
	size_t n = 0;
	long k;
	int l, fd;

	clock_gettime(CLOCK_MONOTONIC, &a);
	if (listen_here) {
		l = (int)rump_sys_socket(AF_INET, SOCK_STREAM, 0);
		OK(rump_sys_bind(l, (void *)&sin, sizeof(sin)));
		OK(rump_sys_listen(l, 5));
		OK(rump_sys_getsockname(l, (void *)&sin, &len));
		sin.sin_addr.s_addr = inet_addr(GUEST_IP);
		p.fd = socket(AF_INET, SOCK_STREAM, 0);
		OK(connect(p.fd, (void *)&sin, sizeof(sin)));
		fd = (int)rump_sys_accept(l, NULL, NULL);
		OK(rump_sys_close(l));
	} else {
		l = socket(AF_INET, SOCK_STREAM, 0);
		OK(listen(l, 5));
		OK(getsockname(l, (void *)&sin, &len));
		sin.sin_addr.s_addr = inet_addr(HOST_IP);
		fd = (int)rump_sys_socket(AF_INET, SOCK_STREAM, 0);
		OK(rump_sys_connect(fd, (void *)&sin, sizeof(sin)));
		p.fd = accept(l, NULL, NULL);
		close(l);
	}
	CHECK(fd >= 0 && p.fd >= 0);
	pthread_create(&t, NULL, linux_end, &p);
	if (up) {
		for (; n < total; n += (size_t)k) {
			k = (long)(total - n < sizeof(buf) ? total - n :
			    sizeof(buf));
			fill(buf, n, (size_t)k);
			k = rump_sys_sendto(fd, buf, (size_t)k, 0, NULL, 0);
			if (k <= 0)
				break;
		}
		OK(rump_sys_shutdown(fd, SHUT_WR));
		pthread_join(t, NULL);
		CHECK_EQ(p.done, total);
	} else {
		while ((k = rump_sys_recvfrom(fd, buf, sizeof(buf), 0, NULL,
		    NULL)) > 0) {
			CHECK(!wrong(buf, n, (size_t)k));
			n += (size_t)k;
		}
		CHECK_EQ(k, 0);
		CHECK_EQ(n, total);
		pthread_join(t, NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	len = sizeof(ti);
	(void)rump_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, (void *)&ti,
	    &len);
	if (getenv("VERBOSE"))
		printf("%-22s %-5s %8.2f MB/s  rtx %u rtt %u us cwnd %u\n",
		    name, up ? "send" : "recv", (double)total / 1e6 /
		    ((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec -
		    a.tv_nsec) / 1e9), up ? ti.tcpi_total_retrans : 0,
		    ti.tcpi_rtt, ti.tcpi_snd_cwnd);
	close(p.fd);
	OK(rump_sys_close(fd));
}

static const struct {
	const char	*name;
	struct badness	 bad;
	unsigned	 kb;
} cases[] = {
	{ "clean", { 0, 0, 0, 0, 0 }, 8192 },
	{ "loss 1", { 1, 0, 0, 0, 0 }, 2048 },
	{ "loss 5", { 5, 0, 0, 0, 0 }, 512 },
	{ "20 ms", { 0, 0, 0, 0, 20 }, 2048 },
	{ "20 ms loss 1", { 1, 0, 0, 0, 20 }, 256 },
	{ "twice", { 0, 10, 0, 0, 1 }, 2048 },
	{ "spoilt", { 0, 0, 1, 0, 1 }, 1024 },
	{ "reorder", { 0, 0, 0, 10, 2 }, 1024 },
};

int
main(int argc, char **argv)
{
	unsigned i, size = getenv("SIZE") ? (unsigned)atoi(getenv("SIZE")) : 1;

	if (hostnet_enter("") != 0 || relay_start() != 0)
		return hostnet_skip();
	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		return 1;
	CHECK_EQ(hostnet_up(), 0);
	CHECK_EQ(rump_pub_netconfig_ipv4_ifaddr("eth0", GUEST_IP,
	    "255.255.255.0"), 0);
	(void)rump_pub_netconfig_ifup("eth0");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
			continue;
		setbad(&cases[i].bad);
		run(cases[i].name, 1, i & 1,
		    (size_t)cases[i].kb * 1024 * size);
		run(cases[i].name, 0, !(i & 1),
		    (size_t)cases[i].kb * 1024 * size);
	}
	return check_done();
}
