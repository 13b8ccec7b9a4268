/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V shared memory, semaphores and messages: a few objects of each kind,
 * as root and as somebody else; nothing waits.  Left out: which id is which,
 * SHM_HUGETLB, SHM_EXEC, totals that depend on memory.
 */
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>

#include "pages.h"

#define NPG	16
#define NID	6
#define BAD	((void *)8)
#define NOBODY	1000
/* As one user or the other. */
#define AS(call)	(as = once_in(5), as ? seteuid(NOBODY) : 0,	\
	    as_r = RES(call), as ? seteuid(0) : 0, as_r)

static int protects, as, shm[NID], sem[NID], msg[NID];
static long as_r;
static char *arena;

/* Ids of objects that are there or were, or of none. */
static int
pick(const int *ids)
{
	return once_in(12) ? ONE_OF(int, -1, 12345678, 0x7fffffff, 0x80000000) :
	    ids[below(NID)];
}

/* Which id is which is not printed: Linux takes them in turn. */
static long
there(long id)
{
	return id < 0 ? id : 0;
}

static void
store(int *ids, long id)
{
	if (id >= 0)
		ids[below(NID)] = id;
}

static void
perm(const struct ipc_perm *p)
{
	printf(" key %d uid %d gid %d cuid %d cgid %d mode %#o",
	    (int)p->__key, p->uid, p->gid, p->cuid, p->cgid, p->mode);
}

static int
getflags(int *key)
{
	int flags = ONE_OF(int, 0600, 0666, 0, 0400, 0060, 0644, 01777, 0777);

	*key = once_in(3) ? IPC_PRIVATE : (int)below(4) - 1;
	if (once_in(2)) flags |= IPC_CREAT;
	if (once_in(4)) flags |= IPC_EXCL;
	return flags;
}

static void
setperm(struct ipc_perm *p)
{
	p->uid = ONE_OF(int, 0, NOBODY, 5, -1);
	p->gid = ONE_OF(int, 0, NOBODY, 7);
	p->mode = ONE_OF(int, 0600, 0, 0666, 07777, 0404);
}

