/* SPDX-License-Identifier: BSD-2-Clause */
/* Structures of Linux x86-64, copied from the program before they are read. */
#include <asm/stat.h>
#include <linux/stat.h>
#include <string.h>
#include "trace.h"

#define RLIM_INF	(~0UL)

static void
pair(const int64_t v[2], const char *fraction)
{

	trace_fmt("{tv_sec=%ld, tv_%s=%ld}", (long)v[0], fraction, (long)v[1]);
}

void
trace_timespec(unsigned long addr, const char *fraction)
{
	int64_t v[2];

	if (addr == 0 || !trace_fetch(v, addr, sizeof(v)))
		trace_ptr(addr);
	else
		pair(v, fraction);
}

/* The two times of utimensat. */
void
trace_timespecs(unsigned long addr, const char *fraction)
{
	int64_t v[4];
	int i;

	if (addr == 0 || !trace_fetch(v, addr, sizeof(v))) {
		trace_ptr(addr);
		return;
	}
	for (i = 0; i < 4; i += 2) {
		trace_text(i == 0 ? "[" : ", ");
		if (*fraction == 'n' && v[i + 1] == 0x3fffffff)
			trace_text("UTIME_NOW");
		else if (*fraction == 'n' && v[i + 1] == 0x3ffffffe)
			trace_text("UTIME_OMIT");
		else
			pair(v + i, fraction);
	}
	trace_char(']');
}

void
trace_itimer(unsigned long addr, const char *fraction)
{
	int64_t v[4];

	if (addr == 0 || !trace_fetch(v, addr, sizeof(v))) {
		trace_ptr(addr);
		return;
	}
	trace_text("{it_interval=");
	pair(v, fraction);
	trace_text(", it_value=");
	pair(v + 2, fraction);
	trace_char('}');
}

/* total: how much of it the call filled; -1: all is given. */
void
trace_iov(unsigned long addr, unsigned long n, long total)
{
	struct { unsigned long base, len; } iov;
	unsigned long i, len;

	if (!trace_array(addr, n))
		return;
	for (i = 0; i < n; i++) {
		if (i != 0)
			trace_text(", ");
		if (i == TRACE_LISTMAX) {
			trace_text("...");
			break;
		}
		if (!trace_fetch(&iov, addr + i * sizeof(iov), sizeof(iov))) {
			trace_fmt("... /* 0x%lx */", addr + i * sizeof(iov));
			break;
		}
		len = iov.len;
		if (total >= 0) {
			if (len > (unsigned long)total)
				len = (unsigned long)total;
			total -= (long)len;
		}
		trace_text("{iov_base=");
		trace_bytes(iov.base, len);
		trace_fmt(", iov_len=%lu}", iov.len);
	}
	trace_char(']');
}

void
trace_pollfds(unsigned long addr, unsigned long n, int revents)
{
	struct { int fd; short events, revents; } pf;
	unsigned long i, some = 0;

	if (!trace_array(addr, n))
		return;
	for (i = 0; i < n; i++) {
		if (!trace_fetch(&pf, addr + i * sizeof(pf), sizeof(pf)))
			break;
		if (revents && pf.revents == 0)
			continue;
		if (some++ != 0)
			trace_text(", ");
		if (some > TRACE_LISTMAX) {
			trace_text("...");
			break;
		}
		trace_fmt("{fd=%d, %sevents=", pf.fd, revents ? "r" : "");
		trace_names(CK_N_POLL, (unsigned short)(revents ? pf.revents :
		    pf.events));
		trace_char('}');
	}
	trace_char(']');
}

/* With a label: nothing when the set is empty.  True: it was printed. */
int
trace_fdset(unsigned long addr, unsigned long n, const char *label)
{
	unsigned long i, some = 0;
	uint8_t byte = 0;

	if (label == NULL && !trace_array(addr, 1))
		return 1;
	if (addr == 0)
		return 0;
	for (i = 0; i < n && i < 1024; i++) {
		if (i % 8 == 0 && !trace_fetch(&byte, addr + i / 8, 1))
			break;
		if ((byte >> i % 8 & 1) == 0)
			continue;
		if (some == 0 && label != NULL) {
			trace_text(label);
			trace_char('[');
		}
		trace_fmt(some == 0 ? "%lu" : " %lu", i);
		some = 1;
	}
	if (label == NULL || some)
		trace_char(']');
	return label == NULL || some;
}

