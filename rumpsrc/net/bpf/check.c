/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a program one that may run? */
#include <asm/errno.h>
#include "bpf.h"

/* 1: known; for BPF_ABS the offset may be an ancillary one. */
static int
load_ok(const struct sock_filter *f)
{

	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_B | BPF_MSH:
		return 1;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return f->k < BPF_MEMWORDS;
	}
	return 0;
}

static int
alu_ok(const struct sock_filter *f)
{
	int imm = BPF_SRC(f->code) == BPF_K;

	if (f->code & ~(BPF_CLASS(~0U) | BPF_OP(~0U) | BPF_SRC(~0U)))
		return 0;
	switch (BPF_OP(f->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		return 1;
	case BPF_DIV:
	case BPF_MOD:
		return !imm || f->k != 0;
	case BPF_LSH:
	case BPF_RSH:
		return !imm || f->k < 32;
	case BPF_NEG:
		return imm;
	}
	return 0;
}

/* left: instructions behind this one. */
static int
jump_ok(const struct sock_filter *f, unsigned left)
{

	if (f->code == (BPF_JMP | BPF_JA))
		return f->k < left;
	if (f->code & ~(BPF_CLASS(~0U) | BPF_OP(~0U) | BPF_SRC(~0U)))
		return 0;
	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return f->jt < left && f->jf < left;
	}
	return 0;
}

static int
insn_ok(const struct sock_filter *f, unsigned left)
{

	switch (BPF_CLASS(f->code)) {
	case BPF_ALU:
		return alu_ok(f);
	case BPF_JMP:
		return jump_ok(f, left);
	case BPF_RET:
		return f->code == (BPF_RET | BPF_K) ||
		    f->code == (BPF_RET | BPF_A);
	case BPF_MISC:
		return f->code == (BPF_MISC | BPF_TAX) ||
		    f->code == (BPF_MISC | BPF_TXA);
	default:
		return load_ok(f);
	}
}

int
bpf_check(const struct sock_filter *f, unsigned n)
{
	unsigned i;

	if (n == 0 || n > BPF_MAXINSNS)
		return EINVAL;
	for (i = 0; i < n; i++)
		if (!insn_ok(&f[i], n - i - 1))
			return EINVAL;
	return BPF_CLASS(f[n - 1].code) == BPF_RET ? 0 : EINVAL;
}
