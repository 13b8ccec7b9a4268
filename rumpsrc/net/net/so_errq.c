/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The error queue, MSG_ERRQUEUE: packets that failed, and completions of
 * MSG_ZEROCOPY (so_zc.c).
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <kern/str.h>
#include "sock_priv.h"

void
so_errqueue(struct socket *so, const struct sockaddr *sa, unsigned salen,
    struct mbuf *m, struct mbuf *control)
{

	if (so->so_errmem >= so->so_rcv.sb_hiwat) {
		m_freem(m);
		cmsg_free(control);
	} else {
		so_erradd(so, sa, salen, m, control);
		so_errtell(so);
	}
}

void
so_errtell(struct socket *so)
{

	if (so->so_errq != NULL) {
		so->so_seq++;
		rump_selnotify(&so->so_sel, POLLERR);
	}
}

void
so_erradd(struct socket *so, const struct sockaddr *sa, unsigned salen,
    struct mbuf *m, struct mbuf *control)
{
	struct mbuf *h, **mp;

	if ((h = sb_mkrec(m, sa, salen, control, 0)) == NULL) {
		m_freem(m);
		cmsg_free(control);
		return;
	}
	for (mp = &so->so_errq; *mp != NULL; mp = &(*mp)->m_nextpkt)
		continue;
	*mp = h;
	so->so_errmem += h->m_pkt.ph_len + sb_memof(h);
}

static int
so_takeerr(struct socket *so, struct sockaddr *sa, unsigned *lenp,
    struct uio *uio, struct mbuf **controlp, int *msgflagsp)
{
	struct mbuf *m = so->so_errq, *x;
	struct sbrec sr;
	size_t skip, n, left;
	int error = 0;

	memcpy(&sr, m->m_data, sizeof(sr));
	if (lenp != NULL) {
		*lenp = sr.sr_alen;
		memcpy(sa, m->m_data + sizeof(sr), sr.sr_alen);
	}
	if (controlp != NULL)
		*controlp = sr.sr_control;
	else
		cmsg_free(sr.sr_control);
	so->so_errq = m->m_nextpkt;
	/* The last ICMP error was this one. */
	if (so->so_errq == NULL && so->so_type != SOCK_STREAM)
		so->so_error = 0;
	so->so_errmem -= m->m_pkt.ph_len + sb_memof(m);
	left = m->m_pkt.ph_len;
	if (left > uio->uio_resid) {
		left = uio->uio_resid;
		*msgflagsp |= MSG_TRUNC;
	}
	skip = sizeof(sr) + sr.sr_alen;
	for (x = m; x != NULL && left > 0 && error == 0; x = x->m_next) {
		n = x->m_len - skip < left ? x->m_len - skip : left;
		error = rump_uiomove(x->m_data + skip, n, uio);
		left -= n;
		skip = 0;
	}
	m_freem(m);
	return error;
}

int
so_recverr(struct socket *so, struct sockaddr *sa, unsigned *lenp,
    struct uio *uio, struct mbuf **controlp, int *msgflagsp)
{
	int error = EAGAIN;

	*msgflagsp = MSG_ERRQUEUE;
	rump_mutex_enter(&so->so_lock);
	if (so->so_zc != NULL)
		so_zcdone(so);
	if (so->so_errq != NULL)
		error = so_takeerr(so, sa, lenp, uio, controlp, msgflagsp);
	rump_mutex_exit(&so->so_lock);
	return error;
}
