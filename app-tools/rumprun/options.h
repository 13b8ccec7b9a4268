/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line, parsed and checked, before anything is opened or run.
 */
#ifndef RUMPRUN_OPTIONS_H
#define RUMPRUN_OPTIONS_H

#include "util.h"

enum target { TARGET_QEMU, TARGET_KVM, TARGET_SPT, TARGET_ISO };
enum bootproto { BOOT_PVH, BOOT_MULTIBOOT };

/* -I; -W with the same tag give it addresses. */
struct netif {
	char	*ni_tag;
	char	*ni_guest;	/* its name in the guest, as in vioif0 */
	char	*ni_backend;	/* QEMU netdev, as in tap,ifname=tap0 */
	char	*ni_tap;	/* TAP device of the backend; NULL: none */
	char	*ni_pcap;	/* --pcap: file; NULL: no capture */
	unsigned char ni_mac[6];	/* the same for the same tag */
};

struct netaddr {			/* -W */
	char	*na_tag;
	char	*na_type;	/* inet, inet6 */
	char	*na_method;	/* dhcp, auto, static */
	char	*na_addr, *na_mask;	/* static only */
	char	*na_gw;		/* may be NULL */
};

struct disk {
	char	*d_path;	/* on the host */
	char	*d_mountpoint;	/* NULL: only attached */
};

struct cmdline {			/* --run: one program */
	struct strvec	 cl_env;	/* NAME=value before its name */
	struct strvec	 cl_words;	/* [0] is the name */
	char		 cl_mode;	/* ';', '&' or '|' */
};

struct options {
	enum target	 o_target;
	enum bootproto	 o_boot;
	const char	*o_machine;	/* pc, q35, microvm */
	uint64_t	 o_memory;	/* bytes */
	bool		 o_sudo;	/* -S */
	bool		 o_dryrun;	/* -n */
	bool		 o_interactive;	/* -i */
	bool		 o_detach;	/* -d */
	bool		 o_paused;	/* -p */
	bool		 o_uefi;
	int		 o_gdbport;	/* -D; 0: none */
	int		 o_timeout;	/* seconds; 0: none */
	const char	*o_name;	/* -N */
	const char	*o_configfile;
	const char	*o_output;	/* iso: -o */
	const char	*o_log;		/* with -d: console output goes there */
	const char	*o_core;	/* file for a crash; NULL: none */
	const char	*o_symbols;	/* NULL: IMAGE.debug */
	const char	*o_trace;	/* --trace: "all" or a set; NULL: no */
	const char	*o_stats;	/* --stats: text, json; NULL: no */
	const char	*o_report;	/* --trace-file; NULL: stderr */
	struct strvec	 o_env;		/* NAME=value */
	struct strvec	 o_qemuargs;	/* -g, split into words */
	struct netif	*o_net;
	size_t		 o_nnet;
	struct netaddr	*o_addr;
	size_t		 o_naddr;
	struct strvec	 o_pcap;	/* --pcap */
	struct disk	*o_disk;
	size_t		 o_ndisk;
	const char	*o_image;
	char		**o_args;	/* NULL-terminated, the program's */
	struct cmdline	*o_run;		/* --run: instead of o_args */
	size_t		 o_nrun;
};

/* Ends with one line on stderr when something is wrong; --help ends with 0. */
void options_parse(struct options *, int argc, char **argv);

#endif /* RUMPRUN_OPTIONS_H */
