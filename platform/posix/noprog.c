/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercalls for running programs (rumpcomp_user.h, _vm.h, _sig.h): there
 * are none on this host, whose threads run the embedding program's code.  So
 * nothing has to be stopped, and what would enter program code is a mistake.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rump/rumpcomp_cputime.h>
#include <rump/rumpcomp_sig.h>
#include <rump/rumpcomp_user.h>
#include <rump/rumpcomp_vm.h>

static void __attribute__((__noreturn__))
no_program(const char *what)
{

	fprintf(stderr, "rumpuser: %s: no programs run on this host\n", what);
	abort();
}

/* What can never be memory. */
static int
user_bad(const void *addr, size_t len)
{
	uintptr_t a = (uintptr_t)addr;

	return len != 0 && (a < 4096 || a + len < a);
}

int
rumpcomp_user_copy(void *to, const void *from, size_t len)
{

	if (user_bad(to, len) || user_bad(from, len))
		return -EFAULT;
	memcpy(to, from, len);
	return 0;
}

long
rumpcomp_user_copystr(char *to, const char *from, size_t max)
{
	size_t n;

	if (user_bad(from, 1))
		return -EFAULT;
	n = strnlen(from, max);
	memcpy(to, from, n < max ? n + 1 : max);
	return (long)n + 1;
}

int
rumpcomp_user_probe(void *to, size_t len)
{

	return user_bad(to, len) ? -EFAULT : 0;
}

void
rumpcomp_user_settp(void *tp)
{

	(void)tp;
	no_program("rumpcomp_user_settp");
}

void *
rumpcomp_user_gettp(void)
{

	no_program("rumpcomp_user_gettp");
}

void
rumpcomp_user_enter(void (*entry)(void), void *arg, void *sp)
{

	(void)entry, (void)arg, (void)sp;
	no_program("rumpcomp_user_enter");
}

void
rumpcomp_user_image(struct rumpcomp_user_image *ui)
{

	memset(ui, 0, sizeof(*ui));
}

void
rumpcomp_vm_arena(void **startp, size_t *lenp)
{

	*startp = NULL;
	*lenp = 0;
}

int
rumpcomp_vm_map(void *va, size_t len, int prot)
{

	(void)va, (void)len, (void)prot;
	return ENOMEM;
}

int
rumpcomp_vm_unmap(void *va, size_t len)
{

	(void)va, (void)len;
	return 0;
}

int
rumpcomp_vm_protect(void *va, size_t len, int prot)
{

	(void)va, (void)len, (void)prot;
	return ENOMEM;
}

int
rumpcomp_vm_discard(void *va, size_t len)
{

	(void)va, (void)len;
	return 0;
}

const char rumpcomp_vm_beyond[] = "";

void
rumpcomp_sig_init(const struct rumpcomp_sigops *ops)
{

	(void)ops;
}

int
rumpcomp_sig_atreturn(void)
{

	return 0;
}

void
rumpcomp_sig_frame(void *arg)
{

	(void)arg;
	no_program("rumpcomp_sig_frame");
}

size_t
rumpcomp_sig_xsize(void)
{

	return 512;
}

uint64_t
rumpcomp_sig_xfeatures(void)
{

	return 0;
}

int
rumpcomp_sig_writable(void *p, size_t len)
{

	(void)p, (void)len;
	return 0;
}

const char *
rumpcomp_sig_cause(void)
{

	return NULL;
}

void
rumpcomp_sig_note(const char *cause, const struct rumpcomp_regs *r,
    uint64_t addr)
{

	(void)cause, (void)r, (void)addr;
	no_program("rumpcomp_sig_note");
}

void
rumpcomp_sig_report(const char *cause, const struct rumpcomp_regs *r,
    uint64_t addr)
{

	(void)r, (void)addr;
	no_program(cause);
}

void
rumpcomp_sig_abort(const struct rumpcomp_regs *r)
{

	(void)r;
	no_program("abort");
}

/* Whose time the host's threads take the host knows. */
int
rumpcomp_cputime_init(void (*charge)(struct lwp *, int64_t))
{

	(void)charge;
	return ENXIO;
}

void
rumpcomp_cputime_update(void)
{

}
