/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V semaphores: semget, semop, semtimedop.  The operations of a call
 * are done all or none; SEM_UNDO is done when the process ends.
 */
#include <asm/errno.h>
#include <string.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "sem.h"

#define SEM_ONSTACK	8		/* operations without an allocation */

static void sem_free(struct ipc_obj *);
struct ipc_table rump_sem_table = { .it_free = sem_free, .it_top = -1 };

static size_t
undo_size(const struct semset *ss)
{

	return sizeof(struct semundo) + ss->ss_n * sizeof(int16_t);
}

static void
sem_free(struct ipc_obj *io)
{
	struct semset *ss = semset_of(io);
	struct semundo *su;

	while ((su = ss->ss_undos) != NULL) {
		ss->ss_undos = su->su_next;
		rump_kmem_free(su, undo_size(ss));
	}
	rump_kmem_free(ss, sizeof(*ss) + ss->ss_n * sizeof(struct sem));
}

static int
sem_make(const struct ipc_get *ig, struct ipc_obj **iop)
{
	struct semset *ss;

	if (ig->ig_size == 0)
		return EINVAL;
	ss = rump_kmem_zalloc(sizeof(*ss) + ig->ig_size * sizeof(struct sem));
	if (ss == NULL)
		return ENOMEM;
	ss->ss_n = (unsigned)ig->ig_size;
	ss->ss_ctime = rump_ipc_now();
	*iop = &ss->ss_io;
	return 0;
}

static int
sem_fits(const struct ipc_get *ig, struct ipc_obj *io)
{

	return ig->ig_size > semset_of(io)->ss_n ? EINVAL : 0;
}

RUMP_SYSCALL3(semget, int, key, int, n, int, flags)
{
	struct ipc_get ig = { key, flags, (size_t)n, sem_make, sem_fits };

	if (n < 0 || n > SEMMSL)
		return -EINVAL;
	return rump_ipc_get(&rump_sem_table, &ig);
}

/* --- undo --- */
void
rump_sem_forget(struct semset *ss, unsigned first, unsigned n)
{
	struct semundo *su;

	for (su = ss->ss_undos; su != NULL; su = su->su_next)
		memset(&su->su_adj[first], 0, n * sizeof(int16_t));
}

/* Caller holds io_lock. */
static void
undo_apply(struct semset *ss, const struct semundo *su)
{
	unsigned i;
	int v;

	for (i = 0; i < ss->ss_n; i++) {
		if (su->su_adj[i] == 0)
			continue;
		v = ss->ss_sems[i].sm_val + su->su_adj[i];
		ss->ss_sems[i].sm_val = (uint16_t)(v < 0 ? 0 : v > SEMVMX ?
		    SEMVMX : v);
		ss->ss_sems[i].sm_pid = su->su_proc->p_pid;
	}
	ss->ss_otime = rump_ipc_now();
	rump_cv_broadcast(&ss->ss_cv);
}

/* A process ends. */
static void
sem_exit(struct proc *p)
{
	struct semundo **sup, *su;
	struct ipc_obj *io;
	struct semset *ss;
	int i;

	for (i = 0; i < IPC_MAXIDS; i++) {
		if (i > __atomic_load_n(&rump_sem_table.it_top,
		    __ATOMIC_RELAXED))
			break;
		if (rump_ipc_at(&rump_sem_table, i, 0, &io) != 0)
			continue;
		ss = semset_of(io);
		for (sup = &ss->ss_undos; (su = *sup) != NULL;
		    sup = &su->su_next)
			if (su->su_proc == p)
				break;
		if (su != NULL) {
			*sup = su->su_next;
			undo_apply(ss, su);
			rump_kmem_free(su, undo_size(ss));
		}
		rump_ipc_release(io);
	}
}

/* The calling process's; made at need. */
static struct semundo *
undo_get(struct semset *ss)
{
	struct semundo *su;

	for (su = ss->ss_undos; su != NULL; su = su->su_next)
		if (su->su_proc == curproc)
			return su;
	if ((su = rump_kmem_zalloc(undo_size(ss))) != NULL) {
		su->su_proc = curproc;
		su->su_next = ss->ss_undos;
		ss->ss_undos = su;
		RUMP_HOOK_SET(rump_proc_exithook, sem_exit);
	}
	return su;
}

/* --- operations --- */
struct semcall {
	struct semset	*sc_ss;
	struct sembuf	*sc_ops;
	size_t		 sc_nops;
	struct semundo	*sc_undo;	/* NULL: none of them wants it */
	const struct sembuf *sc_blocked;	/* why it did not work */
};

/* Takes the first n back. */
static void
sem_back(const struct semcall *sc, size_t n)
{
	const struct sembuf *op;

	while (n-- > 0) {
		op = &sc->sc_ops[n];
		sc->sc_ss->ss_sems[op->sem_num].sm_val -= (uint16_t)op->sem_op;
		if (op->sem_flg & SEM_UNDO)
			sc->sc_undo->su_adj[op->sem_num] += op->sem_op;
	}
}

