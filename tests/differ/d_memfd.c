/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memfd_create's flags and names, seals, through the descriptor, others of the
 * same file and mappings; memory policies of one node.
 * Left out: MFD_HUGETLB; sendfile of more than a page, of which a sealed file
 * takes as much as Linux's pieces happen to be long.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "differ.h"

#define PG	4096L
#define NFD	4
#define NMAP	3
#define BAD	((char *)8)
#define RWF_APPEND_ 16		/* musl has no pwritev2 */

static int fds[NFD], plain, pipes[2];
static char *maps[NMAP], *arena;

static void
describe(int fd)
{
	char path[40], name[300] = "";
	struct stat st;

	memset(&st, 0, sizeof(st));
	fstat(fd, &st);
	sprintf(path, "/proc/self/fd/%d", fd);
	readlink(path, name, sizeof(name) - 1);
	say(" mode %#o nlink %d size %ld fl %#o fd %d seals %ld name %s",
	    st.st_mode, (int)st.st_nlink, (long)st.st_size, fcntl(fd, F_GETFL),
	    fcntl(fd, F_GETFD), RES(fcntl(fd, F_GET_SEALS)), name);
}

static void
do_create(void)
{
	unsigned flags = ONE_OF(unsigned, 0, 1, 2, 2, 3, 8, 10, 16, 18, 18,
	    24, 32, 0x80000000, 21 << 26);
	const char *n;
	char name[300];
	long r;
	int i = below(NFD);

	memset(name, 'n', sizeof(name));
	name[ONE_OF(int, 0, 1, 5, 248, 249, 250, 299)] = '\0';
	name[299] = '\0';
	n = once_in(15) ? BAD : once_in(15) ? NULL : name;
	r = RES(syscall(SYS_memfd_create, n, flags));
	say("memfd_create %ld %#x: %ld", n == name ? (long)strlen(n) : (long)n,
	    flags, r < 0 ? r : 0);
	if (r < 0)
		return;
	close(fds[i]);
	fds[i] = r;
	ftruncate(r, below(3) * PG);
	describe(r);
}

/* Another one of files that are none of memfd_create. */
static int
others(void)
{
	switch (below(6)) {
	case 0: return open("f", O_RDWR | O_CREAT, 0600);
	case 1: return open("f", O_RDONLY | O_CREAT, 0600);
	case 2: return open(".", O_RDONLY);
	case 3: return open("/dev/null", O_RDWR);
	case 4: return dup(pipes[below(2)]);
	}
	return open(".", O_RDONLY | O_PATH);
}

static void
do_seal(int fd)
{
	unsigned seals = once_in(4) ? below(128) : ONE_OF(unsigned, 0, 2, 2, 4,
	    4, 8, 8, 16, 16, 32, 1, 0x80000000);
	int other = once_in(12);

	if (other)
		fd = others();
	say("seal %#x %ld", seals, RES(fcntl(fd, F_ADD_SEALS, seals)));
	say(" seals %ld", RES(fcntl(fd, F_GET_SEALS)));
	if (other)
		close(fd);
}

static void
do_map(int fd)
{
	int i = below(NMAP), prot = ONE_OF(int, 1, 3, 3, 0);
	int flags = once_in(4) ? MAP_PRIVATE : MAP_SHARED, rd = -1;
	char path[40];
	long r;

	if (once_in(2)) {
		say("munmap %d %ld", i, RES(munmap(arena + i * PG, PG)));
		maps[i] = NULL;
		return;
	}
	if (fd >= 0 && once_in(5)) {
		sprintf(path, "/proc/self/fd/%d", fd);
		fd = rd = open(path, O_RDONLY);
	}
	r = RES(mmap(arena + i * PG, PG, prot, flags | MAP_FIXED, fd, 0));
	say("mmap %d prot %d flags %d rd %d: %ld", i, prot, flags, rd >= 0,
	    r < 0 && r > -4096 ? r : 0);
	if (r > 0 || r < -4096)
		maps[i] = (char *)r;
	if (rd >= 0)
		close(rd);
}

static void
do_policy(void)
{
	unsigned long mask[20] = { ONE_OF(unsigned long, 0, 1, 1, 2, 3, 5) };
	int mode = ONE_OF(int, 0, 1, 2, 3, 4, 7, -1, 1 << 15, 1 << 14,
	    3 << 14, 2 | 1 << 15);
	unsigned long max = ONE_OF(unsigned long, 0, 1, 2, 64, 65, 100, 1024,
	    -1UL), *m = once_in(4) ? NULL : mask;
	int got = 77;
	long r;

	if (once_in(20)) m = (void *)8;
	if (once_in(2)) {
		r = RES(syscall(SYS_mbind, arena + (m == mask && once_in(20)),
		    PG, mode, m, max, m == mask && once_in(6) ? 16 : 0));
		say("mbind %#x %#lx max %ld: %ld", mode, m == mask ? mask[0] :
		    (unsigned long)m, max, r);
	} else {
		r = RES(syscall(SYS_get_mempolicy, &got, NULL, 0, NULL, 0));
		say("get_mempolicy %ld %d", r, got);
	}
}

