/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: the launcher's command line, its words separated by NUL: options,
 * interfaces, --run's programs.  The guest configuration that is made of them
 * must be one that the guest's parser reads, with as many programs.
 */
#include <getopt.h>

#include "fuzz_tool.h"
#include "conf.h"
#include "config.h"
#include "options.h"

#define NARGS	64

static void
guest(const struct options *o, const char *text)
{
	size_t len = strlen(text), memlen = conf_memsize(len), n = 0;
	const struct conf_item *ci;
	char *mem = malloc(memlen);
	struct conf cf;

	if (len <= CONF_MAXLEN && conf_parse(&cf, text, len, mem,
	    memlen) == 0) {
		for (ci = cf.cf_items; ci != NULL; ci = ci->ci_next)
			n += ci->ci_kind == CONF_RC;
		if (o->o_nrun != 0 && n != o->o_nrun)
			abort();
	}
	free(mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *argv[NARGS + 1];
	static struct options o;
	static char *config;
	char *text, *p;
	int argc = 1;

	fuzz_begin();
	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	argv[0] = (char *)(uintptr_t)"rumprun";
	for (p = text; p < text + size && argc < NARGS; p += strlen(p) + 1) {
		/* Files are others' to parse. */
		if (strncmp(p, "--co", 4) != 0)
			argv[argc++] = p;
	}
	argv[argc] = NULL;
	optind = 0;
	if (TRY(options_parse(&o, argc, argv)) && o.o_configfile == NULL &&
	    TRY(config = config_make(&o)) && config[0] != '\0')
		guest(&o, config);
	fuzz_end();
	return 0;
}
