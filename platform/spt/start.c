/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of the process: relocation, options, memory, signals, the filter,
 * then bmk_main().  IMAGE [--rumpkit-mem=BYTES] [--rumpkit-blk=NAME:FD]...
 * [--rumpkit-net=NAME[,OPTION]:FD]... [--rumpkit-param=NAME=VALUE]...
 * [-- CONFIG]
 * or, without any of these, the program's arguments.
 */
#include "spt.h"

#define DEFAULT_MEMORY	(128UL << 20)
#define MAXFDS		64

#define AT_HWCAP2	26
#define AT_RANDOM	25
#define AT_SYSINFO_EHDR	33
#define HWCAP2_FSGSBASE	2
#define ARCH_SET_GS	0x1001
#define F_GETFD		1
#define AT_FDCWD	(-100)
#define O_RDWR		2

struct spt_options spt_options;
const void *spt_vdso;
int spt_fsgsbase;
const char *bmk_platform_config = "";

static struct bmk_cpu cpu0;
static int keep_fds[MAXFDS], nkeep;

/* Aligned for us by the linker script's note. */
extern const uint64_t spt_memory_min __attribute__((__aligned__(4)));

void spt_start(void *) __attribute__((__noreturn__));

void
spt_die(const char *msg)
{
	static const char name[] = "spt: ";

	(void)sys_write(2, name, sizeof(name) - 1);
	(void)sys_write(2, msg, strlen(msg));
	(void)sys_write(2, "\n", 1);
	(void)sys3(__NR_exit_group, 2, 0, 0);
	__builtin_unreachable();
}

void
spt_keep_fd(int fd)
{
	if (nkeep == MAXFDS)
		spt_die("too many descriptors");
	keep_fds[nkeep++] = fd;
}

static int
kept(int fd)
{
	int i;

	for (i = 0; i < nkeep; i++)
		if (keep_fds[i] == fd)
			return 1;
	return 0;
}

/* All but 0-2 and what was asked for; the rest in one call where it can. */
static void
close_others(void)
{
	int fd, max = 2, i;

	for (i = 0; i < nkeep; i++)
		if (keep_fds[i] > max)
			max = keep_fds[i];
	for (fd = 3; fd < max; fd++)
		if (!kept(fd))
			(void)sys3(__NR_close, fd, 0, 0);
	if (sys3(__NR_close_range, max + 1, ~0U, 0) < 0)
		for (fd = max + 1; fd < 1024; fd++)
			(void)sys3(__NR_close, fd, 0, 0);
}

/* Else what is opened next would be taken for the console. */
static void
open_standard(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (sys3(__NR_fcntl, fd, F_GETFD, 0) < 0 &&
		    sys4(__NR_openat, AT_FDCWD, (long)"/dev/null", O_RDWR,
		    0) != fd)
			spt_die("descriptors 0 to 2 must be open");
}

static size_t
parse_bytes(const char *s)
{
	size_t v = 0;

	if (*s == '\0')
		spt_die("--rumpkit-mem: a number of bytes is expected");
	for (; *s != '\0'; s++)
		if (*s < '0' || *s > '9' ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (size_t)(*s - '0'), &v))
			spt_die("--rumpkit-mem: a number of bytes is expected");
	return v;
}

/* The rest of arg behind prefix, or NULL. */
static const char *
option(const char *arg, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(arg, prefix, len) == 0 ? arg + len : NULL;
}

/* "rc":[{"argv":[...]}] of a command line that has no options of ours. */
static void
arguments(int argc, const char *const *argv)
{
	static char config[4096];
	char *p = config, *end = config + sizeof(config) - 16;
	const char *s;
	int i;

	p += snprintf(p, 32, "{\"rc\":[{\"argv\":[");
	for (i = 1; i < argc; i++) {
		*p++ = '"';
		for (s = argv[i]; *s != '\0' && p < end; s++)
			if ((uint8_t)*s < ' ' || *s == '"' || *s == '\\')
				p += snprintf(p, 8, "\\u%04x", (uint8_t)*s);
			else
				*p++ = *s;
		if (p >= end)
			spt_die("the arguments are too long");
		*p++ = '"';
		*p++ = i + 1 < argc ? ',' : ']';
	}
	(void)snprintf(p, 8, "}]}");
	spt_options.so_config = config;
}

