/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events on sockets: what wakes sleepers, poll and epoll.  so_lock is held in
 * all of them; so_seq counts them for so_sleep().
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <kern/clock.h>
#include <kern/proc.h>
#include "sock_priv.h"

#define EV_IN	(POLLIN | POLLRDNORM)
#define EV_OUT	(POLLOUT | POLLWRNORM | POLLWRBAND)

/* A call with a time-out (SO_RCVTIMEO) is never made again after a signal. */
int
so_interrupted(int error, int64_t deadline)
{

	if (error == EINTR && deadline != INT64_MAX)
		curlwp->l_sig.ls_final = 1;
	return error;
}

int
so_sleep(struct socket *so, struct rump_cv *cv, int64_t deadline)
{
	uint32_t seq = so->so_seq;

	if (rump_drain_locked(&so->so_lock) || so->so_seq != seq)
		return 0;
	return so_interrupted(rump_cv_timedwait_drain(cv, &so->so_lock,
	    deadline), deadline);
}

int
so_lookagain(struct socket *so)
{
	uint32_t seq = so->so_seq;

	(void)rump_drain_locked(&so->so_lock);
	return so->so_seq != seq;
}

int64_t
so_deadline(const struct sockbuf *sb)
{
	int64_t t = __atomic_load_n(&sb->sb_timeo, __ATOMIC_RELAXED);

	return t == 0 ? INT64_MAX : rump_monotonic() + t;
}

static void
so_wake(struct socket *so, struct sockbuf *sb, int events)
{

	so->so_seq++;
	if (sb->sb_flags & SB_WAIT) {
		sb->sb_flags &= ~(uint32_t)SB_WAIT;
		rump_cv_broadcast(&sb->sb_cv);
	}
	rump_selnotify(&so->so_sel, events);
}

void
so_wake_read(struct socket *so)
{

	if ((so->so_proto->pr_flags & PR_STREAM) &&
	    so->so_rcv.sb_cc < so->so_rcv.sb_lowat &&
	    (so->so_rcv.sb_flags & SB_SHUT) == 0 && so->so_error == 0 &&
	    (so->so_state & SS_ATMARK) == 0)
		return;
	so_wake(so, &so->so_rcv, so->so_state & SS_ATMARK ?
	    EV_IN | POLLPRI : EV_IN);
}

/* Only when somebody was told that there is none, and it is worth it. */
void
so_wake_write(struct socket *so)
{

	if ((so->so_snd.sb_flags & SB_NOSPACE) == 0)
		return;
	if ((so->so_state & SS_NOFILE) == 0 && !so_writable(so))
		return;
	so->so_snd.sb_flags &= ~(uint32_t)SB_NOSPACE;
	so_wake(so, &so->so_snd, EV_OUT);
}

/* Everybody, whatever he waits for. */
static void
so_wakeall(struct socket *so, int events)
{

	so_wake(so, &so->so_rcv, events);
	if (so->so_snd.sb_flags & SB_WAIT) {
		so->so_snd.sb_flags &= ~(uint32_t)SB_WAIT;
		rump_cv_broadcast(&so->so_snd.sb_cv);
	}
	rump_cv_broadcast(&so->so_cv);
}

static int
so_hup(const struct socket *so)
{

	return (so->so_rcv.sb_flags & so->so_snd.sb_flags & SB_SHUT) ?
	    POLLHUP : 0;
}

void
so_connected(struct socket *so)
{

	so->so_state = (uint16_t)((so->so_state & ~SS_CONNECTING) |
	    SS_CONNECTED | SS_WASCONN);
	so->so_snd.sb_flags &= ~(uint32_t)SB_NOSPACE;
	so_wakeall(so, EV_OUT);
}

void
so_disconnected(struct socket *so)
{

	so->so_state &= (uint16_t)~(SS_CONNECTING | SS_CONNECTED);
	so->so_rcv.sb_flags |= SB_SHUT;
	so->so_snd.sb_flags |= SB_SHUT;
	so_wakeall(so, EV_IN | EV_OUT | POLLRDHUP | POLLHUP |
	    (so->so_error ? POLLERR : 0));
}

void
so_cantrecv(struct socket *so)
{

	so->so_rcv.sb_flags |= SB_SHUT;
	so_wakeall(so, EV_IN | POLLRDHUP | so_hup(so));
}

void
so_cantsend(struct socket *so)
{

	so->so_snd.sb_flags |= SB_SHUT;
	so_wakeall(so, EV_OUT | so_hup(so));
}

