/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to platform/spt.  One Linux thread is the one CPU; signals are its
 * interrupts, and a flag says whether they are let in, so turning them off
 * costs no system call.
 */
#ifndef SPT_SPT_H
#define SPT_SPT_H

#include <bmk/bmk.h>

#include "sys.h"

extern const char __image_start[], __image_end[];
extern const char __relro_start[], __relro_end[];
extern const char __rumprun_text_start[], __rumprun_text_end[];

/* What the launcher said; [I] after start. */
struct spt_options {
	size_t		 so_memory;
	const char	*so_config;
	const char	*const *so_argv;	/* for spt_param */
	int		 so_argc;
};
extern struct spt_options spt_options;

/* The auxiliary vector's, [I] after start. */
extern const void *spt_vdso;
extern int spt_fsgsbase;

/* entry.S */
void spt_entry(void);
void spt_sigaction_return(void);
int spt_probe(const volatile void *);	/* 0: readable */
extern const char spt_probe_load[], spt_probe_failed[];

void spt_relocate(void);

/*
 * pin.c: pages of the allocator in the place of a program's.  [mm_lock]
 */
int spt_pin_forget(char *va, size_t len);	/* returns its protection */
void spt_pin_protect(char *va, size_t len, int prot);
/* vm.c: such a page is seen at va; is it Linux's anonymous memory there? */
int spt_vm_kernel(void *va, void *page, int prot);
int spt_vm_isplain(const void *va);

/* The guest's memory: pages, kernel mappings, the arena of programs. */
void spt_memory_init(size_t);
extern char *spt_guest_start, *spt_guest_end;	/* [I] 4 GiB multiples */
extern char *spt_arena_start, *spt_arena_end;	/* [I] below spt_guest_end */
#define SPT_ARENA_SIZE	(64UL << 30)		/* at most */
extern char *spt_pages_start;			/* [I] the page allocator's */
extern int spt_pages_fd;			/* [I] they are this file */
void spt_vm_init(void);
#define SPT_VM_KEEP	(8 * BMK_PAGE_SIZE)	/* longest run kept */
int spt_vm_keep(char *va, size_t len);
int spt_vm_unkeep(const char *va, size_t len, int writable);
void spt_vm_clear(const char *va, size_t len);
/* NULL: it is there now; else why not, as the caller thought it was. */
const char *spt_vm_fault(char *va, int write, const char *why);

/* The interrupted code's, from a handler's ucontext. */
void spt_getregs(const void *ucontext, struct bmk_regs *);
/* bmk_program_hook(); what it changed is put into the ucontext. */
int spt_program(void *ucontext, struct bmk_regs *, const char *fault,
    uint64_t addr);
void spt_fault_init(void);
void spt_timer_init(void);
void spt_clock_init(void);
void spt_random_init(const uint8_t *seed16);
void spt_console_init(void);
void spt_console_flush(void);
int spt_block_add(const char *spec);	/* "name:fd"; 0 or -1 */
int spt_net_add(const char *spec);	/* "name[,option]:fd"; 0 or -1 */
void spt_filter(void);
extern int spt_report_fd;		/* [I] after start */

/*
 * Descriptors with packets, when an interface is open (else NULL): fills in
 * those that are waited for, at most SPT_MAXNETS; takes what ppoll found,
 * with interrupts off.
 */
#define SPT_MAXNETS	16
struct spt_netops {
	int	(*sn_pollfds)(struct sys_pollfd *);
	void	(*sn_ready)(const struct sys_pollfd *, int);
};
extern const struct spt_netops *spt_netops;

/* Descriptors that stay open; others than 0-2 are closed at start. */
void spt_keep_fd(int fd);

/*
 * Something to look at from time to time that makes no signal: called in
 * the idle loop and about every 10 ms while a program runs.
 */
void spt_console_poll(void);
int spt_console_pollfd(struct sys_pollfd *);	/* number of entries: 0 or 1 */

typedef void spt_sigfn(int, void *info, void *ucontext);
#define SPT_ONSTACK	0x08000000
#define SPT_RESTART	0x10000000
#define SPT_NODEFER	0x40000000
void spt_signal(int sig, spt_sigfn *, unsigned long flags);
#define SPT_SIGILL	4
#define SPT_SIGTRAP	5
#define SPT_SIGBUS	7
#define SPT_SIGFPE	8
#define SPT_SIGSEGV	11
#define SPT_SIGPIPE	13
#define SPT_SIGALRM	14

void spt_die(const char *msg) __attribute__((__noreturn__));

#endif /* SPT_SPT_H */
