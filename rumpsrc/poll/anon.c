/* SPDX-License-Identifier: BSD-2-Clause */
/* What fstat says of a descriptor without a name, as Linux's anon_inode. */
#include <asm/stat.h>
#include <kern/file.h>
#include <kern/poll.h>
#include <kern/str.h>

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
