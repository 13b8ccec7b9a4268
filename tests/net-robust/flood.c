/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flood of SYNs from spoofed addresses: flood DEVICE DST PORT N
 * A third of the sources does not answer ARP, a third answers with RST (as
 * Linux does at 10.80.0.128-254), a third is nowhere.  Not more than AHEAD
 * packets, those of others included, wait in the TAP device at a time, so
 * that it drops none; N is what the guest took.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define AHEAD	150
#define BURST	50
#define STALL	30		/* seconds without a packet taken */

struct packet {
	struct iphdr	 ip;
	struct tcphdr	 tcp;
	uint8_t		 opt[20];
} __attribute__((__packed__));

/* What the device's owner took, or did not: dropped. */
static void
device(const char *dev, uint64_t *taken, uint64_t *dropped)
{
	char line[512], name[64];
	unsigned long long v[12];
	FILE *f = fopen("/proc/self/net/dev", "r");

	if (f == NULL)
		err(1, "/proc/self/net/dev");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, " %60[^:]: %llu %llu %llu %llu %llu %llu "
		    "%llu %llu %llu %llu %llu %llu", name, v, v + 1, v + 2,
		    v + 3, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9, v + 10,
		    v + 11) == 13 && strcmp(name, dev) == 0) {
			*taken = v[9];
			*dropped = v[11];
		}
	fclose(f);
}

/* Segments that Linux's TCP sent, RSTs included. */
static uint64_t
others(void)
{
	unsigned long long n = 0;
	char line[512];
	FILE *f = fopen("/proc/self/net/snmp", "r");

	if (f == NULL)
		err(1, "/proc/self/net/snmp");
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "Tcp: %*d %*d %*d %*d %*d %*d %*d %*d %*d "
		    "%*d %llu", &n);
	fclose(f);
	return n;
}

static uint16_t
sum(const void *p, size_t n, uint32_t s)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i += 2)
		s += (uint32_t)b[i] << 8 | b[i + 1];
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

static void
make_syn(struct packet *p, uint32_t dst, uint16_t port, uint32_t i)
{
	static const uint8_t opt[20] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 3,
	    232, 0, 0, 0, 0, 1, 3, 3, 7 };
	uint32_t r = i * 2654435761U, pseudo;
	uint32_t src = i % 3 == 0 ? 0x0a500003 + r % 120 :
	    i % 3 == 1 ? 0x0a500080 + r % 126 : 0xc6120000 + r % 65536;

	memset(p, 0, sizeof(*p));
	p->ip.version = 4;
	p->ip.ihl = 5;
	p->ip.tot_len = htons(sizeof(*p));
	p->ip.id = (uint16_t)i;
	p->ip.ttl = 64;
	p->ip.protocol = IPPROTO_TCP;
	p->ip.saddr = htonl(src);
	p->ip.daddr = dst;
	p->ip.check = sum(&p->ip, 20, 0);
	p->tcp.source = htons((uint16_t)(1024 + (r >> 8) % 64000));
	p->tcp.dest = port;
	p->tcp.seq = htonl(r);
	p->tcp.doff = 10;
	p->tcp.syn = 1;
	p->tcp.window = 65535;
	memcpy(p->opt, opt, sizeof(opt));
	pseudo = (src >> 16) + (src & 0xffff) + (ntohl(dst) >> 16) +
	    (ntohl(dst) & 0xffff) + IPPROTO_TCP + 40;
	p->tcp.check = sum(&p->tcp, 40, pseudo);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timespec nap = { 0, 100000 };
	uint64_t taken0 = 0, drops0 = 0, taken, drops, was = 0, n, sent = 0;
	uint64_t others0 = others();
	struct packet p;
	time_t since = time(NULL);
	int s, i;

	if (argc != 5)
		errx(2, "usage: flood DEVICE DST PORT N");
	inet_pton(AF_INET, argv[2], &to.sin_addr);
	n = strtoull(argv[4], NULL, 0);
	if ((s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW)) == -1)
		err(1, "socket");
	device(argv[1], &taken0, &drops0);
	for (;;) {
		device(argv[1], &taken, &drops);
		taken -= taken0;
		drops -= drops0;
		if (sent >= n + drops)
			break;
		if (taken != was) {
			was = taken;
			since = time(NULL);
		} else if (time(NULL) - since > STALL)
			errx(1, "the guest takes nothing");
		if (sent + (others() - others0) > taken + drops + AHEAD) {
			nanosleep(&nap, NULL);
			continue;
		}
		for (i = 0; i < BURST; i++) {
			make_syn(&p, to.sin_addr.s_addr, htons((uint16_t)
			    atoi(argv[3])), (uint32_t)sent++);
			if (sendto(s, &p, sizeof(p), 0, (void *)&to,
			    sizeof(to)) == -1)
				err(1, "sendto");
		}
	}
	printf("%llu sent, %llu dropped\n", (unsigned long long)sent,
	    (unsigned long long)drops);
	return 0;
}
