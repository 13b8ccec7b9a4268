/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials: reference counted, copied before they change. */
#include <string.h>
#include <kern/kmem.h>
#include <kern/proc.h>

struct cred *
rump_cred_cur(void)
{

	return curproc->p_cred;
}

struct cred *
rump_cred_dup(const struct cred *cr)
{
	struct cred *new = rump_kmem_alloc(sizeof(*new));

	if (new != NULL) {
		memcpy(new, cr, sizeof(*new));
		new->cr_ref = 1;
	}
	return new;
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
