/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every system call with arguments of all sorts, structures full of pointers
 * to anywhere among them: whatever they are, only memory that is there is
 * read, each call is one line of printable text, and the numbers are as the
 * words of the call say.
 */
/* components: calls trace */
#include <rump/rump.h>
#include <rump/rumpcomp_report.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kern/calls.h>

#include "../../check.h"

#define ARENA	8192
#define ROUNDS	400		/* of all calls */

long	rump_calls_gate(const struct rump_calldesc *, const long *);

static unsigned char *arena;		/* exactly so long: ASan watches */
static char line[1 << 20];
static size_t nline;
static uint64_t seed = 88172645463325252;
static long result;

/*
 * The descriptions name all gates; what those of programs need is not on this
 * host, and no gate is called.
 */
#define NONE(f)	void f(void);						\
		void __attribute__((__weak__)) f(void) { abort(); }
NONE(rumpcomp_user_enter) NONE(rumpcomp_user_gettp) NONE(rumpcomp_user_settp)
NONE(rumpcomp_vm_arena) NONE(rumpcomp_vm_copy) NONE(rumpcomp_vm_discard)
NONE(rumpcomp_vm_limit) NONE(rumpcomp_vm_map) NONE(rumpcomp_vm_move)
NONE(rumpcomp_vm_protect) NONE(rumpcomp_vm_resident) NONE(rumpcomp_vm_unmap)

void
rumpcomp_report_write(const char *s, size_t len)
{

	CHECK(nline + len < sizeof(line));
	memcpy(line + nline, s, len);
	nline += len;
}

int
rumpcomp_report_readable(const void *p, size_t len)
{
	uintptr_t off = (uintptr_t)p - (uintptr_t)arena;

	return off <= ARENA && len <= ARENA - off;
}

