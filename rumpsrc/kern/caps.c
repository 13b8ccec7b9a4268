/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capabilities(7): the sets of an lwp, capget, capset, prctl's part, and what
 * an exec makes of them; files have none.  What follows from other user ids is
 * in ids.c.  personality: kept only.
 */
#include <asm/errno.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <string.h>
#include <kern/caps.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define SECBITS		0x55UL		/* four, and above each its lock */
#define SECLOCKS	0xaaUL

/* How many words a set has in this version; 0: an unknown one. */
static unsigned
cap_words(struct __user_cap_header_struct *h)
{

	switch (h->version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return _LINUX_CAPABILITY_U32S_1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return _LINUX_CAPABILITY_U32S_3;
	}
	h->version = _LINUX_CAPABILITY_VERSION_3;
	return 0;
}

/* A copy of the credentials of the thread tid, of any process. */
static int
cap_of(int tid, struct cred *cr)
{
	const struct cred *is;
	const struct lwp *l;
	struct proc *p;
	int error = ESRCH;

	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL && error; p = p->p_next) {
		rump_mutex_enter(&p->p_lock);
		is = p->p_pid == tid ? p->p_cred : NULL;
		for (l = p->p_lwps; l != NULL && is == NULL; l = l->l_sibling)
			if (l->l_tid == tid)
				is = rump_lwp_cred(l);
		if (is != NULL) {
			rump_cred_copy(cr, is);
			error = 0;
		}
		rump_mutex_exit(&p->p_lock);
	}
	rump_mutex_exit(&rump_proc_lock);
	return error;
}

RUMP_SYSCALL2(capget, void *, hdr, void *, data)
{
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];
	struct cred cr;
	unsigned n, i;
	int error;

	if (rump_copyin(hdr, &h, sizeof(h)) != 0)
		return -EFAULT;
	if ((n = cap_words(&h)) == 0)
		return rump_copyout(&h, hdr, sizeof(h)) != 0 ? -EFAULT :
		    data == NULL ? 0 : -EINVAL;
	if (data == NULL)
		return 0;
	if (h.pid < 0)
		return -EINVAL;
	if (h.pid == 0)
		rump_cred_copy(&cr, rump_cred_cur());
	else if ((error = cap_of(h.pid, &cr)) != 0)
		return -error;
	for (i = 0; i < n; i++) {
		d[i].effective = (uint32_t)(cr.cr_eff >> 32 * i);
		d[i].permitted = (uint32_t)(cr.cr_perm >> 32 * i);
		d[i].inheritable = (uint32_t)(cr.cr_inh >> 32 * i);
	}
	return -rump_copyout(d, data, n * sizeof(d[0]));
}

/* d: two words of each set. */
static int
cap_set(struct cred *cr, const void *arg)
{
	const struct __user_cap_data_struct *d = arg;
	uint64_t eff, perm, inh;

	eff = (d[0].effective | (uint64_t)d[1].effective << 32) & CRED_CAPS;
	perm = (d[0].permitted | (uint64_t)d[1].permitted << 32) & CRED_CAPS;
	inh = (d[0].inheritable | (uint64_t)d[1].inheritable << 32) &
	    CRED_CAPS;
	if ((!rump_cred_has(cr, CAP_SETPCAP) &&
	    inh & ~(cr->cr_inh | cr->cr_perm)) ||
	    inh & ~(cr->cr_inh | cr->cr_bset) ||
	    perm & ~cr->cr_perm || eff & ~perm)
		return EPERM;
	cr->cr_eff = eff;
	cr->cr_perm = perm;
	cr->cr_inh = inh;
	cr->cr_amb &= perm & inh;
	return 0;
}

RUMP_SYSCALL2(capset, void *, hdr, const void *, data)
{
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	unsigned n;

	if (rump_copyin(hdr, &h, sizeof(h)) != 0)
		return -EFAULT;
	if ((n = cap_words(&h)) == 0)
		return rump_copyout(&h, hdr, sizeof(h)) != 0 ? -EFAULT :
		    -EINVAL;
	if (h.pid != 0 && h.pid != gatelwp->l_tid)
		return -EPERM;
	if (rump_copyin(data, d, n * sizeof(d[0])) != 0)
		return -EFAULT;
	return -rump_cred_change(cap_set, d);
}

/* --- prctl --- */
static int
cap_drop(struct cred *cr, const void *arg)
{
	unsigned long cap = *(const unsigned long *)arg;

	if (!rump_cred_has(cr, CAP_SETPCAP))
		return EPERM;
	if (cap > CAP_LAST_CAP)
		return EINVAL;
	cr->cr_bset &= ~CRED_CAP(cap);
	return 0;
}

static int
cap_secure(struct cred *cr, const void *arg)
{
	unsigned long bits = *(const unsigned long *)arg;
	uint32_t is = cr->cr_secure & ~CRED_NNP;

	if (((is & SECLOCKS) >> 1 & (is ^ bits)) != 0 ||
	    (is & SECLOCKS & ~bits) != 0 || bits & ~(SECLOCKS | SECBITS) ||
	    !rump_cred_has(cr, CAP_SETPCAP))
		return EPERM;
	cr->cr_secure = (cr->cr_secure & CRED_NNP) | (uint32_t)bits;
	return 0;
}

