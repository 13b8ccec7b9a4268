/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snprintf without floating point: d i u x X o p s c %, flags "-0+ #", width
 * and precision (also *), lengths hh h l ll z j t.
 */
#include <bmk/bmk.h>

struct out {
	char	*o_buf;
	size_t	 o_size;
	size_t	 o_len;		/* may pass o_size */
};

struct spec {
	unsigned left:1, zero:1, plus:1, space:1, alt:1;
	int	 width, prec;	/* prec -1: none */
};

static void
put(struct out *o, char c)
{
	if (o->o_len + 1 < o->o_size)
		o->o_buf[o->o_len] = c;
	o->o_len++;
}

static void
put_string(struct out *o, const struct spec *sp, const char *s)
{
	size_t len, i;
	int pad;

	if (s == NULL)
		s = "(null)";
	len = sp->prec >= 0 ? strnlen(s, (size_t)sp->prec) : strlen(s);
	pad = sp->width - (int)len;
	if (!sp->left)
		for (; pad > 0; pad--)
			put(o, ' ');
	for (i = 0; i < len; i++)
		put(o, s[i]);
	for (; pad > 0; pad--)
		put(o, ' ');
}

/* prefix: what stands before the zeroes, sign or 0x. */
static void
put_number(struct out *o, const struct spec *sp, uint64_t v, unsigned base,
    int upper, const char *prefix)
{
	char digits[24], *p = digits + sizeof(digits);
	int ndigits, nprefix = (int)strlen(prefix), zeroes = 0, pad;

	while (v != 0) {
		*--p = (upper ? "0123456789ABCDEF" : "0123456789abcdef")
		    [v % base];
		v /= base;
	}
	ndigits = (int)(digits + sizeof(digits) - p);
	if (sp->prec >= 0)
		zeroes = sp->prec - ndigits;
	else if (sp->zero && !sp->left)
		zeroes = sp->width - nprefix - ndigits;
	if (sp->prec < 0 && ndigits == 0 && zeroes < 1)
		zeroes = 1;
	if (zeroes < 0)
		zeroes = 0;
	pad = sp->width - nprefix - zeroes - ndigits;
	if (!sp->left)
		for (; pad > 0; pad--)
			put(o, ' ');
	while (*prefix != '\0')
		put(o, *prefix++);
	for (; zeroes > 0; zeroes--)
		put(o, '0');
	while (ndigits-- > 0)
		put(o, *p++);
	for (; pad > 0; pad--)
		put(o, ' ');
}

static const char *
parse_number(const char *f, int *vp, va_list *ap)
{
	int v = 0;

	if (*f == '*') {
		*vp = va_arg(*ap, int);
		return f + 1;
	}
	while (*f >= '0' && *f <= '9' && v < 100000)
		v = v * 10 + *f++ - '0';
	*vp = v;
	return f;
}

static const char *
parse_spec(const char *f, struct spec *sp, va_list *ap)
{
	memset(sp, 0, sizeof(*sp));
	for (;; f++) {
		if (*f == '-')
			sp->left = 1;
		else if (*f == '0')
			sp->zero = 1;
		else if (*f == '+')
			sp->plus = 1;
		else if (*f == ' ')
			sp->space = 1;
		else if (*f == '#')
			sp->alt = 1;
		else
			break;
	}
	f = parse_number(f, &sp->width, ap);
	if (sp->width < 0) {
		sp->left = 1;
		sp->width = -sp->width;
	}
	sp->prec = -1;
	if (*f == '.')
		f = parse_number(f + 1, &sp->prec, ap);
	return f;
}

/* size: sizeof the argument, of what h, l, z... say. */
static const char *
parse_length(const char *f, int *sizep)
{
	*sizep = sizeof(int);
	if (f[0] == 'h') {
		*sizep = f[1] == 'h' ? 1 : 2;
		return f + (f[1] == 'h' ? 2 : 1);
	}
	if (*f == 'l' || *f == 'z' || *f == 'j' || *f == 't') {
		*sizep = sizeof(long);
		return f + (f[0] == 'l' && f[1] == 'l' ? 2 : 1);
	}
	return f;
}

static uint64_t
get_arg(va_list *ap, int size, int issigned)
{
	uint64_t v;
	int shift = 64 - size * 8;

	v = size == 8 ? va_arg(*ap, uint64_t) : va_arg(*ap, unsigned);
	v <<= shift;
	return issigned ? (uint64_t)((int64_t)v >> shift) : v >> shift;
}

static void
convert(struct out *o, char c, struct spec *sp, int size, va_list *ap)
{
	char ch[2];
	uint64_t v;

	switch (c) {
	case 'd':
	case 'i':
		v = get_arg(ap, size, 1);
		put_number(o, sp, (int64_t)v < 0 ? -v : v, 10, 0,
		    (int64_t)v < 0 ? "-" : sp->plus ? "+" :
		    sp->space ? " " : "");
		break;
	case 'u':
		put_number(o, sp, get_arg(ap, size, 0), 10, 0, "");
		break;
	case 'o':
		put_number(o, sp, get_arg(ap, size, 0), 8, 0,
		    sp->alt ? "0" : "");
		break;
	case 'x':
	case 'X':
		v = get_arg(ap, size, 0);
		put_number(o, sp, v, 16, c == 'X', !sp->alt || v == 0 ? "" :
		    c == 'X' ? "0X" : "0x");
		break;
	case 'p':
		put_number(o, sp, get_arg(ap, 8, 0), 16, 0, "0x");
		break;
	case 's':
		put_string(o, sp, va_arg(*ap, const char *));
		break;
	case 'c':
		ch[0] = (char)va_arg(*ap, int);
		ch[1] = '\0';
		sp->prec = ch[0] == '\0' ? 0 : 1;
		put_string(o, sp, ch);
		break;
	default:
		put(o, '%');
		if (c != '%' && c != '\0')
			put(o, c);
	}
}

int
bmk_vsnprintf(char *buf, size_t size, const char *f, va_list args)
{
	struct out o = { buf, size, 0 };
	struct spec sp;
	va_list ap;
	int asize;

	va_copy(ap, args);
	while (*f != '\0') {
		if (*f != '%') {
			put(&o, *f++);
			continue;
		}
		f = parse_spec(f + 1, &sp, &ap);
		f = parse_length(f, &asize);
		convert(&o, *f, &sp, asize, &ap);
		if (*f != '\0')
			f++;
	}
	va_end(ap);
	if (size > 0)
		buf[o.o_len < size ? o.o_len : size - 1] = '\0';
	return (int)o.o_len;
}

int
vsnprintf(char *buf, size_t size, const char *f, va_list ap)
{
	return bmk_vsnprintf(buf, size, f, ap);
}

int
snprintf(char *buf, size_t size, const char *f, ...)
{
	va_list ap;
	int n;

	va_start(ap, f);
	n = bmk_vsnprintf(buf, size, f, ap);
	va_end(ap);
	return n;
}
