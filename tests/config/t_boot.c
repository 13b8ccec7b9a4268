/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rumprun_boot() against a rump kernel of a few lines that writes down what
 * it is asked to do; each boot runs in a process of its own, since it ends it.
 */
#include <sys/wait.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rump/config.h>
#include <rump/rump.h>
#include <rump/rump_syscalls_gates.h>
#include <rump/rumpuser.h>

#include "../check.h"
#include "prog.h"

static void entry(void);
static int fail_init, fail_exec;
#ifndef ONE_PROGRAM
static int fail_pipe;
#endif

const struct rumprun_prog rumprun_progs[] = {
	{ "one", entry }, { "two", entry }, { "exit3", entry },
	{ "sig11", entry }
};
const unsigned rumprun_nprogs = 4;

static void
entry(void)
{
}

int
rumpuser_malloc(size_t len, int align, void **memp)
{

	return posix_memalign(memp, align ? align : 8, len);
}

void
rumpuser_free(void *mem, size_t len)
{

	(void)len;
	free(mem);
}

void
rumpuser_dprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void
rumpuser_exit(int status)
{

	fflush(stdout);
	_exit(status);
}

int
rump_init(void)
{

	printf("init;");
	return fail_init;
}

int
rump_pub_sethostname(const char *name, size_t len)
{

	printf("host %.*s;", (int)len, name);
	return 0;
}

int
rump_pub_exec(const struct rump_exec *re, pid_t *pidp)
{
	static pid_t last = 1;
	char *const *p;

	printf("exec %s", re->re_name);
	for (p = re->re_argv; *p != NULL; p++)
		printf(" [%s]", *p);
	for (p = re->re_envp; *p != NULL; p++)
		printf(" %s", *p);
	printf(";");
	CHECK(re->re_entry == entry && re->re_fds[2] == -1);
	if (re->re_fds[0] != -1 || re->re_fds[1] != -1)
		printf("fds %d %d;", re->re_fds[0], re->re_fds[1]);
	/* The pid says how it will end. */
	*pidp = ++last * 100 + (strcmp(re->re_name, "exit3") == 0 ? 3 :
	    strcmp(re->re_name, "sig11") == 0 ? 11 : 0);
	return fail_exec;
}

int
rump_pub_wait(pid_t pid, int *stp)
{

	printf("wait %d;", pid / 100);
	*stp = pid % 100 == 11 ? 11 : pid % 100 << 8;
	return 0;
}

#ifndef ONE_PROGRAM
long
rump_sysimpl_pipe2(int *fds, int flags)
{
	static int next = 10;

	CHECK_EQ(flags, O_CLOEXEC);
	fds[0] = next++;
	fds[1] = next++;
	printf("pipe %d %d;", fds[0], fds[1]);
	return fail_pipe;
}

long
rump_sysimpl_close(int fd)
{

	printf("close %d;", fd);
	return 0;
}
#endif

RUMP_CONFIG(mount, vals)
{

	printf("mount %s %s;", vals[RUMP_CONFIG_FSTYPE],
	    vals[RUMP_CONFIG_MOUNTPOINT]);
	return strcmp(vals[RUMP_CONFIG_FSTYPE], "tmpfs") == 0 ? 0 :
	    strcmp(vals[RUMP_CONFIG_FSTYPE], "other") == 0 ? 6 : 22;
}

static void
boot_is(const char *config, int status, const char *want)
{
	char out[1024] = "";
	int fds[2], st = -1;
	size_t n = 0;
	ssize_t r;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		rumprun_boot(config);
	}
	close(fds[1]);
	while ((r = read(fds[0], out + n, sizeof(out) - 1 - n)) > 0)
		n += r;
	close(fds[0]);
	waitpid(pid, &st, 0);
	if (!WIFEXITED(st) || WEXITSTATUS(st) != status ||
	    strcmp(out, want) != 0) {
		check_failures++;
		printf("%s\n  gives %#x: %s\n  not   %d: %s\n", config, st,
		    out, status, want);
	}
}

static void
test_programs(void)
{

	boot_is(NULL, 0, "init;exec one [one];wait 2;");
	boot_is("", 0, "init;exec one [one];wait 2;");
	boot_is("  ", 0, "init;exec one [one];wait 2;");
	boot_is("{}", 0, "init;exec one [one];wait 2;");
	boot_is("a 'b c'", 0, "init;exec one [one] [a] [b c];wait 2;");
	boot_is("{\"cmdline\":\"me a\"}", 0,
	    "init;exec one [me] [a];wait 2;");
	boot_is("{\"cmdline\":\"\"}", 0, "init;exec one [one];wait 2;");
	boot_is("{\"hostname\":\"h\",\"env\":[\"A=1\",\"AB=2\"],\"env\":"
	    "{\"A\":\"3\"}}", 0, "init;host h;exec one [one] A=3 AB=2;"
	    "wait 2;");
	boot_is("{\"rc\":[]}", 0, "init;exec one [one];wait 2;");
	boot_is("{\"rc\":{\"argv\":\"x\"}}", 0,
	    "init;exec one [one] [x];wait 2;");
}

