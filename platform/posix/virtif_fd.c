/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces that are descriptors: TAP devices, and sockets that keep
 * messages apart (one end of a socket pair).  A thread for each waits for
 * packets; it is told only when the driver found none, so it sleeps while
 * the driver is busy.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/if.h>
#include <linux/if_tun.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix_user.h"
#include "virtif.h"

#define VNETHDR		12	/* struct virtio_net_hdr_v1 */

static void *
fd_thread(void *arg)
{
	struct rumpcomp_virtif *v = arg;
	struct epoll_event ev;
	int n;

	for (;;) {
		n = epoll_wait(v->v_epoll, &ev, 1, -1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n != 1 || ev.data.fd == v->v_quitfd)
			return NULL;
		/* One shot: silent until recv arms it again. */
		__atomic_store_n(&v->v_armed, 0, __ATOMIC_RELEASE);
		virtif_signal(v);
	}
}

static int
fd_arm(struct rumpcomp_virtif *v, int op)
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLONESHOT, .data.fd = v->v_fd
	};

	__atomic_store_n(&v->v_armed, 1, __ATOMIC_RELEASE);
	return epoll_ctl(v->v_epoll, op, v->v_fd, &ev);
}

static int
fd_start(struct rumpcomp_virtif *v)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int error;

	v->v_epoll = epoll_create1(EPOLL_CLOEXEC);
	v->v_quitfd = eventfd(0, EFD_CLOEXEC);
	ev.data.fd = v->v_quitfd;
	if (v->v_epoll == -1 || v->v_quitfd == -1 ||
	    fcntl(v->v_fd, F_SETFL, fcntl(v->v_fd, F_GETFL) | O_NONBLOCK) ==
	    -1 || epoll_ctl(v->v_epoll, EPOLL_CTL_ADD, v->v_quitfd, &ev) ==
	    -1 || fd_arm(v, EPOLL_CTL_ADD) == -1)
		error = errno;
	else
		error = pthread_create(&v->v_thread, NULL, fd_thread, v);
	if (error != 0) {
		if (v->v_epoll != -1)
			(void)close(v->v_epoll);
		if (v->v_quitfd != -1)
			(void)close(v->v_quitfd);
	}
	return error;
}

static void
fd_close(struct rumpcomp_virtif *v)
{
	uint64_t one = 1;

	(void)!write(v->v_quitfd, &one, sizeof(one));
	POSIX_NOFAIL(pthread_join(v->v_thread, NULL));
	(void)close(v->v_epoll);
	(void)close(v->v_quitfd);
	(void)close(v->v_fd);
}

static long
fd_recv(struct rumpcomp_virtif *v, const struct rumpcomp_virtif_iov *iov,
    unsigned niov)
{
	ssize_t n;

	do
		n = readv(v->v_fd, (const void *)iov, (int)niov);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		return n;
	if (n == 0 || errno != EAGAIN)
		return -1;
	if (!__atomic_load_n(&v->v_armed, __ATOMIC_ACQUIRE))
		(void)fd_arm(v, EPOLL_CTL_MOD);
	return 0;
}

static int
fd_send(struct rumpcomp_virtif *v, const struct rumpcomp_virtif_iov *iov,
    unsigned niov)
{
	struct msghdr mh = {
		.msg_iov = (void *)(uintptr_t)iov, .msg_iovlen = niov
	};
	ssize_t n;

	do
		n = v->v_sock ? sendmsg(v->v_fd, &mh, MSG_NOSIGNAL) :
		    writev(v->v_fd, (const void *)iov, (int)niov);
	while (n == -1 && errno == EINTR);
	if (n != -1)
		return 0;
	return errno == ENOBUFS ? EAGAIN : errno;
}

static const struct virtif_ops fd_ops = { fd_recv, fd_send, fd_close };

/*
 * A TAP device: its header, offloads and MTU.  The host hands over packets
 * of up to 64 KiB whose sums nobody made then, and takes such.
 */
