/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace: programs' system calls with arguments and results, as strace prints
 * them.  Nothing is printed unless the launcher (a note in the image) or the
 * parameter RUMP_TRACE says what: "all", or names and classes of calls with
 * commas between, all but those after a "!".
 *
 * A line begins when a call begins, with what the program gave, and goes on
 * when it returns; who has something else to say in the meantime ends it with
 * "<unfinished ...>".  trace_lock guards the line and is a leaf but for the
 * memory of programs, which is only read where it is there.
 */
#include <asm/unistd.h>
#include <string.h>
#include <rump/component.h>
#include <rump/rumpcomp_report.h>
#include <rump/rumpuser.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include "trace.h"

RUMPCOMP_REPORT_NOTE(trace_note, "trace");

#define TRACE_NOTHING	0UL		/* no line is open */

static struct rump_mutex trace_lock;
static uint64_t trace_serial;		/* [trace_lock] calls so far */
static uint64_t trace_open;		/* [trace_lock] whose line is open */
static uint8_t trace_classes;		/* [I] of calls to show, CC_* */
static int trace_not;			/* [I] all but these */
static int trace_on;			/* [I] something is asked for */
static char trace_names_of[RUMPCOMP_REPORT_TEXT];	/* [I] ",a,b," */

static int
trace_named(const char *name)
{
	const char *p = trace_names_of;
	size_t len = strlen(name);

	for (; (p = strchr(p, ',')) != NULL && p[1] != '\0'; p++)
		if (strncmp(p + 1, name, len) == 0 && p[len + 1] == ',')
			return 1;
	return 0;
}

static int
trace_wanted(const struct rump_calldesc *cd)
{

	return ((cd->cd_class & trace_classes) != 0 ||
	    trace_named(cd->cd_name)) != trace_not;
}

/* With a virtual CPU, but none of what a gate does when it ends. */
static void
trace_begin(void)
{

	rump_backend_schedule(0, NULL);
	rump_mutex_enter(&trace_lock);
}

static void
trace_end(void)
{
	struct lwp *l = rumpuser_curlwp();

	trace_flush();
	rump_mutex_exit(&trace_lock);
	rump_sched_release(l);
}

/* The beginning of a line of l's. */
static void
trace_head(const struct lwp *l)
{

	if (trace_open != TRACE_NOTHING)
		trace_text(" <unfinished ...>\n");
	trace_fmt("[%d.%d] ", l->l_proc->p_pid, l->l_tid);
	trace_open = TRACE_NOTHING;
}

/* The arguments from *ip on, up to one that the call fills. */
static void
trace_args(const struct rump_call *c, unsigned *ip, int returned, long r)
{
	const struct rump_calldesc *cd = c->c_desc;
	unsigned i;

	for (i = *ip; i < cd->cd_nargs; i++) {
		if (trace_hidden(c, i))
			continue;
		if (i != 0 && !(returned && i == *ip))
			trace_text(", ");
		if (!returned && cd->cd_arg[i] >= CK_OUT &&
		    cd->cd_arg[i] < CK_NAMES)
			break;
		trace_arg(c, i, r);
	}
	*ip = i;
}

/* The first argument that waits for the call's return. */
static unsigned
trace_firstout(const struct rump_calldesc *cd)
{
	unsigned i;

	for (i = 0; i < cd->cd_nargs; i++)
		if (cd->cd_arg[i] >= CK_OUT && cd->cd_arg[i] < CK_NAMES)
			break;
	return i;
}

/* A length that the call is given and changes. */
static long
trace_lengthof(const struct rump_call *c)
{
	const struct rump_calldesc *cd = c->c_desc;
	unsigned i, len;

	for (i = 0; i < cd->cd_nargs; i++)
		if ((cd->cd_arg[i] == CK_OSOCKLEN ||
		    cd->cd_arg[i] == CK_OOPTLEN) && c->c_arg[i] != 0 &&
		    trace_fetch(&len, (unsigned long)c->c_arg[i], sizeof(len)))
			return len;
	return -1;
}

/* Calls that do not come back, so that their line is whole at once. */
static int
trace_isend(const struct rump_calldesc *cd)
{

	return cd->cd_nr == __NR_exit || cd->cd_nr == __NR_exit_group ||
	    cd->cd_nr == __NR_rt_sigreturn || cd->cd_nr == 601;
}

