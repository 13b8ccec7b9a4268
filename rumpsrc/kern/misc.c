/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs ask about the system and set for themselves. */
#include <asm/errno.h>
#include <asm/prctl.h>
#include <asm/resource.h>
#include <linux/random.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <rump/rumpcomp_user.h>
#include <rump/rumpcomp_vm.h>
#include <kern/clock.h>
#include <kern/init.h>
#include <kern/log.h>
#include <kern/mm_region.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define RUSAGE_CHILDREN	(-1)	/* getrusage(2) */
#define RUSAGE_THREAD	1
#define CLOCK_PROCESS_CPUTIME_ID 2	/* <linux/time.h> is not for here */

struct rusage {			/* getrusage(2): two times, 14 counts */
	long		ru_time[4];
	long		ru_counts[14];
};

static struct rump_mutex misc_lock;
static char misc_hostname[__NEW_UTS_LEN + 1];	/* [misc_lock] */
static char misc_domain[__NEW_UTS_LEN + 1];	/* [misc_lock] */
static int misc_named;			/* [misc_lock] somebody set it */

static void
misc_gethostname(char *buf)
{

	rump_mutex_enter(&misc_lock);
	if (misc_hostname[0] == '\0' &&
	    rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, misc_hostname,
	    sizeof(misc_hostname)) != 0)
		strlcpy(misc_hostname, "rumpkit", sizeof(misc_hostname));
	memcpy(buf, misc_hostname, sizeof(misc_hostname));
	rump_mutex_exit(&misc_lock);
}

int
rump_sethostname(const char *name, size_t len)
{

	if (len > __NEW_UTS_LEN)
		return EINVAL;
	rump_mutex_enter(&misc_lock);
	memcpy(misc_hostname, name, len);
	misc_hostname[len] = '\0';
	misc_named = 1;
	rump_mutex_exit(&misc_lock);
	return 0;
}

int
rump_hostname(char *buf)
{

	int named;

	misc_gethostname(buf);
	rump_mutex_enter(&misc_lock);
	named = misc_named;
	rump_mutex_exit(&misc_lock);
	return named;
}

void
rump_hostname_offer(const char *name)
{

	rump_mutex_enter(&misc_lock);
	if (!misc_named)
		strlcpy(misc_hostname, name, sizeof(misc_hostname));
	rump_mutex_exit(&misc_lock);
}

int
rump_pub_sethostname(const char *name, size_t len)
{
	int error;

	rump_schedule();
	error = rump_sethostname(name, len);
	rump_unschedule();
	return error;
}

RUMP_SYSCALL2(sethostname, const char *, name, size_t, len)
{
	char buf[__NEW_UTS_LEN];
	int error;

	if (rump_capable(CAP_SYS_ADMIN) != 0)
		return -EPERM;
	if (len > __NEW_UTS_LEN)
		return -EINVAL;
	error = rump_copyin(name, buf, len);
	return error ? -error : -rump_sethostname(buf, len);
}

RUMP_SYSCALL2(setdomainname, const char *, name, size_t, len)
{
	char buf[__NEW_UTS_LEN];

	if (rump_capable(CAP_SYS_ADMIN) != 0)
		return -EPERM;
	if (len > __NEW_UTS_LEN)
		return -EINVAL;
	if (rump_copyin(name, buf, len) != 0)
		return -EFAULT;
	rump_mutex_enter(&misc_lock);
	memcpy(misc_domain, buf, len);
	misc_domain[len] = '\0';
	rump_mutex_exit(&misc_lock);
	return 0;
}

RUMP_SYSCALL1(uname, void *, buf)
{
	struct new_utsname copy, *u = &copy;

	memset(u, 0, sizeof(*u));
	/* Programs choose by these; the ABI is Linux's. */
	strlcpy(u->sysname, "Linux", sizeof(u->sysname));
	misc_gethostname(u->nodename);
	strlcpy(u->release, RUMP_OSRELEASE, sizeof(u->release));
	strlcpy(u->version, RUMP_OSVERSION, sizeof(u->version));
	strlcpy(u->machine, "x86_64", sizeof(u->machine));
	rump_mutex_enter(&misc_lock);
	strlcpy(u->domainname, misc_domain[0] != '\0' ? misc_domain :
	    "(none)", sizeof(u->domainname));
	rump_mutex_exit(&misc_lock);
	return -rump_copyout(u, buf, sizeof(*u));
}

RUMP_SYSCALL1(sysinfo, void *, buf)
{
	struct sysinfo copy, *si = &copy;
	const struct proc *p;
	size_t total, avail;

	rumpcomp_vm_stat(&total, &avail);
	memset(si, 0, sizeof(*si));
	si->uptime = rump_monotonic() / NSEC_PER_SEC;
	si->totalram = total;
	si->freeram = avail;
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		si->procs += p != &rump_proc0;
	rump_mutex_exit(&rump_proc_lock);
	si->mem_unit = 1;
	return -rump_copyout(si, buf, sizeof(*si));
}

