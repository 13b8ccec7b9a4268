/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel threads: lwps of process 0 on host threads of their own. */
#include <asm/errno.h>
#include <rump/rumpuser.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/str.h>

struct kthread_start {
	struct lwp	*ks_lwp;
	void		(*ks_fn)(void *);
	void		*ks_arg;
};

static void *
kthread_main(void *arg)
{
	struct kthread_start ks = *(struct kthread_start *)arg;

	rump_kmem_free(arg, sizeof(ks));
	rumpuser_curlwpop(RUMPUSER_LWP_SET, ks.ks_lwp);
	rump_schedule();
	ks.ks_fn(ks.ks_arg);
	rump_lwp_destroy(ks.ks_lwp);
	return NULL;
}

int
rump_kthread_create(void (*fn)(void *), void *arg, const char *name)
{
	struct kthread_start *ks;
	struct lwp *l;
	int error;

	if ((ks = rump_kmem_alloc(sizeof(*ks))) == NULL)
		return ENOMEM;
	if ((error = rump_lwp_new(&rump_proc0, &l)) != 0) {
		rump_kmem_free(ks, sizeof(*ks));
		return error;
	}
	strlcpy(l->l_name, name, sizeof(l->l_name));
	ks->ks_lwp = l;
	ks->ks_fn = fn;
	ks->ks_arg = arg;
	error = rumpuser_thread_create(kthread_main, ks, l->l_name, 0, 0, -1,
	    &l->l_thread);
	if (error) {
		rump_lwp_destroy(l);
		rump_kmem_free(ks, sizeof(*ks));
	}
	return error;
}
