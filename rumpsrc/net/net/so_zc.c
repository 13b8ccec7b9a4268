/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSG_ZEROCOPY: mbufs that point at the program's pages, which are pinned
 * (rump_mm_pin) until the last of them goes: all was acknowledged, and no
 * driver has it any more.  Each send is a struct zcopy; when it is done, its
 * number is told on the error queue, several in a row as one range, as
 * Documentation/networking/msg_zerocopy.rst has it.  What is not the
 * program's own memory, or went through lo, was copied, and it says so.
 *
 * The end may come with any lock held (m_extfree), so it only puts the zcopy
 * on a list; a callout, or who polls or reads the error queue, takes it there
 * with so_lock.  zs_lock is a leaf but for the callout's own.
 */
#include <asm/errno.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/mm.h>
#include <kern/str.h>
#include <linux/time.h>
#include <linux/errqueue.h>
#include <rump/rumpcomp_vm.h>
#include "net_priv.h"
#include "sock_priv.h"

#define ZC_PAGE		4096UL
#define ZC_PIECE	32768U		/* most bytes of one mbuf */
#define ZC_MOST		1024U		/* sends on their way, of a socket */
#define IP_RECVERR	11		/* <linux/in.h> */
#define IPV6_RECVERR	25		/* <linux/in6.h> */

struct zcopy {
	struct zcopy	*zc_next;	/* [zs_lock] */
	struct so_zc	*zc_zs;		/* [I] referenced */
	uint32_t	 zc_refs;	/* [a] the call's, one of each mbuf */
	uint32_t	 zc_id;		/* [I] once the call lets go */
	int		 zc_quiet;	/* [I] then: nothing was sent */
	uint32_t	 zc_copied;	/* [a] some of it */
};

struct so_zc {				/* of a socket */
	struct rump_mutex zs_lock;
	struct socket	*zs_so;		/* [zs_lock] NULL: it is gone */
	struct zcopy	*zs_done, **zs_tail;	/* [zs_lock] */
	uint32_t	 zs_refs;	/* [a] the socket's, each zcopy's */
	uint32_t	 zs_flying;	/* [a] zcopies there are */
	struct rump_callout zs_callout;
};

/* The data of a completion's control message. */
struct zcreport {
	struct sock_extended_err ee;
	uint8_t offender[28];
};

static void
zs_rele(struct so_zc *zs)
{

	if (__atomic_sub_fetch(&zs->zs_refs, 1, __ATOMIC_ACQ_REL) == 0)
		rump_kmem_free(zs, sizeof(*zs));
}

static void
zc_free(struct zcopy *zc)
{
	struct so_zc *zs = zc->zc_zs;

	__atomic_fetch_sub(&zs->zs_flying, 1, __ATOMIC_RELAXED);
	rump_kmem_free(zc, sizeof(*zc));
	zs_rele(zs);
}

