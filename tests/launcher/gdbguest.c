/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads as libbmk_core keeps them, for the gdb script: "first" is
 * switched out inside waits(), "second" runs and stops in stop_here().
 */
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bmk/bmk.h>

struct bmk_thread *bmk_threads;
static struct bmk_thread first, second;
static struct bmk_cpu cpu;
void stop_here(int);
void waits(int);
void bmk_thread_main(struct bmk_thread *);

__attribute__((__noinline__)) void
stop_here(int answer)
{
	__asm__ __volatile__("" : : "r"(answer) : "memory");
}

__attribute__((__noinline__)) void
waits(int depth)
{
	if (depth > 0)
		waits(depth - 1);
	else
		bmk_cpu_switch(&first, &second);
	__asm__ __volatile__("" : : : "memory");
}

/* switch.S starts new threads with it; second is set up by hand. */
void
bmk_thread_main(struct bmk_thread *t)
{
	(void)t;
}

static void
second_main(void)
{
	stop_here(42);
	_exit(0);
}

int
main(void)
{
	uint64_t *sp = (uint64_t *)malloc(65536) + 8192 - 1;

	cpu.bc_cur = &second;
	cpu.bc_self = &cpu;
	syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu);
	strcpy(first.bt_name, "first");
	strcpy(second.bt_name, "second");
	first.bt_state = BMK_T_BLOCKED;
	second.bt_state = BMK_T_RUNNING;
	__asm__("fnstcw %0" : "=m"(*(uint16_t *)&second.bt_fpcw));
	__asm__("stmxcsr %0" : "=m"(second.bt_mxcsr));
	*--sp = (uint64_t)second_main;
	second.bt_sp = (uint64_t)(sp - 6);
	bmk_threads = &second;
	second.bt_link = &first;
	waits(3);
	return 1;
}
