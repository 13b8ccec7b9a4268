/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbmk_core: threads, memory, clock, panic for hosts without an operating
 * system (hw, xen) or with next to none (spt).  librumpuser_bmk implements
 * the hypercalls on it.  The second half of this file is what a platform
 * supplies.
 *
 * Times are int64_t nanoseconds since boot (monotonic), sizes bytes.
 * Results: 0 or a positive errno.
 */
#ifndef BMK_BMK_H
#define BMK_BMK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define BMK_PAGE_SHIFT	12
#define BMK_PAGE_SIZE	4096UL
#define BMK_TIME_NEVER	INT64_MAX
#define BMK_MAXCPUS	64

/* The errors that the core gives. */
#define BMK_EINVAL	22
#define BMK_ENOMEM	12
#define BMK_ENXIO	6
#define BMK_EOPNOTSUPP	95
#define BMK_ETIMEDOUT	110

struct bmk_cpu;
struct bmk_regs;

/* Thread states; the scheduler's lock of bt_cpu guards them. */
enum bmk_tstate {
	BMK_T_RUNNABLE, BMK_T_RUNNING, BMK_T_BLOCKED, BMK_T_ZOMBIE
};

/*
 * A thread.  Lives at the top of nothing: allocated apart from its stack, so
 * that a smashed stack cannot change it.  [s] the lock of its run queue,
 * [o] only by the thread itself while it runs, [I] constant after creation,
 * [l] list lock, [a] atomic.
 */
struct bmk_thread {
	uint64_t	 bt_sp;		/* [s] saved stack pointer */
	uint64_t	 bt_tp;		/* [o] program's thread pointer */
	void		*bt_lwp;	/* [o] rumpuser_curlwp() */
	struct bmk_cpu	*bt_cpu;	/* [s] */
	enum bmk_tstate	 bt_state;	/* [s] */
	int		 bt_flags;	/* [s] BMK_TF_* */
	int64_t		 bt_wakeup;	/* [o] BMK_TIME_NEVER: no time-out */
	void		*bt_stack;	/* [I] lowest usable byte */
	size_t		 bt_stacksize;	/* [I] */
	struct bmk_thread *bt_runq_next; /* [s] */
	struct bmk_thread *bt_timeq_next, *bt_timeq_prev; /* [s] */
	struct bmk_thread *bt_link, *bt_linkprev; /* [l] all threads */
	struct bmk_thread *bt_joiner;	/* [s] */
	void		*bt_xsave;	/* [s] extended state, preempted */
	uint32_t	 bt_fpcw;	/* [s] x87 control | MXCSR */
	uint32_t	 bt_mxcsr;
	void		*(*bt_fn)(void *);	/* [I] */
	void		*bt_arg;	/* [I] */
	char		 bt_name[24];	/* [I] */
	struct bmk_thread *bt_timeq_child; /* [s] */
	int		 bt_errno;	/* [o] rumpuser_seterrno() */
	uint32_t	 bt_waking;	/* [a] woken after prepare */
};
#define BMK_TF_JOINABLE	0x01
#define BMK_TF_TIMEDOUT	0x02
#define BMK_TF_TIMEQ	0x08	/* in the timer queue */
#define BMK_TF_REAPED	0x10	/* [j] its stack is gone, join may free it */
#define BMK_TF_PROGRAM	0x20	/* [I] see bmk_sched_create() */

/* Per CPU, at GS:0. */
struct bmk_cpu {
	struct bmk_thread *bc_cur;	/* offset 0: gs:0 */
	struct bmk_cpu	*bc_self;	/* offset 8: gs:8 */
	uint32_t	 bc_id;
	uint32_t	 bc_nopreempt;	/* >0: in the scheduler, a spin lock */
	int		 bc_resched;
	struct bmk_thread *bc_idle;
	/* run queue, timer queue: sched.c */
	void		*bc_sched;
	void		*bc_platform;	/* the platform's own */
	uint64_t	 bc_tp;		/* thread pointer loaded on this CPU */
};

static inline struct bmk_thread *
bmk_curthread(void)
{
	struct bmk_thread *t;

	__asm__ __volatile__("movq %%gs:0, %0" : "=r"(t));
	return t;
}

