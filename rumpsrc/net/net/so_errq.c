/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The error queue, MSG_ERRQUEUE: packets that failed, and completions of
 * MSG_ZEROCOPY.  The latter are a range of numbers, so_zclo to so_zckey, that
 * the next read reports as one.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <kern/str.h>
#include <linux/time.h>
#include <linux/errqueue.h>
#include "sock_priv.h"

#define IP_RECVERR	11		/* <linux/in.h> */
#define IPV6_RECVERR	25		/* <linux/in6.h> */

void
so_errqueue(struct socket *so, const struct sockaddr *sa, unsigned salen,
    struct mbuf *m, struct mbuf *control)
{
	struct mbuf *h, **mp;

	if (so->so_errmem >= so->so_rcv.sb_hiwat ||
	    (h = sb_mkrec(m, sa, salen, control, 0)) == NULL) {
		m_freem(m);
		cmsg_free(control);
		return;
	}
	for (mp = &so->so_errq; *mp != NULL; mp = &(*mp)->m_nextpkt)
		continue;
	*mp = h;
	so->so_errmem += h->m_pkt.ph_len + sb_memof(h);
	so->so_seq++;
	rump_selnotify(&so->so_sel, POLLERR);
}

void
so_zerocopied(struct socket *so)
{

	so->so_zckey++;
	so->so_seq++;
	rump_selnotify(&so->so_sel, POLLERR);
}

/* The completions so far as one message without data. */
static int
so_zcreport(struct socket *so, struct mbuf **controlp)
{
	struct {
		struct sock_extended_err ee;
		uint8_t offender[28];
	} r = { .ee = { .ee_origin = SO_EE_ORIGIN_ZEROCOPY,
	    .ee_code = SO_EE_CODE_ZEROCOPY_COPIED,
	    .ee_info = so->so_zclo, .ee_data = so->so_zckey - 1 } };
	int v6 = so->so_family == AF_INET6;

	so->so_zclo = so->so_zckey;
	if (controlp == NULL)
		return 0;
	return cmsg_add(controlp, v6 ? SOL_IPV6 : SOL_IP,
	    v6 ? IPV6_RECVERR : IP_RECVERR, &r,
	    sizeof(r.ee) + (v6 ? 28 : 16));
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
	if (so->so_errq != NULL)
		error = so_takeerr(so, sa, lenp, uio, controlp, msgflagsp);
	else if (so->so_zclo != so->so_zckey)
		error = so_zcreport(so, controlp);
	rump_mutex_exit(&so->so_lock);
	return error;
}