RUMP_SYSCALL3(getrandom, void *, buf, size_t, len, unsigned, flags)
{
	char part[256];
	size_t done, n, got;
	int error = 0;

	if ((flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM |
	    GRND_INSECURE)) || (flags & (GRND_RANDOM | GRND_INSECURE)) ==
	    (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if (len > 0x7ffff000)
		len = 0x7ffff000;
	for (done = 0; done < len; done += got) {
		n = len - done < sizeof(part) ? len - done : sizeof(part);
		error = rumpuser_getrandom(part, n,
		    flags & GRND_NONBLOCK ? RUMPUSER_RANDOM_NOWAIT : 0, &got);
		if (error == 0)
			error = rump_copyout(part, (char *)buf + done, got);
		if (error)
			break;
	}
	memset(part, 0, sizeof(part));
	return done == 0 && error ? -error : (long)done;
}

void (*rump_cpulimit_hook)(struct proc *);

/* A limit that is not looked at where it counts, but kept watch of. */
static void
misc_limited(struct proc *p, unsigned res, uint64_t limit)
{

	if (res == RLIMIT_AS || res == RLIMIT_DATA || res == RLIMIT_MEMLOCK)
		rump_mm_limits();
	if (res != RLIMIT_CPU)
		return;
	if (RUMP_HOOK(rump_cpulimit_hook) != NULL)
		RUMP_HOOK_CALL(rump_cpulimit_hook, p);
	else if (limit != UINT64_MAX)
		(void)rump_enosys("setrlimit (RLIMIT_CPU: kept only, no "
		    "timers in this image)", 160);
}

static long
misc_prlimit(struct proc *p, unsigned res, const struct rump_rlimit *new,
    struct rump_rlimit *old)
{
	int super = rump_capable(CAP_SYS_RESOURCE) == 0, error = 0;
	struct rump_rlimit *rl;

	if (res >= RUMP_NRLIMITS)
		return -EINVAL;
	rl = &p->p_rlim[res];
	rump_mutex_enter(&p->p_lock);
	if (old != NULL)
		*old = *rl;
	if (new != NULL) {
		if (new->rlim_cur > new->rlim_max)
			error = EINVAL;
		else if (new->rlim_max > rl->rlim_max && !super)
			error = EPERM;
		else {
			rl->rlim_max = new->rlim_max;
			__atomic_store_n(&rl->rlim_cur, new->rlim_cur,
			    __ATOMIC_RELAXED);
		}
	}
	rump_mutex_exit(&p->p_lock);
	if (error == 0 && new != NULL)
		misc_limited(p, res, new->rlim_cur);
	return -error;
}

RUMP_SYSCALL4(prlimit64, int, pid, unsigned, res, const void *, new,
    void *, old)
{
	struct rump_rlimit in, out;
	struct proc *p;
	long r;

	if (new != NULL && rump_copyin(new, &in, sizeof(in)) != 0)
		return -EFAULT;
	if ((p = rump_proc_find(pid == 0 ? curproc->p_pid : pid)) == NULL)
		return -ESRCH;
	r = -rump_cred_over(p, CAP_SYS_RESOURCE);
	if (r == 0)
		r = misc_prlimit(p, res, new ? &in : NULL, &out);
	rump_proc_rele(p);
	return r != 0 || old == NULL ? r :
	    -rump_copyout(&out, old, sizeof(out));
}

RUMP_SYSCALL2(getrlimit, unsigned, res, void *, old)
{
	struct rump_rlimit out;
	long r = misc_prlimit(curproc, res, NULL, &out);

	return r != 0 ? r : -rump_copyout(&out, old, sizeof(out));
}

RUMP_SYSCALL2(setrlimit, unsigned, res, const void *, new)
{
	struct rump_rlimit in;

	if (rump_copyin(new, &in, sizeof(in)) != 0)
		return -EFAULT;
	return misc_prlimit(curproc, res, &in, NULL);
}

RUMP_SYSCALL2(getrusage, int, who, void *, buf)
{
	struct rusage copy, *ru = &copy;
	struct proc *p = gatelwp->l_proc;
	int64_t t;

	if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD)
		return -EINVAL;
	t = who == RUSAGE_CHILDREN ?
	    __atomic_load_n(&p->p_childtime, __ATOMIC_RELAXED) :
	    rump_clock_now(CLOCK_PROCESS_CPUTIME_ID, p,
	    who == RUSAGE_THREAD ? gatelwp->l_tid : 0);
	memset(ru, 0, sizeof(*ru));
	ru->ru_time[0] = t / NSEC_PER_SEC;
	ru->ru_time[1] = t % NSEC_PER_SEC / 1000;
	return -rump_copyout(ru, buf, sizeof(*ru));
}

/* The host's business alone: no virtual CPU. */
long
rump_sysimpl_arch_prctl(int op, unsigned long addr)
{
	void *tp;

	switch (op) {
	case ARCH_SET_FS:
		rumpcomp_user_settp((void *)addr);
		return 0;
	case ARCH_GET_FS:
		tp = rumpcomp_user_gettp();
		return -rump_copyout(&tp, (void *)addr, sizeof(tp));
	default:
		return -EINVAL;
	}
}