static uint64_t
random64(void)
{

	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static long
anything(void)
{
	uint64_t r = random64();

	switch (r >> 60) {
	case 0: case 1: case 2: case 3: case 4: case 5: case 6:
		return (long)(uintptr_t)(arena + (r & 0xffff) % ARENA);
	case 7:
		return (long)(uintptr_t)(arena + ARENA - (r & 31));
	case 8:
		return 0;
	case 9: case 10: case 11:
		return (long)(r & 0xff);
	case 12:
		return (long)(r & 0xffffff);
	case 13:
		return -(long)(r & 0xfff);
	case 14:
		return (long)(1UL << (r & 63));
	}
	return (long)r;
}

static void
fill(void)
{
	size_t i;
	long v;

	for (i = 0; i + sizeof(v) <= ARENA; i += sizeof(v)) {
		v = anything();
		memcpy(arena + i, &v, sizeof(v));
	}
}

static long
gate(long a, long b, long c, long d, long e, long f)
{

	(void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	return result;
}

static void
one(const struct rump_calldesc *cd)
{
	struct rump_calldesc copy = *cd;
	long arg[6];
	size_t i;

	for (i = 0; i < 6; i++)
		arg[i] = anything();
	copy.cd_gate = gate;
	result = random64() & 1 ? (long)(random64() & 0x1ff) :
	    anything();
	nline = 0;
	CHECK_EQ(rump_calls_gate(&copy, arg), result);
	CHECK(nline > 2 && line[nline - 1] == '\n');
	line[nline] = '\0';
	CHECK(strstr(line, cd->cd_name) != NULL);
	for (i = 0; i < nline; i++)
		if ((line[i] < ' ' && line[i] != '\n') || line[i] > '~') {
			printf("%s: byte %#x\n", cd->cd_name, line[i] & 0xff);
			exit(1);
		}
	/* Those that never return do here. */
	if (cd->cd_nr != 15 && cd->cd_nr != 60 && cd->cd_nr != 231 &&
	    cd->cd_nr != 601)
		CHECK_EQ(strchr(line, '\n') - line, (long)nline - 1);
}

/* One call with this result, and its line behind the "] ". */
static const char *
said(const struct rump_calldesc *cd, long r, long a, long b, long c, long d)
{
	struct rump_calldesc copy = *cd;
	const long arg[6] = { a, b, c, d };

	copy.cd_gate = gate;
	result = r;
	nline = 0;
	(void)rump_calls_gate(&copy, arg);
	line[nline] = '\0';
	return strstr(line, "] ") + 2;
}

static void
same(const char *got, const char *want)
{

	if (strcmp(got, want) == 0)
		return;
	printf("got  %swant %s", got, want);
	exit(1);
}

#define CALL(nr) rump_calls_bynr[nr]
#define P(p)	((long)(uintptr_t)(p))

static void
address6(const char *bytes, const char *text)
{
	char want[200];

	memset(arena, 0, 28);
	arena[0] = 10;
	arena[3] = 80;
	memcpy(arena + 8, bytes, 16);
	snprintf(want, sizeof(want), "bind(3, {sa_family=AF_INET6, "
	    "sin6_port=htons(80), sin6_flowinfo=htonl(0), "
	    "inet_pton(AF_INET6, \"%s\", &sin6_addr), sin6_scope_id=0}, 28) "
	    "= 0\n", text);
	same(said(CALL(49), 0, 3, P(arena), 28, 0), want);
}

static void
known(void)
{
	static const int status[] = { 0x300, 9, 0x8b, 0x137f, 0xffff };
	static const char *const words[] = {
		"WIFEXITED(s) && WEXITSTATUS(s) == 3",
		"WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL",
		"WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)",
		"WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP", "WIFCONTINUED(s)",
	};
	char want[200];
	unsigned i;

	address6("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "::1");
	address6("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "::");
	address6("\x20\1\xd\xb8\0\0\0\0\0\1\0\0\0\0\0\1", "2001:db8::1:0:0:1");
	address6("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "fe80::");
	address6("\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0", "1:2:3:4:5:6:7:0");
	memcpy(arena, "\2\0\1\xbb\177\0\0\1\0\0\0\0\0\0\0\0", 16);
	same(said(CALL(42), -111, 3, P(arena), 16, 0), "connect(3, "
	    "{sa_family=AF_INET, sin_port=htons(443), "
	    "sin_addr=inet_addr(\"127.0.0.1\")}, 16) = -1 ECONNREFUSED "
	    "(Connection refused)\n");
	for (i = 0; i < 5; i++) {
		memcpy(arena, &status[i], sizeof(status[i]));
		snprintf(want, sizeof(want), "wait4(-1, [{%s}], 0, NULL) = "
		    "12\n", words[i]);
		same(said(CALL(61), 12, -1, P(arena), 0, 0), want);
	}
	memset(arena, 0xff, 8);
	same(said(CALL(14), 0, 2, P(arena), 0, 8),
	    "rt_sigprocmask(SIG_SETMASK, ~[], NULL, 8) = 0\n");
	same(said(CALL(202), 1, 4096, 1 | 128, 2, 0),
	    "futex(0x1000, FUTEX_WAKE_PRIVATE, 2) = 1\n");
	same(said(CALL(41), -97, 17, 3 | 04000, 8, 0),
	    "socket(AF_PACKET, SOCK_RAW|SOCK_NONBLOCK, 8) = -1 EAFNOSUPPORT "
	    "(Address family not supported by protocol)\n");
	same(said(CALL(95), 0, 0, 0, 0, 0), "umask(000) = 000\n");
	same(said(CALL(62), 0, 1, 34, 0, 0), "kill(1, SIGRT_2) = 0\n");
}

int
main(void)
{
	int i, nr;

	setenv("RUMP_TRACE", "all", 1);
	CHECK_EQ(rump_init(), 0);
	CHECK_EQ(rump_pub_lwproc_rfork(0), 0);
	arena = malloc(ARENA);
	known();
	for (i = 0; i < ROUNDS; i++) {
		fill();
		for (nr = 0; nr < RUMP_CALLS_MAXNR; nr++)
			if (rump_calls_bynr[nr] != NULL)
				one(rump_calls_bynr[nr]);
	}
	free(arena);
	return check_done();
}
