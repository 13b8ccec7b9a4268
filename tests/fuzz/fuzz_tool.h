/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For parsers of tools, which end the program at the first error: built with
 * -Dexit=fuzz_exit, an exit comes back to TRY().  What they have allocated by
 * then, between fuzz_begin() and fuzz_end(), is given back.
 */
#ifndef TESTS_FUZZ_FUZZ_TOOL_H
#define TESTS_FUZZ_FUZZ_TOOL_H

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * <sanitizer/allocator_interface.h>, which only the fuzzers' compiler has,
 * while `make lint` compiles headers with any.
 */
int __sanitizer_install_malloc_and_free_hooks(
	    void (*)(const volatile void *, size_t),
	    void (*)(const volatile void *));

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define FUZZ_NMEM	65536

static const volatile void *fuzz_mem[FUZZ_NMEM];
static unsigned fuzz_nmem;
static _Thread_local int fuzz_on;	/* libFuzzer has a thread, too */

static void
fuzz_malloced(const volatile void *p, size_t n)
{
	(void)n;
	if (fuzz_on && fuzz_nmem < FUZZ_NMEM)
		fuzz_mem[fuzz_nmem++] = p;
}

static void
fuzz_freed(const volatile void *p)
{
	unsigned i;

	for (i = fuzz_on ? fuzz_nmem : 0; i-- > 0;)
		if (fuzz_mem[i] == p) {
			fuzz_mem[i] = fuzz_mem[--fuzz_nmem];
			break;
		}
}

static inline void
fuzz_begin(void)
{
	static int hooked;

	if (!hooked && !__sanitizer_install_malloc_and_free_hooks(
	    fuzz_malloced, fuzz_freed))
		abort();
	hooked = fuzz_on = 1;
}

static inline void
fuzz_end(void)
{
	fuzz_on = 0;
	while (fuzz_nmem > 0)
		free((void *)(uintptr_t)fuzz_mem[--fuzz_nmem]);
}

static jmp_buf fuzz_env;

void
fuzz_exit(int status)
{
	longjmp(fuzz_env, status == 0 ? 1 : status);
}

/* True when what stands in it came to its end. */
#define TRY(what) (setjmp(fuzz_env) == 0 ? ((void)(what), 1) : 0)

/* A file with these bytes; the same path each time. */
static inline const char *
fuzz_file(const void *p, size_t n)
{
	static char path[32];
	static int fd = -1;

	if (fd == -1) {
		fd = memfd_create("input", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd == -1 || ftruncate(fd, 0) != 0 ||
	    pwrite(fd, p, n, 0) != (ssize_t)n)
		abort();
	return path;
}

#endif /* TESTS_FUZZ_FUZZ_TOOL_H */
