/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter: what one stream of the guest becomes before the user sees it.  It
 * does no input or output itself.  Ordinary output is never held back; only
 * from "panic: " or "fault: " (of one process only) at the beginning of a line
 * on, lines wait until they are whole, and the backtrace until the image base
 * is known.
 */
#ifndef RUMPRUN_FILTER_H
#define RUMPRUN_FILTER_H

#include "util.h"

struct crash;
struct symbols;

#define FILTER_LINE	512	/* longer lines are no panic text */
#define FILTER_FRAMES	64
#define FILTER_IDLE	500	/* ms without input: show what is held */

struct filter {
	/* Set by the owner before the first input. */
	bool	 f_stripcr;	/* take one CR before each NL away */
	bool	 f_records;	/* take exit records out */
	bool	 f_holdboot;	/* drop everything up to the boot mark */
	struct symbols *f_symbols; /* names for addresses */
	struct crash *f_crash; /* told the lines of a panic; or NULL */

	/* For the owner: the output, which it empties, and the record. */
	char	*f_out;
	size_t	 f_outlen, f_outsize;
	int	 f_status;	/* -1: no exit record yet */

	bool	 f_cr;		/* a CR that may be taken away */
	bool	 f_inrecord;
	char	*f_boot;	/* held since reset */
	bool	 f_skipcr;	/* the mark's last byte is still to come */
	size_t	 f_bootlen;
	bool	 f_panic;	/* in the text of a panic */
	bool	 f_note;	/* ... of a process only: "fault:" */
	unsigned f_nlines;	/* lines since then */
	bool	 f_fault;	/* ... which was a fault */
	char	 f_line[FILTER_LINE];
	size_t	 f_linelen, f_shown; /* shown: of these, already put out */
	char	 f_record[32];
	size_t	 f_recordlen;
	char	*f_frame[FILTER_FRAMES]; /* held lines of the backtrace */
	unsigned f_nframes;
};

void filter_init(struct filter *);
void filter_input(struct filter *, const char *, size_t);
/* Something waits for more input: call filter_idle() after FILTER_IDLE. */
bool filter_waiting(const struct filter *);
void filter_idle(struct filter *);
/* The boot mark should have come by now: show what is held instead. */
void filter_unhold(struct filter *);
/* End of the stream. */
void filter_end(struct filter *);

#endif /* RUMPRUN_FILTER_H */
