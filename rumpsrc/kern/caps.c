/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capget, capset: a process with user id 0 has all capabilities, another one
 * none; what a process gives away is not remembered, so only sets that leave
 * things as they are can be set.  personality: kept only.
 */
#include <asm/errno.h>
#include <linux/capability.h>
#include <string.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define CAP_ALL		((1ULL << (CAP_LAST_CAP + 1)) - 1)

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

static int
cap_of(int pid, uint64_t *set)
{
	struct proc *p;

	if (pid < 0)
		return EINVAL;
	if ((p = rump_proc_find(pid == 0 ? curproc->p_pid : pid)) == NULL)
		return ESRCH;
	rump_mutex_enter(&p->p_lock);
	*set = p->p_cred->cr_euid == 0 ? CAP_ALL : 0;
	rump_mutex_exit(&p->p_lock);
	rump_proc_rele(p);
	return 0;
}

RUMP_SYSCALL2(capget, void *, hdr, void *, data)
{
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];
	unsigned n, i;
	uint64_t set;
	int error;

	if (rump_copyin(hdr, &h, sizeof(h)) != 0)
		return -EFAULT;
	if ((n = cap_words(&h)) == 0)
		return rump_copyout(&h, hdr, sizeof(h)) != 0 ? -EFAULT :
		    data == NULL ? 0 : -EINVAL;
	if ((error = cap_of(h.pid, &set)) != 0)
		return -error;
	for (i = 0; i < n; i++) {
		d[i].effective = d[i].permitted = (uint32_t)(set >> 32 * i);
		d[i].inheritable = 0;
	}
	return data == NULL ? 0 : -rump_copyout(d, data, n * sizeof(d[0]));
}

RUMP_SYSCALL2(capset, void *, hdr, const void *, data)
{
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];
	unsigned n, i;
	uint64_t set;
	int error;

	if (rump_copyin(hdr, &h, sizeof(h)) != 0)
		return -EFAULT;
	if ((n = cap_words(&h)) == 0)
		return rump_copyout(&h, hdr, sizeof(h)) != 0 ? -EFAULT :
		    -EINVAL;
	if (h.pid != 0 && h.pid != curproc->p_pid)
		return -EPERM;
	if (rump_copyin(data, d, n * sizeof(d[0])) != 0)
		return -EFAULT;
	if ((error = cap_of(0, &set)) != 0)
		return -error;
	for (i = 0; i < n; i++)
		if (d[i].permitted != (uint32_t)(set >> 32 * i) ||
		    d[i].effective != d[i].permitted)
			return -EPERM;
	return 0;
}

RUMP_SYSCALL1(personality, unsigned long, persona)
{
	uint32_t *mine = &curproc->p_persona;

	return persona == 0xffffffff ?
	    __atomic_load_n(mine, __ATOMIC_RELAXED) :
	    __atomic_exchange_n(mine, (uint32_t)persona, __ATOMIC_RELAXED);
}
