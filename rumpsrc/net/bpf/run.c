/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a program that bpf_check() let through.  A load from outside of the
 * packet, or a division by zero, ends it: the packet is dropped.
 */
#include <linux/if_packet.h>
#include <kern/proc.h>
#include <net/ifnet.h>
#include "bpf.h"

struct vm {
	const struct mbuf *v_m;
	uint32_t	 v_a, v_x;
	uint32_t	 v_mem[BPF_MEMWORDS];
};

static uint32_t
load_be(const uint8_t *p, unsigned n)
{

	return n == 1 ? p[0] : n == 2 ? (uint32_t)p[0] << 8 | p[1] :
	    (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* n bytes at an offset of the packet; 0: they are not in it. */
static int
load_packet(const struct mbuf *m, uint32_t off, unsigned n, uint32_t *vp)
{
	uint8_t b[4];

	if (off + (uint64_t)n <= m->m_len) {
		*vp = load_be(m->m_data + off, n);
		return 1;
	}
	if (off + (uint64_t)n > m->m_pkt.ph_len)
		return 0;
	m_copydata(m, off, n, b);
	*vp = load_be(b, n);
	return 1;
}

/* Relative to the network header: where it is, from m_data. */
static int64_t
net_off(const struct mbuf *m)
{

	return PH_HDR(m, m->m_pkt.ph_l3) - m->m_data;
}

/* Headers in front of the packet's beginning are not looked at. */
static int
load_header(const struct mbuf *m, int64_t off, unsigned n, uint32_t *vp)
{

	return off >= 0 && off <= UINT32_MAX &&
	    load_packet(m, (uint32_t)off, n, vp);
}

static uint32_t
pkt_type(const struct mbuf *m)
{
	unsigned f = m->m_pkt.ph_flags;

	return f & PH_BCAST ? PACKET_BROADCAST : f & PH_MCAST ?
	    PACKET_MULTICAST : f & PH_OTHERHOST ? PACKET_OTHERHOST :
	    f & PH_OUT ? PACKET_OUTGOING : PACKET_HOST;
}

/* The ethertype: in front of the network header, when that is in the packet,
 * else told by the header's version. */
static uint32_t
pkt_proto(const struct mbuf *m)
{
	int64_t off = net_off(m);
	uint32_t v = 0;

	if (off >= 2 && load_header(m, off - 2, 2, &v))
		return v;
	if (load_header(m, off, 1, &v))
		return v >> 4 == 6 ? 0x86dd : 0x800;
	return 0;
}

static int
load_ancillary(const struct vm *v, uint32_t k, uint32_t *vp)
{
	const struct mbuf *m = v->v_m;
	const struct ifnet *ifp = m->m_pkt.ph_if;

	switch (k) {
	case SKF_AD_PROTOCOL:
		*vp = pkt_proto(m);
		return 1;
	case SKF_AD_PKTTYPE:
		*vp = pkt_type(m);
		return 1;
	case SKF_AD_IFINDEX:
		*vp = ifp != NULL ? ifp->if_index : 0;
		return ifp != NULL;
	case SKF_AD_HATYPE:
		*vp = ifp != NULL ? ifp->if_type : 0;
		return ifp != NULL;
	case SKF_AD_MARK:
	case SKF_AD_QUEUE:
	case SKF_AD_RXHASH:
		*vp = 0;
		return 1;
	case SKF_AD_CPU:
		*vp = (uint32_t)curlwp->l_vcpu;
		return 1;
	case SKF_AD_ALU_XOR_X:
		*vp = v->v_a ^ v->v_x;
		return 1;
	case SKF_AD_VLAN_TAG:
		*vp = m->m_pkt.ph_vlan;
		return 1;
	case SKF_AD_VLAN_TAG_PRESENT:
		*vp = m->m_pkt.ph_vlan != 0;
		return 1;
	case SKF_AD_PAY_OFFSET:
		*vp = 0;
		return 1;
	}
	return 0;
}

static int
load(const struct vm *v, uint32_t k, unsigned n, uint32_t *vp)
{
	const struct mbuf *m = v->v_m;
	int32_t off = (int32_t)k;

	if (off >= 0)
		return load_packet(m, k, n, vp);
	if (off >= SKF_AD_OFF)
		return load_ancillary(v, (uint32_t)(off - SKF_AD_OFF), vp);
	if (off >= SKF_NET_OFF)
		return load_header(m, net_off(m) + (off - SKF_NET_OFF), n, vp);
	return load_header(m, (int64_t)off - SKF_LL_OFF, n, vp);
}

static int
do_load(struct vm *v, const struct sock_filter *f)
{
	uint32_t b;
	unsigned n = BPF_SIZE(f->code) == BPF_W ? 4 :
	    BPF_SIZE(f->code) == BPF_H ? 2 : 1;

	switch (f->code) {
	case BPF_LD | BPF_W | BPF_LEN:
		v->v_a = v->v_m->m_pkt.ph_len;
		return 1;
	case BPF_LDX | BPF_W | BPF_LEN:
		v->v_x = v->v_m->m_pkt.ph_len;
		return 1;
	case BPF_LD | BPF_IMM:
		v->v_a = f->k;
		return 1;
	case BPF_LDX | BPF_IMM:
		v->v_x = f->k;
		return 1;
	case BPF_LD | BPF_MEM:
		v->v_a = v->v_mem[f->k];
		return 1;
	case BPF_LDX | BPF_MEM:
		v->v_x = v->v_mem[f->k];
		return 1;
	case BPF_LDX | BPF_B | BPF_MSH:
		if (!load(v, f->k, 1, &b))
			return 0;
		v->v_x = (b & 15) << 2;
		return 1;
	}
	return load(v, BPF_MODE(f->code) == BPF_IND ? v->v_x + f->k : f->k, n,
	    &v->v_a);
}

static int
do_alu(struct vm *v, const struct sock_filter *f)
{
	uint32_t s = BPF_SRC(f->code) == BPF_X ? v->v_x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_ADD: v->v_a += s; break;
	case BPF_SUB: v->v_a -= s; break;
	case BPF_MUL: v->v_a *= s; break;
	case BPF_OR: v->v_a |= s; break;
	case BPF_AND: v->v_a &= s; break;
	case BPF_XOR: v->v_a ^= s; break;
	case BPF_LSH: v->v_a <<= s & 31; break;
	case BPF_RSH: v->v_a >>= s & 31; break;
	case BPF_NEG: v->v_a = -v->v_a; break;
	default:
		if (s == 0)
			return 0;
		v->v_a = BPF_OP(f->code) == BPF_DIV ? v->v_a / s : v->v_a % s;
	}
	return 1;
}

/* How many instructions to skip. */
static uint32_t
do_jump(const struct vm *v, const struct sock_filter *f)
{
	uint32_t s = BPF_SRC(f->code) == BPF_X ? v->v_x : f->k;
	int t;

	switch (BPF_OP(f->code)) {
	case BPF_JA: return f->k;
	case BPF_JEQ: t = v->v_a == s; break;
	case BPF_JGT: t = v->v_a > s; break;
	case BPF_JGE: t = v->v_a >= s; break;
	default: t = (v->v_a & s) != 0;
	}
	return t ? f->jt : f->jf;
}

uint32_t
bpf_run(const struct sockfilter *sf, const struct mbuf *m)
{
	const struct sock_filter *f;
	struct vm v;

	memset(&v, 0, sizeof(v));
	v.v_m = m;
	for (f = sf->sf_prog;; f++) {
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
		case BPF_LDX:
			if (!do_load(&v, f))
				return 0;
			break;
		case BPF_ST:
			v.v_mem[f->k] = v.v_a;
			break;
		case BPF_STX:
			v.v_mem[f->k] = v.v_x;
			break;
		case BPF_ALU:
			if (!do_alu(&v, f))
				return 0;
			break;
		case BPF_JMP:
			f += do_jump(&v, f);
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? v.v_a : f->k;
		default:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				v.v_x = v.v_a;
			else
				v.v_a = v.v_x;
		}
	}
}