/* Without its SIG. */
static void
signame(unsigned sig)
{
	const char *name = trace_nameof(CK_N_SIGNAL, sig);

	if (name != NULL)
		trace_text(name + 3);
	else
		trace_fmt("RT_%u", sig - 32);
}

void
trace_signame(unsigned sig)
{

	trace_text("SIG");
	signame(sig);
}

/* Those that are not in it when these are fewer. */
static void
sigset(uint64_t set)
{
	unsigned sig, some = 0;

	if (__builtin_popcountll(set) >= 64 * 2 / 3) {
		trace_char('~');
		set = ~set;
	}
	trace_char('[');
	for (sig = 1; sig <= 64; sig++) {
		if ((set >> (sig - 1) & 1) == 0)
			continue;
		if (some++ != 0)
			trace_char(' ');
		signame(sig);
	}
	trace_char(']');
}

void
trace_sigset(unsigned long addr)
{
	uint64_t set;

	if (addr == 0 || !trace_fetch(&set, addr, sizeof(set)))
		trace_ptr(addr);
	else
		sigset(set);
}

void
trace_sigaction(unsigned long addr)
{
	struct { unsigned long fn, flags, restorer; uint64_t mask; } sa;

	if (addr == 0 || !trace_fetch(&sa, addr, sizeof(sa))) {
		trace_ptr(addr);
		return;
	}
	trace_text((sa.flags & 4) != 0 ? "{sa_sigaction=" : "{sa_handler=");
	if (sa.fn <= 1)
		trace_text(sa.fn == 0 ? "SIG_DFL" : "SIG_IGN");
	else
		trace_ptr(sa.fn);
	trace_text(", sa_mask=");
	sigset(sa.mask);
	trace_text(", sa_flags=");
	trace_names(CK_N_SA, sa.flags);
	if ((sa.flags & 0x04000000) != 0)
		trace_fmt(", sa_restorer=0x%lx", sa.restorer);
	trace_char('}');
}

void
trace_stack(unsigned long addr)
{
	struct { unsigned long sp; int flags; unsigned long size; } ss;

	if (addr == 0 || !trace_fetch(&ss, addr, sizeof(ss)))
		trace_ptr(addr);
	else {
		trace_text("{ss_sp=");
		trace_ptr(ss.sp);
		trace_fmt(", ss_flags=%s, ss_size=%lu}", ss.flags == 0 ? "0" :
		    ss.flags == 1 ? "SS_ONSTACK" : ss.flags == 2 ?
		    "SS_DISABLE" : "?", ss.size);
	}
}

static const char *
stat_type(unsigned mode)
{

	switch (mode & S_IFMT) {
	case S_IFREG: return "S_IFREG";
	case S_IFDIR: return "S_IFDIR";
	case S_IFCHR: return "S_IFCHR";
	case S_IFBLK: return "S_IFBLK";
	case S_IFLNK: return "S_IFLNK";
	case S_IFIFO: return "S_IFIFO";
	case S_IFSOCK: return "S_IFSOCK";
	}
	return "0";
}

void
trace_stat(unsigned long addr)
{
	struct stat st;
	unsigned mode;

	if (addr == 0 || !trace_fetch(&st, addr, sizeof(st))) {
		trace_ptr(addr);
		return;
	}
	mode = st.st_mode;
	trace_fmt("{st_mode=%s%s%s%s|0%03o, ", stat_type(mode),
	    mode & S_ISUID ? "|S_ISUID" : "", mode & S_ISGID ? "|S_ISGID" : "",
	    mode & S_ISVTX ? "|S_ISVTX" : "", mode & 0777);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		trace_fmt("st_rdev=makedev(0x%lx, 0x%lx), ...}",
		    st.st_rdev >> 8 & 0xfff, (st.st_rdev & 0xff) |
		    (st.st_rdev >> 12 & 0xfff00));
	else
		trace_fmt("st_size=%ld, ...}", (long)st.st_size);
}

static void
rlimit(uint64_t v)
{

	if (v == RLIM_INF)
		trace_text("RLIM64_INFINITY");
	else if (v > 1024 && v % 1024 == 0)
		trace_fmt("%lu*1024", v / 1024);
	else
		trace_fmt("%lu", v);
}

void
trace_rlimit(unsigned long addr)
{
	uint64_t v[2];

	if (addr == 0 || !trace_fetch(v, addr, sizeof(v))) {
		trace_ptr(addr);
		return;
	}
	trace_text("{rlim_cur=");
	rlimit(v[0]);
	trace_text(", rlim_max=");
	rlimit(v[1]);
	trace_char('}');
}

struct epoll {
	uint32_t	events;
	uint32_t	data[2];
};

