/* SPDX-License-Identifier: BSD-2-Clause */
/* Growing texts, <kern/text.h>; numbers in /proc, <kern/procnode.h>. */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/procnode.h>
#include <kern/str.h>

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

int
rump_procnum_read(struct text *tx, const struct procctx *pc)
{
	const struct procnum *pn = pc->pc_node->pn_arg;
	unsigned i;

	for (i = 0; i < pn->pn_n; i++)
		rump_textf(tx, "%s%d", i > 0 ? "\t" : "",
		    __atomic_load_n(&pn->pn_val[i], __ATOMIC_RELAXED));
	rump_textf(tx, "\n");
	return 0;
}

/* A decimal number at *p; blanks around it are passed over. */
static int
parse(const char **p, long *val)
{
	unsigned long v = 0;
	int neg;

	while (**p == ' ' || **p == '\t')
		(*p)++;
	if ((neg = **p == '-') != 0)
		(*p)++;
	if (**p < '0' || **p > '9')
		return EINVAL;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		v = v * 10 + (unsigned)(**p - '0');
		if (v > INT32_MAX)
			return EINVAL;
	}
	*val = neg ? -(long)v : (long)v;
	return 0;
}

int
rump_procnum_write(const char *text, const struct procctx *pc)
{
	const struct procnum *pn = pc->pc_node->pn_arg;
	long val[4];
	unsigned i, n;

	for (n = 0; n < pn->pn_n && n < 4; n++) {
		if (parse(&text, &val[n]) != 0)
			break;
		if (val[n] < pn->pn_min || val[n] > pn->pn_max)
			return EINVAL;
	}
	while (*text == ' ' || *text == '\t' || *text == '\n')
		text++;
	if (n == 0 || *text != '\0')
		return EINVAL;
	for (i = 0; i < n; i++)
		__atomic_store_n(&pn->pn_val[i], (int)val[i],
		    __ATOMIC_RELAXED);
	return 0;
}
