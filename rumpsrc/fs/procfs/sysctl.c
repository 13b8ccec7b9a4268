/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl.c: /proc/sys/{kernel,vm,fs}.  What is fixed here is read-only; the
 * limits are those of the calls that they name.
 */
#include <asm/errno.h>

#include <rump/rumpuser.h>
#include <rump/rumpcomp_vm.h>
#include <kern/init.h>
#include <kern/str.h>

#include "procfs_private.h"

#pragma weak rumpcomp_vm_stat

static struct rump_mutex boot_lock;
static uint8_t boot_id[16];		/* [boot_lock] zero: not made yet */
static char core_pattern[128] = "core";	/* [boot_lock] */

static size_t
linelen(const char *text)
{
	const char *nl = strchr(text, '\n');

	return nl != NULL ? (size_t)(nl - text) : strlen(text);
}

static int
hostname_read(struct text *tx, const struct procctx *pc)
{
	char name[65];

	(void)pc;
	(void)rump_hostname(name);
	rump_textf(tx, "%s\n", name);
	return 0;
}

static int
hostname_write(const char *text, const struct procctx *pc)
{
	size_t len = linelen(text);

	(void)pc;
	if (rump_cred_cur()->cr_euid != 0)
		return EPERM;
	return rump_sethostname(text, len < 64 ? len : 64);
}

static int
random16(uint8_t id[16])
{
	size_t done;

	if (rumpuser_getrandom(id, 16, 0, &done) != 0 || done != 16)
		return EIO;
	id[6] = (uint8_t)(0x40 | (id[6] & 0x0f));	/* RFC 4122: random */
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
	return 0;
}

static void
uuid(struct text *tx, const uint8_t id[16])
{
	int i;

	for (i = 0; i < 16; i++)
		rump_textf(tx, "%s%02x", i == 4 || i == 6 || i == 8 ||
		    i == 10 ? "-" : "", id[i]);
	rump_textf(tx, "\n");
}

static int
uuid_read(struct text *tx, const struct procctx *pc)
{
	uint8_t id[16];
	int error;

	(void)pc;
	if ((error = random16(id)) == 0)
		uuid(tx, id);
	return error;
}

static int
bootid_read(struct text *tx, const struct procctx *pc)
{
	uint8_t id[16];
	int error = 0;

	(void)pc;
	rump_mutex_enter(&boot_lock);
	if (boot_id[8] == 0)
		error = random16(boot_id);
	memcpy(id, boot_id, sizeof(id));
	rump_mutex_exit(&boot_lock);
	if (error == 0)
		uuid(tx, id);
	return error;
}

/* Kept; core files are the launcher's. */
static int
core_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_mutex_enter(&boot_lock);
	rump_textf(tx, "%s\n", core_pattern);
	rump_mutex_exit(&boot_lock);
	return 0;
}

static int
core_write(const char *text, const struct procctx *pc)
{
	size_t len = linelen(text);

	(void)pc;
	if (rump_cred_cur()->cr_euid != 0)
		return EPERM;
	if (len >= sizeof(core_pattern))
		return EINVAL;
	rump_mutex_enter(&boot_lock);
	memcpy(core_pattern, text, len);
	core_pattern[len] = '\0';
	rump_mutex_exit(&boot_lock);
	return 0;
}

/* So many small stacks would fill the memory. */
static int
threads_read(struct text *tx, const struct procctx *pc)
{
	size_t total = 0, avail;

	(void)pc;
	if (rumpcomp_vm_stat != NULL)
		rumpcomp_vm_stat(&total, &avail);
	rump_textf(tx, "%lu\n", total / 32768 + 20);
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_set(pt, "sys/kernel/hostname", hostname_read, hostname_write);
	rump_proc_text(pt, "sys/kernel/ostype", "Linux");
	rump_proc_text(pt, "sys/kernel/osrelease", RUMP_OSRELEASE);
	rump_proc_text(pt, "sys/kernel/version", RUMP_OSVERSION);
	rump_proc_text(pt, "sys/kernel/pid_max", "2147483647");
	rump_proc_text(pt, "sys/kernel/ngroups_max", "32");
	rump_proc_text(pt, "sys/kernel/cap_last_cap", "40");
	rump_proc_text(pt, "sys/kernel/randomize_va_space", "2");
	rump_proc_file(pt, "sys/kernel/threads-max", threads_read);
	rump_proc_file(pt, "sys/kernel/random/uuid", uuid_read);
	rump_proc_file(pt, "sys/kernel/random/boot_id", bootid_read);
	rump_proc_text(pt, "sys/kernel/random/poolsize", "256");
	rump_proc_text(pt, "sys/kernel/random/entropy_avail", "256");
	rump_proc_set(pt, "sys/kernel/core_pattern", core_read, core_write);
	/* mm.c sets memory aside when it is mapped */
	rump_proc_text(pt, "sys/vm/overcommit_memory", "2");
	rump_proc_text(pt, "sys/vm/overcommit_ratio", "100");
	rump_proc_text(pt, "sys/vm/max_map_count", "2147483647");
	rump_proc_num(pt, "sys/vm/memfd_noexec", &vfs_memfd_noexec, 1, 0, 2);
	rump_proc_text(pt, "sys/vm/mmap_min_addr", "65536");
	rump_proc_text(pt, "sys/vm/swappiness", "0");
	rump_proc_text(pt, "sys/fs/file-max", "9223372036854775807");
	rump_proc_text(pt, "sys/fs/nr_open", "65536");
	rump_proc_text(pt, "sys/fs/pipe-max-size", "1048576");
}
