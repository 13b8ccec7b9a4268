/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU: interrupts are signals, let in or not by a flag; idling is ppoll.
 * The timer's handler runs on the stack that all handlers share: a program's
 * may be too small for it, or not be there.  To preempt a thread is to move
 * the signal frame (Linux keeps the extended state in it) to memory of the
 * thread's own and to switch away there, as if the handler had been called on
 * that.
 */
#include "spt.h"

#define CLOCK_MONOTONIC	1
#define NET_TICK	1000000		/* ns */
#define ARCH_SET_FS	0x1002
#define PR_SET_TIMERSLACK 29
#define UC_RIP		21		/* words of struct ucontext */
#define UC_FPSTATE	28
#define FP_LEGACY	512UL		/* bytes of extended state, at least */
#define FP_MARK		464		/* there: more follows, its length */
#define FP_MAGIC	0x46505853U
#define KEPT		12288UL		/* a moved frame, a stack below it */
#define KEPT_STACK	4096UL

struct sys_sigaction {
	spt_sigfn	*sa_fn;
	unsigned long	 sa_flags;
	void		(*sa_restorer)(void);
	unsigned long	 sa_mask;
};
#define SA_SIGINFO	4
#define SA_RESTORER	0x04000000

/* Only this one thread and its handlers. */
static volatile int irq_on, pending;
const struct spt_netops *spt_netops;
static int timer_id;

void
spt_signal(int sig, spt_sigfn *fn, unsigned long flags)
{
	struct sys_sigaction sa = {
		fn, flags | SA_SIGINFO | SA_RESTORER, spt_sigaction_return, 0
	};

	if (sys4(__NR_rt_sigaction, sig, (long)&sa, 0, 8) != 0)
		spt_die("rt_sigaction failed");
}

unsigned long
bmk_platform_irq_off(void)
{
	unsigned long saved = irq_on ? BMK_IRQ_ON : 0;

	irq_on = 0;
	__asm__ __volatile__("" : : : "memory");
	return saved;
}

/*
 * Packets that came while a program ran.  It has not idled for a whole slice,
 * so perhaps it never does: look again soon.
 */
static void
net_poll(void)
{
	struct sys_timespec now = { 0, 0 };
	struct sys_pollfd fds[SPT_MAXNETS];
	int n = spt_netops->sn_pollfds(fds);

	if (n > 0 && sys6(__NR_ppoll, (long)fds, n, (long)&now, 0, 8, 0) > 0)
		spt_netops->sn_ready(fds, n);
	if (n > 0 && bmk_curthread()->bt_state == BMK_T_RUNNING)
		bmk_sched_arm(bmk_platform_monotonic() + NET_TICK);
}

/* The timer's interrupt. */
static void
on_tick(void)
{
	bmk_sched_timer();
	spt_console_poll();
	if (spt_netops != NULL)
		net_poll();
}

/* What came while the flag was off. */
static void
catch_up(void)
{
	while (pending) {
		irq_on = 0;
		pending = 0;
		on_tick();
		irq_on = 1;
	}
}

void
bmk_platform_irq_restore(unsigned long saved)
{
	__asm__ __volatile__("" : : : "memory");
	if (saved == 0)
		return;
	irq_on = 1;
	if (__builtin_expect(pending, 0))
		catch_up();
}

/* On the frame that was moved; it returns to the program. */
static void __attribute__((__used__))
preempted(uint64_t *uc)
{
	struct bmk_regs r;

	bmk_sched_preempt();
	if (bmk_program_hook != NULL) {
		spt_getregs(uc, &r);
		(void)spt_program(uc, &r, NULL, 0);
	}
	irq_on = 1;
	if (pending) {
		/* Not here, where there is little stack. */
		pending = 0;
		bmk_platform_timer(0);
	}
}

/*
 * The frame, from the handler's return address to the extended state, in the
 * memory of t: where its return address is then.  NULL: no memory.
 */
