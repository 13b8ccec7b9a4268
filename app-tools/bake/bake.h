/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rumprun-bake: what its files share.  One thread, one job a process: what
 * is allocated lives until the end, every error ends the program through
 * die(), and die() removes the private folder and unfinished outputs.
 */
#ifndef BAKE_BAKE_H
#define BAKE_BAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define BAKE_VERSION	"0.1"
#define BAKE_ABI	1	/* .note.rumprun: version of the program ABI */
#define BAKE_WRAPPER	"x86_64-rumprun-linux-musl-gcc"

/* A growing list of strings, always followed by a NULL. */
struct strv {
	char	**v;
	size_t	  n;
};

struct bake {
	/* From the command line. */
	const char	*b_set;
	const char	*b_output;
	char		**b_progs;
	size_t		 b_nprogs;
	struct strv	 b_setdirs, b_compdirs;
	struct strv	 b_add, b_drop;
	const char	*b_rootfs;
	const char	*b_map;		/* NULL: none, "-": stdout */
	const char	*b_svg;
	bool		 b_verbose, b_keeptemp;
	/* Found out. */
	char		*b_libdir;	/* lib/rumpkit of this tool */
	char		*b_tmp;		/* private folder */
};

/* util.c: memory, strings, errors, processes. */
void	die(const char *, ...) __attribute__((format(printf, 1, 2), noreturn));
void	die_usage(const char *, ...)
	    __attribute__((format(printf, 1, 2), noreturn));
void	warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void	*xrealloc(void *, size_t);
void	*xcalloc(size_t, size_t);
char	*xstrdup(const char *);
char	*fmt(const char *, ...) __attribute__((format(printf, 1, 2)));
void	strv_add(struct strv *, const char *);
bool	strv_has(const struct strv *, const char *);
void	strv_remove(struct strv *, const char *);
const char *base_name(const char *);
/* The name in names that is nearest to word, as ", did you mean X?", or "". */
const char *nearest(const struct strv *names, const char *word);
/* Names of the files dir/<prefix>*<suffix>, the star's part, sorted. */
void	list_files(struct strv *, const char *dir, const char *prefix,
	    const char *suffix);
/* A file's whole text, NUL-terminated; NULL with errno when not readable. */
char	*read_text(const char *path, size_t *lenp);
/* Runs argv; its stderr (and stdout) come back in *outp.  Exit status. */
int	run(const struct bake *, char *const argv[], char **outp);

/* clean.c: what must go when the program ends, also by a signal. */
void	clean_start(struct bake *);
void	clean_add(const char *path);
void	clean_forget(const char *path);
void	clean_now(void);
/* The child that must not outlive us; 0: none. */
void	clean_child(pid_t);
/* Ends the program when a signal asked for it; long loops call it. */
void	check_stop(void);

/* set.c: component sets. */
struct set {
	char		*s_platform;
	char		*s_describe;
	struct strv	 s_comps;	/* in the order they were named */
	struct strv	 s_optional;	/* of them: left out when not there */
	struct strv	 s_dropped;
	struct strv	 s_conflicts;	/* pairs: [2i] and [2i + 1] */
};
void	set_load(const struct bake *, const char *name, struct set *);
void	set_list(const struct bake *);
void	set_describe(const struct bake *, const char *name);

/* comp.c: components as archives. */
struct comp {
	char		*c_name;
	char		*c_path;	/* of the archive */
	const char	*c_for;		/* who needs it; NULL: asked for */
	struct strv	 c_needs, c_conflicts, c_wrap;
};
struct comps {
	struct comp	*v;
	size_t		 n;
};
void	comps_resolve(const struct bake *, const struct set *,
	    struct comps *);
const struct comp *comps_find(const struct comps *, const char *name);
void	comps_available(const struct bake *, struct strv *);

/* prog.c: the programs that are baked. */
struct prog {
	const char	*p_path;
	const char	*p_name;
	char		*p_entry;	/* rumprun_entry_<n> */
	char		*p_obj;		/* renamed copy in the private folder */
	bool		 p_execs;	/* it may start programs */
	struct strv	 p_data, p_bss;	/* names of its writable sections */
};
void	prog_prepare(const struct bake *, const char *path, size_t n,
	    struct prog *);

/*
 * calls.c: the programs' system calls go through component calls: gates are
 * renamed in the copies.  Only for sets that have it.
 */
void	calls_watch(const struct prog *, size_t n);

/* stats.c: a copy of the linker script that says whose code is where. */
char	*stats_script(const struct bake *, const char *script,
	    const struct comps *);

/*
 * NAME=FILE on the command line: the name, and *path becomes FILE; a file of
 * such a name goes first, and any other's name is its own.
 */
const char *prog_name(const char **path);

/* object.c: relocatable objects made here. */
void	object_table(const char *path, const struct prog *, size_t n,
	    bool exec);
/*
 * Starts an object whose section .rootfs begins at offset 4096 of fd; the
 * contents are written by the caller, then the object is finished.
 */
#define OBJECT_DATA_OFF	4096
void	object_rootfs_finish(int fd, const char *path, uint64_t size);

/* rootfs.c: makes the object with the root file system. */
void	rootfs_make(const struct bake *, const char *objpath);

/*
 * script.c: a copy of the platform's linker script in which each program has
 * its data and bss in one piece, between rumprun_data_<n> and _end, bss alike.
 */
char	*script_make(const struct bake *, const char *script,
	    const struct prog *, size_t n);

/* link.c */
struct linked {
	char		*l_elf;		/* image with debug information */
	char		*l_mapfile;	/* ld's map, when wanted */
	char		*l_platform;
};
void	link_image(const struct bake *, const struct set *,
	    const struct comps *, const struct prog *, const char *rootfs,
	    struct linked *);

/* count.c: registered components in archives and in the image. */
void	count_check(const struct comps *, const char *platdir,
	    const char *image);

/* output.c: strips and puts image and debug file in place. */
void	output_check(const struct bake *);
void	output_write(const struct bake *, const struct linked *);

/* Makes the hw image in a file shorter where its loaders allow it. */
void compact(const char *path);

/* map.c, treemap.c */
struct mapobj {
	char		*mo_comp;	/* component */
	char		*mo_archive;	/* file name, or the program's */
	char		*mo_name;	/* object in it */
	uint64_t	 mo_size[4];	/* text, rodata, data, bss */
};
struct map {
	struct mapobj	*v;
	size_t		 n;
};
void	map_read(const struct linked *, const struct comps *,
	    const struct prog *, size_t nprogs, struct map *);
void	map_write(const struct bake *, const struct map *);
void	treemap_write(const struct bake *, const struct map *);

#endif /* BAKE_BAKE_H */
