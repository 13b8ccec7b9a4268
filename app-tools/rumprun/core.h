/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core: an ELF core file of a guest that crashed, for gdb and its like.
 *
 * Memory is read page by page at the guest's virtual addresses, through a
 * function of the platform's; registers come from the report, and from where
 * a switch put them for the threads that did not run.
 */
#ifndef RUMPRUN_CORE_H
#define RUMPRUN_CORE_H

#include "launch.h"
#include "crash.h"
#include "symbols.h"

#define CORE_PAGE	4096UL
/* A page may be mapped several times, but not any number of times. */
#define CORE_LIMIT(memory)	(4 * (memory) + (64UL << 20))

struct coreseg {
	uint64_t	 cs_va, cs_len;	/* whole pages */
	uint32_t	 cs_flags;	/* PF_* */
};

struct core {
	const struct crash *c_crash;
	struct symbols	*c_symbols;
	const char	*c_image;
	/* The page at va; false when it cannot be read. */
	bool		(*c_read)(struct core *, uint64_t va, void *page);
	int		 c_fd;		/* c_read's: /proc/PID/mem */
	const unsigned char *c_ram;	/* c_read's: the machine's memory */
	uint64_t	 c_ramsize, c_ramlow; /* low: what lies below 4 GiB */
	uint64_t	 c_cr3;
	unsigned	 c_ntables;	/* looked at */
	uint64_t	 c_limit;	/* bytes of memory to write at most */
	struct coreseg	*c_seg;		/* ascending */
	size_t		 c_nseg;
};

/* Pages from va on, after all that were added before. */
void core_add(struct core *, uint64_t va, uint64_t len, uint32_t flags);
/* len bytes at va, which may cross pages; false when they are not there. */
bool core_bytes(struct core *, uint64_t va, void *buf, size_t len);
/* Writes the file and says so, or why not. */
void core_write(struct core *, const char *path);

/* From the memory of a machine that has ended; or of a stopped process. */
void core_machine(const char *path, const struct options *,
    const struct crash *, const struct guest *);
void core_process(const char *path, const struct options *,
    const struct crash *, pid_t);

#endif /* RUMPRUN_CORE_H */