static void
parse_options(int argc, const char *const *argv)
{
	const char *val;
	int i;

	spt_options.so_memory = DEFAULT_MEMORY;
	spt_options.so_config = "";
	spt_options.so_argc = argc;
	spt_options.so_argv = argv;
	if (argc > 1 && strncmp(argv[1], "--rumpkit-", 10) != 0 &&
	    strcmp(argv[1], "--") != 0) {
		arguments(argc, argv);
		return;
	}
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			if (i + 1 < argc)
				spt_options.so_config = argv[i + 1];
			break;
		}
		if ((val = option(argv[i], "--rumpkit-mem=")) != NULL)
			spt_options.so_memory = parse_bytes(val);
		else if ((val = option(argv[i], "--rumpkit-blk=")) != NULL) {
			if (spt_block_add(val) != 0)
				spt_die("--rumpkit-blk: NAME:FD is expected");
		} else if ((val = option(argv[i], "--rumpkit-net=")) != NULL) {
			if (spt_net_add(val) != 0)
				spt_die("--rumpkit-net: NAME:FD is expected, "
				    "of a TAP device without IFF_PI");
		} else if ((val = option(argv[i], "--rumpkit-report=")) !=
		    NULL) {
			spt_report_fd = (int)parse_bytes(val);
			spt_keep_fd(spt_report_fd);
		} else if (option(argv[i], "--rumpkit-param=") == NULL)
			spt_die("unknown argument; usage: IMAGE "
			    "[--rumpkit-mem=BYTES] [--rumpkit-blk=NAME:FD] "
			    "[--rumpkit-net=NAME:FD] "
			    "[--rumpkit-param=NAME=VALUE] [-- CONFIG]");
	}
	if (spt_options.so_memory < spt_memory_min) {
		char msg[80];

		(void)snprintf(msg, sizeof(msg), "%zu bytes of memory are too "
		    "few, needed are %lu", spt_options.so_memory,
		    spt_memory_min);
		spt_die(msg);
	}
}

/* From entry.S, with the stack as Linux made it: argc, argv, envp, auxv. */
void
spt_start(void *stack)
{
	long argc = *(long *)stack;
	const char *const *argv = (const char *const *)stack + 1;
	const uint64_t *p = (const uint64_t *)stack + argc + 2;
	const uint8_t *seed = NULL;

	spt_relocate();
	(void)sys_mprotect((void *)(uintptr_t)__relro_start,
	    (size_t)(__relro_end - __relro_start), SYS_PROT_READ);
	while (*p++ != 0)
		;
	for (; p[0] != 0; p += 2) {
		if (p[0] == AT_RANDOM)
			seed = (const uint8_t *)p[1];
		else if (p[0] == AT_SYSINFO_EHDR)
			spt_vdso = (const void *)p[1];
		else if (p[0] == AT_HWCAP2)
			spt_fsgsbase = (p[1] & HWCAP2_FSGSBASE) != 0;
	}
	cpu0.bc_self = &cpu0;
	if (sys3(__NR_arch_prctl, ARCH_SET_GS, (long)&cpu0, 0) != 0)
		spt_die("arch_prctl failed");
	open_standard();
	spt_random_init(seed);
	parse_options((int)argc, argv);
	bmk_platform_config = spt_options.so_config;
	close_others();
	spt_memory_init(spt_options.so_memory);
	spt_clock_init();
	spt_console_init();
	spt_fault_init();
	spt_vm_init();
	spt_timer_init();
	spt_filter();
	bmk_main();
}

void
bmk_platform_halt(int status)
{
	/* The timer's tick would write the same once more. */
	(void)bmk_platform_irq_off();
	spt_console_flush();
	(void)sys3(__NR_exit_group, status, 0, 0);
	__builtin_unreachable();
}
