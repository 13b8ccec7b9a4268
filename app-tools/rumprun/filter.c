/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter's stages: exit record, boot mark, CR, panic text.  Output goes
 * through them one after the other; each may keep some.  The texts are fixed
 * in doc/contracts.md.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "launch.h"
#include "crash.h"
#include "symbols.h"

#define PANIC_LINES	256		/* then it was no panic */
#define BOOT_MAX	(256 << 10)	/* then it is no loader of ours */

void
filter_init(struct filter *f)
{
	memset(f, 0, sizeof(*f));
	f->f_status = -1;
}

static void
put(struct filter *f, const char *s, size_t len)
{
	if (len == 0)
		return;
	if (f->f_outlen + len > f->f_outsize) {
		f->f_outsize = (f->f_outlen + len) * 2;
		f->f_out = realloc(f->f_out, f->f_outsize);
		if (f->f_out == NULL)
			fail("out of memory");
	}
	memcpy(f->f_out + f->f_outlen, s, len);
	f->f_outlen += len;
}

/* Puts the held backtrace out, with names when base is known. */
static void
release_frames(struct filter *f, const uint64_t *base)
{
	uint64_t addr;
	char *names;

	for (unsigned i = 0; i < f->f_nframes; i++) {
		char *line = f->f_frame[i];
		size_t len = strcspn(line, "\r\n");

		put(f, line, len);
		addr = strtoull(strstr(line, " 0x") + 3, NULL, 16);
		/*
		 * A return address may belong to the next line, or even
		 * function: the call lies before it.  A fault's first
		 * address is the faulting instruction.
		 */
		if (!f->f_fault || strstr(line, "#0 ") == NULL)
			addr--;
		names = base == NULL || f->f_symbols == NULL ? NULL :
		    symbols_describe(f->f_symbols, addr - *base);
		if (names != NULL) {
			put(f, " ", 1);
			put(f, names, strlen(names));
			free(names);
		}
		put(f, line + len, strlen(line + len));
		free(line);
	}
	f->f_nframes = 0;
}

static bool
is_frame(const char *line)
{
	line += strspn(line, " ");
	if (*line++ != '#')
		return false;
	line += strspn(line, "0123456789");
	return strncmp(line, " 0x", 3) == 0;
}

static bool
starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* A whole line, with its NL, inside the text of a panic. */
static void
panic_line(struct filter *f)
{
	char *line = f->f_line;
	uint64_t base;

	if (f->f_crash != NULL && !f->f_note)
		crash_line(f->f_crash, line);
	if (is_frame(line) && f->f_shown == 0 &&
	    f->f_nframes < FILTER_FRAMES) {
		f->f_frame[f->f_nframes++] = xstrdup(line);
		return;
	}
	/* The rest of the line "panic: cause, ..., vector N, ...". */
	if (f->f_nlines == 0)
		f->f_fault = strstr(line, ", vector ") != NULL;
	if (starts(line, "image-base: ")) {
		base = strtoull(line + strlen("image-base: "), NULL, 16);
		release_frames(f, &base);
	} else {
		release_frames(f, NULL);
	}
	put(f, line + f->f_shown, f->f_linelen - f->f_shown);
	if (starts(line, "end-of-panic") || starts(line, "end-of-fault") ||
	    ++f->f_nlines > PANIC_LINES)
		f->f_panic = false;
}

/* Shows what is held of an unfinished line. */
static void
show_partial(struct filter *f)
{
	release_frames(f, NULL);
	put(f, f->f_line + f->f_shown, f->f_linelen - f->f_shown);
	f->f_shown = f->f_linelen;
}

/* One byte inside the text of a panic. */
static void
panic_byte(struct filter *f, char c)
{
	if (f->f_linelen < FILTER_LINE - 1) {
		f->f_line[f->f_linelen++] = c;
	} else {
		show_partial(f);
		put(f, &c, 1);
	}
	if (c != '\n')
		return;
	f->f_line[f->f_linelen] = '\0';
	panic_line(f);
	f->f_linelen = f->f_shown = 0;
}

