/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the rump kernel.  May block never; NULL when there is none. */
#ifndef KERN_KMEM_H
#define KERN_KMEM_H

#include <stddef.h>

void	*rump_kmem_alloc(size_t);
void	*rump_kmem_zalloc(size_t);
void	 rump_kmem_free(void *, size_t);	/* the size asked for */
void	*rump_page_alloc(void);		/* one 4096-byte page, not zeroed */
void	 rump_page_free(void *);
char	*rump_strdup(const char *, size_t maxlen);	/* free: strlen + 1 */

#endif /* KERN_KMEM_H */