static int
cap_keep(struct cred *cr, const void *arg)
{
	unsigned long keep = *(const unsigned long *)arg;

	if (keep > 1)
		return EINVAL;
	if (cr->cr_secure & SECBIT_KEEP_CAPS_LOCKED)
		return EPERM;
	cr->cr_secure &= ~(uint32_t)SECBIT_KEEP_CAPS;
	if (keep)
		cr->cr_secure |= SECBIT_KEEP_CAPS;
	return 0;
}

static int
cap_nonewprivs(struct cred *cr, const void *arg)
{

	(void)arg;
	cr->cr_secure |= CRED_NNP;
	return 0;
}

/* arg: the operation, the capability. */
static int
cap_setambient(struct cred *cr, const void *arg)
{
	const unsigned long *a = arg;
	uint64_t cap = CRED_CAP(a[1]);

	if (a[0] == PR_CAP_AMBIENT_CLEAR_ALL)
		cr->cr_amb = 0;
	else if (a[0] == PR_CAP_AMBIENT_LOWER)
		cr->cr_amb &= ~cap;
	else if ((cr->cr_perm & cr->cr_inh & cap) == 0 ||
	    cr->cr_secure & SECBIT_NO_CAP_AMBIENT_RAISE)
		return EPERM;
	else
		cr->cr_amb |= cap;
	return 0;
}

static long
cap_ambient(unsigned long op, unsigned long cap, unsigned long rest)
{
	unsigned long arg[2] = { op, cap };

	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? cap | rest :
	    cap > CAP_LAST_CAP || rest != 0)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return (rump_cred_cur()->cr_amb & CRED_CAP(cap)) != 0;
	if (op != PR_CAP_AMBIENT_CLEAR_ALL && op != PR_CAP_AMBIENT_RAISE &&
	    op != PR_CAP_AMBIENT_LOWER)
		return -EINVAL;
	return -rump_cred_change(cap_setambient, arg);
}

long
rump_caps_prctl(int op, unsigned long a, unsigned long b, unsigned long rest)
{
	const struct cred *cr = rump_cred_cur();

	switch (op) {
	case PR_CAPBSET_READ:
		return a > CAP_LAST_CAP ? -EINVAL :
		    (cr->cr_bset & CRED_CAP(a)) != 0;
	case PR_CAPBSET_DROP:
		return -rump_cred_change(cap_drop, &a);
	case PR_GET_SECUREBITS:
		return cr->cr_secure & ~CRED_NNP;
	case PR_SET_SECUREBITS:
		return -rump_cred_change(cap_secure, &a);
	case PR_GET_KEEPCAPS:
		return (cr->cr_secure & SECBIT_KEEP_CAPS) != 0;
	case PR_SET_KEEPCAPS:
		return -rump_cred_change(cap_keep, &a);
	case PR_CAP_AMBIENT:
		return cap_ambient(a, b, rest);
	case PR_SET_NO_NEW_PRIVS:
		return a != 1 || (b | rest) != 0 ? -EINVAL :
		    -rump_cred_change(cap_nonewprivs, NULL);
	case PR_GET_NO_NEW_PRIVS:
		return (a | b | rest) != 0 ? -EINVAL :
		    (cr->cr_secure & CRED_NNP) != 0;
	}
	return -EINVAL;
}

/* --- exec --- */
/*
 * As for a file without set-id bits and capabilities: user 0 has all that its
 * bounding set allows, others what is ambient.  Other real than effective ids
 * are as a set-id file's here.
 */
struct cred *
rump_cred_exec(void)
{
	const struct cred *old = rump_cred_cur();
	int setid = old->cr_ruid != old->cr_euid ||
	    old->cr_rgid != old->cr_egid, root = 0;
	struct cred *new;

	if ((new = rump_kmem_alloc(sizeof(*new))) == NULL)
		return NULL;
	rump_cred_copy(new, old);
	new->cr_perm = 0;
	if ((old->cr_secure & SECBIT_NOROOT) == 0) {
		if (old->cr_euid == 0 || old->cr_ruid == 0)
			new->cr_perm = old->cr_bset | old->cr_inh;
		root = old->cr_euid == 0;
	}
	if ((setid || new->cr_perm & ~old->cr_perm) &&
	    old->cr_secure & CRED_NNP) {
		new->cr_euid = new->cr_ruid;
		new->cr_egid = new->cr_rgid;
		new->cr_perm &= old->cr_perm;
	}
	new->cr_suid = new->cr_fsuid = new->cr_euid;
	new->cr_sgid = new->cr_fsgid = new->cr_egid;
	if (setid)
		new->cr_amb = 0;
	new->cr_perm |= new->cr_amb;
	new->cr_eff = root ? new->cr_perm : new->cr_amb;
	new->cr_secure &= ~(uint32_t)SECBIT_KEEP_CAPS;
	return new;
}

RUMP_SYSCALL1(personality, unsigned long, persona)
{
	uint32_t *mine = &curproc->p_persona;

	return persona == 0xffffffff ?
	    __atomic_load_n(mine, __ATOMIC_RELAXED) :
	    __atomic_exchange_n(mine, (uint32_t)persona, __ATOMIC_RELAXED);
}