/* 0, ERANGE, or EAGAIN: it must wait for sc_blocked. */
static int
sem_one(const struct semcall *sc, const struct sembuf *op)
{
	struct sem *sm = &sc->sc_ss->ss_sems[op->sem_num];
	int v = sm->sm_val + op->sem_op, adj = 0;

	if (op->sem_op == 0)
		return sm->sm_val != 0 ? EAGAIN : 0;
	if (v < 0)
		return EAGAIN;
	if (v > SEMVMX)
		return ERANGE;
	if (op->sem_flg & SEM_UNDO) {
		adj = sc->sc_undo->su_adj[op->sem_num] - op->sem_op;
		if (adj < -SEMAEM - 1 || adj > SEMAEM)
			return ERANGE;
		sc->sc_undo->su_adj[op->sem_num] = (int16_t)adj;
	}
	sm->sm_val = (uint16_t)v;
	return 0;
}

static int
sem_try(struct semcall *sc)
{
	struct semset *ss = sc->sc_ss;
	size_t i;
	int error, changed = 0;

	for (i = 0; i < sc->sc_nops; i++) {
		if ((error = sem_one(sc, &sc->sc_ops[i])) != 0) {
			sem_back(sc, i);
			sc->sc_blocked = &sc->sc_ops[i];
			return error;
		}
		changed |= sc->sc_ops[i].sem_op;
	}
	for (i = 0; i < sc->sc_nops; i++)
		ss->ss_sems[sc->sc_ops[i].sem_num].sm_pid = curproc->p_pid;
	ss->ss_otime = rump_ipc_now();
	if (changed)
		rump_cv_broadcast(&ss->ss_cv);
	return 0;
}

/* Caller holds io_lock. */
static int
sem_sleep(const struct semcall *sc, int64_t deadline)
{
	struct semset *ss = sc->sc_ss;
	struct semwait sw = { ss->ss_waits, &ss->ss_waits,
	    sc->sc_blocked->sem_num, sc->sc_blocked->sem_op == 0 };
	int error;

	if (sw.sw_next != NULL)
		sw.sw_next->sw_prevp = &sw.sw_next;
	ss->ss_waits = &sw;
	error = rump_cv_timedwait_sig(&ss->ss_cv, &ss->ss_io.io_lock,
	    deadline);
	if ((*sw.sw_prevp = sw.sw_next) != NULL)
		sw.sw_next->sw_prevp = sw.sw_prevp;
	if (rump_ipc_still(&ss->ss_io))
		return EIDRM;
	return error == ETIMEDOUT ? EAGAIN : error;
}

static int
sem_check(struct semcall *sc)
{
	size_t i;
	int undo = 0, write = 0;

	for (i = 0; i < sc->sc_nops; i++) {
		if (sc->sc_ops[i].sem_num >= sc->sc_ss->ss_n)
			return EFBIG;
		undo |= sc->sc_ops[i].sem_flg & SEM_UNDO;
		write |= sc->sc_ops[i].sem_op;
	}
	if (rump_ipc_access(&sc->sc_ss->ss_io, write ? IPC_WRITE : IPC_READ))
		return EACCES;
	return undo && (sc->sc_undo = undo_get(sc->sc_ss)) == NULL ? ENOMEM :
	    0;
}

/* After a sleep: the process may be ending, and its undo entry gone. */
static int
sem_again(struct semcall *sc)
{

	if (__atomic_load_n(&curproc->p_exiting, __ATOMIC_RELAXED))
		return EINTR;
	return sc->sc_undo != NULL && (sc->sc_undo = undo_get(sc->sc_ss)) ==
	    NULL ? ENOMEM : 0;
}

static int
sem_do(int id, struct sembuf *ops, size_t nops, int64_t deadline)
{
	struct semcall sc = { NULL, ops, nops, NULL, NULL };
	struct ipc_obj *io;
	int error;

	if ((error = rump_ipc_find(&rump_sem_table, id, 0, &io)) != 0)
		return error;
	sc.sc_ss = semset_of(io);
	error = sem_check(&sc);
	while (error == 0 && (error = sem_try(&sc)) == EAGAIN &&
	    (sc.sc_blocked->sem_flg & IPC_NOWAIT) == 0) {
		if ((error = sem_sleep(&sc, deadline)) == 0)
			error = sem_again(&sc);
		if (error)
			break;
	}
	rump_ipc_release(io);
	return error;
}

static long
sem_call(int id, const struct sembuf *uops, size_t nops, const void *uts)
{
	struct sembuf few[SEM_ONSTACK], *ops = few;
	int64_t deadline;
	int error;

	if (nops == 0)
		return -EINVAL;
	if (nops > SEMOPM)
		return -E2BIG;
	if ((error = rump_ts_deadline(uts, TS_RELATIVE, &deadline)) != 0)
		return -error;
	if (nops > SEM_ONSTACK &&
	    (ops = rump_kmem_alloc(nops * sizeof(*ops))) == NULL)
		return -ENOMEM;
	if ((error = rump_copyin(uops, ops, nops * sizeof(*ops))) == 0)
		error = sem_do(id, ops, nops, deadline);
	if (ops != few)
		rump_kmem_free(ops, nops * sizeof(*ops));
	return -error;
}

RUMP_SYSCALL3(semop, int, id, void *, ops, size_t, nops)
{

	return sem_call(id, ops, nops, NULL);
}

RUMP_SYSCALL4(semtimedop, int, id, void *, ops, size_t, nops,
    const void *, timeout)
{

	return sem_call(id, ops, nops, timeout);
}
