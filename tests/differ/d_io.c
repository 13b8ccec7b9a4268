/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read, write and all their kin, lseek, truncate, fallocate and fstat on a few
 * descriptors of two files, a memfd, a pipe, a directory and devices, with
 * good and bad offsets, lengths, addresses and flags.  Pipes do not block.
 * Left out, as Linux's own: how much of a pipe's page is lost when the address
 * turns bad, that a file grows to the offset, or has a page more, after a write
 * that fails with EFAULT; pages at the end of the largest file; what its tmpfs
 * and devices do not know but other files do: RWF_NOWAIT of a file, RWF_* of a
 * device and a directory, FALLOC_FL_ZERO_RANGE; SEEK_END of a directory, the
 * largest offsets of a device, lengths beyond all memory but below the sign,
 * SEEK_DATA of what fallocate has made (here data, there a hole).
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "differ.h"

#define NSLOT	8
#define SPAN	(5 * 4096)

static uint8_t *arena;		/* SPAN bytes, then nothing */
static struct iovec iov[1026];
static int bad;			/* this seed has bad addresses */

void
differ_begin(void)
{
	int i, p[2];

	bad = below(2);
	syscall(SYS_close_range, 3, ~0u, 0);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	if (arena == NULL) {
		arena = mmap(NULL, SPAN + 65536, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(arena + SPAN, 65536, PROT_NONE);
	}
	for (i = 0; i < SPAN; i++)
		arena[i] = (uint8_t)(i * 7 + i / 256);
	mkdir("d", 0755);
	i = open("a", O_RDWR | O_CREAT, 0644);
	i = open("b", O_RDWR | O_CREAT | O_APPEND, 0644);
	i = memfd_create("m", MFD_ALLOW_SEALING);
	i = pipe2(p, O_NONBLOCK);
	(void)i;
}

static int
afd(void)
{
	int r = below(40);

	return r == 0 ? -1 : r == 1 ? 1000 : r == 2 ? (int)(3u << 30) :
	    3 + r % NSLOT;
}

/* "a", of which nothing is allocated but by writing. */
static int
isa(int fd)
{
	struct stat st, sta;

	return fstat(fd, &st) == 0 && stat("a", &sta) == 0 &&
	    st.st_ino == sta.st_ino && st.st_dev == sta.st_dev;
}

static int64_t
anoff(void)
{
	switch (below(16)) {
	case 0:
		return ONE_OF(int64_t, -1, -2, INT64_MIN, INT64_MIN + 1,
		    -4096, -4097);
	case 1:
		return ONE_OF(int64_t, INT64_MAX, INT64_MAX - 1,
		    INT64_MAX - 4096, INT64_MAX - 4095, 1LL << 62,
		    INT32_MAX, UINT32_MAX, 1LL << 32);
	case 2: case 3: case 4:
		return 4096 * below(12);
	case 5:
		return 0;
	default:
		return below(50000);
	}
}

static size_t
alen(void)
{
	switch (below(12)) {
	case 0:
		return 0;
	case 1:
		return ONE_OF(size_t, 1, 2, 4095, 4096, 4097, 8192, SPAN);
	default:
		return 1 + below(once_in(3) ? SPAN : 300);
	}
}

/* Mostly, so much is there; from the first byte, when some must be. */
static void *
addr(size_t len, int some)
{
	if (once_in(25) && some && bad)
		return arena + SPAN - ONE_OF(int, 1, 2, 4096, 5000);
	if (once_in(25) && !some && bad)
		return (void *)ONE_OF(uintptr_t, 0, 1, 4096,
		    (uintptr_t)arena + SPAN, (uintptr_t)arena + SPAN - 1);
	return arena + (len < SPAN ? below((unsigned)(SPAN - len)) : 0);
}

static int
is(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static unsigned long
fill(int fd)
{
	unsigned long n = below(4), i;

	if (once_in(30))	/* what there was; not half a pipe's page */
		return ONE_OF(unsigned long, 0, 1025, (unsigned long)-1,
		    1UL << 31, is(fd, S_IFIFO) ? 0 : 1024, 100 *
		    !is(fd, S_IFIFO));
	for (i = 0; i < 1026; i++) {
		iov[i].iov_len = i < n ? alen() / 2 : 3;
		iov[i].iov_base = i < 4 ? addr(iov[i].iov_len, i == 0) : arena;
	}
	iov[0].iov_len++;
	if (is(fd, S_IFIFO))
		for (i = 0; i < n; i++)
			iov[i].iov_base = arena;
	if (once_in(20) && n > 1 && bad)	/* one is cut before */
		iov[below(3)].iov_len = ONE_OF(size_t, (size_t)-1,
		    SIZE_MAX / 2 + 1, 0);
	return n;
}

static void
state(int fd)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	if (fstat(fd, &st) == 0)
		say(" pos %ld size %ld", (long)lseek(fd, 0, SEEK_CUR),
		    S_ISREG(st.st_mode) ? (long)st.st_size : 0);
}

static void
moving(void)
{
	int fd = afd(), wr = below(2), fl = 0, kind = below(8);
	size_t len = alen();
	void *p = is(fd, S_IFIFO) ? arena : addr(len, wr);
	int64_t off = anoff();
	unsigned long n;
	struct stat st = { 0 }, now = { 0 };
	long r = 0;

	fstat(fd, &st);
	if (S_ISCHR(st.st_mode) && off > 1 << 30)
		off = 0;
	if (once_in(60) && bad)
		len = ONE_OF(size_t, (size_t)-1, SIZE_MAX / 2 + 1);
	if (once_in(50) && bad) {
		say("pwrite %d nowhere %ld", fd, RES(pwrite(fd,
		    ONE_OF(char *const, NULL, (char *)4096), 5, 0)));
		return;
	}
	switch (kind) {
	case 0: case 1:
		errno = 0;
		r = wr ? write(fd, p, len) : read(fd, p, len);
		say("%s %d %zu %ld", wr ? "write" : "read", fd, len,
		    differ_res(r));
		break;
	case 2: case 3:
		errno = 0;
		r = wr ? pwrite(fd, p, len, off) : pread(fd, p, len, off);
		say("%s %d %zu %ld %ld", wr ? "pwrite" : "pread", fd, len,
		    (long)off, differ_res(r));
		break;
	case 4:
		n = fill(fd);
		r = RES(syscall(wr ? SYS_writev : SYS_readv, fd, iov, n));
		say("%s %d %ld %ld", wr ? "writev" : "readv", fd, (long)n, r);
		break;
	case 5:
		n = fill(fd);
		r = RES(syscall(wr ? SYS_pwritev : SYS_preadv, fd, iov, n, off,
		    0));
		say("%s %d %ld %ld %ld", wr ? "pwritev" : "preadv", fd,
		    (long)n, (long)off, r);
		break;
	default:
		n = fill(fd);
		if (once_in(3))
			off = -1;
		if (once_in(3))
			fl |= 0x10;		/* RWF_APPEND */
		if (is(fd, S_IFIFO) && once_in(4))
			fl |= 8;		/* RWF_NOWAIT */
		if (once_in(4))
			fl |= 1 << below(3);
		if (once_in(40)) {
			fl = ONE_OF(int, 0x400, -1, 0x40000000);
			off = 0;
		}
		if (is(fd, S_IFCHR) || is(fd, S_IFDIR))
			fl = 0;
		r = RES(syscall(wr ? SYS_pwritev2 : SYS_preadv2, fd, iov, n,
		    off, 0, fl));
		say("%s %d %ld %ld %#x %ld", wr ? "pwritev2" : "preadv2", fd,
		    (long)n, (long)off, (unsigned)fl, r);
	}
	if (errno == EFAULT && fstat(fd, &now) == 0 &&
	    now.st_size != st.st_size)
		r = ftruncate(fd, st.st_size);
	say(" %u", sum(arena, SPAN));
	state(fd);
}

static void
limited(void)
{
	struct rlimit rl = { ONE_OF(rlim_t, 0, 1, 4096, 5000, 20000),
	    RLIM_INFINITY };
	int fd = afd(), kind = below(5);
	size_t len = alen();
	int64_t off = anoff();
	long r;

	if (isa(fd) && kind == 3)
		kind = 2;
	if (is(fd, S_IFCHR) && off > 1 << 30)
		off = 0;
	setrlimit(RLIMIT_FSIZE, &rl);
	errno = 0;
	r = kind == 0 ? write(fd, arena, len) :
	    kind == 1 ? pwrite(fd, arena, len, off) :
	    kind == 2 ? ftruncate(fd, off) :
	    kind == 3 ? fallocate(fd, 0, below(30000), 1 + below(30000)) :
	    truncate("a", below(30000));
	r = differ_res(r);
	rl.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &rl);
	say("limited %d %d %zu %ld %ld", kind, fd, len, (long)off, r);
	state(fd);
}

