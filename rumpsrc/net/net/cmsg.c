/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control messages: one contiguous mbuf of struct cmsghdr and data, each at a
 * multiple of 8.  Files on their way are a message of our own kind, which
 * cmsg_export() turns into descriptors.  What the user gives is checked in
 * cmsg_next() only.
 */
#include <asm/errno.h>
#include <kern/file.h>
#include <kern/str.h>
#include "sock_priv.h"

#define CMSG_FILES	0x7fff0001	/* of SOL_SOCKET: struct file *[] */

/* Room for n more bytes, which may move the mbuf. */
static int
cmsg_room(struct mbuf **mp, size_t n)
{
	struct mbuf *m = *mp, *new;
	size_t have = m != NULL ? m->m_len : 0;

	if (m != NULL && m_tailroom(m) >= n)
		return 0;
	if (have + n > MBUF_MAX ||
	    (new = m_get(have + n < 256 ? 256 : have + n)) == NULL)
		return ENOBUFS;
	if (m != NULL) {
		memcpy(new->m_data, m->m_data, have);
		new->m_len = m->m_len;
		m_free(m);
	}
	*mp = new;
	return 0;
}

int
cmsg_add(struct mbuf **mp, int level, int type, const void *data, size_t len)
{
	struct cmsghdr h = { CMSG_HDR + len, level, type };
	struct mbuf *m;
	int error;

	if ((error = cmsg_room(mp, CMSG_HDR + CMSG_SPACED(len))) != 0)
		return error;
	m = *mp;
	memcpy(m->m_data + m->m_len, &h, CMSG_HDR);
	memcpy(m->m_data + m->m_len + CMSG_HDR, data, len);
	memset(m->m_data + m->m_len + CMSG_HDR + len, 0,
	    CMSG_SPACED(len) - len);
	m->m_len += (uint32_t)(CMSG_HDR + CMSG_SPACED(len));
	return 0;
}

int
cmsg_addfiles(struct mbuf **mp, struct file **fps, unsigned n)
{

	return cmsg_add(mp, SOL_SOCKET, CMSG_FILES, fps, n * sizeof(fps[0]));
}

int
cmsg_addall(struct mbuf **mp, const struct mbuf *from)
{
	int error;

	if ((error = cmsg_room(mp, from->m_len)) != 0)
		return error;
	memcpy((*mp)->m_data + (*mp)->m_len, from->m_data, from->m_len);
	(*mp)->m_len += from->m_len;
	return 0;
}

int
cmsg_next(const struct mbuf *m, size_t *posp, struct cmsghdr *h,
    const void **data, size_t *len)
{
	size_t left = m->m_len - *posp;

	if (*posp >= m->m_len || left < CMSG_HDR)
		return ENOENT;
	memcpy(h, m->m_data + *posp, CMSG_HDR);
	if (h->cmsg_len < CMSG_HDR || h->cmsg_len > left)
		return EINVAL;
	*data = m->m_data + *posp + CMSG_HDR;
	*len = h->cmsg_len - CMSG_HDR;
	*posp += CMSG_SPACED(h->cmsg_len);
	return 0;
}

static int
cmsg_isfiles(const struct cmsghdr *h)
{

	return h->cmsg_level == SOL_SOCKET && h->cmsg_type == CMSG_FILES;
}

/* Only messages that the kernel made can be of that kind: see import. */
void
cmsg_free(struct mbuf *m)
{
	struct file *fp;
	struct cmsghdr h;
	const void *data;
	size_t pos = 0, len, i;

	if (m == NULL)
		return;
	while (cmsg_next(m, &pos, &h, &data, &len) == 0) {
		if (!cmsg_isfiles(&h))
			continue;
		for (i = 0; i < len; i += sizeof(fp)) {
			memcpy(&fp, (const char *)data + i, sizeof(fp));
			rump_file_rele(fp);
		}
	}
	m_freem(m);
}

