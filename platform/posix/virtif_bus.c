/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bus: a file that many rump kernels have mapped, in one process or in
 * several.  It holds a ring of frames; each station reads at its own pace all
 * that the others send, and loses what is overwritten before.  A station
 * that dies, even with the lock, does not stop the others.
 *
 * Frames begin at multiples of 8 with struct rec and go round the end of the
 * ring.  Positions count bytes for ever.  The file's contents are as trusted
 * as its permissions; nothing in it makes us leave the mapping, though.
 */
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/futex.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix_user.h"
#include "virtif.h"

#define BUS_MAGIC	0x31737562706d7572ULL	/* "rumpbus1" */
#define BUS_RING	(4UL << 20)
#define BUS_HEAD	4096UL
#define BUS_MAXFRAME	(65536 + 64)
#define ROUND8(n)	(((uint64_t)(n) + 7) & ~(uint64_t)7)

struct bus {
	uint64_t	 b_magic;	/* [I] */
	uint32_t	 b_vnet;	/* [I] frames have the virtio header */
	uint32_t	 b_stations;	/* [a] */
	pthread_mutex_t	 b_lock;	/* the ring; shared and robust */
	uint64_t	 b_head;	/* [b_lock] where the next frame goes */
	uint64_t	 b_oldest;	/* [b_lock] first that is still there */
	uint32_t	 b_seq;		/* [a] futex: frames sent */
};
_Static_assert(sizeof(struct bus) <= BUS_HEAD, "the ring is behind it");

struct rec {
	uint32_t	 r_len;		/* of the frame */
	uint32_t	 r_station;	/* who sent it */
};

static void
bus_enter(struct bus *b)
{
	int error = pthread_mutex_lock(&b->b_lock);

	/* What the dead one wrote does not count: b_head comes last. */
	if (error == EOWNERDEAD)
		error = pthread_mutex_consistent(&b->b_lock);
	POSIX_NOFAIL(error);
}

static void
bus_exit(struct bus *b)
{

	POSIX_NOFAIL(pthread_mutex_unlock(&b->b_lock));
}

static void
bus_copy(struct bus *b, uint64_t pos, void *buf, size_t len, int in)
{
	char *ring = (char *)b + BUS_HEAD;
	size_t off = pos % BUS_RING, n = BUS_RING - off;

	n = n < len ? n : len;
	if (in) {
		memcpy(ring + off, buf, n);
		memcpy(ring, (char *)buf + n, len - n);
	} else {
		memcpy(buf, ring + off, n);
		memcpy((char *)buf + n, ring, len - n);
	}
}

static int
futex(uint32_t *p, int op, uint32_t val)
{

	return (int)syscall(SYS_futex, p, op, val, NULL, NULL, 0);
}

static void *
bus_thread(void *arg)
{
	struct rumpcomp_virtif *v = arg;
	uint32_t seq, last = __atomic_load_n(&v->v_bus->b_seq,
	    __ATOMIC_ACQUIRE) - 1;

	while (!__atomic_load_n(&v->v_quit, __ATOMIC_ACQUIRE)) {
		seq = __atomic_load_n(&v->v_bus->b_seq, __ATOMIC_ACQUIRE);
		if (seq == last) {
			(void)futex(&v->v_bus->b_seq, FUTEX_WAIT, last);
			continue;
		}
		last = seq;
		if (__atomic_exchange_n(&v->v_armed, 0, __ATOMIC_ACQ_REL))
			virtif_signal(v);
	}
	return NULL;
}

/* Caller holds b_lock.  The next frame of others: its record, and where. */
static int
bus_next(struct rumpcomp_virtif *v, struct rec *r)
{
	struct bus *b = v->v_bus;

	if (v->v_tail - b->b_oldest > b->b_head - b->b_oldest)
		v->v_tail = b->b_oldest;	/* overtaken */
	while (v->v_tail != b->b_head) {
		bus_copy(b, v->v_tail, r, sizeof(*r), 0);
		if (r->r_len > BUS_MAXFRAME) {	/* not ours: give up on it */
			v->v_tail = b->b_head;
			break;
		}
		if (r->r_station != v->v_station)
			return 1;
		v->v_tail += sizeof(*r) + ROUND8(r->r_len);
	}
	return 0;
}

static long
bus_recv(struct rumpcomp_virtif *v, const struct rumpcomp_virtif_iov *iov,
    unsigned niov)
{
	struct bus *b = v->v_bus;
	uint64_t pos;
	size_t left, n;
	struct rec r;
	unsigned i;

	bus_enter(b);
	if (!bus_next(v, &r)) {
		__atomic_store_n(&v->v_armed, 1, __ATOMIC_RELEASE);
		bus_exit(b);
		return 0;
	}
	pos = v->v_tail + sizeof(r);
	left = r.r_len;
	for (i = 0; i < niov && left > 0; i++) {
		n = iov[i].iv_len < left ? iov[i].iv_len : left;
		bus_copy(b, pos, iov[i].iv_base, n, 0);
		pos += n;
		left -= n;
	}
	v->v_tail += sizeof(r) + ROUND8(r.r_len);
	bus_exit(b);
	return r.r_len - left;
}

