/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting a baked program as a process: a stack from the mmap arena (lazily
 * populated, nothing mapped below it), the System V process stack on it, one
 * host thread.  The host thread's own small stack is kept for the end of the
 * lwp, see exit.c.
 */
#include <asm/errno.h>
#include <linux/auxvec.h>
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <rump/rumpcomp_user.h>
#include <kern/exec.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/mm.h>
#include <kern/proc.h>
#include <kern/str.h>

#define EXEC_STACK	(8UL << 20)	/* as RLIMIT_STACK's usual default */
#define EXEC_MAXARGS	(1UL << 20)	/* bytes of strings, ARG_MAX-like */

/* Program headers as the program's libc looks for them through AT_PHDR. */
struct exec_phdr {		/* Elf64_Phdr */
	uint32_t	p_type, p_flags;
	uint64_t	p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};
#define EXEC_PT_PHDR	6
#define EXEC_PT_TLS	7
#define EXEC_PT_EHFRAME	0x6474e550
#define EXEC_NPHDR	3

static struct exec_phdr exec_phdrs[EXEC_NPHDR];	/* the same for all */
int (*rump_exec_hook)(struct proc *, const struct rump_exec *,
    void (**)(void));

/* The same for all: data, which costs an image less than code. */
static const uintptr_t exec_auxv[] = {
	AT_PHENT, sizeof(struct exec_phdr), AT_PHNUM, EXEC_NPHDR,
	AT_PAGESZ, 4096, AT_SECURE, 0, AT_CLKTCK, 100,
	/* Calls and spt's interrupts, too, are on the program's stack. */
	AT_MINSIGSTKSZ, 16384
};

struct exec_start {
	struct lwp	*es_lwp;
	void		(*es_entry)(void);
	void		*es_sp;
};

static void
exec_phdr_init(const struct rumpcomp_user_image *ui)
{
	struct exec_phdr *ph = exec_phdrs;

	ph[0].p_type = EXEC_PT_PHDR;
	ph[0].p_vaddr = (uintptr_t)ph;	/* so the load base comes out as 0 */
	ph[0].p_filesz = ph[0].p_memsz = sizeof(exec_phdrs);
	ph[1].p_type = EXEC_PT_TLS;
	ph[1].p_vaddr = (uintptr_t)ui->ui_tls_start;
	ph[1].p_filesz = ui->ui_tls_filesz;
	ph[1].p_memsz = ui->ui_tls_memsz;
	ph[1].p_align = ui->ui_tls_align ? ui->ui_tls_align : 1;
	ph[2].p_type = EXEC_PT_EHFRAME;
	ph[2].p_vaddr = (uintptr_t)ui->ui_eh_frame_hdr;
	ph[2].p_filesz = ph[2].p_memsz = ui->ui_eh_frame_hdrsz;
}

static size_t
exec_count(char *const *v, size_t *bytes)
{
	size_t n;

	for (n = 0; v != NULL && v[n] != NULL; n++)
		*bytes += strlen(v[n]) + 1;
	return n;
}

/* Copies the strings of v to *strp, their addresses to *slot. */
static uintptr_t *
exec_strings(uintptr_t *slot, char *const *v, size_t n, char **strp)
{
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = strlen(v[i]) + 1;
		*slot++ = (uintptr_t)memcpy(*strp, v[i], len);
		*strp += len;
	}
	*slot++ = 0;
	return slot;
}

static uintptr_t *
exec_aux(uintptr_t *slot, uintptr_t type, uintptr_t value)
{

	*slot++ = type;
	*slot++ = value;
	return slot;
}

/* Lays out argc, argv, envp, auxv and the strings below `top`. */
static int
exec_stack(const struct rump_exec *re, const struct cred *cr, char *top,
    void **spp)
{
	struct rumpcomp_user_image ui;
	size_t argc, envc, bytes = 0, words, done;
	uintptr_t *slot;
	char *str, *s;

	rumpcomp_user_image(&ui);
	if (exec_phdrs[0].p_type == 0)
		exec_phdr_init(&ui);
	argc = exec_count(re->re_argv, &bytes);
	envc = exec_count(re->re_envp, &bytes);
	bytes += 16 + strlen(re->re_name) + 1;
	if (bytes > EXEC_MAXARGS || argc + envc > EXEC_MAXARGS / 16)
		return E2BIG;
	words = 1 + argc + 1 + envc + 1 + 2 * 16;
	str = top - ((bytes + 15) & ~15UL);
	slot = (uintptr_t *)(((uintptr_t)str - words * 8) & ~15UL);
	*spp = slot;
	rumpuser_getrandom(str, 16, 0, &done);
	*slot++ = argc;
	s = str + 16;
	slot = exec_strings(slot, re->re_argv, argc, &s);
	slot = exec_strings(slot, re->re_envp, envc, &s);
	memcpy(s, re->re_name, strlen(re->re_name) + 1);
	slot = exec_aux(slot, AT_EXECFN, (uintptr_t)s);
	slot = exec_aux(slot, AT_PHDR, (uintptr_t)exec_phdrs);
	memcpy(slot, exec_auxv, sizeof(exec_auxv));
	slot += sizeof(exec_auxv) / sizeof(exec_auxv[0]);
	slot = exec_aux(slot, AT_RANDOM, (uintptr_t)str);
	slot = exec_aux(slot, AT_HWCAP, ui.ui_hwcap);
	slot = exec_aux(slot, AT_UID, cr->cr_ruid);
	slot = exec_aux(slot, AT_EUID, cr->cr_euid);
	slot = exec_aux(slot, AT_GID, cr->cr_rgid);
	slot = exec_aux(slot, AT_EGID, cr->cr_egid);
	(void)exec_aux(slot, AT_NULL, 0);
	return 0;
}

