/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals of a process to itself: actions, masks, what is pending and in which
 * order it comes, alternate stacks, siginfo, signalfd, faults.  Left out: what
 * stops or ends the process, libc's own signals 32-34, and SA_RESETHAND where
 * the default is to end: as process 1 of its own name space it would not.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "differ.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM	(1U << 31)
#endif
#define BAD	((void *)0x1000)
#define WORD	((size_t)8)

struct kact {
	void		(*k_fn)(int, siginfo_t *, void *);
	unsigned long	k_flags;
	void		(*k_restorer)(void);
	uint64_t	k_mask;
};

static void (*restorer)(void);
static const int sigs[] = { SIGHUP, SIGILL, SIGUSR1, SIGSEGV, SIGUSR2,
    SIGTERM, SIGCHLD, SIGCONT, SIGTSTP, SIGURG, SIGWINCH, 35, 36, 50, 64 };
#define NSIGS	(sizeof(sigs) / sizeof(sigs[0]))
static char alt[2][1 << 20];
static sigjmp_buf out;
static volatile int depth, canjump, expected;
static char *volatile where;	/* a fault's address */
static int sfd = -1, open1 = -1;	/* open1: closed by the next step */

static long
k(long n, long a, long b, long c, long d)
{
	return RES(syscall(n, a, b, c, d, 0, 0));
}
#define K(n, a, b, c, d)						\
	k(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d))

static int
anysig(void)
{
	return once_in(12) ? ONE_OF(int, 0, -1, 65, 9, 19, 1 << 20) :
	    sigs[below(NSIGS)];
}

/* One that may be sent. */
static int
sendsig(void)
{
	return once_in(12) ? ONE_OF(int, 0, -1, 65, 1 << 20) :
	    sigs[below(NSIGS)];
}

static uint64_t
anyset(void)
{
	uint64_t set = 0;
	unsigned i, n = below(5);

	if (once_in(20))
		return once_in(2) ? 0 : ~(7UL << 31);
	for (i = 0; i < n; i++)
		set |= 1UL << (sigs[below(NSIGS)] - 1);
	if (once_in(8))
		set |= 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1);
	return set;
}

static const char *
info(const siginfo_t *si)
{
	static char s[4][160];
	static int n;
	char *p = s[n++ % 4];

	if (si->si_code == SEGV_MAPERR && si->si_signo == SIGSEGV &&
	    expected) {
		snprintf(p, 160, "code 1 addr %td", (char *)si->si_addr -
		    where);
		return p;
	}
	snprintf(p, 160, "errno %d code %d pid %s uid %d value %lx",
	    si->si_errno, si->si_code, si->si_pid == getpid() ? "self" :
	    si->si_pid == 0 ? "0" : "other", si->si_uid,
	    si->si_code == SI_USER || si->si_code == SI_TKILL ? 0 :
	    (unsigned long)si->si_value.sival_ptr);
	return p;
}

static const char *
onalt(const void *p)
{
	return p == NULL ? "none" : (char *)p >= alt[0] &&
	    (char *)p < alt[1] ? "0" : (char *)p >= alt[1] &&
	    (char *)p < alt[2] ? "1" : "no";
}

static const char *
stack(const stack_t *ss)
{
	static char s[64];

	/* Which flags come with no stack in a frame is nobody's business. */
	snprintf(s, sizeof(s), "stack %s %#x %zu", onalt(ss->ss_sp),
	    ss->ss_size == 0 ? 0 : (unsigned)ss->ss_flags, ss->ss_size);
	return s;
}

static void handle(int, siginfo_t *, void *, int);
static void fn0(int s, siginfo_t *si, void *u) { handle(s, si, u, 0); }
static void fn1(int s, siginfo_t *si, void *u) { handle(s, si, u, 1); }

static int
ends(int sig)
{
	return sig != SIGCHLD && sig != SIGCONT && sig != SIGURG &&
	    sig != SIGWINCH;
}

static const char *
fname(void *fn)
{
	return fn == NULL ? "dfl" : fn == (void *)1 ? "ign" : fn == fn0 ?
	    "fn0" : fn == fn1 ? "fn1" : "?";
}

