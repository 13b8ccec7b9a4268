/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_tcp net_local net_netlink */
/* components: vfs vfs_tmpfs */
/* NETLINK_SOCK_DIAG: what ss(8) asks for. */
#include "nltest.h"
#include <linux/inet_diag.h>
#include <linux/unix_diag.h>
#include <linux/tcp.h>

#define DM	sizeof(struct inet_diag_msg)
#define UM	sizeof(struct unix_diag_msg)

static int fd;

static int
inetdiag(int family, int proto, unsigned states, unsigned flags)
{
	struct inet_diag_req_v2 *r = rqbegin(SOCK_DIAG_BY_FAMILY, flags,
	    sizeof(*r));

	r->sdiag_family = (uint8_t)family;
	r->sdiag_protocol = (uint8_t)proto;
	r->idiag_states = states;
	r->idiag_ext = 1 << (INET_DIAG_INFO - 1) |
	    1 << (INET_DIAG_CONG - 1) | 1 << (INET_DIAG_SKMEMINFO - 1) |
	    1 << (INET_DIAG_MEMINFO - 1);
	return ask(fd);
}

static void
test_tcp(void)
{
	struct sockaddr_in s = sin4("127.0.0.1", 80);
	int l = (int)SYS(socket, AF_INET, SOCK_STREAM, 0), c, a;
	struct inet_diag_msg *m;
	struct inet_diag_req_v2 *r;
	struct nlmsghdr *h;
	struct nlattr *at;
	int i;

	CHECK_EQ(inetdiag(AF_INET, IPPROTO_TCP, ~0U, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 0);
	OK(SYS(bind, l, &s, sizeof(s)));
	OK(SYS(listen, l, 33));
	c = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(SYS(connect, c, &s, sizeof(s)));
	a = (int)SYS(accept4, l, NULL, NULL, 0);
	CHECK(a >= 0);
	CHECK_EQ(inetdiag(AF_INET, IPPROTO_TCP, ~0U, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 3);
	CHECK_EQ(inetdiag(AF_INET, IPPROTO_TCP, 1U << 10, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	h = answer(SOCK_DIAG_BY_FAMILY, 0);
	m = (void *)(h + 1);
	CHECK_EQ(m->idiag_state, 10);
	CHECK_EQ(m->idiag_wqueue, 33);
	CHECK_EQ(ntohs(m->id.idiag_sport), 80);
	CHECK(m->idiag_inode != 0);
	CHECK_EQ(inetdiag(AF_INET, IPPROTO_TCP, 1U << 1, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 2);
	h = answer(SOCK_DIAG_BY_FAMILY, 0);
	m = (void *)(h + 1);
	at = attr(h, DM, INET_DIAG_INFO);
	CHECK(at != NULL && at->nla_len == 4 + sizeof(struct tcp_info));
	CHECK_EQ(strcmp(attrstr(h, DM, INET_DIAG_CONG), "cubic"), 0);
	at = attr(h, DM, INET_DIAG_SKMEMINFO);
	CHECK(at != NULL && at->nla_len == 4 + 36);
	/* That one alone, by its addresses. */
	r = rqbegin(SOCK_DIAG_BY_FAMILY, 0, sizeof(*r));
	r->sdiag_family = AF_INET;
	r->sdiag_protocol = IPPROTO_TCP;
	r->id = m->id;
	(void)ask(fd);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	r = rqbegin(SOCK_DIAG_BY_FAMILY, 0, sizeof(*r));
	r->sdiag_family = AF_INET;
	r->sdiag_protocol = IPPROTO_TCP;
	r->id.idiag_sport = 1;
	CHECK_EQ(ask(fd), ENOENT);
	uclose(a);
	CHECK_EQ(SYS(recvfrom, c, an, 1UL, 0, NULL, NULL), 0);
	uclose(c);
	uclose(l);
	/* The one that closed first waits; its last packet may be on its way
	 * on lo still. */
	for (i = 0; i < 300; i++) {
		CHECK_EQ(inetdiag(AF_INET, IPPROTO_TCP, 1U << 6, NLM_F_DUMP),
		    0);
		if (count(SOCK_DIAG_BY_FAMILY) == 1)
			break;
		usleep(10000);
	}
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	m = (void *)(answer(SOCK_DIAG_BY_FAMILY, 0) + 1);
	CHECK_EQ(m->idiag_state, 6);
	CHECK_EQ(ntohs(m->id.idiag_sport), 80);
	CHECK(m->idiag_expires > 50000 && m->idiag_expires <= 60000);
}

static void
test_dgram(void)
{
	int u = usock(), raw = (int)SYS(socket, AF_INET, SOCK_RAW, 1);
	struct inet_diag_msg *m;

	OK(ubind(u, "127.0.0.1", 53));
	CHECK_EQ(inetdiag(AF_INET, IPPROTO_UDP, ~0U, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	m = (void *)(answer(SOCK_DIAG_BY_FAMILY, 0) + 1);
	CHECK_EQ(m->idiag_state, 7);
	CHECK_EQ(ntohs(m->id.idiag_sport), 53);
	OK(uconnect(u, "127.0.0.1", 54));
	CHECK_EQ(inetdiag(AF_UNSPEC, IPPROTO_UDP, 1U << 1, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	CHECK_EQ(inetdiag(AF_INET6, IPPROTO_UDP, ~0U, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 0);
	CHECK_EQ(inetdiag(AF_INET, IPPROTO_RAW, ~0U, NLM_F_DUMP), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	CHECK_EQ(inetdiag(AF_INET, 200, ~0U, NLM_F_DUMP), ENOENT);
	CHECK_EQ(inetdiag(99, IPPROTO_UDP, ~0U, NLM_F_DUMP), ENOENT);
	uclose(u);
	uclose(raw);
}

static int
unixdiag(unsigned flags, unsigned states, unsigned ino)
{
	struct unix_diag_req *r = rqbegin(SOCK_DIAG_BY_FAMILY, flags,
	    sizeof(*r));

	r->sdiag_family = AF_UNIX;
	r->udiag_states = states;
	r->udiag_ino = ino;
	r->udiag_show = 0x7f;
	return ask(fd);
}

static void
test_unix(void)
{
	struct sockaddr_un su = { .sun_family = AF_UNIX, .sun_path = "/sock" };
	int l = (int)SYS(socket, AF_UNIX, SOCK_STREAM, 0), p[2];
	struct unix_diag_msg *m;
	struct nlmsghdr *h;
	unsigned ino;

	OK(SYS(bind, l, &su, sizeof(su)));
	OK(SYS(listen, l, 5));
	OK(SYS(socketpair, AF_UNIX, SOCK_SEQPACKET, 0, p));
	CHECK_EQ(unixdiag(NLM_F_DUMP, ~0U, 0), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 3);
	CHECK_EQ(unixdiag(NLM_F_DUMP, 1U << 10, 0), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	h = answer(SOCK_DIAG_BY_FAMILY, 0);
	m = (void *)(h + 1);
	CHECK_EQ(m->udiag_type, SOCK_STREAM);
	CHECK(memcmp(attrstr(h, UM, UNIX_DIAG_NAME), "/sock", 5) == 0);
	ino = m->udiag_ino;
	CHECK_EQ(unixdiag(NLM_F_DUMP, 1U << 1, 0), 0);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 2);
	m = (void *)(answer(SOCK_DIAG_BY_FAMILY, 1) + 1);
	CHECK_EQ(attr32(answer(SOCK_DIAG_BY_FAMILY, 0), UM, UNIX_DIAG_PEER),
	    m->udiag_ino);
	CHECK_EQ(unixdiag(0, 0, ino), -1);
	CHECK_EQ(count(SOCK_DIAG_BY_FAMILY), 1);
	CHECK_EQ(unixdiag(0, 0, 0x7fffffff), ENOENT);
	uclose(l);
	uclose(p[0]);
	uclose(p[1]);
}

static void
test_bad(void)
{
	unsigned n;

	for (n = 0; n < sizeof(struct inet_diag_req_v2); n++) {
		(void)rqbegin(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 64);
		rq.b[16] = AF_INET;
		rq.b[17] = IPPROTO_TCP;
		rq.h.nlmsg_len = NLMSG_HDRLEN + n;
		CHECK_EQ(ask(fd), n < 56 ? EINVAL : 0);
		rq.b[16] = AF_UNIX;
		rq.h.nlmsg_seq = ++nlseq;
		/* From 28 on: an attribute of no length. */
		CHECK_EQ(ask(fd), n < 24 || n >= 28 ? EINVAL : 0);
	}
	rqbegin(SOCK_DESTROY, NLM_F_ACK, 64);
	CHECK_EQ(ask(fd), EOPNOTSUPP);
	rqbegin(77, NLM_F_ACK, 64);
	CHECK_EQ(ask(fd), EINVAL);
	uclose(fd);
	fd = nlsock(NETLINK_GENERIC);
	rqbegin(0x10, NLM_F_ACK, 4);
	CHECK_EQ(ask(fd), ENOENT);
	uclose(fd);
}

int
main(void)
{

	onhost = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		abort();
	fd = nlsock(NETLINK_SOCK_DIAG);
	test_tcp();
	test_dgram();
	test_unix();
	test_bad();
	return check_done();
}
