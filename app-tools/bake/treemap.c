/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --map-svg: a squarified treemap (Bruls, Huizing, van Wijk 2000): an area
 * for each component, in it one for each object, as large as its part of the
 * image file.  A baked root file system and bss are left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

#define WIDTH	1280
#define HEIGHT	860
#define TOPBAR	44
#define BAND	17.0		/* a component's title */
#define MARGIN	2.0
#define CHARW	0.62		/* width of a letter, in font sizes */

struct box {
	double	x, y, w, h;
};

/* What is laid out: a size, and where it comes to lie. */
struct item {
	double		 it_size;
	size_t		 it_index;	/* in the map */
	struct box	 it_box;
};

static uint64_t
file_size(const struct mapobj *mo)
{
	return mo->mo_size[MAP_TEXT] + mo->mo_size[MAP_RODATA] +
	    mo->mo_size[MAP_DATA];
}

static int
large_first(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->it_size != y->it_size)
		return x->it_size < y->it_size ? 1 : -1;
	return x->it_index < y->it_index ? -1 : 1;
}

/* The worst aspect ratio of a row of items along a side. */
static double
worst(const struct item *it, size_t n, double sum, double side)
{
	double t = sum / side, most = 0, a;
	size_t i;

	for (i = 0; i < n; i++) {
		a = it[i].it_size / t / t;
		if (a < 1)
			a = 1 / a;
		if (a > most)
			most = a;
	}
	return most;
}

/* Puts n items along the shorter side of *b and takes that strip away. */
static void
place_row(struct item *it, size_t n, double sum, struct box *b)
{
	bool column = b->w >= b->h;
	double side = column ? b->h : b->w, t = sum / side, at = 0, len;
	size_t i;

	for (i = 0; i < n; i++) {
		len = it[i].it_size / t;
		if (column)
			it[i].it_box = (struct box){ b->x, b->y + at, t, len };
		else
			it[i].it_box = (struct box){ b->x + at, b->y, len, t };
		at += len;
	}
	if (column) {
		b->x += t;
		b->w -= t;
	} else {
		b->y += t;
		b->h -= t;
	}
}

/* Items must be sorted, large ones first, and none may be 0. */
static void
squarify(struct item *it, size_t n, struct box b)
{
	double all = 0, sum, side;
	size_t i, k;

	for (i = 0; i < n; i++)
		all += it[i].it_size;
	for (i = 0; i < n; i++)		/* bytes to area */
		it[i].it_size *= b.w * b.h / all;
	for (i = 0; i < n; i += k) {
		side = b.w < b.h ? b.w : b.h;
		sum = it[i].it_size;
		for (k = 1; i + k < n; k++) {
			if (worst(it + i, k + 1, sum + it[i + k].it_size,
			    side) > worst(it + i, k, sum, side))
				break;
			sum += it[i + k].it_size;
		}
		place_row(it + i, k, sum, &b);
	}
}

static void
escaped(FILE *f, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		case '&': fputs("&amp;", f); break;
		case '"': fputs("&quot;", f); break;
		default: fputc((unsigned char)*s < ' ' ? '?' : *s, f);
		}
}

static const char *
human(uint64_t n)
{
	if (n < 10000)
		return fmt("%llu B", (unsigned long long)n);
	if (n < 10000 * 1024ULL)
		return fmt("%.1f KiB", (double)n / 1024);
	return fmt("%.1f MiB", (double)n / 1048576);
}

static void
text(FILE *f, double x, double y, double size, bool bold, const char *s)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\"%s>", x, y,
	    size, bold ? " font-weight=\"bold\"" : "");
	escaped(f, s);
	fputs("</text>\n", f);
}

/* The label in the largest size of 9..13 that fits; shortened, or not. */
static void
object_label(FILE *f, const struct box *b, const char *name, uint64_t n)
{
	double size = (b->w - 6) / ((double)strlen(name) * CHARW);
	size_t room;

	if (size > 13)
		size = 13;
	if (b->h < 13 || b->w < 30)
		return;
	if (size < 9) {
		room = (size_t)((b->w - 6) / (9 * CHARW));
		if (room < 5)
			return;
		size = 9;
		name = fmt("%.*s...", (int)room - 2, name);
	}
	if (b->h < size + 4)
		return;
	text(f, b->x + 3, b->y + size + 1, size, false, name);
	if (b->h > 2 * size + 8 && (double)strlen(human(n)) * size * CHARW <
	    b->w - 6)
		text(f, b->x + 3, b->y + 2 * size + 4, size * 0.85, false,
		    human(n));
}

static void
rect(FILE *f, const struct box *b, double hue, int sat, int light)
{
	fprintf(f, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
	    "height=\"%.2f\" fill=\"hsl(%.0f,%d%%,%d%%)\"", b->x, b->y,
	    b->w, b->h, hue, sat, light);
	fputs(" stroke=\"#fff\" stroke-width=\"0.7\">", f);
}

