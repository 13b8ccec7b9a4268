/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spt: what the image is given, its exit status, its end by signal.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static struct result res;
static char much[200000];

int
main(void)
{
	const char *g = guest("guest-spt");
	struct run r;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	setenv("SECRET", "1", 1);
	RUN(&res, "spt", "-M", "64", g, "exit=42");
	CHECK_EQ(res.status, 42);
	CHECK(strcmp(res.out, "arg --rumpkit-mem=67108864\narg --\n"
	    "arg {\"rc\":[{\"argv\":[\"exit=42\"]}]}\n") == 0);
	CHECK_EQ(res.errlen, 0);

	RUN(&res, "spt", g, "crash");
	CHECK_EQ(res.status, 128 + SIGSEGV);
	CHECK(strstr(res.err, "ended by signal 11") != NULL);

	RUN_INPUT(&res, "ab\n", "spt", "-i", g, "echo");
	CHECK_EQ(res.status, 0);
	CHECK(strstr(res.out, "<97><98><10>") != NULL);

	/* Without -i there is no input. */
	RUN_INPUT(&res, "ab\n", "spt", g, "echo");
	CHECK_EQ(res.status, 0);
	CHECK(strstr(res.out, "<97>") == NULL);

	/* More than a pipe holds, read when the guest has ended. */
	run_start(&r, 0, (const char *const []){ "spt", g, "much", NULL });
	sleep(1);
	while (len < sizeof(much) - 1 &&
	    (n = read(r.out, much + len, sizeof(much) - 1 - len)) > 0)
		len += (size_t)n;
	CHECK(len > 115000 && strcmp(much + len - 10, "000011499\n") == 0);
	memset(&res, 0, sizeof(res));
	run_finish(&r, &res);
	CHECK_EQ(res.status, 0);

	memset(&res, 0, sizeof(res));
	run_start(&r, 0, (const char *const []){ "spt", g, "hang", NULL });
	CHECK_EQ(run_expect(&r, &res, "hang", SLOW), 0);
	pid = child_of(r.pid);
	kill(r.pid, SIGKILL);
	run_finish(&r, &res);
	CHECK(pid > 0 && wait_gone(pid, SLOW));
	return check_done();
}
