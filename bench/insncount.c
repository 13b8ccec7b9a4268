/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU TCG plugin that counts the guest instructions executed, exactly: at
 * each translated block's start its length is added.  Each iteration of a
 * string instruction counts.  For one virtual CPU.  A guest that executes
 * xchg %bx, %bx, which does nothing, gets the count so far written as a line
 * of its own, before the last.  The plugin API, version 1, is declared by
 * hand: Debian ships no header for it.
 *	qemu-system-x86_64 -plugin ./insncount.so,out=FILE ...
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
typedef void (*tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*udata_cb)(qemu_plugin_id_t, void *);
typedef void (*exec_cb)(unsigned, void *);
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

void	qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb);
void	qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *,
	    enum qemu_plugin_op, void *, uint64_t);
void	qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *,
	    exec_cb, enum qemu_plugin_cb_flags, void *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *,
	    size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t	qemu_plugin_insn_size(const struct qemu_plugin_insn *);
size_t	qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
void	qemu_plugin_register_atexit_cb(qemu_plugin_id_t, udata_cb, void *);

#define EXPORT	__attribute__((visibility("default")))
int	qemu_plugin_install(qemu_plugin_id_t, const struct qemu_info *, int,
	    char **);

extern int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;

static uint64_t ninsns;
static uint64_t marks[256];
static unsigned nmarks;
static char outfile[1024];

static void
marked(unsigned cpu, void *arg)
{

	(void)cpu;
	(void)arg;
	if (nmarks < sizeof(marks) / sizeof(marks[0]))
		marks[nmarks++] = ninsns;
}

static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{

	static const unsigned char mark[] = { 0x66, 0x87, 0xdb };
	struct qemu_plugin_insn *insn;
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb,
	    QEMU_PLUGIN_INLINE_ADD_U64, &ninsns, n);
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_size(insn) == sizeof(mark) &&
		    memcmp(qemu_plugin_insn_data(insn), mark,
		    sizeof(mark)) == 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked,
			    QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static void
finished(qemu_plugin_id_t id, void *arg)
{
	FILE *f = fopen(outfile, "w");
	unsigned i;

	(void)id;
	(void)arg;
	if (f == NULL) {
		perror(outfile);
		return;
	}
	for (i = 0; i < nmarks; i++)
		fprintf(f, "%llu\n", (unsigned long long)marks[i]);
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
