/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mremap: windows with room after each mapping, which grows, shrinks and moves.
 * Where the kernel chooses the place it is none in the arena, whose holes are
 * filled meanwhile; then it is moved back.  Left out: ranges of several
 * mappings (Linux 6.17 moves some).
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "pages.h"

#define NWIN	6
#define WIN	6			/* pages of a window */
#define NPG	(NWIN * WIN)
#define FIX	MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE

struct win {
	int	 pages, kind;		/* 0: nothing is mapped */
};

static char *arena;
static struct win wins[NWIN];
static int fd, other, filled[NPG];

static char *
addr(int w)
{
	return arena + w * WIN * PG;
}

static long
where(long r)
{
	long n = (char *)r - arena;

	return r < 0 && r > -4096 ? r : n >= 0 && n < NPG * PG ? n : 1000000;
}

static void
contents(void)
{
	static char page[PG];

	say_pages("pages", arena, NPG);
	pread(fd, page, PG, below(8) * PG);
	say(" file %08x", sum(page, PG));
}

static void
clear(int w)
{
	munmap(addr(w), WIN * PG);
	wins[w] = (struct win){ 0, 0 };
}

static void
make(int w)
{
	int pages = 1 + below(4), kind = below(5), prot = PROT_READ |
	    PROT_WRITE, i;
	long off = below(4) * PG;

	clear(w);
	if (kind == 0)
		mmap(addr(w), pages * PG, prot, MAP_FIXED | MAP_PRIVATE |
		    MAP_ANONYMOUS, -1, 0);
	else if (kind == 1)
		mmap(addr(w), pages * PG, prot, MAP_FIXED | MAP_SHARED |
		    MAP_ANONYMOUS, -1, 0);
	else
		mmap(addr(w), pages * PG, kind == 4 ? PROT_READ : prot,
		    MAP_FIXED | (kind == 2 ? MAP_SHARED : MAP_PRIVATE), fd,
		    off);
	wins[w] = (struct win){ pages, kind };
	for (i = 0; kind < 4 && i < pages; i++)
		if (once_in(2))
			addr(w)[i * PG + 5] = below(256);
	say("make %d pages %d kind %d off %ld", w, pages, kind, off);
}

