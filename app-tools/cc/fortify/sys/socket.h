/* SPDX-License-Identifier: BSD-2-Clause */
/* sys/socket.h, and with _FORTIFY_SOURCE its functions checked. */
#include_next <sys/socket.h>
#include <rumprun-fortify.h>

#if defined(RUMPRUN_FORTIFY) && !defined(RUMPRUN_FORTIFY_SOCKET_H)
#define RUMPRUN_FORTIFY_SOCKET_H

RUMPRUN_REAL(recv);
RUMPRUN_REAL(recvfrom);
RUMPRUN_REAL(send);

#undef recv
RUMPRUN_FORTIFIED ssize_t
recv(int rr_fd, void *rr_d, size_t rr_n, int rr_flags)
{
	/* Netlink and others: with MSG_TRUNC nothing may be stored at all. */
	RUMPRUN_LIMIT(rr_flags & MSG_TRUNC && rr_d == (void *)0 ? 0 : rr_n,
	    RUMPRUN_SIZE(rr_d));
	return rumprun_real_recv(rr_fd, rr_d, rr_n, rr_flags);
}

#undef recvfrom
RUMPRUN_FORTIFIED ssize_t
recvfrom(int rr_fd, void *__restrict rr_d, size_t rr_n, int rr_flags,
    struct sockaddr *__restrict rr_from, socklen_t *__restrict rr_len)
{
	RUMPRUN_LIMIT(rr_flags & MSG_TRUNC && rr_d == (void *)0 ? 0 : rr_n,
	    RUMPRUN_SIZE(rr_d));
	return rumprun_real_recvfrom(rr_fd, rr_d, rr_n, rr_flags, rr_from,
	    rr_len);
}

#undef send
RUMPRUN_FORTIFIED ssize_t
send(int rr_fd, const void *rr_s, size_t rr_n, int rr_flags)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_s));
	return rumprun_real_send(rr_fd, rr_s, rr_n, rr_flags);
}
#endif
