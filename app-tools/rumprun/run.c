/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the guest as a child: passes its output through the filters, the
 * user's input to it, and ends it when the user, a signal or the clock says
 * so.  The kernel kills the child when the launcher itself is killed.
 *
 * One loop over poll(2).  Signals come through a signalfd, so that nothing
 * happens between two looks.
 */
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "core.h"
#include "filter.h"
#include "launch.h"
#include "symbols.h"
#include "terminal.h"

#define TERM_GRACE	1000	/* ms from SIGTERM to SIGKILL */
#define EXIT_GRACE	800	/* ms from the exit record to SIGKILL */
#define DRAIN_GRACE	300	/* ms without output after the child's end */
#define BOOT_LIMIT	30000	/* ms until the boot loader's output shows */
#define ESCAPE		('A' - '@')
#define EOT		('D' - '@')

/* One output of the guest; the filter lies between from and to. */
struct stream {
	int		 st_from;	/* -1: ended */
	int		 st_to;
	struct filter	 st_filter;
};

struct runner {
	const struct guest *r_guest;
	const struct options *r_options;
	pid_t		 r_pid;
	bool		 r_ended;	/* waited for; r_wstatus is valid */
	int		 r_wstatus;
	int		 r_signals;	/* signalfd */
	struct stream	 r_stream[2];	/* console, stderr */
	int		 r_input;	/* to the guest; -1: none */
	int		 r_stdin;	/* -1: none or ended */
	bool		 r_escape;	/* the last key was Ctrl-A */
	char		 r_inbuf[1024];	/* for r_input */
	size_t		 r_inlen;
	int		 r_forced;	/* our reason to end it: a status */
	int64_t		 r_kill_at;	/* SIGKILL is due */
	int64_t		 r_timeout_at;
	int64_t		 r_drain_at;
	int64_t		 r_boot_at;	/* the boot mark did not come */
	int64_t		 r_idle_at;	/* filters show what they hold */
	struct crash	 r_crash;	/* of a panic, from the console */
	bool		 r_exiting;	/* stopped at its exit, for a core */
};

static void
kill_guest(struct runner *r, int sig)
{
	/* Its own group, so that helpers of QEMU end with it. */
	if (!r->r_ended && kill(-r->r_pid, sig) == -1)
		kill(r->r_pid, sig);
}

/* Ends the guest for a reason of ours, which becomes the exit status. */
static void
stop(struct runner *r, int status)
{
	if (r->r_forced != 0) {
		kill_guest(r, SIGKILL);
		return;
	}
	r->r_forced = status;
	r->r_kill_at = now_ms() + TERM_GRACE;
	kill_guest(r, SIGTERM);
}

/* Its end, or, when it is traced, what stopped it. */
static void
wait_guest(struct runner *r)
{
	while (!r->r_ended &&
	    waitpid(r->r_pid, &r->r_wstatus, WNOHANG) == r->r_pid) {
		if (WIFSTOPPED(r->r_wstatus)) {
			if (child_stopped(r->r_pid, r->r_wstatus))
				r->r_exiting = true;
			continue;
		}
		r->r_ended = true;
		r->r_drain_at = now_ms() + DRAIN_GRACE;
	}
}

static void
take_signals(struct runner *r)
{
	struct signalfd_siginfo si;

	while (read(r->r_signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGTSTP) {
			/* Ctrl-Z: both stop, until the shell says fg or bg. */
			kill_guest(r, SIGSTOP);
			kill(getpid(), SIGSTOP);
			kill_guest(r, SIGCONT);
		} else if (si.ssi_signo != SIGCHLD) {
			stop(r, 128 + (int)si.ssi_signo);
		} else {
			wait_guest(r);
		}
	}
}

static void
check_clock(struct runner *r)
{
	int64_t now = now_ms();

	if (now >= r->r_timeout_at) {
		r->r_timeout_at = INT64_MAX;
		stop(r, ST_TIMEOUT);
	}
	if (now >= r->r_kill_at) {
		r->r_kill_at = INT64_MAX;
		kill_guest(r, SIGKILL);
	}
	if (now >= r->r_boot_at) {
		r->r_boot_at = INT64_MAX;
		filter_unhold(&r->r_stream[0].st_filter);
	}
}

static int
until(const struct runner *r)
{
	int64_t at = r->r_timeout_at, now = now_ms();

	if (r->r_kill_at < at)
		at = r->r_kill_at;
	if (r->r_drain_at < at)
		at = r->r_drain_at;
	if (r->r_boot_at < at)
		at = r->r_boot_at;
	if (r->r_idle_at < at)
		at = r->r_idle_at;
	if (r->r_exiting)
		return 0;
	if (at == INT64_MAX)
		return -1;
	return at <= now ? 0 : at - now < INT_MAX ? (int)(at - now) : INT_MAX;
}

/*
 * Waits until fd takes output: false when the guest is to end instead, or no
 * one reads.
 */
