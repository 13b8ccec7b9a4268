/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: an arena of pages that mappings of all kinds are put into by address,
 * protected, advised, locked, moved, and touched by the program and by calls.
 * Left out: write and execute together (doc/security.md), MAP_GROWSDOWN, what
 * lies beyond the arena, which page caches are resident.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "differ.h"

#define PG	4096L
#define NPG	12
#define NFD	8		/* that are mapped */
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static char *arena;
static int fds[NFD + 1], hole[NPG];
static sigjmp_buf out;
static volatile siginfo_t got;

static void
handler(int sig, siginfo_t *si, void *ctx)
{
	(void)ctx;
	memcpy((void *)&got, si, sizeof(got));
	siglongjmp(out, sig);
}

/* Where in the arena; -1 for no page of it. */
static long
rel(const void *p)
{
	long n = (const char *)p - arena;

	return n >= 0 && n < NPG * PG ? n : -1;
}

/* A result that may be an address of the arena's. */
static long
where(long r)
{
	return r < 0 && r > -4096 ? r : rel((void *)r);
}

/* Reads or writes a byte; what happened is in buf. */
static const char *
touch(volatile char *p, int write, char *buf)
{
	if (sigsetjmp(out, 1) == 0) {
		if (write)
			*p = (char)below(256);
		snprintf(buf, 64, "%d", (unsigned char)*p);
	} else {
		snprintf(buf, 64, "sig %d code %d at %ld", got.si_signo,
		    got.si_code, rel(got.si_addr));
	}
	return buf;
}

static void
fill(int at, int n)
{
	for (; n-- > 0 && at < NPG; at++) {
		if (hole[at])
			(void)mmap(arena + at * PG, PG, PROT_NONE, ANON |
			    MAP_FIXED | MAP_NORESERVE, -1, 0);
		hole[at] = 0;
	}
}

/* Every page's contents as a call sees them, and each file's. */
static void
contents(void)
{
	static char buf[16 * PG];
	char b[NPG * 10 + 1];
	int i, p[2];

	pipe(p);
	for (i = 0; i < NPG; i++) {
		long n = RES(write(p[1], arena + i * PG, PG));

		if (n == PG) {
			read(p[0], buf, PG);
			sprintf(b + i * 10, " %08x ", sum(buf, PG));
		} else
			sprintf(b + i * 10, " %8ld ", n);
	}
	close(p[0]);
	close(p[1]);
	say("pages %s", b);
	for (i = 0; i < NFD + 1; i += i == 3 ? 5 : 3) {
		long n = RES(pread(fds[i], buf, sizeof(buf), 0));

		say(" file %d %ld %08x", i, n, sum(buf, n > 0 ? n : 0));
	}
}

/* Without stdio: what it allocates might be put into a hole. */
static void
maps(void)
{
	unsigned long from, to, off;
	static char text[65536];
	char perms[8], name[200], *line;
	int fd = open("/proc/self/maps", O_RDONLY);
	long n = 0, r;

	while ((r = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += r;
	close(fd);
	text[n] = '\0';
	for (line = strtok(text, "\n"); line != NULL;
	    line = strtok(NULL, "\n")) {
		name[0] = '\0';
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %199[^\n]", &from,
		    &to, perms, &off, name) < 4)
			continue;
		/* Neighbours that are alike may be one line or two. */
		for (; from < to; from += PG, off += PG)
			if (rel((void *)from) >= 0)
				printf("%ld%s:%lx:%s ",
				    rel((void *)from) / PG, perms,
				    strncmp(name, "/dev", 4) && *name ?
				    off : 0,
				    strncmp(name, "/memfd", 6) &&
				    name[1] != '#' ? name : "");
	}
	printf("\n");
}

