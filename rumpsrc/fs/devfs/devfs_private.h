/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of devfs. */
#ifndef DEVFS_PRIVATE_H
#define DEVFS_PRIVATE_H

#include <vfs/vfs.h>

extern struct devnode devfs_builtin[];	/* mem.c */
extern const unsigned devfs_nbuiltin;
extern const struct devops devfs_kmsg_ops;	/* kmsg.c */

#endif /* DEVFS_PRIVATE_H */
