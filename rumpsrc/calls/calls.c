/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each watched call: the watchers, the gate, the watchers.  Nobody watching
 * costs a compare and an indirect jump (gate.S).
 */
#include <asm/errno.h>
#include <stddef.h>
#include <rump/rump_syscalls_gates.h>
#include <rump/rumpuser.h>
#include <kern/calls.h>
#include <kern/log.h>
#include <kern/proc.h>

#define CALLS_WATCHERS	2

int	rump_calls_on;			/* [I] after rump_init(); gate.S */
static const struct rump_callops *calls_ops[CALLS_WATCHERS];	/* [I] */

_Static_assert(offsetof(struct rump_calldesc, cd_gate) == 8, "gate.S");

long	rump_calls_gate(const struct rump_calldesc *, const long *);
long	rump_syscall_any(long, long, long, long, long, long, long);

void
rump_calls_watch(const struct rump_callops *co)
{
	int i = 0;

	while (i < CALLS_WATCHERS && calls_ops[i] != NULL)
		i++;
	KASSERT(i < CALLS_WATCHERS);
	calls_ops[i] = co;
	rump_calls_on = 1;
}

static void
calls_enter(struct rump_call *c, const struct rump_calldesc *cd,
    const long *arg)
{
	int i;

	c->c_desc = cd;
	c->c_arg = arg;
	c->c_lwp = rumpuser_curlwp();
	for (i = 0; i < CALLS_WATCHERS && calls_ops[i] != NULL; i++)
		calls_ops[i]->co_enter(c);
}

/*
 * A call that a signal interrupted and that is made again comes here again.
 */
static void
calls_again(const struct rump_calldesc *cd)
{
	struct lwp *l = rumpuser_curlwp();

	if (l != NULL && l->l_sig.ls_again != 0 &&
	    l->l_sig.ls_call[0] == (long)cd->cd_gate && cd->cd_gate != NULL)
		l->l_sig.ls_call[0] = (long)cd->cd_entry;
}

/* The last to enter is the first to leave. */
static void
calls_leave(struct rump_call *c, long result)
{
	int i;

	if (result == -EINTR)
		calls_again(c->c_desc);
	for (i = CALLS_WATCHERS - 1; i >= 0; i--)
		if (calls_ops[i] != NULL)
			calls_ops[i]->co_leave(c, result);
}

long
rump_calls_gate(const struct rump_calldesc *cd, const long *a)
{
	struct rump_call c;
	long r;

	calls_enter(&c, cd, a);
	r = cd->cd_gate(a[0], a[1], a[2], a[3], a[4], a[5]);
	calls_leave(&c, r);
	return r;
}

/* syscall(n, ...): only here all descriptions are linked, as all gates are. */
long
rump_syscall_any(long n, long a, long b, long c, long d, long e, long f)
{
	static const struct rump_calldesc unknown = {
		.cd_name = "unknown", .cd_nargs = 6, .cd_arg = { CK_HEX,
		    CK_HEX, CK_HEX, CK_HEX, CK_HEX, CK_HEX }
	};
	const struct rump_calldesc *cd = NULL;
	const long arg[6] = { a, b, c, d, e, f };
	struct rump_call call;
	long r;

	if (!rump_calls_on)
		return rump_sysent_call(n, a, b, c, d, e, f);
	if (n >= 0 && n < RUMP_CALLS_MAXNR)
		cd = rump_calls_bynr[n];
	calls_enter(&call, cd != NULL ? cd : &unknown, arg);
	r = rump_sysent_call(n, a, b, c, d, e, f);
	calls_leave(&call, r);
	return r;
}
