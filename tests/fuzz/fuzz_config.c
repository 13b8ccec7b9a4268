/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer target: hostile configurations.  Text and memory are exactly as
 * large as said, so that ASan sees every byte outside; results are walked.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static volatile size_t sink;

static void
walk(const struct conf *cf)
{
	const struct conf_item *ci;
	unsigned i;

	for (ci = cf->cf_items; ci != NULL; ci = ci->ci_next) {
		for (i = 0; i < RUMP_CONFIG_NFIELDS; i++)
			sink += ci->ci_val[i] ? strlen(ci->ci_val[i]) : 0;
		for (i = 0; i < ci->ci_nlist; i++) {
			if (ci->ci_list[i] == NULL) {
				if (i != 0)
					abort();
				continue;
			}
			sink += strlen(ci->ci_list[i]);
			if (ci->ci_kind == CONF_ENV &&
			    strchr(ci->ci_list[i], '=') == NULL)
				abort();
		}
		if (ci->ci_list != NULL && ci->ci_list[i] != NULL)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t memlen = conf_memsize(size), i;
	char *text = malloc(size + !size), *mem = malloc(memlen + !memlen);
	char line[256];
	struct conf cf;

	memcpy(text, data, size);
	if (conf_parse(&cf, text, size, mem, memlen) == 0) {
		walk(&cf);
	} else {
		conf_error(&cf, line, sizeof(line));
		if (strlen(line) < 10)
			abort();
		for (i = 0; line[i] != '\0'; i++)
			if (line[i] < ' ' || line[i] > '~')
				abort();
	}
	free(mem);
	free(text);
	return 0;
}