/* --- shared memory --- */
static void
shm_step(void)
{
	int id = pick(shm), at = below(NPG), key, flags, cmd, i, fd[2];
	struct shmid_ds ds;
	char *p, *q;
	size_t len;
	long r;

	switch (below(6)) {
	case 0:
		flags = getflags(&key);
		if (once_in(10)) flags |= SHM_NORESERVE;
		len = ONE_OF(size_t, 0, 1, PG, PG + 1, 3 * PG, 2 * PG - 1,
		    once_in(4) ? -1UL : PG, once_in(4) ? -(1UL << 24) : 1);
		r = AS(shmget(key, len, flags));
		say("shmget %d %zu %#o as %d: %ld", key, len, flags, as,
		    there(r));
		store(shm, r);
		break;
	case 1: case 2:
		flags = 0;
		if (once_in(3)) flags |= SHM_RDONLY;
		if (once_in(2)) flags |= SHM_REMAP;
		if (once_in(3)) flags |= SHM_RND;
		if (once_in(20)) flags |= 1;
		p = arena + at * PG + (once_in(4) ? below(PG) : 0);
		if (at > NPG - 4) p = arena;
		/* Without an address it goes where nobody looks. */
		if (once_in(30)) p = NULL, flags |= SHM_REMAP;
		if (p != NULL && once_in(2))
			for (i = 0; i < 3; i++)
				munmap((char *)((long)p & -PG) + i * PG, PG);
		r = AS(shmat(id, p, flags));
		say("shmat %ld %ld %#x as %d: %ld", there(id), p != NULL ?
		    (long)(p - arena) : -1, flags, as, r < 0 && r > -4096 ? r :
		    (long)((char *)r - arena));
		break;
	case 3:
		p = arena + at * PG + once_in(10);
		say("shmdt %ld: %ld", (long)(p - arena), RES(shmdt(p)));
		break;
	case 4:
		cmd = ONE_OF(int, IPC_STAT, IPC_STAT, IPC_SET, IPC_RMID,
		    IPC_RMID, SHM_LOCK, SHM_UNLOCK, SHM_STAT, SHM_STAT_ANY,
		    IPC_INFO, SHM_INFO, 99, -1);
		memset(&ds, 0, sizeof(ds));
		setperm(&ds.shm_perm);
		if (cmd == SHM_STAT || cmd == SHM_STAT_ANY)
			id = shmctl(id, IPC_STAT, &ds) < 0 ? -1 : id % 32768;
		q = once_in(20) ? BAD : (void *)&ds;
		r = AS(shmctl(id, cmd, (void *)q));
		say("shmctl %ld %d%s as %d: %ld", there(id), cmd,
		    q == BAD ? " bad" : "", as, there(r));
		if (r >= 0 && (cmd == IPC_STAT || cmd == SHM_STAT ||
		    cmd == SHM_STAT_ANY) && q != BAD) {
			perm(&ds.shm_perm);
			printf(" size %zu attached %lu times %d%d%d pids %d%d"
			    "\n", ds.shm_segsz,
			    protects ? 0 : ds.shm_nattch,
			    ds.shm_atime != 0, ds.shm_dtime != 0,
			    ds.shm_ctime != 0, ds.shm_cpid == getpid(),
			    ds.shm_lpid == getpid());
		}
		break;
	default:
		/* As a call sees them; some pages are changed. */
		p = arena + at * PG;
		if (protects)
			say("mprotect %d: %ld", at, RES(mprotect(p, PG,
			    PROT_READ | (once_in(2) ? PROT_WRITE : 0))));
		pipe(fd);
		write(fd[1], "Rumpkit", 7);
		say("read %ld", RES(read(fd[0], p + below(9), 7)));
		close(fd[0]);
		close(fd[1]);
		say_pages("arena", arena, NPG);
	}
}

