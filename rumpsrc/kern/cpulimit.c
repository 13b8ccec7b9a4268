/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RLIMIT_CPU: a timer of the process's CPU time, every second once the soft
 * limit is reached; SIGXCPU, at the hard limit SIGKILL.
 */
#include <asm/errno.h>
#include <asm/signal.h>
#include <linux/time.h>
#include <string.h>
#include "sig_priv.h"
#include "sigtimer_priv.h"

#define LIMIT_CPU	0		/* <asm/resource.h> */
#define LIMIT_NEVER	(INT64_MAX / 4 / NSEC_PER_SEC)

int
rump_cpulimit_sig(const struct proc *p, int64_t used)
{
	uint64_t hard = p->p_rlim[LIMIT_CPU].rlim_max;

	return (uint64_t)(used / NSEC_PER_SEC) >= hard ? SIGKILL : SIGXCPU;
}

/* The limit of p was changed; no lock is held. */
static void
cpulimit_set(struct proc *p)
{
	struct rump_sigtimer as, *st;
	uint64_t soft;

	memset(&as, 0, sizeof(as));
	as.st_id = SIGTIMER_CPULIMIT;
	as.st_clock = CLOCK_PROCESS_CPUTIME_ID;
	as.st_notify = SIGEV_SIGNAL;
	as.st_sig = SIGXCPU;
	(void)rump_sigtimer_new(p, &as, &st);	/* unless there is one */
	rump_mutex_enter(&p->p_lock);
	if ((st = rump_sigtimer_find(p, SIGTIMER_CPULIMIT)) != NULL) {
		soft = rump_rlim_cur(p, LIMIT_CPU);
		st->st_interval = NSEC_PER_SEC;
		st->st_when = soft > (uint64_t)LIMIT_NEVER ? 0 :
		    (int64_t)soft * NSEC_PER_SEC + (soft == 0);
		rump_sigtimer_arm(st);
	}
	rump_mutex_exit(&p->p_lock);
}

void
rump_cpulimit_init(void)
{

	RUMP_HOOK_SET(rump_cpulimit_hook, cpulimit_set);
}
