/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net: udp, raw, icmp (ping sockets) of both families, snmp. */
#include <net/netproc.h>
#include "inet_priv.h"

struct out {
	char	*o_buf;
	size_t	 o_size, o_len;
	int	 o_family;
	int	 o_n;
};

static __attribute__((__format__(__printf__, 2, 3))) void
emit(struct out *o, const char *fmt, ...)
{
	size_t at = o->o_len < o->o_size ? o->o_len : o->o_size;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->o_size > 0 ? o->o_buf + at : NULL, o->o_size - at,
	    fmt, ap);
	va_end(ap);
	if (n > 0)
		o->o_len += (size_t)n;
}

static void
emit_addr(struct out *o, const struct inaddr *a, uint16_t port)
{

	if (o->o_family == AF_INET6)
		emit(o, " %08X%08X%08X", a->ia_w[0], a->ia_w[1], a->ia_w[2]);
	else
		emit(o, " ");
	emit(o, "%08X:%04X", a->ia_w[3], net16(port));
}

static int
emit_pcb(struct inpcb *inp, void *arg)
{
	struct socket *so = inp->inp_so;
	struct out *o = arg;

	if (inp->inp_family != o->o_family)
		return 0;
	rump_mutex_enter(&so->so_lock);
	emit(o, "%5d:", o->o_n++);
	emit_addr(o, &inp->inp_laddr, inp->inp_lport);
	emit_addr(o, &inp->inp_faddr, inp->inp_fport);
	emit(o, " %02X %08X:%08X 00:00000000 00000000 %5u        0 %lu %u "
	    "%016lx %u\n", so->so_state & SS_CONNECTED ? 1 : 7,
	    so->so_snd.sb_cc, so->so_rcv.sb_cc, so->so_cred->cr_euid,
	    (unsigned long)so->so_ino, __atomic_load_n(&so->so_refs,
	    __ATOMIC_RELAXED), 0UL, so->so_drops);
	rump_mutex_exit(&so->so_lock);
	return 0;
}

static int
emit_table(unsigned which, int family, char *buf, size_t size)
{
	struct out o = { buf, size, 0, family, 0 };
	struct inpcbtable *it = __atomic_load_n(&rump_inpcbtables[which],
	    __ATOMIC_RELAXED);

	if (family == AF_INET6)
		emit(&o, "  sl  local_address                         "
		    "remote_address                        st tx_queue "
		    "rx_queue tr tm->when retrnsmt   uid  timeout inode ref "
		    "pointer drops\n");
	else
		emit(&o, "   sl  local_address rem_address   st tx_queue "
		    "rx_queue tr tm->when retrnsmt   uid  timeout inode ref "
		    "pointer drops\n");
	if (it != NULL)
		(void)inpcb_walk(it, emit_pcb, &o);
	return (int)o.o_len;
}

int
rump_netproc_udp(char *buf, size_t size, int v6)
{

	return emit_table(IPT_UDP, v6 ? AF_INET6 : AF_INET, buf, size);
}

int
rump_netproc_raw(char *buf, size_t size, int v6)
{

	return emit_table(IPT_RAW, v6 ? AF_INET6 : AF_INET, buf, size);
}

int
rump_netproc_icmp(char *buf, size_t size, int v6)
{

	return emit_table(IPT_PING, v6 ? AF_INET6 : AF_INET, buf, size);
}

static void
emit_counter(struct out *o, const uint64_t *p)
{

	emit(o, " %lu", (unsigned long)__atomic_load_n(p, __ATOMIC_RELAXED));
}

static void
snmp_icmp(struct out *o)
{
	/* In the order of the names below; both ways. */
	static const uint8_t types[] = { 3, 11, 12, 4, 5, 8, 0, 13, 14, 17,
	    18 };
	unsigned way, i;

	emit(o, "Icmp: InMsgs InErrors InCsumErrors InDestUnreachs "
	    "InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos "
	    "InEchoReps InTimestamps InTimestampReps InAddrMasks "
	    "InAddrMaskReps OutMsgs OutErrors OutDestUnreachs OutTimeExcds "
	    "OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps "
	    "OutTimestamps OutTimestampReps OutAddrMasks "
	    "OutAddrMaskReps\nIcmp:");
	for (way = 0; way < 2; way++) {
		emit_counter(o, &rump_icmpstat[way][ICMPS_Msgs]);
		emit_counter(o, &rump_icmpstat[way][ICMPS_Errors]);
		if (way == 0)
			emit_counter(o, &rump_icmpstat[0][ICMPS_CsumErrors]);
		for (i = 0; i < sizeof(types); i++)
			emit_counter(o, &rump_icmpstat[way][types[i]]);
	}
	emit(o, "\n");
}

int
rump_netproc_snmp(char *buf, size_t size)
{
	struct out o = { buf, size, 0, AF_INET, 0 };
	unsigned i;

	emit(&o, "Ip: Forwarding DefaultTTL InReceives InHdrErrors "
	    "InAddrErrors ForwDatagrams InUnknownProtos InDiscards "
	    "InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout "
	    "ReasmReqds ReasmOKs ReasmFails FragOKs FragFails "
	    "FragCreates\nIp: %d %d", rump_ip_forwarding ? 1 : 2, rump_ip_ttl);
	for (i = 0; i < IPS_MAX; i++)
		emit_counter(&o, &rump_ipstat[0][i]);
	emit(&o, "\n");
	snmp_icmp(&o);
	emit(&o, "Udp: InDatagrams NoPorts InErrors OutDatagrams "
	    "RcvbufErrors SndbufErrors InCsumErrors\nUdp:");
	for (i = 0; i < UDPS_MAX; i++)
		emit_counter(&o, &rump_udpstat[i]);
	emit(&o, "\n");
	return (int)o.o_len;
}
