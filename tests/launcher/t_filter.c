/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The launcher's output filter alone, its source linked in: whatever pieces
 * the output arrives in, the result is the same, and noise passes unchanged.
 */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "../../app-tools/rumprun/filter.c"
#include "../../app-tools/rumprun/crash.c"

static struct crash crash;

/* Names that show the address; the debug file is another test's matter. */
char *
symbols_describe(struct symbols *s, uint64_t addr)
{
	(void)s;
	return addr == 0x666 ? NULL : xasprintf("<%llx>",
	    (unsigned long long)addr);
}

struct text { char *t_text; size_t t_len; int t_status; };

/* Runs text through a filter in pieces of 1 to max bytes. */
static struct text
filtered(const char *text, size_t len, const char *how, unsigned max)
{
	struct text t;
	struct filter f;
	size_t n;

	filter_init(&f);
	f.f_symbols = (struct symbols *)1;
	memset(&crash, 0, sizeof(crash));
	f.f_crash = &crash;
	f.f_stripcr = strchr(how, 'c') != NULL;
	f.f_records = strchr(how, 'r') != NULL;
	f.f_holdboot = strchr(how, 'b') != NULL;
	for (; len != 0; text += n, len -= n) {
		n = 1 + (unsigned)rand() % max;
		if (n > len)
			n = len;
		filter_input(&f, text, n);
	}
	filter_end(&f);
	put(&f, "", 1);
	t.t_text = f.f_out;
	t.t_len = f.f_outlen;
	t.t_status = f.f_status;
	return t;
}

static void
expect(const char *text, const char *how, const char *want, int status)
{
	static const unsigned pieces[] = { 1, 2, 7, 1000 };

	for (size_t i = 0; i < 4; i++) {
		struct text t = filtered(text, strlen(text), how, pieces[i]);

		if (strcmp(t.t_text, want) != 0)
			printf("got: %s\n", t.t_text);
		CHECK(strcmp(t.t_text, want) == 0);
		CHECK_EQ(t.t_status, status);
		free(t.t_text);
	}
}

#define REPORT(cause, one, two) \
	"x\n\npanic: " cause "\n  rip=1\nbacktrace:\n  #0 0x7100" one \
	"\n  #1 0x7200" two "\nimage-base: 0x7000\nend-of-panic\n#0 0x1\n"

/* Random lines of the words that mean something here. */
static void
test_noise(void)
{
	static const char *const word[] = { "panic: ", "\n", "\r\n", "  #0 0x",
	    "backtrace:", "image-base: ", "end-of-panic", "\001exit ", "7",
	    "\r", "a long word of text ", "end-of-panic\n", "\n  #1 0x7\n",
	    "\n  rip=", "=", "r15= rsp=7 ", ", vector ", "fault: ",
	    "end-of-fault" };
	char text[8000];

	for (int i = 0; i < 2000; i++) {
		unsigned seed = (unsigned)i;
		struct text a, b;

		srand(seed);
		text[0] = '\0';
		while (strlen(text) < (size_t)(i * 3))
			strcat(text, word[(unsigned)rand() % 19]);
		a = filtered(text, strlen(text), "rcb", 1);
		b = filtered(text, strlen(text), "rcb", 3000);
		CHECK(a.t_len == b.t_len &&
		    memcmp(a.t_text, b.t_text, a.t_len) == 0);
		CHECK_EQ(a.t_status, b.t_status);
		if (check_failures > 3)
			return;
		free(a.t_text);
		free(b.t_text);
	}
}

/* What the core file's registers are made of. */
static void
test_crash(void)
{
	static const char text[] = "panic: fault, vector 14, error\n"
	    "  rip=0000000000000012 rsp=34 nope=5\n  r15=ffffffffffffffff\n"
	    "backtrace:\n  #0 0x12\nimage-base: 0x7000\nlwp: 1.1 x\n"
	    "end-of-panic\npanic: next\n  rip=9\nend-of-panic\n";
	static const char note[] = "fault: NULL pointer, vector 14\n"
	    "  rip=0000000000000012\nimage-base: 0x7000\nend-of-fault\n";

	free(filtered(text, strlen(text), "", 3).t_text);
	CHECK(crash.cr_done && crash.cr_fault);
	CHECK_EQ(crash.cr_vector, 14);
	CHECK_EQ(crash.cr_base, 0x7000);
	CHECK_EQ(crash.cr_regs.rip, 0x12);
	CHECK_EQ(crash.cr_regs.rsp, 0x34);
	CHECK_EQ(crash.cr_regs.r15, UINT64_MAX);
	CHECK_EQ(crash.cr_regs.rax, 0);
	free(filtered(text, 100, "", 100).t_text);
	CHECK(!crash.cr_done);
	free(filtered("end-of-panic\n", 13, "", 100).t_text);
	CHECK(!crash.cr_done);
	free(filtered(note, strlen(note), "", 3).t_text);
	CHECK(!crash.cr_begun);
}

int
main(void)
{
	char many[20000] = "";

	expect("", "c", "", -1);
	expect("a\r\n\r\r\n\rb\r", "c", "a\n\r\n\rb\r", -1);
	expect("a\r\n", "", "a\r\n", -1);
	expect("a\001exit 7\nb", "r", "ab", 7);
	expect("\001exit 300\n", "r", "", 44);
	expect("\001exit\n\001exit x\n\001exit 7", "r",
	    "\001exit\n\001exit x\n\001exit 7", -1);
	expect("\001exit 7\n", "", "\001exit 7\n", -1);

	/* Return addresses name the call, a fault's first one itself. */
	expect(REPORT("why", "", ""), "",
	    REPORT("why", " <ff>", " <1ff>"), -1);
	expect(REPORT("page fault, vector 14", "", ""), "",
	    REPORT("page fault, vector 14", " <100>", " <1ff>"), -1);
	/* The end of one process: "fault:". */
	expect("x\nfault: it, vector 14\n  #0 0x7100\nimage-base: 0x7000\n"
	    "end-of-fault\n#0 0x7100\n", "",
	    "x\nfault: it, vector 14\n  #0 0x7100 <100>\n"
	    "image-base: 0x7000\nend-of-fault\n#0 0x7100\n", -1);
	/* No base, no names; no name, no change. */
	expect("panic: \n  #0 0x1\nfoo\n", "", "panic: \n  #0 0x1\nfoo\n", -1);
	expect("panic: \n  #0 0x1\n", "", "panic: \n  #0 0x1\n", -1);
	expect("panic: \n  #0 0x667\nimage-base: 0x0\n", "",
	    "panic: \n  #0 0x667\nimage-base: 0x0\n", -1);
	expect("no panic: \n  #0 0x1\nimage-base: 0x0\n", "",
	    "no panic: \n  #0 0x1\nimage-base: 0x0\n", -1);

	/* More frames than are held, a line longer than a line. */
	strcpy(many, "panic: \n");
	for (int i = 0; i < 100; i++)
		strcat(many, "  #9 0x1\n");
	memset(many + strlen(many), 'x', 5000);
	expect(many, "", many, -1);

	expect("junk\nx" BOOT_MARK "\n\r\rguest", "b", "\rguest", -1);
	expect("junk\n" BOOT_MARK, "b", "junk\n" BOOT_MARK, -1);
	test_crash();
	test_noise();
	return check_done();
}