/* No hole is left, or only those that were. */
static void
fill(int on)
{
	int i;

	for (i = 0; i < NPG; i++) {
		if (on)
			filled[i] = mmap(arena + i * PG, PG, PROT_NONE,
			    FIX | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED;
		else if (filled[i])
			munmap(arena + i * PG, PG);
	}
}

/* In its place. */
static void
resize(int w)
{
	int pages = below(WIN + 1), old = wins[w].pages;
	long r;

	r = RES(mremap(addr(w), old * PG, pages * PG, 0));
	say("resize %d %d to %d: %ld", w, old, pages, where(r));
	if (where(r) >= 0)
		wins[w].pages = pages;
}

static void
move(int w)
{
	int pages = 1 + below(WIN), old = wins[w].pages, to;
	int flags = MREMAP_MAYMOVE | (once_in(4) ? MREMAP_DONTUNMAP : 0);
	long r, r2;

	if (flags & MREMAP_DONTUNMAP)
		pages = old;
	fill(1);
	r = RES(mremap(addr(w), old * PG, pages * PG, flags));
	fill(0);
	say("move %d %d to %d %d: %ld", w, old, pages, flags, where(r));
	if (where(r) == 1000000) {
		/* What was left is like new. */
		do
			to = below(NWIN);
		while (to == w);
		r2 = RES(mremap((void *)r, pages * PG, pages * PG,
		    MREMAP_MAYMOVE | MREMAP_FIXED, addr(to)));
		say(" back to %d: %ld", to, where(r2));
		munmap(addr(to) + pages * PG, (WIN - pages) * PG);
		wins[to] = (struct win){ pages, wins[w].kind };
		if (!(flags & MREMAP_DONTUNMAP))
			wins[w] = (struct win){ 0, 0 };
	} else if (where(r) >= 0)
		wins[w].pages = pages;
}

static void
fixed(int w)
{
	int pages = 1 + below(WIN), old = wins[w].pages, to = below(NWIN);
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	int part = once_in(3) && old > 1, second = once_in(6);
	char *from = addr(w) + part * PG;
	long r;

	old -= part;
	if (once_in(5)) flags |= MREMAP_DONTUNMAP;
	if (once_in(20)) flags &= ~MREMAP_MAYMOVE;
	if (second && to != w)
		old = 0;
	if (flags & MREMAP_DONTUNMAP && once_in(2))
		pages = old;
	r = RES(mremap(from, old * PG, pages * PG, flags, addr(to)));
	say("fixed %d+%d %d to %d %d flags %d: %ld", w, part, old, to, pages,
	    flags, where(r));
	if (where(r) < 0)
		return;
	munmap(addr(to) + pages * PG, (WIN - pages) * PG);
	wins[to] = (struct win){ pages, wins[w].kind };
	if (old == 0 || flags & MREMAP_DONTUNMAP)
		return;
	wins[w].pages = part;
	if (part == 0)
		wins[w].kind = 0;
}

/* Its last page goes; what was there comes back when it grows. */
static void
part(int w)
{
	if (wins[w].pages < 2)
		return;
	wins[w].pages--;
	say("part %d %ld", w, RES(munmap(addr(w) + wins[w].pages * PG, PG)));
}

static void
bad(int w)
{
	char *p = addr(w), *to = addr((w + 1) % NWIN);
	long len = wins[w].pages * PG, r;
	int how = below(11);

	if (wins[w].pages == WIN)
		return;			/* another one may follow */
	switch (how) {
	case 0: r = RES(mremap(p + 1, len, PG, 0)); break;
	case 1: r = RES(mremap(p, len, 0, 0)); break;
	case 2: r = RES(mremap(p, len, PG, 8)); break;
	case 3: r = RES(mremap(p, len, PG, MREMAP_FIXED, to)); break;
	case 4: r = RES(mremap(p, len, PG, MREMAP_FIXED | MREMAP_MAYMOVE,
	    to + 1)); break;
	case 5: r = RES(mremap(p, len, len, MREMAP_FIXED | MREMAP_MAYMOVE,
	    p)); break;
	case 6: r = RES(mremap(p, len, len, MREMAP_DONTUNMAP)); break;
	case 7: r = RES(mremap(p, len, len + PG, MREMAP_DONTUNMAP |
	    MREMAP_MAYMOVE)); break;
	case 8: r = RES(mremap(p, len + PG, len + 2 * PG, MREMAP_MAYMOVE));
	    break;
	case 9: r = RES(mremap(p, len, -1, MREMAP_MAYMOVE)); break;
	default: r = RES(mremap(p, len, PG, MREMAP_FIXED | MREMAP_MAYMOVE,
	    (void *)(1L << 47)));
	}
	say("bad %d %d: %ld", w, how, where(r));
}

void
differ_begin(void)
{
	static char buf[PG];
	int i;

	if (arena == NULL)
		arena = (char *)mmap(NULL, (NPG + 2) * PG, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + PG;
	fd = open("f", O_RDWR | O_CREAT, 0600);
	other = open("g", O_RDWR | O_CREAT, 0600);
	for (i = 0; i < 12; i++) {
		memset(buf, 'a' + i, PG);
		write(fd, buf, PG);
		write(other, buf, PG);
	}
	for (i = 0; i < NWIN; i++)
		clear(i);
}

void
differ_step(void)
{
	int w = below(NWIN), i;

	if (wins[w].pages == 0) {
		make(w);
		return;
	}
	switch (below(12)) {
	case 0:
		make(w);
		break;
	case 9:
		part(w);
		break;
	case 11:
		i = ONE_OF(int, 0, 1, 3, 3, 3);
		say("protect %d %d %ld", w, i, RES(mprotect(addr(w),
		    wins[w].pages * PG, i)));
		break;
	case 10:
		i = below(wins[w].pages);
		say("remove %d+%d %ld", w, i, RES(madvise(addr(w) + i * PG, PG,
		    once_in(2) ? MADV_REMOVE : MADV_DONTNEED)));
		break;
	case 1: case 2:
		resize(w);
		break;
	case 3: case 4:
		move(w);
		break;
	case 5: case 6:
		fixed(w);
		break;
	case 7:
		bad(w);
		break;
	default:
		for (i = 0; i < wins[w].pages; i++)
			if (once_in(2))
				say("read %ld", RES(pread(other, addr(w) +
				    i * PG + 9, 30, below(12) * PG)));
		contents();
	}
}

void
differ_end(void)
{
	int i;

	for (i = 0; i < NWIN; i++)
		clear(i);
	mmap(arena, NPG * PG, PROT_NONE, FIX, -1, 0);
	close(fd);
	close(other);
	unlink("f");
	unlink("g");
}
