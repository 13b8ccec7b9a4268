/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command line of rumprun.  Every option is accepted before and after the
 * name of the platform; options end at IMAGE, the rest is the program's.
 */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmdline.h"
#include "netopts.h"
#include "options.h"
#include "report.h"

#define DEFAULT_MEMORY	(256ULL << 20)

enum {
	OPT_MACHINE = 256, OPT_BOOT, OPT_CONFIG, OPT_CORE, OPT_TIMEOUT,
	OPT_UEFI, OPT_LOG, OPT_PCAP, OPT_RUN, OPT_SYMBOLS, OPT_VERSION,
	OPT_TRACE, OPT_STATS, OPT_REPORT
};

static const char shortopts[] = "+:Snhb:dD:e:g:iI:M:N:o:pW:";

static const struct option longopts[] = {
	{ "block", required_argument, NULL, 'b' },
	{ "boot", required_argument, NULL, OPT_BOOT },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "core", required_argument, NULL, OPT_CORE },
	{ "detach", no_argument, NULL, 'd' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "env", required_argument, NULL, 'e' },
	{ "gdb", required_argument, NULL, 'D' },
	{ "help", no_argument, NULL, 'h' },
	{ "interactive", no_argument, NULL, 'i' },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "machine", required_argument, NULL, OPT_MACHINE },
	{ "memory", required_argument, NULL, 'M' },
	{ "name", required_argument, NULL, 'N' },
	{ "output", required_argument, NULL, 'o' },
	{ "paused", no_argument, NULL, 'p' },
	{ "pcap", required_argument, NULL, OPT_PCAP },
	{ "qemu-args", required_argument, NULL, 'g' },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "stats", optional_argument, NULL, OPT_STATS },
	{ "sudo", no_argument, NULL, 'S' },
	{ "symbols", required_argument, NULL, OPT_SYMBOLS },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "trace", optional_argument, NULL, OPT_TRACE },
	{ "trace-file", required_argument, NULL, OPT_REPORT },
	{ "uefi", no_argument, NULL, OPT_UEFI },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

static const char usage[] =
"usage: rumprun [-S -n] {qemu|kvm|spt|iso} [options] IMAGE [arguments]\n"
"       rumprun ... --run 'prog1 x | prog2; prog3 & prog4' IMAGE\n"
"\n"
"Runs a baked image.  The exit status is the program's; 124 means that\n"
"--timeout passed, 125 that the launcher or the guest's machine failed.\n"
"\n"
"  -M MEM             memory in MiB, or with K, M, G (default 256)\n"
"  -i                 interactive: stdin is the console; Ctrl-A x ends\n"
"  -e VAR=value       environment variable of the program\n"
"  -b FILE[,DIR]      disk image, mounted on DIR of the guest\n"
"  -I TAG,IF[,NETDEV] network interface IF, QEMU netdev (tap,ifname=TAG)\n"
"  -W TAG,inet,dhcp | TAG,inet,static,ADDR/MASK[,GATEWAY]\n"
"                     address of the interface with that tag\n"
"  --pcap [TAG,]FILE  write the packets of that interface to a file\n"
"  -N NAME            name of the guest, and its host name\n"
"  -D PORT            serve gdb on that port; addresses are not randomised\n"
"  -p                 do not start before gdb says so (with -D)\n"
"  -d                 detach: print the process id and go on\n"
"  -g 'OPTIONS'       more options for QEMU\n"
"  -n                 print the command, run nothing\n"
"  -S                 run through sudo\n"
"  -o FILE            iso: the file to write\n"
"  --machine pc|q35|microvm   virtual machine (default pc)\n"
"  --boot pvh|multiboot       how QEMU starts the image (default pvh)\n"
"  --uefi             boot an ISO image by UEFI firmware\n"
"  --run LINE         programs of the image: one after the other (;), in\n"
"                     parallel (&), one's output into the next (|)\n"
"  --config FILE      guest configuration (JSON) to start from\n"
"  --timeout SECONDS  end the guest after that time\n"
"  --trace[=SET]      print system calls as strace does: all, or names and\n"
"                     classes (file,network,memory,process,signal,desc,ipc)\n"
"  --stats[=json]     print what the guest used and did, at its end\n"
"  --trace-file FILE  write both there instead of to standard error\n"
"  --log FILE         with -d: file for the console output\n"
"  --core FILE        write a core file for gdb when the guest crashes\n"
"  --symbols FILE     names for panics (default IMAGE.debug)\n"
"  --help, --version\n";

