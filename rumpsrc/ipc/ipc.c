/* SPDX-License-Identifier: BSD-2-Clause */
/* Ids, keys and permissions of System V IPC. */
#include <asm/errno.h>
#include <string.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include "ipc.h"

#define IPC_PERMBITS	0777

int64_t
rump_ipc_now(void)
{

	return rump_walltime() / NSEC_PER_SEC;
}

int
rump_ipc_access(const struct ipc_obj *io, int mode)
{
	const struct cred *cr = rump_cred_cur();
	int granted = (int)io->io_perm.mode;

	if (cr->cr_euid == io->io_perm.uid || cr->cr_euid == io->io_perm.cuid)
		granted >>= 6;
	else if (rump_cred_ingroup(cr, io->io_perm.gid) ||
	    rump_cred_ingroup(cr, io->io_perm.cgid))
		granted >>= 3;
	/* A request may be in any or all of the three positions. */
	mode = (mode >> 6 | mode >> 3 | mode) & 7;
	return mode & ~granted && !rump_cred_has(cr, CAP_IPC_OWNER) ?
	    EACCES : 0;
}

int
rump_ipc_owner(const struct ipc_obj *io)
{
	uint32_t uid = rump_cred_cur()->cr_euid;

	return uid == io->io_perm.uid || uid == io->io_perm.cuid ? 0 :
	    rump_capable(CAP_SYS_ADMIN);
}

int
rump_ipc_still(const struct ipc_obj *io)
{

	return io->io_removed ? EIDRM : 0;
}

static void
ipc_unref(struct ipc_obj *io)
{

	if (__atomic_sub_fetch(&io->io_ref, 1, __ATOMIC_ACQ_REL) == 0)
		io->io_table->it_free(io);
}

void
rump_ipc_release(struct ipc_obj *io)
{

	rump_mutex_exit(&io->io_lock);
	ipc_unref(io);
}

/* An index that is free; the table grows.  Caller holds it_lock. */
static int
ipc_slot(struct ipc_table *it)
{
	struct ipc_obj **new;
	int i, n = it->it_nslots == 0 ? 16 : it->it_nslots * 2;

	for (i = 0; i < it->it_nslots; i++)
		if (it->it_slots[i] == NULL)
			return i;
	if (it->it_nslots == IPC_MAXIDS)
		return -ENOSPC;
	new = rump_kmem_zalloc((size_t)n * sizeof(struct ipc_obj *));
	if (new == NULL)
		return -ENOMEM;
	if (it->it_slots != NULL)
		memcpy(new, it->it_slots, (size_t)it->it_nslots *
		    sizeof(struct ipc_obj *));
	rump_kmem_free(it->it_slots, (size_t)it->it_nslots *
	    sizeof(struct ipc_obj *));
	it->it_slots = new;
	it->it_nslots = n;
	return i;
}

/* Caller holds it_lock. */
static int
ipc_new(struct ipc_table *it, const struct ipc_get *ig)
{
	const struct cred *cr = rump_cred_cur();
	struct ipc_obj *io;
	int error, i;

	if ((i = ipc_slot(it)) < 0)
		return i;
	if ((error = ig->ig_make(ig, &io)) != 0)
		return -error;
	io->io_ref = 1;
	io->io_table = it;
	io->io_perm.key = ig->ig_key;
	io->io_perm.uid = io->io_perm.cuid = cr->cr_euid;
	io->io_perm.gid = io->io_perm.cgid = cr->cr_egid;
	io->io_perm.mode = ig->ig_flags & IPC_PERMBITS;
	io->io_perm.seq = it->it_seq++ & 0x7fff;
	io->io_id = io->io_perm.seq * IPC_MAXIDS + i;
	it->it_slots[i] = io;
	it->it_used++;
	if (i > it->it_top || it->it_used == 1)
		it->it_top = i;
	return io->io_id;
}