static int
tap_setup(struct rumpcomp_virtif *v, struct ifreq *ifr,
    const struct virtif_options *vo, struct rumpcomp_virtif_conf *vc)
{
	unsigned offload = vo->vo_nooffload ? 0 : TUN_F_CSUM | TUN_F_TSO4 |
	    TUN_F_TSO6 | TUN_F_TSO_ECN;
	int size = VNETHDR, s;

	vc->vc_vnethdr = (ifr->ifr_flags & IFF_VNET_HDR) != 0;
	if (vc->vc_vnethdr) {
		if (ioctl(v->v_fd, TUNSETVNETHDRSZ, &size) == -1)
			return errno;
		vc->vc_offload = ioctl(v->v_fd, TUNSETOFFLOAD, offload) == 0 &&
		    offload != 0;
	}
	if (!vo->vo_hasmac)
		posix_virtif_namemac(vc->vc_mac, ifr->ifr_name, 0);
	/* Its MTU, when it is in this network namespace. */
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s != -1 && vo->vo_mtu == 0 && ioctl(s, SIOCGIFMTU, ifr) == 0 &&
	    ifr->ifr_mtu >= 68 && ifr->ifr_mtu <= 65521)
		vc->vc_mtu = (unsigned)ifr->ifr_mtu;
	if (s != -1)
		(void)close(s);
	return 0;
}

static int
fd_finish(struct rumpcomp_virtif *v, const char *what)
{
	int error = fd_start(v);

	v->v_ops = &fd_ops;
	if (error != 0)
		rumpuser_dprintf("RUMP_NET: %s: %s\n", what, strerror(error));
	return error;
}

static int
tap_error(const char *name, int error)
{
	const char *hint = "";

	if (error == EPERM || error == EACCES)
		hint = "; make it for this user: ip tuntap add NAME mode tap "
		    "user USER";
	else if (error == EBUSY)
		hint = "; another process has it";
	else if (error == ENOENT || error == ENODEV)
		hint = "; load the module tun";
	rumpuser_dprintf("RUMP_NET: tap:%s: %s%s\n", name, strerror(error),
	    hint);
	return error;
}

int
posix_virtif_tap_open(struct rumpcomp_virtif *v, const char *name,
    const struct virtif_options *vo, struct rumpcomp_virtif_conf *vc)
{
	struct ifreq ifr;
	int error;

	memset(&ifr, 0, sizeof(ifr));
	if (name[0] == '\0' || strlen(name) >= sizeof(ifr.ifr_name))
		return tap_error(name, EINVAL);
	memcpy(ifr.ifr_name, name, strlen(name));
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	v->v_fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (v->v_fd == -1)
		return tap_error(name, errno);
	if (ioctl(v->v_fd, TUNSETIFF, &ifr) == -1)
		error = tap_error(name, errno);
	else if ((error = tap_setup(v, &ifr, vo, vc)) != 0)
		(void)tap_error(name, error);
	else
		error = fd_finish(v, name);
	if (error != 0)
		(void)close(v->v_fd);
	return error;
}

int
posix_virtif_fd_open(struct rumpcomp_virtif *v, const char *spec,
    const struct virtif_options *vo, struct rumpcomp_virtif_conf *vc)
{
	struct ifreq ifr;
	socklen_t len = sizeof(int);
	int type = 0, error;
	char *end;

	memset(&ifr, 0, sizeof(ifr));
	v->v_fd = (int)strtol(spec, &end, 10);
	if (end == spec || *end != '\0')
		v->v_fd = -1;
	if (getsockopt(v->v_fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type != SOCK_STREAM) {
		v->v_sock = 1;
		vc->vc_vnethdr = vo->vo_vnet;
		vc->vc_offload = vo->vo_vnet && !vo->vo_nooffload;
		if (!vo->vo_hasmac) {
			rumpuser_getrandom(vc->vc_mac, 6, 0,
			    &(size_t){ 0 });
			vc->vc_mac[0] = 0x02;
		}
	} else if (ioctl(v->v_fd, TUNGETIFF, &ifr) == -1 ||
	    (ifr.ifr_flags & IFF_TAP) == 0 || !(ifr.ifr_flags & IFF_NO_PI)) {
		rumpuser_dprintf("RUMP_NET: fd:%s: expected a TAP device "
		    "(IFF_NO_PI) or a socket with messages\n", spec);
		return EINVAL;
	} else if ((error = tap_setup(v, &ifr, vo, vc)) != 0)
		return tap_error(ifr.ifr_name, error);
	return fd_finish(v, spec);
}
