/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes an hw image shorter: the file's copy of the last segment (.data, a
 * few hundred bytes at the start of a page) moves into the unused end of the
 * page before the code, when it fits.  ELF loaders follow p_offset; for
 * Multiboot 1, which loads the file as it is, the header says what the
 * image's entry has to move (platform/hw/image.lds, "MOVE").
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bake.h"

#define MB1_MAGIC	0x1badb002
#define MB1_SEARCH	8192
#define MB1_LOAD	4	/* words of the header: load address, */
#define MB1_LOAD_END	5	/* its end, */
#define MB1_TAG		8	/* "MOVE", from, to, length */
#define MOVE_TAG	0x45564f4d
#define MAX_PHDRS	16

struct compact {
	Elf64_Ehdr	 c_eh;
	Elf64_Phdr	 c_ph[MAX_PHDRS];
	Elf64_Phdr	*c_load[3];	/* constants, code, data */
	unsigned char	 c_head[MB1_SEARCH];
	size_t		 c_mb1;		/* offset of the header */
};

static bool
find_segments(int fd, struct compact *c)
{
	unsigned i, n = 0;

	if (pread(fd, &c->c_eh, sizeof(c->c_eh), 0) != sizeof(c->c_eh) ||
	    c->c_eh.e_phnum > MAX_PHDRS ||
	    pread(fd, c->c_ph, c->c_eh.e_phnum * sizeof(c->c_ph[0]),
	    (off_t)c->c_eh.e_phoff) !=
	    (ssize_t)(c->c_eh.e_phnum * sizeof(c->c_ph[0])))
		return false;
	for (i = 0; i < c->c_eh.e_phnum; i++) {
		if (c->c_ph[i].p_type != PT_LOAD)
			continue;
		if (n == 3)
			return false;
		c->c_load[n++] = &c->c_ph[i];
	}
	return n == 3;
}

static bool
find_mb1(int fd, struct compact *c)
{
	uint32_t w[MB1_TAG + 1];
	size_t off;

	if (pread(fd, c->c_head, sizeof(c->c_head), 0) !=
	    (ssize_t)sizeof(c->c_head))
		return false;
	for (off = 0; off + sizeof(w) + 12 <= sizeof(c->c_head); off += 4) {
		memcpy(w, c->c_head + off, sizeof(w));
		if (w[0] == MB1_MAGIC && w[0] + w[1] + w[2] == 0 &&
		    w[MB1_TAG] == MOVE_TAG) {
			c->c_mb1 = off;
			return true;
		}
	}
	return false;
}

static void
put32(unsigned char *p, size_t word, uint32_t value)
{

	memcpy(p + 4 * word, &value, sizeof(value));
}

static void
must(bool ok, const char *path)
{

	if (!ok)
		die("cannot write %s: %s", path, strerror(errno));
}

void
compact(const char *path)
{
	struct compact c;
	const Elf64_Phdr *ro, *text;
	Elf64_Phdr *data;
	char bytes[4096];
	uint32_t load;
	off_t to, end;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	must(fd >= 0, path);
	if (!find_segments(fd, &c) || !find_mb1(fd, &c))
		goto out;
	ro = c.c_load[0];
	text = c.c_load[1];
	data = c.c_load[2];
	to = (off_t)((ro->p_offset + ro->p_filesz + 15) & ~15UL);
	end = (off_t)(text->p_offset + text->p_filesz);
	if (data->p_filesz > sizeof(bytes) || data->p_offset < (uint64_t)end ||
	    (uint64_t)to + data->p_filesz > text->p_offset)
		goto out;
	must(pread(fd, bytes, data->p_filesz, (off_t)data->p_offset) ==
	    (ssize_t)data->p_filesz, path);
	memcpy(&load, c.c_head + c.c_mb1 + 4 * MB1_LOAD, sizeof(load));
	put32(c.c_head + c.c_mb1, MB1_LOAD_END, load + (uint32_t)end);
	put32(c.c_head + c.c_mb1, MB1_TAG + 1, load + (uint32_t)to);
	put32(c.c_head + c.c_mb1, MB1_TAG + 3, (uint32_t)data->p_filesz);
	data->p_offset = (uint64_t)to;
	must(pwrite(fd, bytes, data->p_filesz, to) ==
	    (ssize_t)data->p_filesz &&
	    pwrite(fd, c.c_head + c.c_mb1, 48, (off_t)c.c_mb1) == 48 &&
	    pwrite(fd, c.c_ph, c.c_eh.e_phnum * sizeof(c.c_ph[0]),
	    (off_t)c.c_eh.e_phoff) ==
	    (ssize_t)(c.c_eh.e_phnum * sizeof(c.c_ph[0])) &&
	    ftruncate(fd, end) == 0, path);
out:
	close(fd);
}