/* --- semaphores --- */
static void
sem_step(void)
{
	int id = pick(sem), key, flags, cmd, num, i, n;
	union { int val; struct semid_ds *ds; void *p; } arg;
	unsigned short vals[8] = { 0 };
	struct timespec ts;
	struct sembuf ops[4];
	struct semid_ds ds;
	long r;

	switch (below(5)) {
	case 0:
		flags = getflags(&key);
		n = ONE_OF(int, 0, 1, 2, 3, 3, 4, 32000, 32001, -1);
		if (n == 32000) key = IPC_PRIVATE;
		r = AS(semget(key, n, flags));
		say("semget %d %d %#o as %d: %ld", key, n, flags, as,
		    there(r));
		if (n == 32000 && r >= 0)
			semctl(r, 0, IPC_RMID);
		else
			store(sem, r);
		break;
	case 1: case 2:
		n = ONE_OF(int, 1, 1, 2, 3, 4, 4);
		printf("  ");
		for (i = 0; i < n; i++) {
			ops[i] = (struct sembuf){ below(once_in(20) ? 6 : 3),
			    ONE_OF(int, 0, 1, 1, 2, -1, -2, -1, 30000, -32768),
			    IPC_NOWAIT };
			if (once_in(4)) ops[i].sem_flg |= SEM_UNDO;
			if (once_in(20)) ops[i].sem_flg |= 0x4000;
			printf("%d:%d:%#x ", ops[i].sem_num, ops[i].sem_op,
			    (unsigned short)ops[i].sem_flg);
		}
		if (once_in(30)) n = ONE_OF(int, 0, 501, -1);
		ts.tv_sec = once_in(30) ? -1 : 0;
		ts.tv_nsec = once_in(30) ? 1000000000 : 0;
		r = once_in(3) ? AS(semtimedop(id, ops, n, &ts)) :
		    AS(semop(id, once_in(30) ? BAD : (void *)ops, n));
		say("semop %ld %d as %d: %ld", there(id), n, as, r);
		break;
	default:
		cmd = ONE_OF(int, IPC_STAT, IPC_STAT, IPC_SET, IPC_RMID,
		    GETVAL, GETALL, GETALL, SETVAL, SETALL, GETPID, GETNCNT,
		    GETZCNT, SEM_STAT, SEM_STAT_ANY, IPC_INFO, SEM_INFO, 99,
		    -1, 5);
		num = once_in(10) ? ONE_OF(int, -1, 7, 0x10000) : (int)below(4);
		memset(&ds, 0, sizeof(ds));
		setperm(&ds.sem_perm);
		for (i = 0; i < 8; i++)
			vals[i] = ONE_OF(int, 0, 1, 5, 32767, once_in(9) ?
			    32768 : 3);
		arg.p = cmd == GETALL || cmd == SETALL ? (void *)vals :
		    (void *)&ds;
		if (cmd == SETVAL)
			arg.val = ONE_OF(int, 0, 1, 7, 32767, 32768, -1);
		else if (cmd != IPC_INFO && cmd != SEM_INFO && once_in(25))
			arg.p = BAD;
		if (cmd == SEM_STAT || cmd == SEM_STAT_ANY)
			id = semctl(id, 0, IPC_STAT, &ds) < 0 ? -1 :
			    id % 32768;
		r = AS(syscall(SYS_semctl, id, num, cmd, arg));
		say("semctl %ld %d %d%s as %d: %ld", there(id), num, cmd,
		    arg.p == BAD ? " bad" : cmd == SETVAL ? " val" : "", as,
		    cmd == GETPID && r > 0 ? r == getpid() : there(r));
		if (r < 0 || arg.p == BAD)
			break;
		if (cmd == IPC_STAT || cmd == SEM_STAT || cmd == SEM_STAT_ANY) {
			perm(&ds.sem_perm);
			printf(" n %u times %d%d\n", ds.sem_nsems,
			    ds.sem_otime != 0, ds.sem_ctime != 0);
		}
		if (cmd == GETALL)
			printf(" %d %d %d %d %d\n", vals[0], vals[1], vals[2],
			    vals[3], vals[4]);
		if (cmd == IPC_INFO || cmd == SEM_INFO) {
			struct seminfo *si = (void *)&ds;

			printf(" %d %d %d %d %d %d %d %d\n", si->semmni,
			    si->semmns, si->semmsl, si->semopm, si->semusz,
			    si->semvmx, si->semaem, si->semume);
		}
	}
}

