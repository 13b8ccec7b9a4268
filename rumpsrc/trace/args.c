/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments by their kinds (kern/calls.h): numbers, names, and which of the
 * neighbours is a length.  What a call fills is shown as the call left it,
 * and as an address when it failed.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/in.h>
#include <net/sockabi.h>
#include "trace.h"

#define FAILED(r)	((unsigned long)(r) > -4096UL)

static int
futex_op(const struct rump_call *c)
{

	return (int)c->c_arg[1] & FUTEX_CMD_MASK;
}

/* Which of value, timeout or second value, address, third value it takes. */
static unsigned
futex_args(const struct rump_call *c)
{

	switch (futex_op(c)) {
	case FUTEX_WAIT:
		return 0x3;
	case FUTEX_WAIT_BITSET:
		return 0xb;
	case FUTEX_WAKE:
		return 0x1;
	case FUTEX_WAKE_BITSET:
		return 0x9;
	case FUTEX_LOCK_PI:
		return 0x2;
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI:
		return 0;
	case FUTEX_REQUEUE:
		return 0x7;
	}
	return 0xf;
}

static void
arg_futex(const struct rump_call *c, unsigned i)
{
	int op = futex_op(c);

	if (i == 2)
		trace_fmt("%u", (unsigned)c->c_arg[2]);
	else if (i == 3 && (op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET ||
	    op == FUTEX_LOCK_PI))
		trace_timespec((unsigned long)c->c_arg[3], "nsec");
	else if (i == 3)
		trace_fmt("%u", (unsigned)c->c_arg[3]);
	else if (i == 4)
		trace_ptr((unsigned long)c->c_arg[4]);
	else if ((op == FUTEX_WAIT_BITSET || op == FUTEX_WAKE_BITSET) &&
	    (unsigned)c->c_arg[5] == FUTEX_BITSET_MATCH_ANY)
		trace_text("FUTEX_BITSET_MATCH_ANY");
	else
		trace_fmt("%u", (unsigned)c->c_arg[5]);
}

static int
fcntl_noarg(long cmd)
{

	return cmd == F_GETFD || cmd == F_GETFL || cmd == F_GETOWN ||
	    cmd == F_GETSIG || cmd == F_GETPIPE_SZ || cmd == F_GET_SEALS ||
	    cmd == F_GETLEASE;
}

static void
arg_fcntl(long cmd, long arg)
{

	switch (cmd) {
	case F_SETFD:
		if (arg == FD_CLOEXEC)
			trace_text("FD_CLOEXEC");
		else
			trace_fmt("%ld", arg);
		break;
	case F_SETFL:
		trace_names(CK_N_OPEN, (unsigned long)arg);
		break;
	case F_GETLK: case F_SETLK: case F_SETLKW:
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
		trace_flock((unsigned long)arg);
		break;
	case F_SETSIG:
		trace_names(CK_N_SIGNAL, (unsigned long)arg);
		break;
	case F_SETOWN_EX: case F_GETOWN_EX:
		trace_ptr((unsigned long)arg);
		break;
	default:
		trace_fmt("%d", (int)arg);
		break;
	}
}

static void
arg_intp(unsigned long addr)
{
	int v;

	if (addr == 0 || !trace_fetch(&v, addr, sizeof(v)))
		trace_ptr(addr);
	else
		trace_fmt("[%d]", v);
}

static void
arg_ioctl(unsigned cmd, unsigned long arg)
{

	if (cmd == TIOCGWINSZ)
		trace_winsize(arg);
	else if (cmd == FIONREAD || cmd == FIONBIO)
		arg_intp(arg);
	else
		trace_ptr(arg);
}

int
trace_hidden(const struct rump_call *c, unsigned i)
{
	const long *a = c->c_arg;
	unsigned left;

	switch (c->c_desc->cd_arg[i]) {
	case CK_SKIP:
		return 1;
	case CK_OPENMODE:
		left = (unsigned)a[i - 1];
		return (left & O_CREAT) == 0 && (left & O_TMPFILE) !=
		    O_TMPFILE;
	case CK_FCNTL:
		return fcntl_noarg(a[1]);
	case CK_FUTEX:
		return (futex_args(c) >> (i - 2) & 1) == 0;
	}
	return 0;
}