static void
epoll(const struct epoll *e)
{
	uint64_t data = e->data[0] | (uint64_t)e->data[1] << 32;

	trace_text("{events=");
	trace_names(CK_N_EPOLL, e->events);
	trace_fmt(", data={u32=%u, u64=%lu}}", e->data[0], data);
}

void
trace_epoll(unsigned long addr)
{
	struct epoll e;

	if (addr == 0 || !trace_fetch(&e, addr, sizeof(e)))
		trace_ptr(addr);
	else
		epoll(&e);
}

void
trace_epolls(unsigned long addr, unsigned long n)
{
	struct epoll e;
	unsigned long i;

	if (!trace_array(addr, n))
		return;
	for (i = 0; i < n; i++) {
		if (i != 0)
			trace_text(", ");
		if (i == TRACE_LISTMAX || !trace_fetch(&e, addr +
		    i * sizeof(e), sizeof(e))) {
			trace_text("...");
			break;
		}
		epoll(&e);
	}
	trace_char(']');
}

void
trace_uname(unsigned long addr)
{

	trace_text("{sysname=");
	trace_string(addr);
	trace_text(", nodename=");
	trace_string(addr + 65);
	trace_text(", ...}");
}

/* Only how many there are, as strace says it. */
void
trace_dents(unsigned long addr, long len, int old)
{
	unsigned long at = 0;
	uint16_t reclen;
	unsigned n = 0;

	(void)old;		/* the length is at the same place in both */
	for (; at + 24 <= (unsigned long)len; at += reclen, n++)
		if (!trace_fetch(&reclen, addr + at + 16, sizeof(reclen)) ||
		    reclen == 0)
			break;
	trace_fmt("0x%lx /* %u entries */", addr, n);
}

void
trace_status(unsigned long addr)
{
	int st;

	if (addr == 0 || !trace_fetch(&st, addr, sizeof(st))) {
		trace_ptr(addr);
		return;
	}
	if ((st & 0x7f) == 0)
		trace_fmt("[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]",
		    st >> 8 & 0xff);
	else if (st == 0xffff)
		trace_text("[{WIFCONTINUED(s)}]");
	else if ((st & 0xff) == 0x7f) {
		trace_text("[{WIFSTOPPED(s) && WSTOPSIG(s) == SIG");
		signame(st >> 8 & 0xff);
		trace_text("}]");
	} else {
		trace_text("[{WIFSIGNALED(s) && WTERMSIG(s) == SIG");
		signame(st & 0x7f);
		trace_text(st & 0x80 ? " && WCOREDUMP(s)}]" : "}]");
	}
}

void
trace_argv(unsigned long addr)
{
	unsigned long p, i;

	if (!trace_array(addr, 1))
		return;
	for (i = 0;; i++) {
		if (!trace_fetch(&p, addr + i * sizeof(p), sizeof(p)) ||
		    p == 0)
			break;
		if (i != 0)
			trace_text(", ");
		if (i == TRACE_LISTMAX) {
			trace_text("...");
			break;
		}
		trace_string(p);
	}
	trace_char(']');
}

void
trace_envv(unsigned long addr)
{
	unsigned long p, n = 0;

	trace_ptr(addr);
	if (addr == 0)
		return;
	while (n < 65536 && trace_fetch(&p, addr + n * sizeof(p), sizeof(p)) &&
	    p != 0)
		n++;
	trace_fmt(" /* %lu vars */", n);
}

void
trace_flock(unsigned long addr)
{
	static const char *const type[] = { "F_RDLCK", "F_WRLCK", "F_UNLCK" };
	struct { short type, whence; int64_t start, len; int pid; } fl;

	if (addr == 0 || !trace_fetch(&fl, addr, sizeof(fl))) {
		trace_ptr(addr);
		return;
	}
	if (fl.type >= 0 && fl.type < 3)
		trace_fmt("{l_type=%s, l_whence=", type[fl.type]);
	else
		trace_fmt("{l_type=%d, l_whence=", fl.type);
	trace_names(CK_N_SEEK, (unsigned short)fl.whence);
	trace_fmt(", l_start=%ld, l_len=%ld}", (long)fl.start, (long)fl.len);
}

void
trace_winsize(unsigned long addr)
{
	uint16_t ws[4];

	if (addr == 0 || !trace_fetch(ws, addr, sizeof(ws)))
		trace_ptr(addr);
	else
		trace_fmt("{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}",
		    ws[0], ws[1], ws[2], ws[3]);
}