/* Outside of it: passes at once, the beginning of each line is looked at. */
static void
panic_stage(struct filter *f, const char *s, size_t n)
{
	static const char head[] = "panic: ", note[] = "fault: ";
	const char *nl;
	size_t len, room;

	for (; n != 0; s += len, n -= len) {
		if (f->f_panic) {
			panic_byte(f, *s);
			len = 1;
			continue;
		}
		nl = memchr(s, '\n', n);
		len = nl != NULL ? (size_t)(nl - s) + 1 : n;
		room = sizeof(head) - 1 - f->f_linelen;
		if (room > len)
			room = len;
		memcpy(f->f_line + f->f_linelen, s, room);
		f->f_linelen += room;
		f->f_note = memcmp(f->f_line, note, sizeof(note) - 1) == 0;
		f->f_panic = room != 0 && f->f_linelen == sizeof(head) - 1 &&
		    (memcmp(f->f_line, head, sizeof(head) - 1) == 0 ||
		    f->f_note);
		if (f->f_panic) {
			len = room;
			f->f_shown = f->f_linelen;
			f->f_nlines = 0;
		} else if (nl != NULL) {
			f->f_linelen = 0;
		}
		put(f, s, len);
	}
}

static void
cr_stage(struct filter *f, const char *s, size_t n)
{
	const char *cr;
	size_t len;

	while (n != 0) {
		if (f->f_cr && *s != '\n')
			panic_stage(f, "\r", 1);
		cr = f->f_stripcr ? memchr(s, '\r', n) : NULL;
		len = cr != NULL ? (size_t)(cr - s) : n;
		panic_stage(f, s, len);
		f->f_cr = cr != NULL;
		s += len + f->f_cr;
		n -= len + f->f_cr;
	}
}

/* Without the mark, everything that was held is output after all. */
static void
release_boot(struct filter *f, size_t from)
{
	f->f_holdboot = false;
	if (f->f_boot != NULL)
		cr_stage(f, f->f_boot + from, f->f_bootlen - from);
	free(f->f_boot);
	f->f_boot = NULL;
}

/* One byte before the boot mark. */
static void
boot_byte(struct filter *f, char c)
{
	static const char mark[] = BOOT_MARK;

	if (f->f_boot == NULL) {
		f->f_boot = xmalloc(BOOT_MAX);
		f->f_bootlen = 0;
	}
	f->f_boot[f->f_bootlen++] = c;
	/* The mark counts with the end of its line: GRUB's is NL CR. */
	f->f_skipcr = c == '\n' && memmem(f->f_boot, f->f_bootlen, mark,
	    sizeof(mark) - 1) != NULL;
	if (f->f_skipcr)
		release_boot(f, f->f_bootlen);
	else if (f->f_bootlen == BOOT_MAX)
		release_boot(f, 0);
}

static void
boot_stage(struct filter *f, const char *s, size_t n)
{
	for (; n != 0 && f->f_holdboot; s++, n--)
		boot_byte(f, *s);
	if (n != 0 && f->f_skipcr) {
		f->f_skipcr = false;
		if (*s == '\r') {
			s++;
			n--;
		}
	}
	cr_stage(f, s, n);
}

/* The record ended; anything that is none was output. */
static void
end_record(struct filter *f)
{
	char *end;
	long v;

	f->f_inrecord = false;
	f->f_record[f->f_recordlen] = '\0';
	if (starts(f->f_record, "\001exit ")) {
		v = strtol(f->f_record + 6, &end, 10);
		if (end != f->f_record + 6 && *end == '\n') {
			f->f_status = (int)(v & 0xff);
			return;
		}
	}
	boot_stage(f, f->f_record, f->f_recordlen);
}

void
filter_input(struct filter *f, const char *s, size_t n)
{
	const char *soh;
	size_t len;

	while (n != 0) {
		if (f->f_inrecord) {
			f->f_record[f->f_recordlen++] = *s;
			if (*s == '\n' ||
			    f->f_recordlen == sizeof(f->f_record) - 1)
				end_record(f);
			s++;
			n--;
			continue;
		}
		soh = f->f_records ? memchr(s, '\001', n) : NULL;
		len = soh != NULL ? (size_t)(soh - s) : n;
		boot_stage(f, s, len);
		f->f_inrecord = soh != NULL;
		f->f_recordlen = 0;
		s += len;
		n -= len;
	}
}

bool
filter_waiting(const struct filter *f)
{
	return f->f_panic && (f->f_nframes != 0 ||
	    f->f_linelen != f->f_shown);
}

void
filter_idle(struct filter *f)
{
	if (filter_waiting(f))
		show_partial(f);
}

void
filter_unhold(struct filter *f)
{
	if (f->f_holdboot)
		release_boot(f, 0);
}

void
filter_end(struct filter *f)
{
	if (f->f_inrecord)
		end_record(f);
	filter_unhold(f);
	if (f->f_cr)
		panic_stage(f, "\r", 1);
	f->f_cr = false;
	if (f->f_panic)
		show_partial(f);
}
