/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core file: NT_PRSTATUS for each thread, the one that crashed first;
 * NT_AUXV with the entry's address, from which gdb knows where a randomised
 * image was; then memory, of which pages of zeros are holes.
 */
#include <sys/procfs.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bmk/bmk.h>

#include "core.h"

#define MAXSEGS		65000	/* e_phnum has 16 bits */
#define MAXTHREADS	10000

struct notes {
	char	*n_buf;
	size_t	 n_len;
};

void
core_add(struct core *c, uint64_t va, uint64_t len, uint32_t flags)
{
	struct coreseg *last = c->c_seg + c->c_nseg;

	if (c->c_nseg != 0 && last[-1].cs_va + last[-1].cs_len == va) {
		last--;
		last->cs_len += len;
		last->cs_flags |= flags;
		return;
	}
	if (c->c_nseg % 1024 == 0) {
		c->c_seg = realloc(c->c_seg,
		    (c->c_nseg + 1024) * sizeof(*c->c_seg));
		if (c->c_seg == NULL)
			fail("out of memory");
	}
	c->c_seg[c->c_nseg++] = (struct coreseg){ va, len, flags };
}

bool
core_bytes(struct core *c, uint64_t va, void *buf, size_t len)
{
	char page[CORE_PAGE];
	size_t off, n;

	for (; len > 0; va += n, buf = (char *)buf + n, len -= n) {
		off = va % CORE_PAGE;
		n = CORE_PAGE - off < len ? CORE_PAGE - off : len;
		if (!c->c_read(c, va - off, page))
			return false;
		memcpy(buf, page + off, n);
	}
	return true;
}

static void
add_note(struct notes *n, uint32_t type, const void *desc, size_t len)
{
	Elf64_Nhdr nh = { 5, (Elf64_Word)len, type };
	size_t need = sizeof(nh) + 8 + (len + 3) / 4 * 4;
	char *p = realloc(n->n_buf, n->n_len + need);

	if (p == NULL)
		fail("out of memory");
	n->n_buf = p;
	p += n->n_len;
	memset(p, 0, need);
	memcpy(p, &nh, sizeof(nh));
	memcpy(p + sizeof(nh), "CORE", 5);
	memcpy(p + sizeof(nh) + 8, desc, len);
	n->n_len += need;
}

/*
 * Of the floating point registers only the control words are known, and that
 * for threads which gave the CPU up in a call.
 */
static void
add_thread(struct notes *n, int id, int sig,
    const struct user_regs_struct *regs, const struct bmk_thread *t)
{
	struct user_fpregs_struct fp;
	prstatus_t ps;

	_Static_assert(sizeof(ps.pr_reg) == sizeof(*regs), "elf_gregset_t");
	memset(&ps, 0, sizeof(ps));
	ps.pr_info.si_signo = sig;
	ps.pr_cursig = (short)sig;
	ps.pr_pid = id;
	memcpy(&ps.pr_reg, regs, sizeof(ps.pr_reg));
	add_note(n, NT_PRSTATUS, &ps, sizeof(ps));
	memset(&fp, 0, sizeof(fp));
	fp.cwd = (unsigned short)t->bt_fpcw;
	fp.mxcsr = t->bt_mxcsr;
	add_note(n, NT_FPREGSET, &fp, sizeof(fp));
}

/* As Linux would have called it. */
static int
signal_of(const struct crash *cr)
{
	if (!cr->cr_fault)
		return SIGABRT;
	switch (cr->cr_vector) {
	case 0: case 16: case 19:
		return SIGFPE;
	case 1: case 3:
		return SIGTRAP;
	case 6:
		return SIGILL;
	default:
		return SIGSEGV;
	}
}

/*
 * A panic's report has the place of its call: with the frame of bmk_panic()
 * itself, at its last instruction, gdb finds all registers that it saved.
 */
static void
crash_registers(struct core *c, struct user_regs_struct *regs)
{
	uint64_t addr, size;

	*regs = c->c_crash->cr_regs;
	regs->cs = 8;
	regs->ss = 16;
	if (c->c_crash->cr_whole ||
	    !symbols_find(c->c_symbols, "bmk_panic", &addr, &size) ||
	    size == 0)
		return;
	regs->rip = c->c_crash->cr_base + addr + size - 1;
	regs->rbp = regs->rsp - 16;
	regs->rsp = regs->rbp - 8;
}

/* What bmk_cpu_switch() (lib/libbmk_core/switch.S) pushed. */
static bool
switched_registers(struct core *c, const struct bmk_thread *t,
    struct user_regs_struct *regs)
{
	uint64_t v[7];

	if (!core_bytes(c, t->bt_sp, v, sizeof(v)))
		return false;
	*regs = (struct user_regs_struct){
		.r15 = v[0], .r14 = v[1], .r13 = v[2], .r12 = v[3],
		.rbx = v[4], .rbp = v[5], .rip = v[6],
		.rsp = t->bt_sp + sizeof(v), .cs = 8, .ss = 16,
		.fs_base = t->bt_tp,
	};
	return true;
}

/* The pointer in a variable of the image; 0 when it cannot be known. */
static uint64_t
pointer(struct core *c, const char *name)
{
	uint64_t addr, size, v = 0;

	if (symbols_find(c->c_symbols, name, &addr, &size))
		(void)core_bytes(c, addr + c->c_crash->cr_base, &v,
		    sizeof(v));
	return v;
}