int
cmsg_import(const void *ubuf, size_t ulen, struct mbuf **mp)
{
	struct cmsghdr h;
	struct mbuf *m;
	const void *data;
	size_t pos = 0, len;
	int error;

	*mp = NULL;
	if (ulen == 0)
		return 0;
	if (ulen > SO_OPTMAX || (m = m_get(ulen)) == NULL)
		return ENOBUFS;
	if ((error = rump_copyin(ubuf, m->m_data, ulen)) != 0) {
		m_free(m);
		return error;
	}
	m->m_len = (uint32_t)ulen;
	while ((error = cmsg_next(m, &pos, &h, &data, &len)) == 0)
		if (cmsg_isfiles(&h)) {
			error = EINVAL;
			break;
		}
	if (error == EINVAL) {
		m_free(m);
		return error;
	}
	*mp = m;
	return 0;
}

/* Where messages go in the program's memory. */
struct cmsgout {
	char	*co_buf;
	size_t	 co_left;
	int	*co_msgflagsp;
	int	 co_cloexec;
};

static int
cmsg_put(struct cmsgout *co, const struct cmsghdr *src, const void *data)
{
	struct cmsghdr h = *src;
	size_t n;
	int error;

	if (co->co_left < CMSG_HDR) {
		*co->co_msgflagsp |= MSG_CTRUNC;
		return 0;
	}
	if (h.cmsg_len > co->co_left) {
		*co->co_msgflagsp |= MSG_CTRUNC;
		h.cmsg_len = co->co_left;
	}
	if ((error = rump_copyout(&h, co->co_buf, CMSG_HDR)) != 0 ||
	    (error = rump_copyout(data, co->co_buf + CMSG_HDR,
	    h.cmsg_len - CMSG_HDR)) != 0)
		return error;
	n = CMSG_SPACED(src->cmsg_len);
	if (n > co->co_left)
		n = co->co_left;
	co->co_buf += n;
	co->co_left -= n;
	return 0;
}

/* Files become descriptors, as far as there is room for them. */
static int
cmsg_putfiles(struct cmsgout *co, const char *data, size_t len)
{
	size_t n = len / sizeof(struct file *), room = 0, i, space;
	struct cmsghdr h = { 0, SOL_SOCKET, SCM_RIGHTS };
	struct file *fp;
	int fd, error = 0;

	if (co->co_left > CMSG_HDR)
		room = (co->co_left - CMSG_HDR) / sizeof(int);
	for (i = 0; i < n && i < room && error == 0; i++) {
		memcpy(&fp, data + i * sizeof(fp), sizeof(fp));
		rump_file_ref(fp);
		error = rump_fd_install(fp, 0, co->co_cloexec, &fd);
		if (error) {
			rump_file_rele(fp);
			break;
		}
		error = rump_copyout(&fd, co->co_buf + CMSG_HDR +
		    i * sizeof(fd), sizeof(fd));
	}
	if (i < n)
		*co->co_msgflagsp |= MSG_CTRUNC;
	if (i == 0)
		return 0;
	h.cmsg_len = CMSG_HDR + i * sizeof(int);
	if ((error = rump_copyout(&h, co->co_buf, CMSG_HDR)) != 0)
		return error;
	space = CMSG_SPACED(h.cmsg_len);
	if (space > co->co_left)
		space = co->co_left;
	co->co_buf += space;
	co->co_left -= space;
	return 0;
}

int
cmsg_export(struct mbuf *m, void *ubuf, size_t *lenp, int *msgflagsp,
    int cloexec)
{
	struct cmsgout co = { ubuf, ubuf != NULL ? *lenp : 0, msgflagsp,
	    cloexec };
	size_t pos = 0, len;
	struct cmsghdr h;
	const void *data;
	int error = 0;

	while (m != NULL && error == 0 &&
	    cmsg_next(m, &pos, &h, &data, &len) == 0)
		error = cmsg_isfiles(&h) ? cmsg_putfiles(&co, data, len) :
		    cmsg_put(&co, &h, data);
	*lenp = ubuf != NULL ? *lenp - co.co_left : 0;
	cmsg_free(m);
	return error;
}
