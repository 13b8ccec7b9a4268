/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest for testing the launcher without the rest: it prints its
 * configuration and then does what a word in it says, in the formats of
 * doc/contracts.md.  Addresses in its panic are shifted, as if it had been
 * moved by FAKE_BASE.
 */
#include <stddef.h>
#include <stdint.h>

#define FAKE_BASE	0x7a0000000000UL

void main(uint32_t magic, uintptr_t info);
extern const volatile uint32_t boot_flags;

static uint8_t
inb(uint16_t port)
{
	uint8_t v;

	__asm__ __volatile__("inb %w1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static void
outb(uint16_t port, uint8_t v)
{
	__asm__ __volatile__("outb %0, %w1" : : "a"(v), "Nd"(port));
}

static void
put(const char *s)
{
	for (; *s != '\0'; s++) {
		while ((inb(0x3fd) & 0x20) == 0)
			continue;
		outb(0x3f8, *s);
	}
}

static void
putnum(uint64_t v, unsigned base)
{
	char buf[24], *p = buf + sizeof(buf) - 1;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	put(p);
}

static void
record(unsigned status)
{
	static const char text[] = "\001exit ";
	char digit[3] = { '0' + status / 100, '0' + status / 10 % 10,
	    '0' + status % 10 };

	for (const char *p = text; *p != '\0'; p++)
		outb(0xe9, *p);
	for (int i = 0; i < 3; i++)
		outb(0xe9, digit[i]);
	outb(0xe9, '\n');
}

static void
leave(unsigned status)
{
	record(status);
	__asm__ __volatile__("outl %0, %w1" : : "a"(status & 0x7f),
	    "Nd"((uint16_t)0x501));
}

/* A frame chain with a known shape: inner() inlined, middle(), main(). */
static inline __attribute__((__always_inline__)) uint64_t
inner(void)
{
	uint64_t rip;

	__asm__ __volatile__("leaq 0(%%rip), %0; nop" : "=r"(rip));
	return rip;
}

static __attribute__((__noinline__)) void
middle(void)
{
	uint64_t rip = inner();
	uint64_t ret = (uint64_t)__builtin_return_address(0);

	put("\r\npanic: test of the launcher\r\n  rip=");
	putnum(rip + FAKE_BASE, 16);
	put(" rsp=0\r\nbacktrace:\r\n  #0 0x");
	putnum(rip + FAKE_BASE, 16);
	put("\r\n  #1 0x");
	putnum(ret + FAKE_BASE, 16);
	put("\r\nimage-base: 0x");
	putnum(FAKE_BASE, 16);
	put("\r\nbuild-id: 00\r\nlwp: 1.1 test\r\nend-of-panic\r\n");
}

static void
echo(void)
{
	char c[2] = { 0, 0 };

	put("ready\r\n");
	while (c[0] != 4) {
		while ((inb(0x3fd) & 1) == 0)
			continue;
		c[0] = (char)inb(0x3f8);
		put("<");
		putnum((uint8_t)c[0], 10);
		put(">");
	}
	put("\r\n");
}

/* A module is text without an end of its own. */
static const char *
module(uint64_t start, uint64_t size)
{
	static char copy[65536];

	for (uint64_t i = 0; i < size && i < sizeof(copy) - 1; i++)
		copy[i] = ((const char *)start)[i];
	return copy;
}

static const char *
pvh_config(uintptr_t info)
{
	const uint32_t *si = (const uint32_t *)info;
	const uint64_t *mod;

	if (si[3] != 0) {		/* nr_modules */
		mod = (const uint64_t *)*(const uint64_t *)(info + 16);
		return module(mod[0], mod[1]);
	}
	return (const char *)*(const uint64_t *)(info + 24);
}

static const char *
mb1_config(uintptr_t info)
{
	const uint32_t *mbi = (const uint32_t *)info, *mod;
	const char *s;

	if ((mbi[0] & 8) != 0 && mbi[5] != 0) {
		mod = (const uint32_t *)(uintptr_t)mbi[6];
		return module(mod[0], mod[1] - mod[0]);
	}
	s = (const char *)(uintptr_t)mbi[4];
	while (*s != '\0' && *s != ' ')
		s++;
	return *s == ' ' ? s + 1 : s;
}

static const char *
mb2_config(uintptr_t info)
{
	const uint32_t *tag = (const uint32_t *)(info + 8);

	while (tag[0] != 0) {
		if (tag[0] == 3)	/* module */
			return module(tag[2], tag[3] - tag[2]);
		tag += (tag[1] + 7) / 8 * 2;
	}
	return "";
}

static int
has(const char *text, const char *word)
{
	for (; *text != '\0'; text++) {
		const char *t = text, *w = word;

		while (*w != '\0' && *t == *w)
			t++, w++;
		if (*w == '\0')
			return 1;
	}
	return 0;
}

/* The number after "exit=", or 0. */
static unsigned
status(const char *text)
{
	unsigned v = 0;

	for (; *text != '\0'; text++) {
		if (text[0] == 'i' && text[1] == 't' && text[2] == '=') {
			for (text += 3; *text >= '0' && *text <= '9'; text++)
				v = v * 10 + (unsigned)(*text - '0');
			break;
		}
	}
	return v;
}

static void
act(const char *config)
{
	if (has(config, "hang"))
		for (;;)
			__asm__ __volatile__("hlt");
	if (has(config, "spin"))
		for (;;)
			put("0123456789abcdef\r\n");
	if (has(config, "reset"))
		outb(0x64, 0xfe);
	if (has(config, "noexit"))	/* a record, but no end */
		record(7);
	if (has(config, "noexit"))
		return;
	if (has(config, "crs"))
		put("a\r\r\nb\rc\r\n\r\n\rd");
	if (has(config, "echo"))
		echo();
	if (has(config, "prompt"))	/* looks like one at first */
		put("panic: not really\r\n$ ");
	if (has(config, "prompt"))
		echo();
	if (has(config, "panic")) {
		middle();
		leave(134);
	}
	leave(status(config));
}

void
main(uint32_t magic, uintptr_t info)
{
	const char *how = "pvh", *config = "";

	/* qboot leaves Multiboot's magic in eax for PVH too. */
	if (*(const uint32_t *)info == 0x336ec578) {
		config = pvh_config(info);
	} else if (magic == 0x2badb002) {
		how = "multiboot";
		config = mb1_config(info);
	} else if (magic == 0x36d76289) {
		how = "multiboot2";
		config = mb2_config(info);
	} else {
		leave(99);
	}
	if (!has(config, "quiet")) {
		put("booted by ");
		put(how);
		put(", flags ");
		putnum(boot_flags, 16);
		put("\r\n");
		put(config);
		put("\r\n");
	}
	act(config);
}
