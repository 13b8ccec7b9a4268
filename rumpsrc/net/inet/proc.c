/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/net: files of PCBs for transports, snmp, sockstat; settings of IPv4
 * in /proc/sys/net/ipv4.
 */
#include <net/netproc.h>
#include <net/tcpdiag.h>
#include "inet_priv.h"

struct pcbs {
	struct text	*pa_tx;
	int		 pa_family;
	int		 pa_n;
};

void
rump_netproc_addr(struct text *tx, int family, const struct inaddr *a,
    uint16_t port)
{
	static const struct inaddr any6;

	if (family == AF_INET) {
		rump_textf(tx, " %08X:%04X", a->ia_w[3], net16(port));
		return;
	}
	/* 0.0.0.0 of a socket that is not bound */
	if (inaddr_is4(a) && inaddr_isany(a))
		a = &any6;
	rump_textf(tx, " %08X%08X%08X%08X:%04X", a->ia_w[0], a->ia_w[1],
	    a->ia_w[2], a->ia_w[3], net16(port));
}

static int
pcb_line(struct inpcb *inp, void *arg)
{
	struct socket *so = inp->inp_so;
	struct pcbs *pa = arg;

	if (inp->inp_family != pa->pa_family)
		return 0;
	rump_mutex_enter(&so->so_lock);
	rump_textf(pa->pa_tx, "%5d:", pa->pa_n++);
	rump_netproc_addr(pa->pa_tx, pa->pa_family, &inp->inp_laddr,
	    so->so_type == SOCK_RAW ? net16(so->so_protocol) :
	    inp->inp_lport);
	rump_netproc_addr(pa->pa_tx, pa->pa_family, &inp->inp_faddr,
	    inp->inp_fport);
	rump_textf(pa->pa_tx, " %02X %08X:%08X 00:00000000 00000000 %5u"
	    "        0 %lu %u %016lx %u\n",
	    so->so_state & SS_CONNECTED ? 1 : 7, so->so_snd.sb_cc,
	    so->so_rcv.sb_cc, so->so_cred->cr_euid,
	    (unsigned long)so->so_ino, __atomic_load_n(&so->so_refs,
	    __ATOMIC_RELAXED), 0UL, so->so_drops);
	rump_mutex_exit(&so->so_lock);
	return 0;
}

static struct inpcbtable *
table(unsigned which)
{

	return __atomic_load_n(&rump_inpcbtables[which], __ATOMIC_ACQUIRE);
}

int
rump_netproc_pcbs(struct text *tx, const struct procctx *pc)
{
	const struct netproc_pcbs *np = pc->pc_node->pn_arg;
	struct inpcbtable *it = table(np->np_table);
	struct pcbs pa = { tx, np->np_family, 0 };

	if (np->np_family == AF_INET6)
		rump_textf(tx, "  sl  local_address                         "
		    "remote_address                        st tx_queue "
		    "rx_queue tr tm->when retrnsmt   uid  timeout inode ref "
		    "pointer drops\n");
	else
		rump_textf(tx, "   sl  local_address rem_address   st "
		    "tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
		    "inode ref pointer drops\n");
	return it != NULL ? inpcb_walk(it, pcb_line, &pa) : 0;
}

/* --- snmp --- */
void
rump_netproc_icmp(struct text *tx)
{
	/* In the order of the names below; both ways. */
	static const uint8_t types[] = { 3, 11, 12, 4, 5, 8, 0, 13, 14, 17,
	    18 };
	unsigned way, i;

	rump_textf(tx, "Icmp: InMsgs InErrors InCsumErrors InDestUnreachs "
	    "InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos "
	    "InEchoReps InTimestamps InTimestampReps InAddrMasks "
	    "InAddrMaskReps OutMsgs OutErrors OutDestUnreachs OutTimeExcds "
	    "OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps "
	    "OutTimestamps OutTimestampReps OutAddrMasks "
	    "OutAddrMaskReps\nIcmp:");
	for (way = 0; way < 2; way++) {
		rump_netproc_counters(tx, &rump_icmpstat[way][ICMPS_Msgs], 1);
		rump_netproc_counters(tx, &rump_icmpstat[way][ICMPS_Errors],
		    1);
		if (way == 0)
			rump_netproc_counters(tx,
			    &rump_icmpstat[0][ICMPS_CsumErrors], 1);
		for (i = 0; i < sizeof(types); i++)
			rump_netproc_counters(tx,
			    &rump_icmpstat[way][types[i]], 1);
	}
	rump_textf(tx, "\n");
}

