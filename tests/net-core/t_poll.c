/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * A device that interrupts from threads of the host, as a driver with a budget
 * sees it: every packet arrives, whoever takes it off, no wake-up is lost; and
 * interfaces come and go meanwhile.
 */
#include <unistd.h>
#include <kern/poll.h>
#include "fake.h"
#include "../check.h"

#define PACKETS	20000

struct dev {
	struct ifnet	 d_if;
	pthread_mutex_t	 d_lock;
	unsigned	 d_ready;	/* [d_lock] packets in the ring */
	int		 d_intr;	/* [d_lock] interrupts are on */
	unsigned	 d_told;	/* [a] calls of if_setflags */
	int		 d_join;	/* [a] a packet makes a group joined */
	unsigned	 d_inside;	/* [a] threads that poll it */
};

static unsigned got, most;

static void
input(struct ifnet *ifp, struct mbuf *m)
{
	struct dev *d = ifp->if_softc;

	/* As a router advertisement does, while if_rxlock is held. */
	if (__atomic_exchange_n(&d->d_join, 0, __ATOMIC_RELAXED)) {
		CHECK_EQ(rump_if_addmulti(ifp, (const uint8_t *)"\1\0\0\0\0\1"),
		    0);
		CHECK_EQ(rump_if_setflags(ifp, IFF_ALLMULTI, 0), 0);
	}
	__atomic_fetch_add(&got, 1, __ATOMIC_RELAXED);
	m_freem(m);
}
static const struct ethertype et = { ETH_P_IP, input, NULL };
RUMP_ETHERTYPE(et);

static int
dev_poll(struct ifnet *ifp, int budget)
{
	struct dev *d = ifp->if_softc;
	struct mbuf *q = NULL, *m;
	int n;

	/* Only one at a time. */
	CHECK_EQ(__atomic_fetch_add(&d->d_inside, 1, __ATOMIC_SEQ_CST), 0);
	pthread_mutex_lock(&d->d_lock);
	for (n = 0; n < budget && d->d_ready > 0; n++, d->d_ready--) {
		m = m_gethdr(60);
		CHECK(m != NULL);
		memset(m->m_data, 0, 60);
		memcpy(m->m_data, "\2\0\0\0\0\1\2\0\0\0\0\2\x8", 13);
		m->m_len = m->m_pkt.ph_len = 60;
		m->m_nextpkt = q;
		q = m;
	}
	if (n < budget)
		d->d_intr = 1;
	pthread_mutex_unlock(&d->d_lock);
	if (n > budget)
		__atomic_store_n(&most, 1, __ATOMIC_RELAXED);
	rump_if_input(ifp, q);
	__atomic_fetch_sub(&d->d_inside, 1, __ATOMIC_SEQ_CST);
	return n;
}

static int
dev_transmit(struct ifnet *ifp, struct mbuf *m, int more)
{

	(void)ifp, (void)more;
	m_freem(m);
	return 0;
}

/* Drivers may want this lock. */
static int
dev_setflags(struct ifnet *ifp)
{
	struct dev *d = ifp->if_softc;

	rump_mutex_enter(&ifp->if_rxlock);
	__atomic_fetch_add(&d->d_told, 1, __ATOMIC_RELAXED);
	rump_mutex_exit(&ifp->if_rxlock);
	return 0;
}

static const struct ifops dev_ops = {
	.if_setflags = dev_setflags,
	.if_transmit = dev_transmit,
	.if_poll = dev_poll,
};

static struct dev *
dev_attach(void)
{
	struct dev *d = calloc(1, sizeof(*d));

	pthread_mutex_init(&d->d_lock, NULL);
	d->d_intr = 1;
	strcpy(d->d_if.if_name, "dev%d");
	d->d_if.if_type = ARPHRD_ETHER;
	memcpy(d->d_if.if_mac, "\2\0\0\0\0\1", 6);
	d->d_if.if_ops = &dev_ops;
	d->d_if.if_softc = d;
	CHECK_EQ(rump_if_attach(&d->d_if), 0);
	CHECK_EQ(rump_if_pollstart(&d->d_if), 0);
	rump_if_link(&d->d_if, 1);
	CHECK_EQ(rump_if_setflags(&d->d_if, IFF_UP, 0), 0);
	return d;
}

