/* SPDX-License-Identifier: BSD-2-Clause */
/* components: vfs vfs_tmpfs vfs_rootfs */
/*
 * libFuzzer: any bytes as a root file system image, or as changes to a good
 * one: 16 bits of offset and 6 bytes each time.
 */
#include <stdlib.h>

#include "../vfs/hostile.h"

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
	if (size > 0 && data[0] % 8 == 0) {
		hostile = malloc(size);	/* its end is watched */
		memcpy(hostile, data, size);
		hostlen = size;
	} else {
		hostile = malloc(hostlen = IMGSIZE);
		build(hostile);
		for (; size >= 8; data += 8, size -= 8)
			memcpy(hostile + (data[0] | data[1] << 8) %
			    (IMGSIZE - 6), data + 2, 6);
	}
	if (rump_sys_mount("x", "/h", "hostile", 0, NULL) == 0) {
		use("/h", 0);
		if (rump_sys_umount2("/h", 0) != 0)
			abort();
	}
	free(hostile);
	return 0;
}