static int
snmp_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "Ip: Forwarding DefaultTTL InReceives InHdrErrors "
	    "InAddrErrors ForwDatagrams InUnknownProtos InDiscards "
	    "InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout "
	    "ReasmReqds ReasmOKs ReasmFails FragOKs FragFails "
	    "FragCreates\nIp: %d %d", rump_ip_forwarding ? 1 : 2, rump_ip_ttl);
	rump_netproc_counters(tx, rump_ipstat[0], IPS_MAX);
	rump_textf(tx, "\n");
	rump_netproc_icmp(tx);
	if (rump_netproc_tcp != NULL)
		rump_netproc_tcp(tx);
	if (rump_netproc_udp != NULL)
		rump_netproc_udp(tx);
	return 0;
}

/* The octets that Linux counts as well are those of the interfaces. */
static int
netstat_read(struct text *tx, const struct procctx *pc)
{
	uint64_t rx = 0, tx_bytes = 0;
	const struct ifnet *ifp;

	(void)pc;
	if (rump_netproc_tcpext != NULL)
		rump_netproc_tcpext(tx);
	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next) {
		rx += __atomic_load_n(&ifp->if_stats.rx_bytes,
		    __ATOMIC_RELAXED);
		tx_bytes += __atomic_load_n(&ifp->if_stats.tx_bytes,
		    __ATOMIC_RELAXED);
	}
	rump_rw_exit(&rump_if_lock);
	rump_textf(tx, "IpExt: InOctets OutOctets\nIpExt: %lu %lu\n",
	    (unsigned long)rx, (unsigned long)tx_bytes);
	return 0;
}

/* --- sockstat --- */
struct count {
	unsigned	 co_family;
	unsigned	 co_n[2];	/* IPv4, IPv6 */
	unsigned	 co_orphans;	/* nobody has a file for them */
	uint64_t	 co_mem;
};

static int
count_pcb(struct inpcb *inp, void *arg)
{
	struct socket *so = inp->inp_so;
	struct count *co = arg;

	rump_mutex_enter(&so->so_lock);
	co->co_n[inp->inp_family == AF_INET6]++;
	co->co_orphans += (so->so_state & SS_NOFILE) != 0;
	co->co_mem += so->so_rcv.sb_mem + so->so_snd.sb_mem;
	rump_mutex_exit(&so->so_lock);
	return 0;
}

static struct count
count_table(unsigned which)
{
	struct inpcbtable *it = table(which);
	struct count co = { 0 };

	if (it != NULL)
		(void)inpcb_walk(it, count_pcb, &co);
	return co;
}

static int
count_tw(const struct tcpmini *tm, void *arg)
{

	*(unsigned *)arg += tm->tm_state == 6;
	return 0;
}

static int
sockstat_read(struct text *tx, const struct procctx *pc)
{
	struct count co[4];
	unsigned i, frags, tw = 0;
	uint32_t mem;

	(void)pc;
	for (i = 0; i < 4; i++)
		co[i] = count_table(i);
	ip4_fragstat(&frags, &mem);
	if (rump_tcp_walkmini != NULL)
		(void)rump_tcp_walkmini(count_tw, &tw);
	rump_textf(tx, "sockets: used %u\nTCP: inuse %u orphan %u tw %u "
	    "alloc %u mem %lu\n", __atomic_load_n(&rump_so_count,
	    __ATOMIC_RELAXED), co[IPT_TCP].co_n[0],
	    co[IPT_TCP].co_orphans, tw, co[IPT_TCP].co_n[0] +
	    co[IPT_TCP].co_n[1],
	    (unsigned long)((co[IPT_TCP].co_mem + 4095) / 4096));
	rump_textf(tx, "UDP: inuse %u mem %lu\nUDPLITE: inuse 0\n"
	    "RAW: inuse %u\nFRAG: inuse %u memory %u\n", co[IPT_UDP].co_n[0],
	    (unsigned long)((co[IPT_UDP].co_mem + 4095) / 4096),
	    co[IPT_RAW].co_n[0], frags, mem);
	return 0;
}

