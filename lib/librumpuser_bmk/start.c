/* SPDX-License-Identifier: BSD-2-Clause */
/* Initialisation, exit, signals to ourselves, errno, daemons. */
#include "user.h"

#define SIGABRT	6
#define NSIG	65

struct rumpuser_hyperup rumpuser__hyp;

/*
 * "pid.tid name" for panic reports.  A rump kernel of ours puts a function
 * that gives the running lwp's tid into the first spare upcall.
 */
static void
panic_lwp(void)
{
	struct bmk_thread *t = bmk_curthread();
	int (*gettid)(void) = (int (*)(void))rumpuser__hyp.hyp__extra[0];
	int pid = 0, tid = 0;

	if (t->bt_lwp != NULL) {
		if (rumpuser__hyp.hyp_getpid != NULL)
			pid = rumpuser__hyp.hyp_getpid();
		if (gettid != NULL)
			tid = gettid();
	}
	bmk_printf("%d.%d %s", pid, tid, t->bt_name);
}

int
rumpuser_init(int version, const struct rumpuser_hyperup *hyp)
{
	if (version != RUMPUSER_VERSION) {
		bmk_printf("rumpuser: version %d wanted, this is %d\n",
		    version, RUMPUSER_VERSION);
		return EINVAL;
	}
	rumpuser__hyp = *hyp;
	bmk_panic_lwp = panic_lwp;
	return 0;
}

void
rumpuser_exit(int status)
{
	const char *(*text)(void) =
	    (const char *(*)(void))rumpuser__hyp.hyp__extra[1];
	const char *why = NULL;

	if (status == RUMPUSER_PANIC) {
		if (text != NULL)
			why = text();
		bmk_panic("%s", why != NULL ? why : "rump kernel panic");
	}
	bmk_platform_halt(status);
}

/* The process that contains the rump kernel is the machine. */
int
rumpuser_kill(int64_t pid, int sig)
{
	if (sig < 0 || sig >= NSIG)
		return EINVAL;
	if (pid != RUMPUSER_PID_SELF)
		return ESRCH;
	if (sig == SIGABRT)
		bmk_panic("abort");
	if (sig != 0)
		bmk_platform_halt(128 + sig);
	return 0;
}

void
rumpuser_seterrno(int error)
{
	bmk_curthread()->bt_errno = error;
}

int
rumpuser_daemonize_begin(void)
{
	return 0;
}

int
rumpuser_daemonize_done(int error)
{
	(void)error;
	return 0;
}
