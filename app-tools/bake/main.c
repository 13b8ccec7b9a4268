/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rumprun-bake: links programs, a component set and a platform into one
 * bootable image.  Exit status 0, 1 (the reason is one line on stderr) or 2
 * (wrong usage).  The output appears whole or not at all.
 */
#include <getopt.h>
#include <libelf.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bake.h"

static const char help_text[] =
"usage: rumprun-bake [options] SET OUTPUT PROGRAM...\n"
"       rumprun-bake list | describe SET | components\n"
"\n"
"Links programs made by " BAKE_WRAPPER " with a component\n"
"set and its platform into one bootable image.\n"
"\n"
"      --list               show the component sets\n"
"      --describe SET       show what a set consists of\n"
"      --components         show the components that can be added\n"
"  -a, --add NAME           add a component (and what it needs)\n"
"  -d, --drop NAME          leave a component out\n"
"      --set-dir DIR        look for sets in DIR first\n"
"      --component-dir DIR  look for librump*.a in DIR first\n"
"  -r, --rootfs DIR|TAR     read-only root file system, used in place\n"
"  -m, --map[=FILE]         table of what is in the image and how large\n"
"      --map-svg FILE       the same as a picture\n"
"      --keep-temp          keep the temporary files\n"
"  -v, --verbose            show the commands that are run\n"
"  -h, --help               show this\n"
"  -V, --version            show the version\n";

enum { OPT_LIST = 256, OPT_DESCRIBE, OPT_COMPONENTS, OPT_SETDIR,
    OPT_COMPDIR, OPT_SVG, OPT_KEEP };

