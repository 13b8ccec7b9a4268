/* SPDX-License-Identifier: BSD-2-Clause */
/* Between inpcb.c and inpcb_bind.c; the caller holds it_lock. */
#ifndef INPCB_PRIV_H
#define INPCB_PRIV_H

#include "inet_priv.h"

/* The bucket of a port, or NULL; _get: found or made. */
struct inport *inpcb_port(const struct inpcbtable *, uint16_t port);
struct inport *inpcb_port_get(struct inpcbtable *, uint16_t port);
/* ifindex 0: any interface. */
struct inpcb *inpcb_find(const struct inpcbtable *, const struct inaddr *l,
	    uint16_t lport, const struct inaddr *f, uint16_t fport,
	    uint32_t ifindex);
int	inpcb_hash_insert(struct inpcb *);
void	inpcb_hash_remove(struct inpcb *);
void	inpcb_remove(struct inpcb *);
/* Into a bucket, without a peer. */
int	inpcb_enter(struct inpcb *, uint16_t port);

static inline void
port_link(struct inpcb *inp, struct inpcb **list)
{

	if ((inp->inp_pnext = *list) != NULL)
		(*list)->inp_pprevp = &inp->inp_pnext;
	inp->inp_pprevp = list;
	*list = inp;
}

static inline void
port_unlink(struct inpcb *inp)
{

	if ((*inp->inp_pprevp = inp->inp_pnext) != NULL)
		inp->inp_pnext->inp_pprevp = inp->inp_pprevp;
}

/* The table's lock is held; input looks at it without. */
static inline void
inpcb_sethashed(struct inpcb *inp, uint8_t how)
{

	__atomic_store_n(&inp->inp_hashed, how, __ATOMIC_RELAXED);
}

static inline int
inpcb_v6only(const struct inpcb *inp)
{

	return inp->inp_family == AF_INET6 &&
	    __atomic_load_n(&inp->inp_v6only, __ATOMIC_RELAXED);
}

#endif /* INPCB_PRIV_H */
