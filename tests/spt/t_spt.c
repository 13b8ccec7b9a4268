/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the image bad with one misdeed at a time; checks status and text. */
#include <sys/wait.h>

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"

static const char *image;
static char output[65536];
static int no_stdin;	/* run() without descriptor 0 */

/* Output in output[]; the status as wait(2) has it. */
static int
run(const char *mem, const char *config)
{
	char *argv[] = { (char *)(uintptr_t)image, (char *)(uintptr_t)mem,
	    (char *)(uintptr_t)"--", (char *)(uintptr_t)config, NULL };
	size_t len = 0;
	ssize_t n;
	pid_t pid;
	int p[2], st = -1;

	if (pipe(p) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		dup2(p[1], 2);
		if (no_stdin)
			close(0);
		alarm(100);
		execv(image, argv);
		_exit(127);
	}
	close(p[1]);
	while ((n = read(p[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
	close(p[0]);
	waitpid(pid, &st, 0);
	return st;
}

/* Starts it with both ends of its console; its pid. */
static pid_t
start(const char *config, int *in, int *out)
{
	char *argv[] = { (char *)(uintptr_t)image, (char *)(uintptr_t)"--",
	    (char *)(uintptr_t)config, NULL };
	int i[2], o[2];
	pid_t pid;

	if (pipe(i) != 0 || pipe(o) != 0 || (pid = fork()) == -1)
		exit(2);
	if (pid == 0) {
		dup2(i[0], 0);
		dup2(o[1], 1);
		close(i[1]);
		close(o[0]);
		alarm(100);
		execv(image, argv);
		_exit(127);
	}
	close(i[0]);
	close(o[1]);
	*in = i[1];
	*out = o[0];
	return pid;
}

static void
test_busy(void)
{
	int in, out, st = -1;
	char buf[16] = "";
	pid_t pid = start("busy", &in, &out);

	CHECK_EQ(read(out, buf, sizeof(buf) - 1), 6);
	CHECK(strcmp(buf, "ready?") == 0);
	CHECK_EQ(write(in, "\005", 1), 1);
	waitpid(pid, &st, 0);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
	close(in);
	close(out);
}

static void
test_echo(void)
{
	static char data[30000], back[30001];
	size_t len = 0, sent = 0;
	int in, out, st = -1;
	unsigned i;
	ssize_t n;
	pid_t pid = start("echo", &in, &out);

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	while (sent < sizeof(data)) {
		CHECK_EQ(write(in, data + sent, 1000), 1000);
		sent += 1000;
		while (len < sent && (n = read(out, back + len,
		    sizeof(back) - len)) > 0)
			len += (size_t)n;
	}
	close(in);
	CHECK_EQ(read(out, back + len, 1), 0);
	CHECK_EQ(len, sizeof(data));
	CHECK(memcmp(back, data, sizeof(data)) == 0);
	waitpid(pid, &st, 0);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 3);
	close(out);
}

static void
expect_exit(const char *config, int status, const char *text)
{
	int before = check_failures, st = run("--rumpkit-mem=67108864", config);

	CHECK(WIFEXITED(st));
	CHECK_EQ(WIFEXITED(st) ? WEXITSTATUS(st) : -1, status);
	CHECK(strstr(output, text) != NULL);
	if (check_failures != before)
		printf("%s: status 0x%x, output:\n%s\n", config, st, output);
}

static void
expect_killed(const char *config)
{
	int before = check_failures, st = run("--rumpkit-mem=67108864", config);

	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WIFSIGNALED(st) ? WTERMSIG(st) : -1, SIGSYS);
	CHECK(strstr(output, "alive") == NULL);
	if (check_failures != before)
		printf("%s: status 0x%x, output:\n%s\n", config, st, output);
}

/* The whole report, line by line, as doc/contracts.md has it. */
static void
test_report(void)
{
	static const char *const parts[] = {
		"\npanic: wanted 42\n", "  rip=", "rsp=", "\nbacktrace:\n",
		"  #0 0x", "  #1 0x", "\nimage-base: 0x", "\nbuild-id: ",
		"\nlwp: 0.0 main\n", "end-of-panic\n"
	};
	const char *p;
	unsigned i;

	expect_exit("panic", 134, "panic");
	for (i = 0, p = output; p != NULL && i < sizeof(parts) /
	    sizeof(parts[0]); i++) {
		p = strstr(p, parts[i]);
		if (p == NULL)
			printf("not in the report: %s\n", parts[i]);
		CHECK(p != NULL);
	}
	p = strstr(output, "build-id: ");
	CHECK_EQ(p != NULL ? strspn(p + 10, "0123456789abcdef") : 0, 40);
}

int
main(int argc, char **argv)
{
	int st;

	if (argc != 2)
		return 2;
	image = argv[1];
	expect_exit("good", 0, "good\n");
	expect_exit("exit0", 0, "");
	expect_exit("exit7", 7, "");
	expect_exit("partial", 0, "no newline");
	test_report();
	test_busy();
	test_echo();
	expect_exit("rumppanic", 134, "\nend-of-panic\n");
	expect_exit("assert", 134, "panic: assertion config == NULL failed");
	expect_exit("smash", 134, "panic: stack smashed");
	expect_exit("kill", 143, "");
	expect_exit("fault-guard", 139, "panic: stack overflow of thread deep");
	expect_exit("fault-null", 139, "page fault (write), address 0x8,");
	expect_exit("fault-text", 139, "write to read-only memory");
	expect_exit("fault-const", 139, "write to read-only memory");
	expect_exit("fault-exec", 139, "execution of data");
	expect_exit("fault-divide", 139, "division error");
	expect_exit("fault-illegal", 139, "invalid instruction");
	expect_exit("fault-noncanonical", 139, "general protection");
	expect_exit("heap-twice", 134, "freed twice");
	expect_exit("heap-over", 134, "written over its end");
	expect_exit("heap-after", 134, "was written to");
	expect_exit("heap-length", 134, "panic: freed object");
	expect_exit("heap-inside", 134, "panic: freed object");
	expect_exit("heap-page", 134, "panic: freed pages");
	expect_killed("open");
	expect_killed("socket");
	expect_killed("wx");
	expect_killed("mprotect-text");
	expect_killed("mprotect-end");
	expect_killed("mprotect-wrap");
	expect_killed("madvise");
	expect_killed("int80");
	/* Nothing the platform opens becomes the console. */
	no_stdin = 1;
	st = run("--rumpkit-mem=67108864", "echo");
	no_stdin = 0;
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 3 && output[0] == '\0');
	st = run("--rumpkit-mem=1000000", "good");
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) != 0);
	CHECK(strstr(output, "needed are 1048576") != NULL);
	st = run("--rumpkit-mem=1048576", "good");
	CHECK_EQ(st, 0);
	st = run("--rumpkit-mem=x", "good");
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 2);
	st = run("--rumpkit-nonsense", "good");
	CHECK(WIFEXITED(st) && strstr(output, "usage") != NULL);
	return check_done();
}
