/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls for what is told about programs beside their console: hw (debug
 * port 0xea, where the launcher listens; else the console), spt (standard
 * error, or the launcher's file).  Neither takes a lock of the rump kernel
 * nor gives the virtual CPU back.
 */
#ifndef RUMP_RUMPCOMP_REPORT_H
#define RUMP_RUMPCOMP_REPORT_H

#include <stddef.h>

void rumpcomp_report_write(const char *, size_t);
/*
 * True when all bytes are there to be read now.  A page that nobody has
 * touched yet may not be.
 */
int rumpcomp_report_readable(const void *, size_t);

/*
 * A setting that the launcher may write into a copy of the image: a note that
 * image.lds keeps.  Its presence tells what the image can do.
 */
#define RUMPCOMP_REPORT_TEXT	240
struct rumpcomp_report_note {
	unsigned	rn_namesz, rn_descsz, rn_type;
	char		rn_name[8];
	char		rn_what[8];
	char		rn_text[RUMPCOMP_REPORT_TEXT];	/* "": not asked for */
};
#define RUMPCOMP_REPORT_NOTE(var, what)					\
	static const struct rumpcomp_report_note var			\
	    __attribute__((__section__(".note.rumpkit." what),		\
	    __used__, __aligned__(4))) = {				\
		8, 8 + RUMPCOMP_REPORT_TEXT, 3, "Rumpkit", what, ""	\
	}

#endif /* RUMP_RUMPCOMP_REPORT_H */