static void
size(void)
{
	int fd = afd(), mode = 0;
	int64_t off = anoff(), len = anoff();
	const char *n = ONE_OF(char *const, "a", "b", "d", "nope", "a/", "");

	switch (below(4)) {
	case 0:
		say("ftruncate %d %ld %ld", fd, (long)off,
		    RES(ftruncate(fd, off > 1 << 20 ? 1 << 20 : off)));
		break;
	case 1:
		say("truncate %s %ld %ld", n, (long)off,
		    RES(truncate(n, off > 1 << 20 ? 1 << 20 : off)));
		break;
	default:
		if (once_in(3))
			mode |= 1;
		if (once_in(2))
			mode |= ONE_OF(int, 1, 2, 4, 8, 0x20, 0x40, 0x200,
			    1 << 30);
		if (once_in(2))
			mode = 3;
		if (len > 60000 && (off < 0 || len <= INT64_MAX - off))
			len = 60000;	/* not all of the memory */
		if (isa(fd) && (mode & ~1) == 0)
			mode = 3;
		say("fallocate %d %#x %ld %ld %ld", fd, (unsigned)mode,
		    (long)off, (long)len, RES(fallocate(fd, mode, off, len)));
	}
	state(fd);
}

static void
sums(const char *n)
{
	static char buf[1 << 16];
	uint32_t h = 0;
	struct stat st = { 0 };
	ssize_t r;
	int fd = open(n, O_RDONLY);

	if (fd < 0)
		return;
	fstat(fd, &st);
	if (st.st_size < 1 << 22)
		while ((r = read(fd, buf, sizeof(buf))) > 0)
			h = h * 31 + sum(buf, (size_t)r);
	close(fd);
	say("sum %s %ld %ld %u", n, (long)st.st_size,
	    bad ? 0 : (long)st.st_blocks, h);
}

