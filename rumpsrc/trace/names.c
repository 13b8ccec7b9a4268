/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for numbers, in the order in which strace prints them.  A set may
 * have a part that is one number (ts_enum, a mask) and flags beside it; names
 * of several bits come before those of one of them.
 */
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/mman.h>
#include <asm/poll.h>
#include <asm/prctl.h>
#include <asm/signal.h>
#include <asm/resource.h>
#include <linux/eventpoll.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/in.h>
#include <linux/inotify.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>
#include <net/sockabi.h>
#include "trace.h"

#define N(x)	{ (unsigned)(x), #x }
#define V(x, v)	{ v, #x }

static const struct trace_name n_open[] = {
	N(O_RDONLY), N(O_WRONLY), N(O_RDWR),
	N(O_CREAT), N(O_EXCL), N(O_NOCTTY), N(O_TRUNC), N(O_APPEND),
	N(O_NONBLOCK), N(O_SYNC), N(O_DSYNC), N(FASYNC), N(O_DIRECT),
	N(O_LARGEFILE), N(O_TMPFILE), N(O_DIRECTORY), N(O_NOFOLLOW),
	N(O_NOATIME), N(O_CLOEXEC), N(O_PATH),
}, n_prot[] = {
	N(PROT_NONE), N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), N(PROT_SEM),
	N(PROT_GROWSDOWN), N(PROT_GROWSUP),
}, n_map[] = {
	V(MAP_FILE, 0), N(MAP_SHARED), N(MAP_PRIVATE), N(MAP_SHARED_VALIDATE),
	N(MAP_FIXED), N(MAP_ANONYMOUS), N(MAP_32BIT), N(MAP_NORESERVE),
	N(MAP_POPULATE), N(MAP_NONBLOCK), N(MAP_GROWSDOWN), N(MAP_DENYWRITE),
	N(MAP_EXECUTABLE), N(MAP_LOCKED), N(MAP_STACK), N(MAP_HUGETLB),
	N(MAP_SYNC), N(MAP_FIXED_NOREPLACE),
}, n_fcntl[] = {
	N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL),
	N(F_GETLK), N(F_SETLK), N(F_SETLKW), N(F_SETOWN), N(F_GETOWN),
	N(F_SETSIG), N(F_GETSIG), N(F_SETOWN_EX), N(F_GETOWN_EX),
	N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW), N(F_SETLEASE),
	N(F_GETLEASE), N(F_NOTIFY), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ),
	N(F_GETPIPE_SZ), N(F_ADD_SEALS), N(F_GET_SEALS),
}, n_ioctl[] = {
	N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TCSBRK), N(TCXONC),
	N(TCFLSH), N(TIOCEXCL), N(TIOCNXCL), N(TIOCSCTTY), N(TIOCGPGRP),
	N(TIOCSPGRP), N(TIOCOUTQ), N(TIOCSTI), N(TIOCGWINSZ), N(TIOCSWINSZ),
	N(FIONREAD), N(FIONBIO), N(TIOCNOTTY), N(TIOCGSID), N(FIONCLEX),
	N(FIOCLEX), N(FIOASYNC), N(TIOCGPTN), N(TIOCSPTLCK),
	V(SIOCGIFCONF, 0x8912), V(SIOCGIFFLAGS, 0x8913),
	V(SIOCSIFFLAGS, 0x8914), V(SIOCGIFADDR, 0x8915),
	V(SIOCGIFNETMASK, 0x891b), V(SIOCGIFMTU, 0x8921),
	V(SIOCGIFHWADDR, 0x8927), V(SIOCGIFINDEX, 0x8933),
}, n_seek[] = {
	V(SEEK_SET, 0), V(SEEK_CUR, 1), V(SEEK_END, 2), V(SEEK_DATA, 3),
	V(SEEK_HOLE, 4),
}, n_access[] = {
	V(F_OK, 0), V(R_OK, 4), V(W_OK, 2), V(X_OK, 1),
}, n_at[] = {
	N(AT_SYMLINK_NOFOLLOW), N(AT_REMOVEDIR), N(AT_SYMLINK_FOLLOW),
	N(AT_NO_AUTOMOUNT), N(AT_EMPTY_PATH), N(AT_STATX_FORCE_SYNC),
	N(AT_STATX_DONT_SYNC),
}, n_clock[] = {
	N(CLOCK_REALTIME), N(CLOCK_MONOTONIC), N(CLOCK_PROCESS_CPUTIME_ID),
	N(CLOCK_THREAD_CPUTIME_ID), N(CLOCK_MONOTONIC_RAW),
	N(CLOCK_REALTIME_COARSE), N(CLOCK_MONOTONIC_COARSE),
	N(CLOCK_BOOTTIME), N(CLOCK_REALTIME_ALARM), N(CLOCK_BOOTTIME_ALARM),
	N(CLOCK_TAI),
}, n_sighow[] = {
	N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK),
}, n_af[] = {
	N(AF_UNSPEC), N(AF_UNIX), N(AF_INET), N(AF_INET6), N(AF_NETLINK),
	N(AF_PACKET), N(AF_VSOCK),
}, n_sock[] = {
	N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_RAW), N(SOCK_RDM),
	N(SOCK_SEQPACKET), N(SOCK_DCCP), N(SOCK_PACKET), N(SOCK_CLOEXEC),
	N(SOCK_NONBLOCK),
}, n_ipproto[] = {
	N(IPPROTO_IP), N(IPPROTO_ICMP), N(IPPROTO_IGMP), N(IPPROTO_TCP),
	N(IPPROTO_UDP), N(IPPROTO_IPV6), V(IPPROTO_ICMPV6, 58),
	N(IPPROTO_UDPLITE), N(IPPROTO_RAW), V(IPPROTO_MPTCP, 262),
}, n_sol[] = {
	V(SOL_IP, 0), N(SOL_SOCKET), V(SOL_TCP, 6), V(SOL_UDP, 17),
	V(SOL_IPV6, 41), V(SOL_ICMPV6, 58), N(SOL_RAW), N(SOL_PACKET),
	N(SOL_NETLINK),
}, n_sockopt[] = {
	N(SO_DEBUG), N(SO_REUSEADDR), N(SO_TYPE), N(SO_ERROR),
	N(SO_DONTROUTE), N(SO_BROADCAST), N(SO_SNDBUF), N(SO_RCVBUF),
	N(SO_KEEPALIVE), N(SO_OOBINLINE), N(SO_PRIORITY), N(SO_LINGER),
	N(SO_REUSEPORT), N(SO_PASSCRED), N(SO_PEERCRED), N(SO_RCVLOWAT),
	N(SO_SNDLOWAT), N(SO_BINDTODEVICE), N(SO_ACCEPTCONN), N(SO_PROTOCOL),
	N(SO_DOMAIN), V(SO_RCVTIMEO_OLD, 20), V(SO_SNDTIMEO_OLD, 21),
	V(SO_TIMESTAMP_OLD, 29), N(SO_INCOMING_CPU), N(SO_ZEROCOPY),
}, n_msg[] = {
	N(MSG_OOB), N(MSG_PEEK), N(MSG_DONTROUTE), N(MSG_CTRUNC),
	N(MSG_TRUNC), N(MSG_DONTWAIT), N(MSG_EOR), N(MSG_WAITALL),
	N(MSG_CONFIRM), N(MSG_ERRQUEUE), N(MSG_NOSIGNAL), N(MSG_MORE),
	N(MSG_WAITFORONE), N(MSG_ZEROCOPY), N(MSG_FASTOPEN),
	N(MSG_CMSG_CLOEXEC),
}, n_shut[] = {
	N(SHUT_RD), N(SHUT_WR), N(SHUT_RDWR),
}, n_epollcreate[] = {
	N(EPOLL_CLOEXEC),
}, n_epollctl[] = {
	N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD),
}, n_eventfd[] = {
	V(EFD_SEMAPHORE, 1), V(EFD_CLOEXEC, O_CLOEXEC),
	V(EFD_NONBLOCK, O_NONBLOCK),
}, n_timerfd[] = {
	V(TFD_CLOEXEC, O_CLOEXEC), V(TFD_NONBLOCK, O_NONBLOCK),
}, n_futex[] = {
	N(FUTEX_WAIT), N(FUTEX_WAKE), N(FUTEX_FD), N(FUTEX_REQUEUE),
	N(FUTEX_CMP_REQUEUE), N(FUTEX_WAKE_OP), N(FUTEX_LOCK_PI),
	N(FUTEX_UNLOCK_PI), N(FUTEX_TRYLOCK_PI), N(FUTEX_WAIT_BITSET),
	N(FUTEX_WAKE_BITSET), N(FUTEX_WAIT_REQUEUE_PI),
	N(FUTEX_CMP_REQUEUE_PI), N(FUTEX_WAIT_PRIVATE),
	N(FUTEX_WAKE_PRIVATE), N(FUTEX_REQUEUE_PRIVATE),
	N(FUTEX_CMP_REQUEUE_PRIVATE), N(FUTEX_WAKE_OP_PRIVATE),
	N(FUTEX_LOCK_PI_PRIVATE), N(FUTEX_UNLOCK_PI_PRIVATE),
	N(FUTEX_TRYLOCK_PI_PRIVATE), N(FUTEX_WAIT_BITSET_PRIVATE),
	N(FUTEX_WAKE_BITSET_PRIVATE), N(FUTEX_CLOCK_REALTIME),
}, n_clone[] = {
	N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND),
	N(CLONE_PIDFD), N(CLONE_PTRACE), N(CLONE_VFORK), N(CLONE_PARENT),
	N(CLONE_THREAD), N(CLONE_NEWNS), N(CLONE_SYSVSEM), N(CLONE_SETTLS),
	N(CLONE_PARENT_SETTID), N(CLONE_CHILD_CLEARTID), N(CLONE_DETACHED),
	N(CLONE_UNTRACED), N(CLONE_CHILD_SETTID),
}, n_rlimit[] = {
	N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA), N(RLIMIT_STACK),
	N(RLIMIT_CORE), N(RLIMIT_RSS), N(RLIMIT_NPROC), N(RLIMIT_NOFILE),
	N(RLIMIT_MEMLOCK), N(RLIMIT_AS), N(RLIMIT_LOCKS),
	N(RLIMIT_SIGPENDING), N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE),
	N(RLIMIT_RTPRIO), N(RLIMIT_RTTIME),
}, n_madv[] = {
	N(MADV_NORMAL), N(MADV_RANDOM), N(MADV_SEQUENTIAL), N(MADV_WILLNEED),
	N(MADV_DONTNEED), N(MADV_FREE), N(MADV_REMOVE), N(MADV_DONTFORK),
	N(MADV_DOFORK), N(MADV_MERGEABLE), N(MADV_UNMERGEABLE),
	N(MADV_HUGEPAGE), N(MADV_NOHUGEPAGE), N(MADV_DONTDUMP),
	N(MADV_DODUMP), N(MADV_WIPEONFORK), N(MADV_KEEPONFORK), N(MADV_COLD),
	N(MADV_PAGEOUT), V(MADV_POPULATE_READ, 22),
	V(MADV_POPULATE_WRITE, 23),
}, n_wait[] = {
	N(WNOHANG), N(WUNTRACED), N(WEXITED), N(WCONTINUED), N(WNOWAIT),
	N(__WNOTHREAD), N(__WALL), N(__WCLONE),
}, n_rusage[] = {
	N(RUSAGE_SELF), N(RUSAGE_CHILDREN), N(RUSAGE_THREAD),
}, n_archprctl[] = {
	N(ARCH_SET_GS), N(ARCH_SET_FS), N(ARCH_GET_FS), N(ARCH_GET_GS),
}, n_prctl[] = {
	N(PR_SET_PDEATHSIG), N(PR_GET_PDEATHSIG), N(PR_GET_DUMPABLE),
	N(PR_SET_DUMPABLE), N(PR_GET_KEEPCAPS), N(PR_SET_KEEPCAPS),
	N(PR_SET_NAME), N(PR_GET_NAME), N(PR_GET_SECCOMP), N(PR_SET_SECCOMP),
	N(PR_CAPBSET_READ), N(PR_CAPBSET_DROP), N(PR_GET_SECUREBITS),
	N(PR_SET_SECUREBITS), N(PR_SET_TIMERSLACK), N(PR_GET_TIMERSLACK),
	N(PR_SET_CHILD_SUBREAPER), N(PR_GET_CHILD_SUBREAPER),
	N(PR_SET_NO_NEW_PRIVS), N(PR_GET_NO_NEW_PRIVS), N(PR_SET_THP_DISABLE),
	N(PR_GET_THP_DISABLE), N(PR_CAP_AMBIENT), N(PR_SET_VMA),
}, n_random[] = {
	N(GRND_NONBLOCK), N(GRND_RANDOM), N(GRND_INSECURE),
}, n_flock[] = {
	N(LOCK_SH), N(LOCK_EX), N(LOCK_UN), N(LOCK_NB),
}, n_mremap[] = {
	N(MREMAP_MAYMOVE), N(MREMAP_FIXED), N(MREMAP_DONTUNMAP),
}, n_msync[] = {
	N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC),
}, n_rename[] = {
	V(RENAME_NOREPLACE, 1), V(RENAME_EXCHANGE, 2), V(RENAME_WHITEOUT, 4),
}, n_falloc[] = {
	N(FALLOC_FL_KEEP_SIZE), N(FALLOC_FL_PUNCH_HOLE),
	N(FALLOC_FL_NO_HIDE_STALE), N(FALLOC_FL_COLLAPSE_RANGE),
	N(FALLOC_FL_ZERO_RANGE), N(FALLOC_FL_INSERT_RANGE),
	N(FALLOC_FL_UNSHARE_RANGE),
}, n_splice[] = {
	V(SPLICE_F_MOVE, 1), V(SPLICE_F_NONBLOCK, 2), V(SPLICE_F_MORE, 4),
	V(SPLICE_F_GIFT, 8),
}, n_memfd[] = {
	N(MFD_CLOEXEC), N(MFD_ALLOW_SEALING), N(MFD_HUGETLB),
	V(MFD_NOEXEC_SEAL, 8), V(MFD_EXEC, 16),
}, n_inotify[] = {
	V(IN_CLOEXEC, O_CLOEXEC), V(IN_NONBLOCK, O_NONBLOCK),
}, n_inevent[] = {
	N(IN_ACCESS), N(IN_MODIFY), N(IN_ATTRIB), N(IN_CLOSE_WRITE),
	N(IN_CLOSE_NOWRITE), N(IN_OPEN), N(IN_MOVED_FROM), N(IN_MOVED_TO),
	N(IN_CREATE), N(IN_DELETE), N(IN_DELETE_SELF), N(IN_MOVE_SELF),
	N(IN_ONLYDIR), N(IN_DONT_FOLLOW), N(IN_EXCL_UNLINK),
	N(IN_MASK_CREATE), N(IN_MASK_ADD), N(IN_ISDIR), N(IN_ONESHOT),
}, n_sigfd[] = {
	V(SFD_CLOEXEC, O_CLOEXEC), V(SFD_NONBLOCK, O_NONBLOCK),
}, n_itimer[] = {
	N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF),
}, n_sched[] = {
	V(SCHED_OTHER, SCHED_NORMAL), N(SCHED_FIFO), N(SCHED_RR),
	N(SCHED_BATCH), N(SCHED_IDLE), N(SCHED_DEADLINE),
	N(SCHED_RESET_ON_FORK),
}, n_statx[] = {
	N(STATX_ALL), N(STATX_BASIC_STATS), N(STATX_TYPE), N(STATX_MODE),
	N(STATX_NLINK), N(STATX_UID), N(STATX_GID), N(STATX_ATIME),
	N(STATX_MTIME), N(STATX_CTIME), N(STATX_INO), N(STATX_SIZE),
	N(STATX_BLOCKS), N(STATX_BTIME),
}, n_timerset[] = {
	N(TIMER_ABSTIME), V(TFD_TIMER_CANCEL_ON_SET, 2),
}, n_mount[] = {
	V(MS_RDONLY, 1), V(MS_NOSUID, 2), V(MS_NODEV, 4), V(MS_NOEXEC, 8),
	V(MS_SYNCHRONOUS, 16), V(MS_REMOUNT, 32), V(MS_NOATIME, 1024),
	V(MS_BIND, 4096), V(MS_REC, 16384),
}, n_idtype[] = {
	N(P_ALL), N(P_PID), N(P_PGID), N(P_PIDFD),
}, n_advice[] = {
	N(POSIX_FADV_NORMAL), N(POSIX_FADV_RANDOM), N(POSIX_FADV_SEQUENTIAL),
	N(POSIX_FADV_WILLNEED), N(POSIX_FADV_DONTNEED),
	N(POSIX_FADV_NOREUSE),
}, n_fdflags[] = {
	N(O_NONBLOCK), N(O_DIRECT), N(O_CLOEXEC),
}, n_poll[] = {
	N(POLLIN), N(POLLPRI), N(POLLOUT), N(POLLRDNORM), N(POLLWRNORM),
	N(POLLRDBAND), N(POLLWRBAND), N(POLLERR), N(POLLHUP), N(POLLNVAL),
	N(POLLMSG), N(POLLREMOVE), N(POLLRDHUP),
}, n_epoll[] = {
	N(EPOLLIN), N(EPOLLPRI), N(EPOLLOUT), N(EPOLLRDNORM), N(EPOLLRDBAND),
	N(EPOLLWRNORM), N(EPOLLWRBAND), N(EPOLLMSG), N(EPOLLERR),
	N(EPOLLHUP), N(EPOLLRDHUP), N(EPOLLEXCLUSIVE), N(EPOLLWAKEUP),
	N(EPOLLONESHOT), N(EPOLLET),
}, n_sa[] = {
	N(SA_RESTORER), N(SA_ONSTACK), N(SA_RESTART), N(SA_NODEFER),
	N(SA_RESETHAND), N(SA_SIGINFO), N(SA_NOCLDSTOP), N(SA_NOCLDWAIT),
}, n_signal[] = {
	N(SIGHUP), N(SIGINT), N(SIGQUIT), N(SIGILL), N(SIGTRAP), N(SIGABRT),
	N(SIGBUS), N(SIGFPE), N(SIGKILL), N(SIGUSR1), N(SIGSEGV), N(SIGUSR2),
	N(SIGPIPE), N(SIGALRM), N(SIGTERM), N(SIGSTKFLT), N(SIGCHLD),
	N(SIGCONT), N(SIGSTOP), N(SIGTSTP), N(SIGTTIN), N(SIGTTOU),
	N(SIGURG), N(SIGXCPU), N(SIGXFSZ), N(SIGVTALRM), N(SIGPROF),
	N(SIGWINCH), N(SIGIO), N(SIGPWR), N(SIGSYS), N(SIGRTMIN),
};

