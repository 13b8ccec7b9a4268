/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets: making, counting, closing them.  The file holds a reference, so
 * does the PCB, and so does a listener's queue.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <linux/in.h>
#include "sock_priv.h"

extern const struct protosw *const __start_rump_protosw[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct protosw *const __stop_rump_protosw[]
    __attribute__((__weak__, __visibility__("hidden")));

const struct sockfilterops *rump_sockfilterops;

static int
so_findproto(int family, int type, int proto, const struct protosw **prp)
{
	const struct protosw *const *p, *pr;
	int error = EAFNOSUPPORT;

	for (p = __start_rump_protosw; p < __stop_rump_protosw; p++) {
		pr = *p;
		if (pr->pr_family != family)
			continue;
		if (error == EAFNOSUPPORT)
			error = ESOCKTNOSUPPORT;
		if (pr->pr_type != type)
			continue;
		error = EPROTONOSUPPORT;
		if (proto == 0 ? (pr->pr_flags & PR_NAMED) == 0 :
		    pr->pr_protocol == 0 || pr->pr_protocol == proto) {
			*prp = pr;
			return 0;
		}
	}
	return error;
}

uint32_t rump_so_count;			/* [a] */

static struct socket *
so_alloc(const struct protosw *pr, int proto)
{
	static uint64_t lastino;	/* [a] */
	struct socket *so = rump_kmem_zalloc(sizeof(*so));

	if (so == NULL)
		return NULL;
	so->so_refs = 1;
	so->so_state = SS_NOFILE;
	so->so_type = pr->pr_type;
	so->so_family = pr->pr_family;
	so->so_protocol = (uint16_t)(proto ? proto : pr->pr_protocol);
	so->so_proto = pr;
	so->so_rcv.sb_hiwat = rump_sb_default[0];
	so->so_snd.sb_hiwat = rump_sb_default[1];
	so->so_rcv.sb_lowat = so->so_snd.sb_lowat = so->so_opt.so_rcvlowat = 1;
	so->so_rcvcpu = -1;
	so->so_cred = rump_cred_cur();
	__atomic_fetch_add(&so->so_cred->cr_ref, 1, __ATOMIC_RELAXED);
	so->so_pid = curproc->p_pid;
	so->so_ino = __atomic_add_fetch(&lastino, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&rump_so_count, 1, __ATOMIC_RELAXED);
	return so;
}

static void
so_free(struct socket *so)
{

	if (so->so_zc != NULL)
		so_zcgone(so->so_zc);
	if (so->so_proto->pr_free != NULL)
		so->so_proto->pr_free(so);
	sb_flush(&so->so_rcv);
	sb_flush(&so->so_snd);
	while (so->so_errq != NULL) {
		struct mbuf *m = so->so_errq;

		so->so_errq = m->m_nextpkt;
		sb_freerec(m);
	}
	if (so->so_filter != NULL)
		rump_sockfilterops->sf_free(so->so_filter);
	rump_seldestroy(&so->so_sel);
	rump_cred_rele(so->so_cred);
	rump_kmem_free(so, sizeof(*so));
	__atomic_fetch_sub(&rump_so_count, 1, __ATOMIC_RELAXED);
}

void
so_ref(struct socket *so)
{

	__atomic_fetch_add(&so->so_refs, 1, __ATOMIC_RELAXED);
}

void
so_rele(struct socket *so)
{
	struct socket *head;

	while (__atomic_sub_fetch(&so->so_refs, 1, __ATOMIC_ACQ_REL) == 0) {
		head = so->so_head;
		so_free(so);
		if ((so = head) == NULL)
			break;
	}
}

int
so_create(int family, int type, int proto, struct socket **sop)
{
	const struct protosw *pr;
	struct socket *so;
	int error;

	if (family < 0 || family >= AF_MAX)
		return EAFNOSUPPORT;
	if (type < 0 || type > SOCK_PACKET || ((family == AF_INET ||
	    family == AF_INET6) && (unsigned)proto >= IPPROTO_MAX))
		return EINVAL;
	if ((error = so_findproto(family, type, proto, &pr)) != 0)
		return error;
	if ((so = so_alloc(pr, proto)) == NULL)
		return ENOBUFS;
	if ((error = pr->pr_attach(so, proto)) != 0) {
		so_rele(so);
		return error;
	}
	*sop = so;
	return 0;
}

/*
 * Closing.
 */
static void
so_detach(struct socket *so)
{

	so->so_state |= SS_NOFILE;
	if ((so->so_state & SS_DEAD) == 0 && so->so_proto->pr_detach != NULL)
		so->so_proto->pr_detach(so);
}

/* Nobody accepted them. */
void
so_closequeue(struct socket *head)
{
	struct socket *so, *queue = head->so_qfirst;

	head->so_qfirst = head->so_qlast = NULL;
	head->so_qlen = 0;
	while ((so = queue) != NULL) {
		queue = so->so_qnext;
		rump_mutex_enter(&so->so_lock);
		/* The peer is told: by a reset. */
		so->so_opt.so_flags |= SOF_LINGER;
		so->so_opt.so_linger = 0;
		so_detach(so);
		rump_mutex_exit(&so->so_lock);
		so_rele(so);
	}
}

/* SO_LINGER: until all is acknowledged, or the time is over. */
static void
so_linger(struct socket *so)
{
	int64_t dl = rump_monotonic() +
	    (int64_t)so->so_opt.so_linger * NSEC_PER_SEC;

	while (so->so_snd.sb_cc > 0 && (so->so_state & SS_DEAD) == 0 &&
	    so->so_error == 0) {
		so->so_snd.sb_flags |= SB_WAIT | SB_NOSPACE;
		if (so_sleep(so, &so->so_snd.sb_cv, dl) != 0)
			break;
	}
}

int
so_close(struct socket *so)
{

	rump_mutex_enter(&so->so_lock);
	so->so_state &= (uint16_t)~SS_LISTENING;
	so_detach(so);
	if ((so->so_opt.so_flags & SOF_LINGER) && so->so_opt.so_linger != 0 &&
	    (so->so_proto->pr_flags & PR_STREAM))
		so_linger(so);
	rump_mutex_exit(&so->so_lock);
	so_closequeue(so);
	return 0;
}

/*
 * Files.
 */
void
so_setnofile(struct socket *so, int nofile)
{

	rump_mutex_enter(&so->so_lock);
	so->so_state = (uint16_t)((so->so_state & ~SS_NOFILE) |
	    (nofile ? SS_NOFILE : 0));
	rump_mutex_exit(&so->so_lock);
}

int
so_open(struct socket *so, int oflags, int *fdp)
{
	int error;

	so_setnofile(so, 0);
	error = rump_fd_open(FT_SOCKET, &rump_socket_ops, so,
	    O_RDWR | (oflags & (O_NONBLOCK | O_CLOEXEC)), fdp);
	if (error) {
		(void)so_close(so);
		so_rele(so);
	}
	return error;
}

int
so_fromfd(int fd, struct file **fpp, struct socket **sop)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return error;
	if (__builtin_expect(fp->f_type != FT_SOCKET, 0)) {
		error = file_flags(fp) & O_PATH ? EBADF : ENOTSOCK;
		rump_file_rele(fp);
		return error;
	}
	*fpp = fp;
	*sop = fp->f_data;
	return 0;
}

