/* SPDX-License-Identifier: BSD-2-Clause */
/* The components of an image: the linker collected them in a set. */
#include <rump/component.h>

#include "user.h"

extern const struct rump_component *const __start_rump_components[]
    __attribute__((__weak__));
extern const struct rump_component *const __stop_rump_components[]
    __attribute__((__weak__));

void
rumpuser_dl_bootstrap(rump_modinit_fn modinit, rump_symload_fn symload,
    rump_compload_fn compload)
{
	const struct rump_component *const *rc;

	(void)modinit;
	(void)symload;
	for (rc = __start_rump_components; rc < __stop_rump_components; rc++)
		if (*rc != NULL && compload != NULL)
			compload(*rc);
}
