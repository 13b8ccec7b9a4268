/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device that does anything it likes with the memory that is its own: used
 * rings, what it writes into buffers, its configuration.  Its deeds come from
 * a string of bytes, by libFuzzer (make fuzz) or random ones for SECONDS.
 * The driver must not touch memory that is not its own (AddressSanitizer),
 * hand up packets that make no sense (host.c), nor lose count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/if.h>

#include "../check.h"
#include "host.h"
#include "model.h"
#include "vioif.h"

struct input {
	const uint8_t	*i_p, *i_end;
};

static struct model md;
static struct input in;

static unsigned
byte(void)
{
	return in.i_p < in.i_end ? *in.i_p++ : 0;
}

static unsigned
word(void)
{
	unsigned lo = byte();

	return lo | byte() << 8;
}

/* Often near a, else anything. */
static unsigned
near(unsigned a)
{
	unsigned k = byte();

	return k < 200 ? a + k % 5 - 2 : k < 230 ? word() :
	    word() | word() << 16;
}

static void
used(unsigned q)
{
	struct modelq *mq = &md.md_q[q];
	struct vring_used_elem *e;
	int id;

	if (mq->mq_size == 0)
		return;
	e = &mq->mq_used->ring[near(mq->mq_used->idx) % mq->mq_size];
	switch (byte() % 8) {
	case 0:
		mq->mq_used->idx = (uint16_t)near(mq->mq_used->idx);
		break;
	case 1:
		e->id = near(e->id);
		break;
	case 2:
		e->len = near(byte() & 1 ? 1928 : 12);
		break;
	case 3:
		mq->mq_used->flags = (uint16_t)word();
		*mq->mq_availevent = (uint16_t)near(mq->mq_avail->idx);
		break;
	case 4:
		model_used(&md, q, near(mq->mq_next), near(100));
		break;
	default:
		/* By the rules but for the length. */
		if ((id = model_take(&md, q)) >= 0)
			model_used(&md, q, (unsigned)id, near(byte() * 8));
	}
}

/* Into the next receive buffer, and gives it back: nearly a packet. */
static void
packet(unsigned pair)
{
	struct modelq *mq = &md.md_q[2 * pair];
	struct virtio_net_hdr_v1 vh;
	const struct vioif *vi;
	struct vring_desc d;
	uint8_t buf[2048];
	unsigned n, i;
	int id;

	vi = host_if->if_softc;
	if (pair >= vi->vi_npairs)
		return;
	/* Given back already by a wrong id: not the device's any more. */
	id = model_take(&md, 2 * pair);
	if (id < 0 || vi->vi_pairs[pair].vp_rx.vq_slot[id].vs_cookie == NULL)
		return;
	d = mq->mq_desc[id];
	memset(buf, 0x41, sizeof(buf));
	vh = (struct virtio_net_hdr_v1){ .flags = (uint8_t)byte(),
	    .gso_type = (uint8_t)byte(), .hdr_len = (uint16_t)word(),
	    .gso_size = (uint16_t)word(), .csum_start = (uint16_t)near(34),
	    .csum_offset = (uint16_t)near(16),
	    .num_buffers = (uint16_t)(byte() & 7 ? 1 : near(3)) };
	memcpy(buf, &vh, sizeof(vh));
	for (i = sizeof(vh); i < 40; i++)
		buf[i] = (uint8_t)byte();
	n = d.len < sizeof(buf) ? d.len : sizeof(buf);
	memcpy(host_ptr(d.addr), buf, n);
	model_used(&md, 2 * pair, (unsigned)id, byte() & 3 ? n - byte() % 4 :
	    near(n));
}

static void
transmit(void)
{
	struct mbuf *m = m_gethdr(100), *n;
	unsigned k = byte() % 40;

	if (m == NULL)
		return;
	m->m_len = m->m_pkt.ph_len = 60;
	memset(m->m_data, 1, 60);
	m->m_pkt.ph_csum = (uint8_t)(byte() % 3);
	if (k < 20)
		k = k > 15;
	while (k-- > 0 && (n = m_get(2000)) != NULL) {
		n->m_len = 1 + byte() * 7;
		memset(n->m_data, 2, n->m_len);
		m_cat(m, n);
	}
	(void)host_if->if_ops->if_transmit(host_if, m, byte() & 1);
}

static void
configure(void)
{
	struct virtio_net_config *c = MODEL_CONFIG(&md);

	c->status = (uint16_t)word();
	c->mtu = (uint16_t)near(1500);
	c->max_virtqueue_pairs = (uint16_t)near(2);
	c->mac[byte() % 6] = (uint8_t)byte();
	if (md.md_dev.vd_changed != NULL)
		md.md_dev.vd_changed(&md.md_dev);
}

/* A packet in very many buffers. */
static void
large(void)
{
	const struct vioif *vi = host_if->if_softc;
	struct modelq *mq = &md.md_q[0];
	struct virtio_net_hdr_v1 vh = {
		.num_buffers = (uint16_t)(byte() % 80) };
	unsigned i;
	int id;

	for (i = 0; i < vh.num_buffers && (id = model_take(&md, 0)) >= 0 &&
	    vi->vi_pairs[0].vp_rx.vq_slot[id].vs_cookie != NULL; i++) {
		if (i == 0)
			memcpy(host_ptr(mq->mq_desc[id].addr), &vh,
			    sizeof(vh));
		model_used(&md, 0, (unsigned)id, byte() & 31 ? 1900 : near(0));
	}
}