/*
 * Accept queues.
 */
int
so_qfull(const struct socket *head)
{

	return head->so_qlen > head->so_qlimit;
}

struct socket *
so_newconn(struct socket *head)
{
	struct socket *so = rump_kmem_zalloc(sizeof(*so));

	if (so == NULL)
		return NULL;
	so->so_refs = 1;
	so->so_state = SS_NOFILE;
	so->so_type = head->so_type;
	so->so_family = head->so_family;
	so->so_protocol = head->so_protocol;
	so->so_proto = head->so_proto;
	so->so_opt = head->so_opt;
	so->so_rcv.sb_hiwat = head->so_rcv.sb_hiwat;
	so->so_rcv.sb_lowat = head->so_rcv.sb_lowat;
	so->so_rcv.sb_flags = head->so_rcv.sb_flags & SB_FIXED;
	so->so_rcv.sb_timeo = head->so_rcv.sb_timeo;
	so->so_snd.sb_hiwat = head->so_snd.sb_hiwat;
	so->so_snd.sb_lowat = 1;
	so->so_snd.sb_flags = head->so_snd.sb_flags & SB_FIXED;
	so->so_snd.sb_timeo = head->so_snd.sb_timeo;
	so->so_rcvcpu = -1;
	so->so_cred = head->so_cred;
	__atomic_fetch_add(&so->so_cred->cr_ref, 1, __ATOMIC_RELAXED);
	so->so_pid = head->so_pid;
	so->so_ino = head->so_ino << 20 ^ (uint64_t)(uintptr_t)so >> 6;
	so_ref(head);
	so->so_head = head;
	rump_mutex_enter(&so->so_lock);
	return so;
}

void
so_ready(struct socket *head, struct socket *so)
{

	so->so_qnext = NULL;
	if (head->so_qlast != NULL)
		head->so_qlast->so_qnext = so;
	else
		head->so_qfirst = so;
	head->so_qlast = so;
	head->so_qlen++;
	head->so_seq++;
	rump_cv_signal(&head->so_cv);
	rump_selnotify(&head->so_sel, 0x41);	/* POLLIN | POLLRDNORM */
}

/* Back to the front: there was no descriptor for it. */
void
so_unaccept(struct socket *head, struct socket *so)
{

	rump_mutex_enter(&head->so_lock);
	if (head->so_state & SS_LISTENING) {
		if ((so->so_qnext = head->so_qfirst) == NULL)
			head->so_qlast = so;
		head->so_qfirst = so;
		head->so_qlen++;
		rump_mutex_exit(&head->so_lock);
		return;
	}
	rump_mutex_exit(&head->so_lock);
	so->so_qnext = NULL;
	so_closequeue(so);
}

int
so_accept(struct socket *head, int msgflags, struct socket **sop)
{
	int64_t dl = so_deadline(&head->so_rcv);
	struct socket *so;
	int error = 0;

	if (head->so_proto->pr_listen == NULL)
		return EOPNOTSUPP;
	rump_mutex_enter(&head->so_lock);
	while ((so = head->so_qfirst) == NULL && error == 0) {
		if ((head->so_state & SS_LISTENING) == 0)
			error = EINVAL;
		else if (msgflags & MSG_DONTWAIT)
			error = so_lookagain(head) ? 0 : EAGAIN;
		else if (head->so_rcv.sb_flags & SB_SHUT)
			error = EINVAL;
		else
			error = so_sleep(head, &head->so_cv, dl);
	}
	if (so != NULL) {
		if ((head->so_qfirst = so->so_qnext) == NULL)
			head->so_qlast = NULL;
		head->so_qlen--;
		error = 0;
	}
	rump_mutex_exit(&head->so_lock);
	*sop = so;
	return error == ETIMEDOUT ? EAGAIN : error;
}