static void
handle(int sig, siginfo_t *si, void *ucv, int which)
{
	ucontext_t *uc = ucv;
	struct kact ka;
	uint64_t mask = 0, *um = (uint64_t *)&uc->uc_sigmask;
	stack_t ss;
	char here;

	K(rt_sigprocmask, SIG_SETMASK, 0, &mask, WORD);
	memset(&ss, 0, sizeof(ss));
	K(sigaltstack, 0, &ss, 0, 0);
	K(rt_sigaction, sig, 0, &ka, WORD);
	say(" %d>fn%d %d mask %lx was %lx now %s %lx on %s %s", depth, which,
	    sig, mask, *um, fname(ka.k_fn), ka.k_flags, onalt(&here),
	    stack(&ss));
	if (ka.k_flags & SA_SIGINFO)
		say("  signo %d %s", si->si_signo, info(si));
	say("  uc %s", stack(&uc->uc_stack));
	if (expected == sig) {
		expected = 0;
		siglongjmp(out, 2);
	}
	if (depth >= 3)
		return;
	depth++;
	switch (below(12)) {
	case 0:
		*um = anyset();
		say("  return to mask %lx", *um);
		break;
	case 1:
		sig = sigs[below(NSIGS)];
		say("  raise %d", sig);
		say("  raised %d %ld", sig, K(tkill, getpid(), sig, 0, 0));
		break;
	case 2:
		mask = anyset();
		say("  mask %lx", mask);
		say("  masked %ld", K(rt_sigprocmask, below(3), &mask, 0,
		    WORD));
		break;
	case 3:
		ss.ss_sp = alt[1];
		ss.ss_size = sizeof(alt[1]);
		ss.ss_flags = ONE_OF(unsigned, 0, SS_DISABLE, SS_AUTODISARM);
		say("  altstack %#x %d", ss.ss_flags,
		    (int)K(sigaltstack, &ss, 0, 0, 0));
		break;
	case 4:
		if (canjump && once_in(2)) {
			say("  jump");
			siglongjmp(out, 1);
		}
	}
	depth--;
}

static void
do_action(void)
{
	struct kact new, old;
	int sig = anysig(), bad = below(24);
	long r;

	memset(&old, 0, sizeof(old));
	new.k_fn = once_in(2) ? fn0 : fn1;
	if (once_in(4))
		new.k_fn = (void *)1;
	if (once_in(4) && !ends(sig))
		new.k_fn = NULL;
	new.k_flags = ONE_OF(unsigned, 0, SA_SIGINFO, SA_SIGINFO | SA_ONSTACK,
	    SA_NODEFER | SA_SIGINFO, SA_RESETHAND, SA_ONSTACK,
	    SA_RESTART | SA_SIGINFO, SA_NOCLDSTOP | SA_NOCLDWAIT,
	    SA_SIGINFO | SA_ONSTACK | SA_RESETHAND, 0x400 | 0x10 | SA_SIGINFO) |
	    0x04000000;
	if (ends(sig))
		new.k_flags &= ~(unsigned long)SA_RESETHAND;
	new.k_restorer = restorer;
	new.k_mask = anyset();
	r = K(rt_sigaction, sig, bad == 0 ? BAD : once_in(4) ? NULL : &new,
	    bad == 1 ? BAD : &old, bad == 2 ? 4 : WORD);
	say("sigaction %d %s %lx %lx %d: %ld %s %lx %lx", sig,
	    fname(new.k_fn), new.k_flags, new.k_mask, bad < 3 ? bad : 3, r,
	    fname(old.k_fn), old.k_flags, old.k_mask);
}

static void
do_mask(void)
{
	uint64_t set = anyset(), old = 0;
	int how = once_in(10) ? ONE_OF(int, 3, -1, 77) : (int)below(3);
	int bad = below(24);

	say("mask %d %lx %d", how, set, bad < 4 ? bad : 4);
	say(" %ld", K(rt_sigprocmask, how, bad == 0 ? BAD :
	    bad == 1 ? NULL : &set, bad == 2 ? BAD : &old,
	    bad == 3 ? 16 : WORD));
	say(" was %lx", old);
}

