/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices of a platform, behind rumpuser_open(name) and rumpuser_bio.
 * A driver fills a struct bmk_blk, which stays for good, and attaches it.
 */
#ifndef BMK_BLK_H
#define BMK_BLK_H

#include <stddef.h>
#include <stdint.h>

struct bmk_blk {
	const char	*bb_name;	/* "ld0"; opened as that or /dev/ld0 */
	uint64_t	 bb_size;	/* bytes */
	int		 bb_readonly;
	/*
	 * Moves len bytes at off, both inside the device; returns 0 or a
	 * positive errno.  May block (the caller gave the virtual CPU back).
	 */
	int		(*bb_rw)(struct bmk_blk *, int write, void *, size_t,
			    uint64_t off);
	/* What was written before is on stable storage on return. */
	int		(*bb_sync)(struct bmk_blk *);
	struct bmk_blk	*bb_next;	/* of the table */
};

void bmk_blk_attach(struct bmk_blk *);
struct bmk_blk *bmk_blk_find(const char *name);	/* NULL: none */
struct bmk_blk *bmk_blk_get(int fd);		/* as opened; NULL: none */

#endif /* BMK_BLK_H */
