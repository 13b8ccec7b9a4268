/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as a root file system image.  `make fuzz`. */
#include <stdlib.h>

#include "hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int started;

	if (!started) {
		if (start() != 0)
			abort();
		vfs_register(&hostile_type);
		rump_sys_mkdir("/h", 0755);
		started = 1;
	}
	hostile = malloc(size + 1);	/* 16-byte aligned; its end is watched */
	memcpy(hostile, data, size);
	hostlen = size;
	if (rump_sys_mount("x", "/h", "hostile", 0, NULL) == 0) {
		use("/h", 0);
		if (rump_sys_umount2("/h", 0) != 0)
			abort();
	}
	free(hostile);
	return 0;
}
