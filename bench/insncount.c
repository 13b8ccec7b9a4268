/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU TCG plugin that counts the guest instructions executed, exactly: at
 * each translated block's start its length is added.  Each iteration of a
 * string instruction counts.  For one virtual CPU.  The plugin API, version
 * 1, is declared by hand: Debian ships no header for it.
 *	qemu-system-x86_64 -plugin ./insncount.so,out=FILE ...
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
size_t	qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
void	qemu_plugin_register_atexit_cb(qemu_plugin_id_t, udata_cb, void *);

#define EXPORT	__attribute__((visibility("default")))
int	qemu_plugin_install(qemu_plugin_id_t, const struct qemu_info *, int,
	    char **);

extern int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;

static uint64_t ninsns;
static char outfile[1024];

static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb,
	    QEMU_PLUGIN_INLINE_ADD_U64, &ninsns, qemu_plugin_tb_n_insns(tb));
}

static void
finished(qemu_plugin_id_t id, void *arg)
{
	FILE *f = fopen(outfile, "w");

	(void)id;
	(void)arg;
	if (f == NULL) {
		perror(outfile);
		return;
	}
	fprintf(f, "%llu\n", (unsigned long long)ninsns);
	fclose(f);
}

EXPORT int
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
    int argc, char **argv)
{

	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
		fprintf(stderr, "insncount: expected one argument out=FILE\n");
		return 1;
	}
	snprintf(outfile, sizeof(outfile), "%s", argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
