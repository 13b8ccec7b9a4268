/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_UNIX: a list of all sockets, <net/unpdiag.h>. */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <net/unpdiag.h>
#include "unp.h"

#define ST_ESTABLISHED	1
#define ST_CLOSE	7
#define ST_LISTEN	10

static void
view_name(const struct unpname *un, struct unpview *v)
{
	unsigned off = offsetof(struct sockaddr_un, sun_path), n;

	if (un == NULL || un->un_len <= off)
		return;
	n = un->un_len - off;
	if (n > sizeof(v->uv_name))
		n = sizeof(v->uv_name);
	/* A path goes without its NUL. */
	if (un->un_addr.sun_path[0] != '\0')
		n = (unsigned)strnlen(un->un_addr.sun_path, n);
	memcpy(v->uv_name, un->un_addr.sun_path, n);
	v->uv_namelen = (uint16_t)n;
}

/* so_lock held. */
static void
view_take(struct socket *so, struct unpview *v)
{
	const struct socket *peer = unp_peerof(so);
	int listens = (so->so_state & SS_LISTENING) != 0;

	memset(v, 0, sizeof(*v));
	v->uv_ino = so->so_ino;
	v->uv_type = so->so_type;
	v->uv_uid = so->so_cred->cr_euid;
	v->uv_flags = so->so_state;
	v->uv_state = listens ? ST_LISTEN : peer != NULL ? ST_ESTABLISHED :
	    ST_CLOSE;
	if (peer != NULL)
		v->uv_peer = peer->so_ino;
	v->uv_wmem = unp_of(so)->unp_wmem;
	v->uv_rqueue = listens ? so->so_qlen : so->so_rcv.sb_cc;
	v->uv_wqueue = listens ? so->so_qlimit : v->uv_wmem;
	v->uv_rcvbuf = so->so_rcv.sb_hiwat;
	v->uv_sndbuf = so->so_snd.sb_hiwat;
	v->uv_shut = (so->so_rcv.sb_flags & SB_SHUT ? 1 : 0) |
	    (so->so_snd.sb_flags & SB_SHUT ? 2 : 0);
	view_name(unp_nameof(so), v);
}

/* Those that are not going away, referenced; how many there are. */
static size_t
unp_list(struct socket **all)
{
	struct unpcb *u;
	uint32_t refs;
	size_t n = 0;

	for (u = unp_all; u != NULL; u = u->unp_next) {
		if (all == NULL) {
			n++;
			continue;
		}
		refs = __atomic_load_n(&u->unp_so->so_refs, __ATOMIC_RELAXED);
		while (refs != 0 && !__atomic_compare_exchange_n(
		    &u->unp_so->so_refs, &refs, refs + 1, 0, __ATOMIC_RELAXED,
		    __ATOMIC_RELAXED))
			;
		if (refs != 0)
			all[n++] = u->unp_so;
	}
	return n;
}

int
rump_unp_walk(int (*fn)(const struct unpview *, void *), void *arg)
{
	struct socket **all = NULL;
	struct unpview v;
	size_t i, n = 0, size;
	int dead, error = 0;

	rump_mutex_enter(&unp_lock);
	if ((size = unp_list(NULL)) > 0 &&
	    (all = rump_kmem_alloc(size * sizeof(*all))) != NULL)
		n = unp_list(all);
	rump_mutex_exit(&unp_lock);
	for (i = 0; i < n; i++) {
		rump_mutex_enter(&all[i]->so_lock);
		if (!(dead = (all[i]->so_state & SS_DEAD) ||
		    all[i]->so_pcb == NULL))
			view_take(all[i], &v);
		rump_mutex_exit(&all[i]->so_lock);
		if (!dead && error == 0)
			error = fn(&v, arg);
		so_rele(all[i]);
	}
	if (all != NULL)
		rump_kmem_free(all, size * sizeof(*all));
	return size > 0 && all == NULL ? ENOMEM : error;
}
