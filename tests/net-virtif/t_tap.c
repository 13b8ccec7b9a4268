/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_virtif */
/*
 * A TAP device: frames to and from Linux, as AF_PACKET sockets see them.
 */
#include "hostnet.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <kern/clock.h>
#include <kern/lock.h>
#include <net/ifnet.h>
#include <rump/rump.h>

#include "../check.h"

#define TYPE	0x88b5

static struct rump_mutex lock;
static struct rump_cv cv;
static uint8_t last[2000];
static size_t lastlen;
static unsigned count;			/* all [lock] */

static void
input(struct ifnet *ifp, struct mbuf *m)
{

	(void)ifp;
	rump_mutex_enter(&lock);
	lastlen = m->m_pkt.ph_len;
	m_copydata(m, 0, lastlen, last);
	count++;
	rump_cv_signal(&cv);
	rump_mutex_exit(&lock);
	m_freem(m);
}

static const struct ethertype test_type = { TYPE, input, NULL };
RUMP_ETHERTYPE(test_type);

static int
await_count(unsigned n)
{
	int64_t dl = rump_monotonic() + 5 * NSEC_PER_SEC;
	int error = 0;

	rump_mutex_enter(&lock);
	while (count < n && error == 0)
		error = rump_cv_timedwait(&cv, &lock, dl);
	rump_mutex_exit(&lock);
	return error;
}

static void
fill(uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 3 + len);
}

/* Linux to us. */
static void
test_in(int s, struct ifnet *ifp, const struct sockaddr_ll *sll)
{
	struct sockaddr_ll to = *sll;
	uint8_t buf[1500];
	unsigned i, n = 0;

	memcpy(to.sll_addr, ifp->if_mac, 6);
	to.sll_halen = 6;
	for (i = 0; i < 200; i++) {
		size_t len = 50 + i * 7;

		fill(buf, len);
		CHECK_EQ(sendto(s, buf, len, 0, (void *)&to, sizeof(to)),
		    len);
		CHECK_EQ(await_count(++n), 0);
		rump_mutex_enter(&lock);
		CHECK_EQ(lastlen, len);
		CHECK(memcmp(last, buf, len) == 0);
		rump_mutex_exit(&lock);
	}
}

/* And back. */
static void
test_out(int s, struct ifnet *ifp)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	uint8_t buf[1500], want[1500];
	struct mbuf *m;
	unsigned i;
	long n;

	for (i = 0; i < 200; i++) {
		size_t len = 50 + i * 7;

		m = m_gethdr(len);
		fill(m->m_data, len);
		m->m_len = m->m_pkt.ph_len = (uint32_t)len;
		CHECK_EQ(rump_ether_output(ifp, m, all, TYPE, 0), 0);
		rump_unschedule();
		n = recv(s, buf, sizeof(buf), 0);
		rump_schedule();
		CHECK_EQ(n, len);
		fill(want, len);
		CHECK(memcmp(want, buf, len) == 0);
	}
}

int
main(void)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(TYPE) };
	struct timeval tv = { 5, 0 };
	struct ifnet *ifp;
	int s;

	if (hostnet_enter("") != 0)
		return hostnet_skip();
	REQUIRE(rump_init() == 0);
	REQUIRE(hostnet_up() == 0);
	s = socket(AF_PACKET, SOCK_DGRAM, htons(TYPE));
	sll.sll_ifindex = hostnet_index();
	REQUIRE(bind(s, (void *)&sll, sizeof(sll)) == 0);
	REQUIRE(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	rump_schedule();
	ifp = rump_if_byname("eth0");
	REQUIRE(ifp != NULL);
	CHECK(ifp->if_caps & IFCAP_TSO4);
	CHECK_EQ(rump_if_setflags(ifp, IFF_UP, 0), 0);
	test_in(s, ifp, &sll);
	test_out(s, ifp);
	CHECK_EQ(__atomic_load_n(&ifp->if_stats.tx_dropped,
	    __ATOMIC_RELAXED), 0);
	rump_unschedule();
	return check_done();
}
