/* SPDX-License-Identifier: BSD-2-Clause */
/* NETLINK_SOCK_DIAG: sockets of AF_UNIX, when the image has net_local. */
#include <asm/errno.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <net/unpdiag.h>
#include "nl.h"

struct udiag {
	struct nlreq		*ud_r;
	struct unix_diag_req	 ud_req;
	unsigned		 ud_found;
};

static void
put_attrs(struct nlout *o, const struct unpview *v, uint32_t show)
{
	struct unix_diag_rqlen rq = { v->uv_rqueue, v->uv_wqueue };
	struct unix_diag_vfs vfs = { v->uv_vfsino, v->uv_vfsdev };
	uint32_t mem[SK_MEMINFO_VARS];

	if ((show & UDIAG_SHOW_NAME) && v->uv_namelen > 0)
		nl_attr(o, UNIX_DIAG_NAME, v->uv_name, v->uv_namelen);
	if ((show & UDIAG_SHOW_VFS) && v->uv_vfsino != 0)
		nl_attr(o, UNIX_DIAG_VFS, &vfs, sizeof(vfs));
	if ((show & UDIAG_SHOW_PEER) && v->uv_peer != 0)
		nl_attr32(o, UNIX_DIAG_PEER, (uint32_t)v->uv_peer);
	if (show & UDIAG_SHOW_RQLEN)
		nl_attr(o, UNIX_DIAG_RQLEN, &rq, sizeof(rq));
	if (show & UDIAG_SHOW_MEMINFO) {
		memset(mem, 0, sizeof(mem));
		mem[SK_MEMINFO_RCVBUF] = v->uv_rcvbuf;
		mem[SK_MEMINFO_SNDBUF] = v->uv_sndbuf;
		mem[SK_MEMINFO_WMEM_ALLOC] = v->uv_wmem;
		nl_attr(o, UNIX_DIAG_MEMINFO, mem, sizeof(mem));
	}
	nl_attr8(o, UNIX_DIAG_SHUTDOWN, v->uv_shut);
	if (show & UDIAG_SHOW_UID)
		nl_attr32(o, UNIX_DIAG_UID, v->uv_uid);
}

static int
diag_unp(const struct unpview *v, void *arg)
{
	struct udiag *ud = arg;
	struct nlout *o = ud->ud_r->nr_out;
	struct unix_diag_msg *m;

	if (ud->ud_r->nr_dump) {
		if (!(ud->ud_req.udiag_states >> v->uv_state & 1))
			return 0;
	} else if ((uint32_t)v->uv_ino != ud->ud_req.udiag_ino) {
		return 0;
	}
	ud->ud_found = 1;
	m = nl_begin(o, SOCK_DIAG_BY_FAMILY, 0, sizeof(*m));
	if (m != NULL) {
		m->udiag_family = AF_UNIX;
		m->udiag_type = (uint8_t)v->uv_type;
		m->udiag_state = v->uv_state;
		m->udiag_ino = (uint32_t)v->uv_ino;
		memcpy(m->udiag_cookie, &v->uv_ino, sizeof(v->uv_ino));
	}
	put_attrs(o, v, ud->ud_req.udiag_show);
	return nl_end(o);
}

int
nl_unixdiag(struct nlreq *r)
{
	struct udiag ud = { .ud_r = r };
	int error;

	if (rump_unp_walk == NULL)
		return ENOENT;
	if ((error = nl_parse(r, sizeof(ud.ud_req))) != 0)
		return error;
	memcpy(&ud.ud_req, r->nr_body, sizeof(ud.ud_req));
	if (!r->nr_dump && ud.ud_req.udiag_ino == 0)
		return EINVAL;
	if ((error = rump_unp_walk(diag_unp, &ud)) != 0)
		return error;
	return r->nr_dump || ud.ud_found ? 0 : ENOENT;
}
