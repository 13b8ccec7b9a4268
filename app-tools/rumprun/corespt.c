/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process's memory as a core: it is stopped at its exit (ptrace), so all of
 * it is there.  Pages that were never touched are left out without looking,
 * since looking would make them.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"

#define PM_THERE	(3UL << 62)	/* in memory or in swap */

static bool
read_page(struct core *c, uint64_t va, void *page)
{
	return pread(c->c_fd, page, CORE_PAGE, (off_t)va) ==
	    (ssize_t)CORE_PAGE;
}

/* Of anonymous memory, the pages that are there. */
static void
add_present(struct core *c, int pagemap, uint64_t va, uint64_t end,
    uint32_t flags)
{
	uint64_t e[512], n;

	for (; va < end; va += n * CORE_PAGE) {
		n = (end - va) / CORE_PAGE < 512 ? (end - va) / CORE_PAGE :
		    512;
		if (pread(pagemap, e, n * 8, (off_t)(va / CORE_PAGE * 8)) !=
		    (ssize_t)(n * 8))
			memset(e, 0xff, sizeof(e));
		for (uint64_t i = 0; i < n; i++)
			if (e[i] & PM_THERE)
				core_add(c, va + i * CORE_PAGE, CORE_PAGE,
				    flags);
	}
}

/* A line of /proc/PID/maps. */
static void
add_mapping(struct core *c, int pagemap, const char *line)
{
	unsigned long start, end, inode;
	uint32_t flags;
	char prot[5];

	if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end, prot,
	    &inode) != 4 || prot[0] != 'r' || strstr(line, "[v") != NULL)
		return;
	flags = PF_R | (prot[1] == 'w' ? PF_W : 0) |
	    (prot[2] == 'x' ? PF_X : 0);
	if (inode != 0)
		core_add(c, start, end - start, flags);
	else
		add_present(c, pagemap, start, end, flags);
}

static int
open_proc(pid_t pid, const char *name)
{
	char *path = xasprintf("/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	return fd;
}

void
core_process(const char *path, const struct options *o,
    const struct crash *cr, pid_t pid)
{
	struct core c = {
		.c_crash = cr, .c_image = o->o_image, .c_read = read_page,
		.c_limit = CORE_LIMIT(o->o_memory),
		.c_symbols = symbols_new(o->o_image, o->o_symbols),
		.c_fd = open_proc(pid, "mem"),
	};
	int fd = open_proc(pid, "maps"), pagemap = open_proc(pid, "pagemap");
	FILE *maps = fd != -1 ? fdopen(fd, "r") : NULL;
	char *line = NULL;
	size_t size = 0;

	if (c.c_fd == -1 || maps == NULL) {
		note("--core %s: /proc/%d: %s", path, (int)pid,
		    strerror(errno));
		return;
	}
	while (getline(&line, &size, maps) != -1)
		add_mapping(&c, pagemap, line);
	free(line);
	fclose(maps);
	core_write(&c, path);
	close(c.c_fd);
	close(pagemap);
}
