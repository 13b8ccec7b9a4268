/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * libFuzzer: what a peer may send to a connection and to a listener, and what
 * the program does meanwhile.  Each record of the input is one segment (its
 * flags, numbers near the right ones, window, options, data) or one call.
 */
#include "script.h"

static int l = -1;

static unsigned
take(const uint8_t **p, size_t *n)
{

	if (*n == 0)
		return 0;
	(*n)--;
	return *(*p)++;
}

static uint32_t
near(unsigned v)
{
	static const int32_t far[] = { 0, 1, -1, 1000, -1000, 65536, -65536,
	    1 << 24, INT32_MIN, INT32_MAX, 5, 10, 100, 536, 1460, 3000 };

	return v < 16 ? (uint32_t)far[v] : (v - 128) * 16;
}

static void
segment(const uint8_t **p, size_t *n)
{
	static const uint8_t data[1000] = "data";
	uint8_t f[3200], flags = (uint8_t)take(p, n);
	uint32_t seq = pseq + near(take(p, n)), ack;
	unsigned len = take(p, n) * 4 % 900, optlen, urp, v;

	ack = pack + near(take(p, n));
	pwin = (uint16_t)(take(p, n) << 8);
	v = take(p, n);
	urp = flags & URG ? take(p, n) : 0;
	optlen = (v & 15) > 10 ? 0 : (v & 15) * 4;
	if (optlen > *n)
		optlen = 0;
	ptos = v >> 6;
	inject_raw(f, build(f, flags, seq, ack, data, len, *p, optlen, urp));
	*p += optlen;
	*n -= optlen;
	if (v & 16)
		pseq = seq + len;
	if (v & 32)
		pack = ack;
}

static void
user(int fd, const uint8_t **p, size_t *n)
{
	static char buf[5000];
	unsigned what = take(p, n), len = take(p, n) * 16;
	int v = (int)take(p, n), name;

	switch (what % 5) {
	case 0:
		(void)rump_sys_sendto(fd, buf, len, MSG_DONTWAIT |
		    MSG_NOSIGNAL | (v & (MSG_OOB | MSG_MORE)), NULL, 0);
		break;
	case 1:
		(void)rump_sys_recvfrom(fd, buf, len, MSG_DONTWAIT |
		    (v & (MSG_OOB | MSG_PEEK)), NULL, NULL);
		break;
	case 2:
		(void)rump_sys_shutdown(fd, v % 3);
		break;
	case 3:
		name = 1 + (int)(what / 5) % 30;
		(void)rump_sys_setsockopt(fd, IPPROTO_TCP, name, (void *)&v,
		    sizeof(v));
		break;
	case 4:
		(void)state(fd);
		break;
	}
}

/* A connection with the options that the input chose; -1. */
static int
opened(unsigned how)
{
	static const uint8_t none[1];
	const uint8_t *o[4] = { opt_all, opt_sack, opt_mss, none };
	const unsigned olen[4] = { sizeof(opt_all), sizeof(opt_sack),
	    sizeof(opt_mss), 0 };
	struct s s;

	pport = (uint16_t)(pport < 1024 ? 1024 : pport + 1);
	pwin = 65535;
	ptos = 0;
	pseq = how & 16 ? 0xfffffff0U : 1000;
	drop_all();
	inject_opt((uint8_t)(SYN | (how & 8 ? ECE | CWR : 0)), pseq, 0, NULL,
	    0, o[how & 3], olen[how & 3]);
	while (next(&s, 0))
		if (s.dport == pport && (s.flags & SYN)) {
			pack = s.seq + 1;
			inject(ACK, ++pseq, pack, NULL, 0);
			break;
		}
	return (int)rump_sys_accept(l, NULL, NULL);
}

int	LLVMFuzzerInitialize(int *, char ***);
int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{

	(void)argc, (void)argv;
	setenv("RUMP_NCPU", "1", 1);
	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		abort();
	script_start();
	l = listening();
	if (rump_sys_fcntl(l, F_SETFL, O_NONBLOCK) != 0)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	int fd = opened(take(&p, &n)), fd2;

	while (n > 0) {
		if (take(&p, &n) & 3)
			segment(&p, &n);
		else if (fd >= 0)
			user(fd, &p, &n);
	}
	if (fd >= 0) {
		struct linger lg = { 1, 0 };

		(void)rump_sys_setsockopt(fd, SOL_SOCKET, SO_LINGER,
		    (void *)&lg, sizeof(lg));
		(void)rump_sys_close(fd);
	}
	while ((fd2 = (int)rump_sys_accept(l, NULL, NULL)) >= 0)
		(void)rump_sys_close(fd2);
	drop_all();
	return 0;
}