/* Caller holds it_lock. */
static struct ipc_obj *
ipc_bykey(struct ipc_table *it, int key)
{
	int i;

	for (i = 0; i < it->it_nslots; i++)
		if (it->it_slots[i] != NULL &&
		    __atomic_load_n(&it->it_slots[i]->io_perm.key,
		    __ATOMIC_RELAXED) == key)
			return it->it_slots[i];
	return NULL;
}

static int
ipc_existing(const struct ipc_get *ig, struct ipc_obj *io)
{
	int error;

	if ((ig->ig_flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	rump_mutex_enter(&io->io_lock);
	error = ig->ig_fits != NULL ? ig->ig_fits(ig, io) : 0;
	if (error == 0)
		error = rump_ipc_access(io, ig->ig_flags & IPC_PERMBITS);
	rump_mutex_exit(&io->io_lock);
	return error ? -error : io->io_id;
}

int
rump_ipc_get(struct ipc_table *it, const struct ipc_get *ig)
{
	struct ipc_obj *io = NULL;
	int r;

	rump_mutex_enter(&it->it_lock);
	if (ig->ig_key != IPC_PRIVATE)
		io = ipc_bykey(it, ig->ig_key);
	if (io != NULL)
		r = ipc_existing(ig, io);
	else if (ig->ig_key != IPC_PRIVATE && !(ig->ig_flags & IPC_CREAT))
		r = -ENOENT;
	else
		r = ipc_new(it, ig);
	rump_mutex_exit(&it->it_lock);
	return r;
}

/* Caller holds it_lock; it is let go. */
static int
ipc_take(struct ipc_table *it, struct ipc_obj *io, int mode,
    struct ipc_obj **iop)
{
	int error;

	__atomic_fetch_add(&io->io_ref, 1, __ATOMIC_RELAXED);
	rump_mutex_exit(&it->it_lock);
	rump_mutex_enter(&io->io_lock);
	error = io->io_removed ? EIDRM : mode ? rump_ipc_access(io, mode) : 0;
	if (error)
		rump_ipc_release(io);
	else
		*iop = io;
	return error;
}

int
rump_ipc_find(struct ipc_table *it, int id, int mode, struct ipc_obj **iop)
{
	struct ipc_obj *io = NULL;
	int i = id % IPC_MAXIDS;

	rump_mutex_enter(&it->it_lock);
	if (id >= 0 && i < it->it_nslots)
		io = it->it_slots[i];
	if (io != NULL && io->io_id == id)
		return ipc_take(it, io, mode, iop);
	rump_mutex_exit(&it->it_lock);
	return EINVAL;
}

int
rump_ipc_at(struct ipc_table *it, int index, int mode, struct ipc_obj **iop)
{

	rump_mutex_enter(&it->it_lock);
	if (index >= 0 && index < it->it_nslots && it->it_slots[index] != NULL)
		return ipc_take(it, it->it_slots[index], mode, iop);
	rump_mutex_exit(&it->it_lock);
	return EINVAL;
}

void
rump_ipc_remove(struct ipc_obj *io)
{
	struct ipc_table *it = io->io_table;
	int i = io->io_id % IPC_MAXIDS;

	/* In the order of the locks. */
	io->io_removed = 1;
	rump_mutex_exit(&io->io_lock);
	rump_mutex_enter(&it->it_lock);
	if (it->it_slots[i] == io) {
		it->it_slots[i] = NULL;
		it->it_used--;
		while (it->it_top > 0 && it->it_slots[it->it_top] == NULL)
			it->it_top--;
		ipc_unref(io);		/* the caller has another one */
	}
	rump_mutex_exit(&it->it_lock);
	rump_mutex_enter(&io->io_lock);
}

int
rump_ipc_setperm(struct ipc_obj *io, const struct ipc64_perm *to)
{

	if (to->uid == UINT32_MAX || to->gid == UINT32_MAX)
		return EINVAL;
	io->io_perm.uid = to->uid;
	io->io_perm.gid = to->gid;
	io->io_perm.mode = (io->io_perm.mode & ~(unsigned)IPC_PERMBITS) |
	    (to->mode & IPC_PERMBITS);
	return 0;
}