/* The thread that crashed comes first, the others from the newest on. */
static void
add_threads(struct core *c, struct notes *n)
{
	uint64_t at, cur = 0, cpu = pointer(c, "bmk_cpus");
	struct user_regs_struct regs;
	struct bmk_thread t;
	int id = 2, sig = signal_of(c->c_crash);	/* Linux: for all */

	memset(&t, 0, sizeof(t));
	crash_registers(c, &regs);
	if (cpu != 0 && core_bytes(c, cpu, &cur, sizeof(cur)) &&
	    core_bytes(c, cur, &t, sizeof(t)))
		regs.fs_base = t.bt_tp;
	add_thread(n, 1, sig, &regs, &t);
	/* The list is the guest's: it may be a ring by now. */
	for (at = pointer(c, "bmk_threads"); at != 0 && id < MAXTHREADS;
	    at = (uint64_t)t.bt_link) {
		if (!core_bytes(c, at, &t, sizeof(t)))
			break;
		if (at != cur && t.bt_state != BMK_T_ZOMBIE &&
		    switched_registers(c, &t, &regs))
			add_thread(n, id++, sig, &regs, &t);
	}
}

static void
make_notes(struct core *c, struct notes *n)
{
	const char *base = strrchr(c->c_image, '/');
	uint64_t auxv[6] = { AT_PAGESZ, CORE_PAGE, AT_ENTRY, 0, AT_NULL, 0 };
	prpsinfo_t pi;

	add_threads(c, n);
	memset(&pi, 0, sizeof(pi));
	pi.pr_sname = 'R';
	pi.pr_pid = 1;
	(void)snprintf(pi.pr_fname, sizeof(pi.pr_fname), "%.*s",
	    (int)sizeof(pi.pr_fname) - 1,
	    base != NULL ? base + 1 : c->c_image);
	(void)snprintf(pi.pr_psargs, sizeof(pi.pr_psargs), "%.*s",
	    (int)sizeof(pi.pr_psargs) - 1, c->c_image);
	add_note(n, NT_PRPSINFO, &pi, sizeof(pi));
	if (symbols_entry(c->c_symbols, &auxv[3])) {
		auxv[3] += c->c_crash->cr_base;
		add_note(n, NT_AUXV, auxv, sizeof(auxv));
	}
}

static int
put_at(int fd, const void *buf, size_t len, uint64_t off)
{
	if (lseek(fd, (off_t)off, SEEK_SET) == -1)
		return errno;
	return write_all(fd, buf, len);
}

static int
write_headers(int fd, const struct core *c, const struct notes *n,
    uint64_t *datap)
{
	size_t phlen = (c->c_nseg + 1) * sizeof(Elf64_Phdr);
	uint64_t off = sizeof(Elf64_Ehdr) + phlen;
	Elf64_Phdr *ph = xmalloc(phlen);
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
		    ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_X86_64,
		.e_version = EV_CURRENT, .e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh), .e_phentsize = sizeof(*ph),
		.e_phnum = (Elf64_Half)(c->c_nseg + 1),
	};
	int error;

	ph[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = off,
	    .p_filesz = n->n_len, .p_align = 4 };
	off = (off + n->n_len + CORE_PAGE - 1) & -CORE_PAGE;
	*datap = off;
	for (size_t i = 0; i < c->c_nseg; i++) {
		const struct coreseg *cs = &c->c_seg[i];

		ph[i + 1] = (Elf64_Phdr){ .p_type = PT_LOAD,
		    .p_flags = cs->cs_flags, .p_offset = off,
		    .p_vaddr = cs->cs_va, .p_filesz = cs->cs_len,
		    .p_memsz = cs->cs_len, .p_align = CORE_PAGE };
		off += cs->cs_len;
	}
	error = put_at(fd, &eh, sizeof(eh), 0);
	if (error == 0)
		error = put_at(fd, ph, phlen, sizeof(eh));
	if (error == 0)
		error = put_at(fd, n->n_buf, n->n_len, ph[0].p_offset);
	if (error == 0 && ftruncate(fd, (off_t)off) == -1)
		error = errno;
	free(ph);
	return error;
}

static int
write_memory(int fd, struct core *c, uint64_t off)
{
	static const char zeros[CORE_PAGE];
	char page[CORE_PAGE];
	int64_t left = (int64_t)c->c_limit;
	uint64_t at;
	int error = 0;

	for (size_t i = 0; i < c->c_nseg && error == 0; i++) {
		for (at = 0; at < c->c_seg[i].cs_len && error == 0;
		    at += CORE_PAGE, off += CORE_PAGE)
			if (c->c_read(c, c->c_seg[i].cs_va + at, page) &&
			    memcmp(page, zeros, sizeof(page)) != 0)
				error = (left -= CORE_PAGE) < 0 ? EFBIG :
				    put_at(fd, page, sizeof(page), off);
	}
	return error;
}

void
core_write(struct core *c, const char *path)
{
	struct notes n = { NULL, 0 };
	uint64_t data = 0;
	int fd, error;

	if (c->c_nseg > MAXSEGS) {
		note("%s: the guest's memory is in %zu pieces, %d of them "
		    "are written", path, c->c_nseg, MAXSEGS);
		c->c_nseg = MAXSEGS;
	}
	make_notes(c, &n);
	/* What the guest knew is the owner's alone. */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	error = fd == -1 ? errno : write_headers(fd, c, &n, &data);
	if (error == 0)
		error = write_memory(fd, c, data);
	if (fd != -1 && close(fd) == -1 && error == 0)
		error = errno;
	free(n.n_buf);
	if (error != 0) {
		note("--core %s: %s", path, strerror(error));
		if (fd != -1)
			unlink(path);
		return;
	}
	note("core file: %s; look at it with: gdb %s %s", path,
	    symbols_file(c->c_symbols), path);
}
