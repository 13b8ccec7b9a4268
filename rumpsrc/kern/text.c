/* SPDX-License-Identifier: BSD-2-Clause */
/* Growing texts, <kern/text.h>. */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/text.h>

#define TEXT_FIRST	1024
#define TEXT_MAX	((size_t)64 << 20)

static int
grow(struct text *tx, size_t least)
{
	size_t size = tx->tx_size != 0 ? tx->tx_size : TEXT_FIRST;
	char *buf;

	while (size < least)
		size *= 2;
	if (size > TEXT_MAX || (buf = rump_kmem_alloc(size)) == NULL)
		return ENOMEM;
	if (tx->tx_buf != NULL) {
		memcpy(buf, tx->tx_buf, tx->tx_len);
		rump_kmem_free(tx->tx_buf, tx->tx_size);
	}
	tx->tx_buf = buf;
	tx->tx_size = size;
	return 0;
}

void
rump_textf(struct text *tx, const char *fmt, ...)
{
	size_t room;
	va_list ap;
	int n = 1, try;

	for (try = 0; try < 2 && tx->tx_error == 0; try++) {
		room = tx->tx_size - tx->tx_len;
		va_start(ap, fmt);
		n = vsnprintf(room > 0 ? tx->tx_buf + tx->tx_len : NULL, room,
		    fmt, ap);
		va_end(ap);
		if (n < 0)
			return;
		if ((size_t)n < room) {
			tx->tx_len += (size_t)n;
			return;
		}
		tx->tx_error = grow(tx, tx->tx_len + (size_t)n + 1);
	}
}

void
rump_text_free(struct text *tx)
{

	if (tx->tx_buf != NULL)
		rump_kmem_free(tx->tx_buf, tx->tx_size);
	memset(tx, 0, sizeof(*tx));
}
