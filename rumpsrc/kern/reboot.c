/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the machine on a program's demand. */
#include <asm/errno.h>
#include <linux/reboot.h>
#include <rump/rumpuser.h>
#include <kern/proc.h>
#include <kern/syscall.h>

/* Ends the machine with status 0; restarting it is the launcher's. */
RUMP_SYSCALL4(reboot, int, magic, int, magic2, unsigned, cmd, void *, arg)
{

	(void)arg;
	if (rump_capable(CAP_SYS_BOOT) != 0)
		return -EPERM;
	if ((unsigned)magic != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	    magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	case LINUX_REBOOT_CMD_HALT:
	case LINUX_REBOOT_CMD_POWER_OFF:
	case LINUX_REBOOT_CMD_RESTART:
		rumpuser_exit(0);
	}
	return -EINVAL;
}
