/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both families share: random numbers with a key of this boot, the state
 * of an interface, checksums of pseudo headers, counters.
 */
#include <linux/if.h>
#include <rump/component.h>
#include <rump/rumpuser.h>
#include "inet_priv.h"

uint64_t rump_in_key[4];
uint64_t rump_ipstat[2][IPS_MAX];
uint64_t rump_udpstat[UDPS_MAX];
uint32_t rump_raw_count;
struct inpcbtable *rump_inpcbtables[4];
int rump_ip_forwarding, rump_ip_ttl = 64, rump_ip_portmin = 32768,
    rump_ip_portmax = 60999, rump_ip_echobcast, rump_ip_unprivport = 1024;

static inline uint64_t
rotl(uint64_t x, unsigned n)
{

	return x << n | x >> (64 - n);
}

static void
sipround(uint64_t v[4])
{

	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

uint64_t
in_siphash(const uint64_t key[2], uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t in[4] = { a, b, c, 24ULL << 56 };
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575ULL,
	    key[1] ^ 0x646f72616e646f6dULL,
	    key[0] ^ 0x6c7967656e657261ULL,
	    key[1] ^ 0x7465646279746573ULL };
	int i;

	for (i = 0; i < 4; i++) {
		v[3] ^= in[i];
		sipround(v);
		sipround(v);
		v[0] ^= in[i];
	}
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
in_prf(uint64_t a, uint64_t b, uint64_t c)
{

	return in_siphash(rump_in_key + 2, a, b, c);
}

uint64_t
in_random(void)
{
	static uint64_t n;	/* [a] */

	return in_prf(__atomic_fetch_add(&n, 1, __ATOMIC_RELAXED),
	    (uint64_t)rump_monotonic(), ~0ULL);
}

uint64_t
in_prfpair(const struct inaddr *l, const struct inaddr *f, uint16_t lport,
    uint16_t fport)
{
	uint64_t ports = (uint64_t)lport << 16 | fport;

	if (inaddr_is4(l) && inaddr_is4(f))
		return in_prf(l->ia_w[3], f->ia_w[3], ports);
	return in_prf(in_prf(l->ia_d[0], l->ia_d[1], ports), f->ia_d[0],
	    f->ia_d[1]);
}

uint32_t
in_pseudo(const struct inaddr *src, const struct inaddr *dst, uint8_t proto,
    uint32_t len)
{
	uint64_t s = net32(len) + (uint64_t)net16(proto) +
	    ((uint64_t)src->ia_w[3] + dst->ia_w[3]);

	if (!inaddr_is4(src))
		s += (uint64_t)src->ia_w[0] + src->ia_w[1] + src->ia_w[2] +
		    dst->ia_w[0] + dst->ia_w[1] + dst->ia_w[2];
	s = (s & 0xffffffff) + (s >> 32);
	return (uint32_t)((s & 0xffffffff) + (s >> 32));
}

int
in_islocal(const struct inaddr *a)
{

	return in_classify(a) == IN_LOCAL;
}

int
in_nofamily(const struct socket *so)
{

	return so->so_family == AF_INET6 && rump_inaf[1] == NULL ?
	    EAFNOSUPPORT : 0;
}

int
in_joined(struct ifnet *ifp, uint32_t group)
{
	struct inaddr a = inaddr_from4(group);
	struct in_if *ii;

	if (group == net32(0xe0000001U))
		return 1;
	return inmulti_joined != NULL && (ii = in_ifstate(ifp)) != NULL &&
	    inmulti_joined(&ii->ii_groups, &a);
}

static struct rump_mutex in_if_lock;
static struct in_if *in_if_spare;	/* [in_if_lock] */

static void
in_if_put(struct in_if *ii)
{

	rump_mutex_enter(&in_if_lock);
	ii->ii_next = in_if_spare;
	in_if_spare = ii;
	rump_mutex_exit(&in_if_lock);
}

struct in_if *
in_ifstate_make(struct ifnet *ifp)
{
	struct in_if *ii;
	void *old = NULL;

	rump_mutex_enter(&in_if_lock);
	if ((ii = in_if_spare) != NULL)
		in_if_spare = ii->ii_next;
	rump_mutex_exit(&in_if_lock);
	if (ii == NULL && (ii = rump_kmem_zalloc(sizeof(*ii))) == NULL)
		return NULL;
	__atomic_store_n(&ii->ii_local, 0, __ATOMIC_RELAXED);
	ii->ii_groups.ig_if = ifp;
	if (!__atomic_compare_exchange_n(&ifp->if_proto[IFP_INET], &old, ii,
	    0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		in_if_put(ii);
		ii = old;
	}
	return ii;
}

void
in_ifstate_gone(struct ifnet *ifp)
{
	struct in_if *ii = __atomic_exchange_n(&ifp->if_proto[IFP_INET], NULL,
	    __ATOMIC_ACQ_REL);

	if (ii == NULL)
		return;
	if (inmulti_ifgone != NULL)
		inmulti_ifgone(&ii->ii_groups);
	in_if_put(ii);
}

void
in_seed(void)
{
	size_t n;

	/* Without randomness there is nothing better than the time. */
	if (rumpuser_getrandom(rump_in_key, sizeof(rump_in_key), 0, &n) != 0 ||
	    n != sizeof(rump_in_key))
		rump_in_key[0] ^= (uint64_t)rump_monotonic() ^
		    (uint64_t)rump_walltime();
	rump_in_key[0] |= 1;
}
