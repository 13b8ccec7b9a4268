/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sendfile, copy_file_range, splice, tee and vmsplice between files, pipes,
 * sockets, a directory and devices; offsets given, not given, beyond ends and
 * in bad places; which of several reasons to fail is told.  Pipes and sockets
 * are emptied each time: Linux's hold pages, ours bytes.  Left out: sendfile
 * within a file, vmsplice into memory that ends within a buffer of Linux's
 * (nothing is taken there), a socket without O_NONBLOCK (an AF_UNIX one minds
 * SPLICE_F_NONBLOCK, a TCP one does not).
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "differ.h"

enum { A = 3, B, APPEND, RDONLY, WRONLY, DIR_, MEM, NUL, ZERO, FULL, EVENT,
    PLACE, PR, PW, QR, QW, S0, S1, NOREADER, NOWRITER, SHUT, NFD };

static char src[1 << 16], buf[1 << 18];
static int64_t *ro;
static volatile int pipes;

static void
sigpipe(int sig)
{
	(void)sig;
	pipes++;
}

/* To a fixed place, whatever was free. */
static void
at(int fd, int want)
{
	if (fd == want)
		return;
	dup2(fd, want);
	close(fd);
}

static void
pairs(void)
{
	int p[2];

	pipe2(p, O_NONBLOCK);
	at(p[1], 40);
	at(p[0], PR);
	at(40, PW);
	pipe2(p, O_NONBLOCK);
	at(p[1], 40);
	at(p[0], QR);
	at(40, QW);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
	at(p[1], 40);
	at(p[0], S0);
	at(40, S1);
	pipe2(p, O_NONBLOCK);
	close(p[0]);
	at(p[1], NOREADER);
	pipe2(p, O_NONBLOCK);
	close(p[1]);
	at(p[0], NOWRITER);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
	close(p[0]);
	at(p[1], SHUT);
}

void
differ_begin(void)
{
	int i;

	syscall(SYS_close_range, 3, ~0u, 0);
	signal(SIGPIPE, sigpipe);
	signal(SIGXFSZ, SIG_IGN);
	for (i = 0; i < (int)sizeof(src); i++)
		src[i] = (char)(i * 7 + i / 256);
	if (ro == NULL)
		ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	mkdir("d", 0755);
	at(open("a", O_RDWR | O_CREAT, 0644), A);
	at(open("b", O_RDWR | O_CREAT, 0644), B);
	at(open("b", O_WRONLY | O_APPEND), APPEND);
	at(open("a", O_RDONLY), RDONLY);
	at(open("b", O_WRONLY), WRONLY);
	at(open("d", O_RDONLY), DIR_);
	at(memfd_create("m", 0), MEM);
	at(open("/dev/null", O_RDWR), NUL);
	at(open("/dev/zero", O_RDWR), ZERO);
	at(open("/dev/full", O_RDWR), FULL);
	at(eventfd(1, EFD_NONBLOCK), EVENT);
	at(open("a", O_PATH), PLACE);
	pairs();
	i = (int)write(A, src, 20000);
}

static int64_t
anoff(void)
{
	return once_in(12) ? ONE_OF(int64_t, -1, INT64_MAX, INT64_MIN,
	    INT64_MAX - 100, 1LL << 40) : (int64_t)below(once_in(2) ? 30000 :
	    300);
}

static int
afd(void)
{
	return once_in(30) ? -1 : 3 + (int)below(NFD - 3);
}

static size_t
alen(void)
{
	return once_in(20) ? 0 : once_in(60) ? ONE_OF(size_t, SIZE_MAX,
	    SIZE_MAX / 2, SIZE_MAX / 2 + 1) :
	    1 + below(once_in(2) ? 20000 : 100);
}

/* What came out of it, which goes. */
static void
empty(const char *name, int fd)
{
	ssize_t n;

	if ((n = read(fd, buf, sizeof(buf))) >= 0)
		say(" %s %ld %08x", name, (long)n, sum(buf, (size_t)n));
}

static void
state(void)
{
	static const int files[] = { A, B, RDONLY, WRONLY, MEM };
	struct stat st;
	unsigned i;
	ssize_t n;

	empty("p", PR);
	empty("q", QR);
	empty("s0", S0);
	empty("s1", S1);
	if (pipes != 0)
		say(" SIGPIPE %d", pipes);
	pipes = 0;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		fstat(files[i], &st);
		say(" %d: %ld of %ld", files[i], (long)lseek(files[i], 0,
		    SEEK_CUR), (long)st.st_size);
		if (st.st_size > 200000)	/* it was written far behind */
			n = ftruncate(files[i], 20000);
	}
	n = pread(A, buf, 60000, 0);
	say(" a %08x", n > 0 ? sum(buf, (size_t)n) : 0);
	n = pread(B, buf, 60000, 0);
	say(" b %08x", n > 0 ? sum(buf, (size_t)n) : 0);
	n = pread(MEM, buf, 60000, 0);
	say(" m %08x", n > 0 ? sum(buf, (size_t)n) : 0);
}

/* An offset's place; *name as it is printed. */
static int64_t *
where(int64_t *off, const char **name)
{
	if (once_in(2)) {
		*name = "-";
		return NULL;
	}
	if (once_in(40)) {
		*name = "bad";
		return (int64_t *)8;
	}
	if (once_in(40)) {
		*name = "ro";
		return ro;
	}
	*name = "off";
	return off;
}

/* Then it matters in which pieces bytes are moved. */
static int
samefile(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    S_ISREG(sa.st_mode) && sa.st_ino == sb.st_ino &&
	    sa.st_dev == sb.st_dev;
}