static void
draw_object(FILE *f, const struct mapobj *mo, const struct item *it,
    double hue, size_t nth)
{
	fputs("<g>", f);
	rect(f, &it->it_box, hue, 58, nth % 2 ? 84 : 79);
	fputs("<title>", f);
	escaped(f, mo->mo_comp);
	fputs(": ", f);
	escaped(f, mo->mo_name);
	fprintf(f, ": %s (text %llu, rodata %llu, data %llu, bss %llu)",
	    human(file_size(mo)), (unsigned long long)mo->mo_size[0],
	    (unsigned long long)mo->mo_size[1],
	    (unsigned long long)mo->mo_size[2],
	    (unsigned long long)mo->mo_size[3]);
	fputs("</title></rect>\n", f);
	object_label(f, &it->it_box, mo->mo_name, file_size(mo));
	fputs("</g>\n", f);
}

/* The objects of the map that belong to c, laid out in b. */
static void
draw_objects(FILE *f, const struct map *m, const struct mapobj *c,
    const struct box *b, double hue)
{
	struct item *it = xcalloc(m->n, sizeof(*it));
	size_t i, n = 0;

	for (i = 0; i < m->n; i++)
		if (file_size(&m->v[i]) &&
		    strcmp(m->v[i].mo_comp, c->mo_comp) == 0 &&
		    strcmp(m->v[i].mo_archive, c->mo_archive) == 0)
			it[n++] = (struct item){ .it_index = i,
			    .it_size = (double)file_size(&m->v[i]) };
	qsort(it, n, sizeof(*it), large_first);
	squarify(it, n, *b);
	for (i = 0; i < n; i++)
		draw_object(f, &m->v[it[i].it_index], &it[i], hue, i);
	free(it);
}

static void
draw_component(FILE *f, const struct map *m, const struct mapobj *c,
    const struct item *it, double hue)
{
	struct box b = it->it_box;
	bool band = b.h > 2.5 * BAND && b.w > 50;
	char *label = fmt("%s  %s", c->mo_comp, human(file_size(c)));
	size_t room = (size_t)((b.w - 8) / (12.5 * CHARW));

	fputs("<g>", f);
	rect(f, &b, hue, 45, 42);
	fputs("<title>", f);
	escaped(f, label);
	fputs("</title></rect>\n", f);
	if (band) {
		if (strlen(label) > room)
			label = xstrdup(c->mo_comp);
		if (strlen(label) > room)
			label[room] = '\0';
		fputs("<g fill=\"#fff\">", f);
		text(f, b.x + 4, b.y + BAND - 4, 12.5, true, label);
		fputs("</g>", f);
	}
	b.x += MARGIN;
	b.w -= 2 * MARGIN;
	b.y += band ? BAND : MARGIN;
	b.h -= (band ? BAND : MARGIN) + MARGIN;
	if (b.w > 1 && b.h > 1)
		draw_objects(f, m, c, &b, hue);
	fputs("</g>\n", f);
}

/* Components by size; *sum is what they take in the image file. */
static size_t
components(const struct map *cm, struct item *it, uint64_t *sum)
{
	size_t i, n = 0;

	*sum = 0;
	for (i = 0; i < cm->n; i++) {
		if (file_size(&cm->v[i]) == 0 ||
		    strcmp(cm->v[i].mo_comp, MAP_ROOTFS) == 0)
			continue;
		*sum += file_size(&cm->v[i]);
		it[n++] = (struct item){ .it_index = i,
		    .it_size = (double)file_size(&cm->v[i]) };
	}
	qsort(it, n, sizeof(*it), large_first);
	return n;
}

void
treemap_write(const struct bake *b, const struct map *m)
{
	struct box all = { 8, TOPBAR, WIDTH - 16, HEIGHT - TOPBAR - 8 };
	FILE *f = fopen(b->b_svg, "we");
	struct item *it;
	struct map cm;
	uint64_t sum;
	size_t i, n;

	if (f == NULL)
		die("--map-svg %s: %s", b->b_svg, strerror(errno));
	map_components(m, &cm);
	it = xcalloc(cm.n, sizeof(*it));
	n = components(&cm, it, &sum);
	squarify(it, n, all);
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	    "height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"Helvetica, "
	    "Arial, sans-serif\">\n<rect width=\"%d\" height=\"%d\" "
	    "fill=\"#fafafa\"/>\n", WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH,
	    HEIGHT);
	text(f, 10, 28, 19, true, fmt("%s  (%s, %s)", base_name(b->b_output),
	    base_name(b->b_set), human(sum)));
	for (i = 0; i < n; i++)		/* hues a golden angle apart */
		draw_component(f, m, &cm.v[it[i].it_index], &it[i],
		    (double)((210 + i * 1375 / 10) % 360));
	fputs("</svg>\n", f);
	if (fclose(f) != 0)
		die("--map-svg %s: %s", b->b_svg, strerror(errno));
	free(it);
}
