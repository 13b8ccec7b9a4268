/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a process is: ids, groups, sessions, umask. */
#include <asm/errno.h>
#include <linux/securebits.h>
#include <rump/rumpuser.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define IDS_NGROUPS	32

/*
 * One word of the caller's own: no virtual CPU is needed, unless there is
 * something to do at the end of a call.
 */
#define IDS_OWN(name, expr)						\
static __attribute__((__noinline__)) long				\
name##_slow(void)							\
{									\
	struct lwp *l = rump_gate_enter();				\
	long r = (expr);						\
									\
	rump_gate_exit(l);						\
	return r;							\
}									\
long									\
rump_sysimpl_##name(void)						\
{									\
	struct lwp *l = rumpuser_curlwp();				\
									\
	if (__builtin_expect(l == NULL || __atomic_load_n(		\
	    &l->l_pending, __ATOMIC_RELAXED) != 0, 0))			\
		return name##_slow();					\
	return (expr);							\
}
IDS_OWN(getpid, l->l_proc->p_pid)
IDS_OWN(getppid, __atomic_load_n(&l->l_proc->p_ppid, __ATOMIC_RELAXED))
IDS_OWN(gettid, l->l_tid)

#define IDS_GET(name, field)						\
RUMP_SYSCALL0(name)							\
{									\
	return rump_cred_cur()->field;					\
}
IDS_GET(getuid, cr_ruid)
IDS_GET(geteuid, cr_euid)
IDS_GET(getgid, cr_rgid)
IDS_GET(getegid, cr_egid)

/* The capabilities that go and come with file systems' user 0. */
#define IDS_FSCAPS	(CRED_CAP(CAP_CHOWN) | CRED_CAP(CAP_DAC_OVERRIDE) | \
			CRED_CAP(CAP_DAC_READ_SEARCH) | CRED_CAP(CAP_FOWNER) | \
			CRED_CAP(CAP_FSETID) | CRED_CAP(CAP_MKNOD) | \
			CRED_CAP(CAP_LINUX_IMMUTABLE) | \
			CRED_CAP(CAP_MAC_OVERRIDE))

static int
ids_isroot(const struct cred *cr)
{

	return cr->cr_ruid == 0 || cr->cr_euid == 0 || cr->cr_suid == 0;
}

/* capabilities(7), "Effect of user ID changes on capabilities". */
static void
ids_fixcaps(struct cred *new, const struct cred *old)
{

	if (old->cr_secure & SECBIT_NO_SETUID_FIXUP)
		return;
	if (ids_isroot(old) && !ids_isroot(new)) {
		if ((old->cr_secure & SECBIT_KEEP_CAPS) == 0)
			new->cr_perm = new->cr_eff = 0;
		new->cr_amb = 0;
	}
	if (old->cr_euid == 0 && new->cr_euid != 0)
		new->cr_eff = 0;
	if (old->cr_euid != 0 && new->cr_euid == 0)
		new->cr_eff = new->cr_perm;
}

struct ids_call {
	int	(*ic_fn)(struct cred *, const uint32_t *);
	const uint32_t *ic_arg;
	int	 ic_other;		/* the rights changed */
};

static int
ids_apply(struct cred *new, const void *arg)
{
	struct ids_call *ic = (struct ids_call *)(uintptr_t)arg;
	const struct cred *old = rump_cred_cur();
	int error;

	if ((error = ic->ic_fn(new, ic->ic_arg)) != 0)
		return error;
	ic->ic_other = new->cr_euid != old->cr_euid ||
	    new->cr_fsuid != old->cr_fsuid || new->cr_egid != old->cr_egid ||
	    new->cr_fsgid != old->cr_fsgid;
	return 0;
}