static void
trace_enter(struct rump_call *c)
{
	const struct rump_calldesc *cd = c->c_desc;
	struct lwp *l = c->c_lwp;
	unsigned i = 0;

	c->c_serial = TRACE_NOTHING;
	if (!trace_wanted(cd))
		return;
	trace_begin();
	c->c_serial = ++trace_serial;
	c->c_saved = trace_lengthof(c);
	trace_head(l);
	trace_text(cd->cd_name);
	trace_char('(');
	trace_args(c, &i, 0, 0);
	if (trace_isend(cd))
		trace_text(") = ?\n");
	else
		trace_open = c->c_serial;
	if (cd->cd_nr == __NR_exit_group) {
		trace_head(l);
		trace_fmt("+++ exited with %d +++\n",
		    (int)c->c_arg[0] & 0xff);
	}
	trace_end();
}

static void
trace_leave(struct rump_call *c, long r)
{
	const struct rump_calldesc *cd = c->c_desc;
	unsigned i;

	/* After a vfork it is the child that returns here. */
	if (c->c_serial == TRACE_NOTHING || c->c_lwp != rumpuser_curlwp())
		return;
	trace_begin();
	if (trace_open != c->c_serial) {
		trace_head(c->c_lwp);
		trace_fmt("<... %s resumed>", cd->cd_name);
	}
	i = trace_firstout(cd);
	trace_args(c, &i, 1, r);
	trace_text(") = ");
	trace_result(c, r);
	trace_char('\n');
	trace_open = TRACE_NOTHING;
	trace_end();
}

/* A handler is about to run; its own call is over. */
void
trace_signal(const struct rump_siginfo *info)
{

	if (!trace_on)
		return;
	rump_mutex_enter(&trace_lock);
	trace_head(curlwp);
	trace_siginfo(info);
	trace_flush();
	rump_mutex_exit(&trace_lock);
}

void
trace_killed(int sig, int core)
{

	if (!trace_on)
		return;
	rump_mutex_enter(&trace_lock);
	trace_head(curlwp);
	trace_text("+++ killed by ");
	trace_signame((unsigned)sig);
	trace_text(core ? " (core dumped) +++\n" : " +++\n");
	trace_flush();
	rump_mutex_exit(&trace_lock);
}

static const struct rump_callops trace_ops = {
	.co_enter = trace_enter,
	.co_leave = trace_leave,
};

static unsigned
trace_classof(const char *name, size_t len)
{
	static const struct { const char *name; unsigned bit; } classes[] = {
		{ "file", CC_FILE }, { "desc", CC_DESC },
		{ "network", CC_NETWORK }, { "memory", CC_MEMORY },
		{ "process", CC_PROCESS }, { "signal", CC_SIGNAL },
		{ "ipc", CC_IPC },
	};
	size_t i;

	if (*name == '%')
		name++, len--;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == len &&
		    strncmp(classes[i].name, name, len) == 0)
			return classes[i].bit;
	return 0;
}

/* Classes go to a mask, the other names stay. */
static void
trace_choose(const char *set)
{
	char *out = trace_names_of;
	size_t len;

	if (*set == '!') {
		trace_not = 1;
		set++;
	}
	*out++ = ',';
	for (; *set != '\0'; set += len + (set[len] == ',')) {
		len = strchr(set, ',') != NULL ?
		    (size_t)(strchr(set, ',') - set) : strlen(set);
		if (len == 3 && strncmp(set, "all", 3) == 0)
			trace_not = !trace_not;
		else if (trace_classof(set, len) != 0)
			trace_classes |= (uint8_t)trace_classof(set, len);
		else if (len != 0 && (size_t)(out - trace_names_of) + len + 2 <
		    sizeof(trace_names_of)) {
			memcpy(out, set, len);
			out += len;
			*out++ = ',';
		}
	}
	*out = '\0';
}

RUMP_COMPONENT(trace, RUMP_FACTION_BASE)
{
	/* The launcher may have written there. */
	const volatile char *note = trace_note.rn_text;
	char set[RUMPCOMP_REPORT_TEXT];
	size_t i;

	for (i = 0; i < sizeof(set) - 1 && note[i] != '\0'; i++)
		set[i] = note[i];
	set[i] = '\0';
	if (i == 0 && rumpuser_getparam("RUMP_TRACE", set, sizeof(set)) != 0)
		return 0;
	if (set[0] == '\0')
		return 0;
	trace_choose(set);
	trace_on = 1;
	rump_calls_watch(&trace_ops);
	return 0;
}
