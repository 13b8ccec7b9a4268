/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that block, interrupted by a handler without and with SA_RESTART, and
 * cancelled: what signal(7) and pthreads(7) say of each.  A test has a table
 * of calls, a function that tidies up and `return run_calls(...);`.
 */
#ifndef GUEST_INTR_H
#define GUEST_INTR_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "../check.h"

static int a, b;		/* descriptors of the case */
static volatile sig_atomic_t handled;
static volatile int started, finished, cleaned;

#define HIDDEN (-1)

/* What the calls wait for does not come unless release() brings it. */
struct call {
	const char *name;
	int restarts;		/* with SA_RESTART; HIDDEN: in libc */
	int cancels;		/* is a cancellation point */
	void (*setup)(void);
	long (*call)(void);	/* >= 0, or -errno */
	void (*release)(void);
};

#define RET(expr) do {							\
	long r_ = (expr);						\
									\
	return r_ < 0 ? -errno : r_;					\
} while (0)

static void (*after)(void);	/* for what a case leaves beside a and b */

static void
mkpipe(void)
{
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	a = fds[0];
	b = fds[1];
}

static const struct call *now;
static long result;

static void
handler(int sig)
{

	(void)sig;
	handled++;
}

static void
cleanup(void *arg)
{

	(void)arg;
	cleaned++;
}

static void *
caller(void *arg)
{

	pthread_cleanup_push(cleanup, arg);
	started = 1;
	result = now->call();
	finished = 1;
	pthread_cleanup_pop(0);
	return arg;
}

static void
begin(const struct call *c, pthread_t *t)
{

	now = c;
	a = b = -1;
	started = finished = cleaned = 0;
	handled = 0;
	c->setup();
	CHECK_EQ(pthread_create(t, NULL, caller, NULL), 0);
	while (!started)
		usleep(100);
}

static void
end(void)
{

	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	after();
}

static void
say(const char *name, const char *what, long got, long want)
{

	check_failures++;
	printf("%s, %s: %ld, not %ld\n", name, what, got, want);
}

static void
one(const struct call *c, int restart)
{
	struct sigaction sa = { .sa_handler = handler,
	    .sa_flags = restart ? SA_RESTART : 0 };
	const char *what = restart ? "SA_RESTART" : "plain";
	pthread_t t;
	int i;

	CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	begin(c, &t);
	if (!restart || !c->restarts) {
		/* It may not be waiting yet when the first one comes. */
		for (i = 0; !finished && i < 5000; i++) {
			pthread_kill(t, SIGUSR1);
			usleep(1000 + i * 100);
		}
		pthread_join(t, NULL);
		if (result != -EINTR)
			say(c->name, what, result, -EINTR);
	} else {
		for (i = 0; i < 5; i++) {
			usleep(2000);
			pthread_kill(t, SIGUSR1);
		}
		usleep(2000);
		if (finished)
			say(c->name, "SA_RESTART, ended", result, 0);
		if (c->release == NULL) {
			/* Cancelled below; here it is just made to end. */
			sa.sa_flags = 0;
			sigaction(SIGUSR1, &sa, NULL);
			for (i = 0; !finished; i++) {
				pthread_kill(t, SIGUSR1);
				usleep(1000 + i * 100);
			}
		} else
			c->release();
		pthread_join(t, NULL);
		if (c->release != NULL && result < 0)
			say(c->name, what, result, 0);
	}
	CHECK(handled > 0);
	end();
}

static void
cancel(const struct call *c, int wait)
{
	pthread_t t;
	void *ret;

	begin(c, &t);
	if (wait)
		usleep(3000);
	pthread_cancel(t);
	pthread_join(t, &ret);
	if (ret != PTHREAD_CANCELED)
		say(c->name, "cancelled", (long)ret, -1);
	CHECK_EQ(cleaned, 1);
	end();
}

static int
run_calls(const struct call *calls, unsigned n, void (*fn)(void), int argc,
    char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	const struct call *c;

	after = fn;
	for (c = calls; c < calls + n; c++) {
		if (only != NULL && strcmp(only, c->name) != 0)
			continue;
		if (only != NULL)
			printf("%s\n", c->name);
		if (c->restarts != HIDDEN) {
			one(c, 0);
			one(c, 1);
		}
		if (!c->cancels)
			continue;
		cancel(c, 0);
		cancel(c, 1);
	}
	return check_done();
}

#endif /* GUEST_INTR_H */
