/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to the trace.  All of it but trace.c is called with trace_lock
 * held, so there is one line buffer.  What programs point to is copied
 * before it is looked at, by trace_fetch() only.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <kern/calls.h>

#define TRACE_STRMAX	32	/* as strace cuts */
#define TRACE_LISTMAX	32	/* entries of an array, words of an argv */

/* out.c */
void	trace_text(const char *);
void	trace_char(char);
void	trace_fmt(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
void	trace_flush(void);
void	trace_ptr(unsigned long);		/* NULL, or in hex */
int	trace_fetch(void *to, unsigned long from, size_t len);	/* true: done */
/* Quoted, cut; the pointer when it cannot be read. */
void	trace_bytes(unsigned long addr, size_t len);
void	trace_string(unsigned long addr);	/* up to its NUL */
void	trace_quote(const char *, size_t len, int more);
/* Opens an array; false: it is NULL or not there, and that is printed. */
int	trace_array(unsigned long addr, unsigned long n);

/* args.c: argument i; result: 0 before the call has returned. */
int	trace_hidden(const struct rump_call *, unsigned i);
void	trace_arg(const struct rump_call *, unsigned i, long result);
/* The result, and what is to be said of it in parentheses. */
void	trace_result(const struct rump_call *, long result);

/* structs.c: each prints the object at addr, or addr. */
void	trace_timespec(unsigned long addr, const char *fraction);
void	trace_timespecs(unsigned long addr, const char *fraction);
void	trace_itimer(unsigned long addr, const char *fraction);
void	trace_iov(unsigned long addr, unsigned long n, long total);
void	trace_pollfds(unsigned long addr, unsigned long n, int revents);
int	trace_fdset(unsigned long addr, unsigned long n, const char *label);
void	trace_sigset(unsigned long addr);
void	trace_sigaction(unsigned long addr);
void	trace_uinfo(unsigned long addr);	/* siginfo_t */
void	trace_signame(unsigned sig);
void	trace_stack(unsigned long addr);
void	trace_stat(unsigned long addr);
void	trace_rlimit(unsigned long addr);
void	trace_epolls(unsigned long addr, unsigned long n);
void	trace_epoll(unsigned long addr);
void	trace_uname(unsigned long addr);
void	trace_dents(unsigned long addr, long len, int old);
void	trace_status(unsigned long addr);
void	trace_argv(unsigned long addr);
void	trace_envv(unsigned long addr);
void	trace_flock(unsigned long addr);
void	trace_winsize(unsigned long addr);

/* socket.c */
void	trace_sockaddr(unsigned long addr, unsigned long len);
void	trace_msghdr(unsigned long addr, long total);
void	trace_option(unsigned long addr, unsigned long len);
const char *trace_optname(long level, long opt);

/* signal.c */
struct rump_siginfo;
void	trace_siginfo(const struct rump_siginfo *);
/* trace.c; a virtual CPU is held. */
void	trace_signal(const struct rump_siginfo *);
void	trace_killed(int sig, int core);

/* names.c */
struct trace_name {
	unsigned	 tn_value;
	const char	*tn_name;
};
struct trace_set {
	const struct trace_name *ts_names;
	unsigned	 ts_n;
	unsigned	 ts_enum;	/* these bits are one number */
};
void	trace_names(unsigned kind, unsigned long value);
const char *trace_nameof(unsigned kind, unsigned long value);	/* or NULL */

/* errors.c: name and meaning of an errno; NULL when nobody knows. */
const char *trace_errname(int error, const char **text);

#endif /* TRACE_TRACE_H */