/* An answer, a wrong one, or none. */
static void
command(struct model *m, unsigned q)
{
	unsigned i;

	if (q % 2 != 0 || q == 0)
		return;
	for (i = byte() % 4; i > 0; i--)
		used(q);
	(void)m;
}

static void
step(void)
{
	static const uint8_t mac[6] = { 2, 2, 2, 2, 2, 2 };
	unsigned op = byte() % 20;

	switch (op) {
	case 0:
		configure();
		break;
	case 1:
		host_if->if_flags ^= word() & (IFF_PROMISC | IFF_ALLMULTI |
		    IFF_UP);
		(void)host_if->if_ops->if_setflags(host_if);
		break;
	case 2:
		(void)host_if->if_ops->if_setmac(host_if, mac);
		break;
	case 3:
		host_memory = byte() & 1 ? -1 : (long)byte() % 16;
		break;
	case 4:
		host_callouts();
		break;
	case 5:
		host_rxfree();
		break;
	case 6:
	case 7:
	case 8:
		(void)host_poll();
		break;
	case 9:
	case 10:
	case 11:
		transmit();
		break;
	case 15:
		large();
		break;
	case 12:
		md.md_dev.vd_queue(&md.md_dev, byte());
		break;
	case 13:
	case 14:
		used(byte() % MODEL_NQ);
		break;
	default:
		packet(byte() % 8 ? 0 : byte() % 4);
		if (md.md_dev.vd_queue != NULL)
			md.md_dev.vd_queue(&md.md_dev, 0);
	}
}

/* Descriptors that are free, or in a chain in flight: all of them. */
static void
count(const struct virtq *vq)
{
	unsigned n = vq->vq_nfree, chains = 0, i;

	for (i = 0; vq->vq_slot != NULL && i < vq->vq_size; i++)
		if (vq->vq_slot[i].vs_cookie != NULL) {
			n += vq->vq_slot[i].vs_n + (vq->vq_slot[i].vs_n == 0);
			chains++;
		}
	if (n != vq->vq_size || chains != vq->vq_inflight) {
		printf("queue %u: %u of %u descriptors, %u of %u chains\n",
		    vq->vq_n, n, vq->vq_size, chains, vq->vq_inflight);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint16_t sizes[] = { 256, 1024, 64, 16, 1, 2, 3, 0 };
	struct vioif *vi;
	uint64_t f;
	unsigned i;

	in = (struct input){ data, data + len };
	host_direct = (int)(byte() & 1);
	rump_cooperative = 1;
	host_ncpu = 1 + byte() % 3;
	host_start();
	f = byte() & 3 ? ~0ULL : word() | (uint64_t)word() << 16;
	if (byte() & 1)
		f |= 1ULL << VIRTIO_F_VERSION_1;
	f &= ~((uint64_t)byte() << VIRTIO_NET_F_MRG_RXBUF);
	model_init(&md, f);
	md.md_qsize = byte() & 3 ? 256 : sizes[byte() % 8];
	md.md_vectors = byte() % 5;
	md.md_bad = 1;
	if (byte() % 8 == 0)
		md.md_command = command;
	if (byte() % 8 == 0)
		configure();
	md.md_noreset = byte() == 1;
	if (model_attach(&md) != 0 || host_if == NULL) {
		host_end();
		return 0;
	}
	md.md_noreset = byte() % 16 == 1;
	while (in.i_p < in.i_end)
		step();
	(void)host_poll();
	host_callouts();
	vi = host_if->if_softc;
	for (i = 0; i < vi->vi_npairs; i++) {
		count(&vi->vi_pairs[i].vp_rx);
		count(&vi->vi_pairs[i].vp_tx);
	}
	host_end();
	return 0;
}

#ifndef FUZZ
static void
seed(const char *name)
{
	static uint8_t data[4096];
	FILE *f = fopen(name, "rb");

	if (f == NULL)
		return;
	(void)LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), f));
	fclose(f);
}

/* The bytes of each round follow from its number: it can be repeated. */
int
main(int argc, char **argv)
{
	static uint8_t data[4096];
	const char *secs = getenv("SECONDS");
	time_t end = time(NULL) + (secs != NULL ? atoi(secs) : 5);
	unsigned long n, first = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	uint64_t x;
	char name[32];
	size_t i, len;

	for (i = 1; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "seeds/%02u", (unsigned)i);
		seed(name);
	}
	for (n = first; time(NULL) < end && (argc < 2 || n == first); n++) {
		x = n * 0x9e3779b97f4a7c15ULL + 1;
		for (i = 0; i < sizeof(data); i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			data[i] = (uint8_t)(x >> 32);
		}
		/* Most devices are good ones at first. */
		len = 64 + x % (sizeof(data) - 64);
		if (getenv("ROUNDS") != NULL) {
			printf("round %lu\n", n);
			fflush(stdout);
		}
		(void)LLVMFuzzerTestOneInput(data, len);
	}
	CHECK(n > first);
	return check_done();
}
#endif