static const struct option options[] = {
	{ "list",		no_argument,		NULL, OPT_LIST },
	{ "describe",		required_argument,	NULL, OPT_DESCRIBE },
	{ "components",		no_argument,		NULL, OPT_COMPONENTS },
	{ "add",		required_argument,	NULL, 'a' },
	{ "drop",		required_argument,	NULL, 'd' },
	{ "set-dir",		required_argument,	NULL, OPT_SETDIR },
	{ "component-dir",	required_argument,	NULL, OPT_COMPDIR },
	{ "rootfs",		required_argument,	NULL, 'r' },
	{ "map",		optional_argument,	NULL, 'm' },
	{ "map-svg",		required_argument,	NULL, OPT_SVG },
	{ "keep-temp",		no_argument,		NULL, OPT_KEEP },
	{ "verbose",		no_argument,		NULL, 'v' },
	{ "help",		no_argument,		NULL, 'h' },
	{ "version",		no_argument,		NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static void	bake(struct bake *);

/* <prefix>/lib/rumpkit beside this program's <prefix>/bin. */
static char *
find_libdir(void)
{
	char exe[4096], *dir;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int i;

	if (n < 0)
		die("cannot find my own place: /proc is not mounted");
	exe[n] = '\0';
	for (i = 0; i < 2; i++)
		if (strrchr(exe, '/'))
			*strrchr(exe, '/') = '\0';
	dir = fmt("%s/lib/rumpkit", exe);
	if (access(dir, F_OK) != 0)
		die("%s is missing: not installed completely", dir);
	return dir;
}

static void
list_components(const struct bake *b)
{
	struct strv all = { 0 };
	size_t i;

	comps_available(b, &all);
	for (i = 0; i < all.n; i++)
		puts(all.v[i]);
}

static int
do_action(const struct bake *b, int action, const char *arg)
{
	if (action == OPT_LIST)
		set_list(b);
	else if (action == OPT_DESCRIBE)
		set_describe(b, arg);
	else
		list_components(b);
	if (fflush(stdout) != 0)
		die("cannot write to stdout");
	return 0;
}

/* list, describe SET, components: as words, too. */
static int
word_action(int argc, char **argv, const char **argp)
{
	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return OPT_LIST;
	if (argc == 1 && strcmp(argv[0], "components") == 0)
		return OPT_COMPONENTS;
	if (argc == 2 && strcmp(argv[0], "describe") == 0) {
		*argp = argv[1];
		return OPT_DESCRIBE;
	}
	return 0;
}

/* The action that was asked for, 0: bake. */
static int
parse_options(int argc, char **argv, struct bake *b, const char **argp)
{
	int c, action = 0;

	while ((c = getopt_long(argc, argv, "+:a:d:r:mvhV", options, NULL))
	    != -1) {
		switch (c) {
		case 'a': strv_add(&b->b_add, optarg); break;
		case 'd': strv_add(&b->b_drop, optarg); break;
		case 'r': b->b_rootfs = optarg; break;
		case 'm': b->b_map = optarg ? optarg : "-"; break;
		case 'v': b->b_verbose = true; break;
		case 'h': fputs(help_text, stdout); exit(0);
		case 'V': puts("rumprun-bake " BAKE_VERSION); exit(0);
		case OPT_SETDIR: strv_add(&b->b_setdirs, optarg); break;
		case OPT_COMPDIR: strv_add(&b->b_compdirs, optarg); break;
		case OPT_SVG: b->b_svg = optarg; break;
		case OPT_KEEP: b->b_keeptemp = true; break;
		case OPT_DESCRIBE: *argp = optarg; action = c; break;
		case OPT_LIST: case OPT_COMPONENTS: action = c; break;
		case ':': die_usage("option %s needs a value",
		    argv[optind - 1]);
		default: die_usage("unknown option %s", argv[optind - 1]);
		}
	}
	return action;
}

int
main(int argc, char **argv)
{
	struct bake b = { 0 };
	const char *arg = NULL;
	int action;

	/* ld's complaints are read, and output must not depend on it. */
	setenv("LC_ALL", "C", 1);
	elf_version(EV_CURRENT);
	action = parse_options(argc, argv, &b, &arg);
	argc -= optind;
	argv += optind;
	b.b_libdir = find_libdir();
	if (action == 0)
		action = word_action(argc, argv, &arg);
	else if (argc > 0)
		die_usage("too many arguments");
	if (action)
		return do_action(&b, action, arg);
	if (argc < 3)
		die_usage("%s", argc == 0 ? "no component set given" :
		    argc == 1 ? "no output file given" : "no program given");
	b.b_set = argv[0];
	b.b_output = argv[1];
	b.b_progs = argv + 2;
	b.b_nprogs = (size_t)argc - 2;
	bake(&b);
	return 0;
}

static void
check_dirs(const struct strv *dirs, const char *option)
{
	size_t i;

	for (i = 0; i < dirs->n; i++)
		if (access(dirs->v[i], R_OK | X_OK) != 0)
			die("%s %s: no such folder, or not readable", option,
			    dirs->v[i]);
}

/* One program several times: as often it can run at the same time. */
static bool
same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* Whoever has several programs, or can start some, needs the component. */
static void
add_exec(struct bake *b, const struct set *set, const struct prog *progs,
    struct comps *comps)
{
	bool execs = b->b_nprogs > 1;
	struct strv all = { 0 };
	size_t i;

	for (i = 0; i < b->b_nprogs; i++)
		execs = execs || progs[i].p_execs;
	comps_available(b, &all);
	if (!execs || !strv_has(&all, "exec") ||
	    strv_has(&b->b_drop, "exec") ||
	    strv_has(&set->s_dropped, "exec") || comps_find(comps, "exec"))
		return;
	strv_add(&b->b_add, "exec");
	comps_resolve(b, set, comps);
}

/* Everything that can be checked is checked before anything is made. */
static void
bake(struct bake *b)
{
	struct prog *progs = xcalloc(b->b_nprogs, sizeof(*progs));
	struct linked linked = { 0 };
	struct comps comps;
	struct set set;
	struct map map;
	char *rootfs = NULL;
	size_t i, j;

	check_dirs(&b->b_setdirs, "--set-dir");
	check_dirs(&b->b_compdirs, "--component-dir");
	set_load(b, b->b_set, &set);
	comps_resolve(b, &set, &comps);
	output_check(b);
	clean_start(b);
	for (i = 0; i < b->b_nprogs; i++) {
		prog_prepare(b, b->b_progs[i], i, &progs[i]);
		for (j = 0; j < i; j++)
			if (strcmp(progs[i].p_name, progs[j].p_name) == 0 &&
			    !same_file(progs[i].p_path, progs[j].p_path))
				die("%s and %s: two programs of one name",
				    progs[j].p_path, progs[i].p_path);
	}
	add_exec(b, &set, progs, &comps);
	if (b->b_rootfs) {
		rootfs = fmt("%s/rootfs.o", b->b_tmp);
		rootfs_make(b, rootfs);
	}
	link_image(b, &set, &comps, progs, rootfs, &linked);
	if (linked.l_mapfile)
		map_read(&linked, &comps, progs, b->b_nprogs, &map);
	if (b->b_map)
		map_write(b, &map);
	if (b->b_svg)
		treemap_write(b, &map);
	output_write(b, &linked);
	clean_now();
}