void
so_seterror(struct socket *so, int error)
{

	so->so_error = error;
	so_wakeall(so, EV_IN | EV_OUT | POLLERR);
}

/* Datagrams and streams of the generic kind; so_lock held. */
static int
so_poll_generic(struct socket *so)
{
	int r = 0, conn = so->so_type == SOCK_STREAM ||
	    so->so_type == SOCK_SEQPACKET;
	uint32_t low = so->so_proto->pr_flags & PR_STREAM ?
	    so->so_rcv.sb_lowat : 1;

	if (so->so_zc != NULL)
		so_zcdone(so);
	if (so->so_error || so->so_errq != NULL)
		r |= POLLERR | (so->so_errq != NULL &&
		    (so->so_opt.so_flags & SOF_SELERRQ) ? POLLPRI : 0);
	if (so_hup(so) || (conn && (so->so_state & (SS_CONNECTED |
	    SS_CONNECTING)) == 0))
		r |= POLLHUP;
	if (so->so_rcv.sb_flags & SB_SHUT)
		r |= EV_IN | POLLRDHUP;
	if (so->so_rcv.sb_head != NULL && so->so_rcv.sb_cc >=
	    (so->so_proto->pr_flags & PR_STREAM ? low : 0))
		r |= EV_IN;
	if (conn && (so->so_state & SS_CONNECTING))
		return r;
	if (!conn || (so->so_snd.sb_flags & SB_SHUT) ||
	    so_writable(so))
		r |= so->so_type == SOCK_STREAM ? POLLOUT | POLLWRNORM :
		    EV_OUT;
	return r;
}

int
so_poll_locked(struct socket *so, int events)
{
	int r, shut = (so->so_rcv.sb_flags & SB_SHUT) != 0;

	if (so->so_state & SS_LISTENING)
		r = shut ? EV_IN | POLLRDHUP | (so->so_snd.sb_flags & SB_SHUT ?
		    POLLHUP : 0) :
		    so->so_qfirst != NULL ? EV_IN : 0;
	else if (so->so_proto->pr_flags & PR_OWNPOLL)
		r = so->so_proto->pr_poll(so, events);
	else {
		r = so_poll_generic(so);
		if (so->so_proto->pr_poll != NULL)
			r |= so->so_proto->pr_poll(so, events);
	}
	if ((r & POLLOUT) == 0)
		so->so_snd.sb_flags |= SB_NOSPACE;
	return r & (events | POLLERR | POLLHUP);
}

/* A connected stream of the generic kind of which nothing special is known. */
static inline int
so_plain(const struct socket *so)
{

	return (so->so_state & (SS_CONNECTED | SS_CONNECTING | SS_LISTENING |
	    SS_ATMARK)) == SS_CONNECTED &&
	    (so->so_proto->pr_flags & (PR_STREAM | PR_OWNPOLL)) == PR_STREAM &&
	    so->so_error == 0 && so->so_errq == NULL &&
	    so->so_oobmark == 0 && so->so_zc == NULL &&
	    ((so->so_rcv.sb_flags | so->so_snd.sb_flags) & SB_SHUT) == 0;
}

static __attribute__((__noinline__)) int
so_poll_any(struct socket *so, int events, struct selrec *sr)
{
	int r;

	rump_mutex_enter(&so->so_lock);
	if (sr != NULL)
		rump_selrecord(&so->so_sel, sr);
	r = so_poll_locked(so, events);
	rump_mutex_exit(&so->so_lock);
	return r;
}

/*
 * Servers look at thousands of connections for the few that have something:
 * with one virtual CPU nobody changes a socket meanwhile, so no lock.
 */
int
so_poll(struct socket *so, int events, struct selrec *sr)
{
	int ready;

	if (!rump_cooperative)
		return so_poll_any(so, events, sr);
	if ((so->so_state & SS_LISTENING) &&
	    (so->so_rcv.sb_flags & SB_SHUT) == 0)
		ready = so->so_qfirst != NULL;
	else if (so_plain(so) && (events & (EV_OUT | POLLPRI)) == 0)
		ready = so->so_rcv.sb_cc != 0 &&
		    so->so_rcv.sb_cc >= so->so_rcv.sb_lowat;
	else
		return so_poll_any(so, events, sr);
	if (sr != NULL)
		rump_selrecord(&so->so_sel, sr);
	return ready ? EV_IN & events : 0;
}
