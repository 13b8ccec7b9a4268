/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls for running programs: hw, spt, xen.  Not on posix, but for copies
 * from and to their memory.
 */
#ifndef RUMP_RUMPCOMP_USER_H
#define RUMP_RUMPCOMP_USER_H

#include <stddef.h>

/*
 * One of the addresses is a program's and may be wrong: -EFAULT, else 0.  The
 * other's range does not overlap it.  copystr: the bytes with the NUL, max + 1
 * when there is none among max that it copied, negative when the address is
 * wrong.  posix finds NULL and ranges that wrap.
 */
int rumpcomp_user_copy(void *to, const void *from, size_t len);
long rumpcomp_user_copystr(char *to, const char *from, size_t max);
/* Can all of the len bytes, not 0, be written now? */
int rumpcomp_user_probe(void *to, size_t len);

/* Thread pointer (x86-64: FS base) of the calling thread; kept per thread. */
void rumpcomp_user_settp(void *tp);
void *rumpcomp_user_gettp(void);

/*
 * Leave the calling host thread's stack for good: stack pointer = sp (16-byte
 * aligned by the caller as the ABI of the entry wants), rdi = arg, all other
 * registers clear, floating point control at its default, jump to entry.
 * The host thread's own stack stays allocated until the thread exits.
 */
void rumpcomp_user_enter(void (*entry)(void), void *arg, void *sp)
    __attribute__((__noreturn__));

/* What the program's auxv needs to know of the image; absolute addresses. */
struct rumpcomp_user_image {
	const void	*ui_tls_start;	/* .tdata */
	unsigned long	 ui_tls_filesz, ui_tls_memsz, ui_tls_align;
	const void	*ui_eh_frame_hdr;	/* NULL when there is none */
	unsigned long	 ui_eh_frame_hdrsz;
	unsigned long	 ui_hwcap;	/* CPUID.1:EDX */
};
void rumpcomp_user_image(struct rumpcomp_user_image *);

#endif /* RUMP_RUMPCOMP_USER_H */
