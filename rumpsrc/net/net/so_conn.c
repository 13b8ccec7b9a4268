/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and connections: bind, listen, connect, shutdown. */
#include <asm/errno.h>
#include "sock_priv.h"

int
so_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	int error;

	if (so->so_proto->pr_bind == NULL)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	error = so->so_proto->pr_bind(so, sa, len);
	if (error == 0)
		so->so_state |= SS_BOUND;
	rump_mutex_exit(&so->so_lock);
	return error;
}

int
so_listen(struct socket *so, int backlog)
{
	int error = 0;

	if (so->so_proto->pr_listen == NULL)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	if (so->so_state & (SS_CONNECTED | SS_CONNECTING | SS_ASYNC |
	    SS_WASCONN))
		error = EINVAL;
	else if ((so->so_state & SS_LISTENING) == 0)
		error = so->so_proto->pr_listen(so);
	if (error == 0) {
		so->so_qlimit = (unsigned)backlog > SOMAXCONN ? SOMAXCONN :
		    (uint32_t)backlog;
		so->so_state |= SS_LISTENING;
	}
	rump_mutex_exit(&so->so_lock);
	return error;
}

/* so_lock held: until the attempt has ended. */
static int
so_waitconn(struct socket *so)
{
	int64_t dl = so_deadline(&so->so_snd);
	int error = 0;

	while ((so->so_state & SS_CONNECTING) && error == 0)
		error = so_sleep(so, &so->so_cv, dl);
	if (so->so_state & SS_CONNECTING) {
		so->so_state |= SS_ASYNC;
		return error == ETIMEDOUT ? EINPROGRESS : error;
	}
	so->so_state &= (uint16_t)~SS_ASYNC;
	if (so->so_state & SS_CONNECTED)
		return 0;
	error = so_takeerror(so);
	/* As new: another address may be tried. */
	if (so->so_proto->pr_disconnect != NULL)
		(void)so->so_proto->pr_disconnect(so);
	return error ? error : ECONNABORTED;
}

/* A stream's connect, so_lock held. */
static int
so_connstream(struct socket *so, const struct sockaddr *sa, unsigned len,
    int nonblock)
{
	int local = so->so_family == AF_UNIX;	/* the name comes first */
	int error;

	if ((so->so_state & SS_LISTENING) && !local)
		return EISCONN;
	if (so->so_state & SS_CONNECTING)
		return nonblock ? EALREADY : so_waitconn(so);
	if (so->so_state & SS_ASYNC)	/* the outcome of the first call */
		return so_waitconn(so);
	if ((so->so_state & (SS_CONNECTED | SS_WASCONN)) && !local)
		return EISCONN;
	if (nonblock)
		so->so_state |= SS_NBIO;
	error = so->so_proto->pr_connect(so, sa, len);
	so->so_state &= (uint16_t)~SS_NBIO;
	if (error)
		return error;
	if ((so->so_state & SS_CONNECTING) == 0)
		return so_waitconn(so);
	if (!nonblock)
		return so_waitconn(so);
	so->so_state |= SS_ASYNC;
	return EINPROGRESS;
}

int
so_connect(struct socket *so, const struct sockaddr *sa, unsigned len,
    int nonblock)
{
	const struct protosw *pr = so->so_proto;
	int error;

	if (len < sizeof(sa->sa_family))
		return EINVAL;
	if (pr->pr_connect == NULL)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	if (sa->sa_family == AF_UNSPEC && pr->pr_disconnect != NULL) {
		error = pr->pr_disconnect(so);
		so->so_state &= (uint16_t)~SS_ASYNC;
	} else if (so->so_type == SOCK_STREAM ||
	    so->so_type == SOCK_SEQPACKET) {
		error = so_connstream(so, sa, len, nonblock);
	} else {
		error = pr->pr_connect(so, sa, len);
		if (error == 0)
			so->so_state |= SS_CONNECTED;
	}
	rump_mutex_exit(&so->so_lock);
	return error;
}

int
so_shutdown(struct socket *so, int how)
{
	int error;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return EINVAL;
	if (so->so_proto->pr_shutdown == NULL)
		return EOPNOTSUPP;
	rump_mutex_enter(&so->so_lock);
	error = so->so_proto->pr_shutdown(so, how);
	rump_mutex_exit(&so->so_lock);
	return error;
}