static void
do_mmap(int at, int n)
{
	int prot = ONE_OF(int, 0, 1, 1, 3, 3, 3, 5);
	int flags = ONE_OF(int, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED,
	    MAP_SHARED, MAP_SHARED_VALIDATE, 0);
	int fd = flags ? (int)below(NFD + 1) - 1 : 0, i;
	int fixed = once_in(6) ? 0 : MAP_FIXED;
	long off = below(8) * PG, len = n * PG, r;

	if (once_in(3)) flags |= MAP_ANONYMOUS;
	if (once_in(8)) flags |= MAP_POPULATE;
	if (once_in(8)) flags |= MAP_NORESERVE;
	if (once_in(16)) flags |= MAP_LOCKED;
	if (once_in(16)) flags |= MAP_STACK;
	if (once_in(16)) flags |= MAP_NONBLOCK;
	if (once_in(16)) flags |= MAP_DENYWRITE;
	if (once_in(40)) flags |= 1 << (22 + below(4));
	if (once_in(60)) flags |= MAP_SYNC;
	if (once_in(20) && (fd <= 0 || fd == 3)) {
		off = ONE_OF(long, -PG, 1, 100, INT64_MAX & -PG, INT64_MIN,
		    (long)(1UL << 44), INT64_MAX & -PG & ~(7 * PG));
		fixed = MAP_FIXED;
	}
	if (fd == 5) prot &= 3;
	if (fd == 7) {
		flags |= MAP_SHARED;
		flags &= ~MAP_PRIVATE;
	}
	if (once_in(20)) len -= ONE_OF(long, 1, PG - 1, 100);
	if (once_in(30)) {
		len = ONE_OF(long, 0, -1, -PG, 1L << 47, 1L << 62);
		flags = MAP_PRIVATE;
		fd = off = 0;
		prot = 1;
	}
	if (once_in(20)) prot |= ONE_OF(int, 8, 16, 0x100, 0x40000000);
	if (once_in(30)) {
		/* Beyond the arena only what cannot be mapped. */
		r = RES(syscall(SYS_mmap, ONE_OF(char *const, arena + 1,
		    (char *)-PG, (char *)(1L << 47)), PG, 1,
		    MAP_PRIVATE | MAP_FIXED, fds[0], 0));
		say("mmap bad %ld", where(r));
		return;
	}
	/* Which of two errors is found is not compared. */
	if (fixed == 0 && (fd <= 0 || fd == 3) && ((flags & MAP_TYPE) ==
	    MAP_PRIVATE || (flags & MAP_TYPE) == MAP_SHARED))
		fixed = MAP_FIXED_NOREPLACE;
	else
		fixed = MAP_FIXED;
	flags |= fixed;
	r = RES(syscall(SYS_mmap, arena + at * PG, len, prot, flags,
	    fd < 0 ? -1 : fds[fd], off));
	say("mmap %d %ld prot %#x flags %#x fd %d off %ld: %ld", at, len,
	    prot, flags, fd, off, where(r));
	if (r >= 0 || r <= -4096)
		for (i = at; i < NPG && i < at + n; i++)
			hole[i] = 0;
}

static void
do_madvise(int at, int n)
{
	int advice = ONE_OF(int, MADV_DONTNEED, MADV_DONTNEED, MADV_FREE,
	    MADV_REMOVE, MADV_REMOVE, MADV_WILLNEED, MADV_NORMAL, MADV_RANDOM,
	    MADV_SEQUENTIAL, MADV_DONTFORK, MADV_DOFORK, MADV_WIPEONFORK,
	    MADV_KEEPONFORK, MADV_DONTDUMP, MADV_DODUMP, MADV_COLD,
	    MADV_PAGEOUT, 22, 23, 24, 5, 7,
	    -1, 26, 1000);
	long len = n * PG;

	if (once_in(10)) len -= below(PG);
	if (once_in(30)) len = ONE_OF(long, 0, -1, -PG);
	say("madvise %d %ld %d: %ld", at, len, advice,
	    RES(madvise(arena + at * PG + (once_in(40) ? 5 : 0), len, advice)));
	/* Pages that are freed may stay or go. */
	if (advice == MADV_FREE)
		madvise(arena + at * PG, n * PG, MADV_DONTNEED);
}

/*
 * A call that reads or writes the program's memory; the file is not mapped: how
 * far one gets that extends what it reads is Linux's own.
 */
static void
do_call(int at, int n)
{
	char *p = arena + at * PG + (once_in(2) ? below(PG) : 0);
	long len = once_in(2) ? n * PG : (long)below(n * PG), r;
	long off = once_in(2) ? 0 : below(3 * PG);
	int fd = fds[8], op = below(4), i;
	struct iovec iov[3];

	if (p + len > arena + NPG * PG)
		len = arena + NPG * PG - p;
	if (op < 2) {
		r = op == 0 ? RES(pread(fd, p, len, off)) :
		    RES(pwrite(fd, p, len, off));
		say("%s %ld %ld off %ld: %ld", op ? "pwrite" : "pread", rel(p),
		    len, off, r);
		return;
	}
	for (i = 0; i < 3; i++)
		iov[i] = (struct iovec){ arena + below(NPG) * PG + PG - 100,
		    below(200) };
	if (iov[0].iov_base > (void *)(arena + (NPG - 1) * PG))
		iov[0].iov_len = 5;
	r = op == 2 ? RES(preadv(fd, iov, 2, off)) :
	    RES(pwritev(fd, iov, 2, off));
	say("%s %ld,%zu %ld,%zu off %ld: %ld", op == 3 ? "pwritev" : "preadv",
	    rel(iov[0].iov_base), iov[0].iov_len, rel(iov[1].iov_base),
	    iov[1].iov_len, off, r);
}

