/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_UNIX: urgent data of streams, as Linux has it.  The last byte of a send
 * with MSG_OOB is a record of its own, which unp_oob names until another one
 * comes (then it is as any other byte), or it is read: with MSG_OOB, when its
 * place stays in the queue as a record without data; or passed (unp_recv.c).
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <kern/uio.h>
#include "unp.h"

/* The receiver's lock is held. */
void
unp_markoob(struct socket *so, struct mbuf *m)
{

	unp_of(so)->unp_oob = m;
	rump_selnotify(&so->so_sel, POLLPRI);
}

int
unp_atmark(const struct socket *so)
{
	const struct mbuf *m = so->so_rcv.sb_head;
	const struct mbuf *oob = unp_of(so)->unp_oob;

	if (m == NULL)
		return 0;
	return m == oob || (mtod(m, const struct unprec *)->ur_len == 0 &&
	    (oob == NULL || m->m_nextpkt == oob));
}

/* *msgflagsp: MSG_PEEK or 0. */
int
unp_recvoob(struct socket *so, struct uio *uio, int *msgflagsp)
{
	struct mbuf *m = unp_of(so)->unp_oob;
	struct unprec *ur;
	int error;

	if ((so->so_state & (SS_CONNECTED | SS_WASCONN)) == 0 || m == NULL ||
	    (so->so_opt.so_flags & SOF_OOBINLINE))
		return EINVAL;
	ur = mtod(m, struct unprec *);
	error = rump_uiomove(m->m_data + sizeof(*ur) + ur->ur_off, 1, uio);
	if (error)
		return error;
	if ((*msgflagsp & MSG_PEEK) == 0) {
		ur->ur_off++;
		ur->ur_len--;
		so->so_rcv.sb_cc--;
		unp_of(so)->unp_oob = NULL;
	}
	*msgflagsp = MSG_OOB;
	return 0;
}
