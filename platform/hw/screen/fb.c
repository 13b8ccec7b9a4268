/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text on a linear framebuffer (UEFI's, or VBE's, as Multiboot 2 hands it
 * over): 32, 24 and 16 bits a pixel, cells of 8 x 16.  The screen is only
 * written, never read: what scrolls is kept as characters.  Caller
 * (console.c) holds its lock.
 */
#include "hw.h"
#include "cpu.h"
#include "font.h"

#define MAXCOLS	160
#define MAXROWS	64

static uint8_t *fb;
static unsigned cols, rows, x, y, bytes;
static uint32_t white;
static uint8_t text[MAXROWS][MAXCOLS];

static void
pixel(uint8_t *p, uint32_t v)
{
	unsigned i;

	for (i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* A glyph is 5 x 7; each of its lines is drawn twice. */
static void
draw(unsigned col, unsigned row)
{
	unsigned c = text[row][col], line, i, bits;
	uint8_t *p = fb + (size_t)row * 16 * hw_boot.hb_fb.fi_pitch +
	    col * 8 * bytes;

	for (line = 0; line < 16; line++, p += hw_boot.hb_fb.fi_pitch) {
		bits = 0;
		if (c > ' ' && c < 0x7f && line >= 1 && line < 15)
			bits = hw_font[c - '!'][(line - 1) / 2];
		for (i = 0; i < 8; i++)
			pixel(p + i * bytes,
			    i >= 1 && i <= 5 && bits >> (5 - i) & 1 ?
			    white : 0);
	}
}

static void
put(unsigned col, unsigned row, uint8_t c)
{
	if (text[row][col] != c) {
		text[row][col] = c;
		draw(col, row);
	}
}

static void
scroll(void)
{
	unsigned r, c;

	for (r = 0; r < rows; r++)
		for (c = 0; c < cols; c++)
			put(c, r, r + 1 < rows ? text[r + 1][c] : ' ');
	y = rows - 1;
}

static void
fb_putc(int c)
{
	if (c == '\n')
		y++;
	else if (c == '\r')
		x = 0;
	else if (c == '\b')
		x -= x > 0;
	else if (c == '\t')
		x = (x | 7) + 1;
	else if (c >= ' ')
		put(x++, y, (uint8_t)c);
	if (x >= cols) {
		x = 0;
		y++;
	}
	if (y >= rows)
		scroll();
}

/* Write combining: page attribute 1, which nothing else here uses. */
static void
set_pat(void)
{
	uint64_t pat = rdmsr(MSR_PAT);

	wrmsr(MSR_PAT, (pat & ~0xff00UL) | 0x0100);
}

static int
fb_probe(void)
{
	const struct hw_fbinfo *fi = &hw_boot.hb_fb;
	size_t len = (size_t)fi->fi_pitch * fi->fi_height;
	unsigned r, c;

	bytes = fi->fi_bpp / 8U;
	if (fi->fi_type != 1 || bytes < 2 || bytes > 4 ||
	    fi->fi_width < 80 || fi->fi_height < 32 ||
	    fi->fi_pitch / bytes < fi->fi_width || len > 1UL << 28)
		return 0;
	set_pat();
	fb = hw_map_phys(fi->fi_pa, len, HW_MAP_WC);
	if (fb == NULL)
		return 0;
	cols = fi->fi_width / 8 < MAXCOLS ? fi->fi_width / 8 : MAXCOLS;
	rows = fi->fi_height / 16 < MAXROWS ? fi->fi_height / 16 : MAXROWS;
	/* A light grey: the upper bits of each colour. */
	white = bytes == 2 ? 0xc618 : 0xc0U << fi->fi_rpos |
	    0xc0U << fi->fi_gpos | 0xc0U << fi->fi_bpos;
	for (r = 0; r < rows; r++)
		for (c = 0; c < cols; c++)
			put(c, r, ' ');
	return 1;
}

HW_CONSOLE(fb, fb_probe, fb_putc);