static void
do_send(void)
{
	int sig = sendsig(), me = getpid(), call = below(9);
	int pid = once_in(8) ? ONE_OF(int, 0, -me, 99999, -99999, INT_MIN,
	    -1, INT_MAX) : me;
	siginfo_t si;

	memset(&si, 0, sizeof(si));
	si.si_signo = once_in(6) ? anysig() : sig;
	si.si_errno = once_in(4) ? 5 : 0;
	si.si_code = ONE_OF(int, SI_QUEUE, SI_QUEUE, SI_QUEUE, SI_USER,
	    SI_TKILL, SI_MESGQ, SI_ASYNCIO, SI_KERNEL, -100, 3);
	/* Linux delivers a fault's although it is blocked, when another is. */
	if ((sig == SIGILL || sig == SIGSEGV) && si.si_code > 0)
		si.si_code = SI_QUEUE;
	si.si_pid = once_in(2) ? me : 0;
	si.si_uid = below(3);
	si.si_value.sival_ptr = (void *)(uintptr_t)rnd64();
	say("send %d pid %s%d sig %d code %d", call, pid == me ? "self" :
	    pid == -me ? "-self" : "", pid == me || pid == -me ? 0 : pid,
	    sig, si.si_code);
	switch (call) {
	case 0: case 1:
		say(" kill %ld", K(kill, pid, sig, 0, 0));
		break;
	case 2:
		say(" tkill %ld", K(tkill, pid, sig, 0, 0));
		break;
	case 3:
		say(" tgkill %ld", K(tgkill, once_in(8) ? 0 : me, pid, sig,
		    0));
		break;
	case 4: case 5:
		say(" queue %ld", K(rt_sigqueueinfo, pid, sig,
		    once_in(12) ? BAD : &si, 0));
		break;
	case 6: case 7:
		say(" tgqueue %ld", K(rt_tgsigqueueinfo, once_in(8) ? 99999 :
		    me, pid, sig, &si));
		break;
	case 8:
		open1 = (int)syscall(SYS_pidfd_open, me, 0);
		say(" pidfd %ld", K(pidfd_send_signal, once_in(8) ? 0 : open1,
		    sig, once_in(3) ? NULL : &si, once_in(12) ? 8 : 0));
	}
}

static uint64_t
pending(void)
{
	uint64_t set = 0;

	K(rt_sigpending, &set, WORD, 0, 0);
	return set;
}

static void
do_wait(void)
{
	struct timespec ts = { 0, 0 };
	uint64_t set = once_in(2) ? anyset() : ~0UL;
	siginfo_t si;
	int bad = below(24);
	long r;

	memset(&si, 0, sizeof(si));
	if (bad == 0)
		ts.tv_nsec = 1000000000;
	if (bad == 1)
		ts.tv_sec = -1;
	r = K(rt_sigtimedwait, bad == 2 ? BAD : &set,
	    bad == 3 ? BAD : bad == 4 ? NULL : &si,
	    bad == 5 ? BAD : &ts, bad == 6 ? 0 : WORD);
	say("wait %lx %d: %ld", set, bad < 7 ? bad : 7, r);
	if (si.si_signo != 0)
		say(" signo %d %s", si.si_signo, info(&si));
	say(" pending %lx", pending());
}