static uint64_t
parse_memory(const char *s)
{
	unsigned shift = 20;
	unsigned long long v;
	char *end;

	v = strtoull(s, &end, 10);
	if (*end != '\0') {
		switch (*end | 0x20) {
		case 'k': shift = 10; break;
		case 'm': shift = 20; break;
		case 'g': shift = 30; break;
		default: shift = 64; break;
		}
		end++;
	}
	if (s[0] < '0' || s[0] > '9' || *end != '\0' || shift == 64 ||
	    v == 0 || v > (1ULL << 46 >> shift))
		fail("-M %s: expected a size as in 64, 64M or 2G", s);
	return v << shift;
}

static int
parse_number(const char *what, const char *s, long max)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (s[0] < '0' || s[0] > '9' || *end != '\0' || v < 1 || v > max)
		fail("%s %s: expected a number from 1 to %ld", what, s, max);
	return (int)v;
}

static const char *
parse_machine(const char *s)
{
	if (strcmp(s, "pc") != 0 && strcmp(s, "q35") != 0 &&
	    strcmp(s, "microvm") != 0)
		fail("--machine %s: expected pc, q35 or microvm", s);
	return s;
}

static enum bootproto
parse_boot(const char *s)
{
	if (strcmp(s, "pvh") == 0)
		return BOOT_PVH;
	if (strcmp(s, "multiboot") != 0)
		fail("--boot %s: expected pvh or multiboot", s);
	return BOOT_MULTIBOOT;
}

static void
parse_env(struct options *o, const char *s)
{
	const char *eq = strchr(s, '=');

	if (eq == NULL || eq == s)
		fail("-e %s: expected NAME=value", s);
	sv_add1(&o->o_env, s);
}

static void
parse_disk(struct options *o, const char *s)
{
	const char *comma = strrchr(s, ',');
	struct disk d = { NULL, NULL };

	/* A comma without a mount point after it belongs to the name. */
	if (comma != NULL && comma[1] == '/') {
		d.d_path = xasprintf("%.*s", (int)(comma - s), s);
		d.d_mountpoint = xstrdup(comma + 1);
	} else {
		d.d_path = xstrdup(s);
	}
	if (d.d_path[0] == '\0')
		fail("-b %s: expected IMAGE or IMAGE,/mountpoint", s);
	o->o_disk = realloc(o->o_disk, (o->o_ndisk + 1) * sizeof(d));
	if (o->o_disk == NULL)
		fail("out of memory");
	o->o_disk[o->o_ndisk++] = d;
}

static void
parse_one(struct options *o, int c, const char *arg, char **argv)
{
	switch (c) {
	case 'S': o->o_sudo = true; break;
	case 'n': o->o_dryrun = true; break;
	case 'i': o->o_interactive = true; break;
	case 'd': o->o_detach = true; break;
	case 'p': o->o_paused = true; break;
	case 'M': o->o_memory = parse_memory(arg); break;
	case 'N': o->o_name = arg; break;
	case 'D': o->o_gdbport = parse_number("-D", arg, 65535); break;
	case 'e': parse_env(o, arg); break;
	case 'b': parse_disk(o, arg); break;
	case 'I': netopts_interface(o, arg); break;
	case 'W': netopts_address(o, arg); break;
	case 'o': o->o_output = arg; break;
	case 'g':
		if (sv_split(&o->o_qemuargs, arg) != 0)
			fail("-g: quote is not closed: %s", arg);
		break;
	case OPT_MACHINE: o->o_machine = parse_machine(arg); break;
	case OPT_BOOT: o->o_boot = parse_boot(arg); break;
	case OPT_CONFIG: o->o_configfile = arg; break;
	case OPT_CORE: o->o_core = arg; break;
	case OPT_UEFI: o->o_uefi = true; break;
	case OPT_PCAP: sv_add1(&o->o_pcap, arg); break;
	case OPT_LOG: o->o_log = arg; break;
	case OPT_TRACE: o->o_trace = report_trace(arg); break;
	case OPT_STATS: o->o_stats = report_stats(arg); break;
	case OPT_REPORT: o->o_report = arg; break;
	case OPT_RUN: cmdline_parse(o, arg); break;
	case OPT_SYMBOLS: o->o_symbols = arg; break;
	case OPT_TIMEOUT:
		o->o_timeout = parse_number("--timeout", arg, 1000000);
		break;
	case OPT_VERSION:
		puts("rumprun (Rumpkit) 0.1");
		exit(0);
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case ':':
		fail("option %s needs a value (see rumprun --help)",
		    argv[optind - 1]);
	default:
		if (optopt != 0 && optopt < 256)
			fail("unknown option -%c (see rumprun --help)", optopt);
		fail("unknown option %s (see rumprun --help)",
		    argv[optind - 1]);
	}
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, shortopts, longopts, NULL)) != -1)
		parse_one(o, c, optarg, argv);
}

