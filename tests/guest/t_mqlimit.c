/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits of POSIX message queues: RLIMIT_MSGQUEUE counts a queue until the last
 * descriptor is closed, and for root, too; /proc/sys/fs/mqueue is not for root.
 * Runs on Linux, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include "../check.h"

/* Of a queue of ten messages of 8 KiB, getrlimit(2). */
#define BYTES	(10 * 48 + 10 * 48 + 10 * 8192)

static char name[2][32];

static mqd_t
make(int i, long maxmsg, long msgsize)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = msgsize };

	errno = 0;
	return mq_open(name[i], O_CREAT | O_EXCL | O_RDWR, 0666, &attr);
}

static void
drop(int i, mqd_t q)
{

	CHECK(q >= 0);
	CHECK_EQ(mq_unlink(name[i]), 0);
	CHECK_EQ(mq_close(q), 0);
}

static int
setting(const char *what, const char *value)
{
	char path[64];
	FILE *f;
	int n = -1;

	snprintf(path, sizeof(path), "/proc/sys/fs/mqueue/%s", what);
	if ((f = fopen(path, value != NULL ? "w" : "r")) == NULL)
		return -1;
	if (value != NULL)
		n = fputs(value, f) < 0;
	else if (fscanf(f, "%d", &n) != 1)
		n = -1;
	return fclose(f) == 0 ? n : -1;
}

static void
test_rlimit(void)
{
	struct rlimit old, rl;
	mqd_t a, b;

	CHECK_EQ(getrlimit(RLIMIT_MSGQUEUE, &old), 0);
	rl = old;
	rl.rlim_cur = 2 * BYTES - 1;
	CHECK_EQ(setrlimit(RLIMIT_MSGQUEUE, &rl), 0);
	CHECK((a = make(0, 10, 8192)) >= 0);
	CHECK_EQ(make(1, 10, 8192), -1);
	CHECK_EQ(errno, EMFILE);
	/* Its name is gone, it is not. */
	CHECK_EQ(mq_unlink(name[0]), 0);
	CHECK_EQ(make(1, 10, 8192), -1);
	CHECK_EQ(errno, EMFILE);
	CHECK((b = make(1, 10, 8191)) >= 0);
	drop(1, b);
	CHECK_EQ(mq_close(a), 0);
	CHECK((b = make(1, 10, 8192)) >= 0);
	drop(1, b);
	CHECK_EQ(setrlimit(RLIMIT_MSGQUEUE, &old), 0);
}

/* As they are for a user, and what is no value. */
static void
test_settings(void)
{
	int max = setting("msg_max", NULL), size = setting("msgsize_max", NULL);
	mqd_t q;

	if (max < 0)
		return;		/* no /proc here */
	CHECK(size >= 128);
	CHECK(setting("queues_max", NULL) >= 0);
	CHECK(setting("msg_default", NULL) > 0);
	CHECK(setting("msgsize_default", NULL) >= 128);
	if (geteuid() != 0)
		return;
	CHECK(setting("msg_max", "0") != 0);
	CHECK(setting("msgsize_max", "127") != 0);
	CHECK_EQ(seteuid(99), 0);
	CHECK_EQ(make(0, max + 1, 128), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(make(0, 1, size + 1), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK((q = make(0, max, 128)) >= 0);
	drop(0, q);
	CHECK_EQ(seteuid(0), 0);
}

int
main(void)
{
	int i;

	for (i = 0; i < 2; i++)
		snprintf(name[i], sizeof(name[i]), "/rk-%d-%d", (int)getpid(),
		    i);
	test_rlimit();
	test_settings();
	return 0;
}