/* Any locks may be held. */
static void
zc_rele(struct zcopy *zc)
{
	struct so_zc *zs = zc->zc_zs;
	int gone;

	if (__atomic_sub_fetch(&zc->zc_refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	rump_mutex_enter(&zs->zs_lock);
	gone = zs->zs_so == NULL || zc->zc_quiet;
	if (!gone) {
		if (zs->zs_done == NULL)
			rump_callout_schedule(&zs->zs_callout, 0);
		zc->zc_next = NULL;
		*zs->zs_tail = zc;
		zs->zs_tail = &zc->zc_next;
	}
	rump_mutex_exit(&zs->zs_lock);
	if (gone)
		zc_free(zc);
}

/* m_extfree: nobody looks at these bytes any more. */
static void
zc_unpin(struct mbuf *m)
{
	uintptr_t page = (uintptr_t)m->m_base & ~(ZC_PAGE - 1);
	uintptr_t end = (uintptr_t)m->m_base + m->m_size;

	for (; page < end; page += ZC_PAGE)
		rumpcomp_vm_unpin((void *)page);
	zc_rele(m->m_extarg);
}

/* The last completion in the queue, when it is one like this before it. */
static struct mbuf *
zc_before(struct socket *so, const struct sock_extended_err *ee)
{
	struct sock_extended_err last;
	struct mbuf *m = so->so_errq;
	struct sbrec sr;

	if (m == NULL)
		return NULL;
	while (m->m_nextpkt != NULL)
		m = m->m_nextpkt;
	memcpy(&sr, m->m_data, sizeof(sr));
	if (sr.sr_control == NULL || sr.sr_control->m_len < CMSG_HDR +
	    sizeof(last))
		return NULL;
	memcpy(&last, sr.sr_control->m_data + CMSG_HDR, sizeof(last));
	return last.ee_origin == SO_EE_ORIGIN_ZEROCOPY &&
	    last.ee_code == ee->ee_code && last.ee_data + 1 == ee->ee_info ?
	    sr.sr_control : NULL;
}

/* so_lock held. */
static void
zc_tell(struct socket *so, uint32_t id, int copied)
{
	struct zcreport r = { .ee = { .ee_origin = SO_EE_ORIGIN_ZEROCOPY,
	    .ee_code = copied ? SO_EE_CODE_ZEROCOPY_COPIED : 0,
	    .ee_info = id, .ee_data = id } };
	int v6 = so->so_family == AF_INET6;
	struct mbuf *control;

	if ((control = zc_before(so, &r.ee)) != NULL) {
		memcpy(control->m_data + CMSG_HDR +
		    offsetof(struct sock_extended_err, ee_data),
		    &r.ee.ee_data, sizeof(r.ee.ee_data));
		return;
	}
	if (cmsg_add(&control, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_RECVERR :
	    IP_RECVERR, &r, sizeof(r.ee) + (v6 ? 28 : 16)) == 0)
		so_erradd(so, NULL, 0, NULL, control);
}

void
so_zcdone(struct socket *so)
{
	struct so_zc *zs = so->so_zc;
	struct zcopy *zc, *next;

	rump_mutex_enter(&zs->zs_lock);
	zc = zs->zs_done;
	zs->zs_done = NULL;
	zs->zs_tail = &zs->zs_done;
	rump_mutex_exit(&zs->zs_lock);
	for (; zc != NULL; zc = next) {
		next = zc->zc_next;
		zc_tell(so, zc->zc_id, __atomic_load_n(&zc->zc_copied,
		    __ATOMIC_RELAXED) != 0);
		zc_free(zc);
	}
}

/* The socket is there: so_zcgone() waits for us. */
static void
zs_callout(void *arg)
{
	struct so_zc *zs = arg;
	struct socket *so;

	rump_mutex_enter(&zs->zs_lock);
	so = zs->zs_so;
	rump_mutex_exit(&zs->zs_lock);
	if (so == NULL)
		return;
	rump_mutex_enter(&so->so_lock);
	so_zcdone(so);
	so_errtell(so);
	rump_mutex_exit(&so->so_lock);
}

void
so_zcgone(struct so_zc *zs)
{
	struct zcopy *zc, *next;

	rump_mutex_enter(&zs->zs_lock);
	zs->zs_so = NULL;
	zc = zs->zs_done;
	zs->zs_done = NULL;
	rump_mutex_exit(&zs->zs_lock);
	(void)rump_callout_cancel(&zs->zs_callout);
	for (; zc != NULL; zc = next) {
		next = zc->zc_next;
		zc_free(zc);
	}
	zs_rele(zs);
}

static struct so_zc *
zs_new(struct socket *so)
{
	struct so_zc *zs = rump_kmem_zalloc(sizeof(*zs));

	if (zs == NULL)
		return NULL;
	zs->zs_so = so;
	zs->zs_tail = &zs->zs_done;
	zs->zs_refs = 1;
	rump_callout_init(&zs->zs_callout, zs_callout, zs);
	return zs;
}

int
so_zcbegin(struct socket *so, struct zcopy **zcp)
{
	struct so_zc *zs = so->so_zc;
	struct zcopy *zc;

	if (zs == NULL && (zs = so->so_zc = zs_new(so)) == NULL)
		return ENOBUFS;
	if (so->so_errmem >= so->so_rcv.sb_hiwat ||
	    __atomic_load_n(&zs->zs_flying, __ATOMIC_RELAXED) >= ZC_MOST ||
	    (zc = rump_kmem_zalloc(sizeof(*zc))) == NULL)
		return ENOBUFS;
	__atomic_fetch_add(&zs->zs_refs, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&zs->zs_flying, 1, __ATOMIC_RELAXED);
	zc->zc_zs = zs;
	zc->zc_refs = 1;
	*zcp = zc;
	return 0;
}

void
so_zcend(struct socket *so, struct zcopy *zc, int sent)
{

	if (sent)
		zc->zc_id = so->so_zckey++;
	else
		zc->zc_quiet = 1;
	zc_rele(zc);
}

static void
zc_advance(struct uio *uio, size_t n)
{

	uio->uio_iov->iov_base = (char *)uio->uio_iov->iov_base + n;
	uio->uio_iov->iov_len -= n;
	uio->uio_resid -= n;
	uio->uio_offset += (int64_t)n;
}

/* Bytes [p, p + n) of one page; NULL: they are to be copied. */
static struct mbuf *
zc_page(struct zcopy *zc, uintptr_t p, size_t n)
{
	uintptr_t off = p & (ZC_PAGE - 1);
	struct mbuf *m;
	void *page;

	if (rump_mm_pin((void *)(p - off), &page) != 0)
		return NULL;
	if ((m = m_getext((char *)page + off, n, zc_unpin, zc)) == NULL) {
		rumpcomp_vm_unpin(page);
		return NULL;
	}
	__atomic_fetch_add(&zc->zc_refs, 1, __ATOMIC_RELAXED);
	return m;
}

/* The next page's bytes as well, when the kernel sees it right behind. */
static int
zc_longer(struct mbuf *m, uintptr_t p, size_t n)
{
	void *page;

	if (rump_mm_pin((void *)p, &page) != 0)
		return 0;
	if ((uint8_t *)page != m->m_base + m->m_size) {
		rumpcomp_vm_unpin(page);
		return 0;
	}
	m->m_size += (uint32_t)n;
	m->m_len = m->m_pkt.ph_len = m->m_size;
	return 1;
}

/* Up to max bytes from one address on. */
static struct mbuf *
zc_piece(struct zcopy *zc, uintptr_t p, size_t max)
{
	size_t n = ZC_PAGE - (p & (ZC_PAGE - 1));
	struct mbuf *m;

	if ((m = zc_page(zc, p, n < max ? n : max)) == NULL)
		return NULL;
	while (m->m_len < max) {
		n = max - m->m_len < ZC_PAGE ? max - m->m_len : ZC_PAGE;
		if (!zc_longer(m, p + m->m_len, n))
			break;
	}
	return m;
}

int
so_zcget(struct zcopy *zc, struct uio *uio, size_t n, struct mbuf **mp)
{
	struct mbuf *m;
	uintptr_t p;
	int error;

	while (uio->uio_iov->iov_len == 0) {
		uio->uio_iov++;
		uio->uio_iovcnt--;
	}
	p = (uintptr_t)uio->uio_iov->iov_base;
	if (n > uio->uio_iov->iov_len)
		n = uio->uio_iov->iov_len;
	if (so_badbuf((void *)p) || p + n < p)
		return EFAULT;
	if ((m = zc_piece(zc, p, n < ZC_PIECE ? n : ZC_PIECE)) != NULL) {
		zc_advance(uio, m->m_len);
		*mp = m;
		return 0;
	}
	/* The rest of the page. */
	p = ZC_PAGE - (p & (ZC_PAGE - 1));
	n = n < p ? n : p;
	if (n > MBUF_MAX)
		n = MBUF_MAX;
	if ((m = m_get(n)) == NULL)
		return ENOBUFS;
	if ((error = rump_uiomove(m->m_data, n, uio)) != 0) {
		m_free(m);
		return error;
	}
	m->m_len = (uint32_t)n;
	__atomic_store_n(&zc->zc_copied, 1, __ATOMIC_RELAXED);
	*mp = m;
	return 0;
}

int
so_zcfill(struct socket *so, struct zcopy *zc, struct uio *uio, size_t n)
{
	struct mbuf *m;
	int error;

	for (; n > 0; n -= m->m_len) {
		if ((error = so_zcget(zc, uio, n, &m)) != 0)
			return error;
		sb_append1(&so->so_snd, m);
	}
	return 0;
}

/* A record: the first mbuf has nothing but room for headers. */
int
so_zcchain(struct zcopy *zc, struct uio *uio, struct mbuf **mp)
{
	struct mbuf *first, **tail;
	int error;

	if ((first = m_gethdr(0)) == NULL)
		return ENOBUFS;
	for (tail = &first->m_next; uio->uio_resid > 0;
	    tail = &(*tail)->m_next) {
		error = so_zcget(zc, uio, uio->uio_resid, tail);
		if (error) {
			*tail = NULL;
			m_freem(first);
			return error;
		}
		first->m_pkt.ph_len += (*tail)->m_len;
	}
	*mp = first;
	return 0;
}

/* A copy of the bytes of one mbuf, which is freed; NULL: no memory. */
static struct mbuf *
zc_copy(struct mbuf *m)
{
	struct mbuf *first = NULL, **tail = &first, *c;
	uint32_t off, k;

	for (off = 0; off < m->m_len; off += k) {
		k = m->m_len - off < MBUF_MAX ? m->m_len - off : MBUF_MAX;
		if ((c = m_get(k)) == NULL)
			break;
		memcpy(c->m_data, m->m_data + off, k);
		c->m_len = k;
		*tail = c;
		tail = &c->m_next;
	}
	if (off < m->m_len) {
		m_freem(first);
		return NULL;
	}
	*tail = m->m_next;
	if (first != NULL)
		first->m_pkt = m->m_pkt;
	m_free(m);
	return first;
}

static int
zc_is(const struct mbuf *m)
{

	return m->m_store->m_extfree == zc_unpin && m->m_len != 0;
}

struct mbuf *
so_zccopy(struct mbuf *m)
{
	struct mbuf **mp = &m, *c;
	struct zcopy *zc;

	for (; *mp != NULL; mp = &(*mp)->m_next) {
		if (!zc_is(*mp))
			continue;
		zc = (*mp)->m_store->m_extarg;
		__atomic_store_n(&zc->zc_copied, 1, __ATOMIC_RELAXED);
		if ((c = zc_copy(*mp)) == NULL) {
			m_freem(m);
			return NULL;
		}
		*mp = c;
	}
	return m;
}
