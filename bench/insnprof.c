/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU TCG plugin like insncount.c that tells where: one line for each
 * block of guest code, "ADDRESS INSTRUCTIONS EXECUTED", to the file given as
 * out=.  profile.sh adds it up by function.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_info;
typedef void (*tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*udata_cb)(qemu_plugin_id_t, void *);
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

void	qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb);
void	qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *,
	    enum qemu_plugin_op, void *, uint64_t);
void	qemu_plugin_register_atexit_cb(qemu_plugin_id_t, udata_cb, void *);
size_t	qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);

#define EXPORT	__attribute__((visibility("default")))
extern int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t, const struct qemu_info *,
    int, char **);

/* A block may be translated again: then it gets a further record. */
static struct block {
	struct block	*b_next;
	uint64_t	 b_addr, b_insns, b_count;
} *blocks;
static const char *out = "prof.out";

static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (b == NULL)
		abort();
	b->b_addr = qemu_plugin_tb_vaddr(tb);
	b->b_insns = qemu_plugin_tb_n_insns(tb);
	b->b_next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_inline(tb,
	    QEMU_PLUGIN_INLINE_ADD_U64, &b->b_count, 1);
}

static void
finished(qemu_plugin_id_t id, void *arg)
{
	FILE *f = fopen(out, "w");
	struct block *b;

	(void)id, (void)arg;
	if (f == NULL) {
		perror(out);
		return;
	}
	for (b = blocks; b != NULL; b = b->b_next)
		if (b->b_count != 0)
			fprintf(f, "%llx %llu %llu\n",
			    (unsigned long long)b->b_addr,
			    (unsigned long long)b->b_insns,
			    (unsigned long long)b->b_count);
	fclose(f);
}

EXPORT int
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
    int argc, char **argv)
{
	(void)info;
	if (argc > 0 && strncmp(argv[0], "out=", 4) == 0)
		out = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
