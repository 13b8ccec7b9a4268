/* SPDX-License-Identifier: BSD-2-Clause */
/* rump_init(): hypercalls, virtual CPUs, process 0, components. */
#include <asm/errno.h>
#include <rump/component.h>
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <kern/init.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>

extern const struct rump_component *const __start_rump_components[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct rump_component *const __stop_rump_components[]
    __attribute__((__weak__, __visibility__("hidden")));

static int
init_lwproc_rfork(void *priv, int flags, const char *comm)
{

	(void)priv, (void)comm;
	return rump_pub_lwproc_rfork(flags);
}

static pid_t
init_getpid(void)
{
	struct lwp *l = rump_curlwp();

	return l != NULL ? l->l_proc->p_pid : 0;
}

static int
init_gettid(void)
{
	struct lwp *l = rump_curlwp();

	return l != NULL ? l->l_tid : 0;
}

static const struct rumpuser_hyperup init_hyperup = {
	.hyp_schedule = rump_schedule,
	.hyp_unschedule = rump_unschedule,
	.hyp_backend_unschedule = rump_backend_unschedule,
	.hyp_backend_schedule = rump_backend_schedule,
	.hyp_lwproc_switch = rump_pub_lwproc_switch,
	.hyp_lwproc_release = rump_pub_lwproc_releaselwp,
	.hyp_lwproc_rfork = init_lwproc_rfork,
	.hyp_lwproc_newlwp = rump_pub_lwproc_newlwp,
	.hyp_lwproc_curlwp = rump_pub_lwproc_curlwp,
	.hyp_getpid = init_getpid,
	/* for panic reports */
	.hyp__extra = { (void *)init_gettid, (void *)rump_panic_text },
};

static unsigned
init_number(const char *param, unsigned otherwise)
{
	char buf[12];
	unsigned n = 0;
	const char *p;

	if (rumpuser_getparam(param, buf, sizeof(buf)) != 0)
		return otherwise;
	for (p = buf; *p >= '0' && *p <= '9' && n < 100000; p++)
		n = n * 10 + (unsigned)(*p - '0');
	return n;
}

/* A virtual CPU is held. */
static int
init_components(void)
{
	const struct rump_component *const *rc;
	int faction, error;

	for (faction = 0; faction < RUMP_NFACTIONS; faction++) {
		for (rc = __start_rump_components;
		    rc < __stop_rump_components; rc++) {
			if ((int)(*rc)->rc_faction != faction)
				continue;
			if ((error = (*rc)->rc_init()) != 0) {
				rump_printf("rumpkit: component %s failed to "
				    "start: error %d\n", (*rc)->rc_name,
				    error);
				return error;
			}
		}
	}
	return 0;
}

int
rump_init(void)
{
	static int done;	/* 0 no, 1 yes: callers come one by one */
	unsigned ncpu;
	int error;

	if (done)
		return 0;
	if (rumpuser_init(RUMPUSER_VERSION, &init_hyperup) != 0)
		return EINVAL;
	ncpu = init_number(RUMPUSER_PARAM_NCPU, 1);
	rump_sched_init(ncpu > 0 ? ncpu : 1,
	    init_number("RUMP_HOST_COOPERATIVE", 0) == 1);
	rump_lwproc_init();
	rump_schedule();
	error = init_components();
	rump_unschedule();
	done = error == 0;
	return error;
}