static char *
move_frame(struct bmk_thread *t, uint64_t *uc)
{
	char *from = (char *)(uc - 1), *fp = (char *)uc[UC_FPSTATE], *to;
	uint32_t mark[2];
	size_t len;

	memcpy(mark, fp + FP_MARK, sizeof(mark));
	len = (size_t)(fp - from) + (mark[0] == FP_MAGIC ? mark[1] : FP_LEGACY);
	if (len > KEPT - KEPT_STACK - 64)
		bmk_panic("a signal frame of %zu bytes", len);
	if (t->bt_xsave == NULL && (t->bt_xsave = bmk_malloc(KEPT, 0)) == NULL)
		return NULL;
	to = (char *)t->bt_xsave + KEPT - len;
	to -= (size_t)(to - from) & 63;		/* aligned as it was */
	memcpy(to, from, len);
	((uint64_t *)to)[1 + UC_FPSTATE] += (uint64_t)(to - from);
	return to;
}

static void
preempt(uint64_t *uc)
{
	char *frame = move_frame(bmk_curthread(), uc);

	if (frame != NULL)
		__asm__ __volatile__("movq %0, %%rsp; jmp *%1" : :
		    "r"(frame), "r"(preempted), "D"(frame + 8) : "memory");
}

static void
on_timer(int sig, void *info, void *ucontext)
{
	const char *rip = ((const char **)ucontext)[UC_RIP];

	(void)sig;
	(void)info;
	if (!irq_on) {
		pending = 1;
		return;
	}
	irq_on = 0;
	on_tick();
	if (bmk_curcpu()->bc_resched && rip >= __rumprun_text_start &&
	    rip < __rumprun_text_end)
		preempt(ucontext);
	irq_on = 1;
	if (pending)
		catch_up();
}

void
spt_timer_init(void)
{
	struct {
		uint64_t	se_value;
		int		se_signo, se_notify;
		char		se_pad[48];
	} se = { 0, SPT_SIGALRM, 0, { 0 } };

	(void)sys3(__NR_prctl, PR_SET_TIMERSLACK, 1, 0);
	spt_signal(SPT_SIGALRM, on_timer, SPT_ONSTACK | SPT_NODEFER |
	    SPT_RESTART);
	if (sys3(__NR_timer_create, CLOCK_MONOTONIC, (long)&se,
	    (long)&timer_id) != 0)
		spt_die("timer_create failed");
}

void
bmk_platform_timer(int64_t deadline)
{
	struct { struct sys_timespec interval, value; } it = { { 0, 0 },
	    { 0, 0 } };
	int64_t now;

	if (deadline != BMK_TIME_NEVER) {
		now = bmk_platform_monotonic();
		/* Zero would turn it off. */
		deadline = deadline > now ? deadline - now : 1;
		it.value.tv_sec = deadline / 1000000000;
		it.value.tv_nsec = deadline % 1000000000;
	}
	(void)sys4(__NR_timer_settime, timer_id, 0, (long)&it, 0);
}

/* Interrupts are off.  ppoll ends at the deadline: no timer is needed. */
void
bmk_platform_idle_until(int64_t deadline)
{
	struct sys_timespec ts;
	struct sys_pollfd fds[1 + SPT_MAXNETS];
	int n, nnet = 0;
	int64_t d;

	spt_console_flush();
	if (pending) {
		pending = 0;
		bmk_sched_timer();
		return;
	}
	if (deadline != BMK_TIME_NEVER) {
		d = deadline - bmk_platform_monotonic();
		if (d < 0)
			d = 0;
		ts.tv_sec = d / 1000000000;
		ts.tv_nsec = d % 1000000000;
	}
	n = spt_console_pollfd(fds);
	if (spt_netops != NULL) {
		nnet = spt_netops->sn_pollfds(fds + n);
		bmk_sched_tick(0);
	}
	if (sys6(__NR_ppoll, (long)fds, n + nnet,
	    (long)(deadline != BMK_TIME_NEVER ? &ts : NULL), 0, 8, 0) > 0 &&
	    nnet > 0)
		spt_netops->sn_ready(fds + n, nnet);
	if (pending) {
		pending = 0;
		bmk_sched_timer();
	}
	spt_console_poll();
}

void
bmk_platform_idle(void)
{
	bmk_platform_idle_until(BMK_TIME_NEVER);
}

void
bmk_platform_settp(uint64_t tp)
{
	if (spt_fsgsbase)
		__asm__ __volatile__("wrfsbase %0" : : "r"(tp));
	else
		(void)sys3(__NR_arch_prctl, ARCH_SET_FS, (long)tp, 0);
}

size_t
bmk_platform_xsave_size(void)
{
	return KEPT;
}

unsigned
bmk_platform_ncpus(void)
{
	return 1;
}