/* Something is pending that has a handler. */
static void
do_suspend(void)
{
	struct timespec ts = { 1000, 0 };
	struct pollfd pfd = { .fd = -1 };
	struct { const void *p; size_t n; } six;
	struct epoll_event ev;
	struct kact ka;
	uint64_t mask, set = pending();
	int i;

	for (i = 0; i < (int)NSIGS; i++) {
		if ((set & 1UL << (sigs[i] - 1)) == 0)
			continue;
		K(rt_sigaction, sigs[i], 0, &ka, WORD);
		if ((uintptr_t)ka.k_fn > 1)
			break;
	}
	if (i == NSIGS)
		return;
	mask = ~(1UL << (sigs[i] - 1)) & (once_in(2) ? ~0UL : anyset());
	mask &= ~(7UL << 31);
	say("suspend %lx", mask);
	switch (below(4)) {
	case 0:
		say(" suspended %ld", K(rt_sigsuspend, &mask, WORD, 0, 0));
		break;
	case 1:
		say(" ppoll %ld", RES(syscall(SYS_ppoll, &pfd, 1, &ts, &mask,
		    WORD)));
		break;
	case 2:
		six.p = &mask;
		six.n = WORD;
		say(" pselect %ld", RES(syscall(SYS_pselect6, 0, NULL, NULL,
		    NULL, &ts, &six)));
		break;
	case 3:
		open1 = epoll_create1(0);
		say(" epoll %ld", RES(syscall(SYS_epoll_pwait, open1, &ev, 1,
		    100000, &mask, WORD)));
	}
	mask = 0;
	K(rt_sigprocmask, 0, 0, &mask, WORD);
	say(" mask %lx pending %lx", mask, pending());
}

static void
do_badsuspend(void)
{
	uint64_t set = 0;

	say("badsuspend %ld %ld %ld %ld", K(rt_sigsuspend, BAD, WORD, 0, 0),
	    K(rt_sigsuspend, &set, 4, 0, 0), K(rt_sigpending, BAD, WORD, 0, 0),
	    K(rt_sigpending, &set, 9, 0, 0));
}

static void
do_altstack(void)
{
	stack_t new, old;
	int which = below(2), bad = below(16);

	memset(&old, 0, sizeof(old));
	new.ss_sp = once_in(16) ? NULL : alt[which];
	new.ss_size = once_in(6) ? ONE_OF(size_t, 0, 100, 2047) :
	    sizeof(alt[0]);
	if (new.ss_sp == NULL)
		new.ss_size = 0;
	new.ss_flags = ONE_OF(unsigned, 0, 0, SS_DISABLE, SS_ONSTACK,
	    SS_AUTODISARM, SS_AUTODISARM | SS_DISABLE,
	    SS_AUTODISARM | SS_ONSTACK, 3, 4, 1U << 30);
	say("altstack %s %#x %zu %d: %ld %s", onalt(new.ss_sp), new.ss_flags,
	    new.ss_size, bad < 3 ? bad : 3, K(sigaltstack, bad == 0 ? BAD :
	    bad == 1 ? NULL : &new, bad == 2 ? BAD : &old, 0, 0), stack(&old));
}

static void
do_signalfd(void)
{
	struct signalfd_siginfo si[2];
	struct pollfd pfd = { .fd = sfd, .events = POLLIN | POLLOUT };
	uint64_t set = anyset();
	long r;
	int i, flags;

	switch (below(6)) {
	case 0:
		close(sfd);
		sfd = -1;
		/* FALLTHROUGH */
	case 1:
		flags = ONE_OF(int, SFD_NONBLOCK, SFD_NONBLOCK | SFD_CLOEXEC,
		    SFD_NONBLOCK, SFD_NONBLOCK | 1);
		i = once_in(6) ? ONE_OF(int, 0, 99, -2) : sfd;
		r = K(signalfd4, i, once_in(16) ? BAD : &set,
		    once_in(16) ? 4 : WORD, flags);
		if (r >= 0)
			sfd = (int)r;
		say("signalfd %d %lx %#x: %ld", i, set, flags, r);
		break;
	case 2:
		r = RES(poll(&pfd, 1, 0));
		say("poll signalfd %ld %#x", r, pfd.revents);
		break;
	default:
		memset(si, 0, sizeof(si));
		i = once_in(8) ? 127 : once_in(2) ? 128 : 256;
		if (sfd >= 0)
			r = RES(read(sfd, si, i));
		else
			r = 0;
		say("read signalfd %d %ld", i, r);
		for (i = 0; i < 2; i++)
			say(" signo %u errno %d code %d pid %d uid %u fd %d "
			    "tid %u band %u int %x ptr %lx", si[i].ssi_signo,
			    si[i].ssi_errno, si[i].ssi_code, (int)si[i].ssi_pid
			    == getpid() ? -1 : (int)si[i].ssi_pid,
			    si[i].ssi_uid, si[i].ssi_fd, si[i].ssi_tid,
			    si[i].ssi_band,
			    si[i].ssi_int, si[i].ssi_ptr);
	}
}