static bool
wait_output(struct runner *r, int fd)
{
	struct pollfd p[2] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = r->r_signals, .events = POLLIN },
	};

	for (;;) {
		if (poll(p, 2, until(r)) == -1 && errno != EINTR)
			return false;
		if (p[1].revents != 0)
			take_signals(r);
		check_clock(r);
		if (p[0].revents & POLLOUT)
			return true;
		if (r->r_forced != 0 || (p[0].revents & (POLLERR | POLLNVAL)))
			return false;
	}
}

/* What the filter made, in pieces that a pipe takes whole. */
static void
deliver(struct runner *r, struct stream *st)
{
	struct filter *f = &st->st_filter;
	size_t done = 0, len;
	ssize_t n;

	while (done < f->f_outlen && st->st_to != -1) {
		len = f->f_outlen - done;
		if (len > PIPE_BUF)
			len = PIPE_BUF;
		n = wait_output(r, st->st_to) ?
		    write(st->st_to, f->f_out + done, len) : -1;
		if (n == -1 && (errno == EINTR || errno == EAGAIN) &&
		    r->r_forced == 0)
			continue;
		if (n == -1) {
			st->st_to = -1;
			if (r->r_forced == 0)
				stop(r, 128 + SIGPIPE);
			break;
		}
		done += (size_t)n;
	}
	f->f_outlen = 0;
}

static void
take_output(struct runner *r, struct stream *st)
{
	char buf[16384];
	ssize_t n;

	n = read(st->st_from, buf, sizeof(buf));
	if (n == -1 && errno == EINTR)
		return;
	if (n <= 0) {
		close(st->st_from);
		st->st_from = -1;
		filter_end(&st->st_filter);
	} else {
		filter_input(&st->st_filter, buf, (size_t)n);
	}
	/* QEMU says which signal ended it; that was us. */
	if (r->r_guest->g_records && st == &r->r_stream[1] &&
	    r->r_forced != 0)
		st->st_filter.f_outlen = 0;
	deliver(r, st);
	/* Who reads it may be slow; what is left is in the pipe. */
	if (r->r_ended && n > 0)
		r->r_drain_at = now_ms() + DRAIN_GRACE;
	if (st->st_filter.f_status >= 0 && r->r_kill_at == INT64_MAX)
		r->r_kill_at = now_ms() + EXIT_GRACE;
	r->r_idle_at = filter_waiting(&st->st_filter) ?
	    now_ms() + FILTER_IDLE : INT64_MAX;
}

/* One key: Ctrl-A x ends the guest, Ctrl-A Ctrl-A is Ctrl-A. */
static void
take_key(struct runner *r, char c)
{
	bool escape = r->r_escape;

	r->r_escape = false;
	if (escape && (c == 'x' || c == 'X')) {
		stop(r, 128 + SIGINT);
	} else if (!escape && c == ESCAPE) {
		r->r_escape = true;
	} else {
		if (escape && c != ESCAPE)
			r->r_inbuf[r->r_inlen++] = ESCAPE;
		r->r_inbuf[r->r_inlen++] = c;
	}
}

/* A key may become two; the end of file, too. */
static size_t
input_room(const struct runner *r)
{
	size_t room = sizeof(r->r_inbuf) - r->r_inlen;

	return room < 4 ? 0 : (room - 2) / 2;
}

static void
take_input(struct runner *r)
{
	char buf[sizeof(r->r_inbuf)];
	static char last = '\n';
	ssize_t n;

	n = read(STDIN_FILENO, buf, input_room(r));
	if (n == -1 && errno == EINTR)
		return;
	if (n <= 0) {
		r->r_stdin = -1;
		if (!r->r_guest->g_serial)
			return;
		/*
		 * The tty of the guest makes an end of file from Ctrl-D,
		 * from two inside a line.
		 */
		r->r_inbuf[r->r_inlen++] = EOT;
		if (last != '\n')
			r->r_inbuf[r->r_inlen++] = EOT;
		return;
	}
	last = buf[n - 1];
	for (ssize_t i = 0; i < n; i++) {
		if (isatty(STDIN_FILENO))
			take_key(r, buf[i]);
		else
			r->r_inbuf[r->r_inlen++] = buf[i];
	}
}

static void
give_input(struct runner *r)
{
	ssize_t n = write(r->r_input, r->r_inbuf, r->r_inlen);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1) {
		close(r->r_input);
		r->r_input = r->r_stdin = -1;
		r->r_inlen = 0;
		return;
	}
	r->r_inlen -= (size_t)n;
	memmove(r->r_inbuf, r->r_inbuf + n, r->r_inlen);
}

/* All that it wrote has been read by now. */
static void
traced_exit(struct runner *r)
{
	r->r_exiting = false;
	if (r->r_crash.cr_done)
		core_process(r->r_options->o_core, r->r_options, &r->r_crash,
		    r->r_pid);
	child_continue(r->r_pid, 0);
}

