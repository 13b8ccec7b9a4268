/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net/unix. */
#include <kern/procnode.h>
#include <net/unpdiag.h>
#include "unp.h"

#define FLAG_LISTENS	0x10000		/* as Linux shows it */
#define ST_ESTABLISHED	1
#define ST_LISTEN	10

static int
unix_line(const struct unpview *uv, void *arg)
{
	struct text *tx = arg;
	unsigned i;

	rump_textf(tx, "%016lx: %08X %08X %08X %04X %02X %5lu", 0UL, 2, 0,
	    uv->uv_state == ST_LISTEN ? FLAG_LISTENS : 0, uv->uv_type,
	    uv->uv_state == ST_ESTABLISHED ? 3 : 1,
	    (unsigned long)uv->uv_ino);
	for (i = 0; i < uv->uv_namelen; i++)
		rump_textf(tx, "%s%c", i == 0 ? " " : "",
		    uv->uv_name[i] != '\0' ? uv->uv_name[i] : '@');
	rump_textf(tx, "\n");
	return 0;
}

static int
unix_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "Num       RefCount Protocol Flags    Type St Inode "
	    "Path\n");
	return rump_unp_walk(unix_line, tx);
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/unix", unix_read);
}