/* Caller holds b_lock. */
static void
bus_makeroom(struct bus *b, size_t len)
{
	struct rec r;

	while (b->b_head + len - b->b_oldest > BUS_RING) {
		bus_copy(b, b->b_oldest, &r, sizeof(r), 0);
		if (r.r_len > BUS_MAXFRAME)
			b->b_oldest = b->b_head;
		else
			b->b_oldest += sizeof(r) + ROUND8(r.r_len);
	}
}

static int
bus_send(struct rumpcomp_virtif *v, const struct rumpcomp_virtif_iov *iov,
    unsigned niov)
{
	struct bus *b = v->v_bus;
	struct rec r = { 0, v->v_station };
	uint64_t pos;
	unsigned i;

	for (i = 0; i < niov; i++) {
		if (iov[i].iv_len > BUS_MAXFRAME - r.r_len)
			return EMSGSIZE;
		r.r_len += (uint32_t)iov[i].iv_len;
	}
	bus_enter(b);
	bus_makeroom(b, sizeof(r) + ROUND8(r.r_len));
	pos = b->b_head;
	bus_copy(b, pos, &r, sizeof(r), 1);
	pos += sizeof(r);
	for (i = 0; i < niov; i++) {
		bus_copy(b, pos, iov[i].iv_base, iov[i].iv_len, 1);
		pos += iov[i].iv_len;
	}
	b->b_head = ROUND8(pos);
	__atomic_fetch_add(&b->b_seq, 1, __ATOMIC_RELEASE);
	bus_exit(b);
	(void)futex(&b->b_seq, FUTEX_WAKE, INT_MAX);
	return 0;
}

static void
bus_close(struct rumpcomp_virtif *v)
{

	__atomic_store_n(&v->v_quit, 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&v->v_bus->b_seq, 1, __ATOMIC_RELEASE);
	(void)futex(&v->v_bus->b_seq, FUTEX_WAKE, INT_MAX);
	POSIX_NOFAIL(pthread_join(v->v_thread, NULL));
	(void)munmap(v->v_bus, BUS_HEAD + BUS_RING);
	(void)close(v->v_fd);
}

static const struct virtif_ops bus_ops = { bus_recv, bus_send, bus_close };

static void
bus_make(struct bus *b, int vnet)
{
	pthread_mutexattr_t at;

	POSIX_NOFAIL(pthread_mutexattr_init(&at));
	POSIX_NOFAIL(pthread_mutexattr_setpshared(&at,
	    PTHREAD_PROCESS_SHARED));
	POSIX_NOFAIL(pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST));
	POSIX_NOFAIL(pthread_mutex_init(&b->b_lock, &at));
	POSIX_NOFAIL(pthread_mutexattr_destroy(&at));
	b->b_vnet = (uint32_t)vnet;
	b->b_magic = BUS_MAGIC;
}

/* The file is locked: only one makes it. */
static int
bus_map(struct rumpcomp_virtif *v, int vnet)
{
	struct stat st;
	void *p;

	if (fstat(v->v_fd, &st) == -1)
		return errno;
	if (st.st_size != 0 && st.st_size != (off_t)(BUS_HEAD + BUS_RING))
		return EINVAL;
	if (st.st_size == 0 && ftruncate(v->v_fd, BUS_HEAD + BUS_RING) == -1)
		return errno;
	p = mmap(NULL, BUS_HEAD + BUS_RING, PROT_READ | PROT_WRITE,
	    MAP_SHARED, v->v_fd, 0);
	if (p == MAP_FAILED)
		return errno;
	v->v_bus = p;
	if (v->v_bus->b_magic == 0)
		bus_make(v->v_bus, vnet);
	if (v->v_bus->b_magic == BUS_MAGIC &&
	    v->v_bus->b_vnet == (uint32_t)vnet)
		return 0;
	(void)munmap(p, BUS_HEAD + BUS_RING);
	return EINVAL;
}

int
posix_virtif_bus_open(struct rumpcomp_virtif *v, const char *path,
    const struct virtif_options *vo, struct rumpcomp_virtif_conf *vc)
{
	int error;

	v->v_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (v->v_fd == -1 || flock(v->v_fd, LOCK_EX) == -1)
		error = errno;
	else {
		error = bus_map(v, vo->vo_vnet);
		(void)flock(v->v_fd, LOCK_UN);
	}
	if (error == 0) {
		v->v_station = __atomic_fetch_add(&v->v_bus->b_stations, 1,
		    __ATOMIC_RELAXED);
		bus_enter(v->v_bus);
		v->v_tail = v->v_bus->b_head;
		bus_exit(v->v_bus);
		v->v_ops = &bus_ops;
		__atomic_store_n(&v->v_armed, 1, __ATOMIC_RELAXED);
		vc->vc_vnethdr = vo->vo_vnet;
		vc->vc_offload = vo->vo_vnet && !vo->vo_nooffload;
		if (!vo->vo_hasmac)
			posix_virtif_namemac(vc->vc_mac, path, v->v_station);
		error = pthread_create(&v->v_thread, NULL, bus_thread, v);
		if (error != 0)
			(void)munmap(v->v_bus, BUS_HEAD + BUS_RING);
	}
	if (error == 0)
		return 0;
	if (v->v_fd != -1)
		(void)close(v->v_fd);
	rumpuser_dprintf("RUMP_NET: bus:%s: %s\n", path, error == EINVAL ?
	    "is no bus, or vnet differs" : strerror(error));
	return error;
}
