/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of AF_UNIX sockets: paths, known by their vnode, and abstract ones,
 * known by their bytes.  A name is constant once a socket has it.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include <vfs/vfs_sock.h>
#include "unp.h"

#define UNP_BUCKETS	16

static struct unpcb *unp_hash[UNP_BUCKETS];	/* [unp_lock] */

/* Without VFS there are only abstract names. */
__attribute__((__weak__)) int
rump_vfs_sock_bind(const char *path, struct vnode **vpp)
{

	(void)path, (void)vpp;
	return (int)-rump_enosys("bind (unix socket path without vfs)", 49);
}

__attribute__((__weak__)) int
rump_vfs_sock_lookup(const char *path, struct vnode **vpp)
{

	(void)path, (void)vpp;
	return ENOENT;
}

__attribute__((__weak__)) void
rump_vfs_sock_rele(struct vnode *vp)
{

	(void)vp;
}

static struct unpcb **
unp_bucket(const struct unpname *un)
{
	uintptr_t h = (uintptr_t)un->un_vp >> 6;
	unsigned i;

	if (un->un_vp == NULL)
		for (i = UNP_HDR; i < un->un_len; i++)
			h = h * 31 + ((const uint8_t *)&un->un_addr)[i];
	return &unp_hash[h % UNP_BUCKETS];
}

/* Abstract names are apart for each type of socket. */
static int
unp_samename(const struct unpcb *u, const struct unpname *b, int type)
{
	const struct unpname *a = u->unp_name;

	if (a->un_vp != NULL || b->un_vp != NULL)
		return a->un_vp == b->un_vp;
	return u->unp_so->so_type == type && a->un_len == b->un_len &&
	    memcmp(&a->un_addr, &b->un_addr, a->un_len) == 0;
}

/* unp_lock held. */
static struct unpcb *
unp_find(const struct unpname *un, int type)
{
	struct unpcb *u;

	for (u = *unp_bucket(un); u != NULL; u = u->unp_hnext)
		if (unp_samename(u, un, type))
			break;
	return u;
}

/* A name as the program gave it, not looked up yet. */
static int
unp_parse(const struct sockaddr *sa, unsigned len, struct unpname *un)
{

	memset(un, 0, sizeof(*un));
	if (!unp_isname(sa, len))
		return EINVAL;
	memcpy(&un->un_addr, sa, len);
	un->un_len = len;
	if (un->un_addr.sun_path[0] != '\0')	/* counted with its NUL */
		un->un_len = (unsigned)(UNP_HDR +
		    strlen(un->un_addr.sun_path) + 1);
	return 0;
}

/* The name is the socket's from now on.  EADDRINUSE: un is not taken. */
static int
unp_setname(struct unpcb *u, struct unpname *un)
{
	struct unpcb **bp = unp_bucket(un);
	int error = 0;

	rump_mutex_enter(&unp_lock);
	if (un->un_vp == NULL &&
	    unp_find(un, u->unp_so->so_type) != NULL) {
		error = EADDRINUSE;
	} else {
		un->un_refs = 1;
		__atomic_store_n(&u->unp_name, un, __ATOMIC_RELEASE);
		u->unp_hnext = *bp;
		*bp = u;
	}
	rump_mutex_exit(&unp_lock);
	return error;
}

int
unp_autobind(struct socket *so)
{
	static uint32_t next;		/* [a] */
	struct unpname *un;
	uint32_t tries;
	int error = ENOMEM;

	if (unp_nameof(so) != NULL)
		return 0;
	if ((un = rump_kmem_zalloc(sizeof(*un))) == NULL)
		return ENOMEM;
	un->un_addr.sun_family = AF_UNIX;
	un->un_len = UNP_HDR + 6;
	for (tries = 0; tries <= 0xfffff; tries++) {
		(void)snprintf(un->un_addr.sun_path + 1, 6, "%05x",
		    __atomic_add_fetch(&next, 1, __ATOMIC_RELAXED) & 0xfffff);
		if ((error = unp_setname(unp_of(so), un)) == 0)
			return 0;
	}
	rump_kmem_free(un, sizeof(*un));
	return error;
}

/* A name for a socket that has one: a path that is there is told first. */
static int
unp_rebind(const struct unpname *un)
{
	struct vnode *vp;
	int error;

	if (un->un_addr.sun_path[0] == '\0')
		return EINVAL;
	if ((error = rump_vfs_sock_lookup(un->un_addr.sun_path, &vp)) == 0)
		rump_vfs_sock_rele(vp);
	return error == 0 || error == ECONNREFUSED ? EADDRINUSE : EINVAL;
}

int
unp_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct unpname *un;
	int error;

	if (sa->sa_family == AF_UNIX && len == UNP_HDR)
		return unp_autobind(so);
	if ((un = rump_kmem_alloc(sizeof(*un))) == NULL)
		return ENOMEM;
	if ((error = unp_parse(sa, len, un)) == 0 && unp_nameof(so) != NULL)
		error = unp_rebind(un);
	else if (error == 0 && un->un_addr.sun_path[0] != '\0')
		error = rump_vfs_sock_bind(un->un_addr.sun_path, &un->un_vp);
	if (error == 0)
		error = unp_setname(unp_of(so), un);
	if (error)
		rump_kmem_free(un, sizeof(*un));
	return error;
}

/* The socket is found no more; it still knows its name. */
void
unp_unbind(struct unpcb *u)
{
	struct unpcb **up;

	if (u->unp_name == NULL)
		return;
	rump_mutex_enter(&unp_lock);
	for (up = unp_bucket(u->unp_name); *up != NULL;
	    up = &(*up)->unp_hnext)
		if (*up == u) {
			*up = u->unp_hnext;
			break;
		}
	rump_mutex_exit(&unp_lock);
}

void
unp_namerele(struct unpname *un)
{

	if (__atomic_sub_fetch(&un->un_refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (un->un_vp != NULL)
		rump_vfs_sock_rele(un->un_vp);
	rump_kmem_free(un, sizeof(*un));
}

int
unp_lookup(const struct sockaddr *sa, unsigned len, int type,
    struct socket **sop)
{
	struct socket *so = NULL;
	struct unpname un;
	struct unpcb *u;
	int error;

	if ((error = unp_parse(sa, len, &un)) != 0)
		return error;
	if (un.un_addr.sun_path[0] != '\0' &&
	    (error = rump_vfs_sock_lookup(un.un_addr.sun_path,
	    &un.un_vp)) != 0)
		return error;
	rump_mutex_enter(&unp_lock);
	if ((u = unp_find(&un, type)) != NULL)
		so_ref(so = u->unp_so);
	rump_mutex_exit(&unp_lock);
	if (un.un_vp != NULL)
		rump_vfs_sock_rele(un.un_vp);
	if (u == NULL)
		return ECONNREFUSED;
	if (so->so_type != type) {
		so_rele(so);
		return EPROTOTYPE;
	}
	*sop = so;
	return 0;
}

void
unp_putname(const struct socket *so, struct sockaddr *sa, unsigned *lenp)
{
	const struct unpname *un = so != NULL ? unp_nameof(so) : NULL;

	if (un == NULL) {
		sa->sa_family = AF_UNIX;
		*lenp = UNP_HDR;
		return;
	}
	memcpy(sa, &un->un_addr, un->un_len);
	*lenp = un->un_len;
}