#define NUMBER	(~0U)
#define SET(kind, names, mask) [CK_N_##kind - CK_NAMES] = \
	{ names, sizeof(names) / sizeof((names)[0]), mask }

static const struct trace_set sets[] = {
	SET(OPEN, n_open, 3),
	SET(PROT, n_prot, 0),
	SET(MAP, n_map, 3),
	SET(FCNTL, n_fcntl, NUMBER),
	SET(IOCTL, n_ioctl, NUMBER),
	SET(SEEK, n_seek, NUMBER),
	SET(ACCESS, n_access, 0),
	SET(AT, n_at, 0),
	SET(CLOCK, n_clock, NUMBER),
	SET(SIGHOW, n_sighow, NUMBER),
	SET(AF, n_af, NUMBER),
	SET(SOCK, n_sock, 0xf),
	SET(IPPROTO, n_ipproto, NUMBER),
	SET(SOL, n_sol, NUMBER),
	SET(SOCKOPT, n_sockopt, NUMBER),
	SET(MSG, n_msg, 0),
	SET(SHUT, n_shut, NUMBER),
	SET(EPOLLCREATE, n_epollcreate, 0),
	SET(EPOLLCTL, n_epollctl, NUMBER),
	SET(EVENTFD, n_eventfd, 0),
	SET(TIMERFD, n_timerfd, 0),
	SET(FUTEX, n_futex, ~(unsigned)FUTEX_CLOCK_REALTIME),
	SET(CLONE, n_clone, 0),
	SET(RLIMIT, n_rlimit, NUMBER),
	SET(MADV, n_madv, NUMBER),
	SET(WAIT, n_wait, 0),
	SET(RUSAGE, n_rusage, NUMBER),
	SET(ARCHPRCTL, n_archprctl, NUMBER),
	SET(PRCTL, n_prctl, NUMBER),
	SET(RANDOM, n_random, 0),
	SET(FLOCK, n_flock, 0),
	SET(MREMAP, n_mremap, 0),
	SET(MSYNC, n_msync, 0),
	SET(RENAME, n_rename, 0),
	SET(FALLOC, n_falloc, 0),
	SET(SPLICE, n_splice, 0),
	SET(MEMFD, n_memfd, 0),
	SET(INOTIFY, n_inotify, 0),
	SET(INEVENT, n_inevent, 0),
	SET(SIGFD, n_sigfd, 0),
	SET(ITIMER, n_itimer, NUMBER),
	SET(SCHED, n_sched, 0xff),
	SET(STATX, n_statx, 0),
	SET(TIMERSET, n_timerset, 0),
	SET(MOUNT, n_mount, 0),
	SET(IDTYPE, n_idtype, NUMBER),
	SET(ADVICE, n_advice, NUMBER),
	SET(FDFLAGS, n_fdflags, 0),
	SET(POLL, n_poll, 0),
	SET(EPOLL, n_epoll, 0),
	SET(SA, n_sa, 0),
	SET(SIGNAL, n_signal, NUMBER),
};
_Static_assert(sizeof(sets) / sizeof(sets[0]) == CK_NAMES_END - CK_NAMES,
    "a set for each kind");

