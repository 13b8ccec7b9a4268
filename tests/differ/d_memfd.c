/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memfd_create's flags and names, through the descriptor, others of the same
 * file and mappings; memory policies of one node.
 * Left out: MFD_HUGETLB; seals and MFD_NOEXEC_SEAL are not there yet (vfs.md).
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "differ.h"

#define PG	4096L
#define NFD	4
#define NMAP	3
#define BAD	((char *)8)

static int fds[NFD];
static char *maps[NMAP], *arena;

static void
do_create(void)
{
	unsigned flags = ONE_OF(unsigned, 0, 1, 2, 3, 16, 18, 24, 32,
	    0x80000000);
	const char *n;
	char name[300];
	struct stat st;
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
	fstat(r, &st);
	say(" mode %#o nlink %d size %ld fl %#o fd %d", st.st_mode,
	    (int)st.st_nlink, (long)st.st_size, fcntl(r, F_GETFL),
	    fcntl(r, F_GETFD));
	close(fds[i]);
	fds[i] = r;
	ftruncate(r, below(3) * PG);
}

static void
do_map(int fd)
{
	int i = below(NMAP), prot = ONE_OF(int, 1, 3, 3, 0);
	int flags = once_in(4) ? MAP_PRIVATE : MAP_SHARED;
	long r;

	if (once_in(2)) {
		say("munmap %d %ld", i, RES(munmap(arena + i * PG, PG)));
		maps[i] = NULL;
		return;
	}
	r = RES(mmap(arena + i * PG, PG, prot, flags | MAP_FIXED, fd, 0));
	say("mmap %d prot %d flags %d: %ld", i, prot, flags,
	    r < 0 && r > -4096 ? r : 0);
	if (r > 0 || r < -4096)
		maps[i] = (char *)r;
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

void
differ_begin(void)
{
	int i;

	if (arena == NULL)
		arena = (char *)mmap(NULL, (NMAP + 2) * PG, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + PG;
	for (i = 0; i < NFD; i++)
		fds[i] = -1;
}

void
differ_step(void)
{
	int fd = fds[below(NFD)], k, i;
	char b[16] = "Rumpkit", path[40];
	struct stat st;
	long r;

	switch (below(12)) {
	case 0:
		do_create();
		break;
	case 1: case 2: case 3:
		do_map(fd);
		break;
	case 4:
		r = below(5) * PG + below(3);
		say("pwrite %ld: %ld", r, RES(pwrite(fd, b, 7, r)));
		break;
	case 5:
		r = below(5) * PG;
		say("ftruncate %ld: %ld", r, RES(ftruncate(fd, r)));
		break;
	case 6:
		r = below(5) * PG;
		k = ONE_OF(int, 0, 1, 3);
		say("fallocate %d %ld: %ld", k, r, RES(fallocate(fd, k, r,
		    PG)));
		break;
	case 7:
		i = below(NMAP);
		say("mprotect %d %ld", i, maps[i] == NULL ? 0 :
		    RES(mprotect(maps[i], PG, ONE_OF(int, 1, 3))));
		break;
	case 8:
		/* Another open file of the same. */
		if (fd < 0)
			break;
		sprintf(path, "/proc/self/fd/%d", fd);
		k = ONE_OF(int, O_RDONLY, O_RDWR, O_RDWR | O_TRUNC, O_WRONLY);
		r = RES(open(path, k));
		say("open %#o %ld", k, r < 0 ? r : 0);
		if (r >= 0) {
			say(" write %ld", RES(write(r, b, 3)));
			close(r);
		}
		break;
	case 9:
		say("fchmod %ld", RES(fchmod(fd, ONE_OF(int, 0644, 0755,
		    0666))));
		break;
	case 10:
		do_policy();
		break;
	default:
		memset(&st, 0, sizeof(st));
		r = RES(fstat(fd, &st));
		say("fstat %ld mode %#o size %ld", r, st.st_mode,
		    (long)st.st_size);
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
}
