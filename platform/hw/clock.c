/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monotonic time and the one-shot timer.  Time is the TSC.  Where its rate
 * is not told (CPUID, hypervisor, kvmclock) a reference counter is the clock
 * until enough time has passed to compute the rate; nobody waits for that.
 * The same for the local APIC's timer: its rate is learnt from its first
 * shots, which come too early and are armed again.
 * All of it is of one CPU, touched with interrupts off.
 */
#include "hw.h"
#include "clock.h"
#include "cpu.h"

#define APIC_LVT_TIMER	0x320
#define APIC_TIMER_INIT	0x380
#define APIC_TIMER_CUR	0x390
#define APIC_TIMER_DIV	0x3e0
#define LVT_DEADLINE	0x40000
#define LVT_MASKED	0x10000

#define NSEC		1000000000ULL
#define ENOUGH		8000000LL	/* ns of reference for the TSC's rate */
#define SHORTEST	1000LL		/* ns: no shot is armed for less */
#define GUESS		25000000ULL	/* a low APIC timer rate */
#define LONGEST		10000000LL	/* ns armed while rates are unknown */

static int inited, timer_inited;
struct hw_tsc hw_tsc;
static const struct hw_ref *ref;	/* while hw_tsc.t_hz is 0 */

static uint64_t apic_hz;		/* 0: not known yet */
static int deadline_mode;
static int64_t deadline = BMK_TIME_NEVER;
static uint32_t shot;			/* APIC counts of the shot */
static int64_t shot_at;

/* hz of the TSC when somebody says it. */
static uint64_t
told_hz(void)
{
	struct hw_cpuid c;
	uint32_t max = cpuid(0, 0).eax;

	if (hw_hypervisor() && cpuid(0x40000000, 0).eax >= 0x40000010) {
		c = cpuid(0x40000010, 0);
		if (c.ebx != 0)
			apic_hz = c.ebx * 1000ULL;
		if (c.eax != 0)
			return c.eax * 1000ULL;
	}
	if (max >= 0x15) {
		c = cpuid(0x15, 0);
		if (c.eax != 0 && c.ebx != 0 && c.ecx != 0) {
			apic_hz = c.ecx;
			return (uint64_t)c.ecx * c.ebx / c.eax;
		}
	}
	if (max >= 0x16 && hw_hypervisor() && (c = cpuid(0x16, 0)).eax != 0)
		return (c.eax & 0xffff) * 1000000ULL;
	return hw_kvm_tsc_hz();
}

static void __attribute__((__noinline__))
set_rate(uint64_t hz)
{
	hw_tsc.t_hz = hz;
	hw_tsc.t_mult = (NSEC << 32) / hz;
}

static void
clock_init(void)
{
	uint64_t hz;

	inited = 1;
	hz = told_hz();
	hw_tsc.t_start = rdtsc();
	if (hz != 0) {
		set_rate(hz);
		return;
	}
	if (hw_hypervisor_tcg()) {
		apic_hz = NSEC;
		ref = NULL;		/* the APIC's timer, below */
		hw_apic_init();
	} else
		ref = hw_ref_find();
}

/*
 * QEMU's interpreter: the APIC timer, divided by 128, counts 128 ns.  It runs
 * down from its maximum when no shot is wanted, and what ran is added up.
 */
static int64_t tcg_ns;
static uint32_t tcg_init;
static uint64_t first_gap;		/* of learn(); 0: it begins anew */

/* It stands still when a shot has run out: such time says nothing of a rate. */
static uint32_t
tcg_current(void)
{
	uint32_t cur = hw_apic_read(APIC_TIMER_CUR);

	if (cur == 0)
		first_gap = 0;
	return cur;
}

static void
tcg_restart(uint32_t count)
{
	uint32_t cur = tcg_current();

	hw_apic_write(APIC_TIMER_INIT, count);
	tcg_ns += (int64_t)(tcg_init - cur) << 7;
	tcg_init = count;
}

static int64_t
tcg_read(void)
{
	if (tcg_init == 0) {
		hw_apic_write(APIC_TIMER_DIV, 0xa);
		hw_apic_write(APIC_LVT_TIMER, LVT_MASKED | HW_VEC_TIMER);
		tcg_restart(UINT32_MAX);
		tcg_ns = 0;
	}
	return tcg_ns + ((int64_t)(tcg_init - tcg_current()) << 7);
}

