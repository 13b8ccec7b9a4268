/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs: entered on a stack of their own, each with its thread pointer,
 * MXCSR and x87 control word, across preemption and switches.
 */
#include <rump/rumpcomp_user.h>

#include "kcheck.h"
#include "user.h"

#define N	4
#define STACK	16384UL

static struct user users[N];
static char *stacks[N];
static volatile int stop;

static void *
start(void *arg)
{
	struct user *u = arg;

	rumpcomp_user_settp(u);
	if (rumpcomp_user_gettp() != u)
		u->u_bad++;
	/* As after a call: 8 bytes below a multiple of 16. */
	rumpcomp_user_enter((void (*)(void))(uintptr_t)user_loop, u,
	    stacks[u->u_id] + STACK - 8);
}

static void
call(void)
{
	bmk_sched_yield();
}

int
test(void)
{
	struct rumpcomp_user_image ui;
	struct bmk_thread *t[N];
	int64_t end;
	unsigned i;

	for (i = 0; i < N; i++) {
		stacks[i] = bmk_malloc(STACK, 16);
		users[i].u_self = &users[i];
		users[i].u_id = i;
		users[i].u_stop = &stop;
		users[i].u_call = call;
		users[i].u_exit = bmk_sched_exit;
		CHECK_EQ(bmk_sched_create("user", start, &users[i],
		    BMK_TF_JOINABLE | BMK_TF_PROGRAM, 0, -1,
		    &t[i]), 0);
	}
	nap(500 * MSEC);
	/* However long the machine stopped: each has had its turn. */
	end = bmk_platform_monotonic() + 60 * SEC;
	for (i = 0; i < N; i++)
		while (users[i].u_rounds == 0 &&
		    bmk_platform_monotonic() < end)
			nap(20 * MSEC);
	stop = 1;
	for (i = 0; i < N; i++) {
		CHECK_EQ(bmk_sched_join(t[i]), 0);
		CHECK_EQ(users[i].u_bad, 0);
		CHECK(users[i].u_rounds > 0);
		CHECK(users[i].u_sp > (unsigned long)stacks[i] &&
		    users[i].u_sp < (unsigned long)stacks[i] + STACK);
	}
	rumpcomp_user_image(&ui);
	CHECK(ui.ui_tls_filesz <= ui.ui_tls_memsz);
	CHECK(ui.ui_hwcap & 1 << 25);	/* SSE */
	return 0;
}
