/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * However the launcher ends, the guest ends with it.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static struct result res;

/* A guest that hangs, and its QEMU. */
static pid_t
start(struct run *r)
{
	pid_t qemu;

	memset(&res, 0, sizeof(res));
	run_start(r, 0, (const char *const []){ "qemu", "--machine",
	    "microvm", guest("guest"), "hang", NULL });
	CHECK_EQ(run_expect(r, &res, "hang", SLOW), 0);
	qemu = child_of(r->pid);
	CHECK(qemu > 0);
	return qemu;
}

static void
test_signal(int sig)
{
	struct run r;
	pid_t qemu = start(&r);

	kill(r.pid, sig);
	run_finish(&r, &res);
	CHECK_EQ(res.status, 128 + sig);
	CHECK(res.ms < SLOW);
	CHECK(!is_alive(qemu));
	CHECK_EQ(res.errlen, 0);
}

static void
test_kill(void)
{
	struct run r;
	pid_t qemu = start(&r);

	kill(r.pid, SIGKILL);
	run_finish(&r, &res);
	CHECK_EQ(res.status, -1);
	CHECK(wait_gone(qemu, SLOW));
}

/* Ctrl-Z stops both, fg goes on with both. */
static void
test_stop(void)
{
	struct run r;
	pid_t qemu = start(&r);

	kill(r.pid, SIGTSTP);
	for (int i = 0; i < SLOW / 20 && (state_of(r.pid) != 'T' ||
	    state_of(qemu) != 'T'); i++)
		usleep(20000);
	CHECK_EQ(state_of(r.pid), 'T');
	CHECK_EQ(state_of(qemu), 'T');
	kill(r.pid, SIGCONT);
	for (int i = 0; i < SLOW / 20 && state_of(qemu) == 'T'; i++)
		usleep(20000);
	CHECK(state_of(qemu) != 'T' && is_alive(qemu));
	kill(r.pid, SIGINT);
	run_finish(&r, &res);
	CHECK_EQ(res.status, 130);
	CHECK(!is_alive(qemu));
}

/* QEMU killed from outside: no exit status. */
static void
test_qemu_killed(void)
{
	struct run r;
	pid_t qemu = start(&r);

	kill(qemu, SIGKILL);
	run_finish(&r, &res);
	CHECK_EQ(res.status, 125);
	CHECK(strstr(res.err, "signal 9") != NULL);
}

/* No one reads the output any more, as in `rumprun ... | head`. */
static void
test_closed_output(void)
{
	struct run r;
	pid_t qemu;

	memset(&res, 0, sizeof(res));
	run_start(&r, 0, (const char *const []){ "qemu", guest("guest"),
	    "spin", NULL });
	CHECK_EQ(run_expect(&r, &res, "0123456789abcdef", SLOW), 0);
	qemu = child_of(r.pid);
	close(r.out);
	r.out = -1;
	run_finish(&r, &res);
	CHECK_EQ(res.status, 128 + SIGPIPE);
	CHECK(!is_alive(qemu));
}

/* The reader sleeps; a signal must work all the same. */
static void
test_full_output(void)
{
	struct run r;
	pid_t qemu;

	memset(&res, 0, sizeof(res));
	run_start(&r, 0, (const char *const []){ "qemu", guest("guest"),
	    "spin", NULL });
	CHECK_EQ(run_expect(&r, &res, "0123456789abcdef", SLOW), 0);
	qemu = child_of(r.pid);
	usleep(500000);
	kill(r.pid, SIGINT);
	CHECK(wait_gone(qemu, SLOW));
	res.outlen = 0;
	CHECK(wait_gone(r.pid, SLOW));
	kill(r.pid, SIGKILL);
	waitpid(r.pid, NULL, 0);
	close(r.out);
	close(r.err);
}

static void
test_detach(void)
{
	char log[] = "/tmp/t_signal.XXXXXX", text[200] = "";
	pid_t pid, qemu;
	int fd = mkstemp(log), n = 0;

	RUN(&res, "qemu", "-d", "--log", log, guest("guest"), "hang");
	CHECK_EQ(res.status, 0);
	pid = (pid_t)atoi(res.out);
	CHECK(pid > 1 && is_alive(pid));
	for (int i = 0; i < SLOW / 50 && strstr(text, "hang") == NULL; i++) {
		usleep(50000);
		n = (int)pread(fd, text, sizeof(text) - 1, 0);
	}
	CHECK(n > 0 && strstr(text, "hang") != NULL);
	qemu = child_of(pid);
	CHECK(qemu > 0);
	if (pid > 1)
		kill(pid, SIGTERM);
	CHECK(wait_gone(pid, SLOW));
	CHECK(wait_gone(qemu, SLOW));
	close(fd);
	unlink(log);
}

int
main(void)
{
	test_signal(SIGINT);
	test_signal(SIGTERM);
	test_signal(SIGHUP);
	test_kill();
	test_stop();
	test_qemu_killed();
	test_closed_output();
	test_full_output();
	test_detach();

	RUN(&res, "qemu", "--timeout", "1", guest("guest"), "hang");
	CHECK_EQ(res.status, 124);
	CHECK(res.ms >= 1000 && res.ms < SLOW);
	CHECK(strstr(res.err, "--timeout") != NULL);
	return check_done();
}
