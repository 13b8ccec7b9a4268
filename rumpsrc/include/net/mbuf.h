/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet buffers.  A packet is a chain of mbufs (m_next), its header (m_pkt)
 * is that of the first; a queue of packets is linked by m_nextpkt.  The bytes
 * an mbuf points at belong to its store: itself (the memory that follows the
 * struct), or another mbuf that it holds a reference to, so that a range of a
 * packet can be in several chains at once without a copy.
 *
 * An mbuf has one owner, who alone may change its fields.  Bytes may be
 * changed only while m_writable().  m_refs is atomic.  Nothing here sleeps;
 * allocation returns NULL when memory is short or over the limit of all mbufs.
 */
#ifndef NET_MBUF_H
#define NET_MBUF_H

#include <stddef.h>
#include <stdint.h>
#include <kern/str.h>

/*
 * The kernel is built -ffreestanding: a header of some bytes is copied in place
 * only when the compiler is told that memcpy is memcpy.
 */
#define memcpy(...)	__builtin_memcpy(__VA_ARGS__)
#define memmove(...)	__builtin_memmove(__VA_ARGS__)
#define memset(...)	__builtin_memset(__VA_ARGS__)
#define memcmp(...)	__builtin_memcmp(__VA_ARGS__)

struct ifnet;

enum {				/* ph_csum: the sum of the transport header */
	PH_CSUM_NONE,		/* received: to be checked; sent: complete */
	PH_CSUM_OK,		/* received: it is right */
	PH_CSUM_PARTIAL,	/* the field holds the sum of the pseudo header:
				 * whoever puts the packet on a wire adds the
				 * sum from ph_csumstart on; a receiver may
				 * take it as right */
};
enum { PH_GSO_NONE, PH_GSO_TCP4, PH_GSO_TCP6 };

struct pkthdr {
	struct ifnet	*ph_if;		/* received on; not referenced */
	uint32_t	 ph_len;	/* all bytes of the chain */
	uint16_t	 ph_l3;		/* received: offset of the network */
	uint16_t	 ph_l4;		/* and transport header in the first
					 * mbuf's store: PH_OFF(), PH_HDR() */
	uint16_t	 ph_csumstart;	/* from m_data, as sent */
	uint16_t	 ph_csumoff;	/* from ph_csumstart */
	uint16_t	 ph_gsosize;	/* payload of each segment */
	uint16_t	 ph_hdrlen;	/* GSO: bytes of all headers */
	uint8_t		 ph_csum;
	uint8_t		 ph_gso;
	uint16_t	 ph_flags;
#define PH_BCAST	0x01		/* received by link-layer broadcast */
#define PH_MCAST	0x02
#define PH_OTHERHOST	0x04		/* promiscuous: not for us */
#define PH_LOOP		0x08		/* by lo: sums need not be right */
#define PH_FORWARD	0x10		/* being forwarded */
#define PH_FRAG		0x20		/* reassembled */
#define PH_OUT		0x40		/* a tap's: it is being sent */
	uint8_t		 ph_tos;	/* received: traffic class, hop limit */
	uint8_t		 ph_ttl;
	uint16_t	 ph_vlan;	/* 802.1Q tag, 0: none */
	uint32_t	 ph_prio;	/* SO_PRIORITY */
	uint32_t	 ph_loopif;	/* on lo: a copy of what this interface
					 * sent to a group or broadcast */
	int64_t		 ph_time;	/* received, wall time; 0: not taken */
};

struct mbuf {
	struct mbuf	*m_next;	/* further bytes of this packet */
	struct mbuf	*m_nextpkt;	/* next packet of a queue */
	uint8_t		*m_data;
	uint32_t	 m_len;
	uint32_t	 m_size;	/* of a store: bytes from m_base */
	struct mbuf	*m_store;	/* whose bytes these are; or itself */
	uint8_t		*m_base;	/* of a store */
	void		(*m_extfree)(struct mbuf *);	/* of a store whose
					 * bytes are elsewhere */
	void		*m_extarg;
	uint32_t	 m_refs;	/* [a] of a store, itself included */
	uint16_t	 m_flags;
#define MF_PRIV1	0x01		/* the current owner's */
#define MF_PRIV2	0x02
#define MF_EOR		0x04		/* end of record */
	uint16_t	 m_class;	/* allocator's */
	struct pkthdr	 m_pkt;
};