static void
turn(struct runner *r)
{
	bool exiting = r->r_exiting;
	/* The boot loader would drop what is meant for the guest. */
	bool booting = r->r_stream[0].st_filter.f_holdboot;
	struct pollfd p[5] = {
		{ .fd = r->r_signals, .events = POLLIN },
		{ .fd = r->r_stream[0].st_from, .events = POLLIN },
		{ .fd = r->r_stream[1].st_from, .events = POLLIN },
		{ .fd = input_room(r) != 0 ? r->r_stdin : -1,
		    .events = POLLIN },
		{ .fd = r->r_inlen != 0 && !booting ? r->r_input : -1,
		    .events = POLLOUT },
	};

	if (poll(p, 5, until(r)) == -1 && errno != EINTR)
		fail("poll: %s", strerror(errno));
	if (p[0].revents != 0)
		take_signals(r);
	check_clock(r);
	for (int i = 0; i < 2 && now_ms() >= r->r_idle_at; i++)
		filter_idle(&r->r_stream[i].st_filter);
	if (now_ms() >= r->r_idle_at)
		r->r_idle_at = INT64_MAX;
	for (int i = 0; i < 2; i++)
		deliver(r, &r->r_stream[i]);
	for (int i = 0; i < 2; i++)
		if (p[i + 1].revents != 0)
			take_output(r, &r->r_stream[i]);
	if (p[3].revents != 0)
		take_input(r);
	if (p[4].revents != 0)
		give_input(r);
	if (exiting && p[1].revents == 0 && p[2].revents == 0)
		traced_exit(r);
	/* An end of file follows what came before it. */
	if (r->r_stdin == -1 && r->r_inlen == 0 && r->r_input != -1 &&
	    !r->r_guest->g_serial) {
		close(r->r_input);
		r->r_input = -1;
	}
}

static bool
finished(const struct runner *r)
{
	return r->r_ended && ((r->r_stream[0].st_from == -1 &&
	    r->r_stream[1].st_from == -1) || now_ms() >= r->r_drain_at);
}

static int
status(const struct runner *r, const struct options *o)
{
	const char *name = r->r_guest->g_cmd.sv_v[0];
	int ws = r->r_wstatus, record = r->r_stream[1].st_filter.f_status;

	if (record >= 0 && r->r_forced == 0)
		return record;
	if (r->r_forced == ST_TIMEOUT)
		note("ended after %d seconds (--timeout)", o->o_timeout);
	if (r->r_forced != 0)
		return r->r_forced;
	if (WIFSIGNALED(ws)) {
		note("%s ended by signal %d (%s)", name, WTERMSIG(ws),
		    strsignal(WTERMSIG(ws)));
		return r->r_guest->g_records ? ST_FAILED : 128 + WTERMSIG(ws);
	}
	if (!r->r_guest->g_records)
		return WEXITSTATUS(ws);
	note("the guest's machine ended without an exit status: reset, "
	    "power-off or a failure of QEMU (its status is %d)",
	    WEXITSTATUS(ws));
	return ST_FAILED;
}

static int
open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd == -1)
		fail("signalfd: %s", strerror(errno));
	return fd;
}

static void
init_stream(struct stream *st, int to, const struct guest *g,
    const struct options *o)
{
	st->st_to = to;
	filter_init(&st->st_filter);
	st->st_filter.f_symbols = symbols_new(o->o_image, o->o_symbols);
	if (to == STDERR_FILENO) {
		st->st_filter.f_records = g->g_records;
	} else {
		st->st_filter.f_stripcr = g->g_serial && !o->o_interactive;
		st->st_filter.f_holdboot = g->g_holdboot;
	}
}

int
run(const struct guest *g, const struct options *o)
{
	struct runner r;
	struct child c;

	if (o->o_detach)
		child_detach(o);
	memset(&r, 0, sizeof(r));
	r.r_guest = g;
	r.r_options = o;
	r.r_kill_at = r.r_drain_at = r.r_idle_at = INT64_MAX;
	r.r_timeout_at = o->o_timeout == 0 ? INT64_MAX :
	    now_ms() + o->o_timeout * 1000LL;
	r.r_boot_at = g->g_holdboot ? now_ms() + BOOT_LIMIT : INT64_MAX;
	r.r_stdin = o->o_interactive ? STDIN_FILENO : -1;
	r.r_signals = open_signals();
	init_stream(&r.r_stream[0], STDOUT_FILENO, g, o);
	init_stream(&r.r_stream[1], STDERR_FILENO, g, o);
	r.r_stream[0].st_filter.f_crash = &r.r_crash;
	child_start(&c, g, o->o_interactive);
	r.r_pid = c.c_pid;
	r.r_input = c.c_in;
	r.r_stream[0].st_from = c.c_out;
	r.r_stream[1].st_from = c.c_err;
	if (o->o_interactive)
		terminal_raw(g->g_serial);
	while (!finished(&r))
		turn(&r);
	for (int i = 0; i < 2; i++) {
		filter_end(&r.r_stream[i].st_filter);
		deliver(&r, &r.r_stream[i]);
	}
	terminal_restore();
	if (g->g_memfd != 0 && r.r_crash.cr_done)
		core_machine(o->o_core, o, &r.r_crash, g);
	return status(&r, o);
}
