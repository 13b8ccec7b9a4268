/* SPDX-License-Identifier: BSD-2-Clause */
/* A text that grows while it is written; all zeroes is an empty one. */
#ifndef KERN_TEXT_H
#define KERN_TEXT_H

#include <stddef.h>

struct text {
	char	*tx_buf;		/* NUL-terminated once there is any */
	size_t	 tx_size, tx_len;
	int	 tx_error;		/* ENOMEM: the rest is missing */
};

void	rump_textf(struct text *, const char *, ...)
	    __attribute__((__format__(__printf__, 2, 3)));
void	rump_text_free(struct text *);	/* empty again */

#endif /* KERN_TEXT_H */
