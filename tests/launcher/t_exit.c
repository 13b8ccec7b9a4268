/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's exit status is rumprun's, on each machine and by each way to
 * boot; a machine that ends without one is an error.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"

static struct result res;

static void
test_boot(const char *machine, const char *boot)
{
	char text[64];

	RUN(&res, "qemu", "--machine", machine, "--boot", boot,
	    guest("guest"), "exit=42", "two words", "q\"uote");
	CHECK_EQ(res.status, 42);
	snprintf(text, sizeof(text), "booted by %s, flags 0\n", boot);
	CHECK(strncmp(res.out, text, strlen(text)) == 0);
	CHECK(strcmp(res.out + strlen(text), "{\"rc\":[{\"argv\":["
	    "\"exit=42\",\"two words\",\"q\\\"uote\"]}]}\n") == 0);
	CHECK_EQ(res.errlen, 0);
}

/* Longer than the kernel command line may be: goes as a module. */
static void
test_long(const char *boot)
{
	char word[3000];

	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	RUN(&res, "qemu", "--boot", boot, guest("guest"), "exit=3", word);
	CHECK_EQ(res.status, 3);
	CHECK(strstr(res.out, word) != NULL);
}

int
main(void)
{
	static const int statuses[] = { 0, 1, 2, 42, 124, 125, 126, 127, 128,
	    134, 139, 254, 255 };
	char word[16];

	for (size_t i = 0; i < sizeof(statuses) / sizeof(int); i++) {
		snprintf(word, sizeof(word), "exit=%d", statuses[i]);
		RUN(&res, "qemu", "--machine", "microvm", guest("guest"),
		    word);
		CHECK_EQ(res.status, statuses[i]);
		CHECK_EQ(res.errlen, 0);
	}
	test_boot("pc", "pvh");
	test_boot("pc", "multiboot");
	test_boot("q35", "pvh");
	test_boot("q35", "multiboot");
	test_boot("microvm", "pvh");
	test_boot("microvm", "multiboot");
	test_long("pvh");
	test_long("multiboot");

	RUN(&res, "qemu", "-M", "2", guest("guest"), "exit=4");
	CHECK_EQ(res.status, 4);

	/* Nothing to say: no configuration at all. */
	RUN(&res, "qemu", "--boot", "multiboot", guest("guest"));
	CHECK_EQ(res.status, 0);
	CHECK(strcmp(res.out, "booted by multiboot, flags 0\n\n") == 0);

	RUN(&res, "qemu", guest("guest"), "reset");
	CHECK_EQ(res.status, 125);
	CHECK(strstr(res.err, "without an exit status") != NULL);
	RUN(&res, "qemu", "-g", "-device nonsense", guest("guest"));
	CHECK_EQ(res.status, 125);
	CHECK(strstr(res.err, "nonsense") != NULL);

	/* The record counts, even if the machine then goes on. */
	RUN(&res, "qemu", guest("guest"), "noexit");
	CHECK_EQ(res.status, 7);
	CHECK(res.ms < SLOW);

	/* The gdb flag reaches the image. */
	snprintf(word, sizeof(word), "%d", free_port());
	RUN(&res, "qemu", "-D", word, "--boot", "multiboot",
	    guest("guest"));
	CHECK_EQ(res.status, 0);
	CHECK(strncmp(res.out, "booted by multiboot, flags 1", 28) == 0);
	return check_done();
}