static enum target
parse_target(const char *s)
{
	static const char *const names[] = { "qemu", "kvm", "spt", "iso" };

	for (size_t i = 0; i < 4; i++)
		if (strcmp(s, names[i]) == 0)
			return (enum target)i;
	if (strcmp(s, "xen") == 0 || strcmp(s, "firecracker") == 0)
		fail("platform %s: not yet; there are qemu, kvm, spt, iso", s);
	fail("unknown platform %s: expected qemu, kvm, spt or iso", s);
}

/* Whether the file can be made is known before there is a crash. */
static void
check_core(const struct options *o)
{
	char *dir;

	if (o->o_core == NULL)
		return;
	if (o->o_target == TARGET_ISO)
		fail("iso writes a file: --core does not apply");
	if (o->o_target == TARGET_SPT && o->o_gdbport != 0)
		fail("--core and -D exclude each other on spt: gdb traces");
	dir = dirname(xstrdup(o->o_core));
	if (access(dir, W_OK | X_OK) == -1)
		fail("--core %s: folder %s: %s", o->o_core, dir,
		    strerror(errno));
}

/* What each option is good for on its own is checked; now together. */
static void
check(struct options *o)
{
	bool qemu = o->o_target == TARGET_QEMU || o->o_target == TARGET_KVM;

	if ((o->o_target == TARGET_ISO) != (o->o_output != NULL))
		fail(o->o_output == NULL ? "iso: name the file to write with "
		    "-o FILE" : "-o is for iso only");
	if (o->o_qemuargs.sv_n != 0 && !qemu)
		fail("-g is for qemu and kvm only");
	if (o->o_uefi && !qemu)
		fail("--uefi is for qemu and kvm only");
	if (o->o_detach && o->o_interactive)
		fail("-d and -i exclude each other");
	if (o->o_log != NULL && !o->o_detach)
		fail("--log needs -d");
	if (o->o_paused && !qemu)
		fail("-p is for qemu and kvm only (spt: -D waits by itself)");
	if (o->o_target == TARGET_ISO && (o->o_gdbport != 0 ||
	    o->o_interactive || o->o_detach || o->o_timeout != 0))
		fail("iso writes a file: -D, -d, -i, --timeout do not apply");
	if (o->o_report != NULL && o->o_trace == NULL && o->o_stats == NULL)
		fail("--trace-file needs --trace or --stats");
	if (o->o_nrun != 0 && o->o_args[0] != NULL)
		fail("--run names programs and their arguments, so none may "
		    "follow the image: %s", o->o_args[0]);
	check_core(o);
	netopts_check(o);
}

void
options_parse(struct options *o, int argc, char **argv)
{
	memset(o, 0, sizeof(*o));
	o->o_machine = "pc";
	o->o_memory = DEFAULT_MEMORY;
	opterr = 0;
	parse_options(o, argc, argv);
	if (optind == argc)
		fail("no platform given (see rumprun --help)");
	o->o_target = parse_target(argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 1;
	parse_options(o, argc, argv);
	if (optind == argc)
		fail("no image given (see rumprun --help)");
	o->o_image = argv[optind];
	o->o_args = argv + optind + 1;
	check(o);
}