/*
 * The reference said ns between two values of the TSC.  Where a host takes an
 * emulated CPU away just then these are far apart; the rate is taken from two
 * readings that are a two-thousandth of what passed between them apart at most.
 */
static void
learn(uint64_t before, uint64_t after, int64_t ns)
{
	uint64_t gap = after - before, passed = after - hw_tsc.t_start;

	if (first_gap == 0 || gap < first_gap / 4)
		first_gap = gap | 1;
	else if (ns - hw_tsc.t_ns < ENOUGH || gap + first_gap > passed >> 11)
		return;
	else
		set_rate(muldiv(passed, NSEC, (uint64_t)(ns - hw_tsc.t_ns)));
	hw_tsc.t_ns = ns;
	hw_tsc.t_start = after;
}

/* Caller has interrupts off. */
static int64_t
now(void)
{
	uint64_t t;
	int64_t ns;

	if (!inited)
		clock_init();
	if (hw_tsc.t_hz != 0)
		return hw_tsc_ns();
	t = rdtsc();
	ns = ref != NULL ? ref->rf_read() : tcg_read();
	learn(t, rdtsc(), ns);
	return ns;
}

int64_t
bmk_platform_monotonic(void)
{
	unsigned long saved;
	static int64_t last;
	int64_t t;

	/* It starts at what the other counter said last (now()). */
	if (hw_tsc.t_hz != 0)
		return hw_tsc_ns();
	saved = irq_save();
	t = now();
	if (t < last)
		t = last;
	last = t;
	irq_restore(saved);
	return t;
}

static void
timer_irq(void *arg)
{
	(void)arg;
	hw_clock_event();
}

static void
timer_init(void)
{
	timer_inited = 1;
	(void)now();
	hw_apic_init();
	hw_vector_set(HW_VEC_TIMER, timer_irq, NULL);
	deadline_mode = hw_tsc.t_hz != 0 && cpuid(1, 0).ecx & 1U << 24;
	hw_apic_write(APIC_TIMER_DIV, 0xa);		/* by 128 */
	hw_apic_write(APIC_LVT_TIMER, HW_VEC_TIMER |
	    (deadline_mode ? LVT_DEADLINE : 0));
}

static void
arm(int64_t t)
{
	int64_t wait = deadline - t;
	uint64_t hz = apic_hz != 0 ? apic_hz : GUESS, count;

	if (wait < SHORTEST)
		wait = SHORTEST;
	if (deadline_mode) {
		wrmsr(MSR_TSC_DEADLINE, rdtsc() + muldiv((uint64_t)wait,
		    hw_tsc.t_hz, NSEC));
		return;
	}
	if ((ref != NULL || apic_hz == 0) && wait > LONGEST)
		wait = LONGEST;
	count = muldiv((uint64_t)wait, hz, 128 * NSEC) + 1;
	if (count > UINT32_MAX)
		count = UINT32_MAX;
	if (hw_tsc.t_hz == 0 && ref == NULL) {
		tcg_restart((uint32_t)count);
		return;
	}
	shot = (uint32_t)count;
	shot_at = t;
	hw_apic_write(APIC_TIMER_INIT, shot);
}

void
bmk_platform_timer(int64_t when)
{
	unsigned long saved = irq_save();

	if (!timer_inited)
		timer_init();
	deadline = when;
	if (when != BMK_TIME_NEVER)
		arm(now());
	else if (deadline_mode)
		wrmsr(MSR_TSC_DEADLINE, 0);
	else if (hw_tsc.t_hz != 0 || ref != NULL)
		hw_apic_write(APIC_TIMER_INIT, 0);
	irq_restore(saved);
}

/*
 * A shot ended.  The APIC's rate from it; then the time that was asked for
 * may have come, or another shot is needed.
 */
void
hw_clock_event(void)
{
	int64_t t;

	if (hw_tsc.t_hz == 0 && ref == NULL && tcg_init != 0)
		tcg_restart(UINT32_MAX);
	t = now();
	if (apic_hz == 0 && !deadline_mode && shot != 0 &&
	    hw_apic_read(APIC_TIMER_CUR) == 0 && t - shot_at > 50000)
		apic_hz = muldiv(shot * 128UL, NSEC, (uint64_t)(t - shot_at));
	if (deadline == BMK_TIME_NEVER)
		return;
	if (t < deadline) {
		arm(t);
		return;
	}
	deadline = BMK_TIME_NEVER;
	bmk_sched_timer();
}