/* A read where nothing is; the handler leaves by siglongjmp. */
static void
do_fault(void)
{
	uint64_t mask = 0;
	struct kact ka;

	K(rt_sigprocmask, 0, 0, &mask, WORD);
	K(rt_sigaction, SIGSEGV, 0, &ka, WORD);
	if ((uintptr_t)ka.k_fn <= 1 || (mask & 1UL << (SIGSEGV - 1)) ||
	    (pending() & 1UL << (SIGSEGV - 1)))
		return;
	say("fault");
	expected = SIGSEGV;
	where = (char *)0x1000 + below(8);
	*(volatile char *)where;
	say(" no fault");
}

void
differ_step(void)
{
	uint64_t mask = 0;
	struct rlimit rl;

	depth = 0;
	if (open1 >= 0)
		close(open1);
	open1 = -1;
	if (sigsetjmp(out, below(2)) != 0) {
		K(rt_sigprocmask, 0, 0, &mask, WORD);
		say(" out, mask %lx pending %lx", mask, pending());
		return;
	}
	canjump = 1;
	switch (below(20)) {
	case 0: case 1: case 2: case 3:
		do_action();
		break;
	case 4: case 5: case 6:
		do_mask();
		break;
	case 7: case 8: case 9: case 10: case 11:
		do_send();
		break;
	case 12:
		do_wait();
		break;
	case 13:
		do_suspend();
		break;
	case 14:
		do_altstack();
		break;
	case 15:
		do_signalfd();
		break;
	case 16:
		do_fault();
		break;
	case 17:
		if (once_in(4))
			do_badsuspend();
		rl.rlim_max = 1000;
		rl.rlim_cur = ONE_OF(rlim_t, 0, 1, 2, 4, 500, 1000);
		if (once_in(3))
			say("sigpending %d %ld", (int)rl.rlim_cur,
			    RES(setrlimit(RLIMIT_SIGPENDING, &rl)));
		break;
	default:
		say("pending %lx", pending());
	}
	canjump = 0;
	expected = 0;
}

void
differ_begin(void)
{
	static int first = 1;
	struct kact ka;
	struct sigaction sa;
	struct rlimit rl = { 1000, 1000 };
	unsigned i;

	if (first) {
		/* A group and a user of its own, whose signals are counted. */
		first = 0;
		setsid();
		if (setgid(5432) != 0 || setuid(5432) != 0)
			perror("setuid");
		setrlimit(RLIMIT_SIGPENDING, &rl);
		memset(&sa, 0, sizeof(sa));
		sa.sa_handler = SIG_IGN;
		sigaction(SIGUSR1, &sa, NULL);
		K(rt_sigaction, SIGUSR1, 0, &ka, WORD);
		restorer = ka.k_restorer;
	}
	memset(&ka, 0, sizeof(ka));
	ka.k_flags = 0x04000000;
	ka.k_restorer = restorer;
	for (i = 0; i < NSIGS; i++) {
		ka.k_fn = ends(sigs[i]) ? fn0 : NULL;
		K(rt_sigaction, sigs[i], &ka, 0, WORD);
	}
}

void
differ_end(void)
{
	struct rlimit rl = { 1000, 1000 };
	stack_t ss = { .ss_flags = SS_DISABLE };
	struct kact ka;
	uint64_t mask = 0;
	unsigned i;

	memset(&ka, 0, sizeof(ka));
	ka.k_fn = (void *)1;
	for (i = 0; i < NSIGS; i++)
		K(rt_sigaction, sigs[i], &ka, 0, WORD);
	K(rt_sigprocmask, SIG_SETMASK, &mask, 0, WORD);
	sigaltstack(&ss, NULL);
	setrlimit(RLIMIT_SIGPENDING, &rl);
	close(sfd);
	sfd = -1;
}
