/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of a rootfs image, for the fuzzer and the tests too. */
#ifndef ROOTFS_PRIVATE_H
#define ROOTFS_PRIVATE_H

#include <rump/rootfs.h>
#include <vfs/tmpfs.h>

struct rootfs {
	struct tmpfs_lower rf_lower;
	const uint8_t	*rf_base;
	const struct rootfs_sb *rf_sb;
};

/* EIO unless the superblock can be trusted. */
int	rootfs_open(struct rootfs *, const void *base, size_t len);

#endif /* ROOTFS_PRIVATE_H */
