/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest writes is what the user sees, but for one CR before each
 * NL and the names in a panic.
 */
#include <string.h>
#include <unistd.h>

#include "harness.h"

static struct result res;

static void
test_panic(void)
{
	static const char *const want[] = {
		"\npanic: test of the launcher\n  rip=7a00001",
		" inner at tests/launcher/guest.c:",
		" (inlined in middle at tests/launcher/guest.c:",
		" act at tests/launcher/guest.c:",
		"\nimage-base: 0x7a0000000000\nbuild-id: 00\nlwp: 1.1 test\n"
		    "end-of-panic\n",
	};

	RUN(&res, "qemu", guest("guest"), "panic");
	CHECK_EQ(res.status, 134);
	CHECK(res.ms < SLOW);
	CHECK_EQ(res.errlen, 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		CHECK(strstr(res.out, want[i]) != NULL);
		if (strstr(res.out, want[i]) == NULL)
			printf("missing: %s\nin: %s\n", want[i], res.out);
	}

	/* Names of another build would be wrong. */
	RUN(&res, "qemu", "--symbols", guest("guest-big.debug"),
	    guest("guest"), "panic");
	CHECK_EQ(res.status, 134);
	CHECK(strstr(res.err, "not of the same build") != NULL);
	CHECK(strstr(res.out, "guest.c") == NULL);
	CHECK(strstr(res.out, "  #1 0x7a00001") != NULL);
}

/* A program may print "panic:" and a prompt; that must not wait for a line. */
static void
test_prompt(void)
{
	struct run r;

	memset(&res, 0, sizeof(res));
	run_start(&r, 1, (const char *const []){ "qemu", "-i",
	    guest("guest"), "prompt", NULL });
	CHECK_EQ(run_expect(&r, &res, "$ ", SLOW), 0);
	CHECK_EQ((int)write(r.in, "a\004", 2), 2);
	run_finish(&r, &res);
	CHECK_EQ(res.status, 0);
	CHECK(strstr(res.out, "<97><4>") != NULL);
}

int
main(void)
{
	RUN(&res, "qemu", guest("guest"), "quiet", "crs");
	CHECK_EQ(res.status, 0);
	CHECK(strcmp(res.out, "a\r\nb\rc\n\n\rd") == 0);
	RUN(&res, "qemu", "-i", guest("guest"), "quiet", "crs");
	CHECK(strcmp(res.out, "a\r\r\nb\rc\r\n\r\n\rd") == 0);
	test_panic();
	test_prompt();
	return check_done();
}
