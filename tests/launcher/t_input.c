/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -i: the console is the user's.  On a terminal every key goes to the guest
 * but Ctrl-A x; the terminal is afterwards as it was.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "harness.h"

static struct result res;

struct term {
	int	t_master, t_slave;
	pid_t	t_pid;
	struct termios t_before;
	char	t_text[65536];
	size_t	t_len;
};
static struct term t;

static void
start(int interactive, const char *word)
{
	memset(&t, 0, sizeof(t));
	t.t_master = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK(grantpt(t.t_master) == 0 && unlockpt(t.t_master) == 0);
	t.t_slave = open(ptsname(t.t_master), O_RDWR | O_NOCTTY);
	tcgetattr(t.t_slave, &t.t_before);
	t.t_pid = fork();
	if (t.t_pid != 0)
		return;
	setsid();
	ioctl(t.t_slave, TIOCSCTTY, 0);
	dup2(t.t_slave, 0);
	dup2(t.t_slave, 1);
	dup2(t.t_slave, 2);
	close(t.t_master);
	execl(rumprun_path(), "rumprun", "qemu", interactive ? "-i" : "-M64",
	    guest("guest"), word, (char *)NULL);
	_exit(126);
}

/* Until the terminal shows text. */
static int
expect(const char *text)
{
	struct pollfd p = { .fd = t.t_master, .events = POLLIN };
	int end = now() + SLOW;
	ssize_t n;

	while (now() < end) {
		if (strstr(t.t_text, text) != NULL)
			return 1;
		if (poll(&p, 1, 100) != 1)
			continue;
		n = read(t.t_master, t.t_text + t.t_len,
		    sizeof(t.t_text) - t.t_len - 1);
		if (n <= 0)
			break;
		t.t_len += (size_t)n;
	}
	printf("no \"%s\" in: %s\n", text, t.t_text);
	return 0;
}

static int
finish(void)
{
	int ws = 0, end = now() + SLOW;

	while (waitpid(t.t_pid, &ws, WNOHANG) == 0) {
		if (now() > end) {
			printf("hangs\n");
			kill(t.t_pid, SIGTERM);
			waitpid(t.t_pid, &ws, 0);
			ws = -1;
			break;
		}
		usleep(20000);
	}
	close(t.t_master);
	close(t.t_slave);
	return WIFEXITED(ws) ? WEXITSTATUS(ws) : -1;
}

/* Keys, Ctrl-C among them, go to the guest; Ctrl-A x ends it. */
static void
test_keys(void)
{
	struct termios during, after;
	pid_t qemu;

	start(1, "echo");
	CHECK(expect("ready"));
	tcgetattr(t.t_slave, &during);
	CHECK((during.c_lflag & (ICANON | ECHO | ISIG)) == 0);
	CHECK(write(t.t_master, "a\003\r\001\001\001b", 7) == 7);
	CHECK(expect("<97><3><13><1><1><98>"));
	qemu = child_of(t.t_pid);
	CHECK(write(t.t_master, "\001x", 2) == 2);
	CHECK(wait_gone(t.t_pid, SLOW));
	CHECK(!is_alive(qemu));
	tcgetattr(t.t_slave, &after);
	CHECK(memcmp(&t.t_before, &after, sizeof(after)) == 0);
	CHECK_EQ(finish(), 130);
}

/* Without -i Ctrl-C ends the guest. */
static void
test_interrupt(void)
{
	pid_t qemu;

	start(0, "hang");
	CHECK(expect("hang"));
	qemu = child_of(t.t_pid);
	CHECK(write(t.t_master, "\003", 1) == 1);
	CHECK_EQ(finish(), 130);
	CHECK(!is_alive(qemu));
}

/* A killed launcher restores the terminal when it can: SIGTERM. */
static void
test_restore(void)
{
	struct termios after;

	start(1, "echo");
	CHECK(expect("ready"));
	kill(t.t_pid, SIGTERM);
	CHECK(wait_gone(t.t_pid, SLOW));
	tcgetattr(t.t_slave, &after);
	CHECK(memcmp(&t.t_before, &after, sizeof(after)) == 0);
	CHECK_EQ(finish(), 143);
}

int
main(void)
{
	static char much[2001];

	/* End of file is Ctrl-D, two of them inside a line. */
	RUN_INPUT(&res, "hi\n", "qemu", "-i", guest("guest"), "echo");
	CHECK_EQ(res.status, 0);
	CHECK(strstr(res.out, "<104><105><10><4>") != NULL);
	memset(much, 'x', sizeof(much) - 1);
	RUN_INPUT(&res, much, "qemu", "-i", guest("guest"), "quiet", "echo");
	CHECK_EQ(res.status, 0);
	CHECK_EQ(res.outlen, strlen("ready\r\n") + 2000 * 5 + 3 + 2);
	test_keys();
	test_interrupt();
	test_restore();
	return check_done();
}