static inline struct bmk_cpu *
bmk_curcpu(void)
{
	struct bmk_cpu *c;

	__asm__ __volatile__("movq %%gs:8, %0" : "=r"(c));
	return c;
}

/*
 * Entry of librumpuser_bmk: the platform calls it on its boot stack when GS,
 * memory and console are up (CPU 0).  Runs rumprun_boot(bmk_platform_config)
 * in the first thread.
 */
void bmk_main(void) __attribute__((__noreturn__));

/*
 * Scheduler.  Tickless, round robin, per-CPU queues.  Only code between
 * __rumprun_text_start and _end is preempted.  The platform allocates struct
 * bmk_cpu, sets bc_self and bc_id and points GS at it, the rest zero; then
 * bmk_sched_init() on that CPU makes bmk_curthread() and the locks usable.
 */
void bmk_sched_init(void);
/*
 * flags: BMK_TF_JOINABLE; BMK_TF_PROGRAM, which begins before others that are
 * new, and before the first of which nobody is preempted.  stacksize 0: the
 * default (16 KiB), guard page below.  cpu -1: any.
 */
int bmk_sched_create(const char *name, void *(*fn)(void *), void *arg,
    int flags, size_t stacksize, int cpu, struct bmk_thread **);
void bmk_sched_exit(void) __attribute__((__noreturn__));
int bmk_sched_join(struct bmk_thread *);
void bmk_sched_yield(void);
/*
 * Blocking, without lost wake-ups: prepare (from here on a wake counts),
 * then check the condition and put the thread where a waker finds it, then
 * block, or do not after all.  Returns 0 when woken, BMK_ETIMEDOUT when
 * bt_wakeup passed.  A wake may be one meant for an earlier wait: callers
 * look at the condition.
 */
static inline void
bmk_sched_prepare(int64_t deadline)
{
	struct bmk_thread *t = bmk_curthread();

	t->bt_wakeup = deadline;
	(void)__atomic_exchange_n(&t->bt_waking, 0, __ATOMIC_SEQ_CST);
}
int bmk_sched_block(void);
void bmk_sched_wake(struct bmk_thread *);	/* any context */
/* Start the first thread on this CPU; does not return. */
void bmk_sched_start(void) __attribute__((__noreturn__));
/*
 * Called by the platform on the interrupted thread's own stack, interrupts
 * off, extended state saved in bt_xsave, when bc_resched is set and the
 * interrupted rip is program code.  Returns when the thread runs again.
 * bt_xsave is NULL until the platform allocates it (bmk_malloc of
 * bmk_platform_xsave_size() bytes, at the thread's first preemption);
 * the core frees it with the thread.
 */
void bmk_sched_preempt(void);
/*
 * Told, when it is set, which thread runs from now on (NULL: none) at each
 * switch, under the scheduler's lock.
 */
extern void (*bmk_account)(struct bmk_thread *);
/*
 * When it is set the platform calls it, interrupts off, with the registers of
 * the interrupted code, before that goes on after bmk_sched_preempt() (fault
 * NULL; the extended state is the CPU's again), and for a fault that cannot be
 * resolved, with its cause and the address, before bmk_fault().  True: r was
 * changed, go on with it.
 */
extern int (*bmk_program_hook)(struct bmk_regs *r, const char *fault,
    uint64_t addr);
/*
 * The platform's timer interrupt, interrupts off: wakes sleepers, sets
 * bc_resched when the running thread should give way.  It arms the timer
 * again by itself, soon after when the thread was to give way, so a handler
 * that finds kernel code interrupted just returns.
 */
void bmk_sched_timer(void);
/*
 * For a platform that must look after something without an interrupt: the
 * timer comes within some 10 ms while a thread runs; once.  running: arm it
 * now if need be, else at the next switch will do.
 */
void bmk_sched_tick(int running);
/* For bmk_platform_idle_until(): as bmk_platform_timer, remembers it. */
void bmk_sched_arm(int64_t deadline);
extern struct bmk_thread *bmk_threads;	/* all of them, for gdb and panic */
extern struct bmk_cpu *bmk_cpus[BMK_MAXCPUS];	/* those that came up */

