/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs need: the thread pointer, and what the image looks like. */
#include <rump/rumpcomp_user.h>

#include "user.h"

/* The linker script's.  An absolute symbol's address is its value. */
extern const char __tls_start[], __tdata_end[], __tls_end[];
extern const char __tls_align_end[];	/* start + alignment: an absolute
					   symbol would move with the base */
extern const char __eh_frame_hdr_start[], __eh_frame_hdr_end[];

int
rumpcomp_user_copy(void *to, const void *from, size_t len)
{
	return bmk_user_copy(to, from, len);
}

long
rumpcomp_user_copystr(char *to, const char *from, size_t max)
{
	return bmk_user_copystr(to, from, max);
}

int
rumpcomp_user_probe(void *to, size_t len)
{
	return bmk_user_probe(to, len);
}

void
rumpcomp_user_settp(void *tp)
{
	bmk_curthread()->bt_tp = (uint64_t)tp;
	bmk_curcpu()->bc_tp = (uint64_t)tp;
	bmk_platform_settp((uint64_t)tp);
}

void *
rumpcomp_user_gettp(void)
{
	return (void *)bmk_curthread()->bt_tp;
}

static unsigned long
cpuid1_edx(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ __volatile__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d;
}

void
rumpcomp_user_image(struct rumpcomp_user_image *ui)
{
	ui->ui_tls_start = __tls_start;
	ui->ui_tls_filesz = (unsigned long)(__tdata_end - __tls_start);
	ui->ui_tls_memsz = (unsigned long)(__tls_end - __tls_start);
	ui->ui_tls_align = (unsigned long)(__tls_align_end -
	    __tls_start);
	ui->ui_eh_frame_hdrsz = (unsigned long)(__eh_frame_hdr_end -
	    __eh_frame_hdr_start);
	ui->ui_eh_frame_hdr = ui->ui_eh_frame_hdrsz != 0 ?
	    __eh_frame_hdr_start : NULL;
	ui->ui_hwcap = cpuid1_edx();
}
