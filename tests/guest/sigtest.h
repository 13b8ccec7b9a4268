/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of signals have in common. */
#ifndef GUEST_SIGTEST_H
#define GUEST_SIGTEST_H

#include <signal.h>
#include <string.h>
#include "../check.h"

/* fn is the handler of sig from now on. */
static inline void
on(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = fn;
	sa.sa_flags = flags | SA_SIGINFO;
	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

#endif /* GUEST_SIGTEST_H */