/* --- messages --- */
static void
msg_step(void)
{
	static struct { long type; char text[9000]; } m;
	int id = pick(msg), key, flags, cmd;
	struct msqid_ds ds;
	size_t len;
	long r, type;
	void *p;

	switch (below(7)) {
	case 0:
		flags = getflags(&key);
		r = AS(msgget(key, flags));
		say("msgget %d %#o as %d: %ld", key, flags, as, there(r));
		store(msg, r);
		break;
	case 1: case 2:
		m.type = once_in(12) ? ONE_OF(long, 0, -1, INT64_MAX,
		    INT64_MIN) : 1 + (long)below(4);
		memset(m.text, below(256), sizeof(m.text));
		len = ONE_OF(size_t, 0, 1, 5, 100, 4000, 5000, 8192, 8193, -1,
		    1UL << 31);
		p = once_in(20) ? BAD : (void *)&m;
		r = AS(msgsnd(id, p, len, IPC_NOWAIT | (once_in(9) ?
		    MSG_NOERROR : 0)));
		say("msgsnd %ld type %ld len %zu%s as %d: %ld", there(id),
		    m.type, len, p == BAD ? " bad" : "", as, r);
		break;
	case 3: case 4:
		type = once_in(12) ? ONE_OF(long, INT64_MAX, INT64_MIN,
		    INT64_MIN + 1) : (long)below(8) - 3;
		len = ONE_OF(size_t, 0, 1, 50, 8192, 8192, 8192, -1);
		flags = IPC_NOWAIT;
		if (once_in(4)) flags |= MSG_NOERROR;
		if (once_in(4)) flags |= MSG_EXCEPT;
		if (once_in(6)) flags |= 040000;	/* MSG_COPY */
		memset(&m, 0, sizeof(m));
		/* Linux looks at MSG_COPY's buffer first. */
		p = once_in(20) && !(flags & 040000) ? BAD : (void *)&m;
		r = AS(msgrcv(id, p, len, type, flags));
		say("msgrcv %ld type %ld len %zu %#o%s as %d: %ld type %ld "
		    "sum %08x", there(id), type, len, flags,
		    p == BAD ? " bad" : "", as, r, m.type,
		    sum(m.text, sizeof(m.text)));
		break;
	default:
		cmd = ONE_OF(int, IPC_STAT, IPC_STAT, IPC_SET, IPC_SET,
		    IPC_RMID, MSG_STAT, 13, IPC_INFO, MSG_INFO, 99, -1);
		memset(&ds, 0, sizeof(ds));
		setperm(&ds.msg_perm);
		ds.msg_qbytes = ONE_OF(int, 0, 1, 5000, 16384);
		if (cmd == MSG_STAT || cmd == 13)
			id = msgctl(id, IPC_STAT, &ds) < 0 ? -1 : id % 32768;
		p = cmd != IPC_INFO && cmd != MSG_INFO && once_in(20) ? BAD :
		    (void *)&ds;
		r = AS(msgctl(id, cmd, p));
		say("msgctl %ld %d%s as %d: %ld", there(id), cmd,
		    p == BAD ? " bad" : "", as, there(r));
		if (r < 0 || p == BAD)
			break;
		if (cmd == IPC_STAT || cmd == MSG_STAT || cmd == 13) {
			perm(&ds.msg_perm);
			printf(" num %lu bytes %lu max %lu times %d%d%d pids "
			    "%d%d\n", ds.msg_qnum, ds.msg_cbytes,
			    ds.msg_qbytes, ds.msg_stime != 0,
			    ds.msg_rtime != 0, ds.msg_ctime != 0,
			    ds.msg_lspid == getpid(), ds.msg_lrpid == getpid());
		}
		if (cmd == IPC_INFO || cmd == MSG_INFO) {
			struct msginfo *mi = (void *)&ds;

			printf(" %d %d %d %d %d\n", mi->msgmax, mi->msgmnb,
			    mi->msgmni, cmd == MSG_INFO ? mi->msgmap : 0,
			    cmd == MSG_INFO ? mi->msgtql : 0);
		}
	}
}

void
differ_begin(void)
{
	int i;

	if (arena == NULL)
		arena = (char *)mmap(NULL, (NPG + 4) * PG, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + PG;
	/* Linux counts pieces of another protection as attached. */
	protects = once_in(2);
	for (i = 0; i < NID; i++)
		shm[i] = sem[i] = msg[i] = -1;
}

void
differ_step(void)
{
	switch (below(3)) {
	case 0:
		shm_step();
		break;
	case 1:
		sem_step();
		break;
	default:
		msg_step();
	}
}

void
differ_end(void)
{
	struct shmid_ds ds;
	int i, id;

	/* What is unmapped is not attached. */
	mmap(arena, NPG * PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_FIXED, -1, 0);
	for (i = 0; i < 4096; i++) {
		if ((id = shmctl(i, SHM_STAT_ANY, &ds)) >= 0)
			shmctl(id, IPC_RMID, NULL);
		if ((id = semctl(i, 0, SEM_STAT_ANY, &ds)) >= 0)
			semctl(id, 0, IPC_RMID);
		if ((id = msgctl(i, 13, (void *)&ds)) >= 0)
			msgctl(id, IPC_RMID, NULL);
	}
}