/* Spin lock; interrupts are off while it is held.  Leaf: never block. */
struct bmk_spin { volatile uint32_t sl_locked; };
extern int bmk_smp;	/* once the second CPU is up */
unsigned long bmk_spin_enter(struct bmk_spin *);
void bmk_spin_exit(struct bmk_spin *, unsigned long saved);
/*
 * Kernel code runs on the program's stacks, which page faults populate.  To
 * be called before a lock that the handling of a page fault takes, for what
 * its holder needs of stack: at most a page.
 */
static inline void
bmk_stack_ready(size_t len)
{
	volatile char *sp = (volatile char *)__builtin_frame_address(0);

	(void)sp[-(ptrdiff_t)len];
}

/* Pages: order n = 2^n contiguous pages, physically contiguous on hw. */
void bmk_page_add(void *start, size_t len);	/* boot: give memory */
void *bmk_page_alloc(int order);		/* NULL: none; not zeroed */
void bmk_page_free(void *, int order);

/*
 * Single pages that stay, whoever owns them, until as many drops as adds.
 * add takes spare (allocated by the caller) when it is the first pin, else
 * gives it back.  leave: the owner is done with it; 0: he frees it, 1: the
 * last drop will.  All may be called with any lock held but a spin lock that
 * a drop's free takes.
 */
struct bmk_pin {
	struct bmk_pin	*pn_next;
	void		*pn_page;
	unsigned	 pn_count;
	int		 pn_left;
};
struct bmk_pin *bmk_pin_add(void *page, struct bmk_pin *spare);
int bmk_pin_leave(void *page);
void bmk_pin_drop(void *page);
void bmk_page_stat(size_t *totalp, size_t *freep);	/* bytes */

/* Objects.  align 0: 16.  Free links are encoded; a double free panics. */
void *bmk_malloc(size_t len, size_t align);
void bmk_free(void *, size_t len);

/* Randomness: ChaCha20, seeded from bmk_platform_entropy(). */
void bmk_random(void *, size_t);

/* The C functions that kernel code may use (doc/contracts.md). */
void *memcpy(void *__restrict, const void *__restrict, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memchr(const void *, int, size_t);
size_t strlen(const char *);
size_t strnlen(const char *, size_t);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int);
char *strrchr(const char *, int);
size_t strlcpy(char *, const char *, size_t);
size_t strlcat(char *, const char *, size_t);
int snprintf(char *, size_t, const char *, ...)
    __attribute__((__format__(__printf__, 3, 4)));
int vsnprintf(char *, size_t, const char *, va_list);

/*
 * The same where any address may be wrong: less than 0 after a fault.  copystr
 * returns the bytes with the NUL, max + 1 when there is none.
 */
int bmk_user_copy(void *to, const void *from, size_t len);
long bmk_user_copystr(char *to, const char *from, size_t max);
int bmk_user_probe(void *to, size_t len);	/* all of it, not 0: writable */
int bmk_user_store2(int64_t *to, int64_t a, int64_t b);
extern const char bmk_user_start[], bmk_user_end[], bmk_user_failed[];
/* The platform's, for a fault that it cannot resolve.  True: go on at *rip. */
static inline int
bmk_user_fault(uint64_t *rip)
{
	if (*rip - (uint64_t)bmk_user_start >=
	    (uint64_t)(bmk_user_end - bmk_user_start))
		return 0;
	*rip = (uint64_t)bmk_user_failed;
	return 1;
}

/* Console and panic (text format: doc/contracts.md). */
void bmk_printf(const char *, ...)
    __attribute__((__format__(__printf__, 1, 2)));
void bmk_vprintf(const char *, va_list);
void bmk_panic(const char *, ...)
    __attribute__((__format__(__printf__, 1, 2), __noreturn__));