/* The caller gets a copy that fn may change; an error keeps the old one. */
static long
ids_change(int (*fn)(struct cred *, const uint32_t *), const uint32_t *arg)
{
	struct ids_call ic = { fn, arg, 0 };
	struct proc *p = curproc;
	int error;

	if ((error = rump_cred_change(ids_apply, &ic)) != 0)
		return -error;
	/* What a debugger may and a dying parent sends ends with old rights. */
	if (ic.ic_other) {
		__atomic_fetch_or(&p->p_prctl, RUMP_PRCTL_NODUMP,
		    __ATOMIC_RELAXED);
		rump_mutex_enter(&rump_proc_lock);
		p->p_pdeathsig = 0;
		rump_mutex_exit(&rump_proc_lock);
	}
	return 0;
}

#define IDS_KEEP	((uint32_t)-1)

static int
ids_allowed(uint32_t id, uint32_t r, uint32_t e, uint32_t s)
{

	return id == IDS_KEEP || id == r || id == e || id == s;
}

/* True when it was another one. */
static int
ids_become(uint32_t *to, uint32_t id)
{

	if (id == IDS_KEEP || id == *to)
		return 0;
	*to = id;
	return 1;
}

/* arg: real, effective, saved; IDS_KEEP leaves one as it is. */
static int
ids_resuid(struct cred *cr, const uint32_t *arg)
{
	int i, changes;

	for (i = 0; i < 3; i++)
		if (!ids_allowed(arg[i], cr->cr_ruid, cr->cr_euid,
		    cr->cr_suid) && !rump_cred_has(cr, CAP_SETUID))
			return EPERM;
	changes = ids_become(&cr->cr_ruid, arg[0]) | ids_become(&cr->cr_suid,
	    arg[2]) | ids_become(&cr->cr_euid, arg[1]);
	/* It follows when there was something to do. */
	if (changes || arg[1] != IDS_KEEP)
		cr->cr_fsuid = cr->cr_euid;
	ids_fixcaps(cr, rump_cred_cur());
	return 0;
}

static int
ids_resgid(struct cred *cr, const uint32_t *arg)
{
	int i, changes;

	for (i = 0; i < 3; i++)
		if (!ids_allowed(arg[i], cr->cr_rgid, cr->cr_egid,
		    cr->cr_sgid) && !rump_cred_has(cr, CAP_SETGID))
			return EPERM;
	changes = ids_become(&cr->cr_rgid, arg[0]) | ids_become(&cr->cr_sgid,
	    arg[2]) | ids_become(&cr->cr_egid, arg[1]);
	/* It follows when there was something to do. */
	if (changes || arg[1] != IDS_KEEP)
		cr->cr_fsgid = cr->cr_egid;
	return 0;
}

RUMP_SYSCALL3(setresuid, unsigned, ruid, unsigned, euid, unsigned, suid)
{
	uint32_t arg[3] = { ruid, euid, suid };

	return ids_change(ids_resuid, arg);
}

RUMP_SYSCALL3(setresgid, unsigned, rgid, unsigned, egid, unsigned, sgid)
{
	uint32_t arg[3] = { rgid, egid, sgid };

	return ids_change(ids_resgid, arg);
}

/* The superuser changes all three, others the effective one to another. */
RUMP_SYSCALL1(setuid, unsigned, uid)
{
	const struct cred *cr = rump_cred_cur();
	uint32_t all = rump_cred_has(cr, CAP_SETUID) ? uid : IDS_KEEP;
	uint32_t arg[3] = { all, uid, all };

	if (uid == IDS_KEEP)
		return -EINVAL;
	if (all == IDS_KEEP && uid != cr->cr_ruid && uid != cr->cr_suid)
		return -EPERM;
	return ids_change(ids_resuid, arg);
}

RUMP_SYSCALL1(setgid, unsigned, gid)
{
	const struct cred *cr = rump_cred_cur();
	uint32_t all = rump_cred_has(cr, CAP_SETGID) ? gid : IDS_KEEP;
	uint32_t arg[3] = { all, gid, all };

	if (gid == IDS_KEEP)
		return -EINVAL;
	if (all == IDS_KEEP && gid != cr->cr_rgid && gid != cr->cr_sgid)
		return -EPERM;
	return ids_change(ids_resgid, arg);
}

