/* SPDX-License-Identifier: BSD-2-Clause */
/* What fstat says of a descriptor without a name, as Linux's anon_inode. */
#include <asm/stat.h>
#include <kern/file.h>
#include <kern/poll.h>
#include <kern/str.h>
#include <kern/text.h>
#include "anon.h"

int
rump_anon_stat(struct file *fp, struct stat *st)
{

	(void)fp;
	memset(st, 0, sizeof(*st));
	st->st_mode = 0600;
	st->st_nlink = 1;
	st->st_blksize = 4096;
	return 0;
}

void
rump_anon_info(struct file *fp, struct text *tx)
{

	switch (fp->f_type) {
	case FT_EVENTFD:
		rump_eventfd_info(fp, tx);
		break;
	case FT_SIGNALFD:
		rump_textf(tx, "sigmask:\t%016lx\n", rump_signalfd_set(fp));
		break;
	case FT_PIDFD:
		rump_textf(tx, "Pid:\t%d\nNSpid:\t%d\n",
		    rump_pidfd_pid(fp), rump_pidfd_pid(fp));
		break;
	default:
		break;
	}
}