static void
arg_number(unsigned kind, unsigned long v)
{

	switch (kind) {
	case CK_INT:
		trace_fmt("%d", (int)v);
		break;
	case CK_UINT:
		trace_fmt("%u", (unsigned)v);
		break;
	case CK_LONG:
		trace_fmt("%ld", (long)v);
		break;
	case CK_ULONG:
		trace_fmt("%lu", v);
		break;
	case CK_HEX:
		trace_fmt(v == 0 ? "0" : "0x%lx", v);
		break;
	case CK_OFFHEX:
		trace_fmt(v == 0 ? "0" : "0x%lx", v);
		break;
	case CK_OCT: case CK_OPENMODE:
		trace_fmt((unsigned)v < 0100 ? "0%02o" : "0%o", (unsigned)v);
		break;
	case CK_DFD:
		if ((int)v == AT_FDCWD)
			trace_text("AT_FDCWD");
		else
			trace_fmt("%d", (int)v);
		break;
	case CK_SIG:
		if (trace_nameof(CK_N_SIGNAL, v) != NULL)
			trace_names(CK_N_SIGNAL, v);
		else if (v > 32 && v <= 64)
			trace_fmt("SIGRT_%lu", v - 32);
		else
			trace_fmt("%d", (int)v);
		break;
	default:
		trace_ptr(v);
		break;
	}
}

/* Names; some depend on another argument. */
static void
arg_names(const struct rump_call *c, unsigned i)
{
	const long *a = c->c_arg;
	unsigned kind = c->c_desc->cd_arg[i];
	const char *name = NULL;

	if (kind == CK_N_SOCKOPT)
		name = trace_optname(a[1], a[2]);
	if (name != NULL)
		trace_text(name);
	else if (kind == CK_N_SOCKOPT || (kind == CK_N_IPPROTO &&
	    a[0] != AF_INET && a[0] != AF_INET6))
		trace_fmt("%d", (int)a[i]);
	else
		trace_names(kind, (unsigned long)a[i]);
}

/* What the program gave. */
static void
arg_given(const struct rump_call *c, unsigned i)
{
	const long *a = c->c_arg;
	unsigned long v = (unsigned long)a[i];

	switch (c->c_desc->cd_arg[i]) {
	case CK_STR:
		trace_string(v);
		break;
	case CK_BUF:
		trace_bytes(v, (size_t)a[i + 1]);
		break;
	case CK_IOV:
		trace_iov(v, (unsigned long)a[i + 1], -1);
		break;
	case CK_TS:
		trace_timespec(v, "nsec");
		break;
	case CK_TV:
		trace_timespec(v, "usec");
		break;
	case CK_TS2:
		trace_timespecs(v, "nsec");
		break;
	case CK_TV2:
		trace_timespecs(v, "usec");
		break;
	case CK_ITS:
		trace_itimer(v, "nsec");
		break;
	case CK_ITV:
		trace_itimer(v, "usec");
		break;
	case CK_POLL:
		trace_pollfds(v, (unsigned long)a[i + 1], 0);
		break;
	case CK_FDSET:
		(void)trace_fdset(v, (unsigned long)a[0], NULL);
		break;
	case CK_SIGSET:
		trace_sigset(v);
		break;
	case CK_SIGACT:
		trace_sigaction(v);
		break;
	case CK_SS:
		trace_stack(v);
		break;
	case CK_SOCKADDR:
		trace_sockaddr(v, (unsigned long)a[i + 1]);
		break;
	case CK_MSG:
		trace_msghdr(v, -1);
		break;
	case CK_EPEV:
		trace_epoll(v);
		break;
	case CK_RLIMIT:
		trace_rlimit(v);
		break;
	case CK_STRV:
		trace_argv(v);
		break;
	case CK_ENVV:
		trace_envv(v);
		break;
	case CK_OPT:
		trace_option(v, (unsigned long)a[i + 1]);
		break;
	case CK_FCNTL:
		arg_fcntl(a[1], a[i]);
		break;
	case CK_FUTEX:
		arg_futex(c, i);
		break;
	default:
		arg_number(c->c_desc->cd_arg[i], v);
		break;
	}
}

/* A length that the call may have changed. */
static void
arg_length(const struct rump_call *c, unsigned long addr)
{
	unsigned len;

	if (addr == 0 || !trace_fetch(&len, addr, sizeof(len)))
		trace_ptr(addr);
	else if (c->c_saved >= 0 && (long)len != c->c_saved)
		trace_fmt("[%ld => %u]", c->c_saved, len);
	else
		trace_fmt("[%u]", len);
}

/* As much of a socket's answer as there was room for. */
static unsigned
arg_roomfor(const struct rump_call *c, unsigned long lenp)
{
	unsigned len = 0;

	if (lenp == 0 || !trace_fetch(&len, lenp, sizeof(len)))
		return 0;
	return c->c_saved >= 0 && len > c->c_saved ? (unsigned)c->c_saved :
	    len;
}