#ifdef ONE_PROGRAM
/* What an image without the component exec makes of it. */
static void
test_several(void)
{

	boot_is("{\"rc\":[{},{}]}", 2, "rumprun: configuration: rc: for "
	    "several entries rumprun-bake --add \"exec\"\n");
	boot_is("{\"rc\":[{\"bin\":\"exit3\",\"runmode\":\"&\"}]}", 3,
	    "init;exec exit3 [exit3];wait 2;");
}
#else
static void
test_several(void)
{

	boot_is("{\"rc\":[{\"bin\":\"two\",\"argv\":[\"x\"],\"runmode\":"
	    "\"&\"},{\"argv\":[\"y\"]},{\"bin\":\"exit3\"}],\"env\":"
	    "\"E=\"}", 3, "init;exec two [two] [x] E=;exec one [one] [y] E=;"
	    "wait 3;exec exit3 [exit3] E=;wait 4;wait 2;");
	/* The status: the last in the foreground, else the last. */
	boot_is("{\"rc\":[{\"bin\":\"exit3\"},{\"bin\":\"one\",\"runmode\":"
	    "\"&\"}]}", 3, "init;exec exit3 [exit3];wait 2;exec one [one];"
	    "wait 3;");
	boot_is("{\"rc\":[{\"bin\":\"sig11\",\"runmode\":\"&\"}]}", 139,
	    "init;exec sig11 [sig11];wait 2;");
	/* Each waits for its own; the environment is the entry's. */
	boot_is("{\"env\":[\"A=1\",\"B=2\"],\"rc\":[{\"bin\":\"two\","
	    "\"env\":{\"B\":\"3\",\"C\":\"4\"},\"env\":\"D=5\"},{}]}", 0,
	    "init;exec two [two] A=1 B=3 C=4 D=5;wait 2;"
	    "exec one [one] A=1 B=2;wait 3;");
	boot_is("{\"rc\":{\"env\":[\"D=5\"]}}", 0,
	    "init;exec one [one] D=5;wait 2;");
	/* The status of a pipeline: its last one's. */
	boot_is("{\"rc\":[{\"bin\":\"exit3\",\"runmode\":\"|\"},{\"bin\":"
	    "\"two\",\"runmode\":\"|\"},{},{\"bin\":\"two\",\"runmode\":"
	    "\"&\"}]}", 0, "init;pipe 10 11;exec exit3 [exit3];fds -1 11;"
	    "close 11;pipe 12 13;exec two [two];fds 10 13;close 10;close 13;"
	    "exec one [one];fds 12 -1;close 12;wait 2;wait 3;wait 4;"
	    "exec two [two];wait 5;");
	boot_is("{\"rc\":[{\"runmode\":\"|\"},{\"bin\":\"exit3\","
	    "\"runmode\":\"&\"},{\"bin\":\"two\",\"runmode\":\"&\"}]}", 0,
	    "init;pipe 10 11;exec one [one];fds -1 11;close 11;exec exit3 "
	    "[exit3];fds 10 -1;close 10;exec two [two];wait 2;wait 3;"
	    "wait 4;");
	fail_pipe = -38;
	boot_is("{\"rc\":[{\"runmode\":\"|\"},{}]}", 1, "init;pipe 10 11;"
	    "rumprun: pipe (rumprun-bake --add poll?): error 38\n");
	fail_pipe = 0;
}
#endif

static void
test_refusals(void)
{

	boot_is("{\"x\":1}", 2, "rumprun: configuration: line 1 column 2: "
	    "unknown key \"x\"; expected one of cmdline, hostname, env, rc, "
	    "net, blk, mount\n");
	boot_is("{\"hostname\":\"h\",\"rc\":{\"bin\":\"three\"}}", 2,
	    "rumprun: configuration: rc: no such program in this image: "
	    "\"three\"\n");
	boot_is("{\"rc\":[{\"runmode\":\"|\"}]}", 2, "rumprun: "
	    "configuration: rc: no program after runmode \"|\"\n");
	boot_is("{\"net\":{\"if\":\"a\",\"type\":\"inet\",\"method\":"
	    "\"dhcp\"}}", 2, "rumprun: configuration: no component in this "
	    "image handles the key (rumprun-bake --add one): \"net\"\n");
	boot_is("{\"hostname\":\"1234567890123456789012345678901234567890123"
	    "456789012345678901234\"}", 0, "init;host 12345678901234567890"
	    "12345678901234567890123456789012345678901234;exec one [one];"
	    "wait 2;");
	boot_is("{\"hostname\":\"1234567890123456789012345678901234567890123"
	    "4567890123456789012345\"}", 2, "rumprun: configuration: longer "
	    "than 64 bytes: hostname \"1234567890123456789012345678901234567"
	    "8901234567890123456789012345\"\n");
	boot_is("{\"mount\":[{\"fstype\":\"tmpfs\",\"mountpoint\":\"/a\"},"
	    "{\"fstype\":\"other\",\"mountpoint\":\"/b\"}]}", 1,
	    "init;mount tmpfs /a;mount other /b;rumprun: configuration: "
	    "mount /b: error 6\n");
	boot_is("{\"mount\":[{\"fstype\":\"ext9\",\"mountpoint\":\"/b\"}]}",
	    1, "init;mount ext9 /b;rumprun: configuration: mount /b: "
	    "error 22\n");
	fail_init = 12;
	boot_is("", 1, "init;rumprun: rump_init: error 12\n");
	fail_init = 0;
	fail_exec = 12;
	boot_is("", 1, "init;exec one [one];rumprun: one: cannot start: "
	    "error 12\n");
}

int
main(void)
{

	setvbuf(stdout, NULL, _IOFBF, 0);
	test_programs();
	test_several();
	test_refusals();
	return check_done();
}
