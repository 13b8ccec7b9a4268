/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory as the kernel sees it, so that what is not there is no signal. */
#ifndef TESTS_PAGES_H
#define TESTS_PAGES_H

#include "differ.h"

#define PG	4096L
#define MAXPG	64		/* of say_pages() */

/* A line: each of n pages' sum, or -errno. */
static inline void
say_pages(const char *what, const char *p, int n)
{
	static char line[MAXPG * 9 + 1], page[PG];
	int i, fd[2];

	pipe(fd);
	for (i = 0; i < n; i++) {
		long r = RES(write(fd[1], p + i * PG, PG));

		if (r == PG)
			read(fd[0], page, PG);
		sprintf(line + i * 9, r == PG ? " %8x" : " %8d", r == PG ?
		    (int)sum(page, PG) : (int)r);
	}
	close(fd[0]);
	close(fd[1]);
	say("%s%s", what, line);
}

#endif /* TESTS_PAGES_H */
