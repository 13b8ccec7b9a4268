/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net/igmp and igmp6: who joined which groups. */
#include <linux/if.h>
#include <net/inproto.h>
#include <net/netproc.h>

static unsigned
users(const struct ingroup *ig)
{
	const struct inmulti *im;
	unsigned n = 0;

	for (im = ig->ig_members; im != NULL; im = im->im_gnext)
		n++;
	return n;
}

static void
igmp_lines(struct text *tx, struct ifnet *ifp, struct inifgroups *igs)
{
	const struct ingroup *ig;
	unsigned n = 0;

	rump_mutex_enter(&igs->ig_lock);
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		n += users(ig) > 0;
	if (n > 0)
		rump_textf(tx, "%u\t%-10s: %5u %7s\n", ifp->if_index,
		    ifp->if_name, n, "V3");
	/* Those without users are only there until all know of it. */
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		if (users(ig) > 0)
			rump_textf(tx, "\t\t\t\t%08X %5u %d:%08X\t\t%d\n",
			    ig->ig_addr.ia_w[3], users(ig),
			    ig->ig_querydue != 0, 0, 0);
	rump_mutex_exit(&igs->ig_lock);
}

static void
igmp6_lines(struct text *tx, struct ifnet *ifp, struct inifgroups *igs)
{
	const struct ingroup *ig;

	rump_mutex_enter(&igs->ig_lock);
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next) {
		if (users(ig) == 0)
			continue;
		rump_textf(tx, "%-4u %-15s ", ifp->if_index, ifp->if_name);
		rump_netproc_hex128(tx, &ig->ig_addr);
		rump_textf(tx, " %5u %08X %d\n", users(ig), 4, 0);
	}
	rump_mutex_exit(&igs->ig_lock);
}

/* pn_arg: not NULL for IPv6. */
static int
groups_read(struct text *tx, const struct procctx *pc)
{
	int v6 = pc->pc_node->pn_arg != NULL;
	const struct mcastops *mo = rump_mcastops[v6];
	struct inifgroups *igs;
	uint32_t i, last = 0;
	struct ifnet *ifp;

	if (!v6)
		rump_textf(tx, "Idx\tDevice    : Count Querier\tGroup    "
		    "Users Timer\tReporter\n");
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		last = ifp->if_index > last ? ifp->if_index : last;
	rump_rw_exit(&rump_if_lock);
	for (i = 1; mo != NULL && i <= last; i++) {
		if ((ifp = rump_if_get(i)) == NULL)
			continue;
		if ((igs = mo->mo_groups(ifp)) != NULL && v6)
			igmp6_lines(tx, ifp, igs);
		else if (igs != NULL)
			igmp_lines(tx, ifp, igs);
		rump_if_rele(ifp);
	}
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/igmp", groups_read);
	rump_proc_file(pt, "net/igmp6", groups_read)->pn_arg = "6";
}
