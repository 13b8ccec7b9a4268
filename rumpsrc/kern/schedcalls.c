/* SPDX-License-Identifier: BSD-2-Clause */
/* sched_*: hosts schedule, so most of this only answers. */
#include <asm/errno.h>
#include <linux/sched.h>
#include <string.h>
#include <rump/rumpuser.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include <kern/syscall.h>

/* A moment without a virtual CPU: the host may run another thread. */
long
rump_sysimpl_sched_yield(void)
{
	int64_t sec;
	long nsec;

	rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec);
	rump_schedule();
	(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, sec, nsec);
	rump_unschedule();
	return 0;
}

RUMP_SYSCALL3(sched_getaffinity, int, pid, size_t, len, void *, mask)
{
	unsigned n = rump_ncpus(), i;

	(void)pid;
	if (len < sizeof(long) || len % sizeof(long) || n > len * 8)
		return -EINVAL;
	if (mask == NULL)
		return -EFAULT;
	memset(mask, 0, len < 128 ? len : 128);
	for (i = 0; i < n; i++)
		((unsigned char *)mask)[i / 8] |= (unsigned char)(1 << i % 8);
	return len < 128 ? (long)len : 128;
}

RUMP_SYSCALL3(sched_setaffinity, int, pid, size_t, len, const void *, mask)
{

	(void)pid;
	if (mask == NULL)
		return -EFAULT;
	/* At least one processor that exists. */
	return len == 0 || (((const unsigned char *)mask)[0] &
	    ((1U << (rump_ncpus() < 8 ? rump_ncpus() : 8)) - 1)) == 0 ?
	    -EINVAL : 0;
}

RUMP_SYSCALL1(sched_get_priority_max, int, policy)
{

	switch (policy) {
	case SCHED_FIFO: case SCHED_RR:
		return 99;
	case SCHED_NORMAL: case SCHED_BATCH: case SCHED_IDLE:
		return 0;
	}
	return -EINVAL;
}

RUMP_SYSCALL1(sched_get_priority_min, int, policy)
{

	switch (policy) {
	case SCHED_FIFO: case SCHED_RR:
		return 1;
	case SCHED_NORMAL: case SCHED_BATCH: case SCHED_IDLE:
		return 0;
	}
	return -EINVAL;
}

RUMP_SYSCALL3(getcpu, unsigned *, cpu, unsigned *, node, void *, unused)
{

	(void)unused;
	if (cpu != NULL)
		*cpu = (unsigned)curlwp->l_vcpu;
	if (node != NULL)
		*node = 0;
	return 0;
}

/* One processor runs program code at a time, or every gate is a barrier. */
RUMP_SYSCALL3(membarrier, int, cmd, unsigned, flags, int, cpu)
{

	(void)flags, (void)cpu;
	if (cmd != 0)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 0;
}