/* The device: a burst, and an interrupt when they are on.  No virtual CPU. */
static void *
produce(void *arg)
{
	struct dev *d = arg;
	unsigned seed = 5, i, n;
	int intr;

	for (i = 0; i < PACKETS; i += n) {
		n = 1 + (unsigned)rand_r(&seed) % 200;
		n = n < PACKETS - i ? n : PACKETS - i;
		pthread_mutex_lock(&d->d_lock);
		d->d_ready += n;
		intr = d->d_intr;
		d->d_intr = 0;
		pthread_mutex_unlock(&d->d_lock);
		if (intr)
			rump_if_intr(&d->d_if);
		if (rand_r(&seed) % 4 == 0)
			usleep(50);
	}
	return NULL;
}

static volatile int stop;

/* Programs that are about to sleep, again and again. */
static void *
sleeper(void *arg)
{

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		rump_schedule();
		while (rump_drain())
			;
		rump_unschedule();
		usleep(20);
	}
	return NULL;
}

static void *
comeandgo(void *arg)
{
	struct dev *d;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		rump_schedule();
		d = dev_attach();
		rump_if_intr(&d->d_if);
		rump_if_detach(&d->d_if);
		rump_unschedule();
		free(d);
		usleep(500);
	}
	return NULL;
}

static void
run(struct dev *d, int sleepers, int others)
{
	pthread_t t[6];
	unsigned before = __atomic_load_n(&got, __ATOMIC_RELAXED), i;
	int n = 0;

	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	pthread_create(&t[n++], NULL, produce, d);
	while (sleepers-- > 0)
		pthread_create(&t[n++], NULL, sleeper, NULL);
	if (others)
		pthread_create(&t[n++], NULL, comeandgo, NULL);
	pthread_join(t[0], NULL);
	for (i = 0; i < 5000 && __atomic_load_n(&got, __ATOMIC_RELAXED) -
	    before < PACKETS; i++)
		usleep(1000);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	while (--n > 0)
		pthread_join(t[n], NULL);
	CHECK_EQ(__atomic_load_n(&got, __ATOMIC_RELAXED) - before, PACKETS);
}

static void
told(struct dev *d, unsigned n)
{
	unsigned i;

	for (i = 0; i < 2000 && __atomic_load_n(&d->d_told,
	    __ATOMIC_RELAXED) < n; i++)
		usleep(1000);
	CHECK(__atomic_load_n(&d->d_told, __ATOMIC_RELAXED) >= n);
}

int
main(void)
{
	unsigned n;
	struct dev *d;

	CHECK_EQ(rump_init(), 0);
	rump_schedule();
	d = dev_attach();
	rump_unschedule();
	CHECK_EQ(d->d_told, 1);
	d->d_join = 1;
	run(d, 0, 0);		/* the thread alone */
	told(d, 2);
	/* Without a packet, too. */
	n = __atomic_load_n(&d->d_told, __ATOMIC_RELAXED);
	rump_schedule();
	CHECK_EQ(rump_if_addmulti(&d->d_if, (const uint8_t *)"\1\0\0\0\0\2"),
	    0);
	rump_unschedule();
	told(d, n + 1);
	run(d, 3, 0);
	run(d, 2, 1);
	rump_schedule();
	CHECK_EQ(__atomic_load_n(&d->d_if.if_stats.rx_packets,
	    __ATOMIC_RELAXED), 3 * PACKETS);
	CHECK_EQ(most, 0);
	rump_if_detach(&d->d_if);
	free(d);
	CHECK_EQ(rump_mbuf_inuse(), 0);
	rump_unschedule();
	return check_done();
}
