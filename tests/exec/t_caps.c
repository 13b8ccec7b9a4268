/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an exec makes of capabilities and user ids.  usage: t_caps DIR, where
 * the helpers are; the same on Linux, as root, and in an image.  "all" is what
 * the bounding set has.
 */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "run.h"

/* What the helper is after these changes, and execs without a change. */
#define BECOMES(how, text)						\
	CHECK_OUT(0, text "\n", NULL, NULL, prog("helper"), "become", how, \
	    prog("helper2"), "caps")

int
main(int argc, char **argv)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	(void)argc;
	dir = argv[1];
	if (syscall(SYS_capget, &h, d) != 0 || getuid() != 0 ||
	    (~d[0].effective & (1U << CAP_SETPCAP | 1U << CAP_SETUID |
	    1U << CAP_KILL)) != 0 ||
	    prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != 0) {
		printf("skipped: needs root's capabilities\n");
		return 0;
	}
	BECOMES("", "0 0 0 eff all perm all inh 0 amb 0 secure 0 nnp 0");
	BECOMES("u", "5 5 5 eff 0 perm 0 inh 0 amb 0 secure 0 nnp 0");
	/* Other real than effective ids. */
	BECOMES("e", "0 5 5 eff 0 perm all inh 0 amb 0 secure 0 nnp 0");
	BECOMES("f", "5 0 0 eff all perm all inh 0 amb 0 secure 0 nnp 0");
	/* Root has back what it gave away, but for the bounding set. */
	BECOMES("c", "0 0 0 eff all perm all inh 20 amb 0 secure 0 nnp 0");
	BECOMES("b", "0 0 0 eff all perm all inh 0 amb 0 secure 0 nnp 0");
	BECOMES("cn", "0 0 0 eff 20 perm 20 inh 20 amb 0 secure 0 nnp 1");
	BECOMES("r", "0 0 0 eff 0 perm 0 inh 0 amb 0 secure 1 nnp 0");
	BECOMES("rca", "0 0 0 eff 20 perm 20 inh 20 amb 20 secure 1 nnp 0");
	/* What a user keeps goes, unless it is ambient. */
	BECOMES("ku", "5 5 5 eff 0 perm 0 inh 0 amb 0 secure 0 nnp 0");
	BECOMES("kuc", "5 5 5 eff 0 perm 0 inh 20 amb 0 secure 0 nnp 0");
	BECOMES("kuca", "5 5 5 eff 20 perm 20 inh 20 amb 20 secure 0 nnp 0");
	BECOMES("kucan", "5 5 5 eff 20 perm 20 inh 20 amb 20 secure 0 nnp 1");
	BECOMES("ca", "0 0 0 eff all perm all inh 20 amb 20 secure 0 nnp 0");
	return check_done();
}