static void
do_lock(int at, int n)
{
	char *p = arena + at * PG + (once_in(4) ? below(PG) : 0);
	long len = once_in(8) ? ONE_OF(long, 0, 1, -1, -PG) : n * PG, r;
	unsigned char vec[16];
	int k;

	if (p + len > arena + NPG * PG && len < (1L << 40))
		len = 1;
	switch (below(8)) {
	case 5:
		k = ONE_OF(int, 0, MCL_ONFAULT, 8, -1, MCL_CURRENT | 16);
		say("mlockall %d: %ld", k, RES(mlockall(k)));
		break;
	case 6: case 7:
		/* What is said of a page that is there is not compared. */
		memset(vec, 0x55, sizeof(vec));
		k = once_in(15);
		r = RES(syscall(SYS_mincore, p, len, k ? (void *)8 : vec));
		r = k && r == -ENOMEM ? -EFAULT : r;	/* or a hole */
		for (k = 0; k < 8 && vec[k] != 0x55; k++)
			;
		say("mincore %ld %ld: %ld in %d", rel(p), len, r, r ? 0 : k);
		break;
	case 0:
		say("mlock %ld %ld: %ld", rel(p), len, RES(mlock(p, len)));
		break;
	case 1:
		say("mlock2 %ld %ld: %ld", rel(p), len, RES(syscall(SYS_mlock2,
		    p, len, ONE_OF(int, 0, 1, 1, 2))));
		break;
	case 2:
		say("munlockall %ld", RES(munlockall()));
		break;
	default:
		say("munlock %ld %ld: %ld", rel(p), len, RES(munlock(p, len)));
	}
}

void
differ_begin(void)
{
	struct sigaction sa = { .sa_sigaction = handler,
	    .sa_flags = SA_SIGINFO };
	static char buf[PG];
	int i, p[2];

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	if (arena == NULL)
		arena = (char *)mmap(NULL, (NPG + 2) * PG, PROT_NONE, ANON |
		    MAP_NORESERVE, -1, 0) + PG;
	memset(hole, 1, sizeof(hole));
	fill(0, NPG);
	fds[0] = open("f", O_RDWR | O_CREAT, 0600);
	fds[1] = open("f", O_RDONLY);
	fds[2] = open("f", O_WRONLY);
	fds[3] = memfd_create("m", MFD_ALLOW_SEALING);
	fds[4] = open(".", O_RDONLY);
	pipe(p);
	fds[5] = p[0];
	close(p[1]);
	fds[6] = open("f", O_PATH);
	fds[7] = open("/dev/zero", O_RDWR);
	fds[8] = open("g", O_RDWR | O_CREAT, 0600);
	for (i = 0; i < 5; i++) {
		memset(buf, 'a' + i, sizeof(buf));
		pwrite(fds[0], buf, PG, i * PG);
		pwrite(fds[3], buf, PG, (i + 1) * PG);
		pwrite(fds[8], buf, PG - 1, (i + 1) * PG);
	}
}

void
differ_step(void)
{
	int at = below(NPG), n = 1 + below(4), k;
	char buf[64] = "Rumpkit";
	long r;

	if (at + n > NPG)
		n = NPG - at;
	switch (k = below(16)) {
	case 0: case 1: case 2:
		do_mmap(at, n);
		break;
	case 3:
		r = n * PG - (once_in(8) ? below(PG) : 0);
		if (once_in(20)) r = ONE_OF(long, 0, -1);
		k = once_in(20);
		say("munmap %d+%d %ld: %ld", at, k, r, RES(munmap(arena +
		    at * PG + k, r)));
		if (k == 0 && r > 0 && r <= n * PG)
			for (k = at; k < at + n; k++)
				hole[k] = 1;
		break;
	case 4: case 5:
		k = ONE_OF(int, 0, 1, 3, 3, 3, 5, 8 | 1, 16);
		r = n * PG - (once_in(8) ? below(PG) : 0);
		if (once_in(20)) r = ONE_OF(long, 0, -1);
		/* Locked pages that may be written to now are at once. */
		munlockall();
		say("mprotect %d %ld %#x: %ld", at, r, k,
		    RES(mprotect(arena + at * PG, r, k)));
		break;
	case 6: case 7:
		r = ONE_OF(long, 0, PG - 1, below(PG));
		say("touch %d %s", at, touch(arena + at * PG + r, k & 1, buf));
		break;
	case 8: case 9:
		do_madvise(at, n);
		break;
	case 10:
		do_lock(at, n);
		break;
	case 11:
		k = ONE_OF(int, 0, MS_SYNC, MS_ASYNC, MS_INVALIDATE, 7, 6, 8,
		    MS_SYNC | MS_ASYNC);
		say("msync %d %d %d: %ld", at, n, k, RES(syscall(SYS_msync,
		    arena + at * PG + (once_in(20) ? 1 : 0), n * PG, k)));
		break;
	case 12:
		k = ONE_OF(int, 0, 3);
		r = below(7) * PG + (once_in(2) ? below(PG) : 0);
		say("ftruncate %d %ld: %ld", k, r, RES(ftruncate(fds[k], r)));
		break;
	case 13:
		do_call(at, n);
		break;
	case 14:
		k = ONE_OF(int, 0, 3);
		r = below(6 * PG);
		say("pwrite %d %ld: %ld", k, r, RES(pwrite(fds[k], buf,
		    sizeof(buf), r)));
		break;
	default:
		contents();
		maps();
		if (once_in(4))
			fill(0, NPG);
	}
}

void
differ_end(void)
{
	int i;

	munlockall();
	memset(hole, 1, sizeof(hole));
	fill(0, NPG);
	for (i = 0; i <= NFD; i++)
		close(fds[i]);
	unlink("f");
	unlink("g");
}