/* What the call filled. */
static void
arg_filled(const struct rump_call *c, unsigned i, long r)
{
	const long *a = c->c_arg;
	unsigned long v = (unsigned long)a[i];
	int fd[2];

	switch (c->c_desc->cd_arg[i]) {
	case CK_OBUF:
		trace_bytes(v, (size_t)r);
		break;
	case CK_OSTR:
		trace_string(v);
		break;
	case CK_OIOV:
		trace_iov(v, (unsigned long)a[i + 1], r);
		break;
	case CK_OSTAT:
		trace_stat(v);
		break;
	case CK_OTS:
		trace_timespec(v, "nsec");
		break;
	case CK_OTV:
		trace_timespec(v, "usec");
		break;
	case CK_OITS:
		trace_itimer(v, "nsec");
		break;
	case CK_OITV:
		trace_itimer(v, "usec");
		break;
	case CK_OSIGSET:
		trace_sigset(v);
		break;
	case CK_OSIGACT:
		trace_sigaction(v);
		break;
	case CK_OSS:
		trace_stack(v);
		break;
	case CK_OSOCKADDR:
		trace_sockaddr(v, arg_roomfor(c, (unsigned long)a[i + 1]));
		break;
	case CK_OOPT:
		trace_option(v, arg_roomfor(c, (unsigned long)a[i + 1]));
		break;
	case CK_OSOCKLEN: case CK_OOPTLEN:
		arg_length(c, v);
		break;
	case CK_OMSG:
		trace_msghdr(v, r);
		break;
	case CK_OEPEVS:
		trace_epolls(v, (unsigned long)r);
		break;
	case CK_ORLIMIT:
		trace_rlimit(v);
		break;
	case CK_OFD2:
		if (trace_fetch(fd, v, sizeof(fd)))
			trace_fmt("[%d, %d]", fd[0], fd[1]);
		else
			trace_ptr(v);
		break;
	case CK_OINT:
		arg_intp(v);
		break;
	case CK_OSTATUS:
		if (r == 0)
			trace_ptr(v);
		else
			trace_status(v);
		break;
	case CK_OUNAME:
		trace_uname(v);
		break;
	case CK_ODENTS:
		trace_dents(v, r, c->c_desc->cd_nr == 78);
		break;
	case CK_IOCTL:
		arg_ioctl((unsigned)a[1], v);
		break;
	case CK_OSIGINFO:
		trace_uinfo(v);
		break;
	default:
		trace_ptr(v);
		break;
	}
}

void
trace_arg(const struct rump_call *c, unsigned i, long r)
{
	unsigned kind = c->c_desc->cd_arg[i];
	unsigned long v = (unsigned long)c->c_arg[i];

	if (kind >= CK_NAMES)
		arg_names(c, i);
	else if (kind == CK_OREMAIN && r == -EINTR)
		trace_timespec(v, "nsec");
	else if (kind < CK_OUT)
		arg_given(c, i);
	else if (v == 0 || FAILED(r))
		trace_ptr(v);
	else
		arg_filled(c, i, r);
}

/* The descriptors that select found. */
static void
result_select(const struct rump_call *c)
{
	static const char *const label[] = { "in ", ", in ", "out ", ", out ",
	    "except ", ", except " };
	int some = 0, i;

	trace_text(" (");
	for (i = 0; i < 3; i++)
		some |= trace_fdset((unsigned long)c->c_arg[1 + i],
		    (unsigned long)c->c_arg[0], label[2 * i + some]);
	if (c->c_desc->cd_arg[4] == CK_TV && c->c_arg[4] != 0) {
		trace_text(some ? ", left " : "left ");
		trace_timespec((unsigned long)c->c_arg[4], "usec");
	}
	trace_char(')');
}

static void
result_fcntl(long cmd, long r)
{

	if (cmd == F_GETFL) {
		trace_fmt("0x%lx (flags ", r);
		trace_names(CK_N_OPEN, (unsigned long)r);
		trace_char(')');
	} else if (cmd == F_GETFD && r == FD_CLOEXEC)
		trace_text("0x1 (flags FD_CLOEXEC)");
	else
		trace_fmt("%ld", r);
}

static void
result_error(long r)
{
	const char *text, *name = trace_errname((int)-r, &text);

	if (name == NULL)
		trace_fmt("-1 (error %ld)", -r);
	else {
		trace_fmt("-1 %s (", name);
		trace_text(text);
		trace_char(')');
	}
}

void
trace_result(const struct rump_call *c, long r)
{
	const struct rump_calldesc *cd = c->c_desc;

	if (FAILED(r)) {
		result_error(r);
		return;
	}
	if (cd->cd_arg[1] == CK_N_FCNTL)
		result_fcntl(c->c_arg[1], r);
	else if (cd->cd_ret >= CK_NAMES)
		trace_names(cd->cd_ret, (unsigned long)r);
	else
		arg_number(cd->cd_ret, (unsigned long)r);
	if (cd->cd_arg[0] != CK_POLL && cd->cd_arg[1] != CK_FDSET)
		return;
	if (r == 0)
		trace_text(" (Timeout)");
	else if (cd->cd_arg[0] != CK_POLL)
		result_select(c);
	else {
		trace_text(" (");
		trace_pollfds((unsigned long)c->c_arg[0],
		    (unsigned long)c->c_arg[1], 1);
		trace_char(')');
	}
}
