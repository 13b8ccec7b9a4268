/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes OUTPUT, the loadable part of what ld made without sections and
 * symbols, and OUTPUT.debug, all of it.  Both are written under temporary
 * names in the output's folder and then renamed, the debug file first: an
 * old image and a new debug file differ in their build ids, so a reader can
 * tell; a failure puts the old debug file back.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bake.h"

#define COPY_PIECE	(1 << 25)	/* between looks for a signal */

static char *
dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return slash == path ? xstrdup("/") :
	    fmt("%.*s", (int)(slash - path), path);
}

void
output_check(const struct bake *b)
{
	char *dir = dir_of(b->b_output), *path;
	const char *prog;
	struct stat st, in;
	size_t i, j;

	if (*base_name(b->b_output) == '\0')
		die("%s: the output must be a file name", b->b_output);
	if (stat(dir, &st) != 0)
		die("%s: cannot write the output: folder %s: %s",
		    b->b_output, dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		die("%s: cannot write the output: %s is no folder",
		    b->b_output, dir);
	if (access(dir, W_OK | X_OK) != 0)
		die("%s: cannot write into folder %s: %s", b->b_output, dir,
		    strerror(errno));
	for (i = 0; i < 2; i++) {
		path = fmt("%s%s", b->b_output, i ? ".debug" : "");
		if (stat(path, &st) != 0)
			continue;
		if (!S_ISREG(st.st_mode))
			die("%s: exists and is no ordinary file, so it is "
			    "not replaced", path);
		for (j = 0; j < b->b_nprogs; j++) {
			prog = b->b_progs[j];
			(void)prog_name(&prog);
			if (stat(prog, &in) == 0 &&
			    in.st_dev == st.st_dev && in.st_ino == st.st_ino)
				die("%s: is a program and the output", prog);
		}
	}
}

static void
write_all(int fd, const char *buf, size_t len, const char *what)
{
	ssize_t n;

	for (; len > 0; buf += n, len -= (size_t)n) {
		check_stop();
		n = write(fd, buf, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			die("cannot write %s: %s", what, strerror(errno));
	}
}

/*
 * Copies up to offset len from offset off on: the kernel does it, perhaps
 * without moving a byte, else we do.
 */
static void
copy(int in, int out, off_t off, off_t len, const char *what)
{
	size_t room = 1 << 20;
	char *buf;
	ssize_t n;

	do {
		check_stop();
		n = copy_file_range(in, &off, out, NULL,
		    len - off < COPY_PIECE ? (size_t)(len - off) : COPY_PIECE,
		    0);
	} while (n > 0 && off < len);
	buf = xrealloc(NULL, room);
	while (off < len) {
		n = pread(in, buf, len - off < (off_t)room ?
		    (size_t)(len - off) : room, off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("cannot read back what ld made: %s",
			    n ? strerror(errno) : "it is too short");
		write_all(out, buf, (size_t)n, what);
		off += n;
	}
	free(buf);
}

static int
open_temp(const char *path, char **tmpp)
{
	char *dir = dir_of(path);
	int fd;

	*tmpp = fmt("%s/.%s.XXXXXX", dir, base_name(path));
	fd = mkostemp(*tmpp, O_CLOEXEC);
	if (fd < 0)
		die("cannot write into folder %s: %s", dir, strerror(errno));
	clean_add(*tmpp);
	free(dir);
	return fd;
}

static void
close_temp(int fd, mode_t mode, const char *what)
{
	mode_t mask = umask(0);

	umask(mask);
	/* Owner always may; others as the umask says. */
	if (fchmod(fd, mode & ~(mask & 077)) != 0 || close(fd) != 0)
		die("cannot write %s: %s", what, strerror(errno));
}

/* Length of the file up to the end of what the program headers load. */
static off_t
loaded_length(int fd, Elf64_Ehdr *eh)
{
	off_t end = 0, e;
	Elf64_Phdr ph;
	unsigned i;

	if (pread(fd, eh, sizeof(*eh), 0) != sizeof(*eh) || eh->e_phnum == 0)
		die("cannot read back what ld made");
	end = (off_t)(eh->e_phoff + eh->e_phnum * sizeof(ph));
	for (i = 0; i < eh->e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(eh->e_phoff +
		    i * sizeof(ph))) != sizeof(ph))
			die("cannot read back what ld made");
		e = (off_t)(ph.p_offset + ph.p_filesz);
		if (ph.p_type != PT_NULL && ph.p_filesz && e > end)
			end = e;
	}
	return end;
}

static void
objcopy(const struct bake *b, const char *options, const char *arg,
    const char *from, const char *to)
{
	struct strv av = { 0 };
	char *text;

	strv_add(&av, "objcopy");
	strv_add(&av, options);
	if (arg)
		strv_add(&av, arg);
	strv_add(&av, from);
	strv_add(&av, to);
	if (run(b, av.v, &text) != 0)
		die("%s: %s", b->b_output, *text ?
		    strtok(text, "\n") : "objcopy failed");
}

/* Copies the first len bytes (-1: all) of from; eh replaces the header. */
static char *
write_copy(const char *path, const char *from, off_t len, mode_t mode,
    const Elf64_Ehdr *eh)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	off_t off = eh ? (off_t)sizeof(*eh) : 0;
	struct stat st;
	char *tmp;

	if (in < 0 || fstat(in, &st) != 0)
		die("cannot read back what ld made: %s", strerror(errno));
	out = open_temp(path, &tmp);
	if (eh)
		write_all(out, (const char *)eh, sizeof(*eh), path);
	copy(in, out, off, len < 0 ? st.st_size : len, path);
	close_temp(out, mode, path);
	close(in);
	return tmp;
}