#define MBUF_HDR	256	/* room that m_gethdr leaves for headers */
#define MBUF_MAX	3840	/* most bytes of one mbuf: a page's */
#define mtod(m, t)	((t)(void *)(m)->m_data)

/* ph_l3, ph_l4: m_data as an offset, and back.  m_pullup() keeps them right. */
#define PH_OFF(m)	((uint16_t)((m)->m_data - (m)->m_store->m_base))
#define PH_HDR(m, off)	((m)->m_store->m_base + (off))
/* The packet from its network header on, which m_data has left behind. */
static inline void
m_withl3(struct mbuf *m)
{
	uint8_t *l3 = PH_HDR(m, m->m_pkt.ph_l3);
	uint32_t n = (uint32_t)(m->m_data - l3);

	m->m_data = l3;
	m->m_len += n;
	m->m_pkt.ph_len += n;
}

/* One mbuf with room for len <= MBUF_MAX bytes; m_len 0; m_pkt all zero. */
struct mbuf *m_get(size_t len);
/* The same, m_data behind room for the headers of all layers (MBUF_HDR; for
 * more than 3,700 bytes what is left of the page, at least 128). */
struct mbuf *m_gethdr(size_t len);
/* An mbuf whose bytes are base[0, len): fn is called with it at the end. */
struct mbuf *m_getext(void *base, size_t len, void (*fn)(struct mbuf *),
    void *arg);
void	m_free(struct mbuf *);		/* this one */
void	m_freem(struct mbuf *);		/* the chain */
void	m_freeq(struct mbuf *);		/* all packets of a queue */
/*
 * A packet that shares [off, off + len) of m.  NULL: no memory.  m_pkt of
 * this and of m_dup's has ph_len only: who wants more copies it.
 */
struct mbuf *m_copym(const struct mbuf *m, size_t off, size_t len);
/* A contiguous copy, with room for headers; len <= MBUF_MAX. */
struct mbuf *m_dup(const struct mbuf *m, size_t off, size_t len);
/* n bytes before m's; a new mbuf in front when there is no room. */
struct mbuf *m_prepend(struct mbuf *, size_t n);	/* frees m on NULL */
/* The first n bytes contiguous (n <= MBUF_MAX).  Frees m, NULL when short. */
struct mbuf *m_pullup(struct mbuf *, size_t n);
/* The same, and these bytes may be changed: copied when they are shared. */
struct mbuf *m_unshare(struct mbuf *, size_t n);
/* Cut from the front (n > 0) or the end (n < 0) of a packet. */
void	m_adj(struct mbuf *, int n);
/* Appends the chain n to m, with its length. */
void	m_cat(struct mbuf *m, struct mbuf *n);
struct mbuf *m_last(struct mbuf *);
/* Copies out of / into a chain; the range must be inside. */
void	m_copydata(const struct mbuf *, size_t off, size_t len, void *);
void	m_copyback(struct mbuf *, size_t off, size_t len, const void *);
/* Bytes, and memory that they hold, of a chain. */
size_t	m_length(const struct mbuf *);
size_t	m_memory(const struct mbuf *);

static inline int
m_writable(const struct mbuf *m)
{
	return __atomic_load_n(&m->m_store->m_refs, __ATOMIC_ACQUIRE) == 1 &&
	    m->m_store->m_extfree == NULL;
}

/* Bytes free before and after the data in the store. */
static inline size_t
m_headroom(const struct mbuf *m)
{
	return m_writable(m) ? (size_t)(m->m_data - m->m_store->m_base) : 0;
}

static inline size_t
m_tailroom(const struct mbuf *m)
{
	return m_writable(m) ? (size_t)(m->m_store->m_base +
	    m->m_store->m_size - m->m_data) - m->m_len : 0;
}

/* Limit of the memory of all mbufs, bytes; set at boot from the machine's. */
extern size_t rump_mbuf_limit;
size_t	rump_mbuf_inuse(void);

/*
 * Internet checksum (RFC 1071) of a range: a 32-bit partial sum to go on
 * with; cksum_fold gives the field's value (complement), 0 when a packet
 * with its checksum is right.
 */
uint32_t cksum_add(const void *, size_t, uint32_t sum);
uint32_t m_cksum(const struct mbuf *, size_t off, size_t len, uint32_t sum);
static inline uint16_t
cksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}
/* Completes a PH_CSUM_PARTIAL packet in software.  ENOBUFS: freed. */
int	m_cksum_finish(struct mbuf **);

#endif /* NET_MBUF_H */