/* The new host thread.  Its frame is where exit.c puts the lwp's end. */
static void *
exec_thread(void *arg)
{
	struct exec_start es = *(struct exec_start *)arg;

	rump_kmem_free(arg, sizeof(struct exec_start));
	rumpuser_curlwpop(RUMPUSER_LWP_SET, es.es_lwp);
	es.es_lwp->l_hoststk = __builtin_frame_address(0);
	rumpcomp_user_enter(es.es_entry, NULL, es.es_sp);
}

int
rump_exec_start(struct lwp *l, void (*entry)(void), void *sp)
{
	struct exec_start *es;
	int error;

	if ((es = rump_kmem_alloc(sizeof(*es))) == NULL)
		return ENOMEM;
	es->es_lwp = l;
	es->es_entry = entry;
	es->es_sp = sp;
	error = rumpuser_thread_create(exec_thread, es, l->l_name, 0, 1, -1,
	    &l->l_thread);
	if (error)
		rump_kmem_free(es, sizeof(*es));
	return error;
}

/* Descriptors 0, 1, 2 of a new process. */
static int
exec_fds(struct proc *p, const struct rump_exec *re)
{
	struct file *fp, *cons = NULL;
	int i, error = 0;

	for (i = 0; i < 3 && error == 0; i++) {
		if (re->re_fds[i] >= 0)
			error = rump_fd_getany(re->re_fds[i], &fp);
		else if (cons == NULL && (error = rump_cons_open(&cons)) == 0)
			fp = cons;
		else if (error == 0)
			rump_file_ref(fp = cons);
		if (error == 0)
			error = rump_fd_set(p->p_fdt, i, fp);
	}
	return error;
}

/* In place in exec_proc(): images that have no execve stay small. */
static inline __attribute__((__always_inline__)) int
exec_newstack(struct proc *owner, const struct rump_exec *re,
    const struct cred *cr, char **stackp, void **spp)
{
	int error;

	if ((error = rump_mm_stack(owner, EXEC_STACK, stackp)) != 0)
		return error;
	return exec_stack(re, cr, *stackp + EXEC_STACK, spp);
}

int
rump_exec_stack(struct proc *owner, const struct rump_exec *re,
    const struct cred *cr, char **stackp, void **spp)
{

	return exec_newstack(owner, re, cr, stackp, spp);
}

static int
exec_proc(const struct rump_exec *re, pid_t *pidp)
{
	struct proc *p;
	struct lwp *l = NULL;
	void (*entry)(void) = re->re_entry;
	char *stack;
	void *sp;
	int error;

	error = rump_proc_new(curproc, RUMP_RFCFDG, &p);
	if (error)
		return error;
	strlcpy(p->p_comm, re->re_name, sizeof(p->p_comm));
	if (rump_exec_hook != NULL && (error = rump_exec_hook(p, re,
	    &entry)) != 0)
		goto fail;
	if ((error = exec_fds(p, re)) != 0)
		goto fail;
	if ((error = rump_lwp_new(p, &l)) != 0)
		goto fail;
	strlcpy(l->l_name, re->re_name, sizeof(l->l_name));
	error = exec_newstack(p, re, p->p_cred, &stack, &sp);
	if (error)
		goto fail;
	p->p_sp = sp;
	*pidp = p->p_pid;
	if ((error = rump_exec_start(l, entry, sp)) == 0)
		return 0;
fail:
	if (l != NULL)
		rump_lwp_destroy(l);
	rump_exit_last(p);
	return error;
}

int
rump_pub_exec(const struct rump_exec *re, pid_t *pidp)
{
	int error;

	rump_schedule();
	error = exec_proc(re, pidp);
	rump_unschedule();
	return error;
}
