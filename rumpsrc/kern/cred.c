/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials: reference counted, copied before they change.  Each lwp holds
 * the ones that it used last, so that another one's setuid does not free them
 * under it.
 */
#include <string.h>
#include <kern/kmem.h>
#include <kern/proc.h>

static __attribute__((__noinline__)) void
cred_refresh(struct lwp *l)
{
	struct proc *p = l->l_proc;
	struct cred *old = l->l_cred;

	rump_mutex_enter(&p->p_lock);
	l->l_cred = p->p_cred;
	__atomic_fetch_add(&l->l_cred->cr_ref, 1, __ATOMIC_RELAXED);
	rump_mutex_exit(&p->p_lock);
	if (old != NULL)
		rump_cred_rele(old);
}

struct cred *
rump_cred_cur(void)
{
	struct lwp *l = curlwp;

	/* What is compared is held: no other can have its address. */
	if (__builtin_expect(l->l_cred != __atomic_load_n(&l->l_proc->p_cred,
	    __ATOMIC_RELAXED), 0))
		cred_refresh(l);
	return l->l_cred;
}

/* The count may change meanwhile: it is not read. */
void
rump_cred_copy(struct cred *new, const struct cred *cr)
{

	new->cr_ref = 1;
	memcpy(&new->cr_ruid, &cr->cr_ruid, sizeof(*cr) -
	    offsetof(struct cred, cr_ruid));
}

void
rump_cred_rele(struct cred *cr)
{

	if (__atomic_sub_fetch(&cr->cr_ref, 1, __ATOMIC_ACQ_REL) == 0)
		rump_kmem_free(cr, sizeof(*cr));
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
