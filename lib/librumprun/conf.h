/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest configuration as data.  conf_parse() checks all of it before
 * anybody acts on any of it.  No kernel, no allocation, no globals.
 */
#ifndef RUMPRUN_CONF_H
#define RUMPRUN_CONF_H

#include <stddef.h>

#include <rump/config.h>

#define CONF_MAXLEN	65536	/* bytes of text */

enum conf_kind {
	CONF_CMDLINE,	/* ci_list: argv, complete */
	CONF_ARGS,	/* ci_list: [0] free for the name, then arguments */
	CONF_RC,	/* ci_val: CONF_RC_*; ci_list as CONF_ARGS */
	CONF_RCENV,	/* ci_list: NAME=value; of the CONF_RC before it */
	CONF_HOSTNAME,	/* ci_val[0] */
	CONF_ENV,	/* ci_list: NAME=value */
	CONF_NET,	/* ci_val: RUMP_CONFIG_* */
	CONF_BLK,
	CONF_MOUNT
};
enum { CONF_RC_BIN, CONF_RC_RUNMODE };

/* One entry; an array of three interfaces gives three. */
struct conf_item {
	struct conf_item *ci_next;
	enum conf_kind	 ci_kind;
	unsigned	 ci_nlist;	/* without the NULL at the end */
	char		**ci_list;
	const char	*ci_val[RUMP_CONFIG_NFIELDS];
	long		 ci_pid;	/* of the program: the caller's */
};

struct conf {
	struct conf_item *cf_items;	/* in the order of the text */
	/* Private. */
	struct conf_item **cf_tailp;
	const char	*cf_text;	/* as given, for positions */
	char		*cf_buf;	/* copy; strings are decoded in place */
	size_t		 cf_len, cf_pos;
	char		*cf_arena;
	size_t		 cf_arenalen, cf_arenapos;
	unsigned	 cf_seen;	/* bit for each kind */
	/* What is wrong, where, what was expected. */
	const char	*cf_err, *cf_name, *cf_want;
	const void	*cf_keys;
	size_t		 cf_errpos;
};

/* Bytes of working memory for a text, pointer-aligned. */
size_t	conf_memsize(size_t len);

/*
 * Parses len bytes of text, which stays with the caller and must live on, as
 * must mem.  Returns 0, or -1: conf_error() says why.
 */
int	conf_parse(struct conf *, const char *text, size_t len, void *mem,
	    size_t memlen);

/* One line, without its end: position, what is wrong, what was expected. */
void	conf_error(const struct conf *, char *buf, size_t size);

/* Between the files. */
const char *conf_keyname(const void *keys, unsigned i);
int	conf_fail(struct conf *, size_t pos, const char *err,
	    const char *name, const char *want);
void	*conf_alloc(struct conf *, size_t size);
char	**conf_list_begin(struct conf *);
int	conf_list_add(struct conf *, char *);
int	conf_list_end(struct conf *, struct conf_item *, char **list);
int	conf_string(struct conf *, char **strp, size_t *lenp);
int	conf_number(struct conf *, char **strp);
int	conf_peek(struct conf *);
int	conf_punct(struct conf *, int ch, const char *want);
int	conf_words(struct conf *, struct conf_item *, char *, size_t pos,
	    int named);

#endif /* RUMPRUN_CONF_H */
