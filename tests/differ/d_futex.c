/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * futex(2) that never waits: wrong values, times that are past, locks that are
 * free, the caller's or of nobody; robust lists and membarrier.  Words are in
 * memory of all kinds.  Left out: what membarrier can do (a matter of
 * configuration), futex_waitv, and two lwps (one would have to wait).
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "differ.h"

#define PG	4096L
#define NWORD	6
#define DEAD	0x3fffff00	/* nobody's tid */

static char *arena;
static uint32_t word;

static uint32_t *
where(int i)
{
	switch (i) {
	case 0: return &word;
	case 1: return (uint32_t *)arena;		/* private */
	case 2: return (uint32_t *)(arena + PG);	/* shared */
	case 3: return (uint32_t *)(arena + 2 * PG);	/* a file, */
	case 4: return (uint32_t *)(arena + 3 * PG);	/* the same again */
	case 5: return (uint32_t *)(arena + 8);
	case 6: return (uint32_t *)(arena + 4 * PG);	/* to read */
	case 7: return (uint32_t *)(arena + 5 * PG);	/* not even that */
	case 8: return (uint32_t *)(arena + 1);
	default: return (uint32_t *)8;
	}
}

static int
pick(void)
{
	return once_in(5) ? 6 + (int)below(4) : (int)below(NWORD);
}

static const char *
shown(uint32_t v)
{
	static char b[4][20];
	static int n;
	char *s = b[n++ % 4];

	sprintf(s, (v & FUTEX_TID_MASK) == (uint32_t)gettid() ? "%#x+me" :
	    "%#x", (v & FUTEX_TID_MASK) == (uint32_t)gettid() ?
	    v & ~FUTEX_TID_MASK : v);
	return s;
}

static void
words(void)
{
	int i;

	for (i = 0; i <= NWORD; i++)
		printf(" %s", shown(*where(i)));
	printf("\n");
}

static uint32_t
value(void)
{
	return ONE_OF(uint32_t, 0, 0, 1, 2, 0x7fffffff, 0x80000000, -1U,
	    FUTEX_WAITERS, FUTEX_OWNER_DIED, DEAD, DEAD | FUTEX_WAITERS,
	    gettid(), gettid() | FUTEX_WAITERS, gettid() | FUTEX_OWNER_DIED);
}

static void
do_futex(void)
{
	int cmd = below(14), op, i = pick(), j = pick();
	uint32_t val = ONE_OF(uint32_t, 0, 1, 1, 2, -1U, 0x7fffffff);
	uint32_t val3 = ONE_OF(uint32_t, 0, 1, -1U, 5);
	struct timespec ts = { 0, below(2) };
	uintptr_t t = (uintptr_t)&ts;
	long r;

	if (cmd == FUTEX_FD)		/* gone */
		cmd = FUTEX_WAKE;
	op = cmd;
	/* Which of two errors, and of what is not locked, is not compared. */
	if (cmd >= FUTEX_LOCK_PI && cmd != FUTEX_WAIT_BITSET &&
	    cmd != FUTEX_WAKE_BITSET) {
		j = below(NWORD);
		if (i == 6 || i == 8)
			i = 0;
		if (cmd == FUTEX_WAIT_REQUEUE_PI && i == 3)
			j = 5;
		if (cmd == FUTEX_WAIT_REQUEUE_PI && i == 4)
			j = 2;
	}
	/* A bad address is one to Linux where it is looked at only. */
	if (once_in(2) || i > 5 || j > 5) op |= FUTEX_PRIVATE_FLAG;
	if (once_in(6) && cmd > FUTEX_WAKE && cmd != FUTEX_WAKE_BITSET &&
	    i != 8 && j != 8)
		op |= FUTEX_CLOCK_REALTIME;
	else if (once_in(12) && i < NWORD)
		ts = (struct timespec){ ONE_OF(long, -1, 0, 0),
		    ONE_OF(long, 1000000000, -1, 0) };
	else if (once_in(25) && i < NWORD)
		t = 8;
	/* Often what is there. */
	if (i < NWORD && (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET ||
	    cmd == FUTEX_WAIT_REQUEUE_PI) && once_in(2))
		val = *where(i);
	if (cmd == FUTEX_CMP_REQUEUE || cmd == FUTEX_CMP_REQUEUE_PI)
		val3 = i < NWORD && once_in(2) ? *where(i) : val3;
	if (cmd == FUTEX_REQUEUE || cmd == FUTEX_CMP_REQUEUE ||
	    cmd == FUTEX_WAKE_OP || cmd == FUTEX_CMP_REQUEUE_PI)
		t = ONE_OF(long, 0, 1, -1, 0x7fffffff);
	if (cmd == FUTEX_WAKE_OP)
		val3 = once_in(12) && j < NWORD ? (uint32_t)rnd64() :
		    FUTEX_OP(below(5) | (once_in(4) ? 8 : 0), (below(40) - 4),
		    below(6), (below(6) - 2));
	r = RES(syscall(SYS_futex, where(i), op, val, t, where(j), val3));
	say("futex %d %#x val %s time %ld %ld.%ld %d val3 %s: %ld", i, op,
	    shown(val), t == (uintptr_t)&ts ? -9 : (long)t, (long)ts.tv_sec,
	    ts.tv_nsec, j, shown(val3), r);
	/* Whether an owner that is not there is told of a waiter. */
	if (r == -ESRCH)
		__atomic_fetch_or(where(i), FUTEX_WAITERS, __ATOMIC_RELAXED);
	words();
}

