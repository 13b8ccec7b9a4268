/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gdb script: guest threads and their backtraces, symbols at the place
 * where the image runs, a breakpoint in a machine that is paused at reset.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static struct result res;
static char out[65536];

/* gdb with these arguments after the script. */
static void
gdb(const char *args)
{
	static char cmd[20000];
	FILE *fp;
	size_t n;

	snprintf(cmd, sizeof(cmd), "timeout 90 gdb -nx -batch -x "
	    BINDIR "/../share/rumpkit/rumpkit-gdb.py %s 2>&1", args);
	fp = popen(cmd, "r");
	n = fread(out, 1, sizeof(out) - 1, fp);
	out[n] = '\0';
	CHECK_EQ(pclose(fp), 0);
}

static void
expect(const char *text)
{
	if (strstr(out, text) != NULL)
		return;
	printf("missing: %s\n%s%s", text, check_failures ? "" : "in: ",
	    check_failures ? "" : out);
	check_failures++;
}

static void
test_threads(void)
{
	static char args[8192];

	snprintf(args, sizeof(args), "-ex 'break stop_here' -ex run "
	    "-ex 'info rumpkit-threads' -ex 'rumpkit-bt 1' -ex 'print $pc' "
	    "-ex 'info frame' -ex continue %s", guest("gdbguest"));
	gdb(args);
	expect("  1    0x");
	expect(" blocked   first ");
	expect("* 2    0x");
	expect(" running   second ");
	expect("in waits at");
	expect("Guest thread 1 (first):\n#0 ");
	expect("in main () at tests/launcher/gdbguest.c");
	expect("<stop_here");
	expect("exited normally");
}

/* Not moved: found at its link address, before the first instruction. */
static void
test_machine(void)
{
	static char args[16384];
	struct run r;
	int port = free_port();
	char portarg[8];

	snprintf(portarg, sizeof(portarg), "%d", port);
	memset(&res, 0, sizeof(res));
	run_start(&r, 0, (const char *const []){ "qemu", "-D", portarg, "-p",
	    guest("guest"), "exit=9", NULL });
	snprintf(args, sizeof(args), "-ex 'set tcp connect-timeout 60' "
	    "-ex 'target remote 127.0.0.1:%d' "
	    "-ex 'rumpkit-symbols %s' -ex 'hbreak act' -ex continue "
	    "-ex bt -ex 'rumpkit-symbols %s' -ex 'info symbol $pc' "
	    "-ex detach", port, guest("guest.debug"),
	    guest("guest.debug"));
	gdb(args);
	expect("image base 0x0");
	expect("#0  act (config=");
	expect("main (magic=");
	expect("main + ");
	run_finish(&r, &res);
	CHECK_EQ(res.status, 9);
	CHECK(strstr(res.err, "debug with: gdb -x ") != NULL);
	CHECK(strncmp(res.out, "booted by pvh, flags 1\n", 23) == 0);
}

/* Moved: found by the code at the program counter. */
static void
test_slide(void)
{
	static char args[16384];

	snprintf(args, sizeof(args), "-ex 'set disable-randomization off' "
	    "-ex 'exec-file %s' -ex 'break _exit' -ex starti "
	    "-ex 'rumpkit-symbols %s' -ex 'break stop_here' -ex continue "
	    "-ex 'print answer'", guest("gdbguest-pie"),
	    guest("gdbguest-pie"));
	gdb(args);
	expect("image base 0x");
	expect("stop_here (answer=");
}

int
main(void)
{
	test_threads();
	test_machine();
	test_slide();
	return check_done();
}
