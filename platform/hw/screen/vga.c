/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VGA text, 80 x 25 at 0xb8000, when the loader says that the screen is in
 * text mode.  Caller (console.c) holds its lock.
 */
#include "hw.h"
#include "cpu.h"

#define COLS	80
#define ROWS	25
#define GREY	0x0700

static volatile uint16_t *screen;
static unsigned x, y;

static void
scroll(void)
{
	unsigned i;

	for (i = 0; i < COLS * (ROWS - 1); i++)
		screen[i] = screen[i + COLS];
	for (; i < COLS * ROWS; i++)
		screen[i] = GREY | ' ';
	y = ROWS - 1;
}

static void
cursor(void)
{
	unsigned at = y * COLS + x;

	outb(0x3d4, 14);
	outb(0x3d5, (uint8_t)(at >> 8));
	outb(0x3d4, 15);
	outb(0x3d5, (uint8_t)at);
}

static void
vga_putc(int c)
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
		screen[y * COLS + x++] = (uint16_t)(GREY | (c & 0xff));
	if (x >= COLS) {
		x = 0;
		y++;
	}
	if (y >= ROWS)
		scroll();
	cursor();
}

static int
vga_probe(void)
{
	unsigned i;

	if (hw_boot.hb_fb.fi_type != 2)
		return 0;
	screen = hw_map_phys(0xb8000, COLS * ROWS * 2, HW_MAP_UC);
	if (screen == NULL)
		return 0;
	for (i = 0; i < COLS * ROWS; i++)
		screen[i] = GREY | ' ';
	return 1;
}

HW_CONSOLE(vga, vga_probe, vga_putc);