/* Only what is loaded: neither symbols nor section headers. */
static char *
write_bare(const struct bake *b, const char *elf)
{
	int in = open(elf, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr eh;
	off_t len;

	if (in < 0)
		die("cannot read back what ld made: %s", strerror(errno));
	len = loaded_length(in, &eh);
	close(in);
	eh.e_shoff = 0;
	eh.e_shnum = eh.e_shstrndx = 0;
	return write_copy(b->b_output, elf, len, 0755, &eh);
}

/*
 * An image that is a Linux program keeps its section headers and names its
 * debug file, so that gdb and perf find it.
 */
static char *
write_linked(const struct bake *b, const char *elf, const char *debugelf)
{
	char *out = fmt("%s/image.strip", b->b_tmp), *name;

	/* objcopy wants it under its later name, for the checksum. */
	name = fmt("%s/d", b->b_tmp);
	if (mkdir(name, 0700) != 0)
		die("cannot make folder %s: %s", name, strerror(errno));
	name = fmt("%s/d/%s.debug", b->b_tmp, base_name(b->b_output));
	if (link(debugelf, name) != 0)
		die("cannot make %s: %s", name, strerror(errno));
	objcopy(b, "--strip-all", fmt("--add-gnu-debuglink=%s", name), elf,
	    out);
	return write_copy(b->b_output, out, -1, 0755, NULL);
}

/*
 * ld takes a PIE with a base for an ordinary executable; gdb, given a core
 * file, looks for its real address only when its type says that it has one.
 */
static void
dynamic_header(const char *elf, Elf64_Ehdr *eh)
{
	int fd = open(elf, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, eh, sizeof(*eh), 0) != sizeof(*eh))
		die("cannot read back what ld made: %s", strerror(errno));
	close(fd);
	eh->e_type = ET_DYN;
}

void
output_write(const struct bake *b, const struct linked *l)
{
	char *debug = fmt("%s.debug", b->b_output), *tmp[2], *old;
	const char *debugelf = l->l_elf;
	Elf64_Ehdr eh;
	bool had;

	/* With a root file system its pages stay out of the debug file. */
	if (b->b_rootfs) {
		debugelf = fmt("%s/image.debug", b->b_tmp);
		objcopy(b, "--only-keep-debug", NULL, l->l_elf, debugelf);
	}
	if (strcmp(l->l_platform, "spt") == 0)
		tmp[0] = write_linked(b, l->l_elf, debugelf);
	else
		compact(tmp[0] = write_bare(b, l->l_elf));
	dynamic_header(debugelf, &eh);
	tmp[1] = write_copy(debug, debugelf, -1, 0644, &eh);
	check_stop();
	old = fmt("%s.old", tmp[1]);
	had = link(debug, old) == 0;
	if (had)
		clean_add(old);
	if (rename(tmp[1], debug) != 0)
		die("cannot write %s: %s", debug, strerror(errno));
	clean_forget(tmp[1]);
	if (rename(tmp[0], b->b_output) != 0) {
		int error = errno;

		if (had ? rename(old, debug) : unlink(debug))
			warn("%s could not be put back", debug);
		die("cannot write %s: %s", b->b_output, strerror(error));
	}
	clean_forget(tmp[0]);
	if (had && unlink(old) == 0)
		clean_forget(old);
}
