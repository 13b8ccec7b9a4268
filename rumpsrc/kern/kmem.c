/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel memory: the host's allocator is the allocator. */
#include <string.h>
#include <rump/rumpuser.h>
#include <kern/kmem.h>

void *
rump_kmem_alloc(size_t len)
{
	void *p;

	return rumpuser_malloc(len, 0, &p) == 0 ? p : NULL;
}

void *
rump_kmem_zalloc(size_t len)
{
	void *p = rump_kmem_alloc(len);

	if (p != NULL)
		memset(p, 0, len);
	return p;
}

void
rump_kmem_free(void *p, size_t len)
{

	if (p != NULL)
		rumpuser_free(p, len);
}

void *
rump_page_alloc(void)
{
	void *p;

	return rumpuser_malloc(4096, 4096, &p) == 0 ? p : NULL;
}

void
rump_page_free(void *p)
{

	rumpuser_free(p, 4096);
}

char *
rump_strdup(const char *s, size_t maxlen)
{
	size_t len = strnlen(s, maxlen);
	char *p = rump_kmem_alloc(len + 1);

	if (p != NULL) {
		memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}
