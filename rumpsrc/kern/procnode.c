/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nodes of /proc, <kern/procnode.h>: adding them, and those that are a
 * text or numbers.  Nothing here is linked without vfs_procfs.
 */
#include <asm/errno.h>
#include <linux/stat.h>
#include <kern/kmem.h>
#include <kern/procnode.h>
#include <kern/str.h>

struct procnode *
rump_proc_node(struct proctree *pt, const char *path, uint32_t mode,
    int (*read)(struct text *, const struct procctx *))
{
	struct procnode *pn = rump_kmem_zalloc(sizeof(*pn));

	if (pn == NULL) {
		pt->pt_error = ENOMEM;
		return &pt->pt_spare;
	}
	pn->pn_path = path;
	pn->pn_mode = mode;
	pn->pn_read = read;
	if (pt->pt_last == NULL)
		pt->pt_first = pn;
	else
		pt->pt_last->pn_added = pn;
	pt->pt_last = pn;
	return pn;
}

struct procnode *
rump_proc_file(struct proctree *pt, const char *path,
    int (*read)(struct text *, const struct procctx *))
{

	return rump_proc_node(pt, path, S_IFREG | 0444, read);
}

struct procnode *
rump_proc_link(struct proctree *pt, const char *path,
    int (*read)(struct text *, const struct procctx *))
{

	return rump_proc_node(pt, path, S_IFLNK | 0777, read);
}

struct procnode *
rump_proc_dir(struct proctree *pt, const char *path,
    int (*next)(const struct procctx *, uint64_t *, char *))
{
	struct procnode *pn = rump_proc_node(pt, path, S_IFDIR | 0555, NULL);

	pn->pn_next = next;
	return pn;
}

struct procnode *
rump_proc_set(struct proctree *pt, const char *path,
    int (*read)(struct text *, const struct procctx *),
    int (*write)(const char *, const struct procctx *))
{
	struct procnode *pn = rump_proc_node(pt, path, S_IFREG | 0644, read);

	pn->pn_write = write;
	return pn;
}

static int
text_read(struct text *tx, const struct procctx *pc)
{

	rump_textf(tx, "%s\n", (const char *)pc->pc_node->pn_arg);
	return 0;
}

void
rump_proc_text(struct proctree *pt, const char *path, const char *text)
{

	rump_proc_file(pt, path, text_read)->pn_arg = text;
}

void
rump_proc_num(struct proctree *pt, const char *path, int *val, unsigned n,
    int min, int max)
{
	struct procnode *pn = rump_proc_set(pt, path, rump_procnum_read,
	    rump_procnum_write);

	pn->pn_num = (struct procnum){ val, n, min, max };
	pn->pn_arg = &pn->pn_num;
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