/* Everything that writes by a descriptor. */
static void
do_write(int fd)
{
	static char big[3 * PG];
	struct iovec iov[2] = { { big, PG + 5 }, { big, PG } };
	long at = below(5) * PG + ONE_OF(int, 0, 0, 1, PG - 3), r, at2 = 0;
	int how = below(8), left = 0;

	memset(big, 'a' + below(26), sizeof(big));
	switch (how) {
	case 0:
		r = RES(pwrite(fd, big, 7, at));
		break;
	case 1:
		r = RES(pwrite(fd, big, sizeof(big), at));
		break;
	case 2:
		r = RES(pwritev(fd, iov, 2, at));
		break;
	case 3:
		lseek(fd, below(3) * PG, SEEK_SET);
		r = RES(write(fd, big, below(2) * PG + below(2)));
		at2 = lseek(fd, 0, SEEK_CUR);
		break;
	case 4:
		r = RES(sendfile(fd, plain, &at2, PG));
		break;
	case 5:
		r = RES(copy_file_range(once_in(4) ? plain : fds[below(NFD)],
		    &at2, fd, &at, PG, 0));
		break;
	case 6:
		write(pipes[1], big, 2 * PG);
		r = RES(splice(pipes[0], NULL, fd, &at, 2 * PG, 0));
		while (read(pipes[0], big, 1) == 1)
			left++;
		break;
	default:
		r = RES(syscall(SYS_pwritev2, fd, iov, 2, -1L, 0L,
		    RWF_APPEND_));
	}
	say("write %d at %ld: %ld (%ld, %d left)", how, at, r, at2, left);
}

static void
do_alloc(int fd)
{
	long off = below(5) * PG + once_in(4) * 5;
	long len = ONE_OF(long, PG, PG, 7, 2 * PG);
	int mode = ONE_OF(int, 0, 1, 3, 3);

	say("fallocate %d %ld %ld: %ld", mode, off, len, RES(fallocate(fd,
	    mode, off, len)));
}

static void
do_protect(void)
{
	int i = below(NMAP), prot = ONE_OF(int, 1, 3);
	long r;

	if (maps[i] == NULL)
		return;
	if (once_in(4)) {
		say("madvise %d %ld", i, RES(madvise(maps[i], PG,
		    MADV_REMOVE)));
		return;
	}
	r = RES(mprotect(maps[i], PG, prot));
	say("mprotect %d %d: %ld", i, prot, r);
	/* By the kernel, so that what may not be is no signal. */
	say(" read %ld", RES(pread(plain, maps[i] + 8, 30, 0)));
}

/* Another open file of the same. */
static void
do_reopen(int fd)
{
	int how = ONE_OF(int, O_RDONLY, O_RDWR, O_RDWR | O_TRUNC, O_WRONLY);
	char path[40];
	long r;

	if (fd < 0)
		return;
	sprintf(path, "/proc/self/fd/%d", fd);
	r = RES(open(path, how));
	say("open %#o %ld", how, r < 0 ? r : 0);
	if (r < 0)
		return;
	say(" write %ld", RES(write(r, path, 3)));
	say(" seal %ld", RES(fcntl(r, F_ADD_SEALS, 0)));
	close(r);
}

void
differ_begin(void)
{
	static char buf[3 * PG];
	int i;

	if (arena == NULL)
		arena = (char *)mmap(NULL, (NMAP + 2) * PG, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + PG;
	for (i = 0; i < NFD; i++)
		fds[i] = -1;
	pipe2(pipes, O_NONBLOCK);
	plain = open("plain", O_RDWR | O_CREAT, 0600);
	memset(buf, 'p', sizeof(buf));
	write(plain, buf, sizeof(buf));
}

static void
contents(int fd)
{
	static char b[8 * PG];
	long n = RES(pread(fd, b, sizeof(b), 0));

	say("contents %ld %08x", n, n > 0 ? sum(b, n) : 0);
}

void
differ_step(void)
{
	int fd = fds[below(NFD)];
	long r;

	switch (below(16)) {
	case 0: case 1:
		do_create();
		break;
	case 2: case 3: case 4:
		do_map(fd);
		break;
	case 5: case 6:
		do_write(fd);
		break;
	case 7:
		r = below(5) * PG + once_in(4);
		say("ftruncate %ld: %ld", r, RES(ftruncate(fd, r)));
		break;
	case 8:
		do_alloc(fd);
		break;
	case 9:
		do_protect();
		break;
	case 10:
		do_reopen(fd);
		break;
	case 11:
		say("fchmod %ld", RES(fchmod(fd, ONE_OF(int, 0644, 0755,
		    0666, 0777, 04666))));
		break;
	case 12:
		do_policy();
		break;
	case 13:
		contents(fd);
		break;
	case 14:
		do_seal(fd);
		break;
	default:
		if (fd >= 0)
			describe(fd);
	}
}

void
differ_end(void)
{
	int i;

	mmap(arena, NMAP * PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_FIXED, -1, 0);
	for (i = 0; i < NMAP; i++)
		maps[i] = NULL;
	for (i = 0; i < NFD; i++)
		close(fds[i]);
	close(pipes[0]);
	close(pipes[1]);
	close(plain);
}
