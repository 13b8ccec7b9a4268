/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities, to prctl.c.  What others ask is in kern/proc.h. */
#ifndef KERN_CAPS_H
#define KERN_CAPS_H

/*
 * prctl(2): PR_CAPBSET_*, PR_CAP_AMBIENT, PR_*_SECUREBITS, PR_*_KEEPCAPS and
 * PR_*_NO_NEW_PRIVS of curlwp; rest: its last two arguments.  A result or a
 * negative errno.
 */
long	rump_caps_prctl(int op, unsigned long a, unsigned long b,
	    unsigned long rest);

#endif /* KERN_CAPS_H */