static void
do_robust(void)
{
	static struct robust_list_head heads[2];
	void *head = once_in(5) ? NULL : &heads[below(2)];
	size_t len = sizeof(heads[0]);
	long r;

	if (once_in(2)) {
		if (once_in(4)) len = ONE_OF(size_t, 0, 23, 25, -1);
		heads[0].list.next = &heads[0].list;
		heads[1].list.next = &heads[1].list;
		r = RES(syscall(SYS_set_robust_list, head, len));
		say("set_robust_list %ld %zu: %ld", head == NULL ? -1 :
		    (long)((struct robust_list_head *)head - heads), len, r);
		return;
	}
	len = 0;
	head = (void *)1;
	r = RES(syscall(SYS_get_robust_list, ONE_OF(int, 0, 0, getpid(), DEAD,
	    -1), once_in(9) ? (void *)8 : &head, once_in(9) ? (void *)8 :
	    &len));
	say("get_robust_list %ld %ld %zu", r, r < 0 || head == NULL ? -1 :
	    (long)((struct robust_list_head *)head - heads),
	    r < 0 ? 0 : len);
}

void
differ_begin(void)
{
	int fd = open("f", 0102, 0600);

	if (arena == NULL)
		arena = mmap(NULL, 6 * PG, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mmap(arena, 6 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(arena + PG, PG, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ftruncate(fd, PG);
	mmap(arena + 2 * PG, PG, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_FIXED, fd, 0);
	mmap(arena + 3 * PG, PG, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_FIXED, fd, 0);
	close(fd);
	mprotect(arena + 4 * PG, PG, PROT_READ);
	mprotect(arena + 5 * PG, PG, PROT_NONE);
	word = 0;
}

void
differ_step(void)
{
	int i, cmd, flags;

	switch (below(8)) {
	case 0: case 1:
		i = below(NWORD);
		*where(i) = value();
		say("word %d %s", i, shown(*where(i)));
		break;
	case 2:
		if (once_in(2)) {
			do_robust();
			break;
		}
		cmd = once_in(3) ? ONE_OF(int, -1, 3, 5, 4096) :
		    ONE_OF(int, 1, 2, 4, 8, 16);
		flags = once_in(4);
		say("membarrier %d %d: %ld", cmd, flags,
		    RES(syscall(SYS_membarrier, cmd, flags, 0)));
		break;
	default:
		do_futex();
	}
}

void
differ_end(void)
{
	int i;

	syscall(SYS_set_robust_list, NULL, sizeof(struct robust_list_head));
	/* A lock that is left must not be known to the kernel any more. */
	for (i = 0; i < NWORD; i++)
		*where(i) = 0;
	unlink("f");
}