static void
dosendfile(int in, int out, size_t len)
{
	int64_t o = anoff();
	const char *name;
	int64_t *p = where(&o, &name);
	long r;

	if (!once_in(4))
		in = ONE_OF(int, A, A, B, RDONLY, MEM, ZERO);
	/* What grows as it is read has no end. */
	if (samefile(in, out) && (in != out || p != NULL))
		return;
	if (len > 20000 && (in == ZERO || in == FULL || out <= MEM))
		len = 20000;
	say("sendfile %d %d %s %ld %zu", out, in, name, (long)o, len);
	r = RES(syscall(SYS_sendfile, out, in, p, len));
	say(" %ld %ld", r, (long)o);
}

static void
docopy(int in, int out, size_t len)
{
	int64_t o1 = anoff(), o2 = anoff();
	const char *n1, *n2;
	int64_t *p1 = where(&o1, &n1), *p2 = where(&o2, &n2);
	unsigned fl = once_in(30);
	long r;

	if (!once_in(4)) {
		in = ONE_OF(int, A, A, B, B, RDONLY);
		out = ONE_OF(int, A, B, B, WRONLY);
	}
	say("copy %d %s %ld %d %s %ld %zu %d", in, n1, (long)o1, out, n2,
	    (long)o2, len, fl);
	r = RES(syscall(SYS_copy_file_range, in, p1, out, p2, len, fl));
	say(" %ld %ld %ld", r, (long)o1, (long)o2);
}

static unsigned
aflag(void)
{
	return once_in(20) ? 1u << below(32) : below(16);
}

/* Something to take, mostly. */
static void
fill(void)
{
	size_t n = below(3000);
	ssize_t r = 0;

	if (!once_in(4))
		r = write(PW, src + below(4000), n);
	if (!once_in(4))
		r = write(QW, src + below(4000), n);
	if (!once_in(4))
		r = write(S0, src, below(3000));
	if (!once_in(4))
		r = write(S1, src, below(3000));
	(void)r;
}

static void
dosplice(int in, int out, size_t len)
{
	int64_t o1 = anoff(), o2 = anoff();
	const char *n1, *n2;
	int64_t *p1, *p2;
	unsigned fl = aflag();
	long r;

	if (once_in(3))
		out = PW;
	else if (once_in(2))
		in = PR;
	if (in == PR || in == QR || in == S0 || in == S1 || once_in(10))
		fill();
	p1 = where(&o1, &n1);
	p2 = where(&o2, &n2);
	if ((in == PR || in == QR) && !once_in(8))
		p1 = NULL;
	if ((out == PW || out == QW) && !once_in(8))
		p2 = NULL;
	say("splice %d %s %ld %d %s %ld %zu %#x", in, p1 ? n1 : "-", (long)o1,
	    out, p2 ? n2 : "-", (long)o2, len, fl);
	r = RES(syscall(SYS_splice, in, p1, out, p2, len, fl));
	say(" %ld %ld %ld", r, (long)o1, (long)o2);
}

static void
dotee(int in, int out, size_t len)
{
	unsigned fl = aflag();

	if (!once_in(4)) {
		in = ONE_OF(int, PR, PR, QR, NOWRITER);
		out = ONE_OF(int, PW, QW, QW, NOREADER);
	}
	if (!once_in(3))
		fill();
	say("tee %d %d %zu %#x %ld", in, out, len, fl, RES(syscall(SYS_tee,
	    in, out, len, fl)));
}

static void
dovmsplice(int fd)
{
	static char page[4 * 4096] __attribute__((__aligned__(4096)));
	struct iovec iov[4];
	unsigned i, n = below(5), fl = aflag() | SPLICE_F_NONBLOCK;
	int into;
	long r;

	if (!once_in(4))
		fd = ONE_OF(int, PW, PW, PR, QR, NOREADER, NOWRITER);
	into = fd == PR || fd == QR;
	if (into)
		fill();
	for (i = 0; i < 4; i++) {
		iov[i].iov_base = once_in(3) ? page : into ? buf + i * 5000 :
		    src + below(9000);
		iov[i].iov_len = ONE_OF(size_t, 0, 1, 100, 4096, 3000);
		if (once_in(20) && !into)
			iov[i].iov_base = (void *)16;
		if (once_in(80))
			iov[i].iov_len = SIZE_MAX;
	}
	if (once_in(30))
		n = ONE_OF(unsigned, 1025, INT32_MAX, UINT32_MAX);
	memset(buf, 0, sizeof(buf));
	memset(page, 0, sizeof(page));
	r = RES(syscall(SYS_vmsplice, fd, once_in(40) ? (void *)8 : iov,
	    (unsigned long)n, fl));
	say("vmsplice %d %u %#x %ld %08x", fd, n, fl, r, sum(buf, 20000));
}

void
differ_step(void)
{
	int in = afd(), out = afd();
	size_t len = alen();

	switch (below(11)) {
	case 0:
		in = ONE_OF(int, A, B, MEM, RDONLY, WRONLY);
		say("seek %d %ld", in, RES(lseek(in, below(20000), SEEK_SET)));
		break;
	case 1:
		in = ONE_OF(int, A, B, MEM);
		say("truncate %d %ld", in, RES(ftruncate(in, below(20000))));
		break;
	case 2: case 3:
		dosendfile(in, out, len);
		break;
	case 4: case 5:
		docopy(in, out, len);
		break;
	case 6:
		dotee(in, out, len);
		break;
	case 7:
		dovmsplice(in);
		break;
	default:
		dosplice(in, out, len);
	}
	state();
}

void
differ_end(void)
{
	syscall(SYS_close_range, 3, ~0u, 0);
}