RUMP_SYSCALL2(setreuid, unsigned, ruid, unsigned, euid)
{
	const struct cred *cr = rump_cred_cur();
	uint32_t arg[3] = { ruid, euid, IDS_KEEP };

	if (!ids_allowed(ruid, cr->cr_ruid, cr->cr_euid, cr->cr_euid) &&
	    !rump_cred_has(cr, CAP_SETUID))
		return -EPERM;
	if (euid == IDS_KEEP)
		arg[1] = cr->cr_euid;
	if (ruid != IDS_KEEP || (euid != IDS_KEEP && euid != cr->cr_ruid))
		arg[2] = euid != IDS_KEEP ? euid : cr->cr_euid;
	return ids_change(ids_resuid, arg);
}

RUMP_SYSCALL2(setregid, unsigned, rgid, unsigned, egid)
{
	const struct cred *cr = rump_cred_cur();
	uint32_t arg[3] = { rgid, egid, IDS_KEEP };

	if (!ids_allowed(rgid, cr->cr_rgid, cr->cr_egid, cr->cr_egid) &&
	    !rump_cred_has(cr, CAP_SETGID))
		return -EPERM;
	if (egid == IDS_KEEP)
		arg[1] = cr->cr_egid;
	if (rgid != IDS_KEEP || (egid != IDS_KEEP && egid != cr->cr_rgid))
		arg[2] = egid != IDS_KEEP ? egid : cr->cr_egid;
	return ids_change(ids_resgid, arg);
}

/* The answer is the one before, also when nothing changes. */
static int
ids_fsuid(struct cred *cr, const uint32_t *arg)
{
	uint32_t old = cr->cr_fsuid;

	if (arg[0] != old && !ids_allowed(arg[0], cr->cr_ruid, cr->cr_euid,
	    cr->cr_suid) && !rump_cred_has(cr, CAP_SETUID))
		return EPERM;
	cr->cr_fsuid = arg[0];
	if (cr->cr_secure & SECBIT_NO_SETUID_FIXUP)
		return 0;
	if (old == 0 && arg[0] != 0)
		cr->cr_eff &= ~IDS_FSCAPS;
	if (old != 0 && arg[0] == 0)
		cr->cr_eff |= cr->cr_perm & IDS_FSCAPS;
	return 0;
}

static int
ids_fsgid(struct cred *cr, const uint32_t *arg)
{

	if (arg[0] != cr->cr_fsgid && !ids_allowed(arg[0], cr->cr_rgid,
	    cr->cr_egid, cr->cr_sgid) && !rump_cred_has(cr, CAP_SETGID))
		return EPERM;
	cr->cr_fsgid = arg[0];
	return 0;
}

RUMP_SYSCALL1(setfsuid, unsigned, uid)
{
	uint32_t old = rump_cred_cur()->cr_fsuid;

	if (uid != IDS_KEEP)
		(void)ids_change(ids_fsuid, &uid);
	return old;
}

RUMP_SYSCALL1(setfsgid, unsigned, gid)
{
	uint32_t old = rump_cred_cur()->cr_fsgid;

	if (gid != IDS_KEEP)
		(void)ids_change(ids_fsgid, &gid);
	return old;
}

static int
ids_put(uint32_t id, unsigned *to)
{

	return rump_copyout(&id, to, sizeof(id));
}

RUMP_SYSCALL3(getresuid, unsigned *, ruid, unsigned *, euid, unsigned *, suid)
{
	const struct cred *cr = rump_cred_cur();

	return ids_put(cr->cr_ruid, ruid) || ids_put(cr->cr_euid, euid) ||
	    ids_put(cr->cr_suid, suid) ? -EFAULT : 0;
}

RUMP_SYSCALL3(getresgid, unsigned *, rgid, unsigned *, egid, unsigned *, sgid)
{
	const struct cred *cr = rump_cred_cur();

	return ids_put(cr->cr_rgid, rgid) || ids_put(cr->cr_egid, egid) ||
	    ids_put(cr->cr_sgid, sgid) ? -EFAULT : 0;
}

