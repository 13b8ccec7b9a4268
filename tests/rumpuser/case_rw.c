/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases: read/write locks. */
#include "conform.h"

#define NROUNDS	300
#define LASTTURN	(1 << 30)

static struct rumpuser_rw *rw;
static int stage, inside, turn, asked, wrote;
static int shared;			/* [rw] */

static int
held(int lk)
{
	int h = 99;

	T_KEEPS(rumpuser_rw_held(lk, rw, &h));
	return h != 0;
}

static void
rw_try(void *arg)
{
	const int *want = arg;
	int r, w;

	T_KEEPS(r = rumpuser_rw_tryenter(RUMPUSER_RW_READER, rw));
	T_EQ(r, want[0]);
	if (r == 0)
		rumpuser_rw_exit(rw);
	T_KEEPS(w = rumpuser_rw_tryenter(RUMPUSER_RW_WRITER, rw));
	T_EQ(w, want[1]);
	if (w == 0)
		rumpuser_rw_exit(rw);
	T_EQ(held(RUMPUSER_RW_WRITER), 0);
}

/* What another thread can get now. */
static void
rw_others(int r, int w)
{
	struct tthread tt;
	int want[2] = { r, w };

	t_spawn(&tt, rw_try, want);
	t_join(&tt);
}

static void
rw_upgrade_fails(void *arg)
{

	(void)arg;
	rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
	T_KEEPS(T_EQ(rumpuser_rw_tryupgrade(rw), T_EBUSY));
	T_EQ(held(RUMPUSER_RW_WRITER), 0);
	rumpuser_rw_exit(rw);
}

static void
rw_states(void)
{
	struct tthread tt;

	rw_others(0, 0);
	T_KEEPS(rumpuser_rw_enter(RUMPUSER_RW_READER, rw));
	T_EQ(held(RUMPUSER_RW_READER), 1);
	T_EQ(held(RUMPUSER_RW_WRITER), 0);
	rw_others(0, T_EBUSY);
	/* Two readers: no upgrade.  One: upgrade. */
	t_spawn(&tt, rw_upgrade_fails, NULL);
	t_join(&tt);
	T_KEEPS(T_EQ(rumpuser_rw_tryupgrade(rw), 0));
	T_EQ(held(RUMPUSER_RW_WRITER), 1);
	rw_others(T_EBUSY, T_EBUSY);
	T_KEEPS(rumpuser_rw_downgrade(rw));
	T_EQ(held(RUMPUSER_RW_READER), 1);
	T_EQ(held(RUMPUSER_RW_WRITER), 0);
	rw_others(0, T_EBUSY);
	T_KEEPS(rumpuser_rw_exit(rw));
	T_EQ(held(RUMPUSER_RW_READER), 0);
	rw_others(0, 0);
	T_KEEPS(rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw));
	T_EQ(held(RUMPUSER_RW_WRITER), 1);
	rw_others(T_EBUSY, T_EBUSY);
	T_KEEPS(rumpuser_rw_exit(rw));
	rw_others(0, 0);
}

static void
rw_waiter(void *arg)
{
	int lk = *(int *)arg;

	t_add(&stage, 1);
	T_GIVES(rumpuser_rw_enter(lk, rw));
	t_add(&inside, 1);
	T_EQ(held(lk), 1);
	rumpuser_rw_exit(rw);
}

/* What waits comes in when what we hold goes. */
static void
rw_blocking(int mine, int theirs, int downgrade)
{
	struct tthread tt[3];
	int i;

	t_set(&stage, 0);
	t_set(&inside, 0);
	rumpuser_rw_enter(mine, rw);
	for (i = 0; i < 3; i++)
		t_spawn(&tt[i], rw_waiter, &theirs);
	T_CHECK(t_until(&stage, 3));
	t_msleep(10);
	T_EQ(t_get(&inside), 0);
	if (downgrade) {
		rumpuser_rw_downgrade(rw);
		T_CHECK(t_until(&inside, 3));
	}
	rumpuser_rw_exit(rw);
	for (i = 0; i < 3; i++)
		t_join(&tt[i]);
	T_EQ(t_get(&inside), 3);
}

/*
 * Two readers relay: each leaves a while after the other began to enter, so
 * that without fairness there is a reader inside at any time.  They go on for
 * NROUNDS after the writer has asked.
 */
static void
rw_relay(void *arg)
{
	int me = *(int *)arg, left = NROUNDS, i;

	for (i = 0; left > 0 && !t_get(&wrote); i++) {
		left -= t_get(&asked);
		t_set(&turn, 2 * i + me);
		rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
		t_add(&stage, 1);
		if (!t_get(&wrote))
			(void)t_until(&turn, 2 * i + me + 1);
		t_msleep(2);
		rumpuser_rw_exit(rw);
	}
	t_set(&turn, LASTTURN);
}

static void
rw_writer(void *arg)
{

	(void)arg;
	t_set(&asked, 1);
	rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw);
	t_set(&wrote, t_get(&turn) < LASTTURN ? 1 : -1);
	rumpuser_rw_exit(rw);
}

static void
rw_starvation(void)
{
	struct tthread tt[3];
	int who[2] = { 0, 1 };

	t_set(&stage, 0);
	t_set(&turn, -1);
	t_set(&asked, 0);
	t_set(&wrote, 0);
	t_spawn(&tt[0], rw_relay, &who[0]);
	T_CHECK(t_until(&stage, 1));
	t_spawn(&tt[1], rw_relay, &who[1]);
	T_CHECK(t_until(&stage, 3));
	t_spawn(&tt[2], rw_writer, NULL);
	t_join(&tt[2]);
	t_join(&tt[0]);
	t_join(&tt[1]);
	T_EQ(t_get(&wrote), 1);
}

static void
rw_loop(void *arg)
{
	int i, v;

	(void)arg;
	for (i = 0; i < 1000; i++) {
		if (i % 4 == 0) {
			rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw);
			shared++;
			if (i % 8 == 0)
				rumpuser_rw_downgrade(rw);
			rumpuser_rw_exit(rw);
			continue;
		}
		rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
		v = shared;
		if (i % 250 == 1)
			t_msleep(1);
		T_EQ(shared, v);
		if (i % 16 == 3 && rumpuser_rw_tryupgrade(rw) == 0) {
			shared += 2;
			shared -= 2;
		}
		rumpuser_rw_exit(rw);
	}
}

void
case_rw(void)
{
	struct tthread tt[6];
	int i;

	rumpuser_rw_init(&rw);
	rw_states();
	rw_blocking(RUMPUSER_RW_WRITER, RUMPUSER_RW_READER, 0);
	rw_blocking(RUMPUSER_RW_WRITER, RUMPUSER_RW_WRITER, 0);
	rw_blocking(RUMPUSER_RW_READER, RUMPUSER_RW_WRITER, 0);
	rw_blocking(RUMPUSER_RW_WRITER, RUMPUSER_RW_READER, 1);
	rw_starvation();
	fake_setncpu(4);
	shared = 0;
	for (i = 0; i < 6; i++)
		t_spawn(&tt[i], rw_loop, NULL);
	for (i = 0; i < 6; i++)
		t_join(&tt[i]);
	T_EQ(shared, 6 * 250);
	fake_setncpu(1);
	T_KEEPS(rumpuser_rw_destroy(rw));
}
