/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procargs.c: arguments and environment of a process, from where its stack
 * began: /proc/PID/{cmdline,environ}.  The program may have written anything
 * there: what is read is bound by the region, and strings are found by
 * counting them, not by the program's pointers.
 */
#include <asm/errno.h>
#include <linux/auxvec.h>

#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/mm_region.h>
#include <kern/str.h>

#include "procfs_private.h"

#pragma weak rump_mm_first
#pragma weak rump_mm_lock
#pragma weak rump_mm_unlock

#define MAXARGS		(1UL << 20)	/* strings, as exec.c has it */
#define MAXAUX		32

struct args {
	const char	*ar_argv, *ar_env, *ar_name;	/* first strings */
	const char	*ar_end;	/* of the region */
};

/* The end of n strings from s on. */
static const char *
skip(const char *s, size_t n, const char *end)
{

	for (; n > 0 && s < end; n--)
		s += strnlen(s, (size_t)(end - s)) + 1;
	return s < end ? s : end;
}

static size_t
count(const uintptr_t *slot, const uintptr_t *end)
{
	size_t n = 0;

	while (slot + n < end && slot[n] != 0)
		n++;
	return n;
}

/* Caller holds rump_mm_lock. */
static int
locate(struct proc *p, struct args *ar)
{
	uintptr_t *slot = __atomic_load_n(&p->p_sp, __ATOMIC_RELAXED), *end;
	const struct mm_region *mr;
	size_t argc, envc;
	int i;

	if (slot == NULL || (mr = rump_mm_first((uintptr_t)slot)) == NULL ||
	    mr->mr_start > (uintptr_t)slot || mr->mr_proc != p ||
	    (mr->mr_prot & RUMPCOMP_VM_READ) == 0)
		return ENOENT;
	end = (uintptr_t *)mr->mr_end;
	ar->ar_end = (const char *)end;
	argc = *slot++;
	if (argc >= (size_t)(end - slot))
		return ENOENT;
	slot += argc + 1;
	if ((envc = count(slot, end)) >= (size_t)(end - slot))
		return ENOENT;
	slot += envc + 1;
	for (i = 0; i < MAXAUX && end - slot >= 2 && slot[0] != AT_RANDOM; i++)
		slot += 2;
	if (i == MAXAUX || end - slot < 2 || slot[1] < (uintptr_t)slot ||
	    slot[1] + 16 >= (uintptr_t)end)
		return ENOENT;
	ar->ar_argv = (const char *)slot[1] + 16;	/* exec.c */
	ar->ar_env = skip(ar->ar_argv, argc, ar->ar_end);
	ar->ar_name = skip(ar->ar_env, envc, ar->ar_end);
	return 0;
}

/* A copy of those bytes; *bufp for rump_kmem_free(, *lenp + 1). */
static int
copy(struct proc *p, int env, char **bufp, size_t *lenp)
{
	const char *from, *to;
	struct args ar;
	int error;

	*bufp = NULL;
	if (rump_mm_first == NULL)
		return ENOENT;
	rump_mutex_enter(&rump_mm_lock);
	if ((error = locate(p, &ar)) == 0) {
		from = env ? ar.ar_env : ar.ar_argv;
		to = env ? ar.ar_name : ar.ar_env;
		*lenp = (size_t)(to - from) < MAXARGS ? (size_t)(to - from) :
		    MAXARGS;
		if ((*bufp = rump_kmem_alloc(*lenp + 1)) != NULL)
			memcpy(*bufp, from, *lenp);
		else
			error = ENOMEM;
	}
	rump_mm_unlock();
	return error;
}

/* NUL bytes are part of the text. */
static void
put(struct text *tx, const char *buf, size_t len)
{
	size_t i = 0, n;

	while (i < len && tx->tx_error == 0) {
		n = strnlen(buf + i, len - i);
		rump_textf(tx, "%.*s", (int)n, buf + i);
		if ((i += n) < len) {
			rump_textf(tx, "%c", 1);
			if (tx->tx_error == 0)
				tx->tx_buf[tx->tx_len - 1] = '\0';
			i++;
		}
	}
}

static int
strings_read(struct text *tx, const struct procctx *pc)
{
	size_t len;
	char *buf;
	int error;

	error = copy(pc->pc_proc, pc->pc_node->pn_arg != NULL, &buf, &len);
	if (error == 0) {
		put(tx, buf, len);
		rump_kmem_free(buf, len + 1);
	}
	return error == ENOENT ? 0 : error;
}

void
procfs_execname(struct proc *p, char *name, size_t size)
{
	struct args ar;

	name[0] = '\0';
	if (rump_mm_first == NULL)
		return;
	rump_mutex_enter(&rump_mm_lock);
	if (locate(p, &ar) == 0 && strnlen(ar.ar_name, size) < size &&
	    (size_t)(ar.ar_end - ar.ar_name) > strnlen(ar.ar_name, size))
		strlcpy(name, ar.ar_name, size);
	rump_mm_unlock();
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "*" "/cmdline", strings_read);
	rump_proc_node(pt, "*" "/environ", S_IFREG | 0400,
	    strings_read)->pn_arg = "environ";
}