static void
opening(void)
{
	const char *n = ONE_OF(char *const, "a", "b", "b", "d", "/dev/null",
	    "/dev/zero", "/dev/full");
	int fd = 3 + below(NSLOT), fl = below(3), p[2];

	if (n[0] == 'd')
		fl = O_RDONLY;
	close(fd);
	switch (below(8)) {
	case 0:
		if (pipe2(p, O_NONBLOCK) == 0)
			say("pipe %d %d", p[0], p[1]);
		return;
	case 1:
		say("memfd %d", memfd_create("x", 2 * below(2)));
		return;
	case 2:
		say("dup %d %ld", fd, RES(dup(fd == 3 ? 4 : 3)));
		return;
	}
	if (once_in(4)) fl |= O_APPEND;
	if (once_in(6)) fl |= O_TRUNC;
	if (once_in(6)) fl |= ONE_OF(int, O_SYNC, O_DSYNC, O_NOATIME,
	    O_NONBLOCK, O_PATH, O_DIRECT);
	if (n[0] == 'd')
		fl &= ~O_TRUNC;
	say("open %s %#o %ld", n, (unsigned)fl, RES(open(n, fl)));
}

void
differ_step(void)
{
	int fd = afd(), w, fl;
	int64_t off = anoff();

	switch (below(20)) {
	case 0: case 1:
		opening();
		break;
	case 2: case 3: case 4:
		w = below(40) == 0 ? (int)below(9) - 2 : (int)below(5);
		if (is(fd, S_IFDIR) || (fcntl(fd, F_GETFL) & O_PATH))
			w &= 1;
		if ((w == SEEK_DATA || w == SEEK_HOLE) && (!isa(fd) ||
		    lseek(fd, 0, SEEK_END) > 1LL << 62))
			w = SEEK_CUR;
		say("lseek %d %ld %d %ld", fd, (long)off, w,
		    RES(lseek(fd, off, w)));
		break;
	case 5: case 6:
		size();
		break;
	case 7:
		limited();
		break;
	case 8:
		sums("a");
		sums("b");
		break;
	case 9:
		fl = fcntl(fd, F_GETFL);
		if (fl == -1 || (fl & O_PATH))
			break;
		say("setfl %d %ld", fd, RES(fcntl(fd, F_SETFL, (fl &
		    ~O_APPEND) | (below(2) ? O_APPEND : 0))));
		say(" fl %#o", (unsigned)fcntl(fd, F_GETFL));
		break;
	default:
		moving();
	}
}

void
differ_end(void)
{
	syscall(SYS_close_range, 3, ~0u, 0);
}
