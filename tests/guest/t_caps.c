/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that keeps one capability when it becomes a user, root without
 * some of its own, and threads of which each has what it has.  Linux keeps
 * user and group ids by thread, too: libc makes them the process's.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../check.h"

#define NOBODY	65534
#define BIT(c)	(1U << (c))
#define NEEDED	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | \
		BIT(CAP_SETUID) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE))
#define DIR	"/tmp/t_caps"		/* whose owner may empty it */
#define OURS	DIR "/file"

static sem_t go, done;

static void
get(struct __user_cap_data_struct *d)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };

	CHECK_EQ(syscall(SYS_capget, &h, d), 0);
}

static long
set(const struct __user_cap_data_struct *d)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };

	return syscall(SYS_capset, &h, d);
}

static unsigned
effective(void)
{
	struct __user_cap_data_struct d[2];

	get(d);
	return d[0].effective;
}

/* All that is permitted is in effect but this. */
static void
without(unsigned caps)
{
	struct __user_cap_data_struct d[2];

	get(d);
	d[0].effective = d[0].permitted & ~caps;
	d[1].effective = d[1].permitted;
	CHECK_EQ(set(d), 0);
}

static int
opens(void)
{
	int fd = open(OURS, O_RDWR);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* Root is user 0, and has what it has. */
static void
test_root(void)
{

	close(creat(OURS, 0600));
	CHECK_EQ(chown(OURS, NOBODY, NOBODY), 0);
	CHECK_EQ(opens(), 0);
	without(BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH));
	CHECK_EQ(opens(), EACCES);
	CHECK_EQ(chmod(OURS, 0640), 0);
	without(BIT(CAP_FOWNER));
	CHECK_EQ(opens(), 0);
	FAILS(chmod(OURS, 0600), EPERM);
	CHECK_EQ(chown(OURS, 0, 0), 0);
	without(BIT(CAP_CHOWN));
	FAILS(chown(OURS, NOBODY, NOBODY), EPERM);
	without(BIT(CAP_SETUID));
	FAILS(syscall(SYS_setuid, NOBODY), EPERM);
	without(0);
	/* The rest of user ids is by Linux's rules: gone and back. */
	CHECK_EQ(seteuid(NOBODY), 0);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(opens(), EACCES);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(effective() & NEEDED, NEEDED);
	CHECK_EQ(opens(), 0);
}

static void *
other(void *arg)
{
	unsigned before;

	(void)arg;
	before = effective();
	sem_wait(&go);
	/* What the first thread gave away since. */
	CHECK_EQ(effective(), before);
	CHECK(before & BIT(CAP_CHOWN));
	CHECK_EQ(chown(OURS, 0, 0), 0);
	without(BIT(CAP_FOWNER));
	sem_post(&done);
	sem_wait(&go);
	/* libc did it for this one as well. */
	CHECK_EQ(syscall(SYS_geteuid), NOBODY);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(opens(), EACCES);
	sem_post(&done);
	sem_wait(&go);
	CHECK_EQ(syscall(SYS_geteuid), 0);
	CHECK_EQ(effective() & NEEDED, NEEDED);
	/* Behind libc's back it is this thread's business. */
	CHECK_EQ(syscall(SYS_setresuid, -1, NOBODY, -1), 0);
	CHECK_EQ(opens(), EACCES);
	sem_post(&done);
	return NULL;
}

static void
step(void)
{

	sem_post(&go);
	sem_wait(&done);
}

static void
test_threads(void)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, other, NULL), 0);
	without(BIT(CAP_CHOWN));
	step();
	FAILS(chown(OURS, NOBODY, NOBODY), EPERM);
	CHECK_EQ(chmod(OURS, 0600), 0);
	CHECK_EQ(seteuid(NOBODY), 0);
	step();
	CHECK_EQ(seteuid(0), 0);
	step();
	CHECK_EQ(syscall(SYS_geteuid), 0);
	CHECK_EQ(opens(), 0);
	pthread_join(t, NULL);
	without(0);
}

/* 0 or the error; a port that is taken gives way to the next one. */
static int
service(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), error, port = 1023;

	do {
		sin.sin_port = htons((uint16_t)port);
		error = bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 ?
		    0 : errno;
	} while (error == EADDRINUSE && --port > 900);
	close(fd);
	return error;
}

/* Port 1023 may be anybody's: this is told by who has nothing. */
static int
unprivileged_port(void)
{
	char buf[16] = "";
	int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start",
	    O_RDONLY);

	if (fd < 0)
		return 0;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	close(fd);
	return atoi(buf) < 1024;
}

/* Does /proc say that this is what is in effect? */
static int
proc_says(unsigned caps)
{
	char buf[4096], want[64];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	snprintf(want, sizeof(want), "\nCapEff:\t%016x\n", caps);
	return strstr(buf, want) != NULL;
}

/* The last one: there is no way back. */
static void
test_server(void)
{
	struct __user_cap_data_struct d[2] = { { 0 } };
	int anybodys = unprivileged_port();

	CHECK_EQ(chown(DIR, NOBODY, NOBODY) | chown(OURS, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
	CHECK_EQ(setuid(NOBODY), 0);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0), 1);
	get(d);
	CHECK_EQ(d[0].permitted & NEEDED, NEEDED);
	memset(d, 0, sizeof(d));
	d[0].effective = d[0].permitted = BIT(CAP_NET_BIND_SERVICE);
	CHECK_EQ(set(d), 0);
	CHECK(proc_says(BIT(CAP_NET_BIND_SERVICE)));
	CHECK_EQ(service(), 0);
	CHECK_EQ(opens(), EACCES);
	FAILS(setuid(0), EPERM);
	FAILS(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0), EPERM);
	FAILS(sethostname("x", 1), EPERM);
	d[0].effective |= BIT(CAP_CHOWN);
	d[0].permitted |= BIT(CAP_CHOWN);
	FAILS(set(d), EPERM);
	memset(d, 0, sizeof(d));
	CHECK_EQ(set(d), 0);
	CHECK(proc_says(0));
	if (!anybodys)
		CHECK_EQ(service(), EACCES);
}

int
main(void)
{

	if (geteuid() != 0 || (effective() & NEEDED) != NEEDED) {
		printf("skipped: needs root's capabilities\n");
		return 0;
	}
	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	mkdir(DIR, 0700);
	test_root();
	test_threads();
	test_server();
	CHECK_EQ(unlink(OURS) | rmdir(DIR), 0);
	return check_done();
}
