/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm: either it works or the launcher says soon that it does not and what to
 * do instead.
 */
#include <string.h>

#include "harness.h"

static struct result res;

int
main(void)
{
	RUN(&res, "kvm", guest("guest"), "exit=42");
	if (res.status == 42)
		return check_done();
	CHECK_EQ(res.status, 125);
	CHECK(strstr(res.err, "no usable KVM here: ") != NULL);
	CHECK(strstr(res.err, "run with: rumprun qemu") != NULL);
	CHECK(res.ms < SLOW);
	CHECK_EQ(res.outlen, 0);
	return check_done();
}
