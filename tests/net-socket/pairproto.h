/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stream protocol for testing the generic socket layer: pairs of sockets of
 * family 44, so_snd of one flows into so_rcv of the other as there is room.
 * The lock of the lower address comes first; pr_output lets go of its own.
 */
#ifndef TESTS_NET_SOCKET_PAIRPROTO_H
#define TESTS_NET_SOCKET_PAIRPROTO_H

#include <errno.h>
#include <net/socket.h>

#define AF_PAIR	44

static struct socket *
pp_peer(struct socket *so)
{
	return __atomic_load_n(&so->so_pcb, __ATOMIC_ACQUIRE);
}

/* Both locks, so's being held. */
static void
pp_lockpeer(struct socket *so, struct socket *peer)
{

	if (peer > so) {
		rump_mutex_enter(&peer->so_lock);
		return;
	}
	rump_mutex_exit(&so->so_lock);
	rump_mutex_enter(&peer->so_lock);
	rump_mutex_enter(&so->so_lock);
}

static void
pp_flow(struct socket *from, struct socket *to)
{
	size_t n = sb_space(&to->so_rcv);
	struct mbuf *m;

	if (n > from->so_snd.sb_cc)
		n = from->so_snd.sb_cc;
	if (n == 0 || (m = m_copym(from->so_snd.sb_head, 0, n)) == NULL)
		return;
	sb_drop(&from->so_snd, n);
	sb_append(&to->so_rcv, m);
	so_wake_read(to);
	so_wake_write(from);
}

static int
pp_output(struct socket *so, int flags)
{
	struct socket *peer = pp_peer(so);

	(void)flags;
	pp_lockpeer(so, peer);
	if ((peer->so_state & SS_DEAD) == 0)
		pp_flow(so, peer);
	rump_mutex_exit(&peer->so_lock);
	return 0;
}

static void
pp_rcvd(struct socket *so, size_t n)
{
	struct socket *peer = pp_peer(so);

	(void)n;
	pp_lockpeer(so, peer);
	pp_flow(peer, so);
	rump_mutex_exit(&peer->so_lock);
}

static int
pp_attach(struct socket *so, int proto)
{

	(void)so;
	return proto == 0 ? 0 : EPROTONOSUPPORT;
}

static int
pp_connect2(struct socket *a, struct socket *b)
{
	struct socket *so[2] = { a, b };
	int i;

	for (i = 0; i < 2; i++) {
		rump_mutex_enter(&so[i]->so_lock);
		so_ref(so[1 - i]);
		__atomic_store_n(&so[i]->so_pcb, so[1 - i], __ATOMIC_RELEASE);
		so_connected(so[i]);
		rump_mutex_exit(&so[i]->so_lock);
	}
	return 0;
}

static void
pp_detach(struct socket *so)
{
	struct socket *peer = pp_peer(so);

	so->so_state |= SS_DEAD;
	rump_mutex_exit(&so->so_lock);
	if (peer != NULL) {
		rump_mutex_enter(&peer->so_lock);
		so_cantsend(peer);
		so_cantrecv(peer);
		rump_mutex_exit(&peer->so_lock);
		so_rele(peer);
	}
	rump_mutex_enter(&so->so_lock);
}

static int
pp_shutdown(struct socket *so, int how)
{
	struct socket *peer = pp_peer(so);

	if (how != SHUT_WR)
		so_cantrecv(so);
	if (how != SHUT_RD) {
		so_cantsend(so);
		pp_lockpeer(so, peer);
		so_cantrecv(peer);
		rump_mutex_exit(&peer->so_lock);
	}
	return 0;
}

static const struct protosw pairproto = {
	.pr_family = AF_PAIR,
	.pr_type = SOCK_STREAM,
	.pr_flags = PR_STREAM | PR_CONNECTED,
	.pr_attach = pp_attach,
	.pr_detach = pp_detach,
	.pr_connect2 = pp_connect2,
	.pr_shutdown = pp_shutdown,
	.pr_output = pp_output,
	.pr_rcvd = pp_rcvd,
};
RUMP_PROTOSW(pairproto);

#endif /* TESTS_NET_SOCKET_PAIRPROTO_H */