static int
sockstat6_read(struct text *tx, const struct procctx *pc)
{

	uint32_t mem = 0;
	unsigned frags = 0;

	(void)pc;
	if (rump_ip6_fragstat != NULL)
		rump_ip6_fragstat(&frags, &mem);
	rump_textf(tx, "TCP6: inuse %u\nUDP6: inuse %u\nUDPLITE6: inuse 0\n"
	    "RAW6: inuse %u\nFRAG6: inuse %u memory %u\n",
	    count_table(IPT_TCP).co_n[1], count_table(IPT_UDP).co_n[1],
	    count_table(IPT_RAW).co_n[1], frags, mem);
	return 0;
}

/* --- settings --- */
static int
portrange_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "%d\t%d\n", __atomic_load_n(&rump_ip_portmin,
	    __ATOMIC_RELAXED), __atomic_load_n(&rump_ip_portmax,
	    __ATOMIC_RELAXED));
	return 0;
}

static int
portrange_write(const char *text, const struct procctx *pc)
{
	int v[2] = { 0, 0 };
	const struct procnum num = { v, 2, 1, 65535 };
	const struct procnode pn = { .pn_arg = &num };
	struct procctx sub = { .pc_node = &pn };
	int error;

	(void)pc;
	if ((error = rump_procnum_write(text, &sub)) != 0)
		return error;
	if (v[0] > v[1])
		return EINVAL;
	__atomic_store_n(&rump_ip_portmin, v[0], __ATOMIC_RELAXED);
	__atomic_store_n(&rump_ip_portmax, v[1], __ATOMIC_RELAXED);
	return 0;
}

/* Linux's setting says what is ignored, ours what is answered. */
static int
ignorebcast_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "%d\n", !__atomic_load_n(&rump_ip_echobcast,
	    __ATOMIC_RELAXED));
	return 0;
}

static int
ignorebcast_write(const char *text, const struct procctx *pc)
{
	int v = 0;
	const struct procnum num = { &v, 1, 0, 1 };
	const struct procnode pn = { .pn_arg = &num };
	struct procctx sub = { .pc_node = &pn };
	int error = rump_procnum_write(text, &sub);

	(void)pc;
	if (error == 0)
		__atomic_store_n(&rump_ip_echobcast, !v, __ATOMIC_RELAXED);
	return error;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/snmp", snmp_read);
	rump_proc_file(pt, "net/netstat", netstat_read);
	rump_proc_file(pt, "net/sockstat", sockstat_read);
	rump_proc_file(pt, "net/sockstat6", sockstat6_read);
	PROC_NUM(pt, "sys/net/ipv4/ip_forward", rump_ip_forwarding, 0, 1);
	PROC_NUM(pt, "sys/net/ipv4/conf/all/forwarding", rump_ip_forwarding, 0,
	    1);
	PROC_NUM(pt, "sys/net/ipv4/ip_default_ttl", rump_ip_ttl, 1, 255);
	PROC_NUM(pt, "sys/net/ipv4/ip_unprivileged_port_start",
	    rump_ip_unprivport, 0, 65535);
	rump_proc_set(pt, "sys/net/ipv4/ip_local_port_range", portrange_read,
	    portrange_write);
	rump_proc_set(pt, "sys/net/ipv4/icmp_echo_ignore_broadcasts",
	    ignorebcast_read, ignorebcast_write);
}