RUMP_SYSCALL2(getgroups, int, n, unsigned *, groups)
{
	const struct cred *cr = rump_cred_cur();
	int error;

	if (n < 0 || (n > 0 && (uint32_t)n < cr->cr_ngroups))
		return -EINVAL;
	if (n > 0 && (error = rump_copyout(cr->cr_groups, groups,
	    cr->cr_ngroups * sizeof(groups[0]))) != 0)
		return -error;
	return cr->cr_ngroups;
}

/* arg[0] is the count. */
static int
ids_groups(struct cred *cr, const uint32_t *arg)
{
	uint32_t i;

	for (i = 0; i < arg[0]; i++)
		cr->cr_groups[i] = arg[1 + i];
	cr->cr_ngroups = arg[0];
	return 0;
}

RUMP_SYSCALL2(setgroups, size_t, n, const unsigned *, groups)
{
	uint32_t arg[1 + IDS_NGROUPS];
	int error = 0;

	if (rump_capable(CAP_SETGID) != 0)
		return -EPERM;
	if (n > IDS_NGROUPS)
		return -EINVAL;
	arg[0] = (uint32_t)n;
	if (n > 0)
		error = rump_copyin(groups, arg + 1, n * sizeof(arg[0]));
	return error ? -error : ids_change(ids_groups, arg);
}

RUMP_SYSCALL1(umask, unsigned, mask)
{

	return __atomic_exchange_n(&curproc->p_umask, mask & 0777,
	    __ATOMIC_RELAXED);
}

/* Runs with rump_proc_lock held. */
static struct proc *
ids_proc(int pid)
{
	struct proc *p;

	if (pid == 0)
		return curproc;
	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (p->p_pid == pid)
			break;
	return p;
}

static long
ids_group_of(int pid, int session)
{
	struct proc *p;
	long r = -ESRCH;

	rump_mutex_enter(&rump_proc_lock);
	if ((p = ids_proc(pid)) != NULL)
		r = session ? p->p_sid : p->p_pgid;
	rump_mutex_exit(&rump_proc_lock);
	return r;
}

RUMP_SYSCALL1(getpgid, int, pid)
{

	return ids_group_of(pid, 0);
}

RUMP_SYSCALL0(getpgrp)
{

	return ids_group_of(0, 0);
}

RUMP_SYSCALL1(getsid, int, pid)
{

	return ids_group_of(pid, 1);
}

/* A process of that group and session; runs with rump_proc_lock held. */
static struct proc *
ids_group(int pgid, int sid)
{
	struct proc *p;

	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (p->p_pgid == pgid && (sid == 0 || p->p_sid == sid))
			break;
	return p;
}

/* Runs with rump_proc_lock held. */
static long
ids_setpgid(struct proc *p, int pgid)
{

	if (p == NULL || p->p_zombie ||
	    (p != curproc && p->p_parent != curproc))
		return -ESRCH;
	if (p != curproc && p->p_sid == curproc->p_sid && p->p_execed)
		return -EACCES;
	if (pgid == 0)
		pgid = p->p_pid;
	if (p->p_sid == p->p_pid || p->p_sid != curproc->p_sid ||
	    (pgid != p->p_pid && ids_group(pgid, p->p_sid) == NULL))
		return -EPERM;
	__atomic_store_n(&p->p_pgid, pgid, __ATOMIC_RELAXED);
	return 0;
}

RUMP_SYSCALL2(setpgid, int, pid, int, pgid)
{
	long r;

	if (pgid < 0 || (pgid == 0 && pid < 0))
		return -EINVAL;
	rump_mutex_enter(&rump_proc_lock);
	r = ids_setpgid(ids_proc(pid), pgid);
	rump_mutex_exit(&rump_proc_lock);
	return r;
}

RUMP_SYSCALL0(setsid)
{
	struct proc *p = curproc;
	long r = -EPERM;

	rump_mutex_enter(&rump_proc_lock);
	if (ids_group(p->p_pid, 0) == NULL) {
		r = p->p_pid;
		__atomic_store_n(&p->p_pgid, p->p_pid, __ATOMIC_RELAXED);
		__atomic_store_n(&p->p_sid, p->p_pid, __ATOMIC_RELAXED);
	}
	rump_mutex_exit(&rump_proc_lock);
	return r;
}