struct bmk_regs {	/* order as saved by the platform's trap entry */
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
#define BMK_VECTOR_PF	14
#define BMK_VECTOR_ABORT 256	/* for bmk_fault(): like bmk_panic() */
#define BMK_PF_PRESENT	0x01	/* denied, not absent */
#define BMK_PF_WRITE	0x02
#define BMK_PF_EXEC	0x10
int bmk_panicking(void);	/* a report is being printed */
/* An unhandled fault: like panic, with these registers; status 139. */
void bmk_fault(const char *cause, const struct bmk_regs *, uint64_t addr)
    __attribute__((__noreturn__));
/* The same report, headed "fault:", of what ends less than the machine. */
void bmk_fault_note(const char *cause, const struct bmk_regs *,
    uint64_t addr);
/* Is the page fault at addr, which cannot be resolved, a stack overflow? */
int bmk_stack_overflow(const struct bmk_regs *, uint64_t addr);
/* librumpuser_bmk sets it: prints pid.tid and name of the running lwp. */
extern void (*bmk_panic_lwp)(void);
/* Short at each use; the backtrace of the report has file and line. */
void bmk_assert_failed(const char *expr) __attribute__((__noreturn__));
#define bmk_assert(x) ((x) ? (void)0 : bmk_assert_failed(#x))

/* Only the conversions that the kernel prints: no floating point. */
int bmk_vsnprintf(char *, size_t, const char *, va_list);
/*
 * Random, chosen by the platform before the first function with a canary
 * runs (a constructor of the image is too late).
 */
extern uintptr_t __stack_chk_guard;

/* Leaves the stack for good: fn, which never returns, on another one. */
void bmk_cpu_onstack(void (*fn)(void), void *top)
    __attribute__((__noreturn__));
/* Switch (switch.S): saves callee-saved registers, MXCSR, x87 control. */
void bmk_cpu_switch(struct bmk_thread *from, struct bmk_thread *to);

/*
 * ---- What a platform supplies ----
 */
int64_t bmk_platform_monotonic(void);	/* ns; calibrates lazily */
int64_t bmk_platform_wallclock(void);	/* ns since 1970 */
/* One-shot interrupt at this time (or a little later); NEVER: off. */
void bmk_platform_timer(int64_t deadline);
/* Sleep until an interrupt; called with interrupts off, returns so. */
void bmk_platform_idle(void);
/*
 * Optional (a weak default arms the timer and calls bmk_platform_idle):
 * the same, but also ends at deadline.
 */
void bmk_platform_idle_until(int64_t deadline);
/* The state is as in RFLAGS: bit 9 set means on; new threads start so. */
#define BMK_IRQ_ON	0x200UL
unsigned long bmk_platform_irq_off(void);	/* returns the previous state */
void bmk_platform_irq_restore(unsigned long);
/*
 * Optional (weak default: nothing): interrupt that CPU; the handler there
 * calls bmk_sched_timer() and then does as after any interrupt.
 */
void bmk_platform_kick(struct bmk_cpu *);
/* Thread pointer of the CPU (FS base): set at every switch when differing. */
void bmk_platform_settp(uint64_t);
/* Extended state at preemption; area from bmk_malloc, 64-byte aligned. */
size_t bmk_platform_xsave_size(void);
/* A thread stack with an inaccessible page below; lowest usable byte. */
void *bmk_platform_stack_alloc(size_t);
void bmk_platform_stack_free(void *, size_t);
/* Whole pages of address space of its own, zeroed (rumpuser_anonmmap). */
void *bmk_platform_anonmmap(size_t len, int alignbit, int exec);
void bmk_platform_unmap(void *, size_t);
/* Hardware random numbers or the best there is; returns bytes given. */
size_t bmk_platform_entropy(void *, size_t);
void bmk_platform_putc(int);
/* Optional (weak default: putc each): the same for many bytes. */
void bmk_platform_write(const char *, size_t);
/* One byte of input, -1: none now, -2: none ever again; waits never. */
int bmk_platform_getc(void);
/*
 * Wake this thread when console input may be there.  Called before each
 * wait; replaces the thread of the call before.
 */
void bmk_platform_getc_wakeup(struct bmk_thread *);
void bmk_platform_halt(int status) __attribute__((__noreturn__));
/* Name -> text; NULL when there is none (RUMP_CONSOLE_CRNL, ...). */
const char *bmk_platform_param(const char *);
extern const char *bmk_platform_config;	/* guest configuration text or "" */
/* True when it is safe to read len bytes at p (for backtraces). */
int bmk_platform_readable(const void *p, size_t len);
uint64_t bmk_platform_image_base(void);
unsigned bmk_platform_ncpus(void);

#endif /* BMK_BMK_H */