static const struct trace_set *
set_of(unsigned kind)
{

	return &sets[kind - CK_NAMES];
}

const char *
trace_nameof(unsigned kind, unsigned long value)
{
	const struct trace_set *ts = set_of(kind);
	unsigned i;

	for (i = 0; i < ts->ts_n; i++)
		if (ts->ts_names[i].tn_value == value)
			return ts->ts_names[i].tn_name;
	return NULL;
}

/* The part of v that is one number; false: it has no name. */
static int
names_number(const struct trace_set *ts, unsigned v)
{
	unsigned i;

	for (i = 0; i < ts->ts_n; i++)
		if (ts->ts_names[i].tn_value == (v & ts->ts_enum)) {
			trace_text(ts->ts_names[i].tn_name);
			return 1;
		}
	trace_fmt("0x%x", v & ts->ts_enum);
	return 0;
}

void
trace_names(unsigned kind, unsigned long value)
{
	const struct trace_set *ts = set_of(kind);
	const struct trace_name *tn;
	unsigned v = (unsigned)value, i, some = ts->ts_enum != 0;

	if (ts->ts_enum != 0)
		(void)names_number(ts, v);
	else if (v == 0) {
		tn = &ts->ts_names[0];
		trace_text(tn->tn_value == 0 ? tn->tn_name : "0");
		return;
	}
	v &= ~ts->ts_enum;
	for (i = 0; i < ts->ts_n && v != 0; i++) {
		tn = &ts->ts_names[i];
		if (tn->tn_value == 0 || (tn->tn_value & ts->ts_enum) != 0 ||
		    (v & tn->tn_value) != tn->tn_value)
			continue;
		if (some)
			trace_char('|');
		trace_text(tn->tn_name);
		some = 1;
		v &= ~tn->tn_value;
	}
	if (v != 0)
		trace_fmt(some ? "|0x%x" : "0x%x", v);
}
