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
	if (rump_suser() != 0)
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
	if (rump_suser() != 0)
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

static int
text_read(struct text *tx, const struct procctx *pc)
{

	rump_textf(tx, "%s\n", (const char *)pc->pc_node->pn_arg);
	return 0;
}

#define TEXT(path, text) \
	{ .pn_path = (path), .pn_read = text_read, .pn_arg = (text) }

static const struct procnode sysctl_nodes[] = {
	{ .pn_path = "sys/kernel/hostname", .pn_read = hostname_read,
	  .pn_write = hostname_write },
	TEXT("sys/kernel/ostype", "Linux"),
	TEXT("sys/kernel/osrelease", RUMP_OSRELEASE),
	TEXT("sys/kernel/version", RUMP_OSVERSION),
	TEXT("sys/kernel/pid_max", "2147483647"),
	TEXT("sys/kernel/ngroups_max", "32"),
	TEXT("sys/kernel/cap_last_cap", "40"),
	TEXT("sys/kernel/randomize_va_space", "2"),
	{ .pn_path = "sys/kernel/threads-max", .pn_read = threads_read },
	{ .pn_path = "sys/kernel/random/uuid", .pn_read = uuid_read },
	{ .pn_path = "sys/kernel/random/boot_id", .pn_read = bootid_read },
	TEXT("sys/kernel/random/poolsize", "256"),
	TEXT("sys/kernel/random/entropy_avail", "256"),
	{ .pn_path = "sys/kernel/core_pattern", .pn_read = core_read,
	  .pn_write = core_write },
	/* mm.c sets memory aside when it is mapped */
	TEXT("sys/vm/overcommit_memory", "2"),
	TEXT("sys/vm/overcommit_ratio", "100"),
	TEXT("sys/vm/max_map_count", "2147483647"),
	TEXT("sys/vm/swappiness", "0"),
	TEXT("sys/fs/file-max", "9223372036854775807"),
	TEXT("sys/fs/nr_open", "65536"),
	TEXT("sys/fs/pipe-max-size", "1048576"),
	{ .pn_path = NULL }
};
RUMP_PROCNODES(sysctl_nodes);
