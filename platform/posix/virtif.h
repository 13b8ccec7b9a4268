/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the kinds of network interface: descriptors with packets (TAP,
 * sockets) and the bus in shared memory.
 */
#ifndef POSIX_VIRTIF_H
#define POSIX_VIRTIF_H

#include <pthread.h>
#include <stdint.h>

#include <rump/rumpcomp_event.h>
#include <rump/rumpcomp_virtif.h>

struct rumpcomp_virtif;

struct virtif_ops {
	/* As rumpcomp_virtif_recv and _send. */
	long	(*vo_recv)(struct rumpcomp_virtif *,
		    const struct rumpcomp_virtif_iov *, unsigned);
	int	(*vo_send)(struct rumpcomp_virtif *,
		    const struct rumpcomp_virtif_iov *, unsigned);
	void	(*vo_close)(struct rumpcomp_virtif *);
};

/* What follows the kind and the value in RUMP_NETn. */
struct virtif_options {
	int	 vo_hasmac, vo_vnet, vo_nooffload;
	unsigned vo_mtu;		/* 0: not said */
	uint8_t	 vo_mac[6];
	char	 vo_pcap[256];		/* file, "": none */
};

struct rumpcomp_virtif {		/* [I] where nothing else is said */
	const struct virtif_ops *v_ops;
	struct rumpcomp_event *v_event;
	void	(*v_intr)(void *);	/* NULL: v_event is signalled */
	void	*v_intrarg;
	pthread_t v_thread;
	int	 v_fd;			/* TAP, socket; bus: its file */
	int	 v_sock;		/* v_fd is a socket */
	int	 v_vnethdr;		/* packets have the header */
	int	 v_epoll, v_quitfd;	/* descriptors: what the thread waits
					 * on */
	int	 v_pcap;		/* -1: no capture */
	volatile int v_armed;		/* [a] the next packet is announced */
	volatile int v_quit;		/* [a] */
	struct bus *v_bus;		/* the mapping */
	uint64_t v_tail;		/* [bus lock] read so far */
	uint32_t v_station;
};

/*
 * Each opens spec ("NAME", "FD", "PATH") and starts the thread that signals
 * v_event; name is what the MAC address is made of when none was given.
 * Returns 0 or an errno of the host after a line on stderr.
 */
int	posix_virtif_tap_open(struct rumpcomp_virtif *, const char *spec,
	    const struct virtif_options *, struct rumpcomp_virtif_conf *);
int	posix_virtif_fd_open(struct rumpcomp_virtif *, const char *spec,
	    const struct virtif_options *, struct rumpcomp_virtif_conf *);
int	posix_virtif_bus_open(struct rumpcomp_virtif *, const char *spec,
	    const struct virtif_options *, struct rumpcomp_virtif_conf *);

/* There may be packets. */
static inline void
virtif_signal(const struct rumpcomp_virtif *v)
{

	if (v->v_intr != NULL)
		v->v_intr(v->v_intrarg);
	else
		rumpcomp_event_signal(v->v_event);
}

/* Locally administered, the same for the same name and number. */
void	posix_virtif_namemac(uint8_t *mac, const char *name, uint32_t number);

#endif /* POSIX_VIRTIF_H */
