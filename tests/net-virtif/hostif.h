/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the tests of rumpcomp_virtif: the hypercalls without a driver. */
#ifndef TESTS_NET_VIRTIF_HOSTIF_H
#define TESTS_NET_VIRTIF_HOSTIF_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rump/rump.h>
#include <rump/rumpcomp_event.h>
#include <rump/rumpcomp_virtif.h>

#include "../check.h"

struct hostif {
	struct rumpcomp_virtif *hi_v;
	struct rumpcomp_virtif_conf hi_conf;
	struct rumpcomp_event *hi_ev;
};

static inline int
hostif_open(struct hostif *hi, unsigned n, const char *spec)
{
	char name[16];

	snprintf(name, sizeof(name), "RUMP_NET%u", n);
	setenv(name, spec, 1);
	if (rumpcomp_event_create(&hi->hi_ev) != 0)
		return -1;
	return rumpcomp_virtif_open(n, hi->hi_ev, &hi->hi_v, &hi->hi_conf);
}

static inline void
hostif_close(struct hostif *hi)
{

	rumpcomp_virtif_close(hi->hi_v);
	rumpcomp_event_destroy(hi->hi_ev);
}

/* In two pieces, and in one; the virtual CPU is ours. */
static inline int
hostif_send(struct hostif *hi, const void *p, size_t len)
{
	struct rumpcomp_virtif_iov iov[2] = {
		{ (void *)(uintptr_t)p, len / 2 },
		{ (char *)(uintptr_t)p + len / 2, len - len / 2 }
	};

	return rumpcomp_virtif_send(hi->hi_v, iov, 2);
}

static inline long
hostif_recv(struct hostif *hi, void *p, size_t len)
{
	size_t first = len < 5 ? len : 5;
	struct rumpcomp_virtif_iov iov[2] = {
		{ p, first }, { (char *)p + first, len - first }
	};

	return rumpcomp_virtif_recv(hi->hi_v, iov, 2);
}

/* Waits for one. */
static inline long
hostif_await(struct hostif *hi, void *p, size_t len)
{
	long n;

	while ((n = hostif_recv(hi, p, len)) == 0)
		rumpcomp_event_wait(hi->hi_ev);
	return n;
}

/* A frame that says who sent it and its number. */
static inline size_t
frame_make(uint8_t *p, unsigned who, uint32_t seq)
{
	size_t len = 60 + (seq * 37 + who * 11) % 1400, i;

	memset(p, 0xff, 6);
	memset(p + 6, (int)who, 6);
	p[12] = 0x88;
	p[13] = 0xb5;
	memcpy(p + 14, &who, 4);
	memcpy(p + 18, &seq, 4);
	for (i = 22; i < len; i++)
		p[i] = (uint8_t)(seq + i * who);
	return len;
}

static inline int
frame_check(const uint8_t *p, size_t len, unsigned *who, uint32_t *seq)
{
	static __thread uint8_t want[2048];

	memcpy(who, p + 14, 4);
	memcpy(seq, p + 18, 4);
	return frame_make(want, *who, *seq) == len &&
	    memcmp(p, want, len) == 0;
}

#endif /* TESTS_NET_VIRTIF_HOSTIF_H */
