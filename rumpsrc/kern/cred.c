/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials: reference counted, copied before they change.  Each lwp has its
 * own, as Linux's threads do; libc's setuid and the like have each of them make
 * the call.  A process has those of its first lwp, for who asks from outside.
 */
#include <asm/errno.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/proc.h>

/* An lwp that nobody gave any. */
static __attribute__((__noinline__)) void
cred_first(struct lwp *l)
{
	struct proc *p = l->l_proc;

	rump_mutex_enter(&p->p_lock);
	l->l_cred = p->p_cred;
	__atomic_fetch_add(&l->l_cred->cr_ref, 1, __ATOMIC_RELAXED);
	rump_mutex_exit(&p->p_lock);
}

struct cred *
rump_cred_cur(void)
{
	struct lwp *l = curlwp;

	if (__builtin_expect(l->l_cred == NULL, 0))
		cred_first(l);
	return l->l_cred;
}

int
rump_cred_any(uint64_t caps)
{

	return rump_cred_cur()->cr_eff & caps ? 0 : EPERM;
}

/* The count may change meanwhile: it is not read. */
void
rump_cred_copy(struct cred *new, const struct cred *cr)
{

	new->cr_ref = 1;
	memcpy(&new->cr_secure, &cr->cr_secure, sizeof(*cr) -
	    offsetof(struct cred, cr_secure));
}

void
rump_cred_rele(struct cred *cr)
{

	if (__atomic_sub_fetch(&cr->cr_ref, 1, __ATOMIC_ACQ_REL) == 0)
		rump_kmem_free(cr, sizeof(*cr));
}

void
rump_cred_set(struct lwp *l, struct cred *new)
{
	struct cred *old = rump_cred_cur(), *first = NULL;
	struct proc *p = l->l_proc;

	rump_mutex_enter(&p->p_lock);
	l->l_cred = new;
	if (l->l_tid == p->p_pid) {
		first = p->p_cred;
		p->p_cred = new;
		__atomic_fetch_add(&new->cr_ref, 1, __ATOMIC_RELAXED);
	}
	rump_mutex_exit(&p->p_lock);
	rump_cred_rele(old);
	if (first != NULL)
		rump_cred_rele(first);
}

int
rump_cred_change(int (*fn)(struct cred *, const void *), const void *arg)
{
	struct cred *new;
	int error;

	if ((new = rump_kmem_alloc(sizeof(*new))) == NULL)
		return ENOMEM;
	rump_cred_copy(new, rump_cred_cur());
	if ((error = fn(new, arg)) == 0)
		rump_cred_set(curlwp, new);
	else
		rump_cred_rele(new);
	return error;
}

int
rump_cred_over(struct proc *p, int cap)
{
	const struct cred *me = rump_cred_cur(), *cr;
	int same;

	if (p == curproc)
		return 0;
	rump_mutex_enter(&p->p_lock);
	cr = p->p_cred;
	same = me->cr_ruid == cr->cr_ruid && me->cr_ruid == cr->cr_euid &&
	    me->cr_ruid == cr->cr_suid && me->cr_rgid == cr->cr_rgid &&
	    me->cr_rgid == cr->cr_egid && me->cr_rgid == cr->cr_sgid;
	/* Nor does it have what the caller has not. */
	if (cap == CAP_SYS_PTRACE && (cr->cr_perm & ~me->cr_perm ||
	    __atomic_load_n(&p->p_prctl, __ATOMIC_RELAXED) &
	    RUMP_PRCTL_NODUMP))
		same = 0;
	rump_mutex_exit(&p->p_lock);
	return same || rump_cred_has(me, cap) ? 0 : EPERM;
}

int
rump_cred_ingroup(const struct cred *cr, uint32_t gid)
{
	uint32_t i;

	if (cr->cr_fsgid == gid)
		return 1;
	for (i = 0; i < cr->cr_ngroups; i++)
		if (cr->cr_groups[i] == gid)
			return 1;
	return 0;
}
