/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket buffers; so_lock held.  A stream's is one chain.  A record is a
 * chain whose first mbuf begins with a struct sbrec and the sender's address,
 * put into the room of the headers that were there when it fits; its ph_len
 * counts the data only, and MF_PRIV1 marks it.
 */
#include <asm/errno.h>
#include <kern/str.h>
#include "sock_priv.h"

uint32_t rump_sb_default[2] = { 212992, 212992 };
uint32_t rump_sb_max[2] = { 212992, 212992 };

void
sb_append(struct sockbuf *sb, struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_next;
		if (m->m_len == 0)
			m_free(m);
		else
			sb_append1(sb, m);
	}
}

void
sb_drop(struct sockbuf *sb, size_t n)
{
	struct mbuf *m;

	sb->sb_cc -= (uint32_t)n;
	while ((m = sb->sb_head) != NULL && n >= m->m_len) {
		n -= m->m_len;
		sb->sb_mem -= sb_memof(m);
		sb->sb_head = m->m_next;
		m_free(m);
	}
	if (m == NULL) {
		sb->sb_tail = NULL;
		sb->sb_mem = 0;
	} else if (n > 0) {
		m->m_data += n;
		m->m_len -= (uint32_t)n;
	}
}

static uint32_t
sb_recmem(const struct mbuf *m)
{
	uint32_t mem = 0;

	for (; m != NULL; m = m->m_next)
		mem += sb_memof(m);
	return mem;
}

/* Puts the record's head before m; NULL: no memory, m is as it was. */
struct mbuf *
sb_mkrec(struct mbuf *m, const struct sockaddr *sa, unsigned salen,
    struct mbuf *control, uint32_t drops)
{
	struct sbrec sr = { control, drops, salen };
	size_t need = sizeof(sr) + salen;
	uint32_t len = 0;
	struct mbuf *h = m, *x;

	for (x = m; x != NULL; x = x->m_next)
		len += x->m_len;
	if (m == NULL || m_headroom(m) < need) {
		if ((h = m_get(need)) == NULL)
			return NULL;
		if (m != NULL)
			h->m_pkt = m->m_pkt;
		h->m_next = m;
		h->m_data += need;
	}
	h->m_data -= need;
	h->m_len += (uint32_t)need;
	h->m_nextpkt = NULL;
	h->m_flags |= MF_PRIV1;
	h->m_pkt.ph_len = len;
	memcpy(h->m_data, &sr, sizeof(sr));
	if (salen != 0)
		memcpy(h->m_data + sizeof(sr), sa, salen);
	return h;
}

void
sb_freerec(struct mbuf *m)
{
	struct sbrec sr;

	memcpy(&sr, m->m_data, sizeof(sr));
	if (sr.sr_control != NULL)
		cmsg_free(sr.sr_control);
	m_freem(m);
}

int
sb_appendaddr(struct sockbuf *sb, const struct sockaddr *sa, unsigned salen,
    struct mbuf *m, struct mbuf *control)
{
	struct socket *so = (struct socket *)(void *)((char *)sb -
	    offsetof(struct socket, so_rcv));
	struct mbuf *h;

	if (sb->sb_cc >= sb->sb_hiwat || sb->sb_mem >= 2 * sb->sb_hiwat ||
	    (h = sb_mkrec(m, sa, salen, control, so->so_drops)) == NULL) {
		so->so_drops++;
		return ENOBUFS;
	}
	if (sb->sb_head == NULL)
		sb->sb_head = h;
	else
		sb->sb_tail->m_nextpkt = h;
	sb->sb_tail = h;
	sb->sb_cc += h->m_pkt.ph_len;
	sb->sb_mem += sb_recmem(h);
	return 0;
}

int
sb_appendlast(struct sockbuf *sb, struct mbuf *m, int level, int type,
    const void *val, size_t len)
{
	struct mbuf *rec = sb->sb_tail;
	struct mbuf *control;
	struct sbrec sr;

	memcpy(&sr, rec->m_data, sizeof(sr));
	control = sr.sr_control;
	if (val != NULL && cmsg_add(&control, level, type, val, len) != 0)
		return ENOBUFS;
	sr.sr_control = control;
	memcpy(rec->m_data, &sr, sizeof(sr));
	rec->m_pkt.ph_len += m->m_pkt.ph_len;
	sb->sb_cc += m->m_pkt.ph_len;
	sb->sb_mem += sb_recmem(m);
	m->m_nextpkt = NULL;
	m_last(rec)->m_next = m;
	return 0;
}

struct mbuf *
sb_firstrec(struct sockbuf *sb, struct sbrec *sr, size_t *datalen)
{
	struct mbuf *m = sb->sb_head;

	memcpy(sr, m->m_data, sizeof(*sr));
	*datalen = m->m_pkt.ph_len;
	return m;
}

/* The record that *off bytes of data are before; *off is what is left. */
struct mbuf *
sb_peekrec(struct sockbuf *sb, size_t *off, struct sbrec *sr, size_t *datalen)
{
	struct mbuf *m = sb->sb_head;

	for (; m != NULL && *off >= m->m_pkt.ph_len && *off != 0;
	    m = m->m_nextpkt)
		*off -= m->m_pkt.ph_len;
	if (m != NULL) {
		memcpy(sr, m->m_data, sizeof(*sr));
		*datalen = m->m_pkt.ph_len;
	}
	return m;
}

/* Takes the first record off and frees it but for its control. */
void
sb_droprec(struct sockbuf *sb)
{
	struct mbuf *m = sb->sb_head;

	if ((sb->sb_head = m->m_nextpkt) == NULL)
		sb->sb_tail = NULL;
	sb->sb_cc -= m->m_pkt.ph_len;
	sb->sb_mem -= sb_recmem(m);
	m_freem(m);
}

void
sb_flush(struct sockbuf *sb)
{
	struct mbuf *m = sb->sb_head, *next;

	if (m != NULL && (m->m_flags & MF_PRIV1) == 0) {
		m_freem(m);
		m = NULL;
	}
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		sb_freerec(m);
	}
	sb->sb_head = sb->sb_tail = NULL;
	sb->sb_cc = sb->sb_mem = 0;
}
