/* SPDX-License-Identifier: BSD-2-Clause */
/* semctl: values, counts, state and removal of System V semaphores. */
#include <asm/errno.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "sem.h"

static int
sem_waiters(const struct semset *ss, unsigned num, int zero)
{
	const struct semwait *sw;
	int n = 0;

	for (sw = ss->ss_waits; sw != NULL; sw = sw->sw_next)
		n += sw->sw_num == num && sw->sw_zero == zero;
	return n;
}

static void
sem_changed(struct semset *ss)
{

	ss->ss_ctime = rump_ipc_now();
	rump_cv_broadcast(&ss->ss_cv);
}

/* Of one semaphore; a result or a negative errno. */
static long
sem_single(struct semset *ss, int num, int cmd, int val)
{
	struct sem *sm;

	if (num < 0 || (unsigned)num >= ss->ss_n)
		return -EINVAL;
	sm = &ss->ss_sems[num];
	switch (cmd) {
	case GETVAL:
		return sm->sm_val;
	case GETPID:
		return sm->sm_pid;
	case GETNCNT:
		return sem_waiters(ss, (unsigned)num, 0);
	case GETZCNT:
		return sem_waiters(ss, (unsigned)num, 1);
	}
	if (rump_ipc_access(&ss->ss_io, IPC_WRITE) != 0)
		return -EACCES;
	sm->sm_val = (uint16_t)val;
	sm->sm_pid = curproc->p_pid;
	rump_sem_forget(ss, (unsigned)num, 1);
	sem_changed(ss);
	return 0;
}

static void
sem_stat(const struct semset *ss, struct semid64_ds *ds)
{

	memset(ds, 0, sizeof(*ds));
	ds->sem_perm = ss->ss_io.io_perm;
	ds->sem_otime = ss->ss_otime;
	ds->sem_ctime = ss->ss_ctime;
	ds->sem_nsems = ss->ss_n;
}

/* GETALL, SETALL: the set is not locked while user memory is touched. */
static int
sem_all(struct ipc_obj *io, int cmd, uint16_t *uarray)
{
	struct semset *ss = semset_of(io);
	size_t len = ss->ss_n * sizeof(uint16_t);
	uint16_t *vals = rump_kmem_alloc(len);
	unsigned i;
	int error = 0;

	if (vals == NULL)
		return ENOMEM;
	if (cmd == SETALL) {
		rump_mutex_exit(&io->io_lock);
		error = rump_copyin(uarray, vals, len);
		rump_mutex_enter(&io->io_lock);
		if (error == 0)
			error = rump_ipc_still(io);
		for (i = 0; i < ss->ss_n && error == 0; i++)
			error = vals[i] > SEMVMX ? ERANGE : 0;
	}
	for (i = 0; i < ss->ss_n && error == 0; i++) {
		if (cmd == GETALL) {
			vals[i] = ss->ss_sems[i].sm_val;
			continue;
		}
		ss->ss_sems[i].sm_val = vals[i];
		ss->ss_sems[i].sm_pid = curproc->p_pid;
	}
	if (error == 0 && cmd == SETALL) {
		rump_sem_forget(ss, 0, ss->ss_n);
		sem_changed(ss);
	}
	if (error == 0 && cmd == GETALL) {
		rump_mutex_exit(&io->io_lock);
		error = rump_copyout(vals, uarray, len);
		rump_mutex_enter(&io->io_lock);
	}
	rump_kmem_free(vals, len);
	return error;
}

static int
sem_change(struct semset *ss, int cmd, const struct semid64_ds *ds)
{
	int error = rump_ipc_owner(&ss->ss_io);

	if (error)
		return error;
	if (cmd == IPC_RMID)
		rump_ipc_remove(&ss->ss_io);
	else
		error = rump_ipc_setperm(&ss->ss_io, &ds->sem_perm);
	if (error == 0)
		sem_changed(ss);
	return error;
}

/* IPC_INFO, SEM_INFO: limits, or what is in use. */
static long
sem_info(void *usi, int cmd)
{
	struct seminfo copy, *si = &copy;
	struct ipc_obj *io;
	int i, top;

	*si = (struct seminfo){ .semmap = SEMMAP, .semmni = SEMMNI,
	    .semmns = SEMMNS, .semmnu = SEMMNU, .semmsl = SEMMSL,
	    .semopm = SEMOPM, .semume = SEMUME, .semusz = SEMUSZ,
	    .semvmx = SEMVMX, .semaem = SEMAEM };
	rump_mutex_enter(&rump_sem_table.it_lock);
	top = rump_sem_table.it_used ? rump_sem_table.it_top : 0;
	if (cmd == SEM_INFO) {
		si->semusz = rump_sem_table.it_used;
		si->semaem = 0;
	}
	rump_mutex_exit(&rump_sem_table.it_lock);
	for (i = 0; cmd == SEM_INFO && i <= top; i++)
		if (rump_ipc_at(&rump_sem_table, i, 0, &io) == 0) {
			si->semaem += (int)semset_of(io)->ss_n;
			rump_ipc_release(io);
		}
	return rump_copyout(si, usi, sizeof(*si)) != 0 ? -EFAULT : top;
}

/* The kind of access that a command needs; 0: checked otherwise. */
static int
sem_mode(int cmd)
{

	switch (cmd) {
	case SETALL:
		return IPC_WRITE;
	case SETVAL:
	case IPC_SET:
	case IPC_RMID:
	case SEM_STAT_ANY:
		return 0;
	}
	return IPC_READ;
}

static long
sem_command(struct ipc_obj *io, int num, int cmd, void *arg,
    struct semid64_ds *ds)
{
	struct semset *ss = semset_of(io);

	switch (cmd) {
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
	case SETVAL:
		return sem_single(ss, num, cmd, (int)(intptr_t)arg);
	case GETALL:
	case SETALL:
		return -sem_all(io, cmd, arg);
	case IPC_SET:
	case IPC_RMID:
		return -sem_change(ss, cmd, ds);
	}
	sem_stat(ss, ds);
	return cmd == IPC_STAT ? 0 : io->io_id;
}

RUMP_SYSCALL4(semctl, int, id, int, num, int, cmd, void *, arg)
{
	struct semid64_ds ds;
	struct ipc_obj *io;
	int error;
	long r;

	if (id < 0)
		return -EINVAL;
	cmd &= ~IPC_64;
	if (cmd == IPC_INFO || cmd == SEM_INFO)
		return sem_info(arg, cmd);
	if (cmd == IPC_SET && rump_copyin(arg, &ds, sizeof(ds)) != 0)
		return -EFAULT;
	if (cmd < 0 || (cmd > IPC_STAT && cmd < GETPID) || cmd > SEM_STAT_ANY)
		return -EINVAL;
	if (cmd == SETVAL && (uint32_t)(uintptr_t)arg > SEMVMX)
		return -ERANGE;
	error = (cmd == SEM_STAT || cmd == SEM_STAT_ANY ? rump_ipc_at :
	    rump_ipc_find)(&rump_sem_table, id, sem_mode(cmd), &io);
	if (error)
		return -error;
	r = sem_command(io, num, cmd, arg, &ds);
	rump_ipc_release(io);
	if (r >= 0 && (cmd == IPC_STAT || cmd == SEM_STAT ||
	    cmd == SEM_STAT_ANY) && rump_copyout(&ds, arg, sizeof(ds)) != 0)
		return -EFAULT;
	return r;
}
