/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: what rumprun-bake reads: NAME=FILE arguments, component sets,
 * and programs, which are ELF files.  The first byte says which.
 */
#include "fuzz_tool.h"
#include "bake.h"

static void
name(const char *text)
{
	const char *path = text, *s = prog_name(&path);

	/* Both are parts of the argument. */
	if (path < text || path > text + strlen(text) || strlen(s) >
	    strlen(text))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char tmp[] = "/dev/shm";
	static struct bake b = { .b_libdir = tmp };
	static struct prog p;
	static struct set s;
	static char obj[64];
	const char *file;
	char *text;

	if (size == 0)
		return 0;
	memset(&p, 0, sizeof(p));
	fuzz_begin();
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	file = fuzz_file(text, size - 1);
	if (b.b_tmp == NULL) {
		snprintf(obj, sizeof(obj), "/dev/shm/fuzz_bake.%d",
		    (int)getpid());
		if (mkdtemp(strcat(obj, ".XXXXXX")) == NULL)
			abort();
		b.b_tmp = obj;
	}
	switch (data[0] % 3) {
	case 0: (void)TRY(name(text)); break;
	case 1: (void)TRY(set_load(&b, file, &s)); break;
	default: (void)TRY(prog_prepare(&b, file, 0, &p));
	}
	fuzz_end();
	return 0;
}
